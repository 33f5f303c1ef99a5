"""Random processes through the use cases: their rows tell each step as the bare machine takes it, and can be replayed."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import select

from engine import definitions, jobs, messages
from engine.access import SYSTEM
from engine.connectors import BpmnError, Registry
from engine.core import machine
from engine.core.snapshot import Saved
from engine.testing import Workbench
from storage import instances as rows
from storage.tables.instances import AuditEntry, HistoryEvent, ProcessInstance
from storage.tables.work import Job
from tests.conformance.random_drawings import Drawing
from tests.conformance.random_runs import BEGIN, LIVELY, MAX_MOVES, Instance, Step, compiled, moves, source, waiting

GRADE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="grade" name="grade">'
    '<variable name="grade"/><informationRequirement><requiredInput href="#i"/></informationRequirement><literalExpression>'
    '<text>modulo(dice, 7)</text></literalExpression></decision><inputData id="i" name="dice"><variable name="dice"/></inputData></definitions>'
)  # fmt: skip
AUDITED = {"start": "instance.start", "complete": "task.complete", "fire": "timer", "deliver": "message", "serve": "service", "fail": "service"}


class Case:
    """One instance in a database, moved by the same steps as the bare machine's."""

    def __init__(self, drawing: Drawing, folder) -> None:
        self.answer: dict[str, int] = {}
        self.bench = Workbench(registry=Registry(strict=False, services={"t": self.serve}), now=BEGIN)
        (folder / "grade.dmn").write_text(GRADE)
        for key, body in {"P": drawing.body, **drawing.called}.items():
            (folder / f"{key}.bpmn").write_bytes(source(key, body))
        self.bench.deploy(folder)
        self.namer = Instance({})

    def serve(self, _context) -> dict[str, int]:
        if not self.answer:
            raise BpmnError("E1", "")
        return self.answer

    def take(self, step: Step) -> None:
        self.bench.clock.now = step.at
        if step.kind == "start":
            self.id = self.bench.start("P", step.variables)
            return
        token = self.token(step)
        if step.kind == "complete":
            self.bench.complete(token, step.variables)
            return
        given = {"now": step.at, "registry": self.bench.registry}
        with self.bench.database.transaction() as s:
            if step.kind == "deliver":
                instance = rows.lock(s, self.id)
                messages.deliver(s, instance, token, step.variables, action="message", name="", viewer=SYSTEM, **given)
            else:
                self.answer = step.variables
                jobs.run(s, s.scalars(select(Job).filter_by(token_id=token)).one(), **given)

    def token(self, step: Step):
        """Find the token by what waits at the element, read from the saved state."""
        with self.bench.database.read() as s:
            row = s.get(ProcessInstance, self.id)
            program = definitions.program(s, row.definition_id)
            env = definitions.environment(s, now=step.at, registry=self.bench.registry, definition_id=row.definition_id, decided=[])
            snap = machine.test_load(program, Saved(row.state, row.variables), env)
        return waiting(snap, step.kind, step.element)[step.index]

    def history(self) -> list:
        with self.bench.database.read() as s:
            events = s.scalars(select(HistoryEvent).where(HistoryEvent.action != "decided").order_by(HistoryEvent.id)).all()
        self.namer.ordinals.clear()
        return [self.namer.named([e.action, e.element_id, e.element_type, str(e.token_id), e.scope_id, e.detail]) for e in events]

    def audit(self) -> list[str]:
        with self.bench.database.read() as s:
            return list(s.scalars(select(AuditEntry.action).filter_by(instance_id=self.id).order_by(AuditEntry.id)))


@pytest.mark.parametrize("seed", range(12))
def test_the_rows_of_an_instance_tell_every_step_in_order(seed: int, tmp_path) -> None:
    drawing, choose = Drawing(seed * 7), random.Random(seed)
    bare, case = Instance(compiled(drawing)), Case(drawing, tmp_path)
    step, taken = Step("start", variables={"dice": choose.randint(0, 99)}), []
    while True:
        bare.take(step)
        case.take(step)
        taken.append(step)
        if bare.snap.ended is not None:
            break
        assert len(taken) < MAX_MOVES
        step = choose.choice(moves(bare.snap, drawing, now=step.at, lively=len(taken) < LIVELY))
        if step.kind in {"complete", "serve", "deliver"}:
            step = Step(step.kind, step.element, step.index, {"dice": choose.randint(0, 99) if len(taken) < LIVELY else 1}, step.at)
    assert case.history() == bare.history
    assert case.audit() == [AUDITED[step.kind] for step in taken]
    (head,) = case.bench.instances(open_only=False)
    assert head.status == bare.snap.ended.kind
    with case.bench.database.read() as s:
        assert s.get(ProcessInstance, case.id).variables == bare.snap.saved.variables
        assert s.scalars(select(Job)).all() == []
    case.bench.close()
