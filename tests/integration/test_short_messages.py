"""Short messages: to a real gateway over HTTP, at the milestones, with the owner's link, not at night, tried again."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from engine import notifications, people, worker
from engine.connectors import OutboxMessage, Registry
from engine.core.calendar import CHINA
from engine.errors import InvalidInputError
from processes.services import cases, demo, handover_notices, handovers, link_owner, links, notices, owner_texts
from processes.services.demo import answers, diary
from storage import cases as case_rows
from storage import handovers as handover_rows
from storage.tables.cases import ContactLog
from storage.tables.defects import RectificationOrder
from storage.tables.handovers import Slot
from storage.tables.people import User
from storage.tables.work import Job, Notification
from storage.tables.work import OutboxMessage as Row
from tasks_ui.app import default_registry
from tasks_ui.settings import SettingsError, Sms, from_environment
from tests import halls
from tests.sites import settings_for

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)


@contextmanager
def gateway(fails: int = 0):
    """A gateway that keeps what it is told, and answers the first requests with 503."""
    told = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(json.loads(body))

        def do_GET(self):
            self.answer({name: value[0] for name, value in parse_qs(urlsplit(self.path).query).items()})

        def answer(self, body):
            told.append((body, self.headers.get("Authorization"), self.headers["Idempotency-Key"]))
            self.send_response(503 if len(told) <= fails else 200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", told
    server.shutdown()
    thread.join()
    server.server_close()


def settings(folder, url, **more):
    from dataclasses import replace

    quiet = more.pop("quiet", (time(21), time(8)))
    return replace(settings_for(folder), sms=Sms(url=url, token="let me in", quiet=quiet, body=more.get("body")))


def message(**more):
    known = {
        "id": None, "connector": "sms", "recipient": "19900000001", "text": '他说"好"', "payload": {}, "link": "",
        "locale": "", "idempotency_key": "k1", "created_at": MORNING,
    }  # fmt: skip
    return OutboxMessage(**{**known, **more})


def test_a_gateway_is_called_as_its_own_book_says() -> None:
    with gateway() as (url, told):
        notifications.sms_connector(url=f"{url}/send", token="abc")(message())
        body = {"mobile": ["{phone}"], "content": "【示例】{text}", "nested": {"ref": "{id}", "n": 1}}
        notifications.sms_connector(url=f"{url}/send", body=body)(message())
        notifications.sms_connector(url=f"{url}/send?to={{phone}}&msg={{text}}")(message(link="http://x/o/1"))
        notifications.sms_connector(url=f"{url}/send?msg={{text}}&to={{phone}}")(message(text="{id} {phone}"))
        notifications.sms_connector(url=f"{url}/send", body={"t": "{text}"})(message(text="{id} {phone}"))
    assert [one[0] for one in told[3:]] == [{"msg": "{id} {phone}", "to": "19900000001"}, {"t": "{id} {phone}"}]
    assert told[0] == ({"to": "19900000001", "text": '他说"好"', "id": "k1"}, "Bearer abc", "k1")
    assert told[1][0] == {"mobile": ["19900000001"], "content": '【示例】他说"好"', "nested": {"ref": "k1", "n": 1}}
    assert told[1][1] is None
    assert told[2][0] == {"to": "19900000001", "msg": '他说"好" http://x/o/1'}
    with pytest.raises(InvalidInputError):
        notifications.sms_connector(url="ftp://example")


def test_staff_without_a_telephone_get_a_mail_and_two_clocks_are_two_messages(sqlite_database) -> None:
    known = Registry(connectors={"sms": print, "mail": print})

    def tell(session, login, clock):
        fields = {"number": "TS-1", "event": "逾期", "clock": clock, "due": "03-02 09:00"}
        ways = {login: {"page", "sms"}}
        notices.send(session, ways, notices.TEMPLATES["逾期"], fields, link="/cases/TS-1", now=MORNING, registry=known)

    with sqlite_database.transaction() as session:
        session.add(User(login="desk", name="台", email="desk@example.org", created_at=MORNING))
        session.add(User(login="out", name="外", email="out@example.org", phone="19900000002", created_at=MORNING))
        session.flush()
        for login, clock in (("desk", "首响"), ("out", "首响"), ("out", "到场"), ("out", "首响")):
            tell(session, login, clock)
    with sqlite_database.read() as session:
        sent = [(row.connector, row.recipient, row.fields["clock"]) for row in session.query(Row)]
    assert sorted(sent) == [
        ("mail", "desk@example.org", "首响"), ("sms", "19900000002", "到场"), ("sms", "19900000002", "首响"),
    ]  # fmt: skip


def test_settings_of_the_gateway_are_read_strictly(tmp_path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    given = {"KEYTURN_DATA_DIR": str(tmp_path), "KEYTURN_SMS_URL": "https://gateway.example/send?to={phone}"}
    read = from_environment({**given, "KEYTURN_SMS_TOKEN_FILE": str(tmp_path / "token")}).sms
    assert (read.token, read.quiet, read.body) == ("s3cret", (time(21), time(8)), None)
    assert "s3cret" not in repr(read)
    assert from_environment({**given, "KEYTURN_SMS_QUIET": "none"}).sms.quiet is None
    assert from_environment({"KEYTURN_DATA_DIR": str(tmp_path)}).sms is None
    for name, value in (("SMS_BODY", "{"), ("SMS_BODY", "[1]"), ("SMS_QUIET", "nine"), ("SMS_URL", "gateway")):
        with pytest.raises(SettingsError, match=name):
            from_environment({**given, f"KEYTURN_{name}": value})


def test_owners_hear_at_the_milestones_with_their_link_and_not_at_night(sqlite_database, tmp_path) -> None:
    with gateway(fails=1) as (url, told):
        known = default_registry(settings(tmp_path, url))
        database = sqlite_database
        demo.furnish(database, now=MORNING, registry=known)
        moment = MORNING

        def run(at):
            while worker.run_one(database, clock=lambda: at, registry=known):
                pass

        run(moment)
        values = answers.intake(diary.HOME, diary.OWNER, diary.REPAIR, "漏水", "漏水。", "修好。", location="卫生间")
        with database.transaction() as session:
            agent = people.viewer(session, "lin.xiaoan", now=moment)
            number = cases.register(session, agent, values, now=moment, registry=known)
        run(moment)
        assert len(told) == 1, "the gateway was out of order"
        run(moment + timedelta(minutes=1))
        first, again = told
        assert first == again, "the same message with the same key"
        assert first[0]["to"] == diary.OWNER[1]
        assert number in first[0]["text"]
        assert "http://127.0.0.1:8000/o/" in first[0]["text"]
        assert first[1] == "Bearer let me in"
        evening = MORNING.replace(hour=21, minute=30)
        with database.transaction() as session:
            case = case_rows.get(session, number)
            visit = MORNING + timedelta(days=1)
            for _ in range(2):
                owner_texts.visit_of_case(session, case, visit, ["zheng.jianli"], now=evening, registry=known)
            owner_texts.solved(session, case, now=evening, registry=known)
        run(evening)
        assert len(told) == 2, "nobody's telephone rings at night"
        with database.read() as session:
            waiting = session.query(Job).filter(Job.kind == "outbox", Job.name == "sms").all()
            assert {(job.due_at.astimezone(CHINA).isoformat(), job.attempts) for job in waiting} == {
                ("2026-03-03T08:00:00+08:00", 0)
            }
        with database.transaction() as session:
            case = case_rows.get(session, number)
            case.urgency = "特急"
            owner_texts.write(
                session, owner_texts.of_case(session, case), "马上到。", once="now", now=evening, registry=known
            )
        run(evening)
        assert [one[0]["text"].startswith("马上到。") for one in told[2:]] == [True], "most urgent goes at any time"
        run(evening + timedelta(hours=11))
        texts = [one[0]["text"] for one in told[3:]]
        assert len([text for text in texts if "上门" in text]) == 1, "the same visit is told once"
        assert any("郑监理 1990002" in text for text in texts), "who comes, with a number"
        assert any("请您评价" in text for text in texts)
        with database.read() as session:
            logged = session.query(ContactLog).filter(ContactLog.case_number == number, ContactLog.kind == "短信").all()
            assert all("/o/" not in row.text for row in logged), "the link opens his page: it stands nowhere else"
            assert session.query(Row).filter(Row.connector == "sms", Row.sent_at.is_(None)).count() == 0
        house_texts(database, known, told, run)


def house_texts(database, known, told, run) -> None:
    """The owner of a house hears of his appointment, of its move, the day before, of his keys and of repairs."""
    begun, sent = MORNING + timedelta(days=2), len(told)
    with database.transaction() as session:
        batch, (number, *_) = halls.begin(session, known, begun, halls.PROJECT, 1)
        for days in (3, 4):
            start = begun + timedelta(days=days)
            session.add(Slot(batch_number=batch, starts_at=start, ends_at=start + timedelta(hours=2), capacity=2))
        session.flush()
        row = handover_rows.house(session, number)
        owner = owner_texts.owner_phone(session, row.unit_id)
        desk = people.viewer(session, halls.DESK, now=begun)
        for slot in handover_rows.slots(session, batch)[1:]:
            handovers.choose_slot(session, desk, number, slot_id=slot.id, now=begun, registry=known)
            begun += timedelta(minutes=5)
    run(begun)
    assert [one[0]["to"] for one in told[sent:]] == [owner, owner]
    assert all(
        f"{row.house} 收楼时间：03-0{day} 09:00–11:00" in one[0]["text"]
        for day, one in zip((7, 8), told[sent:], strict=True)
    )
    page = told[sent][0]["text"].partition("http://127.0.0.1:8000/o/")[2]
    assert page, "with his link"
    assert told[sent + 1][0]["text"].endswith(page), "the same link every time"
    run(MORNING + timedelta(days=5))
    assert [one[0]["text"].partition("http")[0] for one in told[sent + 2 :]] == [
        f"提醒您：{row.house} 收楼时间 03-08 09:00–11:00。进度、预约和评价："
    ], "the day before"
    evening = MORNING.replace(day=8, hour=21, minute=30)
    with database.transaction() as session:
        row = handover_rows.house(session, number)
        owner_texts.keys_given(session, row, now=evening, registry=known)
        order = RectificationOrder(
            number="ZG-T-1", project=row.project, unit_id=row.unit_id, house=row.house, starter=number, brief="开裂",
            starter_kind="handover", stage="正式交付", source_channel="验房", reported_at=evening, issued_at=evening,
            state="已销项", open=False, close_type="已销项", closed_at=evening,
        )  # fmt: skip
        session.add(order)
        session.flush()
        owner_texts.visit_of_order(session, order, evening + timedelta(days=1), ["小林"], now=evening, registry=known)
        owner_texts.mended(session, order, now=evening, registry=known)
        order.stage = "内部验房"
        owner_texts.mended(session, order, now=evening + timedelta(days=1), registry=known)
        order.stage = "正式交付"
    run(evening)
    assert len(told) == sent + 3, "not at night"
    run(evening + timedelta(hours=11))
    said = [one[0]["text"] for one in told[sent + 3 :]]
    assert [sum(word in text for text in said) for word in ("钥匙已交给您", "03-09 21:30 上门", "请您评价")] == [
        1,
        1,
        1,
    ]
    with database.transaction() as session:
        link = links.for_owner(session, links.HOUSE, row.house, secret="key", now=evening)
        assert [
            one.may_rate for one in link_owner.view(session, link, now=evening).matters if one.number == "ZG-T-1"
        ] == [True]
        link_owner.rate(session, link, "ZG-T-1", stars=2, comment="还有灰。", now=evening)
        matter = next(one for one in link_owner.view(session, link, now=evening).matters if one.number == "ZG-T-1")
        assert (matter.rated, matter.may_rate) == (2, False)
        told_heads = session.query(Notification).filter(Notification.link == "/orders/ZG-T-1").count()
        assert told_heads > 0, "a low rating is nobody's secret"
        mails_only = Registry(connectors={"mail": print})
        late = {"clock_name": "签字", "due_text": "03-08", "overdue_days": 1, "accountable": "lin.xiaoan"}
        row = handover_rows.house(session, number)
        handover_notices.tell(session, row, "逾期", now=evening, registry=mails_only, known=late)
        session.flush()
        mail = session.query(Row).filter(Row.connector == "mail").one()
        assert (mail.recipient, mail.fields["clock"]) == ("lin.xiaoan@keyturn.example", "签字"), "no gateway: a mail"


def test_quiet_hours_may_lie_within_a_day_or_be_none(tmp_path) -> None:
    from tasks_ui import outgoing

    zone = ZoneInfo("Asia/Shanghai")
    at = datetime(2026, 3, 2, 13, 0, tzinfo=zone)
    within = outgoing.hours(settings(tmp_path, "http://x", quiet=(time(12), time(14))))
    assert within(message(), at) == at.replace(hour=14)
    assert within(message(), at.replace(hour=15)) is None
    assert within(message(connector="mail"), at) is None
    assert outgoing.hours(settings(tmp_path, "http://x", quiet=None))(message(), at) is None
    night = outgoing.hours(settings(tmp_path, "http://x"))
    assert night(message(), at.replace(hour=3)) == at.replace(hour=8)
