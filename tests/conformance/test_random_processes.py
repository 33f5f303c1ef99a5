"""Random block-structured processes on random paths: the end is reached, and saving, loading, replaying changes nothing."""

from __future__ import annotations

import random
import zlib

import pytest

from engine.core import lint, normalise, parse
from tests.conformance.random_drawings import Drawing
from tests.conformance.random_runs import Instance, Step, compiled, moves, source, walk

PARTS, EACH, LONG = 4, 75, 6_000
VARIETY = 300
ROUNDS, KINDS_OF_ROUNDS = 25, 40
BYTES_A_TOKEN = 400
HEAD = "u6"
"""The first task of the loop that is the whole process."""
WITH_OUTCOMES = ("interrupting", "beside")


def play(seed: int) -> None:
    """To the end on a random path, beside a twin that is never saved; then the same steps again from the beginning."""
    drawing = Drawing(seed)
    programs = compiled(drawing)
    saved, twin, again = Instance(programs), Instance(programs, saves=False), Instance(programs)
    steps = walk(drawing, saved, seed + 1, twin)
    assert saved.snap.ended is not None
    assert saved.snap.ended.kind in {"completed", "terminated"}
    assert [*saved.snap.tasks, *saved.snap.timers, *saved.snap.tokens, *saved.snap.subscriptions, *saved.snap.services] == []
    assert set(saved.snap.saved.variables) == {""}, "every local scope is closed"
    assert saved.snap.saved.variables[""].keys() <= {"dice", "grade"}
    assert twin.history == saved.history, f"seed {seed}: the history of what was never saved"
    for step in steps:
        again.take(step)
        picture = again.picture()  # names the tokens in the same order as before
    assert (picture, again.history) == (saved.picture(), saved.history), f"seed {seed}: replayed"


@pytest.mark.parametrize("part", range(PARTS))
def test_random_processes_end_saved_or_not_and_when_replayed(part: int) -> None:
    for seed in range(part * EACH, (part + 1) * EACH):
        play(seed)


@pytest.mark.soak
def test_many_random_processes_end_saved_or_not_and_when_replayed() -> None:
    for seed in range(PARTS * EACH, LONG):
        play(seed)


def test_the_random_processes_hold_all_there_is() -> None:
    kinds = set().union(*(Drawing(seed).kinds for seed in range(VARIETY)))
    events = {f"boundary {kind} {how}" for kind in ("timer", "cycle", "message", "signal", "conditional") for how in WITH_OUTCOMES}
    events |= {f"event sub-process {kind} {how}" for kind in ("timer", "message", "signal", "escalation", "conditional") for how in WITH_OUTCOMES}
    events |= {"event sub-process error interrupting", "event sub-process cycle beside"}
    blocks = {"exclusive", "parallel", "inclusive", "events", "loop", "sub", "watched", "call", "transaction", "undone", "failing", "escalating",
              "service", "receive", "decision", "link", "terminate", "standard loop", "sequential", "together"}  # fmt: skip
    assert kinds >= events | blocks, sorted((events | blocks) - kinds)


def test_random_processes_may_be_deployed() -> None:
    for seed in range(60):
        drawing = Drawing(seed)
        known = lint.Known(decisions=frozenset({"grade"}), processes=frozenset(drawing.called))
        for key, body in {"P": drawing.body, **drawing.called}.items():
            found = lint.check(normalise.normalise(parse.parse(source(key, body))), known)
            assert [f for f in found if f.severity == "error"] == [], f"seed {seed}: {key}"


def test_what_is_done_leaves_nothing_behind() -> None:
    """However many rounds: where only the loop's first task is open, the state is what it was after the first round."""
    compared = 0
    for seed in range(KINDS_OF_ROUNDS):
        compared += go_round(seed)
    assert compared > KINDS_OF_ROUNDS * ROUNDS / 3


def go_round(seed: int) -> int:
    drawing, choose, sizes = Drawing(seed, 3, rounds=True), random.Random(seed), []
    one, step, rounds = Instance(compiled(drawing)), Step("start", variables={"dice": 5, "again": True, "grade": 1}), 0
    while True:
        one.take(step)
        if one.snap.ended is not None:
            assert set(one.snap.saved.variables) == {""}
            return len(sizes)
        state = one.snap.saved.state.split(b":", 2)[2]
        raw = zlib.decompress(state[1:]) if state[:1] == b"Z" else state[1:]
        assert len(raw) < (1 + len(one.snap.tokens) + len(one.snap.timers) + len(one.snap.subscriptions)) * BYTES_A_TOKEN
        if [token.element_type for token in one.snap.tokens] == ["userTask"] and step.kind != "start":
            rounds += 1
            sizes += [len(raw)] if one.snap.tokens[0].element_id == HEAD else []
            assert len(set(sizes)) <= 1, f"seed {seed}: {sizes}"
        step = choose.choice(moves(one.snap, drawing, now=step.at, lively=len(one.snap.tokens) < 30))
        if step.kind in {"complete", "serve", "deliver"}:
            variables = {"dice": choose.choice([5, 40, 81, 96]), "again": rounds < ROUNDS}
            step = Step(step.kind, step.element, step.index, variables, step.at)
