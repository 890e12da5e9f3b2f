import { fill, h } from "./ui.js";
export async function show(main) { fill(main, h("h1", {}, "lineage")); }
