"""The door of pages behind a signed link: who comes in, what is refused and logged, what no browser may tell others.

These pages keep no cookie: the address says who it is, and each form carries a token made from it. A session that the
same browser has with us has no say here.
"""

from __future__ import annotations

import hmac
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask_babel import gettext, refresh

from engine.errors import N_, InvalidInputError, KeyturnError
from processes.services import links
from tasks_ui import context
from tasks_ui.errors import wants_json
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse

    from processes.services.links import LinkView

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}
NOT_FOUND = (403, 404)
STALE = N_("This page is out of date. Go back, reload it and send it again.")


class StaleError(KeyturnError):
    """This page is out of date. Go back, reload it and send it again."""

    status = 400


def install(blueprint: Blueprint, kinds: frozenset[str]) -> None:
    """Put the door before every view of a blueprint; `kinds` of links open it."""
    blueprint.url_defaults(_stay)
    blueprint.before_request(partial(_come_in, kinds))
    blueprint.after_request(_bind)
    blueprint.register_error_handler(KeyturnError, _problem)


def link() -> LinkView:
    """Return the link of this request."""
    return cast("LinkView", g.link)


def address() -> str:
    """Return where the request comes from."""
    return request.remote_addr or ""


def secret() -> str:
    """Return the key that signs links."""
    return context.settings().secret_key


def asked() -> str:
    """Return what of the link is asked for: the address behind its token."""
    return "/" + "/".join(request.path.split("/")[3:])


def _stay(_endpoint: str, values: dict[str, Any]) -> None:
    """Let the addresses of a link's pages begin with its token."""
    if g.get("link") is not None:
        values.setdefault("token", link().token)


def _come_in(kinds: frozenset[str]) -> None:
    g.viewer, g.link = None, None
    token, now = str((request.view_args or {}).pop("token", "")), context.utcnow()
    found: LinkView | None = None
    quiet = (request.endpoint or "").endswith((".picture", ".draft"))  # asked for again and again
    with context.transaction() if not quiet else context.reading() as opened:
        try:
            if quiet:
                found = links.look(opened, token, kinds=kinds, secret=secret(), now=now)
            else:
                what = "see" if request.method == "GET" else "do"
                found = links.enter(
                    opened, token, kinds=kinds, secret=secret(), address=address(), what=what,
                    detail=asked(), now=now,
                )  # fmt: skip
        except links.LinkRefusedError:
            if not quiet:
                links.wrong(opened, address=address(), now=now)
    if found is None:
        raise links.LinkRefusedError(links.NO_LINK)
    g.link, g.viewer = found, found.viewer
    refresh()  # the language is the link's from here on
    if request.method == "POST":
        sent = request.form.get("csrf_token") or request.headers.get("X-CSRFToken", "")
        if not hmac.compare_digest(sent.encode(), links.form_token(found, secret()).encode()):
            raise StaleError(STALE)


def _bind(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def _problem(error: KeyturnError) -> Response:
    """Say what is wrong on a page of its own; what a link does not open is logged as asked for (AC19)."""
    if error.status in NOT_FOUND and g.get("link") is not None:
        with context.transaction() as opened:
            links.refused(opened, link(), asked(), address=address(), now=context.utcnow())
    sentence = translate(error.template, error.fields)
    if wants_json():
        return make_response({"error": {"status": error.status, "message": sentence}}, error.status)
    return page("link_problem.html", status=error.status, sentence=sentence)


def page(template: str, *, status: int = 200, **fields: Any) -> Response:
    """Draw a page behind a link."""
    found = g.get("link")
    token = links.form_token(found, secret()) if found else ""
    return make_response(render_template(template, link=found, csrf_token=lambda: token, **fields), status)


def choose_language(back: str) -> BaseResponse:
    """Keep the language that was chosen with the link."""
    try:
        with context.transaction() as opened:
            links.choose_language(opened, link(), request.form.get("language", ""))
    except InvalidInputError as problem:
        return _problem(problem)
    return redirect(back, 303)


def done_sentence() -> str:
    """Say that what was sent before this page was shown has arrived."""
    return gettext("Thank you, it has arrived.") if request.args.get("done") else ""
