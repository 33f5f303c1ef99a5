"""A scenario's text told in words: its steps as sentences, what is wrong with it and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import scenario_files, scenario_words
from engine.rehearsing import views as rehearsal_views
from engine.rehearsing.sandbox_bases import sandbox_of
from engine.scenario_files import ScenarioError
from tasks_ui import i18n
from tasks_ui.studio import naming

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.core.findings import Finding


@dataclass(frozen=True, slots=True)
class Line:
    """A step: its number, its sentence, whether it only looks, the line of the text it stands on."""

    number: int
    said: str
    check: bool
    line: int


@dataclass(frozen=True, slots=True)
class Told:
    """A scenario in words."""

    name: str
    rules: tuple[str, ...]
    begin: datetime | None
    steps: tuple[Line, ...]
    findings: tuple[Finding, ...]


def told(session: Session, file: str, source: bytes, *, registry: Registry) -> Told:
    """Tell a scenario; of one that cannot be read only what is wrong."""
    sandbox = sandbox_of(registry)
    findings = tuple(scenario_files.lint(file, source, sandbox.verbs))
    try:
        scenario = scenario_files.parse(source, file)
    except ScenarioError:
        return Told(file, (), None, (), findings)
    labels, locale = rehearsal_views.labels(session, i18n.locale()), i18n.locale()
    at = dict(enumerate(scenario_files.lines(source), start=1))
    checks = scenario_words.CHECKS | sandbox.checks
    steps = tuple(
        Line(
            number,
            scenario_words.words(naming.step(step), locale, sandbox.english, labels),
            scenario_words.is_check(step, checks),
            at.get(number, 0),
        )
        for number, step in enumerate(scenario.steps, start=1)
    )
    return Told(scenario.name, scenario.rules, scenario.begin, steps, findings)
