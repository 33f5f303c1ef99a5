"""The past of the demo: 24 months of closed cases and orders, inspections and handovers of earlier phases (DOMAIN 8).

Plain rows without instances, all closed, for lists, searches and reports; `intake.history` marks the cases.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from engine.core.calendar import CHINA
from processes.services.demo import history_cases
from processes.services.demo.diary import STORY_HOUSES
from processes.services.demo.estate import CATEGORIES, SEED
from processes.services.demo.history_orders import SUBSTITUTE, Fault, Past, add_orders
from processes.services.demo.history_phases import add_key_moves, add_phases
from processes.services.demo.history_rows import CHUNK, Book, add_reminders, moment, name_tasks
from processes.services.workdays import calendar
from storage import cases
from storage.privacy import mask, vault
from storage.tables.base import table_of
from storage.tables.cases import ServiceCase
from storage.tables.contractors import Contractor
from storage.tables.estate import Building, Project, Unit
from storage.tables.parties import Contact, Ownership, Party

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

MONTHS = 24
NEWEST = 5
"""Days ago: nothing of the past is younger."""
BRIEFS = {
    "户内维修": ("卫生间渗水到楼下", "客厅木地板起鼓", "入户门关不严", "窗户漏风", "厨房下水返味", "墙面开裂"),
    "公共区域设施损坏": ("电梯异响", "地下车库渗水", "大堂地砖松动", "路灯不亮"),
    "环境卫生": ("楼道几天没有打扫", "电梯里有异味"),
    "垃圾清运": ("垃圾桶满溢", "装修垃圾堆在门口"),
    "绿化养护": ("草坪枯死", "树枝挡住一楼采光"),
    "车辆管理": ("车位被占", "道闸识别不了车牌"),
    "安防问题": ("单元门禁坏了", "陌生人进楼推销"),
    "噪音干扰": ("夜里装修施工", "楼上半夜跳绳"),
    "服务态度": ("前台电话态度生硬", "看房时顾问不耐烦"),
    "信息咨询": ("产权证什么时候办", "维修资金余额怎么查"),
    "其他": ("快递柜位置不合理",),
}
REPAIRS: dict[str, tuple[str, Fault]] = {
    "卫生间渗水到楼下": ("青檐防水分包", Fault("卫生间", "卫生间/地面防水", "防水/渗漏", "A", "卫生间渗水到楼下。")),
    "客厅木地板起鼓": ("细木精装分包", Fault("客厅", "客厅/木地板", "精装/起鼓", "B", "客厅木地板起鼓。")),
    "入户门关不严": ("方正样板门窗分包", Fault("客厅", "卧室/门", "门窗/关闭不严", "B", "门关不严。")),
    "窗户漏风": ("方正样板门窗分包", Fault("卧室", "卧室/窗", "门窗/关闭不严", "B", "窗户关闭不严，漏风。")),
    "厨房下水返味": ("明灯机电分包", Fault("厨房", "厨房/排水管道", "机电/漏水", "B", "下水返味，水封不足。")),
    "墙面开裂": ("示例总包一公司", Fault("客厅", "客厅/墙面抹灰", "土建/开裂", "C", "墙面细裂纹。")),
    "电梯异响": ("甲供-样例电梯", Fault("公共部位", "公共部位/电梯", "机电/异响", "B", "电梯运行异响。")),
    "地下车库渗水": ("示例总包二公司", Fault("公共部位", "公共部位/地下车库", "防水/渗漏", "A", "车库顶板渗水。")),
    "大堂地砖松动": ("细木精装分包", Fault("公共部位", "公共部位/大堂", "精装/脱落", "B", "大堂地砖松动。")),
    "路灯不亮": ("示例物业", Fault("公共部位", "公共部位/道路绿化", "机电/停运", "C", "路灯不亮。")),
}
ROUTES = {"工程维修类": "地产保修", "清洁绿化类": "物业服务", "秩序维护类": "物业服务"}
CHANNELS = ("电话", "小程序", "管理处现场", "12345转办", "线上平台", "电邮", "销售现场", "信件")
OFTEN = (54, 20, 10, 4, 5, 2, 3, 2)
REPEATED = 0.05
REPEATED_WITHIN = 80


def add_past(session: Session, size: str, count: int, *, now: datetime) -> None:
    """Write the past of a size: so many closed cases; for `demo` the earlier phases, for `load` cases only."""
    book = Book(calendar(session), random.Random(SEED + 1), now)  # noqa: S311  invented data, the same every time
    orders = add_history(session, count, now=now, book=book) if size != "load" else _many(session, count, book)
    if size == "demo":
        orders += add_phases(session, book)
    substitute = session.scalar(select(Contractor).where(Contractor.code == SUBSTITUTE))
    add_orders(session, book, orders, substitute)
    book.write(session)
    name_tasks(session)
    add_key_moves(session, book)
    add_reminders(session, book)
    book.write(session)


def add_history(session: Session, count: int, *, now: datetime, book: Book | None = None) -> list[Past]:
    """Write closed cases spread over 24 months with peaks in June, September and December (DOMAIN 8).

    With a `book` the rows wait there to be written; gives the orders that the cases led to.
    """
    own = book or Book(calendar(session), random.Random(SEED + 1), now)  # noqa: S311  invented data
    units = {row.code: row for row in session.scalars(select(Contractor))}
    found: list[Past] = []
    for row in _numbered(session, count, own):
        named = REPAIRS.get(row["brief"]) if row["close_type"] in ("accepted", "internal") else None
        unit = units.get(named[0]) if named else None
        if unit is not None:
            row["responsible"] = unit.code
        order = history_cases.write(own, row, unit, named[1] if named and unit else None)
        found += [order] if order else []
        own.add(ServiceCase, **row)
    if book is None:
        own.write(session)
    return found


def _many(session: Session, count: int, book: Book) -> list[Past]:
    """Write cases and nothing else, for measurements."""
    rows = _numbered(session, count, book)
    for row in rows:
        ended = row["received_at"] + (book.now - row["received_at"]) * 0.4
        row |= {"solved_at": ended, "closed_at": ended, "promised_at": ended, "original_promised_at": ended}
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(table_of(ServiceCase)), rows[start : start + CHUNK])
    return []


def _numbered(session: Session, count: int, book: Book) -> list[dict[str, Any]]:
    """Invent the cases, in the order of their numbers."""
    projects = {row.id: row.code for row in session.scalars(select(Project))}
    houses = _houses(session)
    safe = vault(session)
    moments = sorted(moment(book.rng, book.now, newest=NEWEST, months=MONTHS) for _ in range(count))
    years: dict[int, int] = {}
    for at in moments:
        years[at.astimezone(CHINA).year] = years.get(at.astimezone(CHINA).year, 0) + 1
    numbers = [
        f"TS-{year}-{value:06d}"
        for year, many in sorted(years.items())
        for value in cases.next_values(session, f"TS-{year}", many)
    ]
    rows: list[dict[str, Any]] = []
    for at, number in zip(moments, numbers, strict=True):
        earlier = book.rng.choice(rows[-REPEATED_WITHIN:]) if rows and book.chance(REPEATED) else None
        house = book.rng.choice(houses)
        row = _case(book, at, number)
        row |= {
            "project": projects[house[2]], "unit_id": house[0], "house": house[1], "party_id": house[3],
            "caller_name": house[4], "caller_phone": house[5], "phone_hash": house[6],
            "phone_masked": mask(safe.open(house[5])),
            "acceptor": "chen.liyan" if projects[house[2]] == "春和里" else "zhao.zhiqiu",
        }  # fmt: skip
        if earlier is not None and (at - earlier["received_at"]).days < REPEATED_WITHIN:
            row |= {name: earlier[name] for name in _SAME}
        row["search"] = f"{row['number']} {row['house']} {row['caller_name']} {row['brief']}"
        rows.append(row)
    return rows


_SAME = (
    *("project", "unit_id", "house", "party_id", "caller_name", "caller_phone", "phone_hash", "phone_masked"),
    *("acceptor", "cat1", "cat2", "final_cat1", "final_cat2", "category", "brief", "subject", "department", "kind"),
)
"""What a complaint has in common with the one it repeats (E19)."""


def _houses(session: Session) -> Sequence[Any]:
    """List the delivered houses of the past with owner and number, those of the stories left out."""
    query = (
        select(Unit.id, Unit.code, Unit.project_id, Party.id, Party.name, Contact.value, Contact.value_hash)
        .join(Ownership, Ownership.unit_id == Unit.id)
        .join(Party, Party.id == Ownership.party_id)
        .join(Contact, Contact.party_id == Party.id)
        .join(Building, Building.id == Unit.building_id)
        .where(Ownership.role == "业主", Unit.delivered_on.is_not(None), Unit.code.not_in(STORY_HOUSES))
    )
    return session.execute(query.order_by(Unit.id).limit(20_000)).all()


def _case(book: Book, received: datetime, number: str) -> dict[str, Any]:
    rng = book.rng
    cat1, department, children = rng.choices(CATEGORIES, weights=(52, 16, 14, 13, 5))[0]
    cat2 = rng.choice(children)
    works = cat1 == "工程维修类"
    kind = "报修" if works and rng.random() < 0.72 else "咨询" if cat2 == "信息咨询" else "投诉"  # noqa: PLR2004
    kind = rng.choice(("建议", "诉求")) if kind == "投诉" and rng.random() < 0.07 else kind  # noqa: PLR2004
    ends = rng.choices(("accepted", "internal", "not_ours", "withdrawn"), weights=(930, 25, 25, 20))[0]
    ends = "answered" if kind == "咨询" else ends
    valid = rng.random() < (0.93 if kind == "报修" else 0.68)
    satisfied = rng.choices(("满意", "基本满意", "不满意"), weights=(58, 32, 10))[0] if ends != "withdrawn" else ""
    rounds = rng.choices((1, 2, 3), weights=(915, 72, 13))[0] if ends == "accepted" else 1
    brief = rng.choice(BRIEFS[cat2])
    treatment = (
        "维修" if works else rng.choices(("道歉解释", "赔偿", "折价", "退货/退换", "其他"), (70, 12, 4, 3, 11))[0]
    )
    loss = float(rng.choice((200, 500, 800, 1500, 3000, 6000))) if treatment in ("赔偿", "折价", "退货/退换") else 0.0
    fast = "特急" if brief == "电梯异响" and rng.random() < 0.15 else "紧急" if rng.random() < 0.06 else "一般"  # noqa: PLR2004
    subject = {"户内维修": "自己房产", "服务态度": "人员服务", "信息咨询": "合同产证"}.get(cat2, "公共部位")
    channel = rng.choices(CHANNELS, weights=OFTEN)[0]
    handled = ends in ("accepted", "internal")
    return {
        "number": number, "caller_role": "业主", "channel": channel,
        "received_by": "物业" if channel == "管理处现场" else rng.choice(("地产", "地产", "物业")), "kind": kind,
        "subject": subject, "cat1": cat1, "cat2": cat2, "final_cat1": cat1 if handled else "",
        "final_cat2": cat2 if handled else "", "category": ROUTES.get(cat1, "其他"), "area": "", "brief": brief,
        "facts": "历史记录，供列表与统计。", "urgency": fast, "scope": rng.choice(("单人",) * 9 + ("多人",)),
        "level": 0 if rounds == 1 else rounds, "round": rounds, "urged": rng.choices((0, 1, 2, 3), (86, 9, 3, 2))[0],
        "department": department, "responsible": department if handled else "",
        "state": {"withdrawn": "已撤"}.get(ends, "已关闭"), "open": False,
        "owner": rng.choice(("lin.xiaoan", "zhou.xiaoning")),
        "registered_by": rng.choice(("lin.xiaoan", "zhou.xiaoning", "yang.guanjia")), "received_at": received,
        "close_type": ends, "close_reason": "", "valid": valid if handled else None,
        "treatment": treatment if handled else "", "loss_amount": loss if handled else None,
        "root_cause": rng.choice(("施工", "施工", "材料", "使用", "其他")) if handled else "",
        "satisfaction": satisfied if handled else "", "intake": {"history": True},
        "norm_score": rng.randrange(72, 100) if handled else None,
    }  # fmt: skip
