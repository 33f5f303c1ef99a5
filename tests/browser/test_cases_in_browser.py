"""The pages of cases in a browser: accessible in both themes, on desk and phone, in both languages."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.tables.cases import ServiceCase
from tests.browser.conftest import Live, shoot, wrong_with


def numbers(live: Live) -> dict[str, str]:
    """One case of each state that still runs, and one that is closed."""
    with live.site.database.read() as session:
        query = select(ServiceCase.state, ServiceCase.number).where(ServiceCase.instance_id.is_not(None))
        return {row.state: row.number for row in session.execute(query.order_by(ServiceCase.number.desc()))}


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_case_pages_are_accessible(live: Live, size: str) -> None:
    page = live.enter("sun.mingli", "/cases", size=size, reduced_motion="reduce")
    found = {"list": wrong_with(page)}
    for state, number in numbers(live).items():
        page.goto(f"{live.address}/cases/{number}")
        found[state] = wrong_with(page)
        shoot(page, f"case-{state}-{size}")
    assert {name: text for name, text in found.items() if text} == {}


def test_the_diagram_shows_the_step_at_which_the_case_stands(live: Live) -> None:
    running = next(number for state, number in numbers(live).items() if state not in {"已关闭", "已撤", "已并"})
    page = live.enter("lin.xiaoan", f"/cases/{running}", size="phone")
    here = page.locator(".diagram .is-current").first
    box, frame = here.bounding_box(), page.locator(".diagram").first.bounding_box()
    assert box
    assert frame
    assert frame["x"] - 1 <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1


def test_everything_is_english_for_english_readers(live: Live) -> None:
    running = next(number for state, number in numbers(live).items() if state == "待受理")
    page = live.enter("lin.xiaoan", f"/cases/{running}")
    page.locator(".menu > .who").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/cases/*")
    shoot(page, "case-english")
    said = page.locator(".waits").inner_text()
    assert "Waiting for" in said
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in page.locator(".panel-head").all_inner_texts()[0])
