"""Scenarios: a text merged line by line."""

from __future__ import annotations

from difflib import SequenceMatcher


def merge_lines(base: str, mine: str, theirs: str, *, prefer: str = "theirs") -> tuple[str, list[tuple[int, str, str]]]:
    """Put two edits of a text together; also list (line, mine, theirs) where both changed the same lines."""
    b, m, t = (text.splitlines(keepends=True) for text in (base, mine, theirs))
    of_mine, of_theirs = _matches(b, m), _matches(b, t)
    anchors = [at for at in range(len(b)) if at in of_mine and at in of_theirs]
    merged: list[str] = []
    clashes: list[tuple[int, str, str]] = []
    before = (-1, -1, -1)
    for at in [*anchors, len(b)]:
        now = (at, of_mine.get(at, len(m)), of_theirs.get(at, len(t)))
        old, own, other = (side[start + 1 : end] for side, start, end in zip((b, m, t), before, now, strict=True))
        merged += _part(old, own, other, len(merged), clashes, prefer)
        if at < len(b):
            merged.append(b[at])
        before = now
    return "".join(merged), clashes


def _part(
    b: list[str], m: list[str], t: list[str], line: int, clashes: list[tuple[int, str, str]], prefer: str
) -> list[str]:
    if m in (t, b):
        return t
    if t == b:
        return m
    clashes.append((line + 1, "".join(m).strip(), "".join(t).strip()))
    return m if prefer == "mine" else t


def _matches(base: list[str], side: list[str]) -> dict[int, int]:
    found: dict[int, int] = {}
    for block in SequenceMatcher(None, base, side, autojunk=False).get_matching_blocks():
        found.update({block.a + at: block.b + at for at in range(block.size)})
    return found
