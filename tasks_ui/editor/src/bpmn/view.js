// The row of tools above the diagram: fit, zoom, search, map, full screen, simulation.
import { t } from "../studio/page.js";
import { el } from "./fields.js";

const LEFT = 76;
const REST = 24;

/** Shows the whole diagram beside the palette; `least`: no smaller than this, then its left part with the `start`. */
export function fit(canvas, least = 0.1, start = null) {
  const { inner, outer } = canvas.viewbox();
  if (!inner.width || !outer.width) return;
  const wide = outer.width > 600 ? outer.width - LEFT - REST : outer.width - 2 * REST;
  const left = outer.width > 600 ? LEFT : REST;
  const scale = Math.max(least, Math.min(1, wide / inner.width, (outer.height - 2 * REST) / inner.height));
  const spare = Math.max(0, outer.height / scale - inner.height) / 2;
  const high = outer.height / scale;
  const below = start ? start.y + start.height + 2 * REST - (inner.y - REST / scale + high) : 0; // how far the start lies below the first screen
  const top = spare ? inner.y - spare : inner.y - REST / scale + (below > 0 ? below + high / 2 : 0);
  canvas.viewbox({ x: inner.x - left / scale, y: top, width: outer.width / scale, height: outer.height / scale });
}

/**
 * Adds the tools to the canvas. The search is opened after the click, which would else shut it.
 * @param {any} modeler
 * @param {HTMLElement} host what takes the whole screen
 */
export function mountTools(modeler, host) {
  const [canvas, minimap, eventBus, searchPad, toggleMode] = ["canvas", "minimap", "eventBus", "searchPad", "toggleMode"].map((name) => modeler.get(name, false));
  const pressed = (control, on) => control.setAttribute("aria-pressed", String(on));
  const tool = (name, words, sign, press) => {
    const made = el("button", { type: "button", class: `tool tool-${name}`, title: words, "aria-label": words }, sign);
    made.addEventListener("click", () => press(made));
    return made;
  };
  const zoom = (factor) => canvas.zoom(Math.min(4, Math.max(0.2, canvas.zoom() * factor)));
  const map = tool("map", t("Map of the diagram"), icon("M2 3h12v10H2zM4 5h4v3H4z"), (made) => {
    minimap.toggle();
    pressed(made, minimap.isOpen());
  });
  const play = tool("play", t("Play it through"), icon("M4 3v10l9-5z"), () => toggleMode?.toggleMode());
  const full = tool("full", t("Full screen"), icon("M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"), () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else host.requestFullscreen?.();
  });
  pressed(map, false);
  pressed(play, false);
  const bar = el("div", { class: "canvas-tools", role: "toolbar", "aria-label": t("View") },
    tool("fit", t("Show everything"), icon("M3 5V3h2M11 3h2v2M13 11v2h-2M5 13H3v-2M6 6h4v4H6z"), () => fit(canvas)),
    tool("in", t("Larger"), icon("M8 3v10M3 8h10"), () => zoom(1.25)),
    tool("out", t("Smaller"), icon("M3 8h10"), () => zoom(0.8)),
    tool("search", t("Search (Ctrl+F)"), icon("M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2M11 11l3 3"), () => setTimeout(() => searchPad.toggle())),
    map, play, full,
  );
  if (!document.fullscreenEnabled) full.hidden = true;
  document.addEventListener("fullscreenchange", () => pressed(full, Boolean(document.fullscreenElement)));
  eventBus.on("tokenSimulation.toggleMode", ({ active }) => pressed(play, active));
  canvas.getContainer().append(bar);
  return bar;
}

function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
