"""The application is put together here: settings, database, services, pages."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from flask import Flask, redirect, url_for
from flask_babel import gettext

from processes import services
from storage.session import Database
from tasks_ui import (
    admin,
    admin_people,
    assets,
    auth,
    context,
    errors,
    guard,
    health,
    i18n,
    inbox,
    logs,
    names,
    navigation,
    notifications,
    security,
)
from tasks_ui.settings import Settings, from_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from werkzeug.wrappers import Response

    from engine.connectors import Registry


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
    app.extensions["keyturn"] = context.Application(
        settings=settings,
        database=database or Database(settings.database_url, data_key=settings.secret_key),
        registry=registry or default_registry(settings),
        clock=clock,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    assets.install(app)
    for part in (logs, i18n, errors, guard, names, navigation, health):
        part.install(app)
    security.install(app, settings)
    for page in (auth, inbox, notifications, admin, admin_people):
        app.register_blueprint(page.blueprint)
    for name in ("work", "cases", "start", "registers", "prints"):
        if find_spec(f"tasks_ui.{name}"):
            app.register_blueprint(import_module(f"tasks_ui.{name}").blueprint)

    @app.get("/")
    def home() -> Response:
        return redirect(url_for("inbox.show"), 303)

    return app


def default_registry(_settings: Settings) -> Registry:
    """Return the property application's services, with the connectors the settings allow."""
    return replace(services.registry(), render=lambda template, fields, _locale: gettext(template).format(**fields))
