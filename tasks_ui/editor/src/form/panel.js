// The panel: everything that can be said of the selected field, of a group or list, or of the form itself.
import { area, button, check, el, group, note, select, text, typing } from "../bpmn/fields.js";
import { page, t } from "../studio/page.js";
import { mentions, rename } from "./condition.js";
import { KINDS, become, keyFrom, kindOf, nameOf } from "./kinds.js";
import { WIDTHS, span, widen } from "./layout.js";
import { hasValue, keyOf, put, putIn } from "./model.js";
import { optionsPart, lookupPart } from "./options.js";
import { tool } from "./tools.js";
import { builder, forget } from "./when.js";

const KEY = /^[\p{L}][\p{L}\p{N}_]{0,62}$/u;
const WIDTH_WORDS = { 16: t("the whole row"), 12: t("three quarters"), 8: t("half"), 6: t("three eighths"), 4: t("a quarter") };
const OWN = new Set(["widget", "lookup", "dependsOn", "requiredIf", "check", "checkMessage", "variable", "prefill", "default", "minRows", "maxRows", "when", "collapsed"]);
const number = (value) => (value === "" ? undefined : Number.isNaN(Number(value)) ? value : Number(value));
const feel = (value) => (value.trim() && !value.trim().startsWith("=") ? `=${value.trim()}` : value.trim());

/** Draws the panel into `container`. `uses(key)` asks the server where else a name stands. */
export function panel({ container, model, sources, uses, borrow, copy, remove }) {
  let id = "";
  const begun = new Set(); // made in this sitting: their keys still follow their labels
  let unwritten = ""; // the control in which somebody types at the moment
  const asked = new Map(); // key → where it is used
  const wanted = new Map(); // id → "when" chosen although no condition is complete yet

  const edit = (change, tag = "") => model.edit(id, change, tag);
  const setIn = (name, inner, value, tag = "") => edit((component) => putIn(component, name, inner, value), tag);
  const property = (name, value, tag = "") => setIn("properties", name, value, tag);

  function redraw() {
    const active = document.activeElement;
    const focus = container.contains(active) ? active.id : "";
    const at = focus && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
    const typed = focus && focus === unwritten ? active.value : null; // letters that are not in the file yet stay
    const top = container.scrollTop;
    const shut = new Set([...container.querySelectorAll("details:not([open])")].map((one) => one.dataset.group));
    const place = id ? model.find(id) : null;
    container.replaceChildren(...(place ? drawField(place) : drawForm()).filter(Boolean));
    for (const one of container.querySelectorAll("details")) if (shut.has(one.dataset.group)) one.open = false;
    container.scrollTop = top;
    const again = focus && document.getElementById(focus);
    if (again) {
      if (typed !== null && again.value !== typed) {
        again.value = typed;
        again.dispatchEvent(new Event("input", { bubbles: true }));
      }
      again.focus({ preventScroll: true });
      try { if (at) again.setSelectionRange(...at); } catch { /* a number has no selection */ }
    }
  }

  // --- the form ---------------------------------------------------------------------------------------------------------------
  function drawForm() {
    return [el("header", { class: "fe-head" }, el("h2", {}, t("The form"))),
      group("form", t("What it is"), [
        text({ key: "form-name", label: t("Name of the form"), value: model.root.name ?? "", write: (value) => model.edit("", (root) => put(root, "name", value, ["type", "id", "name"]), "name"), hint: t("As it is called in the library and in the diagram's list of forms.") }),
        el("p", { class: "prop-hint" }, t("Short name: {key}. Tasks refer to the form by it.", { key: model.root.id ?? "" })),
        note(t("Click a field to change it, or drag a new one from the left onto the form.")),
      ]),
      group("borrow", t("Take fields from another form"), [
        el("div", { class: "prop" }, el("label", { for: "prop-borrow" }, t("Form")), el("select", { class: "form-select", id: "prop-borrow" },
          (page.known?.forms ?? []).filter((one) => one.file !== page.file).map((one) => el("option", { value: one.file ?? `${one.key}.form` }, one.name && one.name !== one.key ? `${one.key} ${one.name}` : one.key)))),
        button("borrow-take", t("Copy its fields into this form"), () => borrow(document.getElementById("prop-borrow").value)),
      ], !model.root.components.length)];
  }

  // --- a field ----------------------------------------------------------------------------------------------------------------
  function drawField({ component, parent }) {
    const kind = kindOf(component);
    const siblings = model.places().filter((other) => other.parent === parent).map((other) => other.id);
    const at = siblings.indexOf(id);
    const up = at > 0 ? () => model.move([id], parent, siblings[at - 1]) : null;
    const down = at < siblings.length - 1 ? () => model.move([id], parent, siblings[at + 2] ?? "") : null;
    return [
      el("header", { class: "fe-head" },
        el("h2", {}, kind.label, el("small", {}, nameOf(component))),
        el("div", { class: "fe-tools" }, tool("up", t("Move up"), up), tool("down", t("Move down"), down), tool("copy", t("Make a copy"), () => copy(id)), tool("remove", t("Remove"), () => remove(id)))),
      group("basic", t("What it is"), basics(component, kind)),
      group("options", t("What can be chosen"), kind.parts.includes("options") ? optionsPart({ component, model, id, sources }) : kind.parts.includes("lookup") ? lookupPart({ component, model, id, sources }) : []),
      group("need", component.type === "dynamiclist" ? t("Rows of the list") : t("Required and limits"), [...need(component), ...limits(component, kind)]),
      group("when", t("Show only when …"), shown(component)),
      group("value", t("Value at the beginning and later"), values(component, kind), Boolean(component.defaultValue !== undefined || component.properties?.default || component.readonly)),
      group("more", t("More"), more(component, kind), Boolean(component.properties?.check || component.validate?.pattern)),
    ];
  }

  function basics(component, kind) {
    if (component.type === "text") {
      const title = kind.id === "heading";
      const write = (value) => edit((one) => put(one, "text", title ? `### ${value}` : value), "text");
      return [title
        ? text({ key: "text", label: t("Heading"), value: (component.text ?? "").replace(/^#+\s*/, ""), write })
        : area({ key: "text", label: t("Text to read"), value: component.text ?? "", rows: 5, write, hint: t("**bold**, lines beginning with - as a list, {{ name }} for a value of the case.") }), width(component)];
    }
    if (component.type === "separator" || component.type === "spacer") return [note(t("A line between parts of the form."))];
    const family = kind.family ? KINDS.filter((one) => one.family === kind.family) : [];
    return [
      family.length > 1 ? select({ key: "kind", label: t("Kind"), value: kind.id, options: family.map((one) => [one.id, one.label]), write: (next) => edit((one) => become(one, KINDS.find((kindOne) => kindOne.id === next))) }) : null,
      text({ key: "label", label: t("Label"), value: component.label ?? "", write: setLabel, hint: t("The words people see. Clear and short.") }),
      area({ key: "description", label: t("Help below the field"), value: component.description ?? "", rows: 2, write: (value) => edit((one) => put(one, "description", value), "description") }),
      width(component),
      hasValue(component) ? keyPart(component) : null,
      component.type === "group" ? check({ key: "collapsed", label: t("Closed at first, opened by a click"), value: component.properties?.collapsed === "yes", write: (on) => property("collapsed", on ? "yes" : undefined) }) : null,
    ];
  }

  function width(component) {
    return select({ key: "width", label: t("Width on a large screen"), value: String(span(component.layout?.columns)), options: WIDTHS.map((one) => [String(one), WIDTH_WORDS[one]]), write: (value) => edit((one) => widen(one, Number(value))) });
  }

  function setLabel(value) {
    const component = model.find(id).component;
    const key = keyOf(component);
    const follows = begun.has(id) && hasValue(component) && key === keyFrom(component.label ?? "", new Set([...taken()].filter((one) => one !== key)));
    edit((one) => {
      let made = put(one, "label", value);
      if (made.dateLabel !== undefined && made.subtype !== "time") made = put(made, "dateLabel", value);
      if (made.subtype === "time") made = put(made, "timeLabel", value);
      return made;
    }, "label");
    if (!follows || !value.trim()) return;
    renameKey(keyFrom(value, taken()), "label");
    const shownKey = document.getElementById("prop-key");
    if (shownKey) shownKey.value = keyOf(model.find(id).component);
  }

  const taken = () => new Set(model.places().filter((other) => other.id !== id).map((other) => keyOf(other.component)));

  /** Gives a field another key, and changes the conditions of this form that use the old one. */
  function renameKey(next, tag = "") {
    const component = model.find(id).component;
    const before = keyOf(component);
    const name = component.type === "dynamiclist" ? "path" : "key";
    if (next === before) return;
    const said = (value) => (typeof value === "string" && value.trim().startsWith("=") ? rename(value, before, next) : value);
    const change = (one) => {
      const made = {};
      for (const [entry, value] of Object.entries(one)) {
        if (entry === "components") made[entry] = value;
        else if (entry === "text" && typeof value === "string") made[entry] = value.replace(/\{\{.*?\}\}/gs, (inner) => rename(inner, before, next));
        else if (value && typeof value === "object" && !Array.isArray(value)) made[entry] = Object.fromEntries(Object.entries(value).map(([inner, text]) => [inner, inner === "dependsOn" && text === before ? next : said(text)]));
        else made[entry] = said(value);
      }
      return made;
    };
    const changes = {};
    for (const place of model.places()) {
      const words = JSON.stringify({ ...place.component, components: undefined });
      if (place.id === id) changes[place.id] = (one) => ({ ...change(one), [name]: next });
      else if (before && words.includes(before)) changes[place.id] = (one) => { const made = change(one); return JSON.stringify(made) === JSON.stringify(one) ? one : made; };
    }
    model.editAll(changes, tag);
  }

  function usedHere(key) {
    return key ? model.places().filter((place) => place.id !== id && [place.component.conditional?.hide, ...Object.values(place.component.properties ?? {})].some((value) => typeof value === "string" && value.startsWith("=") && mentions(value, key))).map((place) => nameOf(place.component)) : [];
  }

  function keyPart(component) {
    const key = keyOf(component);
    const hint = el("div", { class: "fe-uses", role: "status" });
    const say = (found) => hint.replaceChildren(...(found.length ? [note(t("Also used in: {places}. When it is renamed, these must be changed too.", { places: found.map((one) => `${one.name} (${one.file})`).join("、") }), "warning")] : []));
    const made = text({
      key: "key", label: t("Name for conditions and data"), value: key, mono: true,
      hint: begun.has(id) ? t("Made from the label.") : t("Diagram, tables and open cases know the field by this name. Change it only while the field is new."),
      write: (value) => {
        const next = value.trim();
        if (next === keyOf(model.find(id).component)) return;
        if (!KEY.test(next)) { hint.replaceChildren(note(t("“{key}” cannot be a name: letters, digits and _ only, beginning with a letter.", { key: next }), "warning")); return; }
        renameKey(next);
      },
    });
    made.querySelector("input").addEventListener("focus", async () => {
      if (begun.has(id) || !key) return;
      if (!asked.has(key)) asked.set(key, await uses(key).catch(() => []));
      say(asked.get(key));
    });
    if (asked.has(key) && document.activeElement?.id === "prop-key") say(asked.get(key));
    const here = usedHere(key);
    const upload = component.type === "filepicker";
    return el("div", {}, made, hint,
      here.length ? el("p", { class: "prop-hint" }, t("Conditions of these fields use it and follow a change: {fields}", { fields: here.join("、") })) : null,
      upload ? note(t("Files stay with the task; they never become a value of the case.")) : check({ key: "variable", label: t("Becomes a value of the case"), value: component.properties?.variable !== "no", write: (on) => property("variable", on ? undefined : "no"), hint: t("Then the diagram, tables and later forms can use it. Not for personal data and long texts.") }));
  }

  function need(component) {
    if (component.type === "dynamiclist") {
      return [
        text({ key: "minRows", label: t("At least so many rows"), type: "number", min: 0, value: component.properties?.minRows ?? "", write: (value) => property("minRows", value, "minRows") }),
        text({ key: "maxRows", label: t("At most so many rows"), type: "number", min: 1, value: component.properties?.maxRows ?? "", write: (value) => property("maxRows", value, "maxRows") }),
        text({ key: "defaultRepetitions", label: t("Empty rows at the beginning"), type: "number", min: 0, value: String(component.defaultRepetitions ?? 1), write: (value) => edit((one) => put(one, "defaultRepetitions", number(value)), "rows") }),
        check({ key: "allowAddRemove", label: t("People may add and remove rows"), value: component.allowAddRemove !== false, write: (on) => edit((one) => put(one, "allowAddRemove", on)) }),
      ];
    }
    if (!hasValue(component)) return [];
    const rule = component.validate?.required;
    const given = component.properties?.requiredIf || (typeof rule === "string" ? rule : "");
    const mode = given || wanted.get(id) ? "when" : rule === true ? "yes" : "no";
    const write = (next) => {
      wanted.set(id, next === "when");
      edit((one) => putIn(putIn(one, "validate", "required", next === "yes" ? true : undefined), "properties", "requiredIf", undefined));
      redraw();
    };
    const condition = (next) => edit((one) => putIn(typeof one.validate?.required === "string" ? putIn(one, "validate", "required", undefined) : one, "properties", "requiredIf", next));
    return [
      select({ key: "required", label: t("Required"), value: mode, options: [["no", t("no")], ["yes", component.type === "checkbox" ? t("yes: it must be ticked") : t("yes")], ["when", t("only when …")]], write }),
      mode === "when" ? builder({ key: `${id}-need`, text: given, hide: false, fields: others(), write: condition, redraw, lead: t("Required when") }) : null,
    ];
  }

  const others = () => model.fieldsAround(id).filter((place) => place.id !== id);

  function limit(name, label, component, hint) {
    const value = component.validate?.[name];
    return text({ key: name, label, value: value ?? "", hint, write: (next) => setIn("validate", name, number(next.trim()), name) });
  }

  function limits(component, kind) {
    const found = [];
    const has = (part) => kind.parts.includes(part);
    if (has("length")) found.push(limit("minLength", t("At least so many letters"), component), limit("maxLength", t("At most so many letters"), component));
    if (has("range")) found.push(limit("min", t("Smallest value"), component), limit("max", t("Largest value"), component));
    if (has("decimals")) found.push(text({ key: "decimalDigits", label: t("Decimal places"), type: "number", min: 0, value: String(component.decimalDigits ?? ""), write: (value) => edit((one) => put(one, "decimalDigits", number(value)), "decimals") }));
    if (has("unit")) found.push(text({ key: "suffix", label: t("Unit behind the number"), value: component.appearance?.suffixAdorner ?? "", write: (value) => setIn("appearance", "suffixAdorner", value, "unit") }));
    if (has("moment") && kind.id !== "time") found.push(select({ key: "moment", label: t("The moment"), value: component.properties?.when ?? "", options: [["", t("may be any")], ["past", t("has happened (not in the future)")], ["future", t("is to come (not in the past)")]], write: (value) => property("when", value) }));
    if (has("pattern") && component.type === "textfield") {
      found.push(select({ key: "validationType", label: t("Must be"), value: component.validate?.validationType ?? "", options: [["", t("any text")], ["phone", t("a telephone number")], ["email", t("an e-mail address")]], write: (value) => setIn("validate", "validationType", value) }));
    }
    if (has("many")) found.push(check({ key: "multiple", label: t("Several are possible"), value: component.multiple === true, write: (on) => edit((one) => put(one, "multiple", on)) }));
    if (has("accept")) found.push(text({ key: "accept", label: t("Kinds of files"), mono: true, value: component.accept ?? "", write: (value) => edit((one) => put(one, "accept", value), "accept"), hint: t("Separated by commas, such as image/*,.pdf,.docx") }));
    return found;
  }

  function shown(component) {
    if (component.type === "separator" || component.type === "spacer") return [];
    const given = component.conditional?.hide ?? "";
    const mode = given || wanted.get(`${id} hide`) ? "when" : "always";
    return [
      select({ key: "shown", label: t("This is shown"), value: mode, options: [["always", t("always")], ["when", t("only when …")]], write: (next) => { wanted.set(`${id} hide`, next === "when"); if (given && next === "always") setIn("conditional", "hide", undefined); redraw(); } }),
      mode === "when" ? builder({ key: `${id}-hide`, text: given, hide: true, fields: others().filter((place) => !isWithin(place, id)), write: (next) => setIn("conditional", "hide", next), redraw, lead: t("Show only when …") }) : null,
      mode === "when" ? el("p", { class: "prop-hint" }, t("A hidden field is neither checked nor stored.")) : null,
    ];
  }

  function isWithin(place, container_) {
    for (let at = place; at; at = model.find(at.parent)) if (at.parent === container_) return true;
    return false;
  }

  function values(component, kind) {
    if (!hasValue(component) || component.type === "filepicker") return [];
    const found = [];
    const where = component.defaultValue !== undefined || !component.properties?.default ? "defaultValue" : "properties";
    const given = component.defaultValue ?? component.properties?.default ?? "";
    const formula = typeof given === "string" && given.startsWith("=");
    const write = (value) => edit((one) => {
      const cleared = putIn(put(one, "defaultValue", undefined), "properties", "default", undefined);
      if (value === undefined || value === "") return cleared;
      const formulaNow = typeof value === "string" && value.startsWith("=");
      if (where === "defaultValue" && one.defaultValue !== undefined) return putIn(put(one, "defaultValue", value), "properties", "default", undefined);
      return formulaNow ? putIn(put(one, "defaultValue", undefined), "properties", "default", value) : putIn(put(one, "defaultValue", value), "properties", "default", undefined);
    }, "default");
    const values_ = (component.values ?? []).map((one) => (one && typeof one === "object" ? one : { value: one, label: String(one) }));
    if (component.type !== "dynamiclist" && !formula) {
      if (values_.length && component.type !== "checklist" && component.type !== "taglist") {
        const at = values_.findIndex((one) => one.value === given);
        found.push(select({ key: "default", label: t("Chosen at the beginning"), value: at < 0 ? "" : String(at), options: [["", t("(nothing)")], ...values_.map((one, place) => [String(place), String(one.label ?? one.value)])], write: (place) => write(place === "" ? undefined : values_[Number(place)].value) }));
      } else if (component.type === "checkbox") found.push(check({ key: "default", label: t("Ticked at the beginning"), value: given === true, write: (on) => write(on ? true : undefined) }));
      else if (component.type === "number") found.push(text({ key: "default", label: t("Value at the beginning"), value: String(given), write: (value) => write(number(value.trim())) }));
      else if (component.type === "datetime") found.push(select({ key: "default", label: t("Value at the beginning"), value: "", options: [["", t("(nothing)")], ["=now()", t("the present moment")]], write: (value) => write(value) }));
      else if (component.type === "textfield" || component.type === "textarea") found.push(text({ key: "default", label: t("Value at the beginning"), value: String(given), write: (value) => write(value) }));
    }
    found.push(select({ key: "prefill", label: t("Filled in from"), value: component.properties?.prefill ?? "", options: [["", t("(nothing)")], ["variable", t("the case's value of the same name")], ["last", t("what was handed in here the last time")]], write: (value) => property("prefill", value) }));
    found.push(text({ key: "formula", label: t("Formula for the beginning (FEEL)"), mono: true, value: formula ? given : "", hint: t("Such as =reply_due or =now()"), write: (value) => write(feel(value) || undefined) }));
    if (component.type !== "dynamiclist") {
      const fixed = component.readonly;
      if (typeof fixed === "string") found.push(text({ key: "readonly", label: t("Only to read when (FEEL)"), mono: true, value: fixed, write: (value) => edit((one) => put(one, "readonly", feel(value)), "readonly") }));
      else found.push(check({ key: "readonly", label: t("Only to read: shows the value of the case"), value: fixed === true, write: (on) => edit((one) => put(one, "readonly", on ? true : undefined)) }));
    }
    return kind.id === "unknown" ? [] : found;
  }

  /** What needs formulas, and whatever else the component carries, by name: nothing is hidden. */
  function more(component, kind) {
    const found = [];
    if (kind.parts.includes("pattern") && component.type === "textfield") {
      found.push(text({ key: "pattern", label: t("Pattern (regular expression)"), mono: true, value: component.validate?.pattern ?? "", write: (value) => setIn("validate", "pattern", value, "pattern") }));
      found.push(text({ key: "patternErrorMessage", label: t("What is said when it does not fit"), value: component.validate?.patternErrorMessage ?? "", write: (value) => setIn("validate", "patternErrorMessage", value, "patternErrorMessage") }));
    }
    if (hasValue(component)) {
      found.push(area({ key: "check", label: t("Extra check (FEEL)"), mono: true, rows: 2, value: component.properties?.check ?? "", hint: t("The form is refused when it is not true, such as: visit_to > visit_from"), write: (value) => property("check", feel(value), "check") }));
      found.push(text({ key: "checkMessage", label: t("What is said then"), value: component.properties?.checkMessage ?? "", write: (value) => property("checkMessage", value, "checkMessage") }));
    }
    const rest = Object.entries(component.properties ?? {}).filter(([name]) => !OWN.has(name));
    const own = rest.map(([name, value]) => text({ key: `more-${name}`, label: name, mono: true, value: String(value), write: (next) => property(name, next, name) }));
    return [...found, ...own, el("p", { class: "prop-hint" }, t("Id: {id}", { id }))];
  }

  container.addEventListener("input", (event) => { if (/INPUT|TEXTAREA/.test(event.target.tagName)) unwritten = event.target.id; });
  model.onChange(() => {
    if (typing.now) unwritten = "";
    else redraw();
  });
  return {
    redraw,
    show(next, { made = false } = {}) {
      if (next !== id) { unwritten = ""; forget(); wanted.clear(); model.pause(); }
      id = next;
      if (made) begun.add(id);
      redraw();
      if (!made) return;
      const label = document.getElementById("prop-label") ?? document.getElementById("prop-text");
      label?.focus();
      label?.select();
    },
  };
}
