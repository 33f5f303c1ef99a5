"""The test bench of decision tables: fields to fill in, rows with their reasons, a sample for every row."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.access import Grant, Viewer
from engine.core import dmn
from engine.errors import NotAllowedError, NotFoundError
from engine.studio import table_bench
from tests.unit.test_dmn_tables import table

ROOT = Path(__file__).parents[2] / "processes"
OWNER = Viewer("bai", "柏流程", (Grant("process_owner"),))
TIME_LIMITS = (ROOT / "complaint" / "time_limits.dmn").read_bytes()


def test_fields_have_the_kind_and_the_values_that_the_table_names() -> None:
    fields = {field.name: field for field in table_bench.open_bench(OWNER, source=TIME_LIMITS).fields}
    assert list(fields) == ["process", "clock", "category", "urgency", "scope", "external"]
    assert fields["urgency"].kind == "string"
    assert fields["urgency"].label == "紧急程度"
    assert fields["urgency"].options == ("特急", "紧急", "一般")
    assert not fields["urgency"].closed
    assert (fields["external"].kind, fields["external"].options) == ("list", ("媒体",))
    closed = table([(["-"], ["1"])], inputs=(("level", "string", '"高","低"'),))
    (field,) = table_bench.open_bench(OWNER, source=closed).fields
    assert (field.options, field.closed) == (("高", "低"), True)


def test_fields_of_decisions_that_are_required_stand_for_them() -> None:
    xml = (
        b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        b'<inputData id="a" name="amount"><variable name="amount" typeRef="number"/></inputData>'
        b'<decision id="fee" name="fee"><informationRequirement><requiredInput href="#a"/></informationRequirement>'
        b"<literalExpression><text>amount * 2</text></literalExpression></decision>"
        b'<decision id="total" name="total"><informationRequirement><requiredDecision href="#fee"/>'
        b"</informationRequirement><literalExpression><text>fee + extra</text></literalExpression></decision>"
        b"</definitions>"
    )
    fields = table_bench.open_bench(OWNER, source=xml, decision="total").fields
    assert [(field.name, field.kind) for field in fields] == [("extra", ""), ("amount", "number")]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.dmn")), ids=lambda path: path.stem)
def test_every_row_of_the_shipped_tables_is_reached_by_its_sample(path: Path) -> None:
    decisions = dmn.parse(path.read_bytes())
    for decision in decisions.decisions.values():
        if isinstance(decision.box, dmn.Table):
            for sample in dmn.samples(decisions, decision, decision.box):
                assert sample.given is not None, (sample.index, sample.why)
                answer = dmn.evaluate(decisions, decision.id, sample.given, dmn.example_environment())
                assert sample.index in [match.index for match in answer.matched]


def test_rows_without_a_sample_say_why() -> None:
    def why(rows: list[tuple[list[str], list[str]]], expression: str = "n") -> list[str]:
        xml = table(rows, inputs=((expression, "number", ""),), policy='hitPolicy="FIRST"')
        decisions = dmn.parse(xml)
        (decision,) = decisions.decisions.values()
        assert isinstance(decision.box, dmn.Table)
        return [sample.why for sample in dmn.samples(decisions, decision, decision.box)]

    assert why([(["-"], ["1"]), (["5"], ["2"])]) == ["", "never"]
    assert why([(["? > limit"], ["1"]), (["-"], ["2"])]) == ["complex", ""]
    assert why([(["5"], ["1"])], "n + 1") == ["expression"]


def test_only_the_studio_tries_tables_and_only_decisions_that_exist() -> None:
    with pytest.raises(NotAllowedError):
        table_bench.open_bench(Viewer("chen", "陈客服", (Grant("agent"),)), source=TIME_LIMITS)
    with pytest.raises(NotFoundError):
        table_bench.open_bench(OWNER, source=TIME_LIMITS, decision="nothing")
