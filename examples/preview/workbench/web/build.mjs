// Bundles the editor into ../assets/editor.js, and the licences of everything in it into
// ../assets/editor.licences.txt:  npm ci --ignore-scripts && node build.mjs
// With another folder as argument the files go there: CI compares them with those committed.
import { build } from "esbuild";
import { readFileSync, writeFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const out = process.argv[2] || "../assets";
const result = await build({
  entryPoints: ["editor.js"], outfile: join(out, "editor.js"), bundle: true, minify: true, format: "esm", target: "es2022",
  charset: "utf8", legalComments: "none", metafile: true,
});
const names = new Set(Object.keys(result.metafile.inputs).flatMap((p) => {
  const m = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(p);
  return m ? [m[1]] : [];
}));
let text = "The editor of the workbench (editor.js) is made of these packages.\n";
for (const name of [...names].sort()) {
  const folder = join("node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
  text += `\n${"=".repeat(78)}\n${name} ${about.version} (${about.license})\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : ""}\n`;
}
writeFileSync(join(out, "editor.licences.txt"), text);
