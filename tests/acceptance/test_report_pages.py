"""Reports as people get them: the same figures on screen, in Excel, on paper; goals and notes that are kept."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from processes.services.reports import complaints, fixed
from processes.services.reports.table import Cell
from tasks_ui import assets, report_words
from tests.sites import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

YEAR = "cycle=year&day=2025-01-01"
CELL = re.compile(r"<t[dh]\b[^>]*>(.*?)</t[dh]>", re.DOTALL)


def texts(page: str) -> list[str]:
    """The cells of a page's tables as a reader sees them."""
    body = re.sub(r'<span class="visually-hidden">.*?</span>', "", page)
    return [html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in CELL.findall(body)]


def in_excel(content: bytes) -> Iterator[str]:
    """The cells of a workbook as Excel shows them."""
    for sheet in load_workbook(io.BytesIO(content)):
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, int | float):
                    yield {
                        "0.0%": f"{cell.value * 100:.1f} %", "#,##0.00": f"¥{cell.value:,.2f}",
                        "0": f"{cell.value:,.0f}", "0.0": f"{cell.value:,.1f}",
                    }[cell.number_format]  # fmt: skip
                elif cell.value is not None:
                    yield f"{cell.value:%Y-%m-%d}" if cell.is_date else str(cell.value)


@pytest.mark.parametrize("slug", ["kpi", "complaints"])
def test_screen_excel_and_paper_say_the_same(site: Site, slug: str) -> None:
    person = site.person("sun.mingli")
    screen = texts(person.get(f"/reports/{slug}?{YEAR}").text)
    paper = texts(person.get(f"/reports/print/{slug}?{YEAR}").text)
    assert len(screen) > 40
    assert screen == paper
    excel = list(in_excel(person.get(f"/reports/excel/{slug}?{YEAR}").data))
    assert [text for text in screen if text and text not in excel] == []
    if assets.sheet_font():
        answer = person.get(f"/reports/pdf/{slug}?{YEAR}")
        pages = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
        plain = re.sub(r"\s", "", pages)
        numbers = [text for text in screen if re.fullmatch(r"[\d.,¥]+( %)?", text)]
        assert [text for text in numbers if text.replace(" ", "") not in plain] == []


def test_reports_say_what_they_count(site: Site) -> None:
    person = site.person("sun.mingli")
    key_figures = person.get(f"/reports/kpi?{YEAR}").text
    assert "达标" in texts(key_figures)
    assert re.search(r'class="chip chip-(ok|danger)">', key_figures)
    assert "请先在上方选择责任单位" in person.get(f"/reports/statement?{YEAR}").text
    running = person.get("/reports/process?cycle=year&day=2026-03-02").text
    assert "complaint" not in texts(running)
    assert {"流程", "任务等待时长（小时）"} <= set(texts(running))


def test_each_figure_leads_to_as_many_rows_as_it_says(site: Site) -> None:
    """AC20 by clicking: every number of the complaint statistics that is a link."""
    person = site.person("sun.mingli")
    page = person.get(f"/reports/complaints?{YEAR}").text
    links = re.findall(r'<a href="(/reports/kpi/R1/rows[^"]*)" aria-label="[^"]*? (\d+)"', page)
    assert len(links) > 3
    for address, number in links:
        behind = html.unescape(person.get(html.unescape(address)).text)
        assert int(re.search(r"· (\d+) 行", behind)[1]) == int(number), address  # type: ignore[index]


def test_every_report_answers_in_both_languages_and_whatever_is_asked(site: Site) -> None:
    person = site.person("sun.mingli")
    strange = (
        "cycle=days&first=2026-02-30&last=x",
        "cycle=week&day=9999-12-31",
        "page=99999999&cycle=q",
        "person=%00&stage=—",
    )
    for slug in fixed.REPORTS:
        assert person.get(f"/reports/{slug}").status_code == 200
    for query in strange:
        assert person.get(f"/reports/kpi/K06/rows?{query}").status_code in (200, 400, 404)
        assert person.get(f"/reports/complaints?{query}").status_code in (200, 400, 404)
    assert person.get("/reports/nothing").status_code == 404
    assert person.get("/reports/kpi/K99").status_code == 404
    person.post("/me/language", {"language": "en"})
    page = person.get(f"/reports/kpi?{YEAR}").text
    assert "Solved in time" in page
    assert "solved by the first promise" in html.unescape(page)


def test_an_administrator_sets_a_goal_and_the_page_judges_by_it(site: Site) -> None:
    """Goals are rows: a general one, and one of a project from a day on that wins there."""
    admin, manager = site.person("admin"), site.person("sun.mingli")
    goal = {"measure": "K06", "since": "2024-01-01", "goal": "12.5", "project": "", "note": ""}
    assert admin.post("/admin/registers/goals/new", goal).status_code == 303
    own = goal | {"project": "春和里", "since": "2024-06-01", "goal": "99.5"}
    assert admin.post("/admin/registers/goals/new", own).status_code == 303
    assert "12.5 %" in texts_of_goal(manager.get(f"/reports/kpi/K06?{YEAR}").text)
    assert "99.5 %" in texts_of_goal(manager.get(f"/reports/kpi/K06?{YEAR}&project=春和里").text)
    assert "90.0 %" in texts_of_goal(manager.get("/reports/kpi/K06?cycle=year&day=2023-01-01").text)  # as it was then
    costs = {"item": "客服费用", "month": "2023-05-01", "amount": "90", "budget": "100", "project": "", "note": ""}
    assert admin.post("/admin/registers/figures/new", costs).status_code == 303
    assert "90.0 %" in manager.get("/reports/kpi/K36?cycle=month&day=2023-05-01").text


def texts_of_goal(page: str) -> str:
    return re.search(r"<dt>目标</dt><dd>(.*?)</dd>", page)[1]  # type: ignore[index]


def test_a_note_stays_with_its_week_its_author_and_its_project(site: Site) -> None:
    """B70: the week's and month's board take free notes."""
    lead, other = site.person("chen.liyan"), site.person("zhao.zhiqiu")
    note = {"span": "week", "day": "2026-03-02", "project": "春和里", "text": "本周重点：卫生间渗漏 <b>"}
    assert lead.post("/board/notes", note).status_code == 303
    page = lead.get("/board?span=week&day=2026-03-04").text
    assert "卫生间渗漏 &lt;b&gt;" in page
    assert "陈立言" in page
    assert "卫生间渗漏" not in lead.get("/board?span=week&day=2026-03-10").text
    assert "卫生间渗漏" not in lead.get("/board?span=month&day=2026-03-04").text
    assert "卫生间渗漏" not in other.get("/board?span=week&day=2026-03-04").text  # of another project
    assert other.post("/board/notes", note).status_code == 403
    assert lead.post("/board/notes", note | {"text": " "}).status_code == 422
    assert site.person("lin.xiaoan").post("/board/notes", note).status_code == 403


def test_personal_data_are_masked(site: Site) -> None:
    page = site.person("sun.mingli").get(f"/reports/complaints?{YEAR}").text
    names = [row for row in texts(page) if re.fullmatch(r"[一-龥]\*+", row)]
    assert len(names) > 2
    assert not re.search(r"1[3-9]\d{9}", page)


def test_a_cell_is_written_as_its_measure_is() -> None:
    assert report_words.write(None) == "—"
    assert report_words.write(0.8249, "rate") == "82.5 %"
    assert report_words.write(12.0, "number") == "12"
    assert report_words.write(1234.56, "number") == "1,234.6"
    assert report_words.write(date(2026, 1, 2)) == "2026-01-02"
    assert Cell(None).link is None


def test_a_file_that_does_not_hold_all_rows_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    leader = site.person("sun.mingli")
    paper = f"/reports/print/complaints?{YEAR}"
    assert "只列出前" not in leader.get(paper).text
    monkeypatch.setattr(complaints, "MOST", 1)
    assert re.search(r"共 \d+ 行，只列出前 1 行", leader.get(paper).text)
