// Choosing all orders of the sheet, passing all defects of a house. Without script each is chosen by itself.
(() => {
  const all = document.querySelector("[data-all]");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const boxes = [...document.querySelectorAll(".daily input[name=task]")];
      const wanted = !boxes.every((box) => box.checked);
      boxes.forEach((box) => { box.checked = wanted; });
    });
  }
  for (const button of document.querySelectorAll("[data-pass]")) {
    button.hidden = false;
    button.addEventListener("click", () => button.closest("[data-house]").querySelectorAll("input[type=radio][value=pass]").forEach((one) => { one.checked = true; }));
  }
})();
