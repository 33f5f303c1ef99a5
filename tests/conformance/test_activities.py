"""User tasks, multi-instance, loops, call activities, business rules, variables (ENGINE.md §1 rows 5, 15, 17, 18, §2)."""

from __future__ import annotations

import pytest

from engine.core import machine
from engine.errors import ProcessError
from tests.conformance.drawing_board import END, START, Board, boundary, chain, findings, flow, timer, user


def many(kind: str, completion: str = "") -> str:
    inner = f"<completionCondition>{completion}</completionCondition>" if completion else ""
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{kind}" camunda:collection="ids" '
        f'camunda:elementVariable="id">{inner}</multiInstanceLoopCharacteristics>'
    )


def test_a_user_task_says_for_whom_until_when_and_how_urgent():
    board = Board(
        START + user("a", 'camunda:candidateGroups="x, y" camunda:dueDate="P2D" camunda:priority="=10 + n" camunda:assignee="=who"')
        + chain("s", "a"), n=5, who="ann",
    )  # fmt: skip
    task = board.snap.tasks[0]
    assert task.candidate_groups == ("x", "y")
    assert task.due_at is not None
    assert task.due_at.isoformat() == "2026-01-03T00:00:00+00:00"
    assert (task.priority, task.assignee) == (15, "ann")


def test_the_lane_gives_the_role():
    lanes = '<laneSet id="ls"><lane id="l1" name="客服"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
    assert Board(lanes + START + user("a") + chain("s", "a")).snap.tasks[0].candidate_groups == ("客服",)


def test_parallel_rounds_each_have_their_own_item_and_can_end_early():
    board = Board(START + user("a", 'camunda:assignee="=id"', many("false", "nrOfCompletedInstances = 2")) + END + chain("s", "a", "e"), ids=["p", "q", None])
    assert sorted(t.assignee for t in board.snap.tasks) == ["", "p", "q"]
    board.do("a")
    assert len(board.snap.tasks) == 2
    assert board.do("a").ended


def test_sequential_rounds_come_in_order():
    board = Board(START + user("a", 'camunda:assignee="=id"', many("true")) + END + chain("s", "a", "e"), ids=["p", "q", "r"])
    for name in "pqr":
        assert [t.assignee for t in board.snap.tasks] == [name]
        board.do("a")
    assert board.ended
    assert set(board.snap.saved.variables) == {""}, "local scopes are gone"


@pytest.mark.parametrize("kind", ["true", "false"])
def test_no_items_pass_at_once(kind: str):
    assert Board(START + user("a", "", many(kind)) + END + chain("s", "a", "e"), ids=[]).ended


def test_a_timer_on_the_border_of_a_multi_instance_withdraws_all_rounds():
    board = Board(START + user("a", "", many("false")) + boundary("b", "a", timer("Duration", "PT1H")) + user("r") + chain("s", "a") + chain("b", "r"), ids=[1, 2, 3])
    assert board.wait(hours=1).open == ["r"]


def test_sub_processes_in_parallel_rounds_keep_apart():
    sub = '<subProcess id="sp">' + many("false") + '<startEvent id="ss"/>' + user("i", 'camunda:assignee="=string(id)"') + user("k", 'camunda:assignee="=string(id)"') + chain("ss", "i", "k") + "</subProcess>"
    board = Board(START + sub + user("z") + chain("s", "sp", "z"), ids=[1, 2])
    assert [(t.element_id, t.assignee) for t in board.snap.tasks] == [("i", "1"), ("i", "2")]
    board.do("i")
    assert sorted((t.element_id, t.assignee) for t in board.snap.tasks) == [("i", "2"), ("k", "1")]
    assert board.do("i").do("k").do("k").open == ["z"]


def test_a_standard_loop_repeats_while_its_condition_holds():
    loop = "<standardLoopCharacteristics><loopCondition>more</loopCondition></standardLoopCharacteristics>"
    board = Board(START + user("a", "", loop) + END + chain("s", "a", "e"))
    assert board.do("a", more=True).do("a", more=True).open == ["a"]
    assert board.do("a", more=False).ended


def test_a_call_activity_has_variables_of_its_own():
    mapping = '<extensionElements><camunda:in source="x" target="y"/><camunda:out source="z" target="w"/><camunda:out sourceExpression="z + y" target="sum"/></extensionElements>'
    board = Board(
        START + f'<callActivity id="c" calledElement="Q">{mapping}</callActivity>' + user("after") + chain("s", "c", "after"),
        called={"Q": START + user("q") + END + chain("s", "q", "e")}, x=5, secret=1,
    )  # fmt: skip
    scope = next(s for s in board.snap.saved.variables if s)
    assert board.snap.saved.variables[scope] == {"y": 5}
    board.do("q", z=7, own=True)
    assert board.variables == {"x": 5, "secret": 1, "w": 7, "sum": 12}


def test_a_process_that_calls_itself_is_stopped():
    with pytest.raises(ProcessError, match="levels deep"):
        Board(START + '<callActivity id="c" calledElement="P"/>' + END + chain("s", "c", "e"))


def test_a_business_rule_task_keeps_the_result():
    body = START + '<businessRuleTask id="r" camunda:decisionRef="d" camunda:resultVariable="level" camunda:mapDecisionResult="singleEntry"/>' + user("a") + chain("s", "w", "r", "a") + user("w")
    board = Board(body)
    board.decisions["d"] = lambda variables: {"level": variables["n"] * 2}
    assert board.do("w", n=4).variables["level"] == 8


def test_a_service_task_waits_for_its_worker_and_takes_the_answer():
    body = START + '<serviceTask id="v" camunda:type="external" camunda:topic="t"><extensionElements><camunda:inputOutput><camunda:inputParameter name="event">=kind</camunda:inputParameter></camunda:inputOutput></extensionElements></serviceTask>' + user("a") + chain("s", "v", "a")
    board = Board(body, kind="new")
    call = board.snap.services[0]
    assert (call.topic, call.variables["event"]) == ("t", "new")
    assert board.serve("v", done=True).open == ["a"]
    assert board.variables == {"kind": "new", "done": True}


def test_a_variable_too_large_is_refused_by_name():
    board = Board(START + user("a") + chain("s", "a"))
    with pytest.raises(ProcessError, match="notes"):
        board.do("a", notes="x" * 70_000)


def test_moving_and_cancelling():
    board = Board(START + user("a") + user("b") + END + chain("s", "a", "b", "e"))
    board.step(machine.move, from_element="a", to_element="b")
    assert board.open == ["b"]
    board.step(machine.cancel)
    assert board.ended is not None
    assert board.ended[0] == "canceled"


@pytest.mark.parametrize(
    ("body", "element", "rule"),
    [
        (START + '<scriptTask id="x"/>' + chain("s", "x"), "x", "unsupported-element"),
        (START + '<serviceTask id="x"/>' + chain("s", "x"), "x", "service-without-topic"),
        (START + '<receiveTask id="x"/>' + chain("s", "x"), "x", "receive-without-message"),
        (START + '<businessRuleTask id="x"/>' + chain("s", "x"), "x", "decision-missing"),
        (START + '<callActivity id="x"/>' + chain("s", "x"), "x", "called-missing"),
        (START + '<complexGateway id="x"/>' + chain("s", "x"), "x", "unsupported-element"),
        (START + '<exclusiveGateway id="x"/>' + user("a") + user("b") + chain("s", "x", "a") + flow("x", "b"), "x", "gateway-without-condition"),
        (START + f'<intermediateCatchEvent id="x">{timer("Duration", "")}</intermediateCatchEvent>' + chain("s", "x"), "x", "timer-without-value"),
        (START + f'<intermediateCatchEvent id="x">{timer("Cycle", "0 0 12 * * ?")}</intermediateCatchEvent>' + chain("s", "x"), "x", "cron"),
        (START + user("a") + flow("s", "a", "1 +"), "f", "invalid-feel"),
        (START + user("a") + '<sequenceFlow id="x" sourceRef="a" targetRef="ghost"/>' + chain("s", "a"), "x", "dangling-flow"),
        (START + user("x", 'camunda:dueDate="tomorrow"') + chain("s", "x"), "x", "invalid-time"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_by_the_name_of_its_element(body: str, element: str, rule: str):
    errors = [(e, r) for e, r, severity in findings(body) if severity == "error"]
    assert any(r == rule and e.startswith(element) for e, r in errors), errors
