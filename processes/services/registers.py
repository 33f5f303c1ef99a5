"""Keeping the registers: look, correct, import with a report per row, export (deliverable 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine.access import Action, allowed, require
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError, InvalidInputError, NotFoundError
from processes.services import register_files
from processes.services.register_columns import written
from processes.services.register_list import BY_CODE, REGISTERS, Register
from processes.services.register_tables import cells, find, query, resolved, write
from storage import audit, parties
from storage.tables.registers import ImportRun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

PAGE = 50
MOST_ROWS = 50_000
SHOWN = 500
KEPT_BEFORE = 6
"""How much reports of imports once kept of a row: its first error only."""
OUTCOMES = ("accepted", "changed", "same", "refused")


@dataclass(frozen=True, slots=True)
class RowView:
    """A row as pages show it: texts in the order of the columns."""

    id: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """A page of a register."""

    register: Register
    rows: tuple[RowView, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class RowReport:
    """What becomes of one row of a file. `fields` fill the reason, `more` are others; `cells` are it as it was."""

    line: int
    outcome: str
    name: str
    template: str
    fields: Mapping[str, Any]
    cells: tuple[str, ...]
    more: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def reasons(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """All that is wrong with the row, each a template and what fills it."""
        return ((self.template, self.fields), *self.more) if self.template else ()


@dataclass(frozen=True, slots=True)
class Report:
    """The report of an import, checked (`done` False) or carried out."""

    id: int
    register: Register
    filename: str
    at: datetime
    actor: str
    accepted: int
    changed: int
    same: int
    refused: int
    done: bool
    headings: tuple[str, ...]
    rows: tuple[RowReport, ...]


def registers(session: Session, viewer: Viewer) -> tuple[tuple[Register, int], ...]:
    """List the registers with their numbers of rows."""
    require(viewer, Action.PROCESS_REGISTER_EDIT)
    return tuple(
        (one, session.scalar(select(func.count()).select_from(query(one, "").subquery())) or 0)
        for one in REGISTERS
        if allowed(viewer, action_of(one))
    )


def action_of(register: Register) -> Action:
    """Say what one must be allowed to do to keep a register: process owners keep those that belong to processes."""
    return Action.PROCESS_REGISTER_EDIT if register.of_processes else Action.REGISTER_EDIT


def _mine(viewer: Viewer, code: str) -> Register:
    require(viewer, Action.PROCESS_REGISTER_EDIT)
    register = named(code)
    require(viewer, action_of(register))
    return register


def _run_of(session: Session, viewer: Viewer, run_id: int, *, for_update: bool = False) -> ImportRun:
    require(viewer, Action.PROCESS_REGISTER_EDIT)
    run = session.get(ImportRun, run_id, with_for_update=for_update)
    if run is None:
        raise NotFoundError(N_("There is no such import."))
    require(viewer, action_of(named(run.register)))
    return run


def named(code: str) -> Register:
    """Find a register; NotFoundError."""
    if code not in BY_CODE:
        raise NotFoundError(N_("There is no such register."))
    return BY_CODE[code]


def page(session: Session, viewer: Viewer, code: str, *, text: str = "", number: int = 1) -> RegisterPage:
    """Show a page of a register."""
    register = _mine(viewer, code)
    found = query(register, text)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    key = register.table.__mapper__.primary_key[0]
    rows = session.scalars(found.order_by(key).limit(PAGE).offset((max(1, number) - 1) * PAGE)).all()
    views = tuple(RowView(str(getattr(row, key.key)), _texts(register, cells(session, register, row))) for row in rows)
    return RegisterPage(register, views, total, max(1, number), max(1, -(-total // PAGE)))


def _texts(register: Register, values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(written(values[column.key]) for column in register.columns)


def row(session: Session, viewer: Viewer, code: str, row_id: str) -> dict[str, str]:
    """Read one row for editing; a phone number is not shown, only replaced."""
    register = _mine(viewer, code)
    values = cells(session, register, _row(session, register, row_id))
    return {column.key: "" if column.kind == "phone" else written(values[column.key]) for column in register.columns}


def _row(session: Session, register: Register, row_id: str) -> Any:
    key = register.table.__mapper__.primary_key[0]
    plain: Any = row_id
    try:
        plain = key.type.python_type(row_id) if row_id.isascii() else None
    except ValueError:
        plain = None
    found = session.get(register.table, plain) if isinstance(plain, key.type.python_type) else None
    if found is None:
        raise NotFoundError(N_("There is no such entry."))
    return found


def save(session: Session, viewer: Viewer, code: str, row_id: str, data: Mapping[str, Any], *, now: datetime) -> str:
    """Correct a row, or add one when `row_id` is empty.

    Raises InvalidFormError with each cell that is wrong, InvalidInputError when another row has the same key.
    """
    register = _mine(viewer, code)
    values, errors = _read(session, register, data)
    if errors:
        raise InvalidFormError(errors)
    present = _row(session, register, row_id) if row_id else None
    other = find(session, register, values)
    if other is not None and other is not present:
        raise InvalidInputError(N_("There is an entry with this key already."))
    before = _texts(register, cells(session, register, present)) if present is not None else ()
    outcome = write(session, register, present, values, now=now)
    detail = {"before": list(before), "after": [written(value) for value in _open(register, values)]}
    subject = f"register:{code}:{row_id or 'new'}"
    audit.record(session, actor=viewer.login, action="register.save", subject=subject, detail=detail, now=now)
    return outcome


def _open(register: Register, values: Mapping[str, Any]) -> list[Any]:
    """Leave personal numbers out of the audit log."""
    return [
        "***" if column.kind == "phone" and values[column.key] else values[column.key] for column in register.columns
    ]


def _read(session: Session, register: Register, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """Read all cells; every one that is wrong is named, not only the first."""
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for column in register.columns:
        try:
            values[column.key] = column.read(data.get(column.key))
            if column.kind == "ref" and values[column.key] not in (None, ""):
                values[column.key] = resolved_one(session, register, column.key, values)
        except InvalidInputError as error:
            errors.append(FieldError(column.key, error.template, error.fields, label=column.zh))
    if register.check is not None and not errors:
        try:
            register.check(values)
        except InvalidFormError as error:
            errors.extend(error.errors)
    return values, errors


def resolved_one(session: Session, register: Register, key: str, values: Mapping[str, Any]) -> Any:
    """Find what one reference names."""
    alone = {column.key: None for column in register.columns} | {key: values[key]}
    return resolved(session, register, alone)[key]


# Import


def check(session: Session, viewer: Viewer, code: str, filename: str, content: bytes, *, now: datetime) -> int:
    """Try an import without changing anything; gives the number of its report.

    Raises InvalidInputError when the file cannot be read at all.
    """
    register = _mine(viewer, code)
    headings, rows = register_files.read(filename, content, register)
    if len(rows) > MOST_ROWS:
        raise InvalidInputError(N_("The file has more than {count} rows."), count=MOST_ROWS)
    nested = session.begin_nested()
    report = _run(session, register, rows, now=now)
    nested.rollback()
    run = ImportRun(
        register=code,
        filename=filename[:200],
        at=now,
        actor=viewer.login,
        report=[headings, *report],
        content=content,
        **_counts(report),
    )
    session.add(run)
    session.flush()
    return run.id


def carry_out(session: Session, viewer: Viewer, run_id: int, *, now: datetime) -> None:
    """Do a checked import: rows that can be taken are, refused ones stay in the report. Once only."""
    run = _run_of(session, viewer, run_id, for_update=True)
    if run.done_at is not None:
        return
    register = named(run.register)
    headings, rows = register_files.read(run.filename, run.content, register)
    report = _run(session, register, rows, now=now)
    run.report, run.done_at, run.content = [headings, *report], now, b""
    for name, count in _counts(report).items():
        setattr(run, name, count)
    audit.record(
        session,
        actor=viewer.login,
        action="register.import",
        subject=f"register:{run.register}",
        detail={"file": run.filename, **_counts(report)},
        now=now,
    )


def _counts(report: Sequence[Sequence[Any]]) -> dict[str, int]:
    return {outcome: sum(1 for line in report if line[1] == outcome) for outcome in OUTCOMES}


def _run(
    session: Session, register: Register, rows: Sequence[tuple[int, Mapping[str, Any], Sequence[str]]], *, now: datetime
) -> list[list[Any]]:
    """Take row by row; each stands or falls alone."""
    report: list[list[Any]] = []
    seen: dict[tuple[Any, ...], int] = {}
    for line, data, texts in rows:
        outcome, template, fields, more = "refused", "", {}, []
        values, errors = _read(session, register, data)
        if errors:
            template, fields = errors[0].template, dict(errors[0].fields)
            more = [[one.template, dict(one.fields)] for one in errors[1:]]
        else:
            key = tuple(values[name] for name in register.keys)
            if key in seen:
                template, fields = N_("The same key is in line {line} already."), {"line": seen[key]}
            else:
                seen[key] = line
                try:
                    with session.begin_nested():
                        outcome = write(session, register, find(session, register, values), values, now=now)
                except InvalidInputError as error:
                    template, fields = error.template, dict(error.fields)
        name = " ".join(str(data.get(key) or "") for key in register.keys).strip()
        report.append([line, outcome, name, template, fields, list(texts), more])
    return report


def report(session: Session, viewer: Viewer, run_id: int) -> Report:
    """Read the report of an import; the refused rows come first, at most 500 rows in all."""
    run = _run_of(session, viewer, run_id)
    headings, *lines = run.report
    ordered = sorted(lines, key=lambda line: (line[1] != "refused", line[1] == "same", line[0]))
    return Report(
        id=run.id,
        register=named(run.register),
        filename=run.filename,
        at=run.at,
        actor=run.actor,
        accepted=run.accepted,
        changed=run.changed,
        same=run.same,
        refused=run.refused,
        done=run.done_at is not None,
        headings=tuple(headings),
        rows=tuple(_row_report(line) for line in ordered[:SHOWN]),
    )


def _row_report(line: Sequence[Any]) -> RowReport:
    more = tuple((template, fields) for template, fields in (line[6] if len(line) > KEPT_BEFORE else ()))
    return RowReport(line[0], line[1], line[2], line[3], line[4], tuple(line[5]), more)


def refused_rows(session: Session, viewer: Viewer, run_id: int) -> tuple[str, bytes]:
    """Give the refused rows as a file with the reason, to be corrected and sent again: nothing of a file is lost."""
    found = report(session, viewer, run_id)
    run = session.get_one(ImportRun, run_id)
    headings, *lines = run.report
    rows = [
        [*line[5], "；".join(template.format(**fields) for template, fields in _row_report(line).reasons)]
        for line in lines
        if line[1] == "refused"
    ]
    return f"{found.register.code}-refused.xlsx", register_files.workbook(found.register.zh, [*headings, "原因"], rows)


# Export


def template(viewer: Viewer, code: str) -> tuple[str, bytes]:
    """Give an empty file with the headings and what each column takes."""
    register = _mine(viewer, code)
    return f"{code}.xlsx", register_files.template(register)


def export(session: Session, viewer: Viewer, code: str, kind: str, *, now: datetime) -> tuple[str, bytes]:
    """Write a whole register as `xlsx` or `csv`; whole phone numbers are in it, so the export is logged (B29)."""
    register = _mine(viewer, code)
    key = register.table.__mapper__.primary_key[0]
    found = session.scalars(query(register, "").order_by(key))
    rows = [list(_texts(register, cells(session, register, one, whole=True))) for one in found]
    if register.personal:
        detail = {"rows": len(rows)}
        parties.log_access(
            session, actor=viewer.login, action="export", subject=f"register:{code}", now=now, detail=detail
        )
    headings = [column.zh for column in register.columns]
    if kind == "csv":
        return f"{code}.csv", register_files.csv_text(headings, rows)
    return f"{code}.xlsx", register_files.workbook(register.zh, headings, rows)
