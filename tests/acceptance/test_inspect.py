"""The inspector's phone over HTTP: rows sent twice, rows changed by others, rows that make no sense, who may (AC15)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select

from storage import inspections
from storage.tables.defects import Defect, DefectEvent
from storage.tables.inspections import InspectionResult, InspectionUnit
from storage.tables.work import Attachment, UserTask
from tests.sites import Person, Site
from tests.visits import INSPECTOR, OTHER, add_visits

if TYPE_CHECKING:
    from werkzeug.test import TestResponse


class Phone:
    """What a phone sends, as its script does."""

    def __init__(self, site: Site, login: str, number: str) -> None:
        self.person, self.number = site.person(login), number
        self.csrf = self.person.get("/inspect/houses").get_json()["csrf"]

    def send(self, kind: str, body: Any, **options: Any) -> TestResponse:
        headers = {"Accept": "application/json", "X-CSRFToken": self.csrf}
        given = {"data": body} if kind == "photos" else {"json": body}
        return self.person.client.post(f"/inspect/{self.number}/{kind}", headers=headers, **given, **options)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.person.get(f"/inspect/{self.number}/state").get_json()
        return found

    def photo(self, key: str = "", field: str = "photos") -> str:
        key, out = key or str(uuid4()), io.BytesIO()
        Image.new("RGB", (40, 30), "red").save(out, "JPEG")
        answer = self.send("photos", {"id": key, "field": field, "file": (io.BytesIO(out.getvalue()), "p.jpg")})
        assert answer.status_code == 200, answer.text
        return key

    def defect(self, **changed: Any) -> dict[str, Any]:
        """A defect as it is sent, with a photo that was sent before."""
        body = {"id": str(uuid4()), "room": "客厅", "part": "客厅/木地板", "problem": "精装/起鼓", "severity": "C"}
        photos = [{"attachment": self.photo(), "kind": "before", "marks": [[[0.1, 0.1], [0.5, 0.25]]]}]
        return body | {"text": "起鼓", "plan_x": 0.25, "plan_y": 0.5, "photos": photos, "revision": 0} | changed


def result(**changed: Any) -> dict[str, Any]:
    body = {"id": str(uuid4()), "room": "客厅", "item": "L1", "result": "合格", "value": "", "note": "", "revision": 0}
    return body | changed


@pytest.fixture
def phone(site: Site) -> Phone:
    return Phone(site, INSPECTOR, add_visits(site)[0])


def count_results(site: Site, phone: Phone) -> int:
    with site.database.read() as session:
        query = select(func.count()).select_from(InspectionResult)
        return session.scalar(query.where(InspectionResult.inspection_number == phone.number)) or 0


def count_files(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(Attachment)) or 0


def test_the_list_holds_ones_own_houses(site: Site) -> None:
    numbers = add_visits(site, 3, inspectors=(INSPECTOR, OTHER))
    mine = site.person(INSPECTOR).get("/inspect/houses").get_json()
    assert [card["number"] for card in mine["houses"] if card["number"] in numbers] == [numbers[0], numbers[2]]
    assert mine["login"] == INSPECTOR
    assert site.person("lin.xiaoan").get("/inspect/houses").get_json()["houses"] == []


def test_a_house_is_taken_along_with_all_its_rooms_lines_and_problems(phone: Phone) -> None:
    house = phone.state()
    assert [room["name"] for room in house["rooms"]] == ["客厅", "主卧", "主卫"]
    assert [line["item"] for line in house["rooms"][0]["lines"]] == ["L1", "L2", "L3"]
    part = house["rooms"][2]["parts"][0]
    assert (part["code"], part["name"], part["likely"][0]) == ("卫生间/地面防水", "地面防水", "防水")
    assert {"code": "防水/渗漏", "name": "渗漏"}.items() <= house["problems"][0].items()


def test_a_row_sent_twice_is_written_once(site: Site, phone: Phone) -> None:
    row, defect = result(), phone.defect()
    before = count_files(site)
    for _ in range(2):
        assert phone.send("results", row).get_json()["row"]["revision"] == 1
        answer = phone.send("defects", defect).get_json()["row"]
        assert (answer["id"], answer["revision"]) == (defect["id"], 1)
        phone.photo(defect["photos"][0]["attachment"])
    assert (count_results(site, phone), count_files(site)) == (1, before)
    with site.database.read() as session:
        found = session.scalars(select(Defect).where(Defect.found_in == phone.number)).one()
        assert found.photos[0]["marks"] == [[[0.1, 0.1], [0.5, 0.25]]]
        assert (found.plan_x, found.plan_y, found.trade, found.state) == (0.25, 0.5, "精装", "待派")
        events = select(func.count()).select_from(DefectEvent).where(DefectEvent.defect_id == found.id)
        assert session.scalar(events) == 1


def test_a_change_follows_the_one_before_it(phone: Phone) -> None:
    defect = phone.defect()
    phone.send("defects", defect)
    answer = phone.send("defects", defect | {"severity": "A", "revision": 1}).get_json()["row"]
    assert (answer["revision"], answer["severity"]) == (2, "A")
    first = phone.send("results", result(result="不合格")).get_json()["row"]
    again = phone.send("results", result(id=first["id"], revision=1)).get_json()["row"]
    assert (again["id"], again["result"], again["revision"]) == (first["id"], "合格", 2)


def test_a_row_that_somebody_else_changed_comes_back_with_his_version(site: Site, phone: Phone) -> None:
    defect = phone.defect()
    phone.send("defects", defect)
    with site.database.transaction() as session:
        found = session.scalars(select(Defect).where(Defect.found_in == phone.number)).one()
        found.text, found.revision = "主管改过", 2
        session.add(
            DefectEvent(defect_id=found.id, at=site.clock(), actor="chen.liyan", kind="修改", text="", detail={})
        )
    answer = phone.send("defects", defect | {"text": "我改的", "revision": 1})
    assert answer.status_code == 409
    assert "陈立言" in answer.get_json()["error"]["message"]
    theirs = answer.get_json()["theirs"]
    assert (theirs["text"], theirs["revision"]) == ("主管改过", 2)
    kept = phone.send("defects", defect | {"text": "我改的", "revision": theirs["revision"]})
    assert (kept.status_code, kept.get_json()["row"]["text"]) == (200, "我改的")


def test_two_phones_that_answer_the_same_line_meet_in_a_choice(phone: Phone) -> None:
    first = phone.send("results", result(result="不合格")).get_json()["row"]
    answer = phone.send("results", result())
    assert answer.status_code == 409
    assert answer.get_json()["theirs"]["id"] == first["id"]
    assert answer.get_json()["theirs"]["result"] == "不合格"


def test_a_defect_noted_by_mistake_is_struck_out(phone: Phone) -> None:
    defect = phone.defect()
    phone.send("defects", defect)
    for _ in range(2):
        row = phone.send("defects", defect | {"gone": True, "revision": 1}).get_json()["row"]
        assert row["gone"] is True
    assert phone.state()["defects"] == []


BAD: list[tuple[str, dict[str, Any]]] = [
    ("results", result(id="x")),
    ("results", result(room="阁楼")),
    ("results", result(item="nothing")),
    ("results", result(result="也许")),
    ("results", result(value="9" * 61)),
    ("results", result(note=7)),
    ("results", result(revision=-1)),
    ("results", result(revision="1")),
    ("defects", {"id": None}),
    ("defects", {"room": ""}),
    ("defects", {"problem": ""}),
    ("defects", {"severity": "D"}),
    ("defects", {"plan_x": 1.5}),
    ("defects", {"plan_y": "top"}),
    ("defects", {"text": "字" * 501}),
    ("defects", {"text": "\x00"}),
    ("defects", {"photos": []}),
    ("defects", {"photos": "x"}),
    ("defects", {"photos": [{"attachment": str(uuid4())}]}),
    ("defects", {"marks": [[[0, 2]]]}),
    ("finish", {"id": "x"}),
    ("finish", {"id": str(uuid4())}),
    ("finish", {"id": str(uuid4()), "signature": str(uuid4())}),
]


def test_what_makes_no_sense_is_refused_with_a_sentence(site: Site, phone: Phone) -> None:
    good = phone.defect()
    wrong = []
    for kind, body in BAD:
        sent = good | {"id": str(uuid4())} | body if kind == "defects" else body
        if "marks" in sent:
            sent["photos"] = [{**good["photos"][0], "marks": sent.pop("marks")}]
        answer = phone.send(kind, sent)
        said = answer.get_json()["error"]["message"]
        if answer.status_code != 422 or not any("一" <= letter <= "鿿" for letter in said):
            wrong.append((kind, body, answer.status_code, said))
    assert wrong == []
    for text in ("", "[]", "{", "null"):
        headers = {"Accept": "application/json", "X-CSRFToken": phone.csrf, "Content-Type": "application/json"}
        answer = phone.person.client.post(f"/inspect/{phone.number}/results", data=text, headers=headers)
        assert answer.status_code == 422, text
    assert count_results(site, phone) == 0


def test_pictures_are_pictures(phone: Phone) -> None:
    def send(name: str, data: bytes, **more: str) -> TestResponse:
        return phone.send("photos", {"id": str(uuid4()), "file": (io.BytesIO(data), name)} | more)

    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    assert send("p.jpg", b"not a picture").status_code == 422
    assert send("p.pdf", b"%PDF-1.4 x").status_code == 422
    assert send("p.png", out.getvalue(), field="other").status_code == 422
    assert send("p.png", out.getvalue(), id="x").status_code == 422
    assert phone.send("photos", {"id": str(uuid4())}).status_code == 422
    assert send("p.png", out.getvalue()).status_code == 200


def test_only_the_inspector_of_a_house_gets_at_it(site: Site, phone: Phone) -> None:
    for login, status in ((OTHER, 409), ("lin.xiaoan", 404), ("chen.liyan", 404)):
        other = Phone(site, login, phone.number)
        assert other.person.get(f"/inspect/{phone.number}/state").status_code == status, login
        assert other.send("defects", {}).status_code == status, login
        assert other.send("finish", {"id": str(uuid4())}).status_code == status, login
        answer = other.send("results", result())
        assert answer.status_code == status, login
        assert ("魏验房一" in answer.get_json()["error"]["message"]) is (status == 409)
    assert phone.person.get("/inspect/YF-0/state").status_code == 404
    nobody = Person(site.client())
    asked = nobody.get("/inspect/houses", headers={"Accept": "application/json"})
    assert asked.status_code == 401, "the phone keeps its rows and asks to sign in"


def test_a_qr_code_leads_to_the_visit(site: Site, phone: Phone) -> None:
    code = phone.state()["unit"]
    answer = phone.person.get(f"/inspect/unit/{code}")
    assert (answer.status_code, answer.location) == (303, f"/inspect/{phone.number}")
    assert site.person(OTHER).get(f"/inspect/unit/{code}").status_code == 404


def test_the_code_on_a_door_leads_each_to_what_is_his(site: Site, phone: Phone) -> None:
    page = site.person("wu.gongjia").get(f"/batches/{phone.state()['batch']}/codes")
    house = phone.state()["unit"]
    assert (page.status_code, page.text.count("<svg"), house in page.text) == (200, 2, True)
    assert "style=" not in page.text
    card = next(one for one in phone.person.get("/inspect/houses").get_json()["houses"] if one["unit"] == house)
    path = f"/inspect/door/{card['door']}"
    assert phone.person.get(path).location == f"/inspect/{phone.number}"
    owner = Person(site.client()).get(path)
    assert (owner.status_code, house in owner.text, "/login?next=" in owner.text) == (200, True, True)
    agent = site.person("lin.xiaoan").get(path).text
    assert "/start/complaint?unit=" in agent
    for wrong in (card["door"][:-1] + "x", "1", "zz-1", "-", "1-é"):
        assert Person(site.client()).get(f"/inspect/door/{wrong}").status_code == 404, wrong
    pdf = site.person("wu.gongjia").get(f"/batches/{phone.state()['batch']}/codes.pdf")
    assert (pdf.status_code, pdf.data[:5]) == (200, b"%PDF-")


def test_the_task_leads_to_the_phone(site: Site, phone: Phone) -> None:
    with site.database.read() as session:
        house = select(InspectionUnit.instance_id).where(InspectionUnit.number == phone.number)
        task = session.scalars(select(UserTask.id).where(UserTask.instance_id.in_(house))).first()
    assert f'href="/inspect/{phone.number}"' in phone.person.get(f"/tasks/{task}").text


def test_the_end_of_a_visit_completes_its_task_once(site: Site, phone: Phone) -> None:
    phone.send("results", result(result="不合格"))
    phone.send("defects", phone.defect())
    body = {"id": str(uuid4()), "signature": phone.photo(field="inspector_signature"), "witness": "郑监理"}
    answers = [phone.send("finish", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    with site.database.read() as session:
        house = session.scalars(select(InspectionUnit).where(InspectionUnit.number == phone.number)).one()
        tasks = select(UserTask.element_id, UserTask.state).where(UserTask.instance_id == house.instance_id)
        assert dict(session.execute(tasks).all())["U01"] == "completed"
    with site.database.read() as session:
        batch, unseen = house.batch_number, inspections.not_looked_at(session, house.batch_number)
    assert list(unseen) == [phone.number]
    assert f"未查 {unseen[phone.number]} 项" in site.person("yan.lingdao").get(f"/batches/{batch}").text
    late = phone.send("results", result(item="L2"))
    assert late.status_code == 409
    assert "theirs" not in late.get_json()
    assert phone.number not in [card["number"] for card in phone.person.get("/inspect/houses").get_json()["houses"]]


def test_the_worker_knows_every_file_of_the_page(site: Site, phone: Phone) -> None:
    answer = site.client().get("/inspect-worker.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Service-Worker-Allowed"] == "/inspect"
    page = phone.person.get("/inspect").text
    for piece in page.split('"'):
        if piece.startswith("/static/"):
            assert f'"{piece}"' in answer.text, piece
    assert phone.person.get(f"/inspect/{phone.number}/plan").status_code == 404, "no plan, no picture"
