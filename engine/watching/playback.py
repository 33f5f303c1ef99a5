"""What happened to a case, step by step on its diagrams: who did what, when, how long it had waited, where it went on.

A moment is what one deed brought about: a task that was completed, a timer that fired, with everything that followed by
itself until the next who or what has to be waited for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from engine import definitions, instance_views
from engine.core.model import GATEWAY_TYPES
from storage import definitions as definition_rows
from storage import history as history_rows
from storage import people, tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core.model import Model, Node
    from storage.tables.instances import HistoryEvent

CHUNK, MOST = 2_000, 20_000
DEEDS = (
    "userTask",
    "manualTask",
    "receiveTask",
    "intermediateCatchEvent",
    "boundaryEvent",
    "serviceTask",
    "startEvent",
)
"""What a moment is named after, in this order."""
HOLDERS = frozenset({"callActivity", "subProcess", "transaction", "adHocSubProcess"}) | GATEWAY_TYPES
"""Steps whose tokens only hold others, or wait for others."""
GONE = frozenset({"left", "canceled"})


@dataclass(frozen=True, slots=True)
class Page:
    """A diagram of the case: of its own process first."""

    definition_id: UUID
    key: str
    name: str
    model: Model


@dataclass(frozen=True, slots=True)
class Place:
    """An element on one of the pages, by the page's number."""

    page: int
    element_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """What one deed brought about. `waited` in seconds, None when nothing had waited.

    `touched`: everything it passed; `at_rest`: where tokens are afterwards, those of this moment in `next`.
    """

    at: datetime
    actor: str
    actor_name: str
    what: Place
    kind: str
    waited: float | None
    touched: tuple[Place, ...]
    at_rest: tuple[Place, ...]
    next: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Playback:
    """A case retold. `cut`: so much happened that the end is missing."""

    instance_id: UUID
    business_key: str
    title: str
    key: str
    name: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    pages: tuple[Page, ...]
    moments: tuple[Moment, ...]
    cut: bool


@dataclass(slots=True)
class _Token:
    page: int
    element_id: str
    name: str
    type: str
    since: datetime


@dataclass(slots=True)
class _Teller:
    """Finds the diagram that each event belongs to, and keeps where tokens are."""

    session: Session
    pages: list[Page]
    used: set[UUID]
    inside: dict[str, set[str]]
    """The elements that occur in a scope."""
    scopes: dict[str, int] = field(default_factory=dict)
    seen: dict[str, _Token] = field(default_factory=dict)
    resting: dict[str, _Token] = field(default_factory=dict)

    def take(self, event: HistoryEvent) -> _Token | None:
        """Follow one event; gives the token it was about."""
        if event.token_id is None or not event.element_id:
            return None
        token_id = str(event.token_id)
        token = self.seen.get(token_id)
        if token is None or token.element_id != event.element_id:
            page = self._page_of(event)
            token = _Token(page, event.element_id, event.name, event.element_type, event.at)
            self.seen[token_id] = token
        if event.action == "entered":
            self.resting[token_id] = token
        elif event.action in GONE:
            self.resting.pop(token_id, None)
        return token

    def _page_of(self, event: HistoryEvent) -> int:
        if not event.scope_id:
            return 0
        holder = self.seen.get(event.scope_id)
        if holder is None:  # a round of a loop has a scope of its own that no event tells of
            if event.scope_id not in self.scopes:
                self.scopes[event.scope_id] = self._likely(self.inside[event.scope_id])
            return self.scopes[event.scope_id]
        node = self._node(holder.page, holder.element_id)
        if node is None or not node.called_element or event.element_id == holder.element_id:
            return holder.page
        return self._called(node, event)

    def _likely(self, elements: set[str]) -> int:
        """Find the page that has all these elements, perhaps one that was not opened yet."""

        def fits(page: Page) -> bool:
            return all(page.model.node(name) for name in elements)

        known = {page.definition_id for page in self.pages}
        found = next((at for at in reversed(range(len(self.pages))) if fits(self.pages[at])), None)
        if found is not None:
            return found
        for one in sorted(self.used - known, key=str):
            page = page_of(self.session, one)
            if fits(page):
                self.pages.append(page)
                return len(self.pages) - 1
        return 0

    def _node(self, page: int, element_id: str) -> Node | None:
        return self.pages[page].model.node(element_id)

    def _called(self, node: Node, event: HistoryEvent) -> int:
        """Find the page of a called process: the version that is known to have had tasks, else that of the time."""
        key = node.called_element
        known = [at for at, page in enumerate(self.pages) if page.key == key]
        here = next((at for at in known if self.pages[at].model.node(event.element_id)), None)
        if here is not None:
            return here
        rows = [definition_rows.process(self.session, one) for one in sorted(self.used, key=str)]
        row = next((one for one in rows if one is not None and one.key == key), None)
        row = row or definition_rows.process_as_of(self.session, key, event.at)
        row = row or definition_rows.latest_process(self.session, key, usable=False)
        if row is None:
            return known[0] if known else 0
        self.pages.append(page_of(self.session, row.id))
        return len(self.pages) - 1


def page_of(session: Session, definition_id: UUID) -> Page:
    """Give the diagram of a version of a process."""
    program = definitions.program(session, definition_id)
    return Page(definition_id, program.key, program.name, program.model)


def retell(session: Session, instance_id: UUID, viewer: Viewer) -> Playback:
    """Retell what happened to a case, running or ended. Raises NotFoundError."""
    instance = instance_views.visible(session, viewer, instance_id)
    events = _events(session, instance_id)
    used = {UUID(row.definition_id) for row in tasks.all_of(session, instance_id) if row.definition_id}
    inside: dict[str, set[str]] = {}
    for event in events:
        if event.element_id:
            inside.setdefault(event.scope_id, set()).add(event.element_id)
    teller = _Teller(session, [page_of(session, instance.definition_id)], used, inside)
    names = people.names(session, {event.actor for event in events})
    moments = [_moment(teller, group, names) for group in _groups(events)]
    return Playback(
        instance.id, instance.business_key, instance.title, instance.process_key, teller.pages[0].name,
        instance.status, instance.started_at, instance.ended_at, tuple(teller.pages),
        tuple(one for one in moments if one is not None), cut=len(events) >= MOST,
    )  # fmt: skip


def _events(session: Session, instance_id: UUID) -> list[HistoryEvent]:
    found: list[HistoryEvent] = []
    while len(found) < MOST:
        chunk = history_rows.events(session, instance_id, after=found[-1].id if found else 0, limit=CHUNK)
        found += chunk
        if len(chunk) < CHUNK:
            break
    return found[:MOST]


def _groups(events: Sequence[HistoryEvent]) -> Iterable[list[HistoryEvent]]:
    """Put together what happened at one moment by one person."""
    group: list[HistoryEvent] = []
    for event in events:
        if group and (event.at, event.actor) != (group[-1].at, group[-1].actor):
            yield group
            group = []
        group.append(event)
    if group:
        yield group


def _moment(teller: _Teller, group: Sequence[HistoryEvent], names: dict[str, str]) -> Moment | None:
    before = set(teller.resting)
    touched: dict[Place, None] = {}
    done: list[tuple[_Token, HistoryEvent]] = []
    for event in group:
        token = teller.take(event)
        if token is None:
            continue
        touched[Place(token.page, token.element_id, token.name)] = None
        if event.action in GONE or event.action == "fired":
            done.append((token, event))
    if not touched:
        return None
    first = group[0]
    token, event = _deed(done, before, next(iter(touched)), first)
    waits = {token_id: one for token_id, one in teller.resting.items() if one.type not in HOLDERS}
    fresh = [one for token_id, one in waits.items() if token_id not in before]
    waited = (event.at - token.since).total_seconds() if token.since < event.at else None
    return Moment(
        at=first.at,
        actor=first.actor,
        actor_name=names.get(first.actor, first.actor),
        what=Place(token.page, token.element_id, token.name),
        kind=token.type if event.action != "canceled" else "canceled",
        waited=waited,
        touched=tuple(touched),
        at_rest=tuple(dict.fromkeys(Place(one.page, one.element_id, one.name) for one in teller.resting.values())),
        next=tuple(dict.fromkeys(Place(one.page, one.element_id, one.name) for one in fresh)),
    )


def _deed(
    done: Sequence[tuple[_Token, HistoryEvent]], before: set[str], place: Place, first: HistoryEvent
) -> tuple[_Token, HistoryEvent]:
    """Choose what a moment is named after: what had been waited for, by its kind; else what it began with."""
    waited = [pair for pair in done if str(pair[1].token_id) in before and pair[0].type in DEEDS]
    if waited or done:
        chosen = waited or done
        rank = {kind: at for at, kind in enumerate(DEEDS)}
        return min(chosen, key=lambda pair: (pair[1].action == "canceled", rank.get(pair[0].type, len(rank))))
    return _Token(place.page, place.element_id, place.name, "", first.at), first
