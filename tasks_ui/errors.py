"""Every error becomes a sentence: on a page, in the part of a page that htmx asked for, or in JSON."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from engine.errors import (
    N_,
    ConflictError,
    InvalidFormError,
    KeyturnError,
    NotAllowedError,
    NotFoundError,
    UnavailableError,
)
from tasks_ui import context, logs, problems
from tasks_ui.i18n import locale, translate

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V", bound="Callable[..., object]")
STALE = N_("The page was out of date and nothing is saved yet. Look at what you typed and send it again.")
SENTENCES = {
    400: lazy_gettext("The request cannot be understood."),
    403: lazy_gettext("You may not do this."),
    404: lazy_gettext("There is no such page, or you may not see it."),
    405: lazy_gettext("This cannot be done here."),
    413: lazy_gettext("The upload is too large."),
    429: lazy_gettext("Too many requests. Please wait a moment."),
}
SERVER_ERROR = 500
UNAUTHORIZED = 401
RETRY_AFTER = "5"
AGAIN = "keyturn_again"


def shown_again(show: Callable[..., Response]) -> Callable[[V], V]:
    """Say how to show a posted page again when its token is out of date: `show(sentence, …)` keeps what was typed."""

    def mark(view: V) -> V:
        setattr(view, AGAIN, show)
        return view

    return mark


def wants_json() -> bool:
    """Tell whether a program asks rather than a person."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    return request.path.startswith(("/api/", "/healthz")) or best == "application/json"


def is_htmx() -> bool:
    """Tell whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def answer(status: int, sentence: str, *, details: list[dict[str, Any]] | None = None) -> Response:
    """Answer a request that failed, in the form the caller reads."""
    if problems.concerns():
        return problems.answer(status, sentence)
    if wants_json():
        error = {"status": status, "message": sentence, "request_id": g.get("request_id", ""), "details": details or []}
        return make_response(jsonify(error=error), status)
    if is_htmx():
        response = make_response(render_template("_toast.html", kind="danger", text=sentence), status)
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "beforeend"
        return response
    return make_response(render_template("error.html", status=status, sentence=sentence), status)


def must_sign_in() -> Response:
    """Send a person to the sign-in page and afterwards back to where he was."""
    back = request.full_path.rstrip("?") if request.method == "GET" and not is_htmx() else ""
    target = url_for("auth.login", next=back) if back not in {"", "/"} else url_for("auth.login")
    if wants_json():
        return answer(UNAUTHORIZED, gettext("Please sign in."))
    if is_htmx():
        response = make_response("", UNAUTHORIZED)
        response.headers["HX-Redirect"] = target
        return response
    return make_response(redirect(target, 303))


def _details(error: KeyturnError) -> list[dict[str, Any]]:
    if not isinstance(error, InvalidFormError):
        return []
    return [{"path": item.path, "message": translate(item.template, dict(item.fields))} for item in error.errors]


def away(error: UnavailableError) -> Response:
    """Tell that the database cannot be reached, without asking it anything."""
    logs.LOGGER.warning("database away", path=logs.path(), method=request.method, reason=repr(error.__cause__))
    locale()  # stays the reader's, though the page does not ask who he is: that would need the database
    g.viewer = None
    response = answer(error.status, translate(error.template, error.fields))
    response.headers["Retry-After"] = RETRY_AFTER
    return response


def steady(handle: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """Let a handler fail: the page that tells of an error reads who is signed in and how things are called."""

    def handled(error: Exception) -> Response:
        try:
            return handle(error)
        except UnavailableError as problem:
            return away(problem)

    return handled


def install(app: Flask) -> None:
    """Register one handler per family of errors."""

    def known(error: KeyturnError) -> Response:
        if problems.concerns():
            return problems.of(error)
        return answer(error.status, translate(error.template, error.fields), details=_details(error))

    def forged(error: CSRFError) -> Response:
        logs.LOGGER.info("csrf", reason=error.description)
        show = getattr(current_app.view_functions.get(request.endpoint or ""), AGAIN, None)
        if show is not None and context.signed_in() is not None and not wants_json():
            with suppress(NotFoundError, NotAllowedError, ConflictError):  # he may not see this page at all
                shown: Response = show(gettext(STALE), **(request.view_args or {}))
                return shown
        return answer(400, gettext("This page is out of date. Go back, reload it and send it again."))

    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return make_response(error.response)
        status = error.code or SERVER_ERROR
        response = answer(status, str(SENTENCES.get(status, error.name)))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    def too_large(_error: RequestEntityTooLarge) -> Response:
        limit = app.config["MAX_CONTENT_LENGTH"] // (1024 * 1024)
        return answer(413, gettext("The upload is too large: at most %(limit)d MB.", limit=limit))

    def unknown(error: Exception) -> Response:
        logs.LOGGER.error("fault", path=logs.path(), method=request.method, exc_info=error)
        return answer(SERVER_ERROR, gettext("Something went wrong on our side. Nothing was saved by this step."))

    app.register_error_handler(UnavailableError, away)
    app.register_error_handler(KeyturnError, steady(known))
    app.register_error_handler(CSRFError, steady(forged))
    app.register_error_handler(RequestEntityTooLarge, steady(too_large))
    app.register_error_handler(HTTPException, steady(http))
    app.register_error_handler(Exception, steady(unknown))
