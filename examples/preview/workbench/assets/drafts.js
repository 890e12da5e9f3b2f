// Drafts: objects as somebody would have them. They stay in this browser, and survive a reload;
// each request that asks what they do brings them along.
import { api } from "./ui.js";

const where = "workbench-drafts";
let list = load(); // {key, base, text, file, original}
const heard = new Set();

function load() {
  try {
    const v = JSON.parse(localStorage.getItem(where) || "[]");
    return Array.isArray(v) ? v.filter((d) => d && typeof d.key === "string" && typeof d.text === "string") : [];
  } catch { return []; }
}

function keep() {
  try { localStorage.setItem(where, JSON.stringify(list)); } catch { /* a full store keeps them for this page only */ }
  for (const f of heard) f();
}

// Another tab of the same browser has the same drafts.
addEventListener("storage", (ev) => { if (ev.key === where) { list = load(); for (const f of heard) f(); } });

export const listen = (f) => { heard.add(f); return () => heard.delete(f); };
export const all = () => list;
export const get = (key) => list.find((d) => d.key === key);

// sent are the drafts as requests carry them.
export const sent = () => list.map(({ key, base, text, file }) => ({ key, base, text, file }));

export function put(draft) {
  const at = list.findIndex((d) => d.key === draft.key);
  if (draft.base && draft.text === draft.original) list = list.filter((d) => d.key !== draft.key);
  else if (at >= 0) list = list.with(at, draft);
  else list = [...list, draft];
  keep();
}

export function drop(key) {
  list = list.filter((d) => d.key !== key);
  keep();
}

export function clear() {
  list = [];
  keep();
}

// refresh looks which drafts have become what the folder has, and which object has another
// text now: the draft is kept, and says so until somebody decides.
export async function refresh() {
  const next = [];
  for (const d of list) {
    let now = null;
    try { now = await api("/api/object?key=" + encodeURIComponent(d.key)); } catch { /* gone, or new */ }
    if (now && now.text === d.text || now && !d.base && now.text.trim() === d.text.trim()) continue;
    next.push(now && d.base && now.base !== d.base ? { ...d, conflict: true } : d);
  }
  list = next;
  keep();
}

// rebase makes a draft one of the object as it is now.
export function rebase(key, base, original, text) {
  const d = get(key);
  put({ ...d, base, original, text: text === undefined ? d.text : text, conflict: false });
}

// link is an address that carries the drafts, for whoever runs the same folder.
export async function link() {
  const packed = new Blob([JSON.stringify(sent())]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let s = "";
  for (const b of bytes) s += String.fromCharCode(b);
  const u = new URL(location.href);
  u.hash = "drafts=" + btoa(s).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return u.href;
}

// fromAddress takes drafts out of an address. Drafts that are here already are not replaced.
export async function fromAddress() {
  const m = /^#drafts=([\w-]+)$/.exec(location.hash);
  if (!m) return;
  history.replaceState(null, "", location.pathname + location.search);
  try {
    const bytes = Uint8Array.from(atob(m[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const src = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
    for (const d of JSON.parse(src)) if (!get(d.key)) list = [...list, { key: String(d.key), base: String(d.base || ""), text: String(d.text), file: d.file }];
    keep();
  } catch { /* no drafts of ours */ }
}
