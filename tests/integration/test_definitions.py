from __future__ import annotations

import json
from datetime import timedelta

import pytest

from engine import definitions, instances, messages, people
from engine.access import SYSTEM, Grant, Viewer
from engine.errors import (
    ConflictError,
    DeploymentRefused,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    ProcessError,
)
from storage import definitions as rows
from storage.tables.definitions import ProcessDefinition

DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="limits" name="limits" namespace="http://example.org">
  <decision id="limit" name="审批额度"><variable name="limit"/>
    <decisionTable hitPolicy="UNIQUE"><input id="i"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression></input>
      <output id="o" name="role" typeRef="string"/>
      <rule id="r1"><inputEntry id="a1"><text>&lt; 100</text></inputEntry><outputEntry id="b1"><text>"%s"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="a2"><text>&gt;= 100</text></inputEntry><outputEntry id="b2"><text>"gm"</text></outputEntry></rule>
    </decisionTable></decision></definitions>"""


def deploy(app, **files):
    named = {name.replace("__", "."): body for name, body in files.items()}
    with app.database.transaction() as s:
        return definitions.deploy(s, files=named, viewer=SYSTEM, now=app.now, registry=app.registry)


def rule(sample, binding="latest"):
    task = (
        f'<bpmn:businessRuleTask id="d" name="额度" camunda:decisionRef="limit" camunda:decisionRefBinding="{binding}" '
        'camunda:mapDecisionResult="singleEntry" camunda:resultVariable="role"/>'
    )
    return sample.bpmn(
        sample.START + task + sample.user("a", groups="=[role]") + sample.END
        + sample.flow("s", "d") + sample.flow("d", "a") + sample.flow("a", "e"),
        key="rule",
    )  # fmt: skip


@pytest.mark.parametrize(("binding", "later"), [("latest", "leader"), ("deployment", "cs_mgr")])
def test_a_business_rule_task_asks_the_latest_decision_or_the_one_deployed_with_it(app, sample, binding, later):
    deploy(app, p__bpmn=rule(sample, binding), d__dmn=(DECISION % "cs_mgr").encode())
    first = app.start("rule", {"amount": 5})
    assert [t.groups for t in app.open()] == [("cs_mgr",)]
    again = deploy(app, d__dmn=(DECISION % "leader").encode())
    assert [(i.kind, i.key, i.version) for i in again.items] == [("decision", "limit", 2)]
    second = app.start("rule", {"amount": 50})
    assert {t.instance_id: t.groups for t in app.open()} == {first: ("cs_mgr",), second: (later,)}
    with app.database.read() as s:
        made = [h for h in instances.history(s, second, SYSTEM) if h.action == "decided"]
    assert made[0].detail["decision"] == "limit"


def caller(sample, binding="deployment"):
    call = f'<bpmn:callActivity id="c" calledElement="rule" camunda:calledElementBinding="{binding}">'
    call += '<bpmn:extensionElements><camunda:in variables="all"/></bpmn:extensionElements></bpmn:callActivity>'
    return sample.bpmn(sample.START + call + sample.END + sample.flow("s", "c") + sample.flow("c", "e"), key="caller")


def test_a_called_process_and_its_decision_are_those_of_the_deployment(app, sample):
    first = {"p__bpmn": rule(sample, "deployment"), "c__bpmn": caller(sample), "d__dmn": (DECISION % "cs_mgr").encode()}
    deploy(app, **first)
    app.later(hours=1)
    assert not any(item.new for item in deploy(app, **first).items)
    deploy(app, d__dmn=(DECISION % "leader").encode())
    deploy(app, p__bpmn=rule(sample, "deployment").replace(b"\xe7\xa4\xba\xe4\xbe\x8b", b"second"))
    one = app.start("caller", {"amount": 5})
    assert [t.groups for t in app.open()] == [("cs_mgr",)], "the called process and its table, as published together"
    app.later(hours=1)
    again = deploy(app, **first | {"d__dmn": (DECISION % "legal").encode()})
    assert {item.key for item in again.items if item.new} == {"rule", "caller", "limit"}
    two = app.start("caller", {"amount": 5})
    assert {t.instance_id: t.groups for t in app.open()} == {one: ("cs_mgr",), two: ("legal",)}


def test_a_process_published_later_is_none_of_the_deployments(app, sample):
    with app.database.transaction() as s:
        found = definitions.deploy(
            s, files={"c.bpmn": caller(sample), "p.bpmn": rule(sample), "d.dmn": (DECISION % "cs_mgr").encode()},
            viewer=SYSTEM, now=app.now, registry=app.registry,
        )  # fmt: skip
        called = next(item.id for item in found.items if item.key == "rule")
        s.get_one(ProcessDefinition, called).created_at = app.now + timedelta(hours=1)
    with pytest.raises(ProcessError):
        app.start("caller", {"amount": 5})


def test_a_decision_without_an_answer_says_so(app, sample):
    deploy(app, p__bpmn=rule(sample), d__dmn=(DECISION % "x").encode())
    with pytest.raises(ProcessError):
        app.start("rule", {"other": 1})
    assert app.open() == ()


def test_forms_come_with_the_process_and_decisions_by_name(app, sample):
    deploy(app, d__dmn=(DECISION % "x").encode())
    with app.database.read() as s:
        calendar = definitions.calendar(s, app.registry)
        for ref in ("limit", "审批额度"):
            result = definitions.decide(s, ref=ref, variables={"amount": 500}, calendar=calendar, now=app.now)
            assert result.value in ("gm", {"role": "gm"})
        with pytest.raises(ProcessError, match="nowhere"):
            definitions.decide(s, ref="nowhere", variables={}, calendar=calendar, now=app.now)


def test_names_are_translated_by_the_catalogue_and_later_ones_add_to_it(app, sample):
    deploy(app, p__bpmn=sample.ONE_STEP, **{"translations.en.json": json.dumps({"登记": "Register"}).encode()})
    deploy(app, p__bpmn=sample.ONE_STEP, **{"translations.en.json": json.dumps({"一步": "One step"}).encode()})
    with app.database.read() as s:
        row = definitions.latest(s, "one")
        assert row.version == 1
        assert definitions.translate(s, row.id, "登记", "en") == "Register"
        assert definitions.translate(s, row.id, "一步", "en_GB") == "One step"
        assert definitions.translate(s, row.id, "登记", "zh_Hans_CN") == "登记"
        assert definitions.translate(s, row.id, "未译", "en") == "未译"


def test_texts_of_a_folder_belong_to_its_processes(app, sample):
    with app.database.transaction() as s:
        given = {"viewer": SYSTEM, "now": app.now, "registry": app.registry}
        definitions.deploy(s, files={"p.bpmn": sample.ONE_STEP}, name="desk", **given)
        definitions.deploy(s, files={"desk.en.json": '{"登记": "Register"}'.encode()}, **given)
        definitions.deploy(s, files={"yard.en.json": '{"登记": "Enter"}'.encode()}, **given)
        assert definitions.translate(s, definitions.latest(s, "one").id, "登记", "en") == "Register"


STORY = """名称: 一步办完
步骤:
  - 启动: one
  - 应有: [登记]
"""


def test_scenarios_are_stored_as_versions_in_their_folder(app):
    def put(text, **more):
        with app.database.transaction() as s:
            given = {"viewer": SYSTEM, "now": app.now, "registry": app.registry, **more}
            return definitions.deploy(s, files={"one-step.yaml": text.encode()}, **given).items[0]

    first = put(STORY, name="desk")
    assert (first.kind, first.key, first.name, first.version, first.new) == (
        *("scenario", "one-step.yaml", "一步办完", 1, True),
    )
    assert not put(STORY).new, "same content, same version; it stays in its folder"
    assert put(STORY.replace("一步", "一次")).version == 2
    assert put(STORY, folders={"one-step.yaml": "yard"}).version == 3
    with app.database.read() as s:
        row = rows.latest_scenarios(s)["one-step.yaml"]
        assert (row.version, row.folder, row.source.decode()) == (3, "yard", STORY)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("名称: [\n", 1, "YAML"),
        ("步骤:\n  - 启动: one\n   - 应有: []\n", 3, "YAML"),
        ("名称: 没有步骤\n", 0, "步骤"),
        ("步骤:\n  - 启动: one\n  - 由: 林小安\n", 3, "第 2 步"),
        ("开始: 明天\n步骤:\n  - 启动: one\n", 0, "明天"),
    ],
)
def test_an_unreadable_scenario_is_refused_with_its_line(app, text, line, word):
    with pytest.raises(DeploymentRefused) as refused:
        deploy(app, **{"wrong.yaml": text.encode()})
    (finding,) = refused.value.findings
    assert (finding.file, finding.line) == ("wrong.yaml", line)
    assert word in finding.message_zh


@pytest.mark.parametrize("body", [b"[1]", b"{", b'{"a": 1}'])
def test_bad_translations_are_refused(app, sample, body):
    with pytest.raises(DeploymentRefused):
        deploy(app, p__bpmn=sample.ONE_STEP, **{"translations.en.json": body})


def test_the_same_id_in_two_files_is_refused(app, sample):
    with pytest.raises(DeploymentRefused) as caught:
        deploy(app, a__bpmn=sample.ONE_STEP, b__bpmn=sample.ONE_STEP)
    assert "duplicate-id" in {f.rule for f in caught.value.findings}
    assert all(f.message_zh for f in caught.value.findings)


def test_only_owners_and_administrators_deploy(app, sample):
    for viewer, allowed in (
        (Viewer("a", "A", (Grant("agent"),)), False),
        (Viewer("p", "P", (Grant("process_owner"),)), True),
    ):
        with app.database.transaction() as s:
            call = {"files": {"p.bpmn": sample.ONE_STEP}, "viewer": viewer, "now": app.now, "registry": app.registry}
            if allowed:
                assert definitions.deploy(s, **call).processes[0].key == "one"
            else:
                with pytest.raises(NotAllowedError):
                    definitions.deploy(s, **call)


def test_the_head_of_the_regulation_is_kept(app, sample):
    with app.database.transaction() as s:
        definitions.deploy(
            s, files={"p.bpmn": sample.ONE_STEP}, viewer=SYSTEM, now=app.now, registry=app.registry, note="第二次修改",
            heads={"one": {"number": "KF-03", "executing_department": "客服部", "approved_on": "2026-03-01"}},
        )  # fmt: skip
        row = definitions.latest(s, "one")
        assert (row.number, row.executing_department, row.approved_on.isoformat(), row.note) == (
            "KF-03",
            "客服部",
            "2026-03-01",
            "第二次修改",
        )


@pytest.mark.parametrize(("name", "value"), [("written_on", "2024年3月"), ("changes", "twice")])
def test_a_head_that_cannot_be_read_is_a_finding(app, sample, name, value):
    head = f'<bpmn:extensionElements><camunda:properties><camunda:property name="{name}" value="{value}"/>'
    body = f"{head}</camunda:properties></bpmn:extensionElements>"
    one = sample.ONE_STEP.replace(sample.START.encode(), f"{body}{sample.START}".encode())
    with pytest.raises(DeploymentRefused) as refused:
        app.deploy(one)
    assert [f.rule for f in refused.value.findings if f.severity == "error"] == ["head-unreadable"]


def test_four_eyes_must_name_another_task(app, sample):
    body = '<bpmn:extensionElements><camunda:properties><camunda:property name="fourEyes" value="%s"/>'
    body += "</camunda:properties></bpmn:extensionElements>"
    for name in ("typo", "b", "s"):
        drawn = sample.bpmn(
            sample.START + sample.user("a") + sample.user("b", inner=body % name) + sample.END
            + sample.flow("s", "a") + sample.flow("a", "b") + sample.flow("b", "e"),
        )  # fmt: skip
        with pytest.raises(DeploymentRefused) as refused:
            app.deploy(drawn)
        assert "four-eyes-without-task" in {f.rule for f in refused.value.findings}


def test_a_withdrawn_version_starts_no_more_and_the_one_before_does(app, sample):
    deploy(app, p__bpmn=sample.MESSAGE_START)
    deploy(app, p__bpmn=sample.MESSAGE_START.replace(b'name="a"', b'name="b"'))
    with app.database.read() as s:
        new, old = definitions.versions(s, SYSTEM, "begun")
    assert (new.version, old.version) == (2, 1)
    change = {"now": app.now, "registry": app.registry}

    def begin():
        with app.database.transaction() as s:
            messages.correlate(s, name="BEGIN", viewer=SYSTEM, **change)
        return app.open()[-1].definition_id

    with app.database.transaction() as s:
        definitions.set_state(s, SYSTEM, new.id, "withdrawn", **change)
    assert begin() == str(old.id)
    with app.database.transaction() as s:
        definitions.set_state(s, SYSTEM, old.id, "withdrawn", **change)
    with pytest.raises(NotFoundError):
        begin()
    with app.database.transaction() as s, pytest.raises(InvalidInputError):
        definitions.set_state(s, SYSTEM, old.id, "lost", **change)


def test_what_a_person_may_start(app, sample):
    deploy(app, one__bpmn=sample.ONE_STEP, m__bpmn=sample.MESSAGE_START)
    with app.database.read() as s:
        agent, other = Viewer("a", "A", (Grant("agent"),)), Viewer("b", "B", (Grant("legal"),))
        assert [p.key for p in definitions.listed(s, agent)] == ["one"]
        assert definitions.listed(s, other) == ()


def test_a_caller_counts_the_roles_of_what_it_calls(app, sample):
    caller = sample.bpmn(
        sample.START + '<bpmn:callActivity id="c" calledElement="two"/>' + sample.END
        + sample.flow("s", "c") + sample.flow("c", "e"),
        key="caller",
    )  # fmt: skip
    deploy(app, a__bpmn=caller, b__bpmn=sample.TWO_STEPS)
    case = app.start("caller", scope="P1")
    with app.database.read() as s:
        assert sorted(definitions.latest(s, "caller").roles) == ["agent", "checker"]
        assert instances.describe(s, case, Viewer("c", "C", (Grant("checker", "P1"),)), app.now).head.scope == "P1"
        with pytest.raises(NotFoundError):
            instances.describe(s, case, Viewer("c", "C", (Grant("checker", "P2"),)), app.now)
    app.complete(Viewer("a", "A", (Grant("agent"),)), app.open()[0].id, {"x": 1})
    assert [t.element_id for t in app.open()] == ["b"]


def test_reading_cannot_write_and_odd_values_are_refused(app, sample):
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError), app.database.read() as s:
        people.save_user(s, SYSTEM, login="x", name="x", now=app.now)
    app.deploy(sample.ONE_STEP)
    if app.database.engine.dialect.name == "postgresql":
        with pytest.raises(InvalidInputError):
            app.start("one", {"text": "a\0b"})
        with pytest.raises(InvalidInputError):
            app.person("y" * 300)
    with pytest.raises(ConflictError), app.database.transaction() as s:  # noqa: PT012
        for _ in range(2):
            s.add(people.User(login="double", name="x", created_at=app.now))
            s.flush()
            s.expunge_all()
