"""Where somebody at a station goes when a family has left it: to those who wait there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import N_, NotFoundError
from processes.services import rights
from processes.services.handover_batches import STATIONS
from storage import handovers as rows
from storage.tables.instances import ProcessInstance
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer


def desk_of(session: Session, viewer: Viewer, task_id: UUID) -> tuple[str, str] | None:
    """Give the batch of a task's house and its station ("" after the last one); None for a task of no station.

    Raises NotFoundError when he does not see the handover.
    """
    task = session.get(UserTask, task_id)
    instance = session.get(ProcessInstance, task.instance_id) if task else None
    row = rows.house(session, instance.business_key) if instance else None
    batch = rows.batch(session, row.batch_number) if row else None
    if task is None or batch is None or not rights.sees_handover(viewer, batch.project):
        raise NotFoundError(N_("There is no such page."))
    order = ["K02", *(STATIONS[str(one)] for one in batch.stations)]
    if task.element_id not in order:
        return None
    return batch.number, task.element_id if task.element_id != order[-1] else ""
