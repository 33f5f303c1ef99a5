"""Deadlocks are foretold with the path that leads to them; sound diagrams are left alone."""

from __future__ import annotations

from engine.core import normalise, parse
from engine.core.lint.soundness import check_soundness
from tests.conformance.drawing_board import END, START, boundary, chain, flow, timer, user, xml
from tests.conformance.test_flow_control import INCLUSIVE, LOOPED


def rules(body: str) -> list[tuple[str, str]]:
    process = normalise.normalise(parse.parse(xml(body))).processes["P"]
    return [(f.element_id, f.rule) for f in check_soundness(process, "P")]


def test_a_parallel_join_of_exclusive_paths_is_a_deadlock_with_its_path():
    body = (
        START + '<exclusiveGateway id="x" default="d"/><parallelGateway id="j"/>' + user("a") + user("b") + END
        + flow("s", "x") + flow("x", "a", "n = 1") + flow("x", "b", id="d") + chain("a", "j", "e") + chain("b", "j")
    )  # fmt: skip
    process = normalise.normalise(parse.parse(xml(body))).processes["P"]
    found = list(check_soundness(process, "P"))
    assert [(f.element_id, f.rule) for f in found] == [("j", "deadlock")]
    assert "x → a" in found[0].message or "x → b" in found[0].message


def test_sound_diagrams_have_no_findings():
    assert rules(LOOPED) == []
    assert rules(INCLUSIVE) == []
    body = START + user("a") + boundary("b", "a", timer("Duration", "PT1H")) + user("c") + END + chain("s", "a", "e") + chain("b", "c", "e")
    assert rules(body) == []


def test_a_reminder_in_a_circle_does_not_pile_up_since_nobody_waits_in_it():
    remind = '<serviceTask id="r" camunda:topic="case.notify"/><endEvent id="told"/>'
    border = boundary("b", "a", timer("Duration", "P1D"), interrupting=False) + chain("b", "r", "told")
    gate = '<exclusiveGateway id="x" default="on"/><sequenceFlow id="on" sourceRef="x" targetRef="e"/>' + flow("x", "a", "again = true")
    assert rules(START + user("a") + gate + END + chain("s", "a", "x") + border + remind) == []
    waiting = remind.replace("serviceTask", "userTask")
    assert rules(START + user("a") + gate + END + chain("s", "a", "x") + border + waiting) == [("r", "piles-up")]


def test_a_split_that_comes_round_without_joining_piles_up():
    body = START + '<exclusiveGateway id="m"/><parallelGateway id="g"/>' + user("a") + END + chain("s", "m", "g", "a", "m") + flow("g", "e")
    assert rules(body) == []  # one token circles, the other ends
    body = START + '<exclusiveGateway id="m"/><parallelGateway id="g"/><parallelGateway id="h"/>' + user("a") + user("b") + chain("s", "m", "g", "a", "m") + chain("g", "b", "m")
    assert "piles-up" in [rule for _, rule in rules(body)]
