"""The property services on the real engine: numbers, clocks, reminders, levels, masking, withdrawal."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from engine import people
from engine.core.calendar import CHINA
from engine.errors import ConflictError, InvalidFormError, InvalidInputError, NotAllowedError, NotFoundError
from processes.services import cases, demo, lookups, registry, sweep
from processes.services.demo.answers import intake, when
from processes.services.demo.player import Play, Step, open_task
from storage.cases import get, next_value
from storage.files import Files
from storage.tables.cases import CaseTask, ContactLog, ServiceCase, SurveyResponse
from storage.tables.deadlines import Deadline, Escalation, Reminder
from storage.tables.parties import AccessLog
from storage.tables.work import UserTask

HOME = "春和里1期-03-2-1502"
WHAT = ("报修", "自己房产", "工程维修类", "户内维修")
COMPLAINT = ("投诉", "公共部位", "秩序维护类", "车辆管理")


class Stage:
    """A furnished database, a clock, and people who do tasks."""

    def __init__(self, database, now, folder) -> None:
        self.now = now
        self.database = database
        self.registry = registry()
        demo.furnish(database, now=now, registry=self.registry)
        self.play = Play(database, self.registry, Files(folder))

    def register(self, what=WHAT, **more) -> str:
        values = intake(HOME, ("王安然", "19900000001"), what, "厨房漏水", "厨房水槽下漏水。", "修好。", **more)
        self.play.do(Step(self.now, "case", "lin.xiaoan", "T01", values))
        self.wait(minutes=1)
        return self.play.numbers["case"]

    def do(self, element, login, **changes) -> None:
        self.play.do(Step(self.now, "case", login, element, changes))
        self.wait(minutes=1)

    def call_back(self, overall) -> None:
        """Call or visit, whichever the table asked for."""
        again = when(self.now + timedelta(days=5)) if overall == "不满意" else None
        said = {"callback_satisfaction": overall, "callback_promised_at": again}
        if "CB1" in self.open():
            self.do("CB1", "zhou.xiaoning", **said)
        else:
            self.do("CB2", "chen.liyan", visited_at=when(self.now), **said)

    def wait(self, **span) -> None:
        self.now += timedelta(**span)
        self.play.advance(self.now)

    def sweep(self) -> None:
        with self.database.transaction() as session:
            sweep.sweep(session, self.now, self.registry)

    def rows(self, table, **named):
        with self.database.read() as session:
            query = select(table)
            for name, value in named.items():
                query = query.where(getattr(table, name) == value)
            return list(session.scalars(query.order_by(*table.__mapper__.primary_key)))

    def open(self) -> list[str]:
        with self.database.read() as session:
            return sorted(session.scalars(select(UserTask.element_id).where(UserTask.state == "open")))

    def clock(self, name) -> Deadline:
        return self.rows(Deadline, clock=name)[-1]

    def viewer(self, session, login):
        return people.viewer(session, login, now=self.now)


@pytest.fixture
def stage(sqlite_database, now, tmp_path) -> Stage:
    return Stage(sqlite_database, now, tmp_path / "files")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def test_numbers_have_no_gaps_and_no_doubles(database) -> None:
    taken: list[int] = []

    def take() -> None:
        for turn in range(10):
            try:
                with database.transaction() as session:
                    value = next_value(session, "TS-2026")
                    if turn % 3 == 2:
                        raise ConflictError  # a transaction that fails gives its number back
                    taken.append(value)
            except ConflictError:
                continue

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, len(taken) + 1))


def test_registering_starts_the_clocks_from_the_moment_of_the_call(stage) -> None:
    number = stage.register()
    with stage.database.read() as session:
        case = get(session, number)
    due = {row.clock: row.due_at.astimezone(CHINA) for row in stage.rows(Deadline)}
    start = case.received_at
    assert due["accept"] - start >= timedelta(hours=24)
    assert due["contact"] == start.astimezone(CHINA) + timedelta(hours=28)
    assert due["reply"] == local("2026-03-05 09:00")
    assert due["resolve"] == local("2026-03-23 09:00")
    assert due["day5_call"] == local("2026-03-07 09:00")
    assert case.promised_at == case.original_promised_at == due["resolve"]
    assert stage.clock("reply").source == "DMN-05 D11"
    assert (case.state, case.category, case.owner, case.acceptor) == ("待派单", "待判定", "lin.xiaoan", "chen.liyan")


def test_the_limit_to_accept_may_be_shortened_only(stage) -> None:
    """AC02."""
    stage.register()
    due = stage.clock("accept").due_at
    with pytest.raises((InvalidInputError, InvalidFormError)):
        stage.do("T07", "lin.xiaoan", accept_due=when(due + timedelta(hours=4)))
    sooner = stage.now.replace(second=0) + timedelta(hours=4)
    stage.do("T07", "lin.xiaoan", accept_due=when(sooner))
    clock = stage.clock("accept")
    assert (clock.due_at, clock.original_due_at, clock.extended) == (sooner, due, 1)
    assert clock.accountable == "chen.liyan"


def test_the_limit_to_accept_is_never_in_the_past_and_can_be_put_right(stage) -> None:
    stage.register()
    due = stage.clock("accept").due_at
    with pytest.raises(InvalidFormError):
        stage.do("T07", "lin.xiaoan", accept_due=when(stage.now - timedelta(hours=1)))
    stage.do("T07", "lin.xiaoan", accept_due=when(stage.now + timedelta(minutes=10)))
    stage.do("T08", "lin.xiaoan")
    stage.do("T09", "chen.liyan", decision="退回改派", return_reason="时限填错了")
    stage.do("T07", "lin.xiaoan", accept_due=when(due))
    assert abs(stage.clock("accept").due_at - due) < timedelta(minutes=1)


def test_a_case_that_is_late_to_be_accepted_can_still_be_dispatched(stage) -> None:
    stage.register()
    due = stage.clock("accept").due_at
    stage.wait(days=3)
    stage.do("T07", "lin.xiaoan", accept_due=when(due))
    assert stage.clock("accept").due_at == due


def test_classes_and_sub_classes_are_not_mixed_up(stage) -> None:
    """The list of a class does not depend on what is chosen in it; sub-classes are those of the chosen class."""
    with stage.database.read() as session:
        offer = partial(lookups.categories, session, stage.viewer(session, "chen.liyan"), "")
        tops = [option["value"] for option in offer({})]
        assert tops == [option["value"] for option in offer({"cat1": "工程维修类", "final_cat1": "工程维修类"})]
        below = [option["value"] for option in offer({"cat1": "工程维修类", "parent": "工程维修类"})]
        every = [option["value"] for option in offer({"parent": None})]
    assert "户内维修" in below
    assert "服务态度" not in below
    assert {"户内维修", "服务态度"} <= set(every)
    assert not set(every) & (set(tops) - {"其他"})
    assert len(every) == len(set(every))


def test_dispatching_is_due_before_accepting(stage) -> None:
    stage.register()
    with stage.database.read() as session:
        due = session.scalars(select(UserTask.due_at).where(UserTask.element_id == "T07")).one()
    assert stage.now < due < stage.clock("accept").due_at


def test_what_is_learned_of_an_emergency_may_be_written_later_but_not_after_the_summary(stage) -> None:
    """B18: before the case closes."""
    number = stage.register(urgency="特急")
    stage.do("T04", "chen.liyan", consequence=None, lessons=None)
    for element, login in (("T07", "lin.xiaoan"), ("T08", "lin.xiaoan"), ("T09", "chen.liyan"), ("T12", "chen.liyan")):
        stage.do(element, login)
    for element, login in (("T14", "chen.liyan"), ("T15", "lin.xiaoan"), ("T16", "kang.gongcheng")):
        stage.do(element, login)
    with pytest.raises(InvalidFormError) as refused:
        stage.do("T17", "chen.liyan")
    assert [error.path for error in refused.value.errors] == ["consequence", "lessons"]
    stage.do("T17", "chen.liyan", consequence="水漫到楼下一户。", lessons="阀门老化，全部更换。")
    with stage.database.read() as session:
        kept = get(session, number).intake
    assert (kept["consequence"], kept["lessons"]) == ("水漫到楼下一户。", "阀门老化，全部更换。")


def test_nobody_accepts(stage) -> None:
    """AC03: overdue, level 1 suggested, one call a day, and all stops when somebody accepts."""
    stage.wait(minutes=30)
    stage.register()
    stage.do("T07", "lin.xiaoan")
    stage.do("T08", "lin.xiaoan")
    stage.wait(hours=25)
    for _ in range(3):
        stage.sweep()
    assert stage.clock("accept").breached_at == stage.clock("accept").due_at
    assert stage.rows(Reminder, kind="逾期催办") == []  # the first call is at nine on the next morning
    assert [row.level_to for row in stage.rows(Escalation)] == [1]
    stage.wait(hours=23)
    for _ in range(3):
        stage.sweep()
        stage.wait(minutes=10)
    assert len([row for row in stage.rows(Reminder, kind="逾期催办") if row.open]) == len(
        {row.deadline_id for row in stage.rows(Reminder, kind="逾期催办")}
    )
    calls = stage.open().count("T29")
    assert calls >= 1
    stage.do("T29", "zhou.xiaoning", reason="在外地，下午受理")
    stage.sweep()
    assert stage.open().count("T29") == calls - 1  # one a day
    stage.wait(days=9)
    for _ in range(2):
        stage.sweep()
    late = [row for row in stage.rows(Reminder, kind="逾期催办") if row.open]
    assert len(late) == len({row.deadline_id for row in late})  # nine days away: one call each, not nine
    assert max(row.level_to for row in stage.rows(Escalation)) == 3
    stage.do("T09", "chen.liyan")
    stage.sweep()
    accept = stage.clock("accept")
    assert not any(row.open for row in stage.rows(Reminder, deadline_id=accept.id))


def test_a_reminder_comes_before_the_limit_once_and_goes_when_it_is_met(stage) -> None:
    stage.register()
    stage.do("T07", "lin.xiaoan")
    stage.do("T08", "lin.xiaoan")
    stage.wait(hours=21)
    stage.sweep()
    stage.sweep()
    kept = [row for row in stage.rows(Reminder, kind="到期提醒") if row.open]
    clocks = {row.id: row.clock for row in stage.rows(Deadline)}
    assert sorted(clocks[row.deadline_id] for row in kept) == ["accept", "contact"]
    stage.do("T09", "chen.liyan")
    stage.sweep()
    left = [row for row in stage.rows(Reminder) if row.open]
    assert [clocks[row.deadline_id] for row in left] == ["contact"]
    assert stage.open().count("T28") == 1


def test_a_plan_becomes_tasks_with_clocks_and_moves_the_promise(stage) -> None:
    number = stage.register()
    for element, login in (("T07", "lin.xiaoan"), ("T08", "lin.xiaoan"), ("T09", "chen.liyan")):
        stage.do(element, login)
    stage.do("T12", "chen.liyan")
    task = stage.rows(CaseTask)[0]
    assert (task.handler, task.department, task.done_at) == ("kang.gongcheng", "工程部", None)
    assert stage.clock("task").accountable == "kang.gongcheng"
    with stage.database.read() as session:
        case = get(session, number)
    assert case.promised_at == stage.clock("resolve").due_at < case.original_promised_at
    stage.do("T14", "chen.liyan")
    assert stage.clock("reply").met_at is not None
    stage.do("T15", "lin.xiaoan")
    stage.do("T16", "kang.gongcheng", task_result="部分", remaining="还差收口")
    task = stage.rows(CaseTask)[0]
    assert (task.result, task.remaining, task.done_at is not None) == ("部分", "还差收口", True)
    assert stage.clock("task").met_at is not None
    stage.do("T17", "chen.liyan", final_cause="材料")
    with stage.database.read() as session:
        case = get(session, number)
    assert (case.cat2, case.final_cat2, case.root_cause, case.valid) == ("户内维修", "户内维修", "材料", True)


def test_dissatisfied_three_times_raises_the_level_twice(stage) -> None:
    """AC10: rounds 2 and 3 suggest levels 2 and 3."""
    number = stage.register()
    for element, login in (("T07", "lin.xiaoan"), ("T08", "lin.xiaoan"), ("T09", "chen.liyan")):
        stage.do(element, login)
    for _ in range(2):
        stage.do("T12", "chen.liyan")
        stage.do("T14", "chen.liyan")
        stage.do("T15", "lin.xiaoan")
        stage.do("T16", "kang.gongcheng")
        stage.do("T17", "chen.liyan")
        again = when(stage.now + timedelta(days=6))
        stage.do("T18", "lin.xiaoan", satisfaction="不满意", new_promised_at=again)
    with stage.database.read() as session:
        assert get(session, number).round == 3
    assert [row.level_to for row in stage.rows(Escalation, suggested=True)] == [2, 3]


def test_who_may_not_call_sees_the_caller_masked_and_a_look_is_logged(stage) -> None:
    number = stage.register()
    with stage.database.transaction() as session:
        agent = stage.viewer(session, "lin.xiaoan")
        engineer = stage.viewer(session, "zheng.jianli")
        seen = cases.view(session, engineer, number, now=stage.now).head
        assert (seen.caller, seen.phone, seen.may_reveal) == ("王**", "199****0001", False)
        assert cases.view(session, agent, number, now=stage.now).head.caller == "王安然"
        with pytest.raises(NotAllowedError):
            cases.reveal(session, engineer, number, now=stage.now)
        assert cases.reveal(session, agent, number, now=stage.now) == "19900000001"
    assert ("lin.xiaoan", f"case:{number}") in {(row.actor, row.subject) for row in stage.rows(AccessLog)}


def test_strangers_do_not_know_of_a_case(stage) -> None:
    number = stage.register()
    with stage.database.read() as session:
        for login in ("zhao.zhiqiu", "luo.sheji", "wei.yanfang1"):  # another project; nothing to do with it
            with pytest.raises(NotFoundError):
                cases.view(session, stage.viewer(session, login), number, now=stage.now)
            found = cases.search(session, stage.viewer(session, login), cases.CaseQuery(text=number), now=stage.now)
            assert found.total == 0


def test_a_case_is_found_by_number_house_name_and_phone(stage) -> None:
    number = stage.register()
    with stage.database.read() as session:
        agent = stage.viewer(session, "lin.xiaoan")
        for text in (number, "03-2-1502", "王安然", "199 0000 0001", "漏水"):
            found = cases.search(session, agent, cases.CaseQuery(text=text), now=stage.now)
            assert [item.number for item in found.items] == [number], text
        assert cases.search(session, agent, cases.CaseQuery(text="19900000002"), now=stage.now).total == 0


def test_an_urging_customer_is_counted_and_may_suggest_a_level(stage) -> None:
    number = stage.register()
    stage.wait(days=30)
    with stage.database.transaction() as session:
        agent = stage.viewer(session, "lin.xiaoan")
        cases.urge(session, agent, number, text="问进度", now=stage.now)
        cases.urge(session, agent, number, text="又问", now=stage.now)
    assert max(row.level_to for row in stage.rows(Escalation)) == 3
    assert len(stage.rows(ContactLog, kind="客户催办")) == 2


def test_withdrawing_takes_back_everything_and_deletes_nothing(stage) -> None:
    """AC09."""
    number = stage.register()
    stage.do("T07", "lin.xiaoan")
    with stage.database.transaction() as session:
        agent = stage.viewer(session, "lin.xiaoan")
        with pytest.raises(InvalidInputError):
            cases.withdraw(session, agent, number, reason=" ", now=stage.now, registry=stage.registry)
        cases.withdraw(session, agent, number, reason="自行解决", now=stage.now, registry=stage.registry)
    stage.wait(minutes=1)
    assert stage.open() == []
    case = stage.rows(ServiceCase)[0]
    assert (case.state, case.open, case.close_type, case.close_reason) == ("已撤", False, "withdrawn", "自行解决")
    assert all(not row.open for row in stage.rows(Deadline))
    assert stage.rows(ContactLog)
    with stage.database.transaction() as session, pytest.raises(ConflictError):
        cases.urge(session, stage.viewer(session, "lin.xiaoan"), number, text="", now=stage.now)


def test_escalating_by_hand_goes_to_the_people_of_the_level(stage) -> None:
    number = stage.register()
    with stage.database.transaction() as session:
        agent = stage.viewer(session, "lin.xiaoan")
        cases.escalate(session, agent, number, level=4, reason="媒体", now=stage.now, registry=stage.registry)
    stage.wait(minutes=1)
    with stage.database.read() as session:
        assert open_task(session, number, "ES1").candidate_groups == ["gm"]
    stage.do("ES1", "hua.zong", level=4, suggested_level=4, take_over=True)
    case = stage.rows(ServiceCase)[0]
    assert (case.level, case.owner) == (4, "hua.zong")
    decided = [row for row in stage.rows(Escalation) if not row.suggested]
    assert [(row.level_from, row.level_to, row.actor) for row in decided] == [(0, 4, "hua.zong")]
    (clock,) = [row for row in stage.rows(Deadline) if row.clock == "act"]
    assert clock.met_at is None  # taking it starts the clock, what is done about it stops it (K14)
    stage.wait(minutes=30)
    stage.do("ES2", "hua.zong")
    (clock,) = [row for row in stage.rows(Deadline) if row.clock == "act"]
    assert timedelta(minutes=30) <= clock.met_at - clock.start_at < timedelta(hours=1)


def test_unreachable_three_times_closes_the_call_back_unreached(stage) -> None:
    """AC11."""
    stage.register()
    path = ("T07 lin.xiaoan", "T08 lin.xiaoan", "T09 chen.liyan", "T12 chen.liyan", "T14 chen.liyan", "T15 lin.xiaoan")
    for step in (*path, "T16 kang.gongcheng", "T17 chen.liyan", "T18 lin.xiaoan", "T19 lin.xiaoan"):
        stage.do(*step.split())
    lost = {"callback_result": "未接", "attitude_score": None, "result_score": None, "q_timely": None}
    for _ in range(3):
        stage.wait(days=3)
        (clock,) = [row for row in stage.rows(Deadline) if row.clock == "callback" and row.open]
        (call,) = [row for row in stage.rows(UserTask) if row.element_id == "CB1" and row.state == "open"]
        assert call.due_at == clock.due_at, "one case, one date"
        stage.do("CB1", "zhou.xiaoning", **lost, callback_opinion=None)
    assert [row.attempt for row in stage.rows(SurveyResponse)] == [1, 2, 3]
    assert "T25" in stage.open()
    stage.do("T25", "sun.mingli")
    case = stage.rows(ServiceCase)[0]
    assert (case.state, case.close_type, case.norm_score) == ("已关闭", "accepted", 92)
    assert case.solved_at < case.closed_at


def test_who_was_dissatisfied_once_is_called_again_after_a_month(stage) -> None:
    """E19: the second wave runs beside the closed case; dissatisfied then means a new case."""
    stage.register(COMPLAINT)
    early = ("T07 lin.xiaoan", "T08 lin.xiaoan", "T09 chen.liyan")
    plan = ("T12 chen.liyan", "T13 yan.lingdao", "T14 chen.liyan", "T15 lin.xiaoan")
    work = (*plan, "T16 kang.gongcheng", "T17 chen.liyan")
    for step in (*early, *work):
        stage.do(*step.split())
    stage.do("T18", "lin.xiaoan", satisfaction="不满意", new_promised_at=when(stage.now + timedelta(days=6)))
    for step in (*work, "T18 lin.xiaoan", "T19 lin.xiaoan"):
        stage.do(*step.split())
    stage.wait(days=8)
    stage.call_back("满意")
    stage.do("T25", "sun.mingli")
    case = stage.rows(ServiceCase)[0]
    assert (case.state, case.open) == ("已关闭", False)
    stage.wait(days=31)
    stage.call_back("不满意")
    assert [(row.wave, row.overall) for row in stage.rows(SurveyResponse)] == [(1, "满意"), (2, "不满意")]
    assert [row.met_at is not None for row in stage.rows(Deadline, clock="callback2")] == [True]
    assert "T01" in stage.open()  # a new case for what he demands now
    assert stage.rows(ServiceCase)[0].state == "已关闭"
