// What the server's check says, shown on the elements: a mark in the corner, a tint of the outline, a click leads to the list.
import { t } from "../studio/page.js";
import { el } from "./fields.js";

const RANK = { error: 0, warning: 1, info: 2 };

export class Findings {
  #marked = [];
  #byElement = new Map();

  constructor(modeler) {
    this.modeler = modeler;
    modeler.get("eventBus").on("import.done", () => this.show([...this.#byElement.values()].flat()));
  }

  /** The findings about an element, gravest first. */
  of(id) {
    return this.#byElement.get(id) ?? [];
  }

  /** Shows findings instead of those before. @param {{elementId: string, severity: string, message: string}[]} findings */
  show(findings) {
    const [canvas, overlays, registry] = ["canvas", "overlays", "elementRegistry"].map((name) => this.modeler.get(name));
    overlays.remove({ type: "keyturn-finding" });
    for (const [id, marker] of this.#marked) if (registry.get(id)) canvas.removeMarker(id, marker);
    this.#marked = [];
    this.#byElement = new Map();
    for (const one of findings) this.#byElement.set(one.elementId, [...this.of(one.elementId), one]);
    for (const [id, all] of this.#byElement) {
      all.sort((a, b) => RANK[a.severity] - RANK[b.severity]);
      const worst = all[0].severity;
      const element = registry.get(id) ?? registry.find((one) => one.businessObject?.processRef?.id === id);
      if (!element?.parent || worst === "info") continue;
      canvas.addMarker(element, `finding-${worst}`);
      this.#marked.push([element.id, `finding-${worst}`]);
      const words = all.map((one) => one.message).join("\n");
      const mark = el("button", { type: "button", class: `finding-mark finding-${worst}`, title: words, "aria-label": t("{n} findings: {words}", { n: all.length, words }) }, worst === "error" ? "!" : "?");
      mark.addEventListener("click", () => this.modeler.get("selection").select(element));
      const line = element.waypoints;
      const position = line ? middle(line) : { top: -10, left: -10 };
      overlays.add(element.id, "keyturn-finding", { position, html: mark, show: { minZoom: 0.25 } });
    }
  }
}

function middle(points) {
  const at = Math.floor((points.length - 1) / 2);
  const [a, b] = [points[at], points[at + 1]];
  const [left, top] = [Math.min(...points.map((one) => one.x)), Math.min(...points.map((one) => one.y))];
  return { left: (a.x + b.x) / 2 - left - 9, top: (a.y + b.y) / 2 - top - 9 };
}

/** Writes beside elements who else is at them. @param {any} modeler @param {{name: string, element: string}[]} others */
export function showOthers(modeler, others) {
  const [overlays, registry] = [modeler.get("overlays"), modeler.get("elementRegistry")];
  overlays.remove({ type: "keyturn-other" });
  for (const { name, element } of others) {
    if (element && registry.get(element)?.parent) {
      overlays.add(element, "keyturn-other", { position: { top: -26, left: 0 }, html: el("span", { class: "other-mark" }, name) });
    }
  }
}
