"""The shell over HTTP: signing in, what errors look like, headers, languages, health."""

from __future__ import annotations

import gzip
import json
import re
from datetime import timedelta

import pytest

from engine.access import SYSTEM, Grant
from engine.people import save_user
from tests.sites import Person, Site


def sign_in(site: Site, login: str, password: str) -> tuple[Person, object]:
    person = Person(site.client())
    return person, person.post("/login", {"login": login, "password": password})


@pytest.fixture
def alice(site: Site) -> str:
    with site.database.transaction() as session:
        save_user(
            session, SYSTEM, login="alice", name="Alice", password="correct horse", grants=[Grant("agent")], now=site.clock()
        )
    return "alice"


class TestSigningIn:
    def test_every_page_asks_for_it_and_comes_back(self, site: Site) -> None:
        answer = site.client().get("/inbox?view=mine")
        assert answer.status_code == 303
        assert answer.location == "/login?next=/inbox?view%3Dmine"

    def test_right_password(self, site: Site, alice: str) -> None:
        person, answer = sign_in(site, alice, "correct horse")
        assert answer.location == "/inbox"
        assert person.get("/inbox").status_code == 200

    def test_wrong_password_says_so_and_keeps_the_login(self, site: Site, alice: str) -> None:
        _, answer = sign_in(site, alice, "wrong")
        assert answer.status_code == 422
        assert "登录名或密码不正确" in answer.text
        assert 'value="alice"' in answer.text

    def test_five_failures_lock_and_the_wait_is_told(self, site: Site, alice: str) -> None:
        for _ in range(5):
            sign_in(site, alice, "wrong")
        _, answer = sign_in(site, alice, "correct horse")
        assert answer.status_code == 429
        assert "15" in answer.text
        site.clock.advance(minutes=16)
        _, answer = sign_in(site, alice, "correct horse")
        assert answer.status_code == 303

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
    def test_never_leads_to_another_site(self, site: Site, alice: str, target: str) -> None:
        answer = Person(site.client()).post("/login", {"login": alice, "password": "correct horse", "next": target})
        assert answer.location == "/inbox"

    def test_one_click_only_in_demo_mode(self, site: Site) -> None:
        from dataclasses import replace

        parts = site.app.extensions["keyturn"]
        site.app.extensions["keyturn"] = replace(parts, settings=replace(parts.settings, demo=False))
        assert Person(site.client()).post("/login/as", {"login": "lin.xiaoan"}).status_code == 404

    def test_signing_out_ends_the_session(self, site: Site) -> None:
        person = site.person("lin.xiaoan")
        assert person.post("/logout").status_code == 303
        assert person.get("/inbox").status_code == 303

    def test_a_closed_account_is_out_at_once(self, site: Site, alice: str) -> None:
        person, _ = sign_in(site, alice, "correct horse")
        with site.database.transaction() as session:
            save_user(session, SYSTEM, login=alice, active=False, now=site.clock())
        assert person.get("/inbox").status_code == 303


class TestErrors:
    def test_unknown_page_is_a_sentence_with_a_number(self, site: Site) -> None:
        answer = site.person("lin.xiaoan").get("/nowhere")
        assert answer.status_code == 404
        assert "页面不存在" in answer.text
        assert answer.headers["X-Request-ID"] in answer.text
        assert "林小安" in answer.text

    def test_htmx_gets_a_line_for_the_toasts(self, site: Site) -> None:
        answer = site.person("lin.xiaoan").get("/nowhere", headers={"HX-Request": "true"})
        assert answer.headers["HX-Retarget"] == "#toasts"
        assert "<html" not in answer.text

    def test_programs_get_json(self, site: Site) -> None:
        answer = site.client().get("/nowhere", headers={"Accept": "application/json"})
        assert answer.json["error"]["status"] == 404
        assert answer.json["error"]["request_id"] == answer.headers["X-Request-ID"]

    def test_a_fault_shows_its_number_and_no_inside(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from engine import tasks

        def broken(*_args: object, **_options: object) -> None:
            raise RuntimeError("the inside of the machine")

        person = site.person("lin.xiaoan")
        monkeypatch.setattr(tasks, "inbox", broken)
        answer = person.get("/inbox")
        assert answer.status_code == 500
        assert answer.headers["X-Request-ID"] in answer.text
        assert "inside of the machine" not in answer.text

    def test_forged_request_is_refused(self, site: Site) -> None:
        person = site.person("lin.xiaoan")
        answer = person.client.post("/me/language", data={"language": "en"})
        assert answer.status_code == 400
        assert "页面已过期" in answer.text

    def test_a_task_that_is_not_there(self, site: Site) -> None:
        answer = site.person("lin.xiaoan").post("/inbox/00000000-0000-0000-0000-000000000000/claim")
        assert answer.status_code == 404


class TestHeaders:
    def test_strict_policy_on_every_page(self, site: Site) -> None:
        for answer in (site.client().get("/login"), site.person("lin.xiaoan").get("/inbox"), site.client().get("/nowhere")):
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"

    def test_session_cookie_is_out_of_reach_of_scripts(self, site: Site) -> None:
        answer = site.client().get("/login")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie

    def test_files_of_ours_are_kept_by_their_content(self, site: Site) -> None:
        page = site.client().get("/login").text
        for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
            answer = site.client().get(address)
            assert answer.status_code == 200, address
            assert "immutable" in answer.headers["Cache-Control"], address
            answer.close()

    def test_the_inbox_weighs_little(self, site: Site) -> None:
        person = site.person("sun.mingli")
        page = person.get("/inbox?view=team").text
        weight = len(gzip.compress(page.encode()))
        for address in re.findall(r'<(?:link|script)[^>]+(?:href|src)="(/static/[^"]+)"', page):
            answer = person.get(address)
            weight += len(gzip.compress(answer.data))
            answer.close()
        assert weight < 80_000


class TestLanguages:
    def test_chinese_first_english_when_asked_for(self, site: Site) -> None:
        assert "登录" in site.client().get("/login").text
        english = site.client().get("/login", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
        assert '<html lang="en"' in english
        assert "Sign in" in english

    def test_choice_is_kept_for_the_person(self, site: Site) -> None:
        person = site.person("lin.xiaoan")
        assert person.post("/me/language", {"language": "en"}).status_code == 303
        assert "Inbox" in person.get("/inbox", headers={"Accept-Language": "zh-CN"}).text
        assert "Inbox" in site.person("lin.xiaoan").get("/inbox").text

    def test_colours_are_kept_in_the_browser(self, site: Site) -> None:
        person = site.person("lin.xiaoan")
        person.post("/me/theme", {"theme": "dark"})
        assert 'data-bs-theme="dark"' in person.get("/inbox").text


class TestMonitoring:
    def test_health(self, site: Site) -> None:
        site.run_jobs()
        answer = site.client().get("/healthz")
        assert answer.status_code == 200
        assert answer.json["status"] == "ok"

    def test_health_fails_when_jobs_wait_too_long(self, site: Site) -> None:
        site.clock.advance(days=3)
        assert site.client().get("/healthz").status_code == 503

    def test_metrics_for_this_machine_only(self, site: Site) -> None:
        site.client().get("/login")
        text = site.client().get("/metrics").text
        assert 'keyturn_requests_total{endpoint="auth.login",method="GET",status="200"}' in text
        assert "keyturn_jobs_due" in text
        assert site.client().get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404


class TestMyself:
    def test_a_substitute_gets_the_tasks_for_the_days_named(self, site: Site) -> None:
        person = site.person("chen.liyan")
        today = site.clock().date()
        answer = person.post(
            "/me/substitutes",
            {
                "substitute": "lin.xiaoan",
                "from": today.isoformat(),
                "until": (today + timedelta(days=2)).isoformat(),
                "reason": "年假",
            },
        )
        assert answer.status_code == 303
        assert "林小安 代理我的工作" in person.get("/me").text
        assert "正在代理" in site.person("lin.xiaoan").get("/me").text

    def test_wrong_period_keeps_what_was_typed(self, site: Site) -> None:
        answer = site.person("chen.liyan").post(
            "/me/substitutes", {"substitute": "lin.xiaoan", "from": "2026-03-09", "until": "2026-03-02", "reason": "年假"}
        )
        assert answer.status_code == 422
        assert 'value="年假"' in answer.text

    def test_password_needs_the_old_one(self, site: Site, alice: str) -> None:
        person, _ = sign_in(site, alice, "correct horse")
        typed = {"old": "wrong", "new": "battery staple", "again": "battery staple"}
        assert person.post("/me/password", typed).status_code == 422
        assert person.post("/me/password", typed | {"old": "correct horse"}).status_code == 303
        assert sign_in(site, alice, "battery staple")[1].status_code == 303

    def test_another_password_ends_all_other_sessions(self, site: Site, alice: str) -> None:
        person, other = (sign_in(site, alice, "correct horse")[0] for _ in range(2))
        typed = {"old": "correct horse", "new": "battery staple", "again": "battery staple"}
        assert person.post("/me/password", typed).status_code == 303
        assert (person.get("/inbox").status_code, other.get("/inbox").status_code) == (200, 303)
        with site.database.transaction() as session:
            save_user(session, SYSTEM, login=alice, password="set by the office", now=site.clock())
        assert person.get("/inbox").status_code == 303


def test_logs_are_json_lines_with_the_request_id(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    import logging

    import structlog

    from tasks_ui import logs

    handlers = logging.getLogger().handlers[:]
    logs.configure()
    try:
        site.client().get("/login", headers={"X-Request-ID": "abc-123"})
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = handlers
    line = json.loads(capfd.readouterr().err.strip().splitlines()[-1])
    assert (line["request_id"], line["path"], line["status"]) == ("abc-123", "/login", 200)
