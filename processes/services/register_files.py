"""Register files: CSV (UTF-8 or GB18030) and Excel, read and written."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Any

from engine.errors import N_, InvalidInputError
from processes.services.register_columns import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from processes.services.register_list import Register

MOST_BYTES = 20_000_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
KINDS = {
    "text": "文字",
    "number": "数字",
    "whole": "整数",
    "yes": "是/否",
    "date": "日期，如 2026-05-31",
    "moment": "时间，如 2026-05-31 18:00",
    "phone": "电话号码",
    "ref": "编码",
    "rooms": "房间与部位，如 客厅：墙面、地面；主卧：门",
}


def read(
    filename: str, content: bytes, register: Register
) -> tuple[list[str], list[tuple[int, Mapping[str, Any], list[str]]]]:
    """Read a file: its headings, and each row as (line, cells by column, texts as they were).

    Raises InvalidInputError when it is no such file or a required column is missing.
    """
    if len(content) > MOST_BYTES:
        raise InvalidInputError(N_("The file is larger than {limit} MB."), limit=MOST_BYTES // 1_000_000)
    lines = _excel(content) if content[:2] == b"PK" else _csv(content)
    lines = [(number, cells) for number, cells in lines if any(cell not in (None, "") for cell in cells)]
    if not lines:
        raise InvalidInputError(N_("The file {name} is empty."), name=filename)
    _, first = lines[0]
    headings = [str(cell or "").strip() for cell in first]
    columns = {column.zh: column.key for column in register.columns}
    columns |= {column.en: column.key for column in register.columns}
    columns |= {column.key: column.key for column in register.columns}
    keys = [columns.get(heading.rstrip("*").strip(), "") for heading in headings]
    missing = [column.zh for column in register.columns if column.required and column.key not in keys]
    if missing:
        message = N_("The first line must hold the headings; missing are {columns}.")
        raise InvalidInputError(message, columns="、".join(missing))
    return headings, [
        (
            number,
            {key: cell for key, cell in zip(keys, cells, strict=False) if key},
            [written(cell) for cell in (*cells, *[None] * (len(headings) - len(cells)))][: len(headings)],
        )
        for number, cells in lines[1:]
    ]


def _excel(content: bytes) -> list[tuple[int, Sequence[Any]]]:
    from openpyxl import load_workbook  # noqa: PLC0415  takes megabytes: only a process that handles files pays
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return [(number, row) for number, row in enumerate(sheet.iter_rows(values_only=True), 1)]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InvalidInputError(N_("The file is no Excel workbook that can be read.")) from error


def _csv(content: bytes) -> list[tuple[int, Sequence[Any]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InvalidInputError(N_("The file is neither Excel nor text."))
    if "\0" in text:
        raise InvalidInputError(N_("The file is neither Excel nor text."))
    head = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=head.count)
    try:
        return [(number, row) for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1)]
    except csv.Error as error:
        raise InvalidInputError(N_("The file is no CSV that can be read.")) from error


def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write an Excel file of texts: nothing in it is taken for a formula."""
    from openpyxl import Workbook  # noqa: PLC0415  as above
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook()
    sheet = book.active
    if sheet is None:
        sheet = book.create_sheet()
    sheet.title = title[:30]
    sheet.append(list(headings))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([str(cell) if cell is not None else "" for cell in row])
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"
    for number, heading in enumerate(headings, 1):
        sheet.column_dimensions[get_column_letter(number)].width = max(12, 2 * len(heading) + 4)
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def template(register: Register) -> bytes:
    """Write an empty file: headings (required ones starred), and as a comment what each column takes."""
    from openpyxl import load_workbook  # noqa: PLC0415  as above
    from openpyxl.comments import Comment  # noqa: PLC0415

    headings = [f"{column.zh}{'*' if column.required else ''}" for column in register.columns]
    book = load_workbook(io.BytesIO(workbook(register.zh, headings, [])))
    sheet = book.worksheets[0]
    for number, column in enumerate(register.columns, 1):
        takes = "、".join(column.choices) if column.choices else KINDS.get(column.kind, "")
        sheet.cell(row=1, column=number).comment = Comment(takes, "Keyturn")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_text(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write CSV that Excel opens rightly; a cell that a spreadsheet would take for a formula is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([f"'{cell}" if cell.startswith(DANGEROUS) and not _plain(cell) else cell for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> bool:
    return cell.lstrip("+-").replace(".", "", 1).isdigit()
