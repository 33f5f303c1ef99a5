// What makes forms quicker; every form also works without it. Conditions (trees made by engine/core/forms/browser.py), rows,
// drafts, uploads at once, search while typing, signatures, one post per form. Nothing is checked here: the server does that.
(() => {
  const form = document.querySelector("form.kt-form");
  if (!form) return;
  const say = form.dataset;
  const state = form.querySelector(".form-state");
  const all = (selector, root = form) => [...root.querySelectorAll(selector)];
  const el = (tag, given = {}, ...inner) => {
    const made = Object.assign(document.createElement(tag), given);
    made.append(...inner);
    return made;
  };
  const later = (wait, run) => {
    let timer;
    return (...args) => { clearTimeout(timer); timer = setTimeout(run, wait, ...args); };
  };
  const token = () => form.elements.csrf_token?.value ?? "";
  const headers = () => ({ Accept: "application/json", "X-CSRFToken": token() });
  const typed = () => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File || name === "csrf_token") data.delete(name);
    return new URLSearchParams(data);
  };
  const post = (url, body, keepalive = false) => fetch(url, { method: "POST", body, headers: headers(), redirect: "error", keepalive }).then(async (answer) => {
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(found.error?.message ?? ""), { status: answer.status });
    return found;
  });

  // --- conditions ---------------------------------------------------------------------------------------------------------
  const box = (node) => node.closest(".form-field");
  let asked = { hidden: new Set(), required: new Set() };
  let hidden = new Set();
  const concealed = (at) => { for (; at; at = at.parentElement && box(at.parentElement)) if (hidden.has(at.dataset.uid)) return true; return false; };
  const value = ([, key, kind, depth], prefix) => {
    const name = prefix.split("-").slice(0, 2 * depth).map((part) => `${part}-`).join("") + key;
    if (kind === "r") {
      const list = document.getElementById(`f-${name}`);
      return !list || concealed(box(list)) ? null : all(":scope > .form-row", list);
    }
    const found = all(`[name="${CSS.escape(name)}"]`).filter((node) => node.type !== "file" && !concealed(box(node)));
    const texts = found.filter((node) => !/radio|checkbox/.test(node.type) || node.checked).map((node) => node.value.trim()).filter(Boolean);
    if (kind === "c") return found.length ? texts.length > 0 : null;
    if (kind === "m") return texts;
    const text = texts.at(-1) ?? null;
    if (text === null || kind === "s") return text;
    if (kind === "b") return text === "true";
    return Number.isNaN(Number(text)) ? null : Number(text);
  };
  const compare = (op, a, b) => {
    if (op === "=" || op === "!=") {
      if (a !== null && b !== null && typeof a !== typeof b) return null;
      const same = Array.isArray(a) ? b === null ? false : null : a === b;
      return same === null ? null : same === (op === "=");
    }
    if (a === null || b === null || typeof a !== typeof b || typeof a === "boolean") return null;
    return { "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b }[op];
  };
  const solve = (tree, prefix) => {
    const [op, ...args] = tree;
    if (op === "l") return args[0];
    if (op === "v") return value(tree, prefix);
    if (op === "if") return solve(args[solve(args[0], prefix) === true ? 1 : 2], prefix);
    const got = args.map((arg) => solve(arg, prefix));
    if (op === "and" || op === "or") {
      const wins = op === "or";
      return got.includes(wins) ? wins : got.every((one) => one === !wins) ? !wins : null;
    }
    if (op === "not") return typeof got[0] === "boolean" ? !got[0] : null;
    if (op === "count") return got[0] === null ? null : got[0].length;
    if (op === "has") return got[0] === null ? null : got[0].includes(got[1]);
    return compare(op, ...got);
  };
  const holds = (at, text, answer) => (text === '"server"' ? answer.has(at.dataset.uid) : solve(JSON.parse(text), at.dataset.prefix) === true);
  const apply = () => {
    hidden = new Set();
    for (let pass = 0; pass < 8; pass++) {
      const found = new Set(all("[data-hide]").filter((at) => holds(at, at.dataset.hide, asked.hidden)).map((at) => at.dataset.uid));
      const same = found.size === hidden.size && [...found].every((one) => hidden.has(one));
      hidden = found;
      if (same) break;
    }
    for (const at of all("[data-uid]")) at.hidden = hidden.has(at.dataset.uid); // what only its group hid comes back with it
    for (const node of all("input, select, textarea")) if (box(node)) node.disabled = concealed(box(node));
    for (const at of all("[data-need]")) {
      const mark = at.querySelector(".form-req");
      if (mark) mark.hidden = !holds(at, at.dataset.need, asked.required);
    }
  };
  const ask = form.querySelector('[data-hide=\'"server"\'], [data-need=\'"server"\']') && say.preview
    ? later(300, () => post(say.preview, typed()).then((found) => {
      asked = { hidden: new Set(found.hidden), required: new Set(found.required) };
      apply();
    }).catch(() => {}))
    : () => {};

  // --- drafts -------------------------------------------------------------------------------------------------------------
  const kept = `draft:${say.draft}`; // of this task: one address may show one form after the other
  let sent = false;
  let unsaved = false;
  const save = () => {
    if (!say.draft || sent) return;
    unsaved = false;
    const body = typed();
    post(say.draft, body).then(
      (found) => { sessionStorage.removeItem(kept); state.textContent = say.saved.replace("{time}", found.saved); },
      (problem) => { sessionStorage.setItem(kept, body); state.textContent = problem.status === 409 ? problem.message : say.unsaved; },
    );
  };
  const draft = later(1500, save);
  const handedIn = `sent:${say.draft}`; // what was sent last: here again means that it did not arrive …
  const refused = document.getElementById("faults"); // … unless it was refused, with all that was typed
  const left = sessionStorage.getItem(handedIn) ?? sessionStorage.getItem(kept);
  Object.keys(sessionStorage).filter((key) => key.startsWith("sent:")).forEach((key) => sessionStorage.removeItem(key));
  if (say.draft && left && !refused) {
    const body = new URLSearchParams(left);
    sessionStorage.removeItem(kept);
    post(say.draft, body).then(() => location.reload(), () => {});
  }
  // A sum of a list: data-sum is "list factor factor"; what is typed into it by hand is written over.
  const sums = () => all("[data-sum]").forEach((at) => {
    const [list, ...factors] = at.dataset.sum.split(" ");
    const rows = all(`input[name^="${list}-"][name$="-_row"]`).map((node) => factors.map((key) => form.elements[node.name.replace(/_row$/, key)]?.value.trim() ?? ""));
    const whole = rows.filter((row) => row.every((text) => text !== "" && !Number.isNaN(Number(text))));
    if (whole.length) at.value = (whole.reduce((sum, row) => sum + Math.round(row.reduce((a, b) => a * Number(b), 100)), 0) / 100).toFixed(2);
  });
  const changed = () => { unsaved = true; sums(); apply(); ask(); draft(); };
  addEventListener("pagehide", () => { if (say.draft && unsaved && !sent) post(say.draft, typed(), true).catch(() => {}); });

  // --- rows ---------------------------------------------------------------------------------------------------------------
  const renumber = (list) => all(":scope > .form-row > legend > .form-number", list).forEach((at, i) => { at.textContent = i + 1; });
  const addRow = (list) => {
    const template = list.querySelector(":scope > template");
    const used = all(":scope > .form-row > input[name$='-_row']", list).map((node) => Number(node.name.match(/-(\d+)-_row$/)?.[1] ?? -1));
    template.insertAdjacentHTML("beforebegin", template.innerHTML.replaceAll(template.dataset.token, Math.max(-1, ...used) + 1));
    const row = template.previousElementSibling;
    renumber(list);
    enhance(row);
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  };

  // --- uploads ------------------------------------------------------------------------------------------------------------
  let loading = 0;
  const LONGEST = 2000;
  const shrink = async (file) => {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 400_000) return file;
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const part = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      const canvas = el("canvas", { width: picture.width * part, height: picture.height * part });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.85); });
      return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" }) : file;
    } catch { return file; }
  };
  const shown = (name, found) => {
    const link = el("a", { href: found.url, target: "_blank", rel: "noopener" }, found.preview ? el("img", { src: found.preview, alt: found.name, width: 96, height: 96 }) : found.name);
    const drop = el("button", { type: "button", className: "form-drop", textContent: "×", ariaLabel: say.remove.replace("{name}", found.name) });
    return [el("input", { type: "hidden", name, value: found.id }), link, drop];
  };
  // A file stays on the device until the server has it: a reload, a closed page or a dead spot lose nothing.
  const shelf = (() => {
    let opened;
    const base = () => opened ??= new Promise((done, fail) => {
      const asked = indexedDB.open("keyturn-uploads", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("files", { keyPath: "id", autoIncrement: true }).createIndex("page", "page");
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => fail(asked.error);
    });
    const run = (mode, work) => base().then((db) => new Promise((done, fail) => {
      const asked = work(db.transaction("files", mode).objectStore("files"));
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => fail(asked.error);
    })).catch(() => undefined); // a browser without storage sends what it has
    return {
      put: (row) => run("readwrite", (files) => files.add(row)),
      drop: (id) => id === undefined ? undefined : run("readwrite", (files) => files.delete(id)),
      all: () => run("readonly", (files) => files.index("page").getAll(say.upload)),
    };
  })();
  const send = (body, progress) => new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", say.upload);
    for (const [name, text] of Object.entries(headers())) request.setRequestHeader(name, text);
    request.timeout = 180_000;
    request.upload.onprogress = (event) => event.lengthComputable && progress(Math.round(100 * event.loaded / event.total));
    request.onload = () => {
      let found = {};
      try { found = JSON.parse(request.responseText); } catch { /* no answer of ours */ }
      if (request.status >= 200 && request.status < 300 && found.id) done(found);
      else fail(Object.assign(new Error(found.error?.message ?? ""), { status: request.status }));
    };
    request.onerror = request.ontimeout = () => fail(Object.assign(new Error(""), { status: 0 }));
    request.send(body);
  });
  const waiting = new Set();
  addEventListener("online", () => waiting.forEach((again) => again()));
  const upload = async (part, file, id) => {
    const signed = part.dataset.upload === "signature";
    const small = await shrink(file);
    const kept = signed ? undefined : id ?? await shelf.put({ page: say.upload, field: part.dataset.name, name: small.name, type: small.type, blob: small });
    const line = el("li", { className: "form-file form-busy" });
    const told = el("span", { textContent: say.uploading });
    const bar = el("progress", { max: 100, value: 0, ariaLabel: `${say.uploading} ${small.name}` });
    part.querySelector(".form-files").append(line);
    let tries = 0;
    const attempt = async () => {
      waiting.delete(attempt);
      loading++;
      line.className = "form-file form-busy";
      line.replaceChildren(told, bar);
      try {
        const body = new FormData();
        body.append("file", small, small.name);
        body.append("field", part.dataset.name);
        const found = await send(body, (done) => { bar.value = done; told.textContent = `${say.uploading} ${done}%`; });
        await shelf.drop(kept);
        if (signed) part.querySelector(".form-files").replaceChildren(line);
        line.className = "form-file";
        line.replaceChildren(...shown(part.dataset.name, found));
        changed();
        save();
      } catch (problem) {
        line.className = "form-file form-error";
        const refused = problem.status >= 400 && problem.status < 500;
        const text = problem.message?.includes(small.name) ? problem.message : `${small.name}: ${problem.message || say.failed}`;
        const drop = el("button", { type: "button", className: "form-drop", textContent: "×", ariaLabel: say.remove.replace("{name}", small.name), onclick: () => { waiting.delete(attempt); shelf.drop(kept); } });
        line.replaceChildren(el("span", { textContent: text }));
        if (refused) shelf.drop(kept);
        else {
          line.append(el("button", { type: "button", className: "btn btn-sm btn-plain form-again", textContent: say.again, onclick: attempt }), drop);
          waiting.add(attempt);
          if (tries++ < 3) setTimeout(() => waiting.has(attempt) && attempt(), 4000 * tries);
        }
      } finally { loading--; }
    };
    return attempt();
  };
  const resume = async () => {
    for (const row of await shelf.all() ?? []) {
      const part = form.querySelector(`[data-upload][data-name="${CSS.escape(row.field)}"]`);
      if (part) upload(part, new File([row.blob], row.name, { type: row.type }), row.id);
    }
  };

  // --- signatures ---------------------------------------------------------------------------------------------------------
  const pending = new Map();
  const signature = (part) => {
    const canvas = el("canvas", { className: "form-pad", width: 900, height: 300 });
    const clear = el("button", { type: "button", className: "btn btn-link form-clear", textContent: say.clear });
    const pen = canvas.getContext("2d");
    canvas.setAttribute("aria-hidden", "true");
    const at = (event) => { const r = canvas.getBoundingClientRect(); return [(event.clientX - r.left) * 900 / r.width, (event.clientY - r.top) * 300 / r.height]; };
    const store = () => new Promise((done) => { canvas.toBlob(done, "image/png"); }).then((blob) => { pending.delete(part); return upload(part, new File([blob], "signature.png", { type: "image/png" })); });
    const soon = later(1500, () => say.upload && pending.has(part) && store());
    const wipe = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, 900, 300); pen.lineWidth = 4; pen.lineCap = "round"; pen.strokeStyle = "#111"; pending.delete(part); };
    canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...at(event)); pen.lineTo(...at(event)); pen.stroke(); pending.set(part, store); };
    canvas.onpointermove = (event) => { if (event.buttons) { pen.lineTo(...at(event)); pen.stroke(); } };
    canvas.onpointerup = soon;
    clear.onclick = () => { wipe(); part.querySelector(".form-files").replaceChildren(); changed(); };
    wipe();
    part.querySelector(".form-files").after(el("p", { className: "form-help", textContent: say.sign }), canvas, clear);
  };

  // --- search while typing ------------------------------------------------------------------------------------------------
  const find = (at, q) => {
    const parent = at.dataset.depends;
    const url = new URL(say.lookup.replace("__source__", encodeURIComponent(at.dataset.source)), location.href);
    url.searchParams.set("q", q);
    if (parent) url.searchParams.set("parent", form.elements[parent]?.value ?? "");
    return fetch(url, { headers: { Accept: "application/json" } }).then((answer) => (answer.ok ? answer.json() : []));
  };
  const lookup = (at) => {
    const text = at.querySelector("[role=combobox]");
    const list = at.querySelector(".form-found");
    const hold = at.querySelector("input[type=hidden]");
    const many = at.dataset.many;
    let options = [];
    let active = -1;
    const close = () => { list.hidden = true; active = -1; text.setAttribute("aria-expanded", "false"); text.removeAttribute("aria-activedescendant"); };
    const point = (to) => {
      active = (to + options.length) % options.length;
      all("li", list).forEach((node, i) => node.setAttribute("aria-selected", i === active));
      text.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    };
    const take = (option) => {
      if (many) {
        at.querySelector(".form-opts").append(el("label", { className: "form-opt" }, el("input", { type: "checkbox", name: many, value: option.value, checked: true }), el("span", { textContent: option.label })));
        text.value = "";
      } else { hold.value = option.value; text.value = option.label; }
      const filled = at.dataset.fills && form.elements[at.dataset.fills];
      if (filled && option.number !== undefined) { filled.value = option.number; settle(filled); }
      close();
      text.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: option }));
      changed();
      refresh(hold?.name);
    };
    const open = (found) => {
      options = found;
      list.replaceChildren(...found.map((option, i) => {
        const line = el("li", { id: `${list.id}-${i}` }, option.label, ...(option.hint ? [el("small", { textContent: option.hint })] : []));
        line.setAttribute("role", "option");
        line.onpointerdown = (event) => { event.preventDefault(); take(option); };
        return line;
      }));
      if (!found.length) list.append(el("li", { textContent: say.none, className: "form-none" }));
      list.hidden = false;
      active = -1;
      text.setAttribute("aria-expanded", "true");
    };
    let turn = 0;
    const seek = later(180, () => { const mine = ++turn; find(at, text.value.trim()).then((found) => { if (mine === turn && document.activeElement === text) open(found); }); });
    text.addEventListener("input", (event) => { if (hold) hold.value = ""; if (!event.isComposing) seek(); });
    text.addEventListener("compositionend", seek);
    text.addEventListener("focus", () => { if (!text.value) seek(); });
    text.addEventListener("blur", () => { turn++; close(); });
    text.addEventListener("keydown", (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) seek(); else if (options.length) point(active + (event.key === "ArrowDown" ? 1 : active < 0 ? 0 : -1));
      } else if (event.key === "Enter" && !list.hidden && options.length) {
        event.preventDefault();
        take(options[Math.max(active, 0)]);
      } else if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); close(); }
    });
  };
  // Fields that depend on the changed one are asked for again.
  const refresh = (name) => name && all(`[data-depends="${CSS.escape(name)}"]`).forEach((at) => {
    if (at.tagName !== "SELECT") { for (const node of all("input:not([type=checkbox])", at)) node.value = ""; return; }
    find(at, "").then((found) => {
      const had = at.value;
      at.replaceChildren(at.options[0], ...found.map((option) => new Option(option.label, option.value, false, option.value === had)));
      changed();
    });
  });

  // --- all together -------------------------------------------------------------------------------------------------------
  const enhance = (root) => {
    all(".form-lookup", root).forEach(lookup);
    if (!say.upload) return;
    for (const part of all("[data-upload]", root)) {
      part.classList.add("form-live");
      if (part.dataset.upload === "signature") signature(part);
    }
  };
  const settle = (node) => { // what was said of an empty field no longer holds once it is filled
    const part = box(node);
    const note = part?.querySelector(".form-error[id]");
    if (!note || !(/radio|checkbox/.test(node.type) ? node.checked : node.value.trim())) return;
    const target = note.id.replace(/-e$/, "");
    note.remove();
    all("[aria-invalid]", part).forEach((one) => one.removeAttribute("aria-invalid"));
    all("#faults a", document).find((one) => one.getAttribute("href") === `#${target}`)?.closest("li").remove();
  };
  form.addEventListener("input", (event) => { settle(event.target); if (event.target.type !== "file") changed(); });
  form.addEventListener("change", (event) => {
    const part = event.target.type === "file" && event.target.closest("[data-upload]");
    if (part && say.upload) { for (const file of event.target.files) upload(part, file); event.target.value = ""; } else refresh(event.target.name);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const list = button.closest(".form-list");
    if (button.matches(".form-add")) { event.preventDefault(); addRow(list); } else if (button.matches(".form-del")) {
      event.preventDefault();
      button.closest(".form-row").remove();
      renumber(list);
      list.querySelector(":scope > .form-add").focus();
    } else if (button.matches(".form-drop")) { event.preventDefault(); button.closest("li").remove(); } else return;
    changed();
  });
  form.addEventListener("submit", (event) => {
    if (sent) { event.preventDefault(); return; }
    if (waiting.size) { // a picture that the server does not have would be missing: send it now, or drop it
      event.preventDefault();
      state.textContent = say.failed;
      waiting.forEach((again) => again());
      return;
    }
    if (pending.size || loading) {
      event.preventDefault();
      state.textContent = say.uploading;
      const again = event.submitter;
      const wait = () => (loading ? setTimeout(wait, 100) : form.requestSubmit(again));
      Promise.all([...pending.values()].map((store) => store())).then(wait);
      return;
    }
    sent = true;
    if (say.draft && unsaved) sessionStorage.setItem(handedIn, typed());
    const lock = (on) => all(".form-actions button").forEach((button) => { button.disabled = on; });
    setTimeout(lock, 0, true);
    setTimeout(() => { sent = false; delete form.dataset.sent; lock(false); }, 15_000); // no answer: try again, the key makes it harmless
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  enhance(form);
  sums();
  apply();
  if (say.upload) resume();
  document.getElementById("faults")?.focus();
})();
