"""Two edits of one file: both survive where they concern different elements, and are named where they do not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.core import dmn, forms, parse
from engine.core.merge import markup, merge

if TYPE_CHECKING:
    from collections.abc import Callable

DELETED = "(taken away) （已删除）"
ROOT = Path(__file__).parents[2] / "processes"
DIAGRAMS = sorted(ROOT.glob("*/*.bpmn"))
TABLES = sorted(ROOT.glob("*/*.dmn"))
FORMS = sorted(ROOT.glob("*/forms/*.form"))
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
BUSY = (f"{BPMN}userTask", f"{BPMN}serviceTask", f"{BPMN}callActivity", f"{BPMN}exclusiveGateway")


def edited(source: bytes, edit: Callable[[etree._Element], None]) -> bytes:
    root = etree.fromstring(source)
    edit(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def by_id(root: etree._Element, element_id: str) -> etree._Element:
    return next(e for e in root.iter(etree.Element) if e.get("id") == element_id)


def shape_of(root: etree._Element, element_id: str) -> etree._Element:
    return next(e for e in root.iter("{*}BPMNShape") if e.get("bpmnElement") == element_id)


def rename(element_id: str) -> Callable[[etree._Element], None]:
    return lambda root: by_id(root, element_id).set("name", f"新名 {element_id}")


def reassign(element_id: str) -> Callable[[etree._Element], None]:
    return lambda root: by_id(root, element_id).set(f"{CAMUNDA}candidateGroups", "leader")


def shift(element_id: str) -> Callable[[etree._Element], None]:
    def edit(root: etree._Element) -> None:
        bounds = next(shape_of(root, element_id).iter("{*}Bounds"))
        bounds.set("x", f"{float(bounds.get('x', '0')) + 37:g}")

    return edit


def describe(element_id: str) -> Callable[[etree._Element], None]:
    def edit(root: etree._Element) -> None:
        element = by_id(root, element_id)
        said = element.find(f"{BPMN}documentation")
        if said is None:
            said = etree.Element(f"{BPMN}documentation")
            element.insert(0, said)
        said.text = f"说明 {element_id}"

    return edit


def add_after(element_id: str) -> Callable[[etree._Element], None]:
    """Add a step with a flow from an element, in its lane, drawn."""

    def edit(root: etree._Element) -> None:
        element = by_id(root, element_id)
        parent = element.getparent()
        assert parent is not None
        name = f"New_{element_id}"
        task = etree.SubElement(parent, f"{BPMN}userTask", id=name, name="新步骤")
        etree.SubElement(task, f"{BPMN}incoming").text = f"Flow_{name}"
        flow = etree.SubElement(parent, f"{BPMN}sequenceFlow", id=f"Flow_{name}", sourceRef=element_id, targetRef=name)
        assert flow is not None
        etree.SubElement(element, f"{BPMN}outgoing").text = f"Flow_{name}"
        for ref in list(root.iter(f"{BPMN}flowNodeRef")):
            lane = ref.getparent()
            if ref.text == element_id and lane is not None:
                etree.SubElement(lane, f"{BPMN}flowNodeRef").text = name
        shape = shape_of(root, element_id)
        plane = shape.getparent()
        assert plane is not None
        drawn = etree.SubElement(plane, shape.tag, id=f"{name}_di", bpmnElement=name)
        drawn.append(etree.fromstring(etree.tostring(next(shape.iter("{*}Bounds")))))

    return edit


EDITS = [rename, reassign, shift, describe, add_after]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_edits_of_different_elements_both_survive(data: st.DataObject) -> None:
    both_survive(data)


@pytest.mark.soak
@settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_many_edits_of_different_elements_both_survive(data: st.DataObject) -> None:
    both_survive(data)


def both_survive(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(DIAGRAMS)).read_bytes()
    ids = [str(e.get("id")) for e in etree.fromstring(source).iter(*BUSY)]
    assume(len(ids) > 1)
    first, second = data.draw(st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True))
    one, other = data.draw(st.sampled_from(EDITS))(first), data.draw(st.sampled_from(EDITS))(second)
    mine, theirs = edited(source, one), edited(source, other)
    found = merge("bpmn", source, mine, theirs)
    assert found.conflicts == ()
    assert markup.read(found.source)[1] == markup.read(edited(mine, other))[1]
    parse.parse(found.source)
    swapped = merge("bpmn", source, theirs, mine)
    assert markup.read(swapped.source)[1] == markup.read(found.source)[1]


@pytest.mark.parametrize("path", [*DIAGRAMS[::5], *TABLES], ids=lambda path: path.name)
def test_a_file_is_written_as_it_was_read(path: Path) -> None:
    source = path.read_bytes()
    root, table = markup.read(source)
    kind = path.suffix[1:]
    other = edited(source, lambda r: r.set("exporter", "x"))
    again = merge(kind, source, edited(source, lambda r: r.set("exporterVersion", "1")), other).source
    order = [(e.tag, e.get("id"), (e.text or "").strip()) for e in root.iter(etree.Element)]
    assert [(e.tag, e.get("id"), (e.text or "").strip()) for e in etree.fromstring(again).iter(etree.Element)] == order
    assert len(markup.read(again)[1]) == len(table)


def plan() -> bytes:
    return (ROOT / "complaint" / "complaint_plan.bpmn").read_bytes()


def test_the_same_attribute_is_named_with_both_values() -> None:
    source = plan()
    mine = edited(source, lambda r: by_id(r, "T10").set("name", "我的"))
    theirs = edited(source, lambda r: by_id(r, "T10").set("name", "他的"))
    (found,) = merge("bpmn", source, mine, theirs).conflicts
    assert (found.element_id, found.what, found.what_zh, found.mine, found.theirs) == (
        "T10", "name", "名称", "我的", "他的",
    )  # fmt: skip
    assert 'name="他的"'.encode() in merge("bpmn", source, mine, theirs).source
    assert 'name="我的"'.encode() in merge("bpmn", source, mine, theirs, prefer="mine").source
    both_moved = merge("bpmn", source, edited(source, shift("T10")), edited(edited(source, shift("T10")), shift("T10")))
    assert [(c.element_id, c.what_zh) for c in both_moved.conflicts] == [("T10", "位置和大小")]


def remove(element_id: str) -> Callable[[etree._Element], None]:
    """Take a step out as the modeler does: with its flows, its drawing and its mention in the lane."""

    def edit(root: etree._Element) -> None:
        flows = [e for e in root.iter(f"{BPMN}sequenceFlow") if element_id in (e.get("sourceRef"), e.get("targetRef"))]
        gone = {element_id, *(str(flow.get("id")) for flow in flows)}
        for e in list(root.iter(etree.Element)):
            mentioned = e.tag in (f"{BPMN}flowNodeRef", f"{BPMN}incoming", f"{BPMN}outgoing") and e.text in gone
            parent = e.getparent()
            if parent is not None and (e.get("id") in gone or e.get("bpmnElement") in gone or mentioned):
                parent.remove(e)

    return edit


def test_what_one_took_away_and_the_other_changed_is_asked() -> None:
    source = plan()
    gone, used = edited(source, remove("T10")), edited(source, add_after("T10"))
    kept = merge("bpmn", source, gone, used)  # the other's: stays, drawn, in its lane
    assert [(c.element_id, c.what_zh) for c in kept.conflicts] == [("T10", "一方删除了它，另一方修改了它")]
    model = parse.parse(kept.source)
    assert {"T10", "New_T10"} <= set(model.shapes)
    process = next(iter(model.processes.values()))
    assert process.nodes["T10"].lane == process.nodes["New_T10"].lane != ""
    dropped = parse.parse(merge("bpmn", source, used, gone).source)
    assert "T10" not in dropped.shapes
    assert "New_T10" in dropped.shapes
    for known in (model, dropped):
        nodes = {node for p in known.processes.values() for node in p.nodes}
        assert all(e in nodes for e in known.shapes if e.startswith(("T", "New", "G")))
    moved = merge("bpmn", source, gone, edited(source, shift("T10")))
    assert moved.conflicts == ()  # what is gone has no place


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_two_did_the_diagram_holds_together(data: st.DataObject) -> None:
    """Also when one took away what the other used: nothing names an element that is not there."""
    source = data.draw(st.sampled_from(DIAGRAMS)).read_bytes()
    ids = [str(e.get("id")) for e in etree.fromstring(source).iter(*BUSY)]
    assume(ids)
    sides = []
    for _ in range(2):
        side = source
        for element in data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True)):
            if f'id="{element}"'.encode() in side:  # not taken away yet
                side = edited(side, data.draw(st.sampled_from([*EDITS, remove]))(element))
        sides.append(side)
    for prefer in ("mine", "theirs"):
        root = etree.fromstring(merge("bpmn", source, *sides, prefer=prefer).source)
        known = [str(e.get("id")) for e in root.iter(etree.Element) if e.get("id")]
        assert len(known) == len(set(known))
        named = [e.get(a) for e in root.iter(f"{BPMN}sequenceFlow") for a in ("sourceRef", "targetRef")]
        named += [e.get("bpmnElement") for e in root.iter("{*}BPMNShape", "{*}BPMNEdge")]
        named += [e.text for e in root.iter(f"{BPMN}flowNodeRef", f"{BPMN}incoming", f"{BPMN}outgoing")]
        assert set(named) <= set(known)
        parse.parse(etree.tostring(root))


def test_a_new_flow_follows_the_step_that_the_other_moved() -> None:
    source = plan()
    flow = next(e for e in etree.fromstring(source).iter(f"{BPMN}sequenceFlow"))

    def bend(root: etree._Element) -> None:
        edge = next(e for e in root.iter("{*}BPMNEdge") if e.get("bpmnElement") == flow.get("id"))
        points = list(edge.iter("{*}waypoint"))
        points[0].set("y", f"{float(points[0].get('y', '0')) + 1:g}")

    start = str(flow.get("sourceRef"))
    found = merge("bpmn", source, edited(source, bend), edited(source, shift(start)))
    before = next(e for e in etree.fromstring(source).iter("{*}BPMNEdge") if e.get("bpmnElement") == flow.get("id"))
    after = next(
        e for e in etree.fromstring(found.source).iter("{*}BPMNEdge") if e.get("bpmnElement") == flow.get("id")
    )
    (old, *_), (new, *_) = (list(edge.iter("{*}waypoint")) for edge in (before, after))
    assert float(new.get("x", "0")) - float(old.get("x", "0")) == 37


# Decision tables

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<decision id="limit" name="时限"><decisionTable id="t" hitPolicy="FIRST">
<input id="i1" label="类别"><inputExpression id="e1" typeRef="string"><text>kind</text></inputExpression></input>
<output id="o1" name="days" typeRef="number"/>
<rule id="r1"><inputEntry id="c1"><text>"a"</text></inputEntry><outputEntry id="x1"><text>1</text></outputEntry></rule>
<rule id="r2"><inputEntry id="c2"><text>"b"</text></inputEntry><outputEntry id="x2"><text>2</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
COLUMN = (
    '<input id="i2" label="急"><inputExpression id="e2" typeRef="string"><text>urgent</text></inputExpression></input>'
)


def with_column() -> str:
    text = TABLE.replace("<output id", f"{COLUMN}<output id")
    return text.replace("<outputEntry", '<inputEntry id="n{}"><text>-</text></inputEntry><outputEntry')


def rows(source: bytes) -> dict[str, list[str]]:
    table: Any = dmn.parse(source).decisions["limit"].box
    return {rule.id: [cell.text for cell in (*rule.tests, *rule.results)] for rule in table.rules}


def test_a_column_and_a_row_that_were_added_at_once_fit_together() -> None:
    row = '<rule id="r3"><inputEntry id="c3"><text>"c"</text></inputEntry><outputEntry id="x3"><text>3</text></outputEntry></rule>'
    column = with_column().replace('id="n{}"', 'id="n1"', 1).replace('id="n{}"', 'id="n2"', 1)
    theirs = TABLE.replace("</decisionTable>", f"{row}</decisionTable>").replace("<text>2</text>", "<text>9</text>")
    for mine, other in ((column, theirs), (theirs, column)):
        found = merge("dmn", TABLE.encode(), mine.encode(), other.encode())
        assert found.conflicts == ()
        assert rows(found.source) == {"r1": ['"a"', "-", "1"], "r2": ['"b"', "-", "9"], "r3": ['"c"', "", "3"]}


def test_rows_keep_the_order_somebody_gave_them_and_cells_clash_by_name() -> None:
    first, second = TABLE.index('<rule id="r1"'), TABLE.index('<rule id="r2"')
    end = TABLE.index("</decisionTable>")
    turned = TABLE[:first] + TABLE[second:end] + TABLE[first:second] + TABLE[end:]
    changed = TABLE.replace("<text>1</text>", "<text>7</text>")
    found = merge("dmn", TABLE.encode(), turned.encode(), changed.encode())
    assert list(rows(found.source).items()) == [("r2", ['"b"', "2"]), ("r1", ['"a"', "7"])]
    (clash,) = merge("dmn", TABLE.encode(), changed.encode(), TABLE.replace("<text>1<", "<text>8<").encode()).conflicts
    assert (clash.element_id, clash.what_zh, clash.mine, clash.theirs) == ("r1", "结果单元格", "7", "8")
    gone = TABLE[:first] + TABLE[second:]
    column = with_column().replace('id="n{}"', 'id="n1"', 1).replace('id="n{}"', 'id="n2"', 1)
    assert list(rows(merge("dmn", TABLE.encode(), gone.encode(), column.encode()).source)) == ["r2"]
    asked = merge("dmn", TABLE.encode(), gone.encode(), changed.encode())
    assert list(rows(asked.source)) == ["r1", "r2"]
    assert [c.element_id for c in asked.conflicts] == ["r1"]


# Forms, texts, scenarios


def test_fields_of_a_form_come_together() -> None:
    source = (ROOT / "complaint" / "forms" / "T09.form").read_bytes()
    mine, theirs = json.loads(source), json.loads(source)
    mine["components"][0]["label"] = "怎么办"
    mine["components"].insert(1, {"type": "textfield", "id": "mine", "key": "mine", "label": "我的"})
    theirs["components"][0]["values"].append({"label": "再看", "value": "再看"})
    theirs["components"][0].setdefault("validate", {})["required"] = False
    theirs["components"].append({"type": "number", "id": "theirs", "key": "theirs", "label": "他的"})
    found = merge("form", source, json.dumps(mine).encode(), json.dumps(theirs).encode())
    assert found.conflicts == ()
    form = json.loads(found.source)
    first = form["components"][0]
    assert (first["label"], first["validate"], first["values"][-1]["value"]) == ("怎么办", {"required": False}, "再看")
    assert [one["id"] for one in form["components"]][1] == "mine"
    assert form["components"][-1]["id"] == "theirs"
    assert forms.parse(found.source).id == "T09"
    theirs["components"][0]["label"] = "如何处理"
    (clash,) = merge("form", source, json.dumps(mine).encode(), json.dumps(theirs).encode()).conflicts
    assert (clash.element_id, clash.what_zh, clash.mine, clash.theirs) == (
        "T09_decision", "标签", '"怎么办"', '"如何处理"',
    )  # fmt: skip


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_is_written_as_it_was_read(path: Path) -> None:
    source = path.read_bytes()
    whole = json.loads(source)
    found = merge(
        "form", source, json.dumps(whole | {"one": 1}).encode(), json.dumps(whole | {"two": {"a": []}}).encode()
    )
    assert json.loads(found.source) == whole | {"one": 1, "two": {"a": []}}


def test_texts_and_stories() -> None:
    base, mine, theirs = ({"甲": "a", "乙": "b", **more} for more in ({}, {"甲": "A"}, {"丙": "c"}))
    sources = [json.dumps(text).encode() for text in (base, mine, theirs)]
    assert json.loads(merge("texts", *sources).source) == {"甲": "A", "乙": "b", "丙": "c"}
    story = "名称: x\n步骤:\n  - 登记: {}\n  - 完成: 派单\n"
    one, two = story.replace("x", "长假"), story + "  - 办到: 受理\n"
    assert merge("scenario", story.encode(), one.encode(), two.encode()).source.decode() == (
        "名称: 长假\n步骤:\n  - 登记: {}\n  - 完成: 派单\n  - 办到: 受理\n"
    )
    (clash,) = merge("scenario", story.encode(), one.encode(), story.replace("x", "春节").encode()).conflicts
    assert (clash.what_zh, clash.mine, clash.theirs) == ("第 1 行", "名称: 长假", "名称: 春节")


def test_what_cannot_be_read_is_not_mixed() -> None:
    source = plan()
    found = merge("bpmn", source, b"<nothing", edited(source, rename("T10")))
    assert found.source == edited(source, rename("T10"))
    assert [c.what_zh for c in found.conflicts] == ["整个文件（其中一方的内容无法读取）"]
    assert merge("form", b"{}", b"[", b'{"a": 1}').source == b'{"a": 1}'


WAYS = (
    '<?xml version="1.0"?><!-- first --><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"'
    ' targetNamespace="t"><!-- why --><process id="p" isExecutable="true"><startEvent id="s"/>'
    '<sequenceFlow id="f0" sourceRef="s" targetRef="g"/><!-- two ways --><exclusiveGateway id="g"{}/>{}'
    '<sequenceFlow id="fB" sourceRef="g" targetRef="B"/><endEvent id="A"/><endEvent id="B" name="b"/><!-- end -->'
    "</process></definitions>"
)
WAY = '<sequenceFlow id="fA" sourceRef="g" targetRef="A"/>'


@pytest.mark.parametrize("prefer", ["mine", "theirs"])
def test_no_default_flow_stays_that_the_other_took_away(prefer: str) -> None:
    base, without = WAYS.format("", WAY).encode(), WAYS.format("", "").encode()
    chosen = WAYS.format(' default="fA"', WAY).encode()
    for mine, theirs, said in ((without, chosen, (DELETED, "fA")), (chosen, without, ("fA", DELETED))):
        found = merge("bpmn", base, mine, theirs, prefer=prefer)
        assert b"fA" not in found.source
        assert [(one.element_id, one.what, one.mine, one.theirs) for one in found.conflicts] == [
            ("g", "default flow", *said)
        ]


def test_remarks_in_a_file_stay() -> None:
    base = WAYS.format("", WAY).encode()
    found = merge("bpmn", base, base.replace(b'id="s"', b'id="s" name="x"'), base.replace(b"two ways", b"three ways"))
    assert found.conflicts == ()
    assert re.findall(rb"<!-- (.*?) -->\s*<?/?(\w*)", found.source) == [
        (b"first", b"definitions"), (b"why", b"process"), (b"three ways", b"exclusiveGateway"), (b"end", b"process"),
    ]  # fmt: skip
    both = merge("bpmn", base, base.replace(b"two ways", b"one way"), base.replace(b"two ways", b"no way"))
    assert [(one.element_id, one.mine, one.theirs) for one in both.conflicts] == [("g", "one way", "no way")]


@pytest.mark.parametrize("own", ['["x"]', '{"a": 1}', "5", "null", "true"])
def test_a_field_with_a_strange_id_is_no_obstacle(own: str) -> None:
    base = f'{{"id": "f", "components": [{{"id": {own}, "key": "a", "type": "textfield", "label": "1"}}]}}'.encode()
    found = merge("form", base, base.replace(b'"1"', b'"2"'), base.replace(b'"f"', b'"g"'))
    assert found.conflicts == ()
    assert json.loads(found.source) == json.loads(base.replace(b'"1"', b'"2"').replace(b'"f"', b'"g"'))
