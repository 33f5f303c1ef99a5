// The panel beside the diagram: what can be set of the selected element, in plain words, each change one step to undo.
import { isLabel } from "bpmn-js/lib/util/LabelUtil";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { t } from "../studio/page.js";
import { Edit } from "./edit.js";
import { button, el, note, typing } from "./fields.js";
import { event } from "./panel-events.js";
import { flow } from "./panel-flow.js";
import { general, more } from "./panel-general.js";
import { step } from "./panel-steps.js";
import { task } from "./panel-task.js";
import { titleOf } from "./titles.js";

const GROUPS = [general, task, flow, step, event, more];
const shut = new Map(); // which groups the reader has opened or shut, by key

/** The element the panel speaks of: the selected one; with none, the only process of the diagram. */
function subject(modeler) {
  const selected = modeler.get("selection").get();
  if (selected.length > 1) return null;
  let element = selected[0] ?? modeler.get("canvas").getRootElement();
  if (element && isLabel(element)) element = element.labelTarget;
  if (element && is(element, "bpmn:Collaboration")) {
    const pools = modeler.get("elementRegistry").filter((one) => is(one, "bpmn:Participant") && one.businessObject.get("processRef"));
    if (pools.length === 1) element = pools[0];
  }
  return element;
}

/**
 * Shows the panel in `host` and keeps it up to date.
 * @param {any} modeler
 * @param {HTMLElement} host
 * @param {{selected: (id: string, type: string) => void, findings: (element: any) => any[], repair: (finding: any) => void, draft: () => any,
 *   editable: () => boolean}} outside
 */
export function mountPanel(modeler, host, outside) {
  const state = { asText: "", another: "" };
  let last = null;
  let message = "";

  function draw(words = "") {
    const element = subject(modeler);
    const changed = element !== last;
    message = typeof words === "string" ? words : "";
    if (changed) {
      last = element;
      state.asText = "";
      state.another = "";
      if (element) outside.selected(element.id, typeName(element));
    }
    const focused = host.contains(document.activeElement) ? document.activeElement : null;
    const range = focused && "selectionStart" in focused ? safeRange(focused) : null;
    const scrolled = host.scrollTop;
    host.replaceChildren(...content(element));
    if (!outside.editable()) for (const control of host.querySelectorAll("input, select, textarea, .btn")) control.disabled = true;
    host.scrollTop = changed ? 0 : scrolled;
    const again = focused?.id ? document.getElementById(focused.id) : null;
    if (again && host.contains(again)) {
      again.focus({ preventScroll: true });
      if (range && again.setSelectionRange && again.type !== "number") again.setSelectionRange(...range);
    }
  }

  function content(element) {
    if (!element) return [note(t("Several elements are selected. Align, colour, copy or delete them together."))];
    const edit = new Edit(modeler, element);
    const context = { edit, element, modeler, state, redraw: draw, draft: outside.draft() };
    const groups = GROUPS.flatMap((make) => make(context)).filter(Boolean);
    for (const group of groups) {
      const key = group.dataset.group;
      if (shut.has(key)) group.open = shut.get(key);
      group.addEventListener("toggle", () => shut.set(key, group.open));
    }
    return [
      el("h2", { class: "prop-title" }, titleOf(element)),
      message ? el("p", { class: "prop-note problem", role: "alert" }, message) : null,
      findings(element),
      ...groups,
    ].filter(Boolean);
  }

  function findings(element) {
    const found = outside.findings(element);
    if (!found.length) return null;
    return el("ul", { class: "prop-findings" }, found.map((one, at) => el("li", { class: `finding-${one.severity}` },
      one.message,
      one.repair ? button(`repair-${at}`, one.repairLabel || t("Repair"), () => outside.repair(one)) : null,
    )));
  }

  const bus = modeler.get("eventBus");
  let waiting = 0;
  const soon = () => {
    if (typing.now) return;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => draw());
  };
  bus.on(["selection.changed", "import.done", "commandStack.changed", "root.set"], soon);
  return { draw: soon };
}

function safeRange(control) {
  try {
    return control.selectionStart === null ? null : [control.selectionStart, control.selectionEnd];
  } catch {
    return null; // a number has no range
  }
}

/** The name under which the reference knows an element: userTask, boundaryEvent-timer. */
export function typeName(element) {
  const bo = element.businessObject;
  const type = (is(element, "bpmn:Participant") ? "process" : bo.$type.replace(/^bpmn:/, "").replace(/^./, (one) => one.toLowerCase()));
  const definition = is(bo, "bpmn:Event") ? bo.get("eventDefinitions")?.[0]?.$type : "";
  const kind = (definition ?? "").replace(/^bpmn:|EventDefinition$/g, "").toLowerCase();
  return kind ? `${type}-${kind === "compensate" ? "compensation" : kind}` : type;
}

