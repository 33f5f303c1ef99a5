"""The test bench of the table editor: what a draft answers to inputs, and what every row says to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify
from flask_babel import gettext

from engine import studio
from engine.core import dmn
from engine.errors import N_, InvalidInputError
from engine.studio import table_bench
from tasks_ui import context
from tasks_ui.i18n import translate
from tasks_ui.studio.editing import FILE, plainly, sent, sent_source

if TYPE_CHECKING:
    from uuid import UUID

    from engine.core.feel import FeelProblem
    from engine.studio.table_bench import Bench, RowTried, Tried

blueprint = Blueprint("studio_tables", __name__, url_prefix="/studio")


@blueprint.post(f"{FILE}/try")
@plainly
def try_(change_id: UUID, file: str) -> Response:
    """Ask a table as it stands in the editor: `mode` is open, inputs, rows or spelling."""
    body = sent()
    mode, decision = str(body.get("mode") or "inputs"), str(body.get("decision") or "")
    with context.reading() as opened:
        viewer = context.viewer()
        studio.draft(opened, viewer, change_id, file)
        if mode == "spelling":
            return jsonify(_spelled(body))
        source = sent_source(body)
        if mode == "open":
            return jsonify(_bench(table_bench.open_bench(viewer, source=source, decision=decision)))
        asked: dict[str, Any] = {
            "source": source, "decision": decision, "now": context.utcnow(), "registry": context.registry()
        }  # fmt: skip
        if mode == "rows":
            return jsonify(rows=[_row(one) for one in table_bench.try_rows(opened, viewer, **asked)])
        given = body.get("given")
        if not isinstance(given, dict):
            raise InvalidInputError(N_("The request cannot be understood."))
        return jsonify(_tried(table_bench.try_inputs(opened, viewer, given=given, **asked)))


def _spelled(body: dict[str, Any]) -> dict[str, str]:
    """Propose how a cell is written, "" for no idea."""
    text, kind = str(body.get("text") or "")[:2000], str(body.get("kind") or "")
    return {"better": dmn.suggest(text, unary=bool(body.get("condition")), kind=kind)}


def _said(problem: FeelProblem | None) -> str:
    return "" if problem is None else translate(problem.template, problem.fields)


def _bench(bench: Bench) -> dict[str, Any]:
    return {
        "decision": {"id": bench.id, "name": bench.name, "policy": bench.policy, "aggregation": bench.aggregation},
        "fields": [
            {
                "name": one.name, "label": one.label, "kind": one.kind, "options": one.options, "closed": one.closed,
                "column": one.column,
            }
            for one in bench.fields
        ],
        "outputs": [{"name": name, "label": label} for name, label in bench.outputs],
        "examples": [
            {
                "id": one.example.id, "name": one.example.name, "given": one.example.given,
                "expected": one.example.expected, "result": one.result, "rows": one.rows, "passed": one.passed,
                "problem": gettext("This example cannot be read.") if one.example.broken else _said(one.problem),
            }
            for one in bench.examples
        ],
    }  # fmt: skip


def _tried(tried: Tried) -> dict[str, Any]:
    return {
        "given": tried.given,
        "result": tried.result,
        "taken": tried.taken,
        "problem": _said(tried.problem),
        "rows": [
            {
                "index": row.index, "ruleId": row.rule_id, "matched": row.matched, "taken": row.taken,
                "notes": row.notes,
                "cells": [
                    {"column": cell.column, "test": cell.test, "value": cell.value, "passed": cell.passed}
                    for cell in row.cells
                ],
            }
            for row in tried.rows
        ],
    }  # fmt: skip


def _row(row: RowTried) -> dict[str, Any]:
    found: dict[str, Any] = {"index": row.index, "ruleId": row.rule_id, "reached": row.reached, "why": row.why}
    if row.tried is not None:
        found |= {
            "given": row.tried.given, "result": row.tried.result, "taken": row.tried.taken,
            "problem": _said(row.tried.problem),
        }  # fmt: skip
    return found
