// The steps by which a value came about, as a tree.
import { h, value } from "./ui.js";

// steps shows a step and those below it. What only says how a step works (a pattern, a format)
// stands beside it in one word.
export function steps(step) {
  if (!step) return h("p.soft", {}, "No mapping, or not evaluated.");
  return h("ul.steps", {}, one(step, 0));
}

function one(s, depth) {
  const inner = (s.steps || []).filter((x) => !(x.operation === "literal" && !x.failed && setting(s, x)));
  const settings = (s.steps || []).filter((x) => x.operation === "literal" && !x.failed && setting(s, x));
  const head = h("span.step", { class: s.failed ? "failed" : "" },
    s.place && h("span.place", {}, s.place), h("span.op", {}, s.operation), s.name && h("b", {}, s.name),
    settings.map((x) => h("span.setting", {}, `${x.place}=${JSON.stringify(x.output)}`)),
    h("span.arrow", { "aria-hidden": "true" }, "\u2192"), s.error ? h("span.problem", {}, s.error) : s.failed ? h("span.problem", {}, "raised an error") : h("span.out", {}, value(s.output)));
  const notes = [s.chosen && h("span.badge.mark", {}, "chose " + s.chosen), s.account && h("span.note", {}, "account ", h("code", {}, s.account), s.reason && ": " + s.reason),
    !s.account && s.reason && h("span.note", {}, s.reason), s.pos && h("span.pos", {}, `${s.pos.file}:${s.pos.line}`)].filter(Boolean);
  const line = h("div.line", {}, head, notes);
  if (!inner.length) return h("li", {}, line);
  return h("li", {}, h("details", { open: depth < 4 || s.failed }, h("summary", {}, line), h("ul.steps", {}, inner.map((x) => one(x, depth + 1)))));
}

const setting = (parent, x) => x.place && x.place !== "input" && !x.place.startsWith("values") && !["lookup", "conditional", "firstValid", "concat", "concatenation", "static"].includes(parent.operation);

// origins names the account attributes that a value was made from.
export function origins(step) {
  const found = new Map();
  (function walk(s) {
    if (!s) return;
    if (s.operation === "accountAttribute" && s.account && s.output !== null) found.set(s.account.split("/")[0] + "." + s.name, true);
    const kept = s.chosen && s.steps ? s.steps.filter((x) => x.place === s.chosen || x.place === "input") : s.steps;
    (kept && kept.length ? kept : s.steps || []).forEach(walk);
  })(step);
  return [...found.keys()];
}
