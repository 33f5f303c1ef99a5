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
    // Nothing is passed in one go before its photos lay open.
    const look = button.closest("[data-house]").querySelector("[data-look]");
    const show = () => { button.hidden = look ? !look.open : false; };
    show();
    look?.addEventListener("toggle", () => { if (look.open) show(); });
    button.addEventListener("click", () => button.closest("[data-house]").querySelectorAll("input[type=radio][value=pass]").forEach((one) => { one.checked = true; }));
  }
  // A signature drawn with the finger goes along as a picture; without script a photograph of one does.
  for (const part of document.querySelectorAll("[data-sign]")) {
    const canvas = Object.assign(document.createElement("canvas"), { className: "form-pad", width: 900, height: 300 });
    const clear = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-link form-clear", textContent: part.dataset.signClear });
    const told = Object.assign(document.createElement("p"), { className: "form-help", textContent: part.dataset.signLabel });
    const held = part.querySelector("input[name=signature]");
    const pen = canvas.getContext("2d");
    canvas.setAttribute("aria-hidden", "true");
    const at = (event) => { const r = canvas.getBoundingClientRect(); return [(event.clientX - r.left) * 900 / r.width, (event.clientY - r.top) * 300 / r.height]; };
    const wipe = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, 900, 300); pen.lineWidth = 4; pen.lineCap = "round"; pen.strokeStyle = "#111"; held.value = ""; };
    canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...at(event)); };
    canvas.onpointermove = (event) => { if (event.buttons) { pen.lineTo(...at(event)); pen.stroke(); held.value = "drawn"; } };
    part.closest("form").addEventListener("submit", () => { if (held.value) held.value = canvas.toDataURL("image/png"); });
    clear.onclick = wipe;
    wipe();
    held.after(told, canvas, clear);
    part.querySelector("details").open = false;
  }
})();
