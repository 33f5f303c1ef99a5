"""Process variables: one scope per process instance, and local ones, as in Camunda 7 (ENGINE.md §2).

A scope is a dictionary under a scope id: `ROOT_SCOPE` for the instance, else the id of the token that opened it (a call
activity, a multi-instance iteration, an activity with input parameters). A name is read from the innermost scope that
has it; an assignment goes to the innermost scope that has the name, else to the process's own scope.
"""

from __future__ import annotations

from collections import ChainMap
from typing import TYPE_CHECKING, Any

import orjson

from engine.core import feel
from engine.core.snapshot import ROOT_SCOPE
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_VARIABLE_BYTES = 65_536


def as_json(name: str, value: Any) -> Any:
    """Turn a value into JSON types; raises ProcessError when it is too large or of no JSON type.

    Dates become ISO strings with offset. A list of defects or a photo belongs into a table, not into a variable.
    """
    try:
        feel.from_json(value)
    except feel.FeelProblem:  # a number that is none, an object of the program
        raise ProcessError(N_("Variable {name} is not plain data."), name=name) from None
    plain = feel.to_json(value)
    if isinstance(plain, str | list | dict):
        try:
            size = len(orjson.dumps(plain))
        except TypeError:
            raise ProcessError(N_("Variable {name} is not plain data."), name=name) from None
        if size > MAX_VARIABLE_BYTES:
            message = N_("Variable {name} has {size} bytes; at most {limit} fit. Store lists and texts in a table.")
            raise ProcessError(message, name=name, size=size, limit=MAX_VARIABLE_BYTES)
    return plain


def view_of(scopes: Mapping[str, Mapping[str, Any]], chain: str) -> dict[str, Any]:
    """Give the stored variables as a task sees them; `chain` is its `OpenTask.scope_id`, innermost scope first.

    The process's own come last, unless the task lies in a called process, which sees only what was passed in.
    """
    names = chain.split()
    if not any(name.startswith("call:") for name in names):
        names.append(ROOT_SCOPE)
    seen: dict[str, Any] = {}
    for name in reversed(names):
        seen.update(scopes.get(name, {}))
    return seen


def homes_of(
    scopes: Mapping[str, Mapping[str, Any]], chain: str, values: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Sort values by the stored scope each is to be assigned to, for a task with this `OpenTask.scope_id`."""
    names = chain.split()
    if not any(name.startswith("call:") for name in names):
        names.append(ROOT_SCOPE)
    homes: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        home = next((scope for scope in names if name in scopes.get(scope, ())), names[-1])
        homes.setdefault(home, {})[name] = value
    return homes


class Variables:
    """The variables of one instance during one step."""

    def __init__(self, scopes: Mapping[str, Mapping[str, Any]]) -> None:
        """Copy the stored scopes; values are replaced, never changed in place."""
        self.scopes: dict[str, dict[str, Any]] = {scope: dict(values) for scope, values in scopes.items()}
        self.scopes.setdefault(ROOT_SCOPE, {})

    def open(self, scope: str, values: Mapping[str, Any] | None = None) -> None:
        """Open a scope, or add to an open one."""
        target = self.scopes.setdefault(scope, {})
        for name, value in (values or {}).items():
            target[name] = as_json(name, value)

    def close(self, scope: str) -> None:
        """Forget a scope and all in it."""
        if scope != ROOT_SCOPE:
            self.scopes.pop(scope, None)

    def has(self, scope: str) -> bool:
        """Tell whether the scope is open."""
        return scope in self.scopes

    def view(self, chain: Sequence[str]) -> Mapping[str, Any]:
        """See the variables through a chain of scope ids, innermost first."""
        return ChainMap(*(self.scopes[scope] for scope in chain if scope in self.scopes))

    def assign(self, chain: Sequence[str], values: Mapping[str, Any]) -> None:
        """Set each variable where it is known along the chain, else in the chain's last scope."""
        for name, value in values.items():
            target = next((s for s in chain if name in self.scopes.get(s, ())), chain[-1])
            self.scopes.setdefault(target, {})[name] = as_json(name, value)
