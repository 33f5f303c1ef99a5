"""Names of roles, projects and processes as people read them, kept for a short while: every page shows some."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app

from engine import directory
from tasks_ui import context, i18n

if TYPE_CHECKING:
    from collections.abc import Mapping

KEEP = timedelta(seconds=30)
EXTENSION = "keyturn-names"


@dataclass
class _Kept:
    roles: Mapping[str, directory.RoleName] = field(default_factory=dict)
    until: datetime | None = None


def roles() -> Mapping[str, directory.RoleName]:
    """Map role codes to their names, in the roles' order."""
    kept, now = cast("_Kept", current_app.extensions[EXTENSION]), context.utcnow()
    if kept.until is None or now >= kept.until:
        with context.reading() as opened:
            kept.roles = {role.code: role for role in directory.roles(opened)}
        kept.until = now + KEEP
    return kept.roles


def role(code: str) -> str:
    """Name a role in the language of the page; `role:organisation` keeps the organisation in brackets."""
    plain, _, org = code.partition(":")
    known = roles().get(plain)
    label = known.label(i18n.locale()) if known else plain
    return f"{label} ({org})" if org else label


def install(app: Flask) -> None:
    """Give templates the function `role_name`."""
    app.extensions[EXTENSION] = _Kept()
    app.jinja_env.globals.update(role_name=role)
