"""An owner's link: progress in plain words, appointments to answer, a rating at the end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from processes.services.orders import DONE
from storage import report_callbacks
from storage.reports import Span
from storage.tables.cases import Appointment, CaseEvent, ServiceCase, SurveyResponse
from storage.tables.defects import RectificationOrder
from storage.tables.parties import Ownership, Party
from storage.tables.work import Notification
from tests.acceptance import order_site

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.sites import Site

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
INSIDE = ("派单", "受理人", "责任", "罚", "DMN", "待审批", "整改单", "陈立言的")


def case_of(site: Site, state: str = "处理中") -> ServiceCase:
    with site.database.read() as session:
        query = select(ServiceCase).where(ServiceCase.state == state, ServiceCase.project == "春和里")
        return session.scalars(query.order_by(ServiceCase.number)).all()[0]


def owner(site: Site, number: str) -> dict[str, str]:
    with site.database.transaction() as session:
        return order_site.owner_links(session, number, site.clock())


def called(site: Site) -> int:
    """Count the call-backs that reports know."""
    with site.database.read() as session:
        span = Span(site.clock() - timedelta(days=400), site.clock() + timedelta(days=1), site.clock())
        return len(session.execute(report_callbacks.calls(span)).all())


def send(client: FlaskClient, home: str, path: str, **data: str) -> TestResponse:
    found = TOKEN.search(client.get(home).text)
    assert found
    return client.post(home + path, data={"csrf_token": found[1], **data})


def test_an_owner_reads_how_far_it_is_and_nothing_from_inside(site: Site) -> None:
    case = case_of(site)
    found, client = owner(site, case.number), site.client()
    with site.database.transaction() as session:  # a house shows what its present people reported, not earlier owners
        lives = session.scalars(select(Ownership).where(Ownership.unit_id == case.unit_id)).first()
        assert lives is not None
        session.get_one(ServiceCase, case.id).party_id = None  # a caller unknown to the register: the house's matter
    for home in found.values():
        answer = client.get(home)
        assert answer.status_code == 200
        assert case.brief in answer.text
        assert "正在为您处理" in answer.text
        main = answer.text.split("<main")[1].replace(case.brief, "")
        assert not [word for word in INSIDE if word in main]
        assert case.phone_masked not in main
        assert "Set-Cookie" not in answer.headers
    with site.database.transaction() as session:
        session.get_one(ServiceCase, case.id).party_id = lives.party_id
        session.get_one(Ownership, lives.id).until = site.clock().date()
    assert client.get(found["house"]).status_code == 404, "a house's link ends with the ownership"
    with site.database.transaction() as session:
        other = select(Party).where(Party.id != lives.party_id).order_by(Party.id)
        after = session.scalars(other).first()
        assert after is not None
        session.add(Ownership(unit_id=lives.unit_id, party_id=after.id, role="业主"))
        session.get_one(ServiceCase, case.id).party_id = after.id
    refused = client.get(found["house"])
    assert (refused.status_code, case.brief in refused.text) == (404, False)
    assert client.get(found["house"] + "/repairs").status_code == 404
    theirs = owner(site, case.number)["house"]
    assert case.brief in client.get(theirs).text, "the new owner gets one of his own"
    with site.database.transaction() as session:
        session.get_one(ServiceCase, case.id).party_id = None
    assert case.brief not in client.get(theirs).text, "what came in under the owner before stays his"
    english = send(client, found["owner"], "/language", language="en")
    assert english.status_code == 303
    assert "Your matter is being worked on." in client.get(found["owner"]).text


def test_an_owner_answers_an_appointment(site: Site) -> None:
    case = case_of(site)
    home, client = owner(site, case.number)["owner"], site.client()
    with site.database.read() as session:
        visit = session.scalars(select(Appointment).where(Appointment.made_by == "chen.liyan")).all()[-1]
    path = f"/visits/{visit.id}"
    assert send(client, home, path, answer="no", wish=" ").status_code == 422
    for _twice in range(2):
        assert send(client, home, path, answer="no", wish="周六上午").status_code == 303
    assert "我们会与您联系" in client.get(home).text
    assert send(client, home, path, answer="yes").status_code == 409
    assert send(client, home, "/visits/999999", answer="yes").status_code == 404
    with site.database.read() as session:
        told = session.scalars(select(Notification).where(Notification.recipient == "chen.liyan")).all()
        assert [note.fields["wish"] for note in told if "wish" in note.fields] == ["周六上午"]
        events = session.scalars(select(CaseEvent).where(CaseEvent.kind == "业主请改期")).all()
        assert len(events) == 1
        assert "周六上午" in events[0].text
    with site.database.transaction() as session:
        session.add(
            RectificationOrder(
                number="ZG-T-1", project=case.project, starter=case.number, starter_kind="case", stage="保修期",
                source_channel="物业", state="已销项", open=False, close_type=DONE, reported_at=site.clock(),
                issued_at=site.clock(),
            )
        )  # fmt: skip
    thanked = client.get(home).text
    assert "谢谢您，维修已经您验收" in thanked
    assert "正在为您处理" not in thanked
    assert f"visit-{visit.id}" not in thanked, "past the acceptance nobody asks about a visit"


def test_an_owner_rates_what_is_solved_once(site: Site) -> None:
    open_case, closed = case_of(site), case_of(site, "已关闭")
    client = site.client()
    early = owner(site, open_case.number)["owner"]
    assert "您对处理结果满意吗" not in client.get(early).text
    assert send(client, early, f"/ratings/{open_case.number}", stars="5").status_code == 409
    assert send(client, early, f"/ratings/{closed.number}", stars="1").status_code == 404
    home = owner(site, closed.number)["owner"]
    assert send(client, home, f"/ratings/{closed.number}", stars="9").status_code == 422
    calls = called(site)
    for stars in ("2", "5"):
        said = {"stars": stars, "comment": "还有\x0b裂缝"}
        assert send(client, home, f"/ratings/{closed.number}", **said).status_code == 303
    assert "您的评价：不太满意" in client.get(home).text
    with site.database.read() as session:
        rows = session.scalars(select(SurveyResponse).where(SurveyResponse.wave == 0)).all()
        assert [(row.answers["stars"], row.overall, row.opinion) for row in rows] == [(2, "不满意", "还有\x0b裂缝")]
        told = session.scalars(select(Notification).where(Notification.recipient == closed.owner)).all()
        assert [note.fields["said"] for note in told if "stars" in note.fields] == ["还有\x0b裂缝"]
    assert called(site) == calls, "nobody was called"
    year = "cycle=days&first=2026-01-01&last=2026-12-31"
    manager = site.person("sun.mingli")
    assert manager.get(f"/reports/excel/callbacks?{year}").status_code == 200, "no file may hold such a character"
