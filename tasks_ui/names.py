"""Names of roles, projects and processes as people read them, kept for a short while: every page shows some."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app

from engine import definitions, directory, operations
from engine.access import SYSTEM
from processes.services import lookups
from tasks_ui import context, i18n
from tasks_ui.notes import plain_note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.directory import RoleName

KEEP = timedelta(seconds=30)
EXTENSION = "keyturn-names"


@dataclass(frozen=True, slots=True)
class Names:
    """What was read at one moment: roles and projects by code, processes and their texts by locale and key."""

    until: datetime
    roles: Mapping[str, RoleName]
    projects: Mapping[str, str]
    processes: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass
class _Kept:
    names: Names | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """What a person may narrow a list by: pairs of code and name."""

    roles: list[tuple[str, str]] = field(default_factory=list)
    scopes: list[tuple[str, str]] = field(default_factory=list)
    processes: list[tuple[str, str]] = field(default_factory=list)


def _names() -> Names:
    kept, now = cast("_Kept", current_app.extensions[EXTENSION]), context.utcnow()
    if kept.names is None or now >= kept.names.until:
        with context.reading() as opened:
            kept.names = _read(opened, now + KEEP)
    return kept.names


def _read(opened: Session, until: datetime) -> Names:
    processes = {locale: operations.process_names(opened, locale) for locale in i18n.LOCALES}
    keys = processes[i18n.DEFAULT]
    return Names(
        until=until,
        roles={role.code: role for role in directory.roles(opened)},
        projects={option["value"]: option["label"] for option in lookups.projects(opened, SYSTEM, "", {})},
        processes=processes,
        texts={
            locale: {key: definitions.catalogue(opened, key, locale) for key in keys}
            for locale in i18n.LOCALES
            if locale != i18n.DEFAULT
        },
    )


def roles() -> Mapping[str, RoleName]:
    """Map role codes to their names, in the roles' order."""
    return _names().roles


def forget() -> None:
    """Read the names anew, because one was changed here."""
    cast("_Kept", current_app.extensions[EXTENSION]).names = None


def projects() -> Mapping[str, str]:
    """Map project codes to project names."""
    return _names().projects


def role(code: str) -> str:
    """Name a role in the language of the page; `role:organisation` keeps the organisation in brackets."""
    plain, _, org = code.partition(":")
    known = roles().get(plain)
    label = known.label(i18n.locale()) if known else plain
    return f"{label} ({org})" if org else label


def project(code: str) -> str:
    """Name a project."""
    return projects().get(code, code)


def process(key: str) -> str:
    """Name a process in the language of the page."""
    return _names().processes[i18n.locale()].get(key, key)


def text(words: str, key: str) -> str:
    """Give a text out of a process (the name of a task, a label) in the language of the page.

    Processes that it calls have texts of their own: what it does not translate itself is looked for in all.
    """
    catalogues = _names().texts.get(i18n.locale(), {})
    own = catalogues.get(key, {}).get(words)
    return own or next((other[words] for other in catalogues.values() if words in other), words)


def facets(viewer: Viewer) -> Facets:
    """List what a person may narrow the inbox by: his roles, his projects, the processes."""
    held = {grant.scope for grant in viewer.grants}
    known = projects()
    return Facets(
        roles=[(code, role(code)) for code in roles() if code in viewer.roles],
        scopes=[(code, name) for code, name in known.items() if "" in held or code in held],
        processes=sorted(_names().processes[i18n.locale()].items(), key=lambda pair: pair[1]),
    )


def install(app: Flask) -> None:
    """Give templates `role_name`, `project_name`, `process_name` and `process_text`, as functions and filters."""
    app.extensions[EXTENSION] = _Kept()
    shared = {"role_name": role, "project_name": project, "process_name": process, "process_text": text}
    app.jinja_env.globals.update(shared)
    app.jinja_env.filters.update(shared, plain_note=plain_note)
