"""A report as plain tables: what the screen, the Excel file and the print show is this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from processes.services.reports.question import Question

Shape = Literal["text", "number", "rate", "amount", "day", "moment"]


@dataclass(frozen=True, slots=True)
class Link:
    """Where a cell leads: an object by its kind and number, or (`kind` "rows") the list behind the figure.

    For "rows" `subject` is the measure's id and `filters` narrow the question of the report further, or ask of another
    period (cycle, day); for "report" `subject` is the report's slug.
    """

    kind: str
    subject: str
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that leads somewhere, or is written otherwise than its column's. None is written —.

    `good`: whether it reaches its goal; None when there is none.
    """

    value: Any
    link: Link | None = None
    shape: Shape | None = None
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading in both languages and how its values are written (a rate is 0–1, an amount in yuan)."""

    zh: str
    en: str
    shape: Shape = "text"

    def name(self, locale: str) -> str:
        """Give the heading in a language."""
        return self.en if locale == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Table:
    """A table: cells are plain values or `Cell`. `total` is its last line; `note_*` stands below it.

    `unasked`: it has no rows because something has to be chosen first; the note says what.
    """

    zh: str
    en: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: tuple[Any, ...] = ()
    note_zh: str = ""
    note_en: str = ""
    unasked: bool = False

    def name(self, locale: str) -> str:
        """Give the title in a language."""
        return self.en if locale == "en" else self.zh

    def note(self, locale: str) -> str:
        """Give the note in a language."""
        return self.note_en if locale == "en" else self.note_zh


@dataclass(frozen=True, slots=True)
class Report:
    """A filled report. `pages` > 1: the last table is one page of a longer one, `count` its rows in all."""

    tables: tuple[Table, ...]
    count: int = 0
    page: int = 1
    pages: int = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """A fixed report: where it lies (`/reports/<slug>`), its title, and in plain words which question it answers.

    `fill` gets the session, the viewer, the question and the page (None: all rows, for Excel and print). `cycles` are
    the periods that make sense; `filters` the dimensions it can be narrowed by. `current`: it begins with the running
    period, not with the last whole one. `own`: a responsible unit reads it about itself; `works`: heads of engineering
    read it. `choices` lists what a filter offers when that is not what cases say.
    """

    slug: str
    zh: str
    en: str
    asks_zh: str
    asks_en: str
    rule: str
    fill: Callable[[Session, Viewer, Question, int | None], Report]
    cycles: tuple[str, ...] = ("month", "quarter", "half", "year", "days")
    filters: tuple[str, ...] = ("project",)
    landscape: bool = False
    current: bool = False
    own: bool = False
    works: bool = False
    choices: Callable[[Session, Question], Mapping[str, Sequence[str]]] | None = None

    def name(self, locale: str) -> str:
        """Give the title in a language."""
        return self.en if locale == "en" else self.zh

    def asks(self, locale: str) -> str:
        """Say in a language what it answers."""
        return self.asks_en if locale == "en" else self.asks_zh
