// The form as it is in its file: plain JSON whose order and unknown parts stay untouched. Every change makes a new tree, so undo
// is the tree before; what nobody changed is written exactly as it was read.

// Where a new entry of a component belongs: after the entries that stand before it here.
const ORDER = [
  "type", "id", "key", "path", "subtype", "text", "label", "dateLabel", "timeLabel", "timeInterval", "timeSerializingFormat", "use24h",
  "disallowPassedDates", "description", "layout", "validate", "readonly", "disabled", "decimalDigits", "increment", "appearance", "defaultValue",
  "values", "valuesKey", "valuesExpression", "accept", "multiple", "isRepeating", "allowAddRemove", "showOutline", "defaultRepetitions",
  "components", "conditional", "properties",
];
const LEVELS = new Set(["group", "dynamiclist"]);

/** Gives an object a value under a name; undefined and empty objects take the name out. Order is kept. */
export function put(object, name, value, order = ORDER) {
  const gone = value === undefined || value === "" || (value && typeof value === "object" && !Array.isArray(value) && !Object.keys(value).length);
  if (name in object || gone) {
    return Object.fromEntries(Object.entries(object).flatMap(([key, had]) => (key !== name ? [[key, had]] : gone ? [] : [[key, value]])));
  }
  const place = order.indexOf(name);
  const entries = Object.entries(object);
  let at = entries.length;
  if (place >= 0) {
    at = entries.findLastIndex(([key]) => { const other = order.indexOf(key); return other >= 0 && other < place; }) + 1;
  }
  entries.splice(at, 0, [name, value]);
  return Object.fromEntries(entries);
}

/** Gives a value inside an entry: `putIn(field, "validate", "required", true)`. */
export const putIn = (object, name, inner, value) => put(object, name, put(object[name] ?? {}, inner, value, []));

/** The name under which a component's value is kept. */
export const keyOf = (component) => (component.type === "dynamiclist" ? component.path : component.key) ?? "";

/** Whether a component has a value of its own. */
export const hasValue = (component) => component.type === "dynamiclist" || ("key" in component && !["text", "separator", "spacer", "group"].includes(component.type));

export class Model {
  #past = [];
  #future = [];
  #tag = "";
  #listeners = [];

  constructor() {
    this.frozen = false;
    this.root = { components: [] };
  }

  /** Reads a file's text. `keep`: the way back stays open (a merged or repaired source). Throws SyntaxError. */
  load(text, { keep = false } = {}) {
    const root = JSON.parse(text);
    if (!root || typeof root !== "object" || !Array.isArray(root.components)) throw new SyntaxError("components");
    if (keep) this.#set(root, "");
    else {
      this.#past = [];
      this.#future = [];
      this.root = root;
    }
    this.#tag = "";
    this.original = { text, root };
    this.indent = /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? 2;
    this.end = /\s*$/.exec(text)[0] || (text ? "" : "\n");
    this.#index();
    this.#tell("load");
  }

  /** The file's text; exactly the text it was read from while nothing is changed. */
  text() {
    if (this.root === this.original.root) return this.original.text;
    return JSON.stringify(this.root, null, this.indent) + this.end;
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }

  /** The place of a component: {component, path, parent} with `parent` the id of its container, "" for the form. */
  find(id) {
    return this.#places.get(id) ?? null;
  }

  /** All places, containers before their content. */
  places() {
    return [...this.#places.values()];
  }

  /** The fields whose names a condition of this component may use: its own level, those around it, and the form's. */
  fieldsAround(id) {
    const own = this.find(id);
    if (!own) return [];
    const levels = new Set([""]);
    for (let at = own; at; at = this.find(at.parent)) if (this.find(at.parent)?.component.type === "dynamiclist") levels.add(at.parent);
    return this.places().filter((place) => hasValue(place.component) && levels.has(this.level(place)));
  }

  /** The id of the list in whose rows a place lies, "" for none. */
  level(place) {
    let at = this.find(place.parent);
    while (at && at.component.type !== "dynamiclist") at = this.find(at.parent);
    return at?.id ?? "";
  }

  /** Changes one component, or the form itself (id ""). Changes with the same tag in a row are one step back. */
  edit(id, change, tag = "") {
    const next = id ? this.#replace(this.root, this.find(id).path, change) : change(this.root);
    if (next !== this.root) this.#step(next, tag);
  }

  /** Several changes as one step: {id: change}. */
  editAll(changes, tag = "") {
    let next = this.root;
    for (const [id, change] of Object.entries(changes)) next = id ? this.#replace(next, this.find(id).path, change) : change(next);
    if (next !== this.root) this.#step(next, tag);
  }

  /** Puts components into a container before another one ("" for the end). */
  insert(components, parent, before = "", tag = "") {
    this.#step(this.#into(this.root, components, parent, before), tag);
  }

  remove(id) {
    this.#step(this.#without(this.root, new Set([id])), "");
  }

  /** Moves components; `shape` changes them on the way (their width). */
  move(ids, parent, before = "", shape = (component) => component, tag = "") {
    const moved = ids.map((id) => shape(this.find(id).component));
    const named = new Map(ids.map((id, at) => [id, moved[at]]));
    if (ids.includes(before)) before = "";
    this.#step(this.#into(this.#without(this.root, new Set(named.keys())), moved, parent, before), tag);
  }

  get canUndo() { return this.#past.length > 0; }
  get canRedo() { return this.#future.length > 0; }

  undo() { this.#back(this.#past, this.#future); }
  redo() { this.#back(this.#future, this.#past); }

  /** The next typed letter begins a new step. */
  pause() { this.#tag = ""; }

  // --- inside ---------------------------------------------------------------------------------------------------------------

  #places = new Map();

  #back(from, to) {
    if (!from.length) return;
    to.push(this.root);
    this.root = from.pop();
    this.#tag = "";
    this.#index();
    this.#tell("back");
  }

  #set(root, tag) {
    if (!tag || tag !== this.#tag) this.#past.push(this.root);
    if (this.#past.length > 200) this.#past.shift();
    this.#tag = tag;
    this.#future = [];
    this.root = root;
  }

  #step(root, tag) {
    if (this.frozen) { // a change that is over can only be looked at
      this.#tell("refused");
      return;
    }
    this.#set(root, tag);
    this.#index();
    this.#tell("edit");
  }

  #tell(how) {
    for (const listener of this.#listeners) listener(how);
  }

  #replace(node, path, change) {
    if (!path.length) return change(node);
    const [first, ...rest] = path;
    const made = this.#replace(node.components[first], rest, change);
    if (made === node.components[first]) return node;
    return { ...node, components: node.components.with(first, made) };
  }

  #without(node, ids, path = []) {
    if (!node.components) return node;
    const kept = node.components
      .map((one, at) => (ids.has(this.#byPath.get([...path, at].join("."))) ? null : this.#without(one, ids, [...path, at])))
      .filter(Boolean);
    return kept.length === node.components.length && kept.every((one, at) => one === node.components[at]) ? node : { ...node, components: kept };
  }

  /** Puts components in; the tree may be one from which some were taken, so places are found by the components themselves. */
  #into(root, components, parent, before) {
    const wanted = parent ? this.find(parent).component : null;
    const next = before ? this.find(before)?.component : null;
    const visit = (node) => {
      if (wanted ? this.#same(node, wanted) : node === root) {
        const list = [...(node.components ?? [])];
        const at = next ? list.findIndex((one) => this.#same(one, next)) : -1;
        list.splice(at < 0 ? list.length : at, 0, ...components);
        return put(node, "components", list);
      }
      if (!node.components) return node;
      const made = node.components.map(visit);
      return made.every((one, at) => one === node.components[at]) ? node : { ...node, components: made };
    };
    return visit(root);
  }

  // A container from which something was taken is another object, but with the same id.
  #same(one, other) {
    return one === other || (one.id !== undefined && one.id === other.id);
  }

  #byPath = new Map();

  // Components without an id get the one by which the server speaks of them.
  #index() {
    this.#places = new Map();
    this.#byPath = new Map();
    let counter = 0;
    const visit = (components, parent, path) => components.forEach((component, at) => {
      counter += 1;
      let id = String(component.id ?? "") || `${keyOf(component) || component.type}_${counter}`;
      while (this.#places.has(id)) id += "'";
      const here = [...path, at];
      this.#places.set(id, { id, component, parent, path: here });
      this.#byPath.set(here.join("."), id);
      if (LEVELS.has(component.type) || Array.isArray(component.components)) visit(component.components ?? [], id, here);
    });
    visit(this.root.components, "", []);
  }
}
