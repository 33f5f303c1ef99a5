"""What two people changed at once, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.merge import markup, schema
from engine.core.merge.flat import GONE, MISSING, PARENT

if TYPE_CHECKING:
    from engine.core.merge.flat import Clash, Entry, Table

LENGTH = 200
LABEL, NAME = '["label"]', '["name"]'
NAMES = {
    "name": ("name", "名称"),
    "label": ("label", "标签"),
    "candidateGroups": ("role", "角色"),
    "candidateUsers": ("candidates", "候选人"),
    "assignee": ("assignee", "办理人"),
    "dueDate": ("time limit", "时限"),
    "followUpDate": ("follow-up date", "跟进日期"),
    "formRef": ("form", "表单"),
    "formKey": ("form", "表单"),
    "decisionRef": ("decision table", "决策表"),
    "calledElement": ("called process", "调用的流程"),
    "topic": ("service", "服务"),
    "priority": ("priority", "优先级"),
    "sourceRef": ("start of the flow", "连线起点"),
    "targetRef": ("end of the flow", "连线终点"),
    "default": ("default flow", "默认连线"),
    "attachedToRef": ("step it sits on", "附着的步骤"),
    "hitPolicy": ("hit policy", "命中策略"),
    "typeRef": ("type", "类型"),
    "description": ("description", "说明"),
    "documentation": ("documentation", "说明"),
    "conditionExpression": ("condition", "条件"),
    "timeDuration": ("duration", "时长"),
    "timeDate": ("moment", "时间"),
    "timeCycle": ("cycle", "周期"),
    "text": ("text", "文字"),
    "value": ("value", "值"),
    "required": ("required", "必填"),
    "key": ("key", "键"),
    "type": ("type", "类型"),
    "hide": ("when it is hidden", "何时隐藏"),
    "defaultValue": ("default value", "默认值"),
    "inputEntry": ("condition cell", "条件单元格"),
    "outputEntry": ("result cell", "结果单元格"),
    markup.REMARKS: ("comment before it in the file", "文件中它前面的注释"),
    markup.LAST_REMARKS: ("comment inside it in the file", "文件中它里面的注释"),
    markup.POINTS: ("course of the line", "连线走向"),
    markup.BOUNDS: ("position and size", "位置和大小"),
    PARENT: ("place", "所在位置"),
    "": ("kind of element", "元素类型"),
    GONE: ("one took it away, the other changed it", "一方删除了它，另一方修改了它"),
}
DELETED = ("(taken away)", "（已删除）")


def in_words(clash: Clash, base: Table, mine: Table, theirs: Table) -> tuple[str, str, str, str, str, str]:
    """Give the element's id and name, what was changed in English and Chinese, and both values."""
    entry = theirs.get(clash.key) or mine.get(clash.key) or base[clash.key]
    owner = _owner(entry, base, mine, theirs)
    what = _what(clash, entry, owner)
    return (_id(owner), _name(owner), *what, shown(clash.mine, clash.name), shown(clash.theirs, clash.name))


def _owner(entry: Entry, *tables: Table) -> Entry:
    """Find the element that people see: of a drawing the drawn one, of a part the whole."""

    def find(key: Any) -> Entry | None:
        return next((table[key] for table in reversed(tables) if key in table), None)

    at: Entry | None = entry
    while at is not None and at.key[0] not in ("id", "root"):  # type: ignore[index]
        at = find(at.about if at.about is not None and at.about != at.parent else at.parent)
    return at or entry


def _id(owner: Entry) -> str:
    return str(owner.key[1]) if owner.key[0] == "id" else ""  # type: ignore[index]


def _name(owner: Entry) -> str:
    for name in ("name", "label", LABEL, NAME):
        value = owner.values.get(name)
        if isinstance(value, str) and value:
            return value.strip('"')
    return ""


def _what(clash: Clash, entry: Entry, owner: Entry) -> tuple[str, str]:
    name = clash.name
    if name == GONE:
        return NAMES[GONE]
    if name.startswith("["):
        path = schema.path_of(name)
        return NAMES.get(path[-1], (path[-1], path[-1]))
    if name in (markup.TEXT, markup.CELL) or (entry is not owner and name not in NAMES):
        tag = markup.local(entry.tag)
        prefix = entry.values.get("name", "")
        words = NAMES.get(tag, (tag, tag))
        return (f"{words[0]} {prefix}".strip(), f"{words[1]} {prefix}".strip())
    plain = markup.local(name)
    return NAMES.get(name) or NAMES.get(plain) or (plain, plain)


def shown(value: Any, name: str = "") -> str:
    """Show a value that clashed, shortened."""
    if value is None:
        return " ".join(DELETED)
    if value is MISSING or name in (markup.POINTS, PARENT):
        return ""
    if name == markup.BOUNDS:
        box = dict(value[1:])
        return f"x {box.get('x', '')}, y {box.get('y', '')}, {box.get('width', '')} × {box.get('height', '')}"
    text = "; ".join(one.strip() for one in value) if name in (markup.REMARKS, markup.LAST_REMARKS) else str(value)
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"
