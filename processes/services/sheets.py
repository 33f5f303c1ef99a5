"""What a paper sheet is made of, whatever it is about: boxes, tables, sentences, signatures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ISSUED = "出具"
"""`method` of a document that was printed under a number; others were signed or handed out."""
Shape = Literal["line", "long", "moment", "date", "tick", "money"]


@dataclass(frozen=True, slots=True)
class Field:
    """One box of a sheet: an English label to translate, and the value. `wide` boxes take a whole row."""

    label: str
    value: Any = ""
    shape: Shape = "line"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """Where somebody signs: who, when (aware UTC), how, and the attachment that shows the signature, if any."""

    label: str
    name: str = ""
    at: datetime | None = None
    method: str = ""
    attachment: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a sheet: its English title and headings to translate, and cells (text, number, day, moment, yes).

    `widths`: how wide the columns are among themselves. `blank` rows at the end are left for the pen.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    widths: tuple[int, ...] = ()
    blank: int = 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A paragraph of a letter: an English template to translate, and what fills it."""

    template: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet ready to be drawn. `number` is the object's (case, order, …), `sheet_number` the paper's own.

    `copies` names each copy; `back` is the page of the object. `issued` and `sha256` are set once it has been issued.
    """

    document: str
    title: str
    number: str
    sheet_number: str
    project: str
    state: str
    fields: tuple[Field, ...]
    signatures: tuple[Signature, ...]
    printed_at: datetime
    printed_by: str
    instance_id: str = ""
    copies: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    back: str = ""
    issued: str = ""
    sha256: str = ""
    landscape: bool = False


def fingerprint(sheet: Sheet) -> str:
    """Give the SHA-256 of what a sheet says, as 64 hexadecimal digits.

    The language, the moment of printing and who prints do not count: the same content is the same paper.
    """
    content = [
        [sheet.document, sheet.number, sheet.sheet_number, sheet.project, sheet.state],
        [[field.label, field.value] for field in sheet.fields],
        [[table.title, table.columns, table.rows] for table in sheet.tables],
        [[sentence.template, dict(sentence.fields)] for sentence in sheet.sentences],
        [[sign.label, sign.name, sign.at, sign.method, sign.attachment] for sign in sheet.signatures],
    ]
    plain = json.dumps(content, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
