// Events: timers, messages, signals, errors, escalations, conditions, links; messages of send and receive tasks.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { page, t } from "../studio/page.js";
import { area, button, check, el, group, note, select, text } from "./fields.js";
import { asRule, readTimer, writeLimit, writeSpan } from "./feel.js";
import { firstDate, moment } from "./moment.js";
import { suggestions } from "./variables.js";

const NAMED = {
  "bpmn:MessageEventDefinition": ["messageRef", "bpmn:Message"],
  "bpmn:SignalEventDefinition": ["signalRef", "bpmn:Signal"],
  "bpmn:ErrorEventDefinition": ["errorRef", "bpmn:Error"],
  "bpmn:EscalationEventDefinition": ["escalationRef", "bpmn:Escalation"],
};

export function event(context) {
  const { element, edit } = context;
  if (is(element, "bpmn:SendTask") || is(element, "bpmn:ReceiveTask")) {
    return [group("message", t("Message"), [message(context, edit.bo, is(element, "bpmn:SendTask"))])];
  }
  if (!is(element, "bpmn:Event")) return [];
  const definition = edit.bo.get("eventDefinitions")?.[0];
  const interrupts = interrupting(context);
  if (!definition) return interrupts ? [group("event", t("Event"), [interrupts])] : [];
  const throws = is(element, "bpmn:ThrowEvent");
  const parts = {
    "bpmn:TimerEventDefinition": () => [t("Time"), timer(context, definition)],
    "bpmn:MessageEventDefinition": () => [t("Message"), message(context, definition, throws)],
    "bpmn:SignalEventDefinition": () => [t("Signal"), signal(context, definition)],
    "bpmn:ErrorEventDefinition": () => [t("Error"), coded(context, definition, "error", throws)],
    "bpmn:EscalationEventDefinition": () => [t("Escalation"), coded(context, definition, "escalation", throws)],
    "bpmn:ConditionalEventDefinition": () => [t("Condition"), conditional(context, definition)],
    "bpmn:LinkEventDefinition": () => [t("Link"), [text({ key: "link", label: t("Name of the link"), value: definition.get("name") ?? "", hint: t("Both ends bear the same name."), write: (value) => edit.setIn(definition, { name: value }) })]],
    "bpmn:TerminateEventDefinition": () => [t("End of everything"), [note(t("Whoever still works on something in this process is freed of it."))]],
    "bpmn:CompensateEventDefinition": () => [t("Compensation"), compensation(context, definition)],
    "bpmn:CancelEventDefinition": () => [t("Cancellation"), [note(t("The transaction is taken back."))]],
  }[definition.$type]?.();
  if (!parts) return [];
  return [group("event", parts[0], [parts[1], interrupts])];
}

function interrupting({ edit, element }) {
  const definition = edit.bo.get("eventDefinitions")?.[0];
  const always = !definition || ["bpmn:ErrorEventDefinition", "bpmn:CompensateEventDefinition", "bpmn:CancelEventDefinition"].includes(definition.$type);
  if (is(element, "bpmn:BoundaryEvent") && !always) {
    return check({
      key: "interrupting", label: t("The task ends when this happens"), value: edit.bo.get("cancelActivity") !== false,
      hint: t("Without this tick the task goes on, and what follows here is done besides, such as a reminder."),
      write: (value) => edit.set({ cancelActivity: value }),
    });
  }
  if (is(element, "bpmn:StartEvent") && edit.bo.$parent?.get?.("triggeredByEvent") && !always) {
    return check({
      key: "interrupting", label: t("Everything else ends when this happens"), value: edit.bo.get("isInterrupting") !== false,
      write: (value) => edit.set({ isInterrupting: value }),
    });
  }
  return null;
}

const TIMES = ["timeDuration", "timeDate", "timeCycle"];

/** Writes what a timer waits for: one of its three kinds. */
export function setTimer(edit, definition, name, body) {
  edit.setIn(definition, Object.fromEntries(TIMES.map((one) => [one, one === name ? edit.expression(body, definition) : undefined])));
}

function timer({ edit, element, modeler }, definition) {
  const name = TIMES.find((one) => definition.get(one)) ?? "timeDuration";
  const body = definition.get(name)?.get("body") ?? "";
  const found = readTimer({ timeDuration: "duration", timeDate: "date", timeCycle: "cycle" }[name], body);
  const counted = ["min", "h", "cd", "wd"].includes(found.unit);
  const cycle = name === "timeCycle";
  const kind = cycle ? "cycle" : found.unit === "variable" ? "date" : counted || found.unit === "none" ? "span" : "text";
  const set = (attribute, value) => setTimer(edit, definition, attribute, value);
  const span = (unit, value) => {
    if (unit === "wd") return set("timeDate", writeLimit({ unit, value }));
    return set(cycle ? "timeCycle" : "timeDuration", (cycle ? `R${found.repeat ?? ""}/` : "") + writeSpan({ unit, value }));
  };
  const choose = {
    span: () => set("timeDuration", "P1D"),
    date: () => set("timeDate", firstDate(modeler)),
    cycle: () => set("timeCycle", "R/P1D"),
    text: () => set(name, body || "P1D"),
  };
  const once = is(element, "bpmn:IntermediateCatchEvent") || (is(element, "bpmn:BoundaryEvent") && edit.bo.get("cancelActivity") !== false);
  const kinds = [["span", t("after a while")], ["date", t("at a date of the case")], ["cycle", t("again and again")], ["text", t("By a rule (FEEL)")]];
  const units = [["min", t("minutes")], ["h", t("hours")], ["cd", t("days")], ["wd", t("working days")]];
  const asText = kind === "text" || (cycle && !counted);
  return [
    select({ key: "timer-kind", label: t("When"), value: kind, options: kinds.filter(([one]) => one !== "cycle" || !once || cycle), write: (one) => choose[one]() }),
    counted ? el("div", { class: "prop-pair" },
      text({ key: "timer-value", label: cycle ? t("Every") : t("After so long"), type: "number", min: 1, value: found.value, write: (value) => span(found.unit, value) }),
      select({ key: "timer-unit", label: t("Unit"), value: found.unit, options: cycle ? units.slice(0, 3) : units, write: (unit) => span(unit, found.value) }),
    ) : null,
    kind === "span" && !counted ? button("timer-begin", t("Set a time"), choose.span) : null,
    cycle && counted ? text({ key: "timer-repeat", label: t("How many times"), type: "number", min: 1, value: found.repeat ?? "", hint: t("Empty: without end."), write: (value) => set(name, `R${value.replace(/\D/g, "")}/${writeSpan(found)}`) }) : null,
    kind === "date" ? moment("timer", body, modeler, (value) => set("timeDate", value)) : null,
    asText ? text({
      key: "timer-text", label: t("Rule for the time"), value: body, mono: true, list: suggestions(modeler),
      hint: cycle ? t("Such as R/P3D, or with its beginning R/2026-01-05T08:00:00+08:00/P7D") : name === "timeDate" ? t("A date such as 2026-03-01T08:00:00+08:00, or = and a rule.") : t("A span such as P3D or PT8H, or = and a rule."),
      write: (value) => set(name, asRule(value)),
    }) : null,
  ];
}

const names = (edit, type, more = []) => [...new Set([...edit.roots(type).map((one) => one.get("name")), ...more.map((one) => one.name ?? one)])].filter(Boolean);

function message({ edit, modeler }, holder, throws) {
  const value = holder.get("messageRef")?.get("name") ?? "";
  const list = names(edit, "bpmn:Message", page.known?.messages ?? []).map((name) => ({ value: name }));
  return [
    text({
      key: "message", label: t("Name of the message"), value, list, hint: throws ? t("Whoever waits for a message of this name gets it.") : t("It goes on when a message of this name comes for the case."),
      write: (name) => (name ? edit.refer(holder, "messageRef", "bpmn:Message", { name }) : edit.setIn(holder, { messageRef: undefined })),
    }),
    throws ? null : text({
      key: "correlation", label: t("Which case it is for"), value: edit.properties().correlationKey ?? "", mono: true, list: suggestions(modeler),
      hint: t("Empty: the number of the case. Otherwise = and the value that the message must bring."), write: (key) => edit.setProperties({ correlationKey: key }),
    }),
  ];
}

function signal({ edit }, definition) {
  const [attribute, type] = NAMED["bpmn:SignalEventDefinition"];
  return [
    text({
      key: "signal", label: t("Name of the signal"), value: definition.get(attribute)?.get("name") ?? "", list: names(edit, type, page.known?.signals ?? []).map((name) => ({ value: name })),
      hint: t("Everything that waits for a signal of this name gets it, in all cases."),
      write: (name) => (name ? edit.refer(definition, attribute, type, { name }) : edit.setIn(definition, { [attribute]: undefined })),
    }),
  ];
}

function coded({ edit }, definition, kind, throws) {
  const [attribute, type] = NAMED[definition.$type];
  const field = `${kind}Code`;
  const ref = definition.get(attribute);
  const code = ref?.get(field) ?? ref?.get("name") ?? "";
  const list = edit.roots(type).map((one) => ({ value: one.get(field) ?? one.get("name") ?? "" }));
  const variable = `camunda:${kind}CodeVariable`;
  const write = (value) => {
    if (!value) return edit.setIn(definition, { [attribute]: undefined });
    const known = edit.roots(type).find((one) => (one.get(field) ?? one.get("name")) === value);
    if (known) return edit.setIn(definition, { [attribute]: known });
    return edit.refer(definition, attribute, type, { name: value, [field]: value });
  };
  return [
    text({ key: "code", label: kind === "error" ? t("Code of the error") : t("Code of the escalation"), value: code, list, hint: throws ? t("Whoever catches this code goes on from there.") : t("Empty: every one is caught."), write }),
    throws ? null : text({ key: "code-variable", label: t("Put the code into"), value: definition.get(variable) ?? "", mono: true, write: (value) => edit.setIn(definition, { [variable]: value }) }),
  ];
}

function conditional({ edit }, definition) {
  return [
    area({
      key: "condition-event", label: t("Happens when"), value: definition.get("condition")?.get("body") ?? "", mono: true, rows: 2, hint: t("A condition such as amount > 100"),
      write: (value) => edit.setIn(definition, { condition: edit.expression(value, definition) }),
    }),
  ];
}

function compensation({ edit, element, modeler }, definition) {
  if (is(element, "bpmn:BoundaryEvent")) return [note(t("Draw the step that takes this one back, and lead to it from here."))];
  const steps = modeler.get("elementRegistry").filter((one) => is(one, "bpmn:Activity") && one.type !== "label" && one.businessObject.$parent === edit.bo.$parent);
  const value = definition.get("activityRef")?.id ?? "";
  return [
    select({
      key: "compensate", label: t("Undo the step"), value, options: [["", t("everything that was done")], ...steps.map((one) => [one.id, one.businessObject.name || one.id])],
      write: (id) => edit.setIn(definition, { activityRef: steps.find((one) => one.id === id)?.businessObject }),
    }),
  ];
}
