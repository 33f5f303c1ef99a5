"""Open cases that wait at every task, so that every inbox has work."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from processes.services.demo.answers import intake, later
from processes.services.demo.diary import CHEN, FENG, HE, KANG, LIN, QIAN, REPAIR, STORY_HOUSES, ZHOU, Diary
from processes.services.demo.estate import SEED
from processes.services.demo.people import ZHENXI
from processes.services.demo.player import Step
from storage.tables.estate import Project, Unit
from storage.tables.parties import Contact, Ownership, Party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from storage.session import Database

WAITING: Sequence[tuple[str, ...]] = (
    ("T02",), ("T05",), ("T07",), ("T07",), ("T08",), ("T09",), ("T09",), ("T10",), ("T11",), ("T12",), ("T13",),
    ("T14",), ("T15", "T16"), ("T16",), ("T17",), ("T18",), ("T19",), ("T20",), ("T21",), ("T22",), ("T24",), ("T30",),
)  # fmt: skip
"""At which tasks the other open cases wait."""
SAMPLES: tuple[tuple[tuple[str, str, str, str], str, str, str, dict[str, Any]], ...] = (
    (REPAIR, "阳台推拉门卡滞", "阳台推拉门推不动，轮子有异响。", "修好门轮。", {"part": "阳台/推拉门"}),
    (REPAIR, "厨房下水返味", "厨房水槽下水返味，越来越重。", "查明并处理。", {"part": "厨房/排水管道"}),
    (("投诉", "公共部位", "秩序维护类", "车辆管理"), "地下车位被占", "固定车位连续三天被占。", "管好车位。", {}),
    (("投诉", "公共部位", "清洁绿化类", "绿化养护"), "草坪大片枯死", "中心花园草坪枯死两个月。", "补种。", {}),
    (("报修", "公共部位", "工程维修类", "公共区域设施损坏"), "单元门禁失灵", "门禁刷卡无反应。", "修好门禁。", {}),
    (("投诉", "规划环境", "其他", "其他"), "楼下新增垃圾站", "交房图上没有的垃圾站。", "说明并移位。", {}),
)


HANDLERS = {
    "车辆管理": ("物业秩序", "du.zhixu"),
    "绿化养护": ("物业环境", "mei.huanjing"),
    "规划环境": ("设计部", "luo.sheji"),
    "人员服务": ("销售部", FENG),
    "公共区域设施损坏": ("物业维修", "han.shifu"),
}
"""Who handles what, by sub-class or subject; the rest goes to engineering."""


def waiting(database: Database, size: str, now: datetime) -> list[Step]:
    """Spread further open cases over the tasks, so that nobody's inbox is empty."""
    rng = random.Random(SEED + 2)  # noqa: S311  invented data, the same every time
    with database.read() as session:
        houses = _houses(session)
    rounds = 5 if size == "demo" else 1
    steps: list[Step] = []
    for number, stops in enumerate(stops for _ in range(rounds) for stops in WAITING):
        unit, project, name = houses[(number * 7) % len(houses)]
        if stops == ("T05",):
            unit, project = "望冬台1期-01-1-1502", "望冬台"
        phone = f"1990001{number:04d}"
        steps += _until(rng, now, f"waiting-{number}", (unit, project, (name, phone)), stops)
    return steps


def _houses(session: Session) -> list[tuple[str, str, str]]:
    query = (
        select(Unit.code, Project.code, Party.name)
        .join(Project, Project.id == Unit.project_id)
        .join(Ownership, Ownership.unit_id == Unit.id)
        .join(Party, Party.id == Ownership.party_id)
        .join(Contact, Contact.party_id == Party.id)
        .where(Ownership.role == "业主", Project.property_affiliated, Project.code != ZHENXI)
        .where(Unit.code.not_in(STORY_HOUSES))
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query.order_by(Unit.id))]


def _until(
    rng: random.Random, now: datetime, story: str, where: tuple[str, str, tuple[str, str]], stops: tuple[str, ...]
) -> list[Step]:
    """Play a case until it waits at `stops`."""
    unit, project, caller = where
    stop = stops[0]
    what, brief, facts, demand, more = _kind(rng, stop)
    supervisor = CHEN if project == "春和里" else "zhao.zhiqiu"
    approved = what[0] == "投诉"
    on_site = more.get("channel") == "销售现场"
    days = {"T02": 0.1, "T07": 0.1, "T08": 0.1, "T05": 0.1, "T30": 0.05}.get(stop, rng.choice((1, 2, 3)))
    if stop in ("T17", "T18", "T19", "T20", "T21", "T22", "T24"):
        days = 4
    d = Diary(story, now)
    start = min(now - timedelta(days=days), now - timedelta(minutes=90))
    path = ["T01", *(["T30"] if on_site else []), *([stop] if stop in ("T02", "T05") else []), "T07", "T08", "T09"]
    path += ["T10", "T11"] if stop in ("T10", "T11") else []
    path += ["T12", *(["T13"] if approved else []), "T14", *([] if stop == "T15" else ["T15"]), "T16", "T17", "T18"]
    path += ["T20"] if stop == "T20" else ["T19", "T21", "T22", "T23", "T24"]
    people = {"T30": HE, "T09": supervisor, "T12": supervisor, "T14": supervisor, "T17": supervisor, "T10": supervisor}
    department, handler = HANDLERS.get(what[3], HANDLERS.get(what[1], ("工程部", KANG)))
    people |= {"T13": "yan.lingdao", "T16": handler, "T11": "zheng.jianli", "T21": QIAN, "T22": FENG, "T23": HE}
    gap = min(timedelta(hours=3), (now - start) / (len(path) + 2))
    values = intake(unit, caller, what, brief, facts, demand, **more)
    for number, element in enumerate(path):
        if element in stops:
            break
        changes: dict[str, Any] = values if element == "T01" else {}
        if element == "T07":
            changes = {"acceptor": supervisor}
        if element == "T09" and stop in ("T10", "T11"):
            changes = {"needs_visit": True}
        if element == "T12":
            task = {"type": "部门处理", "department": department, "person": handler, "content": "按方案处理并拍照。"}
            changes = {"plan_tasks": [{**task, "due": later(start, 5)}]}
        if element == "T18" and stop == "T20":
            changes = {"satisfaction": "不满意", "close_internally": True}
        login = people.get(element, LIN if number % 2 else ZHOU)
        d.steps.append(Step(start + gap * number, story, login, element, changes))
    return d.steps


def _kind(rng: random.Random, stop: str) -> tuple[tuple[str, str, str, str], str, str, str, dict[str, Any]]:
    """Choose what a case is about so that it comes to the task where it shall wait."""
    if stop == "T02":
        return (
            ("咨询", "合同产证", "客户服务类", "信息咨询"),
            "产权证什么时候能办",
            "想问产权证办理时间。",
            "告知时间。",
            {},
        )
    if stop == "T05":
        return SAMPLES[2]
    if stop in ("T21", "T22", "T24", "T30"):
        what = ("投诉", "人员服务", "客户服务类", "服务态度")
        more = {"channel": "销售现场", "comforted": True, "companion": QIAN}
        return what, "看房时顾问态度冷淡", "看房等候半小时无人接待。", "道歉并改进。", more
    if stop in ("T13", "T15"):
        return SAMPLES[3 if stop == "T13" else 2]
    if stop == "T16":
        return SAMPLES[3]
    return rng.choice(SAMPLES[:2] if stop in ("T10", "T11", "T20") else SAMPLES)
