"""A report as PDF: the tables as on the screen, landscape where they are wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from tasks_ui import sheet_pdf
from tasks_ui.sheet_pdf import FAMILY, LABEL_GREY, LINE, MARGIN, SMALL, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from processes.services.reports.table import Column, Report, Table

FOOT = 14
NARROW, WIDE = 4, 26


class Paper(FPDF):
    """The pages of a report: at the foot of each its title and page."""

    def __init__(self, title: str, typeface: tuple[Path, int], *, landscape: bool, now: datetime) -> None:
        """Open the first page."""
        super().__init__(orientation="landscape" if landscape else "portrait", format="A4")
        path, place = typeface
        self.named = title
        self.add_font(FAMILY, fname=path, collection_font_number=place)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=FOOT + 4)
        self.set_title(title)
        self.set_creator("Keyturn")
        self.set_creation_date(now)
        self.add_page()

    def footer(self) -> None:
        """Write title and page at the foot."""
        self.set_y(-FOOT)
        self.set_font(FAMILY, size=SMALL)
        self.cell(0, 4, f"{self.named}　{self.page_no()} / {{nb}}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def draw(
    title: str,
    about: Sequence[str],
    report: Report,
    typeface: tuple[Path, int],
    write: Callable[[Column, Any], str],
    *,
    landscape: bool,
    locale: str,
    now: datetime,
) -> bytes:
    """Draw a report; `write` writes a cell, `about` says what it is about."""
    paper = Paper(title, typeface, landscape=landscape, now=now)
    paper.set_font(FAMILY, size=15)
    paper.cell(0, 10, title, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font(FAMILY, size=TEXT)
    for line in about:
        paper.cell(0, 5, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    for table in report.tables:
        _table(paper, table, write, locale)
    return bytes(paper.output())


def _table(paper: Paper, table: Table, write: Callable[[Column, Any], str], locale: str) -> None:
    paper.ln(3)
    if paper.will_page_break(3 * LINE):
        paper.add_page()
    paper.set_font(FAMILY, size=11)
    paper.cell(0, 8, table.name(locale), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font(FAMILY, size=TEXT - 1.5)
    every = [*table.rows, *((table.total,) if table.total else ())]
    texts = [[write(column, value) for column, value in zip(table.columns, row, strict=True)] for row in every]
    heads = [column.name(locale) for column in table.columns]
    widths = [
        max(NARROW, min(WIDE, max(map(_signs, [head, *(row[place] for row in texts)]))))
        for place, head in enumerate(heads)
    ]
    heading = FontFace(fill_color=LABEL_GREY, emphasis="")
    with paper.table(col_widths=widths, headings_style=heading, **sheet_pdf.style()) as drawn:
        for line in (heads, *texts):
            row = drawn.row()
            for text in line:
                row.cell(text)
    if table.note(locale):
        paper.set_font(FAMILY, size=SMALL)
        paper.multi_cell(0, 4, table.note(locale), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _signs(text: str) -> int:
    return sum(2 if ord(mark) > 0x2E80 else 1 for mark in text)  # noqa: PLR2004  from here on signs are wide
