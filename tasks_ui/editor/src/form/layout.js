// How fields lie side by side on our pages: they follow each other in rows of 16 columns, and only a few widths exist (form.css).
import { put } from "./model.js";

export const WIDTHS = [16, 12, 8, 6, 4];

/** The width a page gives to this many columns. */
export function span(columns) {
  const wanted = Number(columns) || 16;
  return wanted <= 4 ? 4 : wanted <= 6 ? 6 : wanted <= 9 ? 8 : wanted <= 12 ? 12 : 16;
}

/** Splits places of one level into the rows they make on the page. */
export function rows(components) {
  const found = [];
  let left = 0;
  for (const component of components) {
    const wide = span(component.layout?.columns);
    if (wide > left) {
      found.push([]);
      left = 16;
    }
    found.at(-1).push(component);
    left -= wide;
  }
  return found;
}

/** Gives a component a width; the whole row needs no entry. */
export function widen(component, columns) {
  if (!columns || columns >= 16) return put(component, "layout", undefined);
  const { row: _row, ...layout } = component.layout ?? {};
  return put(component, "layout", { ...layout, columns });
}

/** The width each of so many fields in one row gets. */
export const share = (count) => ({ 1: 16, 2: 8, 3: 4 })[count] ?? 4;
