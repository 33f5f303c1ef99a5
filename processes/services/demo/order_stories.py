"""The stories of the demo that lead to rectification orders (DOMAIN 8: 1, 2, 9, 11, 13), and orders that wait."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from processes.services import order_actions
from processes.services.demo.answers import intake, when
from processes.services.demo.diary import CHEN, HOME, KANG, LIN, OWNER, REPAIR, SUN, ZHOU, Diary

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from processes.services.demo.player import Step

QING, FANG, MING, XI, BAO, KUAI = "qing.shifu", "fang.shifu", "ming.shifu", "xi.shifu", "bao.zonggong", "kuai.shifu"
HOUSES = (
    "春和里1期-03-3-1502",
    "春和里1期-01-3-1502",
    "春和里1期-03-4-1502",
    "春和里1期-02-4-1502",
    "春和里2期-02-2-1502",
)
WU, SHEN, YANG, TAO, JIANG = "wu.gongjia", "shen.fuhe", "yang.guanjia", "tao.chengben", "jiang.caiwu"


def order_stories(now: datetime) -> list[Step]:
    """Write all of them."""
    steps: list[Step] = []
    for story in (leak, floor, late, dispute, crack, waiting_orders):
        steps += story(now)
    return steps


def reported(
    d: Diary, days: float, house: str, owner: tuple[str, str], brief: str, plan: dict[str, Any], **more: Any
) -> Diary:
    """Report a fault and plan one repair: the order is issued on the same day at half past four."""
    said = {"location": more.get("part") or "见事由", **more}
    values = intake(house, owner, REPAIR, brief, f"{brief}，请尽快安排。", "修好。", **said)
    task = {"type": "整改", "department": "工程部", "person": KANG, "content": brief, **plan}
    start = d.at(days, "18:00")
    due, promised = when(start + timedelta(days=10)), when(start + timedelta(days=12))
    d.add(days, "10:05", LIN, "T01", **values).dispatched(days, CHEN)
    d.add(days, "15:00", CHEN, "T12", plan_tasks=[{**task, "due": due}], promised_at=promised)
    return d.add(days, "16:30", CHEN, "T14").add(days - 1, "10:00", LIN, "T15")


def leak(now: datetime) -> list[Step]:
    """1: a leak in the 18th month: warranty, order, fifth-day call, a recheck fails, signed, called back."""
    d = Diary("leak", now)
    values = intake(
        HOME,
        OWNER,
        REPAIR,
        "主卧卫生间渗漏到楼下",
        "昨晚楼下邻居上门，顶板滴水；主卧卫生间地漏旁返水。",
        "尽快维修，恢复楼下顶板。",
        part="卫生间/地面防水",
        location="主卧卫生间地漏旁",
        event_at=when(d.at(17, "20:30")),
        visit_pref="工作日上午",
    )
    task = {"type": "整改", "department": "工程部", "person": KANG, "content": "重做主卧卫生间地面防水并闭水 48 小时。"}
    d.add(16, "10:05", LIN, "T01", **values).dispatched(16, CHEN, needs_visit=True)
    visit = {"visit_from": when(d.at(15, "09:30")), "visit_to": when(d.at(15, "10:30"))}
    d.add(16, "14:00", CHEN, "T10", **visit).add(15, "09:55", "zheng.jianli", "T11")
    plan = {"plan_tasks": [{**task, "due": when(d.at(6, "18:00"))}], "promised_at": when(d.at(4, "18:00"))}
    d.add(15, "15:00", CHEN, "T12", **plan).add(15, "16:30", CHEN, "T14").add(14, "10:00", LIN, "T15")
    d.order(15, "17:00", WU, "R03a").order(14, "09:00", QING, "R03b").order(14, "10:00", YANG, "R05")
    d.order(13, "09:30", QING, "R05v").add(11, "10:40", LIN, "T26").order(10, "10:00", QING, "R06p")
    d.order(10, "16:00", QING, "R06").order(10, "16:40", WU, "R07")
    d.order(10, "17:20", SHEN, "R10", fail="地漏根部仍有渗水").order(10, "17:30", WU, "R10s")
    d.order(10, "17:40", QING, "R06").order(10, "17:50", WU, "R07").order(9, "16:00", SHEN, "R10")
    d.order(9, "16:20", WU, "R10s").order(9, "16:30", LIN, "R11")
    d.order(8, "10:00", SHEN, "R12")
    d.add(7, "17:00", CHEN, "T17").add(6, "10:00", LIN, "T18").add(6, "15:00", LIN, "T19")
    return d.add(4, "15:30", ZHOU, "CB1").add(3, "09:10", SUN, "T25").steps


def floor(now: datetime) -> list[Step]:
    """2: a wooden floor in the 25th month: out of warranty, quoted, the owner declines."""
    d = Diary("floor", now)
    plan = {"type": "物业维修", "department": "物业维修", "person": "han.shifu", "content": "更换起鼓的木地板。"}
    reported(d, 6, "春和里2期-01-2-1502", ("赵景行", "19900009002"), "客厅木地板起鼓", plan, part="客厅/木地板")
    d.order(5, "11:00", YANG, "R02", owner_agrees=False, quote_signature=None, guided_to="自行联系地板厂家")
    d.add(5, "15:00", CHEN, "T17", treatment="道歉解释", final_cause="其他", responsible="物业维修")
    return d.add(5, "16:00", LIN, "T18", satisfaction="基本满意").add(4, "10:00", LIN, "T19").steps


def late(now: datetime) -> list[Step]:
    """9: an order overdue for eight days, two extensions refused: a substitute, 3,600 deducted."""
    d = Diary("late", now)
    plan = {"content": "重做阳台地面防水。", "unit": "青檐防水分包"}
    reported(d, 24, "春和里1期-03-1-1502", ("黄怀瑾", "19900009009"), "阳台渗水到楼下", plan, part="阳台/地面防水")
    d.order(24, "17:00", WU, "R03a").order(23, "10:00", QING, "R03b").order(23, "11:00", YANG, "R05")
    d.order(22, "09:30", QING, "R05v").add(19, "10:40", LIN, "T26")
    refused = {"extend_decision": "不同意", "new_due": None, "extend_note": "工期已宽，请加派人手。"}
    d.order(19, "14:00", QING, act=_more_time(3)).order(19, "15:00", SUN, "R08", **refused)
    d.order(18, "09:00", QING, act=_more_time(5)).order(18, "09:30", SUN, "R08", **refused)
    d.order(10, "10:30", WU, act=_somebody_else).order(10, "11:00", SUN, "R09")
    d.order(7, "16:00", KUAI, "R14").order(7, "17:00", SHEN, "R10").order(7, "17:20", WU, "R10s")
    d.order(7, "17:30", LIN, "R11")
    d.order(6, "10:00", SHEN, "R12").order(5, "10:00", TAO, "R15").order(4, "10:00", JIANG, "R15b")
    return d.add(6, "15:00", CHEN, "T17").add(6, "16:00", LIN, "T18").add(5, "10:00", LIN, "T19").steps


def _more_time(days: int) -> Callable[[Session, Viewer, str, datetime, Registry], None]:
    def ask(session: Session, viewer: Viewer, number: str, at: datetime, registry: Registry) -> None:
        due = (at + timedelta(days=days + 3)).astimezone(CHINA).replace(hour=18, minute=0)
        order_actions.ask_extension(
            session, viewer, number, due=due, reason="人员", consents=False, now=at, registry=registry
        )

    return ask


def _somebody_else(session: Session, viewer: Viewer, number: str, at: datetime, registry: Registry) -> None:
    order_actions.ask_substitute(session, viewer, number, reason="逾期八天，两次催办无效", now=at, registry=registry)


def dispute(now: datetime) -> list[Step]:
    """11: the unit disputes that it is responsible; the ruling shares the cost 60 to 40."""
    d = Diary("dispute", now)
    plan = {"content": "查明漏点，修复厨房墙角渗水。", "unit": "青檐防水分包"}
    reported(d, 8, "春和里1期-02-3-1502", ("周清和", "19900009011"), "厨房墙角渗水", plan, part="厨房/地面防水")
    d.order(8, "17:00", WU, "R03a")
    no = {"accept_decision": "责任异议", "dispute_reason": "漏点在给水管接头，不是防水层。", "planned_finish_at": None}
    d.order(7, "10:00", QING, "R03b", **no, needs_material=None)
    shares = [{"unit": "明灯机电分包", "percent": 60}, {"unit": "青檐防水分包", "percent": 40}]
    d.order(6, "10:00", WU, "R04", ruled_unit="明灯机电分包", shares=shares, ruling_basis="检测")
    d.order(6, "10:30", WU, "R03a").order(6, "14:00", MING, "R03b").order(6, "15:00", YANG, "R05")
    return d.order(5, "09:30", MING, "R05v").steps


def crack(now: datetime) -> list[Step]:
    """13: a crack in a beam: reported to the authority, the design office's scheme, the main contractor repairs."""
    d = Diary("crack", now)
    plan = {"content": "按设计方案灌浆加固。", "unit": "示例总包一公司"}
    more = {"part": "结构/主体结构", "urgency": "紧急", "danger": ["结构安全"]}
    reported(d, 5, "春和里1期-01-1-1502", ("吴听澜", "19900009013"), "客厅梁底斜向裂缝", plan, **more)
    d.order(5, "17:00", WU, "R03a").order(4, "09:00", WU, "R01").order(4, "10:00", BAO, "R03b")
    return d.order(4, "11:00", YANG, "R05").order(3, "10:00", BAO, "R05v").steps


def waiting_orders(now: datetime) -> list[Step]:
    """Orders that wait at the signature, at the unit, at work and at the recheck."""
    steps: list[Step] = []
    signed = [("R03a", WU)]
    accepted = [*signed, ("R03b", XI), ("R05", YANG), ("R05v", XI)]
    for number, (unit, part, brief, done) in enumerate(
        (
            ("方正样板门窗分包", "卧室/窗", "次卧窗漏风", ()),
            ("方正样板门窗分包", "客厅/窗", "客厅窗五金损坏", signed),
            ("细木精装分包", "卧室/墙面抹灰", "次卧墙面空鼓", accepted),
            ("细木精装分包", "客厅/墙面抹灰", "客厅墙面开裂", [*accepted, ("R06", XI), ("R07", WU)]),
            ("青檐防水分包", "卫生间/墙面防水", "次卫墙面渗水", signed),
        )
    ):
        d = Diary(f"order-{number}", now)
        house, phone = HOUSES[number], f"1990000920{number}"
        reported(d, 2, house, ("张云舟", phone), brief, {"unit": unit}, part=part)
        for at, (element, login) in enumerate(done):
            d.order(1, f"{9 + at:02d}:15", login, element)
        steps += d.steps
    return steps
