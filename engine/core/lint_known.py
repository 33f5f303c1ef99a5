"""What a check may look things up in, and the short way to write a finding about an element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.findings import Finding, Severity

if TYPE_CHECKING:
    from engine.core.model import Node


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


def about(node: Node, rule: str, severity: Severity, message: str, message_zh: str) -> Finding:
    """Write a finding about an element."""
    return Finding(node.id, rule, severity, message, message_zh, node.name, line=node.line)
