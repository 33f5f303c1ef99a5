"""The form editor as the process owner uses it, and that it writes files as it found them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from engine import people, studio
from engine.core import forms
from tests.browser.conftest import wrong_with

if TYPE_CHECKING:
    from tests.browser.conftest import Live

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "processes").glob("*/forms/*.form"))
OWNER = "bai.liucheng"
LONG = 20_000
"""Milliseconds for what the server is asked for."""
EDITOR = 'document.getElementById("canvas").editor'
ROUND_TRIP = """async (files) => {
  const { model, read, write } = document.getElementById("canvas").editor;
  const changed = [];
  for (const [name, text] of files) {
    await write(text);
    if (await read() !== text) changed.push(`${name}: read`);
    if (document.querySelectorAll("#canvas .fjs-element[data-id]").length < 1) changed.push(`${name}: not drawn`);
    const alone = new model.constructor();  // the same without the drawing
    alone.load(text);
    alone.edit("", (root) => ({ ...root }));  // written anew instead of handed back
    if (alone.text() !== text) changed.push(`${name}: written`);
    const [first, second] = alone.places().filter((place) => !place.parent);
    if (second) { alone.move([first.id], "", ""); alone.move([first.id], "", second.id); }
    if (alone.text() !== text) changed.push(`${name}: moved there and back`);
  }
  return changed;
}"""
ENGLISH = """() => {
  const parts = [...document.querySelectorAll("#canvas .fe-palette, #canvas .fe-paper, #canvas .fe-preview, #panel, #problems, #help")];
  const found = new Set();
  const look = (text) => { if (/[A-Za-z]{2,}/.test(text ?? "")) found.add(text.trim()); };
  for (const part of parts) {
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) if (!node.parentElement.closest("code, svg, textarea, #prop-borrow")) look(node.data);
    for (const node of part.querySelectorAll("[title], [placeholder], [aria-label]"))
      for (const name of ["title", "placeholder", "aria-label"]) look(node.getAttribute(name));
  }
  return [...found];
}"""
NAMES = re.compile(
    r"FEEL|English|Powered by bpmn\.io|image/\*|\bT09\w*|\b[a-z]+_[a-z]+|now\(\)|decision|[a-z]*\.(form|pdf|docx)"
)
"""Codes, and what is called so in every language."""


@pytest.fixture
def change(live: Live) -> UUID:
    """A change with the form T09 in it."""
    with live.site.database.transaction() as session:
        owner = people.viewer(session, OWNER, now=live.site.clock())
        return studio.begin(session, owner, wanted=["T09.form"], reason="x", now=live.site.clock())


def opened(live: Live, change: UUID, **options: Any) -> Page:
    page = live.enter(OWNER, f"/studio/changes/{change}/edit/T09.form", **options)
    page.locator("#canvas[data-ready=yes]").wait_for()
    return page


def source(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.evaluate(f"async () => await {EDITOR}.read()"))
    return found


def component(page: Page, label: str) -> dict[str, Any]:
    return next(one for one in source(page)["components"] if one.get("label") == label)


def saved(live: Live, change: UUID) -> forms.Form:
    with live.site.database.read() as session:
        owner = people.viewer(session, OWNER, now=live.site.clock())
        return forms.parse(studio.draft(session, owner, change, "T09.form").source)


def spoken(page: Page) -> set[str]:
    """Collect English words of the page with several fields open in the panel."""
    said: set[str] = set()
    for field in ("T09_reply_expected", "T09_remark", "T09_decision", ""):
        page.evaluate(f"(id) => {EDITOR}.select(id)", field)
        page.evaluate("for (const one of document.querySelectorAll('#panel details')) one.open = true")
        said |= set(page.evaluate(ENGLISH))
    return {text for text in said if re.search(r"[A-Za-z]{2,}", NAMES.sub("", text))}


def write(page: Page, control: str, text: str) -> None:
    page.locator(f"#prop-{control}").fill(text)
    page.locator(f"#prop-{control}").press("Tab")


def test_every_shipped_form_is_written_as_it_was_and_the_page_can_be_heard(live: Live, change: UUID) -> None:
    page = opened(live, change, reduced_motion="reduce")
    page.evaluate(f"{EDITOR}.select('T09_return_reason')")
    page.locator("#panel .fe-when-row").first.wait_for()
    page.evaluate("document.querySelector('.fe-paper').hidden = true")  # a picture: the panel says the same
    assert wrong_with(page) == []
    page.evaluate("document.querySelector('.fe-paper').hidden = false")
    files = [[path.name, path.read_text(encoding="utf-8")] for path in SHIPPED]
    assert len(files) > 100
    assert page.evaluate(ROUND_TRIP, files) == []


def test_a_field_with_options_shown_only_sometimes(live: Live, change: UUID) -> None:
    page = opened(live, change)
    preview = page.frame_locator(".fe-device[data-size=phone] iframe")
    preview.get_by_text("需上门查验").wait_for()
    # a new field behind the decision, with a name, options and a condition
    page.locator('[data-id="T09_decision"]').click()
    page.locator('.fe-kind[data-kind="select"]').click()
    write(page, "label", "退回原因")
    write(page, "option-0", "不属于本部门")
    write(page, "option-1", "资料不全")
    page.locator("#prop-option-add").click()
    write(page, "option-2", "其他")
    page.locator("#prop-required").select_option("yes")
    page.locator("#prop-shown").select_option("when")
    row = page.locator(".fe-when-row")
    row.get_by_label("字段").select_option("decision")
    row.get_by_label("比较的值").select_option(label="退回改派")
    made = component(page, "退回原因")
    assert made["key"] == "退回原因"
    assert [one["value"] for one in made["values"]] == ["不属于本部门", "资料不全", "其他"]
    assert made["conditional"] == {"hide": '=decision != "退回改派"'}
    assert [one["label"] for one in source(page)["components"]][:2] == ["决定", "退回原因"]
    # the preview is our own page: hidden until the decision asks for it, at both widths
    field = preview.locator(".form-field", has=preview.get_by_label("退回原因"))
    expect(field).to_have_count(1, timeout=LONG)
    expect(field).to_be_hidden()
    preview.get_by_text("退回改派", exact=True).click()
    expect(field).to_be_visible()
    expect(preview.locator("option", has_text="资料不全")).to_have_count(1)
    page.locator("#preview-check").click()
    expect(preview.locator("#faults")).to_contain_text("退回原因", timeout=LONG)
    page.locator('[data-value="both"]').click()
    desk = page.frame_locator(".fe-device[data-size=desk] iframe")
    expect(desk.get_by_label("退回原因")).to_be_visible(timeout=LONG)
    width = "() => document.documentElement.clientWidth"
    assert sorted(frame.evaluate(width) for frame in page.frames[1:]) == [390, 1000]
    page.locator('[data-value="phone"]').click()
    # saved by itself, and undone step by step
    expect(page.locator("#save-state")).to_have_text("已保存", timeout=LONG)
    found = next(one for one in saved(live, change).fields() if one.label == "退回原因")
    assert (found.hide, found.rules.required) == ('decision != "退回改派"', True)
    page.locator("#undo").click()
    assert "conditional" not in component(page, "退回原因")
    for _ in range(20):
        page.evaluate(f"{EDITOR}.undo()")
    assert [one["label"] for one in source(page)["components"]] == [
        "决定",
        "退回理由",
        "需上门查验",
        "预计答复",
        "备注",
    ]
    expect(page.locator("#save-state")).to_have_text("已保存", timeout=LONG)
    assert len(saved(live, change).components) == 5
    # what is wrong is marked, listed, and found again
    page.locator('[data-id="T09_needs_visit"]').click()
    write(page, "key", "decision")
    problem = page.locator("#problems-list .problem-go").filter(has_text="decision").first
    expect(problem).to_be_visible(timeout=LONG)
    expect(page.locator('[data-id="T09_needs_visit"] .fe-wrong')).to_be_visible(timeout=LONG)
    page.evaluate(f"{EDITOR}.select('')")
    problem.click()
    expect(page.locator("#panel .fe-head")).to_contain_text("需上门查验")
    assert spoken(page) == set()
