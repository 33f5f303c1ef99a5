"""The paper sheets show what the source documents ask for, and personal data only to those who may call."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine.access import Grant, Viewer
from engine.errors import NotFoundError
from processes.services import documents
from storage.privacy import mask, vault
from storage.tables.cases import ServiceCase
from storage.tables.estate import Project
from storage.tables.parties import AccessLog
from storage.tables.people import User

CHINA = ZoneInfo("Asia/Shanghai")
AGENT = Viewer("lin", "林小安", (Grant("agent"),))
ENGINEER = Viewer("zheng", "郑监理", (Grant("engineer", "chunhe"),))
STRANGER = Viewer("han", "韩师傅", (Grant("repair_tech", "chunhe"),))
PHONE = "19900000001"


@pytest.fixture
def session(sqlite_database, now):
    with sqlite_database.transaction() as opened:
        opened.add(User(login="lin", name="林小安", created_at=now))
        opened.add(Project(code="chunhe", name="春和里"))
        safe = vault(opened)
        opened.add(
            ServiceCase(
                number="TS-2026-000123",
                project="chunhe",
                house="春和里1期-03-2-1502",
                caller_name="王安然",
                caller_role="业主",
                caller_phone=safe.seal(PHONE),
                phone_hash=safe.digest(PHONE),
                phone_masked=mask(PHONE),
                channel="电话",
                received_by="地产",
                kind="投诉",
                cat1="工程维修类",
                cat2="户内维修",
                part="卫生间/地面",
                location="主卧卫生间门口",
                brief="卫生间渗漏",
                facts="3月1日晚渗水",
                demand="尽快修好",
                registered_by="lin",
                received_at=now,
                event_at=datetime(2026, 3, 1, 20, 0, tzinfo=CHINA),
                intake={"readback": True, "wording_confirmed": True, "visit_pref": "周末"},
            )
        )
        opened.flush()
        yield opened


def fields(sheet):
    return {field.label: field.value for field in sheet.fields}


def test_the_record_has_the_nine_fields_of_b49(session, now):
    sheet = documents.sheet(session, AGENT, "record", "TS-2026-000123", now=now)
    assert list(fields(sheet)) == [
        "Name of the customer",
        "Acceptance number",
        "Address of the home",
        "Accepted on",
        "Customer's contact",
        "Way of complaining",
        "Reason for the complaint (course of events)",
        "What the customer asks for",
    ]
    assert [signature.label for signature in sheet.signatures] == ["Receiving staff (signature)"]
    assert sheet.signatures[0].name == "林小安"
    assert sheet.signatures[0].at == now
    assert fields(sheet)["Address of the home"] == "春和里1期-03-2-1502"


def test_the_handling_sheet_has_the_eight_fields_of_b59(session, now):
    sheet = documents.sheet(session, AGENT, "handling", "TS-2026-000123", now=now)
    assert len(sheet.fields) == 8
    assert sheet.sheet_number == "CL-2026-000123"
    assert len(sheet.signatures) == 3


def test_the_registration_has_what_e03_asks_at_least(session, now):
    shown = fields(documents.sheet(session, AGENT, "register", "TS-2026-000123", now=now))
    assert shown["Name of the owner"] == "王安然"
    assert shown["Number of the home"] == "春和里1期-03-2-1502"
    assert shown["Reason for the complaint"] == "3月1日晚渗水"
    assert shown["Concrete demand and expectation"] == "尽快修好"
    assert shown["Main points repeated and confirmed"] is True


def test_the_feedback_sheet_comes_in_two_copies_with_the_exact_location(session, now):
    sheet = documents.sheet(session, AGENT, "feedback", "TS-2026-000123", now=now)
    assert len(sheet.copies) == 2
    assert fields(sheet)["Exact location of the problem"] == "春和里1期-03-2-1502 卫生间/地面 主卧卫生间门口"
    assert fields(sheet)["Wording confirmed with the customer"] is True


def test_a_whole_number_is_printed_for_callers_and_logged(session, now):
    sheet = documents.sheet(session, AGENT, "record", "TS-2026-000123", now=now)
    assert fields(sheet)["Customer's contact"] == PHONE
    log = session.scalars(select(AccessLog)).one()
    assert (log.actor, log.action, log.subject) == ("lin", "print", "case:TS-2026-000123")


def test_others_of_the_project_see_a_masked_customer(session, now):
    shown = fields(documents.sheet(session, ENGINEER, "record", "TS-2026-000123", now=now))
    assert shown["Customer's contact"] == "199****0001"
    assert shown["Name of the customer"] == "王**"
    assert session.scalars(select(AccessLog)).all() == []


@pytest.mark.parametrize(
    ("viewer", "document", "number"),
    [(STRANGER, "record", "TS-2026-000123"), (AGENT, "receipt", "TS-2026-000123"), (AGENT, "record", "TS-2026-999999")],
)
def test_what_one_may_not_see_does_not_exist(session, now, viewer, document, number):
    with pytest.raises(NotFoundError):
        documents.sheet(session, viewer, document, number, now=now)
