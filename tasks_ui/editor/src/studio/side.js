// Beside the drawing: help for what is selected, and what was said of it.
import { ask, make, page, t, toast } from "./page.js";

const known = new Map();
let asked = "", element = "";

/** Show the reference's entry of a type of element. */
export async function showHelp(type) {
  const place = document.getElementById("help-text");
  if (!place || asked === type) return;
  asked = type;
  if (!known.has(type)) {
    const answer = await fetch(page.urls.help + encodeURIComponent(type)).catch(() => null);
    if (!answer?.ok) return;
    known.set(type, await answer.text());
  }
  if (asked === type) place.innerHTML = known.get(type); // our own server's words, without scripts: the policy forbids them
}

/** Show what was said of an element, "" for the file as a whole. */
export function showTalk(id) {
  element = id;
  const list = document.getElementById("talk-list");
  if (!list) return;
  const own = page.comments.filter((one) => !id || one.element === id);
  list.replaceChildren(...own.map(row));
  if (!own.length) list.append(make("li", { class: "muted" }, id ? t("Nothing was said of this element yet.") : t("Nothing was said of this file yet.")));
  const open = page.comments.filter((one) => !one.settled).length;
  const count = document.getElementById("talk-count");
  if (count) { count.textContent = open ? String(open) : ""; count.hidden = !open; }
  const about = document.getElementById("talk-about");
  if (about) about.textContent = id ? t("about {element}", { element: id }) : t("about the whole file");
}

function row(one) {
  return make("li", { class: one.settled ? "settled" : "" },
    make("div", { class: "sub" }, `${one.by} · ${one.at}`, one.element && one.element !== element ? ` · ${one.element}` : ""),
    make("p", {}, one.text),
    make("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => post({ settle: one.id, settled: !one.settled }) }, one.settled ? t("Open again") : t("Mark as settled")));
}

async function post(body) {
  try {
    page.comments = (await ask(page.urls.comments, { method: "POST", body })).comments;
    showTalk(element);
    return true;
  } catch (error) { toast(error.message, "danger"); return false; }
}

// What others said meanwhile is there when one opens the list.
document.querySelector("#talk details")?.addEventListener("toggle", async (event) => {
  if (!event.target.open) return;
  try {
    page.comments = (await ask(page.urls.comments)).comments;
    showTalk(element);
  } catch { /* those of before stay */ }
});

document.getElementById("talk-form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  const field = event.target.elements.text;
  if (field.value.trim() && await post({ text: field.value, element })) field.value = "";
});
