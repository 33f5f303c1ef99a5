"""The reports of houses and responsible units as people get them; a unit gets its own statement and nothing else."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import TYPE_CHECKING

from fpdf import FPDF
from sqlalchemy import select
from test_report_pages import in_excel, texts

from processes.services.reports import labels
from storage.tables.cases import ServiceCase, SurveyResponse
from storage.tables.contractors import Contractor
from storage.tables.estate import Unit
from storage.tables.handovers import HandoverUnit, UnitWarranty
from storage.tables.inspections import InspectionBatch
from tasks_ui import assets
from tests.sites import NOW, demo_file, site  # noqa: F401

if TYPE_CHECKING:
    from tests.sites import Site

THEN = "cycle=year&day=2024-01-01"
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
WINDOWS = "方正样板门窗分包"
ASKED = {
    "closure": (THEN, "A"), "handover": ("cycle=days&first=2024-08-20&last=2024-10-10", "JP-2024-000001"),
    "overdue": ("cycle=day&day=2026-03-02", "不足 1 天"), "contractors": (THEN, WINDOWS),
    "statement": (f"{THEN}&contractor={WINDOWS}", "600.00"), "warranty": ("cycle=day&day=2026-03-02", "管线设备"),
    "customers": ("cycle=year&day=2026-03-02", "千户报修"),
}  # fmt: skip


def test_screen_excel_and_paper_of_houses_say_the_same(site: Site) -> None:  # noqa: F811
    """AC20: one report, three ways to look at it."""
    with site.database.transaction() as session:
        unit = session.scalars(select(Unit.id).order_by(Unit.id)).first()
        ends = {"starts_on": date(2024, 8, 31), "ends_on": date(2026, 3, 20)}
        session.add(UnitWarranty(unit_id=unit, warranty_class="管线设备", computed_at=NOW, **ends))
    person = site.person("sun.mingli")
    for slug, (query, word) in ASKED.items():
        page = person.get(f"/reports/{slug}?{query}").text
        assert word in page, slug
        screen = texts(page)
        assert screen == texts(person.get(f"/reports/print/{slug}?{query}").text), slug
        excel = list(in_excel(person.get(f"/reports/excel/{slug}?{query}").data))
        assert "（2026-03-02" not in page, "a day's name says its days"
        said = [text[:10] if MOMENT.fullmatch(text) else text for text in screen]  # Excel says the minute by its format
        assert [text for text in said if text and text not in excel] == [], slug


def test_figures_of_houses_lead_to_as_many_rows_as_they_say(site: Site) -> None:  # noqa: F811
    """AC20 by clicking: closing of the demonstration's past phase, and the ranking of those who mended it."""
    person = site.person("sun.mingli")
    for slug, measures in (("closure", "R5|R5b"), ("contractors", "R9|K31e"), ("handover", "R6b|R6c|R6g")):
        page = person.get(f"/reports/{slug}?{ASKED[slug][0]}").text
        links = re.findall(rf'<a href="(/reports/kpi/(?:{measures})/rows[^"]*)" aria-label="[^"]*? (\d+)"', page)
        assert links, slug
        for address, number in links[:6]:
            behind = html.unescape(person.get(html.unescape(address)).text)
            found = re.search(r"· (\d+) 行", behind)
            assert (int(found[1]) if found else len(re.findall(r"<tr>", behind)) - 1) == int(number), address
    score = html.unescape(person.get(f"/reports/kpi/K31/rows?{THEN}&contractor={WINDOWS}").text)
    assert all(name in score for name in ("整改及时率", "维修一次合格率", "接单及时率"))
    assert "/reports/kpi/K19?" in score


def test_a_long_period_of_handovers_is_not_listed_by_day(site: Site) -> None:  # noqa: F811
    page = site.person("sun.mingli").get("/reports/handover?cycle=days&first=2024-01-01&last=2024-12-31").text
    assert "JP-2024-000001" in page
    assert "不逐日列出" in page


def test_a_batch_leads_to_its_closing(site: Site) -> None:  # noqa: F811
    with site.database.read() as session:
        number = session.scalars(select(InspectionBatch.number)).one()
    manager = site.person("sun.mingli")
    link = re.search(r'href="(/reports/closure[^"]+)"', manager.get(f"/batches/{number}").text)
    page = manager.get(html.unescape(link[1])).text  # type: ignore[index]
    assert texts(page)[texts(page).index("B") :][:4] == ["B", "5", "5", "100.0 %"]
    assert "/reports/closure" not in site.person("wei.yanfang1").get(f"/batches/{number}").text


def test_the_people_of_a_unit_read_its_statement_and_no_other_report(site: Site) -> None:  # noqa: F811
    """AC19: whatever unit he asks for, he reads of his own; figures lead nowhere he may not go."""
    foreman = site.person("fang.shifu")
    assert "/reports/statement" in foreman.get("/orders").text
    page = foreman.get(f"/reports/statement?{THEN}&contractor=明灯机电分包")
    assert page.status_code == 200
    assert "客厅/窗" in page.text
    assert "明灯机电分包" not in " ".join(texts(page.text))
    assert "/reports/kpi/" not in page.text
    own = set(re.findall(r"/orders/(ZG-[\d-]+)", page.text))
    assert len(own) >= 5
    assert foreman.get(f"/orders/{own.pop()}").status_code == 200
    for path in ("excel", "print"):
        assert foreman.get(f"/reports/{path}/statement?{THEN}").status_code == 200
    for path in ("", "/closure", "/contractors", "/kpi", "/kpi/K31", "/kpi/K31/rows", "/excel/contractors"):
        assert foreman.get(f"/reports{path}").status_code == 403, path
    assert site.person("wei.yanfang1").get("/reports/statement").status_code == 403
    foremans = set(re.findall(r"/orders/(ZG-[\d-]+)", page.text))
    with site.database.transaction() as session:  # the names of units need not be unique
        session.scalars(select(Contractor).where(Contractor.name == "明灯机电分包")).one().name = WINDOWS
    alike = foreman.get(f"/reports/statement?{THEN}").text
    assert set(re.findall(r"/orders/(ZG-[\d-]+)", alike)) == foremans
    assert texts(alike) == texts(foreman.get(f"/reports/statement?{THEN}&contractor={WINDOWS}").text)
    both = site.person("sun.mingli").get(f"/reports/statement?{THEN}&contractor={WINDOWS}").text
    assert set(re.findall(r"/orders/(ZG-[\d-]+)", both)) > foremans


def test_what_was_late_is_marked_on_paper_too(site: Site) -> None:  # noqa: F811
    """The font of PDFs has the marks that a statement uses for orders in time and late."""
    asked = f"statement?{THEN}&contractor={WINDOWS}"
    manager = site.person("sun.mingli")
    assert {"✓", "×"} & set(texts(manager.get(f"/reports/{asked}").text))
    typeface = assets.sheet_font()
    if typeface is not None:
        paper = FPDF()
        paper.add_font("sheet", fname=typeface[0], collection_font_number=typeface[1])
        assert all(ord(mark) in paper.fonts["sheet"].cmap for mark in "✓×—")


def test_deductions_are_listed_as_they_are_summed_up(site: Site) -> None:  # noqa: F811
    """AC20: whatever the report is narrowed to, its rows make its sum."""
    asked = f"/reports/statement?{THEN}&contractor={WINDOWS}"
    manager = site.person("sun.mingli")
    assert manager.get(asked).text.count("600.00") >= 2
    assert "600.00" not in manager.get(f"{asked}&building=nowhere").text


def test_the_head_of_engineering_reads_what_is_about_the_works(site: Site) -> None:  # noqa: F811
    """Defects, responsible units and what is overdue, with the rows behind; nothing about customers."""
    head = site.person("wu.gongjia")
    index = head.get("/reports").text
    assert set(re.findall(r'href="/reports/(\w+)"', index)) == {"closure", "overdue", "contractors", "statement"}
    assert 'href="/reports"' in head.get("/inbox").text
    for path in ("closure", "overdue", "statement", "excel/contractors", "kpi/K19", "kpi/R9/rows", "kpi/K31/rows"):
        assert head.get(f"/reports/{path}?{THEN}").status_code == 200, path
    assert 'href="/reports/kpi?' not in head.get(f"/reports/kpi/K19?{THEN}").text
    for path in (
        "kpi",
        "complaints",
        "customers",
        "handover",
        "excel/posts",
        "kpi/K06",
        "kpi/K24/rows",
        "kpi/R1/excel",
    ):
        assert head.get(f"/reports/{path}?{THEN}").status_code == 403, path


def test_rows_lead_to_the_page_of_their_house_or_batch(site: Site) -> None:  # noqa: F811
    """An inspected house leads to the board of its batch, a warranty to the handover of its house."""
    person = site.person("sun.mingli")
    with site.database.transaction() as session:
        house = session.scalars(select(HandoverUnit).order_by(HandoverUnit.number)).first()
        assert house is not None
        ends = {"starts_on": date(2024, 8, 31), "ends_on": date(2026, 3, 21)}
        session.add(UnitWarranty(unit_id=house.unit_id, warranty_class="防水", computed_at=NOW, **ends))
        handed = house.number
    page = person.get("/reports/warranty?cycle=day&day=2026-03-02").text
    assert f'href="/handover/houses/{handed}"' in page
    for asked, wanted in (
        ("/reports/warranty?cycle=day&day=2026-03-02", r'href="(/handover/houses/[^"]+)"'),
        (f"/reports/handover?{ASKED['handover'][0]}", r'href="(/handover/JP-[^"]+)"'),
        (f"/reports/kpi/K22/rows?{THEN}", r'href="(/batches/[^"]+\?q=[^"]+)"'),
    ):
        found = re.findall(wanted, person.get(asked).text)
        assert found, asked
        assert person.get(html.unescape(found[0])).status_code == 200, asked


def test_opinions_are_narrowed_as_the_figures_above_them(site: Site) -> None:  # noqa: F811
    """AC20: every filter counts, that for what nobody filled in too."""
    with site.database.transaction() as session:
        row = session.scalars(select(ServiceCase).where(ServiceCase.acceptor != "").order_by(ServiceCase.id)).first()
        row.department, acceptor, kind = "", row.acceptor, row.kind
        session.add(
            SurveyResponse(
                case_number=row.number, questionnaire="x", round=1, wave=2, attempt=9, at=NOW, actor="x",
                result="完成", overall="满意", opinion="师傅很准时", answers={},
            )
        )  # fmt: skip
    manager, asked = site.person("sun.mingli"), "/reports/callbacks?cycle=month&day=2026-03-02"
    for narrowed in ("", f"&person={acceptor}", f"&stage={kind}", "&department=—"):
        assert "师傅很准时" in manager.get(asked + narrowed).text, narrowed
    for narrowed in ("&person=nobody", "&stage=nothing", "&department=nowhere"):
        assert "师傅很准时" not in manager.get(asked + narrowed).text, narrowed


def test_the_board_of_a_handover_and_its_report_count_the_same_houses(site: Site) -> None:  # noqa: F811
    person = site.person("sun.mingli")
    days = ASKED["handover"][0]
    report = dict(zip(*_first_table(person.get(f"/reports/handover?{days}").text), strict=True))
    board = texts_of_figures(person.get("/handover/JP-2024-000001").text)
    assert (report["应到户数"], report["到场户数"]) == (board["应到"], board["实到"])


def _first_table(page: str) -> tuple[list[str], list[str]]:
    """The heads and the first row of a page's first table."""
    return tuple(texts(part) for part in page.split("</tr>")[:2])  # type: ignore[return-value]


def texts_of_figures(page: str) -> dict[str, str]:
    """The figures of a board by their names."""
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    return {name: re.search(rf"{name} (\d+)", plain)[1] for name in ("应到", "实到")}  # type: ignore[index]


def test_words_of_an_english_report_are_english(site: Site) -> None:  # noqa: F811
    with site.database.read() as session:
        assert labels.shown(session, "category", ["rectification"], "en")["rectification"].isascii()
        assert labels.shown(session, "category", ["rectification"])["rectification"] != "rectification"
        lanes = labels.shown(session, "stage", ["项目客服主管", "受理", "不足 1 天", "sign"], "en")
        kinds = labels.shown(session, "channel", ["电话"], "en") | labels.shown(session, "urgency", ["紧急"], "en")
    assert [word for word in (*lanes.values(), *kinds.values()) if not word.isascii()] == []
