"""Inputs that each row of a table is meant for, made from what its cells compare with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.core import feel
from engine.core.dmn import regions
from engine.core.dmn.fields import Field, fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.dmn import model as m

_OTHER_TEXT: Final = "其他"


@dataclass(frozen=True, slots=True)
class Sample:
    """Inputs for a row, JSON by name. `given` is None when none could be made; `why` then tells the reason.

    It is `never` (the rows above take all its cases), `complex` (a cell is more than a comparison), `expression` (a
    column asks an expression or another decision) or `large`.
    """

    index: int
    rule_id: str
    given: Mapping[str, Any] | None
    why: str = ""


def samples(decisions: m.Decisions, decision: m.Decision, table: m.Table) -> tuple[Sample, ...]:
    """One sample for every row, such that the rows above do not match it where the first one wins."""
    known = {field.name: field for field in fields(decisions, decision)}
    if any(column.expression.text not in known for column in table.inputs):
        return tuple(Sample(i, rule.id, None, "expression") for i, rule in enumerate(table.rules, 1))
    try:
        rows = regions.survey(table, decisions)
    except regions.TooMuchError:
        return tuple(Sample(i, rule.id, None, "large") for i, rule in enumerate(table.rules, 1))
    return tuple(_sample(index, table, rows, known) for index in range(len(table.rules)))


def _sample(index: int, table: m.Table, rows: regions.Rows, known: Mapping[str, Field]) -> Sample:
    rule, masks = table.rules[index], rows.masks[index]
    within = [column.full if mask is None else mask for column, mask in zip(rows.columns, masks, strict=True)]
    above = range(index) if table.policy == "F" else range(0)
    try:
        search = regions.uncovered(rows, above, within, regions.Budget(), unknown_covers=False)
        region = next(search, None) if all(within) else None
    except regions.TooMuchError:
        return Sample(index + 1, rule.id, None, "large")
    if region is None:
        return Sample(index + 1, rule.id, None, "never")
    given: dict[str, Any] = {}
    for head, column, mask, own, test in zip(table.inputs, rows.columns, region, masks, rule.tests, strict=True):
        field = known[head.expression.text]
        value = _chosen(column, mask, own) if own is not None else _from_cell(test.text, field)
        if own is None and value is None:
            return Sample(index + 1, rule.id, None, "complex")
        given[field.name] = [value] if field.kind == "list" and isinstance(value, str) else value
    return Sample(index + 1, rule.id, given)


def _chosen(column: regions.Column, mask: int, own: int | None) -> Any:
    """A value of the region: none at all where the row does not ask and none will do, else the first there is."""
    if own == column.full and mask > column.present:
        return None
    bits = [bit for bit in range(len(column.atoms)) if mask >> bit & 1]
    if not bits:
        return None
    named = [bit for bit in bits if column.atoms[bit].point and column.atoms[bit].sample != regions.OTHER]
    sample = column.atoms[(named or bits)[0]].sample
    return _OTHER_TEXT if sample == regions.OTHER else feel.to_json(sample)


def _from_cell(text: str, field: Field) -> Any:
    """What a cell that looks into a list probably looks for."""
    wanted = [option for option in field.options if isinstance(option, str) and f'"{option}"' in text]
    return wanted[:1] if field.kind == "list" and wanted and not text.strip().startswith("not") else None
