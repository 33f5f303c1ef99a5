"""Group complaints (群诉): several customers with one problem. A master case leads, the others are linked to it.

One plan and one spokesman are the master's; every linked case goes on by itself, so that each customer is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import messages
from engine.access import SYSTEM
from engine.errors import N_, ConflictError, InvalidInputError, NotAllowedError
from processes.services import levels, rights
from processes.services.casefile import visible
from processes.services.recording import add_event, case_of, place_of
from storage import audit, cases, jobs
from storage import instances as instance_rows
from storage import people as staff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry, ServiceContext
    from storage.tables.cases import ServiceCase

MESSAGE = "LINK_GROUP"
MOST = 60
"""So many cases are linked at once."""
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Member:
    """A case of a group, or one that could belong to it."""

    number: str
    place: str
    brief: str
    state: str
    level: int
    open: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A task of the master's plan."""

    kind: str
    who: str
    content: str
    due_at: datetime | None
    result: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group complaint: its master with level, spokesman and the one plan, and the linked cases.

    `led`: the person who looks may take cases out of it.
    """

    master: str
    brief: str
    state: str
    level: int
    spokesman: str
    plan: str
    promised_at: datetime | None
    tasks: tuple[PlanTask, ...]
    members: tuple[Member, ...]
    led: bool = False


def link(
    session: Session, viewer: Viewer, number: str, members: Sequence[str], *, now: datetime, registry: Registry
) -> int:
    """Link open cases to a master case (LINK_GROUP to each); gives how many were linked anew.

    Raises:
        NotFoundError: a case that does not exist or that the person may not know of. NotAllowedError: he is neither a
            head of customer service there nor handles the master. ConflictError: a case is closed. InvalidInputError:
            none, too many, the master itself, a case of another project, one that leads or belongs to another group.
    """
    master = visible(session, viewer, number)
    if not rights.leads_group(viewer, master):
        raise NotAllowedError(N_("You may not do this."))
    wanted = [one for one in dict.fromkeys(piece.strip() for piece in members) if one]
    if not wanted:
        raise InvalidInputError(N_("Choose the cases that belong to this one."))
    if len(wanted) > MOST:
        raise InvalidInputError(N_("At most {count} cases are linked at once."), count=MOST)
    rows = [_linkable(session, viewer, master, one) for one in wanted]
    new = [row for row in rows if row.group_master != master.number]
    for row in new:
        row.group_master = master.number
        add_event(session, row, "关联群诉", master.brief, actor=viewer.login, now=now, detail={"master": number})
    session.flush()
    if new:
        said = "、".join(row.number for row in new)
        add_event(session, master, "群诉主案", said, actor=viewer.login, now=now, detail={"linked": len(new)})
        for row in [*new, master]:
            _tell(session, viewer, row, master, now=now, registry=registry)
    return len(new)


def leave(session: Session, viewer: Viewer, number: str, *, reason: str, now: datetime, registry: Registry) -> None:
    """Take a case out of its group complaint: it goes on by itself, with the level that is its own.

    Raises:
        NotFoundError: no such case, or not his to know. NotAllowedError: as `link`. InvalidInputError: no reason.
        ConflictError: it belongs to no group, or is closed.
    """
    row = visible(session, viewer, number)
    master = cases.get(session, row.group_master) if row.group_master else None
    if not rights.leads_group(viewer, master or row):
        raise NotAllowedError(N_("You may not do this."))
    if master is None:
        raise ConflictError(N_("Case {number} belongs to no group complaint."), number=number)
    if not row.open:
        raise ConflictError(N_("Case {number} is closed."), number=number)
    reason = reason.strip()[:LONGEST]
    if not reason:
        raise InvalidInputError(N_("Say why."))
    row.group_master = ""
    detail = {"master": master.number, "case": number}
    for one in (row, master):
        add_event(session, one, "退出群诉", reason, actor=viewer.login, now=now, detail=detail)
    audit.record(
        session, actor=viewer.login, action="case.leave_group", subject=f"case:{number}", now=now,
        detail={"master": master.number, "reason": reason},
    )  # fmt: skip
    session.flush()
    levels.alone(session, row, master.number, actor=viewer.login, now=now)
    if instance_rows.subscriptions(session, "message", MESSAGE, number):
        messages.correlate(
            session, name=MESSAGE, business_key=number, variables={"group_master": "", "group_follows": False},
            viewer=SYSTEM, now=now, registry=registry,
        )  # fmt: skip


def _tell(
    session: Session, viewer: Viewer, row: ServiceCase, master: ServiceCase, *, now: datetime, registry: Registry
) -> None:
    """Send LINK_GROUP; a case on a version from before group complaints follows its master without its diagram."""
    if instance_rows.subscriptions(session, "message", MESSAGE, row.number):
        messages.correlate(
            session, name=MESSAGE, business_key=row.number, viewer=SYSTEM, now=now, registry=registry,
            variables={"group_master": master.number, "group_follows": False},
        )  # fmt: skip
    elif row is master:
        levels.note_suggestion(session, master, now)
    else:
        levels.follow(session, row, master, actor=viewer.login, now=now)


def _linkable(session: Session, viewer: Viewer, master: ServiceCase, number: str) -> ServiceCase:
    row = visible(session, viewer, number)
    for case in (master, row):
        if not case.open or case.instance_id is None:
            raise ConflictError(N_("Case {number} is closed."), number=case.number)
    if row.number == master.number:
        raise InvalidInputError(N_("A case cannot be linked to itself."))
    if row.project != master.project:
        raise InvalidInputError(N_("Case {number} belongs to another project."), number=number)
    if master.group_master:
        fields = {"number": master.number, "master": master.group_master}
        raise InvalidInputError(N_("Case {number} is itself linked to {master}. Link there."), **fields)
    if row.group_master not in ("", master.number) or any(
        one.group_master == number for one in cases.linked(session, number)
    ):
        raise InvalidInputError(N_("Case {number} belongs to another group complaint."), number=number)
    return row


def linked(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `case.link`: a linked case follows its master's level; of the master, whether more is suggested now.

    So it is of a case that has left its group, also when word of its master's level comes later.
    """
    case = case_of(ctx)
    if ctx.variables.get("group_follows") and not case.group_master:
        return {"linked": len(cases.linked(ctx.session, case.number)) + 1, "group_higher": False}
    master = cases.get(ctx.session, str(ctx.variables.get("group_master") or case.group_master))
    if master is None or master.number == case.number:
        found = levels.suggest(ctx.session, case, ctx.now)
        higher = int(found.get("level") or 0) > max(case.level, levels.suggested_before(ctx.session, case))
        return {"linked": len(cases.linked(ctx.session, case.number)) + 1, "group_higher": higher}
    case.group_master = master.number
    ctx.session.flush()
    if case.open:
        levels.follow(ctx.session, case, master, actor=ctx.actor.login, now=ctx.now)
    return {"linked": len(cases.linked(ctx.session, master.number)) + 1, "group_higher": False, "level": case.level}


def tell_linked(ctx: ServiceContext, master: ServiceCase) -> None:
    """The level of a master has changed: each linked case is told by a message of its own, after this transaction."""
    follows = {"group_master": master.number, "group_follows": True}
    for row in cases.linked(ctx.session, master.number):
        if row.open and row.group_master == master.number and row.level != master.level:
            if not instance_rows.subscriptions(ctx.session, "message", MESSAGE, row.number):
                levels.follow(ctx.session, row, master, actor=ctx.actor.login, now=ctx.now)
                continue
            jobs.add(
                ctx.session, kind="message", name=MESSAGE, due_at=ctx.now, now=ctx.now,
                payload={"business_key": row.number, "variables": follows},
            )  # fmt: skip


def of_case(session: Session, case: ServiceCase, viewer: Viewer | None = None) -> Group | None:
    """Describe the group that a case leads or belongs to; None when there is none."""
    master = cases.get(session, case.group_master) if case.group_master else case
    found = [row for row in cases.linked(session, master.number) if row.group_master] if master is not None else []
    if master is None or not found:
        return None
    tasks = cases.tasks(session, master.number)
    speaker = master.acceptor or master.owner
    names = staff.names(session, {speaker, *(task.handler for task in tasks)})
    plans = [event.text for event in cases.events(session, master.number) if event.kind == "制定方案"]
    return Group(
        master=master.number,
        brief=master.brief,
        state=master.state,
        level=master.level,
        spokesman=names.get(speaker, speaker),
        plan=plans[-1] if plans else "",
        promised_at=master.promised_at,
        tasks=tuple(
            PlanTask(
                kind=task.kind,
                who=f"{task.department} {names.get(task.handler, task.handler)}".strip(),
                content=task.content,
                due_at=task.due_at,
                result=task.result,
            )
            for task in tasks
            if task.withdrawn_at is None
        ),
        members=tuple(_member(row) for row in found),
        led=viewer is not None and rights.leads_group(viewer, master),
    )


def _member(row: ServiceCase) -> Member:
    return Member(row.number, place_of(row), row.brief, row.state, row.level, row.open, row.received_at)


def candidates(session: Session, viewer: Viewer, case: ServiceCase) -> tuple[Member, ...]:
    """List the open cases of the same project about the same that the person may link to this one, newest first."""
    if not case.open or case.group_master or not rights.leads_group(viewer, case):
        return ()
    return tuple(_member(row) for row in cases.alike(session, case, limit=MOST))
