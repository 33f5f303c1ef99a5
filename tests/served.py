"""The application as it is run in earnest: `keyturn serve` in processes of its own, spoken to over HTTP."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from engine import people
from storage.session import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
SECRET = "a key for tests only, not a secret, and long enough"
PATIENCE = 90


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    location: str
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """A signed-in person on a connection of his own, which stays open."""

    def __init__(self, port: int, login: str, cookie: str, token: str) -> None:
        self.login, self.cookie, self.token = login, cookie, token
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        sent = {"Cookie": f"keyturn={self.cookie}", "Accept": "text/html"} | headers
        self.connection.request(method, path, body=body, headers=sent)
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.getheader("Location") or "", answer.read(), dict(answer.getheaders()))

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, data: dict[str, Any]) -> Answer:
        body = urlencode({"csrf_token": self.token} | data, doseq=True)
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def close(self) -> None:
        self.connection.close()


@dataclass
class Served:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    database_url: str
    begin: Callable[[], subprocess.Popen[bytes]] | None = None

    @cached_property
    def _signer(self) -> Any:
        app = Flask("signer")
        app.secret_key = SECRET
        return SecureCookieSessionInterface().get_signing_serializer(app)

    def client(self, login: str) -> Client:
        """Open a connection for a person: the session is sealed here, as the server would after a sign-in."""
        database = Database(self.database_url, data_key=SECRET)
        with database.read() as session:
            proof = people.session_proof(session, login)
        database.dispose()
        known = {"login": login, "proof": proof, "csrf_token": "c" * 40, "_permanent": True}
        cookie = self._signer.dumps(known)
        token = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps("c" * 40)
        return Client(self.port, login, str(cookie), str(token))

    def workers(self) -> list[int]:
        """List the processes that answer requests."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in found.stdout.split()]

    def kill_and_restart(self) -> None:
        """Kill the server with all its processes, and start it again on the same port."""
        orphans = self.workers()
        self.process.kill()
        self.process.wait()
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self.begin is not None
        self.process = self.begin()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(database_url: str, folder: Path, *, processes: int = 1, jobs: bool = False) -> Iterator[Served]:
    """Run `keyturn serve` on a database until the block ends."""
    port = free_port()
    known = {name: text for name, text in os.environ.items() if not name.startswith("KEYTURN_")}
    environment = known | {
        "KEYTURN_DATABASE_URL": database_url,
        "KEYTURN_DATA_DIR": str(folder),
        "KEYTURN_SECRET_KEY": SECRET,
        "KEYTURN_DATA_KEY": SECRET,
        "KEYTURN_LOG_LEVEL": "ERROR",
        "KEYTURN_BASE_URL": f"http://127.0.0.1:{port}",
    }
    command = [
        sys.executable,
        "-c",
        "from tasks_ui.cli import main; main()",
        "serve",
        f"--port={port}",
        f"--processes={processes}",
        "--jobs" if jobs else "--no-jobs",
    ]

    def begin() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=environment, cwd=ROOT)

    served = Served(port, begin(), database_url, begin)
    try:
        _wait(served.process, port)
        yield served
    finally:
        served.process.terminate()
        served.process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            asked.request("GET", "/healthz")
            answer = asked.getresponse()
            answer.read()
            asked.close()
            if answer.status in {200, 503}:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not come up")
