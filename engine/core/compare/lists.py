"""Two lists of small things compared: data mappings, listeners, fields, options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence


class Paired(NamedTuple):
    """One thing of both lists, None where it is not in one of them."""

    old: Any
    new: Any


def paired(old: Sequence[Any], new: Sequence[Any], identity: Callable[[Any], Hashable]) -> list[Paired]:
    """Pair the things that differ; equal ones are left out.

    The same identity is a change; one left over on each side is a change as well.
    """
    left, right = list(old), list(new)
    for one in old:
        if one in right:
            right.remove(one)
            left.remove(one)
    found: list[Paired] = []
    for one in list(left):
        other = next((o for o in right if identity(o) == identity(one)), None)
        if other is not None:
            found.append(Paired(one, other))
            left.remove(one)
            right.remove(other)
    if len(left) == len(right) == 1:
        return [*found, Paired(left[0], right[0])]
    return [*found, *(Paired(one, None) for one in left), *(Paired(None, one) for one in right)]


def reordered(old: Sequence[Hashable], new: Sequence[Hashable]) -> bool:
    """Tell whether what is in both lists stands in another order."""
    both = set(old) & set(new)
    return [one for one in old if one in both] != [one for one in new if one in both]


def moved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Name the fewest things whose move explains the new order of what is in both lists."""
    place = {one: index for index, one in enumerate(old)}
    common = [one for one in new if one in place]
    best: list[list[str]] = []  # patience: best[n] ends the rising row of length n + 1 that ends lowest
    for one in common:
        at = next((n for n, row in enumerate(best) if place[row[-1]] >= place[one]), len(best))
        row = [*(best[at - 1] if at else []), one]
        best[at : at + 1] = [row]
    kept = set(best[-1]) if best else set()
    return [one for one in common if one not in kept]
