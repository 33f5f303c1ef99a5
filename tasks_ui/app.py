"""The application is put together here: settings, database, services, pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Flask, redirect, url_for

from processes import services
from storage.session import Database
from tasks_ui import (
    admin,
    admin_instances,
    admin_people,
    admin_roles,
    admin_tokens,
    admin_versions,
    api,
    assets,
    auth,
    batches,
    board,
    cases,
    context,
    daily,
    engine_rest,
    errors,
    guard,
    handover,
    health,
    i18n,
    inbox,
    inspect,
    link_accept,
    link_contractor,
    link_staff,
    logs,
    names,
    navigation,
    notifications,
    order_words,
    orders,
    outgoing,
    owner_accept,
    playback,
    prints,
    quality,
    reading,
    reference,
    registers,
    reports,
    security,
    start,
    work,
)
from tasks_ui.settings import Settings, from_environment
from tasks_ui.studio import links as studio_links
from tasks_ui.studio.pages import PAGES as STUDIO

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from werkzeug.wrappers import Response

    from engine.connectors import OutboxMessage, Registry

PAGES = (
    *(board, daily, owner_accept, link_staff),
    *(auth, inbox, work, cases, batches, start, prints, notifications, admin, admin_people, admin_roles, registers),
    *(admin_instances, admin_tokens, admin_versions, api, reference, inspect, orders, handover, reports, quality),
    *(engine_rest, playback),
    *STUDIO,
)


OUTSIDE = (link_contractor, link_accept)  # the latter with the other pages of owners
"""Pages that a signed link opens."""


def create_app(
    settings: Settings | None = None,
    *,
    database: Database | None = None,
    registry: Registry | None = None,
    clock: Callable[[], datetime] = context.clock,
) -> Flask:
    """Put the web application together.

    Args:
        settings: Read from the environment when not given.
        database: Opened at `settings.database_url` when not given.
        registry: The services that diagrams may name; the property application's when not given.
        clock: Tells the present moment, aware, in UTC.
    """
    settings = settings or from_environment()
    app = Flask("tasks_ui")
    app.url_map.converters["int"] = reading.Whole
    app.extensions["keyturn"] = context.Application(
        settings=settings,
        database=database or Database(settings.database_url, data_key=settings.data_key),
        registry=registry or default_registry(settings),
        clock=context.clock_of(settings, clock),
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    assets.install(app)
    for part in (logs, i18n, errors, guard, names, navigation, order_words, health, studio_links):
        part.install(app)
    security.install(app, settings)
    for programs in (api, engine_rest):
        app.extensions["keyturn-csrf"].exempt(programs.blueprint)  # no cookies: no page can forge a request
    for outside in OUTSIDE:  # their forms carry a token of their own: these pages keep no cookie
        app.extensions["keyturn-csrf"].exempt(outside.blueprint)
    for page in (*PAGES, *OUTSIDE):
        app.register_blueprint(page.blueprint)

    @app.get("/")
    def home() -> Response:
        return redirect(url_for("inbox.show"), 303)

    return app


def default_registry(settings: Settings) -> Registry:
    """Return the property application's services, with the connectors the settings allow."""
    known = services.registry(settings.zone)
    connectors = {"mail": _unsent, "webhook": _unsent, **known.connectors, **outgoing.connectors(settings)}
    more = {**known.extra, **outgoing.writing(settings)}
    return replace(known, render=i18n.render, connectors=connectors, hours=outgoing.hours(settings), extra=more)


def _unsent(message: OutboxMessage) -> None:
    """Stand in for a connector that nobody has set up: the message stays in the list and in the log."""
    logs.LOGGER.debug("not sent: not set up", connector=message.connector, id=str(message.id))
