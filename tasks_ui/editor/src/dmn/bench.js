// The test bench beside the table: inputs, which rows match and why, stored examples, a trial of every row.
import { ask, make, page, t, toast } from "../studio/page.js";
import { control, shown } from "./fields.js";
import { markTrial } from "./marks.js";

const AGAIN_AFTER = 500;
const WHY = {
  never: () => t("The rows above take all its cases."),
  complex: () => t("A cell is more than a comparison: fill the inputs in yourself."),
  expression: () => t("A column asks an expression: fill the inputs in yourself."),
  large: () => t("The table is too large to be tried by itself."),
};

/**
 * @param {HTMLElement} box
 * @param {{read(): Promise<string>, decision(): string, cells(ruleId: string): string[], select(id: string): void,
 *   examples(): any[], store(list: any[]): void}} use
 */
export function bench(box, use) {
  const fields = make("form", { class: "try-fields", id: "try-form" });
  const result = make("div", { class: "try-result", role: "status", "aria-live": "polite", id: "try-result" });
  const examples = make("div", { class: "try-examples", id: "try-examples" });
  const every = make("div", { class: "try-rows", id: "try-rows" });
  const run = make("button", { type: "submit", class: "btn btn-primary", form: "try-form" }, t("Try"));
  const rows = make("button", { type: "button", class: "btn btn-plain", onclick: tryRows }, t("Try every row"));
  const clear = make("button", { type: "button", class: "btn btn-quiet", onclick: empty }, t("Clear"));
  box.replaceChildren(fields, make("div", { class: "try-actions" }, run, rows, clear), result, every, make("h3", {}, t("Stored examples")), examples);
  fields.addEventListener("submit", (event) => { event.preventDefault(); live = true; tried(); });

  let controls = new Map(), shape = "", live = false, last = null, timer = 0, asked = 0, opened = null;

  const call = async (mode, body = {}) => ask(page.urls.try, { method: "POST", body: { mode, source: await use.read(), decision: use.decision(), ...body } });

  /** The table changed: ask anew what has been asked, a little later. */
  function changed() {
    clearTimeout(timer);
    timer = setTimeout(again, AGAIN_AFTER);
  }

  async function again() {
    await open();
    if (live) await tried();
  }

  async function open() {
    let found;
    try {
      found = await call("open");
    } catch (error) {
      if (!opened) fields.replaceChildren(make("p", { class: "muted" }, error.message));
      return;
    }
    opened = found;
    const next = JSON.stringify(found.fields);
    if (next !== shape) {
      const before = given();
      shape = next;
      controls = new Map(found.fields.map((field) => [field.name, control(field, () => { if (live) changed(); })]));
      fields.replaceChildren(...[...controls.values()].map((one) => one.element));
      if (!controls.size) fields.append(make("p", { class: "muted" }, t("This decision asks for nothing.")));
      for (const [name, one] of controls) if (name in before) one.write(before[name]);
    }
    rows.hidden = !found.decision.policy;
    showExamples();
  }

  function given() {
    const values = {};
    for (const [name, one] of controls) {
      const value = one.read();
      if (value !== null) values[name] = value;
    }
    return values;
  }

  function fill(values) {
    for (const [name, one] of controls) one.write(values[name]);
  }

  function empty() {
    fill({});
    live = false;
    last = null;
    result.replaceChildren();
    every.replaceChildren();
    markTrial([]);
  }

  async function tried() {
    const turn = (asked += 1);
    try {
      const answer = await call("inputs", { given: given() });
      if (turn === asked) showAnswer(answer);
    } catch (error) {
      if (turn === asked) result.replaceChildren(make("p", { class: "try-problem" }, error.message));
    }
  }

  function showAnswer(answer) {
    last = answer;
    every.replaceChildren();
    markTrial(answer.rows.map((row) => {
      const ids = use.cells(row.ruleId);
      return { ...row, cells: row.cells.map((cell, index) => ({ ...cell, id: ids[index] })) };
    }));
    const parts = [];
    if (answer.problem) parts.push(make("p", { class: "try-problem" }, answer.problem));
    else parts.push(make("div", { class: "try-answer" }, make("h3", {}, t("Result")), valueList(answer.result), make("p", { class: "muted" }, takenWords(answer))));
    const first = answer.rows.find((row) => row.taken);
    if (!answer.problem && page.change.editable) parts.push(make("button", { type: "button", class: "btn btn-sm btn-plain", id: "try-store", onclick: keep }, t("Store as an example")));
    const [matched, others] = [answer.rows.filter((row) => row.matched), answer.rows.filter((row) => !row.matched)];
    if (matched.length) parts.push(make("ul", { class: "try-why" }, ...matched.map(rowItem)));
    if (others.length) parts.push(make("details", {}, make("summary", {}, t("Why not the other {number} rows", { number: others.length })), make("ul", { class: "try-why" }, ...others.map(rowItem))));
    result.replaceChildren(...parts);
    if (first) use.select(first.ruleId);
  }

  function takenWords(answer) {
    const policy = opened?.decision.policy ?? "";
    if (!answer.rows.length) return "";
    if (!answer.taken.length) return t("No row matches.");
    const numbers = answer.taken.join(t(", "));
    const matched = answer.rows.filter((row) => row.matched).length;
    if (policy === "F" && matched > 1) return t("Row {rows} decides: {number} rows match, the first of them counts.", { rows: numbers, number: matched });
    if (["C", "R", "O"].includes(policy)) return t("Rows {rows} match; their results are put together.", { rows: numbers });
    return t("Row {rows} decides.", { rows: numbers });
  }

  function rowItem(row) {
    const failed = row.cells.filter((cell) => cell.passed === false);
    const words = row.taken ? t("matches and decides") : row.matched ? t("matches too") : failed.map((cell) => t("{column} must be {test}, is {value}", { column: cell.column, test: cell.test, value: cell.value === null ? t("not given") : shown(cell.value) })).join(t("; "));
    return make("li", { class: row.taken ? "is-taken" : row.matched ? "is-matched" : "", "data-row": row.index },
      make("button", { type: "button", class: "try-row", onclick: () => use.select(row.ruleId) }, make("strong", {}, t("Row {row}", { row: row.index })), row.notes.length ? make("span", { class: "muted" }, ` ${row.notes.at(-1)}`) : null, ` ${row.matched ? "✓" : "✗"} ${words}`));
  }

  function valueList(result) {
    if (result && typeof result === "object" && !Array.isArray(result)) {
      const labels = Object.fromEntries((opened?.outputs ?? []).map((one) => [one.name, one.label]));
      return make("dl", { class: "try-values" }, ...Object.entries(result).flatMap(([name, value]) => [make("dt", {}, labels[name] || name), make("dd", {}, word(value))]));
    }
    if (Array.isArray(result)) {
      if (!result.length) return make("p", {}, t("an empty list"));
      return make("ol", { class: "try-list" }, ...result.map((one) => make("li", {}, one && typeof one === "object" ? Object.values(one).map((value) => (value === null ? "–" : shown(value))).join(" · ") : shown(one))));
    }
    return make("p", { class: "try-value" }, word(result));
  }

  const word = (value) => (value === null ? t("nothing") : value === true ? t("yes (true)") : value === false ? t("no (false)") : shown(value));

  async function tryRows() {
    every.replaceChildren(make("p", { class: "muted" }, t("Trying every row …")));
    result.replaceChildren();
    let answer;
    try {
      answer = await call("rows");
    } catch (error) {
      every.replaceChildren(make("p", { class: "try-problem" }, error.message));
      return;
    }
    const good = answer.rows.filter((row) => row.reached).length;
    every.replaceChildren(make("h3", {}, t("{good} of {number} rows give the answer when they are meant", { good, number: answer.rows.length })),
      make("ul", { class: "try-why" }, ...[...answer.rows].sort((a, b) => Number(a.reached) - Number(b.reached)).map((row) => {
        const words = row.why ? WHY[row.why]?.() ?? row.why : row.problem || (row.reached ? resultWords(row.result) : t("Row {rows} answers instead.", { rows: row.taken.join(t(", ")) || "–" }));
        const click = () => { if (row.given) { fill(row.given); live = true; tried(); } use.select(row.ruleId); };
        return make("li", { class: row.reached ? "is-taken" : "is-lost", "data-row": row.index },
          make("button", { type: "button", class: "try-row", onclick: click }, make("strong", {}, t("Row {row}", { row: row.index })), ` ${row.reached ? "✓" : "✗"} ${words}`));
      })));
  }

  const resultWords = (result) => (result && typeof result === "object" && !Array.isArray(result) ? Object.values(result).filter((one) => one !== null).map(shown).join(" · ") : shown(result));

  // Examples

  async function keep() {
    if (!last) return;
    const list = use.examples();
    const words = Object.values(last.given).flat().map(shown).join(" · ");
    const name = words.slice(0, 60) || t("Example {number}", { number: list.length + 1 });
    const example = { id: `example_${Math.random().toString(36).slice(2, 9)}`, name, given: last.given, expected: last.result };
    if (/\b(?:now|today)\s*\(/.test(await use.read())) example.at = new Date().toISOString();
    use.store([...list, example]);
    toast(t("Stored with the table: it is replayed at every check and before every publication."), "success");
    await open();
    examples.querySelector("li:last-child input")?.focus();
  }

  function showExamples() {
    const list = opened?.examples ?? [];
    if (!list.length) {
      examples.replaceChildren(make("p", { class: "muted" }, t("Try something and store it: the table then always has to answer the same, or nothing is published.")));
      return;
    }
    const typing = examples.contains(document.activeElement) && document.activeElement.tagName === "INPUT" ? document.activeElement.dataset.example : "";
    if (typing) return;
    examples.replaceChildren(make("ul", {}, ...list.map(exampleItem)));
  }

  function exampleItem(one) {
    const change = (edit) => use.store(use.examples().flatMap((each) => (each.id === one.id ? edit(each) : [each])));
    const name = make("input", { class: "form-control", value: one.name, "aria-label": t("Name of the example"), "data-example": one.id, disabled: !page.change.editable });
    name.addEventListener("change", () => change((each) => [{ ...each, name: name.value }]));
    const button = (label, click, kind = "btn-quiet") => make("button", { type: "button", class: `btn btn-sm ${kind}`, onclick: click }, label);
    return make("li", { class: one.passed ? "passed" : "failed", "data-element": one.id },
      make("div", { class: "example-head" }, make("span", { class: `chip ${one.passed ? "chip-ok" : "chip-danger"}` }, one.passed ? t("holds") : t("fails")), name),
      make("p", { class: "muted" }, Object.entries(one.given).map(([key, value]) => `${label(key)} = ${shown(value)}`).join(t("; "))),
      one.passed ? null : make("dl", { class: "try-values" }, make("dt", {}, t("expected")), make("dd", {}, shown(one.expected)), make("dt", {}, t("now")), make("dd", {}, one.problem || shown(one.result))),
      make("div", { class: "example-actions" }, button(t("Try it again"), () => { fill(one.given); live = true; tried(); }),
        !one.passed && !one.problem && page.change.editable ? button(t("Expect what comes now"), () => { change((each) => [{ ...each, expected: one.result }]); }, "btn-plain") : null,
        page.change.editable ? button(t("Remove"), () => { change(() => []); }) : null));
  }

  const label = (name) => opened?.fields.find((field) => field.name === name)?.label || name;

  function reveal(id) {
    const item = examples.querySelector(`[data-element="${CSS.escape(id)}"]`);
    item?.scrollIntoView({ block: "center" });
    item?.querySelector("button")?.focus();
    return Boolean(item);
  }

  return { open, changed, reveal, forget: () => { shape = ""; } };
}
