"""Two versions of a resource compared, in words a process owner uses.

`compare` gives one line for each difference that means something, none when nothing is different, and quiet lines
(kind `layout`) for what is only drawn or noted otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.compare import bpmn, dmn, forms, texts
from engine.core.compare.change import PLAIN, Change, Kind, Said, Subject, Words, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_READERS: dict[str, Callable[[bytes, bytes, Words], Iterator[Change]]] = {
    "bpmn": bpmn.compare, "dmn": dmn.compare, "form": forms.compare, "scenario": texts.scenario, "texts": texts.compare,
}  # fmt: skip
__all__ = ["PLAIN", "Change", "Kind", "Words", "compare"]


def compare(kind: str, old: bytes, new: bytes, words: Words = PLAIN) -> tuple[Change, ...]:
    """List what is different between two versions of a resource of a kind: bpmn, dmn, form, scenario, texts.

    Empty bytes stand for a file that is not there. Raises InvalidInputError (DeploymentRefused, DmnError) when one of
    them cannot be read.
    """
    if old == new:
        return ()
    if not old or not new:
        return (_whole(added=not old),)
    return tuple(_READERS[kind](old, new, words))


def _whole(*, added: bool) -> Change:
    what = Said("File", "文件")
    sentence = Said("This file is new", "这是新增的文件") if added else Said("This file is removed", "这个文件已删除")
    return told(Subject(""), "added" if added else "removed", what, sentence)
