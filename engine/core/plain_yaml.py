"""YAML of people's stories, read with bounds: nothing that repeats by an alias, no endless nesting, not too long."""

from __future__ import annotations

from typing import Any

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(source: bytes) -> Any:
    """Read a text. Raises yaml.YAMLError, with the line where one is known, and UnicodeDecodeError."""
    return yaml.load(_bounded(source), Loader=_LOADER)  # noqa: S506  a safe loader


def compose(source: bytes) -> Any:
    """Read the nodes of a text, which know their lines. Raises as `load`."""
    return yaml.compose(_bounded(source), Loader=_LOADER)


def _bounded(source: bytes) -> str:
    """Look at the text event by event: what a few aliases mean can be gigabytes, and deep nesting ends the process."""
    if len(source) > MAX_BYTES:
        raise yaml.YAMLError(f"it is longer than {MAX_BYTES} bytes")
    text, depth = source.decode("utf-8"), 0
    events: Any = yaml.parse(text, Loader=_LOADER)
    for event in events:
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem=f"*{event.anchor} repeats another place: write it out", problem_mark=mark
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                message = f"it is nested more than {MAX_DEPTH} deep"
                raise yaml.MarkedYAMLError(problem=message, problem_mark=mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return text
