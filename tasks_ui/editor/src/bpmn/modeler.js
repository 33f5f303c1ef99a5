// The modeler: bpmn-js with what this product adds and without what its engine does not run.
import Modeler from "bpmn-js/lib/Modeler";
import colors from "bpmn-js-color-picker";
import { CreateAppendAnythingModule } from "bpmn-js-create-append-anything";
import simulation from "bpmn-js-token-simulation/lib/modeler";
import camunda from "camunda-bpmn-moddle/resources/camunda.json";
import minimap from "diagram-js-minimap";
import allowed from "./allowed.js";
import several from "./edit.js";
import room from "./insert.js";
import naming from "./naming.js";
import readonly from "./readonly.js";
import reminder from "./reminder.js";
import words from "./words.js";

/**
 * Makes a modeler in a box. Colours are CSS variables, so that both themes show the same drawing.
 * @param {HTMLElement} container
 * @param {boolean} editable
 */
export function makeModeler(container, editable) {
  container.classList.toggle("only-shown", !editable);
  return new Modeler({
    container,
    moddleExtensions: { camunda },
    bpmnRenderer: { defaultFillColor: "var(--diagram-fill)", defaultStrokeColor: "var(--diagram-line)" },
    textRenderer: {
      defaultStyle: { fontFamily: 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif', fontSize: 12 },
    },
    additionalModules: [words, several, naming, room, reminder, CreateAppendAnythingModule, allowed, colors, minimap, simulation, ...(editable ? [] : [readonly])],
  });
}

/** Writes the diagram as the files of the product are written, so that a change shows as few lines as it has. */
export async function textOf(modeler) {
  const { xml } = await modeler.saveXML({ format: true });
  const plain = xml.replace(/^<\?xml[^>]*\?>/, "<?xml version='1.0' encoding='UTF-8'?>").replaceAll("&#34;", "&quot;").replaceAll("&#39;", "'");
  const tight = plain.includes("<![CDATA[") ? plain : plain.replaceAll(" />", "/>");
  return tight.endsWith("\n") ? tight : `${tight}\n`;
}
