"""What a request has at hand: the database, the clock, who asks. Only here the web layer reads the clock."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, cast

from flask import current_app, g, session

from engine import people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.session import Database
    from tasks_ui.settings import Settings


class NotSignedInError(Exception):
    """Nobody is signed in, or no longer."""


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
    with application().database.transaction() as opened, _at_hand(opened):
        yield opened


@contextmanager
def reading() -> Iterator[Session]:
    """Open a transaction that only reads."""
    with application().database.read() as opened, _at_hand(opened):
        yield opened


@contextmanager
def _at_hand(opened: Session) -> Iterator[None]:
    """Let `signed_in` read in the transaction that is open, which spares one of its own."""
    before, g.opened = g.get("opened"), opened
    try:
        yield
    finally:
        g.opened = before


def utcnow() -> datetime:
    """Return the moment of this request (aware, UTC), the same however often it is asked."""
    if "now" not in g:
        g.now = application().clock()
    return cast("datetime", g.now)


def signed_in() -> Viewer | None:
    """Return the person of this session; None when nobody is signed in, the account closed or the password changed."""
    if "viewer" not in g:
        g.viewer = _load()
    return cast("Viewer | None", g.viewer)


def claims_to_be_signed_in() -> bool:
    """Tell whether the request carries a session of ours; whether that still holds only `signed_in` knows."""
    return isinstance(session.get("login"), str) and isinstance(session.get("proof"), str)


def viewer() -> Viewer:
    """Return the person who asks. Raises NotSignedInError, which sends him to the sign-in page."""
    person = signed_in()
    if person is None:
        raise NotSignedInError
    return person


def _load() -> Viewer | None:
    if not claims_to_be_signed_in():
        return None
    with reading() if g.get("opened") is None else nullcontext(g.opened) as opened:
        return people.in_session(opened, session["login"], session["proof"], now=utcnow())
