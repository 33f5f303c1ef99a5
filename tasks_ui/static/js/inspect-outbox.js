// What waits: the button in the header, the list behind it, and the choice when somebody else changed the same row.
(() => {
  const store = window.inspection;
  const { say, words, make, part, mark, standing } = store;
  const button = document.getElementById("standing");
  const dialog = document.getElementById("outbox");
  const ANSWERS = { 合格: say.pass, 不合格: say.fail, 不适用: say.skip };
  const KINDS = { result: say.kindResult, defect: say.kindDefect, photo: say.kindPhoto, finish: say.kindFinish, recheck: say.kindRecheck };

  const problem = (house, code) => house?.problems.find((one) => one.code === code)?.name ?? code;
  const told = (house, kind, body) => {
    if (kind === "result") {
      const line = house?.rooms.find((one) => one.name === body.room)?.lines.find((one) => one.item === body.item)?.text ?? body.item;
      return [`${body.room} ${line}`, [ANSWERS[body.result] ?? body.result, body.value, body.note].filter(Boolean).join("\n")];
    }
    if (kind === "defect") return [`${body.room} ${problem(house, body.problem)}`, [body.gone ? say.gone : "", `${body.severity} · ${problem(house, body.problem)}`, body.text, `${body.photos?.length ?? 0} × ${say.kindPhoto}`].filter(Boolean).join("\n")];
    if (kind === "recheck") {
      const defect = house?.defects.find((one) => one.id === body.defect);
      return [`${defect?.room ?? ""} ${problem(house, defect?.problem)}`, [body.passed === "通过" ? say.mended : say.unmended, body.note, `${body.photos?.length ?? 0} × ${say.kindPhoto}`].filter(Boolean).join("\n")];
    }
    return ["", body.witness ?? ""];
  };
  const again = (row, given) => store.change(async (at) => { at("queue").put({ ...row, state: "waiting", message: "", theirs: null, ...given }); }).then(store.round);
  const keep = (row) => again(row, { base: row.theirs.revision, target: row.theirs.id });
  const take = (row) => store.change(async (at) => {
    for (const one of await store.rows(at, row.login)) if (one.target === row.target && one.kind === row.kind) at("queue").delete(one.seq);
    const house = await store.house(at, row.login, row.number);
    const list = store.LISTS[row.kind];
    house[list] = (house[list] ?? []).filter((one) => !store.same(row, row.theirs)(one));
    if (!row.theirs.gone) house[list].push(row.theirs);
    at("houses").put(house);
  }).then(store.round);
  const discard = (row) => store.change(async (at) => {
    at("queue").delete(row.seq);
    for (const one of await store.rows(at, row.login)) {
      if (!one.after.includes(row.target)) continue;
      const photos = one.body.photos?.filter((photo) => photo.attachment !== row.target);
      at("queue").put({ ...one, after: one.after.filter((id) => id !== row.target), body: photos ? { ...one.body, photos } : one.body });
    }
  }).then(store.round);

  const shown = (house, row) => {
    const line = make("queue");
    const [what, mine] = told(house, row.kind, row.body);
    line.dataset.kind = row.kind;
    line.querySelector("strong").textContent = KINDS[row.kind];
    part(line, "house").textContent = house?.unit ?? row.number;
    part(line, "what").textContent = what;
    mark(line.querySelector(".inspect-mark"), row.state);
    part(line, "message").textContent = row.message ?? "";
    part(line, "message").hidden = !row.message;
    part(line, "conflict").hidden = row.state !== "conflict";
    part(line, "refused").hidden = row.state !== "refused";
    line.querySelector(".inspect-versions").hidden = row.state !== "conflict";
    if (row.state === "conflict") {
      part(line, "mine").textContent = mine;
      part(line, "theirs").textContent = told(house, row.kind, row.theirs)[1];
    }
    part(line, "keep").onclick = () => keep(row);
    part(line, "take").onclick = () => take(row);
    part(line, "again").onclick = () => again(row, {});
    part(line, "discard").onclick = () => discard(row);
    return line;
  };
  let drawn = "";
  const refresh = ({ queue, kept, others }) => {
    const trouble = queue.filter((row) => row.state !== "waiting").length;
    const waiting = queue.length - trouble;
    const pieces = [standing.online ? "" : say.offline, standing.signedIn ? "" : say.signin, trouble ? words(say.trouble, { n: trouble }) : "", waiting ? words(say.waiting, { n: waiting }) : ""].filter(Boolean);
    button.textContent = pieces.join(" · ") || (standing.asked ? say.sent : say.moment);
    button.className = `btn btn-sm btn-plain inspect-standing ${trouble ? "is-trouble" : waiting || !standing.asked ? "is-waiting" : "is-sent"}`;
    button.dataset.waiting = waiting;
    button.dataset.trouble = trouble;
    part(dialog, "state").textContent = [button.textContent, standing.problem].filter(Boolean).join(" · ");
    part(dialog, "enter").hidden = standing.signedIn;
    part(dialog, "enter").href = `${say.login}?next=${encodeURIComponent(location.pathname)}`;
    part(dialog, "others").hidden = !others;
    part(dialog, "others").textContent = words(say.others, { n: others });
    const now = JSON.stringify(queue);
    if (now !== drawn) part(dialog, "queue").replaceChildren(...queue.map((row) => shown(kept.get(row.number), row)));
    drawn = now;
  };
  part(dialog, "send").onclick = () => { store.round(); };
  Object.assign(store, { outbox: refresh });
})();
