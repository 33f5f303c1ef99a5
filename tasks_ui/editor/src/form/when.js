// "Show only when" and "required when", clicked together: [field] [is / is not / one of …] [value]. A text that cannot be said in
// rows is shown as it is, and can be written by hand.
import { area, button, el, note, select } from "../bpmn/fields.js";
import { t } from "../studio/page.js";
import { format, isComplete, parse } from "./condition.js";
import { nameOf } from "./kinds.js";
import { keyOf } from "./model.js";

const WORDS = {
  is: t("is exactly"), not: t("is anything but"), one: t("is one of"), none: t("is none of"), filled: t("is filled in"), empty: t("is not filled in"),
  atLeast: t("is at least"), more: t("is more than"), atMost: t("is at most"), less: t("is less than"), has: t("contains"),
  countAtLeast: t("has at least so many"), countAtMost: t("has at most so many"),
};
const BY_TYPE = {
  choice: ["is", "not", "one", "none", "filled", "empty"], yes: ["is", "filled", "empty"], tick: ["is", "not"], number: ["is", "not", "atLeast", "more", "atMost", "less", "filled", "empty"],
  many: ["has", "countAtLeast", "countAtMost", "filled", "empty"], list: ["countAtLeast", "countAtMost"], text: ["is", "not", "filled", "empty"], other: ["filled", "empty"],
  variable: ["is", "not", "one", "none", "atLeast", "more", "atMost", "less", "filled", "empty"],
};
const VARIABLE = "\u0000variable";

const valuesOf = (component) => (component.values ?? []).map((one) => (one && typeof one === "object" ? [one.value ?? one.label, String(one.label ?? one.value)] : [one, String(one)]));

function typeOf(component) {
  if (!component) return "variable";
  const values = valuesOf(component);
  if (component.type === "dynamiclist") return "list";
  if (["checklist", "taglist", "filepicker"].includes(component.type)) return "many";
  if (component.type === "checkbox") return "tick";
  if (values.length && values.every(([value]) => typeof value === "boolean")) return "yes";
  if (values.length) return "choice";
  if (component.type === "number") return "number";
  return component.type === "datetime" ? "other" : "text";
}

/** What a variable of the case is compared with: written words that look like a number or yes and no are taken as such. */
function valueFrom(text, type) {
  const word = text.trim();
  if (type === "text") return text;
  if (/^-?\d+(\.\d+)?$/.test(word)) return Number(word);
  if (type === "variable" && (word === "true" || word === "false")) return word === "true";
  return type === "number" ? Number.NaN : text;
}

function plain(label, control) {
  control.setAttribute("aria-label", label);
  control.title = label;
  return control;
}

const picker = (label, options, value, write) => {
  const control = plain(label, el("select", { class: "form-select" }, options.map(([one, words]) => el("option", { value: one, selected: one === value }, words))));
  control.addEventListener("change", () => write(control.value));
  return control;
};

function typed(label, value, write, attributes = {}) {
  const control = plain(label, el("input", { class: "form-control", value: value ?? "", autocomplete: "off", ...attributes }));
  control.addEventListener("change", () => write(control.value));
  return control;
}

/** The control for the value of a row. */
function valueControl(row, component, change) {
  const type = typeOf(component);
  const label = t("Compared with");
  if (row.op === "filled" || row.op === "empty") return null;
  if (row.op.startsWith("count")) return typed(label, row.value, (text) => change(Number(text)), { type: "number", min: 0 });
  if (type === "tick" || type === "yes") return picker(label, [["true", type === "tick" ? t("ticked") : t("Yes")], ...(type === "yes" ? [["false", t("No")]] : [])], String(row.value ?? "true"), (value) => change(value === "true"));
  const values = component ? valuesOf(component) : [];
  const several = row.op === "one" || row.op === "none";
  if (values.length && several) {
    const chosen = new Set(Array.isArray(row.value) ? row.value : [row.value]);
    return el("div", { class: "fe-values", role: "group", "aria-label": label }, values.map(([value, words]) => {
      const box = el("input", { type: "checkbox", class: "form-check-input", checked: chosen.has(value) });
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(value); else chosen.delete(value);
        change(values.map(([one]) => one).filter((one) => chosen.has(one)));
      });
      return el("label", {}, box, words);
    }));
  }
  if (values.length) {
    const at = values.findIndex(([value]) => value === row.value);
    return picker(label, [["", t("Please choose")], ...values.map(([, words], place) => [String(place), words])], at < 0 ? "" : String(at), (place) => change(place === "" ? undefined : values[Number(place)][0]));
  }
  if (several) return typed(t("Values, separated by commas"), (row.value ?? []).join("，"), (text) => change(text.split(/[,，、]/).map((one) => one.trim()).filter(Boolean).map((one) => valueFrom(one, type))), { placeholder: t("Values, separated by commas") });
  return typed(label, row.value, (text) => change(text === "" ? undefined : valueFrom(text, type)), type === "number" ? { inputmode: "decimal" } : {});
}

function retune(row, component) {
  const allowed = BY_TYPE[typeOf(component)];
  const op = allowed.includes(row.op) ? row.op : allowed[0];
  const made = { name: row.name, op };
  if (["yes", "tick"].includes(typeOf(component)) && (op === "is" || op === "not")) made.value = true;
  if (!component && (op === "filled" || op === "empty")) made.text = true;
  return made;
}

/** One row: field, comparison, value, a button to take it out. */
function line(row, fields, change, remove) {
  const known = fields.find((place) => keyOf(place.component) === row.name);
  const asVariable = !known && row.name !== "";
  const options = [["", t("Choose a field")], ...fields.map((place) => [keyOf(place.component), nameOf(place.component)]), [VARIABLE, t("A value of the case …")]];
  const field = picker(t("Field"), options, asVariable ? VARIABLE : row.name, (name) => {
    if (name === VARIABLE) return change({ name: " ", op: "is" });
    return change(retune({ name, op: row.op }, fields.find((place) => keyOf(place.component) === name)?.component));
  });
  const variable = asVariable ? typed(t("Name of the value"), row.name.trim(), (name) => change({ ...row, name: name.trim() || " " }), { class: "form-control prop-code", placeholder: t("Name of the value") }) : null;
  const op = picker(t("How it is compared"), BY_TYPE[typeOf(known?.component)].map((one) => [one, WORDS[one]]), row.op, (next) => {
    const keep = ["one", "none"].includes(next) ? { value: row.value === undefined ? [] : [row.value].flat() } : { value: [row.value].flat()[0] };
    change({ ...retune({ ...row, op: next }, known?.component), ...(next === "filled" || next === "empty" || next.startsWith("count") !== row.op.startsWith("count") ? {} : keep) });
  });
  const value = valueControl(row, known?.component, (next) => change({ ...row, value: next }));
  const drop = el("button", { type: "button", class: "btn btn-small btn-quiet prop-remove", "aria-label": t("Remove this condition"), title: t("Remove this condition"), onclick: remove }, "×");
  return el("li", { class: "fe-when-row" }, field, variable, op, value, drop);
}

const kept = new Map(); // rows that are not complete yet are not in the file

/** Forgets what is half clicked together, when another field is selected. */
export const forget = () => kept.clear();

/**
 * The builder for one text. `write(text)` gets FEEL with "=", "" for none.
 * @param {{key: string, text: string, hide: boolean, fields: any[], write: (text: string) => void, redraw: () => void, lead: string}} options
 */
export function builder({ key, text, hide, fields, write, redraw, lead }) {
  const before = kept.get(key);
  const held = before && before.text === text ? before : { text, found: parse(text, { hide }), byHand: false };
  kept.set(key, held);
  const save = (found) => {
    held.found = found;
    const made = format(found, { hide });
    held.text = made;
    if (made !== text) write(made);
    redraw();
  };
  if (!held.found || held.byHand) {
    return el("div", { class: "fe-when" },
      held.found ? null : note(t("This condition is written as a formula that cannot be shown in rows.")),
      area({ key: `${key}-feel`, label: hide ? t("Hidden when (FEEL)") : t("Required when (FEEL)"), value: text, mono: true, rows: 3, write: (value) => { held.text = value && !value.startsWith("=") ? `=${value}` : value; held.found = parse(held.text, { hide }); write(held.text); } }),
      button(`${key}-rows`, held.found ? t("Show as rows") : t("Begin anew with rows"), () => { held.byHand = false; if (!held.found) save({ mode: "all", rows: [{ name: "", op: "is" }] }); else redraw(); }));
  }
  const { mode, rows } = held.found;
  const shown = rows.length ? rows : [{ name: "", op: "is" }];
  const list = el("ul", { "aria-label": lead }, shown.map((row, at) => line(row, fields,
    (next) => save({ mode, rows: shown.with(at, next) }),
    () => save({ mode, rows: shown.toSpliced(at, 1) }))));
  const whole = rows.length > 0 && rows.every((row) => isComplete(row) && row.name.trim());
  return el("div", { class: "fe-when" },
    shown.length > 1 ? select({ key: `${key}-mode`, label: t("How they count together"), value: mode, options: [["all", t("all of them hold")], ["any", t("one of them holds")]], write: (next) => save({ mode: next, rows: shown }) }) : null,
    list,
    whole || !rows.length ? null : note(t("Choose field and value: until then the condition does not count."), "warning"),
    el("div", { class: "fe-buttons" },
      button(`${key}-more`, t("+ Condition"), () => save({ mode, rows: [...shown, { name: "", op: "is" }] })),
      button(`${key}-hand`, t("Write as formula"), () => { held.byHand = true; redraw(); }, "btn-quiet")));
}
