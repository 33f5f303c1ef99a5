"""What the same work costs at least: a bare Flask and SQLAlchemy endpoint that writes the rows of one completion.

python -m tests.bench.bare <database url> <port> <processes>
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from flask import Flask, redirect, request
from sqlalchemy import create_engine, delete
from sqlalchemy.orm import Session

from storage.session import _JSON
from storage.tables.base import FAR_FUTURE
from storage.tables.instances import AuditEntry, HistoryEvent, ProcessInstance
from storage.tables.work import TaskCandidate, TaskSubmission, UserTask
from tasks_ui.serving import Server

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

EVENTS = ("completed", "left", "entered")
"""As many lines of history as the engine writes for this step."""


def app(url: str) -> Flask:
    """Make the application."""
    bare = Flask("bare")
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), **_JSON)

    @bare.post("/tasks/<uuid:task_id>/complete")
    def complete(task_id: UUID) -> Response:
        now, new = datetime.now(UTC), uuid4()
        with Session(engine) as session, session.begin():
            task = session.get_one(UserTask, task_id)
            instance = session.get_one(ProcessInstance, task.instance_id, with_for_update=True)
            instance.state, instance.waits, instance.updated_at = bytes(256), {"tasks": [str(new)]}, now
            task.state, task.completed_at, task.completed_by = "completed", now, "bench"
            session.execute(delete(TaskCandidate).where(TaskCandidate.task_id == task_id))
            session.add(
                UserTask(
                    id=new, instance_id=instance.id, definition_id=task.definition_id, process_key=task.process_key,
                    element_id=task.element_id, name=task.name, candidate_groups=["agent"], sort_due=FAR_FUTURE,
                    state="open", created_at=now,
                )
            )  # fmt: skip
            session.flush()
            session.add(TaskCandidate(task_id=new, candidate="agent", instance_id=instance.id, sort_due=FAR_FUTURE))
            session.add_all(
                HistoryEvent(
                    instance_id=instance.id, at=now, actor="bench", action=action, element_id="a", token_id=new
                )
                for action in EVENTS
            )
            session.add(AuditEntry(at=now, actor="bench", action="task.complete", subject=f"task:{task_id}", detail={}))
            session.add(
                TaskSubmission(
                    task_id=task_id, instance_id=instance.id, element_id="a", values={}, submitted_at=now,
                    submitted_by="bench", idempotency_key=request.form["_key"], result={"next": [str(new)]},
                )
            )  # fmt: skip
        return redirect(f"/tasks/{new}", 303)

    @bare.get("/healthz")
    def healthz() -> str:
        return "ok"

    return bare


if __name__ == "__main__":
    address, port, processes = sys.argv[1:]
    options = {"bind": f"127.0.0.1:{port}", "workers": int(processes), "worker_class": "gthread", "threads": 8}
    Server(lambda: app(address), options | {"loglevel": "warning", "control_socket_disable": True}, jobs=False).run()
