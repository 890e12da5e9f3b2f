// People: a search by anything that somebody is known by, and filters. All of it is in the address.
import { address, api, fill, h, later, marked, number, person, plural, stateBadge, table } from "./ui.js";

const filters = [["profile", "Profile"], ["state", "Lifecycle state"], ["exception", "Exception"], ["error", "Error in"], ["manager", "Manager"], ["null", "Without a value in"]];

export async function show(main) {
  const [o, words] = await Promise.all([api("/api/overview"), api("/api/words")]);
  const q = () => new URLSearchParams(location.search);
  const choices = {
    profile: o.profiles.map((p) => p.name), state: o.lifecycle.map((c) => c.name), exception: ["any", ...o.exceptions.map((c) => c.name)],
    error: ["any", ...o.errors.map((c) => c.name)], manager: o.managers.map((c) => c.name), null: words.attributes,
  };
  const list = h("div", {});
  let running;
  const load = async () => {
    if (running) running.abort();
    running = new AbortController();
    try {
      draw(list, await api("/api/people?" + q(), { signal: running.signal }), q());
    } catch (e) {
      if (e.name === "AbortError") return;
      fill(list, h("p.banner.warn", {}, e.message, " ", e.status === 410 && h("a", { href: "/edit" }, "To the drafts")));
    }
  };
  const set = (name, v) => { address({ [name]: v, offset: null }); load(); };
  const soon = later(120, (v) => set("q", v));
  fill(main, h("h1", {}, "People"),
    h("div.card.tools", {},
      h("label.wide", {}, "Name, mail, id or account", h("input", { type: "search", value: q().get("q") || "", autocomplete: "off", input: (ev) => soon(ev.target.value) })),
      filters.map(([name, title]) => h("label", {}, title, h("select", { change: (ev) => set(name, ev.target.value) }, h("option", { value: "" }, name === "null" ? "\u2013" : "all"),
        choices[name].map((c) => h("option", { value: c, selected: q().get(name) === c }, c))))),
      q().get("effect") && h("span.badge.mark", {}, q().get("group") ? "one group of a draft" : "changed by a draft"),
      h("button", { type: "button", click: () => { history.replaceState(null, "", "/people"); show(main); } }, "Clear")), list);
  await load();
  return () => running && running.abort();
}

function draw(list, a, q) {
  const columns = [
    { name: "Name", cell: (p) => [person(p), h("div.soft", {}, p.alias)] }, { name: "Profile", cell: (p) => p.profile || h("span.none", {}, "none") },
    { name: "State", cell: (p) => stateBadge(p.state) }, { name: "Mail", cell: (p) => p.email || h("span.none", {}, "none") },
    { name: "Accounts", class: "right", cell: (p) => p.accounts },
    { name: "Problems", cell: (p) => [p.exceptions.map((e) => h("span.badge.bad", {}, e)), p.errors.map((e) => h("span.badge.warn", {}, "error: " + e))] }];
  if (q.get("effect")) columns.splice(2, 4, { name: "Changes", cell: (p) => (p.change || []).map((c) => h("div", {}, h("b", {}, c.attribute || c.title), " ", c.message ? c.message : marked(c.before, c.after))) });
  const more = a.offset + a.people.length;
  fill(list, h("p", { role: "status" }, plural(a.total, "person", "people")), table(columns, a.people, { caption: "People", empty: "Nobody is like that." }),
    h("p.pager", {}, a.offset > 0 && h("a", { href: page(q, Math.max(0, a.offset - 50)) }, "\u2190 before"), a.total > a.people.length && h("span.soft", {}, `${number(a.offset + 1)} to ${number(more)} of ${number(a.total)}`),
      more < a.total && h("a", { href: page(q, more) }, "after \u2192")));
}

function page(q, offset) {
  const next = new URLSearchParams(q);
  offset ? next.set("offset", offset) : next.delete("offset");
  return "/people?" + next;
}
