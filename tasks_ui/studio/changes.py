"""Changes: the list, a new one, and the page of one with its files, problems and comments."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import access, studio
from engine.access import Action
from engine.errors import KeyturnError, NotAllowedError, NotFoundError
from engine.studio import blanks as studio_blanks
from engine.studio import resources
from engine.studio import settings as studio_settings
from tasks_ui import context, i18n, names, reading
from tasks_ui.i18n import translate
from tasks_ui.studio import naming, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.findings import Finding

blueprint = Blueprint("studio_changes", __name__, url_prefix="/studio")
ONE = "/changes/<uuid:change_id>"


def to(address: str) -> Response:
    """Lead on after something was done."""
    return make_response(redirect(address, 303))


def to_change(change_id: UUID, anchor: str = "") -> Response:
    """Lead to a change's page."""
    return to(url_for("studio_changes.show", change_id=change_id, _anchor=anchor or None))


# The list, and a new one


@blueprint.get("/changes")
def index() -> str:
    """List the changes in a state."""
    state = request.args.get("state", "")
    page = reading.page(request.args.get("page", ""))
    with context.reading() as opened:
        rows, counts, more = studio.changes(opened, context.viewer(), state=state, page=page)
    return render_template(
        "studio_changes.html", rows=rows, counts=counts, more=more, page=page, state=state, states=words.STATES,
        page_address=lambda number: url_for("studio_changes.index", state=state or None, page=number),
    )  # fmt: skip


@blueprint.get("/changes/new")
def new() -> Response:
    """Ask for a title, a reason and the files."""
    return _new()


def _new(problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        viewer = context.viewer()
        access.require(viewer, Action.CHANGE_EDIT)
        files = resources.published(opened)
    chosen = request.form.getlist("file") or request.args.getlist("file")
    page = render_template(
        "studio_new.html", files=files, chosen=chosen, kinds=words.KINDS, said=request.form or request.args,
        problem=_sentence(problem), folder_name=naming.folder,
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


@blueprint.post("/changes")
def begin() -> Response:
    """Begin a change, and go on to its editor when it was begun from one file."""
    wanted = [file for file in request.form.getlist("file") if file]
    processes, then = request.form.getlist("process"), request.form.get("then", "")
    try:
        with context.transaction() as opened:
            change_id = studio.begin(
                opened, context.viewer(), wanted=wanted, processes=processes, title=request.form.get("title", ""),
                reason=request.form.get("reason", ""), now=context.utcnow(),
            )  # fmt: skip
            begun = tuple(studio.files(opened, change_id))
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _new(problem)
    if then in studio_blanks.STEMS:
        return to(url_for("studio_changes.new_file", change_id=change_id, kind=then))
    if len(begun) == 1:
        return to(url_for("studio_editing.edit", change_id=change_id, file=begun[0]))
    return to_change(change_id)


# One change


@blueprint.get(ONE)
def show(change_id: UUID) -> Response:
    """Show a change with all that belongs to it."""
    return page_of(change_id)


def page_of(change_id: UUID, problem: KeyturnError | None = None) -> Response:
    """Show a change, perhaps with what could not be done."""
    with context.reading() as opened:
        viewer, now = context.viewer(), context.utcnow()
        change = studio.change(opened, viewer, change_id)
        findings = studio.check(opened, viewer, change_id, registry=context.registry()) if change.editable else []
        data: dict[str, Any] = {
            "change": change,
            "findings": findings,
            "present": studio.present(opened, viewer, change_id, now=now),
            "files": resources.published(opened) if change.editable else (),
            "reviewers": studio.reviewers(opened, now=now),
            "second_person": studio_settings.second_person(opened) or context.registry().four_eyes,
        }
    page = render_template(
        "studio_change.html", **data, kinds=words.KINDS, states=words.STATES, problem=_sentence(problem),
        said=request.form, own=viewer.login in change.authors, counted=_counted(findings),
        chinese=i18n.locale() != "en", has=_has, chosen=(), severities=words.SEVERITIES, folder_name=naming.folder,
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


def _counted(findings: list[Finding]) -> Counter[tuple[str, str]]:
    return Counter((one.file, one.severity) for one in findings)


def _has(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def _sentence(problem: KeyturnError | None) -> str:
    return translate(problem.template, problem.fields) if problem else ""


def carried_out(change_id: UUID, work: Callable[[Session, Viewer], str | None], anchor: str = "") -> Response:
    """Do something with a change: `work` returns what to say; what cannot be done is said on the change's page."""
    try:
        with context.transaction() as opened:
            said = work(opened, context.viewer())
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return page_of(change_id, problem)
    if said:
        flash(said, "success")
    return to_change(change_id, anchor)


@blueprint.post(f"{ONE}/title")
def rename(change_id: UUID) -> Response:
    """Give a change another title and reason."""

    def work(opened: Session, viewer: Viewer) -> str:
        said = {name: request.form.get(name, "") for name in ("title", "reason")}
        studio.rename(opened, viewer, change_id, **said, now=context.utcnow())
        return gettext("Saved.")

    return carried_out(change_id, work)


@blueprint.post(f"{ONE}/discard")
def discard(change_id: UUID) -> Response:
    """Give a change up, with the reason."""

    def work(opened: Session, viewer: Viewer) -> str:
        studio.discard(opened, viewer, change_id, reason=request.form.get("reason", ""), now=context.utcnow())
        return gettext("The change is discarded. It can be taken up again here.")

    return carried_out(change_id, work)


@blueprint.post(f"{ONE}/reopen")
def reopen(change_id: UUID) -> Response:
    """Go on with a change that was discarded."""

    def work(opened: Session, viewer: Viewer) -> str:
        studio.reopen(opened, viewer, change_id, now=context.utcnow())
        return gettext("The change goes on.")

    return carried_out(change_id, work)


# Its files


@blueprint.post(f"{ONE}/files")
def add(change_id: UUID) -> Response:
    """Take published files into a change."""
    wanted = [file for file in request.form.getlist("file") if file]

    def work(opened: Session, viewer: Viewer) -> str:
        every = resources.published(opened)
        for file in wanted:
            studio.add_file(opened, viewer, change_id, file, now=context.utcnow(), every=every)
        return gettext("The files are in the change.") if wanted else ""

    answer = carried_out(change_id, work, "files")
    if len(wanted) == 1 and request.form.get("edit") and answer.status_code < 400:  # noqa: PLR2004
        return to(url_for("studio_editing.edit", change_id=change_id, file=wanted[0]))
    return answer


@blueprint.post(f"{ONE}/files/<file>/remove")
def remove(change_id: UUID, file: str) -> Response:
    """Take a file out of a change."""

    def work(opened: Session, viewer: Viewer) -> str:
        studio.remove_file(opened, viewer, change_id, file, now=context.utcnow())
        return gettext("%(file)s is no longer in the change.", file=file)

    return carried_out(change_id, work, "files")


@blueprint.get(f"{ONE}/new")
def new_file(change_id: UUID) -> Response:
    """Ask for the name of a new diagram, table or form."""
    return _new_file(change_id)


def _new_file(change_id: UUID, problem: KeyturnError | None = None) -> Response:
    said = request.form or request.args
    kind = said.get("kind", "bpmn")
    kind = kind if kind in studio_blanks.STEMS else "bpmn"
    with context.reading() as opened:
        change = studio.change(opened, context.viewer(), change_id)
        key = studio_blanks.free_name(opened, change_id, kind)
        folders = sorted({one.folder for one in resources.published(opened)} - {""})
    page = render_template(
        "studio_new_file.html", change=change, kind=kind, key=said.get("key") or key, folders=folders, said=said,
        kinds=words.KINDS, problem=_sentence(problem), roles=[(code, names.role(code)) for code in names.roles()],
        near=next((d.folder for d in change.drafts if d.folder), ""), folder_name=naming.folder,
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


@blueprint.post(f"{ONE}/new")
def make_file(change_id: UUID) -> Response:
    """Add a new diagram, table or form to a change, and open it."""
    said = {name: request.form.get(name, "") for name in ("kind", "name", "key", "folder", "role")}
    try:
        with context.transaction() as opened:
            made = studio_blanks.add_new(opened, context.viewer(), change_id, **said, now=context.utcnow())
    except (NotFoundError, NotAllowedError):
        raise
    except KeyturnError as problem:
        return _new_file(change_id, problem)
    return to(url_for("studio_editing.edit", change_id=change_id, file=made.file))


@blueprint.post(f"{ONE}/take-over")
def take_over(change_id: UUID) -> Response:
    """Take over into a draft what was published since it began."""
    file = request.form.get("file", "")
    with context.transaction() as opened:
        found = studio.take_over(opened, context.viewer(), change_id, file, now=context.utcnow())
    if not found.conflicts:
        flash(gettext("What was published since is in the draft."), "success")
    chinese = i18n.locale() != "en"
    for one in found.conflicts:
        what, name = one.what_zh if chinese else one.what, one.name or one.element_id or file
        values = {"name": name, "what": what, "theirs": one.theirs or "–", "mine": one.mine or "–"}
        flash(
            gettext(
                "%(name)s, %(what)s: both were changed. The draft keeps %(theirs)s; published is %(mine)s.", **values
            ),
            "warning",
        )
    return to(url_for("studio_editing.edit", change_id=change_id, file=file))


@blueprint.get(f"{ONE}/history/<file>")
def history(change_id: UUID, file: str) -> str:
    """List how a draft was saved."""
    with context.reading() as opened:
        viewer = context.viewer()
        change = studio.change(opened, viewer, change_id)
        rows = studio.revisions(opened, viewer, change_id, file)
    return render_template("studio_history.html", change=change, file=file, rows=rows, draft=change.draft(file))


@blueprint.get(f"{ONE}/history/<file>/<int:number>")
def revision(change_id: UUID, file: str, number: int) -> Response:
    """Give a draft as it was saved once, as a file."""
    with context.reading() as opened:
        source = studio.revision(opened, context.viewer(), change_id, file, number)
    answer = make_response(source)
    answer.headers["Content-Type"] = "application/octet-stream"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{number}-{file}")
    return answer


@blueprint.post(f"{ONE}/history/<file>")
def restore(change_id: UUID, file: str) -> Response:
    """Put a draft back to how it was saved once."""
    number = reading.whole(request.form.get("revision", ""))

    def work(opened: Session, viewer: Viewer) -> str:
        studio.restore(opened, viewer, change_id, file, revision=number, now=context.utcnow())
        return gettext("%(file)s is as it was in revision %(number)d.", file=file, number=number)

    return carried_out(change_id, work, "files")
