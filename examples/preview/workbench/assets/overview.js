// Overview: what the run has given, at a glance.
import { api, card, drawn, editLink, fill, h, number, person, plural, severity, table } from "./ui.js";

const filtered = (name, v) => "/people?" + new URLSearchParams({ [name]: v });

export async function show(main) {
  const o = await api("/api/overview");
  const ahead = card("What time alone will change", h("p.soft", {}, "Calculating\u2026"));
  fill(main, h("h1", {}, "Overview"),
    h("ul.figures", {},
      figure(o.identities, "identities", "/people"), figure(o.withExceptions, "with exceptions", filtered("exception", "any"), o.withExceptions ? "bad" : "good"),
      figure(o.withErrors, "with errors", filtered("error", "any"), o.withErrors ? "bad" : "good"),
      figure(o.uncorrelated, "uncorrelated accounts", "/correlation", o.uncorrelated ? "warn" : "good"),
      figure(o.findings.length, "findings", "#findings", o.severities.error ? "bad" : "")),
    h("div.cards", {}, o.charts.map((c) => h("section.card", {}, drawn(c)))),
    h("div.cards", {},
      card("Profiles by priority", table([
        { name: "Priority", class: "right", cell: (p) => p.priority }, { name: "Profile", cell: (p) => h("a", { href: filtered("profile", p.name) }, p.name) },
        { name: "Source", cell: (p) => p.source }, { name: "Identities", class: "right", cell: (p) => number(p.identities) },
        { name: "Exceptions", class: "right", cell: (p) => number(p.exceptions) }], o.profiles, { caption: "Profiles by priority" })),
      card("Uncorrelated by source", table([
        { name: "Source", cell: (s) => h("a", { href: "/correlation?source=" + encodeURIComponent(s.name) }, s.name) }, { name: "Accounts", class: "right", cell: (s) => number(s.accounts) },
        { name: "Without identity", class: "right", cell: (s) => number(s.uncorrelated) },
        { name: "Why", cell: (s) => Object.entries(s.reasons).map(([k, n]) => h("div", {}, h("span.badge.warn", {}, `${k} ${number(n)}`))) }], o.sources, { caption: "Uncorrelated accounts by source" })),
      card("Exceptions and errors", table([
        { name: "What", cell: (e) => h("a", { href: e.href }, e.name) }, { name: "Identities", class: "right", cell: (e) => number(e.count) }],
        [...o.exceptions.map((e) => ({ ...e, href: filtered("exception", e.name) })), ...o.errors.map((e) => ({ ...e, name: "error in " + e.name, href: filtered("error", e.name) }))],
        { caption: "Exceptions and errors", empty: "Nobody has an exception or an error." })),
      ahead),
    h("section.card", { id: "findings" }, h("h2", {}, plural(o.findings.length, "finding")), findings(o)),
    h("section.card", {}, h("h2", {}, plural(o.assumptions.length, "assumption")), h("p.soft", {}, "What was taken for granted, recognised, defaulted or left out."), table([
      { name: "Code", cell: (a) => h("code", {}, a.code), sort: (a) => a.code }, { name: "About", cell: (a) => a.object || a.file || "", sort: (a) => a.object || "" }, { name: "Used", cell: (a) => a.used || "" },
      { name: "Instead of", cell: (a) => a.instead || "" }, { name: "Count", class: "right", cell: (a) => a.count ? number(a.count) : "", sort: (a) => a.count || 0 }], o.assumptions, { caption: "Assumptions", empty: "Nothing was assumed." })));
  api("/api/ahead").then((a) => fill(ahead, drawn(a.chart), a.people.length ? h("details", {}, h("summary", {}, plural(a.total, "person changes", "people change"), " the lifecycle state within a year"), table([
    { name: "Until", cell: (t) => t.date, sort: (t) => t.date }, { name: "Who", cell: person, sort: (t) => t.name }, { name: "From", cell: (t) => t.from }, { name: "To", cell: (t) => t.to }], a.people, { caption: "Who changes" })) : h("p.soft", {}, "Nobody changes the lifecycle state because of the date."))).catch(() => ahead.remove());
}

function figure(n, label, href, tone) {
  return h("li", { class: tone || "" }, h("a", { href }, h("b", {}, number(n)), h("span", {}, label)));
}

function findings(o) {
  return table([
    { name: "Severity", cell: (f) => severity(f.severity), sort: (f) => f.severity }, { name: "Code", cell: (f) => h("code", {}, f.code), sort: (f) => f.code },
    { name: "What", cell: (f) => [f.message, f.hint && h("div.soft", {}, f.hint)] },
    { name: "Where", cell: (f) => f.pos ? editLink(f.key, `${f.pos.file}${f.pos.line ? ":" + f.pos.line : ""}`) : "", sort: (f) => f.pos ? f.pos.file : "" }],
    o.findings, { caption: "Findings", empty: "No findings." });
}
