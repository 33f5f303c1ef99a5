"""What an evaluation carries along: the environment, the budget, and the scopes of names."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from engine.core.feel.errors import FeelError
from engine.core.feel.values import MAX_JSON_DEPTH, from_json
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

Closure = "Callable[[Scope], Any]"
STEPS: Final = 100_000
"""Default budget: one step is roughly one visited item, call, five nodes or 16 characters made; about 50 ms at most."""
_MAX_CALL_DEPTH = 420
_PLAIN = frozenset([str, Decimal, bool, type(None)])
CHARS_PER_STEP: Final = 16
MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Env:
    """What an expression may use beside its variables.

    `now` (aware) answers now() and today(); `zone` is where people are: today() and local times are read there.
    `functions` are called by name with FEEL values. `strict`: an unknown name or function is an error, else null.
    `steps` bounds the work of one evaluation. `types` are named item definitions (nodes.Type), for `instance of`.
    """

    now: datetime | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    strict: bool = True
    steps: int = STEPS
    types: Mapping[str, Any] = field(default_factory=dict)


class Run:
    """One evaluation: its environment and what is left of its budget."""

    __slots__ = ("depth", "env", "imported", "left")

    def __init__(self, env: Env) -> None:
        """Start with the full budget."""
        self.env = env
        self.left = env.steps
        self.depth = 0
        self.imported: dict[int, tuple[Any, Any]] = {}

    def charge(self, steps: int) -> None:
        """Use up part of the budget; raises FeelError when nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise FeelError(N_("The expression takes more than {limit} steps."), limit=self.env.steps)

    def charge_text(self, length: int) -> None:
        """Pay for a text of this length."""
        self.charge(1 + length // CHARS_PER_STEP)

    def weigh(self, value: Any) -> None:
        """Pay for every item inside a list or context, before something walks through all of it."""
        stack = [(value, 0)]
        while stack:
            current, depth = stack.pop()
            if depth > MAX_JSON_DEPTH:
                raise FeelError(N_("The value is nested more than {limit} deep."), limit=MAX_JSON_DEPTH)
            if type(current) is list:
                self.charge(1 + len(current))
                stack.extend((item, depth + 1) for item in current if type(item) in {list, dict})
            elif type(current) is dict:
                self.charge(1 + len(current))
                stack.extend((item, depth + 1) for item in current.values() if type(item) in {list, dict})

    def enter(self, depth: int) -> None:
        """Go into a function whose body is this deep; raises FeelError when calls nest too deep."""
        self.depth += depth
        if self.depth > _MAX_CALL_DEPTH:
            raise FeelError(N_("Functions call each other too deep."))

    def too_large(self) -> None:
        """Answer for a number beyond decimal128: an error, or null when not strict."""
        if self.env.strict:
            raise FeelError(N_("A number of the calculation is too large."))

    def convert(self, value: Any) -> Any:
        """A variable as FEEL value, converted once per evaluation."""
        known = self.imported.get(id(value))
        if known is None:
            # The original is kept beside the copy: an id is unique only while its object lives.
            known = self.imported[id(value)] = (value, from_json(value))
        return known[1]


class Scope:
    """Names and their values; the outermost scope is the caller's mapping and is read only."""

    __slots__ = ("open", "outer", "run", "vars")

    def __init__(self, names: Mapping[str, Any], outer: Scope | None, run: Run, *, open_: bool = False) -> None:
        """Open a scope inside `outer`; an `open_` one is an item whose absent members are null."""
        self.vars = names
        self.outer = outer
        self.run = run
        self.open = open_

    def find(self, name: str) -> Any:
        """The value of a name as FEEL value, MISSING when no scope has it."""
        scope: Scope | None = self
        while scope is not None:
            value = scope.vars.get(name, MISSING)
            if value is not MISSING:
                if scope.outer is not None or type(value) in _PLAIN:
                    return value
                return self.run.convert(value)
            scope = scope.outer
        return MISSING

    def is_open(self) -> bool:
        """Whether a filter's item is in scope, so that an absent name may be its absent member."""
        scope: Scope | None = self
        while scope is not None:
            if scope.open:
                return True
            scope = scope.outer
        return False

    def known(self) -> set[str]:
        """All names in scope."""
        names = {str(name) for name in self.run.env.functions}
        scope: Scope | None = self
        while scope is not None:
            names.update(map(str, scope.vars))
            scope = scope.outer
        return names


def unknown(plain: str, suggesting: str, name: str, position: int, candidates: Iterable[str]) -> FeelError:
    """The error about a name that does not exist: `suggesting` is its template when a {nearest} name is known."""
    near = nearest(name, candidates)
    if near:
        return FeelError(suggesting, position, name=name, nearest=near)
    return FeelError(plain, position, name=name)


def nearest(name: str, candidates: Iterable[str]) -> str:
    """The most similar candidate, "" when none is similar."""
    pool = sorted({candidate for candidate in candidates if candidate != name})[:2000]
    found = get_close_matches(name[:100], pool, 1, 0.5)
    if found:
        return found[0]
    folded = name.casefold()
    return next((candidate for candidate in pool if candidate.casefold() == folded), "")
