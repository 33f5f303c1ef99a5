"""What is filled in at a task where a scenario or a rehearsal does not say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select

from engine import definitions, instances, tasks
from engine.access import SYSTEM
from engine.core.forms.example import example
from processes.services.demo import answers as ordinary
from processes.services.demo import answers_handover, answers_inspection, answers_quality
from processes.services.demo.paper import PAPER, PHOTO, SIGNATURE
from processes.services.demo.player import FILES
from processes.services.worksheet import defects_of_task
from storage.tables.estate import Project, Unit
from storage.tables.instances import ProcessInstance
from storage.tables.work import Attachment, UserTask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.scenarios import Play
    from engine.testing import Task

UPLOADS = {"photo": PHOTO, "file": PAPER, "signature": SIGNATURE}
USUAL = {
    "phone": "19900009999",
    "name": "示例业主",
    "is_owner": "业主",
    "channel": "电话",
    "received_by": "地产",
    "kind": "投诉",
    "subject": "公共部位",
    "cat1": "工程维修类",
    "cat2": "公共区域设施损坏",
    "brief": "电梯异响",
    "facts": "3 号楼电梯运行时有异响，已持续三天。",
    "location": "3 号楼 2 单元电梯",
    "demand": "尽快检修并告知结果。",
    "urgency": "一般",
    "scope": "单人",
    "answered": False,
    "wording_confirmed": True,
    "readback": True,
    "comforted": True,
}


def usual(stage: Play, task: Task) -> dict[str, Any]:
    """What is filled in where a scenario does not say otherwise; a file is a name without content."""
    return filed(stage, task, answers(stage, task))


def answers(stage: Play, task: Task) -> dict[str, Any]:
    """Give usual answers of a task; what its form requires beyond them gets an example. Files stand by their names."""
    bench = stage.bench
    given = _invented(stage, task)
    with bench.database.read() as session:
        row = session.get_one(UserTask, task.id)
        form = definitions.form(session, row)
        if form is None:
            return given
        instance = session.get_one(ProcessInstance, row.instance_id)
        known = instances.view_of(instance.variables, row.scope_id)
        env = tasks.feel_env(session, bench.registry, bench.now)
        found = dict(tasks.lookups(session, SYSTEM, bench.registry) or {})
        if houses := found.get("units"):  # which finds nothing where nothing is asked for
            found["units"] = lambda text, asked: houses(text or house(session, "") or "", asked)
        return example(form, given, known, env, lookups=found, files=UPLOADS)


def filed(stage: Play, task: Task, data: Mapping[str, Any]) -> dict[str, Any]:
    """Make files, empty ones, of the names that `answers` gave."""
    with stage.bench.transaction() as session:
        return _all_filed(session, session.get_one(UserTask, task.id), data, stage.bench.now)


def _invented(stage_: Play, task: Task) -> dict[str, Any]:
    """What the invented staff answers at a task of the shipped processes; {} at others. Files stand by their names."""
    with stage_.bench.database.read() as session:
        row = session.get_one(UserTask, task.id)
        instance = session.get_one(ProcessInstance, row.instance_id)
        known = instances.view_of(instance.variables, row.scope_id)
        form, now = task.form_key or "", stage_.bench.now
        if form == "T01":
            return {**USUAL, "unit": house(session, "")}
        known |= {"defects": defects_of_task(session, instance.business_key, row.element_id)}
        given = ordinary.answers("CB1" if form == "CB2" else form, known, now)
        given |= answers_inspection.answers(session, form, known, now)
        given |= answers_handover.answers(session, form, known, now)
        given |= answers_quality.answers(session, form, known, now)
        if form == "CB2":
            given |= {"visited_at": now.isoformat(), "visit_signature": SIGNATURE}
        return given


def _all_filed(session: Session, task: UserTask, data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Make empty files of the names that stand for files."""
    return {name: _filed(session, task, name, value, now) for name, value in data.items()}


def _filed(session: Session, task: UserTask, field: str, value: Any, now: datetime) -> Any:
    if isinstance(value, list):
        return [_filed(session, task, field, one, now) for one in value]
    if isinstance(value, dict):
        return {name: _filed(session, task, name, one, now) for name, one in value.items()}
    if not isinstance(value, str) or value not in FILES:
        return value
    whose = {"instance_id": task.instance_id, "task_id": task.id, "field": field, "at": now, "author": SYSTEM.login}
    row = Attachment(id=uuid4(), name=FILES[value], media_type="image/png", size=0, sha256="0" * 64, **whose)
    session.add(row)
    return str(row.id)


def house(session: Session, named: str) -> str | None:
    """A house by its code, or the first one of a project (of the estate when none is named)."""
    query = select(Unit.code).join(Project, Project.id == Unit.project_id).order_by(Unit.id)
    project = session.scalars(query.where(Project.code == named)).first() if named else session.scalars(query).first()
    return project or named or None
