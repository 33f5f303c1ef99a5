"""`keyturn scenario`: play stories against the processes before a change counts."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.errors import DeploymentRefused
from processes.services import trials


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--with",
    "changed",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A changed diagram, table or form, or a folder of them, put in force for the trial.",
)
def scenario(files: tuple[Path, ...], changed: tuple[Path, ...]) -> None:
    """Play scenario FILES (all that ship, when none is given) by a simulated clock. Exit code 1 when one fails."""
    failed = played = 0
    try:
        for file, problem in trials.try_out(files or trials.shipped(), changed):
            played += 1
            failed += bool(problem)
            click.echo(f"✗ {file.stem}: {problem}" if problem else f"✓ {file.stem}")
    except DeploymentRefused as refused:
        for finding in refused.findings:
            click.echo(f"{finding.severity}: {finding} / {finding.message_zh}")
        sys.exit(1)
    click.echo(f"{played - failed} / {played} ✓")
    sys.exit(failed > 0)
