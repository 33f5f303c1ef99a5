"""How commands begin: load what they need and no more, wait for the database, leave no memory behind."""

from __future__ import annotations

import importlib
import multiprocessing
import sys
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import click

from engine.errors import UnavailableError
from storage.session import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks_ui.settings import Settings

PAUSE = 2.0
"""Seconds between two tries."""


class Commands(click.Group):
    """Commands of which some are loaded when they are called; a database that is away is told in a sentence."""

    elsewhere: ClassVar[dict[str, tuple[str, str]]] = {
        "check": ("tasks_ui.cli_check", "check"),
        "repair": ("tasks_ui.cli_check", "mend"),
        "scenario": ("tasks_ui.cli_scenario", "scenario"),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of all."""
        return sorted([*super().list_commands(ctx), *self.elsewhere])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find one, loading it if need be."""
        if cmd_name not in self.elsewhere:
            return super().get_command(ctx, cmd_name)
        module, name = self.elsewhere[cmd_name]
        found: click.Command = getattr(importlib.import_module(module), name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except UnavailableError as problem:
            raise _away(problem) from problem


def _away(problem: UnavailableError) -> click.ClickException:
    reason = _reason(problem)
    return click.ClickException(f"连不上数据库：{reason} / The database cannot be reached: {reason}")


def _reason(problem: UnavailableError) -> str:
    cause: Any = problem.__cause__ or problem
    return str(getattr(cause, "orig", None) or cause).strip().splitlines()[0]


def wait_for(settings: Settings, stop: threading.Event | None = None) -> bool:
    """Wait until the database answers, saying so once; False when `stop` was set before it did."""
    stop = stop or threading.Event()
    database, told = Database(settings.database_url, data_key=settings.data_key), False
    if database.engine.dialect.name == "sqlite":
        return True
    while not stop.is_set():
        try:
            database.reach()
        except UnavailableError as problem:
            if not told:
                hint = "每两秒再试一次。 / trying again every two seconds."
                click.echo(f"{_away(problem).message} — {hint}", err=True)
            told = True
            stop.wait(PAUSE)
        else:
            database.dispose()
            return True
    return False


def apart(work: Callable[[], None]) -> None:
    """Do something in a process of its own, so that the memory it takes goes with it; when it fails, so does this one.

    What prepares a database needs libraries and leaves objects that no process that serves has a use for.
    """
    child = multiprocessing.get_context("fork").Process(target=_told, args=(work,))
    sys.stdout.flush()
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(child.exitcode)


def _told(work: Callable[[], None]) -> None:
    try:
        work()
    except UnavailableError as problem:
        _away(problem).show()
        sys.exit(1)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
