"""DMN 1.1 to 1.5: read a decision file, ask its decisions, explain the answers, check its tables.

A table row with nothing in a cell, or with `-`, does not ask for that input.
"""

from __future__ import annotations

from engine.core.dmn.chinese import in_chinese
from engine.core.dmn.errors import DmnError
from engine.core.dmn.evaluation import Result, evaluate, explain, look
from engine.core.dmn.examples import Example
from engine.core.dmn.examples import environment as example_environment
from engine.core.dmn.fields import Field, fields
from engine.core.dmn.lint import lint
from engine.core.dmn.lint_examples import Replayed, replay
from engine.core.dmn.model import Decision, Decisions, Table
from engine.core.dmn.parse import parse
from engine.core.dmn.samples import Sample, samples
from engine.core.dmn.spelling import suggest
from engine.core.dmn.tables import CellMiss, RowAnswer, RuleMatch

__all__ = [
    "CellMiss",
    "Decision",
    "Decisions",
    "DmnError",
    "Example",
    "Field",
    "Replayed",
    "Result",
    "RowAnswer",
    "RuleMatch",
    "Sample",
    "Table",
    "evaluate",
    "example_environment",
    "explain",
    "fields",
    "in_chinese",
    "lint",
    "look",
    "parse",
    "replay",
    "samples",
    "suggest",
]
