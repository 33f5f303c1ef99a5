"""What an operator starts inside scopes: sub-processes, rounds, event sub-processes and calls, running or not."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from engine.core import machine
from engine.errors import ConflictError, NotFoundError, ProcessError
from tests.conformance.drawing_board import MESSAGE, START, Board, boundary, chain, flow, timer, user

ROUNDS = (
    '<multiInstanceLoopCharacteristics isSequential="{}" camunda:collection="ids" camunda:elementVariable="id">'
    "{}</multiInstanceLoopCharacteristics>"
)


def sub(name: str, inner: str, *, event: bool = False) -> str:
    return f'<subProcess id="{name}" triggeredByEvent="{"true" if event else "false"}">{inner}</subProcess>'


def many(sequential: str = "false", done: str = "") -> str:
    return ROUNDS.format(sequential, f"<completionCondition>{done}</completionCondition>" if done else "")


INNER = '<startEvent id="i_s"/>' + user("one") + user("two") + chain("i_s", "one", "two")
NESTED = START + user("a") + sub("outer", '<startEvent id="o_s"/>' + user("prep") + sub("inner", INNER) + chain("o_s", "prep", "inner"))
NESTED += user("z") + chain("s", "a", "outer", "z")


def scope_of(board: Board, element: str) -> UUID:
    return UUID(next(t.scope_id for t in board.snap.tokens if t.element_id == element))


def test_a_step_in_a_sub_process_that_does_not_run_opens_what_it_is_drawn_in():
    board = Board(NESTED).step(machine.start_element, element="two")
    assert board.open == ["a", "two"]
    assert [e for what, e in board.trace if what == "entered"][-3:] == ["outer", "inner", "two"]
    board.do("two")
    assert board.open == ["a", "z"]


def test_a_step_in_a_sub_process_that_runs_is_started_in_it():
    board = Board(NESTED).do("a").step(machine.start_element, element="prep").step(machine.start_element, element="one")
    assert board.open == ["one", "prep", "prep"]
    board.do("prep").do("prep")
    assert board.open == ["one", "one", "one"]  # each token that comes to `inner` opens one of its own
    with pytest.raises(ProcessError, match="3 places"):
        board.step(machine.start_element, element="two")
    board.step(machine.start_element, element="two", within=scope_of(board, "one"))
    assert board.open == ["one", "one", "one", "two"]


def test_start_after_follows_the_flow_inside_the_sub_process():
    board = Board(NESTED).step(machine.start_after, element="one")
    assert board.open == ["a", "two"]
    with pytest.raises(ProcessError, match="outgoing flows"):
        board.step(machine.start_after, element="two")


def test_the_borders_of_an_opened_sub_process_are_armed():
    body = START + user("a") + sub("sp", INNER) + boundary("late", "sp", timer("Duration", "PT1H")) + user("z") + user("help")
    board = Board(body + chain("s", "a", "sp", "z") + chain("late", "help")).step(machine.start_element, element="two")
    board.wait(hours=1)
    assert board.open == ["a", "help"]


def test_one_round_is_opened_when_the_loop_does_not_run():
    body = START + user("a") + sub("sp", many(done="nrOfCompletedInstances >= 1") + INNER) + user("z") + chain("s", "a", "sp", "z")
    board = Board(body, ids=[7, 8]).step(machine.start_element, element="two")
    counters = board.snap.saved.variables
    assert {"nrOfInstances": 1, "nrOfActiveInstances": 1, "nrOfCompletedInstances": 0} in counters.values()
    assert board.do("two").open == ["a", "z"]


def test_of_several_rounds_one_has_to_be_named():
    board = Board(START + sub("sp", many() + INNER) + user("z") + chain("s", "sp", "z"), ids=[7, 8])
    with pytest.raises(ProcessError, match="say in which"):
        board.step(machine.start_element, element="two")
    second = scope_of(board, "one")
    board.step(machine.start_after, element="one", within=second)
    assert board.open == ["one", "one", "two"]
    assert {t.scope_id for t in board.snap.tokens if t.element_id == "two"} == {str(second)}
    board.do("one").do("two").do("two").do("one").do("two")
    assert board.open == ["z"]


def test_a_round_is_added_to_a_loop_that_runs():
    board = Board(START + user("t", inner=many()) + user("z") + chain("s", "t", "z"), ids=[7, 8])
    outer = next(t.id for t in board.snap.tokens if t.element_id == "t" and str(t.id) in board.snap.saved.variables
                 and "nrOfInstances" in board.snap.saved.variables[str(t.id)])
    board.step(machine.start_element, element="t", within=outer)
    assert board.open == ["t", "t", "t"]
    assert board.do("t").do("t").open == ["t"]
    assert board.do("t").open == ["z"]


def test_no_round_is_added_beside_a_sequential_one():
    board = Board(START + user("t", inner=many("true")) + chain("s", "t"), ids=[7, 8])
    outer = next(t.id for t in board.snap.tokens if "nrOfInstances" in board.snap.saved.variables.get(str(t.id), {}))
    with pytest.raises(ProcessError, match="one after another"):
        board.step(machine.start_element, element="t", within=outer)


@pytest.mark.parametrize(("interrupting", "left"), [("true", ["two"]), ("false", ["a", "two"])])
def test_a_step_in_an_event_sub_process_interrupts_as_its_start_event_would(interrupting, left):
    start = f'<startEvent id="i_s" isInterrupting="{interrupting}">{MESSAGE}</startEvent>'
    board = Board(START + user("a") + sub("ev", INNER.replace('<startEvent id="i_s"/>', start), event=True) + chain("s", "a"))
    board.step(machine.start_element, element="two")
    assert board.open == left
    again = Board(START + user("a") + sub("ev", INNER.replace('<startEvent id="i_s"/>', start), event=True) + chain("s", "a"))
    again.step(machine.start_element, element="ev")
    assert again.open == [name.replace("two", "one") for name in left]


def test_a_step_of_a_called_process_is_started_in_the_call():
    call = '<callActivity id="c" calledElement="Q"/>'
    inside = START + user("q") + sub("sp", INNER) + chain("s", "q", "sp")
    board = Board(START + call + user("z") + chain("s", "c", "z"), called={"Q": inside})
    board.step(machine.start_element, element="two")
    assert board.open == ["q", "two"]
    with pytest.raises(NotFoundError):
        board.step(machine.start_element, element="nowhere")
    with pytest.raises(ConflictError):
        board.step(machine.start_element, element="two", within=uuid4())
    with pytest.raises(ProcessError, match="not inside"):
        board.step(machine.start_element, element="z", within=scope_of(board, "q"))


def test_a_move_into_a_sub_process_opens_it_and_one_out_of_it_leaves_it():
    board = Board(NESTED).step(machine.move, from_element="a", to_element="two")
    assert board.open == ["two"]
    board.step(machine.move, from_element="two", to_element="prep")
    assert board.open == ["prep"]
    assert ("canceled", "inner") in board.trace
    board.step(machine.move, from_element="prep", to_element="a")
    assert board.open == ["a"]  # nothing follows the sub-processes that were left
    board.do("a").do("prep").do("one").do("two")
    assert board.open == ["z"]


def test_a_move_stays_in_each_round_and_the_last_one_out_ends_the_loop_without_more():
    board = Board(START + sub("sp", many() + INNER) + user("z") + user("y") + chain("s", "sp", "z", "y"), ids=[7, 8])
    board.step(machine.move, from_element="one", to_element="two")
    assert len({t.scope_id for t in board.snap.tokens if t.element_id == "two"}) == 2
    board.step(machine.move, from_element="two", to_element="y")
    assert board.open == ["y", "y"]


def test_a_move_out_of_one_round_lets_the_others_go_on():
    pick = '<startEvent id="i_s"/>' + user("one") + user("three") + '<exclusiveGateway id="x" default="d"/>'
    pick += chain("i_s", "x") + flow("x", "one", "id = 7") + flow("x", "three", id="d")
    board = Board(START + sub("sp", many() + pick) + user("z") + user("y") + chain("s", "sp", "z", "y"), ids=[7, 8])
    assert board.open == ["one", "three"]
    board.step(machine.move, from_element="one", to_element="y")
    assert board.open == ["three", "y"]
    assert board.do("three").open == ["y", "z"]
