"""The library: every process, table, form, scenario and text in force, with its versions and who uses it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import regulation, tasks
from engine.core import drawing, forms
from engine.core.compare import sides
from engine.errors import KeyturnError
from engine.studio import choices, document_heads, library
from tasks_ui import context, form_view, i18n, names, reading
from tasks_ui.i18n import translate
from tasks_ui.studio import naming, words

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.operations import VersionRow
    from engine.studio.library import Item, ProcessPage, Shelf

blueprint = Blueprint("studio_library", __name__, url_prefix="/studio")
A_YEAR = 31_536_000
CODE = re.compile(r"[a-z]\w*", re.ASCII)


@blueprint.get("")
def index() -> str:
    """Show everything in force by folder, or what a search finds."""
    text, kind = request.args.get("q", "").strip(), request.args.get("kind", "")
    with context.reading() as opened:
        found = library.shelves(opened, context.viewer())
    called = [library.Shelf(s.folder, tuple(i for i in s.items if _wanted(i, s, text))) for s in found.shelves]
    counts = {one: sum(len(shelf.of(one)) for shelf in called) for one in library.KINDS}
    shelves = [library.Shelf(s.folder, s.of(kind)) for s in called] if kind else called
    return render_template(
        "studio_library.html", shelves=[shelf for shelf in shelves if shelf.items], names=found.names, text=text,
        kind=kind, kinds=words.KINDS, counts=counts, total=sum(counts.values()), title=naming.title,
        folder_name=naming.folder, unfolded=bool(text or kind),
    )  # fmt: skip


def _wanted(item: Item, shelf: Shelf, text: str) -> bool:
    one = item.resource
    places = (one.file, one.key, one.name, naming.title(one), shelf.folder, naming.folder(shelf.folder), item.number,
              item.department)  # fmt: skip
    return all(any(word in place.casefold() for place in places) for word in text.casefold().split())


def exists(path: str) -> bool:
    """Tell whether a page is there: places of the studio come one by one."""
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, "GET")


@blueprint.get("/pictures/<uuid:definition_id>.svg")
def picture(definition_id: UUID) -> Response:
    """Draw a version small. A version never changes: browsers keep it."""
    with context.reading() as opened:
        key, model = library.model(opened, context.viewer(), definition_id)
    try:
        drawn = drawing.svg(model, key, thumbnail=True, title=key)
    except KeyturnError:  # a file without drawing
        drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 4"/>'
    response = Response(drawn, mimetype="image/svg+xml")
    response.cache_control.private = True
    response.cache_control.max_age = A_YEAR
    response.cache_control.immutable = True
    return response


# -- a process --------------------------------------------------------------------------------------------------------


@blueprint.get("/processes/<key>")
def process(key: str) -> str:
    """Show a process: its picture, the head of its regulation, its versions, what belongs to it."""
    with context.reading() as opened:
        found = library.process(opened, context.viewer(), key, reading.whole(request.args.get("version", "")))
        _key, model = library.model(opened, context.viewer(), found.version.id)
        mine = choices.recent(opened, context.viewer(), now=context.utcnow())
    svg = drawing.svg(
        model, key, title=names.text(found.version.name, key), translate=lambda text: names.text(text, key)
    )
    return render_template(
        "studio_process.html", page=found, lines=head_lines(found.version), controlled=controlled, svg=svg,
        title=naming.title, kinds=words.KINDS, links=_links(found), mine=mine,
    )  # fmt: skip


def _links(found: ProcessPage) -> list[tuple[str, str, str]]:
    """List where one goes from a process: (label, icon, address), those that are there."""
    key, file = found.version.key, found.version.file.rsplit("/", 1)[-1]
    older = [row.version for row in found.versions if row.version < found.version.version]
    places = [
        (gettext("Compare"), "layers", url_for("studio_compare.versions", file=file, left=older[0] if older else None,
                                               right=found.version.version)),
        (gettext("Rehearse"), "arrow-repeat", f"/studio/rehearse?process={key}"),
        (gettext("How it runs"), "hourglass-split", f"/studio/watch/{key}"),
        (gettext("Export"), "download", f"/studio/export?process={key}"),
    ]  # fmt: skip
    return [(str(label), icon, address) for label, icon, address in places if exists(address.partition("?")[0])]


def controlled(version: VersionRow) -> str:
    """Say in the words of a document's head whether a version is controlled (B60)."""
    if version.state == "draft":
        return gettext("draft, not controlled")
    if version.state == "withdrawn":
        return gettext("withdrawn, no longer valid")
    return gettext("controlled, in force") if version.newest else gettext("controlled, superseded")


def head_lines(version: VersionRow) -> list[tuple[str, str]]:
    """List the head of a version's regulation (A24, B60): what it is called, who answers for it, when."""
    head = version.head

    def signed(person: str, day: str) -> str:
        return " ".join(str(one) for one in (head.get(person), head.get(day)) if one)

    lines = [
        (gettext("Document number"), head.get("number")),
        (gettext("Controlled state"), controlled(version)),
        (gettext("Version"), f"{version.version} {version.version_tag}".strip()),
        (gettext("Times changed"), head.get("changes") or 0),
        (gettext("Executing department"), head.get("executing_department")),
        (gettext("Supervising department"), head.get("supervising_department")),
        (gettext("Verifying department"), head.get("verifying_department")),
        (gettext("Written by, on"), signed("author", "written_on")),
        (gettext("Reviewed by, on"), signed("reviewer", "reviewed_on")),
        (gettext("Approved by, on"), signed("approver", "approved_on")),
        (gettext("Reason of the change"), version.note),
    ]
    return [(name, str(value) if value not in (None, "") else "—") for name, value in lines]


@blueprint.get("/processes/<key>/head")
def head(key: str) -> Response:
    """Ask for the head of the regulation that a version is."""
    return _head(key)


def _head(key: str, problem: KeyturnError | None = None) -> Response:
    with context.reading() as opened:
        found = library.process(opened, context.viewer(), key, reading.whole(request.args.get("version", "")))
    values = {name: "" if value is None else str(value) for name, value in found.version.head.items()}
    page = render_template(
        "studio_head.html", version=found.version, values=values | dict(request.form.items()),
        problem=translate(problem.template, problem.fields) if problem else "",
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


@blueprint.post("/processes/<key>/head")
def save_head(key: str) -> Response:
    """Keep the head; the diagram keeps its version."""
    values = {name: request.form[name] for name in regulation.HEAD if name in request.form}
    number = reading.whole(request.args.get("version", ""))
    try:
        with context.transaction() as opened:
            found = library.process(opened, context.viewer(), key, number)
            document_heads.change(opened, context.viewer(), found.version.id, values, now=context.utcnow())
    except KeyturnError as problem:
        if problem.status in (403, 404):
            raise
        return _head(key, problem)
    flash(gettext("The head of the document is saved."), "success")
    return make_response(redirect(url_for("studio_library.process", key=key, version=number or None), 303))


# -- other files ------------------------------------------------------------------------------------------------------


@blueprint.get("/files/<file>")
def file(file: str) -> str | Response:
    """Show a table, form, scenario or texts as people read them; a diagram has a page of its own."""
    number = reading.whole(request.args.get("version", ""))
    with context.reading() as opened:
        found = library.file(opened, context.viewer(), file, number)
        if found.resource.kind == "bpmn":
            address = url_for("studio_library.process", key=found.resource.key, version=number or None)
            return make_response(redirect(address, 302))
        if found.resource.kind == "scenario" and not number and exists(f"/studio/scenarios/{file}"):
            return make_response(redirect(url_for("studio_scenarios.show", file=file), 302))
        shown = _shown(opened, found) | {"mine": choices.recent(opened, context.viewer(), now=context.utcnow())}
    return render_template("studio_file.html", page=found, kinds=words.KINDS, title=naming.title, **shown)


def meant(column: str, cell: str) -> str:
    """Say what the codes in a cell of a column mean, "" where nothing is known of them: clock, "accept" is 受理."""
    known = context.registry().extra.get("words", {})
    said = [known[f"{column}.{code}"] for code in CODE.findall(cell) if f"{column}.{code}" in known]
    return str(gettext(", ")).join(both[i18n.locale() == "en"] for both in said)


def _shown(opened: Session, found: library.FilePage) -> dict[str, Any]:
    """Prepare what is in a file for reading; what an earlier release took may be unreadable now."""
    one, source = found.resource, found.source
    try:
        if one.kind == "dmn":
            return {"grids": sides.grids(source, source), "policy": naming.policy, "meant": meant}
        if one.kind == "form":
            form = forms.parse(source)
            env = forms.lenient(tasks.feel_env(opened, context.registry(), context.utcnow()))
            lookups = tasks.lookups(opened, context.viewer(), context.registry()) or {}
            page = form_view.Page(env, {}, lambda text: names.text(text, one.folder), lookups)
            return {"form": form_view.build(form, forms.initial(form, {}, env), page, [])}
    except KeyturnError as problem:
        return {"text": source.decode(errors="replace"), "problem": translate(problem.template, problem.fields)}
    return {"text": source.decode(errors="replace")}
