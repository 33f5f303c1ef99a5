"""Whether what runs side by side still comes together after a change of version (ENGINE.md §6).

A parallel join waits for a token from each incoming flow. For every join and every live token this asks by which flows
the token can come (`Program.reach`). One token that can fill all flows has not been split yet. Otherwise each flow must
be filled by some token, no flow by two that came apart before, and two that met before should meet again.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from engine.core.migration.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.findings import Finding
    from engine.core.migration.carry import Area, Carried, Place, Trip
    from engine.core.model import Node
    from engine.core.program import Program

JOINS = frozenset({"parallelGateway", "inclusiveGateway"})
Spot = tuple[str, str]  # element, and at a join the flow by which the token came


def check(trip: Trip, found: Carried, area: Area) -> None:
    """Say at which joins of an area the tokens would not come together; choose by which flow waiting ones came."""
    for place in area.flow():
        if trip.was(place.element).type in JOINS:
            place.via = _came_by(trip, found, area, place)
    if _same(trip, area):
        return
    tokens = dict.fromkeys(_spots(trip, p) for p in area.flow())
    stuck = list(_lacking(trip, area, list(tokens)))
    found.findings += stuck or _parted(trip, area, list(tokens))


def _spots(trip: Trip, place: Place) -> tuple[Spot, Spot]:
    via = str(place.internal.get("via", ""))
    waits = trip.was(place.element).type in JOINS
    return (place.element, via if waits else ""), (place.target, place.via if waits else "")


def _same(trip: Trip, area: Area) -> bool:
    """Tell whether both versions have the same elements and flows here, so that nothing can have come apart."""
    return not trip.mapping and _shape(trip.old, area.name) == _shape(trip.new, area.target)


def _shape(program: Program, scope: str) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    process = program.process
    return (
        frozenset((f.id, f.source, f.target) for f in process.flows.values() if f.scope == scope),
        frozenset((n.id, n.type, n.attached_to) for n in process.nodes.values() if n.scope == scope),
    )


def _came_by(trip: Trip, found: Carried, area: Area, place: Place) -> str:
    """Choose the incoming flow of the new join that stands for the one a waiting token came by."""
    was, join = trip.was(place.element), trip.new.process.nodes[place.target]
    via = str(place.internal.get("via", ""))
    if len(join.incoming) < len(was.incoming):
        found.findings.append(say("join-smaller", place.element, name=trip.label(place.target)))
        return ""
    if via in join.incoming:
        return via
    others = [p for p in area.flow() if p.element == place.element and p.via]
    for other in others:
        if other.internal.get("via", "") == via:
            return other.via
    used = {p.via for p in others} | {f for f in was.incoming if f in join.incoming}
    free = [f for f in join.incoming if f not in used]
    flows = trip.new.process.flows
    source = trip.goes_to(trip.old.process.flows[via].source) if via in trip.old.process.flows else ""
    straight = [f for f in free if flows[f].source == source]
    behind = [f for f in free if source in trip.new.reach(join.id, f, by_border=True)]
    coming = {p.target for p in area.flow() if p.target != join.id}
    quiet = [f for f in free if coming.isdisjoint(trip.new.reach(join.id, f, by_border=True))]
    return next(iter([*straight, *behind, *quiet, *free]), "")


def _joins(program: Program, scope: str, types: frozenset[str]) -> Iterator[Node]:
    return (n for n in program.process.inside(scope) if n.type in types and len(n.incoming) > 1)


def _ways(program: Program, join: Node, spot: Spot) -> frozenset[str]:
    """Name the incoming flows by which a token at a spot can come to a join."""
    element, via = spot
    if element == join.id:
        return frozenset({via}) if via else frozenset()
    return frozenset(f for f in join.incoming if element in program.reach(join.id, f, by_border=True))


def _lacking(trip: Trip, area: Area, tokens: list[tuple[Spot, Spot]]) -> Iterator[Finding]:
    for join in _joins(trip.new, area.target, frozenset({"parallelGateway"})):
        ways = {pair: found for pair in tokens if (found := _ways(trip.new, join, pair[1]))}
        if not ways or any(len(found) == len(join.incoming) for found in ways.values()):
            continue
        filled = frozenset().union(*ways.values())
        if len(filled) < len(join.incoming):
            if not _lacked_before(trip, area, join, tokens):
                flows = trip.new.process.flows
                names = [trip.label(flows[f].source) for f in join.incoming if f not in filled]
                yield say(
                    "branch-added", join.id, name=trip.label(join.id), lacking=", ".join(names),
                    lacking_zh="、".join(f"“{name}”" for name in names),
                )  # fmt: skip
            continue
        yield from _merged(trip, join, ways)


def _lacked_before(trip: Trip, area: Area, join: Node, tokens: list[tuple[Spot, Spot]]) -> bool:
    """Tell whether the join could not be completed in the old version either: then the move makes nothing worse."""
    for was in _joins(trip.old, area.name, frozenset({"parallelGateway"})):
        if trip.goes_to(was.id) == join.id:
            ways = [_ways(trip.old, was, before) for before, _ in tokens]
            whole = any(len(found) == len(was.incoming) for found in ways)
            return not whole and len(frozenset().union(*ways)) < len(was.incoming)
    return False


def _merged(trip: Trip, join: Node, ways: dict[tuple[Spot, Spot], frozenset[str]]) -> Iterator[Finding]:
    """Find two tokens that now come by the same single flow and came by different ones before."""
    was = [n for n in trip.old.process.nodes.values() if n.type in JOINS and trip.goes_to(n.id) == join.id]
    for (first, one), (second, other) in combinations(ways.items(), 2):
        if one == other and len(one) == 1 and first[0] != second[0]:
            apart = [(_ways(trip.old, n, first[0]), _ways(trip.old, n, second[0])) for n in was]
            if any(a and b and a != b for a, b in apart):
                one_name, other_name = trip.label(first[0][0]), trip.label(second[0][0])
                yield say("branches-merged", join.id, name=trip.label(join.id), first=one_name, second=other_name)


def _parted(trip: Trip, area: Area, tokens: list[tuple[Spot, Spot]]) -> Iterator[Finding]:
    """Find two tokens that were to meet at a join and no longer are."""
    old = list(_joins(trip.old, area.name, JOINS))
    new = list(_joins(trip.new, area.target, JOINS))
    for first, second in combinations(tokens, 2):
        if _meet(trip.old, old, first[0], second[0]) and not _meet(trip.new, new, first[1], second[1]):
            agreed = trip.agreed(first[0][0]) or trip.agreed(second[0][0])
            one, other = trip.label(first[0][0]), trip.label(second[0][0])
            yield say("block-gone", first[0][0], agreed=agreed, first=one, second=other)


def _meet(program: Program, joins: list[Node], first: Spot, second: Spot) -> bool:
    for join in joins:
        one, other = _ways(program, join, first), _ways(program, join, second)
        if one and other and one != other:
            return True
    return False
