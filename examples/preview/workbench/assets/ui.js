// What all pages are made of: elements, requests, values as people read them.

// h makes an element. Attributes that are functions are listeners; children that are null
// are left out. Texts are only ever text: nothing that data say becomes markup.
export function h(tag, attrs, ...children) {
  const [name, ...classes] = tag.split(".");
  const e = document.createElement(name);
  if (classes.length) e.className = classes.join(" ");
  for (const [k, v] of Object.entries(attrs || {})) {
    if (v === null || v === undefined || v === false) continue;
    if (typeof v === "function") e.addEventListener(k, v);
    else if (k === "class") e.className += (e.className ? " " : "") + v;
    else if (k in e && ["value", "checked", "open", "disabled", "selected"].includes(k)) e[k] = v;
    else e.setAttribute(k, v === true ? "" : v);
  }
  put(e, children);
  return e;
}

function put(e, children) {
  for (const c of children.flat(Infinity)) {
    if (c === null || c === undefined || c === false || c === "") continue;
    e.append(c instanceof Node ? c : show(String(c)));
  }
}

export function fill(e, ...children) {
  e.replaceChildren();
  put(e, children);
  return e;
}

// show makes marks visible that have no picture, or that turn the direction of writing.
export function show(s) {
  // eslint-disable-next-line no-control-regex
  return s.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (c) => c === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]/g, "\ufffd");
}

// drawn turns a figure that the server has drawn into an element. It comes from our own
// templates, and the policy of the page keeps scripts out of it all the same.
export function drawn(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  if (!parsed) return null;
  for (const g of parsed.querySelectorAll("[data-link]")) {
    const a = document.createElementNS("http://www.w3.org/2000/svg", "a");
    a.setAttribute("href", g.getAttribute("data-link"));
    a.append(...g.childNodes);
    g.replaceChildren(a);
  }
  const svg = parsed.querySelector("svg");
  if (svg && svg.querySelector("a")) svg.setAttribute("role", "group"); // its links can be reached
  return document.importNode(parsed, true);
}

const key = "workbench-token";

// takeToken keeps the token of the printed address and takes it out of the address, which
// people share.
export function takeToken() {
  const u = new URL(location.href);
  const token = u.searchParams.get("token");
  if (!token) return;
  localStorage.setItem(key, token);
  u.searchParams.delete("token");
  history.replaceState(null, "", u);
}

export class Refused extends Error {
  constructor(status, body) {
    super(body.error || `the server answers ${status}`);
    this.status = status;
    this.code = body.code;
    this.body = body;
  }
}

export async function request(path, { body, signal } = {}) {
  const headers = { Authorization: "Bearer " + (localStorage.getItem(key) || "") };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let r;
  try {
    r = await fetch(path, { method: body === undefined ? "GET" : "POST", headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Refused(0, { error: "the server does not answer: it has ended, or it is about to", code: "gone" });
  }
  if (!r.ok) throw new Refused(r.status, await r.json().catch(() => ({})));
  return r;
}

export const api = async (path, options) => (await request(path, options)).json();

export const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");

export const plural = (n, one, many) => `${number(n)} ${n === 1 ? one : many || one + "s"}`;

// text is a value as one line.
export const text = (v) => v === null || v === undefined ? "" : Array.isArray(v) ? v.map(text).join(", ") : String(v);

// value is a value as people read it: null and the empty text look different.
export function value(v) {
  if (v === null || v === undefined) return h("span.none", {}, "none");
  if (v === "") return h("span.none", {}, "empty text");
  if (Array.isArray(v)) return h("span", {}, v.flatMap((x, i) => [i ? ", " : null, value(x)]));
  const s = String(v);
  return h("span.value", { dir: "auto" }, /^\s|\s$/.test(s) ? h("span", {}, "\u201c", s, "\u201d") : s);
}

// marked shows before and after with what differs inside.
export function marked(before, after) {
  const a = [...text(before)], b = [...text(after)];
  if (before === null || before === undefined || after === null || after === undefined || !a.length || !b.length) {
    return [before === null || before === undefined ? value(before) : h("del", {}, value(before)), " \u2192 ", after === null || after === undefined ? value(after) : h("ins", {}, value(after))];
  }
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const part = (x, mark) => {
    const mid = x.slice(head, x.length - tail).join("");
    return h("span.value", { dir: "auto" }, x.slice(0, head).join(""), mid && h(mark, {}, mid), tail ? x.slice(x.length - tail).join("") : null);
  };
  return [part(a, "del"), " \u2192 ", part(b, "ins")];
}

// table makes a table; columns are {name, cell, class, sort}. Where rows can be sorted, a
// button in the header does it.
export function table(columns, rows, { caption, empty = "Nothing to show." } = {}) {
  if (!rows.length) return h("p.soft", {}, empty);
  const body = h("tbody", {});
  let list = rows, by = -1, down = false;
  const draw = () => fill(body, list.map((r) => h("tr", {}, columns.map((c) => h("td", { class: c.class }, c.cell(r))))));
  const heads = columns.map((c, i) => h("th", { scope: "col", class: c.class }, c.sort ? h("button.sort", { type: "button", click: () => {
    down = by === i && !down;
    by = i;
    heads.forEach((x) => x.removeAttribute("aria-sort"));
    heads[i].setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = (x, y) => { const p = c.sort(x), q = c.sort(y); return typeof p === "number" ? p - q : String(p).localeCompare(String(q), undefined, { numeric: true }); };
    list = [...rows].sort((x, y) => down ? order(y, x) : order(x, y));
    draw();
  } }, c.name) : c.name));
  draw();
  return h("div.frame", { tabindex: "0", role: "region", "aria-label": caption || "Table" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), body));
}

export const card = (title, ...children) => h("section.card", {}, title && h("h2", {}, title), children);

export const person = (p) => h("a", { href: "/person/" + encodeURIComponent(p.id) }, p.name || p.alias || p.id);

export const editLink = (k, name) => k ? h("a", { href: "/edit?key=" + encodeURIComponent(k) }, name) : name;

const tones = { error: "bad", warning: "warn", info: "mark" };
export const severity = (s) => h("span.badge", { class: tones[s] || "" }, s);

export const stateBadge = (s) => h("span.badge", { class: /^active$/i.test(s) ? "good" : /^inactive|terminated|disabled/i.test(s) ? "warn" : /^(Not |Does|Unknown|Disabled)/.test(s) ? "bad" : "" }, s);

// say tells something to everybody, whoever sees the page or hears it.
let hush;
export function say(what, tone) {
  const e = document.getElementById("said");
  fill(e, h("span.banner", { class: tone || "" }, what));
  clearTimeout(hush);
  hush = setTimeout(() => e.replaceChildren(), 6000);
}

export function failure(e) {
  return h("div.banner.bad", { role: "alert" }, h("b", {}, e.status === 401 ? "Not let in. " : "That did not work. "), e.message);
}

// later runs a function when nothing has called it for a while.
export function later(ms, f) {
  let t;
  return (...args) => { clearTimeout(t); t = setTimeout(() => f(...args), ms); };
}

// address replaces the query of the address, so that it always says what is seen.
export function address(params, push) {
  const u = new URL(location.href);
  for (const [k, v] of Object.entries(params)) v === null || v === undefined || v === "" ? u.searchParams.delete(k) : u.searchParams.set(k, v);
  if (u.href !== location.href) history[push ? "pushState" : "replaceState"](null, "", u);
}
