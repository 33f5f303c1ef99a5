"""Running instances on another version of their process, on both databases: what is kept, what an undo puts back, bulk."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from samples import END, START, bpmn, flow, user
from sqlalchemy import func, select, text

from engine import definitions, incidents, instances, migration_batches, migrations, operator, studio, tasks
from engine.access import SYSTEM, Viewer
from engine.connectors import Registry
from engine.errors import ConflictError, InvalidInputError, MigrationRefused, NotAllowedError, NotFoundError
from engine.publishing import publication, publications
from storage.tables.base import Base
from storage.tables.definitions import ProcessDefinition
from storage.tables.instances import AuditEntry, HistoryEvent, MessageSubscription, ProcessInstance
from storage.tables.work import Incident, Job, TaskCandidate, UserTask

MESSAGE = '<bpmn:message id="m" name="PAID"/>'
TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>{}</bpmn:timeDuration></bpmn:timerEventDefinition>"


def reminder(name="late", host="a", after="PT4H"):
    return (
        f'<bpmn:boundaryEvent id="{name}" attachedToRef="{host}" cancelActivity="false">{TIMER.format(after)}</bpmn:boundaryEvent>'
        + user(f"{name}_task", "chief") + flow(name, f"{name}_task")
    )  # fmt: skip


def work(*, name="登记", group="agent", more="", task="a"):
    """A task with a reminder, beside a wait for a message and a service."""
    return bpmn(
        START + '<bpmn:parallelGateway id="g"/>' + user(task, group, name=name, extra='camunda:dueDate="P2D"')
        + '<bpmn:receiveTask id="wait" name="等待" messageRef="m"/>'
        + '<bpmn:serviceTask id="call" name="计算" camunda:type="external" camunda:topic="sum"/>' + END
        + flow("s", "g") + "".join(flow("g", one) + flow(one, "e") for one in (task, "wait", "call")) + more,
        roots=MESSAGE,
    )  # fmt: skip


def two_steps(*, middle="", name="两步"):
    row = ("a", *([middle] if middle else []), "b", "e")
    steps = user("a", name="登记") + (user(middle) if middle else "") + user("b", "checker")
    return bpmn(START + steps + END + flow("s", "a") + "".join(map(flow, row, row[1:])), name=name)


def deployed(app, *versions):
    """Deploy one version after another and give their ids."""
    found = []
    for source in versions:
        found.append(app.deploy(source).processes[0].id)
        app.later(seconds=1)
    return found


def on_old(app, old, **options):
    with app.database.transaction() as s:
        row = s.get_one(ProcessDefinition, old)
        return instances.start(
            s, key=row.key, variables=options.pop("variables", {}), viewer=SYSTEM, now=app.now, registry=app.registry,
            definition=row, **options,
        )  # fmt: skip


def move(app, instance, target, **options):
    viewer = options.pop("viewer", SYSTEM)
    return app.call(
        migrations.migrate, viewer, instance, target_definition_id=target, mapping=options.pop("mapping", None),
        registry=app.registry, **options,
    )  # fmt: skip


def rows(app, *, leave=("revision", "updated_at")):
    """Every row that a move may touch, as plain values."""
    found = {}
    with app.database.read() as s:
        for name in ("process_instance", "user_task", "task_candidate", "job", "message_subscription", "incident", "comment"):
            table = Base.metadata.tables[name]
            columns = [c for c in table.columns if c.name not in leave]
            found[name] = sorted(map(repr, s.execute(select(*columns)).all()))
    return found


def task_of(app, element):
    with app.database.read() as s:
        return s.scalars(select(UserTask).where(UserTask.element_id == element, UserTask.state == "open")).one()


def test_a_task_keeps_who_has_it_its_draft_its_dates_and_its_comments(app):
    anna = app.person("anna", "agent")
    old, new = deployed(app, work(more=reminder()), work(name="登记客户", group="checker", more=reminder("late2", "a2"), task="a2"))
    case = on_old(app, old)
    task = task_of(app, "a")
    app.call(tasks.claim, anna, task.id)
    app.call(tasks.save_draft, anna, task.id, data={"said": "一半"})
    app.call(tasks.comment, anna, task.id, text="稍后再说")
    app.later(hours=1)
    with app.database.read() as s:
        due = {job.element_id: job.due_at for job in s.scalars(select(Job).where(Job.kind == "timer"))}
    plan = move(app, case, new, mapping={"a": "a2", "late": "late2"}, reason="试验")
    assert {(m.element_id, m.to_element) for m in plan.moves} == {("a", "a2"), ("wait", "wait"), ("call", "call")}
    after = task_of(app, "a2")
    assert (after.id, after.assignee, after.due_at, after.claimed_at) == (task.id, "anna", task.due_at, after.claimed_at)
    assert (after.name, after.definition_id, after.candidate_groups) == ("登记客户", str(new), ["checker"])
    with app.database.read() as s:
        seen = tasks.open_task(s, anna, after.id, now=app.now)
        assert seen.draft == {"said": "一半"}
        assert [c.text for c in seen.comments] == ["稍后再说"]
        assert {job.element_id: job.due_at for job in s.scalars(select(Job).where(Job.kind == "timer"))} == {"late2": due["late"]}
        assert s.scalars(select(TaskCandidate.candidate).where(TaskCandidate.task_id == task.id)).all() == ["checker"]
        entry = s.scalars(select(AuditEntry).where(AuditEntry.action == "instance.migrate")).one()
        assert (entry.detail["reason"], entry.detail["mapping"]) == ("试验", {"a": "a2", "late": "late2"})
    app.complete(anna, after.id)


def test_undo_puts_every_row_back(app):
    app.registry = Registry(services={"sum": lambda _ctx: 1 / 0, "total": lambda _ctx: None}, strict=False)
    new_text = work(name="登记客户", group="checker", task="a2", more=reminder("late2", "a2")).replace(b'"sum"', b'"total"')
    old, new = deployed(app, work(more=reminder()), new_text)
    case = on_old(app, old, business_key="K-1", variables={"x": 1.5, "y": {"b": 1, "a": [None]}})
    for _ in range(3):
        app.later(minutes=10)
        app.run_jobs()
    with app.database.read() as s:
        assert len(incidents.list_open(s, SYSTEM)) == 1
    before = rows(app)
    move(app, case, new, mapping={"a": "a2"}, accept=["late2"])
    assert rows(app) != before
    with app.database.read() as s:
        assert incidents.list_open(s, SYSTEM) == (), "the service that failed is done by another one"
        assert migrations.last_move(s, SYSTEM, case).undoable
    app.call(migrations.undo, SYSTEM, case, reason="试验")
    assert rows(app) == before
    with app.database.read() as s:
        assert migrations.last_move(s, SYSTEM, case) is None
    with pytest.raises(ConflictError):
        app.call(migrations.undo, SYSTEM, case)
    move(app, case, new, mapping={"a": "a2"}, accept=["late2"])
    app.run_jobs()
    with app.database.read() as s:
        assert "call" not in {token.element_id for token in instances.describe(s, case, SYSTEM, app.now).tokens}


def test_undo_puts_back_what_is_waited_for_also_when_its_number_was_given_to_another(app):
    old, new = deployed(app, work(), work().replace(b'name="PAID"', b'name="GOT"'))
    first, case = (on_old(app, old, business_key=key) for key in ("K-1", "K-2"))
    before = rows(app)["message_subscription"]
    for one in (case, first):
        move(app, one, new)
        app.call(migrations.undo, SYSTEM, one)
    assert rows(app)["message_subscription"] == before
    move(app, case, new)
    move(app, first, new)
    on_old(app, old, business_key="K-3")
    for one in (first, case):
        app.call(migrations.undo, SYSTEM, one)
    with app.database.read() as s:
        waits = s.execute(select(MessageSubscription.name, MessageSubscription.correlation_key)).all()
    assert sorted(map(tuple, waits)) == [("PAID", "K-1"), ("PAID", "K-2"), ("PAID", "K-3")]


def test_undo_closes_the_incident_of_a_service_that_is_no_longer_wanted(app):
    app.registry = Registry(services={"sum": lambda _ctx: None, "total": lambda _ctx: 1 / 0}, strict=False)
    old, new = deployed(app, work(), work().replace(b'"sum"', b'"total"'))
    case = on_old(app, old)
    move(app, case, new)
    for _ in range(3):
        app.later(minutes=10)
        app.run_jobs()
    with app.database.read() as s:
        assert len(incidents.list_open(s, SYSTEM)) == 1
    app.call(migrations.undo, SYSTEM, case)
    with app.database.read() as s:
        assert incidents.list_open(s, SYSTEM) == ()


def test_undo_keeps_what_people_did_with_their_tasks_and_ends_with_the_next_step(app, agent):
    old, new = deployed(app, two_steps(), two_steps(middle="n"))
    case = on_old(app, old)
    task = task_of(app, "a")
    move(app, case, new)
    app.call(tasks.claim, agent, task.id)
    app.call(migrations.undo, SYSTEM, case)
    assert (task_of(app, "a").assignee, task_of(app, "a").definition_id) == ("agent1", str(old))
    move(app, case, new)
    app.complete(agent, task.id)
    with app.database.read() as s:
        assert not migrations.last_move(s, SYSTEM, case).undoable
    with pytest.raises(ConflictError):
        app.call(migrations.undo, SYSTEM, case)
    assert [t.element_id for t in app.open()] == ["n"]


def test_moves_are_undone_one_after_the_other(app):
    one, two, three = deployed(app, two_steps(), two_steps(middle="n"), two_steps(name="又改"))
    case = on_old(app, one)
    before = rows(app)
    move(app, case, two)
    app.later(seconds=1)
    move(app, case, three)
    app.call(migrations.undo, SYSTEM, case)
    app.call(migrations.undo, SYSTEM, case)
    assert rows(app) == before


def test_a_batch_is_undone_but_for_what_has_gone_on(app, agent):
    old, new = deployed(app, two_steps(), two_steps(middle="n"))
    cases = [on_old(app, old) for _ in range(3)]
    before = rows(app)
    batch = app.call(migration_batches.migrate_all, SYSTEM, old, target_definition_id=new)
    app.run_jobs()
    undo = {"reason": "试验"}
    with pytest.raises(NotAllowedError):
        app.call(migration_batches.undo_all, agent, batch, **undo)
    with pytest.raises(InvalidInputError):
        app.call(migration_batches.undo_all, SYSTEM, batch, reason=" ")
    assert app.call(migration_batches.undo_all, SYSTEM, batch, **undo) == 3
    app.run_jobs()
    assert rows(app) == before
    with pytest.raises(ConflictError):
        app.call(migration_batches.undo_all, SYSTEM, batch, **undo)

    batch = app.call(migration_batches.migrate_all, SYSTEM, old, target_definition_id=new)
    assert app.call(migration_batches.undo_all, SYSTEM, batch, **undo) == 0, "those that wait are not moved any more"
    app.run_jobs()
    assert rows(app) == before

    batch = app.call(migration_batches.migrate_all, SYSTEM, old, target_definition_id=new)
    app.run_jobs()
    gone_on = next(task for task in app.open() if task.instance_id == cases[1])
    app.complete(agent, gone_on.id)
    assert app.call(migration_batches.undo_all, SYSTEM, batch, **undo) == 3
    app.run_jobs()
    with app.database.read() as s:
        found, left = migration_batches.progress(s, SYSTEM, batch)
        versions = [s.get_one(ProcessInstance, case).definition_id for case in cases]
    assert (found.finished, found.undone, found.stayed, found.moved) == (True, 2, 1, 0)
    assert [(one.instance_id, one.findings) for one in left] == [(cases[1], ())]
    assert versions == [old, new, old]


def test_what_needs_a_decision_changes_nothing(app):
    old, new = deployed(app, two_steps(), bpmn(START + user("b") + END + flow("s", "b") + flow("b", "e")))
    case = on_old(app, old)
    before = rows(app, leave=())
    with app.database.read() as s:
        found = migrations.dry_run(s, SYSTEM, definition_id=old, target_definition_id=new, now=app.now, registry=app.registry)
    assert [(p.instance_id, p.outcome, [f.rule for f in p.findings]) for p in found] == [(case, "decision", ["removed"])]
    with pytest.raises(MigrationRefused) as refused:
        move(app, case, new)
    assert refused.value.findings == found[0].findings
    assert rows(app, leave=()) == before
    with pytest.raises(InvalidInputError):
        move(app, case, new, mapping={"a": "nowhere"})
    move(app, case, new, mapping={"a": "b"})
    with pytest.raises(ConflictError):
        move(app, case, new, mapping={})


def test_what_the_new_version_stumbles_over_is_a_reason_too(app):
    old = work()
    new = work(more=reminder(after="unknown_name"))
    first, second = deployed(app, old, new)
    case = on_old(app, first)
    before = rows(app, leave=())
    with app.database.read() as s:
        [found] = migrations.dry_run(
            s, SYSTEM, instance_ids=[case], target_definition_id=second, accept=["*"], now=app.now, registry=app.registry
        )
    assert (found.outcome, [f.rule for f in found.findings]) == ("decision", ["cannot-go-on"])
    with pytest.raises(MigrationRefused):
        move(app, case, second, accept=["*"])
    assert rows(app, leave=()) == before


def test_who_may_and_which_may_not(app, agent):
    old, new, other = deployed(app, two_steps(), two_steps(middle="n"), bpmn(START + user("a") + END + flow("s", "a") + flow("a", "e"), key="q"))
    case = on_old(app, old)
    with pytest.raises(NotAllowedError):
        move(app, case, new, viewer=agent)
    with pytest.raises(NotFoundError):
        move(app, case, new, viewer=Viewer("x", "X", ()))
    with pytest.raises(InvalidInputError):
        move(app, case, other)
    app.call(operator.suspend, SYSTEM, case, reason="试验")
    move(app, case, new)
    app.call(operator.resume, SYSTEM, case, reason="试验")
    app.call(operator.cancel, SYSTEM, case, reason="试验", registry=app.registry)
    with pytest.raises(ConflictError):
        move(app, case, old)


def test_a_called_process_is_moved_by_itself(app):
    outer = bpmn(START + '<bpmn:callActivity id="call" calledElement="q"/>' + END + flow("s", "call") + flow("call", "e"))
    inner = [bpmn(START + user("i") + more + END + flow("s", "i") + path, key="q") for more, path in (("", flow("i", "e")), (user("n"), flow("i", "n") + flow("n", "e")))]
    with app.database.transaction() as s:
        definitions.deploy(s, files={"o.bpmn": outer, "i.bpmn": inner[0]}, viewer=SYSTEM, now=app.now, registry=app.registry)
    case = app.start("p")
    [new] = deployed(app, inner[1])
    before = rows(app)
    with app.database.read() as s:
        old = task_of(app, "i").definition_id
        [plan] = migrations.dry_run(
            s, SYSTEM, definition_id=UUID(old), target_definition_id=new, now=app.now, registry=app.registry
        )
        assert (plan.instance_id, plan.outcome, plan.from_version) == (case, "continues", 1)
    batch = app.call(migration_batches.migrate_all, SYSTEM, UUID(old), target_definition_id=new)
    app.run_jobs()
    with app.database.read() as s:
        assert migration_batches.progress(s, SYSTEM, batch)[0].moved == 1
    assert task_of(app, "i").definition_id == str(new)
    app.call(migrations.undo, SYSTEM, case)
    assert rows(app) == before
    move(app, case, new)
    app.complete(SYSTEM, task_of(app, "i").id)
    app.complete(SYSTEM, task_of(app, "n").id)
    with app.database.read() as s:
        assert s.get_one(ProcessInstance, case).status == "completed"


# Many at once


def begun(app, count, old, new):
    """Start many, some of which need a decision, and have them moved."""
    cases = [on_old(app, old, business_key=f"K-{n}") for n in range(count)]
    for case in cases[: count // 4]:
        app.complete(SYSTEM, next(t.id for t in app.open() if t.instance_id == case))
    return cases, app.call(migration_batches.migrate_all, SYSTEM, old, target_definition_id=new, reason="试验")


def versions(app):
    """The second one has no step b, at which every fourth instance waits."""
    return deployed(app, two_steps(), without_b())


def without_b():
    row = ("s", "a", "c", "e")
    return bpmn(START + user("a") + user("c") + END + "".join(map(flow, row, row[1:])))


def test_many_are_moved_in_the_background(app, agent):
    old, new = versions(app)
    with pytest.raises(NotAllowedError):
        app.call(migration_batches.migrate_all, agent, old, target_definition_id=new)
    cases, batch = begun(app, 8, old, new)
    app.call(operator.cancel, SYSTEM, cases[-1], reason="试验", registry=app.registry)
    move(app, cases[-2], new)
    with app.database.read() as s:
        found, _ = migration_batches.progress(s, SYSTEM, batch)
        assert (found.total, found.done, found.finished) == (8, 0, False)
    app.run_jobs()
    with app.database.read() as s:
        found, problems = migration_batches.progress(s, SYSTEM, batch)
        assert (found.moved, found.refused, found.skipped, found.pending, found.finished) == (4, 2, 2, 0, True)
        assert {(p.instance_id, p.findings[0].rule) for p in problems} == {(case, "removed") for case in cases[:2]}
        assert migration_batches.listed(s, SYSTEM) == (found,)
        assert s.scalars(select(Incident)).all() == []
    app.call(migrations.undo, SYSTEM, cases[4])
    with app.database.read() as s:
        assert migration_batches.progress(s, SYSTEM, batch)[0].undone == 1
    chosen = app.call(migration_batches.migrate_all, SYSTEM, old, target_definition_id=new, instance_ids=[cases[0], cases[4], cases[5]], mapping={"b": "c"})
    app.run_jobs()
    with app.database.read() as s:
        found, _ = migration_batches.progress(s, SYSTEM, chosen)
        assert (found.total, found.moved) == (2, 2)


WORKER = """
import sys, threading
from datetime import timedelta
from engine import worker
from engine.connectors import Registry
from storage.session import Database
print("ready", flush=True)
worker.loop(Database(sys.argv[1]), Registry(strict=False), threading.Event(), hold=timedelta(seconds=2))
"""


def test_a_killed_worker_leaves_the_rest_to_the_next(app, database_url):
    """The moves that a publication of the studio begins: none is lost, none is made twice."""
    app.now = datetime.now(UTC) - timedelta(hours=2)
    [old] = deployed(app, two_steps())
    cases = [on_old(app, old, business_key=f"K-{n}") for n in range(32)]
    for case in cases[:8]:
        app.complete(SYSTEM, next(t.id for t in app.open() if t.instance_id == case))
    change = app.call(studio.begin, SYSTEM, wanted=["f0.bpmn"], reason="试验")
    app.call(studio.save, SYSTEM, change, "f0.bpmn", source=without_b(), revision=1)
    made = app.call(publication.publish, SYSTEM, change, moved=publication.Moves("all"), registry=app.registry)
    with app.database.read() as s:
        [batch] = publications.view(s, SYSTEM, made).batches
        new = batch.to_definition_id

    def states():
        with app.database.read() as s:
            query = text("SELECT state, count(*) FROM instance_migration GROUP BY state")
            return dict(map(tuple, s.execute(query)))

    with subprocess.Popen(
        [sys.executable, "-c", WORKER, database_url], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as victim:
        assert victim.stdout.readline().strip() == "ready"
        left = states().get("pending", 0)
        until = time.monotonic() + 60
        while left and left == states().get("pending", 0):  # one at least; the blow may come at any moment of another
            assert victim.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        victim.kill()
    app.now = datetime.now(UTC) + timedelta(minutes=10)
    app.run_jobs()
    assert states() == {"moved": 24, "refused": 8}
    with app.database.read() as s:
        counted = Counter(s.scalars(select(HistoryEvent.instance_id).where(HistoryEvent.action == "migrated")))
        assert set(counted.values()) == {1}, "none was moved twice"
        assert len(counted) == 24
        assert s.scalar(select(func.count()).where(ProcessInstance.definition_id == new)) == 24
        assert s.scalars(select(Job).where(Job.kind == "migrate")).all() == []
        assert migration_batches.progress(s, SYSTEM, batch.id)[0].finished
        assert publications.view(s, SYSTEM, made).row.moved == 24
