// dmn-js with the views a file needs: its tables, and only where the file has them literal expressions, diagrams and functions.
import TableEditor from "dmn-js-decision-table/lib/Editor";
import expressionLanguage from "dmn-js-decision-table/lib/features/expression-language";
import simpleBoolean from "dmn-js-decision-table/lib/features/simple-boolean-edit";
import simpleDate from "dmn-js-decision-table/lib/features/simple-date-edit";
import simpleDateTime from "dmn-js-decision-table/lib/features/simple-date-time-edit";
import simpleDuration from "dmn-js-decision-table/lib/features/simple-duration-edit";
import simpleMode from "dmn-js-decision-table/lib/features/simple-mode";
import simpleNumber from "dmn-js-decision-table/lib/features/simple-number-edit";
import simpleString from "dmn-js-decision-table/lib/features/simple-string-edit";
import simpleTime from "dmn-js-decision-table/lib/features/simple-time-edit";
import EditingManager from "dmn-js-shared/lib/base/EditingManager";
import { is } from "dmn-js-shared/lib/util/ModelUtil";
import { descriptor, examplesModule } from "./examples.js";
import { needs } from "./prepare.js";
import { translateModule } from "./translate.js";

// Other languages than FEEL cannot be run; the bar above the table does what the pop-ups of the simple mode do.
const LEFT_OUT = new Set([
  expressionLanguage, simpleMode, simpleBoolean, simpleDate, simpleDateTime, simpleDuration, simpleNumber, simpleString, simpleTime,
]);

class Table extends TableEditor {
  getModules() { return super.getModules().filter((module) => !LEFT_OUT.has(module)); }
}

const TYPES = ["string", "boolean", "number", "date", "time", "dateTime", "dayTimeDuration", "yearMonthDuration", "Any"];
const views = {
  decisionTable: { id: "decisionTable", constructor: Table, opens: (element) => is(element, "dmn:Decision") && is(element.decisionLogic, "dmn:DecisionTable") },
};

/** Fetch the views that a file needs beside its tables. */
export async function load(source) {
  const wanted = needs(source);
  const [diagram, literal, boxed] = await Promise.all([
    wanted.diagram && !views.drd ? import("./diagram.js") : null,
    wanted.literal && !views.literalExpression ? import("./literal.js") : null,
    wanted.boxed && !views.boxedExpression ? import("./boxed.js") : null,
  ]);
  if (diagram) views.drd = { id: "drd", constructor: diagram.Editor, opens: "dmn:Definitions" };
  if (literal) {
    views.literalExpression = { id: "literalExpression", constructor: literal.Editor, opens: (element) => is(element, "dmn:Decision") && is(element.decisionLogic, "dmn:LiteralExpression") };
  }
  if (boxed) {
    views.boxedExpression = { id: "boxedExpression", constructor: boxed.Editor, opens: (element) => is(element, "dmn:BusinessKnowledgeModel") && Boolean(element.encapsulatedLogic) };
  }
}

class Manager extends EditingManager {
  _getViewProviders() { return Object.values(views); }

  _getInitialView(all, preferred) {
    const again = preferred && all.find((view) => view.id === preferred.id && view.type === preferred.type);
    return again ?? all.find((view) => view.type !== "drd") ?? all[0];
  }
}

/** @param {HTMLElement} container */
export function createManager(container) {
  const own = { additionalModules: [translateModule] };
  return new Manager({
    container,
    common: { dataTypes: TYPES, keyboard: { bind: true }, feelLanguageContext: { builtins: [] } },
    decisionTable: { additionalModules: [translateModule, examplesModule] },
    literalExpression: { additionalModules: [translateModule, examplesModule] },
    drd: own,
    boxedExpression: own,
    moddleExtensions: { keyturn: descriptor },
  });
}
