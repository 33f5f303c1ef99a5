"""The server is away at the very moment a form is handed in: what was typed is there again when it is back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from storage import handovers as rows
from tests import halls
from tests.halls import DESK

if TYPE_CHECKING:
    from tests.browser.conftest import Live


def test_what_was_typed_outlives_a_form_that_did_not_arrive(live: Live) -> None:
    _, houses = halls.add_hall(live.site)
    for _ in range(2):
        halls.do(live.site, houses[0], DESK)
    with live.site.database.read() as session:
        row = rows.house(session, houses[0])
        assert row is not None
        assert row.instance_id is not None
        path = f"/tasks/{rows.open_tasks(session, [row.instance_id])[0].id}"
    page = live.enter(DESK, path, size="phone")
    page.locator("[name=receipt]").fill("SJ-2026-1")
    page.context.set_offline(True)
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/complete")):
        page.locator("[data-submit]").first.click()
    page.context.set_offline(False)
    page.wait_for_load_state()
    page.goto(live.address + path)
    expect(page.locator("[name=receipt]")).to_have_value("SJ-2026-1", timeout=15_000)
    expect(page.locator(".task-draft")).to_have_text(re.compile("草稿"))
    live.complaints.clear()
