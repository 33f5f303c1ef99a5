"""The clock of a test installation (`KEYTURN_TEST_CLOCK=1`): put forward, never back, for pages and jobs alike."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from engine import access
from engine.access import Action
from engine.errors import N_, InvalidInputError, NotFoundError
from tasks_ui import context
from tasks_ui.api import models_work
from tasks_ui.api.operation import operation

if TYPE_CHECKING:
    from tasks_ui.api.operation import Call

FARTHEST = timedelta(days=3660)
_SPAN = re.compile(
    r"P(?=.)(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,9})S)?)?"
)


def _clock() -> context.TestClock:
    clock = context.application().clock
    if not isinstance(clock, context.TestClock):
        raise NotFoundError
    return clock


@operation("GET", "/clock", "clock", answer=models_work.ClockReading)
def read_clock(call: Call) -> models_work.ClockReading:
    """Tell the moment it is for the application. Only in a test installation."""
    clock = _clock()
    access.require(call.viewer, Action.DEFINITION_VIEW)
    return models_work.ClockReading(clock(), int(clock.ahead().total_seconds()))


@operation("POST", "/clock", "clock", body=models_work.ClockRequest, answer=models_work.ClockReading)
def advance_clock(call: Call) -> models_work.ClockReading:
    """Put the clock forward. Timers that become due by it are fired by the worker. Only in a test installation."""
    clock = _clock()
    access.require(call.viewer, Action.JOB_VIEW)
    span = _span(call.body.advance)
    if clock.ahead() + span > FARTHEST:
        raise InvalidInputError(N_("The clock can be at most {days} days ahead."), days=FARTHEST.days)
    clock.advance(span)
    context.application().database.wake.set()
    return models_work.ClockReading(clock(), int(clock.ahead().total_seconds()))


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise InvalidInputError(N_("“{text}” is no duration such as PT1H or P3D."), text=text)
    return timedelta(**{unit: int(number) for unit, number in found.groupdict().items() if number})


OPERATIONS = (read_clock, advance_clock)
