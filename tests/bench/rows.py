"""Many rows at once, by SQL: what a busy company has open."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from engine import definitions, instances, people
from engine.access import SYSTEM, Grant
from engine.connectors import Registry
from storage.tables.instances import ProcessInstance
from storage.tables.work import TaskCandidate, UserTask
from tests.bench import diagrams

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.session import Database

REGISTRY = Registry(strict=False)
ROLES = 10
LOGIN = "bench"


def furnish(database: Database, *, running: int) -> list[str]:
    """Deploy the processes to measure with, and start some; gives the addresses of their tasks."""
    now = datetime.now(UTC)
    with database.transaction() as session:
        people.save_role(session, code="agent", name_zh="座席", name_en="Agent")
        people.save_user(session, SYSTEM, login=LOGIN, name="Bench", grants=[Grant("agent")], now=now)
        for name in ("loop", "timer"):
            files = {f"{name}.bpmn": getattr(diagrams, name.upper())}
            definitions.deploy(session, files=files, viewer=SYSTEM, now=now, registry=REGISTRY)
    with database.transaction() as session:
        for _ in range(running):
            start(session, "loop", now)
        return [f"/tasks/{task}" for task in session.scalars(select(UserTask.id).where(UserTask.state == "open"))]


def start(session: Session, key: str, now: datetime) -> None:
    """Start a process."""
    instances.start(session, key=key, variables={"kind": "报修"}, viewer=SYSTEM, now=now, registry=REGISTRY)


def clone(session: Session, table: Any, source: str, values: dict[str, str]) -> None:
    """Write rows of a table: every column from `t`, a row that is copied, except those named in `values` (SQL)."""
    columns = [f'"{column.name}"' for column in table.__table__.columns]
    chosen = [values.get(column.name, f't."{column.name}"') for column in table.__table__.columns]
    session.execute(
        text(f"INSERT INTO {table.__tablename__} ({', '.join(columns)}) SELECT {', '.join(chosen)} {source}")
    )


def crowd(database: Database, count: int) -> None:
    """Open so many more tasks, each of a case of its own, over ten roles and a month of due dates."""
    with database.transaction() as session:
        found = session.scalars(select(UserTask).where(UserTask.state == "open").limit(1)).one()
        made = "gen_random_uuid()"
        due = "now() + (((n * 7919) % 43200) || ' minutes')::interval"
        role = f"(ARRAY['agent'{''.join(f', {chr(39)}role{n}{chr(39)}' for n in range(1, ROLES))}])[1 + n % {ROLES}]"
        clone(
            session, ProcessInstance, f"FROM process_instance t, generate_series(1, {count}) n WHERE t.id = '{found.instance_id}'",
            {"id": made, "business_key": "'BULK-' || n", "title": "'TS-2026-' || n", "search": "'TS-2026-' || n"},
        )  # fmt: skip
        numbered = "(SELECT id, row_number() OVER () n FROM process_instance WHERE business_key LIKE 'BULK-%')"
        clone(
            session, UserTask, f"FROM user_task t, {numbered} i WHERE t.id = '{found.id}'",
            {"id": made, "instance_id": "i.id", "due_at": due, "sort_due": due, "candidate_groups": f"jsonb_build_array({role})"},
        )  # fmt: skip
        clone(
            session, TaskCandidate, f"FROM user_task t WHERE t.state = 'open' AND t.id <> '{found.id}' AND t.due_at IS NOT NULL",
            {"task_id": "t.id", "candidate": "t.candidate_groups->>0", "claimed": "false"},
        )  # fmt: skip
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
