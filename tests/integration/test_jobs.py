from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from engine import incidents, instances, jobs, notifications, operator, people, worker
from engine.access import SYSTEM, Viewer
from engine.connectors import Registry
from engine.errors import ConflictError, NotAllowedError, ProcessError
from storage import jobs as queue
from storage.tables.instances import HistoryEvent
from storage.tables.work import Incident, Job, OutboxMessage


def job_count(database):
    with database.read() as s:
        return s.scalar(select(func.count()).select_from(Job))


def test_two_workers_fire_each_timer_once(app, sample):
    app.deploy(sample.TIMER)
    for _ in range(20):
        app.start("timer")
    app.later(hours=2)
    ran = []

    def work():
        while worker.run_one(app.database, clock=app.clock, registry=app.registry):
            ran.append(1)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.run_jobs()
    assert [t.element_id for t in app.open()] == ["chase"] * 20
    with app.database.read() as s:
        fired = select(func.count()).where(HistoryEvent.action == "entered", HistoryEvent.element_id == "chase")
        assert s.scalar(fired) == 20
        assert s.scalars(select(Incident)).all() == []
    assert job_count(app.database) == 0


def test_a_completed_task_takes_its_timer_along(app, sample, agent):
    app.deploy(sample.TIMER)
    app.start("timer")
    assert job_count(app.database) == 1
    app.complete(agent, app.open()[0].id)
    assert job_count(app.database) == 0


def test_after_downtime_jobs_run_in_due_order(app, sample):
    app.deploy(sample.TIMER)
    cases = []
    for _ in range(5):
        cases.append(app.start("timer"))
        app.later(minutes=1)
    app.later(days=3)
    app.run_jobs()
    with app.database.read() as s:
        order = s.scalars(
            select(HistoryEvent.instance_id).where(HistoryEvent.element_id == "chase").order_by(HistoryEvent.id)
        ).all()
    assert list(dict.fromkeys(order)) == cases


def test_a_dead_workers_lease_runs_out(app, sample):
    app.deploy(sample.TIMER)
    app.start("timer")
    app.later(hours=1)
    with app.database.transaction() as s:
        (held,) = queue.lease(s, now=app.now, hold=timedelta(minutes=5))
    assert not worker.run_one(app.database, clock=app.clock, registry=app.registry)
    app.later(minutes=5, seconds=1)
    assert worker.run_one(app.database, clock=app.clock, registry=app.registry)
    with app.database.transaction() as s:
        jobs.run(s, held, now=app.now, registry=app.registry)  # the first worker wakes up after all
        jobs.failed(s, held, RuntimeError("late"), now=app.now)
    assert [t.element_id for t in app.open()] == ["chase"]
    with app.database.read() as s:
        assert s.scalars(select(Incident)).all() == []


def test_a_service_runs_once_in_the_transaction_that_completes_it(app, sample):
    app.deploy(sample.SERVICE)

    def add_user(ctx):
        people.save_user(ctx.session, SYSTEM, login="made", name="Made", now=ctx.now)
        if fail:
            raise OSError("disk full")
        return {"done": True}

    fail = True
    app.registry = Registry(services={"sum": add_user})
    case = app.start("service")
    app.run_jobs()
    with app.database.read() as s:
        assert people.queries.user(s, "made") is None, "what the failed service wrote is undone"
        (job,) = queue.of_instance(s, case)
        assert (job.attempts, job.due_at - app.now) == (1, timedelta(seconds=10))
        assert "disk full" in job.last_error
    fail = False
    app.later(seconds=10)
    app.run_jobs()
    with app.database.read() as s:
        assert people.queries.user(s, "made") is not None
        assert instances.describe(s, case, SYSTEM, app.now).variables["done"] is True


def test_growing_pauses_then_an_incident_then_a_retry(app, sample):
    app.deploy(sample.SERVICE)
    case, pauses = app.start("service"), []
    for _ in range(2):
        app.run_jobs()
        with app.database.read() as s:
            (job,) = queue.of_instance(s, case)
            pauses.append(job.due_at - app.now)
        app.now = job.due_at
    app.run_jobs()
    assert pauses == [timedelta(seconds=10), timedelta(minutes=1)]
    with app.database.read() as s:
        (incident,) = incidents.list_open(s, SYSTEM)
        assert (incident.element_id, incident.instance_id, incident.kind) == ("call", case, "service")
        view = instances.describe(s, case, SYSTEM, app.now)
        assert [i.id for i in view.incidents] == [incident.id]
        assert view.services[0].due_at is None
    with pytest.raises(NotAllowedError):
        app.call(incidents.retry, Viewer("x", "x"), incident.id, registry=app.registry)
    app.registry = Registry(services={"sum": lambda _ctx: {"x": 1}})
    app.call(incidents.retry, SYSTEM, incident.id, registry=app.registry)
    app.run_jobs()
    assert [t.element_id for t in app.open()] == ["a"]
    with pytest.raises(ConflictError):
        app.call(incidents.retry, SYSTEM, incident.id, registry=app.registry)


def test_a_cancelled_case_takes_its_incidents_along(app, sample):
    app.deploy(sample.SERVICE)
    case = app.start("service")
    for _ in range(3):
        app.run_jobs()
        app.later(minutes=6)
    with app.database.transaction() as s:
        assert len(incidents.list_open(s, SYSTEM)) == 1
        operator.cancel(s, SYSTEM, case, reason="x", now=app.now, registry=app.registry)
    with app.database.read() as s:
        assert incidents.list_open(s, SYSTEM) == ()
    assert job_count(app.database) == 0


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_retry_waits_for_the_instance_before_it_holds_the_incident(app, sample):
    app.deploy(sample.TWO_STEPS)
    case, said = app.start("two"), []
    fault = ProcessError("stuck", element_id="a")
    incident = incidents.record_failed_command(
        app.database, fault, task_id=app.open()[0].id, data={}, viewer=SYSTEM, now=app.now
    )

    def retry():
        try:
            app.call(incidents.retry, SYSTEM, incident, registry=app.registry)
        except ConflictError as refused:
            said.append(str(refused))

    other = threading.Thread(target=retry)
    with app.database.transaction() as s:
        instances.lock(s, case)
        other.start()
        waits = False
        while not waits:
            with app.database.read() as looking:
                waits = looking.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) > 0
        operator.cancel(s, SYSTEM, case, reason="x", now=app.now, registry=app.registry)
    other.join()
    assert said == ["The incident is already closed."]


def test_the_outbox_sends_after_the_commit_and_tries_again(app):
    app.person("anna", email="anna@example.org")
    sent, broken = [], True

    def mail(message):
        if broken:
            raise ConnectionError("no route to host")
        sent.append(message)

    app.registry = Registry(connectors={"mail": mail})
    for _ in range(2):
        app.call(
            notifications.notify, recipient="anna", template="Case {number} is yours.", fields={"number": "TS-1"},
            link="/cases/TS-1", channels=("page", "mail"), key="TS-1:assigned",
        )  # fmt: skip
    app.run_jobs()
    assert sent == []
    broken = False
    app.later(seconds=10)
    app.run_jobs()
    assert [(m.recipient, m.text, m.idempotency_key) for m in sent] == [
        ("anna@example.org", "Case TS-1 is yours.", "TS-1:assigned:mail")
    ]
    assert job_count(app.database) == 0
    with app.database.transaction() as s:
        viewer = people.viewer(s, "anna", now=app.now)
        assert s.scalars(select(OutboxMessage)).one().sent_at == app.now
        assert notifications.unread(s, viewer) == 2
        notifications.mark_read(s, viewer, now=app.now)
        assert notifications.unread(s, viewer) == 0
        assert len(notifications.listed(s, viewer)) == 2


def test_a_slow_mail_server_keeps_no_step_waiting(app, sample):
    app.person("anna", email="anna@example.org")
    app.deploy(sample.SERVICE)
    app.now, sending, go_on = datetime.now(UTC), threading.Event(), threading.Event()

    def mail(_message):
        sending.set()
        go_on.wait(30)

    app.registry = Registry(connectors={"mail": mail}, services={"sum": lambda _ctx: {"x": 1}})
    app.call(notifications.notify, recipient="anna", template="x", channels=("mail",))
    thread, stop = worker.start(app.database, app.registry)
    try:
        assert sending.wait(30)
        began = time.monotonic()
        app.start("service")
        while not app.open():
            assert time.monotonic() - began < 20
            time.sleep(0.01)
        assert not go_on.is_set()
    finally:
        stop.set()
        go_on.set()
        thread.join(10)
    assert not thread.is_alive()
    with app.database.read() as s:
        assert s.scalars(select(OutboxMessage)).one().sent_at is not None


def test_periodic_work_that_keeps_failing_is_an_incident_and_goes_on(app):
    healthy = []

    def sweep(*_given):
        if not healthy:
            raise OSError("the disk is full")

    app.registry = Registry(periodic={"sweep": (timedelta(minutes=5), sweep)})
    worker.prepare(app.database, app.registry, now=app.now)
    for _ in range(12):
        app.run_jobs()
        app.later(minutes=6)
    with app.database.transaction() as s:
        (told,) = incidents.list_open(s, SYSTEM)
        incidents.resolve(s, SYSTEM, told.id, reason="seen", now=app.now)
    healthy.append(True)
    app.run_jobs()
    with app.database.read() as s:
        assert incidents.list_open(s, SYSTEM) == ()
        job = s.scalars(select(Job)).one()
        assert (job.attempts, job.last_error) == (0, "")


def test_people_without_an_address_get_no_mail(app):
    app.person("anna")
    app.call(notifications.notify, recipient="anna", template="x", channels=("page", "mail", "sms"))
    app.call(notifications.notify, recipient="nobody", template="x", channels=("mail",))
    assert job_count(app.database) == 0


def test_periodic_work_runs_once_a_turn_and_missed_turns_once(app):
    runs = []
    app.registry = Registry(periodic={"sweep": (timedelta(minutes=5), lambda _s, now, _r: runs.append(now))})
    for _ in range(2):
        worker.prepare(app.database, app.registry, now=app.now)
    app.run_jobs()
    app.run_jobs()
    assert len(runs) == 1
    app.later(hours=7, minutes=3)
    app.run_jobs()
    assert len(runs) == 2
    app.later(minutes=4, seconds=59)
    app.run_jobs()
    assert len(runs) == 3


def test_the_loop_reacts_at_once_and_stops(app, sample, monkeypatch):
    monkeypatch.setattr(worker, "POLL_SECONDS", 60)
    app.deploy(sample.SERVICE)
    now = datetime.now(UTC)
    app.now = now
    app.registry = Registry(services={"sum": lambda _ctx: {"x": 1}})
    thread, stop = worker.start(app.database, app.registry)
    try:
        time.sleep(0.7)  # it has found nothing and waits
        began = time.monotonic()
        app.start("service")
        while not app.open():
            assert time.monotonic() - began < 30
            time.sleep(0.01)
    finally:
        stop.set()
        app.database.wake.set()
        thread.join(30)
    assert not thread.is_alive()


def test_a_database_error_does_not_end_the_loop(app, monkeypatch, sample):
    app.deploy(sample.TIMER)
    stop, rounds = threading.Event(), []

    def clock():
        rounds.append(1)
        if len(rounds) == 2:
            raise OSError("the database is away")
        if len(rounds) > 4:
            stop.set()
        return app.now

    worker.loop(app.database, app.registry, stop, clock=clock)
    assert len(rounds) > 4


def test_a_webhook_must_be_http(app):
    with pytest.raises(Exception, match="http"):
        notifications.webhook_connector(url="file:///etc/passwd")


def test_signals_and_messages_wait_for_nobody_twice(app, sample):
    app.deploy(sample.MESSAGE, sample.THROW)
    app.start("message", business_key="K")
    app.start("thrower", business_key="K")
    viewer = replace(SYSTEM)
    app.complete(viewer, next(t for t in app.open() if t.process_key == "thrower").id)
    app.run_jobs()
    assert [t.process_key for t in app.open()] == ["message"]


def test_old_keys_and_failed_sign_ins_are_forgotten(app, sample):
    from engine import housekeeping
    from storage.tables.people import LoginAttempt
    from storage.tables.work import IdempotencyKey

    app.deploy(sample.ONE_STEP)
    app.registry = housekeeping.added(app.registry)
    app.start("one", idempotency_key="old")
    app.call(people.authenticate, login="x", password="y")
    for days, left in ((2, (1, 0)), (8, (0, 0))):
        app.later(days=days)
        worker.prepare(app.database, app.registry, now=app.now)
        app.run_jobs()
        with app.database.read() as s:
            counts = [len(s.scalars(select(table)).all()) for table in (IdempotencyKey, LoginAttempt)]
        assert tuple(counts) == left
