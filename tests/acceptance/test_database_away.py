"""The database cannot be reached: every caller is told so in a sentence with a number, and goes on afterwards."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from storage.session import Database
from tests.sites import Site

AWAY = "暂时无法连接数据库，请稍后再试。"


@pytest.fixture
def away(site: Site):
    """Lets the site's database go, and come back."""
    parts = site.app.extensions["keyturn"]

    def go():
        site.app.extensions["keyturn"] = replace(parts, database=Database("postgresql://keyturn@127.0.0.1:1/nowhere"))

    def come():
        site.app.extensions["keyturn"] = parts

    yield go, come
    come()


def test_a_page(site: Site, away) -> None:
    go, come = away
    person = site.person("admin")
    for path in ("/inbox", "/cases", "/admin/incidents", "/no-such-page"):
        go()
        answer = person.get(path)
        assert answer.status_code == 503
        assert AWAY in answer.text
        assert answer.headers["X-Request-ID"] in answer.text
        assert answer.headers["Retry-After"]
        come()
        assert person.get(path).status_code in {200, 404}


def test_a_form_and_a_part_of_a_page(site: Site, away) -> None:
    person = site.person("admin")
    person.post("/notifications/read", {})  # the page of the token against forged requests was seen before
    away[0]()
    assert AWAY in person.post("/notifications/read", {}).text
    part = person.get("/inbox", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Retarget"]) == (503, "#toasts")
    assert AWAY in part.text


def test_a_program_and_the_monitoring(site: Site, away) -> None:
    away[0]()
    client = site.client()
    answer = client.get("/api/v1/tasks", headers={"Authorization": "Bearer abc"})
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert answer.get_json(force=True)["detail"] == AWAY
    assert client.get("/healthz").status_code == 503
    assert (
        client.get("/healthz", headers={"Accept-Language": "en"})
        .get_json()["error"]["message"]
        .startswith("The database")
    )


def test_while_another_error_is_told(site: Site, away) -> None:
    person = site.person("admin")
    away[0]()
    answer = person.client.post(f"/tasks/{UUID(int=1)}/complete", data={"csrf_token": "of yesterday"})
    assert answer.status_code == 503
    assert AWAY in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
