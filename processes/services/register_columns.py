"""What the registers look like: their columns, how a cell is read, and which rows of other registers it may name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.core.calendar import CHINA
from engine.errors import N_, InvalidInputError
from storage import estate
from storage.tables.contractors import Contractor
from storage.tables.estate import Building, Company, Part, Phase, Project, Unit
from storage.tables.parties import Department
from storage.tables.people import Role, User
from storage.tables.registers import Category, ProblemType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    Reader = Callable[["Column", Any], Any]

YES = frozenset({"是", "yes", "true", "1", "y", "√"})
NO = frozenset({"否", "no", "false", "0", "n", ""})
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a register. `kind`: text, number, whole, yes, date, moment, choice, ref, rooms or phone.

    `zh` is its name in Chinese and the heading in files, `en` in English. `ref` names what a reference is to. `least`
    is the smallest number; `labels` say in Chinese and English what a choice means that is a code.
    """

    key: str
    zh: str
    en: str
    kind: str = "text"
    required: bool = False
    ref: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = None
    labels: Mapping[str, tuple[str, str]] | None = None

    def name(self, locale: str) -> str:
        """Give the column's name in a language."""
        return self.en if locale == "en" else self.zh

    def label(self, choice: str, locale: str) -> str:
        """Give a choice with its meaning."""
        zh, en = (self.labels or {}).get(choice, ("", ""))
        return f"{choice} {en if locale == 'en' else zh}".strip()

    def read(self, cell: Any) -> Any:
        """Read a cell of a file or a form. InvalidInputError says what is wrong with it."""
        if isinstance(cell, str):
            cell = cell.strip()
        if cell in (None, ""):
            if self.required:
                raise InvalidInputError(N_("{column} is missing."), column=self.zh)
            return False if self.kind == "yes" else None
        read: Reader = READERS.get(self.kind, _text)
        return read(self, cell)


@dataclass(frozen=True, slots=True)
class Register:
    """A register: `keys` together name a row, `search` is looked through; `fixed` fills what no column has.

    `check` looks at a row as a whole and raises InvalidFormError. `of_processes`: the process owner keeps it too.
    """

    code: str
    zh: str
    en: str
    table: Any
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    search: tuple[str, ...]
    fixed: tuple[tuple[str, Any], ...] = ()
    personal: bool = False
    check: Callable[[Mapping[str, Any]], None] | None = None
    of_processes: bool = False

    def name(self, locale: str) -> str:
        """Give the register's name in a language."""
        return self.en if locale == "en" else self.zh

    def column(self, key: str) -> Column:
        """Find a column."""
        return next(column for column in self.columns if column.key == key)


def _text(column: Column, cell: Any) -> str:
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    if len(text) > LONGEST:
        raise InvalidInputError(N_("{column} is too long."), column=column.zh)
    return text


def _number(column: Column, cell: Any) -> float:
    try:
        number = float(Decimal(str(cell).replace(",", "")))
    except InvalidOperation:
        raise InvalidInputError(N_("{column}: “{value}” is no number."), column=column.zh, value=str(cell)) from None
    if not isfinite(number):
        raise InvalidInputError(N_("{column}: “{value}” is no number."), column=column.zh, value=str(cell))
    if column.least is not None and number < column.least:
        raise InvalidInputError(N_("{column}: {least} at least."), column=column.zh, least=f"{column.least:g}")
    return number


def _whole(column: Column, cell: Any) -> int:
    number = _number(column, cell)
    if not number.is_integer():
        raise InvalidInputError(N_("{column}: “{value}” is no whole number."), column=column.zh, value=str(cell))
    return int(number)


def _yes(column: Column, cell: Any) -> bool:
    text = str(cell).strip().lower()
    if text in YES or text in NO:
        return text in YES
    raise InvalidInputError(N_("{column}: write 是 or 否, not “{value}”."), column=column.zh, value=str(cell))


def _date(column: Column, cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell).strip().replace("/", "-").replace(".", "-")[:10])
    except ValueError:
        message = N_("{column}: “{value}” is no date; write 2026-05-31.")
        raise InvalidInputError(message, column=column.zh, value=str(cell)) from None


def _moment(column: Column, cell: Any) -> datetime:
    moment = cell
    if not isinstance(moment, datetime):
        try:
            moment = datetime.fromisoformat(str(cell).strip().replace("/", "-"))
        except ValueError:
            message = N_("{column}: “{value}” is no moment; write 2026-05-31 18:00.")
            raise InvalidInputError(message, column=column.zh, value=str(cell)) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _choice(column: Column, cell: Any) -> str:
    text = str(cell).strip()
    if text not in column.choices:
        allowed = "、".join(column.choices)
        raise InvalidInputError(N_("{column}: use one of {allowed}."), column=column.zh, allowed=allowed)
    return text


def _rooms(column: Column, cell: Any) -> list[dict[str, Any]]:
    """Read rooms and their parts: 客厅：墙面、地面；主卧：门."""
    rooms = []
    for piece in re.split(r"[;；\n]", str(cell)):
        name, colon, parts = piece.replace("：", ":").partition(":")
        if not piece.strip():
            continue
        if not name.strip() or not colon:
            message = N_("{column}: write 客厅：墙面、地面；主卧：门, not “{value}”.")
            raise InvalidInputError(message, column=column.zh, value=piece.strip())
        codes = [part.strip() for part in re.split("[、,，]", parts) if part.strip()]
        rooms.append({"name": name.strip(), "parts": codes})
    return rooms


def _phone(column: Column, cell: Any) -> str:
    text = _text(column, cell)
    if sum(character.isdigit() for character in text) < 7 or "*" in text:  # noqa: PLR2004  the shortest local number
        raise InvalidInputError(N_("{column}: “{value}” is no phone number."), column=column.zh, value=text)
    return text


READERS: dict[str, Reader] = {
    "number": _number,
    "whole": _whole,
    "yes": _yes,
    "date": _date,
    "moment": _moment,
    "choice": _choice,
    "phone": _phone,
    "rooms": _rooms,
}


def written(value: Any) -> str:
    """Write a value as files hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value.astimezone(CHINA):%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list):
        return "；".join(f"{room['name']}：{'、'.join(room.get('parts') or [])}" for room in value)
    return value.isoformat() if isinstance(value, date) else str(value)


# References: by the code people know to the key of the row, and back

TABLES: dict[str, Any] = {
    "company": Company,
    "project": Project,
    "department": Department,
    "category": Category,
    "part": Part,
    "problem": ProblemType,
    "unit": Unit,
    "contractor": Contractor,
}


def resolve(session: Session, column: Column, code: str) -> Any:
    """Find the key of what a cell names. InvalidInputError when there is no such thing."""
    found: Any = None
    if column.ref == "user":
        found = session.get(User, code) or session.scalar(select(User).where(User.name == code))
        key = found.login if found else None
    elif column.ref == "role":
        found = session.get(Role, code) or session.scalar(select(Role).where(Role.name_zh.startswith(code)))
        key = found.code if found else None
    elif column.ref == "project_code":
        found = estate.project_by_code(session, code)
        key = found.code if found else None
    elif column.ref == "phase":
        key = _phase(session, code)
    elif column.ref == "building":
        key = _building(session, code)
    else:
        table = TABLES[column.ref]
        found = session.scalar(select(table).where(table.code == code))
        key = found.id if found else None
    if key is None:
        raise InvalidInputError(N_("{column}: there is no “{value}”."), column=column.zh, value=code)
    return key


def _phase(session: Session, code: str) -> int | None:
    """A phase is named by its project and its own name: 春和里/1期."""
    project, _, name = code.partition("/")
    query = select(Phase.id).join(Project, Project.id == Phase.project_id)
    return session.scalar(query.where(Project.code == project, Phase.name == name))


def _building(session: Session, code: str) -> int | None:
    """A building is named by project, phase and its own number: 春和里/1期/03."""
    above, _, number = code.rpartition("/")
    phase = _phase(session, above)
    return session.scalar(select(Building.id).where(Building.phase_id == phase, Building.code == number))


def named(session: Session, column: Column, key: Any) -> str:
    """Write what a key refers to as people know it."""
    if key in (None, ""):
        return ""
    if column.ref in ("user", "role", "project_code"):
        return str(key)
    if column.ref == "phase":
        phase = session.get_one(Phase, key)
        return f"{session.get_one(Project, phase.project_id).code}/{phase.name}"
    if column.ref == "building":
        building = session.get_one(Building, key)
        return f"{named(session, Column('', '', '', ref='phase'), building.phase_id)}/{building.code}"
    return str(session.get_one(TABLES[column.ref], key).code)
