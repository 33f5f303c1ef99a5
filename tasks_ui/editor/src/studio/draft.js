// One file that is edited: read, saved by itself, checked, kept in this browser while there is no connection, and brought
// together with what others save meanwhile.
import { ask, make, page, RequestError, t, toast } from "./page.js";
import { showProblems } from "./problems.js";
import { showHelp, showTalk } from "./side.js";

const SAVE_AFTER = 800, AT_LATEST = 4000, CHECK_AFTER = 400, KEEP_AFTER = 150, POLL = 2000, POLL_HIDDEN = 15000, RETRY = 3000, IDLE = 6000;
const KEY = `keyturn-draft:${page.login}:${page.change?.id}:${page.file}`;

/**
 * Open the file of this page in an editor.
 * @param {object} editor
 * @param {() => Promise<string>} editor.read  the present source
 * @param {(source: string, how?: {undoable: boolean}) => Promise<void> | void} editor.write  take over another's, a merged or a
 *   repaired source, keeping the view; undoable: the reader asked for it and may take it back
 * @param {(elementId: string) => void} [editor.select]  show and select an element
 * @param {() => void} [editor.undo]
 * @param {() => void} [editor.redo]
 * @param {() => {undo: boolean, redo: boolean}} [editor.can]  what can be undone or redone
 * @param {() => boolean} [editor.busy]  true while somebody drags or types: another's change then waits
 * @param {(findings: object[]) => void} [editor.found]  the findings, to mark them on the drawing
 * @param {(others: {login: string, name: string, element: string}[]) => void} [editor.present]  who else is at which element
 * @param {(elementId: string) => string} [editor.nameOf]  how people call an element, "" when it has no name
 * @returns {Promise<{source: string, changed(): void, selected(elementId: string, elementType: string): void, check(): void}>}
 */
export async function openDraft(editor) {
  const first = await ask(page.urls.file);
  const state = { revision: first.revision, dirty: false, changes: 0, saving: null, since: 0, failed: false, element: "", lastFindings: [] };
  const timers = { save: 0, check: 0, keep: 0, retry: 0 };
  const later = (name, delay, work) => { clearTimeout(timers[name]); timers[name] = setTimeout(work, delay); };

  // What could not be sent last time is sent now: as of the revision it began from.
  let source = first.source;
  const kept = recall();
  if (kept && kept.source !== first.source && page.change.editable) {
    try {
      const answer = await ask(page.urls.file, { method: "PUT", body: kept });
      source = answer.source ?? kept.source;
      state.revision = answer.revision;
      forget();
      toast(t("What you had drawn without a connection is saved now."), "success");
      told(answer, kept.revision);
    } catch (error) {
      toast(t("This browser still has changes of yours that could not be sent: {reason}", { reason: error.message }), "danger");
      if (!(error instanceof RequestError) || error.status === 0) source = kept.source;
    }
  } else forget();

  function recall() {
    try { return JSON.parse(localStorage.getItem(KEY) || "null"); } catch { return null; }
  }
  function forget() { try { localStorage.removeItem(KEY); } catch { /* a browser that keeps nothing */ } }
  async function keep() {
    const at = state.changes;
    const text = await editor.read();
    if (!state.dirty || at !== state.changes) return;
    try {
      localStorage.setItem(KEY, JSON.stringify({ source: text, revision: state.revision }));
      state.keptAt = at;
    } catch { /* too large for this browser: the question before leaving stays */ }
  }

  /** Tell whether the editor must be left as it is for a moment. */
  function held() {
    return pointer || (Boolean(editor.busy?.()) && Date.now() - touched < IDLE);
  }

  function say(text, kind = "") {
    const place = document.getElementById("save-state");
    if (place && place.textContent !== text) place.textContent = text;
    if (place) place.dataset.state = kind;
  }

  function history() {
    const can = editor.can?.();
    for (const name of ["undo", "redo"]) {
      const button = document.getElementById(name);
      if (button) button.disabled = !editor[name] || (can ? !can[name] : false);
    }
  }

  function changed() {
    history();
    if (!page.change.editable) return;
    state.changes += 1;
    if (!state.dirty) state.since = Date.now();
    state.dirty = true;
    say(state.failed ? t("Not saved yet: no connection. Your work is kept in this browser.") : t("Not saved yet"), state.failed ? "failed" : "dirty");
    later("keep", KEEP_AFTER, keep);
    later("save", Math.max(0, Math.min(SAVE_AFTER, state.since + AT_LATEST - Date.now())), save);
    later("check", CHECK_AFTER, check);
  }

  /** Save what is there; at most one at a time. */
  function save() {
    clearTimeout(timers.save);
    state.saving ??= send().finally(() => { state.saving = null; });
    return state.saving;
  }

  async function send() {
    while (state.dirty) {
      const at = state.changes, base = state.revision;
      const text = await editor.read();
      say(t("Saving …"), "saving");
      let answer;
      try {
        answer = await ask(page.urls.file, { method: "PUT", body: { source: text, revision: base } });
      } catch (error) {
        refused(error);
        return;
      }
      state.failed = false;
      const same = at === state.changes;
      if (same) { state.dirty = false; forget(); }
      if (same && answer.source === undefined) state.revision = answer.revision;
      else if (same && !held()) {
        state.revision = answer.revision;
        await take(answer.source);
      } else {
        // drawn on meanwhile, or about to: what was sent is the base of the next save, so that a merge is undone by nobody
        state.revision = answer.mine || answer.revision;
        state.since = Date.now();
      }
      told(answer, base);
      findings(answer.findings);
    }
    say(t("Saved"), "saved");
  }

  function refused(error) {
    const offline = error.status === 0 || error.status >= 500;
    state.failed = offline;
    say(offline ? t("Not saved yet: no connection. Your work is kept in this browser.") : t("Not saved: {reason}", { reason: error.message }), "failed");
    keep();
    if (offline) later("retry", RETRY, save);
    else toast(t("Not saved: {reason}", { reason: error.message }), "danger");
  }

  /** Tell of what others changed at once. */
  function told(answer, base) {
    if (answer.merged && !answer.conflicts.length) toast(t("Somebody else saved at the same time. Both changes are in the file."), "success");
    if (!answer.conflicts?.length) return;
    const box = document.getElementById("conflicts");
    const rows = answer.conflicts.map((one) => make("li", {},
      make("strong", {}, one.name || one.elementId || page.file), ` · ${one.what}: `,
      one.mine || one.theirs ? t("you: {mine}; in the file: {theirs}", { mine: one.mine || "–", theirs: one.theirs || "–" }) : t("both were changed"),
      one.elementId && editor.select ? make("button", { type: "button", class: "btn btn-sm btn-quiet", onclick: () => editor.select(one.elementId) }, t("Show it")) : null));
    const entry = make("div", { class: "conflict", role: "alert" },
      make("p", {}, t("You and somebody else changed the same thing. The other's value is in the file; yours is kept as revision {number}.", { number: answer.mine })),
      make("ul", {}, ...rows),
      make("div", { class: "actions" },
        make("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => mine(entry, answer.mine, base) }, t("Use mine")),
        make("button", { type: "button", class: "btn btn-sm btn-plain", onclick: () => entry.remove() }, t("Keep the other's"))));
    box?.append(entry);
  }

  async function mine(entry, number, base) {
    await save();
    try {
      const answer = await ask(page.urls.mine, { method: "POST", body: { mine: number, revision: base } });
      state.revision = answer.revision;
      if (answer.source !== undefined) await take(answer.source);
      entry.remove();
      check();
    } catch (error) { toast(error.message, "danger"); }
  }

  /** Put a source into the editor that is saved already. */
  async function take(text) {
    const before = state.changes;
    try {
      await editor.write(text);
    } catch (error) {
      toast(t("The saved file cannot be shown here: {reason}", { reason: error.message }), "danger");
    }
    if (state.changes !== before) { state.changes = before; state.dirty = false; } // its own commands, not the reader's
    for (const name of ["save", "keep"]) clearTimeout(timers[name]);
    history();
    document.dispatchEvent(new CustomEvent("keyturn:taken"));
  }

  async function check(given) {
    clearTimeout(timers.check);
    const at = state.changes;
    const text = typeof given === "string" ? given : await editor.read();
    try {
      const answer = await ask(page.urls.check, { method: "POST", body: { source: text } });
      if (at === state.changes) findings(answer.findings);
    } catch { /* the next one tells */ }
  }

  function findings(list) {
    if (!list) return;
    state.lastFindings = list;
    showProblems(list, { select: (id) => editor.select?.(id), repair });
    editor.found?.(list.filter((one) => !one.file || one.file === page.file));
  }

  async function repair(wanted) {
    const text = await editor.read();
    try {
      const answer = await ask(page.urls.repair, { method: "POST", body: { source: text, wanted } });
      await editor.write(answer.source, { undoable: true });
      changed();
      findings(answer.findings);
      toast(answer.applied.length ? t("Done: {what}", { what: answer.applied.join(t("; ")) }) : t("There was nothing to repair."), answer.applied.length ? "success" : "");
    } catch (error) { toast(error.message, "danger"); }
  }

  // Who else is there, and what they saved.
  let polling = 0;
  async function pulse() {
    clearTimeout(polling);
    try {
      const answer = await ask(page.urls.presence, { method: "POST", body: { element: state.element } });
      if (state.failed && state.dirty) save();
      present(answer.others);
      if (answer.revision > state.revision && !state.saving && !held()) await other(answer);
    } catch (error) {
      if (error.status === 0 && !state.failed && !state.dirty) say(t("No connection at the moment"), "failed");
      if (error.status === 0) state.away = true;
    }
    polling = setTimeout(pulse, document.hidden ? POLL_HIDDEN : POLL);
  }

  async function other(answer) {
    if (state.dirty) { await save(); return; } // comes back together with the other's
    const fresh = await ask(page.urls.file);
    if (state.dirty || state.saving || fresh.revision <= state.revision) return;
    state.revision = fresh.revision;
    if (fresh.source !== (await editor.read())) {
      await take(fresh.source);
      if (answer.editedBy && fresh.editedBy !== page.login) toast(t("{name} changed this file: you see it as it is now.", { name: answer.editedBy }));
      check();
    }
  }

  function present(others) {
    const place = document.getElementById("presence");
    if (state.away && !state.dirty) { state.away = false; say(t("Saved"), "saved"); }
    const text = others.map((one) => {
      const element = one.element ? editor.nameOf?.(one.element) : "";
      return element ? t("{name} is editing {element}", { name: one.name, element }) : t("{name} has this file open", { name: one.name });
    }).join(t("; "));
    if (place && place.textContent !== text) { place.textContent = text; place.hidden = !text; }
    editor.present?.(others);
  }

  // Another's change waits while somebody drags or types, but not because he went away with the pointer in a field.
  let pointer = false, touched = 0;
  const canvas = document.getElementById("canvas");
  for (const name of ["keydown", "input", "pointerdown"]) document.addEventListener(name, () => { touched = Date.now(); }, true);
  canvas?.addEventListener("pointerdown", () => { pointer = true; }, true);
  for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, () => { pointer = false; }, true);

  // Leaving: a link waits for the save; closing the window asks only for what is nowhere kept.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !state.dirty || link.target || event.ctrlKey || event.metaKey || event.defaultPrevented || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    save().then(() => { location.href = link.href; });
  });
  addEventListener("beforeunload", (event) => { if (state.dirty && state.keptAt !== state.changes) event.preventDefault(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden && state.dirty) save(); else if (!document.hidden) pulse(); });
  addEventListener("online", () => { if (state.dirty) save(); });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { event.preventDefault(); if (state.dirty) save(); else say(t("Saved"), "saved"); }
  });
  for (const name of ["undo", "redo"]) document.getElementById(name)?.addEventListener("click", () => { editor[name]?.(); history(); });

  say(page.change.editable ? t("Saved") : t("Only to look at: this change is over."), page.change.editable ? "saved" : "");
  if (page.change.editable) setTimeout(pulse, 50);
  setTimeout(() => { history(); check(source); }, 0);
  showTalk("");
  const wanted = decodeURIComponent(location.hash.slice(1));
  const show = (left) => {
    if (document.documentElement.dataset.editor !== "ready" && left) setTimeout(show, 100, left - 1);
    else editor.select?.(wanted);
  };
  if (wanted && !document.getElementById(wanted)) setTimeout(show, 100, 40); // a link led to an element

  return {
    source,
    changed,
    check: () => check(),
    /** Carry out repairs by the names that findings give them. */
    repair,
    /** Save now, for whoever leaves the page by other means. */
    save,
    selected(elementId, elementType) {
      state.element = elementId || "";
      showHelp(elementType || "");
      showTalk(elementId || "");
    },
  };
}
