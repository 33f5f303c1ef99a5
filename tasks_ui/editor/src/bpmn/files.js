// From an element to the form, table or process it uses.
import { ask, page, toast } from "../studio/page.js";
import { el } from "./fields.js";

/** Opens another file of the change; it is taken into the change first. Without a name: the change's page, where new files are made. */
export async function openFile(draft, file) {
  await draft?.save();
  if (!file) {
    location.assign(page.urls.change);
    return;
  }
  const fields = { csrf_token: page.csrf, file, edit: "1" };
  const form = el("form", { method: "post", action: `${page.urls.change}/files`, hidden: true },
    Object.entries(fields).map(([name, value]) => el("input", { type: "hidden", name, value })));
  document.body.append(form);
  form.submit();
}

/** Makes a form for a step, named after it, lets `use(key)` put it to the step, and opens it. */
export async function newForm(draft, { name, key, use }) {
  try {
    const made = await ask(`${page.urls.change}/forms`, { method: "POST", body: { name: name || key, key, file: page.file } });
    use(made.key);
    await draft?.save?.();
    location.assign(made.url);
  } catch (error) {
    toast(error.message, "danger");
  }
}
