"""What an operator does to an instance in the browser: each act with its reason, each in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.api_client import Program, program
from tests.acceptance.test_api import started

if TYPE_CHECKING:
    from tests.sites import Person, Site


@pytest.fixture
def admin(site: Site) -> Program:
    return program(site, "admin")


def act(person: Person, one: str, what: str, /, **data: str) -> int:
    return person.post(f"/admin/instances/{one}/{what}", {"reason": "试验", **data}).status_code


def test_an_operator_acts_with_a_reason(site: Site, admin: Program) -> None:
    one, person = started(admin), site.person("admin")
    assert one in person.get("/admin/instances").text
    page = person.get(f"/admin/instances/{one}").text
    assert "填写" in page
    assert act(person, one, "suspend") == 303
    assert act(person, one, "suspend") == 409
    assert act(person, one, "resume") == 303
    assert act(person, one, "variable", name="a", value="[1]") == 303
    assert act(person, one, "variable", name="a", value="NaN") == 422
    assert act(person, one, "variable", name="a", value="no json") == 422
    assert act(person, one, "move", **{"from": "write", "element": "paid"}) == 303
    assert act(person, one, "start", element="write", where="after") == 303
    tokens = {token["element_id"]: token["id"] for token in admin.get(f"/instances/{one}")["tokens"]}
    assert set(tokens) == {"paid", "wait"}
    assert act(person, one, "cancel-token", token=tokens["paid"]) == 303
    assert act(person, one, "cancel-token", token="x") == 404
    assert act(person, one, "explode") == 404
    assert act(person, one, "cancel", reason=" ") == 422
    assert act(person, one, "cancel") == 303
    page = person.get(f"/admin/instances/{one}").text
    assert "已取消" in page
    audited = person.get("/admin/audit").text
    for words in ("暂停流程", "恢复流程", "管理员启动步骤", "管理员撤回步骤"):
        assert words in audited


def test_process_owners_look_and_others_do_not(site: Site, admin: Program) -> None:
    one = started(admin)
    agent = site.person("lin.xiaoan")
    assert agent.get("/admin/instances").status_code == 403
    assert act(agent, one, "cancel") == 403


def test_the_task_of_a_suspended_process_says_so(site: Site, admin: Program) -> None:
    one = started(admin)
    [task] = admin.get(f"/instances/{one}")["tasks"]
    agent = site.person("lin.xiaoan")
    assert "流程已暂停" not in agent.get(f"/tasks/{task['id']}").text
    act(site.person("admin"), one, "suspend")
    assert "流程已暂停" in agent.get(f"/tasks/{task['id']}").text
    answer = agent.post(f"/tasks/{task['id']}/complete")
    assert answer.status_code == 409
    assert "流程已暂停" in answer.text
