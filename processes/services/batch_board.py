"""What the pages of inspection batches show: the list, and the board of one by building, contractor and house."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.access import Action, allowed
from engine.core.calendar import CHINA
from engine.errors import N_, InvalidInputError, NotFoundError
from processes.services import inspection_batches, register_files
from processes.services.inspection_batches import ROUNDS, may_organise
from processes.services.inspections import WATCHERS
from processes.services.register_columns import Column
from processes.services.register_list import Register
from processes.services.rights import scopes_of
from storage import estate
from storage import inspections as rows
from storage import people as staff
from storage.inspections import HouseQuery, HouseRow, Span, Tally
from storage.tables.cases import CaseEvent
from storage.tables.estate import Phase, Unit
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.inspections import InspectionBatch

__all__ = ["PERIODS", "STATES", "Begun", "Board", "HouseQuery", "begin", "board", "choices", "listing", "visible"]
PAGE = 20
DONE = ("已通过", "带缺陷通过")
STATES = ("待验", "验房中", "待派发", "整改中", "待复验", "待封户", "已通过", "带缺陷通过", "已取消")
HOUSES = Register(
    "batch-houses", "房号清单", "Houses", Unit, (Column("code", "房号", "House", required=True),), ("code",), ("code",)
)


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A batch in a list. `houses`: made so far; `planned`: all that it will have; `done`: those that passed."""

    number: str
    project: str
    phase: str
    round: str
    state: str
    open: bool
    starts_on: date
    ends_on: date
    planned: int
    houses: int
    done: int
    defects: int
    defects_open: int
    open_a: int

    @property
    def percent(self) -> int:
        """How many of its houses have passed, in whole percent, rounded down."""
        return self.done * 100 // self.planned if self.planned else 0

    @property
    def spawning(self) -> bool:
        """Tell whether houses are still being made."""
        return self.state == "进行中" and self.houses < self.planned


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A page of the list."""

    items: tuple[BatchItem, ...]
    total: int
    page: int
    pages: int
    may_begin: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a batch."""

    at: datetime
    who: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page of a batch shows. `grid`: houses by building; `unseen`: lines nobody looked at, by house."""

    item: BatchItem
    states: Mapping[str, int]
    all: Tally
    buildings: Sequence[Tally]
    contractors: Sequence[Tally]
    laggards: Sequence[Tally]
    late: int
    unseen: Mapping[str, int]
    grid: Mapping[str, Sequence[HouseRow]]
    found: Sequence[HouseRow]
    total: int
    pages: int
    query: HouseQuery
    names: Mapping[str, str]
    tasks: Sequence[tuple[UUID, str]]
    events: Sequence[Event]
    may_cancel: bool
    spans: Sequence[Span] = ()
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row of a list of houses that cannot be taken: the line of the file, what stood there and why not."""

    line: int
    text: str
    template: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """What became of a list: the batch's number, or every row that keeps it from being begun."""

    number: str = ""
    accepted: int = 0
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A phase in which a batch may be begun."""

    phase_id: int
    name: str
    houses: int
    round: str


def listing(session: Session, viewer: Viewer, *, status: str = "open", page: int = 1, now: datetime) -> BatchPage:
    """List the batches of the viewer's projects, running ones first."""
    found, total = rows.batches(
        session, scopes=scopes_of(viewer, WATCHERS), status=status, limit=PAGE, offset=(page - 1) * PAGE
    )
    items = tuple(_item(session, row, now) for row in found)
    return BatchPage(items, total, page, max(1, -(-total // PAGE)), may_organise(viewer))


def _item(session: Session, row: InspectionBatch, now: datetime) -> BatchItem:
    states = rows.states(session, row.number)
    tally = next(iter(rows.tallies(session, row.number, "", now)), Tally())
    made = sum(states.values())
    planned = len(inspection_batches.units_of(session, row)) if row.open else made
    return BatchItem(
        row.number, row.project, session.get_one(Phase, row.phase_id).name, row.round, row.state, row.open,
        row.starts_on, row.ends_on, max(planned, made), made, sum(states.get(one, 0) for one in DONE), tally.total,
        tally.open, tally.open_a,
    )  # fmt: skip


def visible(session: Session, viewer: Viewer, number: str) -> InspectionBatch:
    """Read a batch for somebody who may see it; NotFoundError for others."""
    row = rows.batch(session, number)
    scopes = scopes_of(viewer, WATCHERS)
    if row is None or (scopes is not None and row.project not in scopes):
        raise NotFoundError(N_("There is no batch {number}."), number=number)
    return row


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


PERIODS: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": _week,
    "month": lambda day: day.replace(day=1),
}


def board(
    session: Session, viewer: Viewer, number: str, query: HouseQuery, *, now: datetime, period: str = "week"
) -> Board:
    """Gather the board of a batch, its progress by `period` (PERIODS). Raises NotFoundError for who may not see it."""
    row = visible(session, viewer, number)
    every, _ = rows.houses(session, number)
    found, total = rows.houses(session, number, query)
    contractors = rows.tallies(session, number, "contractor", now)
    grid: dict[str, list[HouseRow]] = {}
    for house in every:
        grid.setdefault(house.building, []).append(house)
    events = _events(session, number)
    logins = {house.inspector for house in every} | {event.who for event in events}
    return Board(
        item=_item(session, row, now),
        states={name: count for name in STATES if (count := rows.states(session, number).get(name, 0))},
        all=next(iter(rows.tallies(session, number, "", now)), Tally()),
        buildings=rows.tallies(session, number, "building", now),
        contractors=contractors,
        laggards=sorted((one for one in contractors if one.late), key=lambda one: -one.late),
        late=rows.late_houses(session, number, now.astimezone(CHINA).date()),
        unseen=rows.not_looked_at(session, number),
        grid=grid,
        found=found,
        total=total,
        pages=max(1, -(-total // query.size)),
        query=query,
        names=staff.names(session, logins - {""}),
        tasks=_tasks(session, viewer, row),
        events=events,
        may_cancel=row.open and may_organise(viewer, row.project),
        spans=rows.spans(session, number, PERIODS.get(period, _week), CHINA),
        result=row.result,
    )


def _events(session: Session, number: str) -> tuple[Event, ...]:
    query = select(CaseEvent).where(CaseEvent.case_number == number).order_by(CaseEvent.at.desc(), CaseEvent.id.desc())
    return tuple(Event(one.at, one.actor, one.kind, one.text) for one in session.scalars(query.limit(30)))


def _tasks(session: Session, viewer: Viewer, row: InspectionBatch) -> tuple[tuple[UUID, str], ...]:
    query = select(UserTask).where(UserTask.instance_id == row.instance_id, UserTask.state == "open")
    found = session.scalars(query.order_by(UserTask.created_at)).all()
    return tuple((task.id, task.name) for task in found if allowed(viewer, Action.TASK_COMPLETE, task))


# Beginning one


def choices(session: Session, viewer: Viewer) -> tuple[Choice, ...]:
    """List the phases in which the viewer may begin a batch, with the round that comes next."""
    projects = {one.id: one for one in estate.projects(session) if may_organise(viewer, one.code)}
    return tuple(
        Choice(
            phase.id,
            f"{projects[phase.project_id].name} {phase.name}",
            len(rows.units(session, phase.id)),
            inspection_batches.current_round(session, phase.id),
        )
        for phase in rows.phases(session, list(projects))
    )


def begin(
    session: Session,
    viewer: Viewer,
    *,
    phase_id: int,
    round: str,  # noqa: A002  the word of the trade
    filename: str = "",
    content: bytes = b"",
    now: datetime,
    registry: Registry,
) -> Begun:
    """Begin a batch, of the whole phase or of the houses in a file (CSV or Excel, a column 房号).

    One row that cannot be taken, and nothing is begun: the answer says what is wrong with each.

    Raises:
        NotAllowedError, InvalidInputError: as `inspection_batches.plan`, or the file cannot be read.
    """
    if round not in ROUNDS:
        raise InvalidInputError(N_("Choose a round."))
    keys: list[int] = []
    if filename:
        keys, refused = _read(session, phase_id, filename, content)
        if refused or not keys:
            return Begun(refused=tuple(refused), accepted=len(keys))
    number = inspection_batches.plan(
        session, viewer, phase_id=phase_id, round=round, houses=keys, now=now, registry=registry
    )
    return Begun(number, len(keys))


def _read(session: Session, phase_id: int, filename: str, content: bytes) -> tuple[list[int], list[Refusal]]:
    _, lines = register_files.read(filename, content, HOUSES)
    keys: dict[int, int] = {}
    refused: list[Refusal] = []
    for line, cells, _ in lines:
        text = str(cells.get("code") or "").strip()
        unit = estate.unit_by_code(session, text)
        if unit is None:
            refused.append(Refusal(line, text, N_("There is no house {house} in the register."), {"house": text}))
        elif unit.phase_id != phase_id:
            refused.append(Refusal(line, text, N_("{house} is in another phase."), {"house": text}))
        elif unit.id in keys:
            twice = N_("{house} stands in line {line} already.")
            refused.append(Refusal(line, text, twice, {"house": text, "line": keys[unit.id]}))
        else:
            keys[unit.id] = line
    if not lines:
        refused.append(Refusal(1, "", N_("The list holds no house.")))
    return list(keys), refused
