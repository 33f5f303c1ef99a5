// What can be chosen: a list written in the form, or one of the lists that the application keeps.
import { button, check, el, note, select, text } from "../bpmn/fields.js";
import { t } from "../studio/page.js";
import { hasValue, keyOf, put, putIn } from "./model.js";
import { kindOf, nameOf } from "./kinds.js";
import { tool } from "./tools.js";

const LISTS = {
  users: t("People"), units: t("Houses"), departments: t("Departments"), categories: t("Categories"), cases: t("Cases"), contractors: t("Contractors"),
  substitutes: t("Contractors who may step in"), projects: t("Projects"), buildings: t("Buildings"), phases: t("Phases of handing over"), slots: t("Appointments of handing over"),
  parts: t("Parts of a house"), rooms: t("Rooms"), knowledge: t("Articles of knowledge"), prices: t("Price list"), defects: t("Kinds of defects"), problems: t("Known problems"),
  order_defects: t("Defects of the order"), checklists: t("Checklists"), checklist_items: t("Items of a checklist"), review_cases: t("Cases to be reviewed"),
};
const NARROW = { users: "user", units: "unit", departments: "department", categories: "category", cases: "case" };

const asOption = (one) => (one && typeof one === "object" ? one : { value: one, label: String(one) });

/** The lists to choose from, with their names; `roles` become lists of the people who hold them. */
function lists(sources, current) {
  const { names = [], roles = [] } = sources();
  const known = names.filter((name) => name in LISTS).map((name) => [name, LISTS[name]]);
  const people = roles.map((role) => [`users_by_role:${role.code}`, t("People who are: {role}", { role: role.name })]);
  const all = [...known, ...people];
  return current && !all.some(([name]) => name === current) ? [...all, [current, LISTS[current] ?? current]] : all;
}

/** The part of the panel for lists of the application. */
export function lookupPart({ component, model, id, sources }) {
  const { lookup = "", widget = "", dependsOn = "" } = component.properties ?? {};
  const current = lookup || { user: "users", unit: "units", department: "departments", category: "categories", case: "cases" }[widget] || "";
  const how = [["textfield", t("one, found by typing")], ["select", t("one, from an opened list")], ["taglist", t("several, found by typing")]];
  const fields = model.fieldsAround(id).filter((place) => place.id !== id && hasValue(place.component));
  const write = (next) => model.edit(id, (one) => {
    const { widget: had, lookup: _old, ...rest } = one.properties ?? {};
    const narrow = NARROW[next.split(":")[0].replace("users_by_role", "users")];
    return put(one, "properties", { ...(narrow ? { widget: narrow } : had && !Object.values(NARROW).includes(had) ? { widget: had } : {}), lookup: next, ...rest });
  });
  return [
    select({ key: "lookup", label: t("From which list"), value: current, options: lists(sources, current), write }),
    select({ key: "lookup-how", label: t("How it is chosen"), value: component.type, options: how, write: (type) => model.edit(id, (one) => put(one, "type", type)) }),
    select({ key: "dependsOn", label: t("Narrowed by another field"), value: dependsOn, options: [["", t("(no)")], ...fields.map((place) => [keyOf(place.component), nameOf(place.component)])], write: (value) => model.edit(id, (one) => putIn(one, "properties", "dependsOn", value)), hint: t("Such as the kind of work narrowed by the category.") }),
  ];
}

/** The part of the panel for options written in the form. */
export function optionsPart({ component, model, id, sources }) {
  const yesNo = kindOf(component).id === "yesno";
  if (typeof component.valuesExpression === "string" && component.valuesExpression) {
    return [text({ key: "valuesExpression", label: t("Options from a formula (FEEL)"), mono: true, value: component.valuesExpression, write: (value) => model.edit(id, (one) => put(one, "valuesExpression", value, [])) })];
  }
  const values = (component.values ?? []).map(asOption);
  const original = new Set((originalOf(model, id)?.values ?? []).map((one) => asOption(one).value));
  const now = () => (model.find(id).component.values ?? []).map(asOption); // while somebody types, the panel is not drawn anew
  const save = (next, tag = "") => model.edit(id, (one) => put(one, "values", next), tag);
  // A new option is stored under its words; one that is published keeps what is stored when only its words change.
  const relabel = (at, words) => {
    const one = now()[at];
    const follows = typeof one.value === "string" && one.value === one.label && !original.has(one.value);
    save(now().with(at, { ...one, label: words, ...(follows ? { value: words } : {}) }), `option-${at}`);
  };
  const list = el("ul", { class: "fe-option-list" }, values.map((one, at) => {
    const label = text({ key: `option-${at}`, label: t("Option {number}", { number: at + 1 }), value: String(one.label ?? one.value), write: (words) => relabel(at, words) });
    label.querySelector("label").classList.add("visually-hidden");
    const differs = String(one.value) !== String(one.label);
    const move = (to) => { const next = now(); next.splice(to, 0, ...next.splice(at, 1)); save(next); };
    return el("li", {}, label, el("span", { class: "fe-tools" },
      tool("up", `${t("Move up")}: ${one.label}`, at ? () => move(at - 1) : null, `option-${at}`),
      tool("down", `${t("Move down")}: ${one.label}`, at < values.length - 1 ? () => move(at + 1) : null, `option-${at}`),
      yesNo ? null : tool("remove", `${t("Remove")}: ${one.label}`, values.length > 1 ? () => save(now().toSpliced(at, 1)) : null, `option-${at}`)),
      differs && !yesNo ? el("p", { class: "prop-hint" }, t("stored as {value}", { value: String(one.value) })) : null);
  }));
  const add = () => {
    const taken = new Set(now().map((one) => String(one.value)));
    let number = now().length + 1;
    while (taken.has(t("Option {number}", { number }))) number += 1;
    const words = t("Option {number}", { number });
    save([...now(), { label: words, value: words }]);
    const control = document.getElementById(`prop-option-${now().length - 1}`);
    control?.focus();
    control?.select();
  };
  return [
    list,
    yesNo ? note(t("The words may be changed; stored is yes or no.")) : button("option-add", t("+ Option"), add),
    yesNo ? null : check({ key: "from-list", label: t("Use a list of the application instead"), value: false, write: () => model.edit(id, (one) => putIn(put(put(one, "values", undefined), "defaultValue", undefined), "properties", "lookup", lists(sources)[0]?.[0] ?? "projects")) }),
  ];
}

function originalOf(model, id) {
  const visit = (components) => { for (const one of components ?? []) { if (one.id === id) return one; const found = visit(one.components); if (found) return found; } return null; };
  return visit(model.original.root.components);
}
