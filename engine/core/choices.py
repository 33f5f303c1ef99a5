"""What a gateway without conditions asks: the answers on its flows, and the variable that holds the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.core import feel

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

OTHER = "其他"
LONGEST = 40


def answers(labels: Sequence[tuple[str, str]]) -> list[str]:
    """Name the answer of each flow, given its name and the name of what it leads to; [] when they are not distinct."""
    found = [" ".join((name or target).split()) for name, target in labels]
    if found.count("") == 1 and len(found) > 1:
        found[found.index("")] = OTHER
    return found if len(set(found)) == len(found) > 1 and all(found) else []


def variable(name: str, element_id: str, taken: Collection[str] = ()) -> str:
    """Make a FEEL name of a gateway's question, of its id when the question makes none."""
    for text in (name, element_id):
        made = re.sub(r"\W+", "_", text).strip("_")
        if made and len(made) <= LONGEST and made not in taken and _is_name(made):
            return made
    return "answer_" + re.sub(r"\W+", "_", element_id).strip("_")


def _is_name(text: str) -> bool:
    try:
        return feel.compile(f"{text} = 1").names == {text}
    except feel.FeelProblem:
        return False


def quoted(text: str) -> str:
    """Write a text as FEEL does."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
