"""What people fill in at a handover, task by task, when a story does not say otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from processes.services.demo.answers import PAPER, PHOTO, SIGNATURE, later, when
from processes.services.handover_batches import STATIONS
from storage import handovers as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

PAPERS = ["住宅质量保证书", "住宅使用说明书", "分户验收表", "交接书", "临时管理规约", "物业协议", "装修须知"]
DEFECT = {"part": "客厅/窗", "problem": "关闭不严", "severity": "B", "description": "客厅大窗关不严，漏风。"}


def answers(session: Session, form: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give ordinary answers for a task of a handover at a moment; nothing for tasks of other processes."""
    if form == "K01":
        free = [one for one in rows.slots(session, str(known.get("batch_number"))) if one.taken < one.capacity]
        coming = next((one for one in free if one.ends_at > now), None)
        booked = (
            {"appoint_result": "已预约", "slot": str(coming.id), "visitors": 2, "by_proxy": False} if coming else {}
        )
        return booked or {"appoint_result": "未联系上"}
    return _batch(form, now) or _stations(form, now) or _after(form, now)


def _day(now: datetime, days: float) -> str:
    return (now.astimezone(CHINA) + timedelta(days=days)).date().isoformat()


def _batch(form: str, now: datetime) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {
        "H01": {
            "phase": "秋实园/1期",
            "contract_on": _day(now, 20),
            "starts_on": _day(now, 7),
            "ends_on": _day(now, 11),
            "day_slots": [
                {"slot_from": "09:00", "slot_to": "11:30", "capacity": 30},
                {"slot_from": "14:00", "slot_to": "17:00", "capacity": 30},
            ],
            "station_order": [{"station": one} for one in STATIONS],
            "roster": [],
            "fees": [{"fee": "物业费", "rate": "每月每平方米 2.8 元，预缴 12 个月"}],
            "papers": PAPERS,
            "plan_media": "由品牌公关统一答复。",
            "plan_group": "现场设洽谈室，交付负责人接待。",
            "plan_weather": "雨天在大堂签到，备伞。",
        },
        "H02a": {
            "completion_filed": True,
            "filing_no": "备字2026-00108",
            "utilities_ok": True,
            "fire_lift_ok": True,
            "unit_sheets": True,
        },
        "H02b": {"takeover_done": True, "takeover_on": _day(now, -15)},
        "H02c": {"books_printed": True},
        "H02d": {"area_reported": True},
        "H02": {"remark": "四个部门都已核实。"},
        "H03": {"handover_approval": "同意"},
        "H04": {"notice_channels": ["EMS", "短信"], "noticed_at": when(now)},
        "H05": {"day_problems": "签到处排队较长。", "day_actions": "增设一个签到台。"},
        "H06": {"straggler_owner": "cao.jiaofu", "straggler_plan": "每周二、周六上午零散办理。"},
    }
    return found.get(form, {})


def _stations(form: str, now: datetime) -> dict[str, Any]:
    signed = SIGNATURE
    found: dict[str, dict[str, Any]] = {
        "K02": {"id_type": "身份证", "id_tail": "104X", "contract_no": "HT-2024-0388", "identity_ok": True}
        | {"proxy_id_tail": "2217", "proxy_checked": True},
        "K03": {
            "area_fee": 1860,
            "area_settled": True,
            "balance_settled": True,
            "maintenance_fund": "已缴",
            "property_months": 12,
            "property_fee": 3980,
            "property_paid": True,
            "receipt": "SJ-26031",
        },
        "K04": {"water_test": True, "power_test": True, "house_sheet": True, "decision": "收楼", "owner_sign": signed},
        "K05": {"papers_done": PAPERS, "papers_sign": signed},
        "K06": {
            "water": 3.2,
            "power": 18.5,
            "meter_photos": [PHOTO],
            "key_sets": [{"label": "入户门钥匙", "count": 5}],
            "access_cards": 2,
            "lend_key": False,
            "keys_sign": signed,
        },
        "K07": {f"score_{name}": 5 for name in ("order", "attitude", "skill", "quality", "overall")},
        "K08": {
            "refusal_reasons": ["渗漏"],
            "refusal_demand": "修好渗漏并赔偿误工。",
            "refusal_promise": "七日内修好并请业主复验。",
            "refusal_outcome": "整改后再约",
            "again_at": later(now, 8),
        },
        "K15": {"promise_approval": "同意"},
    }
    return found.get(form, {})


def _after(form: str, now: datetime) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {
        "K09": {"recheck": "通过", "recheck_sign": SIGNATURE},
        "K10": {"family": 3, "usage": "自住", "renovation": "近期装修", "prefer": "微信"},
        "K11": {
            "letter_channel": "EMS",
            "letter_number": "EX2026003188",
            "letter_sent_at": when(now),
            "letter_proof": [PAPER],
            "letter_note": "本人签收",
        },
        "K12": {
            "deemed_decision": "认定视同交付",
            "deemed_grounds": "合同第十二条；两次书面催告均已送达。",
            "deemed_on": _day(now, 0),
        },
        "K13": {"movein_reached": "接通", "movein_satisfaction": "满意"},
        "K14": {"reached": True, "explained": "配件后天到，装完请您复验。", "understanding": "理解"},
    }
    return found.get(form, {})
