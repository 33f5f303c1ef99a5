"""A large group's year, by SQL: 200,000 cases, 560,000 orders, 1.6 million defects and their clocks (profile L)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from storage.tables.cases import ContactLog, ServiceCase, SurveyResponse
from storage.tables.contractors import Contractor
from storage.tables.deadlines import Deadline
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.handovers import HandoverBatch, HandoverUnit
from storage.tables.inspections import InspectionBatch, InspectionUnit
from tests.bench.rows import clone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from storage.session import Database

PROJECTS, HOUSES, UNITS = 60, 45_000, 120
CASES, ORDERS, DEFECTS = 200_000, 560_000, 1_600_000
YEAR = 365 * 24 * 3600
TABLES = (RectificationOrder, Defect, Deadline, ServiceCase, ContactLog, SurveyResponse, InspectionUnit, HandoverUnit)
"""Tables whose indexes are left out while they are filled."""
APART = 2_000_000_000
"""The key of the row that is copied, beyond those of its copies."""
LATER = 1_000_000_000
"""Where the keys of the clocks of orders begin, beyond those of cases."""
STEP = 86_413
"""Seconds from a row to the next: prime to the year, so that rows lie all over it."""


def build(database: Database, share: float = 1.0) -> None:
    """Fill an empty database on PostgreSQL with this share of the group."""
    with database.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("SET LOCAL synchronous_commit = off"))
        session.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        _estate(session)
        indexes = [one for table in TABLES for one in _indexes(session, table.__tablename__)]
        for name, _ in indexes:
            session.execute(text(f"DROP INDEX {name}"))
        _houses(session, int(HOUSES * share))
        _cases(session, int(CASES * share))
        _orders(session, int(ORDERS * share))
        _defects(session, int(DEFECTS * share), int(ORDERS * share), int(HOUSES * share))
        for _, definition in indexes:
            session.execute(text(definition))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _indexes(session: Session, table: str) -> list[tuple[str, str]]:
    query = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :name AND indexdef NOT LIKE '%UNIQUE%'"
    return [(name, definition) for name, definition in session.execute(text(query), {"name": table})]


def _many(session: Session, row: Any, count: int, values: Mapping[str, str]) -> None:
    """Write a row so often, the columns in `values` as an expression over n says; the row itself does not stay."""
    if not isinstance(row, Defect):
        row.id = APART
    session.add(row)
    session.flush()
    table = type(row).__tablename__
    own = {} if isinstance(row, Defect) else {"id": "n"}
    source = f"FROM {table} t, generate_series(1, {count}) n WHERE t.id = '{row.id}'"
    clone(session, type(row), source, {**own, **values})
    session.delete(row)
    session.flush()


def _at(shift: str = "0", of: str = "n") -> str:
    """Give a moment of the last year for a row, moved by so many hours."""
    return f"now() - (({of}::bigint * {STEP}) % {YEAR}) * interval '1 second' + ({shift}) * interval '1 hour'"


def _done(shift: str, of: str = "n") -> str:
    """Give such a moment if it has come, else nothing."""
    return f"CASE WHEN {_at(shift, of)} < now() THEN {_at(shift, of)} END"


def _estate(session: Session) -> None:
    now, project = datetime.now(UTC), f"'项目' || (n % {PROJECTS})"
    _many(session, Project(code="", name="", households=6_000), PROJECTS,
          {"code": "'项目' || (n - 1)", "name": "'项目' || (n - 1)"})  # fmt: skip
    _many(session, Phase(project_id=0, name="1期"), PROJECTS, {"project_id": "n"})
    _many(session, Building(phase_id=0, code=""), PROJECTS * 6,
          {"phase_id": f"1 + n % {PROJECTS}", "code": f"(1 + n / {PROJECTS})::text"})  # fmt: skip
    _many(session, Contractor(code="", name=""), UNITS, {"code": "'U' || n", "name": "'单位' || n"})
    batch = {"number": "'B' || n", "project": project, "phase_id": f"1 + n % {PROJECTS}"}
    day = date.today()  # noqa: DTZ011  any day will do
    _many(session, InspectionBatch(number="", project="", phase_id=0, round="一户一验", starts_on=day, ends_on=day,
                                   created_by="x", created_at=now), PROJECTS, batch)  # fmt: skip
    _many(session, HandoverBatch(number="", project="", phase_id=0, contract_on=day - timedelta(days=60),
                                 starts_on=day, ends_on=day, created_by="x", created_at=now), PROJECTS, batch)  # fmt: skip


def _houses(session: Session, count: int) -> None:
    now, project = datetime.now(UTC), f"'项目' || (n % {PROJECTS})"
    phase = f"(n % {PROJECTS}) + 1"
    _many(session, Unit(code="", project_id=0, phase_id=0, building_id=0, room=""), count,
          {"code": "'H' || n", "room": "n::text", "project_id": phase, "phase_id": phase,
           "building_id": f"1 + n % {PROJECTS * 6}"})  # fmt: skip
    batch = f"'B' || (1 + (n + {PROJECTS - 1}) % {PROJECTS})"
    of_house = {"unit_id": "n", "house": "'H' || n", "project": project, "batch_number": batch}
    _many(session, InspectionUnit(number="", batch_number="", unit_id=0, house="", project="", state="已通过", open=False,
                                  started_at=now), count,
          {**of_house, "number": "'YF-' || n", "started_at": _at("-24"), "inspector": "'p' || (n % 400)"})  # fmt: skip
    _many(session, HandoverUnit(number="", batch_number="", unit_id=0, house="", project="", state="已交付", open=False,
                                signed_in_at=now, delivered_at=now), count,
          {**of_house, "number": "'JF-' || n", "signed_in_at": _at("-2"), "delivered_at": _at("-1"),
           "refusals": "(n % 20 = 0)::int"})  # fmt: skip


def _cases(session: Session, count: int) -> None:
    now, project = datetime.now(UTC), f"'项目' || (n % {PROJECTS})"
    took = "20 + n % 90 + CASE WHEN n % 6 = 0 THEN 60 ELSE 0 END"
    ended = f"{took} + 30"
    closed = f"({_at(ended)} < now())"
    _many(
        session,
        ServiceCase(number="", channel="电话", received_by="地产", kind="报修", registered_by="x", received_at=now,
                    intake={}, unit_id=0, department="工程部", category="地产保修"),
        count,
        {
            "number": "'TS-' || n", "project": project, "unit_id": f"1 + (n * 7919) % {HOUSES}",
            "kind": "(ARRAY['报修', '报修', '报修', '投诉', '咨询'])[1 + n % 5]", "cat2": "'类' || (n % 9)",
            "owner": "'p' || (n % 900)", "acceptor": "'p' || (n % 300)", "received_at": _at(),
            "promised_at": _at("110"), "original_promised_at": _at("100"), "solved_at": _done(took),
            "closed_at": _done(ended), "open": f"NOT {closed}", "responsible": f"'单位' || (1 + n % {UNITS})",
            "close_type": f"CASE WHEN {closed} THEN 'accepted' ELSE '' END", "valid": "n % 3 > 0",
            "round": "1 + (n % 20 = 0)::int", "level": "(n % 25 = 0)::int", "norm_score": "80 + n % 20",
        },
    )  # fmt: skip
    of_case = {"case_number": "'TS-' || (1 + n / 5)", "project": f"'项目' || ((1 + n / 5) % {PROJECTS})"}
    clock = Deadline(case_number="", clock="accept", start_at=now, due_at=now, original_due_at=now)
    begun, due = _at(of="(1 + n / 5)"), _at("2 + 40 * (n % 5)", "(1 + n / 5)")
    _clocks(session, clock, count * 5 - 5, of_case, begun, due, "(1 + n / 5)", "2 + 40 * (n % 5)",
            "(ARRAY['accept', 'contact', 'reply', 'day5_call', 'callback'])[1 + n % 5]")  # fmt: skip
    _many(session, ContactLog(case_number="", at=now, actor="x", kind="来电登记"), count * 2,
          {"case_number": "'TS-' || (1 + n / 2)", "at": _at(of="(1 + n / 2)"),
           "kind": "(ARRAY['来电登记', '第5日沟通', '结果回复', '客户催办', '过程回访'])[1 + n % 5]"})  # fmt: skip
    _many(session, SurveyResponse(case_number="", at=now, actor="x", result="接通", answers={}), count * 9 // 10,
          {"case_number": "'TS-' || n", "at": _at("90"), "overall": "(ARRAY['满意', '基本满意', '不满意'])[1 + n % 3]",
           "result": "(ARRAY['接通', '接通', '接通', '未接'])[1 + n % 4]", "attitude": "3 + n % 3"})  # fmt: skip


def _clocks(session: Session, clock: Deadline, count: int, named: Mapping[str, str], begun: str, due: str, of: str,
            hours: str, kind: str) -> None:  # fmt: skip
    met = _done(f"{hours} + CASE WHEN n % 6 = 0 THEN 9 ELSE -1 END", of)
    _many(session, clock, count,
          {**named, "clock": kind, "start_at": begun, "due_at": due, "original_due_at": due, "met_at": met,
           "breached_at": f"CASE WHEN n % 6 = 0 AND {due} < now() THEN {due} END", "open": f"({met}) IS NULL",
           "accountable": "'p' || (n % 900)"})  # fmt: skip


def _orders(session: Session, count: int) -> None:
    now, project = datetime.now(UTC), f"'项目' || (n % {PROJECTS})"
    closed = f"({_at('200 + n % 90')} < now())"
    _many(
        session,
        RectificationOrder(number="", project="", starter="", starter_kind="inspection", stage="交付前内部验房",
                           source_channel="验房", reported_at=now, issued_at=now, unit_id=0, responsible_id=1, repair_id=1),
        count,
        {
            "number": "'ZG-' || n", "project": project, "unit_id": f"1 + (n * 31) % {HOUSES}",
            "starter": f"'YF-' || (1 + (n * 31) % {HOUSES})", "trade": "(ARRAY['土建', '门窗', '机电', '精装'])[1 + n % 4]",
            "stage": "(ARRAY['交付前内部验房', '正式交付', '保修期'])[1 + n % 3]", "issued_at": _at(),
            "responsible_id": f"1 + n % {UNITS}", "repair_id": f"1 + n % {UNITS}", "signed_at": _done("10"),
            "accepted_at": _done("15 + n % 25"), "due_at": _at("170"), "original_due_at": _at("170"),
            "finished_at": _done("120 + n % 70"), "reviewed_at": _done("140 + n % 70"), "closed_at": _done("200 + n % 90"),
            "open": f"NOT {closed}", "state": f"CASE WHEN {closed} THEN '已销项' ELSE '整改中' END",
            "close_type": f"CASE WHEN {closed} THEN '已销项' ELSE '' END", "rework": "(n % 9 = 0)::int",
        },
    )  # fmt: skip
    clock = Deadline(case_number="", clock="sign", start_at=now, due_at=now, original_due_at=now, object_type="order")
    of_order = {
        "id": f"{LATER} + n",
        "case_number": "'ZG-' || (1 + n / 2)",
        "project": f"'项目' || ((1 + n / 2) % {PROJECTS})",
    }
    _clocks(session, clock, count * 2 - 2, of_order, _at(of="(1 + n / 2)"), _at("24 + 150 * (n % 2)", "(1 + n / 2)"),
            "(1 + n / 2)", "24 + 150 * (n % 2)", "(ARRAY['sign', 'recheck'])[1 + n % 2]")  # fmt: skip


def _defects(session: Session, count: int, orders: int, houses: int) -> None:
    now, order = datetime.now(UTC), f"(1 + n % {orders})"
    closed = f"({_at(f'200 + {order} % 90', order)} < now())"
    house = f"(1 + ({order}::bigint * 31) % {houses})"
    _many(
        session,
        Defect(project="", found_at=now, found_by="x", unit_id=0, responsible_id=1, repair_id=1, stage="交付前内部验房"),
        count,
        {
            "id": "gen_random_uuid()", "project": f"'项目' || ({order} % {PROJECTS})", "unit_id": house,
            "order_number": f"'ZG-' || {order}", "found_in": f"'YF-' || {house}",
            "trade": "(ARRAY['土建', '门窗', '机电', '精装'])[1 + n % 4]", "severity": "(ARRAY['A', 'B', 'B', 'C'])[1 + n % 4]",
            "responsible_id": f"1 + {order} % {UNITS}", "repair_id": f"1 + {order} % {UNITS}", "rework": f"({order} % 9 = 0)::int",
            "found_at": _at("-20", order), "due_at": _at("170", order), "closed_at": _done(f"200 + {order} % 90", order),
            "open": f"NOT {closed}", "state": f"CASE WHEN {closed} THEN '已销项' ELSE '整改中' END",
        },
    )  # fmt: skip
