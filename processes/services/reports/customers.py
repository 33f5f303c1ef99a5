"""The fixed report of customer groups: who they are, what they ask for, how content they are (B20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processes.services.reports import houses, measure
from processes.services.reports.kpi import shape_of
from processes.services.reports.measures_customers import GROUPS
from processes.services.reports.registry import find
from processes.services.reports.table import Cell, Column, Kind, Link, Report, Table
from storage.reports import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from processes.services.reports.question import Question

FIGURES = ("G1", "G2", "G3", "G4", "G5")
HEADS = (Column("项目", "Project"), Column("客户类别", "Class of customer"), Column("用途", "Use of the house"))
UNKNOWN = ("未登记", "not registered")
WORDS = {"重要": "important", "一般": "ordinary", "自住": "lived in", "出租": "let", "空置": "empty"}
NOTE = (
    "有一位业主是重要客户的，整户算重要客户。用途依次看：有租户、空置、入伙时业主所说、已入住。",
    "A household is important when one of its owners is. Its use: let, empty, what the owner said, lived in.",
)


def fill(session: Session, viewer: Viewer, question: Question, page: int | None) -> Report:
    """Fill B20: households, requests, satisfaction and files by project, class and use; the last line is the whole."""
    del viewer, page
    measures = [find(one) for one in FIGURES]
    found = [measure.cross(session, one, question, GROUPS) for one in measures]
    keys = sorted({key for figures in found for key in figures}, key=lambda key: (key[0], key[1] != "重要", key[2]))
    rows = []
    for key in keys:
        filters = {name: text or NONE for name, text in zip(GROUPS, key, strict=True)}
        cells = [
            _cell(one, figures.get(key, measure.NOTHING), filters) for one, figures in zip(measures, found, strict=True)
        ]
        rows.append((key[0] or NONE, *(_word(text, question.locale) for text in key[1:]), *cells))
    whole = [_cell(one, measure.figure(session, one, question), {}) for one in measures]
    total = ("合计" if question.locale != "en" else "Sum", "", "", *whole)
    columns = (*HEADS, *(Column(one.zh, one.en, shape_of(one)) for one in measures))
    return Report((Table("客户群", "Customer groups", columns, tuple(rows), total, *NOTE),), len(rows))


def _cell(one: measure.Measure, figure: measure.Figure, filters: Mapping[str, str]) -> Cell:
    amount = figure.amount if figure.rows or one.fraction else 0
    return Cell(amount, Link("rows", one.id, filters) if figure.rows else None)


def _word(text: str, locale: str) -> str:
    if not text:
        return UNKNOWN[locale == "en"]
    return WORDS.get(text, text) if locale == "en" else text


REPORTS = (
    Kind(
        "customers", "客户群分析", "Customer groups",
        "重要客户和一般客户、自住、出租和空置的住户各有多少？谁投诉多、报修多、不满意？档案齐不齐？",
        "How many important and ordinary customers are there, living here, letting or away? Who complains, asks for "
        "repairs, is not content? Are their files complete?",
        "B20 B68", fill, cycles=("month", "quarter", "half", "year", "days"), filters=houses.PLACES, landscape=True,
        choices=houses.places,
    ),
)  # fmt: skip
