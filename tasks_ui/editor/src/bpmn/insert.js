// Puts a user task into a flow and makes room for it, in one step that can be undone.
import CommandInterceptor from "diagram-js/lib/command/CommandInterceptor";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { together } from "./edit.js";

const TASK = { width: 100, height: 80 };
const GAP = 50;
const MARGIN = 12;

const right = (shape) => shape.x + shape.width;
const bottom = (shape) => shape.y + shape.height;
const middle = (shape) => ({ x: shape.x + shape.width / 2, y: shape.y + shape.height / 2 });
/** Whether one shape stands behind another in a row. */
const inRow = (before, after) => after.x >= right(before) && Math.abs(middle(before).y - middle(after).y) < 40;

function shift(injector, axis, by, start) {
  const spaceTool = injector.get("spaceTool");
  const found = spaceTool.calculateAdjustments(injector.get("elementRegistry").filter((one) => one.parent), axis, by, start);
  spaceTool.makeSpace(found.movingShapes, found.resizingShapes, axis === "x" ? { x: by, y: 0 } : { x: 0, y: by }, axis === "x" ? "e" : "s", start);
}

/** What is dropped onto a flow between two neighbours in a row gets room between them. */
class Room extends CommandInterceptor {
  constructor(eventBus, modeling, injector) {
    super(eventBus);
    const settle = (shape) => {
      const [before, after] = [shape.incoming[0]?.source, shape.outgoing[0]?.target];
      if (shape.incoming.length !== 1 || shape.outgoing.length !== 1 || !inRow(before, after)) return;
      const missing = shape.width + 2 * GAP - (after.x - right(before));
      if (missing > 0) shift(injector, "x", missing, right(before));
      const place = { x: (right(before) + after.x) / 2, y: middle(before).y };
      const by = { x: Math.round(place.x - middle(shape).x), y: Math.round(place.y - middle(shape).y) };
      if (by.x || by.y) modeling.moveShape(shape, by);
      for (const flow of [shape.incoming[0], shape.outgoing[0]]) {
        const [from, to] = [middle(flow.source), middle(flow.target)];
        if (Math.abs(from.y - to.y) > 1) modeling.layoutConnection(flow);
        else modeling.updateWaypoints(flow, [{ x: right(flow.source), y: from.y }, { x: flow.target.x, y: from.y }]);
      }
    };
    this.postExecuted("shape.create", 100, ({ shape, targetFlow }) => targetFlow && settle(shape), true);
    this.postExecuted("elements.move", 100, ({ shapes, targetFlow }) => targetFlow && settle(shapes[0]), true);
  }
}
Room.$inject = ["eventBus", "modeling", "injector"];
export default { __init__: ["keyturnRoom"], keyturnRoom: ["type", Room] };

const pieces = (flow) => flow.waypoints.slice(1).map((to, at) => [flow.waypoints[at], to]);
const length = ([one, other]) => Math.abs(other.x - one.x) + Math.abs(other.y - one.y);

/** A place on a flow where a task covers nothing and lies in one lane; null when there is none. */
function freePlace(injector, flow) {
  const others = injector.get("elementRegistry").filter((one) => !one.waypoints && one.parent && one.type !== "label");
  const holds = (one) => is(one, "bpmn:Participant") || is(one, "bpmn:Lane") || one === flow.parent;
  const lanes = others.filter((one) => is(one, "bpmn:Lane"));
  const free = ({ x, y }) => {
    const box = { x: x - TASK.width / 2 - MARGIN, y: y - TASK.height / 2 - MARGIN, width: TASK.width + 2 * MARGIN, height: TASK.height + 2 * MARGIN };
    const apart = (one) => one.x >= right(box) || right(one) <= box.x || one.y >= bottom(box) || bottom(one) <= box.y;
    const around = (one) => one.x <= box.x && right(one) >= right(box) && one.y <= box.y && bottom(one) >= bottom(box);
    return others.every((one) => (holds(one) ? apart(one) || around(one) || is(one, "bpmn:Lane") : apart(one))) && (!lanes.length || lanes.some(around));
  };
  const places = pieces(flow).sort((a, b) => length(b) - length(a)).flatMap(([from, to]) =>
    [0.5, 0.35, 0.65, 0.2, 0.8].map((part) => ({ x: Math.round(from.x + (to.x - from.x) * part), y: Math.round(from.y + (to.y - from.y) * part) })));
  return places.find(free) ?? null;
}

/** A place on a flow that has been given room: right behind its source when it leaves to the right, else on its longest piece. */
function roomyPlace(injector, flow, near) {
  const behind = ([from, to]) => near && to.x > from.x && Math.abs(to.y - from.y) < 2;
  const choose = () => (behind(pieces(flow)[0]) ? pieces(flow)[0] : pieces(flow).sort((a, b) => length(b) - length(a))[0]);
  const [from, to] = choose();
  const axis = Math.abs(to.x - from.x) >= Math.abs(to.y - from.y) ? "x" : "y";
  const missing = (axis === "x" ? TASK.width : TASK.height) + 2 * GAP - length([from, to]);
  if (missing > 0 && to[axis] > from[axis] && flow.target.parent === flow.source.parent) {
    shift(injector, axis, missing, behind([from, to]) ? from[axis] + 1 : (from[axis] + to[axis]) / 2);
  }
  const [begin, end] = choose();
  return { x: Math.round((begin.x + end.x) / 2), y: Math.round((begin.y + end.y) / 2) };
}

/**
 * Inserts a user task into a flow; `near`: right behind its source.
 * @returns {object} the new task
 */
export function insertInto(injector, flow, near = false) {
  const shape = injector.get("elementFactory").createShape({ type: "bpmn:UserTask" });
  let task;
  together(injector, () => {
    const row = inRow(flow.source, flow.target) && flow.waypoints.length === 2;
    const [from, to] = flow.waypoints;
    const place = row ? { x: Math.round((from.x + to.x) / 2), y: from.y } : ((near ? null : freePlace(injector, flow)) ?? roomyPlace(injector, flow, near));
    task = injector.get("modeling").createShape(shape, place, flow);
  });
  injector.get("selection").select(task);
  injector.get("canvas").scrollToElement(task, { top: 80, bottom: 80, left: 80, right: 80 });
  injector.get("directEditing").activate(task);
  return task;
}
