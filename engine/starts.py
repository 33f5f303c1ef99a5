"""Starting a process as somebody who fills in its start form, when it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import access, definitions, instances, tasks
from engine.access import Action
from engine.core import feel, forms
from engine.errors import N_, InvalidInputError
from storage import people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.definitions import ProcessDefinition


def start(
    session: Session,
    *,
    key: str,
    variables: Mapping[str, Any],
    viewer: Viewer,
    now: datetime,
    registry: Registry,
    scope: str | None = "",
    **more: Any,
) -> UUID:
    """Start the newest version of a process and return the instance's id; `more` goes to `instances.start`.

    `scope` None: the one project for which the viewer may start it, none when his role and those of the process are
    held everywhere. With a start form, `variables` are checked against it as a task's are, and anything else is left
    out.

    Raises:
        NotFoundError: no such process. NotAllowedError: not for this viewer. InvalidFormError: fields need correcting.
        ProcessError: it cannot take a first step. InvalidInputError: `scope` None does not tell the project.
        ConflictError: the application has a reason against another one (`Registry.extra["before_start"]`).
    """
    row = definitions.latest(session, key)
    scope = _project(session, viewer, row, now) if scope is None else scope
    access.require(viewer, Action.INSTANCE_START, access.StartSubject(scope, tuple(row.starters), tuple(row.roles)))
    form = definitions.start_form(session, row.id)
    given = {name: feel.to_json(value) for name, value in variables.items()}
    if form is not None:
        env = tasks.feel_env(session, registry, now)
        values = forms.validate(form, given, {}, env, lookups=tasks.lookups(session, viewer, registry))
        given = forms.variables(form, values)
    check = registry.extra.get("before_start")
    if check is not None:
        check(session, key=key, scope=scope, variables=given, now=now)
    return instances.start(
        session, key=key, variables=given, viewer=viewer, now=now, registry=registry, scope=scope, definition=row,
        **more,
    )  # fmt: skip


def _project(session: Session, viewer: Viewer, row: ProcessDefinition, now: datetime) -> str:
    """Find the project of an instance for which none was given; "" is none."""
    may = set(row.starters or row.roles)
    scopes = {grant.scope for grant in viewer.grants if grant.role in may and not grant.org}
    if scopes and "" not in scopes and not viewer.is_admin:
        if len(scopes) > 1:
            message = N_("Say in which project the process is started. You may start it in {projects}.")
            raise InvalidInputError(message, projects=", ".join(sorted(scopes)))
        return scopes.pop()
    lost = people.held_for_projects_only(session, row.roles, now)
    if lost:
        message = N_(
            "Say in which project the process is started: {roles} is held for projects only, so nobody would see its "
            "tasks. Give an empty scope if that is meant."
        )
        raise InvalidInputError(message, roles=", ".join(sorted(lost)))
    return ""
