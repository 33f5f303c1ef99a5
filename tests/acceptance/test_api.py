"""The API: everything a process needs, from deployment to the end, as a program does it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine import people, worker
from engine.access import SYSTEM
from tasks_ui.app import create_app
from tasks_ui.context import TestClock
from tests.acceptance.api_client import APPROVAL, ROOT, Program, bpmn, program
from tests.sites import settings_for

if TYPE_CHECKING:
    from tests.sites import Site

WHY = {"reason": "试验"}


@pytest.fixture
def admin(site: Site) -> Program:
    return program(site, "admin")


@pytest.fixture
def agent(site: Site) -> Program:
    return program(site, "lin.xiaoan")


def deploy(admin: Program, source: bytes = APPROVAL, status: int = 201, path: str = "/deployments", **more: str) -> Any:
    data = {"files": [(io.BytesIO(source), "probe.bpmn")], **more}
    return admin.post(path, status=status, data=data, content_type="multipart/form-data")


def started(admin: Program, **body: Any) -> str:
    deploy(admin)
    return str(admin.post("/definitions/probe/start", {"business_key": "B-1", **body}, 201)["id"])


def task_of(who: Program, name: str) -> Any:
    [found] = [t for t in who.get("/tasks?process=probe")["items"] if t["name"] == name]
    return found


# The whole way


def test_from_deployment_to_the_end(site: Site, admin: Program, agent: Program) -> None:
    made = deploy(admin, note="第一版")
    assert [(i["kind"], i["key"], i["version"], i["new"]) for i in made["items"]] == [("process", "probe", 1, True)]
    assert deploy(admin)["items"][0]["new"] is False
    assert admin.get("/definitions/probe")["note"] == "第一版"
    assert admin.ask("GET", "/definitions/probe/xml").data == APPROVAL
    instance = admin.post("/definitions/probe/start", {"business_key": "B-1", "variables": {"amount": 5}}, 201)
    assert instance["status"] == "active"
    one = f"/instances/{instance['id']}"

    task = task_of(agent, "填写")
    assert agent.get("/tasks/count?process=probe")["count"] == 1
    assert agent.post(f"/tasks/{task['id']}/claim")["assignee"] == "lin.xiaoan"
    assert agent.get("/tasks?process=probe&view=mine&assignee=lin.xiaoan")["total"] == 1
    assert agent.get("/tasks?process=probe&view=team&assignee=zhou.xiaoning")["total"] == 0
    agent.post(f"/tasks/{task['id']}/unclaim")
    assert "task.complete" in agent.get(f"/tasks/{task['id']}")["may"]
    agent.post(f"/tasks/{task['id']}/complete", {"data": {"ok": True}})
    assert admin.get(f"{one}/variables")["variables"] == {"amount": 5, "ok": True}

    assert [timer["element_id"] for timer in admin.get(one)["timers"]] == ["wait"]
    assert any(job["element_id"] == "wait" for job in admin.get("/jobs?kind=timer")["items"])
    site.clock.advance(hours=1)
    site.run_jobs()
    assert admin.post("/messages", {"name": "paid", "business_key": "B-1"})["instance_id"] == instance["id"]
    agent.post(f"/tasks/{task_of(agent, '复核')['id']}/complete", {})
    found = admin.get(one)["head"]
    assert (found["status"], found["end_element"]) == ("completed", "gone")
    actions = [(event["action"], event["element_id"]) for event in admin.get(f"{one}/history")["items"]]
    assert ("entered", "write") in actions
    assert actions[-1][0] == "ended"
    assert len(admin.get(f"{one}/tasks")["items"]) == 2
    assert [i["id"] for i in admin.get("/instances?process=probe")["items"]] == [instance["id"]]
    assert admin.get("/instances?process=probe&open_only=true")["items"] == []


def test_a_refused_deployment_lists_its_findings_in_both_languages(admin: Program) -> None:
    broken = bpmn('<startEvent id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="b"/><complexGateway id="b"/>')
    problem = deploy(admin, broken, 422)
    assert problem["type"] == "urn:keyturn:problem:deployment-refused"
    assert problem["findings"][0]["message_zh"] in problem["detail"]
    assert problem["findings"][0]["message"] not in problem["detail"], "one sentence, one language"
    finding = problem["findings"][0]
    assert (finding["element_id"], finding["rule"], finding["severity"]) == ("b", "unsupported-element", "error")
    assert "complex gateway" in finding["message"]
    assert "复杂网关" in finding["message_zh"]
    checked = deploy(admin, broken, 200, "/check")
    assert checked["deployable"] is False
    assert checked["findings"] == problem["findings"]
    assert deploy(admin, status=200, path="/check")["deployable"] is True
    admin.get("/definitions/probe", 404)


def mend(admin: Program, files: dict[str, bytes], status: int = 200, **fields: str) -> dict[str, Any]:
    parts = [(io.BytesIO(content), name) for name, content in files.items()]
    answer = admin.ask("POST", "/repair", data={"files": parts, **fields})
    assert answer.status_code == status, answer.text
    return answer.get_json()


def test_a_drawing_is_repaired_as_chosen_laid_out_and_judged_again(admin: Program) -> None:
    drawn = bpmn('<task id="a" name="查勘"/><exclusiveGateway id="x" name="修吗"/><manualTask id="b"/><manualTask id="c"/>'
                 '<sequenceFlow id="f1" sourceRef="a" targetRef="x"/><sequenceFlow id="f2" name="是" sourceRef="x" targetRef="b"/>'
                 '<sequenceFlow id="f3" name="否" sourceRef="x" targetRef="c"/>')  # fmt: skip
    some = mend(admin, {"probe.bpmn": drawn}, repairs="question:x")
    (file,) = some["files"]
    assert [one["id"] for one in file["applied"]] == ["question:x"]
    assert {"user-task:a", "layout:"} <= {one["id"] for one in file["proposals"]}
    assert some["deployable"] is True
    assert "userTask" not in file["content"]
    (whole,) = mend(admin, {"probe.bpmn": drawn, "x.form": b"{}"})["files"]
    assert {one["rule"] for one in whole["applied"]} >= {"user-task", "question", "start-event", "end-event", "layout"}
    assert whole["proposals"] == []
    assert "BPMNShape" in whole["content"]
    assert deploy(admin, whole["content"].encode(), 200, "/check")["deployable"] is True
    admin.get("/definitions/probe", 404)


def test_what_cannot_be_repaired_is_said(admin: Program) -> None:
    broken = mend(admin, {"a.bpmn": b"<a", "b.txt": b""})
    assert broken["deployable"] is False
    assert [(f["file"], f["rule"]) for f in broken["findings"]] == [("a.bpmn", "not-xml")]
    assert broken["files"] == [{"file": "a.bpmn", "content": "", "applied": [], "proposals": []}]
    assert mend(admin, {"a.bpmn": b"<a"}, 404, repairs="magic")["detail"]


def test_decisions_and_expressions_are_asked(admin: Program) -> None:
    assert admin.post("/feel/evaluate", {"expression": "sum(a) * 2", "variables": {"a": [1, 2.5]}}) == {
        "value": 7,
        "type": "number",
    }
    day = admin.post("/feel/evaluate", {"expression": 'is working day(date("2026-03-07"))'})
    assert day == {"value": False, "type": "boolean"}
    problem = admin.post("/feel/evaluate", {"expression": "1 +"}, 422)
    assert problem["detail"]
    admin.post("/decisions/no-such/evaluate", {}, 409)


def test_a_signal_reaches_all_who_wait(admin: Program) -> None:
    waits = """<startEvent id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="b"/><intermediateCatchEvent id="b">
    <signalEventDefinition signalRef="s"/></intermediateCatchEvent><sequenceFlow id="g" sourceRef="b" targetRef="c"/>
    <endEvent id="c"/>"""
    deploy(admin, bpmn(waits))
    for _ in range(2):
        admin.post("/definitions/probe/start", {}, 201)
    assert admin.post("/signals", {"name": "storm"}) == {"receivers": 2}


# Operators


def test_a_suspended_instance_waits(site: Site, admin: Program, agent: Program) -> None:
    one = f"/instances/{started(admin)}"
    task = task_of(agent, "填写")
    assert admin.post(f"{one}/suspend", WHY)["head"]["status"] == "suspended"
    admin.post(f"{one}/suspend", WHY, 409)
    assert agent.get(f"/tasks/{task['id']}")["state"] == "open"
    problem = agent.post(f"/tasks/{task['id']}/complete", {}, 409)
    assert problem["type"] == "urn:keyturn:problem:suspended"
    assert "暂停" in problem["detail"]
    admin.post(f"{one}/resume", WHY)
    admin.post(f"{one}/resume", WHY, 409)
    agent.post(f"/tasks/{task['id']}/complete", {})

    admin.post(f"{one}/suspend", WHY)
    site.clock.advance(hours=2)
    assert site.run_jobs(20) > 0
    view = admin.get(one)
    assert [timer["element_id"] for timer in view["timers"]] == ["wait"]
    assert view["incidents"] == []
    admin.post(f"{one}/resume", WHY)
    site.run_jobs()
    assert [wait["name"] for wait in admin.get(one)["waits"]] == ["paid"]
    admin.post(f"{one}/suspend", WHY)
    admin.post("/messages", {"name": "paid", "business_key": "B-1"}, 409)
    admin.post(f"{one}/cancel", WHY)
    assert admin.get(one)["head"]["status"] == "canceled"
    audited = site.person("admin").get("/admin/audit").text
    assert "流程已暂停" in audited or "暂停" in audited


def test_operators_move_start_and_withdraw(admin: Program) -> None:
    one = f"/instances/{started(admin)}"
    admin.post(f"{one}/move", {"from_element": "write", "to_element": "paid", **WHY})
    assert [token["element_id"] for token in admin.get(one)["tokens"]] == ["paid"]
    admin.post(f"{one}/move", {"from_element": "write", "to_element": "paid", **WHY}, 409)
    view = admin.post(f"{one}/start-before", {"element": "check", **WHY})
    assert sorted(token["element_id"] for token in view["tokens"]) == ["check", "paid"]
    [paid] = [token for token in view["tokens"] if token["element_id"] == "paid"]
    view = admin.post(f"{one}/tokens/{paid['id']}/cancel", WHY)
    assert [token["element_id"] for token in view["tokens"]] == ["check"]
    admin.post(f"{one}/tokens/{paid['id']}/cancel", WHY, 409)
    view = admin.post(f"{one}/start-after", {"element": "write", **WHY})
    assert sorted(token["element_id"] for token in view["tokens"]) == ["check", "wait"]
    admin.post(f"{one}/start-after", {"element": "gone", **WHY}, 409)
    admin.post(f"{one}/start-before", {"element": "nowhere", **WHY}, 404)
    admin.post(f"{one}/start-before", {"element": "check"}, 422)
    assert admin.put(f"{one}/variables", {"variables": {"a": [1]}, **WHY})["variables"] == {"a": [1]}


ROUNDS = bpmn(
    """<startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="visits"/>
<subProcess id="visits" name="上门"><multiInstanceLoopCharacteristics isSequential="false"><loopCardinality>2</loopCardinality>
</multiInstanceLoopCharacteristics><startEvent id="go"/><sequenceFlow id="g1" sourceRef="go" targetRef="visit"/>
<userTask id="visit" camunda:candidateGroups="agent"/><sequenceFlow id="g2" sourceRef="visit" targetRef="report"/>
<userTask id="report" camunda:candidateGroups="agent"/></subProcess>"""
)


def test_operators_start_steps_inside_rounds(admin: Program, site: Site) -> None:
    deploy(admin, ROUNDS)
    one = admin.post("/definitions/probe/start", {}, 201)["id"]
    unclear = admin.post(f"/instances/{one}/start-before", {"element": "report", **WHY}, 409)
    assert "2" in unclear["detail"]
    scope = next(t["scope_id"] for t in admin.get(f"/instances/{one}")["tokens"] if t["element_id"] == "visit")
    view = admin.post(f"/instances/{one}/start-before", {"element": "report", "within": scope, **WHY})
    assert [t["scope_id"] for t in view["tokens"] if t["element_id"] == "report"] == [scope]
    person = site.person("admin")
    assert scope in person.get(f"/admin/instances/{one}").text
    sent = {"element": "visit", "where": "after", "within": scope, "reason": "试验"}
    assert person.post(f"/admin/instances/{one}/start", sent).status_code == 303
    tokens = [t["element_id"] for t in admin.get(f"/instances/{one}")["tokens"]]
    assert tokens.count("report") == 2


def test_instances_are_paged_over_what_a_person_sees(admin: Program, site: Site) -> None:
    one = started(admin)
    for key in ("B-2", "XYZ-3"):
        site.clock.advance(minutes=1)
        admin.post("/definitions/probe/start", {"business_key": key}, 201)
    assert admin.get("/instances?process=probe")["total"] == 3
    agent = program(site, "lin.xiaoan")
    first = agent.get("/instances?process=probe&size=2")
    assert (first["total"], first["pages"], first["more"], len(first["items"])) == (3, 2, True, 2)
    last = agent.get("/instances?process=probe&size=2&page=2")
    assert ([i["id"] for i in last["items"]], last["more"]) == ([one], False)
    beyond = agent.get("/instances?process=probe&size=2&page=3")
    assert (beyond["items"], beyond["page"], beyond["pages"], beyond["total"]) == ([], 3, 2, 3)
    assert [i["business_key"] for i in agent.get("/instances?business_key=B-2")["items"]] == ["B-2"]
    assert agent.get("/instances?business_key=B")["total"] == 0  # exactly this key, not what it begins with
    assert "共 1 个流程实例" in site.person("admin").get("/admin/instances?q=XYZ-3").text


def test_a_page_after_the_last_is_empty(admin: Program, agent: Program, site: Site) -> None:
    for _ in range(3):
        started(admin)
    last = agent.get("/tasks?process=probe&size=2&page=2")
    assert (len(last["items"]), last["page"], last["pages"]) == (1, 2, 2)
    beyond = agent.get("/tasks?process=probe&size=2&page=999")
    assert (beyond["items"], beyond["page"], beyond["pages"], beyond["total"]) == ([], 999, 2, 3)
    first, rest = admin.get("/jobs?size=1"), admin.get("/jobs?size=1&page=2")
    assert (len(first["items"]), first["size"], first["more"]) == (1, 1, True)
    assert first["items"] != rest["items"]
    assert "/tasks/" in site.person("lin.xiaoan").get("/inbox?page=999").text  # people see the nearest page


def test_an_administrator_takes_no_task_away_unsaid(admin: Program, agent: Program) -> None:
    started(admin)
    [task] = agent.get("/tasks?process=probe")["items"]
    agent.post(f"/tasks/{task['id']}/claim")
    assert "林小安" in admin.post(f"/tasks/{task['id']}/claim", status=409)["detail"]
    assert agent.get(f"/tasks/{task['id']}")["item"]["assignee"] == "lin.xiaoan"


def test_an_incident_is_told_in_one_language(admin: Program, agent: Program, site: Site) -> None:
    stuck = """<startEvent id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="t"/>
    <userTask id="t" name="决定" camunda:candidateGroups="agent"/><sequenceFlow id="g" sourceRef="t" targetRef="x"/>
    <exclusiveGateway id="x" default="i"/><sequenceFlow id="h" sourceRef="x" targetRef="e"><conditionExpression>=ok = true
    </conditionExpression></sequenceFlow><sequenceFlow id="i" sourceRef="x" targetRef="e2"/><endEvent id="e"/>
    <endEvent id="e2"/>"""
    deploy(admin, bpmn(stuck))
    one = admin.post("/definitions/probe/start", {}, 201)["id"]
    agent.post(f"/tasks/{task_of(agent, '决定')['id']}/complete", {}, 409)
    [incident] = [i for i in admin.get("/incidents")["items"] if i["instance_id"] == one]
    assert "there is no variable “ok”" not in incident["message"]
    assert "没有变量“ok”" in incident["message"]
    assert "没有变量“ok”" in site.person("admin").get("/admin/incidents").text


def test_only_administrators_operate(admin: Program, agent: Program) -> None:
    one = f"/instances/{started(admin)}"
    for path in ("suspend", "cancel"):
        agent.post(f"{one}/{path}", WHY, 403)
    agent.post("/deployments", status=403, data={"files": (io.BytesIO(APPROVAL), "x.bpmn")})
    agent.get("/jobs", 403)


def test_incidents_are_listed_and_tried_again(admin: Program, agent: Program) -> None:
    stuck = """<startEvent id="a"/><sequenceFlow id="f" sourceRef="a" targetRef="t"/>
    <userTask id="t" name="决定" camunda:candidateGroups="agent"/><sequenceFlow id="g" sourceRef="t" targetRef="x"/>
    <exclusiveGateway id="x"/><sequenceFlow id="h" sourceRef="x" targetRef="e"><conditionExpression>=ok = true
    </conditionExpression></sequenceFlow><sequenceFlow id="i" sourceRef="x" targetRef="e2"><conditionExpression>=ok = false
    </conditionExpression></sequenceFlow><endEvent id="e"/><endEvent id="e2"/>"""
    deploy(admin, bpmn(stuck))
    one = admin.post("/definitions/probe/start", {"variables": {"ok": "?"}}, 201)["id"]
    task = task_of(agent, "决定")
    problem = agent.post(f"/tasks/{task['id']}/complete", {}, 409)
    assert problem["errors"][0]["path"] == "element:x"
    [incident] = [i for i in admin.get("/incidents")["items"] if i["instance_id"] == one]
    admin.post(f"/incidents/{incident['id']}/retry", status=409)
    admin.put(f"/instances/{one}/variables", {"variables": {"ok": True}, **WHY})
    admin.post(f"/incidents/{incident['id']}/retry")
    assert admin.get(f"/instances/{one}")["head"]["status"] == "completed"
    admin.post(f"/incidents/{incident['id']}/resolve", WHY, 409)


# Who asks


def test_without_a_good_token_nothing_opens(site: Site, admin: Program) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
        answer = site.client().get(f"{ROOT}/tasks", headers=headers)
        assert answer.status_code == 401
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    person = site.person("admin")
    assert person.get(f"{ROOT}/tasks").status_code == 401, "a cookie is no token"
    assert "Set-Cookie" not in admin.ask("GET", "/tasks").headers


def test_bad_tokens_lock_their_address_out(site: Site, admin: Program) -> None:
    bad = Program(site.client(), "wrong")
    for _ in range(5):
        bad.get("/tasks", 401)
    answer = bad.ask("GET", "/tasks")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    admin.get("/tasks")
    site.clock.advance(minutes=16)
    bad.get("/tasks", 401)


def test_tokens_expire_and_are_revoked(site: Site) -> None:
    short = program(site, "admin", expires_at=site.clock.now + timedelta(hours=1))
    short.get("/tasks")
    site.clock.advance(hours=1)
    short.get("/tasks", 401)
    gone = program(site, "admin")
    with site.database.transaction() as session:
        newest = people.tokens(session, SYSTEM)[0]
        people.revoke_token(session, SYSTEM, newest.id, now=site.clock.now)
    gone.get("/tasks", 401)


def test_a_token_carries_only_its_roles(site: Site) -> None:
    with site.database.read() as session:
        held = people.viewer(session, "lin.xiaoan", now=site.clock.now).roles
    assert "agent" in held
    program(site, "lin.xiaoan", roles=["agent"]).get("/incidents", 403)
    with site.database.transaction() as session:
        people.set_grants(
            session, SYSTEM, login="lin.xiaoan", grants=[people.Grant("agent"), people.Grant("process_owner")],
            now=site.clock.now,
        )  # fmt: skip
    program(site, "lin.xiaoan").get("/incidents")
    program(site, "lin.xiaoan", roles=["agent"]).get("/incidents", 403)


# Requests


def test_a_request_with_a_key_happens_once(admin: Program) -> None:
    deploy(admin)
    key = {"headers": {"Idempotency-Key": "order-66"}}
    first = admin.ask("POST", "/definitions/probe/start", {"business_key": "B-9"}, **key)
    again = admin.ask(
        "POST", "/definitions/probe/start", {"business_key": "B-9"}, headers={"Idempotency-Key": "order-66"}
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(admin.get("/instances?process=probe")["items"]) == 1
    headers = {"Idempotency-Key": "order-66"}
    admin.post("/definitions/probe/start", {"business_key": "B-10"}, 422, headers=headers)
    admin.post("/definitions/probe/start", {}, 422, headers={"Idempotency-Key": "x" * 201})


def test_a_question_does_not_wait_for_a_writer(site: Site, admin: Program) -> None:
    one = started(admin)
    deploy(admin, APPROVAL.replace(b"</bpmn:process>", b"</bpmn:process> ").replace(b'name="', b'name="neu ', 1))
    with site.database.transaction():
        admin.post("/feel/evaluate", {"expression": "1 + 1"})
        admin.post(f"/instances/{one}/migration-plan", {"version": 2})
        admin.post("/definitions/probe/migration-plan", {"from_version": 1})
        deploy(admin, status=200, path="/check")
        deploy(admin, status=200, path="/repair")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"bussines_key": "x"}, "/bussines_key"),
        ({"business_key": 7}, "/business_key"),
        ({"business_key": "x" * 201}, "/business_key"),
        ({"variables": [1]}, "/variables"),
        ({"variables": {"a": {"b": 2**70}}}, "/variables/a/b"),
        ({"variables": {"a": "\x00"}}, "/variables/a"),
        ({"title": "\ud800"}, "/title"),
        ([], ""),
    ],
)
def test_what_does_not_fit_is_named(admin: Program, body: Any, path: str) -> None:
    deploy(admin)
    problem = admin.post("/definitions/probe/start", body, 422)
    assert problem["type"] == "urn:keyturn:problem:wrong-input"
    assert problem["request_id"]
    assert [error["path"] for error in problem["errors"]] == [path]
    assert problem["errors"][0]["message"]


@pytest.mark.parametrize("raw", [b"{", b"\xff", b"[" * 100_000, b'{"variables": {"a": NaN}}'])
def test_what_is_no_json_is_refused(admin: Program, raw: bytes) -> None:
    admin.post("/definitions/probe/start", status=400, data=raw, content_type="application/json")


def test_a_number_without_end_is_refused(admin: Program) -> None:
    raw = b'{"variables": {"a": 1e999}}'
    problem = admin.post("/definitions/probe/start", status=422, data=raw, content_type="application/json")
    assert problem["errors"][0]["path"] == "/variables/a"


def test_parameters_are_checked_too(admin: Program) -> None:
    for query in ("?page=0", "?page=x", "?size=1000", "?view=everything", "?colour=red", "?page=1&page=2"):
        admin.get(f"/tasks{query}", 422)
    admin.get("/instances/no-id", 404)
    admin.get("/definitions/%00", 404)
    assert admin.ask("DELETE", "/tasks").status_code == 405
    assert admin.ask("DELETE", "/tasks").headers["Allow"] == "GET, HEAD, OPTIONS"
    admin.post("/messages", status=415, data="name=x", content_type="application/x-www-form-urlencoded")
    admin.post("/messages", {"name": "x" * 1_000_001}, status=413)
    admin.post("/deployments", {}, status=415)


# Making tokens


def test_an_administrator_makes_and_revokes_a_token(site: Site) -> None:
    person = site.person("admin")
    page = person.post("/admin/tokens", {"login": "lin.xiaoan", "name": "读数", "role": "agent", "until": "2026-03-09"})
    assert page.status_code == 200
    token = page.text.split("<p><code>")[1].split("<")[0]
    reader = Program(site.client(), token)
    reader.get("/tasks")
    assert token not in person.get("/admin/tokens").text
    for data in ({"login": "nobody"}, {"login": "lin.xiaoan", "role": "gm"}, {"login": "lin.xiaoan", "until": "x"}):
        assert person.post("/admin/tokens", {"name": "x", **data}).status_code == 422
    with site.database.read() as session:
        [made] = people.tokens(session, SYSTEM)
    assert made.roles == ("agent",)
    assert made.expires_at is not None
    assert person.post(f"/admin/tokens/{made.id}/revoke").status_code == 303
    reader.get("/tasks", 401)
    assert site.person("lin.xiaoan").get("/admin/tokens").status_code == 403


def test_the_command_line_makes_a_token(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from tasks_ui.cli import main

    monkeypatch.setenv("KEYTURN_DATA_DIR", str(tmp_path))
    run = CliRunner()
    assert run.invoke(main, ["add-user", "robot", "--role", "agent", "--password", "long enough"]).exit_code == 0
    made = run.invoke(main, ["token", "create", "robot", "--name", "ci", "--role", "agent", "--expires", "30d"])
    assert made.exit_code == 0, made.output
    assert len(made.output.strip()) > 40
    assert "active" in run.invoke(main, ["token", "list"]).output
    assert run.invoke(main, ["token", "create", "nobody"]).exit_code == 1
    assert run.invoke(main, ["token", "create", "robot", "--expires", "soon"]).exit_code == 2


# The clock


def test_the_clock_is_put_forward_only_in_a_test_installation(site: Site, admin: Program, agent: Program) -> None:
    admin.get("/clock", 404)
    parts = site.app.extensions["keyturn"]
    clock = TestClock(site.clock, parts.settings.data_dir / "test-clock")
    site.app.extensions["keyturn"] = replace(parts, clock=clock)
    assert admin.get("/clock")["ahead_seconds"] == 0
    one = f"/instances/{started(admin)}"
    agent.post(f"/tasks/{task_of(agent, '填写')['id']}/complete", {})
    agent.post("/clock", {"advance": "PT1H"}, 403)
    assert admin.post("/clock", {"advance": "PT1H"})["ahead_seconds"] == 3600
    registry = parts.registry
    while worker.run_one(site.database, clock=clock, registry=registry):
        pass
    assert [wait["name"] for wait in admin.get(one)["waits"]] == ["paid"]
    for wrong in ("1h", "P", "PT", "-PT1H", "P9999D"):
        admin.post("/clock", {"advance": wrong}, 422)


def test_the_setting_makes_a_test_clock(demo_file: Any, tmp_path: Any) -> None:
    settings = replace(settings_for(tmp_path), test_clock=True)
    clock = create_app(settings).extensions["keyturn"].clock
    assert isinstance(clock, TestClock)
    before = clock()
    clock.advance(timedelta(days=2))
    assert timedelta(days=2) <= clock() - before < timedelta(days=2, minutes=1)


# Projects


def test_who_starts_without_a_project_gets_his_own_or_is_asked(site: Site, admin: Program) -> None:
    deploy(admin, APPROVAL.replace(b'"agent"', b'"cs_sup"'))
    one, several = program(site, "chen.liyan"), program(site, "zhao.zhiqiu")
    assert one.post("/definitions/probe/start", {}, 201)["scope"] == "春和里"
    assert "知夏苑" in several.post("/definitions/probe/start", {}, 422)["detail"]
    assert several.post("/definitions/probe/start", {"scope": "知夏苑"}, 201)["scope"] == "知夏苑"
    assert "cs_sup" in admin.post("/definitions/probe/start", {}, 422)["detail"], "nobody would see the task"
    assert admin.post("/definitions/probe/start", {"scope": ""}, 201)["scope"] == ""


def test_a_message_counts_only_those_whom_the_sender_may_see(site: Site, admin: Program) -> None:
    body = b'<startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="paid"/>'
    body += b'<receiveTask id="paid" name="P" messageRef="m"/><sequenceFlow id="f2" sourceRef="paid" targetRef="write"/>'
    deploy(admin, bpmn(body.decode() + '<userTask id="write" name="填写" camunda:candidateGroups="cs_sup"/>'))
    waiting = {
        scope: admin.post("/definitions/probe/start", {"business_key": "B-1", "scope": scope}, 201)["id"]
        for scope in ("春和里", "知夏苑", "望冬台")
    }
    message = {"name": "paid", "business_key": "B-1"}
    assert "3" in admin.post("/messages", message, 409)["detail"]
    told = program(site, "cao.jiaofu").post("/messages", message, 404)["detail"]
    nobody = admin.post("/messages", {**message, "business_key": "B-9"}, 404)["detail"]
    assert told == nobody.replace("B-9", "B-1")
    assert "2" in program(site, "zhao.zhiqiu").post("/messages", message, 409)["detail"]
    assert program(site, "chen.liyan").post("/messages", message)["instance_id"] == waiting["春和里"]
