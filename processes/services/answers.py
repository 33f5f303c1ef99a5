"""What people last handed in with each form of an instance, for sheets that quote it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage import history, tasks

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Answer:
    """The last checked values of one form, who handed them in and when; empty when nobody has."""

    values: Mapping[str, Any]
    by: str = ""
    at: datetime | None = None

    def text(self, key: str) -> str:
        """Read a text; "" when it is empty."""
        value = self.values.get(key)
        return "" if value is None else str(value)


NOBODY = Answer({})


def last_answers(session: Session, instance_id: UUID | None, forms: Collection[str]) -> dict[str, Answer]:
    """Take the last submission of each of the forms."""
    if instance_id is None:
        return {}
    keys = {task.id: task.form_key for task in tasks.all_of(session, instance_id)}
    found: dict[str, Answer] = {}
    for row in sorted(history.submissions(session, instance_id), key=lambda row: row.submitted_at):
        form = keys.get(row.task_id, "")
        if form in forms:
            found[form] = Answer(row.values, row.submitted_by, row.submitted_at)
    return found
