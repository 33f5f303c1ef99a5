// Pictures on the phone: made smaller before they are kept, drawn on without changing them, pinned on the floor plan, signed.
(() => {
  const store = window.inspection;
  const LONGEST = 1600; // with the quality below: 40 photos full of detail in half a minute at 10 Mbit/s
  const SVG = "http://www.w3.org/2000/svg";
  const { part } = store;
  const svg = (tag, given = {}, ...inner) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
    made.append(...inner);
    return made;
  };

  const shrink = async (file) => {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const share = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * share), height: Math.round(picture.height * share) });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.78); });
    if (!blob) throw new Error("no picture");
    return blob;
  };
  // A kept photo, or the server's copy of one that is not on this phone.
  const address = async (id, size = "") => {
    const kept = await store.look((at) => store.got(at("photos").get(id)));
    return kept ? URL.createObjectURL(kept.blob) : `/attachments/${id}${size}`;
  };
  const show = async (place, photo) => {
    const url = await address(photo.attachment, "?size=small");
    const image = Object.assign(new Image(), { alt: "", src: url });
    image.onload = () => URL.revokeObjectURL(url);
    image.onerror = () => image.remove(); // without network, or not for this person
    const drawn = svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" }, ...(photo.marks ?? []).map((line) => svg("polyline", { points: line.map((point) => point.join(",")).join(" ") })));
    place.replaceChildren(image, drawn);
  };

  const place = (node, event) => {
    const box = node.getBoundingClientRect();
    const share = (at, from, size) => Math.round(Math.min(1, Math.max(0, (at - from) / size)) * 10_000) / 10_000;
    return [share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height)];
  };
  const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) > 0.006;
  const closed = (dialog) => new Promise((done) => { dialog.addEventListener("close", done, { once: true }); });

  // Draw with the finger; gives the strokes, lists of points between 0 and 1. The photo itself stays as it is.
  const mark = async (photo) => {
    const dialog = document.getElementById("marks");
    const canvas = dialog.querySelector("canvas");
    const pen = canvas.getContext("2d");
    const image = new Image();
    image.src = await address(photo.attachment);
    await image.decode();
    Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
    const strokes = (photo.marks ?? []).map((line) => [...line]);
    const draw = () => {
      pen.drawImage(image, 0, 0);
      Object.assign(pen, { strokeStyle: "#e11d2e", lineWidth: Math.max(4, canvas.width / 160), lineCap: "round", lineJoin: "round" });
      for (const line of strokes) {
        pen.beginPath();
        for (const [x, y] of line) pen.lineTo(x * canvas.width, y * canvas.height);
        pen.stroke();
      }
    };
    canvas.onpointerdown = (event) => { event.preventDefault(); canvas.setPointerCapture(event.pointerId); if (strokes.length < 60) { const at = place(canvas, event); strokes.push([at, at]); draw(); } };
    canvas.onpointermove = (event) => {
      const line = strokes.at(-1);
      if (!event.buttons || !line || line.length >= 400) return;
      const at = place(canvas, event);
      if (far(line.at(-1), at)) { line.push(at); draw(); }
    };
    part(dialog, "undo").onclick = () => { strokes.pop(); draw(); };
    part(dialog, "done").onclick = () => dialog.close();
    draw();
    dialog.showModal();
    await closed(dialog);
    URL.revokeObjectURL(image.src);
    return strokes;
  };

  // Without a plan the rooms are drawn from their boxes, or side by side.
  const schematic = (rooms, here) => {
    const across = Math.ceil(Math.sqrt(rooms.length));
    const down = Math.ceil(rooms.length / across);
    const boxed = rooms.every((room) => room.box.length === 4);
    const made = svg("svg", { viewBox: "0 0 100 100" });
    rooms.forEach((room, i) => {
      const [x, y, w, h] = (boxed ? room.box : [(i % across) / across, Math.floor(i / across) / down, 1 / across, 1 / down]).map((one) => one * 98);
      made.append(svg("rect", { x: x + 1, y: y + 1, width: w, height: h, ...(room.name === here ? { class: "is-here" } : {}) }), svg("text", { x: x + 1 + w / 2, y: y + 3 + h / 2 }, room.name));
    });
    return made;
  };
  const pin = async (house, room, now, { fixed = false } = {}) => {
    const dialog = document.getElementById("pin");
    const plan = part(dialog, "plan");
    const point = Object.assign(document.createElement("span"), { className: "inspect-pin" });
    let at = now;
    const set = () => { point.hidden = !at; if (at) Object.assign(point.style, { left: `${at[0] * 100}%`, top: `${at[1] * 100}%` }); };
    let picture = schematic(house.rooms, room);
    if (house.plan) {
      const image = Object.assign(new Image(), { alt: "", src: `/inspect/${encodeURIComponent(house.number)}/plan` });
      await image.decode().then(() => { picture = image; }, () => {});
    }
    plan.replaceChildren(picture, point);
    if (!fixed) picture.addEventListener("click", (event) => { at = place(picture, event); set(); });
    part(dialog, "none").hidden = fixed;
    part(dialog, "done").onclick = () => dialog.close();
    part(dialog, "none").onclick = () => { at = null; dialog.close(); };
    set();
    dialog.showModal();
    await closed(dialog);
    return at;
  };

  const pad = (canvas, clear) => {
    const pen = canvas.getContext("2d");
    let signed = false;
    const at = (event) => { const [x, y] = place(canvas, event); return [x * canvas.width, y * canvas.height]; };
    const wipe = () => { signed = false; pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height); Object.assign(pen, { lineWidth: 4, lineCap: "round", strokeStyle: "#111" }); };
    canvas.onpointerdown = (event) => { event.preventDefault(); canvas.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...at(event)); pen.lineTo(...at(event)); pen.stroke(); signed = true; };
    canvas.onpointermove = (event) => { if (event.buttons) { pen.lineTo(...at(event)); pen.stroke(); } };
    clear.onclick = wipe;
    wipe();
    return () => (signed ? new Promise((done) => { canvas.toBlob(done, "image/png"); }) : Promise.resolve(null));
  };
  // Some browsers cannot read what some cameras write.
  const strange = (file) => (/hei[cf]/i.test(`${file.type} ${file.name}`) ? store.say.heic : store.say.unreadable);
  Object.assign(store, { strange, shrink, show, draw: mark, pin, pad });
})();
