"""What the check of a decision table at deployment says, and that it says nothing that is not so."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core import dmn
from tests.unit.test_dmn_tables import table

TIME_LIMITS = Path(__file__).parents[2] / "processes" / "complaint" / "time_limits.dmn"
LEVELS = ("level", "string", '"高", "中", "低"')
ROUND = ("round", "integer", "")
ANYTHING = [(["-", "-"], ["1"])]


def said(xml: bytes) -> list[tuple[str, str, str]]:
    findings = dmn.lint(dmn.parse(xml))
    assert all(finding.message_zh and finding.element_id for finding in findings)
    return [(finding.severity, finding.rule, finding.message) for finding in findings]


def test_a_complete_table_is_quiet() -> None:
    rows = [(['"高"', "-"], ["1"]), (['"中","低"', "<= 2"], ["2"]), (['not("高")', ">= 3"], ["3"])]
    assert said(table(rows, inputs=(LEVELS, ROUND))) == []


def test_overlapping_rows() -> None:
    rows = [(['"高"', "-"], ["1"]), (["-", "> 5"], ["2"]), (['"中","低"', "<= 5"], ["3"])]
    found = said(table(rows, inputs=(LEVELS, ROUND)))
    assert [(severity, rule) for severity, rule, _ in found] == [("error", "dmn-overlap")]
    assert found[0][2].startswith('Rows 1 and 2 both match: level = "高"; round > 5.')
    assert said(table(rows, inputs=(LEVELS, ROUND), policy='hitPolicy="FIRST"')) == []


def test_overlap_with_the_same_result_is_fine_under_any() -> None:
    rows = [(['"高"', "-"], ["1"]), (["-", "-"], ["1"])]
    assert said(table(rows, inputs=(LEVELS, ROUND), policy='hitPolicy="ANY"')) == []


def test_missing_rows() -> None:
    rows = [(['"高"', "[1..3]"], ["1"]), (['"中"', "-"], ["2"])]
    found = said(table(rows, inputs=(LEVELS, ROUND)))
    assert {message for _, rule, message in found if rule == "dmn-gap"} == {
        'No row matches: level = "高"; round < 1, > 3. The answer is then null; add a row, or a default.',
        'No row matches: level = "低". The answer is then null; add a row, or a default.',
    }
    assert said(table(rows, inputs=(LEVELS, ROUND), outputs=(("o", "number", "", "9"),))) == []


def test_missing_truth_value_and_dates() -> None:
    assert "flag = false" in said(table([(["true"], ["1"])], inputs=(("flag", "boolean", ""),)))[0][2]
    dated = [(['< date("2026-01-01")'], ["1"]), (['> date("2026-01-01")'], ["2"])]
    assert "day = 2026-01-01" in said(table(dated, inputs=(("day", "date", ""),)))[0][2]


def test_whole_numbers_have_no_gap_between_neighbours() -> None:
    rows = [(["<= 5"], ["1"]), ([">= 6"], ["2"])]
    assert said(table(rows, inputs=(("n", "number", ""),))) == []
    halves = [(["<= 5.5"], ["1"]), ([">= 6"], ["2"])]
    assert "n in (5.5..6)" in said(table(halves, inputs=(("n", "number", ""),)))[0][2]


def test_first_without_a_last_row() -> None:
    rows = [(['"漏水"'], ["1"]), (['"裂缝"'], ["2"])]
    found = said(table(rows, inputs=(("kind", "string", ""),), policy='hitPolicy="FIRST"'))
    assert [(severity, rule) for severity, rule, _ in found] == [("warning", "dmn-no-default")]
    computed = [(["? > limit"], ["1"])]
    found = said(table(computed, inputs=(("n", "number", ""),), policy='hitPolicy="FIRST"'))
    assert [rule for _, rule, _ in found] == ["dmn-no-default"]
    assert said(table([*rows, (["-"], ["3"])], inputs=(("kind", "string", ""),), policy='hitPolicy="FIRST"')) == []


def test_unreachable_row() -> None:
    rows = [(["< 5"], ["1"]), ([">= 5"], ["2"]), (["[3..8]"], ["3"])]
    found = said(table(rows, inputs=(("n", "number", ""),), policy='hitPolicy="FIRST"'))
    assert [message for _, _, message in found] == ["Row 3 is never reached: the rows above take all its cases."]


def test_a_row_for_missing_values_is_reached() -> None:
    rows = [(["true"], ["1"]), (["false"], ["2"]), (["? = null"], ["3"])]
    assert said(table(rows, inputs=(("flag", "boolean", ""),), policy='hitPolicy="FIRST"')) == []
    rows[2] = (["-"], ["3"])
    assert said(table(rows, inputs=(("flag", "boolean", ""),), policy='hitPolicy="FIRST"')) == []


def test_impossible_cell() -> None:
    found = said(table([(["[5..1]"], ["1"]), (["-"], ["2"])], inputs=(("n", "number", ""),)))
    assert ("error", "dmn-impossible", "Row 1, “n”: no value ever passes [5..1].") in found
    found = said(table([(['"特高"'], ["1"]), (["-"], ["2"])], inputs=(LEVELS,)))
    assert found[0][1] == "dmn-impossible"


def test_cells_that_are_not_feel() -> None:
    found = said(table([(["< ", "-"], ["1 +"])]))
    assert [message for _, _, message in found] == [
        "Row 1, “urgency”: Position 2: the expression is not complete.",
        "Row 1, “hours”: Position 4: the expression is not complete.",
    ]


def test_results_of_another_type_or_not_allowed() -> None:
    found = said(table([(["-", "-"], ['"a"'])]))
    assert found == [("error", "dmn-type", 'Row 1, “hours”: "a" is not of the column\'s type number.')]
    found = said(table([(["-", "-"], ["3"])], outputs=(("hours", "number", "1, 2", ""),)))
    assert found[0][1] == "dmn-output-value"


def test_text_without_quotes() -> None:
    found = said(table([(["特急", "-"], ["1"])], policy='hitPolicy="COLLECT"'))
    assert found == [("warning", "dmn-quotes", 'Row 1, “urgency”: 特急 is a variable; a text is written "特急".')]


def test_priority_needs_an_order() -> None:
    assert said(table([(["-", "-"], ["1"])], policy='hitPolicy="PRIORITY"'))[0][1] == "dmn-priority"


def test_types_that_do_not_exist() -> None:
    found = said(table([(["-"], ["1"])], inputs=(("urgency", "String", ""),)))
    assert found == [("warning", "dmn-type-unknown", "Input “urgency”: there is no type String; did you mean string?")]


def test_requirements_that_do_not_exist_or_go_in_circles() -> None:
    whole = table(ANYTHING).replace(
        b'<decisionTable id="t"',
        b'<informationRequirement><requiredDecision href="#gone"/></informationRequirement><decisionTable id="t"',
    )
    assert said(whole) == [("error", "dmn-missing-requirement", "It requires #gone, which does not exist.")]
    assert said(whole.replace(b"#gone", b"http://elsewhere#d"))[0][1] == "dmn-missing-requirement"
    assert said(whole.replace(b"#gone", b"#deadline")) == [
        ("error", "dmn-circle", "It requires itself through others.")
    ]


def test_a_large_table_is_checked_in_time() -> None:
    rows = [([f"[{10 * n}..{10 * n + 9}]", f'"k{n % 7}"'], [str(n)]) for n in range(250)]
    begin = time.perf_counter()
    dmn.lint(dmn.parse(table(rows, inputs=(("n", "integer", ""), ("k", "string", "")))))
    assert time.perf_counter() - begin < 5


def test_a_huge_table_is_given_up() -> None:
    rows = [([str(n % 300), f'"k{n % 90}"'], [str(n)]) for n in range(3000)]
    for policy in ("UNIQUE", "FIRST"):
        xml = table(rows, inputs=(("n", "integer", ""), ("k", "string", "")), policy=f'hitPolicy="{policy}"')
        model = dmn.parse(xml)
        begin = time.perf_counter()
        rules = {finding.rule for finding in dmn.lint(model)}
        assert time.perf_counter() - begin < 10
        assert rules & {"dmn-too-large", "dmn-overlap"}


NUMBER = st.sampled_from(
    ["-", "? = null", "? > 1 and ? != 3", "1", "< 2", "<= 2", "> 1", "[1..3]", "(1..3)", "2, 3", "not(2)", "[2..4)"]
)
TEXT = st.sampled_from(["-", '"高"', '"中", "低"', 'not("高")'])


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(TEXT, NUMBER), min_size=1, max_size=4))
def test_the_check_agrees_with_trying_all_inputs(cells: list[tuple[str, str]]) -> None:
    """Overlaps, gaps and unreachable rows are exactly those that show when every input is tried."""
    rows = [([text, number], [str(index)]) for index, (text, number) in enumerate(cells)]
    unique = dmn.parse(table(rows, inputs=(LEVELS, ROUND)))
    first = dmn.parse(table(rows, inputs=(LEVELS, ROUND), policy='hitPolicy="FIRST"'))
    present = [tried(unique, level, number) for level, number in itertools.product("高中低", range(-1, 7))]
    matched = [tried(unique, level, number) for level, number in itertools.product("高中低", [*range(-1, 7), None])]
    matched += [tried(unique, None, number) for number in [*range(-1, 7), None]]
    rules = {finding.rule for finding in dmn.lint(unique)}
    assert ("dmn-overlap" in rules) == any(len(found) > 1 for found in matched)
    if "dmn-impossible" not in rules:
        assert ("dmn-gap" in rules) == any(not found for found in present)
        unreachable = {int(f.element_id[1:]) for f in dmn.lint(first) if f.rule == "dmn-unreachable"}
        assert unreachable == set(range(1, len(rows) + 1)) - {found[0] for found in matched if found}


def tried(model: dmn.Decisions, level: str | None, number: int | None) -> list[int]:
    answers: Any = dmn.explain(model, "deadline", {"level": level, "round": number})
    return [answer.index for answer in answers if answer.matched]


def test_findings_name_the_row() -> None:
    finding = dmn.lint(dmn.parse(table([(["<", "-"], ["1"])])))[0]
    assert (finding.name, finding.line > 0, finding.severity) == ("时限", True, "error")
    with pytest.raises(dmn.DmnError):
        dmn.evaluate(dmn.parse(table([(["<", "-"], ["1"])])), "时限", {"urgency": 1, "round": 1})


def test_a_result_that_is_a_text_without_quotes_is_an_error() -> None:
    found = said(table([(["-"], ["四天"])], inputs=(ROUND,)))
    assert [(severity, rule) for severity, rule, _ in found] == [("error", "dmn-unknown-name")]
    assert "四天" in found[0][2]
    assert said(table([(["-"], ["round"])], inputs=(ROUND,))) == [], "the column's own input may be given back"


def test_the_units_of_the_shipped_time_limits_are_checked() -> None:
    text = TIME_LIMITS.read_text(encoding="utf-8")
    before, clock, after = text.partition("&quot;day5_call&quot;")
    for wrong in ("&quot;天&quot;", "天"):
        changed = before + clock + after.replace("<text>&quot;cd&quot;</text>", f"<text>{wrong}</text>", 1)
        errors = [rule for severity, rule, _ in said(changed.encode()) if severity == "error"]
        assert len(errors) == 1, wrong
        assert '"wd"' in next(message for severity, _, message in said(changed.encode()) if severity == "error")
    changed = before + clock + after.replace("<text>5</text>", "<text>四天</text>", 1)
    assert [rule for severity, rule, _ in said(changed.encode()) if severity == "error"] == ["dmn-unknown-name"]
    assert said(text.encode()) == []


def test_cells_name_themselves_and_say_how_they_are_written() -> None:
    rows = [(["高，中", ">= 3天"], ["4天"])]
    xml = table(rows, inputs=(("level", "string", ""), ("n", "number", "")))
    for number, cell in enumerate(["in_1", "in_2"]):
        xml = xml.replace(b"<inputEntry><", f'<inputEntry id="{cell}"><'.encode(), 1) if number < 2 else xml
    xml = xml.replace(b"<outputEntry>", b'<outputEntry id="out_1">')
    found = {finding.element_id: finding for finding in dmn.lint(dmn.parse(xml))}
    assert found["in_1"].message.endswith('Write: "高", "中"')
    assert found["in_2"].message_zh.endswith("请写成：>= 3")
    assert found["out_1"].message_zh.endswith("请写成：4")


@pytest.mark.parametrize(
    ("kind", "cell", "rule", "better"),
    [
        ("number", '"高"', "dmn-cell-type", ""),
        ("date", '> "2026-01-01"', "dmn-cell-type", '> date("2026-01-01")'),
        ("boolean", '"是"', "dmn-cell-type", "true"),
        ("date", "2026-01-01", "dmn-sum", 'date("2026-01-01")'),
        ("number", "3-5", "dmn-sum", "[3..5]"),
        ("string", "高, 中", "dmn-quotes", '"高", "中"'),
    ],
)
def test_conditions_that_are_feel_and_yet_not_meant(kind: str, cell: str, rule: str, better: str) -> None:
    found = said(table([([cell], ["1"]), (["-"], ["2"])], inputs=(("x", kind, ""),), policy='hitPolicy="FIRST"'))
    assert {name for _, name, _ in found} == {rule}
    assert better in found[0][2]


def test_constants_of_several_kinds_are_left_alone() -> None:
    rows = [(["5"], ["1"]), (['"高"'], ["2"]), (["-"], ["3"])]
    assert said(table(rows, inputs=(("x", "", ""),), policy='hitPolicy="FIRST"')) == []


def test_two_rows_with_one_id() -> None:
    xml = table([(['"高"', "-"], ["1"]), (['not("高")', "-"], ["2"])], inputs=(LEVELS, ROUND)).replace(b'"r2"', b'"r1"')
    found = dmn.lint(dmn.parse(xml))
    assert [(f.rule, f.severity, f.element_id) for f in found] == [("dmn-double-id", "error", "r1")]
    assert "第 1 行" in found[0].message_zh
    assert "第 2 行" in found[0].message_zh


def test_a_name_that_is_no_input() -> None:
    xml = TIME_LIMITS.read_bytes().replace(b"<text>-</text>", b"<text>urgncy</text>", 1)
    found = [f for f in dmn.lint(dmn.parse(xml)) if f.rule in {"dmn-quotes", "dmn-unknown-input"}]
    assert [f.element_id for f in found] == ["time_limits_row_1_in_3"]
    xml = TIME_LIMITS.read_bytes().replace(b"<text>-</text>", b"<text>? = urgncy</text>", 1)
    found = [f for f in dmn.lint(dmn.parse(xml)) if f.rule == "dmn-unknown-input"]
    assert "Did you mean urgency?" in found[0].message
    asked = b"<text>urgency</text>"
    assert [f.rule for f in dmn.lint(dmn.parse(TIME_LIMITS.read_bytes().replace(asked, b"<text>kind</text>")))] == []
    found = dmn.lint(dmn.parse(TIME_LIMITS.read_bytes().replace(asked, b"<text>urgencey</text>")))
    assert [(f.rule, f.element_id) for f in found] == [("dmn-unknown-input", "time_limits_expression_urgency")]


EXAMPLE = (
    '<extensionElements><k:examples xmlns:k="http://keyturn.example/schema/dmn">'
    '<k:example id="x1" name="第五天 电话"><k:given name="clock">"day5_call"</k:given><k:given name="process">"complaint"'
    '</k:given><k:expect>{"value": %s, "unit": "cd", "warn_value": null, "start": "reported", "remind": "09:00", '
    '"pausable": false, "source": "C06 C18"}</k:expect></k:example></k:examples></extensionElements>'
)


def test_a_stored_example_that_no_longer_holds_is_an_error_with_both_results() -> None:
    def found(expected: str) -> list[Any]:
        inside = b'<decision id="time_limits" name="\xe6\x97\xb6\xe9\x99\x90">'
        source = TIME_LIMITS.read_bytes()
        assert inside in source
        return dmn.lint(dmn.parse(source.replace(inside, inside + (EXAMPLE % expected).encode())))

    assert found("5") == []
    (finding,) = found("4")
    assert (finding.rule, finding.severity, finding.element_id) == ("dmn-example", "error", "x1")
    assert '"value": 4' in finding.message_zh
    assert '"value": 5' in finding.message_zh
    assert "18" in finding.message_zh
    (finding,) = found("nothing")
    assert "读不懂" in finding.message_zh


def test_the_name_of_an_example_is_no_name_of_feel() -> None:
    xml = table([(["-", "-"], ["1"])]).replace(
        b'<decision id="deadline" name="\xe6\x97\xb6\xe9\x99\x90">',
        '<decision id="deadline" name="时限"><extensionElements><k:examples xmlns:k="http://keyturn.example/schema/dmn">'
        '<k:example id="x" name="1 + urgency"/></k:examples></extensionElements>'.encode(),
    )
    assert "1 + urgency" not in dmn.parse(xml).names
