"""The few addresses of Camunda 7's REST API that Camunda Modeler asks, so that its *Deploy* button works here.

Who asks proves it in each request by login and password (basic) or by an API token (bearer); cookies count for nothing.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, g, make_response, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from engine import people, starts
from engine.errors import N_, DeploymentRefused, InvalidInputError, KeyturnError, NotAllowedError, NotFoundError
from engine.publishing import deliveries
from tasks_ui import context
from tasks_ui.guard import public
from tasks_ui.i18n import local, locale, translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from engine.access import Viewer
    from engine.core.findings import Finding
    from engine.publishing.deliveries import Definition, Delivered, Delivery, Waiting

PREFIX = "/engine-rest"
VERSION = "7.23.0"
"""The version of Camunda 7 whose answers these are."""
MAX_FILES = 200
MOST = 1_000
CHALLENGE = {"WWW-Authenticate": 'Basic realm="keyturn", charset="UTF-8"'}
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{1,200})", re.IGNORECASE)
PARTS = frozenset(
    {"deployment-name", "deployment-source", "enable-duplicate-filtering", "deploy-changed-only", "tenant-id"}
    | {"deployment-activation-time"}
)
blueprint = Blueprint("engine_rest", __name__, url_prefix=PREFIX)


def _answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    response = make_response(current_app.json.dumps(document, ensure_ascii=False), status)
    response.headers["Content-Type"] = "application/json"
    response.headers.extend(dict(headers or {}))
    return response


def _refusal(status: int, message: str, kind: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Answer as Camunda's errors do: the class of the error, and a sentence."""
    names = {401: "AuthenticationException", 403: "AuthorizationException", 404: "NotFoundException"}
    kind = kind or names.get(status, "InvalidRequestException" if status < 500 else "RestException")  # noqa: PLR2004
    return _answer({"type": kind, "message": message, "code": 0}, status, headers)


# Who asks


@blueprint.before_request
def _check() -> Response | None:
    g.viewer = None
    given = request.authorization
    try:
        if given is not None and given.type == "basic":
            return _by_password(given.username or "", given.password or "")
        bearer = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
        if bearer is not None:
            return _by_token(bearer[1])
    except KeyturnError as error:  # the blueprint's own handlers do not see what happens before its views
        return _known(error)
    sentence = gettext("Give a login and a password (HTTP Basic), or an API token (bearer).")
    return _refusal(401, sentence, headers=CHALLENGE)


def _by_password(login: str, password: str) -> Response | None:
    try:
        with context.transaction() as opened:
            person = people.authenticate(
                opened, login=login, password=password, now=context.utcnow(), address=request.remote_addr or ""
            )
    except NotAllowedError as locked:
        return _refusal(429, translate(locked.template, locked.fields))
    if person is None:
        return _refusal(401, gettext("Login or password is not right."), headers=CHALLENGE)
    g.viewer = person
    return None


def _by_token(text: str) -> Response | None:
    now, address = context.utcnow(), request.remote_addr or ""
    with context.reading() as opened:
        person: Viewer | None = people.by_token(opened, text, now=now)
        wait = 0 if person is not None else people.token_lock(opened, address, now=now)
    if person is not None:
        g.viewer = person
        return None
    if wait:
        sentence = gettext("Too many failed attempts. Please try again in %(minutes)d minutes.", minutes=-(-wait // 60))
        return _refusal(429, sentence, headers={"Retry-After": str(wait)})
    with context.transaction() as opened:
        people.token_failed(opened, address, now=now)
    return _refusal(401, gettext("The token is unknown, has expired or was revoked."), headers=CHALLENGE)


# What went wrong


@blueprint.errorhandler(KeyturnError)
def _known(error: KeyturnError) -> Response:
    if isinstance(error, DeploymentRefused):
        return _unparsed(error.findings, {})
    status = 400 if isinstance(error, InvalidInputError) else error.status
    return _refusal(status, translate(error.template, error.fields))


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return _refusal(error.code or 500, gettext("The request cannot be understood."))


def _unparsed(findings: Sequence[Finding], files: Mapping[str, bytes]) -> Response:
    """Answer with everything a check found, by file, as Camunda does when a diagram cannot be read."""
    english, details = locale() == "en", dict[str, dict[str, list[dict[str, Any]]]]()
    lines = []
    for one in findings:
        line, column = _place(one, files.get(one.file, b""))
        message = one.message if english else one.message_zh
        name = f"{one.name or one.element_id}: " if one.name or one.element_id else ""
        known = one.element_id or None
        problem = {
            "message": f"{name}{message}",
            "line": line,
            "column": column,
            "mainElementId": known,
            "elementIds": [known] if known else [],
        }
        report = details.setdefault(one.file, {"errors": [], "warnings": []})
        report["errors" if one.severity == "error" else "warnings"].append(problem)
        if one.severity == "error":
            lines.append(f"* {name}{message} | resource {one.file} | line {line} | column {column}")
    # Camunda Modeler knows a refused diagram by how the message begins
    message = "ENGINE-09005 Could not parse BPMN process. Errors: \n" + "\n".join(lines)
    return _answer({"type": "ParseException", "message": message, "code": 0, "details": details}, 400)


def _place(finding: Finding, content: bytes) -> tuple[int, int]:
    """Find the line and column of an element in its file; 0 when it has none."""
    wanted = rf'\bid\s*=\s*"{re.escape(finding.element_id)}"'.encode()
    found = re.search(wanted, content) if finding.element_id else None
    if found is None:
        return finding.line, 0
    before = content[: found.start()]
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    return before.count(b"\n") + 1, column


# What is asked


@blueprint.get("/version")
@public
def version() -> Response:
    """Tell which version of Camunda 7 these answers are like."""
    return _answer({"version": VERSION})


@blueprint.get("/engine")
@public
def engines() -> Response:
    """List the one engine."""
    return _answer([{"name": "default"}])


@blueprint.get("/deployment")
@public
def deployments() -> Response:
    """List deployments; the Modeler asks for none, to see whether it is let in."""
    first, most = (request.args.get(name, type=int) for name in ("firstResult", "maxResults"))
    with context.reading() as opened:
        found = deliveries.listed(
            opened,
            context.viewer(),
            name=request.args.get("name", ""),
            name_like=request.args.get("nameLike", ""),
            limit=min(MOST if most is None else max(most, 0), MOST),
            offset=min(max(first or 0, 0), 1_000_000),
        )
    return _answer([_deployment(one) for one in found])


def _moment(at: datetime) -> str:
    return local(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}" + local(at).strftime("%z")


def _deployment(one: Delivery) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name or None,
        "source": one.note or None,
        "deploymentTime": _moment(one.at),
        "tenantId": None,
    }


@blueprint.post("/deployment/create")
@public
def create() -> Response:
    """Publish diagrams, tables and forms; answer with what is new, or with everything that a check found."""
    files = _files()
    form = request.form
    try:
        with context.transaction() as opened:
            made = deliveries.deliver(
                opened,
                context.viewer(),
                files=files,
                name=form.get("deployment-name", "").strip(),
                note=form.get("deployment-source", "").strip()[:200],
                now=context.utcnow(),
                registry=context.registry(),
            )
    except DeploymentRefused as refused:
        return _unparsed(refused.findings, files)
    if made.waiting is not None:
        return _waits(made.waiting)
    return _answer(_created(made))


def _waits(one: Waiting) -> Response:
    """Say that the files have come but are not published, and what is missing: the Modeler shows it as a refusal."""
    page = request.url_root.rstrip("/") + url_for("studio_changes.show", change_id=one.change_id)
    parts = [gettext("Received, but not published yet: the change “%(title)s” waits.", title=one.title)]
    if one.review in ("missing", "asked"):
        parts.append(gettext("A second person has to approve of it."))
    if one.scenarios.failed:
        failed = gettext(", ").join(one.scenarios.failed)
        parts.append(gettext("These scenarios fail on it: %(names)s.", names=failed))
    elif not one.scenarios.green:
        parts.append(gettext("%(count)d scenarios are being played on it.", count=one.scenarios.total))
    parts.append(gettext("Look at it on %(page)s, and deploy once more when all is well.", page=page))
    return _refusal(409, " ".join(parts) if locale() == "en" else "".join(parts), "PublicationWaitsException")


def _files() -> dict[str, bytes]:
    if request.mimetype != "multipart/form-data":
        raise InvalidInputError(N_("Send the files as multipart/form-data."))
    if request.form.get("tenant-id"):
        raise InvalidInputError(N_("This installation has no tenants: leave the tenant empty and deploy again."))
    if request.form.get("deployment-activation-time"):
        message = N_("A version comes into force when it is published: leave the time of activation empty.")
        raise InvalidInputError(message)
    unknown = sorted(set(request.form) - PARTS)
    if unknown:
        raise InvalidInputError(N_("A part called {name} is not known here."), name=unknown[0][:100])
    found: dict[str, bytes] = {}
    for part in [one for name in request.files for one in request.files.getlist(name)]:
        name = PurePosixPath((part.filename or "").replace("\\", "/")).name
        if not name or name in found:
            raise InvalidInputError(N_("Each file needs a name of its own: {name}"), name=name[:100])
        found[name] = part.stream.read()
    if not found or len(found) > MAX_FILES:
        raise InvalidInputError(N_("Send at least one file, and not more than {limit}."), limit=MAX_FILES)
    return found


def _created(made: Delivered) -> dict[str, Any]:
    if made.delivery is None:
        raise NotFoundError
    here = f"{request.url_root.rstrip('/')}{PREFIX}/deployment/{made.delivery.id}"
    parts = {
        kind: {str(one.id): write(one) for one in made.definitions if one.kind == kind} or None
        for kind, write in (("process", _process), ("decision", _decision))
    }
    return {
        "links": [{"method": "GET", "href": here, "rel": "self"}],
        **_deployment(made.delivery),
        "deployedProcessDefinitions": parts["process"],
        "deployedCaseDefinitions": None,
        "deployedDecisionDefinitions": parts["decision"],
        "deployedDecisionRequirementsDefinitions": None,
    }


def _definition(one: Definition) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "key": one.key,
        "category": None,
        "name": one.name or None,
        "version": one.version,
        "resource": one.file,
        "deploymentId": str(one.deployment_id),
        "tenantId": None,
        "historyTimeToLive": None,
    }


def _process(one: Definition) -> dict[str, Any]:
    more = {"description": one.documentation or None, "diagram": None, "suspended": False}
    return _definition(one) | more | {"versionTag": one.version_tag or None, "startableInTasklist": one.startable}


def _decision(one: Definition) -> dict[str, Any]:
    none = ("decisionRequirementsDefinitionId", "decisionRequirementsDefinitionKey", "versionTag")
    return _definition(one) | dict.fromkeys(none)


@blueprint.post("/process-definition/<uuid:definition_id>/start")
@public
def start(definition_id: UUID) -> Response:
    """Start a case, as the Modeler's *Start current diagram* asks: a business key, and variables with their types."""
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise InvalidInputError(N_("The body is not JSON."))
    given = body.get("variables") or {}
    key = body.get("businessKey") or ""
    typed = isinstance(given, dict) and all(isinstance(one, dict) for one in given.values())
    if not typed or not isinstance(key, str):
        raise InvalidInputError(N_('Give each variable as {{"name": {{"value": …}}}}.'))
    with context.transaction() as opened:
        viewer, now = context.viewer(), context.utcnow()
        made = starts.start(
            opened, key=deliveries.process_key(opened, viewer, definition_id), viewer=viewer, now=now,
            variables={name: one.get("value") for name, one in given.items()}, registry=context.registry(),
            business_key=key[:200], scope=None, title="",
        )  # fmt: skip
    page = request.url_root.rstrip("/") + url_for("admin_instances.show", instance_id=made)
    answer = {"id": str(made), "definitionId": str(definition_id), "businessKey": key or None, "tenantId": None}
    links = [{"method": "GET", "href": page, "rel": "self"}]
    return _answer({"links": links, **answer, "caseInstanceId": None, "ended": False, "suspended": False})


@blueprint.route("/", defaults={"path": ""})
@blueprint.route("/<path:path>", methods=["GET", "POST"])
@public
def elsewhere(path: str) -> Response:
    """Say that of Camunda's API only these few addresses are served, and where ours is."""
    message = N_("{asked}: of Camunda's API only what Camunda Modeler asks is served. Keyturn's own is at {place}.")
    raise NotFoundError(message, asked=f"{PREFIX}/{path[:100]}", place="/api/v1/")
