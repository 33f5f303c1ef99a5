// Expressions that people choose instead of write: time limits, spans and conditions, read from FEEL and written as FEEL.
// What these readers do not understand stays a text; nothing is lost.

const NAME = "[\\p{L}_][\\p{L}\\p{N}_]*(?:\\.[\\p{L}_][\\p{L}\\p{N}_]*)*";
const SPAN = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/;

const NOT_NAMES = new Set(["true", "false", "null"]);

/** @typedef {{unit: "none" | "min" | "h" | "cd" | "wd" | "eod" | "variable" | "text", value: string}} Limit */

/** Writes a rule as diagrams do, with = before it; spans, dates and cycles are no rules. @param {string} text */
export function asRule(text) {
  const value = text.trim().replace(/^＝/, "=");
  return !value || value.startsWith("=") || /^(-?P[\dT]|R\d*\/|\d{4}-\d\d-\d\d)/.test(value) ? value : `=${value}`;
}

/** Reads a span of ISO 8601 that has one unit: P2D, PT8H. @returns {{unit: string, value: string} | null} */
export function readSpan(text) {
  const found = SPAN.exec(text.trim());
  if (!found) return null;
  const [, weeks, days, hours, minutes] = found;
  const parts = [["w", weeks], ["cd", days], ["h", hours], ["min", minutes]].filter(([, value]) => value !== undefined);
  if (parts.length !== 1) return null;
  const [unit, value] = parts[0];
  return unit === "w" ? { unit: "cd", value: String(7 * Number(value)) } : { unit, value };
}

/** Writes a span of ISO 8601. */
export function writeSpan({ unit, value }) {
  const count = String(Math.max(1, Math.round(Number(value) || 1)));
  return { min: `PT${count}M`, h: `PT${count}H`, cd: `P${count}D` }[unit] ?? `P${count}D`;
}

/** Reads the time limit of a task. @param {string} text @returns {Limit} */
export function readLimit(text) {
  const whole = text.trim();
  if (!whole) return { unit: "none", value: "" };
  const literal = readSpan(whole);
  if (literal) return literal;
  const feel = whole.replace(/^=\s*/, "");
  const span = /^now\(\)\s*\+\s*duration\(\s*"([^"]+)"\s*\)$/.exec(feel);
  if (span && readSpan(span[1])) return readSpan(span[1]);
  let found = /^add working days\(\s*now\(\)\s*,\s*(\d+)\s*\)$/.exec(feel);
  if (found) return { unit: "wd", value: found[1] };
  if (/^end of working day\(\s*now\(\)\s*\)$/.test(feel)) return { unit: "eod", value: "0" };
  found = /^end of working day\(\s*add working days\(\s*end of working day\(\s*now\(\)\s*\)\s*,\s*(\d+)\s*\)\s*\)$/.exec(feel);
  if (found) return { unit: "eod", value: found[1] };
  if (readMoment(whole)) return { unit: "variable", value: whole };
  return { unit: "text", value: whole };
}

/**
 * Reads a moment that is told from a date of the case: at it, or so long before or after it.
 * @returns {{name: string, way: "at" | "before" | "after", span: {unit: string, value: string}} | null}
 */
export function readMoment(text) {
  const whole = text.trim();
  if (!whole.startsWith("=")) return null;
  const feel = whole.replace(/^=\s*/, "");
  if (NOT_NAMES.has(feel)) return null;
  if (new RegExp(`^${NAME}$`, "u").test(feel)) return { name: feel, way: "at", span: { unit: "cd", value: "1" } };
  const found = new RegExp(`^date and time\\(\\s*(${NAME})\\s*\\)\\s*([+-])\\s*duration\\(\\s*"([^"]+)"\\s*\\)$`, "u").exec(feel);
  const span = found && readSpan(found[3]);
  return span ? { name: found[1], way: found[2] === "-" ? "before" : "after", span } : null;
}

/** Writes a moment that is told from a date of the case. */
export function writeMoment({ name, way, span }) {
  if (!name) return "";
  if (way === "at") return `=${name}`;
  return `=date and time(${name}) ${way === "before" ? "-" : "+"} duration("${writeSpan(span)}")`;
}

/** Writes the time limit of a task. @param {Limit} limit */
export function writeLimit({ unit, value }) {
  const count = Math.max(unit === "eod" ? 0 : 1, Math.round(Number(value) || 0));
  if (unit === "none") return "";
  if (unit === "wd") return `=add working days(now(), ${count})`;
  if (unit === "eod") return count ? `=end of working day(add working days(end of working day(now()), ${count}))` : "=end of working day(now())";
  if (unit === "variable" || unit === "text") return value;
  return `=now() + duration("${writeSpan({ unit, value })}")`;
}

/**
 * Reads the value of a timer. A working day can only be counted as a date: that is one of the spans all the same.
 * @returns {Limit & {repeat?: string}}
 */
export function readTimer(kind, text) {
  const whole = text.trim();
  if (kind === "date") {
    const days = /^=\s*add working days\(\s*now\(\)\s*,\s*(\d+)\s*\)$/.exec(whole);
    return days ? { unit: "wd", value: days[1] } : { unit: readMoment(whole) ? "variable" : whole ? "text" : "none", value: whole };
  }
  if (kind === "cycle") {
    const cycle = /^R(\d*)\/(P[^/]+)$/.exec(whole);
    const span = cycle && readSpan(cycle[2]);
    return span ? { ...span, repeat: cycle[1] } : { unit: whole ? "text" : "none", value: whole };
  }
  const feel = whole.replace(/^=\s*/, "");
  const inner = /^duration\(\s*"([^"]+)"\s*\)$/.exec(feel);
  const span = readSpan(inner ? inner[1] : whole);
  if (span) return span;
  return { unit: whole ? "text" : "none", value: whole };
}

// Conditions

const OPERATORS = ["!=", "<=", ">=", "=", "<", ">"];

/** Splits a text at ` and ` or ` or ` that stand outside of quotes and brackets; null when both occur. */
function split(text) {
  const parts = [];
  const words = new Set();
  let depth = 0, quoted = false, from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"' && text[at - 1] !== "\\") quoted = !quoted;
    if (quoted) continue;
    if ("([{".includes(letter)) depth += 1;
    if (")]}".includes(letter)) depth -= 1;
    const word = depth === 0 && /^\s(and|or)\s/.exec(text.slice(at, at + 5));
    if (word) {
      parts.push(text.slice(from, at));
      words.add(word[1]);
      from = at + word[0].length;
      at = from - 1;
    }
  }
  parts.push(text.slice(from));
  return words.size > 1 || quoted || depth ? null : { parts, word: [...words][0] ?? "and" };
}

function readValue(text) {
  const value = text.trim();
  if (/^"(?:[^"\\]|\\.)*"$/.test(value)) return { type: "text", value: value.slice(1, -1).replace(/\\(["\\])/g, "$1") };
  if (/^-?\d+(\.\d+)?$/.test(value)) return { type: "number", value };
  if (value === "true" || value === "false") return { type: "boolean", value };
  if (value === "null") return { type: "null", value: "" };
  return new RegExp(`^${NAME}$`, "u").test(value) ? { type: "name", value } : null;
}

/** Reads `(x = "a" or x = "b")` as x being one of several. */
function readSeveral(text) {
  const inner = /^\((.*)\)$/s.exec(text);
  const found = inner && split(inner[1]);
  if (!found || (found.parts.length > 1 && found.word !== "or")) return null;
  const rows = found.parts.map(readOne);
  const same = rows.every((row) => row && row.test === "=" && row.type === "text" && row.name === rows[0].name);
  return same ? { name: rows[0].name, test: "in", value: "", values: rows.map((row) => row.value) } : null;
}

function readOne(part) {
  const text = part.trim();
  if (text.startsWith("(")) return readSeveral(text);
  if (new RegExp(`^${NAME}$`, "u").test(text) && !NOT_NAMES.has(text)) return { name: text, test: "true", value: "" };
  const held = new RegExp(`^list contains\\(\\s*(${NAME})\\s*,(.*)\\)$`, "u").exec(text);
  if (held) {
    const value = readValue(held[2]);
    return value && value.type === "text" ? { name: held[1], test: "holds", value: value.value } : null;
  }
  const found = new RegExp(`^(${NAME})\\s*(${OPERATORS.join("|")})\\s*(.+)$`, "u").exec(text);
  const value = found && readValue(found[3]);
  if (!value) return null;
  const [, name, test] = found;
  if (value.type === "null") return test === "=" ? { name, test: "empty", value: "" } : test === "!=" ? { name, test: "filled", value: "" } : null;
  if (value.type === "boolean") {
    if (test !== "=" && (test !== "!=" || value.value !== "true")) return null;
    return { name, test: { "= true": "true", "!= true": "untrue", "= false": "false" }[`${test} ${value.value}`], value: "" };
  }
  return { name, test, value: value.value, type: value.type };
}

/** @typedef {{name: string, test: string, value: string, type?: string, values?: string[]}} Row */

/** Reads a condition into rows that all or any must hold; null when it is more than that. @returns {{word: string, rows: Row[]} | null} */
export function readCondition(text) {
  const whole = text.trim().replace(/^=\s*/, "");
  if (!whole) return { word: "and", rows: [] };
  const found = split(whole);
  const rows = found?.parts.map(readOne);
  return rows && rows.every(Boolean) ? { word: found.word, rows } : null;
}

const literal = (value, type) =>
  (type === "name" && new RegExp(`^${NAME}$`, "u").test(value.trim())) ? value.trim() : type === "number" || (type !== "text" && /^-?\d+(\.\d+)?$/.test(value.trim())) ? value.trim() || "0" : JSON.stringify(value);

function writeOne({ name, test, value, type, values }) {
  if (test === "in") return `(${(values?.length ? values : [""]).map((one) => `${name} = ${JSON.stringify(one)}`).join(" or ")})`;
  if (test === "true") return `${name} = true`;
  if (test === "untrue") return `${name} != true`; // also holds where nothing was answered, unlike = false
  if (test === "false") return `${name} = false`;
  if (test === "empty") return `${name} = null`;
  if (test === "filled") return `${name} != null`;
  if (test === "holds") return `list contains(${name}, ${JSON.stringify(value)})`;
  return `${name} ${test} ${literal(value, type)}`;
}

/** Writes a condition. @param {{word: string, rows: Row[]}} condition */
export function writeCondition({ word, rows }) {
  return rows.filter((row) => row.name).map(writeOne).join(` ${word} `);
}
