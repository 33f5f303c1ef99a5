"""Run jobs by a clock of one's own: for tests, scenarios, rehearsals and demo data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine import worker
from engine.errors import N_, KeyturnError
from storage import jobs as queue

if TYPE_CHECKING:
    from engine.connectors import Registry
    from storage.session import Database

COARSEST = timedelta(hours=1)
MAX_JOBS = 100_000


class TooManyJobsError(KeyturnError):
    """Too much would have to happen in this time."""

    status = 422


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is set; `clock()` reads it (aware UTC). `most`: jobs of one call."""

    now: datetime
    most: int = MAX_JOBS

    def __call__(self) -> datetime:
        """Read the clock."""
        return self.now


def run_until(database: Database, clock: Clock, until: datetime, registry: Registry) -> int:
    """Run all jobs due up to a moment in due order, setting the clock to each due time, then to `until`.

    Returns how many ran. Periodic work runs at most once an hour, since days may pass in one call.

    Raises TooManyJobsError when more than `clock.most` had to run, with what runs again and again.
    """
    worker.prepare(database, registry, now=clock.now)
    count = 0
    with database.read() as session:
        due = queue.next_due(session, until)
    while count < clock.most:
        if due is None:
            clock.now = max(clock.now, until)
            return count
        clock.now = max(clock.now, due)
        count += worker.run_some(database, clock=clock, registry=registry, limit=1)
        with database.transaction() if registry.periodic else database.read() as session:
            if registry.periodic:
                queue.slow_down(session, clock.now, clock.now + COARSEST)
            due = queue.next_due(session, until)
    with database.read() as session:
        what = queue.first_due(session)
    raise TooManyJobsError(
        N_("More than {count} things would happen in this time, and {what} is due again. Is its repeat too short?"),
        count=clock.most, what=what,
    )  # fmt: skip
