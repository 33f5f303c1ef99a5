// Conditions as rows that can be clicked together: `hide` and `requiredIf` texts (FEEL) ⇄ {mode, rows}. What has no such rows
// (nested brackets, sums, functions) stays text: `parse` then answers null and the panel shows the FEEL itself.
//
// A row is {name, op, value}: `is not one none` compare with values, `atLeast more atMost less` with a number or text,
// `filled empty` with nothing (`text`: also with an empty text, which a variable of the case may hold), `has` asks a list for a value, `countAtLeast countAtMost` for its length.
// `hide` says when a field is hidden, people say when it is shown: the rows are always those of "show only when".

export const OPS = ["is", "not", "one", "none", "filled", "empty", "atLeast", "more", "atMost", "less", "has", "countAtLeast", "countAtMost"];
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(\d+(?:\.\d+)?|\.\d+)|(list contains\s*\(|count\s*\(|not\s*\()|([\p{L}_][\p{L}\p{N}_.]*)|(<=|>=|!=|[=<>(),-]))/uy;
const NEGATED = { "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">" };
const WORDS = { true: true, false: false, null: null };

function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    if (!text.slice(TOKEN.lastIndex).trim()) break;
    const match = TOKEN.exec(text);
    if (!match) return null;
    const [, string, number, call, name, sign] = match;
    if (string) found.push({ literal: JSON.parse(string) });
    else if (number) found.push({ literal: Number(number) });
    else if (call) found.push({ call: call.replace(/\s*\($/, "") });
    else if (name && name in WORDS) found.push({ literal: WORDS[name] });
    else if (name === "and" || name === "or") found.push({ sign: name });
    else if (name) found.push({ name });
    else found.push({ sign });
  }
  return found;
}

class Unreadable extends Error {}

/** Reads a text into {op: "and"|"or", of: [...]} and atoms {name, op, value}, {name, has}, {name, count, op}. */
function tree(text) {
  const list = tokens(text);
  if (!list?.length) throw new Unreadable();
  let at = 0;
  const sign = (wanted) => list[at]?.sign === wanted && ++at > 0;
  const need = (wanted) => { if (!sign(wanted)) throw new Unreadable(); };
  const literal = () => {
    const minus = sign("-");
    const token = list[at++];
    if (!token || !("literal" in token) || (minus && typeof token.literal !== "number")) throw new Unreadable();
    return minus ? -token.literal : token.literal;
  };
  const name = () => { const token = list[at++]; if (!token?.name) throw new Unreadable(); return token.name; };
  const operator = () => { const token = list[at++]; if (!(token?.sign in NEGATED)) throw new Unreadable(); return token.sign; };
  const atom = () => {
    const token = list[at];
    if (token?.sign === "(") { at++; const inner = any(); need(")"); return inner; }
    if (token?.call === "not") { at++; const inner = any(); need(")"); return negate(inner); }
    if (token?.call === "list contains") { at++; const of = name(); need(","); const value = literal(); need(")"); return { name: of, has: value, yes: true }; }
    if (token?.call === "count") { at++; const of = name(); need(")"); const op = operator(); return { name: of, count: literal(), op }; }
    const of = name();
    return { name: of, op: operator(), value: literal() };
  };
  const joined = (word, inner) => () => {
    const parts = [inner()];
    while (sign(word)) parts.push(inner());
    return parts.length === 1 ? parts[0] : { op: word, of: parts.flatMap((part) => (part.of && part.op === word ? part.of : [part])) };
  };
  const all = joined("and", atom);
  const any = joined("or", all);
  const found = any();
  if (at !== list.length) throw new Unreadable();
  return found;
}

function negate(node) {
  if (node.of) return { op: node.op === "and" ? "or" : "and", of: node.of.map(negate) };
  if ("has" in node) return { ...node, yes: !node.yes };
  return { ...node, op: NEGATED[node.op] };
}

/** One row out of one atom. */
function single(atom) {
  if ("has" in atom) {
    if (!atom.yes) throw new Unreadable();
    return { name: atom.name, op: "has", value: atom.has };
  }
  if ("count" in atom) {
    if (atom.op === ">=" || atom.op === "<=") return { name: atom.name, op: atom.op === ">=" ? "countAtLeast" : "countAtMost", value: atom.count };
    if (atom.op === ">") return atom.count === 0 ? { name: atom.name, op: "filled" } : { name: atom.name, op: "countAtLeast", value: atom.count + 1 };
    if (atom.op === "<") return { name: atom.name, op: "countAtMost", value: atom.count - 1 };
    if (atom.op === "=" && atom.count === 0) return { name: atom.name, op: "empty" };
    throw new Unreadable();
  }
  if (atom.value === null) {
    if (atom.op === "!=") return { name: atom.name, op: "filled" };
    if (atom.op === "=") return { name: atom.name, op: "empty" };
    throw new Unreadable();
  }
  if (atom.value === "") throw new Unreadable();
  const op = { "=": "is", "!=": "not", ">=": "atLeast", ">": "more", "<=": "atMost", "<": "less" }[atom.op];
  return { name: atom.name, op, value: atom.value };
}

/** One row out of several atoms of one name, null when they do not make one. */
function merged(op, atoms) {
  const [first] = atoms;
  if (atoms.some((atom) => atom.of || atom.name !== first.name)) return null;
  if (atoms.length === 1) return single(first);
  const plain = atoms.filter((atom) => "value" in atom);
  if (plain.length === atoms.length) {
    const wanted = op === "or" ? "=" : "!=";
    const blank = (atom) => atom.value === null || atom.value === "";
    if (plain.every((atom) => atom.op === wanted)) {
      if (plain.every(blank)) return { name: first.name, op: op === "or" ? "empty" : "filled", text: true };
      if (!plain.some(blank)) return { name: first.name, op: op === "or" ? "one" : "none", value: plain.map((atom) => atom.value) };
      return null;
    }
  }
  if (op === "and" && atoms.length === 2) { // a value and more: "is filled" says nothing new beside it
    const rest = atoms.filter((atom) => !("value" in atom && atom.value === null && atom.op === "!="));
    if (rest.length === 1 && !("value" in rest[0] && /!?=$/.test(rest[0].op) && rest[0].op.length < 3 && !/[<>]/.test(rest[0].op))) return single(rest[0]);
  }
  return null;
}

function rowsOf(node) {
  if (!node.of) return { mode: "all", rows: [single(node)] };
  const whole = merged(node.op, node.of);
  if (whole) return { mode: "all", rows: [whole] };
  const rows = [];
  const rest = [...node.of];
  while (rest.length) {
    const part = rest.shift();
    if (part.of) {
      const row = merged(part.op, part.of);
      if (!row) throw new Unreadable();
      rows.push(row);
      continue;
    }
    const same = [part, ...rest.filter((other) => !other.of && other.name === part.name)];
    const row = same.length > 1 ? merged(node.op, same) : null;
    if (row) {
      rows.push(row);
      for (const used of same.slice(1)) rest.splice(rest.indexOf(used), 1);
    } else rows.push(single(part));
  }
  return { mode: node.op === "and" ? "all" : "any", rows };
}

const bare = (text) => String(text ?? "").trim().replace(/^=/, "").trim();

/** Reads a FEEL text; null when the rows cannot say it. `hide`: the text says the opposite of the rows. */
export function parse(text, { hide = false } = {}) {
  if (!bare(text)) return { mode: "all", rows: [] };
  try {
    const found = tree(bare(text));
    return rowsOf(hide ? negate(found) : found);
  } catch (problem) {
    if (problem instanceof Unreadable || problem instanceof SyntaxError) return null;
    throw problem;
  }
}

const written = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
const JOIN = { and: " and ", or: " or " };

/** The atoms of a row and how they are joined: [["a = 1", "a = 2"], "or"]; negated for `hide`. */
function atoms({ name, op, value, text }, hide) {
  const values = Array.isArray(value) ? value : [value];
  const flip = (join) => (hide ? { and: "or", or: "and" }[join] : join);
  const sign = { is: "=", not: "!=", one: "=", none: "!=" }[op];
  if (sign) {
    const wanted = hide ? NEGATED[sign] : sign;
    return [values.map((one) => `${name} ${wanted} ${written(one)}`), flip(op === "none" ? "and" : "or")];
  }
  if (op === "filled" || op === "empty") {
    const equals = (op === "filled") === hide;
    const parts = text ? [`${name} ${equals ? "=" : "!="} null`, `${name} ${equals ? "=" : "!="} ""`] : [`${name} ${equals ? "=" : "!="} null`];
    return [parts, equals ? "or" : "and"];
  }
  const more = { atLeast: ">=", more: ">", atMost: "<=", less: "<" }[op];
  // A field without a value is neither more nor less: hidden must be said of it expressly.
  if (more) return hide ? [[`${name} = null`, `${name} ${NEGATED[more]} ${written(value)}`], "or"] : [[`${name} ${more} ${written(value)}`], "and"];
  if (op === "has") return hide ? [[`${name} = null`, `not(list contains(${name}, ${written(value)}))`], "or"] : [[`list contains(${name}, ${written(value)})`], "and"];
  const count = op === "countAtLeast" ? ">=" : "<=";
  return hide ? [[`count(${name}) ${NEGATED[count]} ${written(value)}`], "and"] : [[`count(${name}) ${count} ${written(value)}`], "and"];
}

/** Whether a row is complete enough to be written. */
export function isComplete({ name, op, value }) {
  if (!name || !OPS.includes(op)) return false;
  if (op === "filled" || op === "empty") return true;
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "" && !Number.isNaN(value);
}

/** Writes rows as FEEL with its leading "="; "" for none. */
export function format({ mode, rows }, { hide = false } = {}) {
  const whole = rows.filter(isComplete);
  if (!whole.length) return "";
  const join = (mode === "all") === hide ? "or" : "and";
  const parts = whole.map((row) => {
    const [list, inner] = atoms(row, hide);
    const text = list.join(JOIN[inner]);
    return list.length > 1 && whole.length > 1 && inner !== join ? `(${text})` : text;
  });
  return `=${parts.join(JOIN[join])}`;
}

/** The names a FEEL text uses, roughly: for finding where a key is used and for renaming it. */
export function mentions(text, name) {
  return new RegExp(`(?<![\\p{L}\\p{N}_."])${name}(?![\\p{L}\\p{N}_])`, "u").test(String(text).replace(/"(?:[^"\\]|\\.)*"/g, '""'));
}

/** Writes another name for a key in a FEEL text, leaving what stands in quotes. */
export function rename(text, from, to) {
  const name = new RegExp(`(?<![\\p{L}\\p{N}_.])${from}(?![\\p{L}\\p{N}_])`, "gu");
  return String(text).split(/("(?:[^"\\]|\\.)*")/).map((part, at) => (at % 2 ? part : part.replace(name, () => to))).join("");
}
