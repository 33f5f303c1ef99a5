"""Two versions of a resource compared: one line for each difference that means something, and never none."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from engine.core.compare import Change, Words, compare
from engine.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = Path(__file__).parents[2] / "processes"
CALLBACK = "callback/callback.bpmn"
HANDLE = "complaint/complaint_handle.bpmn"
NOT_READ = {("incoming", ""), ("outgoing", "")}
"""The engine reads the ends of flows at the flows."""
DRAWN = ("/DI", "/DD/", "DMNDI", "/DC/")
SCHEMA_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@cache
def shipped(name: str) -> bytes:
    return (PROCESSES / name).read_bytes()


def kind_of(name: str) -> str:
    return {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form", ".yaml": "scenario", ".json": "texts"}[Path(name).suffix]


def changed(name: str, *swaps: tuple[str, str]) -> bytes:
    text = shipped(name).decode()
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def semantic(changes: tuple[Change, ...]) -> list[Change]:
    return [change for change in changes if change.kind != "layout"]


DUE = "=now() + duration(&quot;P1D&quot;)"
PLANTED: list[tuple[str, list[tuple[str, str]], str, str, str]] = [
    (CALLBACK, [(DUE, "=now() + duration(&quot;PT8H&quot;)")], "changed", "CB1", "时限：回访通话 1 天 → 8 小时"),
    (CALLBACK, [(f' camunda:dueDate="{DUE}"', "")], "changed", "CB1", "时限：回访通话 取消 1 天"),
    (CALLBACK, [(DUE, "=add working days(now(), 1)")], "changed", "CB1", "时限：回访通话 1 天 → 1 个工作日"),
    (CALLBACK, [(DUE, "=end of working day(now())")], "changed", "CB1", "时限：回访通话 1 天 → 当日下班前"),
    (CALLBACK, [(DUE, "=end of working day(add working days(end of working day(now()), 2))")], "changed", "CB1",
     "时限：回访通话 1 天 → 2 个工作日后下班前"),
    (CALLBACK, [(DUE, "=date and time(due_at) - duration(&quot;PT2H&quot;)")], "changed", "CB1",
     "时限：回访通话 1 天 → due_at前 2 小时"),
    (CALLBACK, [("=wait<", "=duration(&quot;P1D&quot;)<")], "changed", "Wait", "定时：回访时间到 wait → 1 天"),
    (CALLBACK, [('name="上门回访"', 'name="上门拜访"')], "changed", "CB2", "名称：“上门回访” → “上门拜访”"),
    (
        CALLBACK, [(">wave = 2<", ">wave = 3 and attempt &lt; 2<")], "changed", "Flow_GWave_NewCase",
        "条件：“是”（已结案？ → 另立新案） wave = 2 → wave = 3 且 attempt < 2",
    ),
    (CALLBACK, [("=wait<", "P3D<")], "changed", "Wait", "定时：回访时间到 wait → 3 天"),
    (CALLBACK, [('"CB1" camunda:formRefB', '"CB2" camunda:formRefB')], "changed", "CB1", "表单：回访通话 回访（CB1） → CB2"),
    (
        CALLBACK, [("${case.cb1}", "${case.cb2}")], "changed", "CB1",
        "通知与自动处理：回访通话 任务完成时 case.cb1 → 任务完成时 case.cb2",
    ),
    (
        CALLBACK, [('default="Flow_GMode_CB1"', 'default="Flow_GMode_CB2"')], "changed", "GMode",
        "默认出口：上门？ 回访通话 → 上门回访",
    ),
    (CALLBACK, [('name="SECOND_CALLBACK"', 'name="AGAIN"')], "changed", "Second",
     "消息：二次回访 “SECOND_CALLBACK” → “AGAIN”"),
    (CALLBACK, [('name="项目客服主管"', 'name="客服经理"')], "changed", "Lane_sup",
     "泳道角色：“项目客服主管” → “客服经理”"),
    (CALLBACK, [('topic="callback.plan"', 'topic="callback.later"')], "changed", "Plan",
     "服务：确定问卷和时间 callback.plan → callback.later"),
    (CALLBACK, [(">=attempt + 1<", ">=attempt + 2<")], "changed", "NextDay",
     "传出数据：改天再打 attempt = attempt + 1 → attempt = attempt + 2"),
    (CALLBACK, [('name="attempt">=1', 'name="tries">=1')], "changed", "Plan",
     "传出数据：确定问卷和时间 attempt = 1 → tries = 1"),
    (CALLBACK, [("<bpmn:flowNodeRef>CB2</bpmn:flowNodeRef>", ""),
                ("<bpmn:flowNodeRef>CB1</", "<bpmn:flowNodeRef>CB2</bpmn:flowNodeRef><bpmn:flowNodeRef>CB1</")],
     "moved", "CB2", "角色：上门回访 项目客服主管 → 座席"),
    (CALLBACK, [('"NextDay" targetRef="CB1"', '"NextDay" targetRef="CB2"')], "moved", "Flow_NextDay_CB1",
     "连线：改天再打 → 回访通话 改接为 改天再打 → 上门回访"),
    (CALLBACK, [('"CB2" name', '"Visit" name'), (">CB2<", ">Visit<"), ('"CB2" targetRef', '"Visit" targetRef'),
                ('bpmnElement="CB2"', 'bpmnElement="Visit"')],
     "changed", "Visit", "编号：上门回访 CB2 → Visit"),
    (HANDLE, [('calledElement="complaint_plan"', 'calledElement="complaint_level"')], "changed", "Plan",
     "调用流程：查勘与方案 complaint_plan → complaint_level"),
    (HANDLE, [('<camunda:out source="root_cause" target="root_cause"/>', "")], "changed", "Plan",
     "传出数据：查勘与方案 去掉 root_cause"),
    ("complaint/time_limits.dmn", [('row_18_out_1"><text>5<', 'row_18_out_1"><text>4<')], "changed",
     "time_limits_row_18", "第 18 行“时限”：5 → 4（流程 complaint, handover，时钟 day5_call）"),
    ("complaint/time_limits.dmn", [('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"')], "changed", "time_limits",
     "命中策略：时限 首行命中（FIRST） → 唯一命中（UNIQUE）"),
    ("complaint/time_limits.dmn", [('_in_clock" label="时钟"', '_in_clock" label="哪个时钟"')], "changed",
     "time_limits_in_clock", "条件列标题：“时钟” → “哪个时钟”"),
    ("complaint/forms/T09.form", [('"label": "退回理由"', '"label": "退回原因"')], "changed", "T09_return_reason",
     "标签：“退回理由” → “退回原因”"),
    ("complaint/forms/T09.form", [('"validate": {\n        "maxLength": 500\n      },\n      "conditional"',
                                     '"validate": {\n        "maxLength": 300\n      },\n      "conditional"')], "changed", "T09_return_reason",
     "最多字数：退回理由 500 → 300"),
    ("complaint/forms/T09.form", [('"hide": "=decision != \\"退回改派\\""', '"hide": "=decision = \\"受理\\""')], "changed",
     "T09_return_reason", "显示条件：退回理由 当 决定 = “退回改派” → 当 决定 ≠ “受理”"),
    ("complaint/scenarios/ac02-shorter-limit-to-accept.yaml", [("2026-03-02 14:00", "2026-03-02 15:00")], "changed",
     "step-6", "第 6 步：直到：2026-03-02 14:00 → 直到：2026-03-02 15:00"),
    ("complaint/translations.en.json", [('"Caller is"', '"Who calls"')], "changed", "是否业主",
     "译文：“是否业主” “Caller is” → “Who calls”"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "swaps", "kind", "element", "line"), PLANTED, ids=[row[4] for row in PLANTED])
def test_each_planted_change_gives_its_one_line(
    name: str, swaps: list[tuple[str, str]], kind: str, element: str, line: str
) -> None:
    words = Words(forms={"CB1": "回访"})
    found = compare(kind_of(name), shipped(name), changed(name, *swaps), words)
    assert [(c.kind, c.element_id, c.message_zh) for c in found] == [(kind, element, line)]
    assert found[0].message


def _photo() -> bytes:
    """Put a user task between two others, as the editor does when one is dropped on a connection."""
    task = '<bpmn:userTask id="Photo" name="拍照确认" camunda:formRef="CB1"/>'
    return changed(
        CALLBACK,
        ('sourceRef="CB1" targetRef="GResult"', 'sourceRef="CB1" targetRef="Photo"'),
        ('<bpmn:exclusiveGateway id="GResult"',
         f'{task}<bpmn:sequenceFlow id="F9" sourceRef="Photo" targetRef="GResult"/><bpmn:exclusiveGateway id="GResult"'),
        ("<bpmn:flowNodeRef>CB2<", "<bpmn:flowNodeRef>Photo</bpmn:flowNodeRef><bpmn:flowNodeRef>CB2<"),
    )  # fmt: skip


def test_a_step_put_between_two_others_is_one_line_and_so_is_its_removal() -> None:
    words = Words(english=lambda text: {"拍照确认": "Confirm by photo"}.get(text, text))
    (line,) = compare("bpmn", shipped(CALLBACK), _photo(), words)
    place = "在“回访通话”与“结果？”之间"
    assert line.message_zh == f"新增人工任务：拍照确认（项目客服主管；表单 CB1；{place}）"
    assert line.message.startswith("New user task: Confirm by photo (项目客服主管; form CB1; between")
    (line,) = compare("bpmn", _photo(), shipped(CALLBACK))
    assert (line.kind, line.element_id) == ("removed", "Photo")
    assert line.message_zh == f"删除人工任务：拍照确认（项目客服主管；表单 CB1；{place}）"


BEFORE_FLOWS = '<bpmn:sequenceFlow id="Flow_CB1_GResult"'
FIRST = '<bpmn:userTask id="N" name="先约时间"/><bpmn:sequenceFlow id="F9" sourceRef="N" targetRef="CB2"/>'
GIVE_UP = (
    '<bpmn:endEvent id="E9" name="放弃"/><bpmn:sequenceFlow id="F9" name="放弃" sourceRef="GMode" targetRef="E9">'
    "<bpmn:conditionExpression>attempt &gt; 9</bpmn:conditionExpression></bpmn:sequenceFlow>"
)
LATE = (
    '<bpmn:boundaryEvent id="Late" name="超时" attachedToRef="CB1" cancelActivity="false"><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>P2D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    '<bpmn:sequenceFlow id="F9" sourceRef="Late" targetRef="Unreached"/>'
)
EACH = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="visitors"/><bpmn:outgoing>Flow_CB2_'
REDRAWN: list[tuple[list[tuple[str, str]], list[str], list[str]]] = [
    (  # a step before the visit, on a flow with a condition
        [('"GMode" targetRef="CB2"', '"GMode" targetRef="N"'), (BEFORE_FLOWS, FIRST + BEFORE_FLOWS)],
        ["新增人工任务：先约时间（在“上门？”与“上门回访”之间）"],
        ["删除人工任务：先约时间（在“上门？”与“上门回访”之间）"],
    ),
    (  # the same, but another editor gave the flow another id
        [('id="Flow_GMode_CB2" sourceRef="GMode" targetRef="CB2"', 'id="F8" sourceRef="GMode" targetRef="N"'),
         (BEFORE_FLOWS, FIRST + BEFORE_FLOWS)],
        ["新增人工任务：先约时间（在“上门？”与“上门回访”之间）"],
        ["删除人工任务：先约时间（在“上门？”与“上门回访”之间）"],
    ),
    (
        [(BEFORE_FLOWS, GIVE_UP + BEFORE_FLOWS)],
        ["新增结束事件：放弃（在“上门？”之后）", "新增连线：“放弃”（上门？ → 放弃），条件 attempt > 9"],
        ["删除结束事件：放弃（在“上门？”之后）", "删除连线：“放弃”（上门？ → 放弃），条件 attempt > 9"],
    ),
    (
        [(BEFORE_FLOWS, LATE + BEFORE_FLOWS)],
        ["新增边界事件：超时（定时 2 天；附着于“回访通话”；在“未联系上”之前）"],
        ["删除边界事件：超时（定时 2 天；附着于“回访通话”；在“未联系上”之前）"],
    ),
    (
        [("<bpmn:outgoing>Flow_CB2_", EACH)],
        ["重复方式：上门回访 不重复 → 多实例并行（visitors）"],
        ["重复方式：上门回访 多实例并行（visitors） → 不重复"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("swaps", "there", "back"), REDRAWN, ids=[row[1][0] for row in REDRAWN])
def test_what_an_editor_redraws_is_told_without_the_flows_that_follow_from_it(
    swaps: list[tuple[str, str]], there: list[str], back: list[str]
) -> None:
    old, new = shipped(CALLBACK), changed(CALLBACK, *swaps)
    assert [c.message_zh for c in semantic(compare("bpmn", old, new))] == there
    assert [c.message_zh for c in semantic(compare("bpmn", new, old))] == back


def test_moving_boxes_is_one_quiet_line() -> None:
    moved = changed(CALLBACK, ('<dc:Bounds x="', '<dc:Bounds x="1'))
    (line,) = compare("bpmn", shipped(CALLBACK), moved)
    assert line.kind == "layout"
    assert line.message_zh.startswith("图形位置有调整")
    wide = changed("complaint/forms/T12.form", ('"columns": 8', '"columns": 6'))
    assert [c.kind for c in compare("form", shipped("complaint/forms/T12.form"), wide)] == ["layout"]


def test_an_attribute_of_another_vendor_does_not_go_unnoticed() -> None:
    other = changed(CALLBACK, ('<bpmn:userTask id="CB1"', '<bpmn:userTask id="CB1" implementation="##other"'))
    (line,) = compare("bpmn", shipped(CALLBACK), other)
    assert line.message_zh == "其他设置 implementation：回访通话 设为 ##other"


def test_rows_of_a_table_come_go_and_move() -> None:
    source = shipped("complaint/time_limits.dmn")
    root = etree.fromstring(source)
    table = next(e for e in root.iter() if str(e.tag).endswith("}decisionTable"))
    rules = [e for e in table if str(e.tag).endswith("}rule")]
    table.remove(rules[3])
    (gone,) = compare("dmn", source, etree.tostring(root))
    assert (gone.kind, gone.element_id) == ("removed", "time_limits_row_4")
    assert gone.message_zh.startswith("删除第 4 行：流程 complaint，时钟 ")
    (come,) = compare("dmn", etree.tostring(root), source)
    assert come.message_zh.startswith("新增第 4 行：")
    table.insert(table.index(rules[-1]) + 1, rules[3])
    (moved,) = compare("dmn", source, etree.tostring(root))
    assert (moved.kind, moved.message_zh[:6]) == ("moved", "第 4 行移")
    for rule in rules:  # another editor gave other ids to the rows: their content says which is which
        rule.set("id", f"again_{rule.get('id')}")
    (moved,) = compare("dmn", source, etree.tostring(root))
    assert moved.kind == "moved"


def test_what_an_editor_notes_in_a_table_is_quiet_and_stored_examples_are_told() -> None:
    name = "complaint/time_limits.dmn"
    wide = changed(name, ("<input id=", '<input xmlns:b="http://bpmn.io/schema/dmn/biodi/2.0" b:width="200" id='))
    assert [c.kind for c in compare("dmn", shipped(name), wide)] == ["layout"]
    example = (
        '<extensionElements><k:examples xmlns:k="http://keyturn.example/schema/dmn"><k:example id="e1" name="特急">'
        '<k:given name="urgency">"特急"</k:given><k:expect>2</k:expect></k:example></k:examples></extensionElements>'
    )
    held = changed(name, ('<variable id="time_limits_result"', f'{example}<variable id="time_limits_result"'))
    assert [c.message_zh for c in compare("dmn", shipped(name), held)] == ["例子：时限 新增“特急”"]
    other = held.replace(b"<k:expect>2<", b"<k:expect>3<")
    assert [c.message_zh for c in compare("dmn", held, other)] == ["例子：时限 修改“特急”"]
    told = changed(name, ("<description>DMN-05 ·", "<description>DMN-05："))
    (line,) = compare("dmn", shipped(name), told)
    assert line.message_zh.startswith("说明：时限 “DMN-05 ·")


def test_fields_and_options_come_go_and_move() -> None:
    name = "complaint/forms/T09.form"
    schema = json.loads(shipped(name))
    first, *rest = schema["components"]

    def lines(components: list[Any]) -> list[tuple[str, str]]:
        new = json.dumps({**schema, "components": components}).encode()
        return [(c.kind, c.message_zh) for c in compare("form", shipped(name), new)]

    options = [*first["values"], {"label": "转办", "value": "转办"}]
    assert lines([{**first, "values": options}, *rest]) == [("changed", "选项：决定 新增“转办”")]
    assert lines([{**first, "values": options[1:2]}, *rest]) == [("changed", "选项：决定 去掉“受理”")]
    assert lines([{**first, "validate": {}}, *rest]) == [("changed", "必填：决定 是 → 否")]
    assert lines(rest)[0] == ("removed", "删除字段：决定（单选；必填；受理、退回改派）")
    assert [kind for kind, _line in lines([*rest, first])] == ["moved"]
    photo = {"type": "filepicker", "id": "N1", "key": "photo", "label": "照片", "validate": {"required": True}}
    assert lines([first, photo, *rest]) == [("added", "新增字段：照片（文件或照片；必填）")]


def _mutated(root: etree._Element, seen: Counter[Any]) -> Iterator[tuple[str, str, bytes]]:
    """Change one attribute or text after the other, each attribute of a tag once, texts once for each kind of holder."""
    for element in root.iter():
        if not isinstance(element.tag, str) or any(part in element.tag for part in DRAWN) or element is root:
            continue
        tag = etree.QName(element).localname
        for key in [*element.attrib, *([""] if (element.text or "").strip() else [])]:
            holder = element.getparent()
            place = (tag, key or (str(holder.tag) if holder is not None else ""))
            if seen[place] or key in {"id", SCHEMA_TYPE} or (tag, key) in NOT_READ:
                continue
            seen[place] += 1
            old = str(element.get(key) if key else element.text)
            new = {"true": "false", "false": "true"}.get(old, f"{old}x")
            if key:
                element.set(key, new)
            else:
                element.text = new
            yield tag, str(key), etree.tostring(root)
            if key:
                element.set(key, old)
            else:
                element.text = old


def test_nothing_that_the_engine_reads_goes_unnoticed() -> None:
    seen: Counter[Any] = Counter()
    files = sorted(PROCESSES.rglob("*.bpmn"), key=lambda path: path.stat().st_size)
    for path in files:
        root = etree.fromstring(path.read_bytes())
        base = etree.tostring(root)
        if path in files[::8]:
            assert compare("bpmn", path.read_bytes(), base) == (), path.name  # written otherwise, the same diagram
        for tag, key, text in _mutated(root, seen):
            found = semantic(compare("bpmn", base, text))
            assert len(found) == 1 or (found and (tag, key) == ("property", "name")), (path.name, tag, key, found)
            assert found[0].message_zh, (tag, key)
    assert len(seen) > 60


def test_nothing_in_a_table_goes_unnoticed() -> None:
    seen: Counter[Any] = Counter()
    for path in sorted(PROCESSES.rglob("*.dmn")):
        root = etree.fromstring(path.read_bytes())
        base = etree.tostring(root)
        for tag, key, text in _mutated(root, seen):
            try:
                found = semantic(compare("dmn", base, text))
            except InvalidInputError:
                continue  # there is no such hit policy
            assert len(found) == 1, (path.name, tag, key, found)
    assert len(seen) > 20


def test_nothing_in_a_form_goes_unnoticed() -> None:
    seen: Counter[Any] = Counter()
    for path in sorted(PROCESSES.rglob("*.form")):
        schema = json.loads(path.read_bytes())
        base = json.dumps(schema).encode()
        for place, key, holder in list(_places(schema, "")):
            if seen[place] or key in {"id", "components", "type", "schemaVersion", "executionPlatform"}:
                continue
            seen[place] += 1
            old = holder[key]
            holder[key] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old}x"
            found = compare("form", base, json.dumps(schema).encode())
            holder[key] = old
            assert len(found) == 1, (path.name, place, found)
            assert "设置" not in found[0].message_zh or place.split(".")[-1] in UNNAMED, (place, found)
    assert len(seen) > 60


UNNAMED = {"timeInterval", "timeSerializingFormat", "use24h", "isRepeating", "fills", "sumOf"}
"""Settings of fields that keep the name the editor's file gives them."""


def _places(node: dict[str, Any], path: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for key, value in node.items():
        place = f"{path}.{key}"
        if isinstance(value, dict):
            yield from _places(value, place)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, dict):
                    yield from _places(one, f"{one.get('type', '')}{'' if key == 'components' else place}")
        else:
            yield place, key, node


def test_a_new_file_and_one_that_cannot_be_read() -> None:
    assert [c.kind for c in compare("form", b"", shipped("complaint/forms/T09.form"))] == ["added"]
    with pytest.raises(InvalidInputError):
        compare("bpmn", shipped(CALLBACK), b"<no")
    with pytest.raises(InvalidInputError):
        compare("dmn", shipped("complaint/time_limits.dmn"), b"<no")
    with pytest.raises(InvalidInputError):
        compare("scenario", b"a: b", b"- c")
    with pytest.raises(InvalidInputError):
        compare("texts", b"{}", b"[")
