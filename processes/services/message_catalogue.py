"""The texts of messages that people may word otherwise, by whom they are for and when they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import message_texts
from engine.errors import N_, NotFoundError
from processes.services import (
    handover_notices,
    improvements,
    inspection_batches,
    inspection_units,
    links,
    notices,
    order_notices,
    owner_texts,
    task_reminders,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.message_texts import Wording

OTHER = "其他事件"
GROUPS: tuple[tuple[str, Mapping[str, str]], ...] = (
    (N_("Customers: short messages"), owner_texts.WORDS),
    (
        N_("Links sent by short message"),
        {"责任单位": links.SMS_TEXT[links.CONTRACTOR], "客户": links.SMS_TEXT[links.CASE]},
    ),
    (N_("Staff: complaints and repairs"), {**notices.TEMPLATES, OTHER: notices.OTHER}),
    (N_("Staff and contractors: rectification orders"), {**order_notices.TEMPLATES, OTHER: order_notices.OTHER}),
    (N_("Staff: inspection"), {**inspection_units.TOLD, **inspection_batches.TOLD}),
    (N_("Staff: handover"), {**handover_notices.TEMPLATES, OTHER: handover_notices.OTHER}),
    (N_("Staff: improvements"), improvements.TOLD),
    (N_("Staff: reminders of a step"), task_reminders.TOLD),
)
ENGLISH = {
    "已登记": "registered", "方案告知": "told the plan", "其他进展": "other progress", "上门": "visit agreed",
    "投诉办结": "complaint settled", "整改完成": "repair done", "收楼预约": "handover booked",
    "收楼提醒": "the day before the handover", "钥匙交接": "keys given", "附链接": "with the link of his page",
    "责任单位": "responsible unit", "客户": "customer", "已派单": "dispatched", "联系不上": "cannot be reached",
    "即将到期": "due soon", "逾期": "overdue", "级别变化": "level changes", "结构安全": "structural safety",
    "再次转派": "passed on again", "进展未报": "report missing", "工单指派": "order assigned",
    "复核不通过": "recheck failed", "待业主复验": "waits for the owner's recheck", "整改撤回": "order withdrawn",
    "整改挂起": "order suspended", "返工未完成": "rework not finished", "书面催告": "written warning",
    "案件转外部": "case settled outside", "建议代维": "substitute suggested", "到期未验": "not inspected in time",
    "多次返工": "repaired several times", "A类未整改": "class A still open", "改进到期": "improvement due",
    "改进逾期": "improvement overdue", "步骤即将到期": "step due soon", "步骤已逾期": "step overdue",
    "步骤待办": "step without a limit", OTHER: "any other event",
}  # fmt: skip
SAMPLES = {
    "number": "TS-2026-000123", "brief": "次卧窗扇关不严", "event": "进展未报", "level": "2", "clock": "受理时限",
    "due": "03-05 18:00", "about": "受理号 TS-2026-000123", "time": "03-06 14:00", "who": "陈立言 0571-8800 0001",
    "house": "春和里1期-01-4-1502", "day": "2026-03-06", "text": "受理号 TS-2026-000123 已处理完毕。",
    "link": "https://…/l/8f3a", "label": "方正样板门窗分包", "address": "https://…/l/8f3a", "count": "3",
    "measure": "门窗进场前抽检", "first": "2026-02-01", "last": "2026-02-28",
    "step": "现场查勘",
}  # fmt: skip
"""What stands in the fields of a text while it is tried."""
CHINESE_ONLY = frozenset(owner_texts.WORDS.values())
"""Texts for customers are shipped in Chinese and sent in Chinese."""


@dataclass(frozen=True, slots=True)
class MessageText:
    """A text: whom it is for (`group`, to be translated), when it is sent, its fields and how it is worded now."""

    digest: str
    group: str
    occasion: str
    occasion_en: str
    template: str
    fields: tuple[str, ...]
    locales: tuple[str, ...]
    changed: Mapping[str, Wording]


def texts(session: Session) -> tuple[MessageText, ...]:
    """List all texts in the order of their groups."""
    return tuple(
        MessageText(
            message_texts.digest_of(template), group, occasion, ENGLISH[occasion], template,
            message_texts.fields_of(template),
            message_texts.LOCALES[:1] if template in CHINESE_ONLY else message_texts.LOCALES,
            message_texts.changed(session, template),
        )
        for group, occasion, template in _known()
    )  # fmt: skip


def find(session: Session, digest: str) -> MessageText:
    """Find a text. Raises NotFoundError."""
    found = next((text for text in texts(session) if text.digest == digest), None)
    if found is None:
        raise NotFoundError(N_("There is no such text."))
    return found


def reword(session: Session, viewer: Viewer, digest: str, *, locale: str, text: str, now: datetime) -> None:
    """Change how a text is worded; "" restores the shipped wording. Raises as `engine.message_texts.reword`."""
    known = {message_texts.digest_of(template): template for _, _, template in _known()}
    message_texts.reword(
        session, viewer, template=known.get(digest, ""), locale=locale, text=text, known=known.values(), now=now
    )


def sample(template: str) -> dict[str, str]:
    """Give a value for each field of a text."""
    return {name: SAMPLES.get(name, name) for name in message_texts.fields_of(template)}


def _known() -> Iterator[tuple[str, str, str]]:
    for group, found in GROUPS:
        for occasion, template in found.items():
            yield group, occasion, template
