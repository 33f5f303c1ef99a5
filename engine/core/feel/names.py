"""Which runs of tokens are one name: `date and time`, `working days between`, or a variable such as `Loan Amount`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engine.core.feel.errors import FeelSyntaxError
from engine.core.feel.lexer import Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CALENDAR = frozenset(["add working days", "working days between", "is working day", "end of working day"])
"""Functions that Keyturn's calendar supplies; known here because `between` is a keyword."""

_BUILTIN = frozenset([
    "date and time", "years and months duration", "day of week", "day of year", "month of year", "week of year",
    "string length", "upper case", "lower case", "substring before", "substring after", "starts with", "ends with",
    "list contains", "list replace", "insert before", "index of", "distinct values", "string join", "get value",
    "get entries", "context put", "context merge", "met by", "overlaps before", "overlaps after", "finished by",
    "started by", "start included", "end included", "round up", "round down", "round half up", "round half down",
    "time offset",
])  # fmt: skip
KNOWN = _BUILTIN | CALENDAR


@lru_cache(maxsize=4096)
def _split(name: str) -> tuple[str, ...]:
    """The tokens of a name; empty when it is one token, or none that an expression could hold."""
    try:
        parts = tuple(token.value for token in tokens(name)[:-1])
    except FeelSyntaxError:
        return ()
    return parts


class Names:
    """The names in scope, nested: local variables hide nothing, they only add."""

    def __init__(self, outer: Names | None = None) -> None:
        """Start empty inside `outer`."""
        self.outer = outer
        self.first: dict[str, list[tuple[tuple[str, ...], str]]] = {}

    @classmethod
    def of(cls, *groups: Iterable[str]) -> Names:
        """All names of some groups."""
        result = cls()
        for group in groups:
            for name in group:
                result.add(name)
        return result

    def child(self) -> Names:
        """Open a scope."""
        return Names(self)

    def add(self, name: str) -> None:
        """Make one name known."""
        parts = _split(name)
        if parts:
            self.first.setdefault(parts[0], []).append((parts, name))

    def longest(self, sequence: Sequence[Token], at: int) -> tuple[int, str]:
        """How many tokens from `at` are a known name, and the name; 0 and "" for none."""
        best, found = 0, ""
        scope: Names | None = self
        while scope is not None:
            for parts, name in scope.first.get(sequence[at].value, ()):
                size = len(parts)
                if best < size <= len(sequence) - at and all(
                    sequence[at + index].value == part and sequence[at + index].kind != "string"
                    for index, part in enumerate(parts)
                ):
                    best, found = size, name
            scope = scope.outer
        return best, found


def nearest_builtin_pool() -> set[str]:
    """All builtin functions, for "did you mean"."""
    from engine.core.feel.registry import BUILTINS  # noqa: PLC0415  names are below the registry

    return set(BUILTINS)
