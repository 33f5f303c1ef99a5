"""The HTTP API for programs, `/api/v1`: bearer tokens, JSON, problem documents; described by `openapi.json`."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response, render_template, request
from flask_babel import gettext

from tasks_ui import context, i18n, problems
from tasks_ui.api import (
    clock,
    definitions,
    expressions,
    instances,
    migrations,
    openapi,
    running,
    schema,
    tasks,
    tokens,
)
from tasks_ui.guard import public

PREFIX = "/api/v1"
OPERATIONS = (
    *definitions.OPERATIONS,
    *instances.OPERATIONS,
    *migrations.OPERATIONS,
    *tasks.OPERATIONS,
    *running.OPERATIONS,
    *expressions.OPERATIONS,
    *clock.OPERATIONS,
)
blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
OPEN = frozenset({"api.description", "api.page"})


@blueprint.before_request
def _check() -> Response | None:
    return None if request.endpoint in OPEN else tokens.check()


@blueprint.errorhandler(schema.WrongInputError)
def _wrong(error: schema.WrongInputError) -> Response:
    said = [
        {"path": path, "message": i18n.translate(template, given)} for path, template, given in schema.told(error)[:100]
    ]
    return problems.answer(error.status, gettext(error.template), kind="wrong-input", errors=said)


@blueprint.get("/openapi.json")
@public
def description() -> Response:
    """Describe the API for programs, after OpenAPI 3.1."""
    document = openapi.document(OPERATIONS, PREFIX, version=openapi.VERSION)
    response = make_response(current_app.json.dumps(document))
    response.headers["Content-Type"] = "application/json"
    return response


@blueprint.get("/")
@public
def page() -> str:
    """Describe the API for people."""
    context.signed_in()  # the page is public: nobody has asked yet who reads it, and in which language
    return render_template("api.html", groups=openapi.groups(OPERATIONS, PREFIX), prefix=PREFIX)


for _one in OPERATIONS:
    blueprint.add_url_rule(_one.path, _one.name, _one.view(), methods=[_one.method])
