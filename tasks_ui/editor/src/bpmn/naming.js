// Readable ids: `Task_kova`, `Flow_T15_Task_kova`. An id is drawn by lot, not counted: a number given anew after a deletion would
// let a case that waits at the old step wait at the new one.
import CommandInterceptor from "diagram-js/lib/command/CommandInterceptor";
import { is } from "bpmn-js/lib/util/ModelUtil";

const KINDS = [
  ["bpmn:UserTask", "Task"], ["bpmn:CallActivity", "Call"], ["bpmn:SubProcess", "Part"], ["bpmn:ServiceTask", "Service"],
  ["bpmn:BusinessRuleTask", "Rule"], ["bpmn:Activity", "Task"], ["bpmn:StartEvent", "Start"], ["bpmn:EndEvent", "End"],
  ["bpmn:BoundaryEvent", "Border"], ["bpmn:Event", "Event"], ["bpmn:Gateway", "Gateway"], ["bpmn:SequenceFlow", "Flow"],
  ["bpmn:MessageFlow", "Flow"], ["bpmn:Participant", "Pool"], ["bpmn:Lane", "Lane"], ["bpmn:LaneSet", "Lanes"],
  ["bpmn:Message", "Message"], ["bpmn:Signal", "Signal"], ["bpmn:Error", "Error"], ["bpmn:Escalation", "Escalation"],
  ["bpmn:Process", "process"], ["bpmn:TextAnnotation", "Note"], ["bpmn:Association", "Link"], ["bpmn:Group", "Group"],
];
const CONSONANTS = "bdfgklmnprstvz";
const VOWELS = "aeiou";

function syllables(count) {
  const lots = crypto.getRandomValues(new Uint8Array(2 * count));
  let text = "";
  for (let at = 0; at < lots.length; at += 2) text += CONSONANTS[lots[at] % CONSONANTS.length] + VOWELS[lots[at + 1] % VOWELS.length];
  return text;
}

class Naming extends CommandInterceptor {
  constructor(eventBus, bpmnFactory, moddle, elementRegistry) {
    super(eventBus);
    const usual = bpmnFactory._ensureId.bind(bpmnFactory);
    bpmnFactory._ensureId = (element) => {
      const kind = !element.id && bpmnFactory._needsId(element) && KINDS.find(([type]) => is(element, type))?.[1];
      if (kind) element.id = this.free(moddle, kind);
      usual(element);
    };
    // A flow is named when it is known from where to where it leads.
    this.preExecute("connection.create", ({ connection, source, target }) => {
      const flow = connection.businessObject;
      if (!is(flow, "bpmn:SequenceFlow") || elementRegistry.get(connection.id) || !/^Flow_[a-z]{4,6}$/.test(flow.id)) return;
      const name = `Flow_${source.id}_${target.id}`;
      let id = name;
      for (let count = 2; moddle.ids.assigned(id); count += 1) id = `${name}_${count}`;
      moddle.ids.unclaim(flow.id);
      moddle.ids.claim(id, flow);
      flow.id = id;
      connection.id = id;
      if (connection.di) connection.di.id = `${id}_di`;
    }, true);
    // What is drawn runs: a new pool's process too.
    this.preExecute("shape.create", ({ shape }) => {
      const process = is(shape, "bpmn:Participant") && shape.businessObject.processRef;
      if (process && process.isExecutable === undefined) process.isExecutable = true;
    }, true);
  }

  free(moddle, kind) {
    for (let tries = 0; ; tries += 1) {
      const id = `${kind}_${syllables(tries < 20 ? 2 : 3)}`;
      if (!moddle.ids.assigned(id)) return id;
    }
  }
}
Naming.$inject = ["eventBus", "bpmnFactory", "moddle", "elementRegistry"];

export default { __init__: ["keyturnNaming"], keyturnNaming: ["type", Naming] };
