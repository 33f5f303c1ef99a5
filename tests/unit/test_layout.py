"""The layout: whatever is drawn, no shapes overlap, nodes stay in their lanes, flows dock on borders."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core import parse
from engine.core.layout import layout
from engine.errors import DeploymentRefused, InvalidInputError

if TYPE_CHECKING:
    from engine.core.model import Bounds, Model

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAMS = sorted((Path(__file__).parents[2] / "processes").glob("*/*.bpmn"))
KINDS = [
    "task",
    "userTask",
    "serviceTask",
    "exclusiveGateway",
    "parallelGateway",
    "intermediateCatchEvent",
    "callActivity",
]


def diagram(body: str, lanes: str = "", pool: bool = True, extra: str = "") -> bytes:
    pools = (
        '<collaboration id="c"><participant id="pool" name="公司" processRef="p"/>' + extra + "</collaboration>"
        if pool
        else ""
    )
    return f'<definitions xmlns="{BPMN}" targetNamespace="t">{pools}<process id="p" name="测试">{lanes}{body}</process></definitions>'.encode()


def apart(a: Bounds, b: Bounds) -> bool:
    return a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y


def within(outer: Bounds, inner: Bounds) -> bool:
    return (
        outer.x <= inner.x and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width and inner.y + inner.height <= outer.y + outer.height
    )  # fmt: skip


def on_border(box: Bounds, point: tuple[float, float]) -> bool:
    x, y = point
    near_x = min(abs(x - box.x), abs(x - box.x - box.width)) < 0.6
    near_y = min(abs(y - box.y), abs(y - box.y - box.height)) < 0.6
    return (near_x and box.y - 0.6 <= y <= box.y + box.height + 0.6) or (
        near_y and box.x - 0.6 <= x <= box.x + box.width + 0.6
    )


def check(model: Model) -> None:
    for process in model.processes.values():
        for node in process.nodes.values():
            assert node.id in model.shapes, node.id
        scopes = {node.scope for node in process.nodes.values()}
        for scope in scopes:
            inside = [model.shapes[n.id] for n in process.inside(scope) if n.type != "boundaryEvent"]
            for a, b in combinations(inside, 2):
                assert apart(a.bounds, b.bounds), (a, b)
            if scope in process.nodes and model.shapes[scope].expanded:
                assert all(within(model.shapes[scope].bounds, s.bounds) for s in inside)
        for lane in process.lanes:
            for node_id in lane.node_ids:
                node = process.nodes[node_id]
                if node.type != "boundaryEvent" and node.scope == process.id:
                    assert within(model.shapes[lane.id].bounds, model.shapes[node_id].bounds), node_id
        for flow in process.flows.values():
            points = model.edges[flow.id].waypoints
            assert len(points) >= 2
            assert on_border(model.shapes[flow.source].bounds, points[0]), (flow, points)
            assert on_border(model.shapes[flow.target].bounds, points[-1]), (flow, points)
            assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points)), points
        for node in process.nodes.values():
            if node.type == "boundaryEvent" and node.attached_to:
                host, own = model.shapes[node.attached_to].bounds, model.shapes[node.id].bounds
                assert on_border(host, (own.x + own.width / 2, own.y + own.height / 2))


@st.composite
def random_diagrams(draw: st.DrawFn) -> bytes:
    count = draw(st.integers(1, 14))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=count, max_size=count))
    names = draw(
        st.lists(
            st.sampled_from(["", "派单", "电话通知受理人三次联系不上转备用联系人", "Check the roof"]),
            min_size=count,
            max_size=count,
        )
    )
    pairs = draw(
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=2 * count, unique=True)
    )
    lane_count = draw(st.integers(0, 3))
    lane_of = draw(st.lists(st.integers(0, max(0, lane_count - 1)), min_size=count, max_size=count))
    body = "".join(f'<{k} id="n{i}" name="{names[i]}"/>' for i, k in enumerate(kinds))
    hosts = [i for i, k in enumerate(kinds) if k.endswith("ask")]
    attached = draw(st.lists(st.sampled_from(hosts), max_size=3)) if hosts else []
    for number, host in enumerate(attached):
        body += (
            f'<boundaryEvent id="b{number}" attachedToRef="n{host}" name="超时"><timerEventDefinition/></boundaryEvent>'
        )
        body += f'<sequenceFlow id="fb{number}" sourceRef="b{number}" targetRef="n{draw(st.integers(0, count - 1))}"/>'
    if draw(st.booleans()):
        body += '<subProcess id="s" name="里面" triggeredByEvent="true"><startEvent id="s1"/><task id="s2"/>'
        body += '<sequenceFlow id="s3" sourceRef="s1" targetRef="s2"/></subProcess>'
    body += "".join(
        f'<sequenceFlow id="f{k}" sourceRef="n{a}" targetRef="n{b}" name="{"是" if k % 2 else ""}"/>'
        for k, (a, b) in enumerate(pairs)
    )
    lanes = "".join(
        f'<lane id="l{number}" name="角色{number}">'
        + "".join(f"<flowNodeRef>n{i}</flowNodeRef>" for i in range(count) if lane_of[i] == number)
        + "</lane>"
        for number in range(lane_count)
    )
    return diagram(body, f'<laneSet id="ls">{lanes}</laneSet>' if lanes else "", draw(st.booleans()))


@settings(max_examples=60, deadline=None)
@given(random_diagrams())
def test_any_graph_is_laid_out_without_overlaps_inside_its_lanes(xml: bytes) -> None:
    check(parse.parse(layout(xml)))


@settings(max_examples=10, deadline=None)
@given(random_diagrams())
def test_the_same_file_gives_the_same_drawing_and_a_second_layout_changes_nothing(xml: bytes) -> None:
    once = layout(xml)
    assert layout(xml) == once
    assert layout(once) == once


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda p: p.stem)
def test_shipped_diagrams_are_drawn_cleanly(path: Path) -> None:
    model = parse.parse(path.read_bytes())
    check(model)
    for process in model.processes.values():
        top = [n for n in process.nodes.values() if n.scope == process.id]
        assert len(top) <= 24, len(top)
        for flow in process.flows.values():
            line = model.edges[flow.id].waypoints
            for node in process.inside(flow.scope):
                if node.id not in {flow.source, flow.target} and node.type != "boundaryEvent":
                    assert not any(crosses(a, b, model.shapes[node.id].bounds) for a, b in pairwise(line)), (
                        flow.id,
                        node.id,
                    )


def crosses(a: tuple[float, float], b: tuple[float, float], box: Bounds) -> bool:
    low_x, high_x, low_y, high_y = min(a[0], b[0]), max(a[0], b[0]), min(a[1], b[1]), max(a[1], b[1])
    return low_x < box.x + box.width and high_x > box.x and low_y < box.y + box.height and high_y > box.y


def test_pools_stand_below_each_other_and_message_flows_reach_them() -> None:
    other = '<participant id="customer" name="业主"/><messageFlow id="m" sourceRef="t" targetRef="customer"/>'
    model = parse.parse(
        layout(
            diagram(
                '<startEvent id="s"/><task id="t"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>', "", extra=other
            )
        )
    )
    company, customer = model.shapes["pool"].bounds, model.shapes["customer"].bounds
    assert company.y + company.height < customer.y
    assert model.edges["m"].waypoints[-1][1] == customer.y


def test_the_old_drawing_is_replaced_and_a_closed_sub_process_keeps_its_own_page() -> None:
    body = '<subProcess id="s" name="细节"><task id="t"/></subProcess>'
    old = layout(diagram(body, pool=False)).replace(b'isExpanded="true"', b'isExpanded="false"')
    new = layout(old)
    model = parse.parse(new)
    assert new.count(b"<bpmndi:BPMNDiagram ") == 2
    assert not model.shapes["s"].expanded
    assert (model.shapes["s"].bounds.width, model.shapes["s"].bounds.height) == (100, 80)


def test_notes_stand_beside_what_they_are_about() -> None:
    body = '<task id="t"/><textAnnotation id="n"><text>三个工作日内答复</text></textAnnotation><association id="a" sourceRef="t" targetRef="n"/>'
    model = parse.parse(layout(diagram(body)))
    task, note = model.shapes["t"].bounds, model.shapes["n"].bounds
    assert apart(task, note)
    assert abs(task.x + task.width / 2 - note.x - note.width / 2) < 1
    assert len(model.edges["a"].waypoints) >= 2


def test_bad_files_are_refused_with_a_sentence() -> None:
    with pytest.raises(DeploymentRefused):
        layout(b"<not xml")
    with pytest.raises(DeploymentRefused):
        layout(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises((InvalidInputError, DeploymentRefused)):
        layout(f'<definitions xmlns="{BPMN}"/>'.encode())
