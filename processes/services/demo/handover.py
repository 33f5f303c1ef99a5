"""秋实园 on the third day of its concentrated handover (DOMAIN 8: 15, 16, 17).

Houses that are done are written as rows; those that are not are real instances that wait at their tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy import select

from engine import instances, people
from engine.core.calendar import CHINA
from processes.services import keys, warranties
from processes.services.demo.answers import PAPER
from processes.services.demo.player import Step
from processes.services.handover_batches import STATIONS
from processes.services.handover_units import owner_of
from storage import handovers as rows
from storage.tables.cases import CaseEvent
from storage.tables.defects import Defect
from storage.tables.estate import Project, Unit
from storage.tables.handovers import (
    FeeItem,
    HandoverBatch,
    HandoverUnit,
    KeyMovement,
    KeySet,
    MeterReading,
    Notice,
    Slot,
    StationCheck,
    UnitWarranty,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from processes.services.demo.player import Play

LEAD, DESK, LOOKS, MONEY, BOSS = "cao.jiaofu", "miao.qiantai", "wei.yanfang1", "jiang.caiwu", "yan.lingdao"
STORY = "handover"
SPACE = UUID("5f2c7d0e-0e52-4f0a-8a55-0d5b1f1f7a10")
STOPS = ("K03", "K04", "K05", "K06")
LENT_DAYS, LATE_DAYS = 16, 9
CAPACITY = 60
FIRST, SECOND = 0.49, 0.95
"""Which share of the delivered houses is done after the first day, after the second."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How many houses are delivered (with problems), refused, at the stations, not yet asked for an appointment."""

    delivered: int
    problems: int
    refused: int
    working: int
    unasked: int


SCALES = {"mini": Scale(2, 1, 1, 1, 1), "demo": Scale(158, 41, 9, 4, 8)}


def play(stage: Play, size: str, now: datetime) -> None:
    """Hand 秋实园 over up to the third day."""
    scale = SCALES[size]
    began = _at(now, -14, 9)
    with stage.database.transaction() as session:
        instances.start(
            session, key="handover_batch", variables={}, viewer=people.viewer(session, LEAD, now=began), now=began,
            registry=stage.registry, business_key=STORY, scope="秋实园",
            title="秋实园1期 交付",
        )  # fmt: skip
    stage.numbers[STORY] = STORY
    _prepare(stage, scale, now)
    with stage.database.read() as session:
        batch = rows.batch(session, stage.numbers[STORY])
        found = select(HandoverUnit).where(HandoverUnit.batch_number == stage.numbers[STORY], HandoverUnit.open)
        houses = list(session.scalars(found.order_by(HandoverUnit.id)))
        slots = list(rows.slots(session, stage.numbers[STORY]))
        if batch is None:
            raise LookupError(stage.numbers[STORY])
    for house in houses:
        stage.numbers[house.number] = house.number
    stage.run(_stories(houses, slots, scale, now), now)
    with stage.database.transaction() as session:
        _letter(session, houses, scale, now)
        _stock(session, houses, now)
        _lent(session, now)


def _at(now: datetime, days: int, hour: int, minute: int = 0) -> datetime:
    day = now.astimezone(CHINA).date() + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), tzinfo=CHINA)


def _prepare(stage: Play, scale: Scale, now: datetime) -> None:
    """Plan, check, approval and notices; the houses that are done are there before the others are begun."""
    first, last = _at(now, -2, 0).date(), _at(now, 2, 0).date()
    plan: dict[str, Any] = {
        "contract_on": last.isoformat(),
        "starts_on": first.isoformat(),
        "ends_on": last.isoformat(),
        "day_slots": [
            {"slot_from": "09:00", "slot_to": "11:30", "capacity": CAPACITY},
            {"slot_from": "14:00", "slot_to": "17:30", "capacity": CAPACITY},
        ],
    }
    stage.run([Step(_at(now, -14, 10), STORY, LEAD, "H01", plan)], _at(now, -14, 11))
    with stage.database.transaction() as session:
        batch = session.scalars(select(HandoverBatch).order_by(HandoverBatch.id.desc())).first()
        if batch is None:
            raise LookupError(STORY)
        stage.numbers[STORY] = batch.number
        _done(session, batch, scale, now)
    taken_over = {"takeover_on": _at(now, -20, 0).date().isoformat()}
    steps = [
        Step(_at(now, -13, 9), STORY, "wu.gongjia", "H02a"),
        Step(_at(now, -13, 9, 10), STORY, "yang.guanjia", "H02b", taken_over),
        Step(_at(now, -13, 9, 20), STORY, "qi.fawu", "H02c"),
        Step(_at(now, -13, 9, 30), STORY, MONEY, "H02d"),
        Step(_at(now, -13, 10), STORY, LEAD, "H02"),
        Step(_at(now, -13, 15), STORY, BOSS, "H03"),
        Step(_at(now, -12, 10), STORY, DESK, "H04"),
    ]
    stage.run(steps, _at(now, -12, 12))


def _done(session: Session, batch: HandoverBatch, scale: Scale, now: datetime) -> None:
    """Write the houses that took over on the days until now, with all that hangs on them."""
    units = list(session.scalars(select(Unit).where(Unit.phase_id == batch.phase_id).order_by(Unit.code)))
    slots = rows.slots(session, batch.number)
    warranty: dict[date, list[UnitWarranty]] = {}
    first = int(scale.delivered * FIRST), int(scale.delivered * SECOND)
    for at, unit in enumerate(units[: scale.delivered]):
        days = -2 if at < first[0] else -1 if at < first[1] else 0
        slot = slots[2 * (days + 2) + (at % 2 if days else 0)]
        came = slot.starts_at + timedelta(minutes=3 * (at % 40)) if days else now - timedelta(minutes=90 + at % 60)
        _house(session, batch, unit, at, came, slot, problems=at < scale.problems)
        _warranty(session, unit, warranty, now)
    session.flush()


def _house(
    session: Session, batch: HandoverBatch, unit: Unit, at: int, came: datetime, slot: Slot, *, problems: bool
) -> None:
    number = f"JF-{came.astimezone(CHINA):%Y}-{900_001 + at:06d}"
    done = came + timedelta(minutes=75)
    slot.taken += 1
    state = "带问题交付" if problems else "已交付"
    unit.state, unit.delivered_on = state, done.astimezone(CHINA).date()
    session.add(
        HandoverUnit(
            number=number, batch_number=batch.number, unit_id=unit.id, house=unit.code, project=batch.project,
            state=state, open=False, slot_id=slot.id, queue_no=at % 78 + 1, signed_in_at=came,
            decision="带问题收楼" if problems else "收楼", promise="七日内修好" if problems else "", delivered_at=done,
            closed_at=done, satisfaction={"score_overall": 4 + at % 2}, file={"complete": 100},
        )
    )  # fmt: skip
    for place, station in enumerate(("签到", *STATIONS)):
        moment = came + timedelta(minutes=15 * place)
        session.add(StationCheck(handover_number=number, station=station, at=moment, actor=DESK))
    for kind, value in (("水表", 2.0 + at % 5), ("电表", 11.0 + at % 9)):
        session.add(
            MeterReading(unit_id=unit.id, handover_number=number, kind=kind, value=value, at=done, actor=DESK)
        )  # fmt: skip
    for kind, amount in (("面积补差", 900.0 + at), ("尾款", 0.0), ("维修资金", 0.0), ("物业费", 3980.0)):
        fee = FeeItem(unit_id=unit.id, handover_number=number, kind=kind, amount=amount, paid=amount, paid_at=came)
        session.add(fee)
    owner = owner_of(session, unit.id)
    held = KeySet(unit_id=unit.id, label="入户门钥匙", count=5, state=keys.WITH_OWNER, holder=owner)
    session.add(held)
    session.flush()
    session.add(KeyMovement(key_set_id=held.id, kind="交业主", holder=owner, at=done, actor=DESK))
    noticed = came - timedelta(days=12)
    session.add(Notice(handover_number=number, kind="入伙通知", channel="EMS、短信", sent_at=noticed, actor=DESK))
    session.add(CaseEvent(case_number=number, at=done, actor=DESK, kind="交付", text="", detail={}))
    if problems:
        session.add(
            Defect(
                id=uuid5(SPACE, number), project=batch.project, unit_id=unit.id, house=unit.code, found_in=number,
                stage="正式交付", room="客厅", part="客厅/窗", problem="关闭不严", trade="门窗", severity="B",
                text="客厅大窗关不严。", state="已销项", open=False, found_at=came, found_by=LOOKS, closed_at=done,
            )
        )  # fmt: skip


def _warranty(session: Session, unit: Unit, known: dict[date, list[UnitWarranty]], now: datetime) -> None:
    """Count the warranty of the first house of a day; the others of that day have the same."""
    day = unit.delivered_on
    if day is None:
        return
    if day not in known:
        session.flush()
        known[day] = list(warranties.compute(session, unit, now=now))
        return
    session.add_all(
        UnitWarranty(
            unit_id=unit.id, warranty_class=one.warranty_class, starts_on=one.starts_on, ends_on=one.ends_on,
            contractor_ends_on=one.contractor_ends_on, rule=one.rule, computed_at=now,
        )
        for one in known[day]
    )  # fmt: skip


def _stories(houses: list[HandoverUnit], slots: list[Slot], scale: Scale, now: datetime) -> list[Step]:
    """Say what happens to the houses that are not done."""
    days = {
        days: [one for one in slots if _at(now, days, 0) <= one.starts_at < _at(now, days + 1, 0)]
        for days in range(-2, 3)
    }
    ahead = [*days[1], *days[2]]
    present = days[0][-1] if now < days[0][-1].ends_at else ahead[0]
    steps = [Step(_at(now, day, 18, 40), STORY, LEAD, "H05") for day in (-2, -1)]
    at_work = scale.refused + scale.working
    for at, house in enumerate(houses):
        if at == 0:
            again = days[-1][1]
            steps += [
                _books(house, days[-2][0], now),
                *_visit(house, days[-2][0].starts_at + timedelta(minutes=5), ["面积", "情绪"]),
            ]
            steps.append(Step(_at(now, -2, 13), house.number, DESK, "K01", {"slot": str(again.id)}))
            steps += _visit(house, again.starts_at + timedelta(minutes=20), ["货不对板"])
        elif at < scale.refused:
            start = days[-1][0].starts_at + timedelta(minutes=6 * at)
            why = (["配套"], ["费用", "情绪"])[at % 2] if at % 3 else None
            steps += [_books(house, days[-1][0], now), *_visit(house, start, why)]
        elif at < at_work:
            steps += _works(house, present, now, STOPS[(at - scale.refused) % len(STOPS)])
        elif at == at_work:
            proxy = {"by_proxy": True, "proxy": "王子衿", "proxy_paper": [PAPER]}
            steps.append(_books(house, ahead[0], now, **proxy))
        elif at == at_work + 1:
            never = {"appoint_result": "暂不收楼", "slot": None, "visitors": None, "by_proxy": None}
            steps.append(Step(_at(now, -5, 10), house.number, DESK, "K01", never))
        elif at < len(houses) - scale.unasked:
            steps.append(_books(house, ahead[at % len(ahead)], now))
    return steps


def _books(house: HandoverUnit, slot: Slot, now: datetime, **more: Any) -> Step:
    booked: Mapping[str, Any] = {"slot": str(slot.id), **more}
    return Step(_at(now, -6, 10), house.number, DESK, "K01", booked)


def _visit(house: HandoverUnit, start: datetime, why: list[str] | None) -> list[Step]:
    """Come, see and refuse; `why` None leaves the talk open."""
    story = house.number
    steps = [
        Step(start, story, DESK, "K02"),
        Step(start + timedelta(minutes=12), story, MONEY, "K03"),
        Step(
            start + timedelta(minutes=50),
            story,
            LOOKS,
            "K04",
            {"decision": "拒收", "refused_because": "认为与合同约定不符。"},
        ),
    ]
    talk = {"refusal_reasons": why, "refusal_demand": "按合同约定处理并赔偿误工。"}
    return [*steps, Step(start + timedelta(minutes=80), story, LEAD, "K08", talk)] if why else steps


def _works(house: HandoverUnit, slot: Slot, now: datetime, stop: str) -> list[Step]:
    who = {"K03": MONEY, "K04": LOOKS, "K05": DESK, "K06": DESK}
    steps = [_books(house, slot, now), Step(now - timedelta(minutes=70), house.number, DESK, "K02")]
    for place, station in enumerate(STOPS[: STOPS.index(stop)]):
        steps.append(Step(now - timedelta(minutes=60 - 15 * place), house.number, who[station], station))
    return steps


def _letter(session: Session, houses: list[HandoverUnit], scale: Scale, now: datetime) -> None:
    """The owner who never comes was written to once already; the reports of the first two days."""
    never = houses[scale.refused + scale.working + 1]
    session.add(
        Notice(
            handover_number=never.number, kind="催告函", channel="EMS", number="EX2026003188",
            sent_at=now - timedelta(days=1), proof="家人代收", actor=DESK,
        )
    )  # fmt: skip
    batch = rows.batch(session, never.batch_number)
    if batch is not None:
        said = {"problems": "上午集中到场，签到排队二十分钟。", "actions": "增设一个签到台，错峰通知。", "by": LEAD}
        first, second = int(scale.delivered * FIRST), int(scale.delivered * SECOND)
        batch.plan = {
            **batch.plan,
            "days": {
                _at(now, days, 0).date().isoformat(): {
                    "expected": CAPACITY * 2, "attended": done + refused, "delivered": done, "with_problems": problems,
                    "refused": refused, "in_process": 0, "defects_found": problems, **said,
                }
                for days, done, refused, problems in (
                    (-2, first, 1, scale.problems), (-1, second - first, scale.refused, 0)
                )
            },
        }  # fmt: skip


def _stock(session: Session, houses: list[HandoverUnit], now: datetime) -> None:
    """The keys of houses that are not handed over lie in stock."""
    for house in houses:
        keys.enter(session, session.get_one(Unit, house.unit_id), "入户门钥匙", 5, actor=DESK, now=now)


def _lent(session: Session, now: datetime) -> None:
    """17: keys lent to a contractor sixteen days ago, nine days late."""
    query = select(Unit).join(Project, Project.id == Unit.project_id).where(Project.code == "春和里")
    unit = session.scalars(query.order_by(Unit.code)).first()
    if unit is None:
        return
    lent = keys.enter(session, unit, "整改钥匙", 1, actor=DESK, now=now - timedelta(days=LENT_DAYS + 1))
    due = now - timedelta(days=LATE_DAYS, hours=2)
    keys.moved(
        session, lent, "借出", "青檐防水分包 张师傅", actor=DESK, now=now - timedelta(days=LENT_DAYS), due=due,
        note="卫生间渗漏整改",
    )  # fmt: skip
