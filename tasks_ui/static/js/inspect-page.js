// The inspection pages: the list of houses, a house with its rooms, and which of them the address names.
(() => {
  const store = window.inspection;
  const { say, words, make, part, standing } = store;
  const view = document.getElementById("view");
  const back = document.getElementById("back");
  const segments = location.pathname.split("/").slice(2).map(decodeURIComponent);
  let shown = null;

  const read = () => store.look(async (at) => {
    const login = standing.login || (await store.got(at("meta").get("login"))) || "";
    const kept = (await store.got(at("houses").getAll())).filter((one) => one.login === login);
    const heard = await store.got(at("meta").get(`houses ${login}`));
    return {
      login,
      queue: await store.rows(at, login),
      others: (await store.others(at, login)).length,
      houses: heard ?? [],
      heard: Boolean(heard),
      kept: new Map(kept.map((one) => [one.number, one])),
    };
  });
  const total = (house) => house.rooms.reduce((sum, room) => sum + room.lines.length, 0);
  const progress = (done, all) => (all ? words(say.progress, { done, all }) : "");

  // --- the list -------------------------------------------------------------------------------------------------------------
  const card = (house, { kept, queue }) => {
    const line = make("house");
    const known = kept.get(house.number);
    const current = known && (!known.visit || known.visit === house.visit);
    const seen = current && store.seen(known, queue);
    line.firstElementChild.href = `/inspect/${encodeURIComponent(house.number)}`;
    part(line, "room").textContent = [house.entrance, house.room].filter(Boolean).join("-");
    part(line, "unit").textContent = house.unit;
    part(line, "again").hidden = !house.recheck;
    const far = house.recheck ? seen && words(say.rechecked, { done: seen.rechecks.size, all: seen.due.length }) : seen ? progress(seen.results.size, total(known)) : words(say.planned, { day: house.planned_on || "–" });
    part(line, "progress").textContent = far || "";
    part(line, "defects").textContent = words(say.defects, { n: seen ? seen.defects.length + seen.due.length : house.defects });
    part(line, "aboard").hidden = !current;
    part(line, "aboard").textContent = say.aboard;
    return line;
  };
  const list = () => {
    const node = make("list");
    const search = node.querySelector("#find");
    let last = null;
    let loading = 0;
    const ashore = ({ houses, kept }) => houses.filter((one) => one.today && kept.get(one.number)?.visit !== one.visit);
    // Before going down into the cellar: every house of today is taken along, one after the other.
    part(node, "all").onclick = async () => {
      const houses = ashore(last);
      for (const house of houses) {
        loading = houses.length - houses.indexOf(house);
        if (!(await store.bring(house.number).then(() => true, (reason) => Boolean(reason.status)))) break;
      }
      loading = 0;
      redraw();
    };
    const refresh = (state) => {
      last = state;
      const pieces = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = state.houses.filter((one) => pieces.every((piece) => one.unit.toLowerCase().includes(piece)));
      const groups = new Map();
      for (const house of chosen) {
        const name = [house.today ? say.today : say.later, house.project, words(say.building, { name: house.building }), house.floor && words(say.floor, { name: house.floor })].filter(Boolean).join(" · ");
        groups.set(name, [...(groups.get(name) ?? []), house]);
      }
      part(node, "houses").replaceChildren(...[...groups].map(([name, houses]) => {
        const group = make("group");
        group.querySelector("h2").textContent = name;
        group.querySelector("ul").append(...houses.map((house) => card(house, state)));
        return group;
      }));
      if (!chosen.length && state.heard) part(node, "houses").replaceChildren(Object.assign(document.createElement("p"), { className: "empty", textContent: pieces.length ? say.nothing : say.none }));
      const left = loading || ashore(state).length;
      part(node, "all").hidden = !left || !standing.online || !standing.signedIn;
      part(node, "all").disabled = loading > 0;
      part(node, "all").querySelector("span").textContent = words(loading ? say.loading : say.takeAll, { n: left });
      part(node, "signin").hidden = standing.signedIn;
      part(node, "signin").firstElementChild.textContent = say.signin;
    };
    part(node, "scan").hidden = !store.scan;
    part(node, "scan").onclick = () => store.scan();
    search.oninput = () => last && refresh(last);
    node.querySelector("form").onsubmit = (event) => { event.preventDefault(); node.querySelector(".inspect-card")?.click(); };
    return { node, refresh, title: say.title, up: say.inbox };
  };

  // --- a house --------------------------------------------------------------------------------------------------------------
  const visit = (house, login) => {
    const node = make("visit");
    const at = (name) => part(node, name);
    const signed = store.pad(node.querySelector("canvas"), at("clear"));
    const complain = (sentence) => { at("problem").textContent = sentence; at("problem").hidden = !sentence; };
    const refresh = ({ queue, kept }) => {
      const known = kept.get(house.number) ?? house;
      const { results, defects, finished } = store.seen(known, queue);
      at("head").textContent = [house.batch, house.planned_on && words(say.planned, { day: house.planned_on })].filter(Boolean).join(" · ");
      at("rooms").replaceChildren(...house.rooms.map((room, i) => {
        const line = make("roomlink");
        const done = room.lines.filter((one) => results.has(`${room.name}\n${one.item}`)).length;
        const count = defects.filter((one) => one.room === room.name).length;
        line.firstElementChild.href = `#${i}`;
        line.firstElementChild.classList.toggle("is-done", room.lines.length > 0 && done === room.lines.length);
        line.querySelector("strong").textContent = room.name;
        part(line, "progress").textContent = progress(done, room.lines.length);
        part(line, "defects").textContent = count ? words(say.defects, { n: count }) : "";
        return line;
      }));
      at("found").replaceChildren(...defects.map((one) => store.foundLine(house, one, () => { location.hash = house.rooms.findIndex((room) => room.name === one.room); })));
      at("clean").hidden = defects.length > 0;
      const left = total(house) - results.size;
      at("rest").textContent = left > 0 ? words(say.rest, { n: left }) : "";
      at("sure").hidden = left <= 0;
      at("finish").hidden = finished;
      store.ended(at("over"), known, finished);
    };
    at("finish").onsubmit = async (event) => {
      event.preventDefault();
      const blob = await signed();
      if (!blob) { complain(say.unsigned); return; }
      const left = await store.look(async (step) => total(house) - store.seen(await store.house(step, login, house.number), await store.rows(step, login)).results.size);
      if (left > 0 && !at("sure").firstElementChild.checked) { complain(words(say.unsure, { n: left })); return; }
      complain("");
      try {
        await store.change(async (step) => {
          const { finished } = store.seen(await store.house(step, login, house.number), await store.rows(step, login));
          if (finished) return;
          const id = store.uuid();
          step("photos").put({ id, login, number: house.number, blob });
          await store.enqueue(step, login, house.number, "photo", id, { field: "inspector_signature" });
          await store.enqueue(step, login, house.number, "finish", store.uuid(), { signature: id, witness: node.querySelector("#witness").value.trim() }, { after: [id] });
        });
        store.round();
      } catch (problem) { complain(store.why(problem)); }
    };
    return { node, refresh, title: house.unit, up: "/inspect" };
  };

  // --- which one ------------------------------------------------------------------------------------------------------------
  const plain = (sentence) => ({ node: Object.assign(document.createElement("p"), { className: "empty", textContent: sentence }), refresh() {}, title: say.title, up: "/inspect" });
  const choose = (state, problem) => {
    if (!segments.length) return list();
    if (segments[0] === "door" || segments[0] === "unit") return plain(say.unknown);
    const house = state.kept.get(segments[0]);
    if (!house || outdated(state)) return plain(problem || say.missing);
    const at = location.hash === "" ? -1 : Number(location.hash.slice(1));
    const room = house.rooms[at];
    return room ? { ...store.room(house, room, state.login), up: "#" } : house.recheck ? store.recheck(house, state.login) : visit(house, state.login);
  };
  // The copy on this phone is of an earlier visit of the house.
  const outdated = (state) => {
    const current = state.houses.find((one) => one.number === segments[0])?.visit;
    const kept = state.kept.get(segments[0])?.visit;
    return Boolean(current && kept && current !== kept);
  };
  const key = (state) => [state.login, location.hash, segments[0] && state.kept.has(segments[0]) && state.kept.get(segments[0]).visit, outdated(state)].join("\n");
  let drawn = "";
  let problem = "";
  const draw = async () => {
    const state = await read();
    if (segments[0] === "unit") {
      const code = segments.slice(1).join("/");
      const found = [...state.houses, ...state.kept.values()].find((one) => one.unit === code);
      if (found) { location.replace(`/inspect/${encodeURIComponent(found.number)}`); return; }
    }
    if (segments[0] === "door") {
      const found = state.houses.find((one) => one.door === segments[1]);
      if (found) { location.replace(`/inspect/${encodeURIComponent(found.number)}`); return; }
    }
    store.outbox(state);
    const now = `${key(state)}\n${problem}`;
    if (now !== drawn || !shown) {
      drawn = now;
      shown = choose(state, problem);
      view.replaceChildren(shown.node);
      document.getElementById("title").textContent = shown.title;
      document.title = `${shown.title} · Keyturn`;
      back.href = shown.up;
      scrollTo(0, 0);
    }
    shown.refresh(state);
  };
  let drawing = null;
  let stale = false;
  const redraw = () => {
    if (drawing) { stale = true; return; }
    drawing = draw().finally(() => { drawing = null; if (stale) { stale = false; redraw(); } });
  };
  back.addEventListener("click", (event) => { if (back.getAttribute("href") === "#") { event.preventDefault(); history.replaceState(null, "", location.pathname); redraw(); } });
  addEventListener("hashchange", redraw);
  document.addEventListener("inspection:changed", redraw);
  document.addEventListener("inspection:standing", redraw);

  // A house is taken along when it is opened with a network; changes that wait are sent first.
  const start = async () => {
    await draw();
    await store.round();
    if (segments.length && segments[0] !== "unit" && segments[0] !== "door" && standing.online && standing.signedIn) {
      await store.bring(segments[0]).catch((reason) => { problem = reason.message && reason.status ? reason.message : ""; });
    }
    redraw();
  };
  if (navigator.serviceWorker) navigator.serviceWorker.register(say.worker, { scope: "/inspect" }).catch(() => {});
  navigator.storage?.persist?.();
  start();
})();
