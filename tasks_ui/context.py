"""What a request has at hand: the database, the clock, who asks. Only here the web layer reads the clock."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from flask import current_app, g, session

from engine import people
from engine.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.session import Database
    from tasks_ui.settings import Settings


@dataclass(frozen=True, slots=True)
class Application:
    """The parts one application is assembled from."""

    settings: Settings
    database: Database
    registry: Registry
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class TestClock:
    """The clock of a test installation: ahead of the given one by seconds kept in a file, which all processes read."""

    real: Callable[[], datetime]
    path: Path
    __test__: ClassVar[bool] = False

    def __call__(self) -> datetime:
        """Return the moment it is for the application."""
        return self.real() + self.ahead()

    def ahead(self) -> timedelta:
        """Tell how far the clock was put forward."""
        with suppress(OSError, ValueError):
            return timedelta(seconds=int(self.path.read_text()))
        return timedelta()

    def advance(self, span: timedelta) -> None:
        """Put the clock forward."""
        fresh = self.path.with_suffix(".tmp")
        fresh.write_text(str(int((self.ahead() + span).total_seconds())))
        fresh.replace(self.path)


def clock() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  the web's one reading of the clock


def clock_of(given: Settings, real: Callable[[], datetime] = clock) -> Callable[[], datetime]:
    """Return the clock that the settings ask for: the real one, or in a test installation one that is put forward."""
    return TestClock(real, given.data_dir / "test-clock") if given.test_clock else real


def application() -> Application:
    """Return the parts of the running application."""
    return cast("Application", current_app.extensions["keyturn"])


def settings() -> Settings:
    """Return the settings."""
    return application().settings


def registry() -> Registry:
    """Return the services, listeners and connectors that diagrams may name."""
    return application().registry


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a transaction: committed at the end, undone by an exception."""
    with application().database.transaction() as opened:
        yield opened


@contextmanager
def reading() -> Iterator[Session]:
    """Open a transaction that only reads."""
    with application().database.read() as opened:
        yield opened


def utcnow() -> datetime:
    """Return the moment of this request (aware, UTC), the same however often it is asked."""
    if "now" not in g:
        g.now = application().clock()
    return cast("datetime", g.now)


def signed_in() -> Viewer | None:
    """Return the person of this session; None when nobody is signed in, the account closed or the password changed."""
    if "viewer" not in g:
        g.viewer = _load(session.get("login"), session.get("proof"))
    return cast("Viewer | None", g.viewer)


def viewer() -> Viewer:
    """Return the person who asks. Views need a signed-in person unless they say otherwise, so there is one."""
    person = signed_in()
    if person is None:
        raise LookupError("no one is signed in: the view is public, use signed_in()")
    return person


def _load(login: Any, proof: Any) -> Viewer | None:
    if not isinstance(login, str) or not isinstance(proof, str):
        return None
    with reading() as opened:
        if people.session_proof(opened, login) != proof:
            return None
        try:
            return people.viewer(opened, login, now=utcnow())
        except NotFoundError:
            return None
