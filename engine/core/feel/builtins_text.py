"""Builtin functions on texts (DMN 1.5, table 72) and the conversions to and from text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.feel import regex
from engine.core.feel.registry import builtin
from engine.core.feel.texts import text_of
from engine.core.feel.values import NUMBERS

if TYPE_CHECKING:
    from engine.core.feel.runtime import Run

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?", re.ASCII)
_MAX_DIGITS = 400


@builtin("string", "from: any")
def string(run: Run, value: Any) -> str | None:
    """The text of a value."""
    if value is None:
        return None
    run.weigh(value)
    text = text_of(value)
    run.charge_text(len(text))
    return text


@builtin("number", "from: string, grouping separator: string? =, decimal separator: string? =")
def number(_run: Run, text: str, grouping: str | None = None, decimal: str | None = None) -> Decimal | None:
    """The number a text shows, with separators for thousands and decimals."""
    if grouping not in {None, " ", ",", "."} or decimal not in {None, ".", ","} or (grouping and grouping == decimal):
        return None
    if grouping:
        text = text.replace(grouping, "")
    if decimal == ",":
        text = text.replace(",", ".") if "." not in text else ""
    text = text.strip()
    if len(text) > _MAX_DIGITS or not _NUMBER.fullmatch(text):
        return None
    try:
        return NUMBERS.create_decimal(text)
    except ArithmeticError:
        return None


@builtin("string length", "string: string")
def string_length(_run: Run, text: str) -> Decimal:
    """The number of characters (code points)."""
    return Decimal(len(text))


@builtin("upper case", "string: string")
def upper_case(run: Run, text: str) -> str:
    """In capitals."""
    run.charge_text(len(text))
    return text.upper()


@builtin("lower case", "string: string")
def lower_case(run: Run, text: str) -> str:
    """In small letters."""
    run.charge_text(len(text))
    return text.lower()


@builtin("substring", "string: string, start position: number, length: number? =")
def substring(run: Run, text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    """From a 1-based position, from the end when negative; null outside the text."""
    first = int(start)
    if first == 0 or abs(first) > len(text) or (length is not None and length < 1):
        return None
    begin = first - 1 if first > 0 else len(text) + first
    run.charge_text(len(text))
    return text[begin:] if length is None else text[begin : begin + int(min(length, Decimal(len(text))))]


@builtin("substring before", "string: string, match: string")
def substring_before(run: Run, text: str, match: str) -> str:
    """The part before the first occurrence, "" without one."""
    run.charge_text(len(text))
    head, found, _ = text.partition(match) if match else ("", "", "")
    return head if found else ""


@builtin("substring after", "string: string, match: string")
def substring_after(run: Run, text: str, match: str) -> str:
    """The part after the first occurrence, "" without one."""
    run.charge_text(len(text))
    return text.partition(match)[2] if match else text


@builtin("contains", "string: string, match: string")
def contains(run: Run, text: str, match: str) -> bool:
    """Whether a text occurs in another."""
    run.charge_text(len(text))
    return match in text


@builtin("starts with", "string: string, match: string")
def starts_with(run: Run, text: str, match: str) -> bool:
    """Whether a text begins another."""
    run.charge_text(len(match))
    return text.startswith(match)


@builtin("ends with", "string: string, match: string")
def ends_with(run: Run, text: str, match: str) -> bool:
    """Whether a text ends another."""
    run.charge_text(len(match))
    return text.endswith(match)


@builtin("matches", "input: string, pattern: string, flags: string? =")
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> bool | None:
    """Whether a regular expression matches anywhere."""
    code = regex.program(pattern, flags or "", run)
    return None if code is None else regex.search(code, text, 0, run) is not None


@builtin("replace", "input: string, pattern: string, replacement: string, flags: string? =")
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> str | None:
    """Every match replaced."""
    code = regex.program(pattern, flags or "", run)
    pieces = None if code is None else regex.replacement_parts(replacement, code.groups, literal="q" in (flags or ""))
    if code is None or pieces is None:
        return None
    parts: list[str] = []
    at = 0
    for groups in regex.find_all(code, text, run):
        run.charge(len(pieces))
        put = regex.expand(pieces, text, groups)
        run.charge_text(len(put))
        parts += [text[at : groups[0]], put]
        at = groups[1]
    run.charge_text(len(text))
    return "".join([*parts, text[at:]])


@builtin("split", "string: string, delimiter: string")
def split(run: Run, text: str, delimiter: str) -> list[str] | None:
    """The parts between the matches of a regular expression."""
    code = regex.program(delimiter, "", run)
    if code is None:
        return None
    parts: list[str] = []
    at = 0
    for groups in regex.find_all(code, text, run):
        if groups[1] == groups[0] and not 0 < groups[0] < len(text):
            continue
        parts.append(text[at : groups[0]])
        at = groups[1]
    run.charge_text(len(text))
    return [*parts, text[at:]]


@builtin("string join", "list: list, delimiter: string? =")
def string_join(run: Run, items: list[Any], delimiter: str | None = None) -> str | None:
    """The texts of a list in one, null items left out."""
    texts = [item for item in items if item is not None]
    if any(type(item) is not str for item in texts):
        return None
    run.charge_text(sum(map(len, texts)) + len(texts) * (1 + len(delimiter or "")))
    return (delimiter or "").join(texts)
