"""A decoration in the browser: begun by the front desk from the page of new things, for one of its projects (B09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from storage.tables.deadlines import Deadline
from storage.tables.decorations import Decoration
from storage.tables.work import UserTask
from tests.sites import demo_file, site  # noqa: F401

if TYPE_CHECKING:
    from storage.tables.work import UserTask
from tests.sites import Site


def test_the_front_desk_begins_a_decoration_for_a_project(site: Site) -> None:  # noqa: F811
    """Without a project nobody there would see its tasks; the first task has its number and its clock."""
    desk, page = site.person("yang.guanjia"), "/start/process/decoration"
    assert page in desk.get("/start").text
    assert "装修管理" in desk.get(page).text
    refused = desk.post(page, {"_place": "", "_key": "none"})
    assert refused.status_code in (400, 422)
    assert "请从列表中选择项目" in refused.text
    assert desk.post(page, {"_place": "春和里", "_key": "one"}).status_code == 303
    with site.database.read() as session:
        row = session.scalars(select(Decoration)).one()
        clock = session.scalars(select(Deadline).filter_by(case_number=row.number)).one()
        assert (row.project, clock.clock, clock.object_type, clock.open) == (
            "春和里",
            "deco_register",
            "decoration",
            True,
        )
        task = session.scalars(select(UserTask).filter_by(instance_id=row.instance_id)).one()
    assert row.number in desk.get(f"/inbox?q={row.number}&view=all").text
    form = desk.get(f"/tasks/{task.id}").text
    for label in ("房号", "开工日期", "装修公司", "现收装修保证金"):
        assert label in form
    assert site.person("shen.fuhe").get(page).status_code == 404
