from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine import access, instance_views, instances, tasks
from engine.access import SYSTEM, Action, Grant
from engine.errors import InvalidInputError
from storage import instances as storage


@pytest.fixture
def full(app, sample):
    """Thirty tasks in three projects, ten due in the past; ten of another role."""
    due = 'camunda:dueDate="=due"'
    app.deploy(
        sample.bpmn(
            sample.START + sample.user("a", extra=due, name="派单") + sample.END
            + sample.flow("s", "a") + sample.flow("a", "e"),
            key="dispatch", name="派单流程",
        ),
        sample.bpmn(
            sample.START + sample.user("x", "checker", name="复核") + sample.END
            + sample.flow("s", "x") + sample.flow("x", "e"),
            key="check", name="复核流程",
        ),
    )  # fmt: skip
    for i in range(30):
        moment = app.now + timedelta(hours=i - 10)
        app.start(
            "dispatch", {"due": moment.isoformat()}, business_key=f"TS-2026-{i:06d}", scope=f"P{i % 3}",
            title=f"春和里1期-{i:02d}", fields={"person": ["张三", "李四"][i % 2], "phone": f"1380000{i:04d}"},
        )  # fmt: skip
        app.later(seconds=1)
    for _ in range(10):
        app.start("check", scope="P1")
    return app


def titles(page):
    return [item.title[-2:] for item in page.items]


def test_due_first_by_pages_with_total_and_counts(full):
    viewer = full.person("anna", "agent")
    first = full.inbox(viewer, size=20)
    assert (first.total, first.page, first.pages, len(first.items)) == (30, 1, 2, 20)
    assert titles(first) == [f"{i:02d}" for i in range(20)]
    assert titles(full.inbox(viewer, size=20, page=2)) == [f"{i:02d}" for i in range(20, 30)]
    assert full.inbox(viewer, size=20, page=99).page == 2
    assert dict(first.counts) == {"mine": 0, "group": 30, "all": 30, "overdue": 11, "team": 30, "done": 0}
    assert [item.overdue for item in first.items].count(True) == 11
    item = first.items[0]
    assert (item.process_name, item.name, item.business_key, item.groups) == (
        "派单流程",
        "派单",
        "TS-2026-000000",
        ("agent",),
    )


def test_filters_by_project_process_role_and_text(full):
    viewer = full.person("anna", "agent", Grant("checker", "P1"))
    assert full.inbox(viewer).total == 40
    assert full.inbox(viewer, scope="P1").total == 20
    assert full.inbox(viewer, process="check").total == 10
    assert full.inbox(viewer, role="checker").total == 10
    assert full.inbox(viewer, role="agent", scope="P2").total == 10
    assert titles(full.inbox(viewer, text="000007")) == ["07"]
    assert titles(full.inbox(viewer, text="13800000012")) == ["12"]
    assert full.inbox(viewer, text="张三").total == 15
    assert titles(full.inbox(viewer, text="张三 里1期-08")) == ["08"]
    assert full.inbox(viewer, text="100%_").total == 0
    assert full.inbox(viewer, text="ts-2026-00000").total == 10


def test_a_project_role_sees_its_project(full):
    viewer = full.person("anna", Grant("agent", "P1"), Grant("agent", "P2"))
    page = full.inbox(viewer, size=100)
    assert page.total == 20
    assert {item.scope for item in page.items} == {"P1", "P2"}
    assert titles(page) == sorted(titles(page))


def test_sort_orders(full):
    viewer = full.person("anna", "agent")
    assert titles(full.inbox(viewer, sort="newest", size=3)) == ["29", "28", "27"]
    assert titles(full.inbox(viewer, sort="oldest", size=2)) == ["00", "01"]
    with full.database.transaction() as s:
        late = full.inbox(viewer, text="000020").items[0]
        instances.update_head(s, late.instance_id, priority=90)
    assert titles(full.inbox(viewer, sort="priority", size=1)) == ["20"]
    assert titles(full.inbox(viewer, sort="title", size=1)) == ["00"]
    with pytest.raises(InvalidInputError):
        full.inbox(viewer, sort="random")
    with pytest.raises(InvalidInputError):
        full.inbox(viewer, view="everybody")


def test_views_follow_claim_and_completion(full):
    anna, bert = full.person("anna", "agent"), full.person("bert", "agent")
    first = full.inbox(anna).items[0]
    full.call(tasks.claim, anna, first.id)
    assert dict(full.inbox(anna).counts) == {
        "mine": 1,
        "group": 29,
        "all": 30,
        "overdue": 11,
        "team": 30,
        "done": 0,
    }
    assert dict(full.inbox(bert).counts) == {
        "mine": 0,
        "group": 29,
        "all": 29,
        "overdue": 10,
        "team": 30,
        "done": 0,
    }
    full.complete(anna, first.id)
    assert titles(full.inbox(anna, view="done")) == ["00"]
    assert full.inbox(bert, view="team").total == 29
    assert full.inbox(SYSTEM, view="team").total == 39


def test_the_head_of_a_case_can_change_and_is_found_then(full):
    viewer = full.person("anna", "agent")
    item = full.inbox(viewer, text="000005").items[0]
    with full.database.transaction() as s:
        instances.update_head(s, item.instance_id, title="新标题", summary="厨房漏水", search="李雷 13912345678")
    for text in ("新标题", "漏水", "13912345678", "000005", "李四"):
        assert [i.id for i in full.inbox(viewer, text=text).items if i.id == item.id], text
    with full.database.transaction() as s:
        instances.update_head(s, item.instance_id, summary="卫生间漏水")
    assert full.inbox(viewer, text="13912345678").total == 1
    assert full.inbox(viewer, text="厨房").total == 0


def test_instances_are_listed_by_project(full):
    viewer = full.person("anna", Grant("agent", "P1"))
    with full.database.read() as s:
        assert len(instances.listed(s, viewer, process_key="dispatch")) == 10
        assert len(instances.listed(s, SYSTEM, open_only=True, limit=100)) == 40
        assert [h.business_key for h in instances.listed(s, SYSTEM, text="000003")] == ["TS-2026-000003"]


def test_the_list_of_instances_shows_each_person_what_he_may_open(full, sample):
    """What the database leaves out before it cuts pages is what `access` would refuse, for every way of seeing a case."""
    full.deploy(
        sample.bpmn(
            sample.START + sample.user("d", "=[role]", extra='camunda:candidateUsers="=[who]"') + sample.END
            + sample.flow("s", "d") + sample.flow("d", "e"), key="dynamic", name="动态",
        ),
    )  # fmt: skip
    full.start("dynamic", {"who": "dora", "role": "lawyer"}, scope="P1")
    full.start("dynamic", {"who": 'e"ve', "role": "lawyer"}, scope="P2")
    with full.database.transaction() as s:
        mine = instances.start(s, key="check", variables={}, viewer=SYSTEM, now=full.now, registry=full.registry)
        instances.comment(s, SYSTEM, mine, text="?", now=full.now)
    people = [
        full.person("anna", Grant("agent", "P1")), full.person("bert", "checker"), full.person("carl", Grant("agent", "", "org")),
        full.person("dora"), full.person('e"ve'), full.person("lena", Grant("lawyer", "P2")), full.person("nobody", "cleaner"),
        full.person("Dora"), SYSTEM, replace(full.person("boss", "chief"), supervised=(Grant("lawyer"), Grant("agent", "P0"))),
    ]  # fmt: skip
    anna, item = people[0], full.inbox(people[0]).items[0]
    with full.database.transaction() as s:
        tasks.claim(s, anna, item.id, now=full.now)
        tasks.delegate(s, anna, item.id, to_login="nobody", reason="x", now=full.now)
    with full.database.read() as s:
        every = instances.listed(s, SYSTEM, limit=1000)
        for viewer in people:
            allowed = [
                h.id for h in every
                if access.allowed(viewer, Action.INSTANCE_VIEW, instances.subject(s, storage.get(s, h.id)))
            ]  # fmt: skip
            assert [h.id for h in instances.listed(s, viewer, limit=1000)] == allowed, viewer.login
            page = instance_views.page(s, viewer, number=1, size=7)
            assert (page.total, page.more) == (len(allowed), len(allowed) > 7), viewer.login
            assert [h.id for h in page.items] == allowed[:7]
