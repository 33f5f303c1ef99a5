"""Stories that mean harm: a few hundred bytes that stand for gigabytes, and nesting without an end."""

from __future__ import annotations

import pytest

from engine import scenario_files
from engine.core import compare
from engine.errors import InvalidInputError

BOMB = "\n".join(
    ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    + [f"a{at}: &a{at} [{','.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 9)]
    + ["name: *a8", "steps: []"]
).encode()


@pytest.mark.parametrize(
    ("source", "word", "line"),
    [
        (BOMB, "repeats another place", 2),
        (b"name: " + b"[" * 100_000, "nested", 1),
        (b"name: a\nsteps:\n" + b"- " * 100_000, "nested", 3),
        (b"name: " + b"x" * 1_100_000, "longer than", 1),
        (b"name: [a]\nsteps: []", "plain text", 0),
        (b"name: a\nrules: [{a: b}]\nsteps: []", "plain text", 0),
    ],
    ids=["aliases", "brackets", "dashes", "length", "name", "rules"],
)
def test_a_story_is_read_with_bounds(source: bytes, word: str, line: int) -> None:
    (finding,) = scenario_files.lint("x.yaml", source, None)
    assert (word in finding.message, finding.line) == (True, line), finding


def test_stories_are_compared_with_the_same_bounds() -> None:
    with pytest.raises(InvalidInputError, match="repeats another place"):
        compare.compare("scenario", BOMB, b"name: a\nsteps: []")
