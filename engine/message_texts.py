"""The wording of messages: people change it without a programmer; what a text tells of, its fields, stays."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from string import Formatter
from typing import TYPE_CHECKING

from engine import access
from engine.access import Action
from engine.errors import N_, InvalidInputError, NotFoundError
from storage import audit
from storage import message_texts as rows
from storage.tables.studio import MessageText

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy.orm import Session

    from engine.access import Viewer

LOCALES = ("zh_Hans_CN", "en")
MOST = 500
"""Characters of a text: five short messages."""
BRACES = N_("Braces hold the name of a field and nothing else, as in the shipped wording.")


@dataclass(frozen=True, slots=True)
class Wording:
    """A changed wording, who changed it and when."""

    text: str
    changed_at: datetime
    changed_by: str


def digest_of(template: str) -> str:
    """Name a shipped text."""
    return sha256(template.encode()).hexdigest()


def fields_of(text: str) -> tuple[str, ...]:
    """List the fields of a text in their order. Raises InvalidInputError when a brace stands alone or holds more."""
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise InvalidInputError(BRACES) from error
    if any(spec or conversion for _, _, spec, conversion in pieces):
        raise InvalidInputError(BRACES)
    return tuple(dict.fromkeys(name for _, name, _, _ in pieces if name is not None))


def wording(session: Session, template: str, locale: str = LOCALES[0]) -> str:
    """Give the changed wording of a shipped text in a language, or the text itself."""
    found = _changed(session).get((digest_of(template), locale or LOCALES[0]))
    return found.text if found else template


def written(session: Session, template: str, fields: Mapping[str, Any], locale: str = LOCALES[0]) -> str:
    """Write a text whose shipped wording is already in the language: as it is worded now, its fields filled in."""
    return wording(session, template, locale).format(**fields)


def changed(session: Session, template: str) -> dict[str, Wording]:
    """Give the changed wordings of a text by language."""
    known = _changed(session)
    return {one: known[digest_of(template), one] for one in LOCALES if (digest_of(template), one) in known}


def _changed(session: Session) -> dict[tuple[str, str], Wording]:
    """Read them once in a transaction: there are few."""
    if "message_texts" not in session.info:
        session.info["message_texts"] = {
            (row.digest, row.locale): Wording(row.text, row.changed_at, row.changed_by) for row in rows.every(session)
        }
    found: dict[tuple[str, str], Wording] = session.info["message_texts"]
    return found


def reword(
    session: Session, viewer: Viewer, *, template: str, locale: str, text: str, known: Collection[str], now: datetime
) -> None:
    """Change the wording of a text in a language; an empty one restores the shipped wording.

    Raises InvalidInputError when it is too long, or names a field the text does not have; NotFoundError when there is
    no such text among the `known` ones; NotAllowedError.
    """
    access.require(viewer, Action.PROCESS_REGISTER_EDIT)
    if template not in known or locale not in LOCALES:
        raise NotFoundError(N_("There is no such text."))
    row, said = rows.find(session, digest_of(template), locale), text.strip()
    before = row.text if row else ""
    _check(template, said)
    if row is not None and not said:
        session.delete(row)
    elif row is not None:
        row.text, row.changed_at, row.changed_by = said, now, viewer.login
    elif said:
        session.add(
            MessageText(
                digest=digest_of(template), locale=locale, template=template, text=said, changed_at=now,
                changed_by=viewer.login,
            )
        )  # fmt: skip
    detail = {"template": template, "locale": locale, "before": before, "after": said}
    audit.record(session, actor=viewer.login, action="text.edit", subject="message_text", detail=detail, now=now)
    session.info.pop("message_texts", None)
    session.flush()


def _check(template: str, text: str) -> None:
    if len(text) > MOST:
        raise InvalidInputError(N_("The text has {count} characters; at most {most} fit."), count=len(text), most=MOST)
    allowed = fields_of(template)
    unknown = [name for name in fields_of(text) if name not in allowed]
    if unknown:
        raise InvalidInputError(
            N_("{unknown} is not known here. This text may name: {known}."),
            unknown=", ".join(f"{{{name}}}" for name in unknown), known=", ".join(f"{{{name}}}" for name in allowed),
        )  # fmt: skip
