// Editor: an object of the configuration, the chosen people beside it with what they would
// have, and what happens to everybody below. Nothing is sent to the files until it is saved.
import { address, api, editLink, failure, fill, h, later, marked, number, person, plural, request, say, severity, show as visible, value } from "./ui.js";
import { create } from "./editor.js";
import { steps } from "./steps.js";
import * as chosen from "./chosen.js";
import * as drafts from "./drafts.js";
import { Effect } from "./effect.js";

const kinds = [["mapping", "Mappings"], ["transform", "Transforms"], ["profile", "Identity profiles"], ["state", "Lifecycle states"], ["source", "Sources"], ["attribute", "Identity attributes"], ["file", "Files"]];
const nonce = document.querySelector('meta[name="csp-nonce"]').content;

export async function show(main, { state, go }) {
  const q = new URLSearchParams(location.search);
  const [{ objects }, words] = await Promise.all([api("/api/objects"), api("/api/words")]);
  const key = q.get("key") || (drafts.all()[0] || objects.find((o) => o.kind === "mapping") || objects[0] || {}).key;
  if (!q.get("key") && key) address({ key });
  if (q.get("people")) await fromAddress(q.get("people"));
  const page = new Page(main, { state, go, objects, words, key });
  await page.open();
  return () => page.close();
}

// fromAddress takes over the people that an address names.
async function fromAddress(ids) {
  const list = [];
  for (const id of ids.split(",").slice(0, 20)) {
    const known = chosen.all().find((p) => p.id === id);
    if (known) list.push(known);
    else try { const p = await api("/api/person/" + encodeURIComponent(id)); list.push({ id: p.id, name: p.name }); } catch { /* not in this folder */ }
  }
  chosen.set(list);
}

class Page {
  constructor(main, o) {
    Object.assign(this, o);
    this.open_ = new Set(); // attributes whose steps are shown
    this.people = h("div.people", { id: "people" });
    this.found = h("div", { id: "found", "aria-live": "polite" });
    this.head = h("div.head", {});
    this.conflict = h("div", {});
    this.mount = h("div.mount", { id: "mount" });
    this.list = h("div.list", {});
    this.effect = new Effect(this.words, () => drafts.sent());
    fill(main, h("h1.hidden", {}, "Editor"), h("div.workplace", {},
      h("section.card.objects", { "aria-label": "Objects" }, h("details", { open: innerWidth > 960 }, h("summary", {}, "Objects"), this.finder(), this.list)),
      h("section.card.desk", { "aria-label": "Editor" }, this.head, this.conflict, this.mount, this.found),
      h("section.card.beside", { "aria-label": "Chosen people" }, h("h2", {}, "Chosen people"), this.adder(), this.people)), this.effect.element);
    this.drawList();
  }

  finder() {
    const draw = later(60, () => this.drawList());
    this.filter = h("input", { type: "search", placeholder: "Filter objects", "aria-label": "Filter objects", input: draw });
    const name = h("input", { type: "text", placeholder: "Name of a new transform", "aria-label": "Name of a new transform", required: true });
    return [this.filter, h("details.new", {}, h("summary", {}, "New transform"), h("form", { submit: (ev) => {
      ev.preventDefault();
      const k = "transform/" + name.value.trim();
      if (this.objects.some((o) => o.key === k)) return say("There is one of this name already.", "warn");
      drafts.put({ key: k, base: "", original: "", text: JSON.stringify({ name: name.value.trim(), type: "upper", attributes: {} }, null, 2) + "\n" });
      this.go("/edit?key=" + encodeURIComponent(k));
    } }, name, h("button", { type: "submit" }, "Begin")))];
  }

  drawList() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (o) => words.every((w) => (o.key + " " + o.file).toLowerCase().includes(w));
    const link = (o) => h("li", {}, h("a", { href: "/edit?key=" + encodeURIComponent(o.key), "aria-current": o.key === this.key ? "true" : null, class: drafts.get(o.key) ? "drafted" : "" }, o.name, drafts.get(o.key) && h("span.badge.mark", {}, "draft")));
    const fresh = drafts.all().filter((d) => !this.objects.some((o) => o.key === d.key)).map((d) => ({ key: d.key, name: d.key.slice(d.key.indexOf("/") + 1), kind: "new", file: "" }));
    const part = (title, list, open) => list.length ? h("details", { open }, h("summary", {}, title, h("span.soft", {}, " " + number(list.length))), h("ul.plain", {}, list.map(link))) : null;
    fill(this.list, part("New", fresh.filter(fits), true), kinds.map(([kind, title]) => {
      const list = this.objects.filter((o) => o.kind === kind && fits(o));
      const here = words.length > 0 || list.some((o) => o.key === this.key || drafts.get(o.key));
      const groups = [...new Set(list.map((o) => o.group || ""))];
      if (groups.length < 2 && !groups[0]) return part(title, list, here);
      return groups.map((g) => part(`${title} \u00b7 ${g}`, list.filter((o) => (o.group || "") === g), words.length > 0 || list.some((o) => (o.group || "") === g && (o.key === this.key || drafts.get(o.key)))));
    }));
  }

  adder() {
    const options = h("datalist", { id: "matches" });
    let found = [];
    const add = (text) => {
      const p = found.find((x) => label(x) === text) || (found.length === 1 ? found[0] : null);
      if (!p) return;
      if (!chosen.has(p.id)) chosen.toggle({ id: p.id, name: p.name });
      input.value = "";
      this.peopleChanged();
    };
    const label = (p) => `${p.name} (${p.alias})`;
    const look = later(80, async () => {
      if (found.some((x) => label(x) === input.value)) return add(input.value);
      if (!input.value.trim()) return;
      found = (await api("/api/people?limit=8&q=" + encodeURIComponent(input.value))).people;
      fill(options, found.map((p) => h("option", { value: label(p) }, p.profile)));
    });
    const input = h("input", { type: "text", list: "matches", placeholder: "Add somebody", "aria-label": "Add somebody", autocomplete: "off", input: look, keydown: (ev) => { if (ev.key === "Enter") { ev.preventDefault(); add(input.value); } } });
    return h("div.add", {}, input, options);
  }

  peopleChanged() {
    address({ people: chosen.all().map((p) => p.id).join(",") });
    this.check();
  }

  async open() {
    if (!this.key) return fill(this.mount, h("p.soft", {}, "There is nothing to edit in this folder."));
    if (!chosen.all().length) { // somebody to begin with, so that there is something to see
      const some = await api("/api/people?sample=5");
      chosen.set(some.people.map((p) => ({ id: p.id, name: p.name })));
    }
    address({ people: chosen.all().map((p) => p.id).join(",") });
    let draft = drafts.get(this.key);
    try {
      this.object = await api("/api/object?key=" + encodeURIComponent(this.key));
    } catch (e) {
      if (!draft) return fill(this.mount, failure(e));
      this.object = { key: this.key, text: draft.original || "", base: "", kind: this.key.split("/")[0], name: this.key.slice(this.key.indexOf("/") + 1), file: draft.file || "a new file", line: 1 };
    }
    draft = drafts.get(this.key);
    this.editor = create({ parent: this.mount, doc: draft ? draft.text : this.object.text, nonce, words: () => this.words, label: "JSON of " + this.object.name, onChange: (text) => this.changed(text) });
    this.mount.editor = this.editor; // for whoever tests the page
    const line = new URLSearchParams(location.search).get("line");
    if (line) this.editor.goto(Number(line));
    this.drawHead();
    this.unlisten = drafts.listen(() => { this.drawHead(); this.drawList(); });
    this.check();
    this.effect.run(0);
  }

  close() {
    if (this.checking) this.checking.abort();
    this.effect.stop();
    if (this.unlisten) this.unlisten();
    if (this.editor) this.editor.destroy();
  }

  // changed hears of every key press.
  changed(text) {
    this.pressed = performance.now();
    const d = drafts.get(this.key);
    drafts.put({ ...(d || { key: this.key, base: this.object.base, original: this.object.text }), text });
    this.check();
    this.effect.run(120);
  }

  drawHead() {
    const d = drafts.get(this.key), n = drafts.all().length, o = this.object;
    const action = (title, f, extra) => h("button", { type: "button", click: f, ...extra }, title);
    fill(this.head, h("div.title", {}, h("h2", {}, h("span.badge", {}, o.kind), " ", o.group ? o.group + " \u203a " : "", o.name), h("span.pos", {}, o.file + (o.line ? ":" + o.line : ""))),
      h("div.actions", { role: "group", "aria-label": "Draft" },
        d ? action("Drop this draft", () => { drafts.drop(this.key); d.base ? (this.editor.replace(this.object.text), this.check(), this.effect.run(0)) : this.go("/edit"); }) : h("span.soft", {}, "No change so far."),
        n > 1 && action(`Drop all ${n} drafts`, () => { if (confirm("Drop all drafts?")) { drafts.clear(); this.go("/edit?key=" + encodeURIComponent(this.key)); } }),
        n > 0 && h("details.menu", {}, h("summary", { class: "button" }, "Export"), h("div.choices", {},
          action("Changed files (zip)", () => this.export("files", "draft.zip")), action("Patch", () => this.export("patch", "draft.patch")), action("Summary for a pull request", () => this.export("markdown", "draft.md")))),
        n > 0 && action("Copy link", async () => { const l = await drafts.link(); try { await navigator.clipboard.writeText(l); say("The link carries the drafts. It works for whoever runs the same folder.", "good"); } catch { prompt("The link", l); } }),
        n > 0 && (this.state.write ? action(n > 1 ? `Save ${n} drafts` : "Save", () => this.save(), { class: "primary" }) : h("span.soft", { title: "preview serve --write lets the page change files" }, "read-only"))));
    this.drawConflict(d);
  }

  // drawConflict says that somebody else has changed the object, and loses neither text.
  drawConflict(d, problem) {
    const now = problem && problem.current !== undefined && problem.base ? problem : d && d.base && this.object.base && d.base !== this.object.base ? { current: this.object.text, base: this.object.base } : null;
    if (!d || !now) return fill(this.conflict);
    const decide = (text) => {
      drafts.rebase(this.key, now.base, now.current, text);
      this.object = { ...this.object, text: now.current, base: now.base };
      this.editor.replace(text === undefined ? d.text : text);
      fill(this.conflict);
      this.drawHead();
      this.check();
      this.effect.run(0);
    };
    fill(this.conflict, h("div.banner.warn", { role: "alert", id: "conflict" }, h("p", {}, h("b", {}, "Somebody else has changed this object since your draft was begun. "), "Nothing is lost: your text is in the editor, theirs is in the folder."),
      h("details", {}, h("summary", {}, "Their text"), h("pre", { tabindex: "0" }, now.current)),
      h("div.actions", {}, h("button", { type: "button", click: () => decide(undefined) }, "Keep mine, on top of theirs"), h("button", { type: "button", click: () => decide(now.current) }, "Take theirs, drop mine"))));
  }

  async save() {
    try {
      const a = await api("/api/save", { body: { drafts: drafts.sent() } });
      say(`Saved: ${a.saved.join(", ") || "nothing differed"}`, "good");
      drafts.clear();
    } catch (e) {
      const mine = ((e.body && e.body.problems) || []).find((p) => p.key === this.key);
      if (mine && mine.code === "changed") this.drawConflict(drafts.get(this.key), mine);
      say([h("b", {}, "Not saved. "), e.message, ((e.body && e.body.problems) || []).map((p) => h("div", {}, p.key + ": " + p.message))], "bad");
    }
  }

  async export(as, name) {
    try {
      const r = await request("/api/export", { body: { drafts: drafts.sent(), as, gate: this.effect.gate() } });
      const url = URL.createObjectURL(await r.blob());
      h("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
      say(`${name} is downloaded.`, "good");
    } catch (e) { say(e.message, "bad"); }
  }

  async check() {
    if (this.checking) this.checking.abort();
    const running = this.checking = new AbortController(), pressed = this.pressed;
    try {
      const a = await api("/api/check", { signal: running.signal, body: { drafts: drafts.sent(), key: this.key, people: chosen.all().map((p) => p.id) } });
      this.drawFindings(a);
      this.drawPeople(a);
      if (pressed && pressed === this.pressed) {
        performance.measure("values", { start: pressed, end: performance.now() });
        this.pressed = 0;
      }
    } catch (e) { if (e.name !== "AbortError") fill(this.found, failure(e)); }
  }

  drawFindings(a) {
    const list = a.findings.map((f) => ({ ...f, text: [f.code + ": " + f.message, f.hint].filter(Boolean).map(visible).join("\n") }));
    this.editor.findings(list);
    const mine = a.problems.find((p) => p.key === this.key);
    if (mine && mine.code === "changed") this.drawConflict(drafts.get(this.key), mine);
    fill(this.found, a.problems.map((p) => h("p.banner.warn", {}, h("b", {}, p.key), ": ", p.message)),
      list.length ? h("ul.plain.findings", {}, list.map((f) => h("li", {}, severity(f.severity), h("button.link", { type: "button", click: () => { this.editor.view.dispatch({ selection: { anchor: f.from, head: Math.min(f.to, this.editor.view.state.doc.length) }, scrollIntoView: true }); this.editor.focus(); } }, f.code), " ", f.message, f.hint && h("span.soft", {}, " ", f.hint),
        (f.fixes || []).map((x) => h("button", { type: "button", class: "fix", click: () => this.editor.change(x.from, x.to, x.insert) }, x.label))))) : h("p.soft", {}, "No findings in this object."),
      a.elsewhere.length > 0 && h("details", { open: true }, h("summary", {}, plural(a.elsewhere.length, "new finding"), " elsewhere"), h("ul.plain.findings", {}, a.elsewhere.map((f) => h("li", {}, severity(f.severity), h("code", {}, f.code), " ", f.message, " ", f.pos && editLink(f.key, `${f.pos.file}:${f.pos.line}`))))));
  }

  drawPeople(a) {
    if (!a.values) {
      this.people.classList.add("stale");
      if (!this.people.querySelector(".banner")) this.people.prepend(h("p.banner.warn", {}, "The text is no JSON yet: these are the last values."));
      return;
    }
    this.people.classList.remove("stale");
    fill(this.people, a.reach.length === 0 && this.object.kind === "transform" ? h("p.soft", {}, "No mapping uses this transform.") : null,
      a.people.length ? a.people.map((p) => this.drawPerson(p)) : h("p.soft", {}, "Add somebody to see what they would have."));
  }

  drawPerson(p) {
    const changed = p.attributes.filter((x) => x.changed);
    const few = p.attributes.length > 6 ? [...changed, ...p.attributes.filter((x) => !x.changed)].slice(0, Math.max(changed.length, 4)) : p.attributes;
    const rest = p.attributes.filter((x) => !few.includes(x));
    return h("article.chosen", {}, h("div.who", {}, h("b", {}, person(p)), h("span.soft", {}, p.profile), h("button.link", { type: "button", "aria-label": "Remove " + p.name, click: () => { chosen.toggle(p); this.peopleChanged(); } }, "remove")),
      few.map((x) => this.drawValue(p, x)), rest.length > 0 && h("details", { open: this.open_.has(p.id), toggle: (ev) => ev.target.open ? this.open_.add(p.id) : this.open_.delete(p.id) }, h("summary", {}, plural(rest.length, "more attribute")), rest.map((x) => this.drawValue(p, x))));
  }

  drawValue(p, x) {
    const id = p.id + "/" + x.name;
    return h("details.attribute", { class: x.changed ? "changed" : "", open: this.open_.has(id), toggle: (ev) => ev.target.open ? this.open_.add(id) : this.open_.delete(id) },
      h("summary", {}, h("span.name", {}, x.name), h("span.val", {}, x.changed && !x.error ? marked(x.previous, x.value) : value(x.value), x.error && h("span.badge.bad", {}, "error"))),
      h("div.how", {}, x.error && h("p.problem", {}, x.error), steps(x.step)));
  }
}
