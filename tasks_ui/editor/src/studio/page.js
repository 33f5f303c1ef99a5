// What the server wrote into the editor's page, and its texts in the reader's language.

/**
 * @typedef {object} PageData
 * @property {Record<string, string>} urls  file, check, repair, presence, mine, comments, revisions, change, help
 * @property {string} csrf
 * @property {string} nonce  for style elements (editors of tables and forms)
 * @property {string} locale  "zh_Hans_CN" or "en"
 * @property {string} login
 * @property {string} name
 * @property {{id: string, title: string, editable: boolean}} change
 * @property {string} kind  bpmn, dmn, form, scenario, texts
 * @property {string} file
 * @property {string} folder
 * @property {Record<string, string>} texts  English → the reader's language
 * @property {Record<string, any[]>} known  roles, forms, decisions, processes, messages, signals, errors, escalations, topics, listeners, connectors
 * @property {{id: string, element: string, text: string, by: string, at: string, settled: boolean}[]} comments
 */

/** @type {PageData} */
export const page = JSON.parse(document.getElementById("page-data")?.textContent || "{}");

/**
 * Give a text in the reader's language, with its {named} fields filled in.
 * @param {string} text  the English words
 * @param {Record<string, unknown>} [fields]
 */
export function t(text, fields = {}) {
  return (page.texts?.[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? String(fields[name]) : whole));
}

/** An answer that tells of an error; `status` is 0 when there was no answer at all. */
export class RequestError extends Error {
  constructor(message, status) { super(message); this.status = status; }
}

/**
 * Ask the server for JSON.
 * @param {string} url
 * @param {{method?: string, body?: unknown, keepalive?: boolean}} [options]
 * @returns {Promise<any>}
 */
export async function ask(url, { method = "GET", body, keepalive = false } = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method, keepalive, headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": page.csrf },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new RequestError(t("No connection."), 0);
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const said = typeof data.error === "string" ? data.error : data.error?.message;
    throw new RequestError(said || t("The server answered with an error ({status}).", { status: answer.status }), answer.status);
  }
  return data;
}

/**
 * Make an element: `make("button", { type: "button", class: "btn" }, "text", child)`. Names that begin with "on" are listeners.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Say something in the corner of the page. Good news leaves by itself.
 * @param {string} text
 * @param {"success" | "warning" | "danger" | ""} [kind]
 */
export function toast(text, kind = "") {
  const close = make("button", { type: "button", class: "close", "aria-label": t("Close") }, "×");
  const line = make("div", { class: `toast-line toast-${kind || "plain"}` }, make("p", {}, text), close);
  document.getElementById("toasts")?.append(line);
  if (kind !== "danger") setTimeout(() => line.remove(), kind === "warning" ? 12000 : 6000);
  return line;
}
