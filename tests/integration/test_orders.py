"""Rectification orders on both databases: grouped when issued, and one ORDERS_DONE when the last closes (AC13)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import samples
from sqlalchemy import event, select

from engine import definitions, instances, messages, operator, worker
from engine.access import SYSTEM
from engine.connectors import Registry
from engine.core.snapshot import ROOT_SCOPE
from engine.errors import InvalidInputError
from processes.services import orders
from storage import orders as order_rows
from storage.tables.contractors import Contractor
from storage.tables.defects import Defect, DefectEvent
from storage.tables.estate import Project
from storage.tables.instances import AuditEntry, ProcessInstance

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ROUNDS = 30
WAITS = samples.bpmn(
    samples.START + '<bpmn:receiveTask id="wait" name="等整改" messageRef="m"/>' + samples.user("more") + samples.END
    + samples.flow("s", "wait") + samples.flow("wait", "more") + samples.flow("more", "e"),
    key="starter", name="等整改单",
    roots='<bpmn:message id="m" name="ORDERS_DONE"/>',
)  # fmt: skip
MENDS = samples.bpmn(
    samples.START + '<bpmn:serviceTask id="close" name="销项" camunda:type="external" camunda:topic="orders.close"/>'
    + samples.END + samples.flow("s", "close") + samples.flow("close", "e"),
    key="rectification", name="整改单",
)  # fmt: skip


class Works:
    """A database with two repairing units and a process that waits for their orders."""

    def __init__(self, database) -> None:
        self.database = database
        self.close = threading.Barrier(2) if database.url.get_backend_name() == "postgresql" else None
        self.registry = Registry(services={"orders.close": self._closing}, strict=False)
        with database.transaction() as s:
            s.add(Project(code="园", name="园"))
            s.add_all([Contractor(code="甲", name="甲防水"), Contractor(code="乙", name="乙门窗")])
            files = {"waits.bpmn": WAITS, "mends.bpmn": MENDS}
            definitions.deploy(s, files=files, viewer=SYSTEM, now=NOW, registry=self.registry)

    def _closing(self, ctx):
        if self.close is not None:  # both are within their transactions, neither has closed
            self.close.wait(timeout=30)
        orders.close(ctx, orders.order_of(ctx), orders.DONE)

    def issue(self, starter, *units, **more):
        given = {"starter": starter, "starter_kind": "case", "stage": "保修期", "source_channel": "座席", **more}
        with self.database.transaction() as s:
            keys = {row.code: row.id for row in order_rows.contractors(s).values()}
            found = [defect(keys[unit], unit) for unit in units]
            instances.start(
                s, key="starter", variables={}, viewer=SYSTEM, now=NOW, registry=self.registry, business_key=starter
            )
            return orders.issue(
                s, defects=found, viewer=SYSTEM, now=NOW, registry=self.registry, reported_at=NOW, **given
            )

    def work(self, workers):
        def run():
            while worker.run_one(self.database, clock=lambda: NOW, registry=self.registry):
                pass

        threads = [threading.Thread(target=run) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def sent(self, starter):
        """How often the starter was told."""
        with self.database.read() as s:
            told = select(AuditEntry.detail).join(ProcessInstance, ProcessInstance.id == AuditEntry.instance_id)
            told = told.where(ProcessInstance.business_key == starter, AuditEntry.action == "message")
            return [detail["name"] for detail in s.scalars(told)]


def defect(repair, unit):
    return Defect(
        id=uuid4(), project="园", area="大堂", part="外墙/防渗漏", text=f"{unit}的缺陷", repair_id=repair,
        responsible_id=repair, found_at=NOW, found_by="agent",
    )  # fmt: skip


@pytest.fixture
def works(database):
    return Works(database)


def test_an_order_for_each_repairing_unit_with_its_defects_and_its_own_instance(works):
    numbers = works.issue("TS-1", "甲", "乙", "甲")
    assert numbers == ["ZG-2026-000001", "ZG-2026-000002"]
    with works.database.read() as s:
        first, second = order_rows.of_starter(s, "TS-1")
        assert [len(order_rows.defects_of(s, number)) for number in numbers] == [2, 1]
        assert first.brief == "外墙/防渗漏 等 2 项"
        assert first.instance_id != second.instance_id
        instance = s.get_one(ProcessInstance, first.instance_id)
        assert (instance.business_key, instance.scope, instance.process_key) == (numbers[0], "园", "rectification")
        assert "甲防水" in instance.summary
        assert order_rows.count_open(s, "TS-1") == 2
        kinds = set(s.scalars(select(DefectEvent.kind)))
        assert kinds == {"派单"}


def test_what_makes_no_order_is_refused_whole(works):
    with pytest.raises(InvalidInputError, match="at least one"):
        works.issue("TS-1")
    with pytest.raises(InvalidInputError, match="stage"):
        works.issue("TS-1", "甲", stage="随便")
    with works.database.transaction() as s:
        taken = defect(None, "甲")
        taken.order_number = "ZG-1"
        shared = {"starter": "", "starter_kind": "", "stage": "保修期", "source_channel": "座席"}
        with pytest.raises(InvalidInputError, match="already"):
            orders.issue(s, defects=[taken], viewer=SYSTEM, now=NOW, registry=works.registry, reported_at=NOW, **shared)
    assert works.issue("TS-2", "甲") == ["ZG-2026-000001"], "a refused order takes no number"


def test_the_last_two_orders_closed_at_the_same_moment_send_one_message(works):
    for turn in range(ROUNDS):
        starter = f"TS-{turn}"
        works.issue(starter, "甲", "乙")
        works.work(2)
        assert works.sent(starter) == ["ORDERS_DONE"], f"round {turn}"
        with works.database.read() as s:
            assert order_rows.count_open(s, starter) == 0
            waiting = s.scalars(select(ProcessInstance).where(ProcessInstance.business_key == starter)).one()
            assert waiting.variables[ROOT_SCOPE]["orders_done"] == 2


def test_nobody_is_told_when_the_starter_has_gone(works):
    (number,) = works.issue("TS-1", "甲")
    with works.database.transaction() as s:
        waiting = s.scalars(select(ProcessInstance.id).where(ProcessInstance.business_key == "TS-1")).one()
        operator.cancel(s, SYSTEM, waiting, reason="撤诉", now=NOW, registry=works.registry)
    works.close = None
    works.work(1)
    with works.database.read() as s:
        order = order_rows.get(s, number)
        assert (order.open, order.state, order.close_type) == (False, "已销项", "已销项")
        assert [row.state for row in order_rows.defects_of(s, number)] == ["已销项"]
    assert works.sent("TS-1") == []


def test_a_message_by_hand_ends_the_wait_and_the_last_order_closes_quietly(works):
    works.issue("TS-1", "甲")
    with works.database.transaction() as s:
        messages.correlate(s, name="ORDERS_DONE", business_key="TS-1", viewer=SYSTEM, now=NOW, registry=works.registry)
    works.close = None
    works.work(1)
    assert works.sent("TS-1") == ["ORDERS_DONE"]


def test_orders_are_found_by_words_unit_state_and_lateness(works):
    works.close = None
    first, second = works.issue("TS-1", "甲", "乙")
    with works.database.transaction() as s:
        order_rows.get(s, first).due_at = datetime(2026, 3, 1, tzinfo=UTC)
    with works.database.read() as s:

        def found(**asked):
            query = order_rows.OrderQuery(**asked)
            rows = order_rows.search(s, query, now=NOW)
            total = order_rows.total_of(query, order_rows.totals(s, query, now=NOW))
            assert total == len(rows)
            return [row.number for row in rows]

        assert found() == [first, second]
        assert found(late=True) == [first]
        assert found(contractor="乙") == [second]
        assert found(text="大堂 TS-1") == [first, second]
        assert found(text="没有") == []
        assert found(scopes=frozenset()) == []
        assert found(scopes=frozenset(), orgs=frozenset(["甲"])) == [first]
        assert found(status="closed") == []
        assert order_rows.totals(s, order_rows.OrderQuery(), now=NOW) == {"待签收": (2, 1)}
        assert order_rows.count_defects(s, [first]) == {first: (1, 1)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # few rows need no index on PostgreSQL
def test_the_first_page_of_a_list_is_read_by_an_index_without_sorting(works):
    with works.database.read() as s:
        for status in ("open", "closed"):
            asked: list[tuple[str, object]] = []

            def note(_connection, _cursor, statement, parameters, *_rest, asked=asked):
                asked.append((statement, parameters))

            event.listen(s.get_bind(), "before_cursor_execute", note)
            order_rows.search(s, order_rows.OrderQuery(status=status), now=NOW)
            order_rows.totals(s, order_rows.OrderQuery(status=status), now=NOW)
            event.remove(s.get_bind(), "before_cursor_execute", note)
            plans = [s.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given).all() for sql, given in asked]
            told = " ".join(str(line[-1]) for plan in plans for line in plan)
            assert "SCAN rectification_order" not in told
            assert "TEMP B-TREE" not in told, told
            assert "COVERING INDEX ix_rectification_order_open_state_due_at" in told
