// Only what the engine runs can be drawn: the server says which elements those are (page.known.elements).
import { PopupEntries } from "bpmn-js/lib/features/popup-menu";
import { isEventSubProcess } from "bpmn-js/lib/util/DiUtil";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { page, t } from "../studio/page.js";
import { insertInto } from "./insert.js";

const MENUS = ["bpmn-replace", "bpmn-create", "bpmn-append"];
const DRAWN = new Set(["dataObjectReference", "dataStoreReference"]); // shown when a file has them, never offered
const HIDDEN = new Set(["toggle-adhoc", "toggle-participant-multiplicity", "toggle-is-collection"]);
const EVENTS = { compensate: "compensation" };
/** Menu entries by the part of their id after `replace-with-`, `create-` or `append-`, where it is not the catalogue's. */
const OTHER_NAMES = {
  "none-start": "none-start-event", "none-end": "none-end-event", "none-intermediate-throw": "none-intermediate-throwing",
  subprocess: "expanded-subprocess", "ad-hoc-subprocess": "expanded-ad-hoc-subprocess",
};

/** What the engine runs: "userTask", "boundaryEvent timer", …; null when the server says nothing. */
function running() {
  const elements = page.known?.elements;
  return elements ? new Set(elements.map((one) => `${one.type} ${one.event}`.trim())) : null;
}

const low = (type) => type.replace(/^bpmn:/, "").replace(/^./, (letter) => letter.toLowerCase());

/** Whether the engine runs an element that a menu offers. @param {{type: string, eventDefinitionType?: string}} target */
export function runs(target, known = running()) {
  const type = low(target.type);
  if (DRAWN.has(type) || type === "task") return false; // a task without a type does nothing
  const event = target.eventDefinitionType ? low(target.eventDefinitionType).replace(/EventDefinition$/, "") : "";
  const name = `${type} ${EVENTS[event] ?? event}`.trim();
  const judged = /Task$|Event$|Gateway$|Activity$|SubProcess$|^transaction$/i.test(type);
  return !known || !judged || known.has(name);
}

/** Whether a start event may stand where it is: at the top of a process only some triggers start anything. */
function startsHere(target, element) {
  const parent = element?.businessObject?.$parent;
  if (target.type !== "bpmn:StartEvent" || !target.eventDefinitionType || isEventSubProcess(parent)) return true;
  const event = low(target.eventDefinitionType).replace(/EventDefinition$/, "");
  return !page.known?.topStarts || page.known.topStarts.includes(event);
}

class Allowed {
  constructor(popupMenu, palette, contextPad, elementFactory, autoPlace, create, injector) {
    Object.assign(this, { elementFactory, autoPlace, create, injector });
    for (const menu of MENUS) popupMenu.registerProvider(menu, 100, this);
    palette.registerProvider(100, this);
    contextPad.registerProvider(100, this);
    // Colours and menus still ask for the pad in a way that the library warns of at each click.
    contextPad.getPad = () => ({ html: contextPad._current?.html });
  }

  getPopupMenuEntries(element) {
    const known = running();
    return (entries) =>
      Object.fromEntries(
        Object.entries(entries).filter(([id]) => {
          const name = id.replace(/^(replace-with|create|append)-/, "");
          const target = (PopupEntries[name] ?? PopupEntries[OTHER_NAMES[name]])?.target;
          if (!target) return !/ad-hoc|complex|data-/.test(id);
          return runs(target, known) && startsHere(target, id.startsWith("replace") ? element : null);
        }),
      );
  }

  getPopupMenuHeaderEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => !HIDDEN.has(id)));
  }

  getPaletteEntries() {
    return (entries) => {
      for (const name of ["create.data-object", "create.data-store", "create.intermediate-event"]) delete entries[name];
      const start = (event) => this.create.start(event, this.elementFactory.createShape({ type: "bpmn:UserTask" }));
      entries["create.task"] = {
        ...entries["create.task"],
        className: "bpmn-icon-user-task",
        title: t("User task"),
        action: { dragstart: start, click: start },
      };
      return entries;
    };
  }

  getContextPadEntries(element) {
    return (entries) => {
      const compensates = "append.compensation-activity" in entries;
      for (const name of ["append.append-task", "append.compensation-activity"]) {
        if (name in entries) entries[name] = this.#userTask(entries[name], compensates ? { isForCompensation: true } : {});
      }
      delete entries["append.intermediate-event"];
      if (is(element, "bpmn:SequenceFlow")) {
        entries["insert.user-task"] = {
          group: "model",
          className: "bpmn-icon-user-task",
          title: t("Insert a user task here"),
          action: { click: () => insertInto(this.injector, element) },
        };
      }
      return entries;
    };
  }

  /** Appends a user task; where one flow leaves already, the task goes into that flow. */
  #userTask(entry, more) {
    const shape = () => this.elementFactory.createShape({ type: "bpmn:UserTask", ...more });
    return {
      ...entry,
      className: "bpmn-icon-user-task",
      title: more.isForCompensation ? t("Append compensation activity") : t("Append user task"),
      action: {
        dragstart: (event, element) => this.create.start(event, shape(), { source: element }),
        click: (_event, element) => {
          const flows = element.outgoing.filter((one) => is(one, "bpmn:SequenceFlow"));
          const chooses = is(element, "bpmn:Gateway") || more.isForCompensation;
          if (flows.length === 1 && !chooses) insertInto(this.injector, flows[0], true);
          else this.autoPlace.append(element, shape());
        },
      },
    };
  }
}

Allowed.$inject = ["popupMenu", "palette", "contextPad", "elementFactory", "autoPlace", "create", "injector"];

export default { __init__: ["keyturnAllowed"], keyturnAllowed: ["type", Allowed] };
