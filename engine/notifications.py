"""Tell people something: a line in their list, and a mail, webhook call or short message through the outbox."""

from __future__ import annotations

import json
import re
import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen
from uuid import UUID, uuid4

from engine.errors import N_, InvalidInputError, KeyturnError
from engine.message_texts import wording
from storage import jobs, notifications, people
from storage.tables.work import Notification, OutboxMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine import connectors
    from engine.access import Viewer

PAGE = "page"
TIMEOUT_SECONDS = 20
OUTBOX_TRIES = 8


@dataclass(frozen=True, slots=True)
class NotificationInfo:
    """A line in a person's list of news: `template` with `fields` is the sentence."""

    id: int
    template: str
    fields: Mapping[str, Any]
    link: str
    created_at: datetime
    read_at: datetime | None


def notify(
    session: Session,
    *,
    recipient: str,
    template: str,
    fields: Mapping[str, Any] | None = None,
    link: str = "",
    channels: Iterable[str] = (PAGE,),
    now: datetime,
    key: str = "",
    instance_id: UUID | None = None,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Tell a person (login). `channels`: page, and the names of connectors (mail, webhook, sms).

    Mail goes to the person's address and is left out when he has none. The same `key` is sent once per channel.
    """
    values = dict(fields or {})
    wanted = tuple(dict.fromkeys(channels))
    if PAGE in wanted:
        session.add(Notification(recipient=recipient, template=template, fields=values, link=link, created_at=now))
    outside = [channel for channel in wanted if channel != PAGE]
    person = people.user(session, recipient) if outside else None
    for channel in outside:
        address = {"mail": person.email, "sms": person.phone}.get(channel, recipient) if person else ""
        if address:
            send(
                session, connector=channel, recipient=address, template=template, fields=values, link=link,
                locale=person.locale if person else "", now=now, key=f"{key}:{channel}" if key else "",
                instance_id=instance_id, payload=payload,
            )  # fmt: skip
    session.flush()


def send(
    session: Session,
    *,
    connector: str,
    recipient: str,
    template: str,
    fields: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
    link: str = "",
    locale: str = "",
    now: datetime,
    key: str = "",
    instance_id: UUID | None = None,
) -> UUID | None:
    """Put a message into the outbox; it goes after the commit, at least once. None when `key` is there already."""
    if key and notifications.by_key(session, key):
        return None
    message_id = uuid4()
    session.add(
        OutboxMessage(
            id=message_id,
            connector=connector,
            recipient=recipient,
            template=template,
            fields=dict(fields or {}),
            payload=dict(payload or {}),
            link=link,
            locale=locale,
            instance_id=instance_id,
            idempotency_key=key or str(message_id),
            created_at=now,
        )
    )
    jobs.add(
        session, kind="outbox", name=connector, due_at=now, now=now, max_attempts=OUTBOX_TRIES, priority=20,
        instance_id=instance_id, payload={"message_id": str(message_id)},
    )  # fmt: skip
    session.flush()
    return message_id


def unread(session: Session, viewer: Viewer) -> int:
    """Count a person's unread news, up to 100."""
    return notifications.count_unread(session, viewer.login)


def listed(
    session: Session, viewer: Viewer, *, limit: int = 50, before: int = 0, locale: str = ""
) -> tuple[NotificationInfo, ...]:
    """List a person's news as they are worded now, newest first; `before` is the id to continue from."""
    rows = notifications.listed(session, viewer.login, limit=limit, before=before)
    return tuple(
        NotificationInfo(r.id, wording(session, r.template, locale), r.fields, r.link, r.created_at, r.read_at)
        for r in rows
    )


def mark_read(session: Session, viewer: Viewer, ids: Iterable[int] | None = None, *, now: datetime) -> None:
    """Mark news as read: those with these ids, or all."""
    notifications.mark_read(session, viewer.login, None if ids is None else list(ids), now)


# Connectors


def mail_connector(
    *, host: str, port: int = 25, sender: str, user: str = "", password: str = "", tls: bool = False, base_url: str = ""
) -> connectors.ConnectorFn:
    """Make the connector that sends mail by SMTP. The subject is the text's first line."""

    def send_mail(message: connectors.OutboxMessage) -> None:
        mail = EmailMessage()
        lines = message.text.strip().splitlines() or [""]
        mail["Subject"], mail["From"], mail["To"] = lines[0][:200], sender, message.recipient
        mail["Message-ID"] = f"<{message.idempotency_key.replace(' ', '_')}@keyturn>"
        mail.set_content("\n".join([*lines, *([f"\n{base_url}{message.link}"] if message.link else [])]))
        with smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS) as server:
            if tls:
                server.starttls()
            if user:
                server.login(user, password)
            server.send_message(mail)

    return send_mail


def webhook_connector(*, url: str, token: str = "") -> connectors.ConnectorFn:
    """Make the connector that posts messages as JSON; the receiver sees doubles by the `Idempotency-Key` header."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise InvalidInputError(N_("A webhook address begins with http:// or https://."))

    def post(message: connectors.OutboxMessage) -> None:
        body = {
            "id": str(message.id),
            "recipient": message.recipient,
            "text": message.text,
            "link": message.link,
            "payload": dict(message.payload),
            "created_at": message.created_at.isoformat(),
        }
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.idempotency_key}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body, ensure_ascii=False).encode()
        _sent(Request(url, data, headers))  # noqa: S310  scheme checked above

    return post


SMS_BODY = {"to": "{phone}", "text": "{text}", "id": "{id}"}
"""What a gateway for short messages is sent when the settings say nothing else."""


def sms_connector(*, url: str, body: Mapping[str, Any] | None = None, token: str = "") -> connectors.ConnectorFn:
    """Make the connector that hands short messages to a gateway by HTTP.

    `{phone}`, `{text}` and `{id}` are replaced in the address and in every text of the JSON `body`. An address that
    names `{phone}` is called by GET, as simple gateways want it, unless there is a body. `token` goes as a bearer.
    The id is the same at every try: the gateway can tell doubles by it. InvalidInputError: no address of the web.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise InvalidInputError(N_("The address of a gateway begins with http:// or https://."))
    by_get = body is None and "{phone}" in url

    def send_sms(message: connectors.OutboxMessage) -> None:
        text = " ".join(part for part in (message.text.strip(), message.link) if part)
        values = {"{phone}": message.recipient, "{text}": text, "{id}": message.idempotency_key}
        where = _replaced(url, {name: quote(value, safe="") for name, value in values.items()})
        headers = {"Idempotency-Key": message.idempotency_key.encode("ascii", "replace").decode()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if not by_get:
            headers["Content-Type"] = "application/json"
            data = json.dumps(_filled(body or SMS_BODY, values), ensure_ascii=False).encode()
        _sent(Request(where, data, headers))  # noqa: S310  scheme checked above

    return send_sms


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """Replace the names in every text of a JSON value."""
    if isinstance(template, dict):
        return {name: _filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return _replaced(template, values) if isinstance(template, str) else template


def _replaced(text: str, values: Mapping[str, str]) -> str:
    """Replace the names of a text in one go: what is put in is not looked through again."""
    return re.sub("|".join(map(re.escape, values)), lambda found: values[found[0]], text)


def _sent(request: Request) -> None:
    with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  the scheme was checked when it was set up
        if answer.status >= 300:  # noqa: PLR2004  anything but success
            raise KeyturnError(N_("The receiver answered {status}."), status=answer.status)
