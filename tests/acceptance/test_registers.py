"""Administrators keep the registers: search, correct, import with a report per row, export, holidays."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from processes.services import workdays
from processes.services.reports.registry import MEASURES
from storage.tables.defects import Defect
from storage.tables.estate import Part, Phase, Project, Unit
from storage.tables.inspections import Checklist, InspectionBatch, Layout
from storage.tables.parties import AccessLog, Contact, Party
from storage.tables.registers import ImportRun, Knowledge
from storage.tables.reports import MeasureGoal
from tests.sites import NOW

CODES = (
    *("companies", "projects", "phases", "buildings", "units", "owners", "departments", "staff", "rota", "backups"),
    *("categories", "parts", "problems", "channels", "knowledge"),
    *("contractors", "contracts", "checklists", "layouts", "defects", "fees"),
)

COUNT = next(one.id for one in MEASURES.values() if one.index and one.kind == "count")
RATE = next(one.id for one in MEASURES.values() if one.index and one.kind == "rate")


@pytest.fixture
def admin(site):
    return site.person("admin")


def count(site, table) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def sheet(headings, *rows) -> io.BytesIO:
    book = Workbook()
    book.active.append(headings)
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def upload(admin, code, content, name="x.xlsx"):
    return admin.post(f"/admin/registers/{code}/import", {"file": (content, name)}, content_type="multipart/form-data")


@pytest.mark.parametrize("code", CODES)
def test_every_register_is_listed_edited_exported_and_read_back_unchanged(site, admin, code) -> None:
    page = admin.get(f"/admin/registers/{code}")
    assert page.status_code == 200
    first = re.search(rf"/admin/registers/{code}/entries/([^\"]+)\"", page.text)
    if first:
        assert admin.get(f"/admin/registers/{code}/entries/{first[1]}").status_code == 200
    assert admin.get(f"/admin/registers/{code}/new").status_code == 200
    assert admin.get(f"/admin/registers/{code}/template").status_code == 200
    exported = admin.post(f"/admin/registers/{code}/export", {"kind": "xlsx"})
    rows = load_workbook(io.BytesIO(exported.data)).active.max_row - 1
    answer = upload(admin, code, io.BytesIO(exported.data))
    assert answer.status_code == 303, answer.text[:500]
    with site.database.read() as session:
        run = session.scalars(select(ImportRun)).one()
        assert (run.accepted, run.changed, run.refused, run.same) == (0, 0, 0, rows), run.report[:4]


def test_an_import_is_tried_first_then_done_and_reports_every_row(site, admin) -> None:
    before = count(site, Unit)
    content = sheet(
        ["房号*", "楼栋", "单元", "房间", "交付标准", "状态", "交付日"],
        ["春和里1期-03-2-9901", "春和里/1期/03", "2", "9901", "毛坯", "入住", "2025-05-01"],
        ["春和里1期-03-2-1502", "春和里/1期/03", "2", "1502", "毛坯", "装修", "2024-09-01"],
        ["春和里1期-99-2-1", "春和里/1期/99", "2", "1", "毛坯", "入住", ""],
        ["", "春和里/1期/03", "2", "2", "毛坯", "入住", ""],
        ["春和里1期-03-2-9901", "春和里/1期/03", "2", "9901", "毛坯", "入住", ""],
        ["春和里1期-03-2-9902", "春和里/1期/03", "2", "9902", "豪装", "入住", "昨天"],
    )
    tried = upload(admin, "units", content)
    page = admin.get(tried.location).text
    assert count(site, Unit) == before
    for part in ("春和里/1期/99", "尚未", "豪装"):
        assert part in page
    assert admin.post(tried.location).status_code == 303
    assert count(site, Unit) == before + 1
    admin.post(tried.location)  # a second time changes nothing
    assert count(site, Unit) == before + 1
    with site.database.read() as session:
        run = session.scalars(select(ImportRun)).one()
        assert (run.accepted, run.changed, run.refused) == (1, 1, 4)
        unit = session.scalars(select(Unit).where(Unit.code == "春和里1期-03-2-9901")).one()
        assert unit.search == "-春和里1期-3-2-9901"
    refused = load_workbook(io.BytesIO(admin.get(f"{tried.location}/refused").data)).active
    assert refused.max_row == 5
    assert refused.cell(1, refused.max_column).value == "原因"
    assert refused.cell(2, refused.max_column).value


def test_owners_come_with_their_numbers_sealed(site, admin) -> None:
    content = "房号,姓名,身份,电话,客户类别\r\n春和里1期-03-2-1502,新业主,业主,199 8888 0001,重要\r\n".encode("gb18030")
    tried = upload(admin, "owners", io.BytesIO(content), "owners.csv")
    admin.post(tried.location)
    with site.database.read() as session:
        party = session.scalars(select(Party).where(Party.name == "新业主")).one()
        contact = session.scalars(select(Contact).where(Contact.party_id == party.id)).one()
        assert (party.importance, contact.masked) == ("重要", "199****0001")
        assert b"8888" not in contact.value
    agent = site.person("lin.xiaoan")
    assert "新业主" in agent.get("/start/complaint/callers?q=19988880001").text
    assert "19988880001" not in admin.get("/admin/registers/owners?q=新业主").text
    exported = admin.post("/admin/registers/owners/export", {"kind": "csv"}).data.decode("utf-8-sig")
    assert any(row[3].replace(" ", "") == "19988880001" for row in csv.reader(io.StringIO(exported)))
    with site.database.read() as session:
        assert ("admin", "export") in {(row.actor, row.action) for row in session.scalars(select(AccessLog))}


def take(site, admin, code, content):
    """Import a file; gives the counts and the refused rows' reasons."""
    admin.post(upload(admin, code, content).location)
    with site.database.read() as session:
        run = session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()
        return (run.accepted, run.changed, run.same, run.refused), [row[3] for row in run.report[1:] if row[3]]


def test_defects_come_from_a_spreadsheet_once_and_those_in_an_order_stay(site, admin) -> None:
    heading = ["编号*", "房号*", "房间", "严重度*", "描述*", "发现时间*", "发现人*"]
    house, when = "春和里1期-03-2-1502", "2026-03-01 10:00"
    first = ["A-1", house, "北卧", "B", "窗扇关不严", when, "chen.liyan"]
    second = ["A-2", house, "阳台", "A", "渗水", when, "chen.liyan"]
    wrong = ["A-3", "无此房", "阳台", "A", "渗水", when, "chen.liyan"]
    assert take(site, admin, "defects", sheet(heading, first, second, wrong))[0] == (2, 0, 0, 1)
    assert take(site, admin, "defects", sheet(heading, first, second))[0] == (0, 0, 2, 0)
    with site.database.transaction() as session:
        row = session.scalar(select(Defect).where(Defect.text == "窗扇关不严"))
        assert (row.project, row.house, row.state, row.revision) == ("春和里", house, "待派", 1)
        row.order_number = "ZG-2026-000009"
    first[4], second[4] = "窗扇缺铰链", "雨后渗水"
    counts, reasons = take(site, admin, "defects", sheet(heading, first, second))
    assert counts == (0, 1, 0, 1)
    assert reasons == ["Defect {id} is already in an order or closed."]


def test_a_checklist_in_use_is_changed_by_a_new_version_only(site, admin) -> None:
    heading = ["检查表*", "版本*", "检查表名称*", "交付标准*", "检查项编码*", "检查内容*"]

    def lines(version, text):
        return sheet(
            heading,
            ["MP", version, "毛坯房", "毛坯", "MP-1", text],
            ["MP", version, "毛坯房", "毛坯", "MP-2", "地面平整"],
        )

    assert take(site, admin, "checklists", lines(7, "墙面平整"))[0] == (2, 0, 0, 0)
    assert take(site, admin, "checklists", lines(7, "墙面无空鼓"))[0] == (0, 1, 1, 0)
    with site.database.transaction() as session:
        known = session.scalar(select(Checklist).where(Checklist.code == "MP", Checklist.version == 7))
        day, phase = date(2026, 3, 1), session.scalar(select(Phase.id))
        batch = {
            "number": "YP-2026-000099",
            "project": "春和里",
            "phase_id": phase,
            "round": "一户一验",
            "created_by": "x",
        }
        session.add(InspectionBatch(**batch, starts_on=day, ends_on=day, checklist_id=known.id, created_at=NOW))
    counts, reasons = take(site, admin, "checklists", lines(7, "墙面洁净"))
    assert counts == (0, 0, 1, 1)
    assert "new version number" in reasons[0]
    assert take(site, admin, "checklists", lines(8, "墙面洁净"))[0] == (2, 0, 0, 0)


def test_layouts_keep_their_places_on_the_plan_and_name_known_parts(site, admin) -> None:
    with site.database.transaction() as session:
        part = session.scalar(select(Part.code).order_by(Part.id))
        project = session.scalar(select(Project).where(Project.code == "春和里"))
        session.add(
            Layout(project_id=project.id, code="Z9", rooms=[{"name": "客厅", "parts": [], "box": [0, 0, 1, 1]}])
        )
    heading = ["项目*", "户型编码*", "房间与部位*"]
    assert take(site, admin, "layouts", sheet(heading, ["春和里", "Z9", f"客厅：{part}；主卧：{part}"]))[0] == (
        0,
        1,
        0,
        0,
    )
    with site.database.read() as session:
        rooms = session.scalar(select(Layout.rooms).where(Layout.code == "Z9"))
    assert rooms == [{"name": "客厅", "parts": [part], "box": [0, 0, 1, 1]}, {"name": "主卧", "parts": [part]}]
    counts, reasons = take(
        site, admin, "layouts", sheet(heading, ["春和里", "Z9", "客厅：无此部位"], ["春和里", "Z8", "客厅"])
    )
    assert counts == (0, 0, 0, 2)
    assert reasons[0] == "{column}: there is no “{value}”."


def test_contracts_of_a_whole_phase_and_fees_are_found_again(site, admin) -> None:
    take(site, admin, "contractors", sheet(["编码*", "名称*", "类别*"], ["X1", "新来的分包", "分包"]))
    contract = (["责任单位*", "分期*", "工种*", "质保金"], ["X1", "春和里/1期", "防水", 1234567.89])
    assert take(site, admin, "contracts", sheet(*contract))[0] == (1, 0, 0, 0)
    assert take(site, admin, "contracts", sheet(*contract))[0] == (0, 0, 1, 0)
    heading = ["房号*", "费用项*", "应缴*", "实缴", "票据号"]
    assert take(site, admin, "fees", sheet(heading, ["春和里1期-03-2-1502", "物业费", 2400, "", ""]))[0] == (1, 0, 0, 0)
    assert take(site, admin, "fees", sheet(heading, ["春和里1期-03-2-1502", "物业费", 2400, 2400, "P-7"]))[0] == (
        0,
        1,
        0,
        0,
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.xlsx", b"PK\x03\x04 no workbook"),
        ("x.csv", b""),
        ("x.csv", b"\xff\xfe\x00\x01\x02"),
        ("x.csv", "名称\r\n甲\r\n".encode()),
    ],
)
def test_a_file_that_is_none_is_answered_with_a_sentence(admin, name, content) -> None:
    answer = upload(admin, "units", io.BytesIO(content), name)
    assert answer.status_code == 422
    assert "系统出错" not in answer.text


def test_an_entry_is_corrected_and_what_is_wrong_is_said_beside_it(site, admin) -> None:
    bad = admin.post("/admin/registers/parts/new", {"code": "", "name": "新部位", "warranty_months": "很久"})
    assert bad.status_code == 422
    assert 'id="e-code"' in bad.text
    assert 'id="e-warranty_months"' in bad.text
    assert 'value="新部位"' in bad.text
    good = {"code": "厨房/新部位", "name": "新部位", "parent_id": "厨房", "warranty_months": "12", "active": "是"}
    assert admin.post("/admin/registers/parts/new", good).status_code == 303
    assert "厨房/新部位" in admin.get("/admin/registers/parts?q=新部位").text
    assert admin.post("/admin/registers/parts/new", good).status_code == 422  # the key is taken


def test_texts_that_look_like_formulas_stay_texts(site, admin) -> None:
    content = sheet(["编码", "标题", "答案"], ["f", "公式", "'=1+1"])
    admin.post(upload(admin, "knowledge", content).location)
    with site.database.transaction() as session:
        session.scalars(select(Knowledge).where(Knowledge.code == "f")).one().answer = "=HYPERLINK(1)"
    exported = admin.post("/admin/registers/knowledge/export", {"kind": "csv"}).data.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in exported
    book = load_workbook(io.BytesIO(admin.post("/admin/registers/knowledge/export", {"kind": "xlsx"}).data))
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


def test_holidays_are_entered_and_taken_back(site, admin) -> None:
    page = admin.get("/admin/holidays?year=2026").text
    assert "2026-10-10" in page
    assert admin.get("/admin/holidays?year=2031").status_code == 200
    admin.post("/admin/holidays", {"day": "2026-03-04", "worked": "no", "note": "台风停工"})
    with site.database.read() as session:
        assert not workdays.calendar(session).is_workday(site.clock.now.date().replace(day=4))
    agent = site.person("lin.xiaoan")
    dates = agent.post("/start/complaint/dates", {"urgency": "一般", "kind": "报修"}).text
    assert "3月6日" in dates or "03-06" in dates, dates  # Tuesday, Thursday, Friday
    admin.post("/admin/holidays", {"day": "2026-03-04", "worked": "clear"})
    with site.database.read() as session:
        assert workdays.calendar(session).is_workday(site.clock.now.date().replace(day=4))
    assert admin.post("/admin/holidays", {"day": "nonsense", "worked": "no"}).status_code == 422


def test_the_registers_are_the_administrators(site) -> None:
    agent = site.person("lin.xiaoan")
    paths = ("/admin/registers", "/admin/registers/owners", "/admin/registers/owners/new", "/admin/rota")
    assert [agent.get(path).status_code for path in paths] == [403] * len(paths)
    assert agent.post("/admin/registers/owners/export").status_code == 403
    assert agent.post("/admin/holidays", {"day": "2026-03-04", "worked": "no"}).status_code == 403
    assert site.person("admin").get("/admin/rota").status_code == 200
    assert site.person("admin").get("/admin/registers/nothing").status_code == 404


def test_the_process_owner_keeps_what_belongs_to_processes_and_nothing_of_people_and_houses(site, admin) -> None:
    owner = site.person("bai.liucheng")
    listed = set(re.findall(r'href="/admin/registers/(\w+)"', owner.get("/admin/registers").text))
    assert listed == {"goals", "checklists", "problems", "prices", "categories", "parts", "channels", "knowledge"}
    for code in ("staff", "units", "owners", "contractors", "rota"):
        assert owner.get(f"/admin/registers/{code}").status_code == 403
        assert owner.get(f"/admin/registers/{code}/new").status_code == 403
        assert owner.post(f"/admin/registers/{code}/export", {"kind": "csv"}).status_code == 403
    assert owner.get("/admin/registers/prices").status_code == 200
    assert "K01 " in owner.get("/admin/registers/goals/new").text, "goals name their key figure"
    line = {"code": "Z9", "title": "停水", "answer": "看公告", "active": "是"}
    assert owner.post("/admin/registers/knowledge/new", line).status_code == 303
    tried = upload(admin, "staff", sheet(["登录名*", "姓名*"], ["x", "某人"]))
    assert tried.status_code == 422 or owner.get(tried.location).status_code == 403


def test_goals_and_prices_take_no_number_that_cannot_be(site, admin) -> None:
    with site.database.read() as session:
        known = session.scalar(select(func.count()).select_from(MeasureGoal))
    goal = {"measure": "K01", "since": "2026-01-01"}
    for measure, typed, said in (
        (COUNT, "-5", "不得小于 0"),
        (RATE, "0.8", "0.8 请写成 80"),
        (RATE, "120", "0 到 100"),
        (RATE, "-1", "0 到 100"),
    ):
        refused = admin.post("/admin/registers/goals/new", {**goal, "measure": measure, "goal": typed})
        assert refused.status_code == 422, (measure, typed)
        assert said in refused.text
    assert count(site, MeasureGoal) == known
    price = {"item": "换锁", "price": "-5", "valid_from": "2026-01-01", "active": "是"}
    assert "不得小于 0" in admin.post("/admin/registers/prices/new", price).text


def test_a_file_that_cannot_be_read_leaves_the_page_as_it_was(site, admin) -> None:
    for content, name in ((b"PK\x03\x04broken", "x.xlsx"), (b"a,b\n1,2\n", "x.csv"), (b"", "")):
        answer = upload(admin, "units", io.BytesIO(content), name)
        assert answer.status_code == 422
        assert 'type="file"' in answer.text, "another file can be chosen at once"
        assert 'role="alert"' in answer.text
    assert 'name="next" value="/admin/registers/units"' in answer.text
    turned = admin.post("/me/language", {"language": "en", "next": "/admin/registers/units"})
    assert admin.get(turned.location).status_code == 200
    admin.post("/me/language", {"language": "zh_Hans_CN"})
    wrong = sheet(
        ["房号*", "楼栋", "单元", "房间", "交付标准", "状态", "交付日"],
        ["新", "无此楼", "1", "1", "豪装", "睡着", "昨天"],
    )
    page = admin.get(upload(admin, "units", wrong).location).text
    for part in ("无此楼", "交付标准", "状态", "昨天"):
        assert part in page
    assert page.count("<br>") >= 3, "every error of the row is named"
