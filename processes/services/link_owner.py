"""What an owner sees behind a link: how far his matter is, in plain words, his appointments, and a rating at the end.

Nobody is named but the contact of the matter. What is decided inside, who is to blame and what it costs stays inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import notifications
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from processes.services import house_slots, owner_texts
from processes.services.links import CASE
from processes.services.orders import DONE, place_of
from storage import cases, estate, orders, parties, people
from storage.tables.cases import Appointment, CaseEvent, ContactLog, ServiceCase, SurveyResponse
from storage.tables.defects import RectificationOrder
from storage.tables.handovers import HandoverUnit, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from processes.services.links import LinkView

WAVE = 0
"""The wave of an owner's own rating, beside those of calls (1 and 2)."""
ORDER_ROUND = 1
"""An order is rated once, when it is done."""
STARS = {5: "满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "不满意"}
LOW = 2
BY_LINK = "链接"
AGREED, CONFIRMED, OTHER_TIME = "已约", "业主已确认", "业主请改期"
STEPS = ("received", "arranged", "at_work", "to_confirm", "finished")
OF_CASE = {
    "待派单": 0, "待受理": 0, "查勘中": 1, "方案中": 1, "待审批": 1, "处理中": 2, "挂起": 2,
    "待回复": 3, "待签认": 3, "待回访": 3,
}  # fmt: skip
OF_ORDER = {
    "待签收": 0, "异议": 0, "待接单": 1, "待预约": 1, "整改中": 2, "代维中": 2, "挂起": 2, "待复核": 2, "待客户复验": 3,
}  # fmt: skip
PAUSED, ACCEPTED, ENDED = "挂起", 3, len(STEPS) - 1
OF_HANDOVER = {
    "已通知": 0, "催告中": 0, "已预约": 1, "已签到": 2, "验房中": 2, "办理中": 2, "拒收": 3, "已交付": 4,
    "带问题交付": 4, "视同交付": 4,
}  # fmt: skip
AT_HALL, TAKEN_BACK = ("已签到", "验房中", "办理中"), ("退房", "已取消")
LONGEST, MOST = 500, 30


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment; `answered`: "", confirmed or other (another time was asked for)."""

    id: int
    starts_at: datetime
    ends_at: datetime | None
    answered: str
    open: bool


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter of the owner. `step` counts in STEPS; `done` when it is over, `rated` 0 until he rated it.

    `accepted`: all repairs are accepted, nothing but the end is left.
    """

    number: str
    title: str
    place: str
    step: int
    paused: bool
    withdrawn: bool
    done: bool
    received_at: datetime
    promised_at: datetime | None
    closed_at: datetime | None
    contact: str
    visits: tuple[Visit, ...]
    may_rate: bool
    rated: int
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Handover:
    """Taking the house over: how far it is (`step` counts in the page's sentences), when, and what may be chosen."""

    number: str
    step: int
    starts_at: datetime | None
    ends_at: datetime | None
    done: bool
    queue_no: int | None
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class OwnerView:
    """Everything behind an owner's link."""

    place: str
    matters: tuple[Matter, ...]
    handover: Handover | None


def view(session: Session, link: LinkView, *, now: datetime) -> OwnerView:
    """Gather what the owner sees. Raises NotFoundError when the case or house is gone."""
    found, alone = _cases(session, link), _orders(session, link)
    contacts = people.names(session, [case.acceptor or case.owner for case in found])
    matters = [_of_case(session, case, contacts.get(case.acceptor or case.owner, ""), now) for case in found]
    matters += [_of_order(session, order, now) for order in alone]
    matters.sort(key=lambda one: (one.done, -one.received_at.timestamp()))
    place = link.subject
    if link.kind == CASE:
        place = found[0].house or found[0].area or ""
    return OwnerView(place, tuple(matters[:MOST]), _handover(session, link, now))


def _cases(session: Session, link: LinkView) -> Sequence[ServiceCase]:
    """The case of the link, or those of the house that its present people reported: not those of earlier owners."""
    if link.kind == CASE:
        case = cases.get(session, link.subject)
        if case is None:
            raise NotFoundError(N_("There is no such case, or you may not see it."))
        return (case,)
    house = estate.unit_by_code(session, link.subject)
    if house is None:
        raise NotFoundError(N_("There is no such house."))
    present = {party.id for _, party in parties.people_of(session, [house.id])}
    earlier = parties.former_of(session, house.id)
    rows = cases.earlier_of_unit(session, house.id, limit=MOST)
    return [case for case in rows if case.party_id in present or _unclaimed(session, case, present, earlier)]


def _unclaimed(session: Session, case: ServiceCase, present: set[int], earlier: dict[int, date]) -> bool:
    """A case of nobody known is the house's: unless an earlier owner called, or it came in before he had left."""
    if case.party_id is not None:
        return False
    callers = parties.with_phone(session, case.phone_hash)
    if callers & present:
        return True
    left = max(earlier.values(), default=None)
    return not callers & earlier.keys() and (left is None or case.received_at.astimezone(CHINA).date() > left)


def _orders(session: Session, link: LinkView) -> Sequence[RectificationOrder]:
    """The house's orders that no case of its owner started: of inspections and of the handover."""
    house = estate.unit_by_code(session, link.subject) if link.kind != CASE else None
    if house is None:
        return ()
    query = select(RectificationOrder).where(
        RectificationOrder.unit_id == house.id, RectificationOrder.stage.in_(owner_texts.STAGES)
    )
    rows = session.scalars(query.order_by(RectificationOrder.id.desc()).limit(MOST)).all()
    return [order for order in rows if order.starter_kind != "case"]


def _of_case(session: Session, case: ServiceCase, contact: str, now: datetime) -> Matter:
    repairs = orders.of_starter(session, case.number)
    over = not case.open
    accepted = not any(order.open for order in repairs) and any(order.close_type == DONE for order in repairs)
    numbers = [] if accepted or over else [case.number, *(order.number for order in repairs if order.open)]
    withdrawn = over and case.state in ("已撤", "已并")
    rating = _rating(session, case.number, case.round)
    return Matter(
        number=case.number,
        title=case.brief,
        place=case.house or case.area,
        step=ENDED if over else max(OF_CASE.get(case.state, 1), ACCEPTED if accepted else 0),
        paused=case.state == PAUSED,
        withdrawn=withdrawn,
        done=over,
        received_at=case.received_at,
        promised_at=case.promised_at if case.open else None,
        closed_at=case.closed_at,
        contact=contact,
        visits=_visits(session, numbers, now),
        may_rate=rating == 0 and not withdrawn and (over or case.solved_at is not None),
        rated=rating,
        accepted=accepted and not over,
    )


def _of_order(session: Session, order: RectificationOrder, now: datetime) -> Matter:
    rating = _rating(session, order.number, ORDER_ROUND)
    return Matter(
        number=order.number,
        title=order.brief,
        place=place_of(order),
        step=OF_ORDER.get(order.state, 1) if order.open else ENDED,
        paused=order.state == PAUSED,
        withdrawn=order.close_type == "作废",
        done=not order.open,
        received_at=order.reported_at,
        promised_at=order.due_at if order.open else None,
        closed_at=order.closed_at,
        contact="",
        visits=_visits(session, [order.number] if order.open else [], now),
        may_rate=rating == 0 and order.close_type == DONE,
        rated=rating,
    )


def _rating(session: Session, number: str, round_: int) -> int:
    """Give the stars of a round; 0 when the owner has not rated it."""
    query = select(SurveyResponse).where(
        SurveyResponse.case_number == number, SurveyResponse.wave == WAVE, SurveyResponse.round == round_
    )
    row = session.scalars(query).first()
    return int(row.answers.get("stars") or 0) if row else 0


def _visits(session: Session, numbers: Sequence[str], now: datetime) -> tuple[Visit, ...]:
    """The last appointment of each number: earlier ones it replaced."""
    query = select(Appointment).where(Appointment.case_number.in_(numbers)).order_by(Appointment.id)
    last = {row.case_number: row for row in session.scalars(query)}
    said = {CONFIRMED: "confirmed", OTHER_TIME: "other"}
    rows = sorted(last.values(), key=lambda row: row.starts_at)
    return tuple(
        Visit(row.id, row.starts_at, row.ends_at, said.get(row.state, ""), row.state == AGREED and row.starts_at > now)
        for row in rows
        if row.starts_at > now or row.state in said
    )


def _handed(session: Session, link: LinkView) -> HandoverUnit | None:
    house = estate.unit_by_code(session, link.subject) if link.kind != CASE else None
    if house is None:
        return None
    query = select(HandoverUnit).where(HandoverUnit.unit_id == house.id).order_by(HandoverUnit.id.desc())
    return session.scalars(query).first()


def _handover(session: Session, link: LinkView, now: datetime) -> Handover | None:
    row = _handed(session, link)
    if row is None or row.state in TAKEN_BACK:
        return None
    slot = session.get(Slot, row.slot_id) if row.slot_id else None
    done = row.delivered_at is not None
    return Handover(
        number=row.number,
        step=OF_HANDOVER.get(row.state, 0),
        starts_at=slot.starts_at if slot else None,
        ends_at=slot.ends_at if slot else None,
        done=done,
        queue_no=row.queue_no if row.state in AT_HALL else None,
        slots=house_slots.free(session, row, now) if house_slots.may_move(session, row, now) else (),
    )


def choose_slot(session: Session, link: LinkView, slot_id: int, *, now: datetime, registry: Registry) -> None:
    """The owner chooses when he takes his house over, or another time than before.

    Raises:
        NotFoundError: no house is handed over to him. InvalidInputError: that slot is gone, and why.
        ConflictError: it can no longer be changed here.
    """
    row = _handed(session, link)
    if row is None or row.state in TAKEN_BACK:
        raise NotFoundError(N_("There is no such house."))
    house_slots.choose(session, row, slot_id, actor=link.login, how=BY_LINK, now=now, registry=registry)


# What the owner says


def _own(session: Session, link: LinkView, number: str) -> ServiceCase:
    found = next((case for case in _cases(session, link) if case.number == number), None)
    if found is None:
        raise NotFoundError(N_("There is no such case, or you may not see it."))
    return found


def answer_visit(
    session: Session, link: LinkView, visit_id: int, *, agrees: bool, wish: str = "", now: datetime
) -> None:
    """Confirm an appointment or ask for another time (`wish`); who made it learns of it. Twice counts once.

    Raises:
        NotFoundError: no appointment of this owner. ConflictError: it is over, or was changed meanwhile.
        InvalidInputError: another time is asked for without saying when.
    """
    row = session.get(Appointment, visit_id)
    known = {one.id for matter in view(session, link, now=now).matters for one in matter.visits}
    if row is None or row.id not in known:
        raise NotFoundError(N_("There is no such appointment."))
    state = CONFIRMED if agrees else OTHER_TIME
    if row.state == state:
        return
    if row.state not in (AGREED, CONFIRMED) or row.starts_at <= now:
        raise ConflictError(N_("This appointment has changed. Please look at the page again."))
    wish = wish.strip()[:LONGEST]
    if not agrees and not wish:
        raise InvalidInputError(N_("Please say which times suit you."))
    row.state = state
    at = f"{row.starts_at.astimezone(CHINA):%m-%d %H:%M}"
    kind = "业主确认预约" if agrees else "业主请改期"
    _note(session, link, row.case_number, kind, f"{at} {wish}".strip(), now=now)
    template = N_("The owner confirmed the visit of {at} ({number}).") if agrees else N_(
        "The owner cannot be there on {at} ({number}) and asks for: {wish}"
    )  # fmt: skip
    fields = {"at": at, "number": row.case_number, "wish": wish}
    if not row.made_by.startswith("link:"):
        address = f"/cases/{row.case_number}" if row.case_number.startswith("TS") else f"/orders/{row.case_number}"
        notifications.notify(
            session, recipient=row.made_by, template=template, fields=fields, link=address, now=now
        )  # fmt: skip


def rate(session: Session, link: LinkView, number: str, *, stars: int, comment: str = "", now: datetime) -> None:
    """Keep an owner's rating (1–5) of a solved matter, once a round; whoever owns the case learns of a low one.

    Raises:
        NotFoundError: not his matter. InvalidInputError: no rating between 1 and 5. ConflictError: not solved yet.
    """
    order = next((one for one in _orders(session, link) if one.number == number), None)
    row = order or _own(session, link, number)
    if stars not in STARS:
        raise InvalidInputError(N_("Please choose between one and five."))
    session.refresh(row, with_for_update=True)  # of two taps at once the second one finds the rating of the first
    round_ = ORDER_ROUND if isinstance(row, RectificationOrder) else row.round
    if _rating(session, number, round_):
        return
    if row.close_type != DONE if isinstance(row, RectificationOrder) else row.open and row.solved_at is None:
        raise ConflictError(N_("You can rate it when it is solved."))
    said = comment.strip()[:LONGEST]
    session.add(
        SurveyResponse(
            case_number=number, questionnaire="owner_link", round=round_, wave=WAVE, attempt=1, at=now,
            actor=link.login, result=BY_LINK, overall=STARS[stars], opinion=said, answers={"stars": stars},
        )
    )  # fmt: skip
    row.satisfaction = row.satisfaction or STARS[stars]
    _note(session, link, number, "业主评价", f"{stars}/5 {said}".strip(), now=now)
    if stars <= LOW:
        _warn(session, row, stars, said, now=now)
    session.flush()


def _warn(session: Session, row: ServiceCase | RectificationOrder, stars: int, said: str, *, now: datetime) -> None:
    """Tell whoever owns a case, or the heads of customer service about an order, of a low rating."""
    if isinstance(row, RectificationOrder):
        told: Sequence[str] = people.holders(session, "cs_sup", row.project, now)
        template, page = N_("The owner rated order {number} with {stars} of 5: {said}"), "/orders"
    else:
        told = [row.owner] if row.owner else []
        template, page = N_("The owner rated case {number} with {stars} of 5: {said}"), "/cases"
    fields = {"number": row.number, "stars": stars, "said": said or "—"}
    for login in told:
        notifications.notify(
            session, recipient=login, template=template, fields=fields, link=f"{page}/{row.number}", now=now
        )


def _note(session: Session, link: LinkView, number: str, kind: str, said: str, *, now: datetime) -> None:
    session.add(CaseEvent(case_number=number, at=now, actor=link.login, kind=kind, text=said, detail={}))
    session.add(
        ContactLog(case_number=number, at=now, actor=link.login, kind=kind, channel=BY_LINK, reached=True, text=said)
    )
