"use strict";
/* A comparison: a line and its element light up together in both pictures, which scroll together. */
for (const form of document.querySelectorAll("[data-submit-on-change]")) form.addEventListener("change", () => form.form.requestSubmit());

for (const section of document.querySelectorAll(".compared")) {
  const lines = [...section.querySelectorAll(".compare-lines button")];
  const panes = [...section.querySelectorAll(".compare-scroll")];
  let quiet = false;

  function within(pane, id) {
    return [...pane.querySelectorAll("[data-sign], [data-element]")].filter((part) => part.dataset.sign === id || part.dataset.element === id);
  }

  function reveal(pane, part) {
    const box = part.getBoundingClientRect(), frame = pane.getBoundingClientRect();
    pane.scrollBy({ left: box.left + box.width / 2 - frame.left - frame.width / 2, top: box.top + box.height / 2 - frame.top - frame.height / 2 });
  }

  /** Both sides of every picture go to the first of these lines that they show. Gives the first picture that does. */
  function goTo(those) {
    let shown = null;
    quiet = true; // each side goes to its own place now: elements may stand elsewhere
    for (let at = 0; at + 1 < panes.length; at += 2) {
      const line = those.find((one) => within(panes[at], one.dataset.before).length || within(panes[at + 1], one.dataset.element).length);
      if (!line) continue;
      shown ??= panes[at].closest("[data-compare]");
      for (const [pane, id] of [[panes[at], line.dataset.before], [panes[at + 1], line.dataset.element]]) {
        const [part] = within(pane, id);
        if (part) reveal(pane, part);
      }
    }
    requestAnimationFrame(() => requestAnimationFrame(() => { quiet = false; }));
    return shown;
  }

  function choose(line, scrollLine) {
    for (const other of lines) other.setAttribute("aria-pressed", String(other === line));
    section.querySelectorAll(".is-chosen").forEach((part) => part.classList.remove("is-chosen"));
    panes.forEach((pane, at) => {
      within(pane, at % 2 ? line.dataset.element : line.dataset.before).forEach((part) => part.classList.add("is-chosen"));
    });
    const shown = goTo([line]);
    if (scrollLine) line.scrollIntoView({ block: "nearest" });
    else shown?.scrollIntoView({ block: "nearest" });
  }

  lines.forEach((line) => {
    line.setAttribute("aria-pressed", "false");
    line.addEventListener("click", () => choose(line, false));
  });

  panes.forEach((pane, at) => {
    pane.addEventListener("click", (event) => {
      const part = event.target.closest("[data-sign], [data-element]");
      if (!part) return;
      const id = part.dataset.sign || part.dataset.element;
      const line = lines.find((one) => (at % 2 ? one.dataset.element : one.dataset.before) === id);
      if (line) choose(line, true);
    });
    pane.addEventListener("scroll", () => {
      const other = panes[at % 2 ? at - 1 : at + 1];
      if (quiet || !other) return;
      const across = pane.scrollWidth - pane.clientWidth, down = pane.scrollHeight - pane.clientHeight;
      const left = across ? (pane.scrollLeft / across) * (other.scrollWidth - other.clientWidth) : 0;
      const top = down ? (pane.scrollTop / down) * (other.scrollHeight - other.clientHeight) : 0;
      if (Math.abs(other.scrollLeft - left) > 2 || Math.abs(other.scrollTop - top) > 2) other.scrollTo(left, top);
    }, { passive: true });
  });

  goTo(lines);

  for (const pair of section.querySelectorAll("[data-compare]")) {
    const fit = pair.querySelector("[data-fit]");
    fit.hidden = false;
    fit.addEventListener("click", () => fit.setAttribute("aria-pressed", String(pair.classList.toggle("fits"))));
  }
}

for (const table of document.querySelectorAll(".table-scroll")) {
  const cell = table.querySelector(".cell-changed"); // wide tables begin where something is different
  if (cell && cell.offsetLeft + cell.offsetWidth > table.clientWidth) table.scrollLeft = cell.offsetLeft - table.clientWidth / 2;
}
