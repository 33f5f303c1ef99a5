"""Random processes put onto another version at a random moment still end, their tokens and timers where they were."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from engine.core import migration, normalise, parse, program
from tests.conformance.drawing_board import flow, user
from tests.conformance.random_drawings import Drawing
from tests.conformance.random_runs import LIVELY, MAX_MOVES, Instance, Step, compiled, moves, source


def redrawn(body: str, dice: random.Random) -> str:
    """Put a task onto one of the flows, whose id goes to the first or to the second half."""
    flows = list(re.finditer(r'<sequenceFlow id="([^"]+)" sourceRef="([^"]+)" targetRef="([^"]+)">', body))
    found = dice.choice([f for f in flows if f'<eventBasedGateway id="{f[2]}"' not in body])
    name, source, target = found.groups()
    half, other = (source, "fresh"), ("fresh", target)
    if dice.random() < 0.5 and "<conditionExpression" not in body[found.end() : found.end() + 25]:
        half, other = other, half
    again = f'<sequenceFlow id="{name}" sourceRef="{half[0]}" targetRef="{half[1]}">'
    return body[: found.start()] + user("fresh") + flow(*other) + again + body[found.end() :]


def put_on(one: Instance, drawing: Drawing, dice: random.Random, now: Any) -> None:
    """Move the instance, or what it has called, to a version with one more task or other labels."""
    running = sorted({t.definition_id for t in one.snap.tokens} & drawing.called.keys())
    key = dice.choice(["P", "P", *running])
    body = {"P": drawing.body, **drawing.called}[key]
    new = redrawn(body, dice) if dice.random() < 0.8 else body.replace('name="u', 'name="新')
    model = normalise.normalise(parse.parse(source(key, new)))
    old, made = one.programs[key], program.compile_model(model, f"{key}'", key)
    tokens = {t.id: t.element_id for t in one.snap.tokens}
    timers = {t.token_id: t.due_at for t in one.snap.timers}
    found = migration.plan(old, made, one.snap.saved, called=key != "P")
    assert not found.decisions, [str(finding) for finding in found.decisions]
    within = None if key == "P" else one.programs["P"]
    one.programs[f"{key}'"] = made
    one.snap = migration.migrate(old, made, one.snap.saved, one.environment(now), within=within)
    if key == "P":
        one.programs["P"] = made
    assert {t.id: t.element_id for t in one.snap.tokens} == tokens
    assert {t.token_id: t.due_at for t in one.snap.timers} == timers


def play(seed: int) -> None:
    drawing, dice = Drawing(seed), random.Random(seed)
    one, moment = Instance(compiled(drawing)), dice.randint(1, 15)
    step = Step("start", variables={"dice": dice.randint(0, 99)})
    for turn in range(MAX_MOVES):
        one.take(step)
        if one.snap.ended is not None:
            break
        if turn == moment:
            put_on(one, drawing, dice, step.at)
        found = moves(one.snap, drawing, now=step.at, lively=turn < LIVELY)
        assert found, f"nothing can move: {[t.element_id for t in one.snap.tokens]}"
        step = dice.choice(found)
        if step.kind in {"complete", "serve", "deliver"}:
            rolled = {"dice": dice.randint(0, 99) if turn < LIVELY else 1}
            step = Step(step.kind, step.element, step.index, rolled, step.at)
    assert one.snap.ended is not None
    assert set(one.snap.saved.variables) == {""}
    assert [*one.snap.tasks, *one.snap.timers, *one.snap.tokens, *one.snap.subscriptions, *one.snap.services] == []


def test_random_processes_end_on_a_version_with_one_more_task():
    for seed in range(100):
        play(seed)


@pytest.mark.soak
def test_many_random_processes_end_on_a_version_with_one_more_task():
    for seed in range(100, 3_000):
        play(seed)
