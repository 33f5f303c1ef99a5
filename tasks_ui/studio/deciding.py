"""What was decided for the running cases of a change: read from a page's fields, and what there is to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from flask_babel import lazy_gettext

from engine.core.model import ACTIVITY_TYPES, GATEWAY_TYPES
from engine.publishing.impact import Decided

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from engine.publishing.impact import OfProcess

TO, AGREE = "to:", "agree"
WAITS = ACTIVITY_TYPES | GATEWAY_TYPES | {"intermediateCatchEvent", "boundaryEvent"}
OUTCOMES = {
    "continues": (lazy_gettext("goes on where it is"), "chip-ok", "✓"),
    "moves": (lazy_gettext("goes on, with changes"), "chip-warn", "→"),
    "decision": (lazy_gettext("needs a decision"), "chip-danger", "?"),
}


def decided(values: MultiDict[str, str]) -> dict[str, Decided]:
    """Read by process to which step each step goes (`to:<process>:<step>`), and what was agreed to (`agree`)."""
    mappings: dict[str, dict[str, str]] = {}
    for name, to in values.items():
        if name.startswith(TO) and to:
            key, _, element = name.removeprefix(TO).partition(":")
            mappings.setdefault(key, {})[element] = to
    accepted: dict[str, list[str]] = {}
    for one in values.getlist(AGREE):
        key, _, element = one.partition(":")
        accepted.setdefault(key, []).append(element)
    return {
        key: Decided(mappings.get(key, {}), accepted.get(key, ())) for key in {*mappings, *accepted}
    }  # fmt: skip


def fields(found: dict[str, Decided]) -> list[tuple[str, str]]:
    """Write decisions as the fields they were read from, to be handed on."""
    written = [(f"{TO}{key}:{element}", to) for key, one in found.items() for element, to in one.mapping.items()]
    return written + [(AGREE, f"{key}:{element}") for key, one in found.items() for element in one.accept]


def chosen(values: MultiDict[str, str]) -> list[UUID]:
    """Read the cases that were ticked."""
    found = []
    for text in values.getlist("case"):
        try:
            found.append(UUID(text))
        except ValueError:  # not from our page
            continue
    return found


def steps(process: OfProcess) -> list[tuple[str, str]]:
    """List the steps of the new version at which a case can wait."""
    nodes = process.new.process.nodes.values()
    return [(node.id, node.name or node.id) for node in nodes if node.type in WAITS]
