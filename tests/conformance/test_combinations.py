"""Constructs inside and beside one another: what each row of ENGINE.md §1 promises also holds in combination."""

from __future__ import annotations

import pytest

from engine.core import machine
from engine.errors import ProcessError
from tests.conformance.drawing_board import (
    END,
    ERROR,
    ESCALATION,
    MESSAGE,
    SIGNAL,
    START,
    Board,
    boundary,
    chain,
    compiled,
    flow,
    timer,
    user,
)
from tests.conformance.test_activities import many

TERMINATE = "<terminateEventDefinition/>"
SERVICE = '<serviceTask id="v" camunda:type="external" camunda:topic="t"/>'
CONDITION = "<conditionalEventDefinition><condition>level &gt; 1</condition></conditionalEventDefinition>"


def catch(inner: str, name: str = "c") -> str:
    return f'<intermediateCatchEvent id="{name}">{inner}</intermediateCatchEvent>'


def throw(inner: str, name: str = "t") -> str:
    return f'<intermediateThrowEvent id="{name}">{inner}</intermediateThrowEvent>'


def end(inner: str, name: str = "e") -> str:
    return f'<endEvent id="{name}">{inner}</endEvent>'


def sub(name: str, inner: str, attributes: str = "") -> str:
    return f'<subProcess id="{name}" {attributes}><startEvent id="{name}_s"/>{inner}</subProcess>'


def event_sub(name: str, start: str, inner: str, *, interrupting: bool = True) -> str:
    flag = "true" if interrupting else "false"
    return f'<subProcess id="{name}" triggeredByEvent="true"><startEvent id="{name}_s" isInterrupting="{flag}">{start}</startEvent>{inner}</subProcess>'


class Signals:
    """Signals are delivered by the host to every subscription."""

    @staticmethod
    def broadcast(board: Board, name: str = "ALARM") -> Board:
        for waiting in [s for s in board.snap.subscriptions if s.kind == "signal" and s.name == name]:
            if any(s.token_id == waiting.token_id for s in board.snap.subscriptions):
                board.step(machine.deliver, token_id=waiting.token_id, variables={})
        return board


# Signals (row 12)


def test_a_signal_is_thrown_by_events_and_ends_and_reaches_every_waiter():
    body = START + '<parallelGateway id="g"/>' + catch(SIGNAL, "c1") + catch(SIGNAL, "c2") + user("a") + user("b") + chain("s", "g", "c1", "a") + chain("g", "c2", "b")
    assert Signals.broadcast(Board(body)).open == ["a", "b"]
    assert [(t.kind, t.name) for t in Board(START + end(SIGNAL) + chain("s", "e")).snap.thrown] == [("signal", "ALARM")]
    board = Board(START + throw(SIGNAL) + user("a") + chain("s", "t", "a"))
    assert [(t.kind, t.name) for t in board.snap.thrown] == [("signal", "ALARM")]
    assert board.open == ["a"]


@pytest.mark.parametrize(("interrupting", "expected"), [(True, ["r"]), (False, ["a", "r", "r"])])
def test_a_signal_on_a_border_comes_every_time_or_interrupts(interrupting: bool, expected: list[str]):
    board = Board(START + user("a") + boundary("b", "a", SIGNAL, interrupting=interrupting) + user("r") + chain("s", "a") + chain("b", "r"))
    Signals.broadcast(board)
    Signals.broadcast(board)
    assert board.open == expected


def test_a_signal_starts_an_event_sub_process():
    board = Board(START + user("a") + chain("s", "a") + event_sub("ev", SIGNAL, user("i") + chain("ev_s", "i")))
    assert Signals.broadcast(board).open == ["i"]


# Starts (rows 9, 14)


@pytest.mark.parametrize("definition", [MESSAGE, SIGNAL, timer("Date", "2026-02-01")])
def test_a_process_starts_at_the_event_that_happened(definition: str):
    body = f'<startEvent id="s"/><startEvent id="s2">{definition}</startEvent>' + user("a") + user("b") + chain("s", "a") + chain("s2", "b")
    board = Board(body)
    assert board.open == ["a"], "the start without a trigger only"
    board.keep(machine.start(board.program, board.environment(), variables={"n": 1}, start_element="s2"))
    assert board.open == ["b"]
    assert board.variables == {"n": 1}
    kinds = [(s.element_id, s.kind) for s in board.program.start_events()]
    assert kinds[0] == ("s", "none")
    assert kinds[1][0] == "s2"


def test_a_process_that_only_a_message_starts_says_so():
    program_ = compiled(f'<startEvent id="s">{MESSAGE}</startEvent>' + user("a") + chain("s", "a"))
    board = Board(START + user("a") + chain("s", "a"))
    with pytest.raises(ProcessError, match="message"):
        machine.start(program_, board.environment(), variables={})


def test_event_sub_processes_watch_also_when_a_message_started_the_process():
    body = f'<startEvent id="s2">{SIGNAL}</startEvent>' + user("a") + chain("s2", "a") + event_sub("ev", MESSAGE, user("i") + chain("ev_s", "i"))
    board = Board(START + user("x") + chain("s", "x") + body)
    board.keep(machine.start(board.program, board.environment(), variables={}, start_element="s2"))
    assert board.message("STOP").open == ["i"]


# Timers (row 13)


def test_an_interrupting_cycle_fires_once():
    board = Board(START + user("a") + boundary("b", "a", timer("Cycle", "R3/PT1H")) + user("r") + chain("s", "a") + chain("b", "r"))
    assert board.wait(hours=1).open == ["r"]
    assert board.snap.timers == ()
    assert board.wait(hours=5).open == ["r"]


def test_a_cycle_of_an_event_sub_process_comes_again():
    inner = user("i") + chain("ev_s", "i")
    board = Board(START + user("a") + chain("s", "a") + event_sub("ev", timer("Cycle", "R/PT1H"), inner, interrupting=False))
    board.wait(hours=1)
    board.wait(hours=1)
    assert board.open == ["a", "i", "i"]
    assert board.do("a").open == ["i", "i"]
    assert board.do("i").do("i").ended
    assert board.snap.timers == ()


def test_a_timer_in_a_loop_starts_anew_each_round():
    body = START + '<exclusiveGateway id="m"/>' + user("a") + boundary("b", "a", timer("Duration", "PT2H")) + user("r") + chain("s", "m", "a", "m") + chain("b", "r")
    board = Board(body)
    for _ in range(3):
        board.wait(hours=1)
        board.do("a")
    assert board.open == ["a"]
    assert board.wait(hours=2).open == ["r"]


@pytest.mark.parametrize("when", ["2026-13-45", "2026-01-01T25:61:00", "0001-01-01", "R/PT0S", "R/-PT1H", "soon", 5, [], {}])
def test_a_time_that_does_not_exist_is_told_by_the_elements_name(when: object):
    body = START + catch(timer("Cycle", "=when")) + chain("s", "c")
    with pytest.raises(ProcessError, match="c: "):
        Board(body, when=when)
    if when not in ("R/PT0S", "R/-PT1H"):
        with pytest.raises(ProcessError, match="a: "):
            Board(START + user("a", 'camunda:dueDate="=when"') + chain("s", "a"), when=when)


def test_nine_days_of_missed_seconds_are_used_up_at_once():
    board = Board(START + user("a") + boundary("b", "a", timer("Cycle", "R/PT1S"), interrupting=False) + user("r") + chain("s", "a") + chain("b", "r"))
    assert board.wait(days=9).open == ["a", "r"]
    assert (board.snap.timers[0].due_at - board.now).total_seconds() == 1
    board = Board(START + user("a") + boundary("b", "a", timer("Cycle", "R5/PT1S"), interrupting=False) + user("r") + chain("s", "a") + chain("b", "r"))
    assert board.wait(seconds=2).open == ["a", "r"]
    assert board.wait(days=9).open == ["a", "r", "r"]
    assert board.snap.timers == ()


# Event sub-processes (row 7)


def test_an_event_sub_process_inside_one_is_armed_while_the_outer_runs():
    inner = event_sub("in", SIGNAL, user("k") + chain("in_s", "k"))
    body = START + user("a") + chain("s", "a") + event_sub("ev", MESSAGE, user("i") + chain("ev_s", "i") + inner)
    board = Board(body)
    assert [s.name for s in board.snap.subscriptions] == ["STOP"]
    board.message("STOP")
    assert board.open == ["i"]
    assert Signals.broadcast(board).open == ["k"]
    assert board.do("k").ended


def test_an_event_sub_process_of_a_sub_process_ends_with_it():
    body = START + sub("sp", user("i") + chain("sp_s", "i") + event_sub("ev", MESSAGE, user("k") + chain("ev_s", "k"), interrupting=False)) + user("z") + chain("s", "sp", "z")
    board = Board(body)
    assert board.message("STOP").open == ["i", "k"]
    assert board.do("i").open == ["k"], "the event sub-process keeps its scope"
    assert board.do("k").open == ["z"]
    assert board.snap.subscriptions == ()


def test_an_escalation_event_sub_process_runs_beside():
    body = START + throw(ESCALATION) + user("a") + chain("s", "t", "a") + event_sub("ev", ESCALATION, user("i") + chain("ev_s", "i"), interrupting=False)
    assert Board(body).open == ["a", "i"]


def test_a_conditional_event_sub_process_starts_when_the_condition_turns_true():
    body = START + user("a") + user("b") + chain("s", "a", "b") + event_sub("ev", CONDITION, user("i") + chain("ev_s", "i"), interrupting=False)
    board = Board(body, level=0)
    assert board.do("a", level=5).open == ["b", "i"]


def test_an_error_inside_an_event_sub_process_goes_out_further():
    ev = event_sub("ev", MESSAGE, user("i") + end(ERROR, "ee") + chain("ev_s", "i", "ee"))
    body = START + sub("sp", user("x") + chain("sp_s", "x") + ev) + boundary("b", "sp", ERROR) + user("f") + chain("s", "sp") + chain("b", "f")
    assert Board(body).message("STOP").do("i").open == ["f"]


def test_terminate_inside_an_event_sub_process_ends_only_that():
    ev = event_sub("ev", MESSAGE, user("i") + end(TERMINATE, "et") + chain("ev_s", "i", "et"), interrupting=False)
    board = Board(START + user("a") + END + chain("s", "a", "e") + ev)
    board.message("STOP").do("i")
    assert board.open == ["a"]
    assert board.do("a").ended == ("completed", "e")


# Conditional (row 12)


def test_a_conditional_event_on_a_border_interrupts():
    body = START + '<parallelGateway id="g"/>' + user("a") + boundary("b", "a", CONDITION) + user("c") + user("r") + chain("s", "g", "a") + chain("g", "c") + chain("b", "r")
    board = Board(body, level=0)
    assert board.do("c", level=2).open == ["r"]


def test_a_conditional_event_on_a_border_that_holds_from_the_start_fires_at_once():
    body = START + user("a") + boundary("b", "a", CONDITION) + user("r") + chain("s", "a") + chain("b", "r")
    assert Board(body, level=2).open == ["r"]


def test_a_conditional_catch_event_waits_for_its_condition():
    body = START + '<parallelGateway id="g"/>' + catch(CONDITION) + user("w") + user("r") + chain("s", "g", "c", "r") + chain("g", "w")
    board = Board(body)
    assert board.open == ["w"], "a name that nobody has set yet is no error here"
    assert board.do("w", level=2).open == ["r"]


# Errors and escalations (row 12)


def test_a_boundary_that_names_the_code_wins_and_keeps_code_message_and_values():
    catcher = '<errorEventDefinition errorRef="er" camunda:errorCodeVariable="code" camunda:errorMessageVariable="said"/>'
    body = START + SERVICE + boundary("all", "v", "<errorEventDefinition/>") + boundary("b", "v", catcher) + user("f") + user("o") + chain("s", "v") + chain("b", "f") + chain("all", "o")
    board = Board(body)
    token = board.snap.services[0].token_id
    board.step(machine.throw_error, token_id=token, code="E1", message="no stock", variables={"left": 3})
    assert board.open == ["f"]
    assert board.variables == {"code": "E1", "said": "no stock", "left": 3}
    assert Board(body).fail("v", "E9").open == ["o"]


def test_an_escalation_end_event_ends_its_path_and_tells_the_border():
    inner = '<parallelGateway id="g"/>' + user("i") + user("k") + end(ESCALATION, "se") + chain("sp_s", "g", "i", "se") + chain("g", "k")
    body = START + sub("sp", inner) + boundary("b", "sp", ESCALATION, interrupting=False) + user("f") + END + chain("s", "sp", "e") + chain("b", "f")
    board = Board(body).do("i")
    assert board.open == ["f", "k"]
    assert board.do("k").do("f").ended


def test_an_escalation_that_nobody_catches_changes_nothing():
    board = Board(START + throw(ESCALATION) + user("a") + chain("s", "t", "a"))
    assert board.open == ["a"]


def test_an_escalation_leaves_a_called_process():
    called = START + user("q") + throw(ESCALATION) + user("q2") + chain("s", "q", "t", "q2")
    body = START + '<callActivity id="c" calledElement="Q"/>' + boundary("b", "c", ESCALATION, interrupting=False) + user("f") + chain("s", "c") + chain("b", "f")
    assert Board(body, called={"Q": called}).do("q").open == ["f", "q2"]


def test_an_error_of_one_round_ends_all_rounds():
    inner = "" + user("i", 'camunda:assignee="=string(id)"') + '<exclusiveGateway id="x" default="fd"/>' + end(ERROR, "se") + '<endEvent id="ok"/>'
    inner += chain("sp_s", "i", "x") + flow("x", "se", "bad = true") + flow("x", "ok", id="fd")
    body = START + sub("sp", many("false") + inner) + boundary("b", "sp", ERROR) + user("f") + END + chain("s", "sp", "e") + chain("b", "f")
    board = Board(body, ids=[1, 2, 3], bad=False)
    board.do("i", bad=True)
    assert board.open == ["f"]
    assert board.do("f").ended
    assert set(board.snap.saved.variables) == {""}


# Call activities (row 18)


@pytest.mark.parametrize(("definition", "hours"), [(timer("Duration", "PT1H"), 1), (MESSAGE, 0)])
def test_an_event_on_the_border_of_a_call_activity_withdraws_the_called_process(definition: str, hours: int):
    called = START + sub("sp", user("q") + chain("sp_s", "q")) + END + chain("s", "sp", "e")
    body = START + '<callActivity id="c" calledElement="Q"/>' + boundary("b", "c", definition) + user("r") + chain("s", "c") + chain("b", "r")
    board = Board(body, called={"Q": called})
    board = board.wait(hours=hours) if hours else board.message("STOP")
    assert board.open == ["r"]
    assert set(board.snap.saved.variables) == {""}


def test_terminate_inside_a_called_process_ends_only_that():
    called = START + '<parallelGateway id="g"/>' + user("q") + user("p") + end(TERMINATE) + chain("s", "g", "q", "e") + chain("g", "p")
    board = Board(START + '<callActivity id="c" calledElement="Q"/>' + user("z") + END + chain("s", "c", "z", "e"), called={"Q": called}).do("q")
    assert board.open == ["z"]
    assert board.do("z").ended == ("completed", "e")


def test_call_activities_in_parallel_rounds_keep_their_variables_apart():
    mapping = '<extensionElements><camunda:in source="id" target="n"/><camunda:out source="r" target="last"/></extensionElements>'
    called = START + user("q", 'camunda:assignee="=string(n)"') + END + chain("s", "q", "e")
    body = START + f'<callActivity id="c" calledElement="Q">{mapping}{many("false", "nrOfCompletedInstances = 2")}</callActivity>' + user("z") + chain("s", "c", "z")
    board = Board(body, called={"Q": called}, ids=[7, 8, 9])
    assert sorted(t.assignee for t in board.snap.tasks) == ["7", "8", "9"]
    board.do("q", r="x").do("q", r="y")
    assert board.open == ["z"], "two of three were enough"
    assert board.variables["last"] == "y"
    assert set(board.snap.saved.variables) == {""}


def test_a_call_activity_in_sequential_rounds_with_a_border_event():
    called = START + user("q") + END + chain("s", "q", "e")
    body = START + f'<callActivity id="c" calledElement="Q">{many("true")}</callActivity>' + boundary("b", "c", timer("Duration", "PT3H")) + user("r") + user("z") + chain("s", "c", "z") + chain("b", "r")
    board = Board(body, called={"Q": called}, ids=[1, 2])
    board.wait(hours=1)
    board.do("q")
    board.wait(hours=1)
    assert board.open == ["q"]
    assert board.wait(hours=1).open == ["r"], "the border belongs to the whole activity, not to the round"
    assert Board(body, called={"Q": called}, ids=[1, 2]).do("q").do("q").open == ["z"]


def test_event_sub_processes_of_a_called_process_work():
    called = START + user("q") + END + chain("s", "q", "e") + event_sub("ev", MESSAGE, user("qi") + chain("ev_s", "qi"))
    board = Board(START + '<callActivity id="c" calledElement="Q"/>' + user("z") + chain("s", "c", "z"), called={"Q": called})
    assert board.message("STOP").open == ["qi"]
    assert board.do("qi").open == ["z"]


# Multi-instance (row 17)


def test_a_message_beside_each_multi_instance_activity_comes_once_for_the_whole():
    body = START + user("a", "", many("false")) + boundary("b", "a", MESSAGE, interrupting=False) + user("r") + user("z") + chain("s", "a", "z") + chain("b", "r")
    board = Board(body, ids=[1, 2])
    assert len(board.snap.subscriptions) == 1
    board.message("STOP").do("a").do("a")
    assert board.open == ["r", "z"]


def test_multi_instance_inside_multi_instance():
    inner = '<userTask id="i" camunda:assignee="=outer + string(id)">' + many("false").replace('"ids"', '"ids"') + "</userTask>"
    outer = '<multiInstanceLoopCharacteristics isSequential="true" camunda:collection="names" camunda:elementVariable="outer"/>'
    board = Board(START + sub("sp", outer + inner + chain("sp_s", "i")) + user("z") + chain("s", "sp", "z"), ids=[1, 2], names=["x", "y"])
    assert [t.assignee for t in board.snap.tasks] == ["x1", "x2"]
    board.do("i").do("i")
    assert [t.assignee for t in board.snap.tasks] == ["y1", "y2"]
    assert board.do("i").do("i").open == ["z"]


def test_a_service_in_rounds_and_its_error():
    service = f'<serviceTask id="v" camunda:type="external" camunda:topic="t">{many("false")}</serviceTask>'
    body = START + service + boundary("b", "v", ERROR) + user("f") + user("z") + chain("s", "v", "z") + chain("b", "f")
    board = Board(body, ids=[1, 2, 3])
    assert [s.variables["id"] for s in board.snap.services] == [1, 2, 3]
    board.serve("v")
    assert board.fail("v", "E1").open == ["f"]
    assert board.snap.services == ()
    assert Board(body, ids=[1]).serve("v").open == ["z"]


# Gateways in scopes (rows 1, 2)


def test_an_inclusive_join_inside_a_sub_process_does_not_look_outside():
    inner = (
        '<inclusiveGateway id="g"/><inclusiveGateway id="j"/>' + user("i") + user("k") + user("l") + chain("sp_s", "g")
        + flow("g", "i", "p") + flow("g", "k", "q") + chain("i", "j", "l") + chain("k", "j")
    )  # fmt: skip
    body = START + '<parallelGateway id="pg"/>' + sub("sp", inner) + user("o") + '<inclusiveGateway id="oj"/>' + user("z") + chain("s", "pg", "sp", "oj", "z") + chain("pg", "o", "oj")
    board = Board(body, p=True, q=True)
    assert board.do("i").open == ["k", "o"]
    assert board.do("k").open == ["l", "o"]
    assert board.do("l").open == ["o"]
    assert board.do("o").open == ["z"]


def test_a_parallel_join_counts_each_round_of_its_own_scope():
    inner = '<parallelGateway id="g"/><parallelGateway id="j"/>' + user("i") + user("k") + chain("sp_s", "g", "i", "j") + chain("g", "k", "j")
    board = Board(START + sub("sp", many("false") + inner) + user("z") + chain("s", "sp", "z"), ids=[1, 2])
    for name in ("i", "i", "k"):
        board.do(name)
    assert board.open == ["k"]
    assert board.do("k").open == ["z"]


def test_a_receive_task_behind_an_event_gateway_races():
    body = START + '<eventBasedGateway id="g"/><receiveTask id="rt" messageRef="m"/>' + catch(timer("Duration", "PT1H")) + user("a") + user("b") + chain("s", "g", "rt", "a") + chain("g", "c", "b")
    assert Board(body).message("STOP").open == ["a"]
    board = Board(body).wait(hours=1)
    assert board.open == ["b"]
    assert board.snap.subscriptions == ()


# Send and receive (row 15)


def test_a_send_task_throws_its_message_and_a_receive_task_takes_one_with_values():
    body = START + '<sendTask id="st" messageRef="m"/><receiveTask id="rt" messageRef="m"/>' + user("a") + chain("s", "st", "rt", "a")
    board = Board(body)
    assert [(t.kind, t.name, t.element_id) for t in board.snap.thrown] == [("message", "STOP", "st")]
    assert board.message("STOP", answer=42).open == ["a"]
    assert board.variables == {"answer": 42}


def test_a_message_end_event_throws_and_ends():
    board = Board(START + user("a") + end(MESSAGE) + chain("s", "a", "e")).do("a")
    assert [t.name for t in board.snap.thrown] == ["STOP"]
    assert board.ended == ("completed", "e")


def test_a_correlation_key_is_told_with_the_subscription():
    key = '<extensionElements><camunda:properties><camunda:property name="correlationKey" value="=number"/></camunda:properties></extensionElements>'
    board = Board(START + f'<receiveTask id="rt" messageRef="m">{key}</receiveTask>' + chain("s", "rt"), number="TS-1")
    assert board.snap.subscriptions[0].correlation_key == "TS-1"


# Compensation (row 12)


def booked(name: str) -> str:
    return (
        user(name) + boundary(f"{name}_c", name, "<compensateEventDefinition/>") + f'<userTask id="undo_{name}" isForCompensation="true"/>'
        + f'<association id="as_{name}" sourceRef="{name}_c" targetRef="undo_{name}"/>'
    )  # fmt: skip


def test_compensation_reaches_into_a_completed_sub_process():
    body = START + sub("sp", booked("i") + chain("sp_s", "i")) + user("n") + throw("<compensateEventDefinition/>") + user("z") + chain("s", "sp", "n", "t", "z")
    board = Board(body).do("i").do("n")
    assert board.open == ["undo_i"]
    assert board.do("undo_i").open == ["z"]


def test_compensation_of_one_activity_leaves_the_others():
    body = START + booked("a") + booked("b") + throw('<compensateEventDefinition activityRef="a"/>') + user("z") + chain("s", "a", "b", "t", "z")
    board = Board(body).do("a").do("b")
    assert board.open == ["undo_a"]
    assert board.do("undo_a").open == ["z"]


def test_an_activity_that_was_not_completed_is_not_compensated():
    body = START + '<parallelGateway id="g"/>' + booked("a") + user("n") + end("<compensateEventDefinition/>") + chain("s", "g", "a") + chain("g", "n", "e")
    board = Board(body).do("n")
    assert board.open == ["a"]


def test_compensation_inside_a_sub_process_leaves_the_outer_alone():
    inner = booked("i") + throw("<compensateEventDefinition/>", "it") + user("k") + chain("sp_s", "i", "it", "k")
    board = Board(START + booked("a") + sub("sp", inner) + chain("s", "a", "sp")).do("a").do("i")
    assert board.open == ["undo_i"]
    assert board.do("undo_i").open == ["k"]


def test_rounds_are_compensated_each():
    body = START + user("a", "", many("true")) + boundary("ac", "a", "<compensateEventDefinition/>") + '<userTask id="undo" isForCompensation="true"/><association id="x" sourceRef="ac" targetRef="undo"/>'
    board = Board(body + user("n") + throw("<compensateEventDefinition/>") + user("z") + chain("s", "a", "n", "t", "z"), ids=[1, 2])
    board.do("a").do("a").do("n")
    assert board.open == ["undo"], "one after the other, as Camunda 7 does for each round"
    assert board.do("undo").open == ["undo"]
    assert board.do("undo").open == ["z"]


# Transactions (row 12)


def test_an_error_leaves_a_transaction_without_compensation():
    inside = '<startEvent id="ts"/>' + booked("a") + end(ERROR, "te") + chain("ts", "a", "te")
    body = START + f'<transaction id="tx">{inside}</transaction>' + boundary("b", "tx", ERROR) + user("f") + chain("s", "tx") + chain("b", "f")
    assert Board(body).do("a").open == ["f"]


def test_cancelling_withdraws_what_still_runs_in_the_transaction():
    inside = '<startEvent id="ts"/><parallelGateway id="g"/>' + user("a") + user("w") + end("<cancelEventDefinition/>", "te") + chain("ts", "g", "a", "te") + chain("g", "w")
    body = START + f'<transaction id="tx">{inside}</transaction>' + boundary("b", "tx", "<cancelEventDefinition/>") + user("z") + user("ok") + chain("s", "tx", "ok") + chain("b", "z")
    assert Board(body).do("a").open == ["z"]


# Loops (rows 1, 3)


def test_sub_processes_links_and_borders_inside_a_loop():
    body = (
        START + '<exclusiveGateway id="m"/><exclusiveGateway id="x" default="fd"/>' + sub("sp", user("i") + chain("sp_s", "i"))
        + boundary("b", "sp", MESSAGE, interrupting=False) + user("r") + END
        + chain("s", "m", "sp", "x") + flow("x", "m", "again") + flow("x", "e", id="fd") + chain("b", "r")
    )  # fmt: skip
    board = Board(body, again=True)
    for _ in range(5):
        board.message("STOP").do("r").do("i")
    assert board.open == ["i"]
    assert len(board.snap.subscriptions) == 1
    assert board.do("i", again=False).ended


def test_a_standard_loop_tests_before_and_has_a_maximum():
    loop = '<standardLoopCharacteristics testBefore="true" loopMaximum="3"><loopCondition>go</loopCondition></standardLoopCharacteristics>'
    body = START + user("a", "", loop) + END + chain("s", "a", "e")
    assert Board(body, go=False).ended
    board = Board(body, go=True)
    board.do("a").do("a")
    assert board.open == ["a"]
    assert board.do("a").ended


# Operators (deliverable "operator actions")


@pytest.mark.parametrize("kind", ["false", "true"])
def test_cancelling_one_round_leaves_the_others_and_the_last_one_ends_the_activity(kind: str):
    body = START + user("a", 'camunda:assignee="=string(id)"', many(kind)) + user("z") + chain("s", "a", "z")
    board = Board(body, ids=[1, 2])
    board.step(machine.cancel, token_id=board.snap.tasks[0].id)
    assert [t.assignee for t in board.snap.tasks] == ["2"]
    board.step(machine.cancel, token_id=board.snap.tasks[0].id)
    assert board.open == ["z"]


def test_a_person_may_end_a_task_with_an_error_of_the_process():
    body = START + user("a") + boundary("b", "a", ERROR) + user("f") + chain("s", "a") + chain("b", "f")
    board = Board(body)
    board.step(machine.throw_error, token_id=board.snap.tasks[0].id, code="E1", message="", variables={"why": "gone"})
    assert board.open == ["f"]
    assert board.variables == {"why": "gone"}


def test_a_further_token_is_put_on_an_element():
    board = Board(START + user("a") + user("b") + chain("s", "a", "b"))
    board.step(machine.start_element, element="b")
    assert board.open == ["a", "b"]


# More of scopes


def test_terminate_inside_one_round_ends_that_round():
    inner = '<parallelGateway id="g"/>' + user("i") + user("k") + end(TERMINATE, "et") + chain("sp_s", "g", "i", "et") + chain("g", "k")
    board = Board(START + sub("sp", many("false") + inner) + user("z") + chain("s", "sp", "z"), ids=[1, 2])
    board.do("i")
    assert board.open == ["i", "k"]
    assert board.do("i").open == ["z"]


def test_an_error_of_a_called_process_reaches_an_event_sub_process_of_the_caller():
    called = START + user("q") + end(ERROR) + chain("s", "q", "e")
    body = START + '<callActivity id="c" calledElement="Q"/>' + chain("s", "c") + event_sub("ev", ERROR, user("i") + chain("ev_s", "i"))
    assert Board(body, called={"Q": called}).do("q").open == ["i"]


def test_the_start_of_an_event_sub_process_may_have_a_correlation_key():
    key = '<extensionElements><camunda:properties><camunda:property name="correlationKey" value="=number"/></camunda:properties></extensionElements>'
    body = START + user("a") + chain("s", "a") + event_sub("ev", key + MESSAGE, user("i") + chain("ev_s", "i"))
    assert Board(body, number="TS-1").snap.subscriptions[0].correlation_key == "TS-1"


def test_a_default_flow_of_a_task_is_taken_when_no_condition_holds():
    body = START + '<userTask id="a" default="fd"/>' + user("b") + user("c") + flow("s", "a") + flow("a", "b", "n = 1") + flow("a", "c", id="fd")
    assert Board(body, n=2).do("a").open == ["c"]
    assert Board(body, n=1).do("a").open == ["b"]


def test_sequential_rounds_end_early():
    board = Board(START + user("a", "", many("true", "enough = true")) + user("z") + chain("s", "a", "z"), ids=[1, 2, 3], enough=False)
    assert board.do("a").open == ["a"]
    assert board.do("a", enough=True).open == ["z"]


@pytest.mark.parametrize("task", ["<task id='k'/>", '<businessRuleTask id="k" camunda:decisionRef="d"/>', '<sendTask id="k" messageRef="m"/>', "<exclusiveGateway id='k'/>"])
@pytest.mark.parametrize("kind", ["true", "false"])
def test_a_thousand_quick_rounds(task: str, kind: str):
    inner = task.replace("/>", ">" + many(kind) + "</" + task[1:].split(maxsplit=1)[0] + ">", 1) if "Gateway" not in task else task
    board = Board(START + user("w") + inner + user("z") + chain("s", "w", "k", "z"), ids=list(range(900)))
    board.decisions["d"] = lambda _variables: {"x": 1}
    assert board.do("w").open == ["z"]
    assert set(board.snap.saved.variables) == {""}


def test_a_loop_around_a_sub_process_and_a_call_activity():
    loop = "<standardLoopCharacteristics><loopCondition>again</loopCondition></standardLoopCharacteristics>"
    board = Board(START + sub("sp", loop + user("i") + chain("sp_s", "i")) + user("z") + chain("s", "sp", "z"))
    assert board.do("i", again=True).open == ["i"]
    assert board.do("i", again=False).open == ["z"]
    mapping = '<extensionElements><camunda:out variables="all"/></extensionElements>'
    body = START + f'<callActivity id="c" calledElement="Q">{mapping}{loop}</callActivity>' + user("z") + chain("s", "c", "z")
    board = Board(body, called={"Q": START + user("q") + END + chain("s", "q", "e")})
    assert board.do("q", again=True).open == ["q"]
    assert board.do("q", again=False).open == ["z"]


def test_a_handler_may_be_a_sub_process():
    undo = '<subProcess id="undo" isForCompensation="true"><startEvent id="us"/>' + user("u") + chain("us", "u") + "</subProcess>"
    body = START + user("a") + boundary("ac", "a", "<compensateEventDefinition/>") + undo + '<association id="x" sourceRef="ac" targetRef="undo"/>'
    board = Board(body + user("n") + throw("<compensateEventDefinition/>") + user("z") + chain("s", "a", "n", "t", "z")).do("a").do("n")
    assert board.open == ["u"]
    assert board.do("u").open == ["z"]


def test_a_transaction_in_a_loop_is_cancelled_each_time():
    inside = '<startEvent id="ts"/>' + booked("a") + end("<cancelEventDefinition/>", "te") + chain("ts", "a", "te")
    body = START + '<exclusiveGateway id="m"/>' + f'<transaction id="tx">{inside}</transaction>' + boundary("b", "tx", "<cancelEventDefinition/>") + chain("s", "m", "tx") + flow("b", "m")
    board = Board(body)
    for _ in range(3):
        assert board.do("a").open == ["undo_a"]
        assert board.do("undo_a").open == ["a"]
    assert len(board.snap.tokens) == 2


def test_an_error_boundary_on_a_sub_process_catches_what_a_service_inside_throws():
    body = START + sub("sp", SERVICE + chain("sp_s", "v")) + boundary("b", "sp", ERROR) + user("f") + chain("s", "sp") + chain("b", "f")
    assert Board(body).fail("v", "E1").open == ["f"]


def test_two_interrupting_events_of_one_activity_do_not_both_fire():
    body = START + user("a") + boundary("b1", "a", timer("Duration", "PT1H")) + boundary("b2", "a", timer("Duration", "PT1H")) + user("x") + user("y") + chain("s", "a") + chain("b1", "x") + chain("b2", "y")
    assert Board(body).wait(hours=1).open == ["x"]


def test_a_gateway_without_flows_ends_its_path():
    assert Board(START + '<exclusiveGateway id="x"/>' + chain("s", "x")).ended == ("completed", "x")
    assert Board(START + '<parallelGateway id="x"/>' + chain("s", "x")).ended == ("completed", "x")


def test_an_interrupting_message_withdraws_rounds_with_sub_processes_and_services():
    inner = '<parallelGateway id="g"/>' + SERVICE + user("i") + chain("sp_s", "g", "v") + chain("g", "i")
    body = START + sub("sp", many("false") + inner) + boundary("b", "sp", MESSAGE) + user("r") + chain("s", "sp") + chain("b", "r")
    board = Board(body, ids=[1, 2]).message("STOP")
    assert board.open == ["r"]
    assert board.snap.services == ()
    assert set(board.snap.saved.variables) == {""}


def test_input_and_output_parameters_are_local_to_their_activity():
    mapping = '<extensionElements><camunda:inputOutput><camunda:inputParameter name="n">=x + 1</camunda:inputParameter><camunda:outputParameter name="y">=n * 10</camunda:outputParameter></camunda:inputOutput></extensionElements>'
    board = Board(START + sub("sp", mapping + user("i", 'camunda:assignee="=string(n)"') + chain("sp_s", "i")) + user("z") + chain("s", "sp", "z"), x=1)
    assert board.snap.tasks[0].assignee == "2"
    board.do("i")
    assert board.variables == {"x": 1, "y": 20}


def test_cancelling_a_handler_goes_on_with_the_compensation():
    body = START + booked("a") + booked("b") + throw("<compensateEventDefinition/>") + user("z") + chain("s", "a", "b", "t", "z")
    board = Board(body).do("a").do("b")
    board.step(machine.cancel, token_id=board.snap.tasks[0].id)
    assert board.open == ["undo_a"]
    board.step(machine.cancel, token_id=board.snap.tasks[0].id)
    assert board.open == ["z"]


# Inclusive joins that wait for each other (row 2)


def test_inclusive_joins_in_a_loop_do_not_wait_for_each_other_over_a_boundary_event():
    body = (
        START + '<exclusiveGateway id="m"/><inclusiveGateway id="in"/><inclusiveGateway id="out"/><exclusiveGateway id="x" default="fd"/>'
        + user("a") + boundary("ab", "a", MESSAGE, interrupting=False) + user("b") + boundary("bb", "b", timer("Duration", "PT1H")) + user("c") + END
        + chain("s", "m", "a", "out", "x") + chain("ab", "b", "in", "out") + chain("bb", "c", "in") + flow("x", "m", "again") + flow("x", "e", id="fd")
    )  # fmt: skip
    board = Board(body, again=True)
    assert board.message("STOP").do("a").open == ["b"], "the outer join waits for the branch beside"
    assert board.do("b").open == ["a"], "the inner one does not wait for what only the next round could bring"
    board.message("STOP").do("a")
    assert board.wait(hours=1).open == ["c"]
    assert board.do("c", again=False).ended


def test_an_inclusive_join_behind_an_interrupted_task_does_not_wait_for_the_next_round():
    body = (
        START + '<exclusiveGateway id="m"/><parallelGateway id="g"/><inclusiveGateway id="in"/><inclusiveGateway id="out"/><exclusiveGateway id="x" default="fd"/>'
        + user("a") + user("b") + boundary("bb", "b", timer("Duration", "PT1H")) + user("c") + END
        + chain("s", "m", "g", "a", "out", "x") + chain("g", "b", "in", "out") + chain("bb", "c", "in") + flow("x", "m", "again") + flow("x", "e", id="fd")
    )  # fmt: skip
    board = Board(body, again=True).wait(hours=1).do("a")
    assert board.open == ["c"]
    assert board.do("c").open == ["a", "b"]


# Business keys (row 18)


@pytest.mark.parametrize("text", ["=number", "${number}"])
def test_a_called_process_may_have_a_business_key_of_its_own(text: str):
    called = START + sub("sp", '<receiveTask id="rt" messageRef="m"/>' + chain("sp_s", "rt")) + chain("s", "sp")
    mapping = f'<extensionElements><camunda:in businessKey="{text}"/></extensionElements>'
    body = START + f'<callActivity id="c" calledElement="Q">{mapping}</callActivity>' + user("z") + chain("s", "c", "z")
    board = Board(body, called={"Q": called}, number="TS-9")
    assert board.snap.subscriptions[0].correlation_key == "TS-9"
    assert board.message("STOP").open == ["z"]
    own = body.replace(text, "#{execution.processBusinessKey}")
    assert Board(own, called={"Q": called}, number="TS-9").snap.subscriptions[0].correlation_key == ""


@pytest.mark.parametrize("text", ["=number", "${number}"])
def test_a_thrown_message_names_the_receivers_business_key(text: str):
    mapping = f'<extensionElements><camunda:in businessKey="{text}"/></extensionElements>'
    board = Board(START + throw(mapping + MESSAGE) + chain("s", "t"), number="TS-9")
    assert [(t.name, t.business_key) for t in board.snap.thrown] == [("STOP", "TS-9")]


# A saga: an error undoes what was done


def test_an_error_event_sub_process_compensates_its_scope():
    ev = event_sub("ev", ERROR, throw("<compensateEventDefinition/>", "et") + user("told") + chain("ev_s", "et", "told"))
    body = START + booked("a") + booked("b") + SERVICE + END + chain("s", "a", "b", "v", "e") + ev
    board = Board(body).do("a").do("b").fail("v", "E1")
    assert board.open == ["undo_b"]
    assert board.do("undo_b").open == ["undo_a"]
    assert board.do("undo_a").open == ["told"]
    assert board.do("told").ended


def test_an_error_event_sub_process_inside_a_sub_process_compensates_only_that():
    ev = event_sub("ev", ERROR, throw("<compensateEventDefinition/>", "et") + chain("ev_s", "et"))
    body = START + booked("a") + sub("sp", booked("b") + SERVICE + chain("sp_s", "b", "v") + ev) + user("z") + chain("s", "a", "sp", "z")
    board = Board(body).do("a").do("b").fail("v", "E1")
    assert board.open == ["undo_b"]
    assert board.do("undo_b").open == ["z"]


def test_a_border_event_may_lead_to_compensation_of_the_interrupted_sub_process():
    body = START + sub("sp", booked("a") + SERVICE + chain("sp_s", "a", "v")) + boundary("b", "sp", ERROR) + throw("<compensateEventDefinition/>", "t") + user("z") + user("y") + chain("s", "sp", "y") + chain("b", "t", "z")
    board = Board(body).do("a").fail("v", "E1")
    assert board.open == ["z"], "a sub-process that was not completed is not compensated"


def test_a_called_process_that_only_a_message_starts_is_refused():
    called = f'<startEvent id="s">{MESSAGE}</startEvent>' + user("q") + chain("s", "q")
    with pytest.raises(ProcessError, match="start event"):
        Board(START + '<callActivity id="c" calledElement="Q"/>' + END + chain("s", "c", "e"), called={"Q": called})


def test_an_escalation_of_an_event_sub_process_reaches_the_border_around():
    ev = event_sub("ev", MESSAGE, throw(ESCALATION, "et") + user("i") + chain("ev_s", "et", "i"), interrupting=False)
    body = START + sub("sp", user("x") + chain("sp_s", "x") + ev) + boundary("b", "sp", ESCALATION, interrupting=False) + user("f") + chain("s", "sp") + chain("b", "f")
    assert Board(body).message("STOP").open == ["f", "i", "x"]


def test_conditions_see_the_local_variables_of_their_round():
    condition = "<conditionalEventDefinition><condition>id = limit</condition></conditionalEventDefinition>"
    inner = f'<intermediateCatchEvent id="ic">{condition}</intermediateCatchEvent>' + user("i", 'camunda:assignee="=string(id)"') + chain("sp_s", "ic", "i")
    board = Board(START + '<parallelGateway id="g"/>' + sub("sp", many("false") + inner) + user("w") + chain("s", "g", "sp") + chain("g", "w"), ids=[1, 2], limit=0)
    assert board.open == ["w"]
    board.do("w", limit=2)
    assert [t.assignee for t in board.snap.tasks] == ["2"]


def test_a_timer_event_sub_process_with_a_date_in_the_past_fires_at_once():
    ev = event_sub("ev", timer("Date", "2025-01-01"), user("i") + chain("ev_s", "i"), interrupting=False)
    board = Board(START + user("a") + chain("s", "a") + ev)
    assert board.wait(seconds=0).open == ["a", "i"]
    assert board.wait(days=400).open == ["a", "i"]


def test_an_interrupting_event_sub_process_is_not_started_twice():
    ev = event_sub("ev", MESSAGE, user("i") + chain("ev_s", "i")) + event_sub("ev2", SIGNAL, user("k") + chain("ev2_s", "k"))
    board = Board(START + user("a") + chain("s", "a") + ev).message("STOP")
    assert board.open == ["i"]
    assert board.snap.subscriptions == ()


def test_moving_a_token_out_of_rounds_withdraws_them_all():
    board = Board(START + user("a", "", many("false")) + user("b") + user("z") + chain("s", "a", "z"), ids=[1, 2, 3])
    board.step(machine.move, from_element="a", to_element="b")
    assert board.open == ["b"]
    assert set(board.snap.saved.variables) == {""}


def test_output_parameters_of_rounds_and_result_lists():
    mapping = '<extensionElements><camunda:inputOutput><camunda:outputParameter name="sum">=sum + id</camunda:outputParameter></camunda:inputOutput></extensionElements>'
    board = Board(START + user("a", "", mapping + many("true")) + user("z") + chain("s", "a", "z"), ids=[1, 2, 3], sum=0)
    board.do("a").do("a").do("a")
    assert board.open == ["z"]
    assert board.variables["sum"] == 6


def test_a_signal_carries_its_mapped_values():
    mapping = '<extensionElements><camunda:in source="x" target="y"/></extensionElements>'
    definition = SIGNAL.replace("/>", f">{mapping}</signalEventDefinition>")
    board = Board(START + throw(definition) + chain("s", "t"), x=3)
    assert [(t.kind, t.name, t.variables) for t in board.snap.thrown] == [("signal", "ALARM", {"y": 3})]


def test_a_mapping_marked_local_is_carried_over_as_any_other():
    mapping = '<extensionElements><camunda:in source="x" target="y" local="true"/></extensionElements>'
    body = START + f'<callActivity id="c" calledElement="Q">{mapping}</callActivity>' + chain("s", "c")
    board = Board(body, called={"Q": START + user("q") + END + chain("s", "q", "e")}, x=5)
    assert next(values for scope, values in board.snap.saved.variables.items() if scope) == {"y": 5}
