"""Draws a sheet as PDF (A4), with the glyphs it uses embedded, so that it looks the same everywhere and for years.

The font comes with the front end's build (Noto Sans SC, SIL OFL), else the system's Noto CJK is taken.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos
from fpdf.fonts import FontFace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from processes.services.sheets import Field, Sheet, Signature, Table

FAMILY, MARGIN, LINE = "sheet", 14, 5.2
TITLE, TEXT, SMALL = 17, 9.5, 7.5
LABEL_GREY = (243, 244, 246)
FOOT = 16
BOXES = str.maketrans("☑☐", "■□")  # the font has no ballot boxes


@dataclass(frozen=True, slots=True)
class Words:
    """How texts are written: labels, sentences with fields, boxes, cells of tables, days."""

    tr: Callable[[str], str]
    sentence: Callable[[str, dict[str, Any]], str]
    field: Callable[[Field], str]
    cell: Callable[[Any], str]
    day: Callable[[datetime | None], str]


class Paper(FPDF):
    """The pages of sheets: at the foot of each the numbers and hash of its sheet, and the page."""

    def __init__(self, sheet: Sheet, words: Words, typeface: tuple[Path, int]) -> None:
        """Open the first page."""
        super().__init__(orientation="landscape" if sheet.landscape else "portrait", format="A4")
        self.sheet, self.words = sheet, words
        self.following = sheet
        path, place = typeface
        self.add_font(FAMILY, fname=path, collection_font_number=place)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=FOOT + 4)
        self.set_title(f"{words.tr(sheet.title)} {sheet.issued or sheet.sheet_number}")
        self.set_creator("Keyturn")
        self.set_creation_date(sheet.printed_at)
        self.set_lang("zh-CN")
        self.add_page()

    def header(self) -> None:
        """Begin a page; the page before has its foot by now."""
        self.sheet = self.following

    def begin(self, sheet: Sheet) -> None:
        """Let a sheet begin on a page of its own."""
        self.following = sheet
        self.add_page(orientation="landscape" if sheet.landscape else "portrait")

    def footer(self) -> None:
        """Write number, hash and page at the foot."""
        sheet, tr = self.sheet, self.words.tr
        self.set_y(-FOOT)
        self.set_font(FAMILY, size=SMALL)
        issued = f"{tr('Paper no.')} {sheet.issued}" if sheet.issued else tr("Preview, without a number")
        printed = f"{sheet.printed_by} {self.words.day(sheet.printed_at)}"
        page = f"{self.page_no()} / {{nb}}"
        self._line("　".join(piece for piece in (issued, sheet.number, sheet.state, printed, page) if piece))
        if sheet.sha256:
            self._line(f"{tr('Hash (SHA-256)')} {sheet.sha256}")

    def _line(self, text: str) -> None:
        self.cell(0, 4, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def draw(sheet: Sheet, typeface: tuple[Path, int], words: Words, pictures: Mapping[str, bytes]) -> bytes:
    """Draw a sheet. `pictures`: those of its signatures, by attachment."""
    return draw_all([sheet], typeface, words, pictures)


def draw_all(sheets: Sequence[Sheet], typeface: tuple[Path, int], words: Words, pictures: Mapping[str, bytes]) -> bytes:
    """Draw sheets (at least one) one after another, each on pages of its own."""
    paper = Paper(sheets[0], words, typeface)
    for order, sheet in enumerate(sheets):
        for place, copy in enumerate(sheet.copies or ("",)):
            if order or place:
                paper.begin(sheet)
            _draw(paper, sheet, copy, pictures)
    return bytes(paper.output())


def _draw(paper: Paper, sheet: Sheet, copy: str, pictures: Mapping[str, bytes]) -> None:
    _head(paper, copy)
    _fields(paper)
    for sentence in sheet.sentences:
        _paragraph(paper, paper.words.sentence(sentence.template, dict(sentence.fields)))
    paper.ln(3 if sheet.sentences else 0)
    for table in sheet.tables:
        _table(paper, table)
    _signatures(paper, pictures)


def _head(paper: Paper, copy: str) -> None:
    sheet, tr = paper.sheet, paper.words.tr
    paper.set_font(FAMILY, size=TITLE)
    paper.cell(0, 11, tr(sheet.title), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font(FAMILY, size=TEXT)
    number = f"{tr('No. of the sheet')}: {sheet.sheet_number}" + (f"（{tr(copy)}）" if copy else "")
    paper.cell(paper.epw / 2, 7, f"{tr('Project of the home')}: {sheet.project}")
    paper.cell(0, 7, number, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _fields(paper: Paper) -> None:
    """Boxes two in a row; a wide one has a row of its own."""
    words = paper.words
    label = FontFace(fill_color=LABEL_GREY)
    waiting: list[Field] = []
    with paper.table(col_widths=(15, 35, 15, 35), first_row_as_headings=False, **style()) as drawn:

        def out(fields: list[Field]) -> None:
            row = drawn.row(min_height=26 if fields[0].shape == "long" else 8)
            for one in fields:
                row.cell(words.tr(one.label), style=label)
                span = 1 if len(fields) > 1 else 3
                row.cell(words.field(one).translate(BOXES), colspan=span)

        for field in paper.sheet.fields:
            if field.wide:
                if waiting:
                    out(waiting)
                out([field])
                waiting = []
                continue
            waiting.append(field)
            if len(waiting) > 1:
                out(waiting)
                waiting = []
        if waiting:
            out(waiting)
    paper.ln(3)


def style() -> dict[str, Any]:
    """Give what all tables on paper share."""
    return {"line_height": LINE, "padding": (1, 1.5), "wrapmode": WrapMode.CHAR, "text_align": "LEFT", "v_align": "M"}


def _paragraph(paper: Paper, text: str) -> None:
    paper.set_font(FAMILY, size=11)
    paper.multi_cell(0, 7, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, wrapmode=WrapMode.CHAR, align="L")
    paper.set_font(FAMILY, size=TEXT)


def _table(paper: Paper, table: Table) -> None:
    """A table with its headings again on each page; empty rows for what is written by hand."""
    words = paper.words
    if paper.will_page_break(3 * LINE):
        paper.add_page()
    paper.set_font(FAMILY, size=11)
    paper.cell(0, 8, words.tr(table.title), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_font(FAMILY, size=TEXT - 1)
    heading = FontFace(fill_color=LABEL_GREY, emphasis="")
    widths = table.widths or (1,) * len(table.columns)
    with paper.table(col_widths=widths, headings_style=heading, **style()) as drawn:
        head = drawn.row()
        for column in table.columns:
            head.cell(words.tr(column))
        for line in (*table.rows, *((None,) * len(table.columns) for _ in range(table.blank))):
            row = drawn.row(min_height=8)
            for value in line:
                row.cell(words.cell(value).translate(BOXES))
    paper.set_font(FAMILY, size=TEXT)
    paper.ln(3)


def _signatures(paper: Paper, pictures: Mapping[str, bytes]) -> None:
    """Lines to sign on, side by side; a signature made on a screen stands on its line."""
    signatures = paper.sheet.signatures
    if not signatures:
        return
    height = 30
    if paper.will_page_break(height):
        paper.add_page()
    width, top = paper.epw / len(signatures), paper.get_y() + 2
    for place, sign in enumerate(signatures):
        _signature(paper, sign, MARGIN + place * width, top, width - 5, pictures.get(sign.attachment, b""))
    paper.set_y(top + height)


def _signature(paper: Paper, sign: Signature, left: float, top: float, width: float, picture: bytes) -> None:
    words = paper.words
    paper.set_xy(left, top)
    paper.set_font(FAMILY, size=TEXT)
    paper.cell(width, 5, words.tr(sign.label))
    if picture:
        paper.image(io.BytesIO(picture), x=left, y=top + 6, w=min(width, 40), h=12, keep_aspect_ratio=True)
    else:
        paper.set_xy(left, top + 12)
        paper.set_font(FAMILY, size=11)
        paper.cell(width, 6, sign.name)
    paper.line(left, top + 19, left + width, top + 19)
    paper.set_xy(left, top + 20)
    paper.set_font(FAMILY, size=SMALL)
    method = f" · {words.tr(sign.method)}" if sign.method else ""
    paper.cell(width, 5, f"{words.tr('Date of the signature')}: {words.day(sign.at)}{method}")
