"""The inspector's place on a phone: one page for all houses, which also opens without network, and the rows it sends.

The page is a frame that `static/js/inspect*.js` fill from the phone's own store; a service worker keeps it. What it
sends is JSON, one row a request, each with an id of the phone's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request, send_file, url_for
from flask_wtf.csrf import generate_csrf

from engine import attachments
from engine.errors import N_, InvalidInputError
from processes.services import doors, inspection_phone
from tasks_ui import assets, context
from tasks_ui.attachments import NO_PICTURE, files
from tasks_ui.guard import public
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from processes.services.inspection_phone import Outcome

blueprint = Blueprint("inspect", __name__)
SCRIPTS = ("store", "send", "photo", "room", "recheck", "scan", "outbox", "page")
FILES = (
    *("favicon.svg", "app.css", "inspect.css", "js/theme.js", "js/shell.js"),
    *(f"js/inspect-{name}.js" for name in SCRIPTS),
)


@blueprint.app_context_processor
def _for_templates() -> dict[str, object]:
    return {"inspect_scripts": SCRIPTS}


def _frame() -> Response:
    return make_response(render_template("inspect.html"))


@blueprint.get("/inspect")
def index() -> Response:
    """Show the page; it lists the houses itself."""
    return _frame()


@blueprint.get("/inspect/<number>")
def house(number: str) -> Response:  # noqa: ARG001  the page reads it from its address
    """Show the page for one house."""
    return _frame()


@blueprint.get("/inspect/unit/<path:code>")
def by_code(code: str) -> Response:
    """Go to the visit of a house: this is the address in its QR code."""
    with context.reading() as opened:
        number = inspection_phone.number_of(opened, context.viewer(), code, now=context.utcnow())
    return make_response(redirect(url_for("inspect.house", number=number), 303))


@blueprint.get("/inspect/houses")
def houses() -> Response:
    """Say who is signed in, which houses he is to visit, and the token for what the page sends."""
    person = context.viewer()
    with context.reading() as opened:
        found = inspection_phone.houses(opened, person, now=context.utcnow())
    secret = context.settings().secret_key
    cards = [asdict(card) | {"door": doors.token(card.unit_id, secret)} for card in found]
    return jsonify(login=person.login, name=person.name, csrf=generate_csrf(), houses=cards)


@blueprint.get("/inspect/<number>/state")
def state(number: str) -> Response:
    """Give everything about a house that the phone takes along."""
    with context.reading() as opened:
        return jsonify(inspection_phone.take_along(opened, context.viewer(), number))


@blueprint.get("/inspect/<number>/plan")
def plan(number: str) -> Response:
    """Send the floor plan of a house."""
    with context.reading() as opened:
        path = inspection_phone.plan_of(opened, context.viewer(), number, files=files())
    answer = make_response(send_file(path, mimetype=_kind(path.read_bytes()[:12])))
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _kind(start: bytes) -> str:
    """Name the kind of a picture by its first bytes; anything else is no picture to a browser."""
    if start.startswith(b"\x89PNG"):
        return "image/png"
    if start.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/webp" if start[8:12] == b"WEBP" else "application/octet-stream"


# What the phone sends


def _body() -> dict[str, Any]:
    """Read what was sent; what is no JSON object has no id, which is said to those who may send."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _answered(found: Outcome) -> Response:
    """Answer with the row as it stands; 409 with the other's version when somebody has changed it since."""
    if found.conflict is None:
        return jsonify(row=found.row)
    sentence = translate(found.conflict.template, found.conflict.fields)
    error = {"status": found.conflict.status, "message": sentence, "details": []}
    return make_response(jsonify(error=error, theirs=found.row), found.conflict.status)


@blueprint.post("/inspect/<number>/results")
def put_result(number: str) -> Response:
    """Keep the answer to one line of the checklist."""
    body = _body()
    with context.transaction() as opened:
        return _answered(
            inspection_phone.put_result(opened, context.viewer(), number, body, now=context.utcnow())
        )  # fmt: skip


@blueprint.post("/inspect/<number>/defects")
def put_defect(number: str) -> Response:
    """Keep a defect."""
    body = _body()
    with context.transaction() as opened:
        return _answered(
            inspection_phone.put_defect(opened, context.viewer(), number, body, now=context.utcnow())
        )  # fmt: skip


@blueprint.post("/inspect/<number>/rechecks")
def put_recheck(number: str) -> Response:
    """Keep what was seen of a repaired defect."""
    body = _body()
    with context.transaction() as opened:
        return _answered(
            inspection_phone.put_recheck(opened, context.viewer(), number, body, now=context.utcnow())
        )  # fmt: skip


@blueprint.post("/inspect/<number>/photos")
def put_photo(number: str) -> Response:
    """Keep a photo or a signature; it is checked and made anew before any transaction is open."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise InvalidInputError(N_("Choose a file first."))
    ready = attachments.prepare(sent.filename, sent.stream)
    sent.close()  # large ones lie in a file of their own
    if not ready.width:
        raise InvalidInputError(NO_PICTURE, name=sent.filename)
    with context.transaction() as opened:
        row = inspection_phone.put_photo(
            opened, context.viewer(), number, key=request.form.get("id", ""), field=request.form.get("field", "photos"),
            ready=ready, now=context.utcnow(), files=files(),
        )  # fmt: skip
    return jsonify(row=row)


@blueprint.post("/inspect/<number>/finish")
def finish(number: str) -> Response:
    """End the visit."""
    body = _body()
    with context.transaction() as opened:
        row = inspection_phone.finish(
            opened, context.viewer(), number, body, now=context.utcnow(), registry=context.registry()
        )
    return jsonify(row=row)


# Without network


@blueprint.get("/inspect-worker.js")
@public
def worker() -> Response:
    """Send the service worker with the list of files it keeps; a changed file makes it a new worker."""
    built = [asset for asset in map(assets.asset, ("base.css", "htmx.js")) if asset]
    kept = [*built, *(assets.static(name) for name in FILES)]
    code = (assets.STATIC / "js" / "inspect-worker.js").read_text(encoding="utf-8")
    version = hashlib.sha256("\n".join([*kept, code]).encode()).hexdigest()[:10]
    head = f"const VERSION = {json.dumps(version)};\nconst FILES = {json.dumps(kept)};\n"
    answer = Response(head + code, mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/inspect"
    return answer
