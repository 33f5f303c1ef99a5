"""Every measure: its figure is the sum of its list, and what plain Python counts; by dimension the parts make the whole."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import date, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
import report_world
from report_counts import EXPECTED, Count
from report_world import NOW, PROJECTS
from sqlalchemy import select

from engine.access import Grant, Viewer
from engine.errors import NotAllowedError
from processes.services.reports import complaints, fixed, measure, measures_cases, measures_work
from processes.services.reports import question as asking
from processes.services.reports.registry import MEASURES
from storage.reports import percentile
from storage.session import Database
from storage.tables.cases import ServiceCase, SurveyResponse
from storage.tables.estate import Unit
from storage.tables.surveys import SurveyHousehold
from tests.conftest import fresh_postgres

ZONE = ZoneInfo("Asia/Shanghai")
MANAGER = Viewer("m", "m", (Grant("cs_mgr"),))
SECOND = 1e-4  # SQLite counts whole seconds
OURS = [one.id for one in (*measures_cases.MEASURES, *measures_work.MEASURES)]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request, tmp_path_factory):
    """The small world on a database of each kind, written once: look, do not change."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = (
                f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_tables'), tmp_path_factory.mktemp('reports'))}"
            )
        else:
            server = request.getfixturevalue("postgres_server")
            url = stack.enter_context(fresh_postgres(server, request.getfixturevalue("postgres_tables")))
        database = Database(url)
        stack.callback(database.dispose)
        with database.transaction() as session:
            built = report_world.build(session)
        yield database, built


def ask(cycle, day, viewer=MANAGER, **filters):
    return asking.ask(viewer, asking.period(cycle, day), now=NOW, zone=ZONE, filters=filters)


def wrong_of(session, world, question, measures):
    """Say of each measure what does not agree."""
    span = question.span
    count = Count(world, span.start, span.end, session)
    for name in measures:
        one = MEASURES[name]
        figure = measure.figure(session, one, question)
        rows = measure.rows(session, one, question, limit=None)
        if len(rows) != measure.count(session, one, question) or (
            one.kind not in measure.MOST and len(rows) != figure.rows
        ):
            yield name, "the list has another length", len(rows), figure
        expected = EXPECTED[name](count)
        if one.kind in measure.MOST:
            values = sorted(row.value for row in rows if row.counted)
            share = measure.MOST[one.kind]
            wanted = (median(expected) if share == 0.5 else percentile(expected, share)) if expected else None
            same = figure.amount == wanted if wanted is None else figure.amount == pytest.approx(wanted, rel=SECOND)
            if values != pytest.approx(sorted(expected), rel=SECOND) or not same:
                yield name, "another median", figure, wanted
            continue
        below, above = sum(row.counted for row in rows), sum(row.value for row in rows)
        if (figure.counted, figure.value) != pytest.approx((below, above)):
            yield name, "the list sums up otherwise", figure, (below, above)
        if figure.value != pytest.approx(expected[1], rel=SECOND) or (
            expected[0] is not None and figure.counted != pytest.approx(expected[0])
        ):
            yield name, "plain counting differs", figure, expected
        if one.fraction:
            assert figure.amount == (pytest.approx(figure.value / figure.counted) if figure.counted else None)


def test_every_figure_is_its_list_and_what_plain_python_counts(world):
    """AC20, DOMAIN 5: one question, three ways; a month, a quarter whose end has not come, and a quiet day."""
    database, rows = world
    assert sorted(EXPECTED) == sorted(OURS)
    with database.read() as session:
        for cycle, day in (("month", date(2026, 2, 1)), ("quarter", date(2026, 3, 1)), ("day", date(2025, 1, 1))):
            assert list(wrong_of(session, rows, ask(cycle, day), OURS)) == []


def test_the_parts_make_the_whole_and_a_filter_is_a_part(world):
    database, _ = world
    question = ask("month", date(2026, 2, 1))
    with database.read() as session:
        for one in (MEASURES[name] for name in OURS):
            if one.kind in measure.MOST:
                continue
            whole = measure.figure(session, one, question)
            for by in {"building", "person", "stage"} & set(one.dimensions):
                parts = measure.figures(session, one, question, [question.span], by)
                assert sum(part[0].value for part in parts.values()) == pytest.approx(whole.value), (one.id, by)
                assert sum(part[0].rows for part in parts.values()) == whole.rows, (one.id, by)
            part = measure.figure(session, one, question.narrowed(project=PROJECTS[0]))
            lines = measure.figures(session, one, question, [question.span], "project")
            assert part.value == pytest.approx(lines[PROJECTS[0]][0].value if PROJECTS[0] in lines else 0), one.id


def test_an_extension_never_makes_fewer_solved_in_time(world):
    database, _ = world
    with database.transaction() as session:
        found = session.scalars(select(ServiceCase).where(ServiceCase.solved_at.is_not(None))).first()
        first = found.original_promised_at = found.solved_at
        found.promised_at = first - timedelta(days=30)
        session.flush()
        question = ask("month", first.astimezone(ZONE).date())
        kept, extended = (measure.figure(session, MEASURES[name], question).value for name in ("K06", "K06b"))
        assert kept <= extended
        session.rollback()  # the world is for looking at


def test_three_periods_are_asked_in_one_and_a_stock_has_its_own(world):
    database, _ = world
    question = ask("month", date(2026, 2, 1))
    with database.read() as session:
        for name in ("K06", "K07b", "K29", "K37", "K37c", "K11"):
            one = MEASURES[name]
            together = measure.figures(session, one, question, question.spans())[""]
            alone = [
                measure.figure(session, one, question.on(period))
                for period in (question.period, question.period.before(), question.period.year_before())
            ]
            assert [figure.amount for figure in together] == pytest.approx([figure.amount for figure in alone]), name
        assert (
            measure.figure(session, MEASURES["K06"], question.on(asking.period("day", date(2020, 1, 1)))).amount is None
        )


def test_the_complaint_statistics_add_up(world):
    """AC20: the sum by responsible unit, by the way of settling, and the list have one number and one loss."""
    database, rows = world
    question = ask("quarter", date(2026, 1, 1))
    with database.read() as session:
        found = complaints.fill(session, MANAGER, question, None)
        by_unit, by_way, listing = found.tables
        count = len(Count(rows, question.span.start, question.span.end, session).complaints())
        assert count > 20
        assert sum(row[1].value for row in by_unit.rows) == sum(row[1].value for row in by_way.rows) == count
        assert by_unit.total[1].value == by_way.total[1].value == found.count == len(listing.rows) == count
        loss = sum(row[-1] or 0 for row in listing.rows)
        assert loss == pytest.approx(sum(row[2].value for row in by_unit.rows)) == pytest.approx(listing.total[-1])
        for row in by_way.rows:
            part = question.narrowed(**row[1].link.filters)
            assert measure.count(session, MEASURES["R1"], part) == row[1].value
        assert {row[0] for row in by_way.rows} <= {*complaints.WAYS, "未定"}
        assert len(complaints.fill(session, MANAGER, question, 2).tables[2].rows) == max(0, min(50, count - 50))


def test_customer_groups_add_up_and_are_what_plain_python_counts(world):
    """AC20, B20: households, requests for 1,000 of them, satisfaction and files by project, class and use."""
    database, rows = world
    question = ask("quarter", date(2026, 1, 1))
    groups = {
        0: ("一般", "未登记"),
        1: ("重要", "未登记"),
        2: ("重要", "出租"),
        3: ("一般", "空置"),
        4: ("一般", "自住"),
    }
    groups[5] = groups[4]
    with database.read() as session:
        count = Count(rows, question.span.start, question.span.end, session)
        table = fixed.find("customers").fill(session, MANAGER, question, None).tables[0]
        homes = [PROJECTS[0]] * 6 + [PROJECTS[1]] * 6
        where = {
            unit.id: (place, *groups[at % 6]) for at, (place, unit) in enumerate(zip(homes, rows[Unit], strict=True))
        }
        assert sorted(row[:3] for row in table.rows) == sorted(set(where.values()))
        for row in table.rows:
            mine = {key for key, group in where.items() if group == row[:3]}
            asked = [case for case in count.received() if case.unit_id in mine]
            kinds = [sum(case.kind == kind for case in asked) for kind in ("投诉", "报修")]
            marks = [count.score(a) for a in count.reached() if count.by_number[a.case_number].unit_id in mine]
            marks = [mark for mark in marks if mark is not None]
            plans = {one.plan_number for one in rows[SurveyHousehold] if one.unit_id in mine}
            marks += [float(a.total) for a in rows[SurveyResponse] if a.case_number in plans]
            wanted = [len(mine), *(1_000 * one / len(mine) for one in kinds)]
            assert [cell.value for cell in row[3:6]] == pytest.approx(wanted), row[:3]
            assert row[6].value == (pytest.approx(sum(marks) / len(marks)) if marks else None), row[:3]
            for cell in row[3:]:
                if cell.link:
                    part, one = question.narrowed(**cell.link.filters), MEASURES[cell.link.subject]
                    figure, behind = measure.figure(session, one, part), measure.rows(session, one, part, limit=None)
                    assert (figure.amount, figure.rows) == (pytest.approx(cell.value), len(behind)), (row[:3], one.id)
        assert table.total[3].value == 12
        whole = measure.figure(session, MEASURES["K33"], question).amount
        assert table.total[7].value == pytest.approx(whole)
        lines = measure.figure(session, MEASURES["K35"], question)
        assert table.total[6].value == pytest.approx(lines.amount)


def test_a_person_reads_the_projects_of_his_roles_only(world):
    database, _ = world
    here = Viewer("s", "s", (Grant("cs_sup", PROJECTS[0]), Grant("agent", PROJECTS[1])))
    with database.read() as session:
        mine = measure.figures(
            session,
            MEASURES["R1"],
            ask("quarter", date(2026, 1, 1), here),
            [ask("quarter", date(2026, 1, 1)).span],
            "project",
        )
        assert set(mine) == {PROJECTS[0]}
        foreign = ask("quarter", date(2026, 1, 1), here, project=PROJECTS[1])
        assert measure.figure(session, MEASURES["R1"], foreign).rows == 0
        assert measure.rows(session, MEASURES["R1"], foreign) == []
    for grants in ((Grant("contractor", org="单位0"),), (Grant("owner"),), (Grant("agent"),), ()):
        with pytest.raises(NotAllowedError):
            ask("month", date(2026, 2, 1), Viewer("x", "x", grants))


@pytest.mark.parametrize(
    ("cycle", "day", "here", "before", "year"),
    [
        ("day", (2024, 2, 29), ((2024, 2, 29), (2024, 2, 29)), (2024, 2, 28), (2023, 2, 28)),
        ("week", (2026, 1, 1), ((2025, 12, 29), (2026, 1, 4)), (2025, 12, 22), (2024, 12, 30)),
        ("month", (2024, 2, 10), ((2024, 2, 1), (2024, 2, 29)), (2024, 1, 1), (2023, 2, 1)),
        ("quarter", (2026, 2, 10), ((2026, 1, 1), (2026, 3, 31)), (2025, 10, 1), (2025, 1, 1)),
        ("half", (2026, 8, 1), ((2026, 7, 1), (2026, 12, 31)), (2026, 1, 1), (2025, 7, 1)),
        ("year", (2026, 8, 1), ((2026, 1, 1), (2026, 12, 31)), (2025, 1, 1), (2025, 1, 1)),
    ],
)
def test_the_cycles(cycle, day, here, before, year):
    """X14: what a day's cycle is, the one before and last year's."""
    period = asking.period(cycle, date(*day))
    assert (period.first, period.last) == (date(*here[0]), date(*here[1]))
    assert period.before().first == date(*before)
    assert period.year_before().first == date(*year)
    assert period.before().after() == period
    some = asking.between(date(2026, 1, 5), date(2026, 1, 14))
    assert (some.before().first, some.before().last) == (date(2025, 12, 26), date(2026, 1, 4))
