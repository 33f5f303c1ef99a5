"""What the help beside an editor says of an element: what it does, what to set, an example."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.lint.elements import REFUSED
from engine.core.reference import elements


@dataclass(frozen=True, slots=True)
class Help:
    """One entry: `anchor` is its place on the reference page, "" when it has none."""

    title: str
    text: str
    example: str = ""
    refused: str = ""
    anchor: str = ""


def find(kind: str, element: str, *, chinese: bool) -> Help | None:
    """Find the entry of an element of a kind of file; None when there is nothing to say."""
    if kind != "bpmn" or not element:
        return None
    name = element.removeprefix("bpmn:")
    plain, _, event = name[:1].lower().__add__(name[1:]).partition("-")
    for one in elements():
        if one.type == plain and one.event == event:
            note = REFUSED[plain][3 if chinese else 2] if plain in REFUSED else ""
            title = one.name_zh if chinese else plain
            return Help(title=title, text="", refused=note, anchor=f"{plain}-{event or 'none'}")
    return None
