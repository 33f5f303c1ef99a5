"""The ways out of the house that the settings allow: mail, webhook, short messages, and the links that go with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from engine import notifications
from processes.services import links

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from engine.connectors import ConnectorFn, OutboxMessage
    from tasks_ui.settings import Settings

SMS, OWNER_PAGES = "sms", "/o/"


def connectors(settings: Settings) -> dict[str, ConnectorFn]:
    """Make the connectors that are set up."""
    made: dict[str, ConnectorFn] = {}
    if settings.smtp is not None:
        smtp = settings.smtp
        made["mail"] = notifications.mail_connector(
            host=smtp.host, port=smtp.port, sender=smtp.sender, user=smtp.user, password=smtp.password, tls=smtp.tls,
            base_url=settings.base_url,
        )  # fmt: skip
    if settings.webhook_url:
        made["webhook"] = notifications.webhook_connector(url=settings.webhook_url, token=settings.webhook_token)
    if settings.sms is not None:
        made[SMS] = notifications.sms_connector(url=settings.sms.url, body=settings.sms.body, token=settings.sms.token)
    return made


def hours(settings: Settings) -> Callable[[OutboxMessage, datetime], datetime | None]:
    """Say when a message may go: nobody's telephone rings at night unless it is most urgent (特急)."""
    quiet = settings.sms.quiet if settings.sms else None

    def later(message: OutboxMessage, now: datetime) -> datetime | None:
        if quiet is None or message.connector != SMS or message.payload.get("urgent"):
            return None
        first, last = quiet
        local = now.astimezone(settings.zone)
        night = first <= local.time() < last if first <= last else not last <= local.time() < first
        if not night:
            return None
        morning = datetime.combine(local.date(), last, tzinfo=settings.zone)
        return morning if morning > local else morning + timedelta(days=1)

    return later


def writing(settings: Settings) -> dict[str, Callable[[Session, str, str, datetime], str]]:
    """Give the services what they write to owners with: the address of the signed page of a case or house."""
    return {"owner_link": partial(_owner_link, settings)}


def _owner_link(settings: Settings, session: Session, kind: str, subject: str, now: datetime) -> str:
    link = links.for_owner(session, kind, subject, secret=settings.secret_key, now=now)
    return f"{settings.base_url}{OWNER_PAGES}{link.token}"
