// One room: part, problem, photo, save; its checklist. What is typed is a draft in the phone's store until it is saved.
(() => {
  const store = window.inspection;
  const { say, words, make, part, mark, chip, press } = store;
  const MOST = 6;
  const severities = say.severities.split("|");

  // What was chosen last for a part is offered first: the same fault comes again in the next house.
  const recent = () => { try { return JSON.parse(sessionStorage.getItem("inspect-recent")) ?? {}; } catch { return {}; } };
  const remember = (code, problem) => { try { sessionStorage.setItem("inspect-recent", JSON.stringify({ ...recent(), [code]: problem })); } catch { /* no store: nothing is remembered */ } };

  const foundLine = (house, defect, choose) => {
    const line = make("found");
    const named = house.problems.find((one) => one.code === defect.problem)?.name ?? defect.problem;
    line.querySelector("strong").textContent = `${defect.severity} · ${[defect.room, ...(defect.part.split("/").slice(1)), named].join(" ")}`;
    part(line, "text").textContent = defect.text;
    mark(line.querySelector(".inspect-mark"), defect.state);
    if (defect.photos.length) store.show(line.querySelector(".inspect-thumb"), defect.photos[0]).catch(() => {});
    line.firstElementChild.onclick = () => choose(defect);
    return line;
  };

  const room = (house, place, login) => {
    const node = make("room");
    const at = (name) => part(node, name);
    const text = node.querySelector("#words");
    const card = at("card");
    let draft = null;
    let problems = 0;
    const key = [login, house.number];
    const complain = (sentence) => { problems = sentence ? problems + 1 : 0; at("problem").textContent = sentence; at("problem").hidden = !sentence; };
    const guarded = (work) => async (...given) => {
      try { await work(...given); } catch (problem) { complain(store.why(problem)); }
    };
    const save = () => store.change(async (step) => {
      const kept = await store.got(step("drafts").get(key));
      if (draft) step("drafts").put({ ...draft, base: kept?.id === draft.id ? kept.base : draft.base, login, number: house.number });
    });

    // --- the defect being noted -------------------------------------------------------------------------------------------
    const named = (code) => house.problems.find((one) => one.code === code);
    const offer = () => {
      const trades = place.parts.find((one) => one.code === draft.part)?.likely ?? [];
      const last = recent()[draft.part];
      const rank = (one) => (one.code === last ? -1 : trades.includes(one.trade) ? trades.indexOf(one.trade) : trades.length);
      at("problems").replaceChildren(...[...house.problems].sort((a, b) => rank(a) - rank(b)).map((one) => chip(one.name, one.code, one.code === draft.problem, guarded(() => choose(one)))));
      at("problems-box").hidden = false;
    };
    const pictures = () => {
      at("photos").replaceChildren(...draft.photos.map((photo) => {
        const figure = make("photo");
        store.show(figure.querySelector(".inspect-picture"), photo).catch(() => {});
        part(figure, "mark").ariaLabel = say.mark;
        part(figure, "remove").ariaLabel = say.remove;
        part(figure, "mark").onclick = guarded(async () => { photo.marks = await store.draw(photo); pictures(); await save(); });
        part(figure, "remove").onclick = guarded(async () => { draft.photos = draft.photos.filter((one) => one !== photo); pictures(); await save(); });
        return figure;
      }));
    };
    const show = () => {
      card.hidden = !draft?.problem;
      if (!draft) {
        press(at("parts"), "");
        at("problems-box").hidden = true;
        return;
      }
      press(at("parts"), draft.part);
      offer();
      at("severity").replaceChildren(...severities.map((label) => chip(label, label[0], label[0] === draft.severity, guarded(async (made) => { draft.severity = made.value; press(at("severity"), made.value); await save(); }))));
      text.value = draft.text;
      at("pin").querySelector("span").textContent = draft.plan_x == null ? say.unpinned : say.pinned;
      at("gone").hidden = !draft.old;
      pictures();
    };
    const begin = (code) => {
      draft = draft && !draft.old ? { ...draft, part: code } : { id: store.uuid(), room: place.name, part: code, problem: "", severity: "", text: "", plan_x: null, plan_y: null, photos: [], base: 0, old: false };
      complain("");
      show();
    };
    const choose = async (one) => {
      const before = named(draft.problem)?.name ?? "";
      Object.assign(draft, { problem: one.code, severity: one.severity, text: draft.text && draft.text !== before ? draft.text : one.name });
      complain("");
      show();
      await save();
      card.scrollIntoView({ block: "nearest" });
    };
    const edit = (defect) => {
      const { id, room: where, part: code, problem, severity, text: said, plan_x, plan_y, photos, revision } = defect;
      draft = { id, room: where, part: code, problem, severity, text: said, plan_x, plan_y, photos: photos.map((one) => ({ ...one })), base: revision ?? 0, old: true };
      complain("");
      show();
      save();
      node.scrollIntoView({ block: "start" });
    };
    const leave = () => store.change(async (step) => {
      const left = draft;
      draft = null;
      step("drafts").delete(key);
      const waiting = new Set((await store.rows(step, login)).map((row) => row.target));
      for (const photo of left?.old ? [] : left?.photos ?? []) if (!waiting.has(photo.attachment)) step("photos").delete(photo.attachment);
    });
    const put = guarded(async (gone) => {
      if (!gone && !draft.photos.length) { complain(say.photo); return; }
      const { id, room: where, part: code, problem, severity, plan_x, plan_y } = draft;
      const photos = draft.photos.map(({ attachment, marks }) => ({ attachment, kind: "before", marks: marks ?? [] }));
      await store.change(async (step) => {
        const kept = await store.got(step("drafts").get(key));
        const after = await store.send(step, login, house.number, photos);
        const body = { room: where, part: code, problem, severity, text: text.value.trim(), plan_x, plan_y, photos, ...(gone ? { gone: true } : {}) };
        await store.enqueue(step, login, house.number, "defect", id, body, { base: kept?.id === id ? kept.base : draft.base, after });
        step("drafts").delete(key);
      });
      remember(code, problem);
      draft = null;
      show();
      document.getElementById("said").textContent = say.kept;
      store.round();
    });
    at("parts").replaceChildren(...place.parts.map((one) => chip(one.name, one.code, false, (made) => begin(made.value))));
    node.querySelector("#shoot").onchange = guarded(async (event) => {
      const [file] = event.target.files;
      event.target.value = "";
      if (!file || !draft) return;
      if (draft.photos.length >= MOST) { complain(words(say.most, { n: MOST })); return; }
      const blob = await store.shrink(file).catch(() => null);
      if (!blob) { complain(store.strange(file)); return; }
      const id = store.uuid();
      await store.change(async (step) => { step("photos").put({ id, login, number: house.number, blob }); });
      draft.photos.push({ attachment: id, kind: "before", marks: [] });
      complain("");
      pictures();
      await save();
    });
    at("pin").onclick = guarded(async () => {
      const [x, y] = (await store.pin(house, place.name, draft.plan_x == null ? null : [draft.plan_x, draft.plan_y])) ?? [null, null];
      Object.assign(draft, { plan_x: x, plan_y: y });
      show();
      await save();
    });
    text.oninput = guarded(async () => { draft.text = text.value; await save(); });
    card.onsubmit = (event) => { event.preventDefault(); put(false); };
    at("gone").onclick = () => put(true);
    at("drop").onclick = guarded(async () => { await leave(); complain(""); show(); });

    // --- the checklist ----------------------------------------------------------------------------------------------------
    const answer = async (step, line, result, value) => {
      const known = store.seen(await store.house(step, login, house.number), await store.rows(step, login)).results.get(`${place.name}\n${line.item}`);
      const body = { room: place.name, item: line.item, result, value: value ?? known?.value ?? "", note: known?.note ?? "" };
      await store.enqueue(step, login, house.number, "result", known?.id ?? store.uuid(), body, { base: known?.revision ?? 0 });
    };
    const lines = place.lines.map((line) => {
      const row = make("line");
      row.querySelector("p").textContent = line.text;
      row.ariaLabel = line.text;
      const measure = row.querySelector("input");
      row.querySelector(".inspect-measure").hidden = !line.measure;
      part(row, "unit").textContent = line.measure;
      for (const button of row.querySelectorAll("button")) {
        button.onclick = guarded(async () => {
          await store.change((step) => answer(step, line, button.value));
          store.round();
          if (button.value === "不合格" && !draft?.old) {
            if (place.parts.some((one) => one.code === line.part)) begin(line.part);
            node.scrollIntoView({ block: "start" });
          }
        });
      }
      measure.onchange = guarded(async () => {
        const result = row.querySelector("[aria-pressed=true]")?.value ?? "合格";
        await store.change((step) => answer(step, line, result, measure.value.trim()));
        store.round();
      });
      return { line, row, measure };
    });
    at("lines").replaceChildren(...lines.map((one) => one.row));
    at("lines-box").hidden = !lines.length || house.recheck;
    // Of the lines without an answer: those that may be passed at once, and those of a part with a defect or with a value.
    const parted = (results, defects) => {
      const faulty = new Set(defects.filter((one) => one.room === place.name).map((one) => one.part));
      const left = lines.map((one) => one.line).filter((line) => !results.has(`${place.name}\n${line.item}`));
      const held = (line) => Boolean(line.measure) || faulty.has(line.part);
      return [left.filter((line) => !held(line)), left.filter(held)];
    };
    at("rest").onclick = guarded(async () => {
      const left = await store.change(async (step) => {
        const { results, defects } = store.seen(await store.house(step, login, house.number), await store.rows(step, login));
        const [fine, open] = parted(results, defects);
        for (const line of fine) await answer(step, line, "合格");
        return open.length;
      });
      at("omitted").textContent = words(say.leftOut, { n: left });
      at("omitted").hidden = !left;
      store.round();
    });

    let drawn = "";
    const refresh = ({ queue, kept }) => {
      const { results, defects } = store.seen(kept.get(house.number) ?? house, queue);
      for (const { line, row, measure } of lines) {
        const known = results.get(`${place.name}\n${line.item}`);
        press(row, known?.result ?? "");
        if (document.activeElement !== measure) measure.value = known?.value ?? "";
        mark(row.querySelector(".inspect-mark"), known?.state);
      }
      const [fine, open] = parted(results, defects);
      at("rest").hidden = !fine.length && !open.length;
      if (!open.length) at("omitted").hidden = true;
      const mine = defects.filter((one) => one.room === place.name);
      at("found-box").hidden = !mine.length;
      if (JSON.stringify(mine) !== drawn) at("found").replaceChildren(...mine.map((one) => foundLine(house, one, edit)));
      drawn = JSON.stringify(mine);
    };
    store.look((step) => store.got(step("drafts").get(key))).then((kept) => { if (kept && kept.room === place.name && !draft) { draft = kept; show(); } });
    return { node, refresh, title: place.name };
  };
  Object.assign(store, { room, foundLine });
})();
