"""Put two edits of one file together, element by element: what only one of them changed is taken from that one.

Where both changed the same, the other's value stays and a conflict says so in words, with both values. A file that
cannot be read is one element: whoever was last has to choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.merge import lines, markup, schema, words
from engine.core.merge.flat import merge_tables
from engine.errors import DeploymentRefused

if TYPE_CHECKING:
    from engine.core.merge.flat import Result, Table


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


WHOLE = Conflict("", "", "the whole file, which cannot be read on one side", "整个文件（其中一方的内容无法读取）")


def merge(kind: str, base: bytes, mine: bytes, theirs: bytes, *, prefer: str = "theirs") -> Merged:
    """Put two edits of `base` together. `kind`: bpmn, dmn, form, texts, scenario.

    `prefer` ("mine", "theirs") says whose value stands where both changed the same.
    """
    if mine in (base, theirs):
        return Merged(theirs)
    if theirs == base:
        return Merged(mine)
    how = {"bpmn": _markup, "dmn": _markup, "form": _form, "texts": _texts}.get(kind, _lines)
    try:
        return how(base, mine, theirs, prefer)
    except (DeploymentRefused, ValueError, RecursionError, TypeError, AttributeError, LookupError):  # whatever was sent
        return Merged(mine if prefer == "mine" else theirs, (WHOLE,))


def _markup(base: bytes, mine: bytes, theirs: bytes, prefer: str) -> Merged:
    (_, b), (mine_root, m), (theirs_root, t) = markup.read(base), markup.read(mine), markup.read(theirs)
    result = merge_tables(b, m, t, prefer=prefer)
    markup.leave_no_way_open(result, b, m, t)
    markup.follow(result, b, m, t)
    conflicts = _conflicts(result, b, m, t)
    return Merged(markup.write(result, mine_root, theirs_root), conflicts)


def _form(base: bytes, mine: bytes, theirs: bytes, prefer: str) -> Merged:
    b, m, t = schema.read(base), schema.read(mine), schema.read(theirs)
    result = merge_tables(b, m, t, prefer=prefer)
    return Merged(schema.write(result), _conflicts(result, b, m, t))


def _texts(base: bytes, mine: bytes, theirs: bytes, prefer: str) -> Merged:
    result = merge_tables(schema.read_texts(base), schema.read_texts(mine), schema.read_texts(theirs), prefer=prefer)
    conflicts = tuple(
        Conflict(clash.name, clash.name, "translation", "译文", words.shown(clash.mine), words.shown(clash.theirs))
        for clash in result.clashes
    )
    return Merged(schema.write_texts(result), conflicts)


def _lines(base: bytes, mine: bytes, theirs: bytes, prefer: str) -> Merged:
    text, clashes = lines.merge_lines(base.decode(), mine.decode(), theirs.decode(), prefer=prefer)
    return Merged(text.encode(), tuple(Conflict("", "", f"line {at}", f"第 {at} 行", m, t) for at, m, t in clashes))


def _conflicts(result: Result, base: Table, mine: Table, theirs: Table) -> tuple[Conflict, ...]:
    found = [Conflict(*words.in_words(clash, base, mine, theirs)) for clash in result.clashes]
    return tuple(dict.fromkeys(found))
