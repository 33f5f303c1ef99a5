// Where a cell stands in its table: its row and column, what the column is about, the values that are usual there.
import { page } from "../studio/page.js";

/**
 * @typedef {object} Place
 * @property {any} element  table-js' cell, row or column
 * @property {"input" | "output"} side
 * @property {any} clause  the column
 * @property {number} row  from 0, -1 in the head
 * @property {number} column  from 0
 * @property {string} title
 * @property {string} kind  the simple type of the column, "" for any
 * @property {any} cell  the business object, undefined in the head
 */

/** @returns {Place | null} */
export function placeOf(viewer, element) {
  const sheet = viewer.get("sheet", false);
  const root = sheet?.getRoot();
  if (!root?.cols || !element?.col || !element.row) return null;
  const column = root.cols.indexOf(element.col), row = root.rows.indexOf(element.row);
  const clause = element.col.businessObject;
  if (row < 0 || column < 0 || !clause || !element.businessObject) return null;
  const side = clause.$type === "dmn:InputClause" ? "input" : "output";
  return { element, side, clause, row, column, title: titleOf(clause), kind: kindOf(clause), cell: element.businessObject };
}

export function titleOf(clause) {
  return clause.get("label") || (clause.$type === "dmn:InputClause" ? clause.get("inputExpression")?.get("text") : clause.get("name")) || "";
}

const ALIASES = { integer: "number", long: "number", double: "number", dateTime: "date and time", dayTimeDuration: "days and time duration", yearMonthDuration: "years and months duration" };
const KINDS = new Set(["string", "number", "boolean", "date", "time", "date and time", "days and time duration", "years and months duration"]);

export function kindOf(clause) {
  const type = (clause.$type === "dmn:InputClause" ? clause.get("inputExpression")?.get("typeRef") : clause.get("typeRef")) ?? "";
  const name = ALIASES[type] ?? type.replace(/^feel:/, "");
  return KINDS.has(name) ? name : "";
}

/** What a code means in a column, as the application says it: wd in unit is 工作日. "" when it says nothing. */
export function meaning(clause, code) {
  const column = clause.$type === "dmn:InputClause" ? clause.get("inputExpression")?.get("text") : clause.get("name");
  const said = page.known?.words?.[`${column}.${code}`];
  return said ? said[page.locale === "en" ? 1 : 0] : "";
}

const LITERALS = /"((?:[^"\\]|\\.)*)"/g;

/** The texts that cells of a column name, its allowed values first, then what forms offer for this variable. */
export function choices(table, place) {
  const found = new Map();
  const values = place.clause.get(place.side === "input" ? "inputValues" : "outputValues")?.get("text") ?? "";
  for (const [, text] of values.matchAll(LITERALS)) found.set(text, text);
  if (found.size) return [...found].map(([value, label]) => ({ value, label }));
  for (const rule of table.get("rule") ?? []) {
    const text = rule.get(place.side === "input" ? "inputEntry" : "outputEntry")[ownIndex(table, place)]?.get("text") ?? "";
    for (const [, one] of text.matchAll(LITERALS)) found.set(one, one);
  }
  const name = place.side === "input" ? place.clause.get("inputExpression")?.get("text") : "";
  for (const one of offered(name)) if (!found.has(one.value) || found.get(one.value) === one.value) found.set(one.value, one.label || one.value);
  return [...found].map(([value, label]) => ({ value, label }));
}

/** The position of a column among those of its side. */
export function ownIndex(table, place) {
  return place.side === "input" ? place.column : place.column - (table.get("input")?.length ?? 0);
}

/** What forms of the site offer for a variable. */
export function offered(name) {
  const options = new Map();
  for (const form of page.known?.forms ?? []) {
    for (const field of form.fields ?? []) {
      if (field.key === name) for (const one of field.options ?? []) options.set(String(one.value), one.label);
    }
  }
  return [...options].map(([value, label]) => ({ value, label }));
}

/** Whether the cells of a column look into lists. */
export function asksLists(table, place) {
  if (place.side !== "input") return false;
  return (table.get("rule") ?? []).some((rule) => /list contains\s*\(\s*\?|count\s*\(\s*\?|in \?\s+satisfies/.test(rule.get("inputEntry")[place.column]?.get("text") ?? ""));
}
