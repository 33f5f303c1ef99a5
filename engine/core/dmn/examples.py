"""Stored examples of a decision: inputs with the result that is expected of them, replayed at every check.

They lie in the `extensionElements` of their decision, so that they travel with the file, are versioned with it and are
left alone by other editors:

    <keyturn:example id="…" name="…" at="2026-03-02T09:00:00+08:00">
      <keyturn:given name="urgency">"特急"</keyturn:given>      JSON, one per input that is known
      <keyturn:expect>{"value": 2, "unit": "h"}</keyturn:expect>  JSON, the whole result
    </keyturn:example>
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from engine.core import feel
from engine.core.calendar import CHINA, WorkCalendar
from engine.core.dmn.boxes_xml import attribute, children, first, text_of
from engine.core.dmn.errors import DmnError
from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree

NAMESPACE: Final = "http://keyturn.example/schema/dmn"
MAX_EXAMPLES: Final = 200
"""The most examples one decision may carry: all of them are replayed at every check."""
MOMENT: Final = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
"""When an example plays that does not say so: 09:00 on a Monday, so that today's date changes no answer."""


@dataclass(frozen=True, slots=True)
class Example:
    """`given` and `expected` are JSON; `broken` is the text that is none, "" when all could be read."""

    id: str
    name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    expected: Any = None
    at: datetime = MOMENT
    broken: str = ""


def environment(now: datetime = MOMENT, calendar: WorkCalendar | None = None) -> feel.Env:
    """What the expressions of an example may use: its own moment and a working calendar (Monday to Friday)."""
    days = calendar or WorkCalendar()
    return feel.Env(now=now, zone=days.zone, functions=days.functions(now))


def read(decision: etree._Element) -> tuple[Example, ...]:
    """Read the examples of a `decision` element. Raises DmnError when there are too many."""
    extensions = first(decision, "extensionElements")
    groups = [] if extensions is None else [part for part in extensions if part.tag == f"{{{NAMESPACE}}}examples"]
    found = [_example(child) for group in groups for child in children(group, "example")]
    if len(found) > MAX_EXAMPLES:
        decision_id = attribute(decision, "id")
        raise DmnError(N_("A decision can have {limit} examples."), element_id=decision_id, limit=MAX_EXAMPLES)
    return tuple(found)


def _example(element: etree._Element) -> Example:
    given: dict[str, Any] = {}
    broken = ""
    expected: Any = None
    for part in children(element, "given"):
        try:
            given[attribute(part, "name")] = json.loads(text_of(part) or "null")
        except ValueError:
            broken = broken or text_of(part)
    try:
        expected = json.loads(text_of(first(element, "expect")) or "null")
    except ValueError:
        broken = broken or text_of(first(element, "expect"))
    return Example(
        attribute(element, "id"), attribute(element, "name"), given, expected, _moment(attribute(element, "at")), broken
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return MOMENT
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
