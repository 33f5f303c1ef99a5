// What kind of element something is, in the words of bpmn-js that our catalogue translates.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { say } from "./words.js";

const NAMES = {
  Process: "Process", Participant: "Process", Collaboration: "Diagram", Lane: "Lane", SequenceFlow: "Sequence flow", MessageFlow: "Message flow",
  TextAnnotation: "Note", Association: "Association", Group: "Group", UserTask: "User task", ManualTask: "Manual task", ServiceTask: "Service task",
  SendTask: "Send task", ReceiveTask: "Receive task", BusinessRuleTask: "Business rule task", ScriptTask: "Script task", Task: "Task",
  CallActivity: "Call activity", SubProcess: "Sub-process", Transaction: "Transaction", AdHocSubProcess: "Ad-hoc sub-process",
  ExclusiveGateway: "Exclusive gateway", ParallelGateway: "Parallel gateway", InclusiveGateway: "Inclusive gateway",
  EventBasedGateway: "Event-based gateway", ComplexGateway: "Complex gateway", StartEvent: "Start event", EndEvent: "End event",
  IntermediateCatchEvent: "Intermediate catch event", IntermediateThrowEvent: "Intermediate throw event", BoundaryEvent: "Boundary event",
  DataObjectReference: "Data object reference", DataStoreReference: "Data store reference",
};
const TRIGGERS = {
  Timer: "Timer", Message: "Message", Signal: "Signal", Error: "Error", Escalation: "Escalation", Conditional: "Conditional", Link: "Link",
  Terminate: "Terminate", Compensate: "Compensation", Cancel: "Cancel",
};
const PLACES = {
  StartEvent: "start event", EndEvent: "end event", IntermediateCatchEvent: "intermediate catch event", IntermediateThrowEvent: "intermediate throw event",
  BoundaryEvent: "boundary event",
};

/** The kind of an element, as the panel's heading. */
export function titleOf(element) {
  const bo = element.businessObject;
  const type = bo.$type.replace(/^bpmn:/, "");
  const trigger = is(bo, "bpmn:Event") && bo.get("eventDefinitions")?.[0]?.$type.replace(/^bpmn:|EventDefinition$/g, "");
  if (trigger && TRIGGERS[trigger]) return say(`${TRIGGERS[trigger]} ${PLACES[type]}`);
  if (type === "SubProcess" && bo.get("triggeredByEvent")) return say("Event sub-process");
  return say(NAMES[type] ?? type);
}
