"""Pictures of a change: what is wrong, on the diagram or table itself; how many cases wait where, and what of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from flask_babel import gettext

from engine.core import dmn, drawing, normalise, parse
from engine.core.drawing import Mark
from engine.errors import InvalidInputError, NotFoundError
from tasks_ui import i18n, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.core.findings import Finding
    from engine.core.model import Model
    from engine.publishing.impact import OfProcess

SIGNS = {"continues": ("ok", "✓"), "moves": ("warn", "→"), "decision": ("stop", "?")}
"""The badge of each outcome: its kind, and a letter for those who do not see the colour."""
ROWS = 200


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table, with what is wrong in it."""

    text: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A decision table to look at: the heads of its columns, and those of its rows that matter."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A file with what is wrong in it. `svg`: the diagram with marks, "" when it has none; `tables` of a decision."""

    file: str
    findings: tuple[Finding, ...]
    svg: str = ""
    tables: tuple[Grid, ...] = ()


def said(finding: Finding) -> str:
    """Give a finding's sentence in the reader's language."""
    return finding.message if i18n.locale() == "en" else finding.message_zh


def pictures(files: Mapping[str, bytes], findings: Iterable[Finding]) -> list[Picture]:
    """Show each file that has findings, with the findings marked on it where it can be drawn."""
    by_file: dict[str, list[Finding]] = {}
    for one in findings:
        by_file.setdefault(one.file, []).append(one)
    found = []
    for number, (file, wrong) in enumerate(by_file.items()):
        svg, tables = "", tuple[Grid, ...]()
        try:
            if PurePosixPath(file).suffix == ".bpmn" and file in files:
                svg = _wrong_diagram(normalise.normalise(parse.parse(files[file])), wrong, f"wrong{number}")
            elif PurePosixPath(file).suffix == ".dmn" and file in files:
                tables = tuple(_grids(dmn.parse(files[file]), wrong))
        except (InvalidInputError, NotFoundError):  # it cannot be read or has no drawing: the words have to do
            pass
        found.append(Picture(file, tuple(wrong), svg, tables))
    return found


def _wrong_diagram(model: Model, findings: Sequence[Finding], prefix: str) -> str:
    words: dict[str, list[Finding]] = {}
    for one in findings:
        words.setdefault(one.element_id, []).append(one)
    marks = {
        element: Mark(
            failed=sum(one.severity == "error" for one in found),
            overdue=0 if any(one.severity == "error" for one in found) else len(found),
            note=" ".join(said(one) for one in found),
        )
        for element, found in words.items()
    }
    key = next((key for key, process in model.processes.items() if process.executable), "")
    return drawing.svg(model, key, marks=marks, prefix=prefix, translate=lambda text: names.text(text, key))


def _grids(decisions: dmn.Decisions, findings: Sequence[Finding]) -> Iterable[Grid]:
    """Show the rows that are wrong, each with its number, of every table of the file."""
    words: dict[str, str] = {}
    for one in findings:
        words[one.element_id] = f"{words.get(one.element_id, '')} {said(one)}".strip()
    for decision in decisions.decisions.values():
        table = decision.box
        if not isinstance(table, dmn.Table):
            continue
        rows = []
        for number, rule in enumerate(table.rules, 1):
            cells = (*rule.tests, *rule.results)
            if rule.id in words or any(cell.id in words for cell in cells):
                whole = words.get(rule.id, "")
                shown = (Cell(cell.text, words.get(cell.id, "") or whole) for cell in cells)
                rows.append((number, tuple(shown)))
        if rows:
            heads = (*(one.title for one in table.inputs), *(one.title for one in table.outputs))
            yield Grid(decision.name or decision.id, heads, tuple(rows[:ROWS]))


def waiting(process: OfProcess, prefix: str) -> str:
    """Draw the process in force with how many cases wait at each step and what would become of them; "" without one."""
    if process.old is None:
        return ""
    marks = {
        element: Mark(
            signs=tuple((kind, f"{sign}{counted[name]}") for name, (kind, sign) in SIGNS.items() if counted[name]),
            note=gettext(
                "%(stay)d go on where they are, %(move)d with changes, %(ask)d need a decision",
                stay=counted["continues"], move=counted["moves"], ask=counted["decision"],
            ),
        )
        for element, counted in process.places.items()
    }  # fmt: skip
    try:
        return drawing.svg(
            process.old.model, process.key, marks=marks, prefix=prefix,
            translate=lambda text: names.text(text, process.key),
        )  # fmt: skip
    except NotFoundError:
        return ""


def elsewhere(process: OfProcess) -> list[tuple[str, dict[str, int]]]:
    """List the steps of older versions at which cases wait and that the drawing does not have."""
    drawn = process.old.model.shapes if process.old is not None else {}
    labels = {move.element_id: move.name for plan in process.plans for move in plan.moves}
    return [
        (labels.get(element) or element, dict(counted))
        for element, counted in process.places.items()
        if element not in drawn
    ]
