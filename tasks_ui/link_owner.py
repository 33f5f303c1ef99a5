"""An owner's page behind a signed link: progress in plain words, appointments, a rating. Made for a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import lazy_gettext

from engine.errors import ConflictError, InvalidInputError
from processes.services import link_owner, links
from tasks_ui import context, link_door, reading
from tasks_ui.guard import public
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse

blueprint = Blueprint("owner", __name__, url_prefix="/o/<token>")
link_door.install(blueprint, links.OWNERS)
STEPS = (
    lazy_gettext("We have received it"),
    lazy_gettext("Somebody looks at it and plans the work"),
    lazy_gettext("The work is under way"),
    lazy_gettext("The result is told to you"),
    lazy_gettext("Finished"),
)
SENTENCES = (
    lazy_gettext("We have your report and are choosing who takes care of it."),
    lazy_gettext("Your matter is being looked at. We will tell you how and until when it is solved."),
    lazy_gettext("Your matter is being worked on."),
    lazy_gettext("The work is done. Please have a look and tell us whether it is right."),
    lazy_gettext("This matter is finished. Thank you."),
)
HANDOVER = (
    lazy_gettext("Please choose when you want to take your house over."),
    lazy_gettext("Your appointment stands. Please bring your identity card and the contract."),
    lazy_gettext("You have signed in. We go through the stations with you one by one."),
    lazy_gettext("We have your objections and take care of them. Then we make another appointment with you."),
    lazy_gettext("The house has been handed over to you. Welcome home."),
)
STARS = {
    5: lazy_gettext("Very good"),
    4: lazy_gettext("Good"),
    3: lazy_gettext("Acceptable"),
    2: lazy_gettext("Not good"),
    1: lazy_gettext("Bad"),
}


def _show(problem: str = "", about: str = "", typed: dict[str, Any] | None = None, status: int = 200) -> Response:
    with context.reading() as opened:
        found = link_owner.view(opened, link_door.link(), now=context.utcnow())
    return link_door.page(
        "link_owner.html", status=status, found=found, steps=STEPS, sentences=SENTENCES, stars=STARS, problem=problem,
        handover_words=HANDOVER, about=about, typed=typed or {}, done=link_door.done_sentence(),
    )  # fmt: skip


@blueprint.get("")
@public
def index() -> Response:
    """Show everything behind the link."""
    return _show()


@blueprint.post("/language")
@public
def language() -> BaseResponse:
    """Read this page in another language."""
    return link_door.choose_language(url_for(".index"))


@blueprint.post("/visits/<int:visit_id>")
@public
def visit(visit_id: int) -> Response | BaseResponse:
    """Confirm an appointment or ask for another time."""
    wish = request.form.get("wish", "")
    try:
        with context.transaction() as opened:
            link_owner.answer_visit(
                opened, link_door.link(), visit_id, agrees=request.form.get("answer") == "yes", wish=wish,
                now=context.utcnow(),
            )  # fmt: skip
    except (InvalidInputError, ConflictError) as problem:
        sentence = translate(problem.template, problem.fields)
        return _show(sentence, f"visit-{visit_id}", {"wish": wish}, problem.status)
    return redirect(url_for(".index", done=1), 303)


@blueprint.post("/handover")
@public
def slot() -> Response | BaseResponse:
    """Choose when to take the house over, or another time."""
    chosen = request.form.get("slot", "")
    try:
        with context.transaction() as opened:
            link_owner.choose_slot(
                opened,
                link_door.link(),
                reading.whole(chosen),
                now=context.utcnow(),
                registry=context.registry(),
            )
    except (InvalidInputError, ConflictError) as problem:
        return _show(translate(problem.template, problem.fields), "handover", {"slot": chosen}, problem.status)
    return redirect(url_for(".index", done=1), 303)


@blueprint.post("/ratings/<number>")
@public
def rate(number: str) -> Response | BaseResponse:
    """Rate a solved matter."""
    stars, comment = request.form.get("stars", ""), request.form.get("comment", "")
    try:
        with context.transaction() as opened:
            link_owner.rate(
                opened, link_door.link(), number, stars=int(stars) if stars in {"1", "2", "3", "4", "5"} else 0,
                comment=comment, now=context.utcnow(),
            )  # fmt: skip
    except (InvalidInputError, ConflictError) as problem:
        sentence = translate(problem.template, problem.fields)
        return _show(sentence, f"rate-{number}", {"stars": stars, "comment": comment}, problem.status)
    return redirect(url_for(".index", done=1), 303)
