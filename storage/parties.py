"""Queries about people: who calls, who owns, who is on duty, who looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from storage.privacy import digits, mask, vault
from storage.tables.parties import AccessLog, BackupContact, Contact, Department, DutyRota, Ownership, Party, Staff

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

TAIL = 4


def by_phone(session: Session, phone: str, *, limit: int = 8) -> Sequence[Party]:
    """Find parties by a whole number, or by its last four digits."""
    plain = digits(phone)
    if len(plain) < TAIL:
        return ()
    query = select(Party).join(Contact, Contact.party_id == Party.id).order_by(Party.id).limit(limit)
    if len(plain) == TAIL:
        return session.scalars(query.where(Contact.tail == plain)).all()
    return session.scalars(query.where(Contact.value_hash == vault(session).digest(phone))).all()


def by_name(session: Session, name: str, *, limit: int = 8) -> Sequence[Party]:
    """Find parties whose name begins with what was typed."""
    query = select(Party).where(Party.name.startswith(name.strip(), autoescape=True))
    return session.scalars(query.order_by(Party.name, Party.id).limit(limit)).all()


def houses_of(session: Session, party_ids: Collection[int]) -> Sequence[Ownership]:
    """List what houses the parties live in or own now."""
    return session.scalars(
        select(Ownership).where(Ownership.party_id.in_(party_ids), Ownership.until.is_(None)).order_by(Ownership.id)
    ).all()


def people_of(session: Session, unit_ids: Collection[int]) -> Sequence[tuple[Ownership, Party]]:
    """List who belongs to the houses now, owners first."""
    query = select(Ownership, Party).join(Party, Party.id == Ownership.party_id)
    query = query.where(Ownership.unit_id.in_(unit_ids), Ownership.until.is_(None))
    return session.execute(query.order_by(Ownership.role != "业主", Ownership.id)).all()


def former_of(session: Session, unit_id: int) -> dict[int, date]:
    """Say who belonged to a house and does so no more, each with his last day."""
    query = select(Ownership.party_id, Ownership.until).where(Ownership.unit_id == unit_id).order_by(Ownership.until)
    left = {party: until for party, until in session.execute(query.where(Ownership.until.is_not(None))) if until}
    here = {party.id for _, party in people_of(session, [unit_id])}
    return {party: until for party, until in left.items() if party not in here}


def with_phone(session: Session, hashed: str) -> set[int]:
    """Say whose number this is, by its keyed hash; nobody's when it is empty."""
    return set(session.scalars(select(Contact.party_id).where(Contact.value_hash == hashed))) if hashed else set()


def contacts_of(session: Session, party_ids: Collection[int]) -> dict[int, Contact]:
    """Give each party's preferred contact."""
    query = select(Contact).where(Contact.party_id.in_(party_ids)).order_by(Contact.preferred, Contact.id.desc())
    return {contact.party_id: contact for contact in session.scalars(query)}


def add_contact(session: Session, party_id: int, phone: str, *, preferred: bool = True) -> Contact:
    """Give a party a phone number unless it has it already."""
    safe = vault(session)
    hashed = safe.digest(phone)
    known = session.scalar(select(Contact).where(Contact.party_id == party_id, Contact.value_hash == hashed))
    if known is not None:
        return known
    contact = Contact(
        party_id=party_id,
        value=safe.seal(phone.strip()),
        value_hash=hashed,
        masked=mask(phone),
        tail=digits(phone)[-TAIL:],
        preferred=preferred,
    )
    session.add(contact)
    return contact


def on_duty(session: Session, project: str, role: str, now: datetime) -> str:
    """Name who is on duty in a role for a project at a moment (B47); "" when nobody is."""
    query = (
        select(DutyRota.login)
        .where(DutyRota.role == role, DutyRota.starts_at <= now, DutyRota.ends_at > now)
        .where(or_(DutyRota.project == project, DutyRota.project == ""))
        .order_by(DutyRota.project.desc(), DutyRota.starts_at.desc())
    )
    return session.scalar(query.limit(1)) or ""


def backup_for(session: Session, project: str, role: str) -> Sequence[str]:
    """List whom to tell when nobody of a role can be reached (D04), best first."""
    query = select(BackupContact.login).where(BackupContact.project == project, BackupContact.role == role)
    return session.scalars(query.order_by(BackupContact.rank, BackupContact.id)).all()


def departments(session: Session) -> Sequence[Department]:
    """List the active departments."""
    return session.scalars(select(Department).where(Department.active).order_by(Department.id)).all()


def department(session: Session, code: str) -> Department | None:
    """Read a department by its code or name."""
    if not code:
        return None
    return session.scalar(select(Department).where(or_(Department.code == code, Department.name == code)).limit(1))


def staff(session: Session, login: str) -> Staff | None:
    """Read what the register knows of a person."""
    return session.get(Staff, login) if login else None


def log_access(
    session: Session, *, actor: str, action: str, subject: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Write down that somebody saw or exported personal data (B29)."""
    session.add(AccessLog(at=now, actor=actor, action=action, subject=subject, detail=detail or {}))


def get(session: Session, party_id: int | None) -> Party | None:
    """Read a party."""
    return session.get(Party, party_id) if party_id else None
