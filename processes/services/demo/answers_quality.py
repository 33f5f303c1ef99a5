"""What people fill in at the tasks of case reviews, improvements and surveys, when a story does not say otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from processes.services import quality_prefill
from storage import reviews

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

KANG, YANG = "kang.gongcheng", "yang.guanjia"


def answers(session: Session, form: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give ordinary answers for a form of a review or survey; {} for others. `known`: the variables the task sees."""
    if form not in FORMS:
        return {}
    today = now.astimezone(CHINA).date()
    given = quality_prefill.prefill(session, form, known, {}, now=now)
    given |= FORMS[form] | ({"measures": _measures(today)} if form in ("V3", "S4") else {})
    if form == "V2":
        given["cases"] = given.get("cases") or _cases(session, known)
    if form == "S1":
        given["count"] = 3
    return given


def _measures(today: date) -> list[dict[str, str]]:
    return [
        {
            "measure": "外窗安装增加淋水试验，样板通过后再大面积施工",
            "person": KANG,
            "due": (today + timedelta(days=14)).isoformat(),
        },
        {
            "measure": "报修受理时当场告知上门时间，逾时由管家主动说明",
            "person": YANG,
            "due": (today + timedelta(days=10)).isoformat(),
        },
    ]


def _cases(session: Session, known: Mapping[str, Any]) -> list[dict[str, str]]:
    row = reviews.get(session, str(known.get("review_number") or ""))
    data = row.data if row is not None else {}
    numbers = [one["number"] for name in ("dissatisfied", "longest") for one in data.get(name) or []]
    said = {"cause": "交接时没有说清责任单位，等待时间过长。", "lesson": "派单时同时写明责任单位和上门时间。"}
    return [{"case": number, **said} for number in list(dict.fromkeys(numbers))[:3]]


FORMS: dict[str, dict[str, Any]] = {
    "V0": {"period": "上月"},
    "V1": {"data_note": "已补录；仍在处理的按现状统计。", "data_ok": True},
    "V2": {"analysis": "渗漏和上门不及时占多数，集中在少数责任单位。"},
    "V3": {"review_decision": "通过", "attendees": ["sun.mingli", "wu.gongjia"], "opinion": "同意分析，按措施落实。"},
    "V4": {"item_result": "已写入作业要求并完成交底，抽查两处合格。"},
    "V5": {"item_check": "有效", "check_note": "抽查合格。"},
    "S1": {
        "kind": "业主满意度", "survey_title": "业主满意度调查", "customers": "所有客户", "mode": "电话",
        "purpose": "了解业主对服务的意见。",
    },
    "S2": {"survey_decision": "同意"},
    "S3": {"left_note": "其余住户多次未接，不再继续。"},
    "S4": {"analysis": "服务态度得分高，报修及时性偏低。"},
}  # fmt: skip
