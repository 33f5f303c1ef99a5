"""Camunda Modeler's *Deploy* button: the calls it makes, and the answers it reads."""

from __future__ import annotations

import io
import json
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import definitions, people, studio
from engine.access import SYSTEM, Grant
from engine.studio import resources
from engine.studio import settings as studio_settings
from processes.services.demo import PASSWORD
from storage.tables.instances import AuditEntry, ProcessInstance
from tests.acceptance.api_client import APPROVAL, bpmn
from tests.sites import Site, site_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse

OWNER, AGENT = "bai.liucheng", "lin.xiaoan"
BROKEN = bpmn(
    """
  <startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="mail"/>
  <scriptTask id="mail" name="发邮件"/>"""
)


@pytest.fixture(scope="module")
def opened(demo_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = site_in(tmp_path_factory.mktemp("modeler") / "site", demo_file)
    yield found
    found.database.dispose()


def basic(login: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{login}:{password}".encode()).decode()}


def bearer(site: Site, login: str, **options: Any) -> dict[str, str]:
    with site.database.transaction() as session:
        token = people.new_token(session, SYSTEM, login=login, name="Modeler", now=site.clock.now, **options)
    return {"Authorization": f"Bearer {token}"}


def deploy(site: Site, headers: dict[str, str], files: dict[str, bytes], **fields: str) -> TestResponse:
    sent: dict[str, Any] = {"deployment-name": "approval", "deployment-source": "Camunda Modeler"}
    sent |= {"enable-duplicate-filtering": "true"} | {name.replace("_", "-"): text for name, text in fields.items()}
    sent |= {name: (io.BytesIO(content), name) for name, content in files.items()}  # the Modeler names parts so
    return site.client().post("/engine-rest/deployment/create", data=sent, headers=headers)


def test_the_modeler_asks_whether_it_is_let_in(opened: Site) -> None:
    client = opened.client()
    asked = client.get("/engine-rest/deployment?maxResults=0")
    assert (asked.status_code, asked.headers["WWW-Authenticate"].split()[0]) == (401, "Basic")
    assert asked.get_json()["message"]
    token = bearer(opened, OWNER)
    for headers in (basic(OWNER), token):
        answer = client.get("/engine-rest/deployment?maxResults=0", headers=headers)
        assert (answer.status_code, answer.get_json()) == (200, [])
        assert client.get("/engine-rest/version", headers=headers).get_json()["version"].startswith("7.")
    listed = client.get("/engine-rest/deployment?name=complaint", headers=token).get_json()
    assert {one["name"] for one in listed} == {"complaint"}
    assert client.get("/engine-rest/task", headers=token).status_code == 404
    assert client.post("/engine-rest/deployment/create", headers=token).status_code == 400
    signed_in = opened.person(OWNER)
    assert signed_in.get("/engine-rest/version").status_code == 401, "a cookie opens nothing here"


def test_a_diagram_is_published_once_and_can_be_started(opened: Site) -> None:
    headers = bearer(opened, OWNER)
    answer = deploy(opened, headers, {"approval.bpmn": APPROVAL})
    assert answer.status_code == 200, answer.text
    made = answer.get_json()
    assert (made["name"], made["source"], made["tenantId"]) == ("approval", "Camunda Modeler", None)
    (definition,) = made["deployedProcessDefinitions"].values()
    assert (definition["key"], definition["version"], definition["resource"]) == ("probe", 1, "approval.bpmn")
    again = deploy(opened, headers, {"approval.bpmn": APPROVAL}).get_json()
    assert (again["id"], again["deployedProcessDefinitions"]) == (made["id"], None)
    other = APPROVAL.replace("复核".encode(), "再复核".encode())
    newer = deploy(opened, headers, {"approval.bpmn": other}, deploy_changed_only="true").get_json()
    assert [one["version"] for one in newer["deployedProcessDefinitions"].values()] == [2]
    begun = opened.client().post(
        f"/engine-rest/process-definition/{definition['id']}/start",
        json={"businessKey": "K-1", "variables": {"amount": {"value": 3, "type": "Integer"}}},
        headers=bearer(opened, "admin"),
    )
    assert begun.status_code == 200, begun.text
    with opened.database.read() as session:
        instance = session.scalars(select(ProcessInstance).where(ProcessInstance.business_key == "K-1")).one()
        assert (str(instance.id), instance.variables[""]) == (begun.get_json()["id"], {"amount": 3})
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "deliver").order_by(AuditEntry.id)).all()
    assert [one.actor for one in told] == [OWNER, OWNER], "what changed nothing is no delivery"


def test_what_is_wrong_is_said_of_each_element(opened: Site) -> None:
    with opened.database.read() as session:
        before = len(session.scalars(select(AuditEntry.id).where(AuditEntry.action == "deploy")).all())
    headers = bearer(opened, OWNER)
    answer = deploy(opened, headers, {"broken.bpmn": BROKEN})
    assert answer.status_code == 400
    said = answer.get_json()
    assert said["type"] == "ParseException"
    assert said["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    problem = next(one for one in said["details"]["broken.bpmn"]["errors"] if one["mainElementId"] == "mail")
    assert "发邮件" in problem["message"]
    line = BROKEN.decode().splitlines()[problem["line"] - 1]
    assert line[problem["column"] - 1 :].startswith('id="mail"')
    with opened.database.read() as session:
        assert len(session.scalars(select(AuditEntry.id).where(AuditEntry.action == "deploy")).all()) == before
    unread = deploy(opened, headers, {"x.bpmn": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}).get_json()
    assert unread["details"]["x.bpmn"]["errors"]
    for fields, word in (({"tenant_id": "a"}, "租户"), ({"deployment_activation_time": "x"}, "生效")):
        refused = deploy(opened, headers, {"approval.bpmn": APPROVAL}, **fields)
        assert refused.status_code == 400
        assert word in refused.get_json()["message"]


def test_where_a_second_person_must_agree_the_files_wait_in_a_change(opened: Site) -> None:
    other = APPROVAL.replace("复核".encode(), "三核".encode())
    with opened.database.transaction() as session:
        studio_settings.set_second_person(session, SYSTEM, wanted=True, now=opened.clock.now)
    headers = bearer(opened, OWNER)
    for _ in range(2):
        waits = deploy(opened, headers, {"approval.bpmn": other})
        assert waits.status_code == 409
        said = waits.get_json()["message"]
        assert "尚未发布" in said
        assert "第二人" in said
        change = UUID(said.split("/studio/changes/")[1][:36])
    with opened.database.transaction() as session:
        waiting, _, _ = studio.changes(session, SYSTEM)
        assert [one.id for one in waiting] == [change], "sent again, it is the same change"
        owner = people.viewer(session, OWNER, now=opened.clock.now)
        studio.ask_review(session, owner, change, reviewer="admin", now=opened.clock.now)
        admin = people.viewer(session, "admin", now=opened.clock.now)
        studio.review(session, admin, change, verdict="approved", opinion="", now=opened.clock.now)
    done = deploy(opened, headers, {"approval.bpmn": other})
    assert [one["version"] for one in done.get_json()["deployedProcessDefinitions"].values()] == [3], done.text
    with opened.database.transaction() as session:
        studio_settings.set_second_person(session, SYSTEM, wanted=False, now=opened.clock.now)
        callback = resources.source(session, "callback.bpmn")
    renamed = callback.replace("回访通话".encode(), "电话回访".encode())
    played = deploy(opened, headers, {"my copy (1).bpmn": renamed})
    assert (played.status_code, "场景正在演练" in played.get_json()["message"]) == (409, True), played.text
    with opened.database.read() as session:
        assert resources.source(session, "callback.bpmn") == callback


def test_a_delivery_that_waits_is_what_was_sent_last(opened: Site) -> None:
    with opened.database.transaction() as session:
        studio_settings.set_second_person(session, SYSTEM, wanted=True, now=opened.clock.now)
        owner = people.viewer(session, OWNER, now=opened.clock.now)
        own = studio.open_change(session, owner, title="Camunda Modeler: mine", now=opened.clock.now)
    headers, plain = (
        bearer(opened, OWNER),
        {"type": "default", "components": [{"type": "textfield", "key": "a", "label": "A"}]},
    )
    leftover, kept = (json.dumps({**plain, "id": one}).encode() for one in ("leftover", "kept_form"))

    def sent(**files: bytes) -> UUID:
        named = {f"{name}.form": content for name, content in files.items()}
        answer = deploy(opened, headers, named, deployment_name="mine")
        assert answer.status_code == 409, answer.text
        return UUID(answer.get_json()["message"].split("/studio/changes/")[1][:36])

    change = sent(leftover=leftover, kept_form=kept)
    assert change != own, "what somebody began by hand under that title is his own"
    with opened.database.transaction() as session:
        owner = people.viewer(session, OWNER, now=opened.clock.now)
        studio.rename(session, owner, change, title="其他标题", reason="x", now=opened.clock.now)
        studio.add_file(
            session, owner, change, "byhand.form", source=kept.replace(b"kept_form", b"byhand"), now=opened.clock.now
        )
    assert sent(kept_form=kept) == change
    with opened.database.transaction() as session:
        assert list(studio.files(session, change)) == ["byhand.form", "kept_form.form"]
        studio.remove_file(session, owner, change, "byhand.form", now=opened.clock.now)
        studio_settings.set_second_person(session, SYSTEM, wanted=False, now=opened.clock.now)
        definitions.deploy(
            session, files={"kept_form.form": kept.replace(b'"a"', b'"b"')}, viewer=SYSTEM, now=opened.clock.now,
            registry=opened.app.extensions["keyturn"].registry,
        )  # fmt: skip
    done = deploy(opened, headers, {"kept_form.form": kept}, deployment_name="mine")
    assert done.status_code == 200, "what others published meanwhile does not stop a program for good"
    with opened.database.read() as session:
        assert resources.source(session, "kept_form.form") == kept
        assert "leftover.form" not in {one.file for one in resources.published(session)}


def test_only_who_may_publish_publishes(opened: Site) -> None:
    files = {"approval.bpmn": APPROVAL}
    assert deploy(opened, basic(AGENT), files).status_code == 403
    assert deploy(opened, {}, files).status_code == 401
    assert deploy(opened, basic(OWNER, "wrong"), files).status_code == 401
    with opened.database.transaction() as session:
        held = [Grant("process_owner"), Grant("agent")]
        people.save_user(session, SYSTEM, login=OWNER, grants=held, now=opened.clock.now)
    narrow = bearer(opened, OWNER, roles=["agent"])
    assert deploy(opened, narrow, files).status_code == 403
    for _ in range(4):
        deploy(opened, basic(AGENT, "wrong"), files)
    assert deploy(opened, basic(AGENT, "wrong"), files).status_code == 401
    locked = deploy(opened, basic(AGENT), files)
    assert (locked.status_code, "分钟" in locked.get_json()["message"]) == (429, True)
    opened.clock.advance(minutes=16)
    assert deploy(opened, basic(AGENT), files).status_code == 403
    late = bearer(opened, OWNER, expires_at=opened.clock.now + timedelta(hours=1))
    opened.clock.advance(hours=2)
    assert deploy(opened, late, files).status_code == 401
