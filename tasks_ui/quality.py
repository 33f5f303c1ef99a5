"""Reviews of cases, surveys and the daily check: what the supervisors of customer service look after."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.errors import ConflictError, InvalidInputError
from processes.services import quality, survey_sheet
from tasks_ui import context
from tasks_ui.i18n import translate
from tasks_ui.quality_words import quality_word

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse

blueprint = Blueprint("quality", __name__, url_prefix="/quality")
LONGEST = 1000


@blueprint.app_template_filter("quality_word")
def show_quality_word(text: str) -> str:
    """Show a word of reviews and surveys in the reader's language."""
    return quality_word(text)


@blueprint.get("")
def index() -> Response:
    """List reviews, surveys, improvements, and the closed cases to check today."""
    return _index()


def _index(problem: str = "", status: int = 200) -> Response:
    with context.reading() as opened:
        found = quality.index(opened, context.viewer(), now=context.utcnow())
    return make_response(render_template("quality.html", found=found, problem=problem), status)


@blueprint.post("/check/<number>")
def check(number: str) -> BaseResponse:
    """Keep the score of a closed case."""
    text = request.form.get("score", "").strip()
    score = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None  # noqa: PLR2004  three digits
    note = request.form.get("note", "")[:LONGEST]
    try:
        with context.transaction() as opened:
            quality.check(opened, context.viewer(), number, score=score, note=note, now=context.utcnow())
    except InvalidInputError as error:
        return _index(translate(error.template, error.fields), error.status)
    flash(gettext("The check of %(number)s is kept.", number=number), "success")
    return redirect(url_for("quality.index", _anchor="check"), 303)


@blueprint.get("/reviews/<number>")
def review(number: str) -> str:
    """Show a review: the lists, the cases chosen, what is to be improved."""
    with context.reading() as opened:
        found = quality.review(opened, context.viewer(), number)
    return render_template("quality_review.html", review=found, item=found.item)


@blueprint.get("/surveys/<number>")
def survey(number: str) -> str:
    """Show a survey: its households and the averages."""
    with context.reading() as opened:
        found = survey_sheet.survey(opened, context.viewer(), number)
    return render_template("quality_survey.html", survey=found)


@blueprint.get("/surveys/<number>/<int:place>")
def household(number: str, place: int) -> Response:
    """Show what is asked of one household."""
    return _household(number, place)


def _household(number: str, place: int, *, reveal: bool = False, problem: str = "", status: int = 200) -> Response:
    with context.transaction() as opened:
        sheet = survey_sheet.sheet(opened, context.viewer(), number, place, reveal=reveal, now=context.utcnow())
    page = render_template("quality_household.html", sheet=sheet, problem=problem, typed=request.form, revealed=reveal)
    return make_response(page, status)


@blueprint.post("/surveys/<number>/<int:place>")
def record(number: str, place: int) -> BaseResponse:
    """Keep what a household answered, and go to the next; `_reveal` shows its whole number instead."""
    if "_reveal" in request.form:
        return _household(number, place, reveal=True)
    marks = {
        name[2:]: int(value)
        for name, value in request.form.items()
        if name.startswith("q-") and value in ("1", "2", "3", "4", "5")
    }
    attempts = request.form.get("attempts", "")
    try:
        with context.transaction() as opened:
            following = survey_sheet.record(
                opened, context.viewer(), number, place, result=request.form.get("result", ""), marks=marks,
                opinion=request.form.get("opinion", "")[:LONGEST], now=context.utcnow(),
                attempts=int(attempts) if re.fullmatch(r"[0-9]{1,6}", attempts) else None,
            )  # fmt: skip
    except (InvalidInputError, ConflictError) as error:
        return _household(number, place, problem=translate(error.template, error.fields), status=error.status)
    flash(gettext("The answer is kept."), "success")
    if following is None:
        return redirect(url_for("quality.survey", number=number), 303)
    return redirect(url_for("quality.household", number=number, place=following), 303)
