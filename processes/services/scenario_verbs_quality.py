"""What scenarios of reviews and surveys say: begin one, ask households, check what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import people, starts
from engine.scenarios import CheckFailed, Play
from processes.services import survey_sheet
from storage import reviews, surveys
from storage.tables.surveys import CaseReview, SurveyPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

MANAGER, SUPERVISOR, AGENT = "孙明礼", "陈立言", "林小安"


def _start(stage: Play, key: str, person: str, asked: Mapping[str, Any], project: str) -> None:
    bench = stage.bench
    with bench.transaction() as session:
        viewer = people.viewer(session, stage.people.get(person, person), now=bench.now)
        starts.start(
            session, key=key, variables=asked, viewer=viewer, now=bench.now, registry=bench.registry, scope=project,
            title=key,
        )  # fmt: skip
    bench.run_jobs()


def _newest(stage: Play, table: Any, step: Mapping[str, Any]) -> None:
    with stage.bench.database.read() as session:
        number = session.scalars(select(table.number).order_by(table.id.desc())).first()
    if number is None:
        raise CheckFailed("there is none yet", "还没有")
    stage.current = stage.keys[str(step.get("称为") or number)] = str(number)


def _review(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """案例分析: begin a review of a period, for a project or all."""
    asked = dict(value or {})
    period = {"period": asked.get("期间") or "上月"}
    _start(stage, "review", str(step.get("由") or MANAGER), period, str(asked.get("项目") or ""))
    _newest(stage, CaseReview, step)


def _turn_to_review(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """最新分析: from here on the newest review is meant."""
    del value
    _newest(stage, CaseReview, step)


def _survey(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """调查: begin to plan a survey in a project."""
    _start(stage, "survey", str(step.get("由") or SUPERVISOR), {}, str((value or {}).get("项目") or "春和里"))
    _newest(stage, SurveyPlan, step)


def _ask(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """调查记录: so many households (户数) that were not asked yet have a result (结果) and give each question 分."""
    asked = dict(value)
    bench, person = stage.bench, str(step.get("由") or AGENT)
    with bench.transaction() as session:
        viewer = people.viewer(session, stage.people.get(person, person), now=bench.now)
        row = _plan(session, stage.current)
        marks = {str(one["code"]): int(asked.get("分") or 5) for one in row.questions}
        places = [one.place for one in surveys.households(session, row.number) if not one.result]
        for place in places[: int(asked["户数"])]:
            survey_sheet.record(
                session, viewer, row.number, place, result=str(asked.get("结果") or "完成"), marks=marks, opinion="",
                now=bench.now,
            )  # fmt: skip


def _plan(session: Session, number: str) -> SurveyPlan:
    row = surveys.get(session, number)
    if row is None:
        raise CheckFailed(f"there is no survey {number}", f"没有调查 {number}")
    return row


def _compare(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name, expected in wanted.items():
        if found[str(name)] != expected:
            english = f"{name} is {found[str(name)]!r}, not {expected!r}"
            raise CheckFailed(english, f"{name}应为 {expected!r}，实际为 {found[str(name)]!r}")


def _check_survey(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """查调查: 状态, 计划, 完成, 平均, 措施 (still open) of the survey meant."""
    del step
    with stage.bench.database.read() as session:
        row = _plan(session, stage.current)
        found = surveys.progress(session, row.ends_on, row.ends_on, None)
        score = next((one.score for one in found if one.number == row.number), None)
        left = sum(one.open for one in reviews.items(session, row.number))
        _compare({"状态": row.state, "计划": row.planned, "完成": row.done, "平均": score, "措施": left}, value)


def _check_review(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """查分析: 状态, 期间, 首日, 案例, 措施 (still open) of the review meant."""
    del step
    with stage.bench.database.read() as session:
        row = reviews.get(session, stage.current)
        if row is None:
            raise CheckFailed(f"there is no review {stage.current}", f"没有案例分析 {stage.current}")
        left = sum(one.open for one in reviews.items(session, row.number))
        first = row.first.isoformat()
        _compare({"状态": row.state, "期间": row.period, "首日": first, "案例": len(row.cases), "措施": left}, value)


VERBS = {
    "案例分析": _review,
    "最新分析": _turn_to_review,
    "调查": _survey,
    "调查记录": _ask,
    "查调查": _check_survey,
    "查分析": _check_review,
}
