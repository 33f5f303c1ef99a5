"""Every page needs a signed-in person, except the few that say they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from flask import Flask, Response, current_app, request

from tasks_ui import context
from tasks_ui.errors import must_sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as BaseResponse

P = ParamSpec("P")
R = TypeVar("R", bound="str | BaseResponse | tuple[str, int]")
PUBLIC = "keyturn_public"
ASKS_ITSELF = "keyturn_asks_itself"


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that nobody needs to sign in for."""
    setattr(view, PUBLIC, True)
    return view


def asks_itself(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that asks for `context.viewer()` first thing in its own transaction: a busy page spares one so."""
    setattr(view, ASKS_ITSELF, True)
    return view


def install(app: Flask) -> None:
    """Ask for a sign-in before any view that is not public."""

    def check() -> Response | None:
        if request.endpoint == "static":
            return None
        if request.endpoint is None:
            context.signed_in()  # the page that says so shows the header of whoever is signed in
            return None
        view = current_app.view_functions[request.endpoint]
        if getattr(view, PUBLIC, False):
            return None
        known = context.claims_to_be_signed_in() if getattr(view, ASKS_ITSELF, False) else context.signed_in()
        return None if known else must_sign_in()

    def left(_error: context.NotSignedInError) -> Response:
        return must_sign_in()

    app.before_request(check)
    app.register_error_handler(context.NotSignedInError, left)
