"""What a linked case of a group complaint takes over from its master: one plan, one spokesman (DOMAIN 2.6).

What is filled in may be changed: each customer is still answered by himself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from processes.services import groups
from storage import cases
from storage import history as submissions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.tables.cases import ServiceCase

PLAN, REPLY = "T12", "T14"
LONGEST = 500
TAKEN = ("cause_analysis", "company_liable", "plan_types", "plan", "promise_text", "external_promise")
"""What of the master's plan is the linked case's too; its tasks and its money are not: they would be done twice."""


def prefill(
    session: Session, form: str, variables: Mapping[str, Any], data: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Fill the master's plan in for a linked case (T12), and what its customer is to be told (T14)."""
    given = dict(data)
    case = cases.get(session, str(variables.get("case_number") or "")) if form in (PLAN, REPLY) else None
    master = cases.get(session, case.group_master) if case is not None and case.group_master else None
    if case is None or master is None:
        return given
    known = _of_plan(session, master, now) if form == PLAN else _of_reply(session, case)
    return {**given, **{name: value for name, value in known.items() if given.get(name) in (None, "", [], [{}])}}


def _of_plan(session: Session, master: ServiceCase, now: datetime) -> dict[str, Any]:
    rows = submissions.submissions(session, master.instance_id, PLAN) if master.instance_id else ()
    if not rows:
        return {}
    values = rows[-1].values
    known = {name: values[name] for name in TAKEN if values.get(name) not in (None, "", [])}
    promised = master.promised_at
    due = {"due": promised.isoformat()} if promised is not None and promised > now else {}
    content = f"随群诉主案 {master.number} 的统一方案办理，单独答复本户。"
    known["plan_tasks"] = [{"type": "部门处理", "content": content, **due}]
    if due:
        known["promised_at"] = due["due"]
    return known


def _of_reply(session: Session, case: ServiceCase) -> dict[str, Any]:
    group = groups.of_case(session, case)
    if group is None or not group.plan:
        return {}
    until = group.promised_at
    promised = f"，{until.astimezone(CHINA):%Y-%m-%d %H:%M} 前完成" if until else ""
    said = f"群诉统一方案（主案 {group.master}，发言人 {group.spokesman or '—'}）：{group.plan}{promised}"
    return {"remark": said[:LONGEST]}
