"""Instances saved by every earlier state format still finish. `states/` keeps one file a format; add one, never change one."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from engine.core import machine, state
from engine.core.snapshot import Saved, Snapshot
from engine.errors import ProcessError
from tests.conformance.drawing_board import (
    END,
    MESSAGE,
    START,
    Board,
    boundary,
    chain,
    timer,
    user,
)

STATES = Path(__file__).with_name("states")
ROUNDS = '<multiInstanceLoopCharacteristics isSequential="false" camunda:collection="ids" camunda:elementVariable="id"/>'
BODY = (
    START + '<parallelGateway id="g"/><inclusiveGateway id="j"/>'
    + '<subProcess id="sp">' + ROUNDS + '<startEvent id="ss"/>' + user("i") + chain("ss", "i") + "</subProcess>"
    + boundary("b", "sp", timer("Cycle", "R/PT1H"), interrupting=False) + user("r")
    + f'<intermediateCatchEvent id="c">{MESSAGE}</intermediateCatchEvent>' + '<callActivity id="call" calledElement="Q"/>'
    + END + chain("s", "g", "sp", "j", "call", "e") + chain("g", "c", "j") + chain("b", "r")
)  # fmt: skip
CALLED = START + user("q") + END + chain("s", "q", "e")


def board() -> Board:
    """An instance with a join half full, rounds half done, a cycle timer running and a message awaited."""
    return Board(BODY, called={"Q": CALLED}, ids=[1, 2, 3]).do("i").wait(hours=1)


def finish(running: Board) -> Board:
    running.do("i").do("i").do("r").message("STOP")
    return running.do("q")


@pytest.mark.parametrize("path", sorted(STATES.glob("*.json")), ids=lambda path: path.stem)
def test_a_saved_instance_of_an_earlier_format_finishes(path: Path):
    kept = json.loads(path.read_text())
    running = board()
    saved = Saved(base64.b64decode(kept["state"]), kept["variables"])
    loaded: Snapshot = machine.test_load(running.program, saved, running.environment())
    running.snap = loaded
    assert finish(running).ended == ("completed", "e")


def test_the_current_format_is_kept():
    assert (STATES / f"format-{state.FORMAT}.json").exists(), "keep a saved instance of the new format: see `keep` below"


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b.replace(b'"', b"'", 1), lambda b: b"KT9" + b[3:], lambda _: b""])
def test_damaged_bytes_are_refused_with_a_sentence(damage):
    running = board()
    with pytest.raises(ProcessError, match="saved state"):
        machine.test_load(running.program, Saved(damage(running.snap.saved.state), {}), running.environment())


def keep() -> None:
    """Write the fixture of the current format: `python -m tests.conformance.test_state_formats`."""
    saved = board().snap.saved
    content = {"state": base64.b64encode(saved.state).decode(), "variables": saved.variables}
    (STATES / f"format-{state.FORMAT}.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    keep()
