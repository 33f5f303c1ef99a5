"""Inspection batches in the browser: begun with one click or from a list, watched, cancelled; the demo's own one."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from engine import people
from engine.errors import ConflictError, NotAllowedError, NotFoundError
from processes.services import batch_board, inspections
from processes.services.batch_board import HouseQuery
from processes.services.demo import inspection
from processes.services.demo.player import Play
from storage import inspections as rows
from storage.files import Files
from storage.tables.defects import Defect, DefectEvent
from storage.tables.estate import Phase, Project, Unit
from storage.tables.inspections import InspectionBatch, InspectionResult
from tests import visits


def phase_of(site, project="知夏苑"):
    with site.database.read() as session:
        query = select(Phase.id).join(Project, Project.id == Phase.project_id).where(Project.code == project)
        return session.scalars(query).one()


def listed(*codes):
    book = Workbook()
    book.active.append(["房号"])
    for code in codes:
        book.active.append([code])
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def codes(site):
    with site.database.read() as session:
        query = select(Unit.code).where(Unit.phase_id == phase_of(site)).order_by(Unit.id)
        return session.scalars(query).all()


def numbers(site):
    with site.database.read() as session:
        return session.scalars(select(InspectionBatch.number).where(InspectionBatch.project == "知夏苑")).all()


def test_a_batch_is_begun_with_one_click_and_cancelled_with_a_reason(site):
    manager = site.person("sun.mingli")
    page = manager.get("/batches/new")
    assert "知夏苑 1期 · 4 户" in page.text
    answer = manager.post("/batches/new", {"phase": phase_of(site), "round": "一户一验"})
    assert answer.status_code == 303
    (number,) = numbers(site)
    board = manager.get(f"/batches/{number}")
    assert "编制验房计划" in board.text
    assert "—%" not in board.text
    listing = manager.get("/batches").text
    assert number in listing
    assert "户中已通过 0 户" in listing
    assert "YP-" in manager.get("/inbox").text
    assert manager.post(f"/batches/{number}/cancel", {"reason": " "}).status_code == 422
    assert manager.post(f"/batches/{number}/cancel", {"reason": "改期"}).status_code == 303
    site.run_jobs()
    assert "已取消" in manager.get(f"/batches/{number}").text
    assert manager.post(f"/batches/{number}/cancel", {"reason": "又改"}).status_code == 409
    assert number not in manager.get("/batches").text


def test_a_list_of_houses_is_taken_whole_or_not_at_all(site):
    manager = site.person("sun.mingli")
    some = codes(site)[:2]

    def send(*wanted):
        data = {"phase": phase_of(site), "round": "分户验收", "file": (listed(*wanted), "houses.xlsx")}
        return manager.post("/batches/new", data, content_type="multipart/form-data")

    refused = send(some[0], "没有-1-1", some[0], "春和里1期-03-2-1502")
    assert refused.status_code == 422
    for reason in ("没有-1-1", "已经有了", "不在这一期"):
        assert reason in refused.text
    assert numbers(site) == []
    assert send(*some).status_code == 303
    (number,) = numbers(site)
    with site.database.read() as session:
        assert len(rows.batch(session, number).houses) == 2


def test_who_has_nothing_to_do_with_it_sees_no_batch(site):
    number = visits.add_visits(site, 1) and numbers(site)[0]
    assert site.person("cao.jiaofu").get(f"/batches/{number}").status_code == 404
    assert site.person("lin.xiaoan").get("/batches").status_code == 200
    assert number not in site.person("lin.xiaoan").get("/batches").text
    assert site.person("zhao.zhiqiu").get("/batches/new").status_code == 403


def test_the_batch_of_the_demonstration_shows_who_lags_behind(site):
    now, registry = site.clock(), site.app.extensions["keyturn"].registry
    stage = Play(site.database, registry, Files(site.app.extensions["keyturn"].settings.data_dir / "files"))
    number = inspection.play(stage, "mini", now=now)
    leader = site.person("yan.lingdao")
    page = leader.get(f"/batches/{number}")
    assert page.status_code == 200
    for word in ("方正样板门窗分包", "滞后单位", "整改中", "按楼栋"):
        assert word in page.text
    assert leader.get(f"/batches/{number}?state=整改中&building=02&q=知夏苑").text.count("YF-") >= 1
    assert "?unit=" in page.text, "from a company to the houses in which it has something to mend"
    with site.database.read() as session:
        viewer = people.viewer(session, "yan.lingdao", now=now)
        board = batch_board.board(session, viewer, number, HouseQuery(), now=now)
        for one in board.contractors:
            owed = batch_board.board(session, viewer, number, HouseQuery(contractor=one.name), now=now)
            assert (owed.total > 0) is (one.open > 0), one.name
        months = batch_board.board(session, viewer, number, HouseQuery(), now=now, period="month").spans
        for spans in (months, board.spans):
            assert sum(one.found for one in spans) == board.all.total
            assert sum(one.planned for one in spans) == board.item.houses
        assert {one.start.day for one in months} == {1}
        assert all(one.start.weekday() == 0 for one in board.spans)
    assert board.item.houses == board.item.planned == 4
    assert sum(board.states.values()) == 4
    assert board.all.open == sum(one.open for one in board.contractors) == sum(one.open for one in board.buildings)


def test_a_patrol_looks_at_the_vacant_houses_and_tells_no_handover(site):
    manager = site.person("sun.mingli")
    sent = {"phase": phase_of(site), "round": "空置房巡查"}
    answer = manager.post("/batches/new", sent)
    assert (answer.status_code, "没有空置房" in answer.text) == (422, True)
    with site.database.transaction() as session:
        houses = session.scalars(select(Unit).where(Unit.phase_id == phase_of(site)).order_by(Unit.id)).all()
        for house in houses[:2]:
            house.state = "空置"
        wanted = [house.id for house in houses[:2]]
    assert manager.post("/batches/new", sent).status_code == 303
    with site.database.read() as session:
        row = session.scalars(select(InspectionBatch).where(InspectionBatch.round == "空置房巡查")).one()
        assert (row.houses, row.stage) == (wanted, "承接查验")
        viewer = people.viewer(session, "sun.mingli", now=site.clock())
        assert all(one.round != "空置房巡查" for one in batch_board.choices(session, viewer)), "never the usual next"


class Phone:
    """Rows as a device sends them."""

    def __init__(self, site, number, login=visits.INSPECTOR) -> None:
        self.site, self.number, self.login = site, number, login

    def send(self, record, **content):
        with self.site.database.transaction() as session:
            viewer = people.viewer(session, self.login, now=self.site.clock())
            return record(session, viewer, self.number, now=self.site.clock(), **content)


def test_rows_sent_twice_are_written_once_and_a_row_changed_since_is_a_conflict(site):
    (number,) = visits.add_visits(site, 1)
    phone, other = Phone(site, number), Phone(site, number, "wu.gongjia")
    line = {"id": uuid4(), "room": "客厅", "item": "L1", "result": "不合格"}
    first = phone.send(inspections.record_result, **line)
    assert (first.revision, first.new) == (1, True)
    assert phone.send(inspections.record_result, **line).new is False
    assert other.send(inspections.record_result, **line | {"id": uuid4(), "result": "合格"}, revision=1).revision == 2
    with pytest.raises(ConflictError, match="吴工甲"):
        phone.send(inspections.record_result, **line | {"note": "空鼓"}, revision=1)
    found = {"id": uuid4(), "room": "主卫", "part": "卫生间/地面防水", "problem": "防水/渗漏", "text": "渗水"}
    assert phone.send(inspections.record_defect, **found).new is True
    assert phone.send(inspections.record_defect, **found).new is False
    assert other.send(inspections.record_defect, **found | {"severity": "A"}, revision=1).revision == 2
    with pytest.raises(ConflictError, match="吴工甲"):
        phone.send(inspections.record_defect, **found | {"severity": "C"}, revision=1)
    with site.database.read() as session:
        (row,) = session.scalars(select(Defect).where(Defect.found_in == number))
        assert (row.severity, row.trade, row.state) == ("A", "防水", "待派")
        assert row.repair_id == row.responsible_id is not None
        assert len(session.scalars(select(InspectionResult)).all()) == 1
        kinds = session.scalars(select(DefectEvent.kind).where(DefectEvent.defect_id == row.id)).all()
        assert sorted(kinds) == ["修改", "发现"]
    phone.send(inspections.record_defect, **found | {"severity": "A"}, revision=2, removed=True)
    assert phone.send(inspections.record_defect, **found | {"severity": "A"}, revision=2, removed=True).new is False


def test_only_those_who_inspect_record_and_only_until_the_visit_is_over(site):
    (number,) = visits.add_visits(site, 1)
    line = {"id": uuid4(), "room": "客厅", "item": "L1", "result": "合格"}
    with pytest.raises(NotAllowedError):
        Phone(site, number, "shen.fuhe").send(inspections.record_result, **line)
    with pytest.raises(NotFoundError):
        Phone(site, number, "qian.xiaoman").send(inspections.record_result, **line)
    with site.database.transaction() as session:
        rows.house(session, number).state = "整改中"
    with pytest.raises(ConflictError, match="over"):
        Phone(site, number).send(inspections.record_result, **line)
