// What a condition or an expression may speak of: the fields of the forms used here, what tables answer, what steps set.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { page } from "../studio/page.js";

/**
 * @typedef {{name: string, label: string, type?: string, options?: {value: string, label: string}[]}} Variable
 */

const TYPES = { number: "number", checkbox: "boolean", checklist: "list", taglist: "list" };

function* ofElement(bo) {
  const known = page.known ?? {};
  const form = bo.get("camunda:formRef") ?? bo.get("camunda:formKey");
  for (const field of known.forms?.find((one) => one.key === form)?.fields ?? []) {
    yield { name: field.key, label: field.label, type: TYPES[field.type] ?? "text", options: field.options };
  }
  const decision = is(bo, "bpmn:BusinessRuleTask") && known.decisions?.find((one) => one.id === bo.get("camunda:decisionRef"));
  if (decision) {
    const result = bo.get("camunda:resultVariable");
    if (result) yield { name: result, label: decision.name };
    for (const output of decision.outputs ?? []) {
      const type = TYPES[output.type] ?? (output.type === "boolean" ? "boolean" : undefined);
      yield { name: result ? `${result}.${output.name}` : output.name, label: output.label, type };
    }
  }
  for (const one of bo.get("extensionElements")?.get("values") ?? []) {
    if (is(one, "camunda:Out") && one.get("target")) yield { name: one.get("target"), label: "" };
    if (is(one, "camunda:InputOutput")) for (const made of one.get("outputParameters") ?? []) yield { name: made.get("name"), label: "" };
  }
  const loop = bo.get("loopCharacteristics");
  if (loop?.get?.("camunda:elementVariable")) yield { name: loop.get("camunda:elementVariable"), label: "" };
}

/** Lists the variables of a diagram, each once, those with a label first. @returns {Variable[]} */
export function variables(modeler) {
  const found = new Map();
  for (const name of page.known?.variables ?? []) found.set(name.name ?? name, { name: name.name ?? name, label: name.label ?? "" });
  modeler.get("elementRegistry").forEach((element) => {
    const bo = element.businessObject;
    if (element.type === "label" || !is(bo, "bpmn:FlowNode")) return;
    for (const one of ofElement(bo)) {
      const before = found.get(one.name);
      if (!before || (!before.label && one.label)) found.set(one.name, one);
    }
  });
  return [...found.values()].sort((a, b) => Number(!a.label) - Number(!b.label) || a.name.localeCompare(b.name));
}

/** The same as suggestions of a text field. */
export function suggestions(modeler, before = "=") {
  return variables(modeler).map((one) => ({ value: before + one.name, label: one.label || one.name }));
}
