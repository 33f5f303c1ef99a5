// The editor of decision tables.
import "./dmn/nonce.js";
import "dmn-js/dist/assets/diagram-js.css";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-decision-table-controls.css";
import "dmn-js/dist/assets/dmn-font/css/dmn.css";
import "./dmn/dmn.css";
import { bench } from "./dmn/bench.js";
import { cellBar } from "./dmn/cellbar.js";
import { placeOf } from "./dmn/cells.js";
import { plain, store, stored } from "./dmn/examples.js";
import { helpBox } from "./dmn/help.js";
import { columnBar } from "./dmn/column.js";
import { createManager, load } from "./dmn/manager.js";
import { hideRows, markOthers, markProblems } from "./dmn/marks.js";
import { prepare } from "./dmn/prepare.js";
import { missing } from "./dmn/translate.js";
import { openDraft } from "./studio/draft.js";
import { make, page, t } from "./studio/page.js";

const canvas = document.getElementById("canvas");
const tabs = make("div", { class: "dmn-tabs", role: "group", "aria-label": t("Decisions of this file"), hidden: true });
const bar = make("div", { class: "cell-bar" });
const tools = make("div", { class: "dmn-tools", role: "toolbar", "aria-label": t("Rows and columns") });
const place = make("div", { class: "dmn-place" });
canvas.append(tabs, bar, tools, place);

const trying = make("div", { class: "bench" }), helping = make("div", { class: "feel" });
document.getElementById("panel").append(
  make("details", { open: true, class: "dmn-part", id: "bench" }, make("summary", {}, make("h2", {}, t("Try it"))), trying),
  make("details", { class: "dmn-part", id: "feel" }, make("summary", {}, make("h2", {}, t("How to write it"))), helping),
);

page.urls.try ??= `${page.urls.file}/try`;
const manager = createManager(place);
let source = "", clean = true, draft = null, found = new Map(), quiet = false;

const viewer = () => manager.getActiveViewer();
const view = () => manager.getActiveView();
const decision = () => (view()?.type === "decisionTable" || view()?.type === "literalExpression" ? view().element : null);
const table = () => (view()?.type === "decisionTable" ? view().element.decisionLogic : null);

const cells = cellBar(bar, {
  table,
  write: (where, text) => { if (where.cell.get("text") !== text) viewer().get("modeling").editCell(where.cell, text); },
  problems: (id) => found.get(id) ?? [],
});
const help = helpBox(helping, { table, place: cells.place, put: cells.put });
const tester = bench(trying, {
  read,
  decision: () => decision()?.id ?? "",
  cells: (ruleId) => (table()?.get("rule") ?? []).find((rule) => rule.id === ruleId)?.get("inputEntry").map((one) => one.id) ?? [],
  select: (id) => show(id, false),
  examples: () => (decision() ? stored(decision()).map(plain) : []),
  store: (list) => store(viewer(), decision(), list),
});

async function read() {
  if (clean) return source;
  const saved = await manager.saveXML({ format: true });
  return saved.xml;
}

async function write(text) {
  const before = place.querySelector(".tjs-table-container");
  const scroll = before ? [before.scrollLeft, before.scrollTop] : [0, 0];
  quiet = true;
  try {
    const ready = prepare(text);
    await load(ready);
    await manager.importXML(ready);
    source = ready;
    clean = true;
    await new Promise(requestAnimationFrame);
    const after = place.querySelector(".tjs-table-container");
    after?.scrollTo(...scroll);
  } finally { quiet = false; }
  if (draft) tester.changed();
  if (text !== source) draft?.changed(); // ids were missing: they are part of the file from now on
}

/** The column that an expression of a head belongs to; any other id as it is. */
const headOf = (id) => table()?.get("input")?.find((column) => column.get("inputExpression")?.id === id)?.id ?? id;

/** Choose an element and bring it into sight; `focus`: go on typing there. */
function show(wanted, focus = true) {
  const id = headOf(wanted);
  if (tester.reveal(id)) return;
  const owner = manager.getViews().find((one) => one.element.id === id || one.element.decisionLogic?.id === id);
  if (owner && owner !== view() && owner.type !== "drd") { manager.open(owner); return; }
  const element = viewer()?.get("elementRegistry", false)?.get(id);
  const node = place.querySelector(`td[data-element-id="${CSS.escape(id)}"], th[data-element-id="${CSS.escape(id)}"], th[data-col-id="${CSS.escape(id)}"]`);
  const box = place.querySelector(".tjs-table-container");
  if (!node || !box) return;
  const [inner, outer] = [node.getBoundingClientRect(), box.getBoundingClientRect()];
  const head = box.querySelector("thead")?.offsetHeight ?? 0;
  if (node.tagName === "TD" && (inner.top < outer.top + head || inner.bottom > outer.bottom)) box.scrollTop += inner.top - outer.top - head - 40;
  if (focus && (inner.left < outer.left + 60 || inner.right > outer.right)) box.scrollLeft += inner.left - outer.left - 120;
  if (focus && element && isColumn(element)) showColumn(element);
  else if (focus && element) viewer().get("selection").select(element);
  node.classList.add("is-shown");
  setTimeout(() => node.classList.remove("is-shown"), 1600);
}

/** A cell that shows what an undo brought back writes it once more: as a step of its own that would cost the redo. */
function withoutRepeats(stack) {
  const execute = stack.execute.bind(stack);
  stack.execute = (command, context) => {
    const same = command === "element.updateProperties" && typeof context.element?.get === "function"
      && Object.entries(context.properties).every(([name, value]) => context.element.get(name) === value);
    if (!same) execute(command, context);
  };
}

manager.on("viewer.created", ({ viewer: made }) => {
  if (made.get("commandStack", false)) withoutRepeats(made.get("commandStack"));
  made.on("commandStack.changed", (event) => {
    if (quiet || event.trigger === "clear") return;
    clean = false;
    if (view()?.type === "literalExpression") showLiteral();
    else cells.refresh();
    draft?.changed();
    tester.changed();
    buttons();
  });
  made.on("selection.changed", ({ selection }) => {
    const where = selection ? placeOf(made, selection) : null;
    if (selection && !where) cells.show(null);
    if (where && where.cell !== cells.place()?.cell) cells.show(where);
    if (!where && !selection) keepOrDrop();
    help.show();
    buttons();
    if (selection) draft?.selected(selection.id, where ? (where.side === "input" ? "dmn:UnaryTests" : "dmn:LiteralExpression") : selection.businessObject?.$type ?? "");
  });
});

const isColumn = (element) => /^dmn:(In|Out)putClause$/.test(element.businessObject?.$type ?? "") && !element.row;

function showColumn(col) {
  cells.show(null);
  const modeling = () => viewer().get("modeling"), all = () => viewer().get("sheet").getRoot().cols;
  const again = (step) => { step(); if (all().includes(col)) showColumn(col); else cells.show(null); };
  columnBar(bar, col, {
    modeling,
    move: (delta) => again(() => {
      const index = all().indexOf(col) + delta;
      if (index >= 0 && index < all().length && viewer().get("rules").allowed("col.move", { col, index })) modeling().moveCol(col, index);
    }),
    remove: () => again(() => modeling().removeCol(col)),
    canRemove: () => viewer().get("rules").allowed("col.remove", { col }) !== false,
  });
}

place.addEventListener("click", (event) => {
  const head = event.target.closest("th[data-col-id]");
  const col = head && viewer()?.get("elementRegistry", false)?.get(head.dataset.colId);
  if (!col || !isColumn(col)) return;
  viewer().get("selection").deselect();
  showColumn(col);
  draft?.selected(col.id, col.businessObject.$type);
});

// A click into the bar takes the choice from the table; the bar goes on with its cell as long as that exists.
function keepOrDrop() {
  const cell = cells.place()?.cell;
  if (cell && !viewer()?.get("elementRegistry", false)?.get(cell.id)) cells.show(null);
}

manager.on("views.changed", ({ views, activeView }) => {
  const shown = views.filter((one) => one.type !== "drd" || views.length > 2);
  tabs.hidden = shown.length < 2;
  tabs.replaceChildren(...shown.map((one) => make("button", { type: "button", class: "cell-chip", "aria-pressed": one.element === activeView?.element ? "true" : "false", onclick: () => manager.open(one) },
    one.type === "drd" ? t("How they depend on each other") : one.name || one.id)));
  bar.hidden = activeView?.type !== "decisionTable" && activeView?.type !== "literalExpression";
  tools.hidden = document.getElementById("feel").hidden = activeView?.type !== "decisionTable";
  const again = cells.place() && viewer()?.get("elementRegistry", false)?.get(cells.place().cell.id);
  if (activeView?.type === "literalExpression") showLiteral();
  else cells.show(again ? placeOf(viewer(), again) : null);
  buttons();
  tester.forget();
  if (search.value) { search.value = ""; narrow(); }
  if (draft) tester.changed();
});

function showLiteral() {
  const { decisionLogic, variable } = view().element;
  cells.literal(decisionLogic, variable?.get("typeRef") || decisionLogic.get("typeRef"), (text) => viewer().get("modeling").editLiteralExpressionText(text));
}

// Rows and columns with buttons: on a phone nobody has a right mouse button.
const action = (name) => () => {
  const where = cells.place(), actions = viewer().get("editorActions");
  const rows = () => viewer().get("sheet").getRoot().rows;
  let next = where ? [where.row, where.column] : null;
  if (name === "copyRow") {
    actions.trigger("copy", { element: where.element.row });
    actions.trigger("pasteAfter", { element: where.element.row });
    next[0] += 1;
  } else if (name === "up" || name === "down") {
    next[0] += name === "up" ? -1 : 1;
    if (next[0] >= 0 && next[0] < rows().length) viewer().get("modeling").moveRow(where.element.row, next[0]);
  } else {
    actions.trigger(name, { rule: where?.element.row });
    if (name === "addRule") next = [rows().length - 1, 0];
    if (name === "addRuleBelow") next = [where.row + 1, 0];
    if (name === "addRuleAbove") next = [where.row, 0];
  }
  goTo(next);
};

/** Choose the cell at a row and column, or the nearest there is. */
function goTo(position) {
  const all = viewer().get("sheet").getRoot().rows;
  const row = position && all[Math.max(0, Math.min(position[0], all.length - 1))];
  const cell = row?.cells[Math.min(position[1], row.cells.length - 1)];
  if (cell) show(cell.id);
  cells.show(cell ? placeOf(viewer(), cell) : null);
  buttons();
}
const OWN = [
  ["addRule", () => t("Add row"), false], ["addRuleAbove", () => t("Row above"), true], ["addRuleBelow", () => t("Row below"), true],
  ["copyRow", () => t("Copy row"), true], ["up", () => t("Move up"), true], ["down", () => t("Move down"), true], ["removeRule", () => t("Delete row"), true],
  ["addInput", () => t("Add input column"), false], ["addOutput", () => t("Add output column"), false],
];
if (page.change.editable) tools.append(...OWN.map(([name, label, needsCell]) => make("button", { type: "button", class: "btn btn-sm btn-quiet", "data-action": name, "data-cell": needsCell ? "1" : null, onclick: action(name) }, label())));
// Sixty rows are many: what is typed here leaves the others out.
const search = make("input", { type: "search", class: "form-control dmn-search", placeholder: t("Find rows"), "aria-label": t("Find rows") });
const counted = make("span", { class: "muted small", role: "status" });
search.addEventListener("input", narrow);
tools.append(make("span", { class: "dmn-find" }, search, counted));
function narrow() {
  const wanted = search.value.trim().toLowerCase();
  const rules = table()?.get("rule") ?? [];
  const words = (rule) => [...rule.get("inputEntry"), ...rule.get("outputEntry")].map((one) => one.get("text")).concat(rule.get("description") ?? "").join(" ").toLowerCase();
  const others = wanted ? rules.filter((rule) => !words(rule).includes(wanted)) : [];
  hideRows(others.map((rule) => rule.id));
  counted.textContent = wanted ? t("{found} of {number} rows", { found: rules.length - others.length, number: rules.length }) : "";
}

function buttons() {
  const where = cells.place();
  for (const button of tools.querySelectorAll("[data-cell]")) button.disabled = !where;
}
buttons();

// Another's change waits until nobody has typed for a moment.
const PAUSE = 2000;
let typed = -PAUSE, composing = false;
canvas.addEventListener("input", () => { typed = performance.now(); }, true);
canvas.addEventListener("compositionstart", () => { composing = true; }, true);
canvas.addEventListener("compositionend", () => { composing = false; }, true);

const stack = () => viewer()?.get("commandStack", false);
draft = await openDraft({
  read,
  write,
  select: (id) => show(id),
  undo: () => stack()?.undo(),
  redo: () => stack()?.redo(),
  can: () => ({ undo: Boolean(stack()?.canUndo()), redo: Boolean(stack()?.canRedo()) }),
  busy: () => composing || performance.now() - typed < PAUSE,
  present: markOthers,
  found(list) {
    found = markProblems(list.map((one) => ({ ...one, elementId: headOf(one.elementId) })));
    cells.problems();
  },
});
await write(draft.source);
canvas.dataset.ready = "1";
performance.mark("keyturn-table");
tester.open();
if (!page.change.editable) place.inert = true;
// For tests: the words that nobody translated, and a file as it is written after it was read and shown.
document.documentElement.keyturn = {
  missing,
  async again(text) {
    await write(text);
    return (await manager.saveXML({ format: true })).xml;
  },
};
