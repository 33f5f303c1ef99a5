"""Files of a task: uploaded at once by the page's script, or together with the form without it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, request, send_file, url_for
from flask_babel import gettext

from engine import attachments, filestore, submissions
from engine.core import forms
from engine.errors import N_, InvalidInputError
from tasks_ui import context, form_lookup
from tasks_ui.errors import wants_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    from werkzeug.datastructures import FileStorage

    from engine.task_views import AttachmentInfo
    from storage.files import Files

blueprint = Blueprint("attachments", __name__)
SMALL = 320
NO_PICTURE = N_("{name} is no picture. Choose a JPEG, PNG or WebP picture.")


def files() -> Files:
    """Give the folder in which attachments lie."""
    return filestore.opened(context.settings().data_dir / "files")


@blueprint.post("/tasks/<uuid:task_id>/attachments")
def put(task_id: UUID) -> Response:
    """Keep one file. The page's script gets its id and address, a page without script goes back to the task."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise InvalidInputError(N_("Choose a file first."))
    name = request.form.get("field", "")
    with context.reading() as opened:
        form = submissions.form_of(opened, context.viewer(), task_id)
    component = field_of(form, name)
    ready = prepared(component, sent)
    with context.transaction() as opened:
        kept = attachments.put(
            opened, context.viewer(), task_id=task_id, field=component.key if component else "",
            filename=ready.name, stream=ready, now=context.utcnow(), files=files(),
        )  # fmt: skip
    if wants_json():
        return jsonify(described(kept))
    flash(gettext("The file was added."), "success")
    return make_response(redirect(url_for("work.show", task_id=task_id, _anchor="files"), 303))


def prepared(component: forms.Component | None, sent: FileStorage) -> attachments.Prepared:
    """Check a file before any transaction is open; a field for pictures takes nothing else."""
    pictures = component is not None and component.upload in {"photo", "signature"}
    try:
        ready = attachments.prepare(sent.filename or "", sent.stream)
    except InvalidInputError as problem:
        if pictures and problem.template == attachments.UNKNOWN_KIND:
            raise InvalidInputError(NO_PICTURE, name=sent.filename) from problem
        raise
    if pictures and not ready.width:
        raise InvalidInputError(NO_PICTURE, name=sent.filename)
    return ready


def described(kept: AttachmentInfo) -> dict[str, Any]:
    """Say what the page's script needs to show a file."""
    address = url_for("work.attachments.show", attachment_id=kept.id)
    preview = url_for("work.attachments.show", attachment_id=kept.id, size="small") if kept.width else ""
    return {"id": str(kept.id), "name": kept.name, "size": kept.size, "url": address, "preview": preview}


def field_of(form: forms.Form | None, name: str) -> forms.Component | None:
    """Find the field of a posted name such as `defects-2-photos`."""
    key = name.removesuffix("__file").rsplit("-", 1)[-1]
    walked = form.walk() if form is not None else ()
    return next((one for one in walked if one.key == key and one.upload), None)


def keep_posted(
    task_id: UUID, form: forms.Form, data: Mapping[str, Any]
) -> tuple[dict[str, Any], list[forms.FieldError]]:
    """Keep the files that came along with a form and write their ids into its data; say which were refused."""
    result, refused = dict(data), list[forms.FieldError]()
    names = form_lookup.renumbered([*request.form, *request.files])
    for name, sent in request.files.items(multi=True):
        component = field_of(form, name)
        if component is None or not sent.filename:
            continue
        path = names[name].removesuffix("__file")
        try:
            ready = prepared(component, sent)
            with context.transaction() as opened:
                kept = attachments.put(
                    opened, context.viewer(), task_id=task_id, field=component.key,
                    filename=ready.name, stream=ready, now=context.utcnow(), files=files(),
                )  # fmt: skip
        except InvalidInputError as problem:
            refused.append(forms.FieldError(path, problem.template, problem.fields, component.label))
        else:
            _add(result, path.split("-"), component, str(kept.id))
    return result, refused


def _add(data: dict[str, Any], path: list[str], component: forms.Component, value: str) -> None:
    level: Any = data
    for key, index in zip(path[:-1:2], path[1:-1:2], strict=True):
        level = level[key][int(index)]
    if component.many:
        level[path[-1]] = [*(level.get(path[-1]) or []), value]
    else:
        level[path[-1]] = value


@blueprint.get("/attachments/<uuid:attachment_id>")
def show(attachment_id: UUID) -> Response:
    """Send a file, or with `size=small` a small picture of it."""
    with context.reading() as opened:
        found, path = attachments.get(opened, context.viewer(), attachment_id, files=files())
    return answer(path, found, small=request.args.get("size") == "small")


def answer(path: Path, found: AttachmentInfo, *, small: bool = False) -> Response:
    """Write the answer that carries a file, or a small picture of it."""
    if small and found.width:
        return _sent(io.BytesIO(attachments.small(path, found, side=SMALL)), found, inline=True)
    inline = found.media_type.startswith(("image/", "audio/", "video/")) or found.media_type == "application/pdf"
    return _sent(path, found, inline=inline)


def _sent(source: Path | io.BytesIO, found: AttachmentInfo, *, inline: bool) -> Response:
    answer = make_response(
        send_file(source, mimetype=found.media_type, as_attachment=not inline, download_name=found.name)
    )
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    if found.media_type != "application/pdf":  # the browser's reader of PDF files does not start in a sandbox
        answer.headers["Content-Security-Policy"] = "default-src 'none'; media-src 'self'; sandbox"
    return answer
