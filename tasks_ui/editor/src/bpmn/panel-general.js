// Name, description and id of any element; processes, pools and lanes.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { page, t } from "../studio/page.js";
import { area, button, check, checks, group, note, select, text } from "./fields.js";

const ID = /^[A-Za-z_][\w.-]*$/;

const documentation = (bo) => bo.get("documentation")?.[0]?.get("text") ?? "";

function describe(edit, holder) {
  return area({
    key: "documentation", label: t("Description"), value: documentation(holder), hint: t("What this step is for, and which rule asks for it."),
    write: (value) => {
      const made = value ? [edit.create("bpmn:Documentation", { text: value }, holder)] : [];
      edit.setIn(holder, { documentation: made });
    },
  });
}

function identity(edit, redraw) {
  return text({
    key: "id", label: t("Short name"), value: edit.bo.id, mono: true,
    hint: t("Open cases, scenarios and reports know the step by it. Change it only while the step is new."),
    write: (value) => {
      const id = value.trim();
      const taken = edit.modeler.get("moddle").ids.assigned(id);
      if (ID.test(id) && (!taken || taken === edit.bo)) edit.set({ id });
      else redraw(t("“{id}” is taken or not possible: letters, digits and _ only, beginning with a letter.", { id }));
    },
  });
}

/** Roles as options. */
export const roles = () => (page.known?.roles ?? []).map((one) => [one.code, roleName(one)]);

const roleName = (one) => (page.locale === "en" && one.nameEn ? one.nameEn : one.name);

export function general(context) {
  const { edit, element, redraw } = context;
  if (is(element, "bpmn:Process") || is(element, "bpmn:Participant") || is(element, "bpmn:Collaboration")) return [process(context)];
  if (is(element, "bpmn:Lane")) return [lane(edit)];
  if (is(element, "bpmn:TextAnnotation")) {
    return [group("general", t("Note"), [area({ key: "text", label: t("Text"), value: edit.get("text"), write: (value) => edit.set({ text: value }) })])];
  }
  if (!is(element, "bpmn:FlowElement")) return [];
  const hints = { "bpmn:ExclusiveGateway": t("A question, such as “Approved?”"), "bpmn:SequenceFlow": t("The answer, such as “yes”") };
  const name = { key: "name", label: t("Its name"), value: edit.get("name"), hint: hints[element.type], write: (value) => edit.modeling.updateLabel(element, value) };
  return [group("general", t("What it is"), [is(element, "bpmn:Activity") ? area({ ...name, rows: 1 }) : text(name)])];
}

/** What is seldom asked for comes last. */
export function more({ edit, element, redraw }) {
  if (!is(element, "bpmn:FlowNode")) return [];
  return [group("more", t("Description and short name"), [describe(edit, edit.bo), identity(edit, redraw)], Boolean(documentation(edit.bo)))];
}

function lane(edit) {
  const names = (page.known?.roles ?? []).map((one) => [one.name, roleName(one)]);
  const value = edit.get("name");
  return group("general", t("Lane"), [
    select({
      key: "lane-role", label: t("Role"), value, options: [["", t("(none)")], ...names], write: (name) => edit.modeling.updateLabel(edit.element, name),
      hint: t("Whoever holds this role does the tasks in the lane that name no role of their own."),
    }),
    text({ key: "name", label: t("Its name"), value, write: (name) => edit.modeling.updateLabel(edit.element, name), hint: t("The name of a role, or of the system for steps that need nobody.") }),
  ]);
}

const HISTORY = /^P(\d+)([DWMY])$/;

function history(edit, holder) {
  const value = holder.get("camunda:historyTimeToLive") ?? "";
  const found = HISTORY.exec(value) ?? (/^\d+$/.test(value) ? [value, value, "D"] : null);
  const write = (count, unit) => edit.setIn(holder, { "camunda:historyTimeToLive": count ? `P${Math.max(1, Math.round(Number(count) || 1))}${unit}` : "" });
  if (value && !found) return [text({ key: "history", label: t("Keep finished cases for"), value, mono: true, write: (text_) => edit.setIn(holder, { "camunda:historyTimeToLive": text_ }) })];
  const unit = found?.[2] ?? "D";
  const row = document.createElement("div");
  row.className = "prop-pair";
  row.append(
    text({ key: "history", label: t("Keep finished cases for"), value: found?.[1] ?? "", type: "number", min: 1, write: (count) => write(count, unit) }),
    select({ key: "history-unit", label: t("Unit"), value: unit, options: [["D", t("days")], ["W", t("weeks")], ["M", t("months")], ["Y", t("years")]], write: (other) => write(found?.[1] ?? "1", other) }),
  );
  return [row];
}

function process({ edit, element, modeler, redraw }) {
  const pool = is(element, "bpmn:Participant");
  const holder = is(element, "bpmn:Collaboration") ? null : pool ? edit.bo.get("processRef") : edit.bo;
  if (!holder) {
    const pools = is(element, "bpmn:Participant") ? [] : modeler.get("elementRegistry").filter((one) => is(one, "bpmn:Participant"));
    const choose = pools.map((one) => button(`pool-${one.id}`, one.businessObject.name || one.id, () => modeler.get("selection").select(one)));
    return group("general", pool ? t("Pool") : t("Diagram"), [
      pool ? text({ key: "name", label: t("Its name"), value: edit.get("name"), write: (value) => edit.modeling.updateLabel(element, value) }) : null,
      note(pool ? t("A pool without a process stands for somebody outside. It does nothing here.") : t("Choose a pool to see its process.")),
      ...choose,
    ]);
  }
  const set = (values) => edit.setIn(holder, values);
  const rename = (name) => edit.together(() => {
    set({ name });
    if (pool) edit.modeling.updateLabel(element, name);
  });
  const key = (value) => {
    const id = value.trim();
    const ids = modeler.get("moddle").ids;
    const taken = ids.assigned(id);
    if (!ID.test(id) || (taken && taken !== holder)) return redraw(t("“{id}” is taken or not possible: letters, digits and _ only, beginning with a letter.", { id }));
    if (holder === edit.bo) edit.set({ id });
    else edit.setIn(holder, { id });
    return undefined;
  };
  const starters = (holder.get("camunda:candidateStarterGroups") ?? "").split(",").map((one) => one.trim()).filter(Boolean);
  const startable = holder.get("camunda:isStartableInTasklist") !== false;
  return group("general", t("Process"), [
    text({ key: "name", label: t("Its name"), value: holder.get("name") ?? edit.get("name"), write: rename }),
    text({ key: "process-key", label: t("Key"), value: holder.id, mono: true, hint: t("Cases belong to it for good, and other processes call it by it. With another key it is another process."), write: key }),
    describe(edit, holder),
    check({ key: "executable", label: t("Runs"), value: holder.get("isExecutable"), hint: t("Without this tick it is only a picture."), write: (value) => set({ isExecutable: value }) }),
    check({ key: "startable", label: t("People may start it"), value: startable, hint: t("Otherwise only other processes, messages and timers start it."), write: (value) => set({ "camunda:isStartableInTasklist": value ? undefined : false }) }),
    startable ? checks({
      key: "starters", label: t("Who may start it"), value: starters, options: roles(), hint: t("No tick: everybody who has a task in it."),
      write: (chosen) => set({ "camunda:candidateStarterGroups": chosen.join(",") }),
    }) : null,
    history(edit, holder),
    text({ key: "version-tag", label: t("Mark of the version"), value: holder.get("camunda:versionTag") ?? "", hint: t("Free text, such as 2026-03 or “after the review”."), write: (value) => set({ "camunda:versionTag": value }) }),
  ]);
}
