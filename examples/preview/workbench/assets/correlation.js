// Correlation: which criterion finds how many, why accounts have nobody, what would help.
import { address, api, card, editLink, failure, fill, h, number, person, plural, say, table, text, value } from "./ui.js";
import * as drafts from "./drafts.js";

const outcome = { NO_MATCH: "warn", AMBIGUOUS: "bad", MATCH: "good", LINKED: "good" };

export async function show(main, { go }) {
  const q = () => new URLSearchParams(location.search);
  const body = h("div.gap", {}), detail = h("div", { id: "account" });
  fill(main, h("h1", {}, "Correlation"), body, detail);
  fill(body, h("p.soft", { role: "status" }, "Looking at every link\u2026"));
  const all = await api("/api/correlation");
  const pick = h("select", { change: () => { address({ source: pick.value, account: null }, true); show(main, { go }); } }, h("option", { value: "" }, "all sources"), all.sources.map((s) => h("option", { value: s.name, selected: s.name === q().get("source") }, s.name)));
  const source = q().get("source");
  const a = source ? await api("/api/correlation?source=" + encodeURIComponent(source)) : all;
  const one = a.sources.find((s) => s.name === source);
  fill(body, h("div.card.tools", {}, h("label", {}, "Source", pick), h("span.soft", {}, plural(a.identities, "identity", "identities"))),
    !one && table([
      { name: "Source", cell: (s) => h("a", { href: "/correlation?source=" + encodeURIComponent(s.name) }, s.name), sort: (s) => s.name }, { name: "Accounts", class: "right", cell: (s) => number(s.accounts), sort: (s) => s.accounts },
      { name: "Without identity", class: "right", cell: (s) => number(s.uncorrelated), sort: (s) => s.uncorrelated }, { name: "Decided by", cell: (s) => Object.entries(s.methods).map(([m, n]) => h("span.badge", {}, `${m} ${number(n)}`)) },
      { name: "Conflicts", class: "right", cell: (s) => number(s.conflicts), sort: (s) => s.conflicts }], a.sources, { caption: "Sources" }),
    one && ofSource(one, a, go),
    left(a, source), h("section.card", {}, h("h2", {}, "Cases for review"), cases()));
  if (q().get("account")) await account(detail, source, q().get("account"));
}

function ofSource(s, a, go) {
  const words = api("/api/words");
  return [h("ul.figures", {}, [[s.accounts, "accounts"], [s.uncorrelated, "without identity"], [s.conflicts, "conflicts between rules"], [s.contradicted, "denied by the other rules"], [s.identitiesWithoutAccount, "identities without account"]].map(([n, t]) => h("li", {}, h("a", {}, h("b", {}, number(n)), h("span", {}, t))))),
    card("Criteria", table([
      { name: "Rule", cell: (r) => h("code", {}, r.rule) }, { name: "Criterion", cell: (r) => r.criterion }, { name: "Accounts with a value", class: "right", cell: (r) => number(r.values) }, { name: "Find one", class: "right", cell: (r) => number(r.one) },
      { name: "Find several", class: "right", cell: (r) => number(r.several) }, { name: "Decide", class: "right", cell: (r) => h("b", {}, number(r.decides)) }, { name: "Find another", class: "right", cell: (r) => number(r.otherwise) }], s.rules || [], { caption: "Criteria", empty: "No account of this source has to search." }),
      h("p", {}, editLink(a.keys[s.name], "Edit the criteria"))),
    s.fixes && s.fixes.length > 0 && card("What normalising would do", h("ul", {}, s.fixes.map((f) => h("li", {}, f.text)))),
    card("Suggestions", table([
      { name: "Identity attribute", cell: (p) => p.property }, { name: "Account attribute", cell: (p) => p.value }, { name: "Finds one", class: "right", cell: (p) => percent(p.matchRate), sort: (p) => p.matchRate }, { name: "Finds several", class: "right", cell: (p) => percent(p.ambiguousRate), sort: (p) => p.ambiguousRate },
      { name: "Contradicted", class: "right", cell: (p) => percent(p.conflictRate), sort: (p) => p.conflictRate }, { name: "", cell: (p) => [p.order > 0 && h("span.badge.good", {}, "proposed, place " + p.order), p.configured && h("span.badge", {}, "configured"), !p.configured && h("button", { type: "button", click: () => attempt(s.name, p.property, p.value, go) }, "Try it as a draft")] }],
      (a.suggestions || []).slice(0, 12), { caption: "Suggested criteria", empty: "Nothing to suggest." }), form(s.name, words, go))];
}

const percent = (x) => `${(x * 100).toFixed(1)} %`;

function form(source, words, go) {
  const p = h("select", { name: "property" }), v = h("select", { name: "value" }), first = h("input", { type: "checkbox" });
  words.then((w) => { fill(p, w.attributes.map((x) => h("option", {}, x))); fill(v, (w.sources[source] || []).map((x) => h("option", {}, x))); });
  return h("form.tools.draft-criterion", { submit: (ev) => { ev.preventDefault(); attempt(source, p.value, v.value, go, first.checked); } }, h("label", {}, "Identity attribute", p), h("label", {}, "equals account attribute", v), h("label.check", {}, first, h("span", {}, "before the others")), h("button.primary", { type: "submit" }, "Try on everybody"));
}

// attempt makes a draft of a criterion and shows what it does to everybody.
async function attempt(source, property, v, go, first) {
  try {
    const d = await api("/api/criterion", { body: { source, property, value: v, first: !!first } });
    drafts.put(d);
    go("/edit?" + new URLSearchParams({ key: d.key, recompute: "1" }) + "#effect");
  } catch (e) { say(e.message, "bad"); }
}

function left(a, source) {
  return card(plural(a.leftTotal, "account") + " without identity", table([
    !source && { name: "Source", cell: (x) => x.source, sort: (x) => x.source }, { name: "Account", cell: (x) => h("a", { href: "/correlation?" + new URLSearchParams({ source: x.source, account: x.id }) }, x.name), sort: (x) => x.name },
    { name: "Id", class: "code", cell: (x) => x.id !== x.name ? x.id : "" }, { name: "Why", cell: (x) => h("span.badge", { class: outcome[x.reason] || "warn" }, x.reason), sort: (x) => x.reason }].filter(Boolean), a.left, { caption: "Accounts without identity", empty: "Every account has an identity." }),
  a.left.length < a.leftTotal && h("p.soft", {}, `The first ${number(a.left.length)}.`));
}

async function account(detail, source, id) {
  try {
    const e = await api("/api/account?" + new URLSearchParams({ source, id }));
    fill(detail, card(["Why ", h("i", {}, e.name || e.account), e.identity ? [" belongs to ", h("a", { href: "/person/" + e.identity.id }, e.identity.displayName || e.identity.name)] : " has no identity"],
      h("p", {}, e.message || e.reason, " ", e.method && h("span.badge", {}, e.method)), e.likely && h("p.soft", {}, "Likely: ", text(e.likely.text || e.likely.name || e.likely)),
      h("h3", {}, "What each rule says"), table([
        { name: "Rule", cell: (r) => h("code", {}, r.rule) }, { name: "Criterion", cell: (r) => r.criterion }, { name: "Value of the account", cell: (r) => value((r.values || []).length ? r.values : null) },
        { name: "Outcome", cell: (r) => [h("span.badge", { class: /one|match|link/i.test(r.outcome) ? "good" : "warn" }, String(r.outcome)), r.error && h("div.problem", {}, r.error)] },
        { name: "Found", cell: (r) => (r.candidates || []).map((c) => h("div", {}, h("a", { href: "/person/" + c.id }, c.displayName || c.name), " ", h("span.soft", {}, text(c.values)))) }], e.rules || [], { caption: "Rules" }),
      h("h3.above", {}, "Near misses"), e.nearMisses && e.nearMisses.length ? table([
        { name: "Identity", cell: (m) => h("a", { href: "/person/" + m.identity.id }, m.identity.displayName || m.identity.name) }, { name: "Criterion", cell: (m) => m.criterion }, { name: "Account", cell: (m) => value(m.accountValue) },
        { name: "Identity has", cell: (m) => value(m.identityValue) }, { name: "Difference", cell: (m) => m.differences.map((d) => h("span.badge.warn", {}, text(d.text || d))) }, { name: "Would help", cell: (m) => m.fix && m.fix.length ? m.fix.join(", ") : "only a better value" }], e.nearMisses, { caption: "Near misses" }) : h("p.soft", {}, "Nobody is close."),
      h("details", {}, h("summary", {}, "All that the account has"), h("dl.values", {}, Object.entries(e.attributes || {}).map(([k, v]) => [h("dt", {}, k), h("dd", {}, value(v))])))));
    detail.scrollIntoView({ block: "start" });
  } catch (e) { fill(detail, failure(e)); }
}

function cases() {
  const out = h("div", {});
  const button = h("button", { type: "button", click: async () => {
    button.disabled = true;
    fill(out, h("p.soft", { role: "status" }, "Weighing the evidence\u2026"));
    try {
      const p = await api("/api/probable");
      fill(out, h("p", {}, Object.entries(p.bands).map(([b, n]) => h("span.badge", {}, `${b} ${number(n)}`))), table([
        { name: "Account", cell: (c) => h("a", { href: "/correlation?" + new URLSearchParams({ source: c.account.source, account: c.account.nativeIdentity }) }, c.name || c.account.nativeIdentity) }, { name: "Source", cell: (c) => c.account.source },
        { name: "Candidates", cell: (c) => c.candidates.map((x) => h("div", {}, x.id ? person(x) : x.account.nativeIdentity, " ", percent(x.probability))) }, { name: "Why it is for review", cell: (c) => c.reason || "" }], p.cases, { caption: "Cases for review", empty: "Nothing is for review." }));
    } catch (e) { fill(out, failure(e)); }
    button.disabled = false;
  } }, "Find probable owners");
  return [h("p.soft", {}, "Where no rule finds an owner, or the evidence speaks against one, names, mail addresses, numbers and dates are weighed."), button, out];
}
