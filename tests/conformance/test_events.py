"""Timers, messages, conditions, errors, escalations, event sub-processes, compensation (ENGINE.md §1 rows 7, 12-15)."""

from __future__ import annotations

import pytest

from engine.core import machine
from engine.errors import ConflictError, ProcessError
from tests.conformance.drawing_board import (
    END,
    ERROR,
    ESCALATION,
    MESSAGE,
    START,
    Board,
    boundary,
    chain,
    timer,
    user,
)

SERVICE = '<serviceTask id="v" camunda:type="external" camunda:topic="t"/>'


def test_an_interrupting_timer_withdraws_its_task_and_is_never_early():
    board = Board(START + user("a") + boundary("b", "a", timer("Duration", "PT1H")) + user("r") + END + chain("s", "a", "e") + chain("b", "r"))
    board.wait(minutes=59)
    with pytest.raises(ConflictError):
        board.step(machine.fire, token_id=board.snap.timers[0].token_id)
    assert board.wait(minutes=1).open == ["r"]
    assert not board.snap.timers


def test_a_cycle_beside_a_task_makes_a_task_each_time_and_missed_rounds_make_one():
    board = Board(START + user("a") + boundary("b", "a", timer("Cycle", "R/PT1H"), interrupting=False) + user("r") + END + chain("s", "a", "e") + chain("b", "r"))
    assert board.wait(hours=1).open == ["a", "r"]
    assert board.wait(hours=1).open == ["a", "r", "r"]
    assert board.wait(hours=9.5).open == ["a", "r", "r", "r"]
    board.do("a")
    assert board.open == ["r", "r", "r"], "what a timer created stays until it is done"
    board.do("r").do("r").do("r")
    assert board.ended


def test_a_limited_cycle_stops():
    board = Board(START + user("a") + boundary("b", "a", timer("Cycle", "R2/PT1H"), interrupting=False) + user("r") + chain("s", "a") + chain("b", "r"))
    for _ in range(5):
        board.wait(hours=1)
    assert board.open == ["a", "r", "r"]
    assert not board.snap.timers


@pytest.mark.parametrize("text", ["2026-01-02T08:00:00+08:00", "=date and time(when)", "P1D", '=duration("P1D")'])
def test_a_timer_reads_iso_and_feel(text: str):
    kind = "Date" if "when" in text or text.startswith("2026") else "Duration"
    body = START + f'<intermediateCatchEvent id="c">{timer(kind, text)}</intermediateCatchEvent>' + END + chain("s", "c", "e")
    board = Board(body, when="2026-01-02T08:00:00+08:00")
    assert board.snap.timers[0].due_at.isoformat() == "2026-01-02T00:00:00+00:00"
    assert board.wait(days=1).ended


def test_each_timer_of_an_event_gateway_has_its_own_due_time_and_one_event_wins():
    body = (
        START + '<eventBasedGateway id="g"/>' + f'<intermediateCatchEvent id="c1">{MESSAGE}</intermediateCatchEvent>'
        + f'<intermediateCatchEvent id="c2">{timer("Duration", "PT1H")}</intermediateCatchEvent>'
        + f'<intermediateCatchEvent id="c3">{timer("Duration", "PT2H")}</intermediateCatchEvent>'
        + user("a") + user("b") + user("c") + chain("s", "g", "c1", "a") + chain("g", "c2", "b") + chain("g", "c3", "c")
    )  # fmt: skip
    board = Board(body)
    assert len({t.due_at for t in board.snap.timers}) == 2
    assert board.wait(hours=3).open == ["b"]
    assert not board.snap.subscriptions
    assert Board(body).message("STOP").open == ["a"]


def test_a_message_withdraws_a_sub_process_with_all_inside():
    sub = '<subProcess id="sp"><startEvent id="ss"/>' + user("i") + user("k") + chain("ss", "i", "k") + "</subProcess>"
    body = START + sub + boundary("b", "sp", MESSAGE) + user("w") + END + chain("s", "sp", "e") + chain("b", "w", "e")
    board = Board(body).do("i").message("STOP", why="moved")
    assert board.open == ["w"]
    assert board.variables == {"why": "moved"}
    assert Board(body).do("i").do("k").ended == ("completed", "e")


def test_a_message_beside_a_task_comes_every_time():
    board = Board(START + user("a") + boundary("b", "a", MESSAGE, interrupting=False) + user("r") + chain("s", "a") + chain("b", "r"))
    assert board.message("STOP").message("STOP").open == ["a", "r", "r"]


@pytest.mark.parametrize(("interrupting", "expected"), [("true", ["i"]), ("false", ["a", "i", "i"])])
def test_an_event_sub_process_interrupts_or_not(interrupting: str, expected: list[str]):
    inner = f'<startEvent id="es" isInterrupting="{interrupting}">{MESSAGE}</startEvent>' + user("i") + chain("es", "i")
    board = Board(START + user("a") + END + chain("s", "a", "e") + f'<subProcess id="ev" triggeredByEvent="true">{inner}</subProcess>')
    board.message("STOP")
    if interrupting == "false":
        board.message("STOP")
    assert board.open == expected
    for name in expected:
        board.do(name)
    assert board.ended
    assert not board.snap.subscriptions


def test_an_event_sub_process_does_not_keep_its_scope_alive():
    inner = f'<startEvent id="es">{timer("Duration", "P1D")}</startEvent>' + user("i") + chain("es", "i")
    board = Board(START + user("a") + END + chain("s", "a", "e") + f'<subProcess id="ev" triggeredByEvent="true">{inner}</subProcess>')
    assert board.open == ["a"]
    assert board.do("a").ended
    assert not board.snap.timers


def test_an_error_of_a_service_reaches_its_border():
    board = Board(START + SERVICE + boundary("b", "v", ERROR) + user("f") + END + chain("s", "v", "e") + chain("b", "f"))
    assert board.fail("v", "E1").open == ["f"]


def test_an_error_that_nobody_catches_is_refused():
    board = Board(START + SERVICE + END + chain("s", "v", "e"))
    with pytest.raises(ProcessError, match="E1"):
        board.fail("v", "E1")


def test_an_error_end_event_goes_out_to_the_border_of_the_sub_process():
    sub = '<subProcess id="sp"><startEvent id="ss"/>' + user("i") + f'<endEvent id="se">{ERROR}</endEvent>' + chain("ss", "i", "se") + "</subProcess>"
    board = Board(START + sub + boundary("b", "sp", ERROR) + user("f") + END + chain("s", "sp", "e") + chain("b", "f")).do("i")
    assert board.open == ["f"]


def test_an_error_in_a_called_process_reaches_the_call_activity():
    called = START + user("q") + f'<endEvent id="e">{ERROR}</endEvent>' + chain("s", "q", "e")
    body = START + '<callActivity id="c" calledElement="Q"/>' + boundary("b", "c", ERROR) + user("f") + END + chain("s", "c", "e") + chain("b", "f")
    assert Board(body, called={"Q": called}).do("q").open == ["f"]


def test_an_error_event_sub_process_catches():
    inner = f'<startEvent id="es">{ERROR}</startEvent>' + user("i") + chain("es", "i")
    body = START + SERVICE + user("z") + chain("s", "v", "z") + f'<subProcess id="ev" triggeredByEvent="true">{inner}</subProcess>'
    board = Board(body)
    assert board.open == []
    assert board.fail("v", "E1").open == ["i"]


@pytest.mark.parametrize(("interrupting", "expected"), [(True, ["f"]), (False, ["f", "k"])])
def test_an_escalation_leaves_the_sub_process_running_or_not(interrupting: bool, expected: list[str]):
    sub = (
        '<subProcess id="sp"><startEvent id="ss"/>' + user("i") + f'<intermediateThrowEvent id="t">{ESCALATION}</intermediateThrowEvent>'
        + user("k") + chain("ss", "i", "t", "k") + "</subProcess>"
    )  # fmt: skip
    body = START + sub + boundary("b", "sp", ESCALATION, interrupting=interrupting) + user("f") + END + chain("s", "sp", "e") + chain("b", "f")
    assert Board(body).do("i").open == expected


def test_a_conditional_event_fires_when_its_condition_becomes_true():
    condition = "<conditionalEventDefinition><condition>level &gt; 1</condition></conditionalEventDefinition>"
    body = (
        START + '<parallelGateway id="g"/>' + user("a") + boundary("b", "a", condition, interrupting=False) + user("c") + user("d")
        + user("r") + chain("s", "g", "a") + chain("g", "c", "d") + chain("b", "r")
    )  # fmt: skip
    board = Board(body)
    assert board.open == ["a", "c"]
    assert board.do("c", level=2).open == ["a", "d", "r"]
    assert board.do("d", level=3).open == ["a", "r"]


def test_compensation_undoes_what_was_done_newest_first():
    def booked(name: str) -> str:
        return (
            user(name) + boundary(f"{name}_c", name, "<compensateEventDefinition/>")
            + f'<userTask id="undo_{name}" isForCompensation="true"/>'
            + f'<association id="as_{name}" sourceRef="{name}_c" targetRef="undo_{name}"/>'
        )  # fmt: skip

    body = START + booked("a") + booked("b") + user("n") + '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>' + user("z")
    board = Board(body + chain("s", "a", "b", "n", "t", "z")).do("a").do("b").do("n")
    assert board.open == ["undo_b"]
    assert board.do("undo_b").open == ["undo_a"]
    assert board.do("undo_a").open == ["z"]


def test_a_cancelled_transaction_compensates_and_leaves_by_its_border():
    inside = (
        '<startEvent id="ts"/>' + user("a") + boundary("ac", "a", "<compensateEventDefinition/>") + '<userTask id="undo" isForCompensation="true"/>'
        '<association id="as" sourceRef="ac" targetRef="undo"/>' + user("n") + '<endEvent id="te"><cancelEventDefinition/></endEvent>'
        + chain("ts", "a", "n", "te")
    )  # fmt: skip
    body = START + f'<transaction id="tx">{inside}</transaction>' + boundary("b", "tx", "<cancelEventDefinition/>") + user("ok") + user("z")
    board = Board(body + chain("s", "tx", "ok") + chain("b", "z")).do("a").do("n")
    assert board.open == ["undo"]
    assert board.do("undo").open == ["z"]


def test_a_thrown_message_carries_its_mapped_values():
    throw = '<intermediateThrowEvent id="t"><extensionElements><camunda:in source="x" target="y"/></extensionElements>' + MESSAGE + "</intermediateThrowEvent>"
    board = Board(START + throw + user("a") + chain("s", "t", "a"), x=3)
    assert [(m.kind, m.name, m.variables) for m in board.snap.thrown] == [("message", "STOP", {"y": 3})]
