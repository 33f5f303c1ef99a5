from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))
import samples

from engine.connectors import BpmnError, Registry
from engine.errors import (
    ConflictError,
    DeploymentRefused,
    InvalidFormError,
    MigrationRefused,
    NotFoundError,
    ProcessError,
)
from engine.scheduler import TooManyJobsError
from engine.testing import Workbench


@pytest.fixture
def bench(tmp_path):
    with Workbench() as bench:

        def deploy(**files):
            for name, content in files.items():
                suffix = ".form" if content.lstrip().startswith(b"{") else ".bpmn"
                (tmp_path / f"{name}{suffix}").write_bytes(content)
            return bench.deploy(tmp_path)

        bench.put = deploy
        yield bench


def test_two_steps_from_start_to_end(bench):
    bench.put(two=samples.TWO_STEPS)
    case = bench.start("two", {"x": 1}, business_key="K1")
    (task,) = bench.tasks()
    assert (task.element_id, task.name, task.candidate_groups, task.assignee) == ("a", "登记", ("agent",), None)
    assert task.instance_id == case
    assert bench.tasks(groups=["checker"]) == []
    assert [t.id for t in bench.tasks(groups=["agent"])] == [task.id]
    bench.claim(task, "anna")
    assert bench.tasks(groups=["agent"]) == []
    assert [t.id for t in bench.tasks(user="anna")] == [task.id]
    bench.complete(task, {"answer": "yes"}, user="anna")
    (second,) = bench.tasks(groups=["checker"])
    assert bench.variables(case) == {"x": 1, "answer": "yes"}
    bench.complete(second.id)
    assert bench.tasks() == []
    assert bench.instances() == []
    (ended,) = bench.instances(open_only=False)
    assert (ended.id, ended.status, ended.end_element, ended.business_key) == (case, "completed", "e", "K1")
    assert [(h.action, h.element_id) for h in bench.history(case) if h.action == "entered"] == [
        ("entered", key) for key in ("s", "a", "b", "e")
    ]


def test_the_form_is_checked_and_unknown_fields_are_dropped(bench):
    bench.put(formed=samples.WITH_FORM, F1=samples.FORM)
    case = bench.start("formed")
    (task,) = bench.tasks()
    assert task.form_key == "F1"
    with pytest.raises(InvalidFormError) as caught:
        bench.complete(task, {"amount": 5})
    assert [error.path for error in caught.value.errors] == ["reason"]
    bench.complete(task, {"reason": "漏水", "amount": "12.5", "phone": "138", "assignee": "mallory"})
    assert bench.variables(case) == {"reason": "漏水", "amount": 12.5}


def test_a_timer_fires_when_it_is_due_and_not_before(bench):
    bench.put(timer=samples.TIMER)
    bench.start("timer")
    bench.advance("PT59M59S")
    assert [t.element_id for t in bench.tasks()] == ["a"]
    bench.advance("PT1S")
    assert [t.element_id for t in bench.tasks()] == ["chase"]


def test_services_run_as_jobs_and_errors_become_incidents_after_three_tries(tmp_path):
    (tmp_path / "s.bpmn").write_bytes(samples.SERVICE)
    calls = []

    def total(ctx):
        calls.append(ctx.now)
        if len(calls) < 4:
            raise RuntimeError("no connection")
        return {"total": sum(ctx.variables["numbers"])}

    with Workbench(registry=Registry(services={"sum": total})) as bench:
        bench.deploy(tmp_path / "s.bpmn")
        case = bench.start("service", {"numbers": [1, 2]})
        assert bench.tasks() == []
        bench.run_jobs()
        assert (len(calls), bench.incidents()) == (1, [])
        bench.advance("PT10S")
        bench.advance("PT1M")
        (incident,) = bench.incidents()
        assert len(calls) == 3
        assert "no connection" in incident.message
        assert incident.element_id == "call"
        bench.advance("P1D")
        assert len(calls) == 3, "an incident waits for a person"
        bench.retry(incident)
        assert bench.incidents() == []
        assert bench.variables(case)["total"] == 3
        assert [t.element_id for t in bench.tasks()] == ["a"]


def test_an_unknown_service_is_an_incident_in_a_workbench_without_registry(bench):
    bench.put(service=samples.SERVICE)
    bench.start("service")
    bench.run_jobs()
    bench.advance("PT10M")
    assert "sum" in bench.incidents()[0].message


def test_a_message_reaches_the_one_instance_with_its_key(bench):
    bench.put(message=samples.MESSAGE)
    one, two = (bench.start("message", business_key=key) for key in ("K1", "K2"))
    with pytest.raises(ProcessError, match="exactly one"):
        bench.correlate("PAID")
    assert bench.correlate("PAID", "K2", {"amount": 5}) == two
    assert [t.instance_id for t in bench.tasks()] == [two]
    assert bench.variables(two)["amount"] == 5
    with pytest.raises(NotFoundError):
        bench.correlate("PAID", "K2")
    assert bench.correlate("PAID") == one


def test_a_thrown_message_is_delivered_by_business_key(bench):
    bench.put(message=samples.MESSAGE, thrower=samples.THROW)
    receiver = bench.start("message", business_key="K1")
    bench.start("message", business_key="K2")
    bench.start("thrower", business_key="K1")
    bench.complete(next(t for t in bench.tasks() if t.process_key == "thrower"))
    assert [t.instance_id for t in bench.tasks()] == [receiver]


def test_a_thrown_message_that_nobody_takes_becomes_an_incident(bench):
    bench.put(thrower=samples.THROW)
    bench.start("thrower", business_key="K1")
    bench.complete(bench.tasks()[0])
    assert bench.instances() == []
    bench.advance("PT2M")
    (incident,) = bench.incidents()
    assert "PAID" in incident.message


def test_a_message_starts_the_process_that_begins_with_it(bench):
    bench.put(begun=samples.MESSAGE_START)
    case = bench.correlate("BEGIN", "K9", {"x": 1})
    assert bench.variables(case) == {"x": 1}
    assert bench.instances()[0].business_key == "K9"
    with pytest.raises(ProcessError):
        bench.start("begun")


def test_a_signal_reaches_all_who_wait(bench):
    bench.put(signal=samples.SIGNAL)
    for _ in range(3):
        bench.start("signal")
    assert bench.signal("HOLIDAY", {"day": 1}) == 3
    assert len(bench.tasks()) == 3
    assert bench.signal("HOLIDAY") == 0


def test_a_failing_condition_leaves_everything_and_can_be_retried(bench):
    bench.put(branch=samples.BRANCH)
    case = bench.start("branch")
    (task,) = bench.tasks()
    with pytest.raises(ProcessError):
        bench.complete(task, {"other": 1}, user="anna")
    assert bench.tasks() == [task]
    assert bench.variables(case) == {}
    (incident,) = bench.incidents()
    assert incident.element_id == "g"
    with pytest.raises(ProcessError):
        bench.retry(incident)
    with pytest.raises(ProcessError):
        bench.complete(task, {"other": 2}, user="anna")
    assert len(bench.incidents()) == 1
    bench.complete(task, {"amount": 500})
    assert [t.element_id for t in bench.tasks()] == ["b"]
    assert bench.incidents() == [], "what was completed after all is no incident any more"


def test_bpmn_errors_of_services_are_uncaught_when_nobody_catches_them(tmp_path):
    (tmp_path / "s.bpmn").write_bytes(samples.SERVICE)

    def refuse(ctx):
        raise BpmnError("E1", "没有")

    with Workbench(registry=Registry(services={"sum": refuse})) as bench:
        bench.deploy(tmp_path)
        bench.start("service")
        bench.run_jobs()
        bench.advance("PT10M")
        assert "E1" in bench.incidents()[0].message


def test_cancel_and_move(bench):
    bench.put(two=samples.TWO_STEPS)
    one, two = bench.start("two"), bench.start("two")
    bench.cancel(one)
    assert [i.id for i in bench.instances()] == [two]
    assert {i.status for i in bench.instances(open_only=False)} == {"active", "canceled"}
    bench.move(two, "a", "b")
    (task,) = bench.tasks()
    assert task.element_id == "b"
    bench.cancel(task)
    assert bench.tasks() == []


def test_the_same_content_stays_the_same_version_and_a_new_form_makes_a_new_one(bench):
    first = bench.put(formed=samples.WITH_FORM, F1=samples.FORM)
    again = bench.put(formed=samples.WITH_FORM, F1=samples.FORM)
    assert [(i.key, i.version, i.new) for i in again.processes] == [("formed", 1, False)]
    old = bench.start("formed")
    changed = bench.put(F1=samples.FORM.replace(b'"required": true', b'"required": false'))
    assert [(i.key, i.version, i.new) for i in changed.processes] == [("formed", 2, True)]
    bench.start("formed")
    tasks = {t.instance_id == old: t for t in bench.tasks()}
    with pytest.raises(InvalidFormError):
        bench.complete(tasks[True], {})
    bench.complete(tasks[False], {})
    assert first.id != changed.id


def test_a_broken_diagram_is_refused_with_findings(bench):
    with pytest.raises(DeploymentRefused) as caught:
        bench.put(bad=samples.SERVICE.replace(b'camunda:topic="sum"', b""))
    assert [f.element_id for f in caught.value.findings if f.severity == "error"] == ["call"]
    with pytest.raises(DeploymentRefused):
        bench.put(bad=b"<!DOCTYPE x><x/>")


def test_feel_and_the_clock(bench):
    assert bench.evaluate("1 + x", {"x": 2}) == 3
    before = bench.now
    bench.advance("P1DT1H")
    assert bench.now - before == timedelta(days=1, hours=1)
    with pytest.raises(ValueError):
        bench.advance("tomorrow")


def test_people_outside_the_group_do_not_find_the_task(bench):
    from engine import people
    from engine.access import SYSTEM, Grant

    bench.put(two=samples.TWO_STEPS)
    bench.start("two")
    with bench.transaction() as s:
        people.save_user(s, SYSTEM, login="carl", name="Carl", grants=[Grant("checker")], now=bench.now)
    (task,) = bench.tasks()
    with pytest.raises(NotFoundError):
        bench.complete(task, user="carl")
    with pytest.raises(NotFoundError):
        bench.claim(task, "carl")
    bench.claim(task, "anna")
    with pytest.raises(ConflictError, match="anna"):
        bench.complete(task, user="bert")


def test_a_timer_starts_a_process_in_rounds(bench):
    timer = '<bpmn:startEvent id="s"><bpmn:timerEventDefinition><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">{}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>'
    rest = samples.user("a") + samples.END + samples.flow("s", "a") + samples.flow("a", "e")
    bench.put(daily=samples.bpmn(timer.format("R3/P1D") + rest, key="daily"))
    bench.advance("PT23H")
    assert bench.instances() == []
    bench.advance("PT1H")
    assert len(bench.instances()) == 1
    bench.advance("P1DT1H")
    assert len(bench.instances()) == 2
    bench.advance("P30D")
    assert len(bench.instances()) == 3
    bench.put(daily=samples.bpmn(timer.format("R/P7D") + rest, key="daily"))
    bench.advance("P15D")
    assert len(bench.instances()) == 5


def test_an_operator_starts_steps(bench):
    bench.put(two=samples.TWO_STEPS)
    case = bench.start("two")
    bench.start_before(case, "b")
    bench.start_after(case, "a")
    assert sorted(task.element_id for task in bench.tasks()) == ["a", "b", "b"]


def test_a_running_instance_is_tried_on_another_version(bench):
    bench.put(two=samples.TWO_STEPS)
    case = bench.start("two")
    (task,) = bench.tasks()
    bench.claim(task, "anna")
    bench.put(two=samples.TWO_STEPS.replace(b'"a"', b'"a2"').replace(b'f_s_a"', b'f_s_a2"'))
    plan = bench.plan_migration(case)
    assert (plan.outcome, [finding.rule for finding in plan.findings]) == ("decision", ["removed"])
    with pytest.raises(MigrationRefused):
        bench.migrate(case)
    assert bench.plan_migration(case, 2, {"a": "a2"}).outcome == "moves"
    bench.migrate(case, 2, mapping={"a": "a2"})
    (moved,) = bench.tasks()
    assert (moved.id, moved.element_id, moved.assignee) == (task.id, "a2", "anna")
    bench.undo_migration(case)
    assert bench.tasks()[0].element_id == "a"
    with pytest.raises(NotFoundError):
        bench.migrate(case, 7)


def test_what_never_ends_is_named(bench):
    often = samples.TIMER.replace(b'cancelActivity="true"', b'cancelActivity="false"')
    often = often.replace(b"timeDuration", b"timeCycle").replace(b"PT1H", b"R/PT1S")
    bench.put(often=often)
    bench.start("timer")
    bench.clock.most = 50
    with pytest.raises(TooManyJobsError, match="late"):
        bench.advance("PT1H")
