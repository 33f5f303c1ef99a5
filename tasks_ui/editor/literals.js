// Packages that know no translation have their English words in the code. This plugin wraps those named in
// literals/<package>.json in calls of our translation (`t` of src/studio/page.js) while the front end is built:
//
//   { "package": "bpmn-js-token-simulation",
//     "files": { "lib/features/log/Log.js": { "texts": ["Simulation Log"], "inside": ["Toggle Simulation Log"], "replace": [["old code", "new code"]] } } }
//
// `texts` are whole string literals; `inside` are words within a longer string or template (HTML); `replace` exchanges a piece of
// code that must occur exactly once. What is listed and no longer found stops the build: an update of a package cannot turn
// Chinese back into English unseen. A package that no entry imports is not looked at.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseAst } from "vite";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const NAME = "__keyturnText";

/** Calls `visit(node, parent)` for every node of a syntax tree. */
function walk(node, visit, parent = null) {
  if (!node || typeof node.type !== "string") return;
  visit(node, parent);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const one of value) walk(one, visit, node);
    else if (value && typeof value === "object") walk(value, visit, node);
  }
}

/** Whether a literal at this place is a name or something compared, not words that are shown. */
function isName(node, parent) {
  if (!parent) return true;
  if (parent.type === "Property") return parent.key === node && !parent.computed;
  if (parent.type === "BinaryExpression") return /^[!=]==?$/.test(parent.operator);
  if (parent.type === "MemberExpression") return parent.property === node;
  return parent.type === "SwitchCase" || parent.type === "ExpressionStatement" || /^(Import|Export)/.test(parent.type);
}

const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Replaces the words `inside` in the text of a literal by what `call` makes of each; returns null when none is there. */
function replaceInside(text, inside, seen, call) {
  const known = [...inside].sort((a, b) => b.length - a.length).filter((one) => text.includes(one));
  if (!known.length) return null;
  // Whole words only: before and after them stand the borders of a text or an attribute.
  const pattern = new RegExp(`(?<=^|[>"'=(\\s])(${known.map(escapeRegExp).join("|")})(?=$|[<"')\\s:$])`, "g");
  let found = false;
  const made = text.replace(pattern, (whole) => {
    found = true;
    seen.add(whole);
    return call(whole);
  });
  return found ? made : null;
}

function rewrite(code, file, wanted, fail) {
  const texts = new Set(wanted.texts ?? []);
  const inside = new Set(wanted.inside ?? []);
  const seen = new Set();
  const edits = [];
  for (const [from, to] of wanted.replace ?? []) {
    if (code.split(from).length !== 2) fail(`${file}: the code “${from}” occurs ${code.split(from).length - 1} times, not once.`);
    code = code.replace(from, () => to);
  }
  const call = (text) => `${NAME}(${JSON.stringify(text)})`;
  walk(parseAst(code), (node, parent) => {
    if (node.type === "Literal" && typeof node.value === "string" && !isName(node, parent)) {
      if (texts.has(node.value)) {
        seen.add(node.value);
        edits.push([node.start, node.end, call(node.value)]);
      } else {
        const raw = code.slice(node.start, node.end);
        const made = replaceInside(raw.slice(1, -1), inside, seen, (text) => `${raw[0]} + ${call(text)} + ${raw[0]}`);
        if (made !== null) edits.push([node.start, node.end, `(${raw[0]}${made}${raw[0]})`]);
      }
    } else if (node.type === "TemplateElement") {
      const raw = code.slice(node.start, node.end);
      const made = replaceInside(raw, inside, seen, (text) => `\${${call(text)}}`);
      if (made !== null) edits.push([node.start, node.end, made]);
    }
  });
  const lost = [...texts, ...inside].filter((text) => !seen.has(text));
  if (lost.length) fail(`${file}: no longer found: ${lost.map((text) => `“${text}”`).join(", ")}. Correct tasks_ui/editor/literals.`);
  if (!edits.length) return code;
  edits.sort((a, b) => b[0] - a[0]);
  for (const [start, end, text] of edits) code = code.slice(0, start) + text + code.slice(end);
  return `import { t as ${NAME} } from ${JSON.stringify(`${HERE}src/studio/page.js`)};\n${code}`;
}

/** The vite plugin. */
export default function literals() {
  const lists = readdirSync(`${HERE}literals`)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(`${HERE}literals/${name}`, "utf8")));
  const met = new Map(lists.map((list) => [list, new Set()]));
  const used = new Set();
  return {
    name: "literals",
    enforce: "pre",
    transform(code, id) {
      const path = id.split("?")[0];
      for (const list of lists) {
        const at = path.lastIndexOf(`/node_modules/${list.package}/`);
        if (at < 0) continue;
        used.add(list);
        const file = path.slice(at + `/node_modules/${list.package}/`.length);
        const wanted = list.files[file];
        if (!wanted) continue;
        met.get(list).add(file);
        return { code: rewrite(code, `${list.package}/${file}`, wanted, (text) => this.error(text)), map: null };
      }
      return null;
    },
    buildEnd(error) {
      if (error) return;
      for (const list of used) {
        const lost = Object.keys(list.files).filter((file) => !met.get(list).has(file));
        if (lost.length) this.error(`${list.package}: no longer part of the build: ${lost.join(", ")}. Correct tasks_ui/editor/literals.`);
      }
    },
  };
}
