"""A report as an Excel file: numbers are numbers, written as on the screen; no text is taken for a formula."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from processes.services.reports.table import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processes.services.reports.question import Question
    from processes.services.reports.table import Column, Report, Shape

FORMATS = {"rate": "0.0%", "amount": "#,##0.00", "day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm"}
NOTHING = "—"
WIDEST = 60
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What no Excel file may hold."""


def write(title: str, about: Sequence[str], report: Report, question: Question) -> bytes:
    """Write each table on a sheet of its own; `about` stands above it: period, filters, when it was made."""
    from openpyxl import Workbook  # noqa: PLC0415  only who asks for a file pays for its library
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook()
    book.remove(book.worksheets[0])
    bold = Font(bold=True)
    for table in report.tables:
        sheet = book.create_sheet(_sheet_name(table.name(question.locale), book.sheetnames))
        for line in (title, *about):
            _text(sheet, sheet.max_row + 1 if sheet.max_row > 1 or sheet["A1"].value else 1, 1, line)
        sheet["A1"].font = bold
        top = sheet.max_row + 2
        widths = [8] * len(table.columns)
        for place, column in enumerate(table.columns, 1):
            _text(sheet, top, place, column.name(question.locale)).font = bold
            widths[place - 1] = max(widths[place - 1], _width(column.name(question.locale)))
        for at, row in enumerate((*table.rows, *((table.total,) if table.total else ())), top + 1):
            for place, (column, value) in enumerate(zip(table.columns, row, strict=True), 1):
                widths[place - 1] = max(widths[place - 1], _write(sheet, at, place, column, value, question))
                if table.total and at == top + 1 + len(table.rows):
                    sheet.cell(at, place).font = bold
        if table.note(question.locale):
            _text(sheet, sheet.max_row + 2, 1, table.note(question.locale))
        for place, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(place)].width = min(WIDEST, width + 2)
        sheet.freeze_panes = sheet.cell(top + 1, 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    plain = "".join("_" if mark in "[]:*?/\\" else mark for mark in name)[:28] or "1"
    return plain if plain not in taken else f"{plain}{len(taken)}"


def _width(text: str) -> int:
    return sum(2 if ord(mark) > 0x2E80 else 1 for mark in text)  # noqa: PLR2004  from here on signs are wide


def _text(sheet: Any, row: int, column: int, text: str) -> Any:
    cell = sheet.cell(row, column, CONTROL.sub("", text))
    cell.data_type = "s"
    return cell


def _write(sheet: Any, row: int, place: int, column: Column, value: Any, question: Question) -> int:
    """Write a value as its column or cell says; gives how wide it is."""
    shape: Shape = column.shape
    if isinstance(value, Cell):
        value, shape = value.value, value.shape or shape
    if value is None:
        _text(sheet, row, place, NOTHING)
        return 1
    if isinstance(value, datetime):
        value = value.astimezone(question.zone).replace(tzinfo=None, second=0, microsecond=0)
    if isinstance(value, date):
        sheet.cell(row, place, value).number_format = FORMATS["moment" if isinstance(value, datetime) else "day"]
        return 16
    if isinstance(value, int | float) and not isinstance(value, bool):
        plain = "0" if float(value).is_integer() else "0.0"
        sheet.cell(row, place, value).number_format = FORMATS.get(shape, plain)
        return 12
    _text(sheet, row, place, str(value))
    return _width(str(value))
