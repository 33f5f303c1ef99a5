"""What a review found: each sentence here was once untrue."""

from __future__ import annotations

import pytest

from engine.core import machine
from tests.conformance.drawing_board import (
    END,
    ERROR,
    MESSAGE,
    START,
    Board,
    boundary,
    chain,
    timer,
    user,
)


def test_a_throw_event_that_begins_a_scope_throws():
    throw = f'<intermediateThrowEvent id="t">{MESSAGE}</intermediateThrowEvent>'
    board = Board(throw + user("a") + chain("t", "a"))
    assert [m.name for m in board.snap.thrown] == ["STOP"]


def test_a_message_from_a_called_process_carries_the_key_it_was_called_with():
    called = START + f'<intermediateThrowEvent id="t">{MESSAGE}</intermediateThrowEvent>' + user("q") + chain("s", "t", "q")
    call = (
        '<callActivity id="c" calledElement="Q"><extensionElements><camunda:in businessKey="=child"/></extensionElements></callActivity>'
    )
    board = Board(START + call + END + chain("s", "c", "e"), called={"Q": called}, child="CHILD")
    assert [(m.name, m.business_key) for m in board.snap.thrown] == [("STOP", "CHILD")]


def test_a_thousand_rounds_are_no_circle():
    rounds = '<multiInstanceLoopCharacteristics isSequential="true"><loopCardinality>1000</loopCardinality></multiInstanceLoopCharacteristics>'
    steps = "".join(f'<task id="t{n}"/>' for n in range(11))
    sub = f'<subProcess id="sp">{rounds}<startEvent id="ss"/>{steps}{chain("ss", *(f"t{n}" for n in range(11)))}</subProcess>'
    assert Board(START + sub + END + chain("s", "sp", "e")).ended == ("completed", "e")


def test_an_event_sub_process_that_names_the_error_wins_over_one_that_catches_all():
    def caught(name: str, definition: str) -> str:
        inner = f'<startEvent id="s{name}">{definition}</startEvent>' + user(name) + chain(f"s{name}", name)
        return f'<subProcess id="ev{name}" triggeredByEvent="true">{inner}</subProcess>'

    service = '<serviceTask id="v" camunda:type="external" camunda:topic="t"/>'
    board = Board(START + service + END + chain("s", "v", "e") + caught("every", "<errorEventDefinition/>") + caught("named", ERROR))
    assert board.fail("v", "E1").open == ["named"]


def test_moving_one_arm_of_an_event_gateway_withdraws_the_others():
    body = (
        START + '<eventBasedGateway id="g"/>' + f'<intermediateCatchEvent id="c1">{MESSAGE}</intermediateCatchEvent>'
        + f'<intermediateCatchEvent id="c2">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
        + user("a") + user("b") + chain("s", "g", "c1", "a") + chain("g", "c2", "b")
    )  # fmt: skip
    board = Board(body).step(machine.move, from_element="c1", to_element="a")
    assert board.open == ["a"]
    assert board.wait(hours=2).open == ["a"]


@pytest.mark.parametrize(("days", "due"), [(31, "2026-02-28"), (60, "2026-03-31"), (92, "2026-04-30")])
def test_a_monthly_timer_from_the_31st_stays_at_the_end_of_the_month(days: int, due: str):
    host = START + user("a") + boundary("b", "a", timer("Cycle", "R/2026-01-31T12:00:00+08:00/P1M"), interrupting=False)
    board = Board(host + user("r") + chain("s", "a") + chain("b", "r")).wait(days=days)
    assert board.snap.timers[0].due_at.date().isoformat() == due


def test_no_rounds_at_all_is_refused():
    with pytest.raises(Exception, match="R0/PT1H"):
        Board(START + user("a") + boundary("b", "a", timer("Cycle", "R0/PT1H"), interrupting=False) + chain("s", "a"))
