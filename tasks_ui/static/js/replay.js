// A case played again: the slider and the play button move through what the page already holds.
(() => {
  "use strict";
  const panel = document.querySelector(".replay");
  if (!panel) return;
  const moments = JSON.parse(panel.dataset.moments);
  const pages = [...panel.querySelectorAll(".replay-page")];
  const slide = panel.querySelector("input[type=range]"), play = panel.querySelector("[data-play]");
  const said = panel.querySelector("[data-said]"), count = panel.querySelector("[data-count]");
  const PACE = 1300, MARKS = ["is-done", "is-current", "is-now", "is-named"];
  let step = Number(panel.dataset.step), timer = 0;
  const nodes = pages.map((page) => new Map([...page.querySelectorAll(".node[data-element]")].map((node) => [node.dataset.element, node])));
  const mark = ([page, element], name) => { const node = nodes[page] && nodes[page].get(element); if (node) node.classList.add(name); return node; };
  for (const badge of panel.querySelectorAll(".badge")) badge.remove();

  const show = (wanted) => {
    step = Math.min(Math.max(wanted, 1), moments.length);
    const now = moments[step - 1], resting = new Set(now.rest.map(String));
    for (const known of nodes) for (const node of known.values()) node.classList.remove(...MARKS);
    for (const moment of moments.slice(0, step)) for (const place of moment.touched) if (!resting.has(String(place))) mark(place, "is-done");
    for (const place of now.rest) mark(place, "is-current");
    for (const place of now.touched) mark(place, "is-now");
    const node = mark([now.page, now.element], "is-named");
    pages.forEach((page, at) => { page.open = at === now.page; });
    said.textContent = now.said;
    count.textContent = `${step} / ${moments.length}`;
    slide.value = step;
    slide.setAttribute("aria-valuetext", now.said);
    panel.dataset.step = step;
    for (const [where, end] of [[-1, 1], [1, moments.length]]) {
      const button = panel.querySelector(`[data-go="${where}"]`);
      button.toggleAttribute("aria-disabled", step === end);
      if (step === end) { button.setAttribute("aria-disabled", "true"); button.removeAttribute("href"); } else button.href = `?step=${step + where}`;
    }
    for (const row of document.querySelectorAll(".replay-rows tbody tr")) {
      if (row.id === `step-${step}`) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
    }
    if (node) {
      const frame = node.closest(".diagram"), box = node.getBoundingClientRect(), around = frame.getBoundingClientRect();
      frame.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
      frame.scrollTop += box.top + box.height / 2 - around.top - around.height / 2;
    }
  };
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = play.dataset.label; };
  play.addEventListener("click", () => {
    if (timer) { stop(); return; }
    if (step >= moments.length) show(1);
    play.textContent = play.dataset.pause;
    timer = setInterval(() => { if (step >= moments.length) stop(); else show(step + 1); }, PACE);
  });
  slide.addEventListener("input", () => { stop(); show(Number(slide.value)); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-go], [data-to]");
    if (!link || !link.href || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    stop();
    show(link.dataset.to ? Number(link.dataset.to) : step + Number(link.dataset.go));
    if (link.dataset.to) panel.scrollIntoView({ block: "start" });
  });
  let before = [];
  window.addEventListener("beforeprint", () => { before = pages.map((page) => page.open); for (const page of pages) page.open = true; });
  window.addEventListener("afterprint", () => pages.forEach((page, at) => { page.open = before[at]; }));
  slide.closest("[hidden]").hidden = false;
  play.hidden = false;
  show(step);
})();
