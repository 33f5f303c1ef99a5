"""The loop that runs due jobs until told to stop. Any number of workers may run on one database."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from engine import housekeeping, jobs, telemetry
from engine.errors import ConflictError, UnavailableError
from storage import jobs as queue
from storage.jobs import LEASE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.connectors import Registry
    from storage.session import Database
    from storage.tables.work import Job

POLL_SECONDS = 0.5
MAIL_POLL_SECONDS = 1.0
BATCH = 10
STEPS = tuple(sorted(jobs.KINDS))
MAIL = ("outbox",)


def utcnow() -> datetime:
    """Read the clock: a worker is one of the edges."""
    return datetime.now(UTC)  # noqa: TID251


def loop(
    database: Database,
    registry: Registry,
    stop: threading.Event,
    wake: threading.Event | None = None,
    *,
    clock: Callable[[], datetime] = utcnow,
    hold: timedelta = LEASE,
) -> None:
    """Run due jobs until `stop` is set; `wake` (the database's own by default) ends a pause early.

    A job under way is finished, leased ones are given back. A database that is away is waited for. Messages to the
    outside, and what takes long (`Registry.aside`), go in threads of their own: they keep no timer waiting.
    """
    wake = wake or database.wake
    registry = housekeeping.added(registry)
    given = (database, registry, stop, clock, hold)
    kinds = {"keyturn-mail": MAIL, **({"keyturn-aside": tuple(sorted(registry.aside))} if registry.aside else {})}
    beside = [
        threading.Thread(target=_one_by_one, args=(*given, each), name=name, daemon=True)
        for name, each in kinds.items()
    ]
    for thread in beside:
        thread.start()
    _take_steps(database, registry, stop, wake, clock, hold)
    for thread in beside:
        thread.join()


def _one_by_one(
    database: Database,
    registry: Registry,
    stop: threading.Event,
    clock: Callable[[], datetime],
    hold: timedelta,
    kinds: Sequence[str],
) -> None:
    """Do what takes its time, each under a lease of its own, so that a slow one does not use up the next one's."""
    while not stop.is_set():
        try:
            if not run_some(database, clock=clock, registry=registry, limit=1, hold=hold, stop=stop, kinds=kinds):
                stop.wait(MAIL_POLL_SECONDS)
        except Exception as error:  # noqa: BLE001  as in _take_steps
            telemetry.fault("worker", error)
            stop.wait(MAIL_POLL_SECONDS)


def _take_steps(
    database: Database,
    registry: Registry,
    stop: threading.Event,
    wake: threading.Event,
    clock: Callable[[], datetime],
    hold: timedelta,
) -> None:
    prepared = False
    while not stop.is_set():
        try:
            if not prepared:
                prepare(database, registry, now=clock())
                prepared = True
            wake.clear()
            if not run_some(database, clock=clock, registry=registry, limit=BATCH, hold=hold, stop=stop, kinds=STEPS):
                wake.wait(POLL_SECONDS)
        except Exception as error:  # noqa: BLE001  the loop must survive everything but the end of the process
            telemetry.fault("worker", error)
            stop.wait(POLL_SECONDS)


def prepare(database: Database, registry: Registry, *, now: datetime) -> None:
    """Make sure that periodic work has its jobs. Two workers may do it at once."""
    with suppress(ConflictError), database.transaction() as session:
        jobs.ensure_periodic(session, now=now, registry=registry)


def run_one(database: Database, *, clock: Callable[[], datetime], registry: Registry, hold: timedelta = LEASE) -> bool:
    """Run one due job; False when there is none."""
    return run_some(database, clock=clock, registry=registry, limit=1, hold=hold) > 0


def run_some(
    database: Database,
    *,
    clock: Callable[[], datetime],
    registry: Registry,
    limit: int,
    hold: timedelta = LEASE,
    stop: threading.Event | None = None,
    kinds: Sequence[str] = (),
) -> int:
    """Lease up to `limit` due jobs in a transaction of their own, then run each in one more; return how many.

    A worker that dies leaves leases that run out, and work that was rolled back: nothing is lost, and no step is
    taken twice. A message whose worker dies after sending it goes out again, with the same idempotency key.
    """
    with database.transaction() as session:
        leased = queue.lease(session, now=clock(), hold=hold, limit=limit, kinds=kinds)
    for done, job in enumerate(leased):
        if stop is not None and stop.is_set():
            _give_back(database, leased[done:])
            return done
        try:
            _attempt(database, job, clock=clock, registry=registry)
        except UnavailableError as error:
            telemetry.job_failed(job.kind, error)
            _give_back_later(database, leased[done:], stop or threading.Event())
            return done
    return len(leased)


def _attempt(database: Database, job: Job, *, clock: Callable[[], datetime], registry: Registry) -> None:
    """Carry out a job, or note why it failed. Raises UnavailableError: nobody's fault, and not one of its tries."""
    try:
        _carry_out(database, job, clock=clock, registry=registry)
        telemetry.job_done(job.kind)
    except UnavailableError:
        raise
    except Exception as error:  # noqa: BLE001  whatever a service does, the job is kept and the worker lives on
        telemetry.job_failed(job.kind, error)
        with database.transaction() as session:
            jobs.failed(session, job, error, now=clock())


def _carry_out(database: Database, job: Job, *, clock: Callable[[], datetime], registry: Registry) -> None:
    if job.kind in registry.aside:
        registry.aside[job.kind](database, job, clock, registry)
        return
    if job.kind != "outbox":
        with database.transaction() as session:
            jobs.run(session, job, now=clock(), registry=registry)
        return
    with database.read() as session:  # effects outside the database happen with no transaction open
        message = jobs.outgoing(session, job, registry=registry)
    if message is not None:
        later = registry.hours(message, clock()) if registry.hours else None
        if later is not None:
            with database.transaction() as session:
                jobs.put_off(session, job, later)
            return
        registry.connectors[message.connector](message)
    with database.transaction() as session:
        jobs.sent(session, job, now=clock())


def _give_back(database: Database, leased: Sequence[Job]) -> None:
    with database.transaction() as session:
        for job in leased:
            held = queue.held(session, job)
            if held is not None:
                held.lease, held.leased_until = None, None


def _give_back_later(database: Database, leased: Sequence[Job], stop: threading.Event) -> None:
    """Give leases back as soon as the database answers again, so that nobody waits until they run out."""
    while not stop.is_set():
        try:
            _give_back(database, leased)
        except UnavailableError:
            stop.wait(POLL_SECONDS)
        else:
            return


def start(
    database: Database, registry: Registry, *, clock: Callable[[], datetime] = utcnow
) -> tuple[threading.Thread, threading.Event]:
    """Run a worker in a thread of this process; set the event and join the thread to end it."""
    stop = threading.Event()
    thread = threading.Thread(
        target=loop, args=(database, registry, stop), kwargs={"clock": clock}, name="keyturn-worker", daemon=True
    )
    thread.start()
    return thread, stop
