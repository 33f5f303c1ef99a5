"""The fixed reports of houses: how far defects are closed (R5), a handover's days (R6), warranties that end (R10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from processes.services.reports import complaints, contractors, measure
from processes.services.reports.people import grid
from processes.services.reports.registry import find
from processes.services.reports.table import Cell, Column, Kind, Link, Report, Table
from storage import report_sites as sites
from storage.reports import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from processes.services.reports.question import Period, Question

PLACES = ("project", "phase", "building")
CLOSURE = ("R5", "R5b", "K18b", "R5c", "R5d")
DAYS = ("R6", "R6b", "R6c", "R6d", "R6e", "R6f", "R6h", "R6g")
MOST_DAYS = 62
SHORT = {"K18b": ("销项率", "Closed, share"), "K24": ("一次交付率", "At first attendance")}
SHARE = Column("销项率", "Closed", "rate")


def places(session: Session, question: Question) -> Mapping[str, Sequence[str]]:
    """List what there is to choose from: places, and units."""
    found = dict(sites.places(session, question.scopes, question.filters.get("project", "")))
    return {**found, "contractor": list(sites.contractors(session).values())}


def _inspections(session: Session, question: Question) -> Mapping[str, Sequence[str]]:
    numbers = sites.inspections(session, question.scopes, question.filters.get("project", ""))
    return {**places(session, question), "batch": numbers}


def _handovers(session: Session, question: Question) -> Mapping[str, Sequence[str]]:
    numbers = sites.handovers(session, question.scopes, question.filters.get("project", ""))
    return {**places(session, question), "batch": numbers}


# R5

MATRIX = (
    Column("项目、楼栋", "Place"), Column("责任单位", "Responsible unit"), Column("发现", "Found", "number"),
    Column("已销项", "Closed", "number"), SHARE, Column("未销项 A", "Open A", "number"),
    Column("未销项 B", "Open B", "number"), Column("未销项 C", "Open C", "number"),
    Column("逾期未销项", "Overdue", "number"),
)  # fmt: skip
WHERE = frozenset({*PLACES, "batch"})
"""Filters under which buildings are told apart; without one of them projects are."""


def fill_closure(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill R5: found, closed, open and late, by building, responsible unit and severity."""
    del viewer, page
    by_severity = grid(session, question, "severity", CLOSURE, ("按严重程度", "By severity"))
    tables = (
        _headed(replace(by_severity, rows=tuple(sorted(by_severity.rows, key=lambda row: str(row[0]))))),
        _headed(grid(session, question, "contractor", CLOSURE, ("按责任单位", "By responsible unit"))),
        _matrix(session, question),
    )
    return Report(tables, len(tables[2].rows))


def _headed(table: Table) -> Table:
    """Shorten headings that are wide as the names of key figures, but clear in the table."""
    short = {find(key).zh: names for key, names in SHORT.items()}
    columns = (
        replace(one, zh=short[one.zh][0], en=short[one.zh][1]) if one.zh in short else one for one in table.columns
    )
    return replace(table, columns=tuple(columns))


def _matrix(session: Session, question: Question) -> Table:
    """Building × responsible unit × severity; the last line is the whole, counted without them (AC20)."""
    near = not WHERE.isdisjoint(question.filters)
    by = (*(PLACES if near else PLACES[:1]), "contractor", "severity")
    found, closed, still, late = (
        measure.cross(session, find(key), question, by) for key in ("R5", "R5b", "R5c", "R5d")
    )
    pairs = sorted({key[:-1] for key in found})
    rows = []
    for pair in pairs:
        *place, unit = pair
        narrowed = {name: text or NONE for name, text in zip(by, pair, strict=False)}
        total, done = (_sum(one, pair) for one in (found, closed))
        cells: list[Any] = [
            " ".join(piece for piece in place if piece) or NONE,
            Cell(unit or NONE, Link("report", "statement", {"contractor": unit}) if unit else None),
            _linked(total, "R5", narrowed),
            _linked(done, "R5b", narrowed),
            Cell(done / total if total else None, Link("rows", "K18b", narrowed)),
        ]
        cells += [_linked(_sum(still, (*pair, grade)), "R5c", {**narrowed, "severity": grade}) for grade in "ABC"]
        rows.append((*cells, _linked(_sum(late, pair), "R5d", narrowed)))
    whole = {key: measure.figure(session, find(key), question) for key in CLOSURE}
    by_grade = [measure.figure(session, find("R5c"), question.narrowed(severity=grade)).amount for grade in "ABC"]
    if question.filters.get("severity"):
        by_grade = [whole["R5c"].amount if question.filters["severity"] == grade else 0 for grade in "ABC"]
    total_line = (
        "合计" if question.locale != "en" else "Sum", "", _linked(whole["R5"].amount, "R5", {}),
        _linked(whole["R5b"].amount, "R5b", {}), Cell(whole["K18b"].amount, Link("rows", "K18b")), *by_grade,
        _linked(whole["R5d"].amount, "R5d", {}),
    )  # fmt: skip
    note = (
        ("", "")
        if near
        else ("选择项目、分期或批次后按楼栋列出。", "Choose a project, phase or batch to see its buildings.")
    )
    title = ("按楼栋、责任单位、严重程度", "By building, responsible unit and severity")
    title = title if near else ("按项目、责任单位、严重程度", "By project, responsible unit and severity")
    return Table(*title, MATRIX, tuple(rows), total_line, *note)


def _sum(found: Mapping[tuple[str, ...], measure.Figure], start: tuple[str, ...]) -> float:
    return sum(figure.value for key, figure in found.items() if key[: len(start)] == start)


def _linked(amount: float | None, key: str, filters: Mapping[str, str]) -> Cell:
    return Cell(amount, Link("rows", key, filters) if amount else None)


# R6

DAY = Column("日期", "Day", "day")
NOTES = (
    Column("日期", "Day"), Column("批次", "Batch"), Column("问题", "Problems"), Column("措施", "What was done"),
)  # fmt: skip


def fill_handover(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill R6: expected, came, delivered, refused, at the stations; by batch, day by day, and what the heads wrote."""
    del viewer, page
    by_batch = _headed(grid(session, question, "batch", (*DAYS, "K24", "K27"), ("按批次", "By batch")))
    by_batch = replace(
        by_batch, rows=tuple((Cell(number, Link("batch", str(number))), *others) for number, *others in by_batch.rows)
    )
    days = _days(session, question)
    notes = _notes(session, question, [str(_plain(row[0])) for row in by_batch.rows])
    return Report((by_batch, days, *((notes,) if notes.rows else ())), len(days.rows))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Cell) else value


def _days(session: Session, question: Question) -> Table:
    periods = _each_day(question)
    spans = [one.span(question.zone, question.now) for one in periods]
    found = [measure.figures(session, find(key), question, spans)[""] for key in DAYS] if spans else []
    rows = []
    for place, period in enumerate(periods):
        figures = [line[place] for line in found]
        if not any(figure.rows for figure in figures):
            continue
        asked = {"cycle": "day", "day": period.first.isoformat()}
        cells = [
            Cell(figure.amount, Link("rows", key, asked) if figure.rows else None)
            for key, figure in zip(DAYS, figures, strict=True)
        ]
        rows.append((period.first, *cells))
    columns = (DAY, *(Column(find(key).zh, find(key).en, "number") for key in DAYS))
    note = (
        ("超过两个月的期间不逐日列出。", "Days are not listed for more than two months.") if not periods else ("", "")
    )
    return Table("逐日", "Day by day", columns, tuple(rows), (), *note)


def _each_day(question: Question) -> list[Period]:
    count = (question.period.last - question.period.first).days + 1
    if count > MOST_DAYS:
        return []
    one_day = type(question.period)
    days = (question.period.first + timedelta(days=step) for step in range(count))
    return [one_day("day", day, day) for day in days if day <= question.now.astimezone(question.zone).date()]


def _notes(session: Session, question: Question, numbers: Sequence[str]) -> Table:
    rows = []
    for number, project, plan in sites.day_notes(session, numbers):
        for day, said in sorted(dict(plan.get("days") or {}).items(), reverse=True):
            if question.period.first.isoformat() <= day <= question.period.last.isoformat():
                rows.append((day, f"{project} {number}", said.get("problems") or "", said.get("actions") or ""))
    return Table("日报", "Day reports", NOTES, tuple(rows))


# R10

SOON, LATER = 30, 90
WARRANTIES = (
    Column("到期日", "Ends on", "day"), Column("房号", "Home"), Column("部位类别", "Part class"),
    Column("责任单位质保到期", "Unit's warranty ends", "day"), Column("依据", "Rule"),
)  # fmt: skip


def fill_warranties(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill R10: what ends in the next 30 and 90 days, by project and part class, and the homes."""
    del viewer
    limit, offset = complaints.window(page)
    first = question.span.cut.astimezone(question.zone).date()
    count = measure.count(session, find("R10b"), question)
    found = sites.ending(session, first, first + timedelta(days=LATER), question.within, limit=limit, offset=offset)
    rows = tuple((one.ends_on, Cell(one.house, _home(one)), one.part, one.unit_ends_on, one.rule) for one in found)
    tables = (
        grid(session, question, "project", ("R10", "R10b"), ("按项目", "By project")),
        grid(session, question, "stage", ("R10", "R10b"), ("按部位类别", "By part class")),
        Table("90 日内到期", "Ending in 90 days", WARRANTIES, rows),
    )
    return Report(tables, count, page or 1, complaints.pages(count))


def _home(one: sites.Ending) -> Link:
    """Lead to the handover of a house, else to what was reported of it."""
    return Link("handover", one.handover) if one.handover else Link("unit", one.house)


CYCLES = ("month", "quarter", "half", "year", "week", "days")
REPORTS = (
    Kind(
        "closure", "缺陷销项统计", "Closing of defects",
        "发现的缺陷销了多少项？哪栋楼、哪个责任单位、哪一级还没销？（按发现日期统计）",
        "How many of the defects found are closed? Which building, unit and severity is open? "
        "(by the day found)",
        "R5 A25", fill_closure, cycles=CYCLES, filters=("project", "phase", "building", "contractor", "batch"),
        landscape=True, current=True, works=True, choices=_inspections,
    ),
    Kind(
        "handover", "交付日报", "Handover day by day",
        "集中交付每天预约、到场、收楼、拒收各多少户，发现多少问题？（预约、到场按户统计，每户一次）",
        "How many houses were expected, came, were delivered or refused each day, with how many defects? "
        "(houses expected and come are counted once)",
        "R6 A26", fill_handover, cycles=("week", "day", "month", "days"), filters=("project", "phase", "batch"),
        landscape=True, current=True, choices=_handovers,
    ),
    *contractors.REPORTS,
    Kind(
        "warranty", "保修到期清单", "Warranties that end",
        "今后 30 天、90 天哪些房屋的哪类保修到期？", "Whose warranty of which parts ends in the next 30 and 90 days?",
        "R10 A03", fill_warranties, cycles=("day",), filters=PLACES, current=True, choices=places,
    ),
)  # fmt: skip
