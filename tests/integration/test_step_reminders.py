"""A reminder on the border of a step tells whoever has the step, by its name and its limit."""

from __future__ import annotations

from uuid import uuid4

import pytest
import samples
from sqlalchemy import select

from engine.testing import Workbench
from processes.services import registry
from storage.tables.people import RoleGrant, User
from storage.tables.work import Notification

BORDER = (
    '<bpmn:boundaryEvent id="half" attachedToRef="a" cancelActivity="false"><bpmn:timerEventDefinition id="t">'
    "<bpmn:timeDuration>PT3H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    '<bpmn:serviceTask id="r" name="提醒" camunda:type="external" camunda:topic="task.remind"/>'
    '<bpmn:endEvent id="told" name="已提醒"/>'
)
FLOWS = (("s", "a"), ("s", "b"), ("a", "e"), ("b", "e"), ("half", "r"), ("r", "told"))


@pytest.mark.parametrize(
    ("limit", "taken", "people", "template"),
    [
        ('camunda:dueDate="PT6H"', "", ["lin", "su"], "Please do “{step}” by {due}: {about}"),
        ('camunda:dueDate="PT6H"', "su", ["su"], "Please do “{step}” by {due}: {about}"),
        ('camunda:dueDate="PT1H"', "su", ["su"], "“{step}” is overdue since {due}: {about}"),
        ("", "su", ["su"], "“{step}” still waits to be done: {about}"),
    ],
)
def test_a_reminder_goes_to_who_has_the_step_and_names_it(tmp_path, limit, taken, people, template):
    steps = samples.user("a", "agent", limit, name="客户拍照确认") + samples.user("b", "checker")
    flows = "".join(samples.flow(*one) for one in FLOWS)
    (tmp_path / "photo.bpmn").write_bytes(
        samples.bpmn(samples.START + steps + BORDER + samples.END + flows, key="photo")
    )
    with Workbench(registry=registry()) as bench:
        with bench.transaction() as session:
            for login, role in (("lin", "agent"), ("su", "agent"), ("chen", "checker")):
                session.add(User(login=login, name=login, created_at=bench.now))
                session.add(RoleGrant(id=uuid4(), login=login, role=role, granted_at=bench.now))
        bench.deploy(tmp_path / "photo.bpmn")
        bench.start("photo", business_key="ZX-1")
        task = next(one for one in bench.tasks() if one.element_id == "a")
        if taken:
            bench.claim(task, taken)
        bench.advance("PT3H1M")
        assert bench.incidents() == []
        with bench.database.read() as session:
            told = session.scalars(select(Notification).order_by(Notification.recipient)).all()
            assert [one.recipient for one in told] == people
            assert {one.template for one in told} == {template}
            fields = told[0].fields
            assert (fields["step"], fields["about"], bool(fields["due"])) == ("客户拍照确认", "ZX-1", bool(limit))
            assert told[0].link == f"/tasks/{task.id}"
