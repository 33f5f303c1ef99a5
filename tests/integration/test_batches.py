"""Batches of houses on both databases: made in runs, each house once, and one UNITS_DONE when the last ends."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from datetime import UTC, date, datetime, timedelta

import pytest
import samples
from sqlalchemy import func, select

from engine import definitions, instances, worker
from engine.access import SYSTEM
from engine.connectors import Registry
from engine.core.snapshot import ROOT_SCOPE
from processes.services import batches
from storage.session import Database
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.inspections import InspectionBatch, InspectionUnit
from storage.tables.instances import AuditEntry, ProcessInstance

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ROUNDS = 6
BATCH = samples.bpmn(
    samples.START
    + '<bpmn:serviceTask id="spawn" name="逐户发起" camunda:type="external" camunda:topic="spawn"/>'
    '<bpmn:exclusiveGateway id="more" default="f_more_open"/><bpmn:exclusiveGateway id="open" default="f_open_e"/>'
    '<bpmn:receiveTask id="wait" name="等各户完成" messageRef="m"/>' + samples.END
    + samples.flow("s", "spawn") + samples.flow("spawn", "more") + samples.flow("more", "spawn", "=left &gt; 0")
    + samples.flow("more", "open") + samples.flow("open", "wait", "=units_open &gt; 0") + samples.flow("open", "e")
    + samples.flow("wait", "e")
    + '<bpmn:subProcess id="off" triggeredByEvent="true"><bpmn:startEvent id="o1" isInterrupting="true">'
    '<bpmn:messageEventDefinition messageRef="c"/></bpmn:startEvent>'
    '<bpmn:exclusiveGateway id="o0"/>'
    '<bpmn:serviceTask id="o2" name="通知各户" camunda:type="external" camunda:topic="cancel"/>'
    '<bpmn:exclusiveGateway id="o3" default="f_o3_o4"/><bpmn:endEvent id="o4"/>'
    + samples.flow("o1", "o0") + samples.flow("o0", "o2") + samples.flow("o2", "o3")
    + samples.flow("o3", "o0", "=left &gt; 0") + samples.flow("o3", "o4") + "</bpmn:subProcess>",
    key="batch", name="批次",
    roots='<bpmn:message id="m" name="UNITS_DONE"/><bpmn:message id="c" name="CANCEL"/>',
)  # fmt: skip
HOUSE = samples.bpmn(
    samples.START
    + '<bpmn:serviceTask id="end" name="结束" camunda:type="external" camunda:topic="house.end"/>' + samples.END
    + '<bpmn:intermediateCatchEvent id="go"><bpmn:messageEventDefinition messageRef="g"/></bpmn:intermediateCatchEvent>'
    + samples.flow("s", "go") + samples.flow("go", "end") + samples.flow("end", "e")
    + '<bpmn:subProcess id="off" triggeredByEvent="true"><bpmn:startEvent id="o1" isInterrupting="true">'
    '<bpmn:messageEventDefinition messageRef="c"/></bpmn:startEvent>'
    '<bpmn:serviceTask id="o2" name="取消" camunda:type="external" camunda:topic="house.end"/><bpmn:endEvent id="o4"/>'
    + samples.flow("o1", "o2") + samples.flow("o2", "o4") + "</bpmn:subProcess>",
    key="inspection_unit", name="一户",
    roots='<bpmn:message id="g" name="GO"/><bpmn:message id="c" name="BATCH_CANCELLED"/>',
)  # fmt: skip


class Estate:
    """A phase with houses, and the two processes."""

    def __init__(self, database, houses=12) -> None:
        self.database, self.at_once, self.barrier = database, 5, None
        self.registry = Registry(
            services={"spawn": self._spawn, "cancel": self._cancel, "house.end": self._end}, strict=False
        )
        with database.transaction() as s:
            s.add(project := Project(code="园", name="园"))
            s.flush()
            s.add(phase := Phase(project_id=project.id, name="1期"))
            s.flush()
            s.add(building := Building(phase_id=phase.id, code="01"))
            s.flush()
            place = {"project_id": project.id, "phase_id": phase.id, "building_id": building.id}
            s.add_all(Unit(code=f"园1期-01-1-{n:04d}", room=f"{n:04d}", **place) for n in range(houses))
            self.phase = phase.id
            files = {"batch.bpmn": BATCH, "house.bpmn": HOUSE}
            definitions.deploy(s, files=files, viewer=SYSTEM, now=NOW, registry=self.registry)

    def _spawn(self, ctx):
        row = batches.batch_of(ctx, batches.INSPECTION)
        units = ctx.session.scalars(select(Unit.id).order_by(Unit.id)).all()

        def begin(unit, place):
            return batches.House({"planned_on": date(2026, 3, 2)}, {"place": place}, {"brief": unit.room})

        return batches.spawn(ctx, batches.INSPECTION, row, units, begin, at_once=self.at_once)

    def _cancel(self, ctx):
        return batches.cancel_houses(ctx, batches.INSPECTION, ctx.business_key, at_once=self.at_once)

    def _end(self, ctx):
        if self.barrier is not None:
            self.barrier.wait(timeout=30)
        row = batches.house_of(ctx, batches.INSPECTION)
        batches.house_ended(ctx.session, batches.INSPECTION, row, now=ctx.now, registry=ctx.registry)

    def start(self, number="YP-1"):
        with self.database.transaction() as s:
            row = InspectionBatch(
                number=number, project="园", phase_id=self.phase, round="一户一验", starts_on=date(2026, 3, 2),
                ends_on=date(2026, 3, 20), created_by="x", created_at=NOW,
            )  # fmt: skip
            s.add(row)
            row.instance_id = instances.start(
                s, key="batch", variables={"batch_number": number}, viewer=SYSTEM, now=NOW, registry=self.registry,
                business_key=number, scope="园",
            )  # fmt: skip

    def work(self, workers=1, turns=None):
        def run():
            left = turns
            while left != 0 and worker.run_one(self.database, clock=lambda: NOW, registry=self.registry):
                left = None if left is None else left - 1

        threads = [threading.Thread(target=run) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def numbers(self, batch="YP-1"):
        with self.database.read() as s:
            rows = s.scalars(select(InspectionUnit).where(InspectionUnit.batch_number == batch))
            return [row.number for row in rows if row.open]

    def go(self, *numbers):
        with self.database.transaction() as s:
            for number in numbers:
                assert batches.tell(s, "GO", number, {}, now=NOW, registry=self.registry)

    def batch(self, number="YP-1"):
        with self.database.read() as s:
            instance = s.scalars(select(ProcessInstance).where(ProcessInstance.business_key == number)).one()
            return instance.status, instance.variables[ROOT_SCOPE] if instance.ended_at is None else {}

    def told(self, number="YP-1"):
        with self.database.read() as s:
            told = select(AuditEntry.detail).join(ProcessInstance, ProcessInstance.id == AuditEntry.instance_id)
            told = told.where(ProcessInstance.business_key == number, AuditEntry.action == "message")
            return [detail["name"] for detail in s.scalars(told)]


@pytest.fixture
def estate(sqlite_database):
    return Estate(sqlite_database)


@pytest.fixture
def either(database):
    return Estate(database)


def test_houses_are_made_in_runs_each_once_with_its_own_instance(estate):
    estate.start()
    estate.work(turns=1)
    assert len(estate.numbers()) == 5, "one run, one transaction"
    assert estate.batch()[1]["left"] == 7
    estate.work()
    assert len(estate.numbers()) == 12
    with estate.database.read() as s:
        rows = s.scalars(select(InspectionUnit).order_by(InspectionUnit.id)).all()
        assert [row.number for row in rows] == [f"YF-2026-{n:06d}" for n in range(1, 13)]
        assert len({row.unit_id for row in rows}) == 12
        own = s.get_one(ProcessInstance, rows[7].instance_id)
        assert (own.business_key, own.scope, own.fields["batch"]) == (rows[7].number, "园", "YP-1")
        assert own.variables[ROOT_SCOPE]["place"] == 7
        houses = select(func.count()).where(ProcessInstance.process_key == "inspection_unit")
        assert s.scalar(houses) == 12


def test_what_was_made_before_a_run_was_lost_is_not_made_again(estate):
    estate.start()
    estate.work(turns=1)
    with estate.database.transaction() as s:  # as if somebody had added one by hand meanwhile
        unit = s.scalars(select(Unit).order_by(Unit.id.desc())).first()
        s.add(InspectionUnit(number="YF-X", batch_number="YP-1", unit_id=unit.id, house=unit.code, project="园"))
    estate.work()
    with estate.database.read() as s:
        assert s.scalar(select(func.count()).select_from(InspectionUnit)) == 12
    assert estate.batch()[1]["total"] == 12


def test_the_last_two_houses_that_end_at_the_same_moment_send_one_message(either):
    if either.database.url.get_backend_name() == "postgresql":
        either.barrier = threading.Barrier(2)
    for turn in range(ROUNDS):
        number = f"YP-{turn}"
        with either.database.transaction() as s:
            keep = s.scalars(select(Unit.id).order_by(Unit.id)).all()[:2]
            for unit in s.scalars(select(Unit).where(Unit.id.not_in(keep))):
                s.delete(unit)
        either.start(number)
        either.work()
        either.go(*either.numbers(number))
        either.work(2)
        assert either.told(number) == ["UNITS_DONE"], f"round {turn}"
        assert either.batch(number)[0] == "completed"


def test_houses_that_all_end_while_others_are_made_are_not_waited_for(estate):
    estate.start()
    estate.work(turns=1)
    estate.go(*estate.numbers())
    estate.work()
    assert estate.told() == []
    estate.go(*estate.numbers()[:-1])
    estate.work()
    assert estate.told() == []
    estate.go(*estate.numbers())
    estate.work()
    assert estate.told() == ["UNITS_DONE"]


def test_a_batch_without_houses_waits_for_nobody(estate):
    with estate.database.transaction() as s:
        for unit in s.scalars(select(Unit)):
            s.delete(unit)
    estate.start()
    estate.work()
    assert estate.batch()[0] == "completed"


def test_a_cancelled_batch_ends_every_house_and_tells_nobody(either):
    either.start()
    either.work()
    with either.database.transaction() as s:
        assert batches.tell(s, "CANCEL", "YP-1", {}, now=NOW, registry=either.registry)
    either.work(2)
    assert either.numbers() == []
    assert either.told() == ["CANCEL"]
    assert either.batch()[0] == "completed"


def labour(estate, url, clock):
    """What a worker in a process of its own does until it is killed."""
    database = Database(url)
    while True:
        worker.run_one(database, clock=lambda: clock, registry=estate.registry)


def made(estate):
    with estate.database.read() as s:
        return s.scalar(select(func.count()).select_from(InspectionUnit))


def killed_rounds(estate, houses, *, at_once, kills):
    """Kill the worker again and again in the middle; each time the next one finds leases that have run out."""
    estate.at_once, url = at_once, estate.database.url.render_as_string(hide_password=False)
    dice, now = random.Random(12), NOW
    estate.start()
    for _ in range(kills):
        seen = made(estate)
        wanted = dice.randint(seen, max(seen, houses - 2 * at_once))
        victim = multiprocessing.get_context("fork").Process(target=labour, args=(estate, url, now), daemon=True)
        victim.start()
        while made(estate) < wanted:
            time.sleep(0.002)
        time.sleep(dice.random() * 0.02)
        victim.kill()
        victim.join()
        now += timedelta(minutes=10)
    while worker.run_one(estate.database, clock=lambda: now, registry=estate.registry):
        pass


def check_houses(estate, houses):
    with estate.database.read() as s:
        rows = s.scalars(select(InspectionUnit)).all()
        assert len({row.unit_id for row in rows}) == len(rows) == houses
        instances_ = s.scalars(select(ProcessInstance.id).where(ProcessInstance.process_key == "inspection_unit")).all()
        assert set(instances_) == {row.instance_id for row in rows}
        assert len(instances_) == houses, "exactly one instance a house (AC12)"
        assert sorted(row.number for row in rows) == [f"YF-2026-{n:06d}" for n in range(1, houses + 1)], "no gap"
    assert estate.batch()[0] == "active"


def test_killing_the_worker_in_the_middle_makes_each_house_once(sqlite_database):
    estate = Estate(sqlite_database, houses=60)
    killed_rounds(estate, 60, at_once=3, kills=4)
    check_houses(estate, 60)


@pytest.mark.soak
def test_killing_the_worker_over_and_over_in_a_batch_of_750(database):
    estate = Estate(database, houses=750)
    killed_rounds(estate, 750, at_once=25, kills=12)
    check_houses(estate, 750)
