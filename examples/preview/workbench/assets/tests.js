// Tests: run those of the folder, with the drafts in it; what they reach; a case of somebody.
import { api, card, failure, fill, h, number, plural, say } from "./ui.js";
import * as chosen from "./chosen.js";
import * as drafts from "./drafts.js";

export async function show(main, { go }) {
  const out = h("div.gap", { id: "tests" });
  const run = async () => {
    button.disabled = true;
    fill(out, h("p.soft", { role: "status" }, "Running\u2026"));
    try { draw(out, await api("/api/tests", { body: { drafts: drafts.sent() } })); } catch (e) { fill(out, failure(e)); }
    button.disabled = false;
  };
  const button = h("button.primary", { type: "button", click: run }, "Run again");
  const mask = h("input", { type: "checkbox", checked: true });
  const people = chosen.all();
  fill(main, h("h1", {}, "Tests"), h("div.card.tools", {}, button, drafts.all().length > 0 && h("span.badge.mark", {}, `with ${plural(drafts.all().length, "draft")}`),
    h("label.check", {}, mask, h("span", {}, "without personal values")), h("button", { type: "button", disabled: !people.length, click: async () => {
      try {
        const c = await api("/api/case", { body: { people: people.map((p) => p.id), mask: mask.checked } });
        const key = "test/people-" + new Date().toISOString().slice(0, 19).replace(/\D/g, "");
        drafts.put({ key, base: "", original: "", text: c.text, file: "tests/" + key.slice(5) + "_test.json" });
        go("/edit?key=" + encodeURIComponent(key));
      } catch (e) { say(e.message, "bad"); }
    } }, people.length ? `Make cases of ${plural(people.length, "chosen person", "chosen people")}` : "Choose people beside the editor to make cases of them")), out);
  await run();
}

function draw(out, a) {
  const r = a.report, c = a.coverage;
  const ratio = (x) => x.total ? Math.round(x.covered * 1000 / x.total) / 10 + " %" : "\u2013";
  fill(out, a.findings.filter((f) => f.severity === "error").map((f) => h("p.banner.bad", {}, f.pos && `${f.pos.file}:${f.pos.line} `, f.message)),
    !a.cases && h("p.banner", {}, "This folder has no tests. A file that ends in _test.json holds some."),
    r && h("ul.figures", {}, h("li", { class: r.failed ? "bad" : "good" }, h("a", {}, h("b", {}, `${number(r.passed)} / ${number(r.cases)}`), h("span", {}, "cases pass"))), c && ["mappings", "transforms", "branches"].map((k) => h("li", {}, h("a", {}, h("b", {}, ratio(c.summary[k])), h("span", {}, k + " covered"))))),
    r && card("Cases", [...r.tests].sort((x, y) => x.passed - y.passed).map((t) => h("details.account", { open: !t.passed }, h("summary", {}, h("span.badge", { class: t.passed ? "good" : "bad" }, t.passed ? "pass" : "fail"), " ", t.name, h("span.soft", {}, ` ${t.file}:${t.line}`)),
      (t.failures || []).map((f) => h("div.failure", {}, h("b", {}, f.what), h("div", {}, "expected ", h("ins", {}, f.want)), h("div", {}, "got ", h("del", {}, f.got)), f.note && h("p.soft", {}, f.note), f.path && h("p.soft", {}, f.path, f.config && ` (${f.config.file}:${f.config.line})`)))))),
    c && card("Coverage", h("p.soft", {}, "Green lines are reached by a test, red ones by none."), Object.entries(a.files).map(([name, lines]) => source(name, lines, c.items.filter((i) => i.pos.file === name)))));
}

// source shows a file with what is reached and what is not.
function source(name, lines, items) {
  const hit = new Map();
  for (const i of items) { const l = hit.get(i.pos.line) || []; l.push(i); hit.set(i.pos.line, l); }
  const missed = items.filter((i) => !i.hits).length;
  const d = h("details.account", { toggle: () => {
    if (!d.open || d.dataset.drawn) return;
    d.dataset.drawn = "1";
    d.append(h("pre.source", { tabindex: "0" }, lines.map((text, k) => {
      const l = hit.get(k + 1), bad = l && l.some((i) => !i.hits);
      return h("span", { class: l ? bad ? "missed" : "reached" : "", title: l ? l.map((i) => `${i.kind} ${i.name}: ${i.hits}\u00d7`).join("\n") : null }, h("span.no", {}, String(k + 1).padStart(5) + "  "), text.replace(/\r?\n$/, ""), "\n");
    })));
  } }, h("summary", {}, name, " ", missed ? h("span.badge.warn", {}, plural(missed, "place") + " not reached") : h("span.badge.good", {}, "all reached")));
  return d;
}
