"""Time as it happens to machines: clocks that jump, summer time, days of downtime, timers that newer versions keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import samples
from sqlalchemy import select

from engine import jobs, messages, worker
from engine.access import SYSTEM
from engine.core.calendar import WorkCalendar
from engine.errors import KeyturnError
from engine.testing import Workbench
from storage import jobs as queue
from storage.tables.definitions import ProcessDefinition
from storage.tables.instances import HistoryEvent, ProcessInstance
from storage.tables.work import Job

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
EXPRESSION = 'xsi:type="bpmn:tFormalExpression"'


def timer(kind: str, text: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:time{kind} {EXPRESSION}>{text}</bpmn:time{kind}></bpmn:timerEventDefinition>"


def catch(key: str, kind: str, text: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{key}">{timer(kind, text)}</bpmn:intermediateCatchEvent>'


def border(key: str, host: str, kind: str, text: str, *, interrupting: bool = False) -> str:
    return f'<bpmn:boundaryEvent id="{key}" attachedToRef="{host}" cancelActivity="{str(interrupting).lower()}">{timer(kind, text)}</bpmn:boundaryEvent>'


def begins(key: str, kind: str, text: str) -> str:
    return f'<bpmn:startEvent id="{key}">{timer(kind, text)}</bpmn:startEvent>'


def flows(*names: str) -> str:
    return "".join(samples.flow(a, b) for a, b in pairwise(names))


def fired(app, element: str = "") -> list[tuple[str, datetime]]:
    """Which timers fired and when, in the order of the history."""
    with app.database.read() as s:
        query = select(HistoryEvent).where(HistoryEvent.action == "fired").order_by(HistoryEvent.id)
        return [(row.element_id, row.at) for row in s.scalars(query) if element in ("", row.element_id)]


def due_times(app) -> list[datetime]:
    with app.database.read() as s:
        return sorted(job.due_at for job in s.scalars(select(Job)) if job.due_at)


# The clock jumps


def test_a_clock_set_back_fires_nothing_early_and_nothing_twice(app):
    app.deploy(samples.TIMER)
    app.start("timer")
    app.later(hours=1)
    assert app.run_jobs() == 1
    app.start("timer")
    app.later(hours=-5)
    assert app.run_jobs() == 0
    app.later(hours=5, minutes=59)
    assert app.run_jobs() == 0
    app.later(minutes=1)
    assert app.run_jobs() == 1
    assert len(fired(app, "late")) == 2
    assert [t.element_id for t in app.open()] == ["chase", "chase"]


def test_a_clock_set_back_between_lease_and_work_puts_the_timer_back(app):
    app.deploy(samples.TIMER)
    app.start("timer")
    due = app.now + timedelta(hours=1)
    readings = [due, due - timedelta(minutes=30)]  # when it is leased, when it is carried out
    worker.run_one(app.database, clock=lambda: readings.pop(0), registry=app.registry)
    assert fired(app) == []
    with app.database.read() as s:
        (job,) = s.scalars(select(Job))
        assert (job.due_at, job.attempts, job.lease, job.last_error) == (due, 0, None, "")
    app.now = due
    assert app.run_jobs() == 1
    assert [element for element, _ in fired(app)] == ["late"]


def test_a_clock_that_jumps_forward_fires_each_due_timer_once_in_due_order(app):
    waits = "".join(catch(f"c{hours}", "Duration", f"PT{hours}H") for hours in (5, 1, 9, 3))
    rest = '<bpmn:parallelGateway id="g"/>' + "".join(samples.user(f"u{h}") + flows("g", f"c{h}", f"u{h}") for h in (5, 1, 9, 3))
    app.deploy(samples.bpmn(samples.START + waits + rest + flows("s", "g"), key="many"))
    for _ in range(3):
        app.start("many")
        app.later(minutes=1)
    app.later(days=2000)
    app.run_jobs()
    assert [element for element, _ in fired(app)] == ["c1"] * 3 + ["c3"] * 3 + ["c5"] * 3 + ["c9"] * 3
    assert app.run_jobs() == 0
    assert due_times(app) == []


# Downtime


def test_after_nine_days_each_missed_timer_fires_once_and_what_they_lead_to_follows(app):
    """A boundary, an intermediate, a cycle, a timer start; a timer behind a timer begins when the first one fires."""
    chain = catch("first", "Duration", "P1D") + catch("second", "Duration", "PT1H") + samples.user("then")
    body = (
        samples.START + '<bpmn:parallelGateway id="g"/>' + samples.user("a") + border("remind", "a", "Cycle", "R/PT1H") + samples.user("r")
        + samples.user("b") + border("late", "b", "Duration", "P3D", interrupting=True) + samples.user("chase") + chain
        + flows("s", "g", "a") + flows("remind", "r") + flows("g", "b") + flows("late", "chase") + flows("g", "first", "second", "then")
    )  # fmt: skip
    daily = begins("s", "Cycle", "R/P1D") + samples.user("sweep") + flows("s", "sweep")
    app.deploy(samples.bpmn(body, key="waits"), samples.bpmn(daily, key="daily"))
    began = app.now
    for _ in range(4):
        app.start("waits")
    app.later(days=9, minutes=20)
    app.run_jobs()
    assert [element for element, _ in fired(app)] == ["remind"] * 4 + ["first"] * 4 + ["late"] * 4
    assert sorted(t.element_id for t in app.open()) == ["a"] * 4 + ["chase"] * 4 + ["r"] * 4 + ["sweep"], "each once"
    hour, day = timedelta(hours=1), timedelta(days=1)
    on_the_grid, behind = began + 9 * day + hour, app.now + hour
    assert due_times(app) == [on_the_grid] * 4 + [behind] * 4 + [began + 10 * day]
    app.now = behind
    app.run_jobs()
    assert [element for element, _ in fired(app)][12:] == ["remind"] * 4 + ["second"] * 4
    assert due_times(app) == [began + 9 * day + 2 * hour] * 4 + [began + 10 * day]


def test_a_timer_that_is_overdue_when_it_begins_fires_in_the_same_run(app):
    body = samples.START + catch("first", "Duration", "P1D") + catch("past", "Date", "2026-03-04T00:00:00Z") + samples.user("a")
    app.deploy(samples.bpmn(body + flows("s", "first", "past", "a"), key="chained"))
    app.start("chained")
    app.later(days=9)
    assert app.run_jobs() == 2
    assert [element for element, _ in fired(app)] == ["first", "past"]
    assert [t.element_id for t in app.open()] == ["a"]


# Summer time


def bench_in(zone: ZoneInfo, begin: str) -> Workbench:
    return Workbench(now=datetime.fromisoformat(begin).replace(tzinfo=zone).astimezone(UTC), calendar=WorkCalendar(zone))


@pytest.mark.parametrize(
    ("zone", "begin", "kind", "text", "due"),
    [
        (BERLIN, "2026-03-28T12:00", "Duration", "P1D", "2026-03-29T12:00+02:00"),
        (BERLIN, "2026-03-28T12:00", "Duration", "PT24H", "2026-03-29T13:00+02:00"),
        (BERLIN, "2026-03-28T12:00", "Duration", '=duration("P1D")', "2026-03-29T13:00+02:00"),
        (BERLIN, "2026-03-28T12:00", "Duration", '="P1D"', "2026-03-29T12:00+02:00"),
        (BERLIN, "2026-10-24T12:00", "Duration", "P1D", "2026-10-25T12:00+01:00"),
        (BERLIN, "2026-10-24T12:00", "Duration", "PT24H", "2026-10-25T11:00+01:00"),
        (BERLIN, "2026-10-24T12:00", "Duration", "P1DT1H", "2026-10-25T13:00+01:00"),
        (BERLIN, "2026-10-18T12:00", "Duration", "P1W", "2026-10-25T12:00+01:00"),
        (BERLIN, "2026-02-28T12:00", "Duration", "P1M1D", "2026-03-29T12:00+02:00"),
        (BERLIN, "2026-03-28T02:30", "Duration", "P1D", "2026-03-29T03:30+02:00"),  # there is no 02:30
        (BERLIN, "2026-10-24T02:30", "Duration", "P1D", "2026-10-25T02:30+02:00"),  # twice: the first
        (BERLIN, "2026-03-01T00:00", "Date", "2026-03-29T02:30:00", "2026-03-29T03:30+02:00"),
        (BERLIN, "2026-10-01T00:00", "Date", "2026-10-25T02:30:00", "2026-10-25T02:30+02:00"),
        (BERLIN, "2026-10-01T00:00", "Date", "2026-10-25T02:30:00+01:00", "2026-10-25T02:30+01:00"),
        (NEW_YORK, "2026-03-07T12:00", "Duration", "P1D", "2026-03-08T12:00-04:00"),
        (NEW_YORK, "2026-10-31T12:00", "Duration", "PT24H", "2026-11-01T11:00-05:00"),
        (NEW_YORK, "2026-10-31T12:00", "Date", "2026-11-02", "2026-11-02T00:00-05:00"),
    ],
)
def test_days_are_counted_on_the_calendar_and_hours_by_the_clock(tmp_path, zone, begin, kind, text, due):
    (tmp_path / "p.bpmn").write_bytes(samples.bpmn(samples.START + catch("c", kind, text) + samples.END + flows("s", "c", "e")))
    with bench_in(zone, begin) as bench:
        bench.deploy(tmp_path)
        bench.start("p")
        at = datetime.fromisoformat(due)
        bench.advance(at - bench.now - timedelta(seconds=1))
        assert len(bench.instances()) == 1, "not early"
        bench.advance("PT1S")
        assert bench.instances() == []


def test_a_daily_round_keeps_its_time_of_day_and_an_hourly_one_its_hours(tmp_path):
    body = samples.START + samples.user("a") + border("day", "a", "Cycle", "R/P1D") + border("hours", "a", "Cycle", "R/PT12H")
    body += samples.user("d") + samples.user("h") + flows("s", "a") + flows("day", "d") + flows("hours", "h")
    (tmp_path / "p.bpmn").write_bytes(samples.bpmn(body))
    with bench_in(BERLIN, "2026-03-27T02:30") as bench:
        bench.deploy(tmp_path)
        case = bench.start("p")
        bench.advance("PT110H")
        at = [(row.element_id, row.at.astimezone(BERLIN)) for row in bench.history(case) if row.action == "fired"]
    days = [f"{moment:%d %H:%M}" for element, moment in at if element == "day"]
    assert days == ["28 02:30", "29 03:30", "30 02:30", "31 02:30"], "the day without 02:30 moves no other day"
    hours = [moment for element, moment in at if element == "hours"]
    assert {b.astimezone(UTC) - a.astimezone(UTC) for a, b in pairwise(hours)} == {timedelta(hours=12)}


def test_a_daily_start_keeps_its_time_of_day_through_the_end_of_summer_time(tmp_path):
    (tmp_path / "p.bpmn").write_bytes(samples.bpmn(begins("s", "Cycle", "R/P1D") + samples.END + flows("s", "e")))
    with bench_in(NEW_YORK, "2026-10-30T08:00") as bench:
        bench.deploy(tmp_path)
        bench.advance("PT100H")
        began = [head.started_at.astimezone(NEW_YORK) for head in bench.instances(open_only=False)]
    assert [f"{moment:%m-%d %H:%M}" for moment in began] == ["10-31 08:00", "11-01 08:00", "11-02 08:00", "11-03 08:00"]


# Starts


STARTS = (
    samples.START + begins("t", "Cycle", "R/P7D") + '<bpmn:startEvent id="m"><bpmn:messageEventDefinition messageRef="msg"/></bpmn:startEvent>'
    '<bpmn:startEvent id="g"><bpmn:signalEventDefinition signalRef="sig"/></bpmn:startEvent>'
    + "".join(samples.user(f"by_{key}") + flows(key, f"by_{key}") for key in ("s", "t", "m", "g"))
)  # fmt: skip
ROOTS = '<bpmn:message id="msg" name="BEGIN"/><bpmn:signal id="sig" name="ALARM"/>'


def started(app) -> list[tuple[str, str]]:
    with app.database.read() as s:
        query = select(ProcessInstance.id, ProcessDefinition.version).join(ProcessDefinition, ProcessInstance.definition_id == ProcessDefinition.id)
        of = {case: f"v{version}" for case, version in s.execute(query)}
    return sorted((item.element_id, of[item.instance_id]) for item in app.open())


def test_several_starts_of_one_process_and_the_newest_version_takes_them_over(app):
    app.deploy(samples.bpmn(STARTS, key="p", roots=ROOTS))
    app.later(days=3)
    app.deploy(samples.bpmn(STARTS + samples.user("more") + flows("by_s", "more"), key="p", roots=ROOTS))
    assert due_times(app) == [app.now + timedelta(days=4)], "one job, and publishing has put nothing off"
    app.start("p")
    app.start("p", start_element="m")
    app.call(messages.correlate, name="BEGIN", business_key="K", viewer=SYSTEM, registry=app.registry)
    assert app.call(messages.signal, name="ALARM", registry=app.registry) == 1
    app.later(days=4)
    app.run_jobs()
    assert started(app) == [("by_g", "v2"), ("by_m", "v2"), ("by_m", "v2"), ("by_s", "v2"), ("by_t", "v2")]
    app.deploy(samples.bpmn(samples.START + samples.user("by_s") + flows("s", "by_s"), key="p"))
    assert due_times(app) == []
    assert app.call(messages.signal, name="ALARM", registry=app.registry) == 0


def test_a_changed_timer_begins_anew_and_a_moment_that_has_passed_starts_nothing(app):
    def diagram(kind: str, text: str, name: str = "") -> bytes:
        return samples.bpmn(begins("s", kind, text) + samples.user("a", name=name) + flows("s", "a"), key="p")

    app.deploy(diagram("Cycle", "R/P7D"))
    app.later(days=3)
    app.deploy(diagram("Cycle", "R/P5D"))
    assert due_times(app) == [app.now + timedelta(days=5)]
    app.deploy(diagram("Date", "2026-03-10T00:00:00Z"))
    app.now = datetime(2026, 3, 10, tzinfo=UTC)
    app.run_jobs()
    assert len(app.open()) == 1
    app.later(days=1)
    app.deploy(diagram("Date", "2026-03-10T00:00:00Z", name="another name"))
    assert app.run_jobs() == 0
    assert len(app.open()) == 1


def test_a_cycle_whose_start_date_has_passed_begins_with_its_next_round_not_with_publishing(app):
    def diagram(text: str, name: str = "") -> bytes:
        return samples.bpmn(begins("s", "Cycle", text) + samples.user("a", name=name) + flows("s", "a"), key="p")

    app.now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    app.deploy(diagram("R/2026-01-05T08:00:00+08:00/P7D"))
    monday = datetime(2026, 3, 9, tzinfo=UTC)
    assert due_times(app) == [monday]
    assert app.run_jobs() == 0
    assert not app.open()
    app.deploy(diagram("R/2026-01-05T08:00:00+08:00/P7D", name="another name"))
    assert due_times(app) == [monday]
    app.now = monday
    app.run_jobs()
    assert len(app.open()) == 1
    assert due_times(app) == [monday + timedelta(days=7)]
    app.deploy(diagram("R9/2026-03-08T00:00:00Z/P1D"))
    assert due_times(app) == [datetime(2026, 3, 10, tzinfo=UTC)], "its rounds are those of its own grid"
    app.deploy(diagram("R2/2026-01-05T08:00:00+08:00/P7D"))
    assert due_times(app) == [], "all its rounds have passed"
    app.deploy(diagram("R2/2026-04-06T08:00:00+08:00/P7D"))
    assert due_times(app) == [datetime(2026, 4, 6, tzinfo=UTC)], "one that begins later is not put off"
    assert len(app.open()) == 1


def test_rounds_that_are_left_stay_so_many_when_a_version_is_published(app):
    def diagram(name: str) -> bytes:
        return samples.bpmn(begins("s", "Cycle", "R3/PT10H") + samples.user("a", name=name) + flows("s", "a"), key="p")

    app.deploy(diagram("one"))
    for name in ("two", "three", "four", "five", "six"):
        app.later(hours=10)
        app.run_jobs()
        if len(app.open()) < 3:
            app.deploy(diagram(name))
    assert len(app.open()) == 3


def test_a_start_that_failed_at_first_does_not_move_the_grid(app):
    app.deploy(samples.bpmn(begins("s", "Cycle", "R/PT1H") + samples.user("a") + flows("s", "a"), key="p"))
    began = app.now
    app.later(hours=1)
    with app.database.transaction() as s:
        (job,) = queue.lease(s, now=app.now)
    with app.database.transaction() as s:
        jobs.failed(s, job, RuntimeError("no disk"), now=app.now)
    app.later(seconds=10)
    assert app.run_jobs() == 1
    assert due_times(app) == [began + timedelta(hours=2)]


def test_a_cycle_too_short_to_end_is_refused(app):
    endless = samples.bpmn(begins("s", "Cycle", '="R/PT" + "0S"') + samples.END + flows("s", "e"))
    with pytest.raises(KeyturnError, match="R/PT0S"):
        app.deploy(endless)
