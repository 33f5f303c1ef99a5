"""Story 3 of the demo: water through an outer wall, twelve neighbours, a group complaint of level 3 (DOMAIN 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services import cases
from processes.services.demo.answers import intake, later, when
from processes.services.demo.diary import CHEN, KANG, LIN, SUN, ZHOU, Diary

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from processes.services.demo.player import Play, Step

STORY, YAN = "wall", "yan.lingdao"
WHAT = ("报修", "公共部位", "工程维修类", "公共区域设施损坏")
FIRST = ("孙晓禾", "19900009003")
NEIGHBOURS = (
    *("王子衿", "李云舟", "张若谷", "刘清和", "陈知远", "杨南乔", "黄望舒", "赵景行", "周思齐", "吴嘉树"),
    "徐逢春",
)
HOUSES = tuple(f"春和里1期-02-{entrance}-{room}" for entrance in (1, 2, 3, 4) for room in ("302", "301", "502"))
DISPATCHED, TOLD = 6, 3
"""So many linked cases are dispatched, so many neighbours have been told the plan; the others are still to be."""


def group_story(stage: Play, now: datetime) -> list[Step]:
    """Register the cases one after another, link them to the first, plan once, tell each neighbour by himself."""
    d = Diary(STORY, now)
    d.add(6, "09:10", LIN, "T01", **_said(HOUSES[0], FIRST, "东侧外墙渗水，卧室墙面大片霉斑")).dispatched(6, CHEN)
    steps = [*d.steps]
    for number, name in enumerate(NEIGHBOURS):
        steps += _neighbour(now, number, name)
    return [*steps, *_led(stage, now), *_linked(now)]


def _said(house: str, caller: tuple[str, str], brief: str) -> dict[str, Any]:
    more = {"part": "外墙/防渗漏", "location": "2栋东侧外墙"}
    return intake(house, caller, WHAT, brief, f"{brief}，下雨后更严重。", "彻底修好外墙并恢复室内。", **more)


def _neighbour(now: datetime, number: int, name: str) -> list[Step]:
    d = Diary(f"{STORY}-{number}", now)
    said = _said(HOUSES[number + 1], (name, f"199000093{number:02d}"), "东侧外墙渗水到卧室")
    days = 5 if number < DISPATCHED else 4
    return d.add(days, f"{9 + number % DISPATCHED:02d}:20", ZHOU if number % 2 else LIN, "T01", **said).steps


def _led(stage: Play, now: datetime) -> list[Step]:
    """The master: linked, raised to level 3, planned for all."""

    def link(session: Session, viewer: Viewer, number: str, at: datetime, registry: Registry) -> None:
        found = [stage.numbers[f"{STORY}-{one}"] for one in range(len(NEIGHBOURS))]
        cases.link_group(session, viewer, number, found, now=at, registry=registry)

    d = Diary(STORY, now)
    raised = {"suggested_level": 3, "level": 3, "escalation_reason": "同一面外墙十二户渗漏"}
    d.add(4, "17:30", SUN, act=link).add(4, "18:10", YAN, "ES1", **raised)
    task = {"type": "部门处理", "department": "工程部", "person": KANG, "content": "吊篮查勘，东墙整面铲除重做防水。"}
    words = "一个方案：整面外墙重做防水并逐户修复内墙；陈立言为唯一发言人，每周五通报进度；各户内墙损失分别答复。"
    plan = {"plan_tasks": [{**task, "due": later(now, 6)}], "promised_at": later(now, 9)}
    d.add(3, "10:00", CHEN, "T12", plan=words, **plan)
    d.add(3, "11:30", YAN, "ES2", escalation_plan="每周通报，统一由陈立言答复业主。", next_report_at=later(now, 4))
    return d.add(3, "14:00", CHEN, "T14").add(2, "10:00", LIN, "T15").steps


def _linked(now: datetime) -> list[Step]:
    """Each neighbour is answered by himself, after the one plan."""
    steps: list[Step] = []
    for number in range(DISPATCHED):
        d = Diary(f"{STORY}-{number}", now)
        d.add(3, f"14:{20 + number}", LIN, "T07", acceptor=CHEN).add(3, f"14:{30 + number}", LIN, "T08")
        d.add(3, f"17:{10 + number}", CHEN, "T09")
        if number < TOLD:
            task = {"type": "部门处理", "department": "工程部", "person": KANG, "content": "按主案方案修复本户内墙。"}
            plan = {"plan_tasks": [{**task, "due": later(now, 7)}], "promised_at": later(now, 9)}
            d.add(
                2, f"09:{30 + number}", CHEN, "T12", plan="按群诉主案的统一方案办理，外墙完工后修复本户内墙。", **plan
            )
            d.add(2, f"10:{30 + number}", CHEN, "T14", replied_at=when(d.at(2, "10:20")))
        steps += d.steps
    return steps
