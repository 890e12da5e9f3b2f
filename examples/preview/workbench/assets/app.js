// The frame of the workbench: navigation, what the folder is doing, which page is shown.
import { api, failure, fill, h, number, plural, say, takeToken } from "./ui.js";
import * as drafts from "./drafts.js";

const pages = [
  ["/", "Overview", () => import("./overview.js")],
  ["/people", "People", () => import("./people.js")],
  ["/edit", "Editor", () => import("./edit.js")],
  ["/correlation", "Correlation", () => import("./correlation.js")],
  ["/lineage", "Lineage", () => import("./lineage.js")],
  ["/data", "Data", () => import("./data.js")],
  ["/tests", "Tests", () => import("./tests.js")],
];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let state = null;
let leave = null; // ends what the shown page has going on

function find(path) {
  if (path.startsWith("/person/")) return ["/people", "Person", () => import("./person.js")];
  return pages.find(([p]) => p === path);
}

async function show() {
  if (leave) leave();
  leave = null;
  const page = find(location.pathname);
  fill(nav, pages.map(([path, title]) => h("li", {}, h("a", { href: path, "aria-current": page && page[0] === path ? "page" : null }, title))));
  document.title = (page ? page[1] + " \u00b7 " : "") + "Workbench";
  if (!page) {
    fill(main, h("h1", {}, "There is no such page"), h("p", {}, h("a", { href: "/" }, "To the overview")));
    return;
  }
  const here = location.href;
  try {
    if (!await ready()) return;
    const module = await page[2]();
    if (here !== location.href) return;
    const ended = await module.show(main, { state, go });
    if (here.split("?")[0] === location.href.split("?")[0]) leave = ended || null;
    else if (ended) ended();
  } catch (e) {
    if (e.name !== "AbortError") fill(main, h("h1", {}, page[1]), failure(e), e.status === 401 && paste());
  }
}

function paste() {
  const field = h("input", { type: "text", "aria-label": "Address or token", placeholder: "http://127.0.0.1:\u2026/?token=\u2026" });
  return h("form.card", { submit: (ev) => {
    ev.preventDefault();
    const m = /token=([\w-]+)/.exec(field.value);
    localStorage.setItem("workbench-token", m ? m[1] : field.value.trim());
    show();
  } }, h("p", {}, "The terminal that runs ", h("code", {}, "preview serve"), " shows an address with a token. Open it, or paste it here."), field, " ", h("button", { type: "submit" }, "Open"));
}

// ready waits until the folder is read, and says meanwhile how far that is.
async function ready() {
  for (;;) {
    state = await api("/api/state");
    frame();
    if (state.ready) return true;
    if (state.error) {
      fill(main, h("h1", {}, "The folder cannot be shown"), h("div.banner.bad", { role: "alert" }, state.error),
        h("p", {}, "Mend it on the disk, then "), h("button", { type: "button", click: reload }, "Read it again"));
      return false;
    }
    fill(main, h("h1", {}, "Reading ", state.folder), h("p", {}, state.stage || "", state.total ? ` \u00b7 ${number(state.done)} of ${number(state.total)}` : state.done ? ` \u00b7 ${number(state.done)}` : ""),
      h("progress", { max: state.total || null, value: state.total ? state.done : null, "aria-label": "Progress" }));
    await new Promise((r) => setTimeout(r, 250));
  }
}

async function reload() {
  await api("/api/reload", { body: {} });
  state = null;
  for (let i = 0; i < 600; i++) {
    await new Promise((r) => setTimeout(r, 150));
    const s = await api("/api/state");
    if (!s.loading) break;
  }
  await drafts.refresh();
  show();
}

// frame shows the folder and what is going on with it above all pages.
function frame() {
  const where = document.getElementById("where");
  where.title = state.folder;
  fill(where, state.folder.replace(/\/+$/, "").split("/").pop() || state.folder, state.ready ? h("span.soft", {}, ` \u00b7 ${plural(state.people, "person", "people")} \u00b7 ${state.now.slice(0, 10)}`) : null, state.write ? h("span.badge.warn", {}, "can write") : null);
  let banner = document.getElementById("disk");
  if (state.changedOnDisk.length && !state.loading) {
    const text = h("span", {}, h("b", {}, "Files have changed on the disk: "), state.changedOnDisk.slice(0, 4).join(", "), state.changedOnDisk.length > 4 ? ` and ${state.changedOnDisk.length - 4} more` : "", ". What you see is as it was; drafts are kept. ");
    if (!banner) {
      banner = h("div.banner.warn", { role: "alert", id: "disk" });
      main.before(banner);
    }
    if (banner.dataset.for !== state.changedOnDisk.join()) {
      banner.dataset.for = state.changedOnDisk.join();
      fill(banner, text, h("button", { type: "button", click: reload }, "Read the folder again"));
    }
  } else if (banner) banner.remove();
  const chip = document.getElementById("drafts"), n = drafts.all().length;
  chip.hidden = n === 0;
  chip.textContent = plural(n, "draft");
}

export function go(path) {
  history.pushState(null, "", path);
  show();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
}

document.addEventListener("click", (ev) => {
  const a = ev.target.closest("a[href]");
  if (!a || ev.defaultPrevented || ev.button || ev.ctrlKey || ev.metaKey || ev.shiftKey || a.target || a.hasAttribute("download")) return;
  const href = a.getAttribute("href");
  if (!href.startsWith("/") || href.startsWith("//")) return;
  ev.preventDefault();
  go(href);
});
document.getElementById("search").addEventListener("submit", (ev) => {
  ev.preventDefault();
  go("/people?q=" + encodeURIComponent(ev.target.q.value));
});
addEventListener("popstate", show);
drafts.listen(() => state && frame());

// The folder is asked about now and then, so that a change on the disk is seen before it hurts.
setInterval(async () => {
  if (document.hidden || !state || !state.ready) return;
  const before = state.version;
  try {
    state = await api("/api/state");
    frame();
    if (before && state.version !== before) { await drafts.refresh(); show(); }
  } catch (e) {
    if (e.code === "gone") say(e.message, "bad");
  }
}, 3000);

takeToken();
drafts.fromAddress();
show();
