"""What was typed into a task that the process took back is kept for the next task of the same step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from storage import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from storage.tables.instances import ProcessInstance
    from storage.tables.work import UserTask


def keep(
    session: Session,
    instance: ProcessInstance,
    left: Mapping[str, Sequence[UserTask]],
    rows: Sequence[Mapping[str, Any]],
    kept: Mapping[str, str],
    *,
    over: bool,
) -> None:
    """Hand drafts on: `left` were just taken back with one, `rows` just opened, `kept` waits from earlier steps.

    Of several at once (a loop) nobody could say whose draft it is: theirs go, as all do when the instance is `over`.
    Costs nothing while no task with a draft is taken back.
    """
    if not left and not kept:
        return
    waiting = dict(kept)
    for element, canceled in left.items():
        if len(canceled) == 1 and not over:
            waiting[element] = str(canceled[0].id)
        else:
            for task in canceled:
                task.draft = None
    session.flush()
    for element, task_id in list(waiting.items()):
        opened = [row["id"] for row in rows if row["element_id"] == element]
        if opened or over:
            tasks.carry_draft(session, UUID(task_id), opened[0] if len(opened) == 1 else None)
            del waiting[element]
    if waiting:
        instance.waits = {**(instance.waits or {}), "drafts": waiting}
