"""What publishing drafts would do to the running cases: tried in memory, nothing stored, on both databases."""

from __future__ import annotations

import pytest
from samples import END, START, bpmn, flow, user
from sqlalchemy import func, select
from test_moves import on_old, two_steps

from engine.access import SYSTEM
from engine.errors import InvalidInputError, NotAllowedError
from engine.publishing import impact
from storage.tables.base import Base

FORM = '{{"type": "default", "id": "F1", "name": "登记单", "schemaVersion": 17, "components": [{{"type": "textfield", "id": "f", "key": "reason", "label": "{}"}}]}}'
TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.org/d">
<decision id="level" name="级别"><decisionTable id="t" hitPolicy="FIRST"><input id="i"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression></input><output id="o" name="level" typeRef="string"/>
<rule id="r1"><inputEntry id="c1"><text>&gt; {}</text></inputEntry><outputEntry id="c2"><text>"高"</text></outputEntry></rule><rule id="r2"><inputEntry id="c3"><text>-</text></inputEntry><outputEntry id="c4"><text>"低"</text></outputEntry></rule></decisionTable></decision></definitions>"""


def formed(*, called=False):
    """A task with a form, a table after it, and perhaps another process."""
    rest = (
        '<bpmn:callActivity id="call" calledElement="q" camunda:calledElementBinding="deployment"/>'
        if called
        else user("b", "checker")
    )
    last = "call" if called else "b"
    return bpmn(
        START + user("a", name="登记", extra='camunda:formRef="F1" camunda:formRefBinding="deployment"')
        + '<bpmn:businessRuleTask id="rule" name="定级" camunda:decisionRef="level" camunda:resultVariable="l"/>' + rest + END
        + flow("s", "a") + flow("a", "rule") + flow("rule", last) + flow(last, "e")
    )  # fmt: skip


def table(limit="100"):
    return TABLE.format(limit).encode()


def form(label="原因"):
    return FORM.format(label).encode()


def publish(app, **files):
    from engine import definitions

    with app.database.transaction() as s:
        named = {name.replace("_", "."): source for name, source in files.items()}
        found = definitions.deploy(s, files=named, viewer=SYSTEM, now=app.now, registry=app.registry)
    app.later(seconds=1)
    return found


def looked(app, files, **options):
    with app.database.read() as s:
        viewer = options.pop("viewer", SYSTEM)
        return impact.look(s, viewer, files=files, now=app.now, registry=app.registry, **options)


def test_running_cases_are_tried_on_a_draft_and_nothing_is_stored(app, agent):
    publish(app, p_bpmn=two_steps())
    old = publish(app, p_bpmn=two_steps(name="第二版")).processes[0].id
    cases = [on_old(app, old, business_key=f"K-{n}") for n in range(3)]
    app.complete(SYSTEM, next(t.id for t in app.open() if t.instance_id == cases[0]))
    row = ("s", "a", "c", "e")
    draft = bpmn(START + user("a", name="登记") + user("c", name="归档") + END + "".join(map(flow, row, row[1:])))
    with app.database.read() as s:
        before = {t.name: s.scalar(select(func.count()).select_from(t)) for t in Base.metadata.tables.values()}
    found = looked(app, {"p.bpmn": draft})
    (one,) = found.processes
    assert (one.key, one.version, one.running, one.drawn, found.looked_at) == ("p", 3, 3, True, 3)
    assert one.counts == {"continues": 2, "moves": 0, "decision": 1}
    assert {k: dict(v) for k, v in one.places.items()} == {"a": {"continues": 2}, "b": {"decision": 1}}
    (question,) = one.questions
    assert (question[0].rule, question[0].element_id, question[1]) == ("removed", "b", 1)
    decided = {"p": impact.Decided({"b": "c"})}
    assert looked(app, {"p.bpmn": draft}, decided=decided).counts == {"continues": 2, "moves": 1, "decision": 0}
    plan = next(p for p in looked(app, {"p.bpmn": draft}, decided=decided).processes[0].plans if p.outcome == "moves")
    assert [(m.element_id, m.to_element, m.to_name) for m in plan.moves] == [("b", "c", "归档")]
    assert looked(app, {"p.bpmn": draft}, limit=2).looked_at == 2
    assert looked(app, {"p.bpmn": draft}, limit=2).running == 3
    assert looked(app, {"p.bpmn": two_steps(name="第二版")}).processes == (), "it is what is published already"
    with pytest.raises(InvalidInputError):
        looked(app, {"p.bpmn": draft}, decided={"p": impact.Decided({"b": "nowhere"})})
    with pytest.raises(NotAllowedError):
        looked(app, {"p.bpmn": draft}, viewer=agent)
    with app.database.read() as s:
        after = {t.name: s.scalar(select(func.count()).select_from(t)) for t in Base.metadata.tables.values()}
    assert after == before


def test_what_comes_along_and_what_counts_at_once(app):
    called = bpmn(
        START
        + user("i", extra='camunda:formRef="F1" camunda:formRefBinding="deployment"')
        + END
        + flow("s", "i")
        + flow("i", "e"),
        key="q",
        name="被调",
    )
    publish(app, F1_form=form(), level_dmn=table(), q_bpmn=called)
    old = publish(app, p_bpmn=formed(called=True)).processes[0].id
    case = on_old(app, old, variables={"amount": 5})
    app.complete(SYSTEM, app.open()[0].id)
    other = on_old(app, old)
    found = looked(app, {"F1.form": form("事由")})
    assert [(p.key, p.drawn, p.running) for p in found.processes] == [("p", False, 2), ("q", False, 1)]
    assert {plan.instance_id for plan in found.processes[0].plans} == {case, other}
    assert found.added == ("p.bpmn", "q.bpmn"), "or new cases would go on with the old form"
    assert [p.callers for p in found.processes] == [(), ()], "it is bound to the version it was published with"
    (of_form,) = found.resources
    assert (of_form.name, of_form.rule, of_form.users) == ("登记单", "next_version", ("示例", "被调"))
    (of_table,) = looked(app, {"level.dmn": table("50")}).resources
    assert (of_table.name, of_table.rule, of_table.running) == ("级别", "at_once", 2)
    assert looked(app, {"F1.form": form()}).processes == ()
    asked = TABLE.replace('"level" name="级别"', '"asked" name="问"').format("1").encode()
    assert looked(app, {"asked.dmn": asked}).resources[0].rule == "never"
    publish(app, asked_dmn=asked)
    assert [(r.rule, r.running) for r in looked(app, {"asked.dmn": asked}).resources] == [("by_the_system", 2)]


def test_it_is_said_who_calls_the_newest_version(app):
    called = bpmn(START + user("i") + END + flow("s", "i") + flow("i", "e"), key="q")
    caller = bpmn(
        START + '<bpmn:callActivity id="call" calledElement="q"/>' + END + flow("s", "call") + flow("call", "e")
    )
    publish(app, q_bpmn=called, p_bpmn=caller)
    (one,) = looked(app, {"q.bpmn": called.replace(b'name="i"', b'name="x"')}).processes
    assert (one.key, one.callers, one.drawn) == ("q", ("p",), True)


def test_a_draft_is_tried_with_the_drafted_table_and_the_drafted_call(app):
    """A move that goes on into what is drafted with it: a service's token is put behind it, and the table decides."""
    publish(app, F1_form=form(), level_dmn=table(), p_bpmn=formed())
    app.start("p")
    broken = bpmn(
        START + user("a", name="登记") + user("b", "checker") + END + flow("s", "a") + flow("a", "b") + flow("b", "e")
    )
    found = looked(app, {"p.bpmn": broken, "level.dmn": table("7")})
    assert found.counts == {"continues": 1, "moves": 0, "decision": 0}
