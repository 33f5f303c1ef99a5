"""Reviews and surveys of the demo: a finished and a running one of each, and what is being improved (E20, B19)."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import instances, people, starts, tasks
from processes.services import survey_sheet
from processes.services.demo.answers_quality import KANG, YANG, answers
from processes.services.demo.estate import SEED
from processes.services.demo.people import CHUNHE
from storage import reviews, surveys
from storage.tables.instances import ProcessInstance
from storage.tables.surveys import CaseReview, SurveyPlan
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from processes.services.demo.player import Play

LIN, CHEN, SUN, YAN = "lin.xiaoan", "chen.liyan", "sun.mingli", "yan.lingdao"
MARKS = (3, 4, 4, 4, 5, 5, 5)


def begin(session: Session, login: str, key: str, project: str, known: dict[str, Any], *, at: datetime,
          registry: Registry) -> None:  # fmt: skip
    """Begin a review or a survey as a person does from the page of new things."""
    viewer = people.viewer(session, login, now=at)
    starts.start(session, key=key, variables=known, viewer=viewer, now=at, registry=registry, scope=project, title=key)


def newest(session: Session, table: Any) -> str:
    """Give the number of the newest review or survey."""
    return str(session.scalars(select(table.number).order_by(table.id.desc()).limit(1)).one())


def done(session: Session, number: str, login: str, element: str, *, at: datetime, registry: Registry,
         **changes: Any) -> None:  # fmt: skip
    """Do a person's task of a review or a survey with ordinary answers, but for the changes."""
    query = select(UserTask).join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    query = query.where(ProcessInstance.business_key == number, UserTask.state == "open")
    query = query.where(UserTask.element_id == element, UserTask.assignee.in_([login, ""])).order_by(UserTask.id)
    task = session.scalars(query.limit(1)).one()
    instance = session.get_one(ProcessInstance, task.instance_id)
    known = instances.view_of(instance.variables, task.scope_id)
    data = {**answers(session, element, known, at), **changes}
    viewer = people.viewer(session, login, now=at)
    tasks.complete(session, viewer, task.id, data=data, now=at, registry=registry)


def play(stage: Play, now: datetime) -> None:
    """Play last month's review to its end and last week's to its analysis, a survey to its end and one half way."""
    _review(stage, "上月", "", now - timedelta(days=9), ("V1", "V2", "V3", "V4", "V5"))
    _survey(stage, "物业服务满意度调查", 20, now - timedelta(days=26), finished=True)
    _review(stage, "上周", CHUNHE, now - timedelta(days=2), ("V1",))
    _survey(stage, "年度业主满意度调查", 30, now - timedelta(days=5), finished=False)
    stage.advance(now)


def _begun(stage: Play, key: str, table: Any, login: str, project: str, known: dict[str, Any], at: datetime) -> str:
    with stage.database.transaction() as session:
        begin(session, login, key, project, known, at=at, registry=stage.registry)
    stage.advance(at + timedelta(minutes=1))
    with stage.database.read() as session:
        return newest(session, table)


def _do(stage: Play, number: str, login: str, element: str, at: datetime, **changes: Any) -> None:
    stage.advance(at)
    with stage.database.transaction() as session:
        done(session, number, login, element, at=at, registry=stage.registry, **changes)
    stage.advance(at + timedelta(minutes=1))


def _review(stage: Play, period: str, project: str, at: datetime, steps: tuple[str, ...]) -> None:
    number = _begun(stage, "review", CaseReview, SUN, project, {"period": period}, at)
    with stage.database.read() as session:
        row = reviews.get(session, number)
        if row is None or not row.open:
            return
    people_of = {"V1": (LIN,), "V2": (SUN,), "V3": (YAN,), "V4": (KANG, YANG), "V5": (SUN, SUN)}
    for days, element in enumerate(steps, start=1):
        for hours, login in enumerate(people_of[element]):
            _do(stage, number, login, element, at + timedelta(days=days, hours=hours))


def _survey(stage: Play, title: str, count: int, at: datetime, *, finished: bool) -> None:
    number = _begun(stage, "survey", SurveyPlan, CHEN, CHUNHE, {}, at)
    ends = (at + timedelta(days=14)).date().isoformat()
    _do(stage, number, CHEN, "S1", at + timedelta(hours=1), survey_title=title, count=count, ends_on=ends)
    _do(stage, number, SUN, "S2", at + timedelta(hours=5))
    asked = at + timedelta(days=2)
    _ask(stage, number, asked, count if finished else count // 2)
    if not finished:
        return
    _do(stage, number, CHEN, "S3", at + timedelta(days=13))
    _do(stage, number, CHEN, "S4", at + timedelta(days=14))
    for login in (KANG, YANG):
        _do(stage, number, login, "V4", at + timedelta(days=18))
    for _ in range(2):
        _do(stage, number, SUN, "V5", at + timedelta(days=19))


def _ask(stage: Play, number: str, at: datetime, count: int) -> None:
    rng = random.Random(SEED + len(number) + count)  # noqa: S311  invented data, the same every time
    with stage.database.transaction() as session:
        viewer = people.viewer(session, LIN, now=at)
        plan = surveys.get(session, number)
        questions = plan.questions if plan is not None else []
        for place in range(1, count + 1):
            reached = rng.random() < 0.85  # noqa: PLR2004  the share that answers
            marks = {str(one["code"]): rng.choice(MARKS) for one in questions} if reached else {}
            opinion = "希望报修后当天有人联系。" if reached and min(marks.values()) == MARKS[0] else ""
            survey_sheet.record(
                session, viewer, number, place, result="完成" if reached else rng.choice(("未接", "拒访")),
                marks=marks, opinion=opinion, now=at + timedelta(minutes=6 * place),
            )  # fmt: skip
