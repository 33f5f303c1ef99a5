"""Signed links for people without an account: a contractor's orders, an owner's case or house.

A link's token is its row's key and a signature over what it opens and until when: it cannot be guessed or changed, it
runs out and can be taken back, and its use is logged. Whoever has it acts under the link's own name. A token that opens
nothing is answered by one sentence, whether it is wrong, has run out or was taken back.

A house's link is its owner's, not the house's: when the house has passed to others, it opens nothing any more.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from binascii import Error as NotBase64
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from engine import notifications
from engine.access import SYSTEM, Grant, Viewer
from engine.errors import N_, InvalidInputError, KeyturnError, NotAllowedError, NotFoundError
from processes.services import casefile, rights
from storage import audit, cases, estate, orders, parties, people
from storage import links as rows
from storage.privacy import mask_name, vault
from storage.tables.links import LinkUse, SignedLink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry

CONTRACTOR, CASE, HOUSE = "contractor", "case", "house"
KINDS = (CONTRACTOR, CASE, HOUSE)
OWNERS = frozenset({CASE, HOUSE})
LIFE = {CONTRACTOR: timedelta(days=30), CASE: timedelta(days=90), HOUSE: timedelta(days=180)}
ROLE = "contractor"
KEY_BYTES, SIGN_BYTES = 16, 16
MADE_AN_HOUR = 60
USES, USES_SPAN = 120, timedelta(minutes=1)
WRONG, WRONG_SPAN = 20, timedelta(minutes=10)
NO_LINK = N_("This link does not open anything (any more). Please ask the person who sent it for a new one.")
SMS_TEXT = {
    CONTRACTOR: N_("Rectification orders of {label}: {address}"),
    CASE: N_("Progress, appointments and your rating: {address}"),
    HOUSE: N_("Progress, appointments and your rating: {address}"),
}


class LinkRefusedError(NotFoundError):
    """This link does not open anything (any more). Please ask the person who sent it for a new one."""


class TooManyError(KeyturnError):
    """Too many requests. Please wait a moment."""

    status = 429


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link as pages get it; `token` is the last part of its address."""

    id: UUID
    kind: str
    subject: str
    label: str
    locale: str
    token: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked: bool
    live: bool
    uses: int
    used_at: datetime | None

    @property
    def login(self) -> str:
        """The name under which it acts."""
        return rows.PREFIX + self.id.hex

    @property
    def viewer(self) -> Viewer:
        """Whoever holds the link, with no right but that of the unit's people; an owner has none."""
        grants = (Grant(ROLE, org=self.subject),) if self.kind == CONTRACTOR else ()
        return Viewer(self.login, self.label, grants, locale=self.locale)


def sign(row: SignedLink, secret: str) -> str:
    """Write the token of a link."""
    return _text(row.id.bytes) + _text(_signature(row, secret))


def _text(piece: bytes) -> str:
    return base64.urlsafe_b64encode(piece).decode().rstrip("=")


def _signature(row: SignedLink, secret: str) -> bytes:
    key = hmac.new(secret.encode(), b"keyturn links", hashlib.sha256).digest()
    said = f"{row.id.hex}|{row.kind}|{row.subject}|{int(row.expires_at.timestamp())}"
    return hmac.new(key, said.encode(), hashlib.sha256).digest()[:SIGN_BYTES]


def form_token(link: LinkView, secret: str) -> str:
    """Write what the forms of a link's pages carry, so that no other page can send them."""
    key = hmac.new(secret.encode(), b"keyturn link forms", hashlib.sha256).digest()
    return hmac.new(key, link.token.encode(), hashlib.sha256).hexdigest()


# Making and taking back


def make(session: Session, viewer: Viewer, *, kind: str, subject: str, secret: str, now: datetime) -> LinkView:
    """Make a link, or give the one this person made for it that still lives more than half its time.

    Raises:
        NotFoundError: no such contractor, case or house for this person. NotAllowedError: not his to give away.
        TooManyError: more than 60 new ones within an hour.
    """
    label = _named(session, viewer, kind, subject)
    for row in rows.of_subject(session, kind, subject):
        fresh = row.revoked_at is None and row.expires_at - now > LIFE[kind] / 2 and _still_his(session, row)
        if fresh and row.created_by == viewer.login:
            return _view(row, secret, now)
    if rows.count_made(session, viewer.login, now - timedelta(hours=1)) >= MADE_AN_HOUR:
        raise TooManyError(N_("You made many links within an hour. Please wait a little."))
    ends = (now + LIFE[kind]).replace(microsecond=0)
    row = SignedLink(
        id=uuid4(), kind=kind, subject=subject, label=label, party_id=_party(session, kind, subject), created_at=now,
        created_by=viewer.login, expires_at=ends,
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(
        session, actor=viewer.login, action="link.make", subject=f"link:{row.id}", now=now,
        detail={"kind": kind, "subject": subject, "until": ends.isoformat()},
    )  # fmt: skip
    return _view(row, secret, now)


def for_owner(session: Session, kind: str, subject: str, *, secret: str, now: datetime) -> LinkView:
    """Give the link to a case or house that the application itself sends to its customer or owner.

    Raises:
        NotFoundError: no such case or house.
    """
    case = cases.get(session, subject) if kind == CASE else None
    if case is None and (kind != HOUSE or estate.unit_by_code(session, subject) is None):
        raise NotFoundError(N_("There is no such link."))
    for row in rows.of_subject(session, kind, subject):
        if row.revoked_at is None and row.expires_at - now > LIFE[kind] / 2 and _still_his(session, row):
            return _view(row, secret, now)
    ends = (now + LIFE[kind]).replace(microsecond=0)
    label = (mask_name(case.caller_name) if case is not None else "") or subject
    row = SignedLink(
        id=uuid4(), kind=kind, subject=subject, label=label, party_id=_party(session, kind, subject), created_at=now,
        created_by=SYSTEM.login, expires_at=ends,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return _view(row, secret, now)


def _present(session: Session, code: str) -> list[int]:
    """List whose house it is now, owners first."""
    house = estate.unit_by_code(session, code)
    return [party.id for _, party in parties.people_of(session, [house.id])] if house else []


def _party(session: Session, kind: str, subject: str) -> int | None:
    return next(iter(_present(session, subject)), None) if kind == HOUSE else None


def _still_his(session: Session, row: SignedLink) -> bool:
    """A house's link is its owner's: whoever comes after him gets one of his own."""
    if row.kind != HOUSE:
        return True
    present = _present(session, row.subject)
    return row.party_id in present if present else row.party_id is None


def _opens(session: Session, row: SignedLink, now: datetime) -> bool:
    return row.revoked_at is None and row.expires_at > now and _still_his(session, row)


def _named(session: Session, viewer: Viewer, kind: str, subject: str) -> str:
    """Name who will have the link; whoever makes it must know the thing and be entitled to reach its people."""
    if kind == CONTRACTOR:
        unit = orders.contractor(session, subject)
        if unit is None or not unit.active:
            raise NotFoundError(N_("There is no such contractor."))
        if not rights.gives_links(viewer):
            raise NotAllowedError(N_("You may not give this link away."))
        return unit.name
    if kind == CASE:
        case = casefile.visible(session, viewer, subject)
        if not rights.may_call(viewer, case.project):
            raise NotAllowedError(N_("You may not give this link away."))
        return mask_name(case.caller_name) or subject  # who reads what he did need not be one who may reach him (B29)
    house = estate.unit_by_code(session, subject) if kind == HOUSE else None
    project = estate.project_of(session, house.project_id).code if house else ""
    if house is None or not (rights.watches(viewer, project) or rights.sees_handover(viewer, project)):
        raise NotFoundError(N_("There is no such house."))
    if not rights.sends_house_link(viewer, project):
        raise NotAllowedError(N_("You may not give this link away."))
    return subject


def revoke(session: Session, viewer: Viewer, link_id: UUID, *, now: datetime) -> LinkView:
    """Take a link back; a second time changes nothing. Whoever may make it may take it back."""
    row = rows.get(session, link_id)
    if row is None:
        raise NotFoundError(N_("There is no such link."))
    _named(session, viewer, row.kind, row.subject)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = now, viewer.login
        audit.record(session, actor=viewer.login, action="link.revoke", subject=f"link:{row.id}", now=now)
    return _view(row, "", now)


def listed(
    session: Session, viewer: Viewer, kind: str, subject: str, *, secret: str, now: datetime
) -> Sequence[LinkView]:
    """List the links to a thing, the newest first. Raises NotFoundError, NotAllowedError."""
    if kind not in KINDS:
        raise NotFoundError(N_("There is no such link."))
    _named(session, viewer, kind, subject)
    found = rows.of_subject(session, kind, subject)
    return tuple(replace(_view(row, secret, now), live=_opens(session, row, now)) for row in found)


def names(session: Session, views: Sequence[LinkView]) -> dict[str, str]:
    """Map the logins of those who made links to their names."""
    return people.names(session, [view.created_by for view in views])


def _view(row: SignedLink, secret: str, now: datetime) -> LinkView:
    return LinkView(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        label=row.label,
        locale=row.locale or "",
        token=sign(row, secret),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked=row.revoked_at is not None,
        live=row.revoked_at is None and row.expires_at > now,
        uses=row.uses or 0,
        used_at=row.used_at,
    )


def text_message(
    session: Session, viewer: Viewer, link_id: UUID, *, write: Callable[[LinkView], str], secret: str, now: datetime,
    registry: Registry,
) -> tuple[LinkView, bool]:  # fmt: skip
    """Send a link to the number on file; tell whether it could be sent (there is a number, and a way to send).

    `write` gives its whole address. The same link goes out at most once an hour. Raises NotFoundError, NotAllowedError.
    """
    row = rows.get(session, link_id)
    if row is None or not _opens(session, row, now):
        raise NotFoundError(N_("There is no such link."))
    _named(session, viewer, row.kind, row.subject)
    view, phone = _view(row, secret, now), _phone(session, row)
    if not phone or "sms" not in registry.connectors:
        return view, False
    notifications.send(
        session, connector="sms", recipient=phone, template=SMS_TEXT[row.kind],
        fields={"label": row.label, "address": write(view)}, locale=row.locale, now=now,
        key=f"link:{row.id}:{now:%Y%m%d%H}",
    )  # fmt: skip
    audit.record(session, actor=viewer.login, action="link.send", subject=f"link:{row.id}", now=now)
    return view, True


def _phone(session: Session, row: SignedLink) -> str:
    if row.kind == CONTRACTOR:
        unit = orders.contractor(session, row.subject)
        return unit.phone if unit else ""
    if row.kind == CASE:
        case = cases.get(session, row.subject)
        return vault(session).open(case.caller_phone) if case else ""
    house = estate.unit_by_code(session, row.subject)
    found = parties.people_of(session, [house.id]) if house else ()
    contact = parties.contacts_of(session, [found[0][1].id]).get(found[0][1].id) if found else None
    return vault(session).open(contact.value) if contact else ""


# Opening


def enter(
    session: Session, token: str, *, kinds: frozenset[str], secret: str, address: str, what: str, detail: str = "",
    now: datetime,
) -> LinkView:  # fmt: skip
    """Find the link of a token and log the use; `what`: see or do.

    Raises:
        LinkRefusedError: wrong, run out, taken back or for something else: nobody learns which. Log it with `wrong`.
        TooManyError: too many wrong ones from this address, or too many uses of this link.
    """
    if rows.count_wrong(session, address, now - WRONG_SPAN) >= WRONG:
        raise TooManyError
    row = _found(session, token, secret)
    if row is None or row.kind not in kinds or not _opens(session, row, now):
        raise LinkRefusedError(NO_LINK)
    if rows.count_uses(session, row.id, now - USES_SPAN) >= USES:
        raise TooManyError
    session.add(LinkUse(link_id=row.id, at=now, address=address[:100], what=what, detail=detail[:200]))
    row.uses, row.used_at = row.uses + 1, now
    return _view(row, secret, now)


def look(session: Session, token: str, *, kinds: frozenset[str], secret: str, now: datetime) -> LinkView:
    """Find the link of a token without logging it: for the pictures of a page that was logged. LinkRefusedError."""
    row = _found(session, token, secret)
    if row is None or row.kind not in kinds or not _opens(session, row, now):
        raise LinkRefusedError(NO_LINK)
    return _view(row, secret, now)


def _found(session: Session, token: str, secret: str) -> SignedLink | None:
    try:
        raw = base64.b64decode(token[:22] + "==", altchars=b"-_", validate=True)
    except (NotBase64, ValueError):
        return None
    row = rows.get(session, UUID(bytes=raw)) if len(raw) == KEY_BYTES else None
    return row if row is not None and hmac.compare_digest(sign(row, secret).encode(), token.encode()) else None


def wrong(session: Session, *, address: str, now: datetime) -> None:
    """Log that somebody at an address came with a token that opens nothing."""
    session.add(LinkUse(link_id=None, at=now, address=address[:100], what="wrong"))


def refused(session: Session, link: LinkView, subject: str, *, address: str, now: datetime) -> None:
    """Log that somebody asked through a link for what it does not open, such as another company's order (AC19)."""
    session.add(LinkUse(link_id=link.id, at=now, address=address[:100], what="refused", detail=subject[:200]))
    audit.record(
        session, actor=link.login, action="link.refused", subject=subject, now=now,
        detail={"link": str(link.id), "kind": link.kind, "of": link.subject, "address": address},
    )  # fmt: skip


def choose_language(session: Session, link: LinkView, locale: str) -> None:
    """Keep the language somebody reads a link's pages in."""
    row = rows.get(session, link.id)
    if row is None or locale not in ("zh_Hans_CN", "en"):
        raise InvalidInputError(N_("There is no such language."))
    row.locale = locale
