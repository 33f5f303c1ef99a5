"""The reference of FEEL tells the truth: every function is there, every example has the value that is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.core import feel
from engine.core.calendar import WorkCalendar
from engine.core.reference import feel as reference_feel


@pytest.mark.parametrize("one", reference_feel.functions(), ids=lambda one: one.name)
def test_an_example_has_its_value(one: reference_feel.FeelFunction) -> None:
    now = datetime(2026, 3, 2, 1, tzinfo=UTC)
    calendar = WorkCalendar()
    env = feel.Env(now=now, zone=calendar.zone, functions=calendar.functions(now))
    assert feel.to_json(feel.compile(one.example).evaluate({}, env)) == one.value
    assert one.name in one.example
    assert one.signatures


def test_every_function_is_there() -> None:
    named = [one.name for one in reference_feel.functions()]
    assert sorted(named) == sorted([*feel.BUILTINS, *WorkCalendar().functions(datetime(2026, 3, 2, tzinfo=UTC))])
