"""Run a random process on a random path, each step a value that can be taken again: on a twin, or from the beginning."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import UUID
from zoneinfo import ZoneInfo

from engine.core import machine, normalise, parse, program
from engine.core.calendar import WorkCalendar
from engine.core.snapshot import Environment, Saved, Snapshot
from tests.conformance.drawing_board import NAMESPACES, ROOTS
from tests.conformance.random_drawings import Drawing

if TYPE_CHECKING:
    from collections.abc import Sequence

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LIVELY, MAX_MOVES = 40, 1_500
"""So many steps are free; then loops end and only what is needed to come to the end happens."""
MORE_ROOTS = ROOTS + '<signal id="nobody" name="NOBODY"/>'


@dataclass(frozen=True)
class Step:
    """One step from outside: what happened to which of the tokens that wait so at an element, with what, when."""

    kind: str
    element: str = ""
    index: int = 0
    variables: dict[str, Any] = field(default_factory=dict)
    at: datetime = BEGIN


def compiled(drawing: Drawing) -> dict[str, program.Program]:
    bodies = {"P": drawing.body, **drawing.called}
    return {key: program.compile_model(normalise.normalise(parse.parse(source(key, body))), key, key) for key, body in bodies.items()}


def source(key: str, body: str) -> bytes:
    return f'<definitions {NAMESPACES} targetNamespace="t">{MORE_ROOTS}<process id="{key}" isExecutable="true">{body}</process></definitions>'.encode()


class Instance:
    """An instance on the bare machine. `saves`: each step begins with what the one before has written."""

    def __init__(self, programs: dict[str, program.Program], *, saves: bool = True) -> None:
        self.programs = programs
        self.memory = None if saves else Memory()
        self.ordinals: dict[str, int] = {}
        self.history: list[Any] = []
        self.snap: Snapshot

    def take(self, step: Step) -> Snapshot:
        """Take a step and keep what it wrote."""
        env = self.environment(step.at)
        with mock.patch.object(machine, "state", self.memory) if self.memory else mock.patch.object(machine, "DEFAULT_RETRIES", 3):
            self.snap = self.moved(step, env)
        # names for tokens that do not depend on their ids: in the order in which they first appear
        self.history += [self.named([e.action, e.element_id, e.element_type, str(e.token_id), e.scope_id, e.detail]) for e in self.snap.history]
        return self.snap

    def moved(self, step: Step, env: Environment) -> Snapshot:
        main = self.programs["P"]
        if step.kind == "start":
            return machine.start(main, env, variables=step.variables)
        saved = self.snap.saved
        token = waiting(self.snap, step.kind, step.element)[step.index]
        if step.kind == "complete":
            return machine.complete(main, saved, env, task_id=token, variables=step.variables)
        if step.kind == "fire":
            return machine.fire(main, saved, env, token_id=token)
        if step.kind == "deliver":
            return machine.deliver(main, saved, env, token_id=token, variables=step.variables)
        if step.kind == "serve":
            return machine.finish_service(main, saved, env, token_id=token, variables=step.variables)
        return machine.throw_error(main, saved, env, token_id=token, code="E1")

    def environment(self, now: datetime) -> Environment:
        return Environment(
            now,
            WorkCalendar(ZoneInfo("Asia/Shanghai")),
            lambda _name, _binding, variables: {"grade": variables["dice"] % 7},
            lambda key, _binding: self.programs[key],
            lambda definition_id: self.programs[definition_id],
        )

    def named(self, value: Any) -> Any:
        """Replace ids of tokens by their ordinals."""
        if isinstance(value, dict):
            return {self.named(key): self.named(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.named(item) for item in value]
        text = str(value) if isinstance(value, UUID) else value
        if isinstance(text, str) and " " in text:
            return " ".join(map(str, (self.named(part) for part in text.split(" "))))
        if isinstance(text, str) and text.removeprefix("call:").count("-") == 4:
            return f"#{self.ordinals.setdefault(text.removeprefix('call:'), len(self.ordinals))}"
        return text

    def picture(self) -> dict[str, Any]:
        """All that can be seen of the instance at rest, without the ids of tokens."""
        return {
            "tasks": [self.named(asdict(task)) for task in self.snap.tasks],
            "timers": [self.named([t.token_id, t.element_id, t.due_at.isoformat()]) for t in self.snap.timers],
            "subscriptions": [self.named(asdict(s)) for s in self.snap.subscriptions],
            "services": [self.named(asdict(s)) for s in self.snap.services],
            "tokens": [self.named(asdict(t)) for t in self.snap.tokens],
            "variables": self.variables(self.snap.saved),
            "thrown": [asdict(t) for t in self.snap.thrown],
            "ended": self.snap.ended,
        }

    def variables(self, saved: Saved) -> list[str]:
        return sorted(json.dumps([self.named(scope), values], sort_keys=True) for scope, values in saved.variables.items())


class Memory:
    """A state that is never written: the workflow lives on from step to step."""

    def dump(self, workflow: Any) -> bytes:
        self.workflow = workflow
        return b""

    def load(self, *_given: Any) -> Any:
        return self.workflow


def waiting(snap: Snapshot, kind: str, element: str) -> list[UUID]:
    """List the tokens at an element that wait for a kind of step, in their order."""
    if kind == "complete":
        return [task.id for task in snap.tasks if task.element_id == element]
    rows: Sequence[Any] = {"fire": snap.timers, "deliver": snap.subscriptions, "serve": snap.services, "fail": snap.services}[kind]
    return [row.token_id for row in rows if row.element_id == element]


def moves(snap: Snapshot, drawing: Drawing, *, now: datetime, lively: bool) -> list[Step]:
    """List what can happen next: timers only the earliest; when no longer lively, nothing that is not needed."""
    found = [*indexed("complete", [t.element_id for t in snap.tasks], now), *indexed("serve", [s.element_id for s in snap.services], now)]
    if found and not lively:
        return found
    found += [Step("fail", s.element, s.index, at=s.at) for s in found if s.kind == "serve" and s.element in drawing.may_fail]
    standing = {token.id for token in snap.tokens}  # what is on a border or starts an event sub-process does not stand there
    waits = [s.element_id for s in snap.subscriptions if s.kind != "conditional" and (lively or s.token_id in standing)]
    found += indexed("deliver", waits, now)
    if found and not lively:
        return found
    if snap.timers:
        first = min(timer.due_at for timer in snap.timers)
        due = next(t for t in snap.timers if t.due_at == first)
        same = waiting(snap, "fire", due.element_id)
        found.append(Step("fire", due.element_id, same.index(due.token_id), at=max(first, now)))
    return found


def indexed(kind: str, elements: Sequence[str], now: datetime) -> list[Step]:
    return [Step(kind, element, elements[:place].count(element), at=now) for place, element in enumerate(elements)]


def walk(drawing: Drawing, one: Instance, seed: int, *others: Instance) -> list[Step]:
    """Take random steps to the end, each on all the instances; say which they were."""
    choose = random.Random(seed)
    taken, step = list[Step](), Step("start", variables={"dice": choose.randint(0, 99)})
    while True:
        one.take(step)
        taken.append(step)
        picture = one.picture()
        for other in others:
            other.take(step)
            assert other.picture() == picture, f"seed {seed}: step {len(taken)}, {step}"
        if one.snap.ended is not None:
            return taken
        found = moves(one.snap, drawing, now=step.at, lively=len(taken) < LIVELY)
        assert found, f"seed {seed}: nothing can move: {[t.element_id for t in one.snap.tokens]}"
        assert len(taken) < MAX_MOVES, f"seed {seed} does not end"
        step = choose.choice(found)
        if step.kind in {"complete", "serve", "deliver"}:
            dice = choose.randint(0, 99) if len(taken) < LIVELY else 1
            step = Step(step.kind, step.element, step.index, {"dice": dice}, step.at)
