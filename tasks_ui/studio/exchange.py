"""In and out: what is published as an archive of files, and the ways in."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from engine import access
from engine.access import Action
from engine.publishing import exports, parcels
from engine.studio import resources
from tasks_ui import context
from tasks_ui.i18n import local

blueprint = Blueprint("studio_exchange", __name__, url_prefix="/studio")


@blueprint.get("/exchange")
def index() -> str:
    """List the processes to be exported, by folder, and say how files come in."""
    with context.reading() as opened:
        access.require(context.viewer(), Action.STUDIO_USE)
        every = resources.published(opened)
    folders: dict[str, list[resources.Resource]] = {}
    for one in every:
        folders.setdefault(one.folder, []).append(one)
    return render_template("studio_exchange.html", folders=sorted(folders.items()), count=len(every))


@blueprint.get("/export")
def export() -> Response:
    """Send what is in force as an archive: the processes or folders that are named (`process`), or all."""
    keys = [key for key in request.args.getlist("process") if key]
    with context.reading() as opened:
        access.require(context.viewer(), Action.STUDIO_USE)
        files = exports.exported(opened, context.viewer(), keys=keys)
    name = "-".join([*(keys if len(keys) == 1 else ["keyturn"]), f"{local(context.utcnow()):%Y-%m-%d}"])
    answer = make_response(parcels.pack(files))
    answer.headers["Content-Type"] = "application/zip"
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.zip")
    return answer
