"""Who is calling? Find house, owner and open cases by what an agent types during the call (D08, D20)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import N_, NotFoundError
from processes.services.rights import CALLERS, STARTERS, require_start, scopes_of
from storage import cases, estate, parties
from storage.privacy import is_phone, vault
from storage.tables.estate import Project, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.cases import ServiceCase
    from storage.tables.parties import Ownership, Party

MATCHES = 8
NAME = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,8}·[\u4e00-\u9fff]{1,8}")
"""A Chinese name; longer texts are places."""
PHONE = re.compile(r"[\d+()\- ]{4,}")


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case of a house: what a new call may be a repetition of."""

    number: str
    brief: str
    kind: str
    state: str
    received_at: datetime
    due_at: datetime | None
    urged: int


@dataclass(frozen=True, slots=True)
class Match:
    """One house with one person (`party` 0: none known). `role` is his part in the house, `phone` is masked."""

    unit: str
    project: str
    project_name: str
    party: int
    name: str
    role: str
    phone: str
    prefer: str
    important: bool
    delivered_on: str
    open_cases: tuple[OpenCase, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """What a picked match fills into the intake form; `phone` is whole, the look is logged."""

    unit: str
    name: str
    phone: str
    is_owner: str
    prefer: str


def find_caller(session: Session, viewer: Viewer, typed: str, *, limit: int = MATCHES) -> tuple[Match, ...]:
    """Find houses and people by phone number (whole, or its last four digits), house or name.

    Gives nothing for less than two characters. Raises NotAllowedError for people who may not register cases.
    """
    require_start(viewer)
    text = typed.strip()
    if len(text) < 2:  # noqa: PLR2004  one character matches half the estate
        return ()
    people: Sequence[Party] = ()
    if PHONE.fullmatch(text):
        people = parties.by_phone(session, text, limit=limit)
    elif not any(character.isdigit() for character in text):
        people = parties.by_name(session, text, limit=limit)
    units = _units_of(session, people)
    if not people and not is_phone(text):
        units = [unit for unit, _ in estate.find_units(session, text, limit=limit)]
    scopes = scopes_of(viewer, CALLERS | frozenset(STARTERS))
    return _matches(session, units, {party.id for party in people}, scopes)[:limit]


def typed_caller(typed: str) -> dict[str, str]:
    """Read what was typed into the search as fields of the intake form: a whole phone number, or clearly a name."""
    text = typed.strip()
    if is_phone(text):
        return {"phone": text}
    return {"name": text} if NAME.fullmatch(text) else {}


def pick(session: Session, viewer: Viewer, *, unit: str, party: int, now: datetime) -> Caller:
    """Give what the intake form needs about a match that the agent picked; writes the access log (B29).

    Raises NotFoundError when the person has nothing to do with the house.
    """
    require_start(viewer)
    house = _reached(session, viewer, unit)
    people = parties.people_of(session, [house.id]) if house else ()
    found = next(((link, person) for link, person in people if person.id == party), None)
    if house is None or (found is None and party):
        raise NotFoundError(N_("This person does not belong to this house."))
    if found is None:
        return Caller(unit=house.code, name="", phone="", is_owner="", prefer="")
    link, person = found
    contact = parties.contacts_of(session, [person.id]).get(person.id)
    parties.log_access(session, actor=viewer.login, action="phone", subject=f"party:{person.id}", now=now)
    phone = vault(session).open(contact.value) if contact else ""
    return Caller(unit=house.code, name=person.name, phone=phone, is_owner=link.role, prefer=person.prefer)


def _reached(session: Session, viewer: Viewer, unit: str) -> Unit | None:
    """Find a house of the person's projects."""
    house = estate.unit_by_code(session, unit)
    scopes = scopes_of(viewer, CALLERS | frozenset(STARTERS))
    if house is None or scopes is None or estate.project_of(session, house.project_id).code in scopes:
        return house
    return None


def open_cases(session: Session, viewer: Viewer, unit: str) -> tuple[OpenCase, ...]:
    """List the open cases of a house of the person's projects, newest first.

    Raises NotAllowedError for people who may not register cases.
    """
    require_start(viewer)
    house = _reached(session, viewer, unit)
    return tuple(_brief(case) for case in cases.open_of_units(session, [house.id])) if house else ()


def _units_of(session: Session, people: Iterable[Party]) -> list[Unit]:
    ids = dict.fromkeys(link.unit_id for link in parties.houses_of(session, [party.id for party in people]))
    return [session.get_one(Unit, unit_id) for unit_id in ids]


def _matches(
    session: Session, units: Sequence[Unit], wanted: set[int], scopes: frozenset[str] | None
) -> tuple[Match, ...]:
    """Build the matches; `wanted` limits the people, empty means the first person of each house."""
    projects = {project.id: project for project in session.query(Project)}
    shown = [unit for unit in units if scopes is None or projects[unit.project_id].code in scopes]
    ids = [unit.id for unit in shown]
    people = parties.people_of(session, ids)
    contacts = parties.contacts_of(session, {party.id for _, party in people})
    running: dict[int, list[OpenCase]] = {}
    for case in cases.open_of_units(session, ids):
        running.setdefault(case.unit_id or 0, []).append(_brief(case))
    found: list[Match] = []
    for unit in shown:
        cases_here = tuple(running.get(unit.id, ()))
        here = [pair for pair in people if pair[0].unit_id == unit.id and (not wanted or pair[1].id in wanted)]
        if not here:
            found.append(_match(unit, projects[unit.project_id], None, None, "", cases_here))
        for link, party in here:
            masked = contacts[party.id].masked if party.id in contacts else ""
            found.append(_match(unit, projects[unit.project_id], link, party, masked, cases_here))
    return tuple(found)


def _match(
    unit: Unit, project: Project, link: Ownership | None, party: Party | None, phone: str, running: tuple[OpenCase, ...]
) -> Match:
    return Match(
        unit=unit.code,
        project=project.code,
        project_name=project.name,
        party=party.id if party else 0,
        name=party.name if party else "",
        role=link.role if link else "",
        phone=phone,
        prefer=party.prefer if party else "",
        important=bool(party and party.importance == "重要"),
        delivered_on=unit.delivered_on.isoformat() if unit.delivered_on else "",
        open_cases=running,
    )


def _brief(case: ServiceCase) -> OpenCase:
    return OpenCase(case.number, case.brief, case.kind, case.state, case.received_at, case.promised_at, case.urged)
