"""Inspection batches (验房批次, P2): begun by hand, from a list or by the round before; their service tasks."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import instances, notifications
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from processes.services import batches
from processes.services.batches import INSPECTION, House
from processes.services.decisions import decide
from processes.services.orders import add_event
from processes.services.rights import scopes_of
from storage import cases
from storage import inspections as rows
from storage import people as staff
from storage.tables.estate import Phase, Project, Unit
from storage.tables.handovers import HandoverBatch
from storage.tables.inspections import InspectionBatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry, ServiceContext

PROCESS = "inspection_batch"
PATROL, VACANT = "空置房巡查", "空置"
ROUNDS = ("工程自检", "分户验收", "一户一验", "工地开放日", "承接查验", "交付前复查", PATROL)
STAGES = {"工地开放日": "开放日/业主预验", "承接查验": "承接查验", PATROL: "承接查验"}
STAGE = "交付前内部验房"
ORGANISERS = ("cs_mgr", "eng_lead")
LASTS = timedelta(days=30)
WARN = timedelta(days=7)
TOLD = {"A类未整改": N_("{count} defects of class A are still open in batch {number}, which ends on {day}.")}
EVENING, MORNING = time(18, 0), time(9, 0)
PASSED = {"通过": "通过", "有条件": "有条件通过"}
BEFORE_DELIVERY = ("未具备", "待验", "整改中", "可交付")


def may_organise(viewer: Viewer, project: str = "") -> bool:
    """Tell whether a person may begin and cancel batches, in a project or ("") anywhere."""
    scopes = scopes_of(viewer, ORGANISERS)
    return scopes is None or (project in scopes if project else bool(scopes))


def require_organise(viewer: Viewer) -> None:
    """Pass when a person may begin batches somewhere; NotAllowedError otherwise."""
    if not may_organise(viewer):
        raise NotAllowedError(N_("You may not organise inspections here."))


def plan(
    session: Session,
    viewer: Viewer,
    *,
    phase_id: int,
    round: str,  # noqa: A002  the word of the trade
    houses: Sequence[int] = (),
    now: datetime,
    registry: Registry,
    previous: str = "",
) -> str:
    """Begin a batch and its process, which waits for its plan (I01); gives the number (YP-YYYY-000001).

    `houses`: keys of units when only some of the phase are meant. `previous`: the batch whose next round this is.

    Raises:
        NotAllowedError: not for this person. InvalidInputError: no such phase or round, or a house of another phase.
    """
    phase = session.get(Phase, phase_id)
    if phase is None:
        raise InvalidInputError(N_("Choose a phase."))
    if round not in ROUNDS:
        raise InvalidInputError(N_("Choose a round."))
    project = session.get_one(Project, phase.project_id)
    if viewer is not SYSTEM and not may_organise(viewer, project.code):
        raise NotAllowedError(N_("You may not organise inspections here."))
    if round == PATROL and not houses:
        houses = vacant(session, phase)
    found = rows.units(session, phase_id, keys=houses)
    if len(found) != len(set(houses)) and houses:
        raise InvalidInputError(N_("Some of the houses are not in {phase}."), phase=f"{project.name}{phase.name}")
    if not found:
        raise InvalidInputError(N_("{phase} has no houses."), phase=f"{project.name}{phase.name}")
    row = _opened(session, viewer, project, phase, round, houses, now=now, previous=previous)
    known = {
        "batch_number": row.number, "project": project.code, "phase": phase.name, "round": round,
        "finish": session.get_one(Unit, found[0]).kind, "house_count": len(found), "papers": False,
    }  # fmt: skip
    row.instance_id = instances.start(
        session, key=PROCESS, variables=known, viewer=viewer, now=now, registry=registry, business_key=row.number,
        scope=project.code, title=f"{row.number} {project.name}{phase.name} {round}", fields={"number": row.number},
    )  # fmt: skip
    add_event(session, row.number, "新建批次", round, actor=viewer.login, now=now, detail={"previous": previous})
    show_head(session, row)
    return row.number


def _opened(
    session: Session, viewer: Viewer, project: Project, phase: Phase, name: str, houses: Sequence[int], *,
    now: datetime, previous: str,
) -> InspectionBatch:  # fmt: skip
    series = f"YP-{now.astimezone(CHINA):%Y}"
    today = now.astimezone(CHINA).date()
    row = InspectionBatch(
        number=f"{series}-{cases.next_value(session, series):06d}", project=project.code, phase_id=phase.id,
        round=name, stage=STAGES.get(name, STAGE), houses=list(dict.fromkeys(houses)), starts_on=today,
        ends_on=today + LASTS, created_by=viewer.login, created_at=now, plan={"previous": previous} if previous else {},
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def vacant(session: Session, phase: Phase) -> list[int]:
    """List the vacant houses of a phase, which a patrol looks at (B14). InvalidInputError when there are none."""
    query = select(Unit.id).where(Unit.phase_id == phase.id, Unit.state == VACANT).order_by(Unit.id)
    if found := list(session.scalars(query)):
        return found
    raise InvalidInputError(N_("{phase} has no vacant houses."), phase=phase.name)


def units_of(session: Session, row: InspectionBatch) -> list[int]:
    """List the houses of a batch in the order of work: the same whenever it is asked, a sample included."""
    found = rows.units(session, row.phase_id, [str(code) for code in row.buildings], [int(key) for key in row.houses])
    if row.sample_percent >= 100 or not found:  # noqa: PLR2004  percent
        return found
    count = max(1, round(len(found) * row.sample_percent / 100))
    kept = set(random.Random(row.number).sample(found, count))  # noqa: S311  a fair choice, no secret
    return [key for key in found if key in kept]


def cancel(session: Session, viewer: Viewer, number: str, *, reason: str, now: datetime, registry: Registry) -> None:
    """Cancel a batch: its houses are told one by one in the background; orders that are under way go on.

    Raises NotFoundError, NotAllowedError, InvalidInputError without a reason, ConflictError when it has ended.
    """
    row = rows.batch(session, number)
    if row is None:
        raise NotFoundError(N_("There is no batch {number}."), number=number)
    if not may_organise(viewer, row.project):
        raise NotAllowedError(N_("You may not organise inspections here."))
    if not reason.strip():
        raise InvalidInputError(N_("Please say why."))
    told = batches.tell(session, "CANCEL_BATCH", number, {"cancel_reason": reason}, now=now, registry=registry)
    if not row.open or not told:
        raise ConflictError(N_("The batch has ended."))
    row.open, row.state, row.closed_at = False, "已取消", now
    add_event(session, number, "取消批次", reason, actor=viewer.login, now=now)
    show_head(session, row)


def show_head(session: Session, row: InspectionBatch) -> None:
    """Refresh what inbox rows show of a batch."""
    if row.instance_id is None:
        return
    days = f"{row.starts_on:%m-%d}–{row.ends_on:%m-%d}"
    fields = {"number": row.number, "state": row.state, "brief": row.round}
    instances.update_head(session, row.instance_id, summary=f"{row.round} · {row.state} · {days}", fields=fields)


# What the service tasks do


def _row(ctx: ServiceContext) -> InspectionBatch:
    found: InspectionBatch = batches.batch_of(ctx, INSPECTION)
    return found


def spawn(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection_batch.spawn`: the next houses, each with its inspector and day (AC12)."""
    row = _row(ctx)
    if row.state != "进行中":
        row.state = "进行中"
        show_head(ctx.session, row)
    units = units_of(ctx.session, row)
    codes = {building.id: building.code for building in rows.buildings_of(ctx.session, row.phase_id)}

    def begin(unit: Unit, place: int) -> House:
        inspector = _inspector(row, codes.get(unit.building_id, ""), place)
        day = _day(row, place)
        if unit.state == "未具备":
            unit.state = "待验"
        late = datetime.combine(day, EVENING, tzinfo=CHINA)
        return House(
            {"inspector": inspector, "planned_on": day},
            {"inspector": inspector, "late_at": late.isoformat(), "round": row.round, "stage": row.stage, "defects": 0},
            {"brief": row.round, "state": "待验"},
        )

    answer = batches.spawn(ctx, INSPECTION, row, units, begin)
    if not answer["left"]:
        add_event(ctx.session, row.number, "逐户发起", f"{answer['total']} 户", actor=ctx.actor.login, now=ctx.now)
    return dict(answer)


def _inspector(row: InspectionBatch, building: str, place: int) -> str:
    """Choose who inspects a house: those of the teams of its building by turns, leader first."""
    logins: list[str] = []
    for team in row.teams:
        if not team.get("building") or team["building"] == building:
            logins += [str(login) for login in (team.get("leader"), *(team.get("members") or [])) if login]
    people = list(dict.fromkeys(logins))
    return people[place % len(people)] if people else ""


def _day(row: InspectionBatch, place: int) -> date:
    """Plan a house: so many a day from the beginning, none after the end."""
    return min(row.starts_on + timedelta(days=place // max(1, row.per_day)), row.ends_on)


def figures(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection_batch.figures`: what DMN-12a asks, out of the tables."""
    row = _row(ctx)
    row.state = "评审"
    show_head(ctx.session, row)
    return facts(ctx.session, row, now=ctx.now)


def facts(session: Session, row: InspectionBatch, *, now: datetime) -> dict[str, Any]:
    """Compute the closing rate (percent, one digit), open A, open B per house, open leaks of a batch."""
    tally = rows.tallies(session, row.number, "", now)
    total, left = (tally[0].total, tally[0].open) if tally else (0, 0)
    houses = sum(rows.states(session, row.number).values())
    return {
        "defects_total": total,
        "defects_open": left,
        "closed_rate": round((total - left) * 100 / total, 1) if total else 100,
        "open_a": tally[0].open_a if tally else 0,
        "open_b_per_house": round((tally[0].open_b if tally else 0) / houses, 2) if houses else 0,
        "open_leaks": rows.count_leaks(session, row.number),
    }


def warn(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection_batch.warn`: seven days before the end the leader learns of open class A."""
    row = _row(ctx)
    left = facts(ctx.session, row, now=ctx.now)["open_a"]
    if left:
        fields = {"count": left, "number": row.number, "day": row.ends_on.isoformat()}
        _tell(ctx, "leader", row, TOLD["A类未整改"], fields)
    return {"open_a": left}


def _tell(ctx: ServiceContext, role: str, row: InspectionBatch, template: str, fields: dict[str, Any]) -> None:
    for login in staff.holders(ctx.session, role, row.project, ctx.now):
        notifications.notify(
            ctx.session, recipient=login, template=template, fields=fields, link=f"/batches/{row.number}", now=ctx.now
        )


def close(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection_batch.close`: passed, with or without conditions; a handover that waits is told."""
    row = _row(ctx)
    _end(ctx, row, PASSED.get(str(ctx.variables.get("review_result")), "通过"))
    names = ("closed_rate", "open_a", "open_b_per_house", "open_leaks", "review_result")
    known = {f"inspection_{name}": ctx.variables.get(name) for name in names}
    if row.round == PATROL:
        return {"phase_told": 0}
    told = batches.phase_ready(ctx.session, row.phase_id, known, now=ctx.now, registry=ctx.registry)
    return {"phase_told": told}


def next_round(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection_batch.next`: not passed; the houses that did not pass come into a new batch."""
    row = _row(ctx)
    _end(ctx, row, "不通过")
    again = rows.not_passed(ctx.session, row.number) or units_of(ctx.session, row)
    number = plan(
        ctx.session, SYSTEM, phase_id=row.phase_id, round=row.round, houses=again, now=ctx.now, registry=ctx.registry,
        previous=row.number,
    )  # fmt: skip
    return {"next_batch": number}


def due(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection_batch.due` (S2): the rounds of this week by the plans of handover; answers how many `begun`.

    A round that the phase has had, or has under way, is not begun again.
    """
    today = ctx.now.astimezone(CHINA).date()
    begun = 0
    query = select(HandoverBatch).where(HandoverBatch.open, HandoverBatch.starts_on > today)
    for row in ctx.session.scalars(query.order_by(HandoverBatch.id)).all():
        left = (row.starts_on - today).days
        found = decide(ctx.session, "inspection_rounds", {"days_left": left}, now=ctx.now) or []
        had = set(ctx.session.scalars(select(InspectionBatch.round).where(InspectionBatch.phase_id == row.phase_id)))
        for name in (str(one["round"] if isinstance(one, dict) else one) for one in found):
            if name not in had and rows.units(ctx.session, row.phase_id):
                plan(ctx.session, SYSTEM, phase_id=row.phase_id, round=name, now=ctx.now, registry=ctx.registry)
                begun += 1
    return {"begun": begun}


def _end(ctx: ServiceContext, row: InspectionBatch, state: str) -> None:
    row.state, row.open, row.closed_at = state, False, ctx.now
    row.result = {**row.result, **facts(ctx.session, row, now=ctx.now)}
    add_event(ctx.session, row.number, "批次结束", state, actor=ctx.actor.login, now=ctx.now)
    show_head(ctx.session, row)


def cancel_houses(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `inspection_batch.cancel`: the next houses are told."""
    return dict(batches.cancel_houses(ctx, INSPECTION, _row(ctx).number))


def current_round(session: Session, phase_id: int) -> str:
    """Propose the round of a new batch: the one after the last that passed."""
    query = select(InspectionBatch.round).where(InspectionBatch.phase_id == phase_id)
    done = set(session.scalars(query.where(InspectionBatch.state.in_(PASSED.values()))))
    usual = [name for name in ROUNDS if name != PATROL]
    return next((name for name in usual if name not in done), usual[-1])
