"""DMN 1.1 to 1.5: read a decision file, ask its decisions, explain the answers, check its tables.

A table row with nothing in a cell, or with `-`, does not ask for that input.
"""

from __future__ import annotations

from engine.core.dmn.chinese import in_chinese
from engine.core.dmn.errors import DmnError
from engine.core.dmn.evaluation import Result, evaluate, explain
from engine.core.dmn.lint import lint
from engine.core.dmn.model import Decision, Decisions, Table
from engine.core.dmn.parse import parse
from engine.core.dmn.tables import CellMiss, RowAnswer, RuleMatch

__all__ = [
    "CellMiss",
    "Decision",
    "Decisions",
    "DmnError",
    "Result",
    "RowAnswer",
    "RuleMatch",
    "Table",
    "evaluate",
    "explain",
    "in_chinese",
    "lint",
    "parse",
]
