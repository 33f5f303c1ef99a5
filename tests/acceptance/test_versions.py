"""Putting running cases onto another version: in the browser as an administrator, and over the API."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.api_client import Program, bpmn, program
from tests.acceptance.test_api import deploy

if TYPE_CHECKING:
    from tests.sites import Site

FLOW = '<sequenceFlow id="{0}_{1}" sourceRef="{0}" targetRef="{1}"/>'


def drawn(*steps: str, more: str = "") -> bytes:
    names = ("begin", *steps, "gone")
    tasks = "".join(f'<userTask id="{s}" name="{s}步" camunda:candidateGroups="agent"/>' for s in steps)
    flows = "".join(FLOW.format(a, b) for a, b in itertools.pairwise(names))
    return bpmn(f'<startEvent id="begin"/>{tasks}{flows}<endEvent id="gone"/>{more}')


REMINDER = (
    '<boundaryEvent id="late" name="催办" attachedToRef="a" cancelActivity="false"><timerEventDefinition>'
    '<timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent><task id="urge"/><endEvent id="urged"/>'
    + FLOW.format("late", "urge") + FLOW.format("urge", "urged")
)  # fmt: skip


@pytest.fixture
def admin(site: Site) -> Program:
    return program(site, "admin")


def begun(admin: Program, *versions: bytes) -> tuple[str, list[str]]:
    """Deploy versions; start an instance of the first one; give it and the ids of the versions."""
    deploy(admin, versions[0])
    one = admin.post("/definitions/probe/start", {"business_key": "B-1"}, 201)["id"]
    for version in versions[1:]:
        deploy(admin, version)
    rows = admin.get("/definitions?key=probe&all_versions=true")["items"]
    return one, [row["id"] for row in sorted(rows, key=lambda row: row["version"])]


def test_over_the_api(admin: Program) -> None:
    one, ids = begun(admin, drawn("a", "b"), drawn("b", more=""), drawn("a", "c", "b", more=REMINDER))
    plan = admin.post(f"/instances/{one}/migration-plan", {"version": 2})
    assert (plan["outcome"], [f["rule"] for f in plan["findings"]]) == ("decision", ["removed"])
    refused = admin.post(f"/instances/{one}/migrate", {"version": 2}, 409)
    assert refused["type"].endswith("migration-refused")
    assert refused["findings"] == plan["findings"]
    decided = {"version": 2, "steps": [{"from_element": "a", "to_element": "b"}]}
    assert admin.post(f"/instances/{one}/migration-plan", decided)["moves"][0]["to_element"] == "b"
    asked = admin.post(f"/instances/{one}/migration-plan", {})
    assert [(f["severity"], f["rule"], f["element_id"]) for f in asked["findings"]] == [("warning", "event-added", "late")]
    moved = admin.post(f"/instances/{one}/migrate", {"accept": ["late"], "reason": "试验"})
    assert (moved["head"]["definition_id"], moved["version"], moved["timers"][0]["element_id"]) == (ids[2], 3, "late")
    admin.post(f"/instances/{one}/migrate", {}, 409)
    back = admin.post(f"/instances/{one}/migrate/undo", {"reason": "试验"})
    assert (back["version"], back["timers"]) == (1, [])
    admin.post(f"/instances/{one}/migrate/undo", {"reason": "试验"}, 409)
    admin.post(f"/instances/{one}/migrate", {"version": 9}, 404)
    admin.post(f"/instances/{one}/migrate", {"steps": [{"from_element": "x", "to_element": "b"}]}, 422)


def test_many_over_the_api(site: Site, admin: Program) -> None:
    one, _ = begun(admin, drawn("a", "b"), drawn("a", "n", "b"))
    plans = admin.post("/definitions/probe/migration-plan", {"from_version": 1})
    assert (plans["continues"], plans["moves"], plans["decision"], plans["running"]) == (1, 0, 0, 1)
    assert plans["items"][0]["instance_id"] == one
    batch = admin.post("/definitions/probe/migrate", {"from_version": 1, "reason": "试验"}, 202)
    assert (batch["total"], batch["pending"], batch["finished"]) == (1, 1, False)
    site.run_jobs()
    found = admin.get(f"/migrations/{batch['id']}")
    assert (found["migration"]["moved"], found["migration"]["finished"], found["refused"]) == (1, True, [])
    assert admin.get("/migrations")["items"] == [found["migration"]]
    assert admin.get(f"/instances/{one}")["version"] == 2
    admin.post("/definitions/probe/migrate", {"from_version": 2}, 422)
    undone = admin.post(f"/migrations/{batch['id']}/undo", {"reason": "试验"}, 202)
    assert (undone["undoing"], undone["finished"]) == (1, False)
    site.run_jobs()
    found = admin.get(f"/migrations/{batch['id']}")["migration"]
    assert (found["undone"], found["stayed"], found["finished"]) == (1, 0, True)
    assert admin.get(f"/instances/{one}")["version"] == 1
    admin.post(f"/migrations/{batch['id']}/undo", {"reason": "试验"}, 409)


def test_one_case_in_the_browser(site: Site, admin: Program) -> None:
    one, ids = begun(admin, drawn("a", "b"), drawn("b"))
    person, page = site.person("admin"), f"/admin/instances/{one}/version"
    assert page in person.get(f"/admin/instances/{one}").text
    assert "需要决定" not in person.get(page).text
    looked = person.get(f"{page}?target={ids[1]}").text
    assert "流程正停在“a步”" in looked
    assert 'name="to:a"' in looked
    assert person.post(page, {"target": ids[1], "reason": "试验"}).status_code == 409
    decided = person.get(f"{page}?target={ids[1]}&to:a=b").text
    assert "换到第 2 版" in decided
    assert person.post(page, {"target": ids[1], "to:a": "b"}).status_code == 422, "a reason is needed"
    assert person.get(f"{page}?target={ids[1]}&to:x=b").status_code == 422
    assert person.post(page, {"target": ids[1], "to:a": "b", "reason": "试验"}).status_code == 303
    back = person.get(page).text
    assert "已从第 1 版换到第 2 版" in back
    assert person.post(f"{page}/undo", {"reason": "试验"}).status_code == 303
    assert admin.get(f"/instances/{one}")["version"] == 1
    assert person.post(f"{page}/undo", {"reason": "试验"}).status_code == 409
    audited = person.get("/admin/audit").text
    assert "案件换版本" in audited
    assert "撤回换版本" in audited


def test_the_cases_of_a_version_in_the_browser(site: Site, admin: Program) -> None:
    one, ids = begun(admin, drawn("a", "b"), drawn("c", "b"))
    other = admin.post("/definitions/probe/start", {"business_key": "B-2"}, 201)["id"]
    assert admin.get(f"/instances/{other}")["version"] == 2
    admin.post("/definitions/probe/migrate", {"from_version": 2, "version": 1, "steps": [{"from_element": "c", "to_element": "b"}]}, 202)
    site.run_jobs()
    person: Any = site.person("admin")
    listed = person.get("/studio/processes/probe").text
    assert f"/admin/versions/{ids[0]}" in listed
    assert f"/admin/versions/{ids[1]}" not in listed, "nothing runs on it"
    page = person.get(f"/admin/versions/{ids[0]}").text
    assert page.index("需要决定") < page.index("原地继续")
    assert "B-1" in page
    assert "B-2" in page
    answer = person.post(f"/admin/versions/{ids[0]}", {"target": ids[1], "reason": ""})
    assert answer.status_code == 422
    answer = person.post(f"/admin/versions/{ids[0]}", {"target": ids[1], "reason": "试验"})
    assert answer.status_code == 303
    assert "2 件中已处理 0 件" in person.get(answer.location).text
    assert "hx-get" in re.search(r'<div id="moved"[^>]*>', person.get(answer.location).text)[0]
    site.run_jobs()
    page = person.get(answer.location).text
    assert "全部处理完毕" in page
    assert "流程正停在“a步”" in page
    assert answer.location in person.get("/admin/moves").text
    assert person.post(f"{answer.location}/undo", {"reason": ""}).status_code == 422
    assert person.post(f"{answer.location}/undo", {"reason": "试验"}).status_code == 303
    assert "撤回中" in person.get(answer.location).text
    site.run_jobs()
    assert "已撤回" in person.get(answer.location).text
    assert "没有可撤回的案件" in person.post(f"{answer.location}/undo", {"reason": "试验"}).text
    assert "批量撤回换版本" in person.get("/admin/audit").text
    person.post(f"/admin/versions/{ids[0]}", {"target": ids[1], "reason": "再次"})
    site.run_jobs()
    assert (admin.get(f"/instances/{one}")["version"], admin.get(f"/instances/{other}")["version"]) == (1, 2)
    assert person.get(f"/admin/versions/{ids[1]}?target=x").status_code == 200
    assert "Needs a decision" not in page
    person.post("/me/language", {"language": "en"})
    assert "This case waits at “a步”" in person.get(answer.location).text
