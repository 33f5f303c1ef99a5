"""A process owner rehearses: plays every role, lets time pass, sees what would be sent, and keeps the walk."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from engine import people, scenario_files
from engine.rehearsing import rehearsal
from storage.tables.cases import ServiceCase
from storage.tables.studio import Draft, Rehearsal
from storage.tables.work import Notification, OutboxMessage
from tests.sites import Site, demo_file, site  # noqa: F401

OWNER = "bai.liucheng"
CARD = re.compile(r'href="(/studio/rehearsals/[^"/]+/tasks/[^"]+)">\s*<strong>([^<]+)</strong>')
FIELD = re.compile(r'<input type="hidden" name="revision" value="(\d+)">')


@pytest.fixture
def owner(site: Site):  # noqa: F811
    return site.person(OWNER)


def begin(owner, process="complaint", change=""):
    answer = owner.post("/studio/rehearsals", {"process": process, "change": change})
    assert answer.status_code == 303, answer.text
    return answer.location


def posted(page, action_part):
    """Collect what a browser would post from the form of a page as it was served."""
    form = re.search(rf'<form class="kt-form[^>]*action="([^"]*{action_part}[^"]*)".*?</form>', page, re.DOTALL)
    assert form, page
    html, data = form[0], {}
    for tag in re.findall(r"<input[^>]*>", re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if not name or kind == "file" or name == "csrf_token":
            continue
        if kind in ("radio", "checkbox") and " checked" not in tag:
            continue
        data.setdefault(name, []).append(attributes.get("value", ""))
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        data[name] = [chosen[1] if chosen else re.search(r'<option value="([^"]*)"', body)[1]]
    for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL):
        data[name] = [body]
    return {name: values if len(values) > 1 else values[0] for name, values in data.items()}


def do(owner, place, name, **changes):
    """Open a task's card and finish it as its form was filled in."""
    cards = {title: path for path, title in CARD.findall(owner.get(place).text)}
    page = owner.get(cards[name]).text
    return owner.post(cards[name], {**posted(page, "/tasks/"), **changes})


def go(owner, place, action, **data):
    revision = FIELD.search(owner.get(place).text)[1]
    answer = owner.post(f"{place}/{action}", {"revision": revision, **data})
    assert answer.status_code == 303, answer.text
    return owner.get(place).text


def test_a_walk_through_a_complaint(site: Site, owner) -> None:  # noqa: F811
    with site.database.read() as session:
        before = [
            session.scalar(select(func.count()).select_from(t)) for t in (ServiceCase, Notification, OutboxMessage)
        ]
    place = begin(owner)
    page = owner.get(f"{place}/start/1").text
    assert "电梯异响" in page, "the real form, with an example filled in"
    answer = owner.post(f"{place}/start/1", {**posted(page, "/start/"), "brief": "地下车库渗水"})
    assert answer.status_code == 303, answer.text
    page = owner.get(place).text
    assert "派单" in page
    assert "林小安" in page, "who does it"
    assert "分类路由" in page, "the table that decided, by its name"
    assert "3月3日 09:00" in page, "the limit that was set"
    assert "is-current" in page, "where the token is"
    wrong = do(owner, place, "派单", acceptor="", acceptor__text="")
    assert wrong.status_code == 422
    assert "form-error" in wrong.text, "errors as in real life"
    assert do(owner, place, "派单").status_code == 303
    page = owner.get(place).text
    assert "陈立言" in page
    assert "地下车库渗水" in page, "what would be sent to him"
    page = go(owner, place, "time", span="P3D")
    assert "3月5日 09:00" in page
    assert "逾期" in page
    assert "电话通知受理人" in page
    page = go(owner, place, "undo")
    assert "3月2日 09:00" in page
    page = go(owner, place, "time", span="next")
    page = go(owner, place, "time", until="2026-03-03T10:30")
    assert "3月3日 10:30" in page
    with site.database.read() as session:
        after = [
            session.scalar(select(func.count()).select_from(t)) for t in (ServiceCase, Notification, OutboxMessage)
        ]
        row = session.scalars(select(Rehearsal)).one()
        assert len(row.database) < 2_000_000
    assert after == before, "nothing of it is in the real tables"
    revision = FIELD.search(page)[1]
    answer = owner.post(f"{place}/save", {"revision": revision, "name": "车库渗水 无人理会"})
    assert answer.status_code == 303, answer.text
    page = owner.get(answer.location).text
    assert "车库渗水-无人理会.yaml" in page
    assert "通过" in page, "it was played and passed"
    assert "地下车库渗水" in page
    with site.database.read() as session:
        draft = session.scalars(select(Draft).where(Draft.kind == "scenario")).one()
        assert draft.folder == "complaint"
        story = scenario_files.parse(draft.source, draft.file)
    assert [next(iter(step)) for step in story.steps][:3] == ["登记", "应有", "完成"]


def test_nothing_leaves_a_rehearsal(site: Site, owner) -> None:  # noqa: F811
    sent = []
    registry = replace(site.app.extensions["keyturn"].registry, connectors={"mail": sent.append, "sms": sent.append})
    with site.database.transaction() as session:
        viewer = people.viewer(session, OWNER, now=site.clock())
        made = rehearsal.begin(session, viewer, process="complaint", now=site.clock(), registry=registry)
        kept = rehearsal.load(session, viewer, made)
    kept = rehearsal.act(kept, registry, {"登记": {}})
    assert [one["way"] for one in kept.steps[-1]["news"]["messages"]] == ["sms"], "the owner would be told"
    kept = rehearsal.hours(kept, registry, "P3D")
    assert kept.steps[-1]["news"]["messages"], "he would be told again"
    assert sent == []
    site.run_jobs()
    assert sent == []


def test_what_is_drafted_is_what_is_rehearsed(site: Site, owner) -> None:  # noqa: F811
    made = owner.post("/studio/changes", {"title": "派单改名", "file": "complaint_dispatch.bpmn"}).location
    change = re.search(r"changes/([0-9a-f-]{36})", made)[1]
    address = f"/studio/changes/{change}/files/complaint_dispatch.bpmn"
    got = owner.get(address).json
    place = begin(owner, change=change)
    token = re.search(r'name="csrf_token" value="([^"]+)"', owner.get(place).text)[1]
    source = got["source"].replace('name="派单"', 'name="分派到人"')
    assert source != got["source"]
    answer = owner.client.put(
        address, json={"source": source, "revision": got["revision"]}, headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 200, answer.text
    page = owner.get(place).text
    assert "用新草稿" in page, "it says that something was changed"
    page = owner.get(f"{place}/start/1").text
    owner.post(f"{place}/start/1", posted(page, "/start/"))
    assert "派单" in owner.get(place).text
    page = go(owner, place, "restart", again="1")
    assert "分派到人" in page
    broken = source.replace("<bpmn:endEvent", "<bpmn:scriptTask id='x' scriptFormat='js'/><bpmn:endEvent", 1)
    revision = owner.get(address).json["revision"]
    owner.client.put(address, json={"source": broken, "revision": revision}, headers={"X-CSRFToken": token})
    refused = owner.post("/studio/rehearsals", {"process": "complaint", "change": change})
    assert refused.status_code == 422
    assert "草稿" in refused.text


def test_a_rehearsal_is_its_owners_and_two_windows_do_not_mix(site: Site, owner) -> None:  # noqa: F811
    place = begin(owner)
    assert site.person("admin").get(place).status_code == 404
    first = FIELD.search(owner.get(place).text)[1]
    assert owner.post(f"{place}/time", {"revision": first, "span": "PT1H"}).status_code == 303
    late = owner.post(f"{place}/time", {"revision": first, "span": "PT1H"})
    assert late.status_code == 409
    assert "3月2日 10:00" in late.text
    past = owner.post(f"{place}/time", {"until": "2026-03-01T09:00"})
    assert past.status_code == 422
    assert owner.post(f"{place}/undo").status_code == 303
    assert owner.post(f"{place}/undo").status_code == 409
    assert owner.post(f"{place}/remove").status_code == 303
    assert owner.get(place).status_code == 404


def test_every_shipped_process_can_be_begun(site: Site, owner) -> None:  # noqa: F811
    for process in ("rectification", "inspection_batch", "survey", "handover_batch"):
        place = begin(owner, process)
        page = owner.get(f"{place}/start/1") if process in ("survey", "handover_batch") else None
        data = posted(page.text, "/start/") if page and "kt-form" in page.text else {"_place": "春和里"}
        answer = owner.post(f"{place}/start/1", data)
        assert answer.status_code == 303, (process, answer.text)
        assert CARD.search(owner.get(place).text), process
