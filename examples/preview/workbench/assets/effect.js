// What drafts do to everybody: first figures at once, groups when all have been seen. A key
// press cancels what is under way.
import { address, fill, h, marked, number, plural, request } from "./ui.js";

const limits = [["maxChanges", "People that may change"], ["maxExceptions", "With exceptions afterwards"], ["maxNewErrors", "New errors"], ["maxMoves", "Moves to another profile"]];
const lists = [["frozen", "Attributes that must not change"], ["noClear", "Attributes nobody may lose"]];

export class Effect {
  constructor(words, drafts) {
    this.drafts = drafts;
    this.status = h("div", { id: "effect-status", role: "status" });
    this.groups = h("div", { id: "groups" });
    const q = new URLSearchParams(location.search);
    this.fields = Object.fromEntries([...lists, ...limits].map(([name]) => [name, h("input", { type: "text", name, value: q.get(name) || "", change: () => this.changed(name), placeholder: lists.some((l) => l[0] === name) ? "uid, email" : "10 or 5%" })]));
    this.recompute = h("input", { type: "checkbox", checked: q.get("recompute") === "1", change: () => { address({ recompute: this.recompute.checked ? "1" : null }); this.run(0); } });
    this.element = h("section.card.effect", { "aria-label": "Effect on everybody", id: "effect" }, h("h2", {}, "Effect on everybody"),
      h("details.gate", { open: Object.values(this.fields).some((f) => f.value) }, h("summary", {}, "Gate and options"), h("div.tools", {}, [...lists, ...limits].map(([name, title]) => h("label", {}, title, this.fields[name])),
        h("label.check", {}, this.recompute, h("span", {}, "Correlate every account anew")))), this.status, this.groups);
  }

  changed(name) { address({ [name]: this.fields[name].value.trim() }); this.run(0); }

  // gate is what a change may do at most; null when nothing is limited.
  gate() {
    const g = {};
    for (const [name] of lists) { const l = this.fields[name].value.split(/[\s,]+/).filter(Boolean); if (l.length) g[name] = l; }
    for (const [name] of limits) { const v = this.fields[name].value.trim(); if (v) g[name] = v; }
    return Object.keys(g).length ? g : null;
  }

  stop() {
    clearTimeout(this.timer);
    if (this.running) this.running.abort();
    this.running = null;
  }

  run(wait) {
    this.stop();
    this.element.classList.add("stale");
    const drafts = this.drafts();
    if (!drafts.length) {
      this.element.classList.remove("stale");
      fill(this.status, h("p.soft", {}, "Nothing has been changed yet."));
      fill(this.groups);
      return;
    }
    this.timer = setTimeout(() => this.ask(drafts), wait);
  }

  async ask(drafts) {
    const running = this.running = new AbortController(), start = performance.now();
    let first = true;
    try {
      const r = await request("/api/effect", { body: { drafts, gate: this.gate(), recompute: this.recompute.checked }, signal: running.signal });
      const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        rest += value;
        const lines = rest.split("\n");
        rest = lines.pop();
        for (const l of lines) {
          const x = JSON.parse(l);
          if (first && (x.progress || x.report)) { first = false; performance.measure("first figures", { start, end: performance.now() }); }
          this.draw(x);
          if (x.report) performance.measure("effect", { start, end: performance.now() });
        }
      }
    } catch (e) {
      if (e.name !== "AbortError") this.draw({ error: e.message });
    }
  }

  draw(x) {
    if (x.error) {
      this.element.classList.remove("stale");
      fill(this.status, h("p.banner.warn", {}, x.error));
      return fill(this.groups);
    }
    if (x.progress) {
      const p = x.progress;
      return fill(this.status, h("p", {}, h("b", {}, plural(p.people, "person changes", "people change")), h("span.soft", {}, ` of ${number(p.done)} looked at so far, ${number(p.total)} in all`), p.estimate && h("span.badge.warn", {}, "links and uids may follow: all are run again")), h("progress", { max: p.total, value: p.done, "aria-label": "People looked at" }));
    }
    this.element.classList.remove("stale");
    const r = x.report, t = r.totals, all = Math.max(t.identitiesBefore, t.identitiesAfter, 1);
    const balance = [["identities", t.identitiesBefore, t.identitiesAfter], ["with exceptions", t.exceptionsBefore, t.exceptionsAfter], ["with errors", t.errorsBefore, t.errorsAfter], ["uncorrelated accounts", t.uncorrelatedBefore, t.uncorrelatedAfter]];
    fill(this.status, r.breaches && r.breaches.length ? h("div.banner.bad", { id: "gate" }, h("b", {}, "The gate is broken"), h("ul", {}, r.breaches.map((b) => h("li", {}, `${b.rule}${b.attribute ? " " + b.attribute : ""}: ${number(b.found)} of ${number(b.of)}, at most ${b.limit}`)))) : this.gate() ? h("p.banner.good", { id: "gate" }, "The gate holds.") : null,
      h("p.headline", {}, t.peopleChanged ? [h("b", {}, plural(t.peopleChanged, "person changes", "people change")), ` of ${number(all)} (${(t.peopleChanged * 100 / all).toFixed(1)} %) `, h("a", { href: "/people?effect=" + x.id }, "show them")] : h("b", {}, "Nothing changes for anybody."),
        h("span.soft", {}, ` \u00b7 ${x.seconds < 0.1 ? "<0.1" : x.seconds.toFixed(1)} s \u00b7 evaluated: ${r.evaluated}`)),
      h("ul.balance", {}, balance.map(([name, b, a]) => h("li", {}, h("span.soft", {}, name + " "), b === a ? number(b) : [number(b), " \u2192 ", h("b", {}, number(a))]))), (r.notes || []).map((n) => h("p.soft", {}, n)));
    fill(this.groups, r.groups.map((g, i) => h("details.group", { open: i < 4 }, h("summary", {}, h("span.badge", { class: tone(g.kind) }, number(g.count)), " ", x.titles[i]),
      g.pairs && g.pairs.length ? h("ul.plain", {}, g.pairs.map((p) => h("li", {}, h("span.count", {}, number(p.count) + "\u00d7"), " ", marked(p.before, p.after)))) : null,
      h("ul.plain.examples", {}, g.examples.map((e) => h("li", {}, h("a", { href: "/person/" + encodeURIComponent(e.id) }, e.name), " ", e.account && h("code", {}, e.account), " ", e.message ? h("span.problem", {}, e.message) : marked(e.before, e.after)))),
      h("p", {}, h("a", { href: `/people?effect=${x.id}&group=${i}` }, `All ${number(g.count)}`)))));
  }
}

const tone = (kind) => /error-appeared|exception-new|cleared|removed|unlinked|orphaned/.test(kind) ? "bad" : /gone|resolved|^set|created|adopted|^account-linked/.test(kind) ? "good" : "mark";
