// The inbox on the keyboard, and kept fresh: what is chosen and where one stands survive each refresh.
(() => {
  const list = () => document.getElementById("inbox");
  if (!list()) return;
  const EVERY = 20_000;
  let here = "";
  let seen = "";
  let picked = new Set();

  const rows = () => [...list().querySelectorAll("tbody tr[data-task]")];
  const current = () => rows().find((row) => row.dataset.task === here);
  const boxes = () => [...list().querySelectorAll("input[name=task]")];

  function stand(row, focus = true) {
    here = row ? row.dataset.task : "";
    for (const other of rows()) other.classList.toggle("here", other === row);
    if (row && focus) { row.querySelector(".name").focus({ preventScroll: true }); row.scrollIntoView({ block: "nearest" }); }
  }
  function step(by) {
    const all = rows();
    const at = all.indexOf(current());
    if (all.length) stand(all[Math.max(0, Math.min(all.length - 1, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))]);
  }
  function count() {
    picked = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    const all = list().querySelector("[data-all]");
    if (all) { all.checked = picked.size > 0 && picked.size === boxes().length; all.indeterminate = picked.size > 0 && !all.checked; }
    const bar = list().querySelector("[data-bulk]");
    if (!bar) return;
    bar.hidden = !picked.size;
    const label = bar.querySelector("[data-count]");
    label.textContent = label.dataset.count.replace("0", picked.size);
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    const press = (action) => current()?.querySelector(`[data-key=${action}]`)?.click();
    if (event.key === "j" || event.key === "ArrowDown") { event.preventDefault(); step(1); }
    else if (event.key === "k" || event.key === "ArrowUp") { event.preventDefault(); step(-1); }
    else if (event.key === "c") press("claim");
    else if (event.key === "u") press("release");
    else if (event.key === "x") { const box = current()?.querySelector("input[name=task]"); if (box) { box.checked = !box.checked; count(); } }
    else if (event.key === "Enter" && current() && !event.target.closest("a, button, summary")) current().querySelector(".name").click();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
    if (event.target.matches("[data-all], input[name=task]")) count();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("#inbox tr[data-task]");
    if (row && row.dataset.task !== here) stand(row, false);
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.triggeringEvent?.type === "refresh") event.detail.headers["X-Seen"] = seen;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "inbox") return;
    seen = event.detail.xhr.getResponseHeader("X-Seen") || "";
    for (const box of boxes()) box.checked = picked.has(box.value);
    count();
    const row = current();
    if (row) stand(row, document.activeElement === document.body);
  });

  const refresh = () => { if (document.visibilityState === "visible") window.htmx?.trigger(list(), "refresh"); };
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
  count();
})();
