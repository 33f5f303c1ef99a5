// The ten spellings that are needed most, with examples that a click writes into the chosen cell.
import { make, page, t } from "../studio/page.js";
import { choices } from "./cells.js";

/** @param {{place(): import("./cells.js").Place | null, put(text: string): void, table(): any}} use */
export function helpBox(box, use) {
  const hint = make("p", { class: "muted", role: "status" });
  const list = make("div", { class: "feel-help" });
  box.replaceChildren(hint, list);

  function show() {
    const place = use.place();
    const output = place?.side === "output";
    hint.textContent = place ? t("A click writes the example into row {row} · {column}; undo takes it back.", { row: place.row + 1, column: place.title }) : t("Choose a cell; then a click on an example writes it there.");
    const usual = place && use.table() ? choices(use.table(), place).map((one) => one.value).filter(Boolean) : [];
    const text = (index, other) => `"${usual[index] ?? other}"`;
    list.replaceChildren(...(output ? results(text) : conditions(text)).map(([title, note, ...examples]) => make("section", {},
      make("h3", {}, title), note ? make("p", { class: "muted" }, note) : null,
      make("p", { class: "examples" }, ...examples.map((one) => make("button", { type: "button", class: "feel-example", disabled: !place || !page.change.editable, onclick: () => use.put(one) }, make("code", {}, one)))))));
  }

  show();
  return { show };
}

const conditions = (text) => [
  [t("Any value"), t("A dash, or nothing at all: the row does not ask."), "-"],
  [t("A text"), t("In straight quotes, on both sides."), text(0, t("urgent"))],
  [t("One of several"), t("A list with commas between; each text in its own quotes."), `${text(0, t("urgent"))}, ${text(1, t("very urgent"))}`, "1, 2, 3"],
  [t("None of these"), t("not( … ) around what is left out."), `not(${text(0, t("urgent"))})`, `not(${text(0, t("urgent"))}, ${text(1, t("very urgent"))})`],
  [t("More or less than"), t("A sign before the number."), "> 3", ">= 3", "< 15", "<= 15"],
  [t("From … to …"), t("Square brackets count both ends in; round ones leave the end out."), "[3..7]", "(0..1)", "< 3, > 7"],
  [t("Empty or filled"), t("null is an answer that nobody has given yet."), "null", "not(null)"],
  [t("Yes or no"), "", "true", "false"],
  [t("Dates"), t("Year, month, day with dashes, inside date( … )."), '>= date("2026-10-01")', '[date("2026-01-01")..date("2026-03-31")]'],
  [t("Several ticked at once"), t("The input is a list: ask whether it contains something."), `list contains(?, ${text(0, t("media"))})`, "count(?) > 1"],
];

const results = (text) => [
  [t("A text"), t("In straight quotes, on both sides."), text(0, t("4 days"))],
  [t("A number"), t("Digits alone, without a unit."), "4", "0.5"],
  [t("Yes or no"), "", "true", "false"],
  [t("Nothing"), t("The row gives no value here."), "null"],
  [t("Several values"), t("A list in square brackets."), `[${text(0, t("phone"))}, ${text(1, t("visit"))}]`],
  [t("Reckoned from an input"), t("Inputs are called by their names, + − * / reckon."), "round * 2", "if round > 2 then 1 else 3"],
  [t("Dates"), t("Year, month, day with dashes, inside date( … )."), 'date("2026-10-01")', 'today() + duration("P3D")'],
];
