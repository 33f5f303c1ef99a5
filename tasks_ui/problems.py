"""What went wrong, for programs: a problem document after RFC 9457."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, g, make_response, request

from engine.errors import DeploymentRefused, InvalidFormError, KeyturnError, MigrationRefused, ProcessError
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"


def concerns() -> bool:
    """Tell whether this request is a program's, so that it is answered by a problem document."""
    return request.path.startswith(PREFIX)


def answer(
    status: int,
    detail: str,
    *,
    kind: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    findings: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a problem document. `kind` names the type of problem; "" is the one of the status.

    `errors` says of each wrong field where it is (a JSON pointer) and what is wrong; `findings` what a check found.
    """
    title = HTTPStatus(status).phrase
    document: dict[str, Any] = {
        "type": f"urn:keyturn:problem:{kind or title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "errors": [dict(error) for error in errors],
        "findings": [dict(finding) for finding in findings],
        "request_id": g.get("request_id", ""),
    }
    response = make_response(current_app.json.dumps(document, ensure_ascii=False), status)
    response.headers["Content-Type"] = MEDIA_TYPE
    response.headers.extend(dict(headers or {}))
    return response


def of(error: KeyturnError) -> Response:
    """Answer with what a use case refused."""
    errors: list[dict[str, str]] = []
    if isinstance(error, InvalidFormError):
        errors = [
            {"path": pointer(item.path), "message": translate(item.template, dict(item.fields))}
            for item in error.errors
        ]
    elif isinstance(error, ProcessError) and error.element_id:
        errors = [{"path": f"element:{error.element_id}", "message": translate(error.template, error.fields)}]
    found = error.findings if isinstance(error, DeploymentRefused | MigrationRefused) else ()
    findings = [finding_document(one) for one in found]
    return answer(
        error.status,
        translate(error.template, error.fields),
        kind=_kind(type(error).__name__),
        errors=errors,
        findings=findings,
    )


def finding_document(finding: Any) -> dict[str, Any]:
    """Give a finding as JSON, in both languages."""
    return {name: getattr(finding, name) for name in type(finding).__dataclass_fields__}


def pointer(path: Any) -> str:
    """Write a path (a text, or a sequence of keys and positions) as a JSON pointer."""
    parts = [path] if isinstance(path, str) else list(path)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _kind(name: str) -> str:
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name.removesuffix("Error"))
    return words.removeprefix("-")
