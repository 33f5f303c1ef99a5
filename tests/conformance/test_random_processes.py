"""Random block-structured processes reach their end on random paths, saved and loaded after every step."""

from __future__ import annotations

import itertools
import random

import pytest

from engine.core import machine
from tests.conformance.drawing_board import END, START, Board, boundary, chain, flow, timer, user

SHORT, LONG, MAX_MOVES = 150, 2_000, 2_000


class Drawing:
    """Draws random blocks; every block has one way in and one way out."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.parts: list[str] = []

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def add(self, text: str) -> None:
        self.parts.append(text)

    def block(self, depth: int) -> tuple[str, str]:
        kinds = ["user", "user", "task", "timer"]
        if depth:
            kinds += ["sequence", "exclusive", "parallel", "inclusive", "loop", "sub", "rounds", "events", "guarded"]
        return getattr(self, self.random.choice(kinds))(depth)

    def user(self, _depth: int) -> tuple[str, str]:
        name = self.name("u")
        self.add(user(name))
        return name, name

    def task(self, _depth: int) -> tuple[str, str]:
        name = self.name("t")
        self.add(f'<task id="{name}"/>')
        return name, name

    def timer(self, _depth: int) -> tuple[str, str]:
        name = self.name("c")
        self.add(f'<intermediateCatchEvent id="{name}">{timer("Duration", "PT1H")}</intermediateCatchEvent>')
        return name, name

    def sequence(self, depth: int) -> tuple[str, str]:
        blocks = [self.block(depth - 1) for _ in range(self.random.randint(2, 3))]
        for (_, out), (into, _) in itertools.pairwise(blocks):
            self.add(flow(out, into))
        return blocks[0][0], blocks[-1][1]

    def split(self, depth: int, kind: str, *, conditions: bool) -> tuple[str, str]:
        split, join, default = self.name("g"), self.name("j"), self.name("d")
        marked = f' default="{default}"' if conditions else ""
        self.add(f'<{kind} id="{split}"{marked}/><{kind} id="{join}"/>')
        branches = self.random.randint(2, 3)
        for number in range(branches):
            into, out = self.block(depth - 1)
            last = conditions and number == branches - 1
            condition = f"modulo(dice + {self.random.randint(0, 5)}, 2) = 0" if conditions and not last else ""
            self.add(flow(split, into, condition, default if last else ""))
            self.add(flow(out, join))
        return split, join

    def exclusive(self, depth: int) -> tuple[str, str]:
        return self.split(depth, "exclusiveGateway", conditions=True)

    def inclusive(self, depth: int) -> tuple[str, str]:
        return self.split(depth, "inclusiveGateway", conditions=True)

    def parallel(self, depth: int) -> tuple[str, str]:
        return self.split(depth, "parallelGateway", conditions=False)

    def loop(self, depth: int) -> tuple[str, str]:
        merge, decide, out = self.name("m"), self.name("x"), self.name("d")
        wait = self.user(0)[0]
        into, last = self.block(depth - 1)
        self.add(f'<exclusiveGateway id="{merge}"/><exclusiveGateway id="{decide}" default="{out}"/>')
        self.add(chain(merge, wait, into) + flow(last, decide) + flow(decide, merge, "modulo(dice, 3) = 0"))
        after = self.name("t")
        self.add(f'<task id="{after}"/>' + flow(decide, after, id=out))
        return merge, after

    def inside(self, depth: int) -> str:
        outer, self.parts = self.parts, []
        into, out = self.block(depth - 1)
        start, end = self.name("s"), self.name("e")
        text = f'<startEvent id="{start}"/><endEvent id="{end}"/>' + "".join(self.parts) + flow(start, into) + flow(out, end)
        self.parts = outer
        return text

    def sub(self, depth: int) -> tuple[str, str]:
        name = self.name("sp")
        self.add(f'<subProcess id="{name}">{self.inside(depth)}</subProcess>')
        return name, name

    def rounds(self, depth: int) -> tuple[str, str]:
        name = self.name("mi")
        marker = f'<multiInstanceLoopCharacteristics isSequential="{self.random.choice(["true", "false"])}"><loopCardinality>{self.random.randint(0, 3)}</loopCardinality></multiInstanceLoopCharacteristics>'
        self.add(f'<subProcess id="{name}">{marker}{self.inside(depth)}</subProcess>')
        return name, name

    def events(self, depth: int) -> tuple[str, str]:
        gateway, join = self.name("eg"), self.name("x")
        self.add(f'<eventBasedGateway id="{gateway}"/><exclusiveGateway id="{join}"/>')
        for hours in (1, 2):
            event = self.timer(0)[0]
            into, out = self.block(depth - 1)
            self.parts = [p.replace(f'<intermediateCatchEvent id="{event}">{timer("Duration", "PT1H")}', f'<intermediateCatchEvent id="{event}">{timer("Duration", f"PT{hours}H")}') for p in self.parts]
            self.add(flow(gateway, event) + flow(event, into) + flow(out, join))
        return gateway, join

    def guarded(self, depth: int) -> tuple[str, str]:
        name, alarm, join = self.name("sp"), self.name("b"), self.name("x")
        self.add(f'<subProcess id="{name}">{self.inside(depth)}</subProcess>')
        self.add(boundary(alarm, name, timer("Duration", "PT3H"), interrupting=self.random.random() < 0.7))
        into, out = self.block(depth - 1)
        self.add(f'<inclusiveGateway id="{join}"/>' + flow(name, join) + flow(alarm, into) + flow(out, join))
        return name, join


def play(seed: int) -> None:
    drawing = Drawing(seed)
    into, out = drawing.block(4)
    choose = random.Random(seed + 1)
    board = Board(START + END + "".join(drawing.parts) + flow("s", into) + flow(out, "e"), dice=choose.randint(0, 99))
    for _ in range(MAX_MOVES):
        if board.ended:
            break
        moves = [*board.snap.tasks, *(["wait"] if board.snap.timers else [])]
        assert moves, f"seed {seed}: nothing can move: {[t.element_id for t in board.snap.tokens]}"
        move = choose.choice(moves)
        if move == "wait":
            board.wait(hours=1)
        else:
            board.step(machine.complete, task_id=move.id, variables={"dice": choose.randint(0, 99)})
    assert board.ended, f"seed {seed} did not end"
    assert board.variables.keys() <= {"dice"}
    assert set(board.snap.saved.variables) == {""}, "every local scope is closed"
    assert [*board.snap.tasks, *board.snap.timers, *board.snap.tokens] == []


def test_random_processes_reach_their_end():
    for seed in range(SHORT):
        play(seed)


@pytest.mark.soak
def test_many_random_processes_reach_their_end():
    for seed in range(SHORT, LONG):
        play(seed)
