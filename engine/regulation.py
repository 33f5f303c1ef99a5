"""The head of a regulation (B60): who wrote, reviewed and approved a process, and when."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from engine.errors import N_, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HEAD = (
    "number", "note", "executing_department", "supervising_department", "verifying_department", "author", "reviewer",
    "approver", "written_on", "reviewed_on", "approved_on", "changes",
)  # fmt: skip
DATES = ("written_on", "reviewed_on", "approved_on")


def regulation_head(values: Mapping[str, Any]) -> dict[str, Any]:
    """Pick the columns of the regulation's head (B60) out of properties; dates are ISO texts or dates.

    Raises InvalidInputError for a date or number that is none.
    """
    head = {key: values[key] for key in HEAD if values.get(key)}
    readers: dict[str, Callable[[str], Any]] = dict.fromkeys(DATES, date.fromisoformat) | {"changes": int}
    for key, read in readers.items():
        if isinstance(head.get(key), str):
            try:
                head[key] = read(head[key])
            except ValueError as error:
                message = N_("{name}: “{value}” is not right; write dates like 2024-03-01 and counts as whole numbers.")
                raise InvalidInputError(message, name=key, value=head[key]) from error
    return head
