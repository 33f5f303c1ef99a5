// The import doctor: files dropped on the page are sent at once; a remark and its element show each other.
(() => {
  "use strict";
  const form = document.querySelector(".doctor");
  const drop = form && form.querySelector("[data-drop]");
  if (!drop) return;
  const files = drop.querySelector("input[type=file]");
  const send = () => form.requestSubmit(drop.querySelector("button"));
  files.addEventListener("change", () => { if (files.files.length) send(); });
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) drop.classList.remove("is-over");
  });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    files.files = event.dataTransfer.files;
    send();
  });
  const show = (section, element, on) => {
    for (const one of section.querySelectorAll(`[data-element="${CSS.escape(element)}"]`)) one.classList.toggle("is-shown", on);
  };
  for (const remark of form.querySelectorAll(".remarks li")) {
    const section = remark.closest("section");
    for (const [kind, on] of [["mouseenter", true], ["mouseleave", false], ["focusin", true], ["focusout", false]]) {
      remark.addEventListener(kind, () => show(section, remark.dataset.element, on));
    }
  }
  for (const node of form.querySelectorAll(".doctor-map .node")) {
    node.addEventListener("click", () => {
      const section = node.closest("section");
      const remark = section.querySelector(`.remarks li[data-element="${CSS.escape(node.dataset.element)}"]`);
      if (remark) remark.scrollIntoView({ block: "center", behavior: "smooth" });
    });
  }
})();
