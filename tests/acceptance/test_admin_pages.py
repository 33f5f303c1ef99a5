"""Administration over HTTP."""

from __future__ import annotations

import re

import pytest

from engine import notifications
from tests.sites import Person, Site

PAGES = ("", "people", "people/new", "people/lin.xiaoan", "roles", "jobs", "jobs?kind=timer", "outbox", "audit", "incidents")


@pytest.fixture
def admin(site: Site) -> Person:
    return site.person("admin")


@pytest.mark.parametrize("page", PAGES)
def test_pages(admin: Person, page: str) -> None:
    assert admin.get(f"/admin/{page}").status_code == 200


@pytest.mark.parametrize("page", ["", "jobs", "outbox", "audit", "incidents"])
def test_agents_stay_out(site: Site, page: str) -> None:
    assert site.person("lin.xiaoan").get(f"/admin/{page}").status_code == 403


def test_agents_change_nobody(site: Site) -> None:
    agent = site.person("lin.xiaoan")
    assert agent.post("/admin/people/new", {"login": "x", "role": "admin", "scope": "", "org": ""}).status_code == 403
    assert agent.post("/admin/people/zhou.xiaoning", {"name": "x"}).status_code == 403
    assert agent.post("/admin/people/zhou.xiaoning/password").status_code == 403


def test_a_new_person_signs_in_with_the_password_shown(site: Site, admin: Person) -> None:
    form = {"login": "new.person", "name": "新同事", "role": ["agent", ""], "scope": ["", ""], "org": ["", ""], "active": "on"}
    assert admin.post("/admin/people/new", form).status_code == 303
    shown = re.search(r"仅显示这一次）：([\w-]+)", admin.get("/admin/people/new.person").text)
    assert shown
    answer = Person(site.client()).post("/login", {"login": "new.person", "password": shown[1]})
    assert answer.status_code == 303


def test_a_login_is_given_once(admin: Person) -> None:
    form = {"login": "lin.xiaoan", "name": "另一个人", "role": "", "scope": "", "org": ""}
    answer = admin.post("/admin/people/new", form)
    assert answer.status_code == 409
    assert "已被使用" in answer.text
    assert 'value="另一个人"' in answer.text


def test_grants_are_changed(site: Site, admin: Person) -> None:
    form = {"name": "林小安", "role": ["agent", "legal"], "scope": ["", ""], "org": ["", ""], "active": "on"}
    assert admin.post("/admin/people/lin.xiaoan", form).status_code == 303
    assert "法务" in site.person("lin.xiaoan").get("/me").text


def test_the_last_administrator_stays(admin: Person) -> None:
    answer = admin.post("/admin/people/admin", {"name": "admin", "role": "", "scope": "", "org": "", "active": "on"})
    assert answer.status_code in {409, 422}


def test_the_audit_log_tells_who_changed_whom(admin: Person) -> None:
    form = {"name": "林小安", "role": ["agent"], "scope": [""], "org": [""], "active": "on"}
    admin.post("/admin/people/lin.xiaoan", form)
    assert "修改人员" in admin.get("/admin/audit?subject=user:lin.xiaoan").text


class TestIncidents:
    @pytest.fixture
    def message(self, site: Site) -> None:
        """A webhook that nobody answers has failed for the last time."""
        with site.database.transaction() as session:
            notifications.send(
                session, connector="nowhere", recipient="http://127.0.0.1:9", template="Saved.", now=site.clock()
            )
        for _ in range(20):
            site.run_jobs()
            site.clock.advance(hours=12)

    def incident(self, page: Person) -> str:
        found = re.search(r"/admin/incidents/([0-9a-f-]{36})/retry", page.get("/admin/incidents").text)
        assert found
        return found[1]

    def test_it_is_listed_with_its_reason_and_tried_again(self, site: Site, message: None, admin: Person) -> None:
        assert "nowhere" in admin.get("/admin/incidents").text
        assert admin.post(f"/admin/incidents/{self.incident(admin)}/retry").status_code == 303
        assert "正在重试" in admin.get("/admin/incidents").text

    def test_it_is_closed_with_a_word(self, site: Site, message: None, admin: Person) -> None:
        number = self.incident(admin)
        assert admin.post(f"/admin/incidents/{number}/resolve", {"note": "地址已停用"}).status_code == 303
        assert number not in admin.get("/admin/incidents").text

    def test_process_owners_see_but_do_not_touch(self, site: Site, message: None, admin: Person) -> None:
        number = self.incident(admin)
        owner = site.person("bai.liucheng")
        assert "nowhere" in owner.get("/admin/incidents").text
        assert "/retry" not in owner.get("/admin/incidents").text
        assert owner.post(f"/admin/incidents/{number}/retry").status_code == 403
