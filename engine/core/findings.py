"""What a check of a diagram, a decision table or a form has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about one element; an `error` stops a deployment.

    `message` is English, `message_zh` Chinese: both say what is wrong and what to change.
    `repair` names an automatic repair, when there is one.
    """

    element_id: str
    rule: str
    severity: Severity
    message: str
    message_zh: str
    name: str = ""
    file: str = ""
    line: int = 0
    repair: str = ""

    def __str__(self) -> str:
        """Show the element, its name and the English sentence."""
        return f"{self._where()}: {self.message}" if self.element_id or self.name else self.message

    def chinese(self) -> str:
        """Show the same with the Chinese sentence."""
        return f"{self._where()}：{self.message_zh}" if self.element_id or self.name else self.message_zh

    def _where(self) -> str:
        return f"{self.element_id} ({self.name})" if self.name else self.element_id


def errors_first(findings: list[Finding]) -> list[Finding]:
    """Sort by severity, keeping the order of the file within each."""
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(findings, key=lambda finding: rank[finding.severity])
