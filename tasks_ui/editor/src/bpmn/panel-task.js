// User tasks: who does them, with which form, until when, and what the inbox shows.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { page, t } from "../studio/page.js";
import { spliced } from "./edit.js";
import { button, el, group, note, select, table, text } from "./fields.js";
import { asRule, readLimit, writeLimit } from "./feel.js";
import { firstDate, moment } from "./moment.js";
import { addReminder } from "./reminder.js";
import { roles } from "./panel-general.js";
import { newForm, openFile } from "./files.js";
import { suggestions } from "./variables.js";

const PERSONAL = ["bpmn:UserTask", "bpmn:ManualTask"];

export function task(context) {
  const { element } = context;
  if (PERSONAL.some((type) => is(element, type))) return [people(context), form(context), limit(context), inbox(context), listeners(context)];
  if (is(element, "bpmn:StartEvent") && !element.businessObject.get("eventDefinitions").length) return [form(context)];
  return [];
}

function people({ edit, modeler }) {
  const groups = edit.get("camunda:candidateGroups");
  const lane = edit.lanes().map((one) => one.get("name")).filter(Boolean).at(-1) ?? "";
  const rule = groups.startsWith("=");
  const chosen = rule ? [] : groups.split(",").map((one) => one.trim()).filter(Boolean);
  const names = new Set((page.known?.roles ?? []).flatMap((one) => [one.code, one.name, one.nameEn]));
  const options = roles();
  const first = rule ? "=" : (chosen[0] ?? "");
  const all = page.known?.roles ?? [];
  const called = (name) => all.filter((one) => [one.code, one.name, one.nameEn].includes(name)).map((one) => one.code);
  const ofLane = lane.split(/[,，、/]/).flatMap((one) => called(one.trim()));
  const other = ofLane.length && chosen.length && !chosen.flatMap(called).some((code) => ofLane.includes(code)) ? chosen : [];
  const write = (at, value) => {
    if (at === 0 && value === "=") return edit.set({ "camunda:candidateGroups": `="${chosen.join(",")}"` });
    const after = spliced(chosen, at, 1, value).filter(Boolean);
    return edit.set({ "camunda:candidateGroups": at === 0 && !value ? "" : [...new Set(after)].join(",") });
  };
  const byLane = lane ? t("The role of its lane: {lane}", { lane }) : t("(none: it lies in no lane)");
  return group("people", t("Who does it"), [
    select({ key: "role", label: t("Role"), value: first, options: [["", byLane], ...options, ["=", t("By a rule (FEEL)")]], write: (value) => write(0, value) }),
    rule ? text({ key: "role-rule", label: t("Rule for the role"), value: groups, mono: true, hint: t("Answers codes of roles, such as =if level >= 3 then \"leader\" else \"cs_mgr\""), write: (value) => edit.set({ "camunda:candidateGroups": asRule(value) }) }) : null,
    chosen.map((code, at) => (at ? select({ key: `role-${at}`, label: t("And also"), value: code, options: [["", t("(remove)")], ...options], write: (value) => write(at, value) }) : null)),
    chosen.length ? select({ key: "role-more", label: t("And also"), value: "", options: [["", t("(nobody else)")], ...options.filter(([code]) => !chosen.includes(code))], write: (value) => write(chosen.length, value) }) : null,
    !rule && !chosen.length && lane && options.length && !lane.split(",").some((one) => names.has(one.trim())) ? note(t("The lane is not named after a role, so nobody sees this task. Choose a role here, or rename the lane."), "warn") : null,
    other.length ? note(t("The lane is {lane}, but {role} does this step.", { lane, role: chosen.map((code) => options.find(([one]) => one === code)?.[1] ?? code).join(t(", ")) }), "warn") : null,
    other.length ? button("role-by-lane", t("Go by the lane"), () => edit.set({ "camunda:candidateGroups": "" })) : null,
    text({ key: "assignee", label: t("A certain person"), value: edit.get("camunda:assignee"), mono: true, list: suggestions(modeler), hint: t("A login, or =name of a variable that holds one. Empty: everybody with the role may take it."), write: (value) => edit.set({ "camunda:assignee": value }) }),
    fourEyes(edit),
  ]);
}

function fourEyes(edit) {
  const process = edit.modeler.get("elementRegistry").filter((one) => is(one, "bpmn:UserTask") && one.type !== "label" && one.businessObject !== edit.bo);
  const value = edit.properties().fourEyes ?? "";
  if (!process.length && !value) return null;
  const others = process.map((one) => [one.id, one.businessObject.name || one.id]);
  return select({
    key: "four-eyes", label: t("Not by who did"), value, options: [["", t("(anybody)")], ...others],
    hint: t("Four eyes: whoever did that step may not do this one."), write: (other) => edit.setProperties({ fourEyes: other }),
  });
}

function form({ edit, draft }) {
  const value = edit.get("camunda:formRef") || edit.get("camunda:formKey");
  const forms = page.known?.forms ?? [];
  const inFolder = (folder) => (page.known?.processes ?? []).find((one) => one.key === folder)?.name ?? folder ?? "";
  const own = (one) => Boolean(one.folder) && one.folder === page.folder;
  const options = [...forms].sort((a, b) => Number(own(b)) - Number(own(a)))
    .map((one) => [one.key, one.name && one.name !== one.key ? `${one.key} ${one.name}` : one.key, "", inFolder(one.folder)]);
  const write = (key) => edit.set({ "camunda:formRef": key, "camunda:formRefBinding": key ? "deployment" : "", "camunda:formKey": "" });
  const known = forms.find((one) => one.key === value);
  return group("form", t("Form"), [
    select({ key: "form", label: t("Form"), value, options: [["", t("(none: only “done”)")], ...options], write }),
    el("div", { class: "prop-buttons" },
      known ? button("form-edit", t("Edit this form"), () => openFile(draft, known.file ?? `${value}.form`)) : null,
      button("form-new", t("New form"), () => newForm(draft, { name: edit.get("name"), key: edit.get("id"), use: write })),
    ),
  ]);
}

const UNITS = () => [
  ["none", t("(no limit)")], ["min", t("minutes")], ["h", t("hours")], ["wd", t("working days")], ["cd", t("calendar days")],
  ["eod", t("close of business")], ["variable", t("a date of the case")], ["text", t("By a rule (FEEL)")],
];

function limit({ edit, element, modeler, redraw }) {
  const due = readLimit(edit.get("camunda:dueDate"));
  const properties = edit.properties();
  const write = (unit, value) => edit.set({ "camunda:dueDate": writeLimit({ unit, value }) });
  const change = (unit) => {
    if (unit === "text") return write("text", edit.get("camunda:dueDate") || '=now() + duration("P1D")');
    if (unit === "variable") return write("variable", firstDate(modeler));
    return write(unit, /^\d+$/.test(due.value) && due.value !== "0" ? due.value : { none: "", eod: "0", h: "24" }[unit] ?? "1");
  };
  const counted = ["min", "h", "wd", "cd", "eod"].includes(due.unit);
  const shown = due.unit === "text" && !edit.get("camunda:dueDate") ? "none" : due.unit;
  const words = {
    wd: t("Working days count as in the working calendar, holidays and make-up days included."),
    cd: t("Days of 24 hours, whether worked or not."),
    eod: t("0: today at close of business, 1: on the next working day, and so on."),
  };
  return group("limit", t("Time limit"), [
    el("div", { class: "prop-pair" },
      counted ? text({ key: "due", label: due.unit === "eod" ? t("Working days later") : t("Within"), type: "number", min: due.unit === "eod" ? 0 : 1, value: due.value, write: (value) => write(due.unit, value) }) : null,
      select({ key: "due-unit", label: counted ? t("Unit") : t("Time limit"), value: shown, options: UNITS(), write: change }),
    ),
    words[due.unit] ? note(words[due.unit]) : null,
    due.unit === "variable" ? moment("due", due.value, modeler, (value) => write("variable", value)) : null,
    due.unit === "text" ? text({ key: "due-text", label: t("Rule for the time limit"), value: due.value, mono: true, hint: t("Gives a date and time, such as =date and time(visit_at) - duration(\"PT2H\")"), write: (value) => write("text", asRule(value)) }) : null,
    clock(edit, properties),
    is(element, "bpmn:UserTask") ? button("remind", t("Add a reminder …"), () => addReminder(modeler, element)) : null,
  ]);
}

/** The clock of the table of time limits (DMN-05) that a listener of the task starts. */
function clock(edit, properties) {
  const listens = edit.extensions("camunda:TaskListener").some((one) => /clock/.test(one.get("delegateExpression") ?? ""));
  if (!listens && properties.clock === undefined) return null;
  const names = page.known?.decisions?.flatMap((one) => one.inputs ?? []).find((one) => one.name === "clock")?.values ?? [];
  return text({
    key: "clock", label: t("Clock of the table of time limits"), value: properties.clock ?? "", list: names.map((value) => ({ value })), mono: true,
    hint: t("The line of the table that says how long the task may take (DMN-05)."), write: (value) => edit.setProperties({ clock: value }),
  });
}

function inbox({ edit, modeler }) {
  const properties = edit.properties();
  return group("inbox", t("In the inbox"), [
    text({ key: "priority", label: t("Priority of the task"), value: edit.get("camunda:priority"), type: /^\d*$/.test(edit.get("camunda:priority")) ? "number" : "text", hint: t("0 to 100, 50 when empty. The higher, the further up."), write: (value) => edit.set({ "camunda:priority": value }) }),
    text({ key: "summary", label: t("Second line"), value: properties.summary ?? "", mono: true, list: suggestions(modeler), hint: t("What the inbox shows below the name, such as =task.content"), write: (value) => edit.setProperties({ summary: value }) }),
  ], false);
}

const plain = (text_) => text_.replace(/^\$\{|\}$/g, "");

function listeners({ edit }) {
  const present = edit.extensions("camunda:TaskListener");
  const known = (page.known?.listeners ?? []).map((one) => one.name ?? one);
  const rows = present.map((one) => [one.get("event"), plain(one.get("delegateExpression") || one.get("expression") || one.get("class") || "")]);
  const write = (after) => {
    const made = after.map(([event, name]) => {
      const old = present.find((_, at) => rows[at][0] === event && rows[at][1] === name);
      return old ?? edit.create("camunda:TaskListener", { event: event || "complete", delegateExpression: name ? `\${${name}}` : "" });
    });
    edit.setExtensions("camunda:TaskListener", made);
  };
  return group("listeners", t("What the product does with it"), [
    table({
      key: "listeners", label: t("Functions"), rows, write, add: t("Add a function"), hint: t("They keep the answers in the case. Leave them as they are unless you know what they do."),
      columns: [{ label: t("When"), options: [["create", t("when it begins")], ["complete", t("when it is done")]] }, { label: t("Function"), list: known.map((value) => ({ value })), mono: true }],
    }),
  ], false);
}
