// Small buttons that are a drawing: up, down, copy, remove.
import down from "bootstrap-icons/icons/arrow-down.svg?raw";
import up from "bootstrap-icons/icons/arrow-up.svg?raw";
import copy from "bootstrap-icons/icons/copy.svg?raw";
import remove from "bootstrap-icons/icons/trash.svg?raw";
import { button } from "../bpmn/fields.js";

const DRAWINGS = { up, down, copy, remove };

/** A small button; without `press` it cannot be pressed now. `of`: what it belongs to, for its id. */
export function tool(name, label, press, of = "tool") {
  const made = button(`${of}-${name}`, "", press ?? (() => {}), "btn-quiet fe-tool");
  made.innerHTML = DRAWINGS[name]; // a drawing of our own build
  made.title = label;
  made.setAttribute("aria-label", label);
  made.disabled = !press;
  return made;
}
