// Small comforts of every page; each works on top of plain links and forms.
(() => {
  const typing = (event) =>
    event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey ||
    event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

  // Another page than the form's, and not one that tells of an error: what was handed in has arrived.
  if (!document.querySelector("form.kt-form, [data-fault]")) {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith("sent:")) sessionStorage.removeItem(key);
  }

  // A menu closes when one clicks elsewhere or presses Escape.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    const close = event.target.closest(".toast-line .close");
    if (close) close.closest(".toast-line").remove();
    const opener = event.target.closest("[data-dialog]");
    if (opener) { event.preventDefault(); document.getElementById(opener.dataset.dialog)?.showModal(); }
    if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  });
  let leader = 0; // when g was pressed: the next key says where to go
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    }
    // Ctrl+Enter sends the form one is typing in.
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) event.target.closest("form")?.requestSubmit();
    if (typing(event) || document.querySelector("dialog[open]")) return;
    if (event.key === "g") { leader = event.timeStamp; return; }
    const place = { i: "/inbox", n: "/start", c: "/cases" }[event.key];
    if (place && leader && event.timeStamp - leader < 1500) {
      event.stopImmediatePropagation();
      document.querySelector(`.main-nav a[href="${place}"]`)?.click();
    }
    leader = 0;
    if (event.key === "?") { event.preventDefault(); document.getElementById("keys")?.showModal(); }
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });

  // What an inspector wrote on this phone and has not sent (inspect-store.js) is told before he signs out.
  const unsent = async (login) => {
    if (!(await indexedDB.databases?.())?.some((one) => one.name === "keyturn-inspect")) return 0;
    const base = await new Promise((done, failed) => { const asked = indexedDB.open("keyturn-inspect"); asked.onsuccess = () => done(asked.result); asked.onerror = failed; });
    try {
      const asked = base.transaction("queue").objectStore("queue").getAll();
      await new Promise((done, failed) => { asked.onsuccess = done; asked.onerror = failed; });
      return asked.result.filter((row) => row.login === login).length;
    } finally { base.close(); }
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.unsent || form.dataset.asked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const left = await unsent(form.dataset.login).catch(() => 0);
    if (left && !confirm(form.dataset.unsent.replace("{n}", left))) return;
    form.dataset.asked = "yes";
    form.requestSubmit();
  }, true);

  // A form is sent once: a second click while the first is on its way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.dataset.sent) { if (form.dataset.sent) event.preventDefault(); return; }
    if (form.method !== "post") return;
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 4000); // an answer that is a file leaves the page as it is
  });
  addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent; });

  // A selection that is a question of its own sends its form at once.
  document.addEventListener("change", (event) => { if (event.target.matches("select[data-send]")) event.target.form.requestSubmit(); });

  // Good news leaves by itself, bad news stays until it is closed.
  const tidy = () => {
    for (const line of document.querySelectorAll(".toast-success:not([data-timed])")) {
      line.dataset.timed = "yes";
      setTimeout(() => line.remove(), 5000);
    }
  };
  document.addEventListener("htmx:load", tidy);
  tidy();
  document.addEventListener("htmx:sendError", () => {
    const template = document.getElementById("offline");
    if (template && !document.querySelector(".toast-offline")) document.getElementById("toasts").append(template.content.cloneNode(true));
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) document.querySelector(".toast-offline")?.remove(); });

  // The first problem of a page takes the focus, so that a screen reader tells it.
  document.querySelector(".problem[tabindex]")?.focus();
})();
