"""The daily sheet and the bulk recheck: many orders in one go, each with its own answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext

from engine import incidents
from engine.errors import InvalidFormError, KeyturnError, ProcessError
from processes.services import daily
from tasks_ui import context, reading
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

blueprint = Blueprint("daily", __name__)
PASS, FAIL = "pass", "fail"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one order; `problem` "" when it is done."""

    number: str
    problem: str = ""


def _chosen() -> list[UUID]:
    return reading.ids(request.form.getlist("task")[: daily.MOST])


def each(chosen: list[UUID], act: Callable[[Session, UUID], None]) -> list[Answer]:
    """Do it for each order in a transaction of its own; what fails keeps none of the others back."""
    answers = []
    for task_id in chosen:
        with context.reading() as opened:
            number = daily.number_of(opened, context.viewer(), task_id)
        try:
            with context.transaction() as opened:
                act(opened, task_id)
        except ProcessError as stuck:  # an administrator is to see it
            incidents.record_failed_command(
                context.application().database, stuck, task_id=task_id, data={}, viewer=context.viewer(),
                now=context.utcnow(),
            )  # fmt: skip
            answers.append(Answer(number or "?", translate(stuck.template, stuck.fields)))
        except KeyturnError as problem:
            answers.append(Answer(number or "?", _say(problem)))
        else:
            answers.append(Answer(number))
    return answers


def _say(problem: KeyturnError) -> str:
    if isinstance(problem, InvalidFormError) and problem.errors:
        first = problem.errors[0]
        return f"{first.label} {translate(first.template, dict(first.fields))}"
    return translate(problem.template, problem.fields)


def _key(task_id: UUID) -> str:
    return f"{request.form.get('_key', '')[:27]}{task_id}"[:64]


@blueprint.get("/daily")
def show() -> Response:
    """Show the orders that wait for a signature."""
    return _sheet([])


def _sheet(answers: list[Answer], problem: str = "", status: int = 200) -> Response:
    with context.reading() as opened:
        groups = daily.to_sign(opened, context.viewer(), now=context.utcnow())
    page = render_template(
        "daily.html", groups=groups, answers=answers, problem=problem, key=uuid4().hex, today=context.utcnow()
    )
    return make_response(page, status)


@blueprint.post("/daily/sign")
def sign() -> Response:
    """Sign the chosen orders, each for itself."""
    chosen = _chosen()
    if not chosen:
        return _sheet([], gettext("Please choose at least one order."), 422)

    def act(opened: Session, task_id: UUID) -> None:
        daily.sign(
            opened, context.viewer(), task_id, now=context.utcnow(), registry=context.registry(),
            idempotency_key=_key(task_id),
        )  # fmt: skip

    return _sheet(each(chosen, act))


@blueprint.get("/daily/opinions")
def opinions() -> Response:
    """Show the recheck opinions to be signed for today (C20)."""
    return _opinions([])


def _opinions(answers: list[Answer], problem: str = "", status: int = 200) -> Response:
    with context.reading() as opened:
        groups = daily.to_receive(opened, context.viewer(), now=context.utcnow())
    page = render_template("daily_opinions.html", groups=groups, answers=answers, problem=problem, key=uuid4().hex)
    return make_response(page, status)


@blueprint.post("/daily/opinions")
def receive() -> Response:
    """Sign for the chosen opinions, each for itself."""
    chosen = _chosen()
    if not chosen:
        return _opinions([], gettext("Please choose at least one order."), 422)

    def act(opened: Session, task_id: UUID) -> None:
        daily.receive(
            opened, context.viewer(), task_id, now=context.utcnow(), registry=context.registry(),
            idempotency_key=_key(task_id),
        )  # fmt: skip

    return _opinions(each(chosen, act))


@blueprint.get("/daily/recheck")
def checks() -> Response:
    """Show what is to be rechecked, house by house."""
    return _checks([])


def _checks(answers: list[Answer], problem: str = "", status: int = 200) -> Response:
    chosen = list(dict.fromkeys(request.args.getlist("number")))[: daily.MOST]
    with context.reading() as opened:
        groups = daily.to_recheck(opened, context.viewer(), now=context.utcnow(), numbers=chosen)
    found = {one.number for group in groups for one in group.orders} | {one.number for one in answers}
    page = render_template(
        "daily_recheck.html", groups=groups, answers=answers, problem=problem, key=uuid4().hex, typed=request.form,
        chosen=chosen, others=[number for number in chosen if number not in found],
    )  # fmt: skip
    return make_response(page, status)


@blueprint.post("/daily/recheck")
def recheck() -> Response:
    """Enter the rechecks of all orders of which something was said; the others stay."""
    verdicts: dict[UUID, dict[str, daily.Verdict]] = {}
    for task_id in _chosen():
        names = [name for name in request.form.getlist(f"defect-{task_id}")[: daily.MOST] if len(name) < 50]  # noqa: PLR2004
        said = {name: request.form.get(f"is-{name}", "") for name in names}
        if any(said.values()):
            verdicts[task_id] = {
                name: daily.Verdict(
                    None if text not in (PASS, FAIL) else text == PASS, request.form.get(f"why-{name}", "")[:300]
                )
                for name, text in said.items()
            }
    if not verdicts:
        return _checks([], gettext("Nothing was said about any defect yet."), 422)

    def act(opened: Session, task_id: UUID) -> None:
        daily.recheck(
            opened, context.viewer(), task_id, verdicts=verdicts[task_id], may_tell=f"tell-{task_id}" in request.form,
            now=context.utcnow(), registry=context.registry(), idempotency_key=_key(task_id),
        )  # fmt: skip

    return _checks(each(list(verdicts), act))
