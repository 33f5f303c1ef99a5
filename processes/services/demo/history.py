"""Closed complaints of the last two years as plain rows: for lists, searches and later reports, without instances."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from processes.services.demo.diary import STORY_HOUSES
from processes.services.demo.estate import CATEGORIES, SEED
from storage.cases import next_value
from storage.privacy import mask, vault
from storage.tables.cases import ServiceCase
from storage.tables.deadlines import Deadline
from storage.tables.estate import Project, Unit
from storage.tables.parties import Contact, Ownership, Party

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

MONTHS = 24
SEASON = (6, 9, 12)
IN_TIME = 0.82
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
CHUNK = 5_000


def add_history(session: Session, count: int, *, now: datetime) -> None:
    """Write closed cases spread over 24 months with peaks in June, September and December (DOMAIN 8)."""
    rng = random.Random(SEED + 1)  # noqa: S311  invented data, the same every time
    projects = {row.id: row.code for row in session.scalars(select(Project))}
    houses = session.execute(
        select(Unit.id, Unit.code, Unit.project_id, Party.id, Party.name, Contact.value, Contact.value_hash)
        .join(Ownership, Ownership.unit_id == Unit.id)
        .join(Party, Party.id == Ownership.party_id)
        .join(Contact, Contact.party_id == Party.id)
        .where(Ownership.role == "业主", Unit.delivered_on.is_not(None), Unit.code.not_in(STORY_HOUSES))
        .order_by(Unit.id)
        .limit(20_000)
    ).all()
    moments = sorted(_moment(rng, now) for _ in range(count))
    safe = vault(session)
    rows: list[dict[str, Any]] = []
    first: dict[int, int] = {}
    for moment in moments:
        number = first.setdefault(moment.year, 0) + 1
        first[moment.year] = number
        house = rng.choice(houses)
        row = _case(rng, moment, f"TS-{moment.year}-{number:06d}", now)
        row |= {
            "project": projects[house[2]],
            "unit_id": house[0],
            "house": house[1],
            "party_id": house[3],
            "caller_name": house[4],
            "caller_phone": house[5],
            "phone_hash": house[6],
            "phone_masked": mask(safe.open(house[5])),
        }
        row["search"] = f"{row['number']} {house[1]} {house[4]} {row['brief']}"
        rows.append(row)
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(ServiceCase), rows[start : start + CHUNK])
        session.execute(insert(Deadline), [_clock(row) for row in rows[start : start + CHUNK]])
    for year, last in first.items():
        _reserve(session, f"TS-{year}", last)


def _reserve(session: Session, name: str, last: int) -> None:
    """Let the sequence go on after the invented numbers."""
    from storage.tables.registers import NumberSequence  # noqa: PLC0415

    next_value(session, name)
    row = session.get_one(NumberSequence, name)
    row.value = last
    session.flush()


def _moment(rng: random.Random, now: datetime) -> datetime:
    while True:
        moment = now - timedelta(days=rng.uniform(20, MONTHS * 30), hours=rng.uniform(0, 5))
        if moment.month in SEASON or rng.random() < 0.6:  # noqa: PLR2004  the share of an ordinary month
            return moment


def _case(rng: random.Random, moment: datetime, number: str, now: datetime) -> dict[str, Any]:
    cat1, department, children = rng.choices(CATEGORIES, weights=(50, 18, 14, 12, 6))[0]
    cat2 = rng.choice(children)
    kind = "报修" if cat1 == "工程维修类" and rng.random() < 0.6 else "投诉"  # noqa: PLR2004
    due = moment + timedelta(days=21)
    took = timedelta(days=rng.uniform(1, 20) if rng.random() < IN_TIME else rng.uniform(22, 40))
    solved = min(moment + took, now - timedelta(days=6))
    satisfied = rng.choices(("满意", "基本满意", "不满意"), weights=(62, 28, 10))[0]
    category = {"工程维修类": "地产保修", "清洁绿化类": "物业服务", "秩序维护类": "物业服务"}.get(cat1, "其他")
    return {
        "number": number,
        "caller_role": "业主",
        "channel": rng.choices(("电话", "小程序", "管理处现场", "12345转办"), weights=(60, 25, 12, 3))[0],
        "received_by": rng.choice(("地产", "物业")),
        "kind": kind,
        "subject": "自己房产" if cat2 == "户内维修" else "公共部位",
        "cat1": cat1,
        "cat2": cat2,
        "final_cat1": cat1,
        "final_cat2": cat2,
        "category": category,
        "brief": rng.choice(BRIEFS[cat2]),
        "facts": "历史数据，仅供列表与统计。",
        "department": department,
        "responsible": department,
        "state": "已关闭",
        "open": False,
        "owner": rng.choice(("lin.xiaoan", "zhou.xiaoning")),
        "acceptor": rng.choice(("chen.liyan", "zhao.zhiqiu")),
        "registered_by": rng.choice(("lin.xiaoan", "zhou.xiaoning", "yang.guanjia")),
        "received_at": moment,
        "promised_at": due,
        "original_promised_at": due,
        "solved_at": solved,
        "closed_at": solved + timedelta(days=rng.uniform(1, 5)),
        "close_type": "accepted" if rng.random() < 0.95 else "internal",  # noqa: PLR2004
        "valid": rng.random() < 0.7,  # noqa: PLR2004
        "treatment": rng.choice(("维修", "维修", "道歉解释", "赔偿", "其他")),
        "loss_amount": float(rng.choice((0, 0, 0, 200, 800, 3000))),
        "round": 2 if rng.random() < 0.08 else 1,  # noqa: PLR2004
        "satisfaction": satisfied,
        "intake": {},
    }


def _clock(row: dict[str, Any]) -> dict[str, Any]:
    late = row["solved_at"] > row["promised_at"]
    return {
        "case_number": row["number"],
        "object_type": "case",
        "object_id": row["number"],
        "project": row["project"],
        "clock": "resolve",
        "start_at": row["received_at"],
        "due_at": row["promised_at"],
        "original_due_at": row["promised_at"],
        "value": 15,
        "unit": "wd",
        "source": "DMN-05 D12",
        "met_at": row["solved_at"],
        "breached_at": row["promised_at"] if late else None,
        "open": False,
        "accountable": row["acceptor"],
    }
