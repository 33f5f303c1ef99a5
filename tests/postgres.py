"""A PostgreSQL server of the tests' own, that may be killed and comes back on the same port with the same data."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HOW_TO_ENABLE = "PostgreSQL's programs (initdb, pg_ctl) were not found: install `postgresql` to run these tests"
PATIENCE = 120
# Without fsync: what was written survives the death of a process; only the death of the machine would lose it.
OPTIONS = "-c max_connections=200 -c jit=off -c fsync=off"


def programs() -> Path | None:
    """Find the folder of PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]), reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("pg_ctl") else None


def unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: become somebody else."""
    if os.getuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            if shutil.which("setpriv"):
                return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            return ["su", name, "-s", "/bin/sh", "-c", 'exec "$0" "$@"', "--"]
    return []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A server on a folder; `url` is its maintenance database."""

    folder: Path
    bin: Path
    options: str = OPTIONS
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"postgresql://keyturn@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, *command: object, check: bool = True) -> bool:
        done = subprocess.run(
            [*unprivileged(), *map(str, command)], check=check, cwd="/", stdout=subprocess.DEVNULL,
            stderr=None if check else subprocess.DEVNULL,
        )  # fmt: skip
        return done.returncode == 0

    def create(self) -> None:
        self.run(self.bin / "initdb", "-D", self.data, "-U", "keyturn", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")

    def start(self, *, check: bool = True) -> bool:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 {self.options}"
        command = ("-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")
        return self.run(self.bin / "pg_ctl", *command, check=check)

    def stop(self) -> None:
        self.run(self.bin / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def backends(self) -> list[int]:
        """List the server's other processes: those that serve connections and those that write."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.postmaster())], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in found.stdout.split()]

    def kill_backend(self, dice: random.Random) -> None:
        """Kill one process of the server; it then ends all others and recovers by itself."""
        with suppress(ProcessLookupError, IndexError):
            os.kill(dice.choice(self.backends()), signal.SIGKILL)

    def kill_and_restart(self) -> None:
        """Kill the server's first process and start it again as soon as what it left has gone."""
        os.kill(self.postmaster(), signal.SIGKILL)
        until = time.monotonic() + PATIENCE
        while not self.start(check=False):
            assert time.monotonic() < until, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)


@contextmanager
def running(options: str = OPTIONS) -> Iterator[Server]:
    """Run a new server until the block ends; needs `programs()`."""
    found = programs()
    assert found is not None, HOW_TO_ENABLE
    folder = Path(tempfile.mkdtemp(prefix="keyturn-pg-", dir="/tmp"))
    folder.chmod(0o777)
    server = Server(folder, found, options)
    try:
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
