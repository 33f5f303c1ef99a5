"""Play scenario files on a database of their own, with the shipped processes or changed ones: nothing counts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from engine import scenarios
from engine.rehearsing import sandbox_bases
from engine.scenarios import ScenarioError
from processes.services import assembly, demo, scenario_verbs
from processes.services.sandbox import BEGIN, FURNISHED
from storage.session import Database

__all__ = ["BEGIN", "FURNISHED", "furnish", "play", "shipped", "try_out"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHIPPED = Path(__file__).parents[1]


def shipped() -> list[Path]:
    """List the scenario files that come with the processes."""
    return sorted(SHIPPED.glob("*/scenarios/*.yaml"))


def furnish(folder: Path, changed: Iterable[Path] = ()) -> Path:
    """Make a database with roles, a small estate, its staff and the processes; return its file, to be copied.

    `changed` are diagrams, tables and forms (files or folders) put in force in place of the shipped ones.
    Raises DeploymentRefused when they cannot be.
    """
    furnished = folder / "furnished.db"
    database = Database("sqlite://")
    try:
        database.create_all()
        registry = assembly.registry()
        demo.furnish(database, now=FURNISHED, registry=registry)
        if paths := list(changed):
            scenario_verbs.stage(database, registry, begin=FURNISHED).bench.deploy(*paths)
        furnished.write_bytes(sandbox_bases.written(database))
    finally:
        database.dispose()
    return furnished


def play(file: Path, furnished: Path) -> None:
    """Play one scenario file on a copy of a furnished database. Raises ScenarioError at the step that goes wrong."""
    scenario = scenarios.read(file)
    with sandbox_bases.opened(furnished.read_bytes()) as database:
        stage = scenario_verbs.stage(database, assembly.registry(), begin=scenario.begin or BEGIN)
        stage.wide = scenario.wide
        scenarios.play(scenario, stage)
        if incidents := stage.bench.incidents():
            said = "; ".join(incident.message for incident in incidents)
            raise ScenarioError(scenario.name, len(scenario.steps), f"incidents: {said}", f"出现异常：{said}")


def try_out(files: Iterable[Path], changed: Iterable[Path] = ()) -> Iterator[tuple[Path, ScenarioError | None]]:
    """Play each file and give it with what went wrong, None when nothing did. Raises as `furnish` does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        furnished = furnish(folder, changed)
        for file in files:
            try:
                play(file, furnished)
            except ScenarioError as error:
                yield file, error
            else:
                yield file, None
