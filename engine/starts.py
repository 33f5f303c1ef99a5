"""Starting a process as somebody who fills in its start form, when it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import access, definitions, instances, tasks
from engine.access import Action
from engine.core import feel, forms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry


def start(
    session: Session,
    *,
    key: str,
    variables: Mapping[str, Any],
    viewer: Viewer,
    now: datetime,
    registry: Registry,
    scope: str = "",
    **more: Any,
) -> UUID:
    """Start the newest version of a process and return the instance's id; `more` goes to `instances.start`.

    With a start form, `variables` are checked against it as a task's are, and anything else is left out.

    Raises:
        NotFoundError: no such process. NotAllowedError: not for this viewer. InvalidFormError: fields need correcting.
        ProcessError: it cannot take a first step.
    """
    row = definitions.latest(session, key)
    access.require(viewer, Action.INSTANCE_START, access.StartSubject(scope, tuple(row.starters), tuple(row.roles)))
    form = definitions.start_form(session, row.id)
    given = {name: feel.to_json(value) for name, value in variables.items()}
    if form is not None:
        env = tasks.feel_env(session, registry, now)
        values = forms.validate(form, given, {}, env, lookups=tasks.lookups(session, viewer, registry))
        given = forms.variables(form, values)
    return instances.start(
        session, key=key, variables=given, viewer=viewer, now=now, registry=registry, scope=scope, definition=row,
        **more,
    )  # fmt: skip
