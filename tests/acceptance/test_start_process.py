"""Starting a process that the company drew itself, on the pages: nobody needs a program for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.work import UserTask
from tests.acceptance.api_client import DRAWN, program
from tests.acceptance.test_api import deploy

if TYPE_CHECKING:
    from tests.sites import Site

PAGE = "/start/process/probe"


def tasks_of(site: Site) -> list[UserTask]:
    with site.database.read() as session:
        return list(session.scalars(select(UserTask).where(UserTask.element_id == "write")))


def test_who_may_start_a_drawn_process_finds_it_and_starts_it_once(site: Site) -> None:
    admin, agent, technician = site.person("admin"), site.person("lin.xiaoan"), site.person("han.shifu")
    assert PAGE not in admin.get("/start").text
    deploy(program(site, "admin"), DRAWN)
    assert PAGE in admin.get("/start").text
    assert PAGE in agent.get("/start").text
    assert PAGE not in technician.get("/start").text
    assert technician.get(PAGE).status_code == 404
    assert technician.post(PAGE, {"amount": "5"}).status_code == 404
    assert "/start/process/callback" not in admin.get("/start").text, "the shipped ones start each other"
    page = agent.get(PAGE).text
    (key,) = re.findall(r'name="_key" value="([^"]+)"', page)
    place = re.findall(r'<option value="([^"]+)"', page)[0]
    sent = {"_key": key, "_title": "101 室噪音", "_place": place}
    missing = agent.post(PAGE, sent)
    assert missing.status_code == 422
    assert "此项必填" in missing.text
    assert 'value="101 室噪音"' in missing.text
    elsewhere = agent.post(PAGE, {**sent, "amount": "5", "_place": "Mars"})
    assert elsewhere.status_code == 422
    assert "请从列表中选择项目" in elsewhere.text
    assert not tasks_of(site)
    for _ in range(2):
        assert agent.post(PAGE, {**sent, "amount": "5"}).status_code == 303
    (task,) = tasks_of(site)
    assert task.scope == place
    assert "101 室噪音" in agent.get("/inbox").text
