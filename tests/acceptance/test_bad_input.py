"""Bad input on the real complaint process: each answers with a sentence and keeps what was typed."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from lxml import etree
from PIL import Image
from sqlalchemy import select

import processes
from engine import deployment, instances
from engine.access import SYSTEM
from engine.errors import DeploymentRefused
from processes.services.demo.answers import answers
from storage.tables.cases import ServiceCase
from storage.tables.instances import ProcessInstance
from storage.tables.work import Incident, TaskSubmission, UserTask
from tasks_ui.cli import main

if TYPE_CHECKING:
    from uuid import UUID

    from werkzeug.test import TestResponse

    from tests.sites import Person, Site

TYPED = "这一大段话是刚刚打的，不能丢。"
CALL = {"name": "王安然", "phone": "19900000001", "unit": "春和里1期-03-2-1502", "facts": TYPED}
TABLE = Path(processes.__file__).parent / "complaint" / "approval_authority.dmn"
SENTENCE = "页面已过期，尚未保存。"


def shown(answer: TestResponse) -> str:
    """Give the words of a page."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def posted(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Write values as the fields of a page."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for index, row in enumerate(value):
                found |= posted(row, f"{prefix}{name}-{index}-")
        elif isinstance(value, bool):
            found[prefix + name] = "true" if value else "false"
        elif value is not None:
            found[prefix + name] = value[:16] if re.match(r"\d{4}-\d\d-\d\dT", str(value)) else value
    return found


def task_of(site: Site, element: str, scope: str = "春和里") -> UUID:
    with site.database.read() as session:
        query = select(UserTask.id).where(UserTask.element_id == element, UserTask.state == "open")
        found = session.scalars(query.where(UserTask.scope == scope)).first()
    assert found, f"{element} is not open"
    return found


def filled(site: Site, task: UUID, **changes: Any) -> dict[str, Any]:
    """Fill a task in as the demonstration does."""
    with site.database.read() as session:
        row = session.get_one(UserTask, task)
        known = instances.view_of(session.get_one(ProcessInstance, row.instance_id).variables, row.scope_id)
        return posted(answers(row.element_id, known, site.clock()) | changes)


@pytest.fixture
def agent(site: Site) -> Person:
    return site.person("lin.xiaoan")


def test_an_unknown_house(site: Site, agent: Person) -> None:
    answer = agent.post("/start/complaint", {**CALL, "unit": "", "unit__text": "月球1期-1-1-101"})
    assert answer.status_code == 422
    assert "没有找到“月球1期-1-1-101”。" in shown(answer)
    assert TYPED in answer.text


def test_a_file_that_is_no_picture(site: Site) -> None:
    handler, task = site.person("kang.gongcheng"), task_of(site, "T16")
    fields = {"investigation": TYPED, "task_photos__file": (io.BytesIO(b"I am no picture"), "现场.jpg")}
    answer = handler.post(f"/tasks/{task}/complete", fields)
    assert answer.status_code == 422
    assert "现场.jpg" in shown(answer)
    assert TYPED in answer.text


def test_a_picture_that_would_fill_the_memory(site: Site) -> None:
    handler, task = site.person("kang.gongcheng"), task_of(site, "T16")
    out = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    answer = handler.post(
        f"/tasks/{task}/attachments",
        {"field": "task_photos", "file": (io.BytesIO(out.getvalue()), "bomb.png")},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.get_json()["error"]["message"]


def test_a_form_posted_twice(site: Site, agent: Person) -> None:
    task = task_of(site, "T07")
    fields = filled(site, task, acceptor="chen.liyan") | {"_key": "the same"}
    first = agent.post(f"/tasks/{task}/complete", fields)
    again = agent.post(f"/tasks/{task}/complete", fields)
    assert (first.status_code, again.status_code, first.location) == (303, 303, again.location), shown(first)
    with site.database.read() as session:
        assert len(session.scalars(select(TaskSubmission).where(TaskSubmission.task_id == task)).all()) == 1


def test_a_page_that_somebody_else_was_faster_on(site: Site, agent: Person) -> None:
    task = task_of(site, "T07")
    assert agent.post(f"/tasks/{task}/complete", filled(site, task, acceptor="chen.liyan")).status_code == 303
    late = site.person("zhou.xiaoning").post(f"/tasks/{task}/complete", {"dispatch_note": TYPED})
    assert late.status_code == 409
    assert TYPED in late.text
    assert "林小安" in shown(late)
    assert "09:00" in shown(late)


def test_a_task_of_another_role(site: Site) -> None:
    task = task_of(site, "T13")
    for path in ("", "/complete", "/claim", "/draft"):
        person = site.person("qian.xiaoman")
        answer = person.post(f"/tasks/{task}{path}") if path else person.get(f"/tasks/{task}")
        assert answer.status_code == 404
        assert "不存在" in shown(answer)


@pytest.mark.parametrize("what", ["a task", "a call"])
def test_a_page_whose_token_is_out_of_date(site: Site, what: str) -> None:
    if what == "a task":
        person, path, fields = (
            site.person("kang.gongcheng"),
            f"/tasks/{task_of(site, 'T16')}/complete",
            {"investigation": TYPED},
        )
    else:
        person, path, fields = site.person("lin.xiaoan"), "/start/complaint", CALL
    answer = person.client.post(path, data={**fields, "csrf_token": "of yesterday", "_key": "k"})
    assert answer.status_code == 400
    assert SENTENCE in shown(answer)
    assert TYPED in answer.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert token, "it can be sent again"
    assert person.client.post(path, data={**fields, "csrf_token": token[1]}).status_code in {303, 422}


def test_forged_requests_leave_nothing_behind(site: Site) -> None:
    task = task_of(site, "T16")
    person = site.person("kang.gongcheng")
    forged = {"investigation": TYPED, "task_photos__file": (io.BytesIO(b"x"), "x.jpg"), "_action": "save"}
    assert person.client.post(f"/tasks/{task}/complete", data=forged).status_code == 400
    assert TYPED not in person.get(f"/tasks/{task}").text


def test_an_upload_beyond_the_limit(site: Site) -> None:
    handler, task = site.person("kang.gongcheng"), task_of(site, "T16")
    answer = handler.client.post(
        f"/tasks/{task}/attachments",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(26 * 1024 * 1024)},
    )
    assert answer.status_code == 413
    assert "25" in shown(answer)
    assert handler.get(f"/tasks/{task}").status_code == 200


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
DIAGRAM = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"><process id="p" isExecutable="true"><startEvent id="s" name="&x;"/></process></definitions>'


def test_a_diagram_with_a_document_type(site: Site, tmp_path: Path) -> None:
    (tmp_path / "bad.bpmn").write_bytes(DOCTYPE + DIAGRAM)
    (tmp_path / "bad.dmn").write_bytes(DOCTYPE + b"<definitions/>")
    for name in ("bad.bpmn", "bad.dmn"):
        told = CliRunner().invoke(main, ["check", str(tmp_path / name)])
        assert told.exit_code == 1
        assert "DOCTYPE" in told.output
        assert "root:" not in told.output
        registry = site.app.extensions["keyturn"].registry
        files = {name: (tmp_path / name).read_bytes()}
        with pytest.raises(DeploymentRefused) as refused, site.database.transaction() as session:
            deployment.deploy(session, files=files, viewer=SYSTEM, now=site.clock(), registry=registry)
        assert "DOCTYPE" in str([finding.message_zh for finding in refused.value.findings])


def without_rows(table: bytes) -> bytes:
    """Take every rule but the first out of a decision table, and make that one fit nothing."""
    root = etree.fromstring(table)
    space = {"d": root.nsmap[None]}
    for place in root.iterfind(".//d:decisionTable", space):
        place.attrib.pop("hitPolicy", None)
        rules = place.findall("d:rule", space)
        for rule in rules[1:]:
            place.remove(rule)
        rules[0].find("d:inputEntry/d:text", space).text = '"nothing of this kind"'
    return etree.tostring(root)


def test_a_missing_row_of_a_decision_table(site: Site) -> None:
    def publish(content: bytes) -> None:
        registry = site.app.extensions["keyturn"].registry
        with site.database.transaction() as session:
            deployment.deploy(session, files={TABLE.name: content}, viewer=SYSTEM, now=site.clock(), registry=registry)

    task, planner, admin = task_of(site, "T12"), site.person("chen.liyan"), site.person("admin")
    fields = filled(site, task, plan=TYPED)
    publish(without_rows(TABLE.read_bytes()))
    stuck = planner.post(f"/tasks/{task}/complete", fields)
    assert stuck.status_code >= 400, "no row fits"
    assert "需审批？：表达式 approval_role" in shown(stuck), "the question that has no answer is named"
    assert TYPED in stuck.text
    with site.database.read() as session:
        (incident,) = session.scalars(select(Incident).where(Incident.resolved_at.is_(None)))
        assert session.get_one(UserTask, task).state == "open"
    assert "需审批？" in shown(admin.get("/admin/incidents"))
    assert admin.post(f"/admin/incidents/{incident.id}/retry").status_code >= 400, "the table is still the same"
    publish(TABLE.read_bytes())
    assert admin.post(f"/admin/incidents/{incident.id}/retry").status_code == 303
    with site.database.read() as session:
        done = session.get_one(UserTask, task)
        assert (done.state, done.completed_by) == ("completed", "chen.liyan")
        case = session.scalars(select(ServiceCase).where(ServiceCase.instance_id == done.instance_id)).one()
        assert session.scalars(select(Incident).where(Incident.resolved_at.is_(None))).all() == []
    assert planner.get(f"/cases/{case.number}").status_code == 200
