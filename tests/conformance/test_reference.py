"""The reference lists what the code does: every rule that can be said, every element that can be drawn."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.core import lint, normalise, parse, program, reference
from engine.errors import DeploymentRefused
from tests.conformance.drawing_board import END, START, chain, user, xml
from tests.conformance.foreign_drawings import HOSTILE, drawings
from tests.conformance.test_lint import RULES

CORE = Path(lint.__file__).parents[1]
DEFINITIONS = {
    "timer": "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
    "message": '<messageEventDefinition messageRef="m"/>',
    "signal": '<signalEventDefinition signalRef="sg"/>',
    "error": '<errorEventDefinition errorRef="er"/>',
    "escalation": '<escalationEventDefinition escalationRef="up"/>',
    "conditional": "<conditionalEventDefinition><condition>x</condition></conditionalEventDefinition>",
    "link": '<linkEventDefinition name="L"/>',
    "terminate": "<terminateEventDefinition/>",
    "compensation": "<compensateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
    "": "",
}


def test_every_rule_of_the_code_is_listed_once():
    names = [rule.rule for rule in reference.rules()]
    assert len(names) == len(set(names))
    assert names == sorted(names)
    source = "".join(path.read_text() for path in [*CORE.glob("lint/*.py"), *CORE.glob("parse/*.py")])
    written = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source)) - set(reference.repairs())
    written |= {"missing-id"}  # a rule and its repair
    assert written - {"utf-8"} <= set(names)
    single = {"called-missing", "cron", "decision-missing", "deadlock", "doctype", "juel", "livelock", "oversize", "unreachable"}
    kinds = {f"unknown-{k}" for k in ("message", "signal", "error", "escalation", "form", "decision", "topic", "process", "role", "listener")}
    assert set(names) <= written | single | kinds
    assert {r for r, *_ in RULES} <= set(names)


def test_what_is_said_of_spoiled_drawings_is_listed():
    names = {rule.rule for rule in reference.rules()}
    said = set()
    for text in [*HOSTILE, *(text for _, text in drawings(120))]:
        try:
            said |= {f.rule for f in lint.check(normalise.normalise(parse.parse(text)), lint.Known())}
        except DeploymentRefused as refused:
            said |= {f.rule for f in refused.findings}
    assert said <= names


def test_every_proposed_repair_is_listed_with_its_rule():
    listed = {rule.rule: rule.repair for rule in reference.rules()}
    assert {kind for kinds in listed.values() for kind in kinds.split(",") if kind} <= set(reference.repairs())
    for rule, _, _, body in RULES:
        for finding in lint.check(normalise.normalise(parse.parse(xml(body))), lint.Known()):
            if finding.rule == rule and finding.repair:
                assert finding.repair.partition(":")[0] in listed[rule].split(",")


@pytest.mark.parametrize("text", reference.elements(), ids=lambda e: f"{e.type}-{e.event or 'none'}")
def test_what_is_said_to_run_is_not_refused(text: reference.ElementText):
    inner = DEFINITIONS[text.event]
    host = "<transaction id='h'><startEvent id='hs'/><userTask id='hu'/>" + chain("hs", "hu") + "</transaction>"
    attached = 'attachedToRef="h"' if text.type == "boundaryEvent" else ""
    needs = {
        "userTask": "", "manualTask": "", "task": "", "serviceTask": 'camunda:topic="t"', "sendTask": 'messageRef="m"',
        "receiveTask": 'messageRef="m"', "businessRuleTask": 'camunda:decisionRef="d"', "callActivity": 'calledElement="P"',
    }  # fmt: skip
    if text.type in {"subProcess", "transaction", "adHocSubProcess"}:
        inner = "<startEvent id='is'/><userTask id='iu'/>" + chain("is", "iu")
    body = START + host + f'<{text.type} id="x" {attached} {needs.get(text.type, "")}>{inner}</{text.type}>' + user("u") + END + chain("s", "h", "u", "e")
    found = lint.check(normalise.normalise(parse.parse(xml(body))), lint.Known())
    refusals = {f.rule for f in found if f.element_id == "x" and f.severity == "error"}
    assert (text.rule in refusals) == (not text.runs), refusals
    if text.runs:
        assert program.compile_model(normalise.normalise(parse.parse(xml(body))), "P")
