"""Serving the application: gunicorn's processes, and in each of them a worker thread unless told otherwise."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from engine import worker
from tasks_ui import context

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

STOP_SECONDS = 10


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with settings given in code; the application is made after the fork, so that nothing is shared."""

    def __init__(self, make: Callable[[], Flask], options: dict[str, Any], *, jobs: bool) -> None:
        """Keep what to serve and how; `jobs` says whether to run a worker thread beside the pages."""
        self.make = make
        self.options = options
        self.jobs = jobs
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        for name, value in self.options.items():
            self.cfg.set(name, value)
        self.cfg.set("post_worker_init", self._begin)
        self.cfg.set("worker_exit", self._end)

    def load(self) -> Flask:
        """Make the application, in the process that serves it."""
        return self.make()

    def _begin(self, process: Any) -> None:
        if self.jobs:
            self.thread = start_worker(process.wsgi, self.stop)

    def _end(self, _server: Any, process: Any) -> None:
        self.stop.set()
        if self.thread is not None:
            self.thread.join(STOP_SECONDS)
        if getattr(process, "wsgi", None) is not None:  # the process may have died before it had an application
            _parts(process.wsgi).database.dispose()


def _parts(app: Flask) -> context.Application:
    with app.app_context():
        return context.application()


def start_worker(app: Flask, stop: threading.Event) -> threading.Thread:
    """Run the jobs of an application in a thread until `stop` is set."""
    parts = _parts(app)
    thread = threading.Thread(
        target=worker.loop,
        args=(parts.database, parts.registry, stop),
        kwargs={"clock": parts.clock},
        name="keyturn-worker",
        daemon=True,
    )
    thread.start()
    return thread
