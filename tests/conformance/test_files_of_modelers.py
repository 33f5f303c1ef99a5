"""What a file may say in several ways, and what Camunda 7's files say that BPMN does not: read, or named."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.connectors import Registry
from engine.core import machine
from engine.errors import DeploymentRefused, InvalidFormError, ProcessError
from engine.testing import Workbench
from tests.conformance.drawing_board import END, NAMESPACES, ROOTS, START, Board, boundary, chain, findings, flow, user

if TYPE_CHECKING:
    from pathlib import Path


def extensions(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


def many(inner: str, attributes: str = "") -> str:
    return f"<multiInstanceLoopCharacteristics {attributes}>{inner}</multiInstanceLoopCharacteristics>"


def rules(body: str, element: str) -> dict[str, str]:
    return {rule: severity for found, rule, severity in findings(body) if found == element}


def file(tmp_path: Path, *processes: str, name: str = "a.bpmn", roots: str = ROOTS) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'<definitions {NAMESPACES} xmlns:t="t" targetNamespace="t">{roots}{"".join(processes)}</definitions>')
    return path


def process(body: str, key: str = "P", attributes: str = "") -> str:
    return f'<process id="{key}" isExecutable="true" {attributes}>{body}</process>'


def task(id: str, attributes: str = "", inner: str = "") -> str:  # noqa: A002
    return user(id, f'camunda:candidateGroups="g" {attributes}', inner)


# Several ways to write the same


def test_booleans_may_be_written_as_digits():
    timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    beside = f'<boundaryEvent id="b" attachedToRef="a" cancelActivity="0">{timer}</boundaryEvent>'
    board = Board(START + user("a") + beside + user("r") + chain("s", "a") + chain("b", "r")).wait(hours=1)
    assert board.open == ["a", "r"]
    one_by_one = many("<loopCardinality>2</loopCardinality>", 'isSequential="1"')
    assert Board(START + user("a", inner=one_by_one) + chain("s", "a")).open == ["a"]
    loop = '<standardLoopCharacteristics testBefore="1"><loopCondition>again</loopCondition></standardLoopCharacteristics>'
    assert Board(START + user("a", inner=loop) + user("n") + chain("s", "a", "n"), again=False).open == ["n"]
    start = '<startEvent id="xs" isInterrupting="0"><messageEventDefinition messageRef="m"/></startEvent>'
    aside = f'<subProcess id="x" triggeredByEvent="1">{start}{user("h")}{chain("xs", "h")}</subProcess>'
    assert Board(START + user("a") + aside + chain("s", "a")).message("STOP").open == ["a", "h"]


def test_references_may_be_qualified_by_the_files_namespace(tmp_path: Path):
    undo = '<boundaryEvent id="bc" attachedToRef="t:a"><compensateEventDefinition/></boundaryEvent>'
    undo += '<userTask id="ua" isForCompensation="true"/><association id="as" sourceRef="t:bc" targetRef="t:ua"/>'
    thrown = '<intermediateThrowEvent id="t1"><compensateEventDefinition activityRef="t:a"/></intermediateThrowEvent>'
    body = START + task("a") + undo + thrown + '<callActivity id="c" calledElement="t:Q"/>' + chain("s", "a", "t1", "c")
    with Workbench() as bench:
        bench.deploy(file(tmp_path, process(body), process(START + task("q") + chain("s", "q"), "Q").replace('id="s"', 'id="qs"').replace('"s"', '"qs"')))
        bench.start("P")
        for element in ("a", "ua", "q"):
            assert [t.element_id for t in bench.tasks()] == [element]
            bench.complete(bench.tasks()[0])
        assert bench.instances() == []


def test_an_event_may_refer_to_a_definition_beside_the_processes(tmp_path: Path):
    body = START + '<parallelGateway id="g"/>' + task("a") + task("b")
    body += '<endEvent id="e"><eventDefinitionRef>all</eventDefinitionRef></endEvent>' + chain("s", "g", "a", "e") + flow("g", "b")
    with Workbench() as bench:
        bench.deploy(file(tmp_path, process(body), roots='<terminateEventDefinition id="all"/>'))
        bench.start("P")
        bench.complete(next(t for t in bench.tasks() if t.element_id == "a"))
        assert bench.instances() == []
        with pytest.raises(DeploymentRefused) as refused:
            bench.deploy(file(tmp_path, process(body), roots=""))
    assert ("e", "error") in [(f.element_id, f.severity) for f in refused.value.findings]


@pytest.mark.parametrize(
    ("body", "element", "severity"),
    [
        (START + user("a") + END + chain("s", "a") + '<sequenceFlow id="f" sourceRef="a" targetRef="e"><conditionExpression language="javascript">x</conditionExpression></sequenceFlow>', "f", "error"),
        ('<startEvent id="s"><timerEventDefinition><timeDate>2026-01-01</timeDate><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>', "s", "error"),
        (START + user("a", inner='<standardLoopCharacteristics loopMaximum="many"><loopCondition>x</loopCondition></standardLoopCharacteristics>'), "a", "warning"),
        (START + '<intermediateThrowEvent id="t"><compensateEventDefinition waitForCompletion="false"/></intermediateThrowEvent>', "t", "warning"),
        (START + user("a", inner=extensions('<camunda:inputOutput><camunda:inputParameter name="x"><camunda:script scriptFormat="groovy">1</camunda:script></camunda:inputParameter></camunda:inputOutput>')), "a", "error"),
        (START + END + '<sequenceFlow id="f" sourceRef="s" targetRef="e"><extensionElements><camunda:executionListener event="take" class="x.Y"/></extensionElements></sequenceFlow>', "f", "warning"),
        (extensions('<camunda:executionListener event="start" class="x.Y"/>') + START, "P", "warning"),
    ],
)  # fmt: skip
def test_what_would_be_read_as_something_else_is_named(body: str, element: str, severity: str):
    assert rules(body, element)["no-effect"] == severity


# Expressions


def test_text_and_expressions_may_be_mixed():
    mixed = '<userTask id="a" name="Order ${nr}" camunda:candidateGroups="g1,${more}" camunda:candidateUsers="u-${nr}"/>'
    board = Board(START + mixed + chain("s", "a"), more=["g2", "g3"], nr=7)
    [open_task] = board.snap.tasks
    assert (open_task.name, open_task.candidate_groups, open_task.candidate_users) == ("Order 7", ("g1", "g2", "g3"), ("u-7",))
    assert rules(START + user("a", 'camunda:assignee="u-${x.y()}"') + chain("s", "a"), "a")["invalid-feel"] == "error"


def test_the_topic_of_a_service_may_be_an_expression():
    board = Board(START + '<serviceTask id="a" camunda:type="external" camunda:topic="${kind}-mail"/>' + chain("s", "a"), kind="sad")
    assert board.snap.services[0].topic == "sad-mail"


def test_lists_and_maps_of_parameters_become_values():
    made = "<camunda:list><camunda:value>k</camunda:value><camunda:value>${x + 1}</camunda:value></camunda:list>"
    mapped = '<camunda:map><camunda:entry key="the key">=l</camunda:entry></camunda:map>'
    mapping = f'<camunda:inputParameter name="l">{made}</camunda:inputParameter><camunda:outputParameter name="m">{mapped}</camunda:outputParameter>'
    body = START + user("a", inner=extensions(f"<camunda:inputOutput>{mapping}</camunda:inputOutput>")) + user("n") + chain("s", "a", "n")
    assert Board(body, x=1).do("a").variables == {"x": 1, "m": {"the key": ["k", 2]}}


def test_an_error_event_may_throw_the_code_that_a_variable_says():
    inner = f'<startEvent id="i"/>{user("a")}<endEvent id="ie"><errorEventDefinition errorRef="any"/></endEvent>{chain("i", "a", "ie")}'
    body = START + f'<subProcess id="p">{inner}</subProcess>' + boundary("b", "p", '<errorEventDefinition errorRef="er"/>') + user("r") + chain("s", "p") + chain("b", "r")
    body += "</process><error id='any' errorCode='${code}'/><process id='unused' isExecutable='false'>"
    assert Board(body, code="E1").do("a").open == ["r"]


# Camunda 7


def test_the_initiator_is_who_started(tmp_path: Path):
    body = '<startEvent id="s" camunda:initiator="starter"/>' + user("a", 'camunda:assignee="${starter}"') + chain("s", "a")
    board = Board(body, starter="given")
    assert board.snap.tasks[0].assignee == "given"
    with Workbench() as bench:
        bench.deploy(file(tmp_path, process(body)))
        bench.start("P")
        assert bench.tasks()[0].assignee == "system"


@pytest.mark.parametrize("order", ["parallel", "sequential"])
def test_the_completion_condition_sees_the_round_that_has_just_ended(order: str):
    sequential = f'isSequential="{str(order == "sequential").lower()}" camunda:collection="people" camunda:elementVariable="who"'
    loop = many("<completionCondition>who = &quot;b&quot; or loopCounter &gt; 7</completionCondition>", sequential)
    board = Board(START + user("a", 'camunda:assignee="=who"', loop) + user("n") + chain("s", "a", "n"), people=["a", "b", "c"])
    for name in ("a", "b"):
        [one] = [t for t in board.snap.tasks if t.assignee == name]
        board.step(machine.complete, task_id=one.id, variables={})
    assert board.open == ["n"]
    again = Board(START + user("a", inner=loop) + chain("s", "a"), people=["a", "c"])
    again.step(machine.cancel, token_id=again.snap.tasks[0].id)
    assert again.open == ["a"], "of a round that was withdrawn nothing is known"


def test_a_negative_number_of_rounds_is_refused():
    body = START + user("u") + user("a", inner=many("<loopCardinality>n</loopCardinality>")) + chain("s", "u", "a")
    with pytest.raises(ProcessError, match="whole number"):
        Board(body, n=-1).do("u")


ONE, TWO = [{"res": "low"}], [{"res": "low"}, {"res": "high"}]


@pytest.mark.parametrize(
    ("mapping", "value", "kept"),
    [
        ("", "low", "low"), ("singleEntry", "low", "low"), ("singleEntry", {"a": 1}, 1), ("singleEntry", None, None),
        ("singleEntry", {"a": 1, "b": 2}, None), ("singleEntry", ["low", "high"], None),
        ("singleResult", "low", {"res": "low"}), ("singleResult", {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ("singleResult", ["low", "high"], None), ("collectEntries", "low", ["low"]), ("collectEntries", None, []),
        ("collectEntries", ["low", "high"], ["low", "high"]), ("resultList", "low", ONE), ("resultList", None, []),
        ("resultList", ["low", "high"], TWO), ("resultList", [{"a": 1, "b": 2}], [{"a": 1, "b": 2}]),
    ],
)  # fmt: skip
def test_a_decisions_result_is_mapped_as_asked(mapping: str, value: Any, kept: Any):
    named = f'camunda:mapDecisionResult="{mapping}"' if mapping else ""
    body = START + user("u") + f'<businessRuleTask id="r" camunda:decisionRef="d" camunda:resultVariable="v" {named}/>' + user("n") + chain("s", "u", "r", "n")
    board = Board(body)
    named_output = replace(board.environment(), output_of=lambda _ref, _binding: "res")
    board.environment = lambda: named_output  # type: ignore[method-assign]
    board.decisions["d"] = lambda _variables: value
    if kept is None and value is not None:
        with pytest.raises(ProcessError, match="more than one value"):
            board.do("u")
    else:
        assert board.do("u").variables == {"v": kept}


def compensated(id: str, attributes: str = "", inner: str = "", handler: str = "") -> str:  # noqa: A002
    undo = f'<userTask id="undo_{id}" isForCompensation="true" {handler}/><association id="as_{id}" sourceRef="c_{id}" targetRef="undo_{id}"/>'
    return user(id, attributes, inner) + boundary(f"c_{id}", id, "<compensateEventDefinition/>") + undo


THROW = '<intermediateThrowEvent id="t"><compensateEventDefinition/></intermediateThrowEvent>'
ROUNDS = many("", 'camunda:collection="people" camunda:elementVariable="who"')


def test_each_round_is_undone_with_the_variables_it_had():
    body = START + compensated("a", inner=ROUNDS, handler='camunda:assignee="=who"') + THROW + user("n") + chain("s", "a", "t", "n")
    board = Board(body, people=["k", "l"]).do("a").do("a")
    undone = []
    while board.open == ["undo_a"]:
        undone.append(board.snap.tasks[0].assignee)
        board.do("undo_a")
    assert (undone, board.open) == (["l", "k"], ["n"])
    inner = '<startEvent id="i"/>' + compensated("a", handler='camunda:assignee="=who"') + chain("i", "a")
    board = Board(START + f'<subProcess id="p">{ROUNDS}{inner}</subProcess>' + THROW + user("n") + chain("s", "p", "t", "n"), people=["k", "l"])
    assert board.do("a").do("a").snap.tasks[0].assignee == "l"
    assert board.do("undo_a").do("undo_a").open == ["n"]


def test_the_rounds_of_an_interrupted_activity_are_not_undone():
    timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    body = START + compensated("a", inner=ROUNDS) + boundary("b", "a", timer) + THROW + user("n") + chain("s", "a") + chain("b", "t", "n")
    assert Board(body, people=["k", "l"]).do("a").wait(hours=1).open == ["n"]


def test_a_handler_of_the_sub_process_replaces_those_inside():
    inner = '<startEvent id="i"/>' + compensated("a") + chain("i", "a")
    outer = compensated("p").replace(user("p"), f'<subProcess id="p">{inner}</subProcess>')
    board = Board(START + outer + THROW + user("n") + chain("s", "p", "t", "n")).do("a")
    assert board.open == ["undo_p"]
    assert board.do("undo_p").open == ["n"]


def test_only_what_lies_in_the_same_scope_can_be_compensated():
    thrown = THROW.replace("<compensateEventDefinition/>", '<compensateEventDefinition activityRef="a"/>')
    inside = f'<subProcess id="p"><startEvent id="i"/>{thrown}{chain("i", "t")}</subProcess>'
    assert rules(START + compensated("a") + inside + chain("s", "a", "p"), "t")["unknown-activity"] == "error"


def test_a_cancelled_transaction_needs_a_way_on():
    inside = '<transaction id="x"><startEvent id="i"/><endEvent id="c"><cancelEventDefinition/></endEvent>' + chain("i", "c") + "</transaction>"
    assert rules(START + inside + chain("s", "x"), "c") == {"cancel-without-boundary": "error"}
    assert rules(START + inside + boundary("b", "x", "<cancelEventDefinition/>") + chain("s", "x"), "c") == {}


def test_the_retry_time_cycle_says_how_often_and_how_far_apart(tmp_path: Path):
    calls = []

    def service(context: Any) -> None:
        calls.append(context.now)
        raise RuntimeError("down")

    cycle = extensions("<camunda:failedJobRetryTimeCycle>R4/PT10M</camunda:failedJobRetryTimeCycle>")
    body = START + f'<serviceTask id="a" camunda:type="external" camunda:topic="t">{cycle}</serviceTask>' + chain("s", "a")
    with Workbench(registry=Registry(services={"t": service})) as bench:
        bench.deploy(file(tmp_path, process(body)))
        bench.start("P")
        bench.advance("P1D")
        assert [i.element_id for i in bench.incidents()] == ["a"]
    assert [(b - a).total_seconds() for a, b in itertools.pairwise(calls)] == [600, 600, 600]
    assert rules(body.replace("R4/PT10M", "often"), "a") == {"invalid-time": "error"}


def test_the_validations_of_drawn_fields_are_checked(tmp_path: Path):
    def fields(*constraints: str) -> str:
        checks = "".join(f"<camunda:constraint {c}/>" for c in constraints)
        return f"<camunda:validation>{checks}</camunda:validation>"

    drawn = '<camunda:formField id="name" type="string">' + fields('name="minlength" config="2"', 'name="maxlength" config="5"') + "</camunda:formField>"
    drawn += '<camunda:formField id="age" type="long">' + fields('name="min" config="18"', 'name="max" config="99"') + "</camunda:formField>"
    drawn += '<camunda:formField id="old" type="string">' + fields('name="readonly"') + "</camunda:formField>"
    body = START + task("a", "", extensions(f"<camunda:formData>{drawn}</camunda:formData>")) + task("n") + chain("s", "a", "n")
    with Workbench() as bench:
        found = bench.deploy(file(tmp_path, process(body))).findings
        assert "a" not in [f.element_id for f in found], "the drawn fields are its form"
        case = bench.start("P", {"old": "kept"})
        for wrong in ({"name": "x"}, {"name": "toolong"}, {"age": 17}, {"age": 100}, {"age": 18.5}):
            with pytest.raises(InvalidFormError):
                bench.complete(bench.tasks()[0], wrong)
        bench.complete(bench.tasks()[0], {"name": "abc", "age": 20, "old": "changed"})
        assert bench.variables(case) == {"name": "abc", "age": 20, "old": "kept"}


# Deploying


def test_the_deployment_binding_tells_apart_what_came_at_the_same_moment(tmp_path: Path):
    def called(name: str) -> str:
        return process(f'<startEvent id="qs"/>{task(name)}{chain("qs", name)}', "Q")

    caller = process(START + '<callActivity id="c" calledElement="Q" camunda:calledElementBinding="deployment"/>' + chain("s", "c"))
    with Workbench() as bench:
        bench.deploy(file(tmp_path, called("first")))
        bench.deploy(file(tmp_path, called("second"), caller))
        bench.deploy(file(tmp_path, called("third")))
        bench.start("P")
        assert [t.element_id for t in bench.tasks()] == ["second"]


def test_two_folders_may_have_files_of_one_name(tmp_path: Path):
    body = START + task("a") + chain("s", "a")
    with Workbench() as bench:
        bench.deploy(file(tmp_path, process(body), name="x/a.bpmn"), file(tmp_path, process(body, "Q"), name="y/a.bpmn"))
        bench.deploy(file(tmp_path, process(body, "R"), name="a.bpmn20.xml"))
        assert [bench.start(key) for key in ("P", "Q", "R")]


def test_a_deployment_of_nothing_is_refused(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("hello")
    with Workbench() as bench, pytest.raises(DeploymentRefused) as refused:
        bench.deploy(tmp_path / "notes.txt")
    assert [(f.element_id, f.rule) for f in refused.value.findings] == [("notes.txt", "nothing-to-deploy")]


def test_what_fails_outside_of_the_diagram_names_its_element(tmp_path: Path):
    body = START + task("u") + '<callActivity id="c" calledElement="=which"/>' + chain("s", "u", "c")
    with Workbench() as bench:
        bench.deploy(file(tmp_path, process(body)))
        bench.start("P", {"which": "nowhere"})
        with pytest.raises(ProcessError, match="nowhere is not deployed"):
            bench.complete(bench.tasks()[0])
        assert [i.element_id for i in bench.incidents()] == ["c"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, b"x", [{"k": object()}]])
def test_a_variable_that_is_no_data_is_refused(value: Any):
    with pytest.raises(ProcessError, match="Variable v is not plain data"):
        Board(START + user("a") + chain("s", "a"), v=value)
