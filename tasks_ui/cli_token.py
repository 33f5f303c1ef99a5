"""`keyturn token`: tokens for programs, made where nobody can sign in yet."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from engine import people
from engine.access import SYSTEM
from engine.errors import KeyturnError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from storage.session import Database

UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def group(prepared: Callable[[bool], Database], clock: Callable[[], datetime]) -> click.Group:
    """Give the commands, with the way to the database (the demonstration's when told so) and the clock."""
    of_demo = click.option("--demo", is_flag=True, help="In the database of `keyturn demo`.")

    @click.group()
    def token() -> None:
        """Tokens for programs that use the API."""

    @token.command()
    @click.argument("login")
    @click.option("--name", default="", help="What it is for.")
    @click.option("--role", "roles", multiple=True, help="Only this role of the person; may be given several times.")
    @click.option("--expires", default="", help="How long it lives: 12h, 30d, 52w. No end when not given.")
    @of_demo
    def create(login: str, name: str, roles: tuple[str, ...], expires: str, *, demo: bool) -> None:
        """Make a token for LOGIN and print it; it cannot be shown again."""
        now = clock()
        until = now + _span(expires) if expires else None
        database = prepared(demo)
        with database.transaction() as opened:
            try:
                text = people.new_token(opened, SYSTEM, login=login, name=name, roles=roles, expires_at=until, now=now)
            except KeyturnError as problem:
                where = f"数据库 / database: {database.engine.url}"
                raise click.ClickException(f"{problem} {where}") from problem
        click.echo(text)

    @token.command("list")
    @of_demo
    def show(*, demo: bool) -> None:
        """List all tokens."""
        with prepared(demo).read() as opened:
            found = people.tokens(opened, SYSTEM)
        for one in found:
            until = one.expires_at.isoformat() if one.expires_at else "-"
            roles = ",".join(one.roles) or "-"
            click.echo(f"{one.id}  {one.login}  {one.state(clock())}  {until}  {roles}  {one.name}")

    return token


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if found is None:
        raise click.BadParameter("use a number with h, d or w, such as 30d", param_hint="--expires")
    return timedelta(**{UNITS[found[2]]: int(found[1])})
