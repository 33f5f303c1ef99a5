"""How the work goes: who waits where, how long against usual; a closed case played again."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from engine.access import SYSTEM
from engine.watching import playback, watch
from storage import tasks
from storage import watch as queries
from storage.tables.instances import HistoryEvent, ProcessInstance
from storage.tables.work import UserTask
from tests.sites import Site, site_in

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER = "bai.liucheng"
STEP = "T07"


@pytest.fixture(scope="module")
def opened(demo_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = site_in(tmp_path_factory.mktemp("watch") / "site", demo_file)
    _past(found)
    yield found
    found.database.dispose()


def _past(site: Site) -> None:
    """Let a step of the dispatch have taken a day, a hundred times; twenty cases wait there for five days now."""
    now = site.clock.now
    with site.database.transaction() as session:
        one = session.scalars(select(UserTask).where(UserTask.element_id == STEP, UserTask.state == "open")).first()
        assert one is not None
        values = {c.name: getattr(one, c.name) for c in UserTask.__table__.columns if c.name not in ("id", "draft")}
        for at in range(100):
            done = now - timedelta(days=1 + at % 60)
            took = timedelta(hours=24 if at < 90 else 48)
            dates = {"created_at": done - took, "completed_at": done, "completed_by": "admin", "state": "completed"}
            session.add(UserTask(**(values | dates | {"id": uuid4()})))
        for _ in range(20):
            since = now - timedelta(days=5)
            dates = {"created_at": since, "due_at": now - timedelta(days=1), "sort_due": now - timedelta(days=1)}
            session.add(UserTask(**(values | dates | {"id": uuid4(), "assignee": ""})))


def test_the_step_that_holds_things_up_is_named(opened: Site) -> None:
    with opened.database.read() as session:
        found = watch.watched(session, SYSTEM, "complaint_dispatch", now=opened.clock.now)
    step = next(one for one in found.process.steps if one.element_id == STEP)
    assert step.usual.count >= 100
    assert step.usual.median / 3600 == pytest.approx(24, abs=0.5)
    assert step.now.median / 86400 == pytest.approx(5, abs=0.1)
    assert (found.process.bottleneck, step.heat, step.overdue >= 20) == (step, 4, True)
    page = opened.person(OWNER).get("/studio/watch/complaint_dispatch").text
    assert f"本周瓶颈：派单，{step.waiting} 件在等，平常 1.0 天，现在 5.0 天。" in page
    assert 'class="node userTask is-current is-overdue heat-4" data-element="T07"' in page
    assert f'<a href="/studio/watch/complaint_dispatch/steps/{STEP}"' in page
    assert "等待" in page.split("等得异常久")[1]
    assert "还没有人领取" in page.split("等得异常久")[1]
    index = opened.person(OWNER).get("/studio/watch").text
    assert index.count("本周瓶颈：派单") == 1, "under the process or under the one that calls it"
    with opened.database.read() as session:
        for one in watch.overview(session, SYSTEM, now=opened.clock.now):
            page_of = watch.watched(session, SYSTEM, one.process.key, now=opened.clock.now).family
            assert (page_of.waiting, page_of.overdue) == (one.waiting, one.overdue), one.process.key
    assert index.index("投诉分派") < index.index("整改单"), "the worst first"
    family = opened.person(OWNER).get("/studio/watch/complaint").text
    assert '<a href="/studio/watch/complaint_dispatch"' in family, "one click down"


def test_from_the_step_to_its_cases(opened: Site) -> None:
    owner = opened.person(OWNER)
    listed = owner.get(f"/studio/watch/complaint_dispatch/steps/{STEP}").text
    assert listed.count("5.0 天") == 20
    assert "/cases/TS-" in listed
    assert owner.get("/studio/watch/complaint_dispatch/steps/none").status_code == 404
    assert owner.get("/studio/watch/none").status_code == 404
    one = owner.get("/studio/watch/complaint_dispatch?version=1").text
    assert '<option value="1" selected>' in one
    assert owner.get("/studio/watch/complaint_dispatch?version=7").status_code == 404


def test_lengths_are_read_off_counts() -> None:
    hours = Counter[int]()
    for minute in range(0, 600, 10):
        bucket = minute if minute < 120 else 120 + (minute - 120) // 15
        low, high = queries.seconds(bucket)
        assert low <= minute * 60 < high
        hours[bucket] += 1
    found = watch.lengths(hours)
    assert found.median / 60 == pytest.approx(300, abs=15)
    assert found.most / 60 == pytest.approx(540, abs=15)
    assert watch.lengths({}).known is False


def _case(site: Site) -> tuple[str, UUID]:
    """Find the case to which most has happened."""
    with site.database.read() as session:
        most = select(HistoryEvent.instance_id).group_by(HistoryEvent.instance_id).order_by(func.count().desc())
        instance = session.get(ProcessInstance, session.scalars(most).first())
        assert instance is not None
        return instance.business_key, instance.id


def test_a_case_is_played_again_on_its_diagrams(opened: Site) -> None:
    number, instance_id = _case(opened)
    with opened.database.read() as session:
        found = playback.retell(session, instance_id, SYSTEM)
        open_ = {(task.element_id) for task in tasks.open_of(session, instance_id)}
        done = session.scalars(
            select(UserTask).where(UserTask.instance_id == instance_id, UserTask.state == "completed")
        ).all()
    for moment in found.moments:
        for place in (*moment.touched, *moment.at_rest):
            assert found.pages[place.page].model.node(place.element_id) is not None, place
    last = {place.element_id for place in found.moments[-1].at_rest}
    assert open_ <= last
    told = {(one.what.element_id, one.at): one for one in found.moments}
    for task in done:
        moment = told[task.element_id, task.completed_at]
        assert moment.actor == task.completed_by
        assert (
            moment.waited == pytest.approx((task.completed_at - task.created_at).total_seconds()) or not moment.waited
        )
    agent = opened.person("lin.xiaoan")
    page = agent.get(f"/cases/{number}/replay?step=3").text
    assert f"{len(found.moments)}</span>" in page
    assert 'aria-current="step"' in page.split('id="step-3"')[1][:40]
    assert "林小安" in page
    assert "is-current" in page
    assert f'/cases/{number}/replay"' in agent.get(f"/cases/{number}").text
    assert opened.person(OWNER).get(f"/admin/instances/{instance_id}/replay").status_code == 200
    assert opened.person("kang.gongcheng").get("/cases/TS-2026-999999/replay").status_code == 404


def test_rounds_of_a_loop_find_their_own_diagram(opened: Site) -> None:
    with opened.database.read() as session:
        looped = select(HistoryEvent.instance_id).where(HistoryEvent.name == "部门处理").limit(1)
        found = playback.retell(session, session.scalars(looped).one(), SYSTEM)
    places = {place for one in found.moments for place in one.touched if place.name == "部门处理"}
    assert {found.pages[place.page].key for place in places} == {"complaint_task"}
