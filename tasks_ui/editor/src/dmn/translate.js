// The words of dmn-js in the reader's language. What it asks for is listed here once, so that the catalogue can be compared with it.
import { page, t } from "../studio/page.js";

/** English words that were asked for and are not in the catalogue: a test looks at them. */
export const missing = new Set();

function translate(text, fields = {}) {
  if (page.locale !== "en" && text && !(text in page.texts) && !(text in OWN) && /[A-Za-z]{2}/.test(text)) missing.add(text);
  const words = OWN[text]?.() ?? page.texts?.[text] ?? text;
  return words.replace(/\{\s*(\w+)\s*\}/g, (whole, name) => fields[name] ?? whole);
}

export const translateModule = { translate: ["value", translate] };

// Words that mean something else on other pages, or sound better than what dmn-js says.
const OWN = {
  "When": () => t("When …"),
  '"value", "value", ...': () => t("each text in quotes, with commas between"),
  "Kind": () => t("Kind of function"),
  "View DRD": () => t("Show how the decisions depend on each other"),
};

/** Never called: the words of dmn-js that reach readers. */
export function words() {
  return [
    // table
    t("Hit policy"), t("Hit policy:"), t("And"), t("Then"), t("Input"), t("Output"), t("Annotations"), t("Annotation"),
    t("Input expression"), t("Input expression: "), t("Input label"), t("Input label: "), t("Input type"), t("Input values"),
    t("Output label"), t("Output label: "), t("Output name"), t("Output name: "), t("Output type"), t("Output values"),
    t("Edit input"), t("Edit output"), t("Expression"), t("Enter expression"), t("Type"), t("Decision name"), t("Decision name: "),
    t("Predefined values"), t("Add predefined values"), t("Clear predefined values"), t("Add values"), t("Values"), t("No values"), t("Custom values"),
    t("Strings must be in double quotes"), t("Resize"), t("Move rule"), t("Definition name"),
    // rows and columns
    t("Add rule"), t("Add rule above"), t("Add rule below"), t("Remove rule"), t("Copy rule"), t("Cut rule"), t("Paste rule above"), t("Paste rule below"),
    t("Add input"), t("Add input column left"), t("Add input column right"), t("Remove input column"), t("Copy input column"), t("Cut input column"),
    t("Paste input column left"), t("Paste input column right"), t("Add output"), t("Add output column left"), t("Add output column right"),
    t("Remove output column"), t("Copy output column"), t("Cut output column"), t("Paste output column left"), t("Paste output column right"),
    t("Add cell description"), t("Remove cell description"),
    // hit policies
    t("Unique"), t("First"), t("Priority"), t("Any"), t("Collect"), t("Collect (Sum)"), t("Collect (Min)"), t("Collect (Max)"), t("Collect (Count)"),
    t("Rule order"), t("Output order"),
    t("No overlap is possible and all rules are disjoint. Only a single rule can be matched"),
    t("Rules may overlap. The first matching rule will be chosen"),
    t("Rules may overlap. The one with the highest priority will be chosen"),
    t("Rules may overlap. Their output have to match"),
    t("Collects the values of all matching rules"),
    t("Collects the values of all matching rules and sums up to a single value"),
    t("Collects the values of all matching rules and uses the lowest value"),
    t("Collects the values of all matching rules and uses the highest value"),
    t("Collects the values of all matching rules and counts the number of them"),
    t("Collects the values of all matching rules in rule order"),
    t("Collects the values of all matching rules in decreasing output priority order"),
    // types
    t("string"), t("boolean"), t("number"), t("date"), t("time"), t("dateTime"), t("dayTimeDuration"), t("yearMonthDuration"), t("Any"), t("integer"),
    // literal expressions
    t("Literal expression"), t("Literal expression editor"), t("Variable name"), t("Variable name:"), t("Variable type"), t("Variable type:"),
    t("Expression language"), t("Expression language:"), t("name"),
    // the diagram of decisions
    t("Activate hand tool"), t("Activate lasso tool"), t("Add text annotation"), t("Append business knowledge model"), t("Append decision"),
    t("Append input data"), t("Append knowledge source"), t("Change type"), t("Connect to other element"), t("Create decision"), t("Create input data"),
    t("Create knowledge model"), t("Create knowledge source"), t("Definition ID"), t("Element name"), t("Add parameter"), t("Remove parameter"),
    t("Edit formal parameters"), t("Edit function kind"), t("Function kind: {kind}"), t("Open decision table"), t("Open literal expression"),
    t("Open boxed expression"), t("Empty"), t("Decision table"), t("Decision table context menu"), t("Remove item"),
  ];
}
