// The start page: matches while typing, a pick fills the form, open cases of the house, dates kept up to date.
(() => {
  "use strict";
  const page = document.querySelector(".start");
  const form = document.querySelector(".kt-form");
  if (!page || !form) return;
  const say = page.dataset;
  const token = form.elements.csrf_token.value;
  const box = document.getElementById("caller");
  const matches = document.getElementById("matches");
  const repeats = document.getElementById("repeats");
  const expected = document.getElementById("expected");
  const later = (pause, run) => { let timer; return (...args) => { clearTimeout(timer); timer = setTimeout(() => run(...args), pause); }; };
  const part = (url, options) => fetch(url, { headers: { "X-CSRFToken": token, "HX-Request": "true" }, ...options }).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)));

  // --- who is calling -----------------------------------------------------------------------------------------------------
  let turn = 0;
  const seek = (text) => {
    const mine = ++turn;
    part(`${say.callers}?q=${encodeURIComponent(text)}`).then((html) => { if (mine === turn) { matches.innerHTML = html; keep(); } }, () => {});
  };
  // Who is not known is typed once: the number or name goes into the form, unless something else stands there.
  const kept = {};
  const keep = () => {
    const found = matches.querySelector(".start-none")?.dataset ?? {};
    for (const name of ["phone", "name"]) {
      const at = form.elements[name];
      if (!at || (at.value && at.value !== kept[name])) continue;
      const place = name === "name" && kept.name && box.value.startsWith(kept.name);  // the text went on: no name after all
      const next = found[name] ?? (place ? "" : at.value);
      if (at.value !== next) { at.value = kept[name] = next; form.dispatchEvent(new Event("input", { bubbles: true })); }
    }
  };
  const typing = later(120, () => seek(box.value.trim()));
  box.addEventListener("input", (event) => { if (!event.isComposing) typing(); });
  box.addEventListener("compositionend", typing);
  box.addEventListener("keydown", (event) => {
    const first = matches.querySelector("[data-pick]");
    if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
    if (event.key === "Enter" && first && !event.isComposing) { event.preventDefault(); take(first); }
  });
  matches.addEventListener("keydown", (event) => {
    const all = [...matches.querySelectorAll("[data-pick]")];
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && at < all.length - 1) { event.preventDefault(); all[at + 1].focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); (all[at - 1] ?? box).focus(); }
  });

  // --- a pick fills the form ----------------------------------------------------------------------------------------------
  const set = (name, value, shown = value) => {
    for (const node of form.querySelectorAll(`[name="${name}"]`)) {
      if (node.type === "radio") node.checked = node.value === value;
      else node.value = value;
    }
    const text = form.querySelector(`[name="${name}__text"]`);
    if (text) text.value = shown;
    (text ?? form.querySelector(`[name="${name}"]`))?.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const take = (link) => {
    const body = new URLSearchParams({ unit: link.dataset.unit, party: link.dataset.party });
    fetch(say.pick, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
      .then((found) => {
        for (const [name, value] of Object.entries(found)) set(name, value);
        for (const one of matches.querySelectorAll("[data-pick]")) one.toggleAttribute("aria-current", one === link);
        link.setAttribute("aria-current", "true");
        form.dispatchEvent(new Event("input", { bubbles: true }));
        repeated();
        form.querySelector('[name="kind"]')?.focus();
      }, () => { location.href = link.href; });
  };
  matches.addEventListener("click", (event) => {
    const link = event.target.closest("[data-pick]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    take(link);
  });
  // A whole number typed into the form itself finds its caller too.
  form.elements.phone?.addEventListener("input", later(250, () => {
    const digits = form.elements.phone.value.replace(/\D/g, "");
    if (digits.length >= 11 && !form.querySelector('[name="unit"]')?.value) { box.value = form.elements.phone.value; seek(box.value); }
  }));

  // --- is it a repetition? ------------------------------------------------------------------------------------------------
  let house = null;
  const repeated = () => {
    const unit = form.querySelector('[name="unit"]')?.value ?? "";
    if (unit === house) return;
    house = unit;
    part(`${say.open}?unit=${encodeURIComponent(unit)}`).then((html) => {
      repeats.innerHTML = html;
      repeats.hidden = !repeats.querySelector("li");
      for (const button of repeats.querySelectorAll("[data-merge]")) button.hidden = false;
    }, () => {});
  };
  repeats.addEventListener("click", (event) => {
    const button = event.target.closest("[data-merge]");
    if (!button) return;
    set("duplicate_of", button.dataset.merge, button.dataset.label);
    for (const one of repeats.querySelectorAll("[data-merge]")) one.setAttribute("aria-pressed", one === button);
    form.dispatchEvent(new Event("input", { bubbles: true }));
    form.querySelector("[data-submit]").focus();
  });

  // --- what may be promised -----------------------------------------------------------------------------------------------
  const dated = ["urgency", "kind", "subject", "cat1", "channel", "scope", "external", "unit", "part", "answered"];
  let asked = "";
  const dates = later(200, () => {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string" && dated.includes(name)) body.append(name, value);
    if (String(body) === asked) return;
    asked = String(body);
    part(say.dates, { method: "POST", body }).then((html) => { expected.innerHTML = html; }, () => { asked = ""; });
  });
  const house_changed = later(50, repeated);
  for (const kind of ["input", "change", "picked"]) form.addEventListener(kind, () => { dates(); house_changed(); });
  repeated();
})();
