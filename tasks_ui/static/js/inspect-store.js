// The phone's own store of the inspection pages: houses taken along, changes that wait to be sent, photos, drafts.
// Every change is a row of `queue`; it leaves only with the server's answer or by a person's choice.
window.inspection = (() => {
  const STORES = ["meta", "houses", "queue", "photos", "drafts"];
  const ready = new Promise((done, failed) => {
    const asked = indexedDB.open("keyturn-inspect", 1);
    asked.onupgradeneeded = () => {
      const made = asked.result;
      made.createObjectStore("meta");
      made.createObjectStore("houses", { keyPath: ["login", "number"] });
      made.createObjectStore("queue", { keyPath: "seq", autoIncrement: true });
      made.createObjectStore("photos", { keyPath: "id" });
      made.createObjectStore("drafts", { keyPath: ["login", "number"] });
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const got = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

  // Run a piece of work in one transaction: `at(name)` gives a store, all of it is kept or nothing.
  const within = (mode) => async (work) => {
    const base = await ready;
    return new Promise((done, failed) => {
      const step = base.transaction(STORES, mode, { durability: "strict" });
      let result;
      step.oncomplete = () => done(result);
      step.onabort = () => failed(step.error ?? new Error("aborted"));
      work((name) => step.objectStore(name)).then((found) => { result = found; }, (problem) => { failed(problem); step.abort(); });
    });
  };
  // Other tabs of this phone show what this one has changed.
  const told = () => document.dispatchEvent(new CustomEvent("inspection:changed"));
  const channel = window.BroadcastChannel ? new BroadcastChannel("keyturn-inspect") : { postMessage() {} };
  channel.onmessage = told;
  const change = (work) => within("readwrite")(work).then((found) => { told(); channel.postMessage(""); return found; });
  const look = within("readonly");

  // Also where the page is served without TLS.
  const uuid = () => crypto.randomUUID?.() ?? ([1e7] + -1e3 + -4e3 + -8e3 + -1e11).replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));
  const rows = (at, login) => got(at("queue").getAll()).then((found) => found.filter((row) => row.login === login));
  const others = (at, login) => got(at("queue").getAll()).then((found) => found.filter((row) => row.login !== login));
  const house = (at, login, number) => got(at("houses").get([login, number]));

  // Put a change into the queue. `target` is the row it changes, `base` the revision it was made on.
  // `visit`: the task of the house it was made for, since a house is visited more than once.
  const enqueue = async (at, login, number, kind, target, body, { base = 0, after = [] } = {}) => {
    const visit = (await house(at, login, number))?.visit ?? "";
    return got(at("queue").add({ login, number, visit, kind, target, body, base, after, request: uuid(), state: "waiting", made: new Date().toISOString() }));
  };
  // Put the photos that are on this phone only into the queue; gives those that have to arrive before their defect.
  const send = async (at, login, number, photos) => {
    const copy = await house(at, login, number);
    const arrived = new Set([...copy.defects, ...(copy.rechecks ?? [])].flatMap((one) => one.photos.map((photo) => photo.attachment)));
    const waiting = new Set((await rows(at, login)).filter((row) => row.kind === "photo").map((row) => row.target));
    const after = [];
    for (const { attachment } of photos) {
      const photo = arrived.has(attachment) ? null : await got(at("photos").get(attachment));
      if (!photo || photo.arrived) continue;
      after.push(attachment);
      if (!waiting.has(attachment)) await enqueue(at, login, number, "photo", attachment, { field: "photos" });
    }
    return after;
  };

  // Take a fresh copy of a house over; what waits lies in the queue and is laid over it.
  const keep = (login, fresh) => change(async (at) => { at("houses").put({ ...fresh, login, at: new Date().toISOString() }); });

  // Give a house as its inspector sees it: what the server has, with the waiting changes on top.
  const seen = (known, queue) => {
    const results = new Map(known.results.map((row) => [`${row.room}\n${row.item}`, { ...row, state: "sent" }]));
    const defects = new Map(known.defects.map((row) => [row.id, { ...row, stage: row.state, state: "sent" }]));
    const rechecks = new Map((known.rechecks ?? []).map((row) => [row.defect, { ...row, state: "sent" }]));
    const own = queue.filter((row) => row.number === known.number && (!row.visit || !known.visit || row.visit === known.visit));
    for (const row of own) {
      if (row.kind === "result") results.set(`${row.body.room}\n${row.body.item}`, { revision: row.base, ...row.body, id: row.target, state: row.state });
      if (row.kind === "recheck") rechecks.set(row.body.defect, { revision: row.base, ...row.body, id: row.target, state: row.state });
      if (row.kind === "defect") defects.set(row.target, { revision: row.base, ...row.body, id: row.target, state: row.state });
    }
    const kept = [...defects.values()].filter((row) => !row.gone);
    // At a recheck what was found before is looked at again; what is noted now is new.
    const due = known.recheck ? kept.filter((row) => known.due.includes(row.id)) : [];
    const found = known.recheck ? kept.filter((row) => !row.stage || row.stage === "待派") : kept;
    return { results, defects: found, due, rechecks, finished: known.finished || own.some((row) => row.kind === "finish") };
  };

  // What the pages are built with: templates of the page, its sentences, the parts they name by data-at.
  const say = document.getElementById("inspect").dataset;
  const words = (text, given) => text.replace(/\{(\w+)\}/g, (_, name) => given[name] ?? "");
  const make = (name) => document.getElementById(`t-${name}`).content.firstElementChild.cloneNode(true);
  const part = (node, name) => node.querySelector(`[data-at="${name}"]`);
  const mark = (node, state) => { node.textContent = state ? say[`state${state[0].toUpperCase()}${state.slice(1)}`] : ""; node.dataset.state = state ?? ""; };
  const chip = (text, value, pressed, press) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-plain", textContent: text, value });
    made.setAttribute("aria-pressed", pressed);
    made.onclick = () => press(made);
    return made;
  };
  // Why something could not be kept, in a sentence: a full phone is by far the usual reason.
  const why = (problem) => (/quota/i.test(`${problem?.name} ${problem?.message}`) ? say.full : words(say.storage, { reason: problem?.message || problem?.name || "" }));
  const press = (group, value) => { for (const one of group.querySelectorAll("button")) one.setAttribute("aria-pressed", one.value === value); };
  // The end of a visit waits on the phone, or has arrived: then with the time.
  const ended = (place, house, finished) => {
    place.hidden = !finished;
    if (!house.finished) return;
    place.classList.remove("problem");
    place.textContent = house.finishedAt ? words(say.submitted, { time: new Date(house.finishedAt).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }) }) : say.ended;
  };
  return { ended, change, look, got, uuid, rows, others, house, enqueue, send, keep, seen, why, say, words, make, part, mark, chip, press };
})();
