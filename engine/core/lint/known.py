"""What a check may look things up in, and the short way to write a finding about an element."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Collection

    from engine.core.model import Node

KINDS_ZH = {
    "timer": "定时", "message": "消息", "signal": "信号", "error": "错误", "escalation": "升级", "conditional": "条件",
    "link": "链接", "terminate": "终止", "compensation": "补偿", "cancel": "取消",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """Names that exist: in this deployment, among those in force, and in the application's registry.

    `roles` holds codes and names; None for any of them means "cannot be known here", so nothing is said about it.
    """

    forms: frozenset[str] | None = None
    decisions: frozenset[str] | None = None
    processes: frozenset[str] | None = None
    topics: frozenset[str] | None = None
    listeners: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    variables: frozenset[str] | None = None


def about(
    node: Node, rule: str, severity: Severity, message: str, message_zh: str, *, repair: str = "", detail: str = ""
) -> Finding:
    """Write a finding about an element; `repair` names the kind of repair that would mend it."""
    mend = f"{repair}:{detail or node.id}" if repair else ""
    return Finding(node.id, rule, severity, message, message_zh, node.name, line=node.line, repair=mend)


def did_you_mean(name: str, names: Collection[str]) -> tuple[str, str]:
    """Give the sentence with the nearest name, English and Chinese, "" when none is near."""
    near = difflib.get_close_matches(name, sorted(names), 1)
    return (f" Did you mean {near[0]}?", f"是不是“{near[0]}”？") if near else ("", "")
