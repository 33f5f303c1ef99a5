// A change that is over is only looked at: nothing moves, nothing is typed.
import RuleProvider from "diagram-js/lib/features/rules/RuleProvider";

const ACTIONS = [
  "elements.move", "elements.create", "elements.delete", "elements.align", "elements.distribute", "elements.paste", "element.paste", "shape.create",
  "shape.resize", "shape.attach", "shape.append", "shape.replace", "connection.create", "connection.start", "connection.reconnect",
  "connection.updateWaypoints",
];

class Closed extends RuleProvider {
  constructor(eventBus) {
    super(eventBus);
    this.addRule(ACTIONS, 5000, () => false);
    eventBus.on("element.dblclick", 5000, () => false);
  }
}
Closed.$inject = ["eventBus"];

export default { __init__: ["keyturnClosed"], keyturnClosed: ["type", Closed] };
