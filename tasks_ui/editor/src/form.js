// The editor of forms: palette, canvas, panel, and the preview in our own rendering.
import { openDraft } from "./studio/draft.js";
import { ask, page, t, toast } from "./studio/page.js";
import { canvas, palette } from "./form/canvas.js";
import { KINDS, keyFrom, kindOf } from "./form/kinds.js";
import { Model, hasValue, keyOf } from "./form/model.js";
import { panel } from "./form/panel.js";
import { preview } from "./form/preview.js";
import "./form/form.css";

const root = document.getElementById("canvas");
const side = document.getElementById("panel");
root.classList.add("fe");

const make = (name, label) => {
  const made = document.createElement("section");
  made.className = `fe-${name}`;
  made.setAttribute("aria-label", label);
  return made;
};
const shelf = make("palette", t("Fields to add"));
const paper = make("paper", t("Fields of the form"));
const glass = make("preview", t("Preview"));
const grid = document.createElement("div");
grid.className = "fe-grid";
grid.append(shelf, paper, glass);
root.append(grid);

const model = new Model();
model.frozen = !page.change.editable;
root.classList.toggle("fe-frozen", model.frozen);
side.inert = model.frozen;
let composing = false;
addEventListener("compositionstart", () => { composing = true; });
addEventListener("compositionend", () => { composing = false; });
let known = {};
let draft = null;
const sources = () => ({ names: known.lookups ?? [], roles: (page.known?.roles ?? []).map((one) => ({ code: one.code, name: page.locale === "en" ? one.nameEn || one.name : one.name })) });

/** Puts the fields of another form behind those that are there. */
async function borrow(file) {
  try {
    const { components } = await ask(`${page.urls.file}/fields`, { method: "POST", body: { file } });
    const taken = new Set(model.places().map((place) => keyOf(place.component)));
    const ids = new Set(model.places().map((place) => place.id));
    const fresh = (one, known) => {
      const name = one.type === "dynamiclist" ? "path" : "key";
      const made = ids.has(one.id) || !one.id ? { ...one, id: `Field_${Math.random().toString(36).slice(2, 9)}` } : one;
      if (made.components) return { ...renamed(made, name, known), components: made.components.map((inner) => fresh(inner, made.type === "dynamiclist" ? new Set() : known)) };
      return renamed(made, name, known);
    };
    const renamed = (one, name, known) => {
      if (!hasValue(one)) return one;
      const key = known.has(keyOf(one)) ? keyFrom(keyOf(one), known) : keyOf(one);
      known.add(key);
      return { ...one, [name]: key };
    };
    model.insert(components.map((one) => fresh(one, taken)), "");
  } catch (problem) { toast(problem.message, "danger"); }
}

const board = canvas({ model, container: paper, onSelect: (id, how) => { details.show(id, how); tell(id); } });
const details = panel({
  container: side, model, sources, remove: board.remove, copy,
  uses: async (key) => (await ask(`${page.urls.file}/uses`, { method: "POST", body: { key } })).uses,
  borrow,
});
palette({ container: shelf, add: board.add });

function tell(id) {
  const place = id ? model.find(id) : null;
  glimpse.point(id);
  draft?.selected(id, place ? kindOf(place.component).id : "form");
}

/** Puts a copy behind the original; its keys get a number. */
function copy(id) {
  const { component, parent } = model.find(id);
  paste(component, parent, id);
}

function paste(component, parent, after) {
  const taken = new Set(model.places().map((place) => keyOf(place.component)));
  const fresh = (one) => {
    const made = { ...one, id: `Field_${Math.random().toString(36).slice(2, 9)}` };
    const name = made.type === "dynamiclist" ? "path" : "key";
    if (hasValue(made)) { made[name] = keyFrom(String(made[name] || made.label || kindOf(made).label), taken); taken.add(made[name]); }
    if (made.components) made.components = made.components.map(made.type === "dynamiclist" ? (inner) => ({ ...fresh(inner), ...("key" in inner ? { key: inner.key } : {}) }) : fresh);
    return made;
  };
  const siblings = model.places().filter((place) => place.parent === parent).map((place) => place.id);
  const made = fresh(component);
  model.insert([made], parent, after ? siblings[siblings.indexOf(after) + 1] ?? "" : "");
  board.select(made.id);
}

const CLIP = "keyturn-form-field";
root.addEventListener("keydown", (event) => {
  if (/INPUT|TEXTAREA|SELECT/.test(event.target.tagName) || event.isComposing) return;
  const place = board.selected && model.find(board.selected);
  const command = event.ctrlKey || event.metaKey;
  if ((event.key === "Delete" || event.key === "Backspace") && place) board.remove(place.id);
  else if (event.key === "Escape" && place) board.select("");
  else if (command && event.key === "c" && place) localStorage.setItem(CLIP, JSON.stringify(place.component));
  else if (command && event.key === "v" && localStorage.getItem(CLIP)) paste(JSON.parse(localStorage.getItem(CLIP)), place?.parent ?? "", place?.id ?? "");
  else if (command && event.key === "d" && place) copy(place.id);
  else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && place) {
    const siblings = model.places().filter((other) => other.parent === place.parent).map((other) => other.id);
    const at = siblings.indexOf(place.id);
    if (event.key === "ArrowUp" && at > 0) model.move([place.id], place.parent, siblings[at - 1]);
    if (event.key === "ArrowDown" && at < siblings.length - 1) model.move([place.id], place.parent, siblings[at + 2] ?? "");
  } else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) model.undo();
  else if (key === "y" || key === "z") model.redo();
  else return;
  event.preventDefault();
});

const glimpse = preview({
  container: glass, read: () => model.text(), url: `${page.urls.file}/preview`, onSize: (size) => { grid.dataset.size = size; },
  onChoose: (id) => { if (id !== board.selected && model.find(id)) board.select(id); },
  onAnswer: (found) => {
    const first = !known.lookups;
    known = found;
    if (first) details.redraw();
  },
});

model.onChange((how) => {
  board.redraw();
  glimpse.changed();
  if (how === "edit" || how === "back") draft?.changed();
});

const editor = {
  read: async () => model.text(),
  // What another person changed cannot be undone here; a repair can.
  write: async (source, { undoable = false } = {}) => { model.load(source, { keep: undoable }); },
  select: (id) => board.select(id),
  undo: () => model.undo(),
  redo: () => model.redo(),
  can: () => ({ undo: model.canUndo, redo: model.canRedo }),
  busy: () => composing || /fjs-cursor-grabbing/.test(document.body.className),
  found: (findings) => board.mark(findings.filter((one) => one.severity === "error").map((one) => one.elementId)),
};
root.editor = Object.assign(editor, { model }); // what a test and the browser's console can hold on to
root.dataset.kinds = String(KINDS.length);
const opened = await openDraft(editor);
draft = opened;
try {
  if (model.original?.text !== opened.source) model.load(opened.source);
} catch {
  paper.textContent = t("This file is no form that can be read. Take an earlier revision of it, or take it out of the change.");
}
details.show("");
tell("");
root.dataset.ready = "yes";
document.documentElement.dataset.editor = "ready";
