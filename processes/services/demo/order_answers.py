"""What people fill in about a rectification order when a story does not say otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from processes.services.demo.paper import PAPER, PHOTO, SIGNATURE, later, when

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SUBSTITUTE = "代维-快手维修队"


def order_answers(element: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give ordinary answers for a task of an order. `known["defects"]` are the ids that need a line each."""
    return _before(element, known, now) or _work(element, known, now) or _after(element, known, now)


def _before(element: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {
        "R01": {
            "structural_authority": "甲城质量监督站",
            "structural_reported_at": when(now),
            "safety_measures": "拉警戒线，裂缝处设观测点，每日两次观测。",
            "design_scheme": [PAPER],
        },
        "R02": {
            "quote_items": [{"service_item": "更换木地板", "price": 180, "quantity": 2}],
            "quote_total": 360,
            "owner_agrees": True,
            "quote_signature": SIGNATURE,
        },
        "R03a": {"sign_decision": "签收"},
        "R03b": {"accept_decision": "接单", "planned_finish_at": later(now, 3), "needs_material": False}
        | ({"can_come": True} if known.get("urgency") == "特急" else {}),
        "R03s": {"supplement": "已补充位置照片：主卧卫生间地漏旁。"},
        "R04": {
            "ruled_unit": known.get("responsible_unit") or "青檐防水分包",
            "ruling_basis": "现场勘查",
            "units_fault": True,
            "shares": [],
            "ruling_note": "现场会同勘查后裁定。",
        },
        "R05": {
            "visit_from": when(now + timedelta(hours=18)),
            "visit_to": when(now + timedelta(hours=19)),
            "visit_people": "现场师傅",
            "customer_confirmed": True,
        },
        "R05v": {"visit_arrived_at": when(now), "home_result": "业主在家", "door_photo": [PHOTO]},
        "R05h": {"hold_decision": "重新预约", "hold_reason": "业主出差回来，约到周末。"},
    }
    return found.get(element, {})


def _each(known: Mapping[str, Any], **values: Any) -> list[dict[str, Any]]:
    return [{"defect": one, **values} for one in known.get("defects") or []]


def _work(element: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    repaired = {"after_photos": [PHOTO], "measures": "凿除原防水层，重做两遍防水，闭水 48 小时无渗漏。"}
    found: dict[str, dict[str, Any]] = {
        "R06": {"results": _each(known, done="完成", **repaired)},
        "R14": {"results": _each(known, **repaired), "actual_cost": 3000, "invoice": [PAPER]},
        "R06p": {
            "progress": 50,
            "done_so_far": "原防水层已凿除。",
            "next_step": "重做防水并闭水。",
            "expected_at": later(now, 2),
        },
        "R06f": {
            "feedback": _each(known, done="未完成", unfinished_reason="等待闭水结果", plan="两日内完成"),
        },
        "R06r": {"rework_reason": "闭水试验需 24 小时，当日不能完成。", "rework_expected_at": later(now, 1)},
        "R06c": {"reached": True, "explained": "已说明返工原因和新的完成时间。", "understanding": "理解"},
        "R07": {"self_check_passed": True, "completion_note": "逐项自检合格。"},
        "R08": {
            "extend_decision": "同意",
            "new_due": known.get("requested_due"),
            "extend_reason": known.get("extend_reason") or "材料",
            "customer_consents": bool(known.get("customer_consents")),
        },
        "R09": {
            "substitute_decision": "同意",
            "substitute_trigger": "逾期",
            "substitute_unit": SUBSTITUTE,
            "substitute_estimate": 3000,
            "written_notice": [PAPER],
        },
    }
    return found.get(element, {})


def _after(element: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {
        "R10": {"checks": _each(known, passed="通过"), "may_tell_customer": True},
        "R11": {
            "told_result": "已约定",
            "told_way": "电话",
            "told_at": when(now),
            "owner_visit_at": when(now + timedelta(days=1)),
        },
        "R12": {
            "owner_result": "通过",
            "owner_checks": _each(known, satisfied=True),
            "satisfaction": "满意",
            "owner_signature": SIGNATURE,
        },
        "R13": {
            "deemed_decision": "视同认定",
            "deemed_evidence": "三次电话、一次短信均未回复，现场已修好。",
            "deemed_photos": [PHOTO],
        },
        "R10s": {"received_by": "吴工甲", "receipt": SIGNATURE},
        "R14w": {"actual_cost": 1200, "work_done": "已凿除原防水层，未做闭水。", "invoice": [PAPER]},
        "R15": {
            "deduct_unit": known.get("responsible_unit") or None,
            "deduct_cost": known.get("actual_cost") or 3000,
            "deduct_fee": (known.get("dmn10") or {}).get("fee_percent") or 0,
            "deduct_from": "质保金",
        },
        "R15b": {"deduct_decision": "确认"},
    }
    return found.get(element, {})


def failing(element: str, data: Mapping[str, Any], problem: str, count: int = 1) -> dict[str, Any]:
    """Turn the answers of a recheck (R10 inside, R12 the owner's) into one that fails the first `count` defects."""
    inner = element == "R10"
    name, wrong = ("checks", {"passed": "不通过"}) if inner else ("owner_checks", {"satisfied": False})
    rows = [{**row, **wrong, "problem": problem} if at < count else row for at, row in enumerate(data[name])]
    said = {} if inner else {"owner_result": "不通过", "satisfaction": "不满意", "owner_signature": None}
    return {**data, name: rows, **said}
