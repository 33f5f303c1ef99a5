"""What of a saved instance can be carried over to another version of its diagram, token by token (ENGINE.md §6).

It works on the plain content of the state (`state.unpack`): areas (the process and its sub-processes) with their places
(tokens). Nothing is moved here; `migration` does what was found possible. `joins` looks at what must come together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.core.migration import joins
from engine.core.migration.words import KINDS, OTHER, say
from engine.core.model import SUBPROCESS_TYPES
from engine.errors import N_, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from engine.core.findings import Finding
    from engine.core.model import Node
    from engine.core.program import Program

ANEW = ""
"""As the target of a mapping: the event stays where it is and begins to wait or to count again."""
ALL = "*"
ARMED = frozenset({"timer", "message", "signal", "conditional"})
"""Events for which a token waits; errors, escalations and the like find their catcher when they are thrown."""
GATEWAYS = frozenset({"parallelGateway", "inclusiveGateway"})


@dataclass(slots=True)
class Place:
    """One live token: where it stands and where it goes ("": nowhere yet)."""

    id: str
    element: str
    internal: dict[str, Any]
    raw: list[Any]
    target: str = ""
    via: str = ""
    anew: bool = False

    @property
    def watch(self) -> bool:
        """Tell whether it is an event that waits beside the flow."""
        return bool(self.internal.get("watch"))

    @property
    def inner(self) -> bool:
        """Tell whether it is one round of a repeated activity."""
        return "outer" in self.internal


@dataclass(slots=True)
class Area:
    """The tokens of the process or of one of its sub-processes; `target` is its name in the new version."""

    raw: dict[str, Any]
    name: str
    target: str
    holder: str
    places: list[Place]

    def flow(self) -> Iterator[Place]:
        """Walk the tokens of the flow that have a place in the new version, a repeated activity once."""
        return (p for p in self.places if p.target and not p.watch and not p.inner)


@dataclass(slots=True)
class Carried:
    """The outcome: areas with their places, what has to be said, what is dropped and what begins anew.

    `added` lists (token that it belongs to or "", area's holder or "", element) of events that begin to wait.
    """

    areas: list[Area]
    findings: list[Finding] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    added: list[tuple[str, str, str]] = field(default_factory=list)
    arms: list[tuple[str, str, str, str]] = field(default_factory=list)


def examine(
    content: dict[str, Any],
    old: Program,
    new: Program,
    mapping: Mapping[str, str],
    accept: Collection[str],
    *,
    called: bool,
) -> Carried:
    """Find a place for every token. With `called`, only in processes called by the instance that run on `old`."""
    trip = Trip(old, new, mapping, accept)
    found = Carried(list(_areas(content, old, called=called)))
    places = {place.id: place for area in found.areas for place in area.places}
    for area in found.areas:
        holder = places.get(area.holder)
        area.target = new.key if area.name == old.key else holder.target if holder else ""
        if area.target not in new.scopes:
            area.target = ""
        for place in area.places:
            if area.target and not place.watch:
                _settle_place(trip, found, area, place)
        if area.target:
            _events_of_area(trip, found, area)
            _events_of_places(trip, found, area)
            _races(trip, found, area)
            _compensations(trip, found, area)
            joins.check(trip, found, area)
    found.findings = list(dict.fromkeys(found.findings))
    return found


def _areas(content: dict[str, Any], old: Program, *, called: bool) -> Iterator[Area]:
    scopes = [content["top"], *content["children"]]
    lies_in = {token[0]: scope for scope in scopes for token in scope["tokens"]}
    facts = {token[0]: token[3] for scope in scopes for token in scope["tokens"]}

    def version(scope: dict[str, Any]) -> str:
        """Give the version of the called process that a scope belongs to, "" for the instance's own."""
        while "in" in scope and scope["in"] in lies_in:
            if definition := facts[scope["in"]].get("definition"):
                return str(definition)
            scope = lies_in[scope["in"]]
        return ""

    for scope in scopes:
        if version(scope) == (old.definition_id if called else ""):
            places = [Place(t[0], t[1], t[3], t) for t in scope["tokens"]]
            yield Area(scope, scope["spec"], "", scope.get("in", ""), places)


class Trip:
    """The two versions, the caller's mapping and what he agrees to."""

    def __init__(self, old: Program, new: Program, mapping: Mapping[str, str], accept: Collection[str]) -> None:
        """Check the mapping. Raises InvalidInputError for elements that are not there or cannot begin anew."""
        self.old, self.new, self.mapping, self.accept = old, new, mapping, accept
        for source, target in mapping.items():
            if source not in old.process.nodes:
                raise InvalidInputError(N_("The old version has no element {element}."), element=source)
            if (target or source) not in new.process.nodes:
                raise InvalidInputError(N_("The new version has no element {element}."), element=target or source)
            if target == ANEW and not _armed(old, source):
                raise InvalidInputError(N_("{element} is no event: it cannot begin anew."), element=source)

    def goes_to(self, element: str) -> str:
        """Name the element of the new version that an element corresponds to, whether it is there or not."""
        return self.mapping.get(element) or element

    def anew(self, element: str) -> bool:
        """Tell whether the caller wants an event to begin again."""
        return self.mapping.get(element) == ANEW

    def agreed(self, element: str) -> bool:
        """Tell whether the caller has agreed to what happens to an element."""
        return element in self.accept or ALL in self.accept

    def label(self, element: str) -> str:
        """Give the name of an element as people know it."""
        node = self.new.process.nodes.get(element) or self.old.process.nodes.get(element)
        scopes = (self.new.name, self.new.key) if element == self.new.key else ("", element)
        return (node.name or node.id) if node is not None else scopes[0] or scopes[1]

    def was(self, element: str) -> Node:
        """Give an element of the old version."""
        return self.old.process.nodes[element]


def kind_of(node: Node) -> str:
    """Say what a token does at an element, so far as it must stay the same."""
    if node.type in {"userTask", "manualTask"}:
        return "user"
    topic = node.attributes.get("topic") or (node.event.topic if node.event else "")
    if node.type == "serviceTask" or (topic and not node.event_subprocess):
        return "service"
    if node.type in SUBPROCESS_TYPES:
        return "event subprocess" if node.event_subprocess else node.type
    what = {"receiveTask": "catch", "intermediateCatchEvent": "catch", "boundaryEvent": "boundary"}.get(node.type)
    if what is not None or node.event is not None:
        return f"{what or 'throw'} {node.event.kind if node.event else 'message'}"
    return node.type


def _settle_place(trip: Trip, found: Carried, area: Area, place: Place) -> None:
    """Find the element a token goes to, or say why there is none."""
    was, to = trip.was(place.element), trip.goes_to(place.element)
    node = trip.new.process.nodes.get(to)
    name, label = trip.old.specs[place.element].label, trip.label(to)
    if node is None:
        if "race" not in place.internal:  # the arms of a race are judged together
            found.findings.append(say("removed", place.element, name=name))
        return
    was_kind, kind = kind_of(was), kind_of(node)
    loops = [n.loop.kind if n.loop is not None else "" for n in (was, node)]
    if was_kind != kind:
        said = [KINDS.get(one, OTHER) for one in (was_kind, kind)]
        found.findings.append(
            say("kind-changed", place.element, name=name, to=label, was=said[0][0], was_zh=said[0][1],
                now=said[1][0], now_zh=said[1][1])
        )  # fmt: skip
    elif node.scope != area.target:
        found.findings.append(say("scope-changed", place.element, name=name, to=label))
    elif loops[0] != loops[1]:
        found.findings.append(say("loop-changed", place.element, name=name))
    else:
        place.target, place.anew = to, trip.anew(place.element) and kind.startswith("catch")
        _handlers(trip, found, place)
        found.findings += list(_remarks(was, node, place, label))


def _handlers(trip: Trip, found: Carried, place: Place) -> None:
    for handler in place.internal.get("handlers", ()):
        if trip.goes_to(handler) not in trip.new.specs:
            found.findings.append(say("handler-removed", handler, name=trip.label(handler)))


def _remarks(was: Node, node: Node, place: Place, label: str) -> Iterator[Finding]:
    """Tell what is different from now on where the token stands, and what stays as it was."""
    before, after = was.attributes, node.attributes
    if "task" in place.internal:
        if candidates(was) != candidates(node):
            yield say("role-changed", place.element, name=label)
        if before.get("dueDate") != after.get("dueDate"):
            yield say("due-kept", place.element, name=label)
    if "topic" in place.internal and topic_of(was) != topic_of(node):
        yield say("topic-changed", place.element, name=label)
    if "definition" in place.internal:
        yield say("called-stays", place.element, name=label)
    if place.anew:
        yield say("event-anew", place.element, name=label)
    elif trigger_of(was) != trigger_of(node):
        yield say("timer-kept" if "due" in place.internal else "message-changed", place.element, name=label)


def candidates(node: Node) -> tuple[str, ...]:
    """Give what decides who may do a task."""
    groups = node.attributes.get("candidateGroups", "")
    return (groups or node.lane, node.attributes.get("candidateUsers", ""))


def topic_of(node: Node) -> str:
    """Name the service that a worker carries out."""
    return node.attributes.get("topic") or (node.event.topic if node.event else "")


def trigger_of(node: Node) -> tuple[str, ...]:
    """Give what decides when an event happens."""
    event = node.event
    if event is None:
        return ()
    return (event.kind, event.name, event.expression, event.timer, node.properties.get("correlationKey", ""))


# Events beside the flow


def starter(program: Program, element: str) -> Node:
    """Give the node with the event: the start event of an event sub-process, else the element itself."""
    spec = program.specs[element]
    return spec.start.node if spec.node.event_subprocess else spec.node  # type: ignore[no-any-return]


def _armed(program: Program, element: str) -> str:
    event = starter(program, element).event
    return event.kind if event is not None and event.kind in ARMED else ""


def _events_of_area(trip: Trip, found: Carried, area: Area) -> None:
    """The event sub-processes of the area."""
    waiting = [p for p in area.places if p.watch and not p.internal.get("host")]
    interrupted = any(
        trip.was(p.element).event_subprocess and starter(trip.old, p.element).interrupting
        for p in area.places
        if not p.watch
    )
    new = [] if interrupted else trip.new.watchers[area.target]
    _watch(trip, found, waiting, trip.old.watchers[area.name], new, ("", area.holder, area.target))


def _events_of_places(trip: Trip, found: Carried, area: Area) -> None:
    """The boundary events of each activity that a token waits in."""
    for place in area.flow():
        waiting = [p for p in area.places if p.watch and p.internal.get("host") == place.id]
        old = [b.id for b in trip.old.process.boundaries(place.element)]
        new = [b.id for b in trip.new.process.boundaries(place.target)]
        _watch(trip, found, waiting, old, new, (place.id, area.holder, place.target))


def _watch(
    trip: Trip,
    found: Carried,
    waiting: list[Place],
    old: Collection[str],
    new: Collection[str],
    at: tuple[str, str, str],
) -> None:
    """Carry over the events that wait at one place; drop those that are gone, begin those that are new if agreed."""
    host, holder, where = at
    where_name, taken = trip.label(where), set()
    for place in waiting:
        to, name = trip.goes_to(place.element), trip.old.specs[place.element].label
        if to in new and to not in taken and _armed(trip.new, to) == _armed(trip.old, place.element):
            place.target, place.anew = to, trip.anew(place.element)
            taken.add(to)
            was, now = starter(trip.old, place.element), starter(trip.new, to)
            found.findings += list(_remarks(was, now, place, trip.label(to)))
        else:
            found.dropped.add(place.id)
            found.findings.append(say("event-removed", place.element, name=name, host=where_name))
    for event in new:
        kind = _armed(trip.new, event)
        # one that was there before and waits no longer has happened already
        before = [e for e in old if trip.goes_to(e) == event and _armed(trip.old, e) == kind]
        again = any(trip.anew(e) for e in before)
        if kind and event not in taken and (again or not before):
            agreed = again or trip.agreed(event)
            found.findings.append(say("event-added", event, agreed=agreed, name=trip.label(event), host=where_name))
            found.added.append((host, holder, event))


def _races(trip: Trip, found: Carried, area: Area) -> None:
    """The events behind an event-based gateway: one may have gone, another may have come."""
    races: dict[str, list[Place]] = {}
    for place in area.places:
        if race := place.internal.get("race"):
            races.setdefault(race, []).append(place)
    for race, arms in races.items():
        kept = [p for p in arms if p.target]
        for place in arms:
            if trip.goes_to(place.element) in trip.new.process.nodes:
                continue
            name = trip.label(place.element)
            if not kept:
                found.findings.append(say("removed", place.element, name=name))
                continue
            found.dropped.add(place.id)
            found.findings.append(say("arm-removed", place.element, agreed=trip.agreed(place.element), name=name))
        _new_arms(trip, found, area, race, arms)


def _new_arms(trip: Trip, found: Carried, area: Area, race: str, arms: list[Place]) -> None:
    """The events that the new version puts behind the gateway too."""
    flows, taken = trip.old.process.flows, {place.target for place in arms}
    gateways = {trip.goes_to(flows[via].source) for p in arms if (via := p.internal.get("via", "")) in flows}
    for gateway in sorted(gateways & trip.new.process.nodes.keys()):
        if trip.new.process.nodes[gateway].type != "eventBasedGateway":
            continue
        for flow in trip.new.specs[gateway].flows:
            if flow.target not in taken:
                agreed, name = trip.agreed(flow.target), trip.label(flow.target)
                found.findings.append(say("arm-added", flow.target, agreed=agreed, name=name))
                found.arms.append((race, area.holder, flow.target, flow.id))


# What could still be undone


def _compensations(trip: Trip, found: Carried, area: Area) -> None:
    """Find the handler of each completed activity that may be compensated; without one, agreement is needed."""
    kept = []
    for activity, _handler, *around in area.raw["data"].get("compensations", ()):
        to = trip.goes_to(activity)
        handler = trip.new.compensation.get(to)
        if handler is None:
            found.findings.append(
                say("compensation-gone", activity, agreed=trip.agreed(activity), name=trip.label(activity))
            )
        else:
            kept.append([to, handler, *(trip.goes_to(one) if isinstance(one, str) else one for one in around)])
    if kept or "compensations" in area.raw["data"]:
        area.raw["data"] = {**area.raw["data"], "compensations": kept}
