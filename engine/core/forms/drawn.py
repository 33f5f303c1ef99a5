"""Forms drawn inside a diagram (`camunda:formData`): a field list of a user task or start event, as a form schema.

As in Camunda 7 a process variable of the field's name comes before the default, `required` of a boolean asks for the
tick, and what stands in a read-only field is the process's, whatever is sent. The field's properties become those of
the component, so that `lookup`, `variable`, `requiredIf`, `check` and the others work here too.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from engine.core.feel import from_juel
from engine.core.feel.errors import FeelProblem

if TYPE_CHECKING:
    from engine.core.model import FormField, Node

WHOLE = frozenset({"long", "integer", "int", "short"})
NUMBERS = WHOLE | {"double", "float", "number"}
TYPES = NUMBERS | {"string", "boolean", "date", "enum"}
LIMITS = {"min": "min", "max": "max", "minlength": "minLength", "maxlength": "maxLength"}
CONSTRAINTS = frozenset({*LIMITS, "required", "readonly"})
_EUROPEAN = re.compile(r"(\d\d)/(\d\d)/(\d{4})")


def reference(node: Node) -> str:
    """Give the reference to a form of its own that an element has; it comes before the fields drawn inside."""
    return node.attributes.get("formRef") or node.attributes.get("formKey", "")


def schema_of(node: Node) -> dict[str, Any]:
    """Give the form schema of the fields drawn inside an element."""
    return {
        "type": "default",
        "id": f"{node.id}_fields",
        "schemaVersion": 17,
        "components": [_component(drawn) for drawn in node.form_fields],
    }


def _component(drawn: FormField) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": _type(drawn),
        "id": drawn.id,
        "key": drawn.id,
        "label": drawn.label or drawn.id,
        "properties": {"prefill": "variable", **drawn.properties},
        "validate": _rules(drawn),
    }
    if drawn.default:
        component["defaultValue"] = _default(drawn)
    if drawn.type in WHOLE:
        component["decimalDigits"] = 0
    if drawn.type == "enum":
        component["values"] = [{"value": value, "label": label or value} for value, label in drawn.options]
    if drawn.type == "date":
        component |= {"subtype": "date", "dateLabel": component["label"]}
    if _holds(drawn, "readonly"):
        component["readonly"] = True
    return component


def _type(drawn: FormField) -> str:
    if drawn.type in NUMBERS:
        return "number"
    return {"boolean": "checkbox", "date": "datetime", "enum": "select"}.get(drawn.type, "textfield")


def _holds(drawn: FormField, name: str) -> bool:
    return name in drawn.constraints and drawn.constraints[name].strip().lower() != "false"


def _rules(drawn: FormField) -> dict[str, Any]:
    limits = {ours: drawn.constraints[theirs].strip() for theirs, ours in LIMITS.items() if theirs in drawn.constraints}
    return {"required": _holds(drawn, "required")} | {
        name: number if (number := as_number(text)) is not None else text for name, text in limits.items()
    }


def as_number(text: str) -> int | float | None:
    """Read a number; None when it is none."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    if not found.is_finite():
        return None
    return int(found) if found == found.to_integral_value() else float(found)


def _default(drawn: FormField) -> Any:
    text = drawn.default.strip()
    if text.startswith(("${", "#{")):
        try:
            return f"={from_juel(text)}"
        except FeelProblem:
            return text
    if drawn.type == "boolean" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if drawn.type in NUMBERS and (number := as_number(text)) is not None:
        return number
    if drawn.type == "date" and (found := _EUROPEAN.fullmatch(text)):
        return f"{found[3]}-{found[2]}-{found[1]}"
    return text
