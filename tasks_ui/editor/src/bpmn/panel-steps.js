// Steps that need nobody: services and notifications, decision tables, called processes; repetition of any step.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { page, t } from "../studio/page.js";
import { area, button, check, el, group, note, select, table, text } from "./fields.js";
import { openFile } from "./files.js";
import { suggestions } from "./variables.js";

const SERVICES = ["bpmn:ServiceTask", "bpmn:SendTask"];

export function step(context) {
  const { element } = context;
  const found = [];
  if (SERVICES.some((type) => is(element, type))) found.push(service(context));
  if (is(element, "bpmn:BusinessRuleTask")) found.push(decision(context));
  if (is(element, "bpmn:CallActivity")) found.push(call(context), mappings(context));
  if (is(element, "bpmn:SubProcess")) found.push(part(context));
  if (is(element, "bpmn:Activity")) found.push(sets(context), loop(context));
  return found;
}

/** The occasions a decision table about notifications knows. */
export const occasions = () =>
  page.known?.decisions?.find((one) => one.id === "notify")?.inputs?.find((one) => one.name === "event")?.values ?? [];

/** What the services are called that steps of several names call. */
const GENERAL = () => ({
  "case.notify": t("Send notifications"), "orders.notify": t("Send notifications about an order"), "task.remind": t("Remind whoever has the step"),
  "case.close": t("Close the case"), "deadlines.start": t("Start time limits"), "handover.close": t("Close the handover of a house"),
  "handover.orders": t("Issue rectification orders"), "handover.complain": t("Make it a complaint"),
});

function service({ edit, element, draft }) {
  const names = { ...page.known?.topicNames, ...GENERAL() };
  const topics = (page.known?.topics ?? []).map((one) => [one, names[one] ?? one, one]);
  topics.sort(([a], [b]) => Number(!names[a]) - Number(!names[b]));
  const topic = edit.get("camunda:topic");
  const inputs = edit.parameters("input");
  const event = inputs.find((one) => one.get("name") === "event");
  const tells = /notify|remind|tell/.test(topic);
  const rows = inputs.map((one) => [one.get("name"), one.get("value") ?? ""]);
  const others = rows.filter(([name]) => !(tells && name === "event"));
  const write = (value) => edit.set({ "camunda:topic": value, "camunda:type": value ? "external" : "" });
  return group("service", tells ? t("Notification") : t("Service"), [
    select({ key: "topic", label: t("What is done"), value: topic, options: [["", t("(choose)")], ...topics], write, hint: is(element, "bpmn:SendTask") ? t("Or choose a message below.") : "" }),
    tells ? text({
      key: "occasion", label: t("Occasion"), value: event?.get("value") ?? "", list: occasions().map((value) => ({ value })),
      hint: t("Who is told on this occasion, and how, is in the decision table of notifications."),
      write: (value) => edit.setParameters("input", [...(value ? [["event", value]] : []), ...others]),
    }) : null,
    tells && page.known?.decisions?.some((one) => one.id === "notify") ? button("notify-table", t("Edit the table of notifications"), () => openFile(draft, "notify.dmn")) : null,
    table({
      key: "inputs", label: t("What it is given"), rows: others, add: t("Add a value"), columns: [{ label: t("Its name"), mono: true }, { label: t("Its value"), mono: true }],
      hint: t("Text as it is, or = and a rule."),
      write: (after) => edit.setParameters("input", [...(tells && event ? [["event", event.get("value")]] : []), ...after]),
    }),
    text({ key: "retries", label: t("Tries when it fails"), value: edit.properties().retries ?? "", mono: true, hint: t("Such as R3/PT10M: three times, ten minutes apart. Empty: as usual."), write: (value) => edit.setProperties({ retries: value }) }),
  ]);
}

function decision({ edit, draft }) {
  const known = page.known?.decisions ?? [];
  const value = edit.get("camunda:decisionRef");
  const chosen = known.find((one) => one.id === value);
  const words = (list) => (list ?? []).map((one) => (typeof one === "string" ? one : one.label || one.name)).join(t(", "));
  const result = edit.get("camunda:resultVariable");
  const shapes = [
    ["", t("one value, or as the table answers")], ["singleEntry", t("one value")], ["singleResult", t("one line, each column a variable")],
    ["collectEntries", t("a list of values")], ["resultList", t("a list of lines")],
  ];
  return group("decision", t("Decision table"), [
    select({ key: "decision", label: t("Table"), value, options: [["", t("(choose)")], ...known.map((one) => [one.id, one.name ? `${one.name} (${one.id})` : one.id])], write: (id) => edit.set({ "camunda:decisionRef": id }) }),
    chosen ? note(t("Asks for {inputs}. Answers {outputs}.", { inputs: words(chosen.inputs), outputs: words(chosen.outputs) })) : null,
    chosen ? el("div", { class: "prop-buttons" }, button("decision-edit", t("Edit this table"), () => openFile(draft, chosen.file ?? `${value}.dmn`))) : null,
    text({ key: "result", label: t("Result variable"), value: result, mono: true, hint: t("Empty: each column of the answer becomes a variable of its own."), write: (name) => edit.set({ "camunda:resultVariable": name.trim() }) }),
    select({ key: "result-shape", label: t("Shape of the answer"), value: edit.get("camunda:mapDecisionResult"), options: shapes, write: (shape) => edit.set({ "camunda:mapDecisionResult": shape }) }),
  ]);
}

function call({ edit, draft }) {
  const known = (page.known?.processes ?? []).map((one) => (typeof one === "string" ? [one, one] : [one.key, one.name ? `${one.name} (${one.key})` : one.key]));
  const value = edit.get("calledElement");
  const file = (page.known?.processes ?? []).find((one) => one.key === value)?.file ?? `${value}.bpmn`;
  return group("call", t("Called process"), [
    select({ key: "called", label: t("Process"), value, options: [["", t("(choose)")], ...known], write: (key) => edit.set({ calledElement: key }) }),
    value && !value.startsWith("=") ? el("div", { class: "prop-buttons" }, button("called-edit", t("Edit this process"), () => openFile(draft, file))) : null,
  ]);
}

const BUSINESS_KEY = "#{execution.processBusinessKey}";

function mappings({ edit, modeler }) {
  const list = suggestions(modeler, "");
  const side = (type) => {
    const all = edit.extensions(type);
    const rows = all.filter((one) => one.get("target")).map((one) => [one.get("source") ?? one.get("sourceExpression") ?? "", one.get("target")]);
    const everything = all.some((one) => one.get("variables") === "all");
    const key = all.some((one) => one.get("businessKey") !== undefined);
    const write = ({ rows_ = rows, everything_ = everything, key_ = key }) => {
      const old = (test) => all.find(test);
      const made = [];
      if (type === "camunda:In" && key_) made.push(old((one) => one.get("businessKey") !== undefined) ?? edit.create(type, { businessKey: BUSINESS_KEY }));
      if (everything_) made.push(old((one) => one.get("variables") === "all") ?? edit.create(type, { variables: "all" }));
      for (const [source, target] of rows_) {
        const same = old((one) => one.get("target") === target && (one.get("source") ?? one.get("sourceExpression") ?? "") === source);
        made.push(same ?? edit.create(type, { ...(source.startsWith("=") ? { sourceExpression: source } : { source: source || target }), target: target || source }));
      }
      edit.setExtensions(type, made);
    };
    return { rows, everything, key, write };
  };
  const [given, back] = [side("camunda:In"), side("camunda:Out")];
  const columns = [{ label: t("From"), list, mono: true }, { label: t("Into"), list, mono: true }];
  return group("mappings", t("What goes in and comes back"), [
    check({ key: "in-key", label: t("The same case"), value: given.key, hint: t("The called process belongs to the case of this one, with its number."), write: (key_) => given.write({ key_ }) }),
    check({ key: "in-all", label: t("Give it everything"), value: given.everything, write: (everything_) => given.write({ everything_ }) }),
    table({ key: "in", label: t("Give it"), rows: given.rows, columns, add: t("Add a value"), write: (rows_) => given.write({ rows_ }) }),
    check({ key: "out-all", label: t("Take everything back"), value: back.everything, write: (everything_) => back.write({ everything_ }) }),
    table({ key: "out", label: t("Bring back"), rows: back.rows, columns, add: t("Add a value"), write: (rows_) => back.write({ rows_ }) }),
  ]);
}

function part({ edit }) {
  if (!edit.bo.get("triggeredByEvent")) return null;
  return group("part", t("Event sub-process"), [note(t("It begins by itself when the event of its start happens. Select that start to say when."))]);
}

function sets({ edit, modeler, element }) {
  if (is(element, "bpmn:SubProcess") && edit.bo.get("triggeredByEvent")) return null;
  const rows = edit.parameters("output").map((one) => [one.get("name"), one.get("value") ?? ""]);
  return group("sets", t("What it sets when done"), [
    table({
      key: "outputs", label: t("Variables"), rows, add: t("Add a variable"), columns: [{ label: t("Its name"), mono: true, list: suggestions(modeler, "") }, { label: t("Its value"), mono: true, list: suggestions(modeler) }],
      hint: t("Text as it is, or = and a rule, such as =round + 1"), write: (after) => edit.setParameters("output", after),
    }),
  ], rows.length > 0);
}

function loop({ edit, modeler, element }) {
  if (is(element, "bpmn:SubProcess") && edit.bo.get("triggeredByEvent")) return null;
  const present = edit.bo.get("loopCharacteristics");
  const many = present && is(present, "bpmn:MultiInstanceLoopCharacteristics");
  const kind = !present ? "" : !many ? "loop" : present.get("isSequential") ? "sequential" : "parallel";
  const write = (wanted) => {
    if (!wanted) return edit.set({ loopCharacteristics: undefined });
    if (many && wanted !== "loop") return edit.setIn(present, { isSequential: wanted === "sequential" ? true : undefined });
    const type = wanted === "loop" ? "bpmn:StandardLoopCharacteristics" : "bpmn:MultiInstanceLoopCharacteristics";
    const made = edit.create(type, wanted === "sequential" ? { isSequential: true } : {}, edit.bo);
    return edit.set({ loopCharacteristics: made });
  };
  const body = (name) => present.get(name)?.get("body") ?? "";
  const rule = (name, value) => edit.setIn(present, { [name]: edit.expression(value, present) });
  const list = suggestions(modeler);
  return group("loop", t("Repetition"), [
    select({
      key: "loop", label: t("How often"), value: kind, write,
      options: [["", t("once")], ["parallel", t("once for each, all at the same time")], ["sequential", t("once for each, one after the other")], ["loop", t("again, as long as a condition holds")]],
    }),
    many ? [
      text({ key: "collection", label: t("For each of"), value: present.get("camunda:collection") ?? "", mono: true, list, hint: t("A list, such as =items"), write: (value) => edit.setIn(present, { "camunda:collection": value }) }),
      text({ key: "element-variable", label: t("Called"), value: present.get("camunda:elementVariable") ?? "", mono: true, hint: t("The name of the one that is being done, such as item"), write: (value) => edit.setIn(present, { "camunda:elementVariable": value.trim() }) }),
      text({ key: "cardinality", label: t("Or so many times"), value: body("loopCardinality"), mono: true, list, write: (value) => rule("loopCardinality", value) }),
      text({ key: "completion", label: t("Finished early when"), value: body("completionCondition"), mono: true, hint: t("Such as =nrOfCompletedInstances >= 2"), write: (value) => rule("completionCondition", value) }),
    ] : null,
    kind === "loop" ? [
      area({ key: "loop-condition", label: t("As long as"), value: body("loopCondition"), mono: true, rows: 2, write: (value) => rule("loopCondition", value) }),
      text({ key: "loop-maximum", label: t("At most so many times"), type: "number", min: 1, value: present.get("loopMaximum") ?? "", write: (value) => edit.setIn(present, { loopMaximum: value ? Number(value) : undefined }) }),
      check({ key: "loop-before", label: t("Ask before the first time"), value: present.get("testBefore"), write: (value) => edit.setIn(present, { testBefore: value || undefined }) }),
    ] : null,
  ], Boolean(present));
}
