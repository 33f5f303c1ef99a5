"""The pure core: a step of the machine, a condition, a deployment."""

from __future__ import annotations

from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from engine.core import feel, lint, machine, normalise, parse, program
from engine.core.calendar import WorkCalendar
from engine.core.snapshot import Environment
from tests.bench import diagrams
from tests.bench.figures import Figure, percentile, timed

if TYPE_CHECKING:
    from engine.core.snapshot import Snapshot

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
VARIABLES = {
    "stop": False,
    "kind": "报修",
    "urgency": "一般",
    "level": 1,
    "round": 1,
    "subject": "自己房产",
    "cost": 120.5,
}


def compiled(xml: bytes) -> program.Program:
    return program.compile_model(normalise.normalise(parse.parse(xml)), "bench")


def steps() -> list[Figure]:
    """A step: state in, one task done, state out."""
    process = compiled(diagrams.rounds(30))
    env = Environment(NOW, WorkCalendar(ZONE), lambda *_: None, lambda *_: process, lambda _: process)
    found: Snapshot = machine.start(process, env, variables=VARIABLES)
    tasks = len([node for node in process.model.processes["rounds"].nodes if node.startswith("t")])
    seconds, size = [], 0

    def step() -> None:
        nonlocal found
        saved = found.saved
        found = machine.complete(process, saved, env, task_id=found.tasks[0].id, variables={"note": "x"})

    timed(step, rounds=tasks * 3)  # warm
    for _ in range(100):
        seconds.append(median(timed(step, rounds=tasks)))
        size = max(size, len(found.saved.state))
    first, last = median(seconds[:5]), median(seconds[-5:])
    return [
        Figure("engine step at round 100 / at round 1, 30 nodes", last / first, "", "<= 1.2", ratio=True),
        Figure("engine step: load, complete, save, 30 nodes (median)", median(seconds) * 1000, "ms", "<= 2"),
        Figure("state after 100 rounds, 30 nodes", size / 1000, "kB", "<= 10"),
    ]


def conditions() -> list[Figure]:
    """A condition of a gateway, compiled."""
    condition = feel.compile('kind = "报修" and urgency != "特急" and level < 3')
    env = feel.Env(NOW, ZONE, {})
    values = feel.from_json(VARIABLES)
    assert condition.evaluate(values, env) is True

    def thousand() -> None:
        for _ in range(1000):
            condition.evaluate(values, env)

    return [
        Figure(
            "FEEL condition, compiled", median(timed(thousand, rounds=50)) * 1000, "µs", "<= 5",
            note='kind = "报修" and urgency != "特急" and level < 3',
        )
    ]  # fmt: skip


def deployment() -> list[Figure]:
    """What publishing a diagram of 60 nodes costs before the database: parse, normalise, lint with soundness, compile."""
    xml = diagrams.rounds(60)

    def deploy() -> None:
        model = normalise.normalise(parse.parse(xml))
        lint.check(model, lint.Known())
        program.compile_model(model, "bench")

    seconds = timed(deploy, rounds=15)
    return [Figure("deploy: parse, lint, compile, 60 nodes (p95)", percentile(seconds, 95) * 1000, "ms", "<= 150")]


def all_figures() -> list[Figure]:
    return [*steps(), *conditions(), *deployment()]
