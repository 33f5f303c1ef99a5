"""What people write from habit where FEEL or ISO 8601 is meant: the nearest thing that is understood."""

from __future__ import annotations

import re

from engine.core import feel

UNITS = (
    (r"s|secs?|seconds?|秒钟?", "PT{}S"),
    (r"m|mins?|minutes?|分钟?", "PT{}M"),
    (r"h|hours?|个?小时|时", "PT{}H"),
    (r"d|days?|天|日", "P{}D"),
    (r"w|weeks?|周|个?星期", "P{}W"),
    (r"months?|个?月", "P{}M"),
    (r"y|years?|年", "P{}Y"),
)
SIGNS = (
    (re.compile(r"\s*&&\s*"), " and "),
    (re.compile(r"\s*\|\|\s*"), " or "),
    (re.compile(r"=="), "="),
    (re.compile(r"\s*(?:并且|而且|且)\s*"), " and "),
    (re.compile(r"\s*(?:或者|或)\s*"), " or "),
)
CURLY = str.maketrans("“”„‟＂", '"' * 5)


def span(text: str) -> str:
    """Give the ISO 8601 duration that a text such as `3 days`, `3天` or `3D` means, "" when none."""
    for unit, iso in UNITS:
        found = re.fullmatch(rf"P?T?(\d+)\s*(?:{unit})", text.strip(), re.IGNORECASE)
        if found:
            return iso.format(found[1])
    return ""


def respelt(text: str) -> str:
    """Write a text that is no FEEL with FEEL's signs: straight quotes, `=`, `and`, `or`; "" when that does not help."""
    if _understood(text):
        return ""
    parts = text.translate(CURLY).split('"')
    for at in range(0, len(parts), 2):  # outside of texts
        for sign, word in SIGNS:
            parts[at] = sign.sub(word, parts[at])
    changed = '"'.join(parts)
    return changed if changed != text and _understood(changed) else ""


def _understood(text: str) -> bool:
    try:
        feel.compile(text)
    except feel.FeelProblem:
        return False
    return True
