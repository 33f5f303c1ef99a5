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


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that nobody needs to sign in for."""
    setattr(view, PUBLIC, True)
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
        if getattr(view, PUBLIC, False) or context.signed_in() is not None:
            return None
        return must_sign_in()

    app.before_request(check)
