"""The head of a regulation changed (B60) without a new version of its diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import access
from engine.access import Action
from engine.errors import N_, InvalidInputError, NotFoundError
from engine.regulation import DATES, HEAD, regulation_head
from storage import audit
from storage import library as queries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer

LONGEST = 200
LONGEST_NOTE = 2_000


def change(session: Session, viewer: Viewer, definition_id: UUID, values: Mapping[str, str], *, now: datetime) -> None:
    """Write the head of a version; what is not in `values` stays, an empty text takes away.

    Raises:
        NotFoundError: there is no such version.
        NotAllowedError: the viewer may not change processes.
        InvalidInputError: a date or a count is none, or a text is too long.
    """
    access.require(viewer, Action.CHANGE_EDIT)
    row = queries.process_for_update(session, definition_id)
    if row is None:
        raise NotFoundError(N_("There is no such version of a process."))
    given = {name: " ".join(str(values[name]).split()) for name in HEAD if name in values}
    for name, text in given.items():
        if len(text) > (LONGEST_NOTE if name == "note" else LONGEST):
            raise InvalidInputError(N_("“{text}” is too long: at most {limit} characters."), text=f"{text[:20]}…",
                                    limit=LONGEST_NOTE if name == "note" else LONGEST)  # fmt: skip
    read = regulation_head(given)
    changed: dict[str, list[Any]] = {}
    for name in given:
        empty: Any = None if name in DATES else 0 if name == "changes" else ""
        new = read.get(name, empty)
        if name == "changes" and not 0 <= new <= 9_999:  # noqa: PLR2004
            raise InvalidInputError(N_("How often it was changed is a number from 0 to 9999."))
        if getattr(row, name) != new:
            changed[name] = [_plain(getattr(row, name)), _plain(new)]
            setattr(row, name, new)
    if changed:
        session.flush()
        audit.record(session, actor=viewer.login, action="definition.head", subject=f"definition:{row.id}",
                     detail={"process": row.key, "version": row.version, "changed": changed}, now=now)  # fmt: skip


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, str)) else value.isoformat()
