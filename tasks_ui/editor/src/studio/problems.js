// The list of problems under the drawing: what the check of the change says, what can be repaired with a click.
import { make, page, t } from "./page.js";

const RANK = { error: 0, warning: 1, info: 2 };
const WORD = { error: () => t("error"), warning: () => t("warning"), info: () => t("remark") };
const CHIP = { error: "chip-danger", warning: "chip-warn", info: "" };

/**
 * Show findings. Those of other files of the change come after those of this one.
 * @param {{file: string, elementId: string, name: string, rule: string, severity: string, message: string, line: number, repair: string, repairLabel: string}[]} findings
 * @param {{select(id: string): void, repair(wanted: string[]): void}} actions
 */
export function showProblems(findings, { select, repair }) {
  const list = document.getElementById("problems-list");
  if (!list) return;
  const own = findings.filter((one) => !one.file || one.file === page.file).sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const others = findings.filter((one) => one.file && one.file !== page.file);
  list.replaceChildren(...own.map((one) => item(one, select, repair)));
  if (others.length) list.append(make("li", { class: "muted small" }, t("In other files of this change:")), ...others.map((one) => item(one, select, repair)));
  if (!findings.length) list.append(make("li", { class: "muted" }, t("No problems found.")));
  count(own);
  const every = document.getElementById("repair-all");
  const wanted = [...new Set(own.filter((one) => one.repair).map((one) => one.repair))];
  if (every) {
    every.hidden = wanted.length < 2 || !page.change.editable;
    every.onclick = () => repair(wanted);
  }
}

function item(one, select, repair) {
  const elsewhere = one.file && one.file !== page.file;
  const where = one.name || one.elementId;
  const text = make("span", { class: "problem-text" },
    make("span", { class: `chip ${CHIP[one.severity]}` }, WORD[one.severity]?.() ?? one.severity),
    elsewhere ? ` ${one.file}: ` : " ", where && where !== page.file ? make("strong", {}, where) : null, where && where !== page.file ? " " : null, one.message,
    one.line && (page.kind === "scenario" || page.kind === "texts") ? make("span", { class: "muted" }, ` ${t("(line {line})", { line: one.line })}`) : null);
  const whole = elsewhere
    ? make("a", { class: "problem-go", href: page.urls.change.replace(/\/?$/, `/edit/${encodeURIComponent(one.file)}`) }, text)
    : make("button", { type: "button", class: "problem-go", onclick: () => one.elementId && select(one.elementId) }, text);
  const mend = one.repair && !elsewhere && page.change.editable
    ? make("button", { type: "button", class: "btn btn-sm btn-plain", onclick: () => repair([one.repair]) }, one.repairLabel || t("Repair"))
    : null;
  return make("li", { "data-element": one.elementId, "data-rule": one.rule, "data-severity": one.severity }, whole, mend);
}

function count(findings) {
  const place = document.getElementById("problem-count");
  if (!place) return;
  const errors = findings.filter((one) => one.severity === "error").length;
  const warnings = findings.filter((one) => one.severity === "warning").length;
  const many = (number, one, several) => (number === 1 ? t(one) : t(several, { number }));
  const remarks = findings.length - errors - warnings;
  const clean = remarks ? `${t("No errors")} · ${many(remarks, "1 remark", "{number} remarks")}` : t("No problems");
  place.textContent = errors ? many(errors, "1 error", "{number} errors") : warnings ? many(warnings, "1 warning", "{number} warnings") : clean;
  place.className = `chip ${errors ? "chip-danger" : warnings ? "chip-warn" : "chip-ok"}`;
}
