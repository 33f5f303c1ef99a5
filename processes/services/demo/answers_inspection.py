"""What people fill in at the tasks of inspection, when a story does not say otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from processes.services import inspection_prefill
from processes.services.demo.answers import PHOTO, SIGNATURE, when

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

PLAN = {"round": "一户一验", "sampling": "全数", "finish": "精装", "per_day": 20, "buildings": [], "contractors": []}


def answers(session: Session, form: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give ordinary answers for a form of inspection; {} for others. `known` are the variables the task sees."""
    today = now.astimezone(CHINA).date()
    found: dict[str, dict[str, Any]] = {
        "I01": {**PLAN, "round": known.get("round") or "一户一验", "finish": known.get("finish") or "精装"},
        "I02": {"plan_decision": "同意", "opinion": "同意计划。"},
        "I03": {
            "teams": [{"leader": "wei.yanfang1", "members": ["wei.yanfang2"]}],
            "trained_on": today.isoformat(),
            "tools": "空鼓锤、靠尺、激光水平仪、相位仪",
        },
        "I04": {"water": True, "power": True, "clean": True, "doors": True, "papers": True},
        "I05": {"laggards": [], "measures": "每日通报未销项，滞后单位加派人手。"},
        "I06": {"review_result": known.get("gate") or "通过", **_leftovers(known, now)},
        "U01": {
            "arrived_at": when(now - timedelta(minutes=40)), "lines": [], "rest_ok": True, "defects": [],
            "inspector_signature": SIGNATURE, "witness": "郑监理",
        },
        "U02": {"items": []},
        "U03": {"rechecks": [], "new_defects": [], "carry_agreed": False},
        "U04": {
            "water_off": True, "locked": True, "keys": "物业钥匙柜 A 层", "clean": True, "seal_signature": SIGNATURE,
            "key_sets": [{"label": "入户门钥匙", "count": 5}],
        },
    }  # fmt: skip
    if form not in found:
        return {}
    given = inspection_prefill.prefill(session, form, known, found[form], now=now)
    if form == "U03":
        given["rechecks"] = [{**one, "photos": [PHOTO]} for one in given.get("rechecks") or []]
    return given


def _leftovers(known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if known.get("gate") != "有条件":
        return {}
    due = (now.astimezone(CHINA).date() + timedelta(days=14)).isoformat()
    return {"leftovers": [{"matter": "观感缺陷逐户补修", "person": "wu.gongjia", "due": due}]}
