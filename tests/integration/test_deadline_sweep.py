"""What the sweep of deadlines brings to people: mails, true contact logs, and no row that stops the others."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine import people, worker
from engine.access import Viewer
from processes.services import cases, demo, levels, registry, sweep
from processes.services.demo.answers import intake
from processes.services.demo.player import Play, Step
from storage.cases import get
from storage.files import Files
from storage.tables.cases import CaseEvent, ContactLog, ServiceCase
from storage.tables.deadlines import Deadline, Escalation, Reminder
from storage.tables.definitions import ProcessDefinition
from storage.tables.instances import AuditEntry
from storage.tables.people import User

HOME = "春和里1期-03-2-1502"
LEAK = ("报修", "自己房产", "工程维修类", "户内维修")
AGENT = "lin.xiaoan"


class House:
    """A furnished database with connectors that keep what they send."""

    def __init__(self, database, now, folder, *connectors) -> None:
        self.database, self.now = database, now
        self.sent: list[tuple[str, str]] = []
        self.registry = replace(
            registry(), connectors={name: lambda m: self.sent.append((m.recipient, m.text)) for name in connectors}
        )
        demo.furnish(database, now=now, registry=self.registry)
        self.play = Play(database, self.registry, Files(folder))

    def register(self, story="case", **more) -> str:
        values = intake(HOME, ("王安然", "19900000001"), LEAK, "厨房漏水", "厨房水槽下漏水。", "修好。", **more)
        self.play.do(Step(self.now, story, AGENT, "T01", values))
        self.work(minutes=1)
        return self.play.numbers[story]

    def work(self, **span) -> None:
        """Let the time pass, then let a worker do all that is due, as it does in service."""
        self.now += timedelta(**span)
        worker.prepare(self.database, self.registry, now=self.now)
        while worker.run_one(self.database, clock=lambda: self.now, registry=self.registry):
            pass

    def rows(self, table, **named):
        with self.database.read() as session:
            return list(session.scalars(select(table).filter_by(**named)))


@pytest.fixture
def house(sqlite_database, now, tmp_path):
    return lambda *connectors: House(sqlite_database, now, tmp_path / "files", *connectors)


def test_who_is_late_gets_a_mail_from_the_worker(house) -> None:
    """The sweep runs with the worker's own connectors."""
    at = house("mail")
    number = at.register()
    with at.database.transaction() as session:
        session.execute(update(User).values(email=User.login + "@example.org"))
    at.work(hours=27)
    (accept,) = at.rows(Deadline, clock="accept")
    assert accept.breached_at == accept.due_at
    mails = [text for to, text in at.sent if to == f"{accept.accountable}@example.org"]
    assert any(number in text and "overdue" in text for text in mails), at.sent


def test_what_nobody_sent_is_not_in_the_contact_log(house) -> None:
    at = house("mail")
    number = at.register()
    (row,) = at.rows(ContactLog, case_number=number, kind="待告知客户")
    assert not row.reached
    assert number in row.text
    assert at.rows(ContactLog, kind="短信") == []
    assert at.sent == []


def test_a_customer_is_written_to_where_that_is_possible(house) -> None:
    at = house("sms")
    number = at.register()
    at.work(minutes=1)
    (row,) = at.rows(ContactLog, case_number=number, kind="短信")
    assert row.reached
    assert at.sent == [("19900000001", row.text)]
    assert at.rows(ContactLog, kind="待告知客户") == []


def test_a_limit_that_cannot_be_dealt_with_does_not_stop_the_others(house) -> None:
    """No reminder process can be started; breaches are written down and told all the same, and the fault once."""
    at = house()
    at.register()
    at.register("other")
    with at.database.transaction() as session:
        session.execute(update(ProcessDefinition).where(ProcessDefinition.key == "reminder").values(key="gone"))
    for _ in range(3):
        at.work(hours=27)
    assert at.rows(Reminder) == []
    late = at.rows(Deadline, clock="accept")
    assert len(late) == 2
    assert all(row.breached_at == row.due_at for row in late)
    faults = [(entry.subject, entry.detail["step"]) for entry in at.rows(AuditEntry, action=sweep.FAILED)]
    assert {subject for subject, _ in faults} >= {f"deadline:{row.id}" for row in late}
    assert len(faults) == len(set(faults))
    with at.database.transaction() as session:
        session.execute(update(ProcessDefinition).where(ProcessDefinition.key == "gone").values(key="reminder"))
    at.work(hours=24)
    assert {row.id for row in late} <= {row.deadline_id for row in at.rows(Reminder)}, "tried again once it can be"


def test_two_calls_at_the_same_time_are_two(database, now, tmp_path) -> None:
    at = House(database, now, tmp_path / "files")
    number = at.register()
    with database.read() as session:
        agent: Viewer = people.viewer(session, AGENT, now=now)
    together = threading.Barrier(4)
    failed: list[BaseException] = []

    def press() -> None:
        together.wait()
        try:
            for _ in range(5):
                with database.transaction() as session:
                    get(session, number)  # the page has shown it before
                    cases.urge(session, agent, number, text="问进度", now=at.now)
        except BaseException as error:  # noqa: BLE001  a thread's fault is the test's
            failed.append(error)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert at.rows(ServiceCase, number=number)[0].urged == 20
    assert len(at.rows(ContactLog, kind="客户催办")) == 20


@pytest.mark.parametrize(
    ("kind", "detail", "level"),
    [("应急", {"structural": True}, 5), ("应急", {"structural": False}, 0), ("现场处理", {"unresolved": True}, 4)],
)
def test_what_was_found_on_site_counts_for_the_level(house, kind, detail, level) -> None:
    at = house()
    number = at.register()
    with at.database.transaction() as session:
        session.add(CaseEvent(case_number=number, at=at.now, actor=AGENT, kind=kind, text="", detail=detail))
        session.flush()
        assert levels.suggest(session, get(session, number), at.now)["level"] == level


@pytest.mark.parametrize(("loss", "level"), [(None, 0), (0, 0), (50_000, 0), (50_001, 4)])
def test_a_loss_beyond_all_authority_below_the_general_manager_is_great(house, loss, level) -> None:
    at = house()
    number = at.register()
    with at.database.transaction() as session:
        case = get(session, number)
        case.loss_amount = loss
        assert levels.suggest(session, case, at.now)["level"] == level


@pytest.mark.parametrize(("said", "level"), [({}, 0), ({"companion": "x"}, 0), ({"comforted": False}, 3)])
def test_a_customer_left_alone_counts_for_the_level(house, said, level) -> None:
    at = house()
    number = at.register()
    with at.database.transaction() as session:
        case = get(session, number)
        case.intake = {**case.intake, **said}
        assert levels.suggest(session, case, at.now)["level"] == level


def test_structural_danger_found_in_an_emergency_suggests_a_crisis_at_once(house) -> None:
    at = house()
    at.register(urgency="特急")
    at.play.do(Step(at.now, "case", "chen.liyan", "T04", {"structural": True}))
    assert [row.level_to for row in at.rows(Escalation)] == [5]
