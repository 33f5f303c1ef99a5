"""Whom to call at the house of a rectification order: his name, and his number when somebody asks for it (B29)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import N_, NotAllowedError, NotFoundError
from processes.services import rights
from storage import orders, parties
from storage.privacy import mask_name, vault

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.defects import RectificationOrder
    from storage.tables.parties import Contact, Party

TALKS = frozenset({"R05", "R06c", "R11", "R12"})
"""Steps of an order in which somebody speaks with the customer."""


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """The owner, tenant or relative to call: `name` and `phone` masked unless he may be reached by who looks."""

    name: str
    phone: str
    may_reveal: bool
    prefer: str = ""


def owner_line(session: Session, viewer: Viewer, number: str, element_id: str, *, holds: bool) -> OwnerLine | None:
    """Give it to somebody who has such a task of an order (the caller checked that); None where nobody is called.

    Whoever has taken the task (`holds`) must be able to call: who is to make the appointment, who rechecks.
    """
    found = _found(session, number) if element_id in TALKS else None
    if found is None:
        return None
    order, party, contact = found
    reaches = holds or rights.may_call(viewer, order.project)
    return OwnerLine(party.name if reaches else mask_name(party.name), contact.masked, reaches)


def reveal(session: Session, viewer: Viewer, number: str, *, holds: bool, now: datetime) -> str:
    """Show the whole number to somebody who may call customers of the project or `holds` the task; the look is logged.

    Raises NotFoundError when nobody's number is known, NotAllowedError.
    """
    found = _found(session, number)
    if found is None:
        raise NotFoundError
    order, _party, contact = found
    if not holds and not rights.may_call(viewer, order.project):
        raise NotAllowedError(N_("You may not do this."))
    parties.log_access(session, actor=viewer.login, action="phone", subject=f"order:{number}", now=now)
    return vault(session).open(contact.value)


def _found(session: Session, number: str) -> tuple[RectificationOrder, Party, Contact] | None:
    """Find the first of the house's people, owners first, whose number is known."""
    order = orders.get(session, number) if number else None
    if order is None or order.unit_id is None:
        return None
    people = [party for _, party in parties.people_of(session, [order.unit_id])]
    known = parties.contacts_of(session, [party.id for party in people])
    return next(((order, party, known[party.id]) for party in people if party.id in known), None)
