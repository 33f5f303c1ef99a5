"""`keyturn scenario`: play stories against the processes before a change counts."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from engine.errors import DeploymentRefused
from processes.services import trials
from tasks_ui.cli_check import line


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--with",
    "changed",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A changed diagram, table or form, or a folder of them, put in force for the trial.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def scenario(files: tuple[Path, ...], changed: tuple[Path, ...], lang: str) -> None:
    """Play scenario FILES (all that ship, when none is given) by a simulated clock. Exit code 1 when one fails."""
    failed = played = 0
    try:
        for file, problem in trials.try_out(files or trials.shipped(), changed):
            played += 1
            failed += bool(problem)
            said = "" if problem is None else f": {problem.chinese() if lang == 'zh' else problem}"
            click.echo(f"{'✗' if said else '✓'} {file.stem}{said}")
    except DeploymentRefused as refused:
        for finding in refused.findings:
            if finding.severity == "error":
                click.echo(line(finding, lang))
        sys.exit(1)
    summary = {
        "zh": f"{played} 个场景，{played - failed} 个通过，{failed} 个失败。",
        "en": f"{played} scenarios: {played - failed} passed, {failed} failed.",
    }
    click.echo(summary[lang])
    sys.exit(failed > 0)
