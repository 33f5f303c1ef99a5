// A reminder on the border of a task: when time passes, somebody is told, and the task goes on.
import { t, page } from "../studio/page.js";
import { Edit, together } from "./edit.js";
import { occasions } from "./panel-steps.js";

/** Adds a timer, a notification and an end to a task, in one step. */
export function addReminder(modeler, task) {
  const [modeling, factory, bpmnFactory, autoPlace, selection] = ["modeling", "elementFactory", "bpmnFactory", "autoPlace", "selection"].map((name) => modeler.get(name));
  const topics = page.known?.topics ?? [];
  const topic = topics.find((one) => /^case\.notify$/.test(one)) ?? topics.find((one) => /notify|remind/.test(one)) ?? "";
  const occasion = occasions().find((one) => one.includes("到期")) ?? "";
  let timer;
  together(modeler, () => {
    const made = factory.createShape({ type: "bpmn:BoundaryEvent", eventDefinitionType: "bpmn:TimerEventDefinition", cancelActivity: false });
    const at = { x: task.x + task.width - 20, y: task.y + task.height };
    timer = modeling.createShape(made, at, task, { attach: true });
    const edit = new Edit(modeler, timer);
    const definition = timer.businessObject.get("eventDefinitions")[0];
    edit.setIn(definition, { timeDuration: bpmnFactory.create("bpmn:FormalExpression", { body: "P1D" }) });
    modeling.updateLabel(timer, t("One day"));
    const service = autoPlace.append(timer, factory.createShape({ type: "bpmn:ServiceTask" }));
    const about = new Edit(modeler, service);
    about.set({ "camunda:type": "external", "camunda:topic": topic });
    if (occasion) about.setParameters("input", [["event", occasion]]);
    const end = autoPlace.append(service, factory.createShape({ type: "bpmn:EndEvent" }));
    modeler.get("directEditing").cancel(); // appending begins to name the new element; its empty name would come last
    modeling.updateLabel(service, t("Remind"));
    modeling.updateLabel(end, t("Reminded"));
  });
  selection.select(timer);
  return timer;
}
