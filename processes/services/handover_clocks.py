"""The clocks of a house's handover as pages name them: that of a station by its station (款项核对, 陪同验房 …)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from processes.services import clocks
from processes.services.handover_batches import STATIONS
from storage import deadlines
from storage import tasks as task_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from storage.tables.deadlines import Deadline

STATION = "station"
STATION_OF = {element: name for name, element in STATIONS.items()}


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of the house (DMN-05): `late` when it was or is past its end."""

    name: str
    due_at: datetime
    open: bool
    met: bool
    late: bool


def names(session: Session, found: Sequence[Deadline]) -> dict[int, str]:
    """Name clocks for people, by the row's id; one of a station that names no task is any station's."""
    tasks = {one.id: UUID(one.object_id) for one in found if one.clock == STATION and one.object_id != one.case_number}
    forms = {task.id: task.form_key for task in task_rows.by_ids(session, set(tasks.values()))}
    at = {key: STATION_OF.get(forms.get(task, "")) for key, task in tasks.items()}
    return {one.id: at.get(one.id) or clocks.NAMES.get(one.clock, one.clock) for one in found}


def of_house(session: Session, number: str, now: datetime) -> tuple[Clock, ...]:
    """List the clocks of a house."""
    found = deadlines.of_case(session, number)
    named = names(session, found)
    ends = [row.met_at or (row.withdrawn_at and row.due_at) or now for row in found]
    return tuple(
        Clock(named[row.id], row.due_at, row.open, row.met_at is not None, end > row.due_at)
        for row, end in zip(found, ends, strict=True)
    )
