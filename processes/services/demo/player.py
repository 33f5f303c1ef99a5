"""Plays stories through the real engine with a clock of its own: every task done by its person at its moment."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw
from sqlalchemy import select

from engine import attachments, instances, people, tasks, worker
from processes.services import cases
from processes.services.demo import answers_handover, answers_inspection
from processes.services.demo.answers import AUDIO, PAPER, PHOTO, SIGNATURE, answers
from processes.services.demo.order_answers import failing
from processes.services.worksheet import defects_of_task
from storage import orders
from storage.tables.instances import ProcessInstance
from storage.tables.work import Job, UserTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.files import Files
    from storage.session import Database

JOBS_AT_ONCE = 20
ORDER = "#order"
"""After a story: its rectification order is meant, not its case."""


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody does something to the case of a story at a moment; `act` instead of a task for other doings."""

    at: datetime
    story: str
    login: str
    element: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    act: Callable[[Session, Viewer, str, datetime, Registry], None] | None = None


@dataclass
class Play:
    """What is played on: the numbers that stories got are kept here."""

    database: Database
    registry: Registry
    files: Files
    numbers: dict[str, str] = field(default_factory=dict)

    def run(self, steps: list[Step], until: datetime) -> None:
        """Play steps in the order of their moments, and let due timers and services happen in between."""
        for step in sorted(steps, key=lambda one: one.at):
            self.advance(step.at)
            self.do(step)
        self.advance(until)

    def advance(self, until: datetime) -> None:
        """Run what is due up to a moment, each at its own time."""
        while True:
            with self.database.read() as session:
                due = session.scalar(select(Job.due_at).where(Job.due_at <= until).order_by(Job.due_at).limit(1))
            if due is None:
                return
            if not worker.run_some(
                self.database, clock=partial(_same, due), registry=self.registry, limit=JOBS_AT_ONCE
            ):
                return

    def do(self, step: Step) -> None:
        """Do one step in a transaction of its own."""
        with self.database.transaction() as session:
            viewer = people.viewer(session, step.login, now=step.at)
            if step.element == "T01":
                self.numbers[step.story] = cases.register(
                    session, viewer, step.changes, now=step.at, registry=self.registry
                )
            elif step.act is not None:
                step.act(session, viewer, self.number(session, step.story), step.at, self.registry)
            else:
                self._complete(session, viewer, step)

    def number(self, session: Session, story: str) -> str:
        """Give the number of a story's case, or of its newest order."""
        number = self.numbers[story.removesuffix(ORDER)]
        return orders.of_starter(session, number)[-1].number if story.endswith(ORDER) else number

    def _complete(self, session: Session, viewer: Viewer, step: Step) -> None:
        task = open_task(session, self.number(session, step.story), step.element)
        instance = session.get_one(ProcessInstance, task.instance_id)
        known = instances.view_of(instance.variables, task.scope_id)
        known |= {"defects": defects_of_task(session, instance.business_key, step.element)}
        changes = dict(step.changes)
        problem = changes.pop("fail", None)
        usual = answers("T14" if step.element == "T14b" else step.element, known, step.at)
        usual |= answers_inspection.answers(session, step.element, known, step.at)
        usual |= answers_handover.answers(session, task.form_key or "", known, step.at)
        data = {**usual, **changes}
        data = failing(step.element, data, str(problem)) if problem else data
        for name, value in data.items():
            data[name] = self._uploaded(session, viewer, task, name, value, step.at)
        tasks.complete(session, viewer, task.id, data=data, now=step.at, registry=self.registry)

    def _uploaded(self, session: Session, viewer: Viewer, task: UserTask, name: str, value: Any, now: datetime) -> Any:
        """Upload the file that a value stands for and give its id, inside rows too."""
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            return [
                {key: self._uploaded(session, viewer, task, f"{name}-{key}", one, now) for key, one in row.items()}
                for row in value
            ]
        many = isinstance(value, list)
        kinds = [one for one in (value if many else [value]) if isinstance(one, str) and one in FILES]
        if not kinds:
            return value
        ids = []
        for kind in kinds:
            stored = attachments.put(
                session,
                viewer,
                task_id=task.id,
                field=name,
                filename=FILES[kind],
                stream=_file(kind),
                now=now,
                files=self.files,
            )
            ids.append(str(stored.id))
        return ids if many else ids[0]


def _same(moment: datetime) -> datetime:
    return moment


def open_task(session: Session, number: str, element: str) -> UserTask:
    """Find the open task of a case; LookupError names what is open instead."""
    query = select(UserTask).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    rows = session.scalars(query.where(ProcessInstance.business_key == number, UserTask.state == "open")).all()
    found = [row for row in rows if row.element_id == element]
    if not found:
        raise LookupError(f"{number}: {element} is not open, but {sorted(row.element_id for row in rows)}")
    return found[0]


FILES = {PHOTO: "现场照片.jpg", SIGNATURE: "签名.png", AUDIO: "录音.mp3", PAPER: "证明.pdf"}


@lru_cache(maxsize=8)
def _file(kind: str) -> attachments.Prepared:
    """Invent a file: a picture of coloured shapes, a signature, a sound, a sheet of paper."""
    if kind == AUDIO:
        return attachments.prepare(FILES[kind], io.BytesIO(b"ID3\x03\x00" + bytes(64)))
    if kind == PAPER:
        return attachments.prepare(FILES[kind], io.BytesIO(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"))
    out = io.BytesIO()
    if kind == SIGNATURE:
        paper = Image.new("RGB", (600, 200), "white")
        pen = ImageDraw.Draw(paper)
        pen.line([(60, 120), (120, 60), (170, 140), (240, 70), (300, 130), (380, 80), (520, 110)], "#11203a", 6)
        paper.save(out, "PNG")
    else:
        scene = Image.new("RGB", (960, 640), "#c9d2d8")
        pen = ImageDraw.Draw(scene)
        pen.rectangle((0, 420, 960, 640), fill="#9aa7ad")
        pen.ellipse((330, 460, 640, 590), fill="#6f8896")
        pen.rectangle((420, 300, 520, 420), fill="#e7ebee", outline="#7c8a92", width=4)
        pen.ellipse((280, 400, 690, 630), outline="#d64545", width=8)
        scene.save(out, "JPEG", quality=80)
    return attachments.prepare(FILES[kind], io.BytesIO(out.getvalue()))
