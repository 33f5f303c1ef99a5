"""The command line: `keyturn --help`."""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine import filestore, people, worker
from engine.access import SYSTEM, Grant
from engine.errors import KeyturnError
from storage.session import Database
from tasks_ui import cli_exchange, cli_start, cli_token, context, logs
from tasks_ui.app import create_app, default_registry
from tasks_ui.serving import Server
from tasks_ui.settings import Settings, SettingsError, from_environment

if TYPE_CHECKING:
    from engine.connectors import Registry

THREADS = 8
LONG_RUNNING = frozenset({"serve", "demo", "worker"})


def _settings() -> Settings:
    try:
        return from_environment()
    except SettingsError as problem:
        raise click.ClickException(str(problem)) from problem


def _demo(base: Settings) -> Settings:
    """Turn settings into those of the demonstration: a database of its own below the data."""
    folder = base.data_dir / "demo"
    return replace(base, demo=True, data_dir=folder, database_url=f"sqlite:///{folder / 'keyturn.db'}")


def _existing(settings: Settings) -> Database:
    """Open a database that has been set up, and say which; one that has not is refused by a sentence."""
    from storage import migrate  # noqa: PLC0415  Alembic takes 8 MB, and no process that serves needs it

    database = Database(settings.database_url, data_key=settings.data_key)
    url = database.engine.url
    file = Path(url.database or "") if url.drivername.startswith("sqlite") else None
    there = file is None or str(file) in {"", ":memory:"} or file.exists()
    if not there or migrate.current(database) is None:
        hint = "" if settings.demo else " --demo 指演示库 / --demo means the demonstration's."
        raise click.ClickException(
            f"数据库 {url} 还没有建立；请先运行 keyturn {'demo' if settings.demo else 'init'}。"
            f" / The database {url} has not been set up: run keyturn {'demo' if settings.demo else 'init'} first.{hint}"
        )
    click.echo(f"数据库 / database: {url}", err=True)
    return _opened(settings)


def _opened(settings: Settings) -> Database:
    """Open the database with its tables up to date."""
    from storage import migrate  # noqa: PLC0415  as above

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url, data_key=settings.data_key)
    migrate.upgrade(database)
    return database


def _prepared(settings: Settings) -> Database:
    """Open the database, with the processes that come with Keyturn when it has none."""
    from processes.services import initial  # noqa: PLC0415  the beginning of a database is not the life of a server

    database = _opened(settings)
    with database.transaction() as opened:
        initial.install(opened, now=context.clock(), registry=default_registry(settings))
    return database


def _of_tokens(demo: bool) -> Database:
    return _existing(_demo(_settings())) if demo else _prepared(_settings())


@click.group(cls=cli_start.Commands)
@click.pass_context
def main(context_: click.Context) -> None:
    """Keyturn: after-sales work of property companies."""
    usual = "INFO" if context_.invoked_subcommand in LONG_RUNNING else "WARNING"
    logs.configure(os.environ.get("KEYTURN_LOG_LEVEL", usual))


def _of_exchange(demo: bool) -> tuple[Database, Registry]:
    settings = _demo(_settings()) if demo else _settings()
    return _existing(settings), default_registry(settings)


main.add_command(cli_token.group(_of_tokens, context.clock))
for command in cli_exchange.commands(_of_exchange, context.clock):
    main.add_command(command)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--processes", default=1, show_default=True, help="More than one needs PostgreSQL.")
@click.option("--jobs/--no-jobs", default=True, help="Run a worker in each process, or leave it to `keyturn worker`.")
def serve(host: str, port: int, processes: int, *, jobs: bool) -> None:
    """Serve the pages, and do the jobs. Waits for its database."""
    settings = _settings()
    cli_start.wait_for(settings)
    cli_start.apart(lambda: _prepared(settings).dispose())
    _serve(settings, host, port, processes, jobs=jobs)


def _serve(settings: Settings, host: str, port: int, processes: int, *, jobs: bool) -> None:
    options = {
        "bind": f"{host}:{port}",
        "workers": processes,
        "worker_class": "gthread",
        "threads": THREADS,
        "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108  gunicorn's heartbeat file
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    Server(lambda: create_app(settings), options, jobs=jobs).run()


@main.command()
@click.option("--size", type=click.Choice(["mini", "demo", "load"]), default="demo", show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--fresh", is_flag=True, help="Throw the old demonstration away first.")
def demo(size: str, host: str, port: int, *, fresh: bool) -> None:
    """Load a demonstration into var/demo and serve it."""
    address = f"http://{host}:{port}"
    settings = replace(_demo(_settings()), base_url=address)
    if fresh:
        for path in settings.data_dir.glob("keyturn.db*"):
            path.unlink()
    cli_start.apart(lambda: _play(settings, size))
    click.echo(f"\nKeyturn runs at {address}\n")
    cli_start.apart(_tell_accounts)
    click.echo("\nCtrl+C stops it.")
    _serve(settings, host, port, 1, jobs=True)


def _play(settings: Settings, size: str) -> None:
    from processes.services import demo as demo_data  # noqa: PLC0415  as above

    database = _opened(settings)
    if demo_data.is_empty(database):
        click.echo("Playing the demonstration's cases; this takes a moment …")
        _load(settings, database, size)
    database.dispose()


def _tell_accounts() -> None:
    from processes.services import demo as demo_data  # noqa: PLC0415  as above

    click.echo(f"Sign in with one click, or with a login; the password of each is “{demo_data.PASSWORD}”:\n")
    for login, name, role in demo_data.accounts():
        click.echo(f"  {login:<12} {name}  {role}")


@main.command("demo-data")
@click.option("--size", type=click.Choice(["mini", "demo", "load"]), default="demo", show_default=True)
def load_demo_data(size: str) -> None:
    """Load the demonstration's data into the database of the settings."""
    settings = _settings()
    _load(settings, _opened(settings), size)


def _load(settings: Settings, database: Database, size: str) -> None:
    from processes.services import demo as demo_data  # noqa: PLC0415  as above

    files = filestore.opened(settings.data_dir / "files")
    demo_data.load(database, size=size, now=context.clock(), registry=default_registry(settings), files=files)


@main.command("worker")
def run_worker() -> None:
    """Do the jobs until told to stop. Waits for its database."""
    settings = _settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if not cli_start.wait_for(settings, stop):
        return
    cli_start.apart(lambda: _opened(settings).dispose())
    database = Database(settings.database_url, data_key=settings.data_key)
    worker.loop(database, default_registry(settings), stop, database.wake, clock=context.clock_of(settings))


@main.command()
def init() -> None:
    """Bring the database up to date and publish the processes that come with Keyturn, when there are none."""
    _prepared(_settings()).dispose()


@main.command("add-user")
@click.argument("login")
@click.option("--name", default="", help="How people know him.")
@click.option("--role", "roles", multiple=True, help="A role code, such as admin or agent; `agent@CH` for one project.")
@click.option("--password", default="", help="Made up and shown when not given.")
@click.option("--demo", "in_demo", is_flag=True, help="In the database of `keyturn demo`.")
def add_user(login: str, name: str, roles: tuple[str, ...], password: str, *, in_demo: bool) -> None:
    """Add a person, or give an existing one a new password and new roles."""
    secret = password or secrets.token_urlsafe(9)
    grants = [Grant(role, scope) for role, _, scope in (text.partition("@") for text in roles)]
    database = _existing(_demo(_settings())) if in_demo else _prepared(_settings())
    with database.transaction() as opened:
        try:
            people.save_user(
                opened, SYSTEM, login=login, name=name or login, password=secret, grants=grants, now=context.clock()
            )
        except KeyturnError as problem:
            raise click.ClickException(str(problem)) from problem
    click.echo(f"{login}: {secret}")


@main.command()
@click.argument("name")
def migration(name: str) -> None:
    """Write a migration from the difference between the tables in code and a database that is up to date."""
    from storage import migrate  # noqa: PLC0415  as above

    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        migrate.upgrade(database)
        migrate.revise(database, name)


if __name__ == "__main__":
    main()
