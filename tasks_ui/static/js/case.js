// Bring the step where the case stands into view: diagrams are wider than a phone.
(() => {
  const show = (box) => {
    const step = box.querySelector(".is-current");
    if (!step) return;
    const at = step.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    box.scrollLeft += at.left + at.width / 2 - frame.left - frame.width / 2;
    box.scrollTop += at.top + at.height / 2 - frame.top - frame.height / 2;
  };
  const all = () => document.querySelectorAll(".diagram").forEach(show);
  document.querySelectorAll(".page-of").forEach((page) => page.addEventListener("toggle", () => page.querySelectorAll(".diagram").forEach(show)));
  if (document.readyState === "complete") all();
  else addEventListener("load", all);
})();
