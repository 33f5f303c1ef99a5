// Typed controls for the inputs of a decision.
import { make, t } from "../studio/page.js";

const OTHER = "\u0000other";
const TYPES = { number: "number", date: "date", time: "time", "date and time": "datetime-local" };

/**
 * A control for one input.
 * @param {{name: string, label: string, kind: string, options: any[], closed: boolean}} field
 * @param {() => void} changed
 * @returns {{element: HTMLElement, read(): unknown, write(value: unknown): void}}
 */
export function control(field, changed) {
  const id = `try-${field.name}`;
  const label = make("label", { class: "form-label", for: id }, field.label, field.label !== field.name ? make("span", { class: "muted" }, ` ${field.name}`) : null);
  const made = field.kind === "boolean" ? truth(id) : field.kind === "list" ? several(id, field) : field.options.length ? choice(id, field) : typed(id, field);
  made.input.addEventListener("input", changed);
  return { element: make("div", { class: "try-field" }, label, made.input), read: made.read, write: made.write };
}

function truth(id) {
  const input = make("select", { id, class: "form-select" }, make("option", { value: "" }, t("(not given)")), make("option", { value: "true" }, t("yes")), make("option", { value: "false" }, t("no")));
  return { input, read: () => (input.value ? input.value === "true" : null), write: (value) => { input.value = value === null || value === undefined ? "" : String(value); } };
}

function choice(id, field) {
  const select = make("select", { id, class: "form-select" }, make("option", { value: "" }, t("(not given)")),
    ...field.options.map((one, index) => make("option", { value: String(index) }, one === "" ? t("(empty text)") : String(one))),
    field.closed ? null : make("option", { value: OTHER }, t("another value …")));
  const other = make("input", { class: "form-control", type: TYPES[field.kind] ?? "text", step: "any", "aria-label": t("{field}: another value", { field: field.label }), hidden: true });
  const input = make("div", { class: "try-choice" }, select, other);
  select.addEventListener("input", () => { other.hidden = select.value !== OTHER; if (!other.hidden) other.focus(); });
  return {
    input,
    read() {
      if (select.value === "") return null;
      return select.value === OTHER ? value(other.value, field.kind) : field.options[Number(select.value)];
    },
    write(wanted) {
      const index = field.options.findIndex((one) => one === wanted);
      select.value = wanted === null || wanted === undefined ? "" : index >= 0 ? String(index) : OTHER;
      other.hidden = select.value !== OTHER;
      other.value = other.hidden ? "" : shown(wanted);
    },
  };
}

function several(id, field) {
  const ticks = field.options.map((one, index) => {
    const box = make("input", { type: "checkbox", class: "form-check-input", id: `${id}-${index}` });
    return { one, box, row: make("label", { class: "try-tick" }, box, " ", String(one)) };
  });
  const others = make("input", { id, class: "form-control", type: "text", placeholder: ticks.length ? t("others, with commas between") : t("with commas between") });
  return {
    input: make("div", { class: "try-several" }, ...ticks.map((one) => one.row), others),
    read() {
      const typed = others.value.split(/[,，、;；]/).map((one) => one.trim()).filter(Boolean);
      const all = [...ticks.filter((one) => one.box.checked).map((one) => one.one), ...typed];
      return all.length ? all : null;
    },
    write(wanted) {
      const list = Array.isArray(wanted) ? wanted : wanted === null || wanted === undefined ? [] : [wanted];
      for (const one of ticks) one.box.checked = list.includes(one.one);
      others.value = list.filter((one) => !field.options.includes(one)).map(shown).join(", ");
    },
  };
}

function typed(id, field) {
  const hint = { "days and time duration": "P3D", "years and months duration": "P6M" }[field.kind] ?? null;
  const input = make("input", { id, class: "form-control", type: TYPES[field.kind] ?? "text", step: "any", placeholder: hint });
  return { input, read: () => value(input.value, field.kind), write: (wanted) => { input.value = wanted === null || wanted === undefined ? "" : shown(wanted); } };
}

function value(text, kind) {
  if (text.trim() === "") return null;
  if (kind === "number") return Number(text);
  if (kind) return text;
  try { return JSON.parse(text); } catch { return text; }
}

/** A value for people: texts as they are. */
export const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));
