"""A whole site for tests: the application on a copy of the mini demonstration, with a clock that tests move.

Import the fixtures where they are needed: `from tests.sites import demo_file, site  # noqa: F401`.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, flock
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

import pytest
from jinja2 import BytecodeCache

from engine import filestore, worker
from processes.services import demo
from storage.session import Database
from tasks_ui import context, names
from tasks_ui.app import create_app, default_registry
from tasks_ui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import CodeType

    from flask import Flask
    from flask.testing import FlaskClient
    from jinja2.bccache import Bucket
    from werkzeug.test import TestResponse

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in China
SECRET = "a key for tests only, not a secret"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Clock:
    """The time of a site."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@dataclass
class Person:
    """A signed-in client; `post` adds the token against forged requests, as a page's form does."""

    client: FlaskClient
    _token: str = field(default="", repr=False)

    def get(self, path: str, **options: object) -> TestResponse:
        return self.client.get(path, **options)  # type: ignore[arg-type]

    def post(self, path: str, data: dict[str, object] | None = None, **options: object) -> TestResponse:
        if not self._token:
            found = TOKEN.search(self.client.get("/login").text)
            assert found, "the sign-in page has no token"
            self._token = found[1]
        sent = {"csrf_token": self._token, **(data or {})}
        if path.startswith(("/login", "/logout")):
            self._token = ""  # it belonged to the session that ends with this request
        return self.client.post(path, data=sent, **options)  # type: ignore[arg-type]

    def send(self, method: str, path: str, body: object) -> TestResponse:
        """Send JSON as a page's script does, with the token in a header."""
        if not self._token:
            found = TOKEN.search(self.client.get("/me").text)
            assert found, "the page has no token"
            self._token = found[1]
        headers = {"X-CSRFToken": self._token, "Accept": "application/json"}
        return self.client.open(path, method=method, json=body, headers=headers)


@dataclass
class Site:
    """An application with its database, clock and files."""

    app: Flask
    database: Database
    clock: Clock

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def person(self, login: str) -> Person:
        """Sign a person of the demonstration in."""
        person = Person(self.client())
        answer = person.post("/login/as", {"login": login})
        assert answer.status_code == 303, answer.text
        return person

    def run_jobs(self, limit: int = 500) -> int:
        """Do what is due at the site's time."""
        registry = self.app.extensions["keyturn"].registry
        done = 0
        while done < limit and worker.run_one(self.database, clock=self.clock, registry=registry):
            done += 1
        return done


def settings_for(folder: Path) -> Settings:
    """Settings of a demonstration in a folder."""
    return Settings(
        database_url=f"sqlite:///{folder / 'keyturn.db'}",
        data_dir=folder,
        base_url="http://127.0.0.1:8000",
        zone=ZoneInfo("Asia/Shanghai"),
        secret_key=SECRET,
        data_key=SECRET,
        demo=True,
    )


@pytest.fixture(scope="session")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the mini demonstration, played once for all tests of a run: copy it, do not change it."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base  # one folder above those of the workers
    folder, played = root / "demo", root / "demo.played"
    with (root / "demo.lock").open("w") as lock:
        flock(lock, LOCK_EX)  # until the file is closed, also by the death of its process
        if not played.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _play(folder)
            played.touch()
    return folder


def _play(folder: Path) -> None:
    settings = settings_for(folder)
    database = Database(settings.database_url, data_key=SECRET)
    database.create_all()
    files = filestore.opened(folder / "files")
    demo.load(database, "mini", now=NOW, registry=default_registry(settings), files=files)
    database.dispose()


class Templates(BytecodeCache):
    """The compiled templates of a run: what they say does not depend on the site."""

    known: ClassVar[dict[tuple[str, str], CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self.known[bucket.key, bucket.checksum] = bucket.code


_SHARED: list[Flask] = []


def _shared(settings: Settings, database: Database, clock: Clock) -> Flask:
    """The application that tests with a site each use in turn, its routes put together once; no site leaves a trace."""
    if not _SHARED:
        _SHARED.append(create_app(settings, database=database, clock=clock))
    app = _SHARED[0]
    parts = context.Application(settings, database, default_registry(settings), clock)
    app.extensions |= {"keyturn": parts, names.EXTENSION: type(app.extensions[names.EXTENSION])()}
    return app


def site_in(folder: Path, demo_file: Path, *, shared: bool = False) -> Site:
    """Open a fresh copy of the demonstration in a folder.

    `shared`: on the application that other tests use too. Only for a site that lives as long as its test and has no
    server, whose threads might still answer when the next site is open.
    """
    shutil.copytree(demo_file, folder, dirs_exist_ok=True)
    settings = settings_for(folder)
    clock = Clock()
    database = Database(settings.database_url, data_key=SECRET)
    app = (_shared if shared else create_app)(settings, database=database, clock=clock)
    app.jinja_env.bytecode_cache = Templates()
    return Site(app, database, clock)


@pytest.fixture
def site(demo_file: Path, tmp_path: Path) -> Iterator[Site]:
    """A site of one's own."""
    opened = site_in(tmp_path / "site", demo_file, shared=True)
    yield opened
    opened.database.dispose()
