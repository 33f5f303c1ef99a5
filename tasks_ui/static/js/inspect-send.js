// Send what waits, one by one, when there is a network: a round on opening, on coming back, and every 20 seconds.
// Only the changes of the person who is signed in are sent; nothing is removed before the server has said what became of it.
(() => {
  const store = window.inspection;
  const EVERY = 20_000;
  const KEPT = 14 * 86_400_000;
  const PATHS = { result: "results", defect: "defects", photo: "photos", finish: "finish", recheck: "rechecks" };
  const LISTS = { result: "results", defect: "defects", recheck: "rechecks" };
  const same = (row, kept) => (one) => one.id === kept.id || (row.kind === "result" && one.room === kept.room && one.item === kept.item) || (row.kind === "recheck" && one.defect === kept.defect);
  const standing = { online: navigator.onLine, signedIn: true, login: "", name: "", houses: [], csrf: "", problem: "", asked: false };
  const tell = () => document.dispatchEvent(new CustomEvent("inspection:standing"));
  const address = (path) => `/inspect/${path}`;

  const fetched = (path, options = {}, seconds = 30) => fetch(address(path), {
    redirect: "error", credentials: "same-origin", ...options,
    headers: { Accept: "application/json", ...options.headers }, signal: AbortSignal.timeout(seconds * 1000),
  });
  // Copies of houses that are done, and of which nothing waits, leave the phone after two weeks.
  const tidy = async (at, { login, houses }) => {
    const waiting = new Set((await store.rows(at, login)).map((row) => row.number));
    const current = new Set(houses.map((one) => one.number));
    for (const one of await store.got(at("houses").getAll())) {
      if (one.login === login && !waiting.has(one.number) && !current.has(one.number) && Date.now() - Date.parse(one.at) > KEPT) at("houses").delete([login, one.number]);
    }
  };
  // Ask who is signed in and for the houses of today. False: no network, or nobody signed in.
  const greet = async () => {
    try {
      const answer = await fetched("houses", {}, 12);
      standing.online = true;
      standing.signedIn = answer.status !== 401;
      if (!answer.ok) { standing.problem = (await answer.json().catch(() => ({}))).error?.message ?? ""; return false; }
      const found = await answer.json();
      Object.assign(standing, found, { problem: "" });
      await store.change(async (at) => {
        at("meta").put(found.login, "login");
        at("meta").put(found.houses, `houses ${found.login}`);
        await tidy(at, found);
      });
      return true;
    } catch {
      standing.online = false;
      return false;
    } finally { standing.asked = true; }
  };
  const bring = async (number) => {
    const answer = await fetched(`${encodeURIComponent(number)}/state`);
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(found.error?.message ?? ""), { status: answer.status });
    await store.keep(standing.login, found);
    // The plan, and the pictures of what is to be rechecked, are for the service worker to keep.
    const pictures = found.defects.filter((one) => found.due?.includes(one.id)).flatMap((one) => one.photos.map((photo) => `/attachments/${photo.attachment}?size=small`));
    const wanted = [...(found.plan ? [address(`${encodeURIComponent(number)}/plan`)] : []), ...pictures];
    for (const url of wanted) await fetch(url).catch(() => {});
    return found;
  };

  const parcel = async (row) => {
    if (row.kind !== "photo") return { body: JSON.stringify({ ...row.body, visit: row.visit ?? "", id: row.target, request: row.request, revision: row.base }), headers: { "Content-Type": "application/json" } };
    const photo = await store.look((at) => store.got(at("photos").get(row.target)));
    const body = new FormData();
    body.append("id", row.target);
    body.append("field", row.body.field);
    body.append("file", photo.blob, `${row.target}.jpg`);
    return { body };
  };
  // What the server keeps of a row goes into the phone's copy of the house; later changes of the same row follow from there.
  const acknowledge = (row, kept) => store.change(async (at) => {
    at("queue").delete(row.seq);
    const house = await store.house(at, row.login, row.number);
    if (house && kept) {
      const list = LISTS[row.kind];
      if (list) house[list] = [...(house[list] ?? []).filter((one) => !same(row, kept)(one)), ...(kept.gone ? [] : [kept])];
      if (row.kind === "finish") Object.assign(house, { finished: true, finishedAt: new Date().toISOString() });
      at("houses").put(house);
    }
    for (const later of await store.rows(at, row.login)) {
      if (later.target === row.target && later.kind === row.kind && later.seq !== row.seq && kept?.revision) at("queue").put({ ...later, base: kept.revision, target: kept.id });
      else if (later.after.includes(row.target)) at("queue").put({ ...later, after: later.after.filter((one) => one !== row.target) });
    }
    const photo = row.kind === "photo" && (await store.got(at("photos").get(row.target)));
    if (photo) at("photos").put({ ...photo, arrived: true });
    const draft = await store.got(at("drafts").get([row.login, row.number]));
    if (draft?.id === row.target && kept?.revision) at("drafts").put({ ...draft, base: kept.revision });
    if (row.kind === "finish") for (const one of await store.got(at("photos").getAll())) if (one.number === row.number && one.login === row.login) at("photos").delete(one.id);
  });
  const hold = (row, state, message, theirs) => store.change(async (at) => {
    const now = await store.got(at("queue").get(row.seq));
    if (now) at("queue").put({ ...now, state, message, theirs });
  });

  // Send one row. "sent" and "held" go on with the next one, "stop" ends the round: the row waits as it is.
  const send = async (row) => {
    const { body, headers } = await parcel(row);
    let answer;
    try {
      const path = `${encodeURIComponent(row.number)}/${PATHS[row.kind]}`;
      answer = await fetched(path, { method: "POST", body, headers: { ...headers, "X-CSRFToken": standing.csrf } }, row.kind === "photo" ? 120 : 30);
    } catch { standing.online = false; return "stop"; }
    if (answer.status === 401) { standing.signedIn = false; return "stop"; }
    const found = await answer.json().catch(() => null);
    if (answer.ok && found) { await acknowledge(row, found.row); return "sent"; }
    if (!found || answer.status === 400 || answer.status === 429 || answer.status >= 500) { standing.problem = found?.error?.message ?? ""; return "stop"; }
    await hold(row, answer.status === 409 && found.theirs ? "conflict" : "refused", found.error?.message ?? "", found.theirs ?? null);
    return "held";
  };
  const next = (queue, passed) => queue.find((row) => row.state === "waiting" && !passed.has(row.seq) && !row.after.length
    && !queue.some((other) => other.seq < row.seq && ((other.target === row.target && other.kind === row.kind) || (row.kind === "finish" && other.number === row.number))));

  let wanted = false;
  let running = false;
  const rounds = async () => {
    do {
      wanted = false;
      if (!(await greet())) break;
      tell();
      const passed = new Set();
      for (;;) {
        const row = next(await store.look((at) => store.rows(at, standing.login)), passed);
        if (!row) break;
        passed.add(row.seq);
        if ((await send(row)) === "stop") { tell(); return; }
      }
    } while (wanted);
    tell();
  };
  const round = async () => {
    wanted = true;
    if (running) return;
    running = true;
    try {
      if (navigator.locks) await navigator.locks.request("keyturn-inspect", { ifAvailable: true }, (free) => (free ? rounds() : greet().then(tell)));
      else await rounds();
    } finally { running = false; }
  };
  addEventListener("online", () => { round(); });
  addEventListener("offline", () => { standing.online = false; tell(); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") round(); });
  setInterval(round, EVERY);
  Object.assign(store, { standing, round, bring, same, LISTS });
})();
