// Ways out of a gateway: the condition of each, put together from fields, and the one that is taken otherwise.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { t } from "../studio/page.js";
import { area, button, check, checks, el, group, note, select, text } from "./fields.js";
import { readCondition, writeCondition } from "./feel.js";
import { variables } from "./variables.js";

const CHOOSING = ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway", "bpmn:Activity"];

export function flow(context) {
  const { element } = context;
  if (is(element, "bpmn:SequenceFlow")) return [way(context)];
  if (is(element, "bpmn:ExclusiveGateway") || is(element, "bpmn:InclusiveGateway")) return [ways(context)];
  return [];
}

const bodyOf = (bo) => bo.get("conditionExpression")?.get("body") ?? "";

function ways({ edit, element, modeler }) {
  const flows = element.outgoing.filter((one) => is(one, "bpmn:SequenceFlow"));
  if (flows.length < 2) return null;
  const value = edit.bo.get("default")?.id ?? "";
  const known = variables(modeler);
  const named = (one) => one.businessObject.name || one.target?.businessObject?.name || one.id;
  return group("ways", t("Ways out"), [
    el("ol", { class: "prop-ways" }, flows.map((one) => el("li", {},
      button(`way-${one.id}`, named(one), () => modeler.get("selection").select(one), "btn-quiet"),
      said(one, value, known),
    ))),
    select({
      key: "default", label: t("Otherwise"), value, options: [["", t("(none: the case stops)")], ...flows.map((one) => [one.id, named(one)])],
      hint: t("The way that is taken when no condition holds."),
      write: (id) => edit.set({ default: flows.find((one) => one.id === id)?.businessObject }),
    }),
  ]);
}

/** A condition in words where it can be told so, else as it is written. */
function said(flow_, byDefault, known) {
  const body = bodyOf(flow_.businessObject).replace(/^=\s*/, "");
  if (flow_.id === byDefault) return el("span", { class: "muted" }, t("otherwise"));
  const found = body && readCondition(body);
  if (!found) return el("code", {}, body || t("no condition yet"));
  const words = Object.fromEntries(Object.values(TESTS()).flat());
  const parts = found.rows.map((row) => {
    const variable = known.find((one) => one.name === row.name);
    const shown = (value) => variable?.options?.find((one) => one.value === value)?.label ?? value;
    const values = row.test === "in" ? row.values.map(shown).join(t(", ")) : shown(row.value);
    return [variable?.label || row.name, words[row.test] ?? row.test, values].filter(Boolean).join(" ");
  });
  return el("span", { class: "muted" }, parts.join(found.word === "and" ? t("; and ") : t("; or ")));
}

function way(context) {
  const { edit, element } = context;
  const source = element.source;
  if (!source || !CHOOSING.some((type) => is(source, type))) return null;
  const alone = source.outgoing.filter((one) => is(one, "bpmn:SequenceFlow")).length < 2;
  const present = bodyOf(edit.bo);
  if (alone && !present) return null;
  const otherwise = source.businessObject.get("default") === edit.bo;
  const toggle = (value) => edit.together(() => {
    edit.modeling.updateProperties(source, { default: value ? edit.bo : undefined });
    if (value && present) edit.set({ conditionExpression: undefined });
  });
  return group("condition", t("When this way is taken"), [
    check({ key: "otherwise", label: t("Otherwise: when no other condition holds"), value: otherwise, write: toggle }),
    otherwise && !present ? null : builder(context, present),
  ]);
}

const TESTS = () => ({
  text: [["=", t("is")], ["in", t("is one of")], ["!=", t("is not")], ["filled", t("is filled in")], ["empty", t("is empty")]],
  number: [["=", "="], ["!=", "≠"], [">", ">"], [">=", "≥"], ["<", "<"], ["<=", "≤"], ["filled", t("is filled in")], ["empty", t("is empty")]],
  boolean: [["true", t("is true")], ["untrue", t("is not true")], ["false", t("is answered with no")]],
  list: [["holds", t("contains")], ["filled", t("is filled in")], ["empty", t("is empty")]],
});

function testsFor(variable, row) {
  const tests = TESTS();
  const own = tests[variable?.type];
  const all = Object.values(tests).flat();
  const unique = all.filter(([one], at) => all.findIndex(([other]) => other === one) === at);
  return own && own.some(([one]) => one === row.test) ? own : unique;
}

function builder(context, present) {
  const { edit, modeler, redraw } = context;
  const body = present.replace(/^=\s*/, "");
  const found = context.state.asText === edit.bo.id ? null : readCondition(body);
  const write = (text_) => edit.set({ conditionExpression: edit.expression(text_, edit.bo) });
  if (!found) {
    return [
      area({ key: "condition", label: t("Condition (FEEL)"), value: body, mono: true, rows: 3, hint: t("Such as level >= 3 and kind = \"complaint\". What is wrong with it is said above."), write }),
      readCondition(body) ? button("condition-fields", t("Choose from fields"), () => {
        context.state.asText = "";
        redraw();
      }) : note(t("This condition says more than the fields below could: it is edited as text.")),
    ];
  }
  const known = variables(modeler);
  const rows = found.rows.length && context.state.another !== edit.bo.id ? found.rows : [...found.rows, { name: "", test: "=", value: "" }];
  const save = (word = found.word) => write(writeCondition({ word, rows }));
  const options = [["", t("(choose a field)")], ...known.map((one) => [one.name, one.label ? `${one.label} (${one.name})` : one.name])];
  const lines = rows.map((row, at) => {
    const variable = known.find((one) => one.name === row.name);
    const pick = (name) => {
      context.state.another = "";
      const next = known.find((one) => one.name === name);
      row.name = name;
      row.test = TESTS()[next?.type ?? "text"][0][0];
      row.value = next?.options?.[0]?.value ?? "";
      row.type = next?.type === "number" ? "number" : next?.type ? "text" : undefined;
      save();
    };
    const bare = ["true", "untrue", "false", "empty", "filled"].includes(row.test);
    const value = (typed) => {
      row.value = typed;
      save();
    };
    const label = t("Its value");
    const control = bare ? null : row.test === "in" ? oneOf(at, row, variable, save) : variable?.options?.length && row.type !== "name"
      ? select({ key: `if-${at}-value`, label, value: row.value, options: variable.options.map((one) => [one.value, one.label || one.value]), write: value })
      : text({ key: `if-${at}-value`, label, value: row.value, type: row.type === "number" ? "number" : "text", write: value });
    return el("li", { class: "prop-if" },
      select({ key: `if-${at}-name`, label: t("Field"), value: row.name, options, write: pick }),
      row.name ? select({ key: `if-${at}-test`, label: t("Comparison"), value: row.test, options: testsFor(variable, row), write: (test) => retest(row, test, save) }) : null,
      row.name ? control : null,
      rows.length > 1 ? button(`if-${at}-x`, t("Remove"), () => { rows.splice(at, 1); save(); }, "btn-quiet") : null,
    );
  });
  return [
    found.rows.length > 1 ? select({ key: "if-word", label: t("Taken when"), value: found.word, options: [["and", t("all of these hold")], ["or", t("one of these holds")]], write: save }) : null,
    el("ol", { class: "prop-ifs" }, lines),
    el("div", { class: "prop-buttons" },
      found.rows.length ? button("if-add", t("And …"), () => { context.state.another = edit.bo.id; redraw(); }) : null,
      button("condition-text", t("Write it as text"), () => { context.state.asText = edit.bo.id; redraw(); }),
    ),
  ];
}

function retest(row, test, save) {
  if (test === "in") row.values = row.value ? [row.value] : (row.values ?? []);
  else if (row.test === "in") row.value = row.values?.[0] ?? "";
  row.test = test;
  save();
}

/** The values of which one must be: boxes where the form has options, else words between commas. */
function oneOf(at, row, variable, save) {
  const write = (values) => {
    row.values = values;
    save();
  };
  if (variable?.options?.length) {
    const options = variable.options.map((one) => [one.value, one.label || one.value]);
    return checks({ key: `if-${at}-values`, label: t("Possible values"), value: row.values ?? [], options, write });
  }
  return text({
    key: `if-${at}-values`, label: t("Possible values"), value: (row.values ?? []).join(t(", ")), hint: t("Between commas."),
    write: (typed) => write(typed.split(/[,，、]/).map((one) => one.trim()).filter(Boolean)),
  });
}
