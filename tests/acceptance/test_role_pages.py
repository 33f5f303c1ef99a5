"""The process owner keeps the roles that diagrams name, and nothing in use can be broken by it."""

from __future__ import annotations

from storage.tables.people import Role
from tests.sites import Site


def test_a_role_is_added_renamed_and_removed(site: Site) -> None:
    owner = site.person("bai.liucheng")
    wrong = owner.post("/admin/roles", {"code": "Photo Desk", "name_zh": "照片核对员"})
    assert wrong.status_code == 422
    assert "照片核对员" in wrong.text
    assert owner.post("/admin/roles", {"code": "photo", "name_zh": "座席"}).status_code == 422, "another role's name"
    made = owner.post("/admin/roles", {"code": "photo", "name_zh": "照片核对员", "name_en": "Photo desk"})
    assert made.status_code == 303
    assert owner.post("/admin/roles", {"code": "photo", "name_zh": "别的"}).status_code == 422
    page = "/admin/roles/photo"
    assert owner.post(page, {"name_zh": "照片岗 / 照片核对员", "name_en": "Photo desk"}).status_code == 303
    assert "照片岗" in owner.get("/admin/roles").text
    assert owner.post(f"{page}/remove").status_code == 303
    assert owner.get(page).status_code == 404


def test_what_diagrams_and_people_use_stays(site: Site) -> None:
    owner = site.person("bai.liucheng")
    used = owner.get("/admin/roles/agent")
    assert "投诉" in used.text.split("负责的流程任务")[-1]
    refused = owner.post("/admin/roles/agent", {"name_zh": "接线员", "name_en": "Agent"})
    assert refused.status_code == 422
    assert "接线员 / 座席" in refused.text
    assert owner.post("/admin/roles/agent/remove").status_code == 409
    assert owner.post("/admin/roles/admin/remove").status_code == 409
    with site.database.read() as session:
        names = {"name_zh": session.get_one(Role, "cs_sup").name_zh, "name_en": "Head of the desk"}
    assert owner.post("/admin/roles/cs_sup", names).status_code == 303
    with site.database.read() as session:
        assert session.get_one(Role, "cs_sup").supervises, "renaming takes nothing away"


def test_the_calendar_is_tried_before_it_is_changed(site: Site) -> None:
    owner = site.person("bai.liucheng")
    page = owner.get("/admin/holidays?year=2026&from=2026-03-05&days=3").text
    assert "到 2026-03-10" in page
    assert owner.post("/admin/holidays", {"day": "2026-03-09", "worked": "no", "note": "停工"}).status_code == 303
    assert "到 2026-03-11" in owner.get("/admin/holidays?year=2026&from=2026-03-05&days=3").text
    owner.post("/admin/holidays", {"day": "2026-03-09", "worked": "clear"})
    for odd in ("year=0000", "year=9999", "from=9999-12-31&days=3", "from=2026-03-05&days=-9", "days=x"):
        assert owner.get(f"/admin/holidays?{odd}").status_code == 200
