"""How a row of a register is found, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, or_, select

from engine.errors import N_, InvalidInputError
from processes.services.register_columns import named, resolve
from processes.services.register_rows import ROWS
from storage import estate, parties
from storage.privacy import vault
from storage.tables.estate import Building, Phase, Unit
from storage.tables.parties import Ownership, Party

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from processes.services.register_list import Register


def query(register: Register, text: str) -> Select[Any]:
    """Select a register's rows, filtered by what was typed."""
    found = select(register.table)
    for name, value in register.fixed:
        found = found.where(getattr(register.table, name) == value)
    if register.code == "owners":
        found = found.join(Party, Party.id == Ownership.party_id).join(Unit, Unit.id == Ownership.unit_id)
    for piece in text.split():
        columns = [getattr(register.table, name) for name in register.search]
        columns = [Party.name, Unit.code] if register.code == "owners" else columns
        if register.code == "units":
            wanted = estate.compact(piece)
            found = found.where(or_(Unit.code.contains(piece, autoescape=True), Unit.search.contains(wanted)))
        else:
            found = found.where(or_(*(column.contains(piece, autoescape=True) for column in columns)))
    return found


def cells(session: Session, register: Register, row: Any, *, whole: bool = False) -> dict[str, Any]:
    """Give a row's values by column; phone numbers masked unless `whole`."""
    if register.code in ROWS:
        return ROWS[register.code].cells(session, register, row)
    if register.code == "owners":
        return _owner_cells(session, row, whole=whole)
    return {
        column.key: named(session, column, getattr(row, column.key))
        if column.kind == "ref"
        else getattr(row, column.key)
        for column in register.columns
    }


def _owner_cells(session: Session, row: Ownership, *, whole: bool) -> dict[str, Any]:
    party = session.get_one(Party, row.party_id)
    contact = parties.contacts_of(session, [party.id]).get(party.id)
    phone = ""
    if contact:
        phone = vault(session).open(contact.value) if whole else contact.masked
    return {
        "unit_id": session.get_one(Unit, row.unit_id).code,
        "name": party.name,
        "role": row.role,
        "phone": phone,
        "importance": party.importance,
        "prefer": party.prefer,
        "since": row.since,
        "until": row.until,
    }


def find(session: Session, register: Register, values: Mapping[str, Any]) -> Any:
    """Find the row that the key columns name; `values` hold keys of references already."""
    if register.code in ROWS:
        return ROWS[register.code].find(session, values)
    if register.code == "owners":
        found = select(Ownership).join(Party, Party.id == Ownership.party_id)
        found = found.where(Ownership.unit_id == values["unit_id"], Ownership.role == values["role"])
        return session.scalar(found.where(Party.name == values["name"]))
    wanted = select(register.table)
    for name, value in (*register.fixed, *((key, _unset(register, key, values[key])) for key in register.keys)):
        wanted = wanted.where(getattr(register.table, name) == value)
    return session.scalar(wanted)


def resolved(session: Session, register: Register, values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what references name into keys of rows."""
    return {
        column.key: resolve(session, column, str(values[column.key]))
        if column.kind == "ref" and values.get(column.key) not in (None, "")
        else values.get(column.key)
        for column in register.columns
    }


def write(session: Session, register: Register, row: Any, values: Mapping[str, Any], *, now: datetime) -> str:
    """Write a row (None: a new one); gives accepted, changed or same."""
    if register.code == "owners":
        return _write_owner(session, row, values, now=now)
    if register.code in ROWS:
        return ROWS[register.code].write(session, row, values, now)
    kept = {key: _unset(register, key, value) for key, value in values.items()}
    if register.code == "units":
        kept |= _unit_places(session, kept)
    if register.code == "rota" and kept["ends_at"] <= kept["starts_at"]:
        raise InvalidInputError(N_("The end is not after the beginning."))
    if register.code == "prices" and kept["valid_until"] is not None and kept["valid_until"] < kept["valid_from"]:
        raise InvalidInputError(N_("The end is not after the beginning."))
    if row is None:
        session.add(register.table(**kept, **dict(register.fixed)))
        session.flush()
        return "accepted"
    changed = {key: value for key, value in kept.items() if getattr(row, key) != value}
    for key, value in changed.items():
        setattr(row, key, value)
    session.flush()
    return "changed" if changed else "same"


def _unset(register: Register, key: str, value: Any) -> Any:
    """Give an empty cell the value its table column wants."""
    if value is not None:
        return value
    column = register.table.__table__.columns[key]
    if column.nullable:
        return None
    if column.default is not None and column.default.is_scalar:
        return column.default.arg
    return ""


def _unit_places(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    building = session.get_one(Building, values["building_id"])
    phase = session.get_one(Phase, building.phase_id)
    return {"phase_id": phase.id, "project_id": phase.project_id, "search": estate.compact(str(values["code"]))}


def _write_owner(session: Session, row: Ownership | None, values: Mapping[str, Any], *, now: datetime) -> str:
    outcome = "same"
    if row is None:
        party = Party(name=values["name"], created_at=now)
        session.add(party)
        session.flush()
        row = Ownership(unit_id=values["unit_id"], party_id=party.id, role=values["role"])
        session.add(row)
        outcome = "accepted"
    party = session.get_one(Party, row.party_id)
    wanted = ((party, "importance"), (party, "prefer"), (row, "since"), (row, "until"))
    for target, name in wanted:
        value = values.get(name)
        if value is not None and getattr(target, name) != value:
            setattr(target, name, value)
            outcome = "changed" if outcome == "same" else outcome
    session.flush()
    if values.get("phone"):
        before = parties.contacts_of(session, [party.id]).get(party.id)
        contact = parties.add_contact(session, party.id, str(values["phone"]))
        session.flush()
        if before is None or before.id != contact.id:
            outcome = "changed" if outcome == "same" else outcome
            if before is not None:
                before.preferred = False
            contact.preferred = True
    return outcome
