"""Case reviews (SP4, E20): begun by the calendar or by hand, their lists out of the tables, the forms V1–V3."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine import instances, notifications
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, ConflictError, InvalidFormError, NotFoundError
from processes.services import improvements
from processes.services.decisions import decide
from processes.services.orders import add_event
from processes.services.recording import text
from processes.services.workdays import calendar
from storage import cases, estate
from storage import people as staff
from storage import reviews as rows
from storage.tables.handovers import HandoverBatch
from storage.tables.instances import ProcessInstance
from storage.tables.surveys import CaseReview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import ListenerContext, ServiceContext
    from storage.tables.cases import ServiceCase

PROCESS, NAME = "review", "案例分析"
LAST_MONTH, LAST_WEEK = "上月", "上周"
WANTED = "发起"
MORNING = time(8, 30)
READERS = ("cs_sup", "cs_mgr", "leader")
"""Who is told when a report is published."""


def span_of(period: str, today: date) -> tuple[date, date]:
    """Give the first and last day of 上月, 上周 (Monday to Sunday) or 本月至今, seen from a day."""
    if period == LAST_MONTH:
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    if period == LAST_WEEK:
        monday = today - timedelta(days=today.weekday() + 7)
        return monday, monday + timedelta(days=6)
    return today.replace(day=1), today


def due(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `review.due`: whether a `period` is to be reviewed (`review_schedule.dmn`); answers `begin_at`, or null.

    A review begins in the morning of the first working day from today on, by the working calendar (E20). `first` and
    `last` are the days it looks at, seen from today: a holiday leaves no week or month out.
    """
    today = ctx.now.astimezone(CHINA).date()
    asked = {"period": ctx.variables.get("period"), "handover_days": _handover_days(ctx.session, today)}
    if decide(ctx.session, "review_schedule", asked, now=ctx.now) != WANTED:
        return {"begin_at": None}
    days = calendar(ctx.session)
    first = next(one for one in (today + timedelta(days=n) for n in range(31)) if days.is_workday(one))
    first_day, last_day = span_of(str(asked["period"]), today)
    return {
        "begin_at": max(datetime.combine(first, MORNING, tzinfo=CHINA), ctx.now).isoformat(),
        "first": first_day.isoformat(),
        "last": last_day.isoformat(),
    }


def _days(ctx: ServiceContext, period: str) -> tuple[date, date]:
    """Give the days that were decided on when the review was due; of one begun by hand, as seen from today."""
    known = ctx.variables.get("first"), ctx.variables.get("last")
    if all(known):
        first, last = (date.fromisoformat(str(one)[:10]) for one in known)
        return first, last
    return span_of(period, ctx.now.astimezone(CHINA).date())


def begin(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `review.begin`: begin the review of a `period` for all projects, unless it has been begun already."""
    period = str(ctx.variables.get("period"))
    first, last = _days(ctx, period)
    if rows.of_period(ctx.session, "", period, first) is None:
        instances.start(
            ctx.session, key=PROCESS, viewer=SYSTEM, now=ctx.now, registry=ctx.registry,
            variables={"period": period, "first": first.isoformat(), "last": last.isoformat()},
            title=f"案例分析 {period}",
        )  # fmt: skip
    return {}


def open_already(session: Session, project: str, period: str, *, now: datetime) -> str:
    """Give the number of the open review of the same project and period, "" when there is none."""
    first, _ = span_of(period, now.astimezone(CHINA).date())
    row = rows.open_of_period(session, project, period, first)
    return row.number if row is not None else ""


def refuse_second(session: Session, *, key: str, scope: str, variables: Mapping[str, Any], now: datetime) -> None:
    """Refuse to begin a review of a project and period that is under way (ConflictError), from wherever it is asked."""
    number = open_already(session, scope, str(variables.get("period") or ""), now=now) if key == PROCESS else ""
    if number:
        raise ConflictError(N_("This project and period are being reviewed already: {number}."), number=number)


def _handover_days(session: Session, today: date) -> int | None:
    """Count the days to the next concentrated handover, 0 while there is one; None when none is planned."""
    query = select(func.min(HandoverBatch.starts_on)).where(HandoverBatch.open, HandoverBatch.ends_on >= today)
    first = session.scalar(query)
    return None if first is None else max(0, (first - today).days)


def moments(row: CaseReview) -> tuple[datetime, datetime]:
    """Give the moments from which to before which a review looks, in China."""
    start = datetime.combine(row.first, time(), tzinfo=CHINA)
    return start, datetime.combine(row.last + timedelta(days=1), time(), tzinfo=CHINA)


def collect(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `review.collect`: write the review and its lists; answers how many cases and anomalies there are."""
    period = str(ctx.variables.get("period") or LAST_MONTH)
    first, last = _days(ctx, period)
    series = f"AL-{first:%Y}"
    instance = ctx.session.get_one(ProcessInstance, ctx.instance_id)
    row = CaseReview(
        number=f"{series}-{cases.next_value(ctx.session, series):06d}", project=ctx.scope, period=period, first=first,
        last=last, data={}, cases=[], notes={}, created_at=ctx.now, created_by=instance.started_by,
        instance_id=ctx.instance_id,
    )  # fmt: skip
    ctx.session.add(row)
    start, end = moments(row)
    found = rows.count(ctx.session, row.project, start, end)
    row.data = {**lists(ctx.session, row.project, start, end, now=ctx.now), "count": found}
    row.state, row.open = ("确认", True) if found else ("无案例", False)
    instance.business_key = row.number
    shown = f"{first:%Y-%m-%d} – {last:%m-%d}"
    place = estate.project_by_code(ctx.session, row.project)
    typed = instance.title if instance.title not in ("", NAME, f"{NAME} {period}") else f"{NAME} {shown}"
    title = f"{row.number} {place.name if place else ''} {typed}".replace("  ", " ")
    instances.update_head(ctx.session, ctx.instance_id, title=title, summary=shown, fields={"number": row.number})
    _log(ctx, row, "汇总数据", f"{found} 件")
    return {
        "review_number": row.number,
        "review_period": shown,
        "case_count": found,
        "anomaly_count": len(row.data["unclear"]),
    }


def lists(session: Session, project: str, start: datetime, end: datetime, *, now: datetime) -> dict[str, Any]:
    """Compute the lists that cases are chosen from (E20)."""
    asked = (session, project, start, end)
    return {
        "top": [list(one) for one in rows.top_categories(*asked)],
        "houses": [list(one) for one in rows.repeated_houses(*asked)],
        "units": [list(one) for one in rows.repeated_defects(*asked)],
        "longest": [_case(one, now) for one in rows.longest(*asked)],
        "dissatisfied": [_case(one, now) for one in rows.dissatisfied(*asked)],
        "unclear": [list(one) for one in rows.unclear(*asked)],
    }


def _case(case: ServiceCase, now: datetime) -> dict[str, Any]:
    days = round(((case.closed_at or now) - case.received_at).total_seconds() / 86400, 1)
    return {"number": case.number, "place": case.house or case.area, "brief": case.brief, "days": days}


def row_of(ctx: ServiceContext) -> CaseReview:
    """Read the review of an instance; NotFoundError when there is none."""
    row = rows.get(ctx.session, str(ctx.variables.get("review_number") or ctx.business_key))
    if row is None:
        raise NotFoundError(N_("There is no review {number}."), number=ctx.business_key)
    return row


def _log(ctx: ServiceContext, row: CaseReview, kind: str, said: str = "") -> None:
    add_event(ctx.session, row.number, kind, said, actor=ctx.actor.login, now=ctx.now)


def v1(ctx: ListenerContext) -> dict[str, Any]:
    """The data are confirmed; the lists are computed again from what was mended meanwhile (V1)."""
    row = row_of(ctx)
    start, end = moments(row)
    row.data = {**lists(ctx.session, row.project, start, end, now=ctx.now), "count": row.data["count"]}
    row.notes = {**row.notes, "data": text(ctx.values, "data_note"), "data_by": ctx.actor.login}
    row.state = "分析"
    _log(ctx, row, "数据确认", text(ctx.values, "data_note"))
    return {"anomaly_count": len(row.data["unclear"])}


def v2(ctx: ListenerContext) -> dict[str, Any]:
    """Cases are chosen and analysed (V2). Raises InvalidFormError when one was chosen twice."""
    row = row_of(ctx)
    chosen = [dict(one) for one in ctx.values.get("cases") or []]
    numbers = [str(one.get("case")) for one in chosen]
    if len(set(numbers)) < len(numbers):
        raise InvalidFormError([FieldError("cases", N_("A case was chosen twice."), label="案例")])
    row.cases = [{name: str(one.get(name) or "") for name in ("case", "cause", "lesson")} for one in chosen]
    row.notes = {**row.notes, "analysis": text(ctx.values, "analysis"), "analysis_by": ctx.actor.login}
    row.state = "评审"
    _log(ctx, row, "案例选取与分析", f"{len(chosen)} 件")
    return {"review_opinion": None}


def v3(ctx: ListenerContext) -> dict[str, Any]:
    """The meeting decides on improvements, or wants more analysis (V3)."""
    row, values = row_of(ctx), ctx.values
    opinion = text(values, "opinion")
    back = text(values, "review_decision") == "退回"
    who = [str(one) for one in values.get("attendees") or []]
    met = {"opinion": opinion, "met_on": str(values.get("met_on") or "")[:10], "attendees": who, "by": ctx.actor.login}
    row.notes = {**row.notes, **met}
    row.state = "分析" if back else "改进"
    items = [] if back else improvements.decided(ctx, row.number, row.project)
    _log(
        ctx, row, "评审会", "；".join(piece for piece in ("退回" if back else f"{len(items)} 项措施", opinion) if piece)
    )
    return {"items": items, "review_opinion": opinion if back else None}


def publish(ctx: ServiceContext) -> dict[str, Any]:
    """Topic `review.publish`: the report is final; managers, supervisors and those with measures are told (R8)."""
    row = row_of(ctx)
    row.state, row.open, row.published_at = "已发布", False, ctx.now
    _log(ctx, row, "报告发布")
    told = {one.person for one in rows.items(ctx.session, row.number)}
    for role in READERS:
        told.update(staff.holders(ctx.session, role, row.project, ctx.now))
    fields = {"number": row.number, "first": row.first.isoformat(), "last": row.last.isoformat()}
    for login in sorted(told):
        notifications.notify(
            ctx.session, recipient=login, template=N_("Case review {number} of {first} to {last} is published."),
            fields=fields, link=f"/quality/reviews/{row.number}", now=ctx.now,
        )  # fmt: skip
    return {}
