"""Sequence, gateways, implicit splits and merges, loops (ENGINE.md §1 rows 1-3, 5, 8-11, 16, 22)."""

from __future__ import annotations

import pytest

from engine.errors import ConflictError, ProcessError
from tests.conformance.drawing_board import END, START, Board, chain, findings, flow, user

LOOPED = (
    START
    + '<exclusiveGateway id="m"/><parallelGateway id="g"/><parallelGateway id="j"/><exclusiveGateway id="x" default="fd"/>'
    + user("a")
    + user("b")
    + END
    + chain("s", "m", "g", "a", "j", "x")
    + chain("g", "b", "j")
    + flow("x", "m", "again = true")
    + flow("x", "e", id="fd")
)
INCLUSIVE = (
    START
    + '<inclusiveGateway id="g" default="gd"/><inclusiveGateway id="j"/>'
    + user("a")
    + user("b")
    + user("c")
    + END
    + flow("s", "g")
    + flow("g", "a", "p")
    + flow("g", "b", "q")
    + flow("g", "c", id="gd")
    + chain("a", "j")
    + chain("b", "j")
    + chain("c", "j", "e")
)


def test_tasks_come_one_after_the_other():
    board = Board(START + user("a") + user("b") + END + chain("s", "a", "b", "e"))
    assert board.open == ["a"]
    board.do("a", amount=1)
    assert board.open == ["b"]
    board.do("b")
    assert board.ended == ("completed", "e")
    assert board.variables == {"amount": 1}


def test_a_task_cannot_be_completed_twice():
    board = Board(START + user("a") + user("b") + chain("s", "a", "b"))
    first = board.snap.tasks[0].id
    board.do("a")
    from engine.core import machine

    with pytest.raises(ConflictError):
        board.step(machine.complete, task_id=first, variables={})


def test_a_parallel_join_waits_for_both_sides_in_every_round():
    board = Board(LOOPED)
    for _ in range(300):
        board.do("a")
        assert board.open == ["b"]
        board.do("b", again=True)
        assert board.open == ["a", "b"]
    assert len(board.snap.saved.state) < 1000
    board.do("b")
    board.do("a", again=False)
    assert board.ended == ("completed", "e")


def test_parallel_branches_keep_each_others_variables():
    board = Board(LOOPED)
    board.do("a", x=1, both="a")
    board.do("b", y=2, both="b", again=False)
    assert board.variables == {"x": 1, "y": 2, "both": "b", "again": False}


@pytest.mark.parametrize(
    ("p", "q", "first"), [(True, True, ["a", "b"]), (True, False, ["a"]), (False, False, ["c"])]
)
def test_an_inclusive_gateway_joins_what_it_split(p: bool, q: bool, first: list[str]):
    board = Board(INCLUSIVE, p=p, q=q)
    assert board.open == first
    for name in first:
        assert board.ended is None
        board.do(name)
    assert board.ended == ("completed", "e")


def test_an_inclusive_join_in_a_loop_waits_in_every_round():
    body = (
        START
        + '<exclusiveGateway id="m"/><inclusiveGateway id="g" default="gd"/><inclusiveGateway id="j"/>'
        + '<exclusiveGateway id="x" default="fd"/>'
        + user("a") + user("b") + END
        + chain("s", "m", "g") + flow("g", "a", "true") + flow("g", "b", "two") + flow("g", "j", id="gd")
        + chain("a", "j", "x") + chain("b", "j") + flow("x", "m", "again") + flow("x", "e", id="fd")
    )  # fmt: skip
    board = Board(body, two=True)
    for two in [False, True, True, False, True]:
        board.do("a", two=two, again=True)
        if "b" in board.open and "a" not in board.open:
            board.do("b")
        assert "a" in board.open
        assert ("b" in board.open) == two


def test_an_exclusive_gateway_takes_the_first_true_flow_in_document_order():
    body = (
        START + '<exclusiveGateway id="x" default="d"/>' + user("a") + user("b") + user("c")
        + flow("s", "x") + flow("x", "b", "n > 1") + flow("x", "a", "n > 0") + flow("x", "c", id="d")
    )  # fmt: skip
    assert Board(body, n=5).open == ["b"]
    assert Board(body, n=1).open == ["a"]
    assert Board(body, n=0).open == ["c"]


def test_when_no_condition_holds_the_step_is_refused_and_the_task_stays_open():
    board = Board(START + user("a") + '<exclusiveGateway id="x" name="ok?"/>' + END + chain("s", "a", "x") + flow("x", "e", "n = 1"), n=2)
    with pytest.raises(ProcessError) as refused:
        board.do("a")
    assert refused.value.element_id == "x"
    assert board.open == ["a"]
    board.do("a", n=1)
    assert board.ended


def test_a_condition_over_an_unknown_name_says_which():
    with pytest.raises(ProcessError, match="ammount"):
        Board(START + '<exclusiveGateway id="x" default="d"/>' + END + flow("s", "x") + flow("x", "e", "ammount > 1") + flow("x", "e", id="d"), amount=1)


def test_two_outgoing_flows_of_a_task_are_taken_both():
    board = Board(START + user("a") + user("b") + user("c") + chain("s", "a", "b") + flow("a", "c")).do("a")
    assert board.open == ["b", "c"]
    assert board.do("b").ended is None
    assert board.do("c").ended == ("completed", "c")


def test_conditions_on_the_flows_of_a_task_are_obeyed():
    body = START + user("a") + user("b") + user("c") + flow("s", "a") + flow("a", "b", "n = 1") + flow("a", "c", "n = 2")
    assert Board(body, n=2).do("a").open == ["c"]


def test_without_start_event_the_elements_nothing_leads_to_begin():
    assert Board(user("a") + user("b") + chain("a", "b")).open == ["a"]


def test_elements_named_like_the_librarys_own_run():
    board = Board('<startEvent id="Start"/>' + user("Root") + '<endEvent id="End"/>' + chain("Start", "Root", "End"))
    assert board.do("Root").ended == ("completed", "End")


def test_links_jump():
    body = (
        START + '<intermediateThrowEvent id="t"><linkEventDefinition name="L"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="c"><linkEventDefinition name="L"/></intermediateCatchEvent>'
        + user("a") + END + chain("s", "t") + chain("c", "a", "e")
    )  # fmt: skip
    assert Board(body).do("a").ended == ("completed", "e")


def test_a_plain_task_passes_and_a_manual_task_waits():
    board = Board(START + '<task id="t"/><manualTask id="mt"/>' + END + chain("s", "t", "mt", "e"))
    assert board.open == ["mt"]
    assert board.do("mt").ended


def test_a_circle_that_never_waits_is_stopped_and_foretold():
    body = START + '<exclusiveGateway id="m"/><task id="t"/>' + chain("s", "m", "t", "m")
    with pytest.raises(ProcessError, match="circle"):
        Board(body)
    assert "livelock" in [rule for _, rule, _ in findings(body)]


def test_terminate_ends_its_scope_only():
    sub = (
        '<subProcess id="sp"><startEvent id="ss"/><parallelGateway id="pg"/>' + user("i") + user("k")
        + '<endEvent id="st"><terminateEventDefinition/></endEvent>' + chain("ss", "pg", "i", "st") + chain("pg", "k") + "</subProcess>"
    )  # fmt: skip
    board = Board(START + sub + user("z") + END + chain("s", "sp", "z", "e"))
    assert board.open == ["i", "k"]
    assert board.do("i").open == ["z"]


def test_an_inner_inclusive_join_and_the_outer_one_pass_one_after_the_other():
    """Both can pass at the same rest: the outer one waits for what the inner one is just sending."""
    body = (
        START + '<inclusiveGateway id="g"/><inclusiveGateway id="h"/><inclusiveGateway id="inner"/><inclusiveGateway id="outer"/>'
        + user("a") + user("b") + user("c") + user("z") + END
        + chain("s", "g", "a", "outer", "z", "e") + chain("g", "h", "b", "inner", "outer") + chain("h", "c", "inner")
    )  # fmt: skip
    assert Board(body).do("b").do("a").do("c").open == ["z"]
