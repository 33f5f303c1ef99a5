"""Addresses of rehearsals. What they do is in `rehearse_pages` and `rehearse_steps`, loaded when somebody rehearses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

if TYPE_CHECKING:
    from uuid import UUID

    from werkzeug.wrappers import Response

blueprint = Blueprint("studio_rehearse", __name__, url_prefix="/studio")
ONE = "/rehearsals/<uuid:rehearsal_id>"
TASK = f"{ONE}/tasks/<uuid:task_id>"


def _pages() -> Any:
    from tasks_ui.studio import rehearse_pages  # noqa: PLC0415  YAML, a workbench and an invented world

    return rehearse_pages


def _steps() -> Any:
    from tasks_ui.studio import rehearse_steps  # noqa: PLC0415  as above

    return rehearse_steps


@blueprint.get("/changes/<uuid:change_id>/rehearse")
def begin(change_id: UUID) -> Response:
    """Choose what of a change to rehearse, or go on with what was begun."""
    return _pages().choose(change_id)  # type: ignore[no-any-return]


@blueprint.get("/rehearse")
def published() -> Response:
    """Choose what is published to rehearse."""
    return _pages().choose(None)  # type: ignore[no-any-return]


@blueprint.post("/rehearsals")
def create() -> Response:
    """Begin a rehearsal."""
    return _pages().create()  # type: ignore[no-any-return]


@blueprint.get(ONE)
def show(rehearsal_id: UUID) -> Response:
    """Show where a rehearsal stands."""
    return _pages().show(rehearsal_id)  # type: ignore[no-any-return]


@blueprint.route(f"{ONE}/start/<int:number>", methods=["GET", "POST"])
def start(rehearsal_id: UUID, number: int) -> Response:
    """Begin the process: show its form with an example filled in, or take what was filled in."""
    return _steps().start(rehearsal_id, number)  # type: ignore[no-any-return]


@blueprint.route(TASK, methods=["GET", "POST"])
def task(rehearsal_id: UUID, task_id: UUID) -> Response:
    """Do a task: show its form with usual answers, or take what was filled in."""
    return _steps().task(rehearsal_id, task_id)  # type: ignore[no-any-return]


@blueprint.post(f"{TASK}/preview")
def preview(rehearsal_id: UUID, task_id: UUID) -> Response:
    """Tell which fields of a task's form are hidden and required now."""
    return _steps().preview(rehearsal_id, task_id)  # type: ignore[no-any-return]


@blueprint.post(f"{ONE}/upload")
def upload(rehearsal_id: UUID) -> Response:
    """Take a file for a rehearsal: its name is kept, nothing else."""
    return _steps().upload(rehearsal_id)  # type: ignore[no-any-return]


@blueprint.get(f"{ONE}/lookup/<source>")
def lookup(rehearsal_id: UUID, source: str) -> Response:
    """Search one of the sources of a form among the invented."""
    return _steps().lookup(rehearsal_id, source)  # type: ignore[no-any-return]


@blueprint.post(f"{ONE}/time")
def time(rehearsal_id: UUID) -> Response:
    """Let time pass."""
    return _steps().time(rehearsal_id)  # type: ignore[no-any-return]


@blueprint.post(f"{ONE}/undo")
def undo(rehearsal_id: UUID) -> Response:
    """Take the last step back."""
    return _steps().undo(rehearsal_id)  # type: ignore[no-any-return]


@blueprint.post(f"{ONE}/restart")
def restart(rehearsal_id: UUID) -> Response:
    """Begin anew with what is drafted now, perhaps taking the same steps again."""
    return _steps().restart(rehearsal_id)  # type: ignore[no-any-return]


@blueprint.post(f"{ONE}/save")
def save(rehearsal_id: UUID) -> Response:
    """Save the walk as a scenario of the change."""
    return _steps().save(rehearsal_id)  # type: ignore[no-any-return]


@blueprint.post(f"{ONE}/remove")
def remove(rehearsal_id: UUID) -> Response:
    """Throw the rehearsal away."""
    return _pages().remove(rehearsal_id)  # type: ignore[no-any-return]
