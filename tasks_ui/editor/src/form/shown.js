// How a field looks on the canvas: its label, a drawing of its control, and what holds for it (required, when it is shown).
import { h } from "preact";
import { t } from "../studio/page.js";
import { kindOf } from "./kinds.js";
import { span } from "./layout.js";

const box = (words, extra = "") => h("div", { class: `fe-box ${extra}` }, words);

function options(component) {
  const values = component.values ?? [];
  if (!values.length) return [];
  return values.map((one) => String(one?.label ?? one?.value ?? one));
}

function control(component, kind) {
  if (component.readonly === true || component.disabled === true) return h("div", { class: "fe-fixed" }, t("shows the value of the case"));
  switch (kind.id) {
    case "textarea": return box("", "fe-tall");
    case "yesno": case "radio": case "checklist": {
      const mark = kind.id === "checklist" ? "fe-square" : "fe-round";
      return h("div", { class: "fe-options" }, options(component).map((words) => h("span", { class: "fe-option" }, h("i", { class: mark }), words)));
    }
    case "select": case "category": return box(t("Please choose"), "fe-open");
    case "photo": return h("div", { class: "fe-pick" }, t("Add photos"));
    case "file": return h("div", { class: "fe-pick" }, t("Add files"));
    case "signature": return box(t("Sign here"), "fe-tall fe-sign");
    case "user": case "unit": case "case": case "department": case "lookup": return component.type === "select" ? box(t("Please choose"), "fe-open") : box(t("Type to search"), "fe-search");
    case "date": case "datetime": case "time": return box({ date: "2026-01-31", time: "09:30", datetime: "2026-01-31 09:30" }[kind.id], "fe-short");
    case "number": case "money": return h("div", { class: "fe-line" }, box("0", "fe-short"), component.appearance?.suffixAdorner ?? "");
    case "unknown": return box(t("Our pages cannot show this. Remove it."), "fe-bad");
    default: return box("");
  }
}

function words(text) {
  return String(text ?? "").trim().split(/\n\s*\n/).map((block) => {
    const head = /^#{1,4}\s+(.*)/.exec(block);
    if (head) return h("p", { class: "fe-heading" }, head[1]);
    return h("p", {}, block.replace(/[*]{2}/g, ""));
  });
}

/** The short notes under a field: that it is shown only sometimes, not kept as a variable. */
function notes(component) {
  const found = [];
  if (component.conditional?.hide) found.push(t("shown only when …"));
  if (component.properties?.collapsed === "yes") found.push(t("closed at first"));
  return found.map((one) => h("span", { class: "fe-note" }, one));
}

const required = (component) => component.validate?.required === true || Number(component.properties?.minRows) > 0;

function label(component, kind) {
  const need = required(component) ? t("required") : component.validate?.required || component.properties?.requiredIf ? t("required when …") : "";
  return h("div", { class: "fe-label" }, component.label || component.dateLabel || component.timeLabel || kind.label, need && h("span", { class: "fe-need" }, need), notes(component));
}

export function Shown({ field }) {
  const component = field.kt;
  const kind = kindOf(component);
  const bad = field.ktBad ? " fe-wrong" : "";
  if (kind.id === "separator") return h("div", { class: `fe-field${bad}` }, h("hr", {}));
  if (component.type === "spacer") return h("div", { class: `fe-field fe-space${bad}` });
  if (component.type === "text") return h("div", { class: `fe-field fe-text${bad}` }, words(component.text), notes(component));
  if (kind.id === "checkbox") return h("div", { class: `fe-field fe-tick${bad}` }, h("i", { class: "fe-square" }), label(component, kind), component.description && h("div", { class: "fe-help" }, component.description));
  return h("div", { class: `fe-field${bad}` }, label(component, kind), control(component, kind), component.description && h("div", { class: "fe-help" }, component.description));
}
Shown.config = { type: "kt-field", keyed: false, name: "", group: "basic-input", icon: () => h("svg", { viewBox: "0 0 54 54" }), create: (attributes) => attributes };

/** The form-js schema by which the canvas is drawn: our components wrapped, rows as they will lie on the page. */
export function schemaOf(model, wrong) {
  const within = (parent) => {
    const list = model.places().filter((place) => place.parent === parent);
    let row = 0;
    let left = 0;
    return list.map(({ id, component }) => {
      const wide = span(component.layout?.columns);
      if (wide > left) { row += 1; left = 16; }
      left -= wide;
      const layout = { row: `row-${parent || "form"}-${row}`, ...(wide < 16 ? { columns: wide } : {}) };
      if (component.type !== "group" && component.type !== "dynamiclist") return { type: "kt-field", id, layout, kt: component, ktBad: wrong.has(id) };
      const more = [required(component) && t("required"), component.conditional?.hide && t("shown only when …"), component.properties?.collapsed === "yes" && t("closed at first")].filter(Boolean);
      const name = (component.label || kindOf(component).label) + (more.length ? ` · ${more.join(" · ")}` : "");
      const rest = component.type === "group" ? {} : { path: `list_${model.find(id).path.join("_")}`, isRepeating: true, allowAddRemove: true, defaultRepetitions: 1 };
      return { type: component.type, id, layout, label: name, showOutline: true, ...rest, components: within(id) };
    });
  };
  return { type: "default", id: "keyturn-form", components: within("") };
}
