"""The board of orders: every figure equals the list behind it, and the sums equal their parts (AC20)."""

from __future__ import annotations

import html
import random
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from engine import people
from engine.errors import NotAllowedError
from processes.services import order_board
from storage.tables.contractors import Contractor
from storage.tables.defects import RectificationOrder
from tests.sites import NOW, Site

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


HERE, THERE = "甲园", "乙园"


def order(number: int, project: str, unit: int | None, issued: datetime, **more: object) -> RectificationOrder:
    return RectificationOrder(
        number=f"ZG-2026-9{number:05d}", project=project, house="x", starter="", starter_kind="case", stage="保修期",
        source_channel="物业", repair_id=unit, brief="墙面", reported_at=issued, issued_at=issued, **more,
    )  # fmt: skip


def fill(session: Session, many: int) -> list[int]:
    """Write orders of 60 days with a fixed draw: done in time and late, void, open and late, open."""
    units = [Contractor(code=f"看板{index}", name=f"看板{index}") for index in range(3)]
    session.add_all(units)
    session.flush()
    draw = random.Random(7)
    for number in range(many):
        issued = NOW - timedelta(days=draw.uniform(0, 60))
        due = issued + timedelta(days=draw.choice((3, 7))) if draw.random() < 0.9 else None
        more: dict[str, object] = {"due_at": due, "original_due_at": due, "rework": draw.choice((0, 0, 1))}
        closed = issued + timedelta(days=draw.uniform(0.1, 12))
        if closed < NOW:
            ended = "已销项" if draw.random() < 0.9 else "作废"
            more |= {"closed_at": closed, "open": False, "close_type": ended, "state": ended}
        unit = draw.choice([*(one.id for one in units), None])
        session.add(order(number, draw.choice((HERE, THERE)), unit, issued, **more))
    session.flush()
    return [one.id for one in units]


@pytest.mark.parametrize(("span", "day"), [("week", NOW.date()), ("month", NOW.date()), ("month", date(2026, 1, 20))])
def test_every_figure_is_the_length_of_its_list(site: Site, span: str, day: date) -> None:
    """AC20: by unit, by project and together, for a running and for a past period."""
    with site.database.transaction() as session:
        fill(session, 300)
        viewer = people.viewer(session, "wu.gongjia", now=NOW)
        board = order_board.board(session, viewer, span=span, day=day, now=NOW)
        asked = {"span": span, "day": day, "now": NOW}
        seen = 0
        for kind in order_board.KINDS:
            for project, lines in board.groups:
                assert sum(getattr(line, kind) for line in lines) == getattr(project, kind)
                whole = order_board.listed(session, viewer, kind, project=project.project, **asked)
                assert whole.total == getattr(project, kind)
                for line in lines:
                    found = order_board.listed(session, viewer, kind, project=line.project, unit=line.unit_id, **asked)
                    assert found.total == getattr(line, kind)
                    seen += found.total
            assert sum(getattr(project, kind) for project, _ in board.groups) == getattr(board.total, kind)
            assert order_board.listed(session, viewer, kind, **asked).total == getattr(board.total, kind)
        assert seen > 20


def test_late_work_lowers_the_rate_and_nothing_is_no_percentage(site: Site) -> None:
    day = timedelta(days=1)
    with site.database.transaction() as session:
        viewer = people.viewer(session, "wu.gongjia", now=NOW)
        due = {"due_at": NOW - day / 4, "original_due_at": NOW - day / 4}
        done = {"open": False, "close_type": "已销项", "closed_at": NOW - day / 8}
        extended = {"original_due_at": NOW - day / 4, "due_at": NOW + 5 * day, **done}
        session.add_all([
            order(1, HERE, None, NOW - 2 * day, **due, open=False, close_type="已销项", closed_at=NOW - day / 3),
            order(2, HERE, None, NOW - 2 * day, **extended),
            order(3, HERE, None, NOW - 2 * day, **due),
            order(4, THERE, None, NOW - day / 10),
        ])  # fmt: skip
        session.flush()
        board = order_board.board(session, viewer, span="week", day=NOW.date(), now=NOW)
        sums = {line.project: line for line, _ in board.groups}
        spring, autumn = sums[HERE], sums[THERE]
        assert (spring.finished, spring.on_time, spring.overdue) == (2, 1, 1)
        assert spring.rate == pytest.approx(1 / 3)
        assert spring.days == pytest.approx((2 - 1 / 3 + 2 - 1 / 8) / 2, abs=0.01)
        assert (autumn.new, autumn.rate, autumn.days) == (1, None, None)
        with pytest.raises(NotAllowedError):
            order_board.board(
                session, people.viewer(session, "kang.gongcheng", now=NOW), span="week", day=NOW.date(), now=NOW
            )


def test_the_page_leads_to_the_lists(site: Site) -> None:
    with site.database.transaction() as session:
        fill(session, 120)
    person = site.person("wu.gongjia")
    page = person.get("/board?span=month").text
    links = re.findall(r'href="(/board/list[^"]+)"[^>]*>(\d+)</a>', page)
    assert len(links) > 10
    for address, count in links[:8]:
        shown = person.get(html.unescape(address))
        assert shown.status_code == 200
        assert f"{count} 张整改单" in shown.text
    assert person.get("/board?span=year&day=nonsense").status_code == 200
    assert person.get("/board/list?kind=x").status_code == 404
