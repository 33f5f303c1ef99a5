// The bar above the table when a column's head is chosen: its name, the variable it is about, its type and allowed values.
import { make, page, t } from "../studio/page.js";

const KINDS = ["string", "number", "boolean", "date", "time", "dateTime", "dayTimeDuration", "yearMonthDuration", "Any"];
const words = () => ({
  string: t("string"), number: t("number"), boolean: t("boolean"), date: t("date"), time: t("time"), dateTime: t("dateTime"),
  dayTimeDuration: t("dayTimeDuration"), yearMonthDuration: t("yearMonthDuration"), Any: t("Any type"),
});
const OF_FIELD = { number: "number", checkbox: "boolean", datetime: "date", select: "string", radio: "string", textfield: "string", textarea: "string" };

/** The variables that forms of the site fill in, by name. */
function variables() {
  const found = new Map();
  for (const form of page.known?.forms ?? []) {
    for (const field of form.fields ?? []) if (!found.has(field.key)) found.set(field.key, field);
  }
  return [...found.values()].sort((a, b) => a.key.localeCompare(b.key));
}

/** @param {{ modeling(): any, move(delta: number): void, remove(): void, canRemove(): boolean }} use */
export function columnBar(bar, col, use) {
  const clause = col.businessObject;
  const input = clause.$type === "dmn:InputClause";
  const expression = input ? clause.get("inputExpression") : null;
  const disabled = !page.change.editable;
  const field = (label, control) => make("label", { class: "column-field" }, make("span", { class: "form-label" }, label), control);
  const text = (value, change, extra = {}) => {
    const box = make("input", { class: "form-control", value: value ?? "", disabled, spellcheck: "false", autocomplete: "off", ...extra });
    box.addEventListener("change", () => change(box.value.trim()));
    return box;
  };

  const name = text(clause.get("label"), (value) => use.modeling().updateProperties(clause, { label: value || undefined }));
  const known = make("datalist", { id: "known-variables" }, ...(input ? variables() : []).map((one) => make("option", { value: one.key }, one.label || one.key)));
  const variable = text(input ? expression?.get("text") : clause.get("name"), (value) => {
    if (!input) { use.modeling().editOutputName(clause, value); return; }
    use.modeling().editInputExpression(expression, { text: value });
    const field = variables().find((one) => one.key === value);
    if (!field) return;
    if (!clause.get("label")) { use.modeling().updateProperties(clause, { label: field.label }); name.value = field.label; }
    if (OF_FIELD[field.type] && !expression.get("typeRef")) { use.modeling().editInputExpressionTypeRef(expression, OF_FIELD[field.type]); type.value = OF_FIELD[field.type]; }
  }, { list: input ? "known-variables" : null, class: "form-control cell-text" });
  const now = (input ? expression?.get("typeRef") : clause.get("typeRef")) || "Any";
  const kinds = KINDS.includes(now) ? KINDS : [now, ...KINDS];
  const type = make("select", { class: "form-select", disabled }, ...kinds.map((one) => make("option", { value: one, selected: one === now }, words()[one] ?? one)));
  type.addEventListener("change", () => {
    const wanted = type.value === "Any" ? undefined : type.value;
    if (input) use.modeling().editInputExpressionTypeRef(expression, wanted);
    else use.modeling().editOutputTypeRef(clause, wanted);
  });
  const values = text(clause.get(input ? "inputValues" : "outputValues")?.get("text"), (value) => use.modeling().editAllowedValues(clause, value ? [value] : null),
    { placeholder: t("any; or each in quotes, with commas between"), class: "form-control cell-text" });

  bar.classList.remove("is-empty");
  bar.replaceChildren(
    make("div", { class: "cell-line" }, make("strong", {}, input ? t("Input column") : t("Output column")),
      disabled ? null : make("span", { class: "column-actions" },
        make("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => use.move(-1) }, t("Move left")),
        make("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => use.move(1) }, t("Move right")),
        make("button", { type: "button", class: "btn btn-sm btn-quiet", disabled: !use.canRemove(), onclick: () => use.remove() }, t("Delete column")))),
    make("div", { class: "column-fields" }, field(t("Name for people"), name), field(input ? t("Variable it asks") : t("Variable it answers"), variable), field(t("Type"), type), field(t("Predefined values"), values)),
    known);
}
