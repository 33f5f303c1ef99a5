// The form as staff will see it: our own pages draw it in a frame, 400 ms after each change, at the width of a phone or of a desk.
import { el } from "../bpmn/fields.js";
import { page, t } from "../studio/page.js";

const DELAY = 400;
const PHONE = 390;
const DESK = 1000;

/**
 * @param {{container: HTMLElement, read: () => string, url: string, onSize: (size: string) => void, onAnswer: (answer: any) => void, onChoose: (id: string) => void}} options
 */
export function preview({ container, read, url, onSize, onAnswer, onChoose }) {
  let timer = 0;
  let turn = 0;
  let shown = { size: "phone", theme: document.documentElement.dataset.bsTheme === "dark" ? "dark" : "light", locale: page.locale.startsWith("zh") ? "zh_Hans_CN" : "en" };
  let filled = false;
  let context = {};
  let running = null;
  let selected = "";
  let typedInto = null;

  const frames = { phone: frame(t("The form on a phone")), desk: frame(t("The form on a computer")) };
  const stage = el("div", { class: "fe-stage" });
  const state = el("span", { class: "fe-state", role: "status" });
  const inputs = el("div", { class: "fe-context" });
  const bar = el("div", { class: "fe-preview-bar" });
  container.append(bar, inputs, stage);

  function frame(title) {
    const made = el("iframe", { title, src: url, class: "fe-frame" });
    made.addEventListener("load", () => {
      made.ready = true;
      made.contentDocument.addEventListener("input", () => { // what is typed into one is shown in the other
        typedInto = made;
        if (live().length > 1) soon();
      });
      soon(0);
    });
    return el("div", { class: "fe-device" }, made);
  }
  const frameOf = (device) => device.querySelector("iframe");

  const pick = (name, options) => el("div", { class: "fe-switch", role: "group", "aria-label": options.label }, options.values.map(([value, words]) => el("button", {
    type: "button", class: "btn btn-small btn-quiet", "data-value": value, "aria-pressed": String(shown[name] === value), onclick: () => { shown = { ...shown, [name]: value }; arrange(); soon(0); },
  }, words)));

  function arrange() {
    bar.replaceChildren(
      pick("size", { label: t("Width"), values: [["phone", t("Phone screen")], ["desk", t("Computer")], ["both", t("Side by side")]] }),
      pick("theme", { label: t("Colours"), values: [["light", t("Light")], ["dark", t("Dark")]] }),
      pick("locale", { label: t("Language"), values: [["zh_Hans_CN", "中文"], ["en", "English"]] }),
      el("button", { type: "button", class: "btn btn-small btn-plain", id: "preview-fill", onclick: () => { filled = true; forget(); soon(0); } }, t("Fill in examples")),
      el("button", { type: "button", class: "btn btn-small btn-plain", onclick: () => { filled = false; forget(); soon(0); } }, t("Empty it again")),
      el("button", { type: "button", class: "btn btn-small btn-plain", id: "preview-check", onclick: () => ask({ check: true }) }, t("Check as sent")),
      state,
    );
    onSize(shown.size);
    const wanted = shown.size === "both" ? ["phone", "desk"] : [shown.size];
    for (const [name, device] of Object.entries(frames)) {
      if (!wanted.includes(name)) { device.remove(); frameOf(device).ready = false; }
      device.dataset.size = name;
    }
    // A frame that is put elsewhere loads anew: those that stay are left where they are.
    wanted.forEach((name) => { if (!frames[name].isConnected) stage.append(frames[name]); });
    if (shown.size === "both" && stage.firstElementChild !== frames.phone) frames.phone.style.order = "-1";
    fit();
  }

  /** A desk is wider than the room there is: it is drawn smaller. */
  function fit() {
    for (const [name, device] of Object.entries(frames)) {
      if (!device.isConnected) continue;
      const wide = name === "phone" ? PHONE : DESK;
      const room = device.clientWidth || wide;
      const scale = Math.min(1, room / wide);
      const inner = frameOf(device);
      inner.style.width = `${wide}px`;
      inner.style.height = `${Math.round(device.clientHeight / scale)}px`;
      inner.style.transform = scale < 1 ? `scale(${scale})` : "";
    }
  }
  new ResizeObserver(fit).observe(stage);

  const live = () => Object.values(frames).filter((device) => device.isConnected && frameOf(device).ready).map(frameOf);
  const forget = () => live().forEach((one) => { one.contentDocument.querySelector("#form-preview").replaceChildren(); });

  /** What somebody typed into the preview stays there when the form changes. */
  function typed() {
    const form = live().sort((one) => (one === typedInto ? -1 : 1)).map((one) => one.contentDocument.querySelector("form.kt-form")).find(Boolean);
    if (!form) return null;
    return [...new form.ownerDocument.defaultView.FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf_token");
  }

  function soon(wait = DELAY) {
    clearTimeout(timer);
    timer = setTimeout(ask, wait, {});
  }

  async function ask({ check = false, action = "" }) {
    if (!live().length) return;
    clearTimeout(timer);
    const mine = ++turn;
    running?.abort();
    running = new AbortController();
    const data = typed();
    try {
      const answer = await fetch(url, {
        method: "POST", signal: running.signal, headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": page.csrf },
        body: JSON.stringify({ source: read(), data, example: filled, locale: shown.locale, context, check, action }),
      });
      const found = await answer.json();
      if (mine !== turn) return;
      if (JSON.stringify(typed()) !== JSON.stringify(data) && !check && !action && data) { soon(100); return; } // typed on meanwhile
      if (!answer.ok) { state.textContent = found.error ?? t("The preview could not be drawn."); return; }
      state.textContent = check ? (found.faults ? t("{number} fields would be refused.", { number: found.faults }) : t("This would be accepted.")) : "";
      for (const one of live()) one.contentWindow.showForm(found.html, { theme: shown.theme, lang: shown.locale === "en" ? "en" : "zh-CN", keep: !check, ask: (what) => ask({ action: what }), choose: onChoose });
      point(selected, { scroll: false });
      drawContext(found.names ?? []);
      onAnswer(found);
    } catch (problem) {
      if (problem.name !== "AbortError" && mine === turn) state.textContent = t("The preview could not be drawn.");
    }
  }

  /** Values of the case that conditions and texts ask for: here they can be tried. */
  function drawContext(names) {
    const known = [...inputs.querySelectorAll("input")].map((one) => one.dataset.name);
    if (known.join() === names.join()) return;
    inputs.replaceChildren(...(names.length ? [el("details", { open: names.length < 4 }, el("summary", {}, t("Values of the case, to try")), el("div", { class: "fe-context-list" }, names.map((name) => {
      const control = el("input", { class: "form-control", value: context[name] ?? "", "data-name": name, autocomplete: "off", placeholder: t("empty") });
      control.addEventListener("input", () => { context = { ...context, [name]: control.value }; soon(); });
      return el("label", {}, el("code", {}, name), control);
    })))] : []));
  }

  /** Shows where the selected field lies. */
  function point(id, { scroll = true } = {}) {
    selected = id;
    for (const one of live()) {
      for (const field of one.contentDocument.querySelectorAll(".form-field")) {
        const here = id !== "" && field.dataset.uid === field.dataset.prefix + id;
        field.style.outline = here ? "2px dashed currentcolor" : "";
        field.style.outlineOffset = here ? "4px" : "";
        if (here && scroll) field.scrollIntoView({ block: "nearest" });
      }
    }
  }

  arrange();
  return { changed: soon, point };
}
