"""Batches of houses (验房批次, 交付批次): one process instance a house, made in short runs; the last that ends tells.

A service task of the batch calls `spawn` in a loop of the diagram: each run is one transaction of at most `AT_ONCE`
houses, so that a process killed at any moment loses nothing but the run under way, and nothing is made twice: a batch
and a house have one row (AC12). Whoever ends a house locks the batch's instance first and counts then, so that of two
that end at the same moment exactly one sends UNITS_DONE (as AC13 for orders). `spawn` runs under the same lock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine import instances, messages
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from engine.errors import N_, NotFoundError
from storage import batches as batch_rows
from storage import cases
from storage import instances as instance_rows
from storage.tables.estate import Unit
from storage.tables.handovers import HandoverBatch, HandoverUnit
from storage.tables.inspections import InspectionBatch, InspectionUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.connectors import Registry, ServiceContext

AT_ONCE = 25
"""Houses a run: a second's work at most, so that other jobs of the worker are not kept waiting."""
UNITS_DONE, BATCH_CANCELLED, PHASE_READY = "UNITS_DONE", "BATCH_CANCELLED", "PHASE_READY"


@dataclass(frozen=True, slots=True)
class Kind:
    """What sets inspection and handover apart: the tables, the series of numbers, the process of a house."""

    process: str
    series: str
    batch: Any
    unit: Any


INSPECTION = Kind("inspection_unit", "YF", InspectionBatch, InspectionUnit)
HANDOVER = Kind("handover_unit", "JF", HandoverBatch, HandoverUnit)


@dataclass(frozen=True, slots=True)
class House:
    """What a house of a batch begins with: columns of its row, variables of its process, more words for inbox rows.

    `batch_number`, `unit_number` and `house` are always among the variables.
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""


def batch_of(ctx: ServiceContext, kind: Kind) -> Any:
    """Read the batch a process instance belongs to; NotFoundError when there is none."""
    return batch(ctx.session, kind, str(ctx.variables.get("batch_number") or ctx.business_key))


def batch(session: Session, kind: Kind, number: str) -> Any:
    """Read a batch by its number; NotFoundError when there is none."""
    found = session.scalar(select(kind.batch).where(kind.batch.number == number))
    if found is None:
        raise NotFoundError(N_("There is no batch {number}."), number=number)
    return found


def house_of(ctx: ServiceContext, kind: Kind) -> Any:
    """Read the row of the house a process instance belongs to; NotFoundError when there is none."""
    return house(ctx.session, kind, str(ctx.variables.get("unit_number") or ctx.business_key))


def house(session: Session, kind: Kind, number: str) -> Any:
    """Read the row of a house in a batch by its number (YF-…, JF-…); NotFoundError when there is none."""
    found = session.scalar(select(kind.unit).where(kind.unit.number == number))
    if found is None:
        raise NotFoundError(N_("There is no inspection or handover {number}."), number=number)
    return found


def spawn(
    ctx: ServiceContext,
    kind: Kind,
    row: Any,
    units: Sequence[int],
    begin: Callable[[Unit, int], House],
    *,
    at_once: int = AT_ONCE,
) -> dict[str, int]:
    """Make the next houses of a batch: rows and instances, at most `at_once` of them.

    `units` are the keys of ALL houses of the batch in the order of work, the same in every run; `begin` says what a
    house starts with, given it and its place in the order (from 0). Answers `spawned` (now), `total`, `left` (still to
    be made) and `units_open` (made and not ended); the diagram loops while `left` > 0. The caller's instance is locked.
    """
    made = set(ctx.session.scalars(select(kind.unit.unit_id).where(kind.unit.batch_number == row.number)))
    missing = [(place, key) for place, key in enumerate(units) if key not in made]
    chunk = missing[:at_once]
    wanted = [key for _, key in chunk]
    found = {unit.id: unit for unit in ctx.session.scalars(select(Unit).where(Unit.id.in_(wanted)))}
    series = f"{kind.series}-{ctx.now.astimezone(CHINA):%Y}"
    numbers = cases.next_values(ctx.session, series, len(chunk))
    houses = [
        _begun(kind, row, found[key], f"{series}-{number:06d}", begin(found[key], place))
        for (place, key), number in zip(chunk, numbers, strict=True)
    ]
    ctx.session.add_all([unit_row for unit_row, _ in houses])
    ctx.session.flush()
    for unit_row, dressed in houses:
        unit_row.instance_id = _start(ctx, kind, unit_row, dressed)
    ctx.session.flush()
    return {
        "spawned": len(chunk),
        "total": len(units),
        "left": len(missing) - len(chunk),
        "units_open": count_open(ctx.session, kind, row.number),
    }


def _start(ctx: ServiceContext, kind: Kind, row: Any, dressed: House) -> UUID:
    known = {"batch_number": row.batch_number, "unit_number": row.number, "house": row.house}
    return instances.start(
        ctx.session,
        key=kind.process,
        variables={**dressed.variables, **known},
        viewer=SYSTEM,
        now=ctx.now,
        registry=ctx.registry,
        business_key=row.number,
        scope=row.project,
        title=dressed.title or f"{row.number} {row.house}",
        fields={"number": row.number, "house": row.house, "batch": row.batch_number, **dressed.fields},
    )


def _begun(kind: Kind, row: Any, unit: Unit, number: str, dressed: House) -> tuple[Any, House]:
    made = kind.unit(
        number=number,
        batch_number=row.number,
        unit_id=unit.id,
        house=unit.code,
        project=row.project,
        **dressed.columns,
    )
    return made, dressed


def count_open(session: Session, kind: Kind, number: str) -> int:
    """Count the houses of a batch that have not ended. Exact while the batch's instance is locked."""
    query = select(func.count()).where(kind.unit.batch_number == number, kind.unit.open)
    return session.scalar(query) or 0


def house_ended(session: Session, kind: Kind, row: Any, *, now: datetime, registry: Registry) -> None:
    """Close the row of a house in the transaction that ends it; the last one of its batch sends UNITS_DONE.

    Nothing is sent while the batch still makes houses: it counts the open ones itself when it has made the last.
    """
    row.open = False
    session.flush()
    found = batch(session, kind, row.batch_number)
    if found.instance_id is None or instance_rows.lock(session, found.instance_id) is None:
        return
    if count_open(session, kind, row.batch_number):
        return
    tell(session, UNITS_DONE, row.batch_number, {"units_open": 0}, now=now, registry=registry)


def tell(
    session: Session, name: str, key: str, variables: Mapping[str, Any], *, now: datetime, registry: Registry
) -> bool:
    """Send a message to the one that waits for it with this key; False when nobody does."""
    if not instance_rows.subscriptions(session, "message", name, key):
        return False
    messages.correlate(
        session, name=name, business_key=key, variables=variables, viewer=SYSTEM, now=now, registry=registry
    )
    return True


def cancel_houses(ctx: ServiceContext, kind: Kind, number: str, *, at_once: int = AT_ONCE) -> dict[str, int]:
    """Send BATCH_CANCELLED to the next houses of a batch; answers `left`, the diagram loops while it is above 0.

    A house that somebody works on this very moment is passed over and comes in a later run: whoever ends a house locks
    it before the batch, so that waiting for it here could wait for ever.
    """
    numbers = ctx.session.scalars(
        select(kind.unit.number).where(kind.unit.batch_number == number, kind.unit.open)
    ).all()
    free = batch_rows.hold_waiting(ctx.session, BATCH_CANCELLED, numbers, limit=at_once)
    told = sum(tell(ctx.session, BATCH_CANCELLED, one, {}, now=ctx.now, registry=ctx.registry) for one in free)
    left = batch_rows.count_waiting(ctx.session, BATCH_CANCELLED, numbers)
    return {"cancelled": told, "left": left}


def phase_ready(
    session: Session, phase_id: int, variables: Mapping[str, Any], *, now: datetime, registry: Registry
) -> int:
    """Tell the handover batches of a phase that wait for PHASE_READY (key: their own number); gives how many did."""
    query = select(HandoverBatch.number).where(HandoverBatch.phase_id == phase_id, HandoverBatch.open)
    numbers = session.scalars(query.order_by(HandoverBatch.id)).all()
    return sum(tell(session, PHASE_READY, number, variables, now=now, registry=registry) for number in numbers)
