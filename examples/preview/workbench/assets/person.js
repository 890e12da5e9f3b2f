// Person: what somebody has, and how it came about; today or at another date.
import { address, api, card, editLink, failure, fill, h, later, marked, person, plural, stateBadge, table, value } from "./ui.js";
import { origins, steps } from "./steps.js";
import * as chosen from "./chosen.js";

const day = 86400000;

export async function show(main, { state }) {
  const id = decodeURIComponent(location.pathname.slice("/person/".length));
  const now = Date.parse(state.now.slice(0, 10));
  const head = h("div", {}), body = h("div.gap", {});
  const at = () => new URLSearchParams(location.search).get("at");
  let running;
  const load = async () => {
    if (running) running.abort();
    running = new AbortController();
    try {
      draw(head, body, await api(`/api/person/${encodeURIComponent(id)}?${at() ? "at=" + at() : ""}`, { signal: running.signal }), at());
    } catch (e) { if (e.name !== "AbortError") fill(body, failure(e)); }
  };
  const soon = later(60, load);
  const slider = h("input", { type: "range", min: -60, max: 400, step: 1, id: "at", "aria-label": "Date", list: "moves" });
  slider.value = at() ? Math.round((Date.parse(at()) - now) / day) : 0;
  const label = h("output", { for: "at" });
  const marks = h("datalist", { id: "moves" });
  const dates = h("p.moves", {});
  const set = (n) => {
    slider.value = n;
    const date = new Date(now + n * day).toISOString().slice(0, 10);
    address({ at: n === 0 ? null : date });
    label.textContent = n === 0 ? `${date} (now)` : date;
    slider.setAttribute("aria-valuetext", label.textContent);
  };
  slider.addEventListener("input", () => { set(Number(slider.value)); soon(); });
  set(Number(slider.value));
  fill(main, head, h("section.card.date", {}, h("label", { for: "at" }, "As of "), label, slider, marks, dates), body);
  await load();
  api("/api/ahead?id=" + encodeURIComponent(id)).then((a) => {
    fill(marks, a.people.map((t) => h("option", { value: Math.round((Date.parse(t.date) - now) / day), label: t.to })));
    fill(dates, a.people.length ? a.people.map((t) => h("button.link", { type: "button", click: () => { set(Math.round((Date.parse(t.date) - now) / day)); load(); } }, `${t.date}: ${t.from} \u2192 ${t.to}`)) : h("span.soft", {}, "The lifecycle state does not change with the date, from 60 days ago to 400 days ahead."));
  }).catch(() => {});
  return () => running && running.abort();
}

function draw(head, body, p, at) {
  document.title = p.name + " \u00b7 Workbench";
  const picked = chosen.has(p.id);
  const pick = h("button", { type: "button", click: () => { chosen.toggle({ id: p.id, name: p.name }); pick.textContent = chosen.has(p.id) ? "Beside the editor \u2713" : "Show beside the editor"; } }, picked ? "Beside the editor \u2713" : "Show beside the editor");
  fill(head, h("div.title", {}, h("h1", {}, p.name), stateBadge(p.state), at && p.state !== p.stateNow && h("span.soft", {}, "now ", p.stateNow), pick),
    h("p.soft", {}, p.profile ? ["Profile ", h("a", { href: "/people?" + new URLSearchParams({ profile: p.profile }) }, p.profile), " \u00b7 "] : null, "alias ", p.alias, " \u00b7 ", h("code", {}, p.id)));
  fill(body, p.orphaned && h("p.banner.warn", {}, "There is no authoritative account any more; profile and attributes are what was stored."),
    p.exceptions.map((e) => h("p.banner.bad", {}, h("b", {}, e.code), " ", e.attributes.join(", "), e.value ? ` \u201c${e.value}\u201d` : "", e.other ? [" is held by ", person(e.other)] : e.message ? " \u00b7 " + e.message : "")),
    p.warnings.map((w) => h("p.banner.warn", {}, w)),
    h("section.card", {}, h("h2", {}, "Attributes", at && h("span.soft", {}, ` at ${at}: ${plural(p.attributes.filter((a) => a.changed).length, "differs", "differ")}`)), attributes(p.attributes, at)),
    h("div.cards", {}, accounts(p.accounts), card("Managers", chain(p.managers), p.reportCount > 0 && h("details", {}, h("summary", {}, plural(p.reportCount, "direct report")), h("ul", {}, p.reports.map((r) => h("li", {}, person(r))))))),
    card("Profiles by priority", table([
      { name: "Priority", class: "right", cell: (x) => x.priority }, { name: "Profile", cell: (x) => [x.name, " ", x.chosen && h("span.badge.good", {}, "chosen")] }, { name: "Source", cell: (x) => x.source },
      { name: "Account there", cell: (x) => x.account || h("span.none", {}, "none") }], p.profiles, { caption: "Profiles" })));
}

// attributes lists attributes, each with the steps that gave it.
export function attributes(list, compared) {
  if (!list.length) return h("p.soft", {}, "No attributes.");
  return h("div.attributes", {}, list.map((a) => h("details.attribute", { class: a.changed ? "changed" : "", "data-name": a.name },
    h("summary", {}, h("span.name", {}, a.name, a.required && h("span.soft", { title: "required" }, " *")),
      h("span.val", {}, compared && a.changed ? marked(a.previous, a.value) : value(a.value), a.error && h("span.badge.bad", {}, "error")), h("span.from", {}, origins(a.step).join(", "))),
    h("div.how", {}, a.error && h("p.problem", {}, a.error), a.note && h("p.note", {}, a.note),
      !compared && JSON.stringify(a.previous) !== JSON.stringify(a.value) && h("p.note", {}, "stored before: ", value(a.previous)),
      JSON.stringify(a.evaluated) !== JSON.stringify(a.value) && h("p.note", {}, "the mapping gives ", value(a.evaluated)),
      origins(a.step).length > 0 && h("p.note", {}, "from ", origins(a.step).map((o) => h("code.origin", {}, o))), steps(a.step), a.key && h("p", {}, editLink(a.key, "Edit this mapping"))))));
}

function accounts(list) {
  return card("Accounts", list.map((a) => h("details.account", {}, h("summary", {}, h("b", {}, a.source), " ", a.name, a.name !== a.nativeIdentity && h("span.soft", {}, " ", a.nativeIdentity), " ", a.disabled && h("span.badge.warn", {}, "disabled"), a.authoritative && h("span.badge.good", {}, "authoritative"),
    h("div.soft", {}, how(a))), h("p", {}, h("a", { href: "/correlation?" + new URLSearchParams({ source: a.source, account: a.nativeIdentity }) }, "Why this account is here")), h("dl.values", {}, Object.entries(a.attributes || {}).map(([k, v]) => [h("dt", {}, k), h("dd", {}, value(v))])))));
}

const methods = { NEW_IDENTITY: "made this identity", CONFIG: "linked by criterion", DEFAULT: "linked by the default criterion", RULE: "linked by a rule", MANUAL: "linked by hand", DATA: "linked in the data", STORED: "linked before" };
const how = (a) => (methods[a.method] || a.method || "") + (a.criterion ? ` ${a.criterion}` : "");

const ends = { NO_MANAGER: "no manager is named", MANAGER_NOT_FOUND: "nobody is like the manager that is named", MANAGER_AMBIGUOUS: "several people are like the manager that is named", MANAGER_SELF: "is named as the own manager", MANAGER_CYCLE: "again: the managers go in a circle" };

function chain(list) {
  return h("ol.chain", {}, list.map((m, i) => h("li", {}, i === 0 ? m.name : person(m), ends[m.state] && h("span.soft", {}, " \u00b7 ", ends[m.state], m.value && m.state !== "MANAGER_CYCLE" ? `: \u201c${m.value}\u201d` : ""))));
}
