// Changes to a diagram, each of which one undo takes back.
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";

class Several {
  preExecute(context) {
    context.run();
  }
}

class Registered {
  constructor(commandStack) {
    commandStack.registerHandler("keyturn.several", Several);
  }
}
Registered.$inject = ["commandStack"];
export default { __init__: ["keyturnSeveral"], keyturnSeveral: ["type", Registered] };

/** Runs several changes as one step. @param {{get: (name: string) => any}} injector @param {() => void} run */
export function together(injector, run) {
  injector.get("commandStack").execute("keyturn.several", { run });
}

/** Reads and writes one element for the panel. */
export class Edit {
  constructor(modeler, element) {
    this.modeler = modeler;
    this.element = element;
    this.bo = getBusinessObject(element);
    this.modeling = modeler.get("modeling");
    this.factory = modeler.get("bpmnFactory");
  }

  is(type) {
    return is(this.bo, type);
  }

  together(run) {
    together(this.modeler, run);
  }

  create(type, values, parent) {
    const made = this.factory.create(type, values);
    if (parent) made.$parent = parent;
    return made;
  }

  get(name) {
    return this.bo.get(name) ?? "";
  }

  /** Sets attributes; "" removes one. */
  set(values) {
    this.modeling.updateProperties(this.element, clean(values));
  }

  /** Sets attributes of a part of the element (an event definition, a loop marker). */
  setIn(part, values) {
    this.modeling.updateModdleProperties(this.element, part, clean(values));
  }

  /** An expression of BPMN with a text, or undefined for "". */
  expression(body, parent) {
    return body ? this.create("bpmn:FormalExpression", { body }, parent) : undefined;
  }

  // Extension elements

  extensions(type, holder = this.bo) {
    return (holder.get("extensionElements")?.get("values") ?? []).filter((one) => is(one, type));
  }

  /** Replaces all extension elements of a type by others. */
  setExtensions(type, made, holder = this.bo) {
    const present = holder.get("extensionElements");
    const values = present?.get("values") ?? [];
    const at = values.findIndex((one) => is(one, type));
    const others = values.filter((one) => !is(one, type));
    others.splice(at < 0 ? others.length : Math.min(at, others.length), 0, ...made);
    if (!others.length) {
      this.setIn(holder, { extensionElements: undefined });
    } else if (present) {
      for (const one of made) one.$parent = present;
      this.setIn(present, { values: others });
    } else {
      const fresh = this.create("bpmn:ExtensionElements", { values: others }, holder);
      for (const one of made) one.$parent = fresh;
      this.setIn(holder, { extensionElements: fresh });
    }
  }

  properties() {
    const found = this.extensions("camunda:Properties").flatMap((one) => one.get("values") ?? []);
    return Object.fromEntries(found.map((one) => [one.get("name"), one.get("value") ?? ""]));
  }

  /** Sets properties (`camunda:property`); "" removes one. */
  setProperties(values) {
    const after = { ...this.properties(), ...values };
    const rows = Object.entries(after).filter(([, value]) => value !== "" && value !== undefined);
    const holder = this.create("camunda:Properties", {});
    holder.values = rows.map(([name, value]) => this.create("camunda:Property", { name, value }, holder));
    this.setExtensions("camunda:Properties", rows.length ? [holder] : []);
  }

  parameters(kind) {
    const name = kind === "input" ? "inputParameters" : "outputParameters";
    return this.extensions("camunda:InputOutput").flatMap((one) => one.get(name) ?? []);
  }

  /** Sets input or output parameters from [name, text] pairs; those with a list, map or script stay as they are. */
  setParameters(kind, rows) {
    const type = kind === "input" ? "camunda:InputParameter" : "camunda:OutputParameter";
    const holder = this.create("camunda:InputOutput", {});
    const before = this.parameters(kind);
    const made = rows.map(([name, value]) => {
      const old = before.find((one) => one.get("name") === name && one.get("definition"));
      return old ?? this.create(type, { name, value }, holder);
    });
    const others = this.parameters(kind === "input" ? "output" : "input");
    holder.inputParameters = kind === "input" ? made : others;
    holder.outputParameters = kind === "input" ? others : made;
    for (const one of [...made, ...others]) one.$parent = holder;
    this.setExtensions("camunda:InputOutput", made.length + others.length ? [holder] : []);
  }

  // Messages, signals, errors and escalations lie beside the processes

  definitions() {
    let found = this.bo;
    while (found.$parent) found = found.$parent;
    return found;
  }

  roots(type) {
    return (this.definitions().get("rootElements") ?? []).filter((one) => is(one, type));
  }

  /** Lets a part refer to the root element of that type and name, made when there is none. */
  refer(part, attribute, type, values) {
    const key = values.name !== undefined ? "name" : Object.keys(values)[0];
    let found = this.roots(type).find((one) => (one.get(key) ?? "") === values[key]);
    this.together(() => {
      if (!found) {
        const definitions = this.definitions();
        found = this.create(type, values, definitions);
        const roots = definitions.get("rootElements");
        const at = roots.findIndex((one) => is(one, "bpmn:Process") || is(one, "bpmn:Collaboration"));
        const after = is(roots.at(-1) ?? {}, type) ? roots.length : roots.map((one) => is(one, type)).lastIndexOf(true) + 1 || (at < 0 ? 0 : roots.length);
        this.setIn(definitions, { rootElements: spliced(roots, after, 0, found) });
      }
      this.setIn(part, { [attribute]: found });
    });
  }

  /** The lanes an element lies in, outermost first; of a task within a sub-process those of the sub-process. */
  lanes() {
    for (let holder = this.bo; holder; holder = holder.$parent) {
      const process = holder.$parent;
      if (!process || !is(process, "bpmn:FlowElementsContainer")) return [];
      const found = lanesOf(process.get("laneSets") ?? [], holder);
      if (found.length) return found;
    }
    return [];
  }
}

/** A list with some of its elements exchanged, as the youngest browsers' `toSpliced`. */
export function spliced(list, at, count, ...more) {
  return [...list.slice(0, at), ...more, ...list.slice(at + count)];
}

function lanesOf(sets, node) {
  for (const lane of sets.flatMap((one) => one.get("lanes") ?? [])) {
    const inner = lane.get("childLaneSet") ? lanesOf([lane.get("childLaneSet")], node) : [];
    if (inner.length || (lane.get("flowNodeRef") ?? []).includes(node)) return [lane, ...inner];
  }
  return [];
}

function clean(values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === "" ? undefined : value]));
}
