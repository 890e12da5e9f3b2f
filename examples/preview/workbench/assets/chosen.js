// The people who are shown beside the editor. They are in the address of the editor and kept here
// between pages.
const where = "workbench-chosen";

export function all() {
  try {
    const v = JSON.parse(localStorage.getItem(where) || "[]");
    return Array.isArray(v) ? v.filter((p) => p && typeof p.id === "string") : [];
  } catch { return []; }
}

export const has = (id) => all().some((p) => p.id === id);

export function set(list) { localStorage.setItem(where, JSON.stringify(list.slice(0, 20))); }

export function toggle(p) { set(has(p.id) ? all().filter((x) => x.id !== p.id) : [...all(), p]); }
