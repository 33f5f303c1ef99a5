"""What an application gives to scenarios and rehearsals: an invented world, what can be done in it, usual answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.scenarios import Play
    from engine.testing import Task
    from storage.session import Database


@dataclass(frozen=True, slots=True)
class Entry:
    """A way to begin a process in a rehearsal: a scenario's verb, a form to fill in, an example of its answers.

    `form` is the key of the form, "" when nothing is asked; `title` is an English msgid; `found` adds to the example
    what only the invented world knows (a house of it).
    """

    process: str
    verb: str
    title: str
    form: str = ""
    example: Mapping[str, Any] = field(default_factory=dict)
    found: Callable[[Session], Mapping[str, Any]] = lambda _session: {}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time limit that runs: its name, what it is about, when it is due."""

    name: str
    about: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What scenarios and rehearsals play on.

    `furnish(database, source, now)` fills an empty database with invented people and houses, and with the roles,
    calendar and code lists of the installation that `source` reads; nothing is deployed. `stamp(source)` digests what
    it takes from there. `stage(database, registry, begin)` sets the stage. `answers(play, task)` gives usual answers,
    files by names that stand in `files`, and by widget in `uploads`; `filed(play, task, data)` makes files of them.
    `entries` are the ways to begin, `english` the English words of the verbs, `played_with` the folders that a
    folder's stories also go through, `places` the code and name of projects, `clocks` the application's own time
    limits that run, `checks` those of the verbs that only look, `leads` by folder the verbs without
    which a story of another folder does not come there.
    """

    verbs: frozenset[str]
    furnished_at: datetime
    begin: datetime
    english: Mapping[str, str]
    stamp: Callable[[Session], str]
    furnish: Callable[[Database, Session, datetime], None]
    stage: Callable[[Database, Registry, datetime], Play]
    answers: Callable[[Play, Task], Mapping[str, Any]]
    filed: Callable[[Play, Task, Mapping[str, Any]], Mapping[str, Any]]
    files: Mapping[str, str]
    entries: tuple[Entry, ...] = ()
    played_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checks: frozenset[str] = frozenset()
    uploads: Mapping[str, str] = field(default_factory=dict)
    places: Callable[[Session], tuple[tuple[str, str], ...]] = lambda _session: ()
    clocks: Callable[[Session], Mapping[str, Clock]] = lambda _session: {}
