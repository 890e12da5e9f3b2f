// Lineage: from account attributes through transforms and mappings to identity attributes, and on
// to what reads them. One thing is looked at; what it comes from stands left of it, what it leads to right.
import { address, api, editLink, fill, h, later, plural, table } from "./ui.js";

const titles = { SOURCE: "Source", ACCOUNT_ATTRIBUTE: "Account attribute", RULE: "Rule", TRANSFORM: "Transform", MAPPING: "Mapping", IDENTITY_ATTRIBUTE: "Identity attribute", IDENTITY_PROFILE: "Identity profile", ACCOUNTS: "Accounts", CORRELATION: "Correlation", MANAGER_CORRELATION: "Manager correlation", LIFECYCLE_STATES: "Lifecycle states", CREATE_PROFILE: "Create profile" };
const short = { ACCOUNTS: "Accounts", CORRELATION: "Correlation", MANAGER_CORRELATION: "Managers", LIFECYCLE_STATES: "States", CREATE_PROFILE: "New accounts" };
const tones = { SOURCE: 5, ACCOUNT_ATTRIBUTE: 5, RULE: 6, TRANSFORM: 4, MAPPING: 3, IDENTITY_ATTRIBUTE: 1, IDENTITY_PROFILE: 1 };
const svg = (tag, attrs, ...children) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [k, v] of Object.entries(attrs)) if (v !== null && v !== undefined) e.setAttribute(k, v);
  e.append(...children);
  return e;
};

export async function show(main) {
  const { nodes, edges } = await api("/api/lineage");
  const into = nodes.map(() => []), out = nodes.map(() => []);
  for (const e of edges) { out[e.from].push(e); into[e.to].push(e); }
  nodes.forEach((n, i) => { n.i = i; n.label = n.in && n.kind !== "MAPPING" ? `${n.in}.${n.name}` : n.in ? `${n.in} \u203a ${n.name}` : ["ACCOUNTS", "CORRELATION", "MANAGER_CORRELATION", "LIFECYCLE_STATES", "CREATE_PROFILE"].includes(n.kind) ? `${short[n.kind]}: ${n.name}` : n.name; });
  const id = (n) => `${n.kind}:${n.in || ""}:${n.name}`;
  const q = new URLSearchParams(location.search);
  let focus = nodes.findIndex((n) => id(n) === q.get("at"));
  if (focus < 0) focus = Math.max(0, nodes.findIndex((n) => n.kind === "IDENTITY_ATTRIBUTE" && n.name === "email"));
  const picture = h("div.graph", { tabindex: "0", role: "region", "aria-label": "Graph" }), about = h("div", {}), list = h("div", {});
  const filter = h("input", { type: "search", "aria-label": "Filter", placeholder: "Source, attribute, transform, profile", value: q.get("q") || "", input: later(60, () => { address({ q: filter.value }); choose(); }) });
  const kind = h("select", { "aria-label": "Kind", change: () => { address({ kind: kind.value }); choose(); } }, h("option", { value: "" }, "everything"), h("option", { value: "unused", selected: q.get("kind") === "unused" }, "what nobody uses"), Object.entries(titles).filter(([k]) => nodes.some((n) => n.kind === k)).map(([k, t]) => h("option", { value: k, selected: q.get("kind") === k }, t)));
  const at = (i, push) => { focus = i; address({ at: id(nodes[i]) }, push); draw(); };
  fill(main, h("h1", {}, "Lineage"), h("div.lineage", {}, h("section.card", { "aria-label": "Choose" }, h("div.pick", {}, filter, kind), list), h("section.card.shown", { "aria-label": "Shown" }, about, picture)));
  choose();
  draw();

  function choose() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = nodes.filter((n) => (!kind.value || (kind.value === "unused" ? n.unused : n.kind === kind.value)) && words.every((w) => (n.label + " " + titles[n.kind]).toLowerCase().includes(w)));
    fill(list, h("p.soft", { role: "status" }, plural(found.length, "thing")), h("ul.plain.objects", {}, found.slice(0, 300).map((n) => h("li", {}, h("a", { href: "/lineage?at=" + encodeURIComponent(id(n)), "aria-current": n.i === focus ? "true" : null, click: (ev) => { ev.preventDefault(); at(n.i, true); } }, h("span", {}, n.label), h("span.soft", {}, titles[n.kind] || n.kind))))));
  }

  function reach(links, end) {
    const depth = new Map([[focus, 0]]), used = new Set();
    let front = [focus];
    for (let d = 1; front.length && d < 12; d++) {
      const next = [];
      for (const i of front) for (const e of links[i]) { used.add(e); if (!depth.has(e[end])) { depth.set(e[end], d); next.push(e[end]); } }
      front = next;
    }
    return { depth, used };
  }

  function draw() {
    const n = nodes[focus];
    if (!n) return fill(picture, h("p.soft", {}, "There is nothing here."));
    const up = reach(into, "from"), down = reach(out, "to");
    for (const a of list.querySelectorAll("a")) a.toggleAttribute("aria-current", a.getAttribute("href").endsWith("=" + encodeURIComponent(id(n))));
    fill(about, h("div.title", {}, h("h2", {}, h("span.badge", {}, titles[n.kind] || n.kind), " ", n.label), n.unused && h("span.badge.warn", {}, "nothing leads on from here"), n.given && h("span.badge", {}, "given by the platform"), n.key && h("span", {}, editLink(n.key, "Edit"))), h("p.soft", {}, `Made of ${plural(up.depth.size - 1, "thing")}, leads to ${plural(down.depth.size - 1, "thing")}.`));
    const column = new Map([[focus, 0]]);
    for (const [i, d] of up.depth) if (i !== focus) column.set(i, -d);
    for (const [i, d] of down.depth) if (!column.has(i)) column.set(i, d);
    const columns = [...new Set(column.values())].sort((a, b) => a - b).map((c) => [...column].filter(([, x]) => x === c).map(([i]) => i));
    const used = [...new Set([...up.used, ...down.used])].filter((e) => column.has(e.from) && column.has(e.to));
    const W = 196, GAP = 44, H = 32, place = new Map();
    let most = 0;
    // Things stand at the height of what they are linked with, so that few lines cross.
    for (let sweep = 0; sweep < 4; sweep++) for (const c of columns) {
      const weight = (i) => { const near = used.filter((e) => e.from === i || e.to === i).map((e) => place.get(e.from === i ? e.to : e.from)).filter((y) => y !== undefined); return near.length ? near.reduce((a, b) => a + b, 0) / near.length : 0; };
      if (sweep) { const w = new Map(c.map((i) => [i, weight(i)])); c.sort((a, b) => w.get(a) - w.get(b)); }
      c.forEach((i, k) => place.set(i, (k - (c.length - 1) / 2) * H));
      most = Math.max(most, c.length);
    }
    const width = columns.length * (W + GAP) - GAP + 8, height = most * H + 8;
    const x = new Map();
    columns.forEach((c, k) => c.forEach((i) => x.set(i, k * (W + GAP) + 4)));
    const y = (i) => place.get(i) + height / 2;
    const g = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `What ${n.label} is made of and leads to` });
    for (const e of used) {
      const forward = x.get(e.from) < x.get(e.to), x1 = x.get(e.from) + (forward ? W : 0), x2 = x.get(e.to) + (forward ? 0 : W), mid = (x1 + x2) / 2;
      const line = svg("path", { class: "link", d: `M${x1} ${y(e.from)} C${mid} ${y(e.from)} ${mid} ${y(e.to)} ${x2} ${y(e.to)}` }, svg("title", {}, document.createTextNode(`${nodes[e.to].label} ${e.how}: ${nodes[e.from].label}`)));
      g.append(line);
    }
    for (const i of column.keys()) {
      const m = nodes[i], cut = m.label.length > 27 ? m.label.slice(0, 26) + "\u2026" : m.label;
      const a = svg("a", { href: "/lineage?at=" + encodeURIComponent(id(m)), class: i === focus ? "here" : "", "aria-label": cut === m.label ? `${m.label}, ${titles[m.kind]}` : `${cut}, ${titles[m.kind]} ${m.label}` }, svg("title", {}, document.createTextNode(`${titles[m.kind]} ${m.label}`)),
        svg("rect", { x: x.get(i), y: y(i) - 13, width: W, height: 26, rx: 5, class: "node" }), svg("rect", { x: x.get(i), y: y(i) - 13, width: 4, height: 26, rx: 2, class: "t" + (tones[m.kind] || 2) }), svg("text", { x: x.get(i) + 11, y: y(i) + 4 }, document.createTextNode(cut)));
      a.addEventListener("click", (ev) => { ev.preventDefault(); at(i, true); choose(); });
      g.append(a);
    }
    fill(picture, g, h("ul.legend", {}, [...new Set([...column.keys()].map((i) => nodes[i].kind))].map((k) => h("li", {}, h("span.dot", { class: "b" + (tones[k] || 2) }), titles[k] || k))),
      h("details", {}, h("summary", {}, "As a list"), table([{ name: "From", cell: (e) => nodes[e.from].label, sort: (e) => nodes[e.from].label }, { name: "How", cell: (e) => e.how }, { name: "To", cell: (e) => nodes[e.to].label, sort: (e) => nodes[e.to].label }, { name: "Where", cell: (e) => e.pos && e.pos.file ? `${e.pos.file}:${e.pos.line}` : "" }], used, { caption: "Links" })));
    const here = picture.querySelector("a.here rect");
    if (here) picture.scrollLeft = Math.max(0, x.get(focus) - picture.clientWidth / 2 + W / 2);
  }
}
