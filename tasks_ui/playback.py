"""A case played again on its diagrams, step by step: who, when, how long; also on paper."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext

from engine import access
from engine.access import SYSTEM, Action
from engine.core import drawing
from engine.core.drawing import Mark
from engine.errors import N_, NotFoundError
from engine.watching import playback
from processes.services import casefile
from tasks_ui import context, names, reading
from tasks_ui.i18n import span, write_moment

if TYPE_CHECKING:
    from uuid import UUID

    from engine.watching.playback import Moment, Place, Playback

blueprint = Blueprint("playback", __name__)


@blueprint.get("/cases/<number>/replay")
def case(number: str) -> str:
    """Play a case again, for whoever may see it."""
    with context.reading() as opened:
        head = casefile.view(opened, context.viewer(), number, now=context.utcnow()).head
        if head.instance_id is None:
            raise NotFoundError(N_("No process ran for this case, so there is nothing to play again."))
        found = playback.retell(opened, head.instance_id, SYSTEM)  # whoever may see the case may see what happened
    return _page(found, url_for("cases.show", number=number), f"{number} {head.brief}")


@blueprint.get("/admin/instances/<uuid:instance_id>/replay")
def instance(instance_id: UUID) -> str:
    """Play a process instance again, for operators."""
    with context.reading() as opened:
        access.require(context.viewer(), Action.INCIDENT_VIEW)
        found = playback.retell(opened, instance_id, context.viewer())
    title = " ".join(part for part in (found.business_key, found.title) if part) or names.process(found.key)
    return _page(found, url_for("admin_instances.show", instance_id=instance_id), title)


def _page(found: Playback, back: str, title: str) -> str:
    last = len(found.moments)
    step = min(reading.whole(request.args.get("step", ""), otherwise=last), last)
    rows = [_row(found, one, at) for at, one in enumerate(found.moments, 1)]
    return render_template(
        "replay.html",
        found=found,
        rows=rows,
        step=step,
        last=last,
        back=back,
        title=title,
        pages=_pages(found, step),
        shown=found.moments[step - 1].what.page if step else 0,
        data={"moments": [_data(one, row) for one, row in zip(found.moments, rows, strict=True)]},
        address=lambda number: f"{request.path}?step={number}",
    )


def _name(found: Playback, place: Place) -> str:
    return names.text(place.name, found.pages[place.page].key) or place.element_id


def _translated(key: str, words: str) -> str:
    return names.text(words, key)


def _who(one: Moment) -> str:
    return str(gettext("the system")) if one.actor == SYSTEM.login else one.actor_name


def _row(found: Playback, one: Moment, number: int) -> dict[str, Any]:
    """Write one line of the table."""
    what = _name(found, one.what)
    return {
        "number": number,
        "at": one.at,
        "who": _who(one),
        "what": gettext("%(step)s (withdrawn)", step=what) if one.kind == "canceled" else what,
        "process": names.text(found.pages[one.what.page].name, found.pages[one.what.page].key),
        "waited": span(one.waited) if one.waited is not None else "",
        "next": gettext(", ").join(_name(found, place) for place in one.next),
    }


def _data(one: Moment, row: dict[str, Any]) -> dict[str, Any]:
    said = gettext("%(who)s: %(what)s", who=row["who"], what=row["what"])
    waited = gettext("after %(span)s", span=row["waited"]) if row["waited"] else ""
    return {
        "page": one.what.page,
        "element": one.what.element_id,
        "said": " · ".join(part for part in (write_moment(one.at), said, waited) if part),
        "touched": [[place.page, place.element_id] for place in one.touched],
        "rest": [[place.page, place.element_id] for place in one.at_rest],
    }


def _pages(found: Playback, step: int) -> list[dict[str, Any]]:
    """Draw the diagrams as they stood after a step."""
    drawn = []
    passed = {(place.page, place.element_id) for one in found.moments[:step] for place in one.touched}
    resting = {(place.page, place.element_id) for place in found.moments[step - 1].at_rest} if step else set()
    for at, page in enumerate(found.pages):
        marks = {
            element: Mark(done=(at, element) not in resting, tokens=int((at, element) in resting))
            for number, element in passed | resting
            if number == at
        }
        try:
            svg = drawing.svg(
                page.model, page.key, marks=marks, prefix=f"r{at}", title=names.process(page.key),
                translate=partial(_translated, page.key),
            )  # fmt: skip
        except NotFoundError:  # it was published without a drawing
            svg = ""
        drawn.append({"number": at, "name": names.text(page.name, page.key), "svg": svg})
    return drawn
