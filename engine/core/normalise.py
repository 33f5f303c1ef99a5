"""Mend what is unambiguous before lint and compile: JUEL of Camunda 7 files becomes FEEL where the meaning is exact.

Missing ids are given by `parse`, implicit starts, ends, splits and merges are understood by `program`. A text that
cannot be translated stays as it is and lint names it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from engine.core import feel

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.model import Mapping, Model, Node

EXPRESSION_ATTRIBUTES = (
    "assignee", "candidateGroups", "candidateUsers", "dueDate", "followUpDate", "priority", "decisionRef",
    "calledElementVersion", "calledElementVersionTag", "topic", "taskName",
)  # fmt: skip
LISTS = frozenset({"candidateGroups", "candidateUsers"})
JUEL = re.compile(r"[$#]\{[^{}]*\}")
COMPOSITE = re.compile(r"(?=.*[$#]\{)(?![$#]\{[^{}]*\}$)([^${}#]|[$#]\{[^{}]*\})+", re.DOTALL)
"""Text with `${…}` in it that is not one `${…}` as a whole."""
PARTS = re.compile(r"[$#]\{[^{}]*\}|[^${}#]+")
SPLIT = re.compile(r",(?![^{}]*\})")


def is_juel(text: str) -> bool:
    """Tell whether a text is a JUEL expression of Camunda 7."""
    return text.strip().startswith(("${", "#{")) and text.strip().endswith("}")


def own_key(mapping: Mapping) -> bool:
    """Tell whether a `camunda:in` hands on the instance's own business key, which happens anyway."""
    text = "".join(mapping.source.split())
    return mapping.business_key and (not text or text[1:] == "{execution.processBusinessKey}")


def plain(text: str) -> str:
    """Give the FEEL text of an expression: JUEL translated, a leading "=" dropped."""
    text = text.strip()
    if is_juel(text):
        try:
            return feel.from_juel(text)
        except feel.FeelProblem:
            return text
    return text.removeprefix("=").strip()


def attribute(text: str) -> str:
    """Give an attribute with JUEL turned into "=" and FEEL; a literal stays."""
    if COMPOSITE.fullmatch(text.strip()) and not text.lstrip().startswith("="):
        return _composite(text.strip())
    return f"={plain(text)}" if is_juel(text) and not is_juel(plain(text)) else text.strip()


def _composite(text: str) -> str:
    """Join text and `${…}` in it, as Camunda 7 does: null is shown as nothing."""

    def shown(juel: str) -> str:
        value = feel.from_juel(juel)
        return f'(if ({value}) = null then "" else string({value}))'

    try:
        parts = [
            shown(part) if part.startswith(("${", "#{")) else json.dumps(part, ensure_ascii=False)
            for part in PARTS.findall(text)
        ]
    except feel.FeelProblem:
        return text
    return f"={' + '.join(parts)}"


def names(text: str) -> str:
    """Give a comma list of names with JUEL among them as one FEEL list: each `${…}` may be a name or a list."""
    parts = [part.strip() for part in SPLIT.split(text)]
    if text.lstrip().startswith("=") or len(parts) == 1 or not any(PARTS.search(p) and JUEL.search(p) for p in parts):
        return attribute(text)
    made = [attribute(part) for part in parts]
    if any(JUEL.search(part) for part in made):
        return text.strip()
    items = [p[1:] if p.startswith("=") else json.dumps(p, ensure_ascii=False) for p in made]
    return f"=flatten([{', '.join(items)}])"


def normalise(model: Model) -> Model:
    """Translate every expression of the model in place, note what was JUEL, and give the model back."""
    for process in model.processes.values():
        for flow in process.flows.values():
            flow.condition = _told(model, flow.id, flow.condition, plain)
        for node in process.nodes.values():
            _node(model, node)
    return model


def _told(model: Model, element_id: str, text: str, change: Callable[[str], str]) -> str:
    changed = change(text)
    if JUEL.search(text) and changed != text.strip():
        model.translated.append((element_id, text.strip(), changed))
    return changed


def _node(model: Model, node: Node) -> None:
    def plainly(text: str) -> str:
        return _told(model, node.id, text, plain)

    def literally(text: str) -> str:
        return _told(model, node.id, text, attribute)

    for name in EXPRESSION_ATTRIBUTES:
        if name in node.attributes:
            change = names if name in LISTS else attribute
            node.attributes[name] = _told(model, node.id, node.attributes[name], change)
    if node.type in {"userTask", "manualTask"} and (name := attribute(node.name)).startswith("="):
        node.attributes["taskName"] = _told(model, node.id, node.name, lambda _text: name)
    if "correlationKey" in node.properties:
        node.properties["correlationKey"] = literally(node.properties["correlationKey"])
    node.called_element = literally(node.called_element)
    for event in node.events:
        event.expression = plainly(event.expression)
        if node.type.endswith(("ThrowEvent", "endEvent")):
            event.code = literally(event.code)
        event.name, event.topic = literally(event.name), literally(event.topic)
    for mapping in (*node.inputs, *node.outputs, *(m for e in node.events for m in e.mappings)):
        if mapping.expression and not own_key(mapping):
            mapping.source = plainly(mapping.source)
    if node.loop is not None:
        loop = node.loop
        loop.cardinality, loop.collection = plainly(loop.cardinality), plainly(loop.collection)
        loop.completion_condition, loop.condition = plainly(loop.completion_condition), plainly(loop.condition)
