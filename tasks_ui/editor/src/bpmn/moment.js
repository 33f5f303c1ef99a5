// A moment told from a date of the case: at it, or so long before or after it.
import { t } from "../studio/page.js";
import { el, select, text } from "./fields.js";
import { readMoment, writeMoment } from "./feel.js";
import { suggestions, variables } from "./variables.js";

const DATE = /_(due|at|to|from|on|end|date)$|^(due|date)/i;

/** A variable that looks like a date, as =name. */
export function firstDate(modeler) {
  return `=${variables(modeler).find((one) => DATE.test(one.name))?.name ?? "due_at"}`;
}

/** The controls of a moment. @param {string} key @param {string} body @param {(body: string) => void} write */
export function moment(key, body, modeler, write) {
  const found = readMoment(body);
  const set = (values) => {
    const after = writeMoment({ ...found, ...values });
    if (after) write(after);
  };
  const list = suggestions(modeler, "").sort((a, b) => Number(DATE.test(b.value)) - Number(DATE.test(a.value)));
  return [
    el("div", { class: "prop-pair" },
      select({
        key: `${key}-way`, label: t("When"), value: found.way, options: [["at", t("at")], ["before", t("before")], ["after", t("after")]], write: (way) => set({ way }),
      }),
      text({ key: `${key}-variable`, label: t("Date"), value: found.name, mono: true, list, write: (name) => set({ name: name.trim() }) }),
    ),
    found.way === "at" ? null : el("div", { class: "prop-pair" },
      text({ key: `${key}-span`, label: t("So long"), type: "number", min: 1, value: found.span.value, write: (value) => set({ span: { ...found.span, value } }) }),
      select({
        key: `${key}-span-unit`, label: t("Unit"), value: found.span.unit, options: [["min", t("minutes")], ["h", t("hours")], ["cd", t("days")]],
        write: (unit) => set({ span: { ...found.span, unit } }),
      }),
    ),
  ];
}
