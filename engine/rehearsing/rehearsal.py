"""Rehearse a change, or what is published: the real engine on a database of its own, kept between clicks.

Nothing leaves it. Each step is also a step of a scenario, so that a walk can be saved as one and taken again.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from engine import access, scenarios, studio
from engine.access import Action
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError, KeyturnError, NotFoundError, ProcessError
from engine.rehearsing import news as rehearsal_news
from engine.rehearsing import sandbox_bases
from engine.rehearsing import store as rehearsal_store
from engine.scenarios import MISWRITTEN, CheckFailed
from storage import rehearsals as queries
from storage.tables.studio import Rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.scenarios import Play

LONGEST = timedelta(days=120)
"""A jump of the clock: more at once would keep the page waiting."""
MOST_STEPS = 200
MOST_JOBS = 3_000
"""What may happen in one step: a rehearsal answers within some seconds, or says what never ends."""
ELSEWHERE = N_("This rehearsal went on in another window. Here it is as it stands now.")


@dataclass(frozen=True, slots=True)
class Kept:
    """A rehearsal as it is kept between two clicks; `steps` are its records, `packed` its database and their undoing.

    A record: `do` a scenario's step, `open` the names of the tasks open after it, `ended` where the case ended with it,
    `clock` and `stage` as before it, `news` what it led to.
    """

    id: UUID
    change_id: UUID | None
    process: str
    digest: str
    clock: datetime
    begun_at: datetime
    steps: tuple[Mapping[str, Any], ...]
    revision: int
    packed: bytes
    stage: Mapping[str, Any]


def begin(
    session: Session, viewer: Viewer, *, process: str, change_id: UUID | None = None, now: datetime, registry: Registry
) -> UUID:
    """Begin to rehearse a process with the drafts of a change, or as it is published; give the rehearsal's id.

    Raises:
        DeploymentRefused: what is drafted cannot be put in force.
        NotFoundError: there is no such change. NotAllowedError: the viewer may not use the studio.
    """
    access.require(viewer, Action.STUDIO_USE)
    drafts = _drafts(session, viewer, change_id)
    start = sandbox_bases.sandbox_of(registry).begin
    content = sandbox_bases.settled(session, drafts, registry, partial(_settled, start, registry))
    queries.make_room(session, viewer.login)
    row = Rehearsal(
        id=uuid4(), change_set_id=change_id, process_key=process[:200], owner=viewer.login, clock=start, steps=[],
        digest=sandbox_bases.stamp(session, drafts, registry), database=rehearsal_store.pack(content, ()),
        created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def _settled(begin: datetime, registry: Registry, content: bytes) -> bytes:
    """Let what the calendar began before the rehearsal have happened: it is none of its steps."""
    with _set(content, begin, {}, registry) as play:
        play.bench.run_jobs()
        return sandbox_bases.written(play.bench.database)


def _drafts(session: Session, viewer: Viewer, change_id: UUID | None) -> dict[str, bytes]:
    if change_id is None:
        return {}
    studio.change(session, viewer, change_id)
    return studio.files(session, change_id)


def load(session: Session, viewer: Viewer, rehearsal_id: UUID) -> Kept:
    """Read one's own rehearsal. Raises NotFoundError."""
    row = _own(session, viewer, rehearsal_id)
    begun = datetime.fromisoformat(row.steps[0]["clock"]) if row.steps else row.clock
    stage = row.steps[-1]["after"] if row.steps else {}
    return Kept(
        row.id, row.change_set_id, row.process_key, row.digest, row.clock, begun, tuple(row.steps), row.revision,
        row.database, stage,
    )  # fmt: skip


def _own(session: Session, viewer: Viewer, rehearsal_id: UUID, *, lock: bool = False) -> Rehearsal:
    access.require(viewer, Action.STUDIO_USE)
    row = queries.get(session, rehearsal_id, lock=lock)
    if row is None or row.owner != viewer.login:
        raise NotFoundError(N_("There is no such rehearsal."))
    return row


def mine(
    session: Session, viewer: Viewer, change_id: UUID | None, process: str = ""
) -> tuple[tuple[UUID, str, datetime, int], ...]:
    """List one's rehearsals of a change (or of a published process): id, process, when touched last, steps taken."""
    access.require(viewer, Action.STUDIO_USE)
    rows = queries.mine(session, viewer.login, change_id, process)
    return tuple((row.id, row.process_key, row.updated_at, len(row.steps)) for row in rows)


def outdated(session: Session, viewer: Viewer, kept: Kept, registry: Registry) -> bool:
    """Tell whether something that is rehearsed was changed since the rehearsal began."""
    return sandbox_bases.stamp(session, _drafts(session, viewer, kept.change_id), registry) != kept.digest


def keep(session: Session, viewer: Viewer, after: Kept, *, now: datetime) -> None:
    """Keep what a click made of a rehearsal. Raises ConflictError when another click was first."""
    row = _own(session, viewer, after.id, lock=True)
    if row.revision != after.revision:
        raise ConflictError(ELSEWHERE)
    row.revision += 1
    row.clock, row.steps, row.database, row.updated_at = after.clock, [*after.steps], after.packed, now
    row.digest = after.digest
    session.flush()


def remove(session: Session, viewer: Viewer, rehearsal_id: UUID) -> None:
    """Throw a rehearsal away. Raises NotFoundError."""
    session.delete(_own(session, viewer, rehearsal_id, lock=True))
    session.flush()


# On the stage


@contextmanager
def on_stage(kept: Kept, registry: Registry) -> Iterator[Play]:
    """Set the stage as a rehearsal was left."""
    content, _ = rehearsal_store.unpack(kept.packed)
    with _set(content, kept.clock, kept.stage, registry) as play:
        yield play


@contextmanager
def _set(content: bytes, clock: datetime, stage: Mapping[str, Any], registry: Registry) -> Iterator[Play]:
    sandbox = sandbox_bases.sandbox_of(registry)
    inside = sandbox_bases.inside(registry, registry.connectors)
    with sandbox_bases.opened(content) as database:
        play = sandbox.stage(database, inside, clock)
        play.bench.clock.most = MOST_JOBS
        play.wide = True
        play.keys.update(stage.get("keys", {}))
        play.current = str(stage.get("current", ""))
        yield play


def act(kept: Kept, registry: Registry, do: Mapping[str, Any], *, task: UUID | None = None, data: Any = None) -> Kept:
    """Take a step, written as in a scenario; with `task` that very task is finished with `data`.

    Raises KeyturnError with the sentence why it cannot be; then nothing has changed.
    """
    if len(kept.steps) >= MOST_STEPS:
        raise InvalidInputError(N_("A rehearsal has at most {count} steps. Begin it anew."), count=MOST_STEPS)
    content, undo = rehearsal_store.unpack(kept.packed)
    with _set(content, kept.clock, kept.stage, registry) as play, rehearsal_news.told(play, registry) as news:
        if task is not None:
            do = _finished(play, registry, task, do, data)
        else:
            _taken(play, do)
        play.bench.run_jobs()
        ended = _ended(play)
        open_ = [one.name for one in play.tasks()]
        after = {"keys": dict(play.keys), "current": play.current}
        clock, fresh = play.bench.now, sandbox_bases.written(play.bench.database)
        step = {
            "do": dict(do), "open": open_, "clock": kept.clock.isoformat(), "until": clock.isoformat(), "ended": ended,
            "after": after, "news": news,
        }  # fmt: skip
        news.update(rehearsal_news.gathered(play, registry, news))
    packed = rehearsal_store.pack(fresh, [*undo, rehearsal_store.difference(content, fresh)])
    return replace(kept, clock=clock, steps=(*kept.steps, step), packed=packed, stage=after)


def _taken(play: Play, do: Mapping[str, Any]) -> None:
    try:
        scenarios.take(play, do)
    except CheckFailed as error:
        raise InvalidInputError(N_("This step cannot be taken: {reason}"), reason=error.chinese) from error
    except KeyturnError:
        raise
    except MISWRITTEN as error:
        raise InvalidInputError(N_("This step cannot be taken: {reason}"), reason=str(error)) from error


def _finished(play: Play, registry: Registry, task_id: UUID, do: Mapping[str, Any], data: Any) -> dict[str, Any]:
    sandbox = sandbox_bases.sandbox_of(registry)
    alike = play.tasks()
    task = next((one for one in alike if one.id == task_id), None)
    if task is None:
        raise ConflictError(N_("This task is no longer open in the rehearsal."))
    number = [one.id for one in alike if one.name == task.name].index(task.id) + 1
    changed = rehearsal_news.differing(play, task, data, sandbox.answers(play, task))
    login = play.people.get(str(do.get("由") or ""), "") or task.assignee
    try:
        play.bench.complete(task, sandbox.filed(play, task, data), user=login or None)
    except ProcessError as error:
        message = N_("The process cannot go on after “{task}”: {reason}")
        raise ProcessError(message, element_id=error.element_id, task=task.name, reason=error) from error
    said: dict[str, Any] = {"完成": task.name}
    said |= {"第": number} if number > 1 else {}
    said |= {"由": do["由"]} if do.get("由") else {}
    return said | ({"填写": changed} if changed else {})


def _ended(play: Play) -> str:
    with play.bench.database.read() as session:
        found = [row for row in queries.instances(session) if row.business_key == play.current]
        meant = [row for row in found if row.process_key in play.processes] or found
        return str(meant[0].end_name or meant[0].end_element) if meant and meant[0].ended_at else ""


# Time


def hours(kept: Kept, registry: Registry, duration: str) -> Kept:
    """Let an ISO 8601 duration pass."""
    return act(kept, registry, {"经过": duration})


def until(kept: Kept, registry: Registry, moment: datetime) -> Kept:
    """Let time pass until a moment. Raises InvalidInputError for the past, or for too far a jump."""
    if moment <= kept.clock:
        raise InvalidInputError(N_("Time goes forward only: choose a moment after the rehearsal's clock."))
    if moment - kept.clock > LONGEST:
        raise InvalidInputError(N_("Go at most {days} days at once."), days=LONGEST.days)
    local = moment.astimezone(CHINA).replace(tzinfo=None)
    whole = moment.second == moment.microsecond == 0
    return act(kept, registry, {"直到": local.isoformat(" ", "minutes" if whole else "auto")})


def next_limit(play: Play, registry: Registry) -> datetime | None:
    """Find the next moment at which a timer fires, a task or a clock is due."""
    now, sandbox = play.bench.now, sandbox_bases.sandbox_of(registry)
    with play.bench.database.read() as session:
        found = [clock.due_at for clock in sandbox.clocks(session).values() if clock.due_at > now]
        other = queries.next_moment(session, now)
    return min([*found, *([other] if other else [])], default=None)


# Back and anew


def undo(kept: Kept) -> Kept:
    """Take the last step back. Raises ConflictError when there is none, or it lies too far back."""
    content, changes = rehearsal_store.unpack(kept.packed)
    if not kept.steps or not changes:
        raise ConflictError(N_("There is no step to take back."))
    last = kept.steps[-1]
    before = rehearsal_store.taken_back(content, changes[-1])
    return replace(
        kept, clock=datetime.fromisoformat(last["clock"]), steps=kept.steps[:-1],
        packed=rehearsal_store.pack(before, changes[:-1]),
        stage=kept.steps[-2]["after"] if len(kept.steps) > 1 else {},
    )  # fmt: skip


def fresh(session: Session, viewer: Viewer, kept: Kept, registry: Registry) -> Kept:
    """Give the rehearsal as at its beginning, with what is drafted now. Raises DeploymentRefused."""
    drafts = _drafts(session, viewer, kept.change_id)
    content = sandbox_bases.settled(session, drafts, registry, partial(_settled, kept.begun_at, registry))
    digest = sandbox_bases.stamp(session, drafts, registry)
    return replace(
        kept, clock=kept.begun_at, steps=(), packed=rehearsal_store.pack(content, ()), stage={}, digest=digest
    )


def again(kept: Kept, anew: Kept, registry: Registry) -> tuple[Kept, KeyturnError | None]:
    """Take the same steps on a fresh rehearsal, as far as they go; with the reason when one cannot be taken."""
    for step in kept.steps:
        try:
            anew = act(anew, registry, step["do"])
        except KeyturnError as error:
            return anew, error
    return anew, None
