"""The heads of the demo's regulations (A24, B60): number, departments, who wrote, reviewed and approved, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PREFIXES = {
    "complaint": ("KF-TS", "客服部"), "callback": ("KF-HF", "客服部"), "escalation": ("KF-SJ", "客服部"),
    "reminder": ("KF-CB", "客服部"), "rectification": ("GC-ZG", "工程部"), "inspection": ("GC-YF", "工程部"),
    "handover": ("KF-JF", "客服部"),
}  # fmt: skip
AUTHOR, REVIEWER, APPROVER = "柏流程", "孙明礼", "严领导"


def heads(folder: str, files: Iterable[str], *, now: datetime, changes: int = 0) -> dict[str, dict[str, Any]]:
    """Give the head of each process of a folder by its key, dated some days before `now`."""
    prefix, department = PREFIXES.get(folder, ("KF", "客服部"))
    keys = sorted(name.removesuffix(".bpmn") for name in files if name.endswith(".bpmn"))
    written, reviewed, approved = ((now - timedelta(days=days)).date() for days in (21, 12, 5))
    return {
        key: {
            "number": f"{prefix}-{at:02d}", "executing_department": department, "supervising_department": "总经办",
            "verifying_department": "客服部", "author": AUTHOR, "reviewer": REVIEWER, "approver": APPROVER,
            "written_on": written, "reviewed_on": reviewed, "approved_on": approved, "changes": changes,
        }
        for at, key in enumerate(keys, 1)
    }  # fmt: skip
