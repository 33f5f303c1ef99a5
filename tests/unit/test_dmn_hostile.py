"""Decision files with parts taken out, put twice or moved: an answer, or an error in words."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.core import dmn, feel

WHOLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n" name="n">
<import name="other" namespace="m" importType="x"/>
<itemDefinition name="tAge"><typeRef>number</typeRef><allowedValues><text>[0..120]</text></allowedValues></itemDefinition>
<itemDefinition name="tPerson"><itemComponent name="age"><typeRef>tAge</typeRef></itemComponent></itemDefinition>
<itemDefinition name="tPeople" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>
<inputData id="i1" name="person"><variable name="person" typeRef="tPerson"/></inputData>
<inputData id="i2" name="level"><variable name="level" typeRef="string"/></inputData>
<decision id="d1" name="first"><variable name="first" typeRef="tPeople"/>
  <informationRequirement><requiredInput href="#i1"/></informationRequirement>
  <knowledgeRequirement><requiredKnowledge href="#k1"/></knowledgeRequirement>
  <context><contextEntry><variable name="a" typeRef="number"/><literalExpression><text>f(person.age)</text></literalExpression>
  </contextEntry><contextEntry><variable name="b"/><invocation><literalExpression><text>f</text></literalExpression>
  <binding><parameter name="n"/><literalExpression><text>a</text></literalExpression></binding></invocation></contextEntry>
  <contextEntry><literalExpression><text>[person, {age: b}]</text></literalExpression></contextEntry></context></decision>
<decision id="d2" name="second"><variable name="second"/>
  <informationRequirement><requiredDecision href="#d1"/></informationRequirement>
  <informationRequirement><requiredInput href="#i2"/></informationRequirement>
  <decisionTable id="t" hitPolicy="PRIORITY"><input id="a"><inputExpression typeRef="number"><text>count(first)</text>
  </inputExpression><inputValues><text>[0..9]</text></inputValues></input><input id="b"><inputExpression><text>level</text>
  </inputExpression></input><output id="o" name="x" typeRef="string"><outputValues><text>"a","b"</text></outputValues>
  <defaultOutputEntry><text>"b"</text></defaultOutputEntry></output><output id="p" name="y"/>
  <rule id="r1"><inputEntry><text>&lt; 3</text></inputEntry><inputEntry><text>"high"</text></inputEntry>
  <outputEntry><text>"a"</text></outputEntry><outputEntry><text>level</text></outputEntry></rule>
  <rule id="r2"><inputEntry><text>-</text></inputEntry><inputEntry><text>not("high")</text></inputEntry>
  <outputEntry><text>"b"</text></outputEntry><outputEntry><text>1</text></outputEntry></rule></decisionTable></decision>
<decision id="d3" name="third"><informationRequirement><requiredDecision href="#d2"/></informationRequirement>
  <relation><column name="c"/><row><literalExpression><text>second.x</text></literalExpression></row>
  <row><list><literalExpression><text>1</text></literalExpression></list></row></relation></decision>
<decision id="d4" name="fourth"><conditional><if><literalExpression><text>true</text></literalExpression></if>
  <then><for iteratorVariable="i"><in><literalExpression><text>[1..3]</text></literalExpression></in>
  <return><literalExpression><text>i</text></literalExpression></return></for></then><else><some iteratorVariable="i">
  <in><literalExpression><text>[1]</text></literalExpression></in><satisfies><literalExpression><text>i = 1</text>
  </literalExpression></satisfies></some></else></conditional></decision>
<businessKnowledgeModel id="k1" name="f"><encapsulatedLogic><formalParameter name="n" typeRef="number"/>
  <literalExpression><text>if n &gt; 0 then f(n - 1) else 0</text></literalExpression></encapsulatedLogic>
  <knowledgeRequirement><requiredKnowledge href="#k1"/></knowledgeRequirement></businessKnowledgeModel>
<decisionService id="s" name="service"><outputDecision href="#d2"/><inputDecision href="#d1"/><inputData href="#i2"/></decisionService>
</definitions>"""
VARIABLES = {"person": {"age": 3}, "level": "high"}


def answers(xml: bytes) -> dict[str, Any]:
    """What every decision of a file says; None for one that says why not."""
    found: dict[str, Any] = {}
    try:
        model = dmn.parse(xml)
    except dmn.DmnError:
        return found
    assert all(finding.message and finding.message_zh for finding in dmn.lint(model))
    for name in (*model.decisions, *model.services, *model.knowledge):
        for strict in (True, False):
            try:
                found[name] = feel.to_json(dmn.evaluate(model, name, VARIABLES, feel.Env(strict=strict)).value)
            except dmn.DmnError as problem:
                found[name] = None
                assert str(problem)  # noqa: PT017  any other error fails the test
    return found


def test_the_whole_file_answers() -> None:
    found = answers(WHOLE.encode())
    assert found["d1"] == [{"age": 3}, {"age": 0}]
    assert found["d2"] == {"x": "a", "y": "high"}
    assert found["d3"] == [{"c": "a"}, {"c": [1]}]
    assert found["d4"] == [1, 2, 3]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["drop", "twice", "attribute", "text", "move"]), st.integers(0, 10_000)),
        min_size=1,
        max_size=4,
    )
)
def test_damaged_files(changes: list[tuple[str, int]]) -> None:
    root = etree.fromstring(WHOLE.encode())
    for what, where in changes:
        elements = [element for element in root.iter() if element is not root]
        element = elements[where % len(elements)]
        parent = element.getparent()
        if what == "drop":
            parent.remove(element)
        elif what == "twice":
            parent.append(copy.deepcopy(element))
        elif what == "attribute" and element.attrib:
            del element.attrib[sorted(element.attrib)[where % len(element.attrib)]]
        elif what == "text":
            element.text = ["", "<", "null", "x y", "#i1", "[1..", "(" * 60][where % 7]
        elif what == "move":
            root.append(element)
    answers(etree.tostring(root))
