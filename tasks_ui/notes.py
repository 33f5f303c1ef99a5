"""Notes of processes as people read them: without the numbers of rules and tables that its owner keeps there."""

from __future__ import annotations

import re

_CODE = r"(?:DMN-\d+[a-z]?|AC\d+|SP\d+|[A-Z]\d{1,2}[a-z]?(?:-\d+)?)"
_CODES = rf"{_CODE}(?:(?:[、,，–\-\s]|至)*{_CODE})*"
_SOURCES = re.compile(
    rf"^{_CODES}(?:\s*第\s*\d+\s*行)?(?:\s*[：:.。]\s*|\s+(?=\w))|\s*[（(]{_CODES}[^（）()]*[）)]|\n*(?:规则|Rules?)[：:].*$",
    re.DOTALL,
)


def plain_note(text: str) -> str:
    """Leave out the rule numbers that the process's owner notes down: before the text, in brackets, or as last line."""
    rest = _SOURCES.sub("", text)
    return rest[:1].upper() + rest[1:]
