"""Every error a caller may meet. The web layer turns `status` into an HTTP status, once.

A message is an English template with named fields; the web layer looks up its translation by the template and fills the
fields in afterwards. `N_` marks such a template for the message extractor.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def N_(template: str) -> str:  # noqa: N802  the gettext convention for "translate later"
    """Mark a message template for translation and return it unchanged."""
    return template


class KeyturnError(Exception):
    """The request cannot be carried out."""

    status = 400

    def __init__(self, template: str = "", **fields: Any) -> None:
        """Keep the template and its fields apart, so that the message can be translated."""
        self.template = template or (self.__doc__ or "").strip()
        self.fields = fields
        super().__init__(self.template.format(**fields) if fields else self.template)


class NotFoundError(KeyturnError):
    """There is no such thing, or you may not see it."""

    status = 404


class NotAllowedError(KeyturnError):
    """You may not do this."""

    status = 403


class ConflictError(KeyturnError):
    """Someone else changed this first."""

    status = 409


class SuspendedError(ConflictError):
    """The process instance is suspended: an administrator must resume it first."""


class UnavailableError(KeyturnError):
    """The database cannot be reached at the moment. Please try again in a minute."""

    status = 503


class InvalidInputError(KeyturnError):
    """Something in the request is not right."""

    status = 422


class InvalidFormError(InvalidInputError):
    """Some fields need correcting."""

    def __init__(self, errors: Sequence[Any]) -> None:
        """Carry the field errors (`engine.core.forms.FieldError`) in the order of the form."""
        super().__init__(N_("Some fields need correcting."))
        self.errors = tuple(errors)


class DeploymentRefused(InvalidInputError):  # noqa: N818  the name callers know from the design
    """The files cannot be deployed: see `findings`."""

    def __init__(self, findings: Sequence[Any]) -> None:
        """Carry the findings (`engine.core.findings.Finding`), errors first."""
        first = next(iter(findings), None)
        super().__init__(N_("The files cannot be deployed: {reason}"), reason=first or "")
        self.findings = tuple(findings)


class MigrationRefused(ConflictError):  # noqa: N818  like DeploymentRefused
    """The process instance cannot change its version as it is: see `findings`."""

    def __init__(self, findings: Sequence[Any]) -> None:
        """Carry what stops it or has to be agreed to (`engine.core.findings.Finding`)."""
        super().__init__(N_("The process instance cannot change its version before somebody decides."))
        self.findings = tuple(findings)


class ProcessError(KeyturnError):
    """A process cannot take its next step; the instance stays as it was.

    `element_id` names the element of the diagram whose condition, mapping or decision failed.
    """

    status = 409

    def __init__(self, template: str, *, element_id: str = "", **fields: Any) -> None:
        """Keep the id of the element that failed."""
        super().__init__(template, **fields)
        self.element_id = element_id


_ERROR = {"template", "fields", "$error"}


def to_json(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Write the fields of a message so that they can be kept; an error among them keeps its template and its fields."""

    def written(value: Any) -> Any:
        if isinstance(value, KeyturnError):
            return {"$error": True, "template": value.template, "fields": value.fields}
        return str(value)

    plain: dict[str, Any] = json.loads(json.dumps(dict(fields), default=written))
    return plain


def from_json(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Read what `to_json` wrote: errors are errors again, to be said in the reader's language."""
    return {key: _read(value) for key, value in kept.items()}


def _read(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == _ERROR:
        return KeyturnError(value["template"], **from_json(value["fields"]))
    return value
