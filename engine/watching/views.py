"""What the watch of the work shows: a process at a glance, its steps, how long they take, who waits unusually long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from engine.core.model import Model

ENOUGH = 5
"""Tasks that were completed before their lengths tell what is usual."""
LEAST = 900.0
"""Seconds: below a quarter of an hour nothing counts as slow."""
STEPS_UP = (1.25, 2.0, 4.0)
"""How many times as long as usual each further degree of heat begins."""
SLOW = STEPS_UP[0]


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long tasks of a step took: median and nine in ten in seconds, and of how many tasks."""

    median: float = 0.0
    most: float = 0.0
    count: int = 0

    @property
    def known(self) -> bool:
        """Tell whether these are enough to say what is usual."""
        return self.count >= ENOUGH


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a process: how many wait, how many of them too long, how long now and usually.

    `pausing`: tokens that wait for a moment, a message or a service. `called`: the process behind it.
    """

    key: str
    element_id: str
    name: str
    waiting: int = 0
    overdue: int = 0
    failed: int = 0
    pausing: int = 0
    now: Lengths = field(default_factory=Lengths)
    usual: Lengths = field(default_factory=Lengths)
    drawn: bool = True
    called: str = ""

    @property
    def ratio(self) -> float:
        """How many times as long as usual it takes now; 0 when nothing waits or nothing is known."""
        if not self.waiting or not self.usual.known or not self.now.count:
            return 0.0
        return self.now.median / max(self.usual.median, LEAST)

    @property
    def heat(self) -> int:
        """0 nothing waits, 1 as usual, 2 to 4 slower and slower."""
        if not self.waiting:
            return 1 if self.pausing or self.failed else 0
        if not self.usual.known:
            return 2 if self.overdue else 1
        return 1 + sum(self.ratio >= bound for bound in STEPS_UP)

    @property
    def excess(self) -> float:
        """The seconds that all who wait lose against usual: what makes a bottleneck."""
        return (self.now.median - self.usual.median) * self.waiting if self.ratio >= SLOW else 0.0


@dataclass(frozen=True, slots=True)
class Process:
    """A process at a glance. `calls` are the processes it calls; the worst step first in `steps`."""

    key: str
    name: str
    running: int
    steps: tuple[Step, ...]
    calls: tuple[str, ...] = ()

    @property
    def waiting(self) -> int:
        """All who wait for a person."""
        return sum(step.waiting for step in self.steps if not step.called)

    @property
    def overdue(self) -> int:
        """Those of them that are overdue."""
        return sum(step.overdue for step in self.steps if not step.called)

    @property
    def failed(self) -> int:
        """Open incidents."""
        return sum(step.failed for step in self.steps if not step.called)

    @property
    def bottleneck(self) -> Step | None:
        """The step that costs most time against usual; None when none is slow."""
        return max((step for step in self.steps if step.excess and not step.called), key=_excess, default=None)

    @property
    def badness(self) -> tuple[float, int, int]:
        """By what lists are sorted, the worst first."""
        worst = self.bottleneck
        return (worst.excess if worst else 0.0, self.overdue, self.waiting)


@dataclass(frozen=True, slots=True)
class Family:
    """A process with those that only it calls."""

    process: Process
    parts: tuple[Process, ...] = ()

    @property
    def every(self) -> tuple[Process, ...]:
        """All of them."""
        return (self.process, *self.parts)

    @property
    def waiting(self) -> int:
        """All who wait for a person."""
        return sum(one.waiting for one in self.every)

    @property
    def overdue(self) -> int:
        """Those of them that are overdue."""
        return sum(one.overdue for one in self.every)

    @property
    def failed(self) -> int:
        """Open incidents."""
        return sum(step.failed for one in self.every for step in one.steps if not step.called)

    @property
    def worst(self) -> Process:
        """The process with the step that costs most time against usual."""
        return max(self.every, key=lambda one: one.badness)

    @property
    def badness(self) -> tuple[float, int, int]:
        """By what the list is sorted, the worst first."""
        return (self.worst.badness[0], self.overdue, self.waiting)


@dataclass(frozen=True, slots=True)
class Wait:
    """A case that waits at a step."""

    task_id: UUID
    instance_id: UUID
    element_id: str
    name: str
    process_key: str
    business_key: str
    title: str
    since: datetime
    due_at: datetime | None
    overdue: bool
    groups: tuple[str, ...]
    person: str
    definition_id: str
    usual: Lengths = field(default_factory=Lengths)


@dataclass(frozen=True, slots=True)
class Watched:
    """One process, with those it calls, and its diagram. `version` 0: all versions together, drawn as the newest."""

    family: Family
    definition_id: UUID
    version: int
    versions: tuple[tuple[int, int], ...]
    model: Model
    slow: tuple[Wait, ...]

    @property
    def process(self) -> Process:
        """The process itself."""
        return self.family.process


def _excess(step: Step) -> float:
    return step.excess
