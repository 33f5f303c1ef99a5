// The frame beside the form editor: shows the form that the editor hands over, alive as on a task's page, and sends nothing.
(() => {
  const host = document.getElementById("form-preview");
  const script = document.currentScript.dataset.form;
  let ask = () => {};
  let choose = () => {};
  let timer;

  // Before form.js hears of it: a preview is never sent, and its buttons without script ask the editor instead.
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const action = event.submitter?.name === "_action" ? event.submitter.value : "";
    if (action !== "save") ask(action);
  }, true);
  document.addEventListener("click", (event) => { if (event.target.closest("a[href]:not([href^='#'])")) event.preventDefault(); }, true);
  document.addEventListener("pointerdown", (event) => { // a field that is pressed is shown in the editor
    const field = event.target.closest(".form-field");
    if (field) choose(field.dataset.uid.slice(field.dataset.prefix.length));
  });
  document.addEventListener("input", (event) => { // conditions that only the server can tell
    const form = event.target.closest("form");
    if (!form?.querySelector("[data-hide='\"server\"'], [data-need='\"server\"']")) return;
    clearTimeout(timer);
    timer = setTimeout(() => ask(""), 400);
  });

  /** Shows a drawn form. `keep`: the focus and the place on the page stay. */
  window.showForm = (html, { theme, lang, keep, ask: asked, choose: chosen }) => {
    const root = document.documentElement;
    root.dataset.theme = theme;
    root.dataset.bsTheme = theme;
    root.lang = lang;
    ask = asked;
    choose = chosen;
    clearTimeout(timer);
    const active = document.activeElement;
    const focus = host.contains(active) ? active.id : "";
    const at = focus && "selectionStart" in active ? active.selectionStart : null;
    const top = scrollY;
    host.innerHTML = html; // drawn and escaped by our own server
    const alive = document.createElement("script");
    alive.src = script;
    alive.onload = () => {
      alive.remove();
      if (!keep) return;
      scrollTo(0, top);
      const again = focus && document.getElementById(focus);
      if (!again) return;
      again.focus({ preventScroll: true });
      try { if (at !== null) again.setSelectionRange(at, at); } catch { /* a date has no selection */ }
    };
    document.body.append(alive);
  };
})();
