// The canvas: form-js draws the fields and lets them be dragged; what is dragged changes our model, and the canvas is drawn from it
// anew. form-js' own model, undo stack and properties panel are left out of the build (literals/form-js-editor.json): they would
// rewrite files and refuse to open those with mistakes.
import { FormEditor } from "@bpmn-io/form-js-editor";
import "@bpmn-io/form-js-editor/dist/assets/form-js-editor-base.css";
import "../../node_modules/@bpmn-io/form-js-editor/dist/assets/draggle.css";
import { t } from "../studio/page.js";
import { GROUPS, KINDS, begin, kindNamed, kindOf, nameOf } from "./kinds.js";
import { share, span, widen, WIDTHS } from "./layout.js";
import { keyOf } from "./model.js";
import { Shown, schemaOf } from "./shown.js";

const MOST_IN_A_ROW = 4;

/** Draws a model into a container. `onSelect(id)`: "" when nothing is selected. */
export function canvas({ model, container, onSelect }) {
  let wrong = new Set();
  let selected = "";
  let drawing = false;

  const unused = document.createElement("div"); // form-js' own palette, which ours replaces
  const editor = new FormEditor({
    renderer: { compact: true },
    palette: { parent: unused },
    additionalModules: [{
      propertiesPanel: ["value", {}],
      modeling: ["value", {
        removeFormField: (field) => remove(field.id),
        editFormField: (field, _name, { columns }) => resize(field.id, columns),
      }],
    }],
  });
  const formFields = editor.get("formFields");
  formFields.register("kt-field", Shown);
  const selection = editor.get("selection");
  const registry = editor.get("formFieldRegistry");
  editor.get("formFieldContextActions").registerProvider(400, {
    getContextPadEntries: () => (entries) => (entries.delete ? { delete: { ...entries.delete, title: t("Remove") } } : entries),
  });
  editor.on("selection.changed", ({ selection: field }) => {
    if (drawing) return;
    selected = field && field.type !== "default" ? field.id : "";
    onSelect(selected);
  });

  const parentOf = (field) => (field.type === "default" ? "" : field.id);

  // --- drag and drop --------------------------------------------------------------------------------------------------------
  const dragging = editor.get("dragging");
  const layouter = editor.get("formLayouter");
  const elementId = (node) => node?.querySelector(".fjs-element")?.dataset.id ?? "";
  const rowIds = (node) => layouter.getRow(node.dataset.rowId)?.components ?? [];
  const isRow = (node) => node.classList.contains("fjs-layout-row");

  // A field is dropped beside another one only at its edges: elsewhere it gets a row of its own.
  const steer = (event) => {
    const { clientX: x, clientY: y } = event;
    for (const node of document.elementsFromPoint(x, y)) {
      if (!node.classList.contains("fjs-layout-row") || node.closest(".gu-mirror")) continue;
      const { left, width } = node.getBoundingClientRect();
      node.classList.toggle("fjs-no-drop", Math.abs(x - left - width / 2) < width * 0.28);
      break;
    }
  };
  editor.on("drag.start", () => addEventListener("pointermove", steer, true)); // on the window: before the one who asks where to drop
  editor.on("drag.end", () => removeEventListener("pointermove", steer, true));

  dragging.validateDrop = (element, target) => {
    if (!target || element.contains(target)) return "inside itself";
    if (isRow(target)) {
      const others = rowIds(target).filter((id) => id !== elementId(element));
      if (others.length >= MOST_IN_A_ROW) return "the row is full";
    }
    return undefined;
  };
  dragging.handleRowDrop = (element, target, _source, sibling) => {
    const moved = rowIds(element.querySelector(".fjs-layout-row"));
    const next = sibling?.querySelector(".fjs-layout-row");
    const parent = parentOf(registry.get(target.dataset.id));
    if (moved.length && !element.contains(target)) model.move(moved, parent, next ? rowIds(next)[0] : "");
    else draw();
  };
  /** Puts `id` into a row beside others, or into a row of its own (`beside` empty); what stays behind gets its room back. */
  const arrange = (id, beside) => {
    const left = id ? sideBySide(id).filter((one) => one !== id) : [];
    const width = beside.length ? share(beside.length + 1) : 16;
    const changes = {};
    for (const one of beside) changes[one] = (component) => widen(component, width);
    if (!beside.includes(left[0]) && left.length === 1) changes[left[0]] = (component) => widen(component, 16);
    return { width, changes };
  };
  dragging.createNewField = (element, targetRow, targetField, index) => {
    const kind = kindNamed(element.dataset.kind);
    const before = targetField.components[index]?.id ?? "";
    const { width, changes } = arrange("", targetRow?.components ?? []);
    add(kind, parentOf(targetField), before, width, changes);
  };
  dragging.moveField = (element, _source, targetRow, targetField, index) => {
    const id = elementId(element);
    const beside = (targetRow?.components ?? []).filter((one) => one !== id);
    const same = targetRow?.components.includes(id);
    let before = targetField.components[index]?.id ?? "";
    if (before === id) before = targetField.components[index + 1]?.id ?? "";
    const { width, changes } = arrange(id, beside);
    if (!same) model.editAll(changes, `move:${id}`);
    model.move([id], parentOf(targetField), before, (component) => (same ? component : widen(component, width)), `move:${id}`);
    model.pause();
  };
  editor.on("dragula.created", (drake) => drake.on("cloned", (clone, original) => queueMicrotask(() => {
    const shown = clone.querySelector(".fjs-field-preview-text");
    const place = model.find(elementId(original));
    const kind = place ? kindOf(place.component) : kindNamed(original.dataset.kind);
    if (!shown || !kind) return;
    shown.textContent = place ? nameOf(place.component) : kind.label;
    const icon = clone.querySelector("svg");
    if (icon) icon.outerHTML = kind.icon;
  })));

  // --- what the canvas does to the model ------------------------------------------------------------------------------------
  const taken = () => new Set(model.places().map((place) => keyOf(place.component)));
  const sideBySide = (id) => layouter.getRowForField({ id })?.components ?? [id];
  function add(kind, parent = "", before = "", width = 16, changes = {}) {
    const made = widen(begin(kind, taken()), width);
    model.editAll(changes, `add:${made.id}`);
    selected = made.id;
    model.insert([made], parent, before, `add:${made.id}`);
    model.pause();
    onSelect(selected, { made: true });
    return made.id;
  }
  function remove(id) {
    if (model.frozen) return;
    const place = model.find(id);
    const siblings = model.places().filter((other) => other.parent === place.parent);
    const at = siblings.indexOf(place);
    selected = (siblings[at + 1] ?? siblings[at - 1])?.id ?? "";
    model.remove(id);
    onSelect(selected);
  }
  function resize(id, columns) {
    const nearest = WIDTHS.reduce((best, one) => (Math.abs(one - columns) < Math.abs(best - columns) ? one : best));
    if (nearest !== span(model.find(id).component.layout?.columns)) model.edit(id, (component) => widen(component, nearest));
    else draw();
  }
  /** Puts a new field after the selected one (into it, when it is an empty group). */
  function place(kind) {
    const at = selected && model.find(selected);
    if (!at) return add(kind);
    if (at.component.type === "group" || at.component.type === "dynamiclist") return add(kind, selected);
    const siblings = model.places().filter((other) => other.parent === at.parent);
    return add(kind, at.parent, siblings[siblings.indexOf(at) + 1]?.id ?? "");
  }

  function draw() {
    drawing = true;
    try {
      editor.importSchema(schemaOf(model, wrong));
      const field = selected ? registry.get(selected) : null;
      if (!field) selected = "";
      selection.set(field ?? null);
    } finally {
      drawing = false;
    }
  }

  editor.attachTo(container);
  return {
    add: place,
    remove,
    redraw: draw,
    get selected() { return selected; },
    select(id) {
      selected = model.find(id) ? id : "";
      draw();
      onSelect(selected);
      container.querySelector(`[data-id="${CSS.escape(selected)}"]`)?.scrollIntoView({ block: "nearest" });
    },
    /** Marks components that something is wrong with. */
    mark(found) {
      const next = new Set(found);
      if (next.size === wrong.size && [...next].every((id) => wrong.has(id))) return;
      wrong = next;
      draw();
    },
  };
}

/** The palette: dragged onto the canvas, or pressed to put the field after the selected one. */
export function palette({ container, add }) {
  const search = document.createElement("input");
  Object.assign(search, { type: "search", className: "form-control fe-find", placeholder: t("Find a field"), autocomplete: "off" });
  search.setAttribute("aria-label", t("Find a field"));
  const parts = GROUPS.map(([group, title]) => {
    const section = document.createElement("section");
    const head = document.createElement("h2");
    head.textContent = title;
    const list = document.createElement("div");
    list.className = "fe-kinds fjs-palette-fields fjs-drag-container fjs-no-drop";
    for (const kind of KINDS.filter((one) => one.group === group)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "fe-kind fjs-drag-copy fjs-no-drop";
      button.dataset.fieldType = "kt-field";
      button.dataset.kind = kind.id;
      button.innerHTML = kind.icon; // a drawing of our own build
      button.append(kind.label);
      button.addEventListener("click", () => add(kind));
      list.append(button);
    }
    section.append(head, list);
    return section;
  });
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const section of parts) {
      for (const button of section.querySelectorAll("button")) button.hidden = !button.textContent.toLowerCase().includes(wanted);
      section.hidden = !section.querySelector("button:not([hidden])");
    }
  });
  container.append(search, ...parts);
}
