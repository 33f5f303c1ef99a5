"""The editor's page and what its scripts ask for: a draft, a save, a check, a repair, who else is there, help."""

from __future__ import annotations

import secrets
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from engine import access, studio
from engine.access import Action
from engine.core import repair
from engine.errors import N_, InvalidInputError, KeyturnError, NotFoundError
from engine.studio import known as studio_known
from tasks_ui import context, i18n, reading, security
from tasks_ui.i18n import translate
from tasks_ui.studio import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from engine.core.findings import Finding
    from engine.core.merge import Conflict
    from engine.studio import Saved

P = ParamSpec("P")
blueprint = Blueprint("studio_editing", __name__, url_prefix="/studio")
FILE = "/changes/<uuid:change_id>/files/<file>"
EDITORS = {"bpmn": "bpmn", "dmn": "dmn", "form": "form", "scenario": "text", "texts": "text"}
"""The script of each kind of file."""


def plainly(view: Callable[P, Response]) -> Callable[P, Response]:
    """Answer the page's scripts: an error is {"error": sentence}."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except KeyturnError as error:
            return make_response(jsonify(error=translate(error.template, error.fields)), error.status)

    return answered


def sent() -> dict[str, Any]:
    """Read the JSON of a request.

    Raises:
        InvalidInputError: it is not an object.
    """
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise InvalidInputError(N_("The request cannot be understood."))
    if not all(reading.storable(value) for name, value in body.items() if name != "source" and isinstance(value, str)):
        raise InvalidInputError(reading.NOT_STORABLE)  # the file itself is kept as it is
    return body


def sent_source(body: dict[str, Any]) -> bytes:
    """Read the file that a script sent.

    Raises:
        InvalidInputError: there is none.
    """
    source = body.get("source")
    if not isinstance(source, str):
        raise InvalidInputError(N_("The request cannot be understood."))
    return source.encode("utf-8", "replace")


def number(body: dict[str, Any], name: str) -> int:
    """Read a whole number that a script sent.

    Raises:
        InvalidInputError: it is none.
    """
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= reading.LARGEST:
        raise InvalidInputError(N_("The request cannot be understood."))
    return value


def finding_rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Write findings for a script, in the reader's language."""
    chinese = i18n.locale() != "en"
    rows = []
    for one in findings:
        rule, _, element = one.repair.partition(":")
        titles = repair.TITLES.get(rule)
        label = titles[chinese].format(name=one.name or element) if titles else ""
        rows.append(
            {
                "file": one.file, "elementId": one.element_id, "name": one.name, "rule": one.rule,
                "severity": one.severity, "message": one.message_zh if chinese else one.message, "line": one.line,
                "repair": one.repair if titles else "", "repairLabel": label,
            }
        )  # fmt: skip
    return rows


def conflict_rows(conflicts: Iterable[Conflict]) -> list[dict[str, str]]:
    """Write for a script, in the reader's language, what two people changed at once."""
    chinese = i18n.locale() != "en"
    return [
        {
            "elementId": one.element_id, "name": one.name, "what": one.what_zh if chinese else one.what,
            "mine": one.mine, "theirs": one.theirs,
        }
        for one in conflicts
    ]  # fmt: skip


# The page


@blueprint.get("/changes/<uuid:change_id>/edit/<file>")
def edit(change_id: UUID, file: str) -> Response:
    """Show the editor of a file."""
    nonce = secrets.token_urlsafe(16)
    with context.reading() as opened:
        viewer = context.viewer()
        change = studio.change(opened, viewer, change_id)
        known = studio_known.known(opened, change_id, registry=context.registry())
    draft = change.draft(file)
    if draft is None:
        raise NotFoundError(N_("This change has no file {file}."), file=file)
    data = {
        "urls": _urls(change_id, file, draft.kind),
        "csrf": generate_csrf(),
        "nonce": nonce,
        "locale": i18n.locale(),
        "login": viewer.login,
        "name": viewer.name,
        "change": {"id": str(change.id), "title": change.title, "editable": change.editable},
        "kind": draft.kind,
        "file": file,
        "folder": draft.folder,
        "texts": words.texts(i18n.locale()),
        "known": known,
        "comments": [words.comment_row(one, change.names) for one in change.comments if one.file == file],
    }
    page = render_template(
        "studio_editor.html", change=change, draft=draft, data=data, editor=EDITORS[draft.kind], kinds=words.KINDS
    )
    response = make_response(page)
    wider = {"style_src_attr": "'unsafe-inline'"} if draft.kind in ("bpmn", "dmn", "form") else {}
    if draft.kind in ("dmn", "form"):
        wider["style_src"] = f"'self' 'nonce-{nonce}'"
    if draft.kind == "form":
        wider["frame_src"] = "'self'"
    response.headers["Content-Security-Policy"] = security.policy(**wider)
    return response


def _urls(change_id: UUID, file: str, kind: str) -> dict[str, str]:
    here: dict[str, Any] = {"change_id": change_id, "file": file}
    names = ("read", "check", "repair", "presence", "mine", "comments", "revisions")
    urls = {name: url_for(f"studio_editing.{name}", **here) for name in names}
    return urls | {
        "file": urls["read"],
        "change": url_for("studio_changes.show", change_id=change_id),
        "help": url_for("studio_editing.help_for", kind=kind),
    }


# What scripts ask for


@blueprint.get(FILE)
@plainly
def read(change_id: UUID, file: str) -> Response:
    """Give a draft."""
    with context.reading() as opened:
        found = studio.draft(opened, context.viewer(), change_id, file)
    return jsonify(
        file=file, kind=found.kind, source=found.source.decode("utf-8", "replace"), revision=found.revision,
        editedBy=found.edited_by,
    )  # fmt: skip


@blueprint.put(FILE)
@plainly
def save(change_id: UUID, file: str) -> Response:
    """Save a draft; what somebody else saved since its revision stays in it."""
    body = sent()
    with context.transaction() as opened:
        found = studio.save(
            opened, context.viewer(), change_id, file, source=sent_source(body), revision=number(body, "revision"),
            now=context.utcnow(),
        )  # fmt: skip
    answer = _saved(found, body["source"])
    with context.reading() as opened:  # nobody waits for the check to save a file of the same change
        findings = studio.check(opened, context.viewer(), change_id, registry=context.registry())
    return jsonify(answer | {"findings": finding_rows(findings)})


def _saved(found: Saved, source: str) -> dict[str, Any]:
    kept = found.source.decode("utf-8", "replace")
    return {
        "revision": found.revision,
        **({"source": kept} if kept != source else {}),
        "merged": found.merged,
        "mine": found.mine,
        "conflicts": conflict_rows(found.conflicts),
    }


@blueprint.post(f"{FILE}/mine")
@plainly
def mine(change_id: UUID, file: str) -> Response:
    """Let one's own values stand where both had changed the same."""
    body = sent()
    with context.transaction() as opened:
        found = studio.take_mine(
            opened, context.viewer(), change_id, file, mine=number(body, "mine"), revision=number(body, "revision"),
            now=context.utcnow(),
        )  # fmt: skip
    return jsonify(_saved(found, ""))


@blueprint.post(f"{FILE}/check")
@plainly
def check(change_id: UUID, file: str) -> Response:
    """Check a draft that is not saved yet, together with the other files of its change."""
    source = sent_source(sent())
    with context.reading() as opened:
        findings = studio.check(
            opened, context.viewer(), change_id, registry=context.registry(), file=file, source=source
        )
    return jsonify(findings=finding_rows(findings))


@blueprint.post(f"{FILE}/repair", endpoint="repair")
@plainly
def mend(change_id: UUID, file: str) -> Response:
    """Carry out repairs in a diagram that is not saved yet."""
    body = sent()
    wanted = body.get("wanted") or []
    if not isinstance(wanted, list) or not all(isinstance(text, str) for text in wanted):
        raise InvalidInputError(N_("The request cannot be understood."))
    source = sent_source(body)
    with context.reading() as opened:
        mended = studio.mend(
            opened, context.viewer(), change_id, file, source=source, wanted=list(filter(None, wanted)),
            registry=context.registry(),
        )  # fmt: skip
    done = mended.applied.get(file, ())
    chinese = i18n.locale() != "en"
    return jsonify(
        source=mended.files.get(file, source).decode("utf-8", "replace"),
        applied=[one.title_zh if chinese else one.title for one in done],
        findings=finding_rows(mended.findings),
    )


@blueprint.post(f"{FILE}/presence")
@plainly
def presence(change_id: UUID, file: str) -> Response:
    """Note that one has the file open, and tell who else has."""
    element = str(sent().get("element") or "")
    with context.transaction() as opened:
        found = studio.heartbeat(opened, context.viewer(), change_id, file, element_id=element, now=context.utcnow())
    others = [{"login": one.login, "name": one.name, "element": one.element} for one in found.others]
    return jsonify(others=others, revision=found.revision, editedBy=found.edited_by)


@blueprint.get(f"{FILE}/comments")
@plainly
def comments(change_id: UUID, file: str) -> Response:
    """List what was said of a file."""
    with context.reading() as opened:
        change = studio.change(opened, context.viewer(), change_id)
    return jsonify(comments=[words.comment_row(one, change.names) for one in change.comments if one.file == file])


@blueprint.post(f"{FILE}/comments")
@plainly
def say(change_id: UUID, file: str) -> Response:
    """Say something of an element of a file, or settle what was said."""
    body = sent()
    with context.transaction() as opened:
        viewer, now = context.viewer(), context.utcnow()
        if body.get("settle"):
            settled = words.identity(str(body["settle"]))
            studio.resolve_comment(opened, viewer, change_id, settled, settled=bool(body.get("settled", True)), now=now)
        else:
            studio.comment(
                opened, viewer, change_id, text=str(body.get("text") or ""), file=file,
                element_id=str(body.get("element") or ""), now=now,
            )  # fmt: skip
        change = studio.change(opened, viewer, change_id)
    return jsonify(comments=[words.comment_row(one, change.names) for one in change.comments if one.file == file])


@blueprint.get(f"{FILE}/revisions")
@plainly
def revisions(change_id: UUID, file: str) -> Response:
    """List how a draft was saved."""
    with context.reading() as opened:
        found = studio.revisions(opened, context.viewer(), change_id, file)
    return jsonify(
        revisions=[{"revision": one.revision, "at": one.saved_at.isoformat(), "by": one.name} for one in found]
    )


@blueprint.get("/help/<kind>/<element>")
@blueprint.get("/help/<kind>/")
def help_for(kind: str, element: str = "") -> str:
    """Give what the reference says of an element, with an example."""
    access.require(context.viewer(), Action.STUDIO_USE)
    return render_template("studio_help.html", entry=words.help_entry(kind, element))
