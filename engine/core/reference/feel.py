"""The functions of FEEL and of the working calendar, told from the tables that hold them, each with an example."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.feel import BUILTINS
from engine.core.reference.examples import EXAMPLES

CALENDAR = {
    "add working days": "add working days(start, n: number)",
    "working days between": "working days between(from, to)",
    "working days until": "working days until(to)",
    "is working day": "is working day(day)",
    "end of working day": "end of working day(moment)",
}
"""The calendar's functions take dates or moments."""


@dataclass(frozen=True, slots=True)
class FeelFunction:
    """A function of FEEL: the ways to call it, and an example with its value as JSON. `[…]` may be left out."""

    name: str
    signatures: tuple[str, ...]
    example: str
    value: object
    calendar: bool = False


def functions() -> tuple[FeelFunction, ...]:
    """List the functions of FEEL by name, then those of the working calendar."""
    known = [FeelFunction(name, _signatures(name), *EXAMPLES[name]) for name in sorted(BUILTINS)]
    ours = [FeelFunction(name, (text,), *EXAMPLES[name], calendar=True) for name, text in CALENDAR.items()]
    return (*known, *ours)


def _signatures(name: str) -> tuple[str, ...]:
    texts = []
    for signature in BUILTINS[name].builtin:
        last = len(signature.params) - 1
        parts = [
            f"{param}: {kind}" + (" …" if signature.variadic and n == last else "")
            for n, (param, kind) in enumerate(zip(signature.params, signature.types, strict=True))
        ]
        shown = [part if n < signature.required else f"[{part}]" for n, part in enumerate(parts)]
        texts.append(f"{name}({', '.join(shown)})")
    return tuple(dict.fromkeys(texts))
