// The editor of diagrams.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn.css";
import "bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css";
import "diagram-js-minimap/assets/diagram-js-minimap.css";
import "bpmn-js-color-picker/colors/color-picker.css";
import "./bpmn.css";
import { is } from "bpmn-js/lib/util/ModelUtil";
import * as feel from "./feel.js";
import { Findings, showOthers } from "./findings.js";
import { makeModeler, textOf } from "./modeler.js";
import { mountPanel } from "./panel.js";
import { fit, mountTools } from "./view.js";
import { missing } from "./words.js";
import { openDraft } from "../studio/draft.js";
import { page } from "../studio/page.js";

const TYPING = 3000; // milliseconds
const READABLE = 0.7; // smaller than this the names of steps cannot be read
const place = document.querySelector("#canvas");
const panel = document.querySelector("#panel");

/** Shows a source; the view stays where it was unless it is the first. */
async function show(source) {
  const canvas = modeler.get("canvas");
  const before = shown ? canvas.viewbox() : null;
  const selected = shown ? modeler.get("selection").get().map((one) => one.id) : [];
  await modeler.importXML(source);
  if (before) canvas.viewbox({ x: before.x, y: before.y, width: before.width, height: before.height });
  else fit(canvas, READABLE, modeler.get("elementRegistry").find((one) => is(one, "bpmn:StartEvent")));
  const registry = modeler.get("elementRegistry");
  modeler.get("selection").select(selected.map((id) => registry.get(id)).filter(Boolean));
  shown = true;
}

/** Takes over a source. What the reader asked for, a repair, can be undone; another's change cannot. */
async function write(source, { undoable = false } = {}) {
  const past = shown && undoable ? await textOf(modeler) : "";
  await show(source);
  earlier = past ? [...earlier, past] : [];
  later = [];
}

/** Undoes or redoes the last step; before the first of them lies the state before a repair. */
async function step(back) {
  if (playing) return;
  if (back ? stack.canUndo() : stack.canRedo()) {
    if (back) stack.undo();
    else stack.redo();
    return;
  }
  const [from, to] = back ? [earlier, later] : [later, earlier];
  if (!from.length) return;
  to.push(await textOf(modeler));
  await show(from.pop());
  draft.changed();
}

/** Selects an element and moves it into view; a process is selected by its pool. */
function select(id) {
  const [registry, canvas] = [modeler.get("elementRegistry"), modeler.get("canvas")];
  const element = registry.get(id) ?? registry.find((one) => one.businessObject?.processRef?.id === id);
  if (!element?.parent) {
    modeler.get("selection").select([]);
    return;
  }
  const root = canvas.findRoot(element);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  canvas.scrollToElement(element, { top: 120, bottom: 120, left: 160, right: 160 });
  modeler.get("selection").select(element);
}

let shown = false;
/** Whole texts before and after repairs, which no command of the modeler makes. @type {string[]} */
let earlier = [];
/** @type {string[]} */
let later = [];
const editable = page.change?.editable !== false;
const modeler = makeModeler(place, editable);
const findings = new Findings(modeler);
const stack = modeler.get("commandStack");
let dragging = false;
let typed = -TYPING; // when somebody typed into the panel last
let playing = false; // a diagram that is played through does not change
let draft = null;
const side = mountPanel(modeler, panel, {
  selected: (id, type) => draft?.selected(id, type),
  findings: (element) => [element.id, element.businessObject.processRef?.id].filter(Boolean).flatMap((id) => findings.of(id)),
  repair: (one) => draft?.repair([one.repair]),
  draft: () => draft,
  editable: () => editable && !playing,
});
draft = await openDraft({
  read: () => textOf(modeler),
  write,
  select,
  undo: () => step(true),
  redo: () => step(false),
  can: () => ({ undo: stack.canUndo() || earlier.length > 0, redo: stack.canRedo() || later.length > 0 }),
  nameOf: (id) => modeler.get("elementRegistry").get(id)?.businessObject?.name || "",
  busy: () => dragging || playing || performance.now() - typed < TYPING || modeler.get("directEditing").isActive(),
  found(list) {
    findings.show(list);
    side.draw();
  },
  present: (others) => showOthers(modeler, others),
});
await write(draft.source);
panel.addEventListener("input", () => { typed = performance.now(); });
const actions = modeler.get("editorActions");
for (const [name, back] of [["undo", true], ["redo", false]]) {
  actions.unregister(name);
  actions.register(name, () => step(back));
}
mountTools(modeler, document.querySelector("#main"));
modeler.get("eventBus").on("drag.start", () => { dragging = true; });
modeler.get("eventBus").on("drag.cleanup", () => { dragging = false; });
modeler.get("eventBus").on("tokenSimulation.toggleMode", ({ active }) => {
  playing = active;
  side.draw();
});
modeler.get("eventBus").on("commandStack.changed", ({ trigger }) => {
  if (trigger === "execute") later = [];
  if (trigger !== "clear") draft.changed();
});
// For tests and for whoever looks with the tools of a browser.
Object.assign(place, { modeler, missing, feel });
document.documentElement.dataset.editor = "ready";
