// Marks on the table: problems of cells and rows, and what a trial said of them. They are rules of a style sheet that name the
// cells, so that they stay when the table is drawn again.

const problems = new CSSStyleSheet();
const trial = new CSSStyleSheet();
const narrowed = new CSSStyleSheet();
const people = new CSSStyleSheet();
document.adoptedStyleSheets = [...document.adoptedStyleSheets, problems, trial, narrowed, people];

const RANK = { error: 2, warning: 1, info: 0 };
const quoted = (id) => `"${CSS.escape(id)}"`;

/** Mark what the check found; of several findings of one cell the gravest. Returns them by element. */
export function markProblems(findings) {
  const byElement = new Map();
  for (const one of findings) {
    if (!one.elementId) continue;
    byElement.set(one.elementId, [...(byElement.get(one.elementId) ?? []), one]);
  }
  const rules = [];
  for (const [id, list] of byElement) {
    const worst = Math.max(...list.map((one) => RANK[one.severity] ?? 0));
    if (!worst) continue;
    const colour = worst === 2 ? "--kt-danger" : "--kt-warn";
    const cell = `.dmn-decision-table-container :is(td, th)[data-element-id=${quoted(id)}]:not(.annotation), .dmn-decision-table-container th[data-col-id=${quoted(id)}]`;
    rules.push(`${cell} { box-shadow: inset 0 0 0 2px var(${colour}); }`);
    rules.push(`${cell.split(", ").map((one) => `${one}::after`).join(", ")} { content: "${worst === 2 ? "✕" : "!"}"; color: var(${colour}); }`);
  }
  problems.replaceSync(rules.join("\n"));
  for (const cell of document.querySelectorAll(".dmn-decision-table-container [data-element-id]")) {
    const said = byElement.get(cell.dataset.elementId)?.map((one) => one.message).join("\n");
    if (said) cell.title = said;
    else if (cell.title && cell.dataset.said) cell.removeAttribute("title");
    if (said) cell.dataset.said = "1";
    else delete cell.dataset.said;
  }
  return byElement;
}

/**
 * Mark which rows a trial matched and which cells failed.
 * @param {{ruleId: string, matched: boolean, taken: boolean, cells: {id: string, passed: boolean | null}[]}[]} rows
 */
export function markTrial(rows) {
  const rules = [];
  for (const row of rows) {
    const here = `.dmn-decision-table-container [data-row-id=${quoted(row.ruleId)}]`;
    if (row.taken) rules.push(`${here} { background-color: var(--kt-dmn-taken); } ${here}.rule-index { font-weight: 700; } ${here}.rule-index::before { content: "✓"; position: absolute; inset-inline-start: 5px; color: var(--kt-ok); }`);
    else if (row.matched) rules.push(`${here} { background-color: var(--kt-dmn-matched); }`);
    for (const cell of row.cells) {
      if (cell.passed === false && cell.id) rules.push(`.dmn-decision-table-container td[data-element-id=${quoted(cell.id)}] { color: var(--kt-muted); text-decoration: line-through dotted; }`);
    }
  }
  trial.replaceSync(rules.join("\n"));
}

/** Leave out the rows that are not looked for. */
export function hideRows(ids) {
  narrowed.replaceSync(ids.map((id) => `.dmn-decision-table-container tr:has(> td[data-row-id=${quoted(id)}]) { display: none; }`).join("\n"));
}

/** Show who else is at which cell. */
export function markOthers(others) {
  people.replaceSync(others.filter((one) => one.element).map((one) => `.dmn-decision-table-container td[data-element-id=${quoted(one.element)}]:not(.annotation) { outline: 2px dashed var(--kt-accent); outline-offset: -2px; }
    .dmn-decision-table-container td[data-element-id=${quoted(one.element)}]:not(.annotation)::before { content: ${quoted(one.name)}; position: absolute; inset-block-end: 0; inset-inline-end: 2px; font-size: 11px; background: var(--kt-accent-soft); color: var(--kt-accent); padding: 0 3px; }`).join("\n"));
}
