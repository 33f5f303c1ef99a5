"""Who asks: the person behind a bearer token. Cookies count for nothing here, so no request can be forged by a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import g, request
from flask_babel import gettext

from engine import people
from tasks_ui import context, problems

if TYPE_CHECKING:
    from flask import Response

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="keyturn"'}
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,200})", re.IGNORECASE)


def check() -> Response | None:
    """Find who asks; answer 401 without a good token, 429 after many bad ones from the same address."""
    g.viewer = None
    given = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if given is None:
        return problems.answer(401, gettext("Send a token: “Authorization: Bearer …”."), headers=CHALLENGE)
    now, address = context.utcnow(), request.remote_addr or ""
    with context.reading() as opened:
        person = people.by_token(opened, given[1], now=now)
        wait = 0 if person is not None else people.token_lock(opened, address, now=now)
    if person is not None:
        g.viewer = person
        return None
    if wait:
        sentence = gettext("Too many failed attempts. Please try again in %(minutes)d minutes.", minutes=-(-wait // 60))
        return problems.answer(429, sentence, headers={"Retry-After": str(wait)})
    with context.transaction() as opened:
        people.token_failed(opened, address, now=now)
    return problems.answer(401, gettext("The token is unknown, has expired or was revoked."), headers=CHALLENGE)
