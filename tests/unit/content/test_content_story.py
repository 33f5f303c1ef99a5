"""A case played through the real engine: what its sheets say in the end, and what the penalty table proposes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from content_texts import ROOT
from sqlalchemy import select

from engine import deployment, people, task_views, tasks
from engine.access import SYSTEM
from engine.core import forms
from processes.services import demo, documents, registry
from processes.services.demo import estate
from processes.services.demo import people as staff
from processes.services.demo.answers import intake
from processes.services.demo.player import Play, Step
from storage.files import Files
from storage.tables.estate import Unit
from storage.tables.work import UserTask

LOGINS = {
    "agent": "lin.xiaoan",
    "cs_sup": "chen.liyan",
    "leader": "yan.lingdao",
    "cs_mgr": "sun.mingli",
    "handler": "kang.gongcheng",
    "engineer": "zheng.jianli",
    "sales_con": "qian.xiaoman",
    "sales_sup": "feng.zhuguan",
    "sales_mgr": "he.jingli",
    "gm": "hua.zong",
}


class Story(Play):
    """A play that does one task an hour with the ordinary answers."""

    def begin(self, moment, **more):
        with self.database.read() as session:
            unit = session.scalars(select(Unit.code).where(Unit.code.startswith("春和里1期"))).first()
        caller, what = ("王安然", "19900000001"), ("投诉", "自己房产", "工程维修类", "户内维修")
        self.now = moment
        call = intake(unit, caller, what, "卫生间渗漏", "主卧卫生间渗水", "尽快修好", **more)
        self.do(Step(moment, "story", "lin.xiaoan", "T01", call))
        self.advance(moment + timedelta(minutes=1))
        return self.numbers["story"]

    def opened(self):
        with self.database.read() as session:
            rows = session.scalars(select(UserTask).where(UserTask.state == "open").order_by(UserTask.created_at)).all()
            return {row.element_id: row.assignee or LOGINS[row.candidate_groups[0]] for row in rows}

    def task(self, element, **changes):
        self.now += timedelta(hours=1)
        self.advance(self.now)
        self.do(Step(self.now, "story", self.opened()[element], element, changes))
        self.advance(self.now + timedelta(minutes=1))

    def until(self, element):
        """Do what is open until a task appears."""
        for _ in range(40):
            waiting = self.opened()
            if element in waiting:
                return
            assert waiting, f"nothing is open, {element} never came"
            self.task(next(iter(waiting)))
        pytest.fail(f"{element} never came")


@pytest.fixture
def story(sqlite_database, tmp_path, now):
    services = registry()
    with sqlite_database.transaction() as session:
        staff.seed_roles(session)
        departments = estate.add_registers(session)
        estate.add_estate(session, "mini", now=now)
        staff.add_people(session, departments, now=now)
        demo.deploy(session, now=now, registry=services)
    return Story(sqlite_database, services, Files(tmp_path / "files"))


def test_the_handling_sheet_quotes_plan_review_result_and_consent(story, now):
    number = story.begin(now)
    story.until("T19")
    story.task("T19", customer_opinion="认可处理结果")
    with story.database.transaction() as session:
        sheet = documents.sheet(session, people.viewer(session, "lin.xiaoan", now=now), "handling", number, now=now)
    shown = {field.label: field.value for field in sheet.fields}
    assert shown["Name of the customer"] == "王安然"
    assert shown["Handled on"] is not None
    assert shown["Result of handling the complaint"]
    assert shown["Opinion of the receiving staff"]
    assert shown["Opinion of the department manager"]
    assert shown["Opinion of the customer"].endswith("认可处理结果")
    receiver, manager, customer = sheet.signatures
    assert (receiver.name, manager.name, customer.name) == ("陈立言", "严领导", "王安然")
    assert customer.attachment


def _violate(story, now):
    story.begin(now, channel="销售现场", comforted=True, companion="qian.xiaoman")
    story.until("T22")
    story.task("T22", violations=["未倾听了解", "负责人未到场或未上报"])
    with story.database.read() as session:
        task = session.scalars(select(UserTask).where(UserTask.state == "open", UserTask.element_id == "T23")).one()
        manager = people.viewer(session, "he.jingli", now=now)
        view = task_views.open_task(session, manager, task.id, now=story.now)
        env = tasks.feel_env(session, story.registry, story.now)
        return forms.initial(view.form, view.variables, env)


def test_no_penalty_is_proposed_while_the_table_is_inactive(story, now):
    assert _violate(story, now)["penalties"] == []


def test_penalties_are_proposed_for_what_the_supervisor_ticked_once_switched_on(story, now):
    switch = (
        (ROOT / "complaint" / "penalty_switch.dmn").read_bytes().replace(b"<text>false</text>", b"<text>true</text>")
    )
    with story.database.transaction() as session:
        files = {"penalty_switch.dmn": switch}
        deployment.deploy(session, files=files, viewer=SYSTEM, now=now, registry=story.registry)
    rows = _violate(story, now)["penalties"]
    found = [(row["person"], row["clause"], row["amount"], row["notice"]) for row in rows]
    assert found == [
        ("qian.xiaoman", "未倾听，未了解事情经过和客户目的", 50, False),
        ("qian.xiaoman", "负责人或受托人未到场，或未报总经理", 200, True),
    ]
