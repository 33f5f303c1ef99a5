// A reminder on the border of a task: some time before its limit whoever has it is told, and the task goes on.
import CommandInterceptor from "diagram-js/lib/command/CommandInterceptor";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { t, page } from "../studio/page.js";
import { Edit, together } from "./edit.js";
import { readLimit, writeMoment } from "./feel.js";

const TOPIC = "task.remind";
const SIZE = { width: 100, height: 80 };
const WHOLE = { width: 230, height: 105 }; // the service, its end and the end's label
const BELOW = 40;
const MARGIN = 15;

const bottom = (shape) => shape.y + shape.height;
const right = (shape) => shape.x + shape.width;

/** When to remind of a limit: a day before it, or after half of a short one. @returns {[string, string, string]} kind of timer, its text, its label */
export function reminderTime(dueDate) {
  const { unit, value } = readLimit(dueDate);
  const number = Number(value);
  const label = t("Before the limit");
  const after = (minutes) => ["timeDuration", minutes % 60 ? `PT${Math.max(1, Math.floor(minutes))}M` : `PT${minutes / 60}H`, label];
  if (unit === "min") return after(Math.floor(number / 2));
  if (unit === "h") return after(number * 30);
  if (unit === "cd") return number > 1 ? ["timeDuration", `P${number - 1}D`, label] : after(12 * 60);
  if (unit === "wd" || unit === "eod") {
    if (number > 1) return ["timeDate", `=add working days(now(), ${number - 1})`, label];
    return after((unit === "eod" && number < 1 ? 2 : 4) * 60);
  }
  if (unit === "variable" && /^=\s*[\p{L}_][\p{L}\p{N}_]*$/u.test(value)) {
    const name = value.replace(/^=\s*/, ""); // a date that the case has not yet would stop it
    return ["timeDate", `=if ${name} = null then now() + duration("P1D") else ${writeMoment({ name, way: "before", span: { unit: "cd", value: "1" } }).slice(1)}`, label];
  }
  return ["timeDuration", "P1D", t("One day")];
}

const laneOf = (injector, shape) => {
  const middle = { x: shape.x + shape.width / 2, y: shape.y + shape.height / 2 };
  const holds = (one) => one.x <= middle.x && middle.x <= right(one) && one.y <= middle.y && middle.y <= bottom(one);
  return injector.get("elementRegistry").filter((one) => is(one, "bpmn:Lane") && one.parent && holds(one)).sort((a, b) => a.height - b.height)[0];
};

/** Lets a lane reach down to `least`; what lies below it moves on. */
function grow(injector, lane, least) {
  const by = Math.ceil(least - bottom(lane));
  if (by <= 0) return;
  const spaceTool = injector.get("spaceTool");
  const start = bottom(lane) - 1;
  const found = spaceTool.calculateAdjustments(injector.get("elementRegistry").filter((one) => one.parent), "y", by, start);
  spaceTool.makeSpace(found.movingShapes, found.resizingShapes, { x: 0, y: by }, "s", start);
}

/** A free place below a task within its lane, which is made larger where it has none. */
function placeBelow(injector, task) {
  const lane = laneOf(injector, task);
  const place = { x: task.x + task.width, y: bottom(task) + BELOW };
  const apart = (one) => one.x >= place.x + WHOLE.width || right(one) <= place.x || one.y >= place.y + WHOLE.height || bottom(one) <= place.y;
  const here = (one) => !one.waypoints && one.type !== "label" && is(one, "bpmn:FlowNode") && one.parent === task.parent && (!lane || (one.y < bottom(lane) && bottom(one) > lane.y));
  const others = injector.get("elementRegistry").filter((one) => one.parent && here(one));
  for (let inTheWay = others.filter((one) => !apart(one)); inTheWay.length; inTheWay = others.filter((one) => !apart(one))) {
    place.y = Math.max(...inTheWay.map(bottom)) + MARGIN;
  }
  if (lane) grow(injector, lane, place.y + WHOLE.height + MARGIN);
  return place;
}

/** Adds a timer, a notification and an end to a task, in one step. */
export function addReminder(modeler, task) {
  const [modeling, factory, bpmnFactory, selection] = ["modeling", "elementFactory", "bpmnFactory", "selection"].map((name) => modeler.get(name));
  const topics = page.known?.topics ?? [];
  const topic = topics.includes(TOPIC) ? TOPIC : (topics.find((one) => /remind|notify/.test(one)) ?? "");
  const [kind, body, label] = reminderTime(new Edit(modeler, task).get("camunda:dueDate"));
  let timer;
  together(modeler, () => {
    const place = placeBelow(modeler, task);
    const made = factory.createShape({ type: "bpmn:BoundaryEvent", eventDefinitionType: "bpmn:TimerEventDefinition", cancelActivity: false });
    timer = modeling.createShape(made, { x: task.x + task.width - 20, y: bottom(task) }, task, { attach: true });
    const definition = timer.businessObject.get("eventDefinitions")[0];
    new Edit(modeler, timer).setIn(definition, { [kind]: bpmnFactory.create("bpmn:FormalExpression", { body }) });
    modeling.updateLabel(timer, label);
    const centre = { x: place.x + SIZE.width / 2, y: place.y + SIZE.height / 2 };
    const service = modeling.appendShape(timer, factory.createShape({ type: "bpmn:ServiceTask" }), centre, task.parent);
    new Edit(modeler, service).set({ "camunda:type": "external", "camunda:topic": topic });
    const end = modeling.appendShape(service, factory.createShape({ type: "bpmn:EndEvent" }), { x: centre.x + 130, y: centre.y }, task.parent);
    modeler.get("directEditing").cancel(); // appending begins to name the new element; its empty name would come last
    modeling.updateLabel(service, t("Remind"));
    modeling.updateLabel(end, t("Reminded"));
  });
  selection.select(timer);
  return timer;
}

/** The steps of the reminders on a task's border: what only they lead to. */
function remindersOf(task) {
  const timers = (task.attachers ?? []).filter((one) => one.outgoing.length === 1 && one.businessObject.cancelActivity === false);
  return timers.flatMap((timer) => {
    const service = timer.outgoing[0].target;
    if (service.businessObject.get("camunda:topic") !== TOPIC || service.incoming.length !== 1) return [];
    return [service, ...service.outgoing.map((flow) => flow.target).filter((one) => is(one, "bpmn:EndEvent") && one.incoming.length === 1)];
  });
}

/** A reminder goes with its task, and its lane makes room for it. */
class Along extends CommandInterceptor {
  constructor(eventBus, injector) {
    super(eventBus);
    this.preExecute("elements.move", 2000, (context) => {
      const more = context.shapes.flatMap(remindersOf).filter((one) => !context.shapes.includes(one));
      context.reminded = more.length ? context.shapes.filter((one) => remindersOf(one).length) : [];
      context.shapes = [...context.shapes, ...more];
    }, true);
    this.postExecuted("elements.move", 50, ({ reminded }) => {
      for (const task of reminded ?? []) {
        const lane = laneOf(injector, task);
        if (lane) grow(injector, lane, Math.max(...remindersOf(task).map((one) => bottom(one))) + MARGIN);
      }
    }, true);
  }
}
Along.$inject = ["eventBus", "injector"];
export default { __init__: ["keyturnReminder"], keyturnReminder: ["type", Along] };
