// What a form may hold (engine/core/forms/README.md), as things a person can pick: each kind knows its name, its drawing, how a
// component of it begins and which parts of the panel it has. `kindOf` finds the kind of a component that is there already.
import { t } from "../studio/page.js";
import building from "bootstrap-icons/icons/building.svg?raw";
import calendarDate from "bootstrap-icons/icons/calendar-date.svg?raw";
import calendarEvent from "bootstrap-icons/icons/calendar-event.svg?raw";
import camera from "bootstrap-icons/icons/camera.svg?raw";
import cardText from "bootstrap-icons/icons/card-text.svg?raw";
import cash from "bootstrap-icons/icons/cash-coin.svg?raw";
import checkSquare from "bootstrap-icons/icons/check-square.svg?raw";
import clock from "bootstrap-icons/icons/clock.svg?raw";
import collection from "bootstrap-icons/icons/collection.svg?raw";
import folder from "bootstrap-icons/icons/folder2-open.svg?raw";
import house from "bootstrap-icons/icons/house-door.svg?raw";
import inputText from "bootstrap-icons/icons/input-cursor-text.svg?raw";
import line from "bootstrap-icons/icons/hr.svg?raw";
import listOl from "bootstrap-icons/icons/list-ol.svg?raw";
import menu from "bootstrap-icons/icons/menu-button-wide.svg?raw";
import numbers from "bootstrap-icons/icons/123.svg?raw";
import paperclip from "bootstrap-icons/icons/paperclip.svg?raw";
import paragraph from "bootstrap-icons/icons/text-paragraph.svg?raw";
import pen from "bootstrap-icons/icons/pen.svg?raw";
import person from "bootstrap-icons/icons/person.svg?raw";
import radios from "bootstrap-icons/icons/ui-radios.svg?raw";
import search from "bootstrap-icons/icons/search.svg?raw";
import tags from "bootstrap-icons/icons/tags.svg?raw";
import telephone from "bootstrap-icons/icons/telephone.svg?raw";
import toggle from "bootstrap-icons/icons/toggle-on.svg?raw";
import checks from "bootstrap-icons/icons/ui-checks.svg?raw";
import heading from "bootstrap-icons/icons/type-h3.svg?raw";

const YES_NO = () => [{ label: t("Yes"), value: true }, { label: t("No"), value: false }];
const TWO = () => [{ label: t("Option {number}", { number: 1 }), value: t("Option {number}", { number: 1 }) }, { label: t("Option {number}", { number: 2 }), value: t("Option {number}", { number: 2 }) }];
const FILES = "image/*,.pdf,.doc,.docx,.xls,.xlsx";
const upload = (widget, accept, multiple) => ({ type: "filepicker", accept, multiple, properties: { widget, variable: "no" } });
const looked = (lookup, widget) => ({ type: "textfield", validate: { maxLength: 80 }, properties: widget ? { widget, lookup } : { lookup } });
const clockParts = { timeInterval: 15, timeSerializingFormat: "utc_offset", use24h: true };

/** `group` is the heading in the palette; `parts` the parts of the panel beyond those all inputs have; `family`: can become each other. */
const TABLE = [
  ["textfield", "text", t("Single line of text"), inputText, () => ({ type: "textfield", validate: { maxLength: 200 } }), ["length", "pattern"], "text"],
  ["textarea", "text", t("Several lines of text"), paragraph, () => ({ type: "textarea", validate: { maxLength: 500 }, properties: { variable: "no" } }), ["length"], "text"],
  ["phone", "text", t("Telephone number"), telephone, () => ({ type: "textfield", validate: { maxLength: 40 }, properties: { widget: "phone", variable: "no" } }), ["length", "pattern"], "text"],
  ["number", "text", t("Number"), numbers, () => ({ type: "number", decimalDigits: 0 }), ["range", "decimals", "unit"], "number"],
  ["money", "text", t("Amount of money"), cash, () => ({ type: "number", validate: { min: 0, max: 99999999 }, decimalDigits: 2, appearance: { suffixAdorner: t("yuan") }, properties: { widget: "money" } }), ["range", "unit"], "number"],
  ["date", "text", t("Date"), calendarDate, (label) => ({ type: "datetime", subtype: "date", dateLabel: label }), ["moment"], "moment"],
  ["datetime", "text", t("Date and time"), calendarEvent, (label) => ({ type: "datetime", subtype: "datetime", dateLabel: label, timeLabel: t("Time of day"), ...clockParts }), ["moment"], "moment"],
  ["time", "text", t("Time of day"), clock, (label) => ({ type: "datetime", subtype: "time", timeLabel: label, ...clockParts }), [], "moment"],
  ["yesno", "choice", t("Yes / no"), toggle, () => ({ type: "radio", values: YES_NO() }), ["options"], "choice"],
  ["radio", "choice", t("One of a few (all visible)"), radios, () => ({ type: "radio", values: TWO() }), ["options"], "choice"],
  ["select", "choice", t("One of many (list to open)"), menu, () => ({ type: "select", values: TWO() }), ["options"], "choice"],
  ["checklist", "choice", t("Several of a few"), checks, () => ({ type: "checklist", values: TWO() }), ["options"], "choice"],
  ["checkbox", "choice", t("A tick to confirm"), checkSquare, () => ({ type: "checkbox" }), [], ""],
  ["user", "lookup", t("Person"), person, () => looked("users", "user"), ["lookup"], "lookup"],
  ["unit", "lookup", t("House"), house, () => looked("units", "unit"), ["lookup"], "lookup"],
  ["department", "lookup", t("Department"), building, () => looked("departments", "department"), ["lookup"], "lookup"],
  ["category", "lookup", t("Category"), tags, () => ({ type: "select", properties: { widget: "category", lookup: "categories" } }), ["lookup"], "lookup"],
  ["case", "lookup", t("Case"), folder, () => looked("cases", "case"), ["lookup"], "lookup"],
  ["lookup", "lookup", t("From another list"), search, () => looked("projects", ""), ["lookup"], "lookup"],
  ["photo", "upload", t("Photos"), camera, () => upload("photo", "image/*", true), ["many"], "upload"],
  ["file", "upload", t("Files"), paperclip, () => upload("file", FILES, true), ["many", "accept"], "upload"],
  ["signature", "upload", t("Signature"), pen, () => upload("signature", "image/png", false), [], "upload"],
  ["text", "arrange", t("Text to read"), cardText, () => ({ type: "text", text: t("Write here what people should know.") }), [], ""],
  ["heading", "arrange", t("Heading"), heading, () => ({ type: "text", text: `### ${t("Heading")}` }), [], ""],
  ["separator", "arrange", t("Dividing line"), line, () => ({ type: "separator" }), [], ""],
  ["group", "arrange", t("Group of fields"), collection, () => ({ type: "group", showOutline: true, components: [] }), [], ""],
  ["dynamiclist", "arrange", t("List with rows"), listOl, () => ({ type: "dynamiclist", isRepeating: true, allowAddRemove: true, showOutline: true, defaultRepetitions: 1, components: [], properties: { maxRows: "30" } }), [], ""],
];

export const GROUPS = [["text", t("Text and numbers")], ["choice", t("Choice")], ["lookup", t("Chosen from our data")], ["upload", t("Photos and files")], ["arrange", t("Arrange and explain")]];
export const KINDS = TABLE.map(([id, group, label, icon, make, parts, family]) => ({ id, group, label, icon, make, parts, family }));
const BY_ID = new Map(KINDS.map((kind) => [kind.id, kind]));
const UNKNOWN = { id: "unknown", group: "", label: t("Not known here"), icon: cardText, parts: [], family: "" };

export const kindNamed = (id) => BY_ID.get(id);

const isYesNo = (values) => Array.isArray(values) && values.length === 2 && values.every((one) => typeof one?.value === "boolean");
const LOOKUP_WIDGETS = new Set(["user", "unit", "case", "department", "category"]);

export function kindOf(component) {
  const { type, properties = {} } = component;
  const widget = properties.widget ?? "";
  if (type === "filepicker") return BY_ID.get(["photo", "file", "signature"].includes(widget) ? widget : String(component.accept ?? "").startsWith("image/") ? "photo" : "file");
  if (LOOKUP_WIDGETS.has(widget)) return BY_ID.get(widget);
  if (properties.lookup || type === "taglist") return BY_ID.get("lookup");
  if (type === "textfield" && widget === "phone") return BY_ID.get("phone");
  if (type === "number" && widget === "money") return BY_ID.get("money");
  if (type === "datetime") return BY_ID.get(component.subtype || "date") ?? UNKNOWN;
  if (type === "radio" && isYesNo(component.values)) return BY_ID.get("yesno");
  if (type === "text" && /^#{1,4}\s/.test(component.text ?? "") && !/\n/.test((component.text ?? "").trim())) return BY_ID.get("heading");
  return BY_ID.get(type) ?? { ...UNKNOWN, label: `${UNKNOWN.label}: ${type}` };
}

/** The name by which people know a component. */
export function nameOf(component) {
  const words = component.label || component.dateLabel || component.timeLabel || (component.text ?? "").replace(/^#+\s*|[*]{2}/g, "");
  return words.length > 30 ? `${words.slice(0, 29)}…` : words || component.key || component.path || kindOf(component).label;
}

/** A key for a label: letters, digits and _ as they are written, so that conditions read like the form. */
export function keyFrom(label, taken) {
  let base = label.normalize("NFKC").trim().toLowerCase().replace(/[^\p{L}\p{N}_]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 40);
  if (!base || /^[\p{N}]/u.test(base)) base = `f_${base}`.replace(/_+$/, "");
  let key = base;
  for (let number = 2; taken.has(key); number++) key = `${base}_${number}`;
  return key;
}

/** A new component of a kind, ready to be put into the form. */
export function begin(kind, taken) {
  const id = `Field_${Math.random().toString(36).slice(2, 9)}`;
  const label = kind.label;
  const given = kind.make(label);
  if (["text", "separator", "spacer"].includes(given.type)) return { type: given.type, id, ...given };
  const { type, subtype, ...rest } = given;
  const key = type === "group" ? {} : { [type === "dynamiclist" ? "path" : "key"]: keyFrom(label, taken) };
  return { type, id, ...key, ...(subtype ? { subtype } : {}), label, ...rest };
}

const KEPT = ["id", "key", "label", "description", "layout", "conditional", "readonly"];

/** A component turned into another kind of its family: what both know stays. */
export function become(component, kind) {
  const made = kind.make(component.label ?? kind.label);
  const kept = Object.fromEntries(KEPT.filter((name) => name in component).map((name) => [name, component[name]]));
  const { widget: _widget, lookup: _lookup, ...own } = component.properties ?? {};
  const properties = { ...own, ...(made.properties ?? {}) };
  if (component.properties?.variable !== undefined) properties.variable = component.properties.variable;
  else delete properties.variable;
  const validate = { ...(made.validate ?? {}) };
  if (component.validate?.required !== undefined) validate.required = component.validate.required;
  for (const name of ["minLength", "maxLength", "min", "max"]) if (name in (component.validate ?? {}) && (name in validate || kind.family === "text")) validate[name] = component.validate[name];
  const result = { type: made.type, ...kept, ...made };
  if (Object.keys(validate).length) result.validate = validate; else delete result.validate;
  if (Object.keys(properties).length) result.properties = properties; else delete result.properties;
  if (made.values && component.values?.length && kind.id !== "yesno") result.values = component.values;
  return result;
}
