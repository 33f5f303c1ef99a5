"""What is wrong with the fields drawn inside a user task or start event (`camunda:formData`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core import forms
from engine.core.forms import drawn
from engine.core.lint.known import about

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.findings import Finding
    from engine.core.model import FormField, Node, Process


def check_drawn_forms(process: Process) -> Iterator[Finding]:
    """Check every field list as the form that it becomes."""
    for node in process.nodes.values():
        if not node.form_fields:
            continue
        for finding in forms.lint(forms.parse(drawn.schema_of(node))):
            yield replace(finding, element_id=node.id, line=node.line)
        for one in node.form_fields:
            yield from _field(node, one)


def _field(node: Node, one: FormField) -> Iterator[Finding]:
    if one.type not in drawn.TYPES:
        yield about(
            node,
            "form-field-type",
            "warning",
            f"The field {one.id} has the type {one.type or '?'}, which is not known here: it is asked for as a text.",
            f"字段 {one.id} 的类型 {one.type or '?'} 这里不认识，将按文本填写。",
        )
    for name, value in one.constraints.items():
        if name not in drawn.CONSTRAINTS:
            yield about(
                node,
                "form-field-check",
                "warning",
                f"The check {name} of the field {one.id} has no effect here. Use the property “check” with FEEL.",
                f"字段 {one.id} 的校验 {name} 在这里不起作用。请改用属性 check，写 FEEL 表达式。",
            )
        elif name in drawn.LIMITS and not value.strip():
            yield about(
                node,
                "form-field-check",
                "error",
                f"The check {name} of the field {one.id} has no value. Write a number.",
                f"字段 {one.id} 的校验 {name} 没有填值，请填一个数字。",
            )
