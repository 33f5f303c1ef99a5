"""Words of the studio's pages and scripts: kinds of files, texts of the front end, comments, help."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from babel.messages.pofile import read_po
from flask_babel import lazy_gettext

from engine.core.reference import help_texts
from engine.errors import N_, NotFoundError
from tasks_ui import i18n

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.core.reference.help_texts import Help
    from engine.studio import CommentView

KINDS = {
    "bpmn": (lazy_gettext("Diagram"), "diagram-3"),
    "dmn": (lazy_gettext("Decision table"), "list"),
    "form": (lazy_gettext("Form"), "journal-text"),
    "scenario": (lazy_gettext("Scenario"), "clipboard-check"),
    "texts": (lazy_gettext("English texts"), "globe"),
}
STATES = {
    "open": (lazy_gettext("being drafted"), "chip-accent"),
    "in_review": (lazy_gettext("in review"), "chip-warn"),
    "published": (lazy_gettext("published"), "chip-ok"),
    "discarded": (lazy_gettext("discarded"), ""),
}

SEVERITIES = {
    "error": (lazy_gettext("error"), "chip-danger"),
    "warning": (lazy_gettext("warning"), "chip-warn"),
    "info": (lazy_gettext("remark"), ""),
}


@cache
def _read(path: Path, _changed: int) -> dict[str, str]:
    with path.open("rb") as file:
        part = read_po(file, locale=i18n.DEFAULT, charset="utf-8")
    return {str(one.id): str(one.string) for one in part if one.id and one.string}


def texts(locale: str) -> dict[str, str]:
    """Give the front end's texts by their English: those of `editor*.po`; nothing for English itself."""
    found: dict[str, str] = {}
    for path in sorted((i18n.TRANSLATIONS / locale).glob("editor*.po")):
        found.update(_read(path, path.stat().st_mtime_ns))
    return found


def comment_row(one: CommentView, names: Mapping[str, str]) -> dict[str, Any]:
    """Write a comment for a script."""
    return {
        "id": str(one.id), "element": one.element_id, "text": one.text, "by": names.get(one.written_by, one.written_by),
        "at": i18n.write_moment(one.written_at), "settled": one.resolved_at is not None,
    }  # fmt: skip


def identity(text: str) -> UUID:
    """Read an id that was sent.

    Raises:
        NotFoundError: it is none.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError(N_("There is no such thing, or you may not see it.")) from error


def help_entry(kind: str, element: str) -> Help | None:
    """Find what the reference says of an element (`bpmn:UserTask`, `textfield`), in the reader's language."""
    return help_texts.find(kind, element, chinese=i18n.locale() != "en")
