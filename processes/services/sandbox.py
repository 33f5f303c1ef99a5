"""What scenarios and rehearsals play on: an invented estate and its staff, with this installation's own lists."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from engine.core.calendar import CHINA
from engine.errors import N_
from engine.rehearsing.sandboxes import Clock, Entry, Sandbox
from processes.services import clocks, demo, scenario_answers, scenario_verbs
from processes.services.demo.player import FILES
from storage import estate
from storage.tables.deadlines import Deadline
from storage.tables.people import Role, RoleGrant, User
from storage.tables.registers import CalendarDay, Category, CodeItem, Knowledge, PriceItem, ProblemType
from storage.tables.studio import MessageText

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from storage.session import Database

FURNISHED = datetime(2026, 1, 5, 9, 0, tzinfo=CHINA)
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
"""A Monday with an ordinary week before and behind it: stories that name no moment begin there."""
LISTS = (MessageText, CalendarDay, CodeItem, Category, ProblemType, PriceItem, Knowledge)
"""Tables that an installation keeps itself."""
STANDIN = "示例"
"""Who holds a role that nobody of the invented staff has."""
ENTRIES = (
    Entry(
        "complaint",
        "登记",
        N_("Register a call"),
        "T01",
        scenario_answers.USUAL,
        lambda session: {"unit": scenario_answers.house(session, "")},
    ),
    Entry("rectification", "派整改单", N_("Issue an order")),
    Entry("inspection_batch", "验房批次", N_("Begin a batch of inspections"), "", {"户数": 2}),
)
PLAYED_WITH = {
    "complaint": ("callback", "escalation", "reminder", "rectification"),
    "rectification": ("complaint", "reminder"),
    "inspection": ("rectification", "complaint"),
    "handover": ("rectification", "complaint", "callback", "reminder"),
    "review": ("complaint", "callback"),
    "survey": ("review",),
    "decoration": ("complaint",),
}
"""Folders whose files the stories of a folder also go through, beyond what its diagrams call."""
LEADS = {
    "complaint": ("登记", "新案", "转来投诉", "案件"),
    "rectification": ("派整改单", "转到整改单", "整改单", "销项", "整改办结"),
}
CHECKS = frozenset(
    {
        *("案件", "时限", "联系", "通知", "建议级别", "催办单", "处罚", "走到", "依据", "整改单", "缺陷", "扣款"),
        *("查户", "查批次", "户", "查装修", "查调查", "查分析"),
    }
)
ENGLISH = {
    "登记": "register", "新案": "turn to the newest case", "升级": "escalate", "撤诉": "withdraw the case",
    "关联": "link cases", "催办": "the customer presses", "案件": "the case", "时限": "clocks", "联系": "contact log",
    "通知": "these people were told", "建议级别": "suggested level", "催办单": "open calls", "处罚": "penalties",
    "走到": "ends come to", "改表": "change a table", "派整改单": "issue an order", "转到整改单": "turn to the order",
    "不通过": "not passed", "申请延期": "ask for more time", "要求代维": "ask for a substitute",
    "撤回整改单": "take the order back", "书面催告": "warn in writing", "依据": "grounds", "整改单": "the order",
    "缺陷": "defects", "扣款": "deductions", "验房批次": "begin a batch of inspections", "转到户": "turn to a house",
    "整改办结": "close its orders", "取消验房": "cancel the inspection", "查户": "the house", "查批次": "the batch",
    "交付": "hand over", "备交付": "prepare a handover", "户": "the house", "销项": "close orders",
    "转来投诉": "the complaint it became", "取消批次": "cancel the batch", "装修": "begin a decoration",
    "查装修": "the decoration", "案例分析": "begin a review", "最新分析": "turn to the newest review",
    "调查": "begin a survey", "调查记录": "record answers", "查调查": "the survey", "查分析": "the review",
}  # fmt: skip


def sandbox() -> Sandbox:
    """Put together what the engine needs to play."""
    return Sandbox(
        verbs=frozenset(scenario_verbs.VERBS), checks=CHECKS, leads=LEADS,
        english=ENGLISH, furnished_at=FURNISHED, begin=BEGIN, furnish=furnish,
        stamp=stamp, stage=lambda database, registry, begin: scenario_verbs.stage(database, registry, begin=begin),
        answers=scenario_answers.answers, filed=scenario_answers.filed, files=FILES, entries=ENTRIES,
        played_with=PLAYED_WITH, uploads=scenario_answers.UPLOADS, places=places,
        clocks=clocks_of,
    )  # fmt: skip


def furnish(database: Database, source: Session, now: datetime) -> None:
    """Fill an empty database with invented estate and staff, and with the lists and roles that `source` holds."""
    demo.furnish_world(database, now=now)
    with database.transaction() as session:
        for table in LISTS:
            columns = table.__table__.columns
            rows = source.execute(select(*columns).order_by(*table.__table__.primary_key)).mappings().all()
            session.execute(delete(table))
            if rows:
                session.execute(insert(table), sorted(map(dict, rows), key=lambda row: bool(row.get("parent_id"))))
        known = {role.code: role for role in session.scalars(select(Role))}
        for role in source.scalars(select(Role)):
            given = {"name_zh": role.name_zh, "name_en": role.name_en, "supervises": list(role.supervises)}
            if role.code in known:
                for name, value in given.items():
                    setattr(known[role.code], name, value)
            else:
                session.add(Role(code=role.code, position=role.position, **given))
        session.flush()
        held = set(session.scalars(select(RoleGrant.role)))
        for role in session.scalars(select(Role).where(Role.code.not_in(held))).all():
            login, name = f"example.{role.code}"[:60], f"{STANDIN}{role.name_zh or role.code}"
            session.add(User(login=login, name=name, created_at=now, preferences={}))
            session.add(RoleGrant(login=login, role=role.code, scope="", org="", granted_at=now))


def places(session: Session) -> tuple[tuple[str, str], ...]:
    """List the invented projects."""
    return tuple((project.code, project.name) for project in estate.projects(session))


def clocks_of(session: Session) -> dict[str, Clock]:
    """List the clocks that run."""
    rows = session.scalars(select(Deadline).where(Deadline.open).order_by(Deadline.due_at, Deadline.id))
    return {str(row.id): Clock(clocks.NAMES.get(row.clock, row.clock), row.case_number, row.due_at) for row in rows}


def stamp(source: Session) -> str:
    """Digest what `furnish` takes from an installation."""
    whole = sha256()
    for table in (*LISTS, Role):
        columns = table.__table__.columns
        for row in source.execute(select(*columns).order_by(*table.__table__.primary_key)):
            whole.update(repr(tuple(row)).encode())
    return whole.hexdigest()
