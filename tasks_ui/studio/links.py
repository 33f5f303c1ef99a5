"""Where one goes from a change: each place of the studio adds its line here, shown when its page exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_gettext

from engine.errors import InvalidInputError
from tasks_ui import reading

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

    from engine.studio import ChangeView


@dataclass(frozen=True, slots=True)
class Place:
    """A place that belongs to a change: its page takes `change_id`, and `file` too where `of_file` says so."""

    endpoint: str
    label: LazyString
    icon: str
    of_file: bool = False
    kinds: frozenset[str] = frozenset()
    over: bool = True
    """Also there when the change is published or discarded."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page."""

    label: str
    address: str
    icon: str


PLACES = (
    Place("studio_compare.change", lazy_gettext("Compare"), "layers"),
    Place("studio_rehearse.begin", lazy_gettext("Rehearse"), "clock-history", over=False),
    Place("studio_scenarios.runs", lazy_gettext("Scenarios"), "clipboard-check", over=False),
    Place("studio_impact.show", lazy_gettext("Impact"), "diagram-3", over=False),
    Place("studio_publishing.show", lazy_gettext("Publish"), "send"),
)


STUDIO = (
    Place("studio_library.index", lazy_gettext("Library"), "journal-text"),
    Place("studio_changes.index", lazy_gettext("Changes"), "pencil"),
    Place("studio_publishing.index", lazy_gettext("Publications"), "send"),
    Place("studio_compare.versions", lazy_gettext("Compare"), "layers"),
    Place("studio_rehearse.published", lazy_gettext("Rehearse"), "arrow-repeat"),
    Place("studio_watch.index", lazy_gettext("How the work goes"), "clock-history"),
    Place("studio_doctor.index", lazy_gettext("Import doctor"), "shield-check"),
    Place("studio_exchange.index", lazy_gettext("In and out"), "download"),
    Place("studio_settings.index", lazy_gettext("Settings"), "sliders"),
)
"""The places of the studio that belong to no change."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A place of the studio, and whether the present page lies in it."""

    label: str
    address: str
    icon: str
    here: bool


def studio_places() -> list[Tab]:
    """List the places of the studio that are there."""
    there = [place for place in STUDIO if place.endpoint in current_app.view_functions]
    part = (request.endpoint or "").partition(".")[0]
    return [
        Tab(str(place.label), url_for(place.endpoint), place.icon, place.endpoint.startswith(f"{part}."))
        for place in there
    ]


def change_links(change: ChangeView, file: str = "") -> list[Link]:
    """List where one goes from a change; `file` is the one that is open."""
    draft = change.draft(file) if file else None
    found = []
    for place in PLACES:
        if place.endpoint not in current_app.view_functions or (not place.over and not change.editable):
            continue
        if place.of_file and draft is None:
            continue
        if place.kinds and (draft is None or draft.kind not in place.kinds):
            continue
        values: dict[str, Any] = {"change_id": change.id} | ({"file": file} if place.of_file else {})
        found.append(Link(str(place.label), url_for(place.endpoint, **values), place.icon))
    return found


def _storable() -> None:
    if not request.path.startswith("/studio"):
        return
    sent = (text for values in (request.args, request.form) for _name, text in values.items(multi=True))
    named = map(str, (request.view_args or {}).values())
    if not all(map(reading.storable, (*sent, *named))):
        raise InvalidInputError(reading.NOT_STORABLE)


def install(app: Flask) -> None:
    """Give templates the functions `change_links` and `studio_places`, and let no form send what cannot be kept."""
    app.before_request(_storable)
    app.jinja_env.globals.update(change_links=change_links, studio_places=studio_places)
