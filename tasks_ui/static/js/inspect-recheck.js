// The recheck of a house: every repaired defect with its first photo and its place; photo, then pass or not, by one tap each.
(() => {
  const store = window.inspection;
  const { say, words, make, part, mark, press } = store;
  const MOST = 6;
  const PASSED = "通过";
  const FAILED = "不通过";
  let lastNote = "";

  const complainer = (place) => (sentence) => { place.textContent = sentence; place.hidden = !sentence; };

  // One repaired defect. A photo taken before the answer is a draft of its own in the phone's store.
  const again = (house, defect, login) => {
    const node = make("again");
    const at = (name) => part(node, name);
    const complain = complainer(at("problem"));
    const input = node.querySelector("input[type=file]");
    const note = node.querySelector("input[type=text]");
    const key = [login, `${house.number} ${defect.id}`];
    let draft = [];
    let answer = null;
    input.id = `shoot-${defect.id}`;
    node.querySelector("label.inspect-shoot").htmlFor = input.id;
    note.id = `note-${defect.id}`;
    node.querySelector("label.form-name").htmlFor = note.id;
    const guarded = (work) => async (...given) => { try { await work(...given); } catch (problem) { complain(store.why(problem)); } };
    const photos = () => answer?.photos ?? draft;
    const put = async (passed, pictures, said) => {
      if (!pictures.length) { complain(say.photo); return; }
      await store.change(async (step) => {
        const { rechecks, finished } = store.seen(await store.house(step, login, house.number), await store.rows(step, login));
        if (finished) return;
        const known = rechecks.get(defect.id);
        const after = await store.send(step, login, house.number, pictures);
        const body = { defect: defect.id, passed, note: passed === FAILED ? said : "", photos: pictures.map(({ attachment, marks }) => ({ attachment, kind: "after", marks: marks ?? [] })) };
        await store.enqueue(step, login, house.number, "recheck", known?.id ?? store.uuid(), body, { base: known?.revision ?? 0, after });
        step("drafts").delete(key);
      });
      complain("");
      store.round();
    };
    // What was answered is answered anew with the change; what was not stays a draft.
    const change = async (pictures) => {
      if (answer && pictures.length) { await put(answer.passed, pictures, answer.note); return; }
      draft = pictures;
      await store.change(async (step) => { step("drafts").put({ login, number: key[1], photos: pictures }); });
      show();
    };
    let drawn = "";
    const show = () => {
      press(node.querySelector(".inspect-answers"), answer?.passed ?? "");
      node.classList.toggle("is-done", answer?.passed === PASSED);
      mark(node.querySelector(".inspect-mark"), answer?.state);
      at("noted").hidden = answer?.passed !== FAILED;
      if (document.activeElement !== note) note.value = answer?.note ?? "";
      const now = JSON.stringify(photos());
      if (now === drawn) return;
      drawn = now;
      at("photos").replaceChildren(...photos().map((photo) => {
        const figure = make("photo");
        store.show(figure.querySelector(".inspect-picture"), photo).catch(() => {});
        part(figure, "mark").ariaLabel = say.mark;
        part(figure, "remove").ariaLabel = say.remove;
        part(figure, "mark").onclick = guarded(async () => { const marks = await store.draw(photo); await change(photos().map((one) => (one.attachment === photo.attachment ? { ...one, marks } : one))); });
        part(figure, "remove").onclick = guarded(() => change(photos().filter((one) => one.attachment !== photo.attachment)));
        return figure;
      }));
    };
    const named = house.problems.find((one) => one.code === defect.problem)?.name ?? defect.problem;
    node.querySelector("strong").textContent = `${defect.severity} · ${[...(defect.part.split("/").slice(1)), named].join(" ")}`;
    at("text").textContent = defect.text;
    const pictures = ["before", "after"].map((kind) => defect.photos.filter((one) => (one.kind ?? "before") === kind).at(-1)).filter(Boolean);
    for (const photo of pictures) {
      const place = Object.assign(document.createElement("span"), { className: "inspect-picture" });
      const said = Object.assign(document.createElement("span"), { className: "muted small", textContent: photo.kind === "after" ? say.after : say.before });
      const figure = document.createElement("span");
      figure.append(said, place);
      at("before").append(figure);
      store.show(place, photo).catch(() => {});
    }
    at("pin").hidden = defect.plan_x == null;
    at("pin").onclick = () => store.pin(house, defect.room, [defect.plan_x, defect.plan_y], { fixed: true });
    input.onchange = guarded(async () => {
      const [file] = input.files;
      if (!file) return;
      if (photos().length >= MOST) { complain(words(say.most, { n: MOST })); return; }
      const blob = await store.shrink(file).catch(() => null);
      input.value = "";
      if (!blob) { complain(store.strange(file)); return; }
      const id = store.uuid();
      await store.change(async (step) => { step("photos").put({ id, login, number: house.number, blob }); });
      complain("");
      await change([...photos(), { attachment: id, kind: "after", marks: [] }]);
    });
    node.querySelector(`[value="${PASSED}"]`).onclick = guarded(() => put(PASSED, photos(), ""));
    node.querySelector(`[value="${FAILED}"]`).onclick = guarded(async () => { await put(FAILED, photos(), answer?.note || lastNote || say.still); });
    note.onchange = guarded(async () => { lastNote = note.value.trim(); if (lastNote) await put(FAILED, photos(), lastNote); });
    store.look((step) => store.got(step("drafts").get(key))).then((kept) => { if (kept && !answer) { draft = kept.photos; show(); } });
    return { id: defect.id, node, refresh: (rechecks) => { answer = rechecks.get(defect.id) ?? null; show(); } };
  };

  const recheck = (house, login) => {
    const node = make("recheck");
    const at = (name) => part(node, name);
    const complain = complainer(node.querySelector(":scope > [data-at=problem]"));
    let cards = [];
    const build = (due) => {
      cards = due.map((defect) => again(house, defect, login));
      const rooms = [...new Set(due.map((defect) => defect.room))];
      at("due").replaceChildren(...rooms.map((name) => {
        const group = make("group");
        group.querySelector("h2").textContent = name;
        group.querySelector("ul").className = "inspect-found";
        group.querySelector("ul").append(...cards.filter((_, i) => due[i].room === name).map((card) => card.node));
        return group;
      }));
    };
    at("rooms").replaceChildren(...house.rooms.map((room, i) => {
      const line = make("roomlink");
      line.firstElementChild.href = `#${i}`;
      line.querySelector("strong").textContent = room.name;
      return line;
    }));
    const refresh = ({ queue, kept }) => {
      const { due, defects, rechecks, finished } = store.seen(kept.get(house.number) ?? house, queue);
      if (due.map((one) => one.id).join() !== cards.map((one) => one.id).join()) build(due);
      for (const card of cards) card.refresh(rechecks);
      at("head").textContent = [house.batch, words(say.rechecked, { done: rechecks.size, all: due.length })].join(" · ");
      at("found").replaceChildren(...defects.map((one) => store.foundLine(house, one, () => { location.hash = house.rooms.findIndex((room) => room.name === one.room); })));
      const left = [...due.filter((one) => rechecks.get(one.id)?.passed === FAILED), ...defects];
      at("agree").hidden = !left.length || left.some((one) => one.severity !== "C");
      const passed = due.length - [...rechecks.values()].filter((one) => one.passed === FAILED).length;
      at("rest").textContent = rechecks.size < due.length ? words(say.unchecked, { n: due.length - rechecks.size }) : words(say.outcome, { passed, left: left.length });
      at("finish").hidden = finished;
      store.ended(at("over"), kept.get(house.number) ?? house, finished);
    };
    at("finish").onsubmit = async (event) => {
      event.preventDefault();
      try {
        await store.change(async (step) => {
          const { due, rechecks, finished } = store.seen(await store.house(step, login, house.number), await store.rows(step, login));
          const missing = due.filter((one) => !rechecks.has(one.id)).length;
          complain(missing ? words(say.unchecked, { n: missing }) : "");
          if (finished || missing) return;
          const agreed = at("agree").hidden ? "" : node.querySelector("#agreed").value.trim();
          await store.enqueue(step, login, house.number, "finish", store.uuid(), agreed ? { agreed_by: agreed } : {});
        });
        store.round();
      } catch (reason) { complain(store.why(reason)); }
    };
    return { node, refresh, title: house.unit, up: "/inspect" };
  };
  Object.assign(store, { recheck });
})();
