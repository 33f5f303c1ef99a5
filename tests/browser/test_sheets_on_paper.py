"""The paper sheets in a browser: readable for everybody, and on paper the sheet alone, on A4."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from storage.tables.cases import ServiceCase
from tests.browser.conftest import Live, shoot, violations

KINDS = ("record", "handling", "register", "feedback", "statement")


def number(live: Live) -> str:
    with live.site.database.read() as session:
        query = select(ServiceCase.number).where(ServiceCase.instance_id.is_not(None)).order_by(ServiceCase.number)
        return session.scalars(query).first()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_sheets_are_accessible(live: Live, size: str) -> None:
    found = {}
    page = live.enter("lin.xiaoan", size=size)
    for kind in KINDS:
        page.goto(f"{live.address}/print/{kind}/{number(live)}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[kind] = [*violations(page), *(["too wide"] if wide > 0 else [])]
        shoot(page, f"print-{kind}-{size}")
    assert {kind: text for kind, text in found.items() if text} == {}


def test_a_sheet_is_one_page_and_the_feedback_sheet_has_two_copies(live: Live) -> None:
    page = live.enter("lin.xiaoan")
    pages = {}
    for kind in KINDS:
        page.goto(f"{live.address}/print/{kind}/{number(live)}")
        paper = page.pdf(prefer_css_page_size=True)
        pages[kind] = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert pages == {"record": 1, "handling": 1, "register": 1, "feedback": 2, "statement": 1}


def test_the_button_prints_and_is_not_on_paper(live: Live) -> None:
    page = live.enter("lin.xiaoan", f"/print/record/{number(live)}")
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.get_by_role("button", name="打印本单").click()
    assert page.title() == "printed"
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible()
    assert page.locator(".sheet").is_visible()
