"""The code on the door of a house (QR): a signed address that says which house it is, and nothing else.

It is printed once and hangs for years: it does not run out, names no person and opens nothing by itself. Who scans it
without an account reads what to do; who is signed in gets the house.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from storage.tables.estate import Building, Unit
from storage.tables.inspections import InspectionUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

SIGNS = 12
"""Hexadecimal digits of the signature: short, so that the code is coarse and is read from an arm's length."""


@dataclass(frozen=True, slots=True)
class Door:
    """A house with the last part of its code's address."""

    house: str
    building: str
    entrance: str
    room: str
    token: str


def token(unit_id: int, secret: str) -> str:
    """Write the last part of the address of a house's code."""
    key = hmac.new(secret.encode(), b"keyturn doors", hashlib.sha256).digest()
    return f"{unit_id:x}-{hmac.new(key, str(unit_id).encode(), hashlib.sha256).hexdigest()[:SIGNS]}"


def house(session: Session, given: str, secret: str) -> str:
    """Name the house of a code; "" when it was not made here."""
    key = given.partition("-")[0]
    try:
        unit_id = int(key, 16)
    except ValueError:
        return ""
    if not hmac.compare_digest(token(unit_id, secret).encode(), given.encode()):
        return ""
    unit = session.get(Unit, unit_id)
    return unit.code if unit is not None else ""


def of_batch(session: Session, number: str, *, secret: str, building: str = "") -> Sequence[Door]:
    """List the houses of an inspection batch with their codes, in the order of work; of one building if asked.

    The right to see the batch is checked by `batch_board.visible`.
    """
    query = select(Unit, Building.code).join(InspectionUnit, InspectionUnit.unit_id == Unit.id)
    query = query.join(Building, Building.id == Unit.building_id).where(InspectionUnit.batch_number == number)
    if building:
        query = query.where(Building.code == building)
    query = query.order_by(Building.code, Unit.entrance, func.length(Unit.room), Unit.room)
    return [
        Door(unit.code, code, unit.entrance, unit.room, token(unit.id, secret)) for unit, code in session.execute(query)
    ]
