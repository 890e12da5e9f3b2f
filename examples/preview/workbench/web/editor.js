// The editor of the workbench: CodeMirror with JSON, findings, and completion of what a
// configuration may name. build.mjs bundles it into ../assets/editor.js.
import { EditorView, basicSetup } from "codemirror";
import { EditorState, Compartment } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { setDiagnostics, lintGutter } from "@codemirror/lint";
import { autocompletion } from "@codemirror/autocomplete";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--card)", fontSize: "13px", height: "100%" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--head)", color: "var(--soft)", border: "none", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 55%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--hover)", color: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection": { backgroundColor: "color-mix(in srgb, var(--mark) 26%, transparent) !important" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px", boxShadow: "var(--shadow)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--mark)", color: "var(--mark-ink)" },
  ".cm-completionInfo": { maxWidth: "22rem", padding: ".4rem .6rem" },
  ".cm-diagnostic": { padding: ".35rem .6rem", borderLeftWidth: "4px" },
  ".cm-diagnosticAction": { backgroundColor: "var(--mark)", color: "var(--mark-ink)", borderRadius: "4px", padding: "1px 8px", cursor: "pointer" },
  ".cm-panels": { backgroundColor: "var(--head)", color: "var(--ink)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--track)", border: "none", color: "var(--soft)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--mark-soft)", outline: "1px solid var(--line)" },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--mark)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: tags.number, color: "var(--warn)" },
  { tag: [tags.bool, tags.null], color: "var(--bad)" },
  { tag: [tags.separator, tags.brace, tags.squareBracket], color: "var(--soft)" },
]);

// text returns what a JSON string says.
function text(state, node) {
  if (!node) return "";
  const raw = state.sliceDoc(node.from, node.to);
  try { return JSON.parse(raw); } catch { return raw.replace(/^"|"$/g, ""); }
}

// member finds the value of a member of an object.
function member(state, object, name) {
  for (let p = object && object.firstChild; p; p = p.nextSibling) {
    if (p.name === "Property" && text(state, p.getChild("PropertyName")) === name) return p.lastChild;
  }
  return null;
}

// around tells what stands around a place: the property, its object, the operation that the
// object belongs to, and whether the name or the value is being written.
function around(state, pos) {
  let node = syntaxTree(state).resolveInner(pos, -1);
  const at = node;
  let property = null;
  while (node && node.name !== "Object") {
    if (node.name === "Property" && !property) property = node;
    node = node.parent;
  }
  const object = node;
  let owner = null; // the object whose "attributes" this is
  const outer = object && object.parent;
  if (outer && outer.name === "Property" && text(state, outer.getChild("PropertyName")) === "attributes") owner = outer.parent;
  const name = property ? text(state, property.getChild("PropertyName")) : "";
  const naming = at.name === "PropertyName" || at.name === "Object" || (at.name === "⚠" && !property);
  return { at, property, object, owner, name, naming, type: owner ? text(state, member(state, owner, "type")) : "" };
}

const plain = (list, type) => list.map((label) => ({ label, type }));

// options are what fits at a place.
function options(state, where, words) {
  if (where.naming) {
    const op = words.types.find((t) => t.name === where.type);
    if (op) return op.fields.map((f) => ({ label: f.name, type: "property", detail: f.required ? "required" : "", info: f.doc || undefined, quote: "name" }));
    return plain(["type", "attributes", "name", "requiresPeriodicRefresh", "identityAttributeName", "transformDefinition"], "property").map((o) => ({ ...o, quote: "name" }));
  }
  switch (where.name) {
    case "type": return words.types.map((t) => ({ label: t.name, type: "class", info: t.doc || undefined }));
    case "sourceName": return plain(Object.keys(words.sources), "namespace");
    case "attributeName": {
      const source = text(state, member(state, where.object, "sourceName"));
      return plain(words.sources[source] || [...new Set(Object.values(words.sources).flat())].sort(), "variable");
    }
    case "identityAttributeName": return plain(words.attributes, "variable");
    case "id": return where.type === "reference" || !where.owner ? plain(words.transforms, "function") : [];
    case "name": return where.type === "identityAttribute" ? plain(words.attributes, "variable") : where.type === "rule" ? plain(words.rules, "function") : [];
    default: {
      const op = words.types.find((t) => t.name === where.type);
      const field = op && op.fields.find((f) => f.name === where.name);
      return field && /true|false|boolean/i.test(field.doc || "") ? plain(["true", "false"], "keyword").map((o) => ({ ...o, quote: "none" })) : [];
    }
  }
}

function completion(words) {
  return (context) => {
    const where = around(context.state, context.pos);
    const quoted = where.at.name === "String" || where.at.name === "PropertyName";
    const word = context.matchBefore(/[\w$. -]*/);
    if (!quoted && !context.explicit && (!word || word.from === word.to)) return null;
    const list = options(context.state, where, words());
    if (!list.length) return null;
    const from = quoted ? where.at.from : word ? word.from : context.pos;
    const to = quoted ? Math.max(where.at.to, context.pos) : context.pos;
    const line = context.state.doc.lineAt(context.pos);
    const end = Math.min(to, line.to); // an open quote runs on to the next one
    const closed = quoted && /^"[^"\n]*"$/.test(context.state.sliceDoc(from, to));
    return {
      from: quoted ? from + 1 : from,
      options: list.map((o) => ({
        label: o.label, type: o.type, detail: o.detail, info: o.info,
        apply(view) {
          const bare = o.quote === "none";
          let insert = bare ? o.label : JSON.stringify(o.label);
          const stop = closed ? to : Math.max(view.state.selection.main.head, Math.min(end, view.state.selection.main.head));
          const rest = view.state.sliceDoc(stop, line.to + 40);
          if (o.quote === "name" && !/^\s*:/.test(rest)) insert += ": ";
          const begin = from;
          view.dispatch({ changes: { from: begin, to: stop, insert }, selection: { anchor: begin + insert.length } });
        },
      })),
      validFor: /^[\w$. -]*$/,
    };
  };
}

// create makes an editor. words() gives what can be completed, onChange hears of every change.
export function create({ parent, doc, nonce, words, onChange, label, readOnly }) {
  const lock = new Compartment();
  let quiet = false;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc,
      extensions: [
        EditorView.cspNonce.of(nonce), basicSetup, keymap.of([indentWithTab]), json(), lintGutter(), look, syntaxHighlighting(colours),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }), EditorView.lineWrapping,
        autocompletion({ override: [completion(words)], icons: false }), lock.of(EditorState.readOnly.of(!!readOnly)),
        EditorView.updateListener.of((u) => { if (u.docChanged && !quiet) onChange(u.state.doc.toString()); }),
      ],
    }),
  });
  view.scrollDOM.tabIndex = 0; // so that whoever has no mouse can scroll it
  return {
    view,
    text: () => view.state.doc.toString(),
    replace(next) {
      if (next === view.state.doc.toString()) return;
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
      quiet = false;
    },
    change(from, to, insert) { view.dispatch({ changes: { from, to, insert } }); },
    findings(list) {
      const most = view.state.doc.length;
      view.dispatch(setDiagnostics(view.state, list.map((f) => ({
        from: Math.min(f.from, most), to: Math.min(Math.max(f.to, f.from), most), severity: f.severity, message: f.text,
        actions: (f.fixes || []).map((x) => ({ name: x.label, apply: (v) => v.dispatch({ changes: { from: x.from, to: x.to, insert: x.insert } }) })),
      }))));
    },
    goto(line) {
      const l = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      view.dispatch({ selection: { anchor: l.from }, effects: EditorView.scrollIntoView(l.from, { y: "center" }) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
