"""Draw a small diagram as text and run it on the bare machine, loading it anew after every step."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.core import lint, machine, normalise, parse, program
from engine.core.calendar import WorkCalendar
from engine.core.snapshot import Environment, Snapshot

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
)
START = '<startEvent id="s"/>'
END = '<endEvent id="e"/>'
ROOTS = (
    '<message id="m" name="STOP"/><signal id="sg" name="ALARM"/>'
    '<error id="er" name="boom" errorCode="E1"/><escalation id="up" name="up" escalationCode="UP"/>'
)
_numbers = itertools.count(1)


def flow(source: str, target: str, condition: str = "", id: str = "") -> str:  # noqa: A002
    text = condition.replace("&", "&amp;").replace("<", "&lt;")
    inner = f'<conditionExpression xsi:type="tFormalExpression">{text}</conditionExpression>' if condition else ""
    name = id or f"f{next(_numbers)}"
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def chain(*names: str) -> str:
    return "".join(flow(a, b) for a, b in itertools.pairwise(names))


def user(id: str, attributes: str = "", inner: str = "") -> str:  # noqa: A002
    return f'<userTask id="{id}" name="{id}" {attributes}>{inner}</userTask>'


def boundary(id: str, host: str, definition: str, *, interrupting: bool = True) -> str:  # noqa: A002
    cancel = "true" if interrupting else "false"
    return f'<boundaryEvent id="{id}" attachedToRef="{host}" cancelActivity="{cancel}">{definition}</boundaryEvent>'


def timer(kind: str, text: str) -> str:
    return f"<timerEventDefinition><time{kind}>{text}</time{kind}></timerEventDefinition>"


MESSAGE = '<messageEventDefinition messageRef="m"/>'
SIGNAL = '<signalEventDefinition signalRef="sg"/>'
ERROR = '<errorEventDefinition errorRef="er"/>'
ESCALATION = '<escalationEventDefinition escalationRef="up"/>'


def xml(body: str, key: str = "P") -> bytes:
    return (
        f'<definitions {NAMESPACES} targetNamespace="t">{ROOTS}'
        f'<process id="{key}" isExecutable="true">{body}</process></definitions>'
    ).encode()


def compiled(body: str, key: str = "P") -> program.Program:
    return program.compile_model(normalise.normalise(parse.parse(xml(body, key))), key, key)


def findings(body: str, **known: Any) -> list[tuple[str, str, str]]:
    model = normalise.normalise(parse.parse(xml(body)))
    return [(f.element_id, f.rule, f.severity) for f in lint.check(model, lint.Known(**known))]


class Board:
    """One running instance with its own clock; every step is also saved, loaded and compared."""

    def __init__(self, body: str, *, called: dict[str, str] | None = None, **variables: Any) -> None:
        self.programs = {"P": compiled(body)} | {k: compiled(b, k) for k, b in (called or {}).items()}
        self.program = self.programs["P"]
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.decisions: dict[str, Any] = {}
        self.trace: list[tuple[str, str]] = []
        self.snap: Snapshot
        self.keep(machine.start(self.program, self.environment(), variables=variables))

    def environment(self) -> Environment:
        return Environment(
            self.now,
            WorkCalendar(ZoneInfo("Asia/Shanghai")),
            lambda name, _binding, variables: self.decisions[name](variables),
            lambda key, _binding: self.programs[key],
            lambda definition_id: self.programs[definition_id],
        )

    def keep(self, snap: Snapshot) -> Board:
        self.snap = snap
        self.trace += [(event.action, event.element_id) for event in snap.history]
        again = machine.test_load(self.program, snap.saved, self.environment())
        assert again.saved == snap.saved
        assert (again.tasks, again.timers, again.subscriptions) == (snap.tasks, snap.timers, snap.subscriptions)
        return self

    def step(self, function: Any, **arguments: Any) -> Board:
        return self.keep(function(self.program, self.snap.saved, self.environment(), **arguments))

    @property
    def open(self) -> list[str]:
        return sorted(task.element_id for task in self.snap.tasks)

    @property
    def ended(self) -> tuple[str, str] | None:
        return None if self.snap.ended is None else (self.snap.ended.kind, self.snap.ended.element_id)

    @property
    def variables(self) -> dict[str, Any]:
        return self.snap.saved.variables[""]

    def do(self, element: str, **variables: Any) -> Board:
        task = next(t for t in self.snap.tasks if t.element_id == element)
        return self.step(machine.complete, task_id=task.id, variables=variables)

    def message(self, name: str, **variables: Any) -> Board:
        token = next(s.token_id for s in self.snap.subscriptions if s.name == name)
        return self.step(machine.deliver, token_id=token, variables=variables)

    def serve(self, element: str, **variables: Any) -> Board:
        token = next(s.token_id for s in self.snap.services if s.element_id == element)
        return self.step(machine.finish_service, token_id=token, variables=variables)

    def fail(self, element: str, code: str) -> Board:
        token = next(s.token_id for s in self.snap.services if s.element_id == element)
        return self.step(machine.throw_error, token_id=token, code=code)

    def wait(self, **duration: float) -> Board:
        self.now += timedelta(**duration)
        while due := sorted((t for t in self.snap.timers if t.due_at <= self.now), key=lambda t: t.due_at):
            self.step(machine.fire, token_id=due[0].token_id)
        return self
