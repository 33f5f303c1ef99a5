"""Matching in time proportional to pattern × text: no state is visited twice, and every visit is paid."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from engine.core.feel.errors import FeelError
from engine.core.feel.regex_parser import PatternError, Program, compile_pattern
from engine.core.feel.runtime import CHARS_PER_STEP
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.feel.runtime import Run

    Groups = tuple[int, ...]

_BATCH = 256
_SPECIAL = re.compile(r"\\([\\$])|\$([0-9]{0,4})|\\", re.DOTALL)
_cached = lru_cache(maxsize=512)(compile_pattern)


def program(pattern: str, flags: str, run: Run) -> Program | None:
    """A pattern ready to run; null (an error when strict) when it is none."""
    run.charge(1 + len(pattern) // 2)
    try:
        return _cached(pattern, flags)
    except PatternError:
        if run.env.strict:
            template = N_("“{pattern}” is not a regular expression that can be used here.")
            raise FeelError(template, pattern=pattern[:80]) from None
        return None


def search(code: Program, text: str, start: int, run: Run) -> Groups | None:
    """The leftmost match from `start` on, as offsets of all groups (-1 for a group that took no part)."""
    seen: set[object] = set()
    head = code.code[1]
    skipped = 0
    for begin in range(start, len(text) + 1):
        # Most positions fail at the first character; that costs little, so long texts can be searched.
        if head.op == "char" and head.test is not None and not (begin < len(text) and head.test(text[begin])):
            skipped += 1
            if skipped % CHARS_PER_STEP == 0:
                run.charge(2)
            continue
        found = _match_at(code, text, begin, seen, run)
        if found is not None:
            return found
        if head.op == "start" and not head.x:
            return None
    return None


def _match_at(code: Program, text: str, begin: int, seen: set[object], run: Run) -> Groups | None:
    instructions = code.code
    size = len(text) + 1
    stack: list[tuple[int, int, Groups]] = [(0, begin, (-1,) * (2 * code.groups + 2))]
    # With back references a state holds all groups: it costs more, and many more are possible.
    price = 3 if code.backward else 1
    spent = 0
    while stack:
        pc, at, groups = stack.pop()
        state: object = (pc, at, groups) if code.backward else pc * size + at
        if state in seen:
            continue
        seen.add(state)
        spent += price
        if spent >= _BATCH:
            run.charge(spent)
            spent = 0
        op, x, y, test = instructions[pc]
        if op == "char":
            if at < size - 1 and test(text[at]):  # type: ignore[misc]
                stack.append((pc + 1, at + 1, groups))
        elif op == "split":
            stack.append((y, at, groups))
            stack.append((x, at, groups))
        elif op == "jump":
            stack.append((x, at, groups))
        elif op == "save":
            spent += len(groups) // CHARS_PER_STEP
            stack.append((pc + 1, at, (*groups[:x], at, *groups[x + 1 :])))
        elif op == "match":
            run.charge(spent)
            return groups
        else:
            if op == "back":
                spent += max(0, groups[2 * x + 1] - groups[2 * x]) // CHARS_PER_STEP
            length = _zero_width(op, x, y, text, at, groups)
            if length is not None:
                stack.append((pc + 1, at + length, groups))
    run.charge(spent)
    return None


def _zero_width(op: str, x: int, y: int, text: str, at: int, groups: Groups) -> int | None:
    """How far an anchor or back reference advances; None when it fails."""
    if op == "start":
        return 0 if at == 0 or (x and text[at - 1] == "\n") else None
    if op == "end":
        return 0 if at == len(text) or (x and text[at] == "\n") else None
    first, last = groups[2 * x], groups[2 * x + 1]
    if first < 0 or last < 0:
        return 0
    wanted, found = text[first:last], text[at : at + last - first]
    same = wanted.casefold() == found.casefold() if y else wanted == found
    return last - first if same else None


def find_all(code: Program, text: str, run: Run) -> Iterator[Groups]:
    """All matches from left to right, without overlap."""
    at = 0
    while at <= len(text):
        found = search(code, text, at, run)
        if found is None:
            return
        yield found
        at = found[1] if found[1] > found[0] else found[1] + 1


def replacement_parts(replacement: str, groups: int, *, literal: bool) -> list[str | int] | None:
    """The replacement as texts and numbers of groups; None when an escape is malformed."""
    if literal:
        return [replacement]
    parts: list[str | int] = []
    at = 0
    for match in _SPECIAL.finditer(replacement):
        parts.append(replacement[at : match.start()])
        at = match.end()
        if match[1]:
            parts.append(match[1])
        elif not match[2]:
            return None
        else:
            digits = match[2]
            while len(digits) > 1 and int(digits) > groups:
                digits, at = digits[:-1], at - 1
            parts.append(int(digits))
    return [*parts, replacement[at:]]


def expand(parts: list[str | int], text: str, groups: Groups) -> str:
    """The replacement for one match."""
    return "".join(part if isinstance(part, str) else _group(text, groups, part) for part in parts)


def _group(text: str, groups: Groups, number: int) -> str:
    if 2 * number >= len(groups) or groups[2 * number] < 0 or groups[2 * number + 1] < 0:
        return ""
    return text[groups[2 * number] : groups[2 * number + 1]]
