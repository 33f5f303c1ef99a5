// The bar above the table: the chosen cell with its column's values to click, a comparison to put together, and how what is wrong
// in it is written.
import { ask, make, page, t } from "../studio/page.js";
import { asksLists, choices, meaning } from "./cells.js";

const MANY = 14;
const COMPARISONS = [["=", () => t("is")], ["not", () => t("is not")], [">", () => t("is more than")], [">=", () => t("is at least")], ["<", () => t("is less than")], ["<=", () => t("is at most")], ["..", () => t("lies between")], ["null", () => t("is empty")]];
const quote = (text) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/**
 * @param {HTMLElement} bar
 * @param {{write(place: import("./cells.js").Place, text: string): void, table(): any, problems(id: string): {severity: string, message: string, rule: string}[]}} use
 */
export function cellBar(bar, use) {
  /** @type {import("./cells.js").Place | null} */
  let place = null;
  let field = null, said = null, extra = null;

  function show(next) {
    place = next;
    bar.replaceChildren();
    bar.classList.toggle("is-empty", !place);
    if (!place) {
      bar.append(make("p", { class: "muted" }, t("Click a cell to change it: type in it, or choose its value here.")));
      field = null;
      return;
    }
    const label = t("Row {row} · {column}", { row: place.row + 1, column: place.title });
    const note = place.element.row.businessObject?.get("description");
    field = make("input", { class: "form-control cell-text", id: "cell-text", value: place.cell.get("text") ?? "", "aria-label": label, spellcheck: "false", autocomplete: "off", autocapitalize: "off", disabled: !page.change.editable });
    field.addEventListener("input", () => { use.write(place, field.value); controls(); });
    said = make("div", { class: "cell-said", role: "status" });
    extra = make("div", { class: "cell-choices" });
    bar.append(make("div", { class: "cell-line" }, make("label", { for: "cell-text", class: "cell-label" }, label), field, note ? make("span", { class: "muted small" }, note) : null), extra, said);
    controls();
    problems();
  }

  /** The cell was changed elsewhere: in the table, by an undo. */
  function refresh() {
    if (!place || !field) return;
    const text = place.cell.get("text") ?? "";
    if (document.activeElement !== field && field.value !== text) field.value = text;
    controls();
  }

  function put(text) {
    use.write(place, text);
    field.value = text;
    controls();
  }

  function controls() {
    const parts = [];
    if (page.change.editable) {
      if (place.kind === "boolean") parts.push(...truths());
      else if (place.kind === "number") parts.push(...(place.side === "output" ? steps() : comparison("number")));
      else if (place.kind === "date") parts.push(...comparison("date"));
      else parts.push(...values());
      if (place.side === "input") parts.unshift(chip(t("any"), isAny(), () => put("-"), t("The row does not ask for this.")));
      else if (place.kind && place.kind !== "number") parts.push(chip(t("nothing"), text() === "null", () => put("null")));
    }
    extra.replaceChildren(...parts);
  }

  const text = () => (place.cell.get("text") ?? "").trim();
  const isAny = () => text() === "" || text() === "-";

  function chip(label, pressed, click, title = "") {
    return make("button", { type: "button", class: "cell-chip", "aria-pressed": pressed ? "true" : "false", title: title || null, onclick: click }, label);
  }

  function truths() {
    return [["true", t("yes (true)")], ["false", t("no (false)")]].map(([value, label]) => chip(label, text() === value, () => put(value)));
  }

  function steps() {
    const number = Number(text());
    const known = text() !== "" && Number.isFinite(number);
    const by = known && !Number.isInteger(number) ? 0.5 : 1;
    const step = (delta, label) => make("button", { type: "button", class: "cell-chip cell-step", "aria-label": label, disabled: !known, onclick: () => put(String(Math.round((number + delta) * 1000) / 1000)) }, delta < 0 ? "−" : "+");
    return [step(-by, t("one less")), step(by, t("one more")), chip(t("nothing"), text() === "null", () => put("null"))];
  }

  /** The texts of the column: one for a result, as many as wanted for a condition. */
  function values() {
    const found = choices(use.table(), place);
    if (!found.length) return [];
    const single = place.side === "output" && place.kind === "string";
    const lists = place.side === "output" && !place.kind;
    if (single) return row(found, (one) => text() === quote(one.value), (one) => put(quote(one.value)));
    const inside = asksLists(use.table(), place);
    const chosen = new Set([...text().matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]));
    const negated = /^not\s*\(/.test(text());
    const written = (set) => {
      const all = [...set].map(quote);
      if (lists) return `[${all.join(", ")}]`;
      if (!all.length) return "-";
      if (inside) return all.map((one) => `list contains(?, ${one})`).join(" or ");
      return negated ? `not(${all.join(", ")})` : all.join(", ");
    };
    const toggled = (one) => {
      const next = new Set(chosen);
      if (!next.delete(one.value)) next.add(one.value);
      put(written(next));
    };
    const parts = row(found, (one) => chosen.has(one.value), toggled);
    if (place.side === "input" && chosen.size && !inside) {
      parts.push(chip(t("all but these"), negated, () => put(negated ? [...chosen].map(quote).join(", ") : `not(${[...chosen].map(quote).join(", ")})`)));
    }
    return parts;
  }

  function row(found, pressed, click) {
    const sorted = [...found].sort((a, b) => Number(pressed(b)) - Number(pressed(a)));
    const shown = sorted.slice(0, MANY).sort((a, b) => found.indexOf(a) - found.indexOf(b));
    const called = (one) => {
      if (one.label !== one.value) return `${one.label} (${one.value})`;
      const said = meaning(place.clause, one.value);
      return said ? `${one.value} ${said}` : one.value || t("(empty text)");
    };
    const parts = shown.map((one) => chip(called(one), pressed(one), () => click(one)));
    if (sorted.length <= MANY) return parts;
    const more = make("select", { class: "form-select cell-more", "aria-label": t("More values") }, make("option", { value: "" }, t("More values …")),
      ...sorted.slice(MANY).map((one) => make("option", { value: one.value }, called(one))));
    more.addEventListener("change", () => { const one = found.find((each) => each.value === more.value); if (one) click(one); });
    return [...parts, more];
  }

  /** [is at least ▾] [3] for numbers and dates. */
  function comparison(kind) {
    const now = parsed(text(), kind);
    const sign = make("select", { class: "form-select cell-sign", "aria-label": t("Comparison") }, make("option", { value: "" }, t("compare …")),
      ...COMPARISONS.map(([value, label]) => make("option", { value, selected: now.sign === value }, label())));
    const box = (value, label) => make("input", { type: kind, class: "form-control cell-value", step: "any", value, "aria-label": label });
    const low = box(now.low, t("compared with")), high = box(now.high, t("up to"));
    high.hidden = now.sign !== "..";
    low.hidden = now.sign === "null" || now.sign === "";
    const written = (value) => (kind === "date" ? `date("${value}")` : value);
    const change = () => {
      high.hidden = sign.value !== "..";
      low.hidden = sign.value === "null" || sign.value === "";
      if (sign.value === "null") return quietly("null");
      if (!sign.value || !low.value || (sign.value === ".." && !high.value)) return undefined;
      if (sign.value === "..") return quietly(`[${written(low.value)}..${written(high.value)}]`);
      if (sign.value === "not") return quietly(`not(${written(low.value)})`);
      return quietly(sign.value === "=" ? written(low.value) : `${sign.value} ${written(low.value)}`);
    };
    // without drawing the controls anew: somebody types in them
    const quietly = (next) => { use.write(place, next); field.value = next; };
    for (const one of [sign, low, high]) one.addEventListener("input", change);
    return [make("span", { class: "cell-compare" }, sign, low, high)];
  }

  async function problems() {
    if (!place || !said) return;
    const list = use.problems(place.cell.id);
    const key = list.map((one) => one.message).join("\n");
    if (said.dataset.key === key) return;
    said.dataset.key = key;
    said.replaceChildren(...list.map((one) => make("p", { class: `cell-problem ${one.severity}` }, one.message)));
    if (!list.length || !page.change.editable) return;
    const asked = place;
    const answer = await ask(page.urls.try, { method: "POST", body: { mode: "spelling", text: asked.cell.get("text") ?? "", condition: asked.side === "input", kind: asked.kind } }).catch(() => null);
    if (!answer?.better || asked !== place || said.dataset.key !== key) return;
    said.append(make("button", { type: "button", class: "btn btn-sm btn-primary", id: "cell-better", onclick: () => put(answer.better) }, t("Write {text}", { text: answer.better })));
  }

  /** A decision that is one expression: yes and no to click, where that is its type. */
  function literal(expression, type, write) {
    place = null;
    field = null;
    const now = (expression.get("text") ?? "").trim();
    bar.classList.remove("is-empty");
    bar.replaceChildren(make("p", { class: "muted" }, t("The answer of this decision is the expression below.")));
    if (type === "boolean" && page.change.editable) {
      bar.append(make("div", { class: "cell-choices" }, ...[["true", t("yes (true)")], ["false", t("no (false)")]].map(([value, label]) => chip(label, now === value, () => write(value)))));
    }
  }

  show(null);
  return { show, literal, refresh, problems, put, place: () => place };
}

function parsed(text, kind) {
  const value = kind === "date" ? 'date\\("([\\d-]+)"\\)' : "(-?\\d+(?:\\.\\d+)?)";
  if (text === "null") return { sign: "null", low: "", high: "" };
  let found = text.match(new RegExp(`^\\[${value}\\.\\.${value}\\]$`));
  if (found) return { sign: "..", low: found[1], high: found[2] };
  found = text.match(new RegExp(`^not\\(${value}\\)$`));
  if (found) return { sign: "not", low: found[1], high: "" };
  found = text.match(new RegExp(`^(>=|<=|>|<|=)?\\s*${value}$`));
  return found ? { sign: found[1] || "=", low: found[2], high: "" } : { sign: "", low: "", high: "" };
}
