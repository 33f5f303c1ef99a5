"""A coverage-guided fuzzer over FEEL's reader and evaluator; no part of the tests, which need no atheris.

    pip install atheris
    python tests/fuzz_feel.py [folder for what it finds interesting] -max_total_time=300 -timeout=5

It stops at the first text that ends otherwise than with a value or a `FeelProblem`, or takes too long, and says which.
Such a text then becomes a line of `HOSTILE` or a test in `tests/unit/test_feel_limits.py`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["engine.core.feel"]):
    from engine.core import feel

SECONDS = 2.0
"""The watched code is many times slower than without."""
CONTEXT = {
    "x": 1, "y": "业主a", "z": [1, 2.5, None, "b", [3]], "c": {"a": {"b": [1]}, "d e": True}, "t": "2026-03-29T02:30:00+02:00",
    "?": 5, "f": False, "n": None,
}  # fmt: skip
WORDS = [
    "if ", " then ", " else ", "for ", " in ", " return ", "some ", "every ", " satisfies ", "function(", " and ", " or ", "not(",
    " between ", " instance of ", "null", "true", "[1..3]", "..", "**", "!=", "<=", "partial", "item", "?", '@"P1D"', '@"P1Y"',
    '@"2026-01-31"', '@"10:00:00Z"', '@"2026-01-31T10:00:00@Europe/Berlin"', "list<number>", "context<a: number>", "9e99", "{a: 1}",
    *(f"{name}(" for name in feel.BUILTINS),
]  # fmt: skip


def try_out(data: bytes) -> None:
    """Read the first byte as switches, the rest as text; anything but a value or a FeelProblem is a find."""
    if not data:
        return
    text, unary, strict = data[1:].decode("utf-8", "replace"), bool(data[0] & 1), bool(data[0] & 2)
    begin = time.perf_counter()
    try:
        value = feel.compile(text, unary=unary).evaluate(CONTEXT, feel.Env(strict=strict))
        feel.to_json(value)
        feel.text_of(value)
    except feel.FeelProblem as problem:
        if not str(problem) or feel.in_chinese(problem) == str(problem):
            raise RuntimeError("a problem without words") from problem
    took = time.perf_counter() - begin
    if took > SECONDS:
        raise RuntimeError(f"took {took:.2f} s")


def main() -> None:
    """Give the words of the language to the fuzzer and let it go."""
    words = Path("/tmp") / "keyturn-feel.dict"
    words.write_text("".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"\n' for word in WORDS))
    atheris.Setup([*sys.argv, f"-dict={words}", "-max_len=300"], try_out)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
