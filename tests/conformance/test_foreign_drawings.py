"""Drawings not made by us: each runs, or is refused with findings that name elements. Nothing ever crashes.

Folders with `.bpmn` files of other people may be named in KEYTURN_FOREIGN_DRAWINGS (separated by ":"); without it the
drawings are random ones, spoiled by chance. The long form (`make soak`) takes those that `make drawings` has fetched.
"""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from engine.core import drawing, lint, machine, normalise, parse, program, repair
from engine.core.calendar import WorkCalendar
from engine.core.layout import layout
from engine.core.snapshot import Environment
from engine.errors import DeploymentRefused, KeyturnError, NotFoundError
from tests.conformance.drawing_board import END, START, boundary, chain, compiled, timer, user, xml
from tests.conformance.foreign_drawings import HOSTILE, drawings
from tests.conformance.foreign_play import deploy_and_play

if TYPE_CHECKING:
    from engine.core.findings import Finding
    from engine.core.model import Model
    from engine.core.snapshot import Snapshot

COUNT, MANY, MOVES = 90, 4_000, 12
FILE_RULES = {"no-process", "not-xml", "not-bpmn", "doctype", "oversize", "too-deep"}
CALLED = compiled(START + user("q") + END + chain("s", "q", "e"), "Q")


def judge(text: bytes) -> tuple[str, list[Finding]]:
    """Check a drawing as a deployment does; play it when it may run."""
    try:
        model = normalise.normalise(parse.parse(text))
    except DeploymentRefused as refused:
        return "unreadable", list(refused.findings)
    findings = lint.check(model, lint.Known())
    draw(model)
    if any(f.severity == "error" for f in findings):
        return "refused", findings
    compiled_ = program.compile_model(model, "P")
    return play(compiled_), findings


def draw(model: Model) -> None:
    for key in model.processes:
        with contextlib.suppress(NotFoundError):  # a file may come without a drawing
            assert drawing.svg(model, key, marks={}).startswith("<svg")


def play(what: program.Program) -> str:
    """Take a few steps by chance; an error must be one that says what is wrong."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    dice = random.Random(1)
    programs = {what.definition_id: what, CALLED.definition_id: CALLED}

    def environment() -> Environment:
        return Environment(
            now, WorkCalendar(ZoneInfo("Asia/Shanghai")), lambda *_: {"z": 1}, lambda *_: CALLED, lambda definition: programs[definition]
        )  # fmt: skip

    try:
        entries = [s.element_id for s in what.start_events() if s.kind != "none"]
        first = "" if what.starts[what.key] else next(iter(entries), "")
        snap = machine.start(what, environment(), variables={"n": 1, "dice": 3}, start_element=first)
    except KeyturnError:
        return "does not start"
    for _ in range(MOVES):
        if snap.ended:
            break
        assert snap.tasks or snap.services or snap.subscriptions or snap.timers, "it hangs, and nobody was told"
        try:
            following = move(what, snap, environment(), dice)
        except KeyturnError:
            return "stops with an error"
        if following is None:
            now += timedelta(days=1)
            continue
        snap = following
        assert machine.test_load(what, snap.saved, environment()).saved == snap.saved
    return "runs"


def move(what: program.Program, snap: Snapshot, env: Environment, dice: random.Random) -> Snapshot | None:
    if snap.tasks and dice.random() < 0.7:
        return machine.complete(what, snap.saved, env, task_id=dice.choice(snap.tasks).id, variables={"dice": dice.randint(0, 9)})
    if snap.services:
        return machine.finish_service(what, snap.saved, env, token_id=snap.services[0].token_id, variables={})
    waiting = [s for s in snap.subscriptions if s.kind != "conditional"]
    if waiting and dice.random() < 0.5:
        return machine.deliver(what, snap.saved, env, token_id=dice.choice(waiting).token_id, variables={})
    due = [t for t in snap.timers if t.due_at <= env.now]
    if due:
        return machine.fire(what, snap.saved, env, token_id=due[0].token_id)
    return None


def mend(text: bytes, findings: list[Finding], *, anew: bool = True) -> None:
    """Every proposed repair can be carried out, alone and together, and what comes of it is judged again."""
    for each in repair.proposals(text, findings):
        if each.rule != "layout":
            parse.parse(repair.apply(text, [each]))
    again = text
    for _ in range(2):
        model = normalise.normalise(parse.parse(again))
        again = repair.apply(again, [r for r in repair.proposals(again, lint.check(model, lint.Known())) if r.rule != "layout"])
    judge(again)
    if anew:
        draw(parse.parse(layout(again)))


def names_elements(text: bytes, findings: list[Finding]) -> bool:
    errors = [f for f in findings if f.severity == "error"]
    return bool(errors) and all(f.element_id or f.rule in FILE_RULES for f in errors)


def all_of(named: list[tuple[str, bytes]]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for number, (name, text) in enumerate(named):
        try:
            outcome, findings = judge(text)
            if outcome in {"refused", "unreadable"}:
                assert names_elements(text, findings), (name, findings)
            if outcome != "unreadable":
                mend(text, findings, anew=number % 10 == 0 or bool(given()))
        except KeyturnError as problem:
            pytest.fail(f"{name}: {problem!r}")
        except Exception as problem:
            problem.add_note(name)
            raise
        outcomes[outcome] += 1
    return outcomes


def given() -> list[tuple[str, bytes]]:
    folders = [Path(part) for part in os.environ.get("KEYTURN_FOREIGN_DRAWINGS", "").split(":") if part]
    files = sorted(file for folder in folders for file in folder.rglob("*.bpmn*") if file.is_file())
    return [(str(file), file.read_bytes()) for file in files]


def test_drawings_not_made_by_us_run_or_are_refused_by_name():
    named = given() or list(drawings(COUNT))
    outcomes = all_of(named)
    print(dict(outcomes))
    assert outcomes.total() == len(named)


FETCHED = Path("build/drawings")
ENOUGH, SECONDS, SHARE = 300, 2.0, 0.7


@pytest.mark.soak
def test_drawings_of_other_people_are_checked_repaired_deployed_and_played():
    """Each is refused by names, or runs; every round of repairs leaves it better; none takes long."""
    fetched = sorted(FETCHED.glob("*")) if FETCHED.is_dir() else []
    named = given() or [(file.name, file.read_bytes()) for file in fetched] or list(drawings(COUNT))
    assert not fetched or len(named) >= ENOUGH
    before, after, played = Counter[str](), Counter[str](), Counter[str]()
    for name, text in named:
        begun = process_time()
        outcome, found = judged(text)
        before[outcome] += 1
        mended, _ = repair.mend(text, lambda xml: judged(xml)[1])
        outcome_after, left = judged(mended)
        after[outcome_after] += 1
        took = process_time() - begun
        assert took < SECONDS, (name, took)
        if outcome == "unreadable":
            assert found[0].rule in FILE_RULES, name
            continue
        assert outcome != "passes" or outcome_after == "passes", (name, left)
        end, said = deploy_and_play(mended)
        played[end] += 1
        assert (end == "refused") == (outcome_after == "refused"), (name, end, said)
        assert end != "refused" or names_elements(mended, said), (name, said)
    print(len(named), "drawings; as they are", dict(before), "repaired", dict(after), "played", dict(played))
    assert after["passes"] > SHARE * (len(named) - after["unreadable"])


def judged(text: bytes) -> tuple[str, list[Finding]]:
    """Check a drawing as `keyturn check` does."""
    try:
        found = lint.check(normalise.normalise(parse.parse(text)), lint.Known())
    except DeploymentRefused as refused:
        return "unreadable", list(refused.findings)
    return "refused" if any(f.severity == "error" for f in found) else "passes", found


@pytest.mark.soak
def test_many_spoiled_drawings_run_or_are_refused_by_name():
    all_of(list(drawings(MANY, COUNT)))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_drawing_is_refused(text: bytes):
    outcome, findings = judge(text)
    assert outcome in {"refused", "unreadable"}
    assert [f for f in findings if f.severity == "error"]


# Drawings that once crashed


def test_a_task_marked_as_event_sub_process_is_an_ordinary_task():
    text = xml(START + user("a", 'triggeredByEvent="true"') + END + chain("s", "a", "e"))
    assert judge(text)[0] == "runs"


def test_what_stands_twice_gets_no_repair():
    text = xml(START + '<task id="a"/><task id="a"/>' + END + chain("s", "a", "e"))
    outcome, findings = judge(text)
    assert outcome == "refused"
    mend(text, findings)


def test_a_boundary_event_on_nothing_before_an_inclusive_join_is_told():
    body = START + user("a") + '<inclusiveGateway id="j"/>' + boundary("b", "", timer("Duration", "PT1H")) + END + chain("s", "a", "j", "e") + chain("b", "j")
    outcome, findings = judge(xml(body))
    assert outcome == "refused"
    assert "boundary-without-host" in {f.rule for f in findings}
