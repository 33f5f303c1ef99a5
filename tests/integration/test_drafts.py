"""What was typed stays when the process takes a task back and comes to its step again; who supervises a role sees its
organisations' tasks."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import messages, tasks
from engine.access import SYSTEM, Grant, Viewer
from engine.errors import NotFoundError
from storage.tables.work import UserTask

ASK = '<bpmn:message id="m" name="MORE"/>'
ASKED = (
    '<bpmn:boundaryEvent id="asked" attachedToRef="a" cancelActivity="true"><bpmn:messageEventDefinition'
    ' messageRef="m"/></bpmn:boundaryEvent>'
)


def diagram(sample, group="contractor:青檐"):
    body = sample.START + sample.user("a", group) + ASKED + sample.user("b", "checker") + sample.END
    body += sample.flow("s", "a") + sample.flow("a", "e") + sample.flow("asked", "b") + sample.flow("b", "a")
    return sample.bpmn(body, key="asks", roots=ASK)


def test_a_draft_outlives_the_task_it_was_typed_into(app, sample):
    app.deploy(diagram(sample))
    app.start("asks", business_key="K1")
    unit = Viewer("unit", "unit", (Grant("contractor", org="青檐"),))
    (task,) = app.open()
    with app.database.transaction() as session:
        tasks.save_draft(session, unit, task.id, data={"measures": "凿除"}, now=app.now)
    with app.database.transaction() as session:
        messages.correlate(session, name="MORE", business_key="K1", viewer=SYSTEM, now=app.now, registry=app.registry)
    (asked,) = app.open()
    app.complete(SYSTEM, asked.id)
    (again,) = app.open()
    assert again.element_id == "a"
    assert again.id != task.id
    with app.database.read() as session:
        shown = tasks.open_task(session, unit, again.id, now=app.now)
        assert (dict(shown.draft), shown.draft_by) == ({"measures": "凿除"}, "unit")
    app.complete(unit, again.id)
    with app.database.read() as session:
        assert not [row.draft for row in session.scalars(select(UserTask)) if row.draft]


def test_a_draft_is_not_shown_to_another_unit(app, sample):
    app.deploy(diagram(sample, "=&quot;contractor:&quot; + unit"))
    app.start("asks", business_key="K3", variables={"unit": "青檐"})
    first, second = (Viewer(org, org, (Grant("contractor", org=org),)) for org in ("青檐", "明灯"))
    (task,) = app.open()
    with app.database.transaction() as session:
        tasks.save_draft(session, first, task.id, data={"measures": "凿除，报价 3000"}, now=app.now)
    with app.database.transaction() as session:
        given = {"name": "MORE", "business_key": "K3", "variables": {"unit": "明灯"}}
        messages.correlate(session, **given, viewer=SYSTEM, now=app.now, registry=app.registry)
    app.complete(SYSTEM, app.open()[0].id)
    (again,) = app.open()
    assert again.element_id == "a"
    with app.database.read() as session:
        shown = tasks.open_task(session, second, again.id, now=app.now)
        assert (dict(shown.draft or {}), shown.draft_by or "") == ({}, "")
        assert not [row.draft for row in session.scalars(select(UserTask)) if row.draft]


def test_who_supervises_a_role_sees_and_reassigns_the_tasks_of_its_organisations(app, sample):
    app.deploy(diagram(sample))
    app.start("asks", business_key="K2")
    (task,) = app.open()
    lead = Viewer("lead", "lead", (Grant("eng_lead"),), supervised=(Grant("contractor"),))
    other = Viewer("other", "other", (Grant("eng_lead"),), supervised=(Grant("agent"),))
    app.person("qing", Grant("contractor", org="青檐"))
    assert [item.id for item in app.inbox(lead, view="team").items] == [task.id]
    assert not app.inbox(lead, view="group").items
    assert not app.inbox(other, view="team").items
    with app.database.transaction() as session:
        tasks.reassign(session, lead, task.id, to_login="qing", reason="催办", now=app.now)
    with pytest.raises(NotFoundError), app.database.transaction() as session:
        tasks.reassign(session, other, task.id, to_login="qing", reason="催办", now=app.now)
