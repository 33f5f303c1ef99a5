"""A contractor's link: his company's orders and the steps that wait for it, and nothing else (AC19)."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select, update

from engine import people, tasks
from processes.services import links
from storage import people as staff
from storage.tables.contractors import Contractor
from storage.tables.defects import RectificationOrder
from storage.tables.instances import AuditEntry
from storage.tables.links import LinkUse, SignedLink
from storage.tables.work import UserTask
from tests.acceptance import order_site
from tests.sites import NOW, SECRET

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.sites import Site

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
CLOSED = "此链接无法打开任何内容"


@pytest.fixture
def works(site: Site) -> Site:
    order_site.deploy(site)
    return site


def sign(site: Site, number: str) -> None:
    """Sign an order as the head of engineering, so that it comes to the contractor."""
    waiting = order_site.task(site, number, "R03a")
    assert waiting is not None
    with site.database.transaction() as session:
        viewer = people.viewer(session, "wu.gongjia", now=site.clock())
        registry = site.app.extensions["keyturn"].registry
        tasks.complete(session, viewer, waiting.id, data={}, now=site.clock(), registry=registry)


def send(client: FlaskClient, page: str, path: str, data: dict[str, object]) -> TestResponse:
    found = TOKEN.search(client.get(page).text)
    assert found
    return client.post(path, data={"csrf_token": found[1], **data})


def test_a_contractor_mends_an_order_from_its_link_alone(works: Site) -> None:
    number = order_site.issue(works, "通达")
    before = order_site.photo_of(works, number)
    sign(works, number)
    home, client = order_site.link(works, "通达"), works.client()
    page = f"{home}/orders/{number}"

    listed = client.get(home)
    assert listed.status_code == 200
    assert number in listed.text
    assert "该您处理" in listed.text
    assert "Set-Cookie" not in listed.headers
    assert (listed.headers["Referrer-Policy"], listed.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert "noindex" in listed.headers["X-Robots-Tag"]
    shown = client.get(page).text
    assert -1 < shown.index("墙面有裂缝") < shown.index('class="panel step-out"'), (
        "what is wrong stands before what is asked"
    )
    assert f"{page}/files/{before}?size=small" in shown
    assert client.get(f"{page}/files/{before}?size=small").content_type == "image/jpeg"

    accepting = order_site.task(works, number, "R03b")
    assert accepting is not None
    wrong = send(client, page, f"{page}/tasks/{accepting.id}", {})
    assert (wrong.status_code, 'id="faults"' in wrong.text) == (422, True)
    assert send(client, page, f"{page}/tasks/{accepting.id}", {"decision": "签收"}).status_code == 303

    mending = order_site.task(works, number, "R06")
    assert mending is not None
    form = TOKEN.search(client.get(page).text)
    assert form
    sent = {"csrf_token": form[1], "field": "after_photos", "file": (io.BytesIO(order_site.picture()), "后.jpg")}
    kept = client.post(f"{page}/tasks/{mending.id}/files", data=sent).get_json()
    typed = {"csrf_token": sent["csrf_token"], "measures": "凿除一半", "after_photos": kept["id"]}
    assert client.post(f"{page}/tasks/{mending.id}/draft", data=typed).get_json()["saved"]
    again = client.get(page).text
    assert "凿除一半" in again
    assert kept["id"] in again
    assert client.get(kept["preview"]).content_type == "image/jpeg"
    typed = {"after_photos": kept["id"], "measures": "已修补", "_key": "once"}
    for _twice in range(2):
        assert client.post(f"{page}/tasks/{mending.id}", data={"csrf_token": form[1], **typed}).status_code == 303
    assert order_site.task(works, number, "R10") is not None
    with works.database.transaction() as session:
        session.execute(update(RectificationOrder).where(RectificationOrder.number == number).values(state="整改中"))
    handed_in = client.get(f"{page}?done=1").text
    assert "目前没有需要您处理的事项" in handed_in
    assert handed_in.count("已提交，待复核") == 2, "the order and its defect are in one state"
    with works.database.read() as session:
        names = staff.names(session, [row.actor for row in session.scalars(select(AuditEntry))])
    assert "通达建设" in names.values()


def test_another_companys_order_is_refused_and_logged(works: Site) -> None:
    """AC19."""
    own, other = order_site.issue(works, "通达"), order_site.issue(works, "宏远")
    picture = order_site.photo_of(works, other)
    sign(works, other)
    sign(works, own)
    foreign = order_site.task(works, other, "R03b")
    assert foreign is not None
    home, client = order_site.link(works, "通达"), works.client()
    assert other not in client.get(home).text
    answer = client.get(f"{home}/orders/{other}")
    assert answer.status_code == 404
    assert "墙面有裂缝" not in answer.text
    assert client.get(f"{home}/orders/{other}/files/{picture}").status_code == 404
    assert client.get(f"{home}/orders/{own}/files/{picture}").status_code == 404
    for number in (own, other):  # neither with his own order's number nor with the other's
        path = f"{home}/orders/{number}/tasks/{foreign.id}"
        assert send(client, home, path, {"decision": "签收"}).status_code == 404
    assert order_site.task(works, other, "R03b") is not None
    with works.database.read() as session:
        asked = session.scalars(select(AuditEntry).where(AuditEntry.action == "link.refused")).all()
        assert [entry.subject for entry in asked][:1] == [f"/orders/{other}"]
        assert len(asked) == 5
        assert {entry.detail["of"] for entry in asked} == {"通达"}
    assert client.get(f"{home}/orders/{own}").status_code == 200


def test_a_link_opens_no_other_page_and_takes_no_session_along(works: Site) -> None:
    number = order_site.issue(works, "通达")
    home, client = order_site.link(works, "通达"), works.client()
    waiting = order_site.task(works, number, "R03a")
    assert waiting is not None
    client.get(home)
    for path in ("/inbox", f"/tasks/{waiting.id}", "/cases", "/orders", "/admin/"):
        answer = client.get(path)
        assert answer.status_code in (303, 404)
        assert answer.status_code == 404 or "/login" in (answer.location or "")
    assert send(client, home, f"{home}/orders/{number}/tasks/{waiting.id}", {}).status_code == 404
    assert client.get("/o/" + home.removeprefix("/c/")).status_code == 404
    admin = works.person("admin")
    assert admin.get(home).status_code == 200
    assert "admin" not in admin.get(f"{home}/orders/{number}").text
    assert admin.get("/admin/").status_code == 200


def test_wrong_old_and_revoked_links_read_the_same_and_give_nothing_away(works: Site) -> None:
    order_site.issue(works, "通达")
    home, client = order_site.link(works, "通达"), works.client()
    token = home.removeprefix("/c/")
    sentences = [client.get(f"/c/{text}") for text in ("x", "é" * 44, token[:-1] + ("A" if token[-1] != "A" else "B"))]
    with works.database.transaction() as session:
        row = session.scalars(select(SignedLink)).one()
        viewer = people.viewer(session, "wu.gongjia", now=works.clock())
        links.revoke(session, viewer, row.id, now=works.clock())
    sentences.append(client.get(home))
    second = order_site.link(works, "通达")
    assert second != home
    assert client.get(second).status_code == 200
    works.clock.advance(days=31)
    sentences.append(client.get(second))
    assert {answer.status_code for answer in sentences} == {404}
    assert len({re.sub(r"\s+", " ", answer.text) for answer in sentences}) == 1
    assert CLOSED in sentences[0].text
    with works.database.read() as session:
        assert len(session.scalars(select(LinkUse).where(LinkUse.what == "wrong")).all()) == len(sentences)


def test_guessing_and_hammering_are_stopped(works: Site) -> None:
    order_site.issue(works, "通达")
    home, client = order_site.link(works, "通达"), works.client()
    with works.database.transaction() as session:
        for _ in range(links.WRONG):
            links.wrong(session, address="127.0.0.1", now=works.clock())
    assert client.get(home).status_code == 429
    works.clock.advance(minutes=11)
    assert client.get(home).status_code == 200
    with works.database.transaction() as session:
        row = session.scalars(select(SignedLink)).one()
        session.add_all(LinkUse(link_id=row.id, at=works.clock(), what="see") for _ in range(links.USES))
    assert client.get(home).status_code == 429


def test_forms_of_a_link_carry_their_own_token(works: Site) -> None:
    order_site.issue(works, "通达")
    order_site.issue(works, "宏远")
    home, other, client = order_site.link(works, "通达"), order_site.link(works, "宏远"), works.client()
    foreign = TOKEN.search(client.get(other).text)
    assert foreign
    for token in ("", "made up", foreign[1]):
        assert client.post(f"{home}/language", data={"csrf_token": token, "language": "en"}).status_code == 400
    assert send(client, home, f"{home}/language", {"language": "en"}).status_code == 303
    assert "Rectification orders" in client.get(home).text
    assert "Rectification orders" not in client.get(other).text


def test_who_may_make_and_take_back_links(works: Site) -> None:
    order_site.issue(works, "通达")
    order_site.link(works, "通达")
    with works.database.transaction() as session:
        viewer = people.viewer(session, "wu.gongjia", now=NOW)
        again = [
            links.make(session, viewer, kind="contractor", subject="通达", secret=SECRET, now=NOW) for _ in range(2)
        ]
        assert len({link.token for link in again}) == 1
        outside = people.viewer(session, "lin.xiaoan", now=NOW)
        with pytest.raises(links.NotAllowedError):
            links.make(session, outside, kind="contractor", subject="通达", secret=SECRET, now=NOW)
        later = NOW + links.LIFE["contractor"] * 0.6
        renewed = links.make(session, viewer, kind="contractor", subject="通达", secret=SECRET, now=later)
        assert renewed.token != again[0].token
        made = {"kind": "case", "subject": "x", "created_at": later, "created_by": "wu.gongjia", "expires_at": later}
        session.add_all(SignedLink(**made) for _ in range(links.MADE_AN_HOUR))
        session.flush()
        links.revoke(session, viewer, renewed.id, now=later)
        with pytest.raises(links.TooManyError):
            links.make(session, viewer, kind="contractor", subject="通达", secret=SECRET, now=later)


def test_no_address_behind_a_link_opens_without_it(works: Site) -> None:
    """Every address of these pages, whoever is signed in, with a token that is none."""
    number, client = order_site.issue(works, "通达"), works.person("admin")
    nothing = {"token": "x" * 43, "number": number, "task_id": str(UUID(int=1)), "attachment_id": str(UUID(int=1))}
    asked = 0
    for rule in works.app.url_map.iter_rules():
        if rule.rule.startswith(("/c/<token>", "/o/<token>")):
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: nothing.get(found[1], "1"), rule.rule)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                answer = client.get(path) if method == "GET" else client.post(path)
                assert answer.status_code in (404, 429), path
                asked += 1
    assert asked > 4


def test_staff_make_copy_and_take_back_a_link_from_the_order(works: Site) -> None:
    number = order_site.issue(works, "通达")
    lead, client = works.person("wu.gongjia"), works.client()
    assert "/links/contractor/" in lead.get(f"/orders/{number}").text
    assert "通达建设" in lead.get("/links").text
    assert lead.post("/links/contractor/通达").status_code == 303
    page = lead.get("/links/contractor/通达").text
    made = re.search(r'value="http://127.0.0.1:8000(/c/[^"]+)"', page)
    assert made
    assert client.get(made[1]).status_code == 200
    revoke = re.search(r'action="(/links/[^"]+/revoke)"', page)
    assert revoke
    assert lead.post(revoke[1]).status_code == 303
    assert client.get(made[1]).status_code == 404
    assert "已使用 1 次" in lead.get("/links/contractor/通达").text
    agent = works.person("lin.xiaoan")
    assert "/links/contractor/" not in agent.get(f"/orders/{number}").text
    assert agent.post("/links/contractor/通达").status_code == 403


def test_the_shipped_process_is_worked_on_from_a_link(site: Site) -> None:
    """An order of the demonstration waits for the repair and for a report: one form at a time, the faults filled in."""
    query = select(UserTask, RectificationOrder, Contractor.code)
    query = query.join(RectificationOrder, RectificationOrder.instance_id == UserTask.instance_id)
    query = query.join(Contractor, Contractor.id == RectificationOrder.repair_id)
    with site.database.read() as session:
        waiting = session.execute(query.where(UserTask.state == "open", UserTask.element_id == "R06")).all()
    mending, order, code = waiting[0]
    home, client = order_site.link(site, code), site.client()
    page = f"{home}/orders/{order.number}"
    shown = client.get(f"{page}?task={mending.id}").text
    assert shown.count('class="kt-form') == 1
    rows = re.findall(r'name="results-(\d+)-defect" value="([^"]+)"', shown)
    assert rows
    form = TOKEN.search(shown)
    assert form
    sent: dict[str, object] = {"csrf_token": form[1]}
    for row, defect in rows:
        picture = {"field": f"results-{row}-after_photos", "file": (io.BytesIO(order_site.picture()), "后.jpg")}
        kept = client.post(f"{page}/tasks/{mending.id}/files", data={"csrf_token": form[1], **picture}).get_json()
        sent |= {f"results-{row}-_row": "1", f"results-{row}-defect": defect, f"results-{row}-done": "完成"}
        sent |= {f"results-{row}-after_photos": kept["id"], f"results-{row}-measures": "已修补"}
    answer = client.post(f"{page}/tasks/{mending.id}", data=sent)
    assert answer.status_code == 303, answer.text
    after = re.findall(r'/files/([0-9a-f-]{36})\?size=small" alt="整改后', client.get(page).text)
    assert len(after) == len(rows)
    assert client.get(f"{page}/files/{after[0]}?size=small").content_type == "image/jpeg"
