"""Databases to play on: furnished once for each state of what is published and drafted, then copied in milliseconds."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import deployment
from engine.access import SYSTEM
from engine.bindings import digest_of
from engine.cache import Cache
from engine.errors import N_, NotFoundError
from engine.studio import resources
from storage import studio_resources as rows
from storage.kept import KEPT
from storage.session import Database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import OutboxMessage, Registry
    from engine.rehearsing.sandboxes import Sandbox

_BASES: Cache[bytes] = Cache(6)
ALWAYS = ("mail", "webhook")
MOST_IDLE = 2
_IDLE: list[Database] = []
_LOCK = threading.Lock()
DRAWN_TOGETHER = frozenset({"bpmn", "dmn", "form"})


def sandbox_of(registry: Registry) -> Sandbox:
    """Give the application's sandbox. Raises NotFoundError when it has none."""
    if registry.sandbox is None:
        raise NotFoundError(N_("This installation has nothing to rehearse on."))
    return registry.sandbox()


def published(session: Session) -> dict[str, rows.Row]:
    """Map the files in force, those that run, to the version that is."""
    found: dict[str, rows.Row] = {}
    for row in rows.newest(session):
        if row.kind in DRAWN_TOGETHER and (row.file not in found or found[row.file].created_at < row.created_at):
            found[row.file] = row
    return found


def stamp(session: Session, drafts: Mapping[str, bytes], registry: Registry) -> str:
    """Digest all that a play depends on: what is published, what is drafted, the installation's own lists."""
    parts = [f"{file}={row.id}" for file, row in sorted(published(session).items())]
    parts += [f"{file}:{digest_of(source)}" for file, source in sorted(drafts.items()) if _runs(file)]
    return digest_of(*parts, sandbox_of(registry).stamp(session))


def _runs(file: str) -> bool:
    return resources.kind_of(file) in DRAWN_TOGETHER


def base(session: Session, drafts: Mapping[str, bytes], registry: Registry) -> bytes:
    """Give a furnished database, written out, with what is published and `drafts` in place of it.

    Raises:
        DeploymentRefused: the drafts cannot be published as they are.
    """
    return _BASES.get(stamp(session, drafts, registry), lambda: _built(session, drafts, registry))


def settled(
    session: Session, drafts: Mapping[str, bytes], registry: Registry, settle: Callable[[bytes], bytes]
) -> bytes:
    """Give the same after `settle`, which is done once for each state too."""
    key = ("settled", stamp(session, drafts, registry))
    return _BASES.get(key, lambda: settle(base(session, drafts, registry)))


def _built(session: Session, drafts: Mapping[str, bytes], registry: Registry) -> bytes:
    sandbox = sandbox_of(registry)
    files = {file: rows.source(session, row.kind, row.id) for file, row in published(session).items()}
    files |= {file: source for file, source in drafts.items() if _runs(file)}
    database = Database("sqlite://")
    try:
        database.create_all()
        sandbox.furnish(database, session, sandbox.furnished_at)
        with database.transaction() as opened:
            deployment.deploy(
                opened, files=files, viewer=SYSTEM, now=sandbox.furnished_at, registry=inside(registry), note="演练"
            )  # fmt: skip
        return written(database)
    finally:
        database.dispose()


def inside(registry: Registry, ways: Iterable[str] = ALWAYS) -> Registry:
    """Give the registry of a sandbox: nothing leaves it, no message and no link to the real pages.

    `ways` out are pretended: stories know mails and webhooks, which every installation has.
    """
    extra = {name: value for name, value in registry.extra.items() if name == "lookups"}
    return replace(registry, connectors=dict.fromkeys(ways, _nowhere), hours=None, extra=extra, aside={})


def _nowhere(message: OutboxMessage) -> None:
    """Take a message and let it go nowhere: who rehearses reads it from the outbox."""


@contextmanager
def opened(content: bytes) -> Iterator[Database]:
    """Make a database in memory from what `written` gave, for a while.

    Databases are used again: each keeps the statements it has compiled, a fifth of the time of a play.
    """
    with _LOCK:
        database = _IDLE.pop() if _IDLE else Database("sqlite://")
    _connection(database).deserialize(content)
    with database.read() as session:
        session.info[KEPT].clear()
    try:
        yield database
    finally:
        with _LOCK:
            spare = len(_IDLE) < MOST_IDLE
            if spare:
                _IDLE.append(database)
        if not spare:
            database.dispose()


def written(database: Database) -> bytes:
    """Write a database in memory out."""
    return _connection(database).serialize()


def _connection(database: Database) -> sqlite3.Connection:
    proxy: Any = database.engine.raw_connection()
    found: sqlite3.Connection = proxy.driver_connection
    proxy.close()  # back to the pool, which keeps the one connection of a database in memory
    return found
