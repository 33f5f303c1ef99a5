// Puts a user task into a flow and makes room for it, in one step that can be undone.
import { together } from "./edit.js";

const TASK = { width: 100, height: 80 };
const GAP = 50;

/** A straight piece of a flow to put something into: the first, so that it lies in the lane of the step before, or the longest. */
function piece(flow, near) {
  const points = flow.waypoints;
  const pieces = points.slice(1).map((to, at) => [points[at], to]);
  const [from, to] = pieces[0];
  if (near && to.x > from.x && Math.abs(to.y - from.y) < 2) return pieces[0];
  const length = ([one, other]) => Math.abs(other.x - one.x) + Math.abs(other.y - one.y);
  return pieces.sort((a, b) => length(b) - length(a))[0];
}

/**
 * Inserts a user task into a flow; `near`: right behind its source.
 * @returns {object} the new task
 */
export function insertInto(injector, flow, near = false) {
  const [modeling, spaceTool, elementRegistry, elementFactory, selection, directEditing] = [
    "modeling", "spaceTool", "elementRegistry", "elementFactory", "selection", "directEditing",
  ].map((name) => injector.get(name));
  let task;
  together(injector, () => {
    const [from, to] = piece(flow, near);
    const across = Math.abs(to.x - from.x) >= Math.abs(to.y - from.y);
    const axis = across ? "x" : "y";
    const size = across ? TASK.width : TASK.height;
    const room = Math.abs(to[axis] - from[axis]);
    const missing = size + 2 * GAP - room;
    const forward = to[axis] > from[axis];
    const clear = forward && flow.target.parent === flow.source.parent;
    if (missing > 0 && clear) {
      const start = near ? from[axis] + 1 : from[axis] + room / 2;
      const shapes = elementRegistry.filter((one) => one.parent);
      const found = spaceTool.calculateAdjustments(shapes, axis, missing, start);
      const delta = across ? { x: missing, y: 0 } : { x: 0, y: missing };
      spaceTool.makeSpace(found.movingShapes, found.resizingShapes, delta, across ? "e" : "s", start);
    }
    const [begin, end] = piece(flow, near);
    const mid = { x: Math.round((begin.x + end.x) / 2), y: Math.round((begin.y + end.y) / 2) };
    task = modeling.createShape(elementFactory.createShape({ type: "bpmn:UserTask" }), mid, flow);
  });
  selection.select(task);
  injector.get("canvas").scrollToElement(task, { top: 80, bottom: 80, left: 80, right: 80 });
  directEditing.activate(task);
  return task;
}

