"""What a browser posts, read into the shape of the form.

Names: `room`; in the second row of a dynamic list `tasks-1-person`. Everything stays as typed (numbers and dates are
texts), so that a page can show it again; `validate` gives the values their types. `read` knows only the form's own
names: whatever else is posted never gets in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from engine.core.forms.schema import Component, Form, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ROWS = 200


class MultiDict(Protocol):
    """A posted form, as werkzeug and others have it."""

    def getlist(self, key: str, /) -> list[str]:
        """List all values of a name, in order."""

    def keys(self) -> Iterable[str]:
        """List the names."""


def read(form: Form, posted: MultiDict) -> dict[str, Any]:
    """Read a posted form. Rows keep their order and are numbered anew from 0; read-only fields are left out."""
    return _read(form.components, posted, "")


def name_of(prefix: str, component: Component) -> str:
    """Name the control of a component inside a row (`prefix` is `tasks-0-`) or at the top level (`prefix` is empty)."""
    return prefix + (component.key or component.id)


def row_prefix(prefix: str, component: Component, index: int | str) -> str:
    """Prefix of the names in one row of a dynamic list."""
    return f"{prefix}{component.key}-{index}-"


def _read(components: tuple[Component, ...], posted: MultiDict, prefix: str) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for component in fields_of(components):
        if component.type == "dynamiclist":
            indexes = _rows(posted, f"{prefix}{component.key}-")
            data[component.key] = [
                _read(component.components, posted, row_prefix(prefix, component, index)) for index in indexes
            ]
        elif not component.disabled and component.readonly is not True:
            data[component.key] = _value(component, posted.getlist(name_of(prefix, component)))
    return data


def _rows(posted: MultiDict, start: str) -> list[int]:
    pattern = re.compile(re.escape(start) + r"(\d{1,4})-")
    found = {int(match[1]) for name in posted.keys() if (match := pattern.match(name))}  # noqa: SIM118  not a dict
    return sorted(found)[:MAX_ROWS]


def _value(component: Component, values: list[str]) -> Any:
    if component.type == "checkbox":
        return any(value not in {"", "0", "false"} for value in values)
    if component.many:
        return [option_value(component, value) for value in values if value]
    last = next((value for value in reversed(values) if value), "")
    if component.type in {"radio", "select"}:
        return option_value(component, last) if last else None
    return last.replace("\r\n", "\n")


def option_value(component: Component, text: str) -> Any:
    """Give an option's value back its type: `true` in a page is the boolean of the schema."""
    for option in component.options:
        if post_text(option.value) == text:
            return option.value
    return text


def post_text(value: Any) -> str:
    """Write a value as the text of a control."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
