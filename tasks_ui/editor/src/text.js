// Files that are plain text: scenarios and English texts.
import { openDraft } from "./studio/draft.js";
import { make, page, t } from "./studio/page.js";

const area = make("textarea", { id: "text", class: "text-editor", spellcheck: "false", "aria-label": page.file, readonly: !page.change.editable });
document.getElementById("canvas").append(area);
const draft = await openDraft({
  read: async () => area.value,
  write(source) {
    const { selectionStart, selectionEnd, scrollTop } = area;
    area.value = source;
    area.setSelectionRange(selectionStart, selectionEnd);
    area.scrollTop = scrollTop;
  },
  select(id) {
    const at = area.value.indexOf(id);
    if (at >= 0) { area.focus(); area.setSelectionRange(at, at + id.length); }
  },
  undo: () => { area.focus(); document.execCommand("undo"); },
  redo: () => { area.focus(); document.execCommand("redo"); },
});
area.value = draft.source;
document.documentElement.dataset.editor = "ready";
area.addEventListener("input", () => draft.changed());
area.addEventListener("keydown", (event) => {
  if (event.key === "Tab" && !event.shiftKey && page.kind === "scenario" && area.selectionStart !== area.selectionEnd) {
    event.preventDefault();
    area.setRangeText("  ");
  }
});
document.getElementById("panel")?.append(make("p", { class: "muted" }, page.kind === "scenario"
  ? t("A scenario is a story, a step a line: it is played before every publication.")
  : t("On the left of the colon the Chinese words, on the right their English.")));
