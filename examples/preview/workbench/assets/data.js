// Data: what columns of account files hold, and how far identity attributes are filled and why not.
import { address, api, card, fill, h, number, plural, table, text } from "./ui.js";

export async function show(main) {
  const q = new URLSearchParams(location.search);
  fill(main, h("h1", {}, "Data"), h("p.soft", { role: "status" }, "Reading every account\u2026"));
  const a = await api("/api/data");
  a.sources.forEach((s, i) => s.columns.forEach((c, k) => { c.remarks = (a.remarks.columns[i] || [])[k] || []; }));
  a.attributes.forEach((x, i) => { x.remarks = a.remarks.attributes[i] || []; });

  const what = h("select", { change: () => { address({ of: what.value }, true); draw(); } }, h("option", { value: "" }, "identity attributes"), a.sources.map((s) => h("option", { value: s.name, selected: s.name === q.get("of") }, "accounts of " + s.name)));
  const body = h("div.gap", {});
  fill(main, h("h1", {}, "Data"), h("div.card.tools", {}, h("label", {}, "Show", what), h("span.soft", {}, plural(a.identities, "identity", "identities"))), body);
  draw();

  function draw() {
    const s = a.sources.find((x) => x.name === what.value);
    fill(body, s ? source(s) : attributes(a));
  }
}

const share = (s) => s.rows ? s.filled / s.rows : 0;
const percent = (x) => `${(100 * x).toFixed(1)}\u00a0%`;
const distinct = (s) => (s.exact ? "" : "about ") + number(s.distinct);
const counts = (list) => (list || []).map((c) => h("span.badge", { dir: "auto" }, `${c.text} ${number(c.count)}`));
const lengths = (s) => s.shortest === s.longest ? number(s.longest) : `${number(s.shortest)} to ${number(s.longest)}`;
const nearly = (s) => (s.near || []).map((n) => h("div.soft", {}, `\u201c${n.value}\u201d (${number(n.count)}) beside \u201c${n.like}\u201d (${number(n.likeCount)})`));

// measured are the columns of a table that every column and attribute has.
const measured = [
  { name: "Filled", class: "right", cell: (s) => [number(s.filled), h("div.soft", {}, percent(share(s)))], sort: share },
  { name: "Distinct", class: "right", cell: distinct, sort: (s) => s.distinct },
  { name: "Lengths", class: "right", cell: lengths, sort: (s) => s.longest },
  { name: "Patterns", class: "code", cell: (s) => counts(s.patterns) },
  { name: "Frequent", cell: (s) => counts(s.values) },
  { name: "Remarks", cell: (s) => [s.remarks.map((r) => h("div", {}, r)), nearly(s)] },
];

function source(s) {
  return [
    h("p", {}, plural(s.accounts, "account"), " ", h("span.soft", {}, (s.files || []).join(", "))),
    s.missing && s.missing.length > 0 && card("Read, and not there", h("ul", {}, s.missing.map((m) => h("li", {}, m.message, m.hint && h("span.soft", {}, ` (${m.hint})`))))),
    table([
      { name: "Column", cell: (c) => h("a", { href: "/lineage?" + new URLSearchParams({ at: `ACCOUNT_ATTRIBUTE:${s.name}:${c.name}` }) }, c.name), sort: (c) => c.name },
      { name: "Read by", cell: (c) => c.unread ? h("span.badge.warn", {}, "nobody") : text(c.readBy) }, ...measured], s.columns || [], { caption: "Columns of " + s.name }),
    s.leftOut && s.leftOut.length > 0 && card("Not in the account schema, so left out", h("p", {}, s.leftOut.join(", "))),
  ];
}

function attributes(a) {
  return [
    table([
      { name: "Attribute", cell: (x) => h("a", { href: "/edit?" + new URLSearchParams({ key: `mapping/${x.profile}/${x.name}` }) }, x.name), sort: (x) => x.name }, { name: "Profile", cell: (x) => x.profile, sort: (x) => x.profile },
      ...measured.slice(0, 3), { name: "Why there is none", cell: (x) => (x.nulls || []).map((n) => h("div", {}, `${number(n.count)}: ${n.reason}`, n.example !== null && n.example !== undefined && h("span.soft", { dir: "auto" }, ` (${text(n.example)})`))) },
      ...measured.slice(4)], a.attributes, { caption: "Identity attributes" }),
    card("Values outside of look-ups", table([
      { name: "Attribute", cell: (x) => `${x.profile} \u203a ${x.attribute}` }, { name: "Values", class: "right", cell: (x) => number(x.count), sort: (x) => x.count }, { name: "The most frequent", cell: (x) => counts(x.values) },
      { name: "Then", cell: (x) => x.fails ? h("span.badge.bad", {}, "an error") : "the default" }], a.outside, { caption: "Look-ups", empty: "Every value is in its table." })),
  ];
}
