// The words of bpmn-js and its extensions in the reader's language: ours first, then the package's own translation.
import base from "bpmn-js-i18n/translations/zn.js";
import { page } from "../studio/page.js";

/** The sentences asked for that have no translation; the tests read it. @type {Set<string>} */
export const missing = new Set();

const chinese = !page.locale || page.locale.startsWith("zh");

/** Gives a sentence of bpmn-js in the reader's language. @param {string} text @param {Record<string, any>} [fields] */
export function say(text, fields = {}) {
  const words = page.texts ?? {};
  if (chinese && text && !(text in words) && !(text in base) && /[a-z]{2}/i.test(text)) missing.add(text);
  const found = chinese ? (words[text] ?? base[text] ?? text) : text;
  return found.replace(/{([^}]+)}/g, (whole, name) => String(fields[name] ?? whole));
}

export default { translate: ["value", say] };
