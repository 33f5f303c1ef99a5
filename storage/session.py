"""The database, and the one place that commits."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DisconnectionError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import StaticPool

from engine.errors import N_, ConflictError, InvalidInputError, UnavailableError
from storage.kept import KEPT, LOOK
from storage.tables import Base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

WAIT_SECONDS = 20
RESTED_SECONDS = 5
WAKE = "wake the worker"
_RETRYABLE = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available
_AWAY = ("08", "57P", "53300")  # connection lost or refused, shutting down or starting up, too many connections


class Database:
    """An engine and its sessions, for SQLite (`sqlite:///file.db`, `sqlite://`) or PostgreSQL (`postgresql://…`).

    `wake` is set after each commit that left a job to do, so that a worker in this process reacts at once.
    """

    def __init__(self, url: str, *, data_key: str = "") -> None:
        """Prepare connections; nothing is opened before the first use. `data_key` seals personal data (`privacy`)."""
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.wake = threading.Event()
        self.in_memory = parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:")
        self._writing: threading.Lock | None = None
        if parsed.get_backend_name() == "sqlite":
            self._writing = threading.Lock()
            self.engine = _sqlite(self, "BEGIN IMMEDIATE", query_only=False)
            self._reader = self.engine if self.in_memory else _sqlite(self, "BEGIN", query_only=True)
        else:
            self.engine = create_engine(parsed, pool_size=10, max_overflow=20, **_JSON)
            _ping_rested(self.engine)
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.info: dict[str, Any] = {"data_key": data_key, KEPT: {}}
        """What every session of this database finds in its `info`."""
        self._session = sessionmaker(self.engine, expire_on_commit=False, info=self.info)
        self._read_session = sessionmaker(self._reader, expire_on_commit=False, info=self.info)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One unit of work: commit on return, roll back on any exception. Never nested.

        Raises:
            ConflictError: somebody else changed a row first, or the database stayed locked.
            InvalidInputError: a value does not fit its column.
            UnavailableError: the database went away; if that was while it committed, it may have committed.
        """
        with self._one_writer(), explained(), self._session() as session:
            yield session
            session.commit()
            if session.info.get(WAKE):
                self.wake.set()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent look at the data; nothing is written (the database itself refuses to).

        Raises UnavailableError when the database went away.
        """
        alone = self._one_writer() if self.in_memory else nullcontext()
        with alone, explained(), self._read_session() as session:
            session.info[LOOK] = {}
            yield session

    def reach(self) -> None:
        """Ask the database for any answer. Raises UnavailableError when none comes."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def create_all(self) -> None:
        """Create every table (tests, demo and Workbench; installations use `storage.migrate`)."""
        Base.metadata.create_all(self.engine)

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._reader.dispose()

    def _one_writer(self) -> AbstractContextManager[Any]:
        # SQLite has one writer anyway; waiting here is fair and wakes at once, its own busy handler is neither.
        return _held(self._writing) if self._writing else nullcontext()


@contextmanager
def _held(lock: threading.Lock) -> Iterator[None]:
    if not lock.acquire(timeout=WAIT_SECONDS):
        raise ConflictError(N_("The database is busy. Please try again."))
    try:
        yield
    finally:
        lock.release()


@contextmanager
def explained() -> Iterator[None]:
    """Turn the driver's errors into those a caller can act on, also those of giving a connection back.

    Raises ConflictError, InvalidInputError, UnavailableError; its cause is the driver's.
    """
    try:
        yield
    except (StaleDataError, IntegrityError) as error:
        raise ConflictError from error
    except DataError as error:
        raise InvalidInputError(N_("A value is too long or not allowed here.")) from error
    except PoolTimeoutError as error:  # all connections are in use
        raise UnavailableError from error
    except (OperationalError, InterfaceError) as error:
        state = getattr(error.orig, "sqlstate", "")
        if state in _RETRYABLE or "locked" in str(error.orig) or "busy" in str(error.orig):
            raise ConflictError(N_("The database is busy. Please try again.")) from error
        # What PostgreSQL's driver says without a state comes from the connection, not from the server.
        if error.connection_invalidated or state is None or state.startswith(_AWAY):
            raise UnavailableError from error
        raise


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


_JSON: dict[str, Any] = {"json_serializer": _dumps, "json_deserializer": json.loads}


def _ping_rested(engine: Engine) -> None:
    """Ask a pooled connection whether it is alive when it has rested; to ask each time would be a round trip more."""

    def rest(_connection: Any, record: Any) -> None:
        record.info["rests since"] = time.monotonic()

    def rise(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rests since", time.monotonic()) < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    event.listen(engine, "checkin", rest)
    event.listen(engine, "checkout", rise)


def _sqlite(database: Database, begin: str, *, query_only: bool) -> Engine:
    options: dict[str, Any] = dict(_JSON)
    if database.in_memory:
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    engine = create_engine(database.url, **options)

    def tune(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        pragmas = ["foreign_keys=ON", f"busy_timeout={WAIT_SECONDS * 1000}", "synchronous=FULL", "temp_store=MEMORY"]
        pragmas += [] if database.in_memory else ["journal_mode=WAL"]
        pragmas += ["query_only=ON"] if query_only else []
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", tune)
    event.listen(engine, "begin", start)
    return engine
