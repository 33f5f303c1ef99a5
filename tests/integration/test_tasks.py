from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select, update

from engine import definitions, instances, messages, operator, people, tasks
from engine.access import SYSTEM, Grant, Viewer
from engine.connectors import Registry
from engine.core.variables import view_of
from engine.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from storage import audit
from storage import instances as instance_rows
from storage.tables.base import Base
from storage.tables.instances import ProcessInstance
from storage.tables.work import TaskCandidate, TaskSubmission, UserTask


def counts(database, *tables):
    with database.read() as s:
        return {t.__tablename__: s.scalar(select(func.count()).select_from(t)) for t in tables}


def test_fifty_people_complete_one_task_and_one_wins(app, sample):
    app.deploy(sample.TWO_STEPS)
    case = app.start("two")
    (task,) = app.open()
    crowd = [app.person(f"p{i}", "agent", name=f"人{i}") for i in range(50)]
    gate, results = threading.Barrier(50), {}

    def attempt(viewer):
        gate.wait()
        try:
            app.complete(viewer, task.id, {"who": viewer.login})
            results[viewer.login] = None
        except ConflictError as error:
            results[viewer.login] = str(error)

    threads = [threading.Thread(target=attempt, args=(viewer,)) for viewer in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [login for login, error in results.items() if error is None]
    assert len(results) == 50
    assert len(winners) == 1
    name = f"人{winners[0][1:]}"
    refused = [error for error in results.values() if error]
    assert len(refused) == 49
    assert all(f"completed by {name} at 2026-03-02" in error for error in refused), refused[:3]
    with app.database.read() as s:
        assert instances.describe(s, case, SYSTEM, app.now).variables == {"who": winners[0]}
    assert counts(app.database, UserTask, TaskSubmission) == {"user_task": 2, "task_submission": 1}
    assert [t.element_id for t in app.open()] == ["b"]


def test_the_same_request_twice_is_answered_twice_and_done_once(app, sample, agent):
    app.deploy(sample.LOOP)
    app.start("loop")
    (task,) = app.open()
    first = app.complete(agent, task.id, idempotency_key="k1")
    again = app.complete(agent, task.id, idempotency_key="k1")
    assert first == again
    assert [t.element_id for t in first.next_tasks] == ["a"]
    with pytest.raises(ConflictError):
        app.complete(agent, task.id, idempotency_key="k2")
    with pytest.raises(ConflictError):
        app.complete(Viewer("agent2", "x", agent.grants), task.id, idempotency_key="k1")
    assert len(app.open()) == 1


def test_a_start_with_the_same_key_gives_the_same_instance(app, sample):
    app.deploy(sample.ONE_STEP)
    one, two = app.start("one", idempotency_key="x"), app.start("one", idempotency_key="x")
    assert one == two
    assert app.start("one", idempotency_key="y") != one


def test_a_completion_is_few_statements_and_one_commit(app, sample, agent):
    app.deploy(sample.WITH_FORM, sample.FORM)
    for _ in range(2):
        app.start("formed")
    first, second = app.open()
    app.complete(agent, first.id, {"reason": "x"})  # fills the caches of programs and forms
    seen, commits = [], []
    engine = app.database.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _cur, sql, *_: seen.append(sql.split("\n")[0]))
    event.listen(engine, "commit", lambda _c: commits.append(1))
    app.complete(agent, second.id, {"reason": "x"}, idempotency_key="k")
    statements = [sql for sql in seen if not sql.startswith(("BEGIN", "COMMIT", "PRAGMA"))]
    assert len(statements) <= 12, statements
    assert len(commits) == 1


def test_a_stale_revision_is_a_conflict(app, sample):
    app.deploy(sample.ONE_STEP)
    case = app.start("one")
    with app.database.read() as s:
        stale = s.get(ProcessInstance, case)
    with app.database.transaction() as s:
        s.execute(update(ProcessInstance).values(revision=ProcessInstance.revision + 1, title="other"))
    stale.title = "mine"
    with pytest.raises(ConflictError), app.database.transaction() as s:
        s.merge(stale)


def test_a_step_that_fails_leaves_nothing(app, sample, agent):
    app.deploy(sample.BRANCH)
    app.start("branch")
    (task,) = app.open()
    before = counts(app.database, *(m.class_ for m in Base.registry.mappers))
    with pytest.raises(Exception, match="amount"):
        app.complete(agent, task.id, {"other": 1})
    assert counts(app.database, *(m.class_ for m in Base.registry.mappers)) == before


def test_claim_release_reassign_delegate(app, sample):
    app.deploy(sample.ONE_STEP)
    app.start("one")
    (task,) = app.open()
    anna, bert = app.person("anna", "agent"), app.person("bert", "agent")
    with app.database.transaction() as s:
        people.save_role(s, code="cs_sup", name_zh="主管", name_en="Supervisor", supervises=["agent"])
    boss = app.person("boss", "cs_sup")
    app.call(tasks.claim, anna, task.id)
    app.call(tasks.claim, anna, task.id)
    with pytest.raises(ConflictError, match="taken by Anna"):
        app.call(tasks.claim, bert, task.id)
    with pytest.raises(NotAllowedError):
        app.call(tasks.release, bert, task.id)
    with pytest.raises(NotAllowedError):
        app.call(tasks.reassign, bert, task.id, to_login="bert", reason="x")
    assert app.inbox(bert).total == 0
    assert app.inbox(anna).items[0].claimed_by_me
    assert [i.assignee_name for i in app.inbox(boss, view="team").items] == ["Anna"]
    with pytest.raises(InvalidInputError, match="why"):
        app.call(tasks.reassign, boss, task.id, to_login="bert", reason=" ")
    app.call(tasks.reassign, boss, task.id, to_login="bert", reason="Anna is ill")
    assert app.inbox(bert, view="mine").total == 1
    app.call(tasks.delegate, bert, task.id, to_login="boss", reason="needs a decision")
    assert app.inbox(boss, view="mine").total == 1
    with app.database.read() as s:
        assert tasks.open_task(s, bert, task.id, now=app.now).owner == "bert"
        log = [(e.action, e.actor) for e in audit.entries(s, subject=f"task:{task.id}")]
    assert log == [("task.delegate", "bert"), ("task.reassign", "boss"), ("task.claim", "anna")]
    app.call(tasks.release, boss, task.id)
    assert app.inbox(anna, view="group").total == 1


def test_bulk_claim_tells_each_result(app, sample):
    app.deploy(sample.ONE_STEP)
    for _ in range(3):
        app.start("one")
    ids = [item.id for item in app.open()]
    anna, bert = app.person("anna", "agent"), app.person("bert", "agent")
    app.call(tasks.claim, bert, ids[1])
    missing = uuid4()
    outcome = app.call(tasks.bulk_claim, anna, [*ids, missing])
    assert [type(outcome[i]) for i in [*ids, missing]] == [type(None), ConflictError, type(None), NotFoundError]
    assert app.inbox(anna, view="mine").total == 2


def test_a_task_is_unknown_outside_its_project_and_role(app, sample):
    app.deploy(sample.ONE_STEP)
    app.start("one", scope="P1")
    (task,) = app.open()
    inside, outside = app.person("in", Grant("agent", "P1")), app.person("out", Grant("agent", "P2"))
    other = app.person("other", "engineer")
    assert [app.inbox(v).total for v in (inside, outside, other)] == [1, 0, 0]
    for viewer in (outside, other):
        for act in (
            lambda v: app.complete(v, task.id),
            lambda v: app.call(tasks.claim, v, task.id),
            lambda v: app.call(tasks.save_draft, v, task.id, data={}),
            lambda v: app.call(tasks.comment, v, task.id, text="x"),
            lambda v: app.call(tasks.open_task, v, task.id),
        ):
            with pytest.raises(NotFoundError):
                act(viewer)
    app.complete(inside, task.id)


def test_a_substitute_sees_and_completes_in_the_others_place(app, sample):
    app.deploy(sample.ONE_STEP)
    app.start("one")
    (task,) = app.open()
    anna = app.person("anna", "agent")
    app.person("bert", "engineer")
    app.call(tasks.claim, anna, task.id)
    app.call(
        people.substitute, SYSTEM, login="anna", substitute="bert", from_at=app.now,
        until_at=app.now + timedelta(days=1), reason="休假",
    )  # fmt: skip
    with app.database.read() as s:
        bert = people.viewer(s, "bert", now=app.now)
    assert app.inbox(bert, view="mine").total == 1
    app.complete(bert, task.id)
    with app.database.read() as s:
        entry = audit.entries(s, subject=f"task:{task.id}")[0]
        assert (entry.actor, entry.on_behalf_of) == ("bert", "anna")
        assert s.get(TaskSubmission, task.id).on_behalf_of == "anna"


def test_four_eyes(app, sample):
    props = (
        "<bpmn:extensionElements><camunda:properties>"
        '<camunda:property name="fourEyes" value="a"/></camunda:properties></bpmn:extensionElements>'
    )
    app.deploy(
        sample.bpmn(
            sample.START + sample.user("a") + sample.user("b", inner=props) + sample.END
            + sample.flow("s", "a") + sample.flow("a", "b") + sample.flow("b", "e"),
            key="eyes",
        )
    )  # fmt: skip
    app.start("eyes")
    anna, bert = app.person("anna", "agent"), app.person("bert", "agent")
    app.complete(anna, app.open()[0].id)
    with pytest.raises(NotAllowedError, match="Four eyes"):
        app.complete(anna, app.open()[0].id)
    app.complete(bert, app.open()[0].id)


def test_drafts_comments_and_what_the_page_shows(app, sample, agent):
    app.deploy(sample.WITH_FORM, sample.FORM)
    case = app.start("formed", {"house": "1-2-3"}, title="张三 1-2-3", fields={"phone": "13800001111"})
    (task,) = app.open()
    app.call(tasks.save_draft, agent, task.id, data={"reason": "half"})
    app.call(tasks.comment, agent, task.id, text=" 请看 ")
    with pytest.raises(InvalidInputError):
        app.call(tasks.comment, agent, task.id, text="  ")
    with app.database.read() as s:
        view = tasks.open_task(s, agent, task.id, now=app.now)
    assert (view.draft, view.draft_by, view.form.id) == ({"reason": "half"}, "agent1", "F1")
    assert [c.text for c in view.comments] == ["请看"]
    assert view.variables == {"house": "1-2-3"}
    assert view.head == {"phone": "13800001111"}
    assert tasks.Action.TASK_COMPLETE in view.may
    app.complete(agent, task.id, {"reason": "done", "phone": "139"})
    with app.database.read() as s:
        view = tasks.open_task(s, agent, task.id, now=app.now)
        assert view.submitted == {"reason": "done", "amount": None, "phone": "139"}
        assert (view.state, view.completed_by, view.may, view.draft) == ("completed", "agent1", frozenset(), None)
        assert "phone" not in instances.describe(s, case, SYSTEM, app.now).variables


def test_what_a_create_listener_returns_goes_to_its_tasks_scope(app, sample):
    loop = '<bpmn:extensionElements><camunda:taskListener event="create" delegateExpression="${about}"/></bpmn:extensionElements>'
    loop += '<bpmn:multiInstanceLoopCharacteristics camunda:collection="=rows" camunda:elementVariable="row"/>'
    app.deploy(sample.bpmn(
        sample.START + sample.user("a", inner=loop) + sample.END + sample.flow("s", "a") + sample.flow("a", "e")
    ))  # fmt: skip
    app.registry = Registry(strict=False, listeners={"about": lambda ctx: {"row": ctx.variables["row"] * 2, "seen": 1}})
    case = app.start("p", {"rows": [1, 2]})
    with app.database.read() as s:
        instance = s.get_one(ProcessInstance, case)
        own = [view_of(instance.variables, task.scope_id)["row"] for task in s.scalars(select(UserTask))]
        assert sorted(own) == [2, 4]
        assert "row" not in instance.variables[""]
        assert instance.variables[""]["seen"] == 1


def test_a_new_number_and_project_reach_the_open_tasks(app, sample, agent):
    app.deploy(sample.ONE_STEP)
    case = app.start("one")
    here = app.person("here", Grant("agent", "P1"))
    assert app.inbox(here).total == 0
    with app.database.transaction() as s:
        instance_rows.rekey(s, case, "TS-1", "P1")
    (item,) = app.inbox(here).items
    app.complete(here, item.id)


def test_candidates_go_with_their_tasks(app, sample, agent):
    app.deploy(sample.TWO_STEPS)
    case = app.start("two")
    app.complete(agent, app.open()[0].id)
    with app.database.transaction() as s:
        operator.cancel(s, SYSTEM, case, reason="test", now=app.now, registry=app.registry)
    assert counts(app.database, TaskCandidate) == {"task_candidate": 0}
    with app.database.read() as s:
        assert {t.element_id: t.state for t in s.scalars(select(UserTask))} == {"a": "completed", "b": "canceled"}


def test_a_lane_or_a_role_name_means_its_code(app, sample):
    with app.database.transaction() as s:
        people.save_role(s, code="agent", name_zh="座席 / 客服专员", name_en="Agent")
    app.deploy(sample.ONE_STEP.replace(b'candidateGroups="agent"', 'candidateGroups="客服专员"'.encode()))
    app.start("one")
    assert app.open()[0].groups == ("agent",)
    with app.database.read() as s:
        assert definitions.latest(s, "one").roles == ["agent"]


def test_who_may_start_and_send(app, sample, agent):
    app.deploy(sample.ONE_STEP, sample.MESSAGE)
    stranger = app.person("stranger", "gardener")
    start = {"key": "one", "variables": {}, "registry": app.registry}
    with pytest.raises(NotAllowedError):
        app.call(instances.start, viewer=stranger, **start)
    app.call(instances.start, viewer=agent, **start)
    app.start("message", business_key="K")
    send = {"name": "PAID", "business_key": "K", "registry": app.registry}
    with pytest.raises(NotFoundError):
        app.call(messages.correlate, viewer=stranger, **send)
    app.call(messages.correlate, viewer=agent, **send)
