"""The demonstration: every story ends where it is written to end, nothing fails, every inbox has work."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from engine import people, tasks
from engine.core.calendar import CHINA
from processes.services import cases, demo, registry
from processes.services.demo import answers, diary, stories
from storage import jobs, orders
from storage.files import Files
from storage.session import Database
from storage.tables.cases import ServiceCase, SurveyResponse
from storage.tables.deadlines import Deadline, Escalation
from storage.tables.work import Attachment, Incident, Job, UserTask
from tests.conftest import NOW, fresh_postgres

BUSY = (
    *("lin.xiaoan", "zhou.xiaoning", "chen.liyan", "zhao.zhiqiu", "sun.mingli", "wu.gongjia", "zheng.jianli"),
    *("kang.gongcheng", "qian.xiaoman", "feng.zhuguan", "he.jingli", "yang.guanjia", "mei.huanjing", "du.zhixu"),
    *("yan.lingdao", "hua.zong", "jin.gongguan", "qi.fawu", "qing.shifu", "fang.shifu", "ming.shifu", "xi.shifu"),
    *("bao.zonggong", "shen.fuhe"),
)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def played(request, tmp_path_factory):
    """The mini demonstration on each kind of database, with the numbers of its stories; the tests only read it."""
    folder = tmp_path_factory.mktemp("played")
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/keyturn.db"
        if request.param == "postgres":
            url = stack.enter_context(fresh_postgres(request.getfixturevalue("postgres_server")))
        database = Database(url)
        stack.callback(database.dispose)
        database.create_all()
        known = registry()
        demo.furnish(database, now=NOW, registry=known)
        stage = stories.play(database, "mini", now=NOW, registry=known, files=Files(folder / "files"))
        yield database, stage.numbers


def test_every_story_ends_as_written(played, now) -> None:
    database, numbers = played
    with database.read() as session:
        rows = session.scalars(select(ServiceCase).where(ServiceCase.number.in_(numbers.values())))
        found = {row.number: row for row in rows}
        case = {story: found[number] for story, number in numbers.items()}
        assert session.scalars(select(Incident)).all() == []
        assert session.scalars(select(Job).where(Job.attempts > 0)).all() == []

        def waits(story):
            query = select(UserTask.element_id).where(UserTask.state == "open")
            return set(session.scalars(query.where(UserTask.instance_id == case[story].instance_id)))

        assert (case["leak"].state, case["leak"].close_type, case["leak"].category) == (
            "已关闭",
            "accepted",
            "地产保修",
        )
        assert case["leak"].solved_at <= case["leak"].promised_at
        assert waits("promise") == {"T24"}
        assert waits("lift") >= {"T17"}
        assert case["lift"].urgency == "特急"
        assert (waits("cleaning"), case["cleaning"].category) == ({"T18"}, "物业服务")
        assert (case["elsewhere"].state, case["elsewhere"].close_type) == ("已关闭", "not_ours")
        assert (waits("unreachable"), case["unreachable"].acceptor) == ({"T09"}, "sun.mingli")
        assert case["again"].round == 2
        assert "T16" in waits("again")
        assert (waits("by_norm"), case["by_norm"].satisfaction) == ({"T25"}, "不满意")
        assert case["press"].level == 5
        assert "ES2" in waits("press")
        survey = session.scalars(select(SurveyResponse).where(SurveyResponse.case_number == numbers["again"])).one()
        assert (survey.result, survey.overall) == ("接通", "不满意")
        levels = session.scalars(select(Escalation.level_to).where(Escalation.case_number == numbers["again"]))
        assert 2 in set(levels)
        reply = session.scalars(
            select(Deadline).where(Deadline.case_number == numbers["holiday"], Deadline.clock == "reply")
        ).one()
        assert reply.due_at.astimezone(CHINA) == datetime(2025, 10, 11, 17, 0, tzinfo=CHINA)
        assert reply.met_at < reply.due_at
        assert case["holiday"].state == "已关闭"
        assert session.scalars(select(Attachment)).first() is not None


def test_the_stories_of_repairs_end_as_written(played) -> None:
    database, numbers = played
    with database.read() as session:

        def order(story):
            return orders.of_starter(session, numbers[story])[-1]

        assert (order("leak").close_type, order("leak").rework, order("leak").in_warranty) == ("已销项", 1, True)
        assert (order("floor").close_type, order("floor").in_warranty) == ("转有偿", False)
        assert (order("late").close_type, order("late").cost) == ("已销项", 3000)
        (deduction,) = orders.deductions(session, order("late").number)
        assert (deduction.amount, deduction.state) == (3600, "已确认")
        units = orders.contractors(session)
        assert units[order("dispute").repair_id].name == "明灯机电分包"
        assert [share["percent"] for share in order("dispute").shares] == [60, 40]
        assert (order("crack").structural, order("crack").open) == (True, True)


def test_every_role_finds_work(played, now) -> None:
    database, _ = played
    with database.read() as session:
        idle = [
            login
            for login in BUSY
            if tasks.inbox(session, people.viewer(session, login, now=now), tasks.InboxQuery(), now=now).total == 0
        ]
        assert idle == []


def test_who_sold_the_house_explains_and_not_who_repairs_it(played, now) -> None:
    database, _ = played
    with database.read() as session:
        seen = {
            login: [
                item.element_id
                for item in tasks.inbox(
                    session, people.viewer(session, login, now=now), tasks.InboxQuery(size=100), now=now
                ).items
            ]
            for login in ("qian.xiaoman", "han.shifu")
        }
    assert "T21" in seen["qian.xiaoman"]
    assert "T21" not in seen["han.shifu"]


def test_everybody_signs_in_with_the_password_that_is_shown(sqlite_database, now) -> None:
    demo.furnish(sqlite_database, now=now, registry=registry())
    with sqlite_database.transaction() as session:
        for login, name, _title in demo.accounts():
            viewer = people.authenticate(session, login=login, password=demo.PASSWORD, now=now)
            assert viewer is not None
            assert viewer.name == name


def test_the_demonstration_is_the_same_on_every_day_of_the_week(sqlite_database, now) -> None:
    demo.furnish(sqlite_database, now=now, registry=registry())
    with sqlite_database.transaction() as session:
        (weekly,) = jobs.named(session, "start", demo.WEEKLY)
        assert weekly.due_at > now, "no rounds are begun by the calendar while the stories are played"
        for days in range(15):
            loaded = now + timedelta(days=days)
            demo.from_now_on(session, demo.WEEKLY, now=loaded)
            local = weekly.due_at.astimezone(CHINA)
            assert loaded < local <= loaded + timedelta(days=7)
            assert (local.weekday(), local.hour, local.minute) == (0, 8, 0), "on its Mondays it goes on"


def test_history_goes_back_two_years_and_numbers_go_on_after_it(sqlite_database, now) -> None:
    known = registry()
    assert demo.is_empty(sqlite_database)
    demo.furnish(sqlite_database, now=now, registry=known)
    assert not demo.is_empty(sqlite_database)
    with sqlite_database.transaction() as session:
        demo.history.add_history(session, 200, now=now)
        agent = people.viewer(session, "lin.xiaoan", now=now)
        page = cases.search(session, agent, cases.CaseQuery(status="closed"), now=now)
        assert page.total == 200
        rows = session.scalars(select(ServiceCase)).all()
        assert min(row.received_at for row in rows) < now - timedelta(days=600)
        late = sum(row.solved_at > row.original_promised_at for row in rows if row.original_promised_at)
        assert 15 <= late <= 60  # 82 % in time
        values = answers.intake(diary.HOME, diary.OWNER, diary.REPAIR, "漏水", "漏水。", "修好。")
        number = cases.register(session, agent, values, now=now, registry=known)
        assert number not in {row.number for row in rows}
