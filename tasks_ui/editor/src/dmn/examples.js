// Stored examples: they lie in the extension elements of their decision, so that they travel with the file, and are written as
// commands, so that they can be undone.
import CommandInterceptor from "diagram-js/lib/command/CommandInterceptor";

const PREFIX = "keyturn";

/** The elements of engine/core/dmn/examples.py, for the reader of the file. */
export const descriptor = {
  name: "Keyturn",
  uri: "http://keyturn.example/schema/dmn",
  prefix: PREFIX,
  xml: { tagAlias: "lowerCase" },
  types: [
    { name: "Examples", superClass: ["dmn:Element"], properties: [{ name: "examples", type: "Example", isMany: true }] },
    {
      name: "Example",
      superClass: ["dmn:Element"],
      properties: [
        { name: "id", isAttr: true, type: "String" }, { name: "name", isAttr: true, type: "String" }, { name: "at", isAttr: true, type: "String" },
        { name: "given", type: "Given", isMany: true }, { name: "expect", type: "Expect" },
      ],
    },
    { name: "Given", superClass: ["dmn:Element"], properties: [{ name: "name", isAttr: true, type: "String" }, { name: "body", isBody: true, type: "String" }] },
    { name: "Expect", superClass: ["dmn:Element"], properties: [{ name: "body", isBody: true, type: "String" }] },
  ],
};

class StoreExamples {
  execute(context) {
    context.before = context.decision.get("extensionElements");
    context.decision.set("extensionElements", context.after);
    return [];
  }

  revert(context) {
    context.decision.set("extensionElements", context.before);
    return [];
  }
}
StoreExamples.$inject = [];

class Registered extends CommandInterceptor {
  constructor(eventBus, commandStack) {
    super(eventBus);
    commandStack.registerHandler("keyturn.examples", StoreExamples);
  }
}
Registered.$inject = ["eventBus", "commandStack"];

export const examplesModule = { __init__: ["keyturnExamples"], keyturnExamples: ["type", Registered] };

/** The examples of a decision as the file has them. */
export function stored(decision) {
  const values = decision.get("extensionElements")?.get("values") ?? [];
  return values.filter((one) => one.$type === "keyturn:Examples").flatMap((one) => one.get("examples") ?? []);
}

/**
 * Replace the examples of a decision, as one step that can be undone.
 * @param {{id: string, name: string, at?: string, given: Record<string, unknown>, expected: unknown}[]} wanted
 */
export function store(viewer, decision, wanted) {
  const model = decision.$model;
  const made = (type, properties, parent) => {
    const element = model.create(type, properties);
    element.$parent = parent;
    return element;
  };
  const before = decision.get("extensionElements");
  const others = (before?.get("values") ?? []).filter((one) => one.$type !== "keyturn:Examples");
  const after = made("dmn:ExtensionElements", {}, decision);
  const group = made("keyturn:Examples", {}, after);
  group.set("examples", wanted.map((one) => {
    const example = made("keyturn:Example", { id: one.id, name: one.name, at: one.at || undefined }, group);
    example.set("given", Object.entries(one.given).map(([name, value]) => made("keyturn:Given", { name, body: JSON.stringify(value) }, example)));
    example.set("expect", made("keyturn:Expect", { body: JSON.stringify(one.expected) }, example));
    return example;
  }));
  after.set("values", wanted.length ? [...others, group] : others);
  const value = after.get("values").length ? after : undefined;
  viewer.get("commandStack").execute("keyturn.examples", { decision, after: value });
}

/** An example of the file as plain values, to be written again with others. */
export function plain(example) {
  const read = (text) => { try { return JSON.parse(text || "null"); } catch { return null; } };
  return {
    id: example.get("id"), name: example.get("name"), at: example.get("at"),
    given: Object.fromEntries((example.get("given") ?? []).map((one) => [one.get("name"), read(one.get("body"))])),
    expected: read(example.get("expect")?.get("body")),
  };
}
