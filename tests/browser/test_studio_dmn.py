"""The editor of decision tables, in a real browser on a real server."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.serving import make_server

from engine import people, studio
from engine.core import dmn
from tests.browser.conftest import AXE, RULES, Live, Quiet
from tests.sites import site_in

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "processes").glob("*/*.dmn"))
FILE = "time_limits.dmn"
WHO = "bai.liucheng"
FIFTH = "time_limits_row_18_out_1"
GIVEN = {"process": "complaint", "clock": "day5_call"}
AXE_RUN = """(rules) => axe.run({exclude: [".dmn-place"]}, {runOnly: rules, resultTypes: ["violations"]}).then((result) =>
  result.violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(" ")).join("; ")}`))"""


@dataclass
class Editor:
    """A table open in the editor, once for all tests here."""

    live: Live
    change: UUID
    page: Page

    def cell(self, element: str) -> Locator:
        return self.page.locator(f'td[data-element-id="{element}"]')

    def words(self, element: str) -> Locator:
        return self.cell(element).locator(".content-editable")

    def draft(self) -> bytes:
        site = self.live.site
        with site.database.read() as session:
            viewer = people.viewer(session, WHO, now=site.clock())
            return studio.draft(session, viewer, self.change, FILE).source

    def saved(self, text: str) -> None:
        """Wait until the draft on the server says so."""
        for _ in range(200):
            if text in self.draft().decode():
                break
            self.page.wait_for_timeout(25)
        assert text in self.draft().decode()
        expect(self.page.locator("#save-state")).to_have_text("已保存")

    def decides(self) -> Any:
        return dmn.evaluate(dmn.parse(self.draft()), "time_limits", GIVEN, dmn.example_environment()).value["value"]

    def problems(self) -> Locator:
        return self.page.locator('#problems-list li[data-severity="error"]')


@pytest.fixture(scope="module")
def editor(demo_file: Path, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Editor]:
    """The editor on one table; at the end the page has complained of nothing."""
    site = site_in(tmp_path_factory.mktemp("studio_dmn"), demo_file)
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    live = Live(site, f"http://127.0.0.1:{server.server_port}", chromium)
    with site.database.transaction() as session:
        viewer = people.viewer(session, WHO, now=site.clock())
        change = studio.begin(session, viewer, wanted=[FILE], title="第四天打电话", reason="太晚", now=site.clock())
    page = live.enter(WHO, f"/studio/changes/{change}/edit/{FILE}", reduced_motion="reduce")
    page.locator("#canvas[data-ready]").wait_for()
    yield Editor(live, change, page)
    for context in live.contexts:
        context.close()
    server.shutdown()
    serving.join()
    server.server_close()
    site.database.dispose()
    assert live.complaints == []


def test_the_fifth_day_becomes_the_fourth_with_one_click(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("searchbox", name="找行").fill("第5日")
    expect(page.locator("td.rule-index:visible")).to_have_count(1)
    editor.cell(FIFTH).click()
    expect(page.locator(".cell-label")).to_have_text("第 18 行 · 时限")
    page.get_by_role("button", name="减", exact=True).click()
    editor.saved(f'<outputEntry id="{FIFTH}">\n          <text>4</text>')
    assert editor.decides() == 4
    expect(page.locator("#problem-count")).to_have_text("没有问题")
    page.locator("#undo").click()
    editor.saved(f'<outputEntry id="{FIFTH}">\n          <text>5</text>')
    page.locator("#redo").click()
    expect(page.locator("#cell-text")).to_have_value("4")
    page.get_by_role("searchbox", name="找行").fill("")


def test_a_wrong_cell_is_marked_and_says_how_it_is_written(editor: Editor) -> None:
    page = editor.page
    editor.cell(FIFTH).click()
    page.keyboard.press("Control+a")
    page.keyboard.type("4天")
    expect(editor.problems()).to_have_attribute("data-element", FIFTH)
    expect(editor.problems()).to_contain_text("请写成：4")
    page.locator("#cell-text").focus()  # the cell being typed in shows its own frame
    expect(editor.cell(FIFTH)).to_have_css("box-shadow", re.compile("inset"))
    page.locator("#cell-better").click()
    expect(page.locator("#problem-count")).to_have_text("没有问题")
    expect(editor.words(FIFTH)).to_have_text("4")

    # a list with Chinese commas, written where a condition is; its column's values can be clicked together instead
    editor.cell("time_limits_row_4_in_4").click()
    page.locator("#cell-text").fill("")
    page.locator("#cell-text").press_sequentially("特急、紧急")
    expect(editor.problems()).to_have_attribute("data-element", "time_limits_row_4_in_4")
    page.locator("#cell-better").click()
    expect(page.locator("#cell-text")).to_have_value('"特急", "紧急"')
    page.get_by_role("button", name="一般", exact=True).click()
    expect(page.locator("#cell-text")).to_have_value('"特急", "紧急", "一般"')
    page.get_by_role("button", name="一般", exact=True).click()
    expect(page.locator("#problem-count")).to_have_text("没有问题")

    editor.cell("time_limits_row_4_out_2").click()
    expect(page.get_by_role("button", name="wd 工作日", exact=True)).to_be_visible()  # what the code means stands by it
    editor.cell("time_limits_row_4_in_4").click()

    # an example of the help goes into the chosen cell, and comes out again
    page.locator("#feel > summary").click()
    page.locator(".feel-example", has_text='not("特急", "紧急")').click()
    expect(editor.words("time_limits_row_4_in_4")).to_have_text('not("特急", "紧急")')
    page.locator("#undo").click()
    expect(editor.words("time_limits_row_4_in_4")).to_have_text('"特急", "紧急"')
    page.locator("#feel > summary").click()


def test_inputs_are_tried_and_kept_as_an_example_that_has_to_hold(editor: Editor) -> None:
    page = editor.page
    for name, value in GIVEN.items():
        page.locator(f"#bench .try-field:has(> label[for='try-{name}']) select").select_option(label=value)
    page.get_by_role("button", name="试算", exact=True).click()
    expect(page.locator("#try-result .try-answer dd").first).to_have_text("4")
    expect(page.locator("#try-result li.is-taken")).to_have_text(re.compile("第 18 行 .*命中，以此为准"))
    expect(page.locator('#try-result li[data-row="1"]')).to_contain_text('时钟要求 "accept"，现为 day5_call')
    page.locator("#try-store").click()
    expect(page.locator("#try-examples li.passed")).to_have_count(1)
    editor.saved("keyturn:example")

    # the table changes: the example fails, beside the table and in the list that stops a publication
    editor.cell(FIFTH).click()
    page.get_by_role("button", name="加", exact=True).click()
    expect(page.locator("#try-examples li.failed dd")).to_have_count(2)
    expect(page.locator('#problems-list li[data-rule="dmn-example"]')).to_contain_text('"value": 5')
    expect(page.locator("#try-result .try-answer dd").first).to_have_text("5")
    page.locator("#undo").click()
    expect(page.locator("#try-examples li.passed")).to_have_count(1)
    expect(page.locator("#problem-count")).to_have_text("没有问题")

    page.get_by_role("button", name="试每一行").click()
    expect(page.locator("#try-rows h3")).to_have_text("64 行里有 64 行在该命中时命中")


def test_rows_and_columns_come_and_go(editor: Editor) -> None:
    page = editor.page
    editor.cell(FIFTH).click()
    for name, rows in (("复制行", 65), ("下移", 65), ("删除行", 64), ("下方加行", 65)):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("tbody td.rule-index")).to_have_count(rows)
    page.get_by_role("button", name="加条件列", exact=True).click()
    expect(page.locator("thead th.input-cell")).to_have_count(7)
    expect(page.locator('#problems-list li[data-rule="dmn-input"]')).to_have_count(1)
    assert [f for f in dmn.lint(dmn.parse(editor.draft())) if f.rule == "dmn-double-id"] == []
    page.locator("thead th.input-cell").last.click()
    page.get_by_label("问哪个变量").fill("own_kind")
    page.get_by_label("给人看的名称").fill("类型")
    page.get_by_label("给人看的名称").press("Tab")
    expect(page.locator("thead th.input-cell").last).to_contain_text("类型")
    expect(editor.problems()).to_have_count(0)
    for _ in range(7):
        page.locator("#undo").click()
    expect(page.locator("#problem-count")).to_have_text("没有问题")
    expect(page.locator("thead th.input-cell")).to_have_count(6)


def test_what_another_saves_meanwhile_appears_and_the_chosen_cell_stays(editor: Editor) -> None:
    page, site = editor.page, editor.live.site
    editor.cell(FIFTH).click()
    expect(page.locator("#save-state")).to_have_text("已保存")
    cell = re.compile('(id="time_limits_row_10_out_1">\\s*<text>)3<')
    with site.database.transaction() as session:
        admin = people.viewer(session, "admin", now=site.clock())
        draft = studio.draft(session, admin, editor.change, FILE)
        source = cell.sub(r"\g<1>2<", draft.source.decode()).encode()
        assert source != draft.source
        studio.save(session, admin, editor.change, FILE, source=source, revision=draft.revision, now=site.clock())
    expect(editor.words("time_limits_row_10_out_1")).to_have_text("2")
    expect(page.locator(".cell-label")).to_have_text("第 18 行 · 时限")
    page.get_by_role("button", name="减", exact=True).click()
    editor.saved(f'<outputEntry id="{FIFTH}">\n          <text>3</text>')
    assert cell.search(editor.draft().decode()) is None


def test_the_page_in_the_hand_and_for_those_who_do_not_see(editor: Editor) -> None:
    page = editor.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN, RULES) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.tjs-table-container').scrollWidth") > 390
    page.set_viewport_size({"width": 1180, "height": 800})
    assert page.evaluate("[...document.documentElement.keyturn.missing]") == []


def plain(source: str) -> str:
    """What the engine reads in a file, without the lines."""
    found = dmn.parse(source.encode())
    parts = (found.decisions, found.inputs, found.knowledge, found.services, found.items, sorted(found.names))
    return re.sub(r"line=\d+", "", repr(parts))


def test_every_shipped_table_is_written_as_it_was_read(editor: Editor) -> None:
    for path in SHIPPED:
        source = path.read_text(encoding="utf-8")
        written = editor.page.evaluate("(source) => document.documentElement.keyturn.again(source)", source)
        assert plain(written) == plain(source), path.name
