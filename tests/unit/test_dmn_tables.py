"""Decision tables as dmn-js writes them: hit policies, answers, explanations and errors."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core import dmn, feel

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d1" name="规则" '
    'namespace="http://camunda.org/schema/1.0/dmn">'
)


def table(
    rows: list[tuple[list[str], list[str]]],
    *,
    policy: str = 'hitPolicy="UNIQUE"',
    inputs: tuple[tuple[str, str, str], ...] = (("urgency", "string", ""), ("round", "number", "")),
    outputs: tuple[tuple[str, str, str, str], ...] = (("hours", "number", "", ""),),
) -> bytes:
    """A file with one decision; inputs are (expression, type, allowed), outputs (name, type, allowed, default)."""
    parts = [HEAD, f'<decision id="deadline" name="时限"><decisionTable id="t" {policy}>']
    for number, (text, kind, allowed) in enumerate(inputs):
        values = f"<inputValues><text>{escape(allowed)}</text></inputValues>" if allowed else ""
        parts.append(
            f'<input id="i{number}" label="{text}"><inputExpression typeRef="{kind}"><text>{text}</text></inputExpression>{values}</input>'
        )
    for number, (name, kind, allowed, default) in enumerate(outputs):
        values = f"<outputValues><text>{escape(allowed)}</text></outputValues>" if allowed else ""
        fallback = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
        parts.append(f'<output id="o{number}" name="{name}" typeRef="{kind}">{values}{fallback}</output>')
    for number, (tests, results) in enumerate(rows, 1):
        cells = "".join(f"<inputEntry><text>{escape(test)}</text></inputEntry>" for test in tests)
        cells += "".join(f"<outputEntry><text>{escape(result)}</text></outputEntry>" for result in results)
        parts.append(f'<rule id="r{number}"><description>注 {number}</description>{cells}</rule>')
    return "".join([*parts, "</decisionTable></decision></definitions>"]).encode()


ROWS = [(['"特急"', "-"], ["2"]), (['"紧急"', "< 2"], ["24"]), (['"紧急"', ">= 2"], ["24 * round"])]


def ask(xml: bytes, env: feel.Env | None = None, **variables: Any) -> Any:
    return feel.to_json(dmn.evaluate(dmn.parse(xml), "deadline", variables, env).value)


def test_unique() -> None:
    assert ask(table(ROWS), urgency="特急", round=9) == 2
    assert ask(table(ROWS), urgency="紧急", round=3) == 72
    assert ask(table(ROWS), urgency="一般", round=3) is None


def test_the_answer_says_which_rows_matched() -> None:
    result = dmn.evaluate(dmn.parse(table(ROWS)), "时限", {"urgency": "紧急", "round": 1})
    assert [(match.index, match.rule_id, match.annotations) for match in result.matched] == [(2, "r2", ("注 2",))]


def test_and_why_others_did_not() -> None:
    answers = dmn.explain(dmn.parse(table(ROWS)), "deadline", {"urgency": "紧急", "round": 1})
    assert [(answer.index, answer.matched) for answer in answers] == [(1, False), (2, True), (3, False)]
    assert answers[0].miss == dmn.CellMiss(1, "urgency", '"特急"', "紧急")
    assert answers[2].miss is not None
    assert (answers[2].miss.column, answers[2].miss.test) == (2, ">= 2")


OVERLAPPING = [(['"a"', "-"], ["1"]), (["-", "> 1"], ["3"]), (["-", "> 2"], ["3"]), (['"z"', "-"], ["0"])]


def test_unique_with_two_rows_names_them() -> None:
    with pytest.raises(dmn.DmnError, match="rows 1, 2 do"):
        ask(table(OVERLAPPING), urgency="a", round=2)
    assert ask(table(OVERLAPPING), feel.Env(strict=False), urgency="a", round=2) is None


@pytest.mark.parametrize(
    ("policy", "answer"),
    [('"FIRST"', 1), ('"FIRST" aggregation="SUM"', 1), ('"RULE ORDER"', [1, 3, 3]), ('"COLLECT"', [1, 3, 3]),
     ('"COLLECT" aggregation="SUM"', 7), ('"COLLECT" aggregation="MIN"', 1), ('"COLLECT" aggregation="MAX"', 3),
     ('"COLLECT" aggregation="COUNT"', 3), ('"C+"', 7)],
)  # fmt: skip
def test_hit_policies(policy: str, answer: Any) -> None:
    assert ask(table(OVERLAPPING, policy=f"hitPolicy={policy}"), urgency="a", round=5) == answer


def test_any_wants_equal_results() -> None:
    xml = table(OVERLAPPING, policy='hitPolicy="ANY"')
    assert ask(xml, urgency="b", round=5) == 3
    with pytest.raises(dmn.DmnError, match="rows 1, 2, 3 match with different results"):
        ask(xml, urgency="a", round=5)


def test_priority_follows_the_allowed_values() -> None:
    outputs = (("hours", "number", "3, 1, 0", ""),)
    assert ask(table(OVERLAPPING, policy='hitPolicy="PRIORITY"', outputs=outputs), urgency="a", round=5) == 3
    assert ask(table(OVERLAPPING, policy='hitPolicy="OUTPUT ORDER"', outputs=outputs), urgency="a", round=5) == [
        3,
        3,
        1,
    ]


def test_nothing_matches() -> None:
    assert ask(table(ROWS, outputs=(("hours", "number", "", "48"),)), urgency="一般", round=1) == 48
    assert ask(table(ROWS, policy='hitPolicy="COLLECT"'), urgency="一般", round=1) == []
    assert ask(table(ROWS, policy='hitPolicy="COLLECT" aggregation="COUNT"'), urgency="一般", round=1) == 0
    assert ask(table(ROWS, policy='hitPolicy="COLLECT" aggregation="SUM"'), urgency="一般", round=1) is None


def test_several_outputs_are_a_context() -> None:
    outputs = (("hours", "number", "", ""), ("level", "string", "", ""))
    xml = table([(["-", "-"], ["2", '"A"'])], outputs=outputs)
    assert ask(xml, urgency="a", round=1) == {"hours": 2, "level": "A"}


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(dmn.DmnError, match=r"input “round”: .*no variable “round”. Did you mean “rounds”\?") as caught:
        ask(table(ROWS), urgency="特急", rounds=1)
    assert "没有变量“round”" in dmn.in_chinese(caught.value)


def test_types_are_checked() -> None:
    with pytest.raises(dmn.DmnError, match="input “round” is two"):
        ask(table(ROWS), urgency="特急", round="two")
    with pytest.raises(dmn.DmnError, match='its column allows "特急"'):
        ask(table(ROWS, inputs=(("urgency", "string", '"特急"'), ("round", "number", ""))), urgency="慢", round=1)
    with pytest.raises(dmn.DmnError, match="row 1: the result a is not of the type number"):
        ask(table([(["-", "-"], ['"a"'])]), urgency="特急", round=1)


def test_dates_arrive_as_json_texts() -> None:
    xml = table([(['< date("2026-03-01")'], ["1"])], inputs=(("opened", "date", ""),))
    assert ask(xml, opened="2026-02-28") == 1
    with pytest.raises(dmn.DmnError, match="opened"):
        ask(xml, opened="yesterday")


def test_a_broken_cell_is_named() -> None:
    with pytest.raises(dmn.DmnError, match="Table “时限”, row 1, “round”: Position 2"):
        ask(table([(["-", "<"], ["1"])]), urgency="a", round=1)


def test_decisions_require_decisions() -> None:
    xml = HEAD + (
        '<inputData id="in" name="amount"/>'
        '<decision id="tax" name="税额"><variable name="税额" typeRef="number"/>'
        '<informationRequirement><requiredInput href="#in"/></informationRequirement>'
        "<literalExpression><text>amount * 0.1</text></literalExpression></decision>"
        '<decision id="total" name="total"><informationRequirement><requiredDecision href="#tax"/></informationRequirement>'
        '<informationRequirement><requiredInput href="#in"/></informationRequirement>'
        '<knowledgeRequirement><requiredKnowledge href="#round"/></knowledgeRequirement>'
        '<context><contextEntry><variable name="sum"/><literalExpression><text>amount + 税额</text></literalExpression></contextEntry>'
        "<contextEntry><literalExpression><text>to cents(sum)</text></literalExpression></contextEntry></context></decision>"
        '<businessKnowledgeModel id="round" name="to cents"><encapsulatedLogic><formalParameter name="n" typeRef="number"/>'
        "<literalExpression><text>decimal(n, 2)</text></literalExpression></encapsulatedLogic></businessKnowledgeModel></definitions>"
    )
    model = dmn.parse(xml.encode())
    assert feel.to_json(dmn.evaluate(model, "total", {"amount": 1.234}).value) == 1.36
    assert dmn.lint(model) == []


def test_a_knowledge_model_or_service_can_be_asked_too() -> None:
    xml = HEAD + (
        '<inputData id="in" name="n"/>'
        '<decision id="twice" name="twice"><informationRequirement><requiredInput href="#in"/></informationRequirement>'
        "<literalExpression><text>n * 2</text></literalExpression></decision>"
        '<decision id="end" name="end"><informationRequirement><requiredDecision href="#twice"/></informationRequirement>'
        "<literalExpression><text>twice + 1</text></literalExpression></decision>"
        '<decisionService id="s" name="service"><outputDecision href="#end"/><inputDecision href="#twice"/></decisionService>'
        '<decision id="use" name="use"><knowledgeRequirement><requiredKnowledge href="#s"/></knowledgeRequirement>'
        "<literalExpression><text>service(10)</text></literalExpression></decision>"
        '<businessKnowledgeModel id="half" name="half"><encapsulatedLogic><formalParameter name="n"/>'
        "<literalExpression><text>n / 2</text></literalExpression></encapsulatedLogic></businessKnowledgeModel></definitions>"
    )
    model = dmn.parse(xml.encode())
    answers = [dmn.evaluate(model, name, {"n": 3, "twice": 100}).value for name in ("end", "service", "use", "half")]
    assert feel.to_json(answers) == [7, 101, 11, 1.5]


def test_files_import_files() -> None:
    space = 'xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/"'
    hello = dmn.parse(
        f'<definitions {space} namespace="A"><inputData id="p" name="person"/><decision id="g" name="greeting">'
        '<informationRequirement><requiredInput href="#p"/></informationRequirement>'
        '<literalExpression><text>"你好，" + person</text></literalExpression></decision></definitions>'.encode()
    )
    outer = dmn.parse(
        f'<definitions {space} namespace="B"><import name="A file" namespace="A" importType="dmn"/><decision id="r" name="r">'
        '<informationRequirement><requiredDecision href="A#g"/></informationRequirement>'
        '<literalExpression><text>A file.greeting + "！"</text></literalExpression></decision></definitions>'.encode(),
        {"A": hello},
    )
    assert dmn.evaluate(outer, "r", {"A file": {"person": "张三"}}).value == "你好，张三！"
    assert dmn.evaluate(outer, "r", {"person": "李四"}).value == "你好，李四！"


def test_a_circle_is_refused() -> None:
    body = "<literalExpression><text>1</text></literalExpression>"
    pair = [
        f'<decision id="{a}" name="{a}"><informationRequirement><requiredDecision href="#{b}"/></informationRequirement>{body}</decision>'
        for a, b in (("a", "b"), ("b", "a"))
    ]
    with pytest.raises(dmn.DmnError, match="requires itself"):
        dmn.evaluate(dmn.parse((HEAD + "".join(pair) + "</definitions>").encode()), "a", {})


def test_an_unknown_decision_is_named_with_the_nearest() -> None:
    with pytest.raises(dmn.DmnError, match="Did you mean “deadline”"):
        dmn.evaluate(dmn.parse(table(ROWS)), "dedline", {})


@pytest.mark.parametrize(
    "space",
    ["http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
     "https://www.omg.org/spec/DMN/20191111/MODEL/", "https://www.omg.org/spec/DMN/20211108/MODEL/",
     "https://www.omg.org/spec/DMN/20230324/MODEL/"],
)  # fmt: skip
def test_all_versions_of_the_format(space: str) -> None:
    xml = table(ROWS).replace(b"https://www.omg.org/spec/DMN/20191111/MODEL/", space.encode())
    assert ask(xml, urgency="特急", round=1) == 2


HOSTILE = {
    "not xml": (b"<definitions", "well-formed"),
    "another root": (b"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>", "not a DMN file"),
    "doctype": (b"<!DOCTYPE x>" + HEAD.encode()[38:] + b"</definitions>", "DOCTYPE"),
    "entities": (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        + HEAD.encode()[38:]
        + b"&b;</definitions>",
        "DOCTYPE",
    ),
    "file": (
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + HEAD.encode()[38:] + b"&a;</definitions>",
        "DOCTYPE",
    ),
    "large": (b" " * 5_000_000, "larger"),
    "deep": (
        HEAD.encode()
        + b"<decision id='a' name='a'>"
        + b"<list>" * 200
        + b"</list>" * 200
        + b"</decision></definitions>",
        "nested",
    ),
    "no output": (table([], outputs=()), "no output"),
    "short row": (table([(["-"], ["1"])]), "1 conditions"),
    "policy": (table(ROWS, policy='hitPolicy="BEST"'), "BEST"),
    "twice": (HEAD.encode() + b"<inputData id='a' name='a'/><inputData id='a' name='b'/></definitions>", "twice"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_that_are_refused(name: str) -> None:
    xml, reason = HOSTILE[name]
    with pytest.raises(dmn.DmnError, match=reason) as caught:
        dmn.parse(xml)
    assert dmn.in_chinese(caught.value) != str(caught.value)


def test_scripts_are_refused() -> None:
    xml = HEAD + (
        '<decision id="a" name="a"><literalExpression expressionLanguage="groovy"><text>System.exit(1)</text></literalExpression>'
        "</decision></definitions>"
    )
    model = dmn.parse(xml.encode())
    assert [finding.severity for finding in dmn.lint(model)] == ["error"]
    with pytest.raises(dmn.DmnError, match="groovy"):
        dmn.evaluate(model, "a", {})


CELL = st.sampled_from(
    [
        "",
        "-",
        "1",
        "< 2",
        ">= 2",
        "[1..3]",
        "(1..3)",
        "not(1)",
        '"a"',
        '"a","b"',
        "true",
        "null",
        "<",
        "x",
        "? > 1",
        "1, 2",
        "[3..1]",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.lists(CELL, min_size=2, max_size=2), st.lists(CELL, min_size=1, max_size=1)), max_size=4),
    st.sampled_from(["UNIQUE", "FIRST", "ANY", "PRIORITY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"]),
    st.sampled_from(["string", "number", "boolean", "integer", "date", ""]),
    st.one_of(st.integers(-1, 4), st.booleans(), st.sampled_from(["a", "b", "2026-03-01"]), st.none()),
)
def test_any_table_answers_or_says_why(rows: Any, policy: str, kind: str, value: Any) -> None:
    xml = table(
        rows,
        policy=f'hitPolicy="{policy}"',
        inputs=(("urgency", kind, ""), ("round", "", "")),
        outputs=(("o", "", "1, 2", ""),),
    )
    model = dmn.parse(xml)
    findings = dmn.lint(model)
    assert all(finding.message and finding.message_zh for finding in findings)
    for strict in (True, False):
        try:
            feel.to_json(dmn.evaluate(model, "deadline", {"urgency": value, "round": 2}, feel.Env(strict=strict)).value)
        except dmn.DmnError as problem:
            assert str(problem)  # noqa: PT017  any other error fails the test
