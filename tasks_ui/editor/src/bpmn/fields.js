// Controls of the panel in plain DOM. Each has a key that stays the same, so that the focus survives when the panel is drawn anew.
import { t } from "../studio/page.js";

/** Makes an element. @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string | null | undefined)} children */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Whether the change that is being made comes from a text that somebody is typing: the panel must not be drawn anew then. */
export const typing = { now: false };

const idOf = (key) => `prop-${key.replace(/[^\w-]/g, "_")}`;

function field(key, label, control, hint) {
  const id = idOf(key);
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return el("div", { class: "prop" }, el("label", { for: id }, label), control, hint && el("p", { class: "prop-hint", id: `${id}-hint` }, hint));
}

/** Calls `write` when a text is finished, and a moment after each key meanwhile. Not while an input method composes. */
function finished(control, write) {
  let timer = 0;
  let last = control.value;
  const now = () => {
    clearTimeout(timer);
    if (control.value === last) return;
    last = control.value;
    typing.now = true;
    try {
      write(control.value);
    } finally {
      typing.now = false;
    }
  };
  control.addEventListener("change", now);
  control.addEventListener("blur", now);
  control.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(() => control.isConnected && now(), 600);
  });
  control.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && control.tagName === "INPUT" && !event.isComposing) now();
  });
}

/**
 * A line of text.
 * @param {{key: string, label: string, value: string, write: (value: string) => void, hint?: string, list?: {value: string, label?: string}[],
 *   placeholder?: string, type?: string, mono?: boolean, min?: number}} options
 */
export function text({ key, label, value, write, hint, list, placeholder, type = "text", mono, min }) {
  const control = el("input", {
    type, value: value ?? "", placeholder, class: `form-control${mono ? " prop-code" : ""}`, autocomplete: "off", spellcheck: mono ? "false" : null, min,
    inputmode: type === "number" ? "decimal" : null,
  });
  finished(control, write);
  const made = field(key, label, control, hint);
  if (list?.length) {
    const id = `${idOf(key)}-list`;
    control.setAttribute("list", id);
    made.append(el("datalist", { id }, list.map((one) => el("option", { value: one.value, label: one.label }))));
  }
  return made;
}

/** Several lines of text. */
export function area({ key, label, value, write, hint, mono, rows = 3 }) {
  const control = el("textarea", { rows, class: `form-control${mono ? " prop-code" : ""}`, spellcheck: mono ? "false" : null });
  control.value = value ?? "";
  finished(control, write);
  return field(key, label, control, hint);
}

/**
 * A choice. A value that is not among the options stays, and is shown as it is.
 * @param {{key: string, label: string, value: string, options: [string, string][], write: (value: string) => void, hint?: string}} options
 */
export function select({ key, label, value, options, write, hint }) {
  const known = options.some(([one]) => one === value) ? options : [...options, [value, value]];
  const control = el("select", { class: "form-select" }, parted(known, ([one, words, tip]) => el("option", { value: one, selected: one === value, title: tip || null }, words)));
  control.addEventListener("change", () => write(control.value));
  return field(key, label, control, hint);
}

/** Options; those that name a group, as their fourth part, stand under it. */
function parted(options, made) {
  const groups = [...new Set(options.map((one) => one[3]).filter(Boolean))];
  const rest = options.filter((one) => !one[3]).map(made);
  return [...rest, ...groups.map((label) => el("optgroup", { label }, options.filter((one) => one[3] === label).map(made)))];
}

/** A box to tick. */
export function check({ key, label, value, write, hint }) {
  const id = idOf(key);
  const control = el("input", { type: "checkbox", class: "form-check-input", id, checked: Boolean(value), "aria-describedby": hint ? `${id}-hint` : null });
  control.addEventListener("change", () => write(control.checked));
  return el("div", { class: "prop prop-check" }, el("label", { for: id }, control, label), hint && el("p", { class: "prop-hint", id: `${id}-hint` }, hint));
}

/** Boxes to tick, of which several may be. */
export function checks({ key, label, value, options, write, hint }) {
  const chosen = new Set(value);
  const boxes = options.map(([one, words], at) => {
    const control = el("input", { type: "checkbox", class: "form-check-input", id: idOf(`${key}-${at}`), checked: chosen.has(one) });
    control.addEventListener("change", () => {
      if (control.checked) chosen.add(one);
      else chosen.delete(one);
      write([...chosen]);
    });
    return el("label", { for: control.id }, control, words);
  });
  return el("fieldset", { class: "prop prop-checks" }, el("legend", {}, label), hint && el("p", { class: "prop-hint" }, hint), el("div", { class: "prop-boxes" }, boxes));
}

/** A line of words. */
export function note(words, kind = "") {
  return el("p", { class: `prop-note ${kind}` }, words);
}

/** A button. */
export function button(key, words, press, kind = "btn-plain") {
  return el("button", { type: "button", class: `btn btn-sm ${kind}`, id: idOf(key), onclick: press }, words);
}

/**
 * Rows of several cells that can be added and removed. An empty row is not written.
 * @param {{key: string, label: string, rows: string[][], columns: {label: string, list?: any[], options?: [string, string][], mono?: boolean}[],
 *   write: (rows: string[][]) => void, add: string, hint?: string}} options
 */
export function table({ key, label, rows, columns, write, add, hint }) {
  const all = rows.map((row) => [...row]);
  const save = () => write(all.filter((row) => row.some((cell) => cell !== "")));
  const list = el("ul", {});
  const line = (row, at) => {
    const cells = columns.map((column, place) => {
      const id = `${key}-${at}-${place}`;
      const change = (value) => {
        row[place] = value;
        save();
      };
      const made = column.options
        ? select({ key: id, label: column.label, value: row[place], options: column.options, write: change })
        : text({ key: id, label: column.label, value: row[place], list: column.list, mono: column.mono, placeholder: column.label, write: change });
      made.querySelector("label").classList.add("visually-hidden");
      return made;
    });
    const remove = button(`${key}-${at}-x`, "×", () => {
      all.splice(all.indexOf(row), 1);
      item.remove();
      save();
    }, "btn-quiet prop-remove");
    remove.setAttribute("aria-label", `${t("Remove")}: ${row[0] || at + 1}`);
    remove.title = t("Remove");
    const item = el("li", { class: "prop-row" }, cells, remove);
    return item;
  };
  list.append(...all.map(line));
  const more = button(`${key}-add`, add, () => {
    const row = columns.map(() => "");
    all.push(row);
    list.append(line(row, all.length - 1));
    list.lastElementChild.querySelector("input, select").focus();
  });
  return el("div", { class: "prop prop-table", role: "group", "aria-label": label }, el("p", { class: "prop-label" }, label), hint && el("p", { class: "prop-hint" }, hint), list, more);
}

/** A part of the panel that opens and shuts. @returns {HTMLElement | null} */
export function group(key, title, children, open = true) {
  const content = children.flat(3).filter(Boolean);
  if (!content.length) return null;
  return el("details", { class: "prop-group", "data-group": key, open }, el("summary", {}, title), el("div", { class: "prop-body" }, content));
}
