"""Two or three processes do at the same moment what only one may do, or what must not disturb the other.

The long forms run a thousand rounds each on PostgreSQL and tell how many really overlapped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from racer import Track, viewer
from samples import END, START, TIMER, TWO_STEPS, bpmn, flow, user
from sqlalchemy import select

from engine import instances, tasks
from engine.access import SYSTEM
from storage.tables.definitions import ProcessDefinition, StartSubscription
from storage.tables.instances import AuditEntry, HistoryEvent, MessageSubscription, ProcessInstance
from storage.tables.work import Incident, Job, TaskCandidate, TaskSubmission, UserTask

ROUNDS, LONG, TOGETHER = {"sqlite": 6, "postgresql": 30}, 1000, 40
TOO_LATE = {"ConflictError", "NotFoundError"}
NEWEST = select(ProcessDefinition).order_by(ProcessDefinition.version.desc()).limit(1)


def timer(duration: str) -> str:
    kind = "timeCycle" if duration.startswith("R") else "timeDuration"
    return (
        f'<bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{duration}</bpmn:{kind}>'
        "</bpmn:timerEventDefinition>"
    )


PAID, PAID_ROOT = '<bpmn:messageEventDefinition messageRef="m"/>', '<bpmn:message id="m" name="PAID"/>'

JOIN = bpmn(
    START + '<bpmn:parallelGateway id="split"/>' + user("a") + user("b", "checker") + '<bpmn:parallelGateway id="join"/>'
    + user("c") + END + flow("s", "split") + flow("split", "a") + flow("split", "b") + flow("a", "join")
    + flow("b", "join") + flow("join", "c") + flow("c", "e"),
    key="sides",
)  # fmt: skip

GATEWAY = bpmn(
    START + '<bpmn:eventBasedGateway id="g"/>'
    f'<bpmn:intermediateCatchEvent id="m1">{PAID}</bpmn:intermediateCatchEvent>'
    f'<bpmn:intermediateCatchEvent id="t1">{timer("PT1H")}</bpmn:intermediateCatchEvent>'
    + user("paid") + user("late") + END + flow("s", "g") + flow("g", "m1") + flow("g", "t1") + flow("m1", "paid")
    + flow("t1", "late") + flow("paid", "e") + flow("late", "e"),
    key="gateway", roots=PAID_ROOT,
)  # fmt: skip

BOUNDARY = bpmn(
    START + user("a")
    + f'<bpmn:boundaryEvent id="m1" attachedToRef="a">{PAID}</bpmn:boundaryEvent>'
    f'<bpmn:boundaryEvent id="t1" attachedToRef="a">{timer("PT1H")}</bpmn:boundaryEvent>'
    + user("paid") + user("late") + END + flow("s", "a") + flow("a", "e") + flow("m1", "paid") + flow("t1", "late")
    + flow("paid", "e") + flow("late", "e"),
    key="boundary", roots=PAID_ROOT,
)  # fmt: skip


def published(version: str) -> bytes:
    """A process whose steps say which version they are of; it begins by itself every hour, or when told to."""
    return bpmn(
        START + '<bpmn:startEvent id="m1"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>'
        f'<bpmn:startEvent id="t1">{timer("R/PT1H")}</bpmn:startEvent>'
        + user("a", name=version) + user("b", "checker", name=version) + END + flow("s", "a") + flow("m1", "a")
        + flow("t1", "a") + flow("a", "b") + flow("b", "e"),
        key="pub", roots='<bpmn:message id="m" name="BEGIN"/>',
    )  # fmt: skip


TWO_AND_A_CHECK = bpmn(
    START + user("a", name="登记") + user("x", name="核对") + user("b", "checker", name="复核") + END
    + flow("s", "a") + flow("a", "x") + flow("x", "b") + flow("b", "e"),
    key="two", name="两步",
)  # fmt: skip


@dataclass
class Course:
    """A database, processes that race on it, and what came of it."""

    app: Any
    track: Track
    seen: Counter = field(default_factory=Counter)
    left: dict = field(default_factory=dict)
    rounds: int = 0
    overlapped: int = 0

    def race(self, *commands):
        now = self.app.now.isoformat()
        outcomes = self.track.race(*((do, {"now": now, **given}) for do, given in commands))
        self.rounds += 1
        self.overlapped += max(one["began"] for one in outcomes) < min(one["ended"] for one in outcomes)
        return outcomes

    def alone(self, number, do, **given):
        return self.track.alone(number, do, {"now": self.app.now.isoformat(), **given})

    def begun(self, key, **options):
        """Start an instance; gives it and its open tasks by element."""
        case = self.app.start(key, **options)
        return case, self.tasks(case)

    def tasks(self, case):
        with self.app.database.read() as s:
            rows = s.scalars(select(UserTask).where(UserTask.instance_id == case, UserTask.state == "open")).all()
            assert len({row.element_id for row in rows}) == len(rows), "no task twice"
            return {row.element_id: str(row.id) for row in rows}

    def finish(self, case, name=""):
        """Have an instance looked at and completed, together with others; its tasks must have this name, if any."""
        self.left[case] = name
        if len(self.left) >= TOGETHER:
            self.settle()

    def settle(self):
        """Look at every row of the instances that were raced for, then complete what is open until they end."""
        sound(self.app.database, self.left)
        now, wanted = self.app.now, (UserTask.instance_id.in_(self.left), UserTask.state == "open")
        while True:
            with self.app.database.transaction() as s:
                found = s.execute(select(UserTask.id, UserTask.assignee).where(*wanted)).all()
                for task, login in found:
                    given = {"data": {}, "now": now, "registry": self.app.registry}
                    tasks.complete(s, viewer(login or "last"), task, **given)
            if not found:
                break
        sound(self.app.database, self.left)
        with self.app.database.read() as s:
            for row in s.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(self.left))):
                assert (row.status, row.waits["tokens"]) == ("completed", [])
            for case, name in s.execute(select(UserTask.instance_id, UserTask.name).where(wanted[0])):
                assert name == (self.left[case] or name), "wholly on one version"
        self.left.clear()


def sound(database, cases):
    """Check that the rows of instances agree with each other: nothing lost, nothing twice."""

    def of(table):
        return select(table).where(table.instance_id.in_(cases))

    with database.read() as s:
        rows = s.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(cases))).all()
        assert len(rows) == len(cases)
        waits = [row.waits for row in rows]
        found = s.scalars(of(UserTask)).all()
        open_ids = {str(task.id) for task in found if task.state == "open"}
        assert open_ids == {task for wait in waits for task in wait["tasks"]}
        assert {str(line.task_id) for line in s.scalars(of(TaskCandidate))} == open_ids
        promised = Counter(token for wait in waits for token in (*wait["timers"], *wait["services"]))
        assert Counter(str(job.token_id) for job in s.scalars(of(Job))) == promised
        waiting = Counter(str(row.token_id) for row in s.scalars(of(MessageSubscription)))
        assert waiting == Counter(token for wait in waits for token in wait["subscriptions"])
        done = Counter(str(task.id) for task in found if task.state == "completed")
        assert Counter(str(row.task_id) for row in s.scalars(of(TaskSubmission))) == done
        audited = s.scalars(of(AuditEntry).where(AuditEntry.action == "task.complete"))
        assert Counter(row.subject.removeprefix("task:") for row in audited) == done
        entered = s.scalars(of(HistoryEvent).where(HistoryEvent.action == "entered"))
        assert max(Counter((e.token_id, e.element_id, e.scope_id) for e in entered).values()) == 1
        versions = {row.id: str(row.definition_id) for row in rows}
        assert all(task.definition_id == versions[task.instance_id] for task in found if task.state == "open")
        assert s.scalars(of(Incident)).all() == []


def won(outcomes):
    """List who did it; the others must have been told why not."""
    for outcome in outcomes:
        assert "result" in outcome or outcome["refused"] in TOO_LATE, outcome
    return [number for number, outcome in enumerate(outcomes) if "result" in outcome]


# The races; each is called once a round


def two_sides_of_a_join(course, turn):
    case, begun = course.begun("sides")
    outcomes = course.race(
        ("complete", {"login": "p0", "task": begun["a"], "data": {"a": turn}}),
        ("complete", {"login": "p1", "task": begun["b"], "data": {"b": turn}}),
    )
    assert won(outcomes) == [0, 1]
    course.seen[["b last", "a last"][bool(outcomes[0]["result"])]] += 1
    assert list(course.tasks(case)) == ["c"]
    with course.app.database.read() as s:
        found = s.get_one(ProcessInstance, case).variables
        assert {name: value for values in found.values() for name, value in values.items()} == {"a": turn, "b": turn}
    course.finish(case)


def message_against_timer(course, turn):
    course.app.later(hours=2)
    key = ("gateway", "boundary")[turn % 2]
    case, _ = course.begun(key, business_key=f"K{turn}")
    course.app.later(hours=1)
    message = ("correlate", {"name": "PAID", "business_key": f"K{turn}", "variables": {"paid": True}})
    outcomes = course.race(message, ("work", {"kinds": ["timer"]}))
    message_won = 0 in won(outcomes)
    assert 1 in won(outcomes), "the worker is told nothing, it finds nothing left to do"
    assert list(course.tasks(case)) == ["paid" if message_won else "late"]
    with course.app.database.read() as s:
        assert s.scalars(select(Job)).all() == []
    course.seen["message" if message_won else "timer"] += 1
    course.finish(case)


def two_workers_on_a_timer(course, turn):
    course.app.later(hours=2)
    case, _ = course.begun("timer")
    course.app.later(hours=1)
    if turn % 2:  # both look for work
        outcomes = course.race(*[("work", {"kinds": ["timer"]})] * 2)
        assert sorted(outcome["result"] for outcome in outcomes) == [0, 1]
        course.seen[f"taken by {outcomes[1]['result']}"] += 1
    else:  # the first one's lease has run out unnoticed, so both believe the job is theirs
        assert course.alone(0, "hold") == 1
        course.app.later(seconds=2)
        assert course.alone(1, "hold") == 1
        assert won(course.race(("run_held", {}), ("run_held", {}))) == [0, 1]
        course.seen["both held it"] += 1
    assert list(course.tasks(case)) == ["chase"]
    with course.app.database.read() as s:
        fired = select(AuditEntry).filter_by(instance_id=case, action="timer")
        assert len(s.scalars(fired).all()) == 1
        assert s.scalars(select(Job)).all() == []
    course.finish(case)


def two_correlations(course, turn):
    course.app.later(hours=2)
    case, _ = course.begun(("gateway", "boundary")[turn % 2], business_key=f"K{turn}")
    told = [("correlate", {"name": "PAID", "business_key": f"K{turn}", "variables": {"by": n}}) for n in (0, 1)]
    outcomes = course.race(*told)
    (winner,) = won(outcomes)
    assert list(course.tasks(case)) == ["paid"]
    with course.app.database.read() as s:
        assert [v["by"] for v in s.get_one(ProcessInstance, case).variables.values() if "by" in v] == [winner]
    course.seen[f"{winner}, other {outcomes[1 - winner]['refused']}"] += 1
    course.finish(case)


def claim_against_claim(course, turn):
    case, begun = course.begun("two")
    outcomes = course.race(*(("claim", {"login": f"p{n}", "task": begun["a"]}) for n in (0, 1)))
    (winner,) = won(outcomes)
    assert outcomes[1 - winner]["refused"] == "ConflictError"
    assert f"p{winner}" in outcomes[1 - winner]["sentence"]
    with course.app.database.read() as s:
        assert s.get_one(UserTask, UUID(begun["a"])).assignee == f"p{winner}"
        claims = select(AuditEntry.actor).filter_by(instance_id=case, action="task.claim")
        assert s.scalars(claims).all() == [f"p{winner}"]
        assert set(s.scalars(select(TaskCandidate.claimed).filter_by(instance_id=case))) == {True}
    course.seen[f"{winner}"] += 1
    course.finish(case)


def completion_against_completion(course, turn):
    case, begun = course.begun("two")
    same = turn % 2  # one person's second click, or two people
    given = [{"login": f"p{0 if same else n}", "task": begun["a"], "key": "k" if same else f"k{n}"} for n in (0, 1)]
    outcomes = course.race(*(("complete", one) for one in given))
    if same:
        assert won(outcomes) == [0, 1]
        assert outcomes[0]["result"] == outcomes[1]["result"]
    else:
        (winner,) = won(outcomes)
        assert outcomes[1 - winner]["refused"] == "ConflictError"
        assert f"p{winner}" in outcomes[1 - winner]["sentence"]
    course.seen["two clicks" if same else f"{winner}"] += 1
    assert list(course.tasks(case)) == ["b"]
    course.finish(case)


def publish_against_start(course, turn):
    """A version is published while one instance is started, one told to begin, and one begins by its timer."""
    course.app.later(hours=2)
    with course.app.database.read() as s:
        last = s.scalars(NEWEST).one()
    other = (
        ("start", {"key": "pub"}),
        ("correlate", {"name": "BEGIN", "business_key": f"K{turn}"}),
        ("put_in_force", {"definition": str(last.id)}),
        ("deploy", {"text": published(f"第{turn}版之二").decode()}),
    )[turn % 4]
    outcomes = course.race(
        ("deploy", {"text": published(f"第{turn}版").decode()}), other, ("work", {"kinds": ["start"]})
    )
    winners = won(outcomes)
    assert 2 in winners
    assert 0 in winners or other[0] == "deploy"
    assert 1 in winners or other[0] == "deploy"
    with course.app.database.read() as s:
        newest = s.scalars(NEWEST).one()
        assert newest.version == last.version + winners.count(0) + (1 in winners and other[0] == "deploy")
        assert s.scalars(select(StartSubscription.definition_id)).all() == [newest.id], "one version begins"
        assert [job.payload["definition_id"] for job in s.scalars(select(Job))] == [str(newest.id)]
        begun = s.scalars(select(ProcessInstance).where(ProcessInstance.started_at == course.app.now)).all()
        by_hand = other[0] in ("start", "correlate")
        by_timer = len(begun) - by_hand
        assert by_timer in (0, 1)
        assert by_timer == 0 or outcomes[2]["result"] == 1
        names = {row.id: s.get_one(ProcessDefinition, row.definition_id).version for row in begun}
        assert set(names.values()) <= set(range(last.version, newest.version + 1))
        wanted = {row.id: _name_of(s, row.definition_id) for row in begun}
    course.seen[f"{other[0]}: {'timer first' if by_timer else 'published first'}"] += 1
    for case, name in wanted.items():
        course.finish(case, name)


def _name_of(s, definition_id):
    source = s.get_one(ProcessDefinition, definition_id).source.decode()
    return source.split('userTask id="a" name="')[1].split('"')[0]


def completion_against_migration(course, turn):
    with course.app.database.read() as s:
        versions = s.scalars(select(ProcessDefinition).filter_by(key="two").order_by(ProcessDefinition.version)).all()
        first, second = versions[0], versions[1]
    with course.app.database.transaction() as s:  # start on the first version, whichever is the newest
        case = instances.start(
            s, key="two", variables={}, viewer=SYSTEM, now=course.app.now, registry=course.app.registry,
            definition=s.get_one(ProcessDefinition, first.id),
        )  # fmt: skip
    begun = course.tasks(case)
    outcomes = course.race(
        ("complete", {"login": "p0", "task": begun["a"], "data": {"n": turn}}),
        ("migrate", {"instance": str(case), "target": str(second.id)}),
    )
    assert won(outcomes) == [0, 1]
    open_now = list(course.tasks(case))
    assert open_now in (["x"], ["b"])
    course.seen["migrated first" if open_now == ["x"] else "completed first"] += 1
    with course.app.database.read() as s:
        assert s.get_one(ProcessInstance, case).definition_id == second.id
        moved = select(AuditEntry).filter_by(instance_id=case, action="instance.migrate")
        assert len(s.scalars(moved).all()) == 1
    course.finish(case)


RACES = {
    two_sides_of_a_join: [JOIN],
    message_against_timer: [GATEWAY, BOUNDARY],
    two_workers_on_a_timer: [TIMER],
    two_correlations: [GATEWAY, BOUNDARY],
    claim_against_claim: [TWO_STEPS],
    completion_against_completion: [TWO_STEPS],
    publish_against_start: [published("第0版")],
    completion_against_migration: [TWO_STEPS, TWO_AND_A_CHECK],
}
each_race = pytest.mark.parametrize("race", list(RACES), ids=lambda race: race.__name__)


@pytest.fixture(scope="session")
def track():
    """Three processes that race."""
    track = Track(3)
    yield track
    track.close()


def run(app, track, database_url, race, rounds):
    for source in RACES[race]:
        app.deploy(source)
    track.url = database_url
    course = Course(app, track)
    for turn in range(1, rounds + 1):
        race(course, turn)
    if course.left:
        course.settle()
    return course


@each_race
def test_a_few_rounds(app, track, database_url, race):
    run(app, track, database_url, race, ROUNDS[app.database.url.get_backend_name()])


@pytest.mark.soak
@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@each_race
def test_a_thousand_rounds(app, track, database_url, race):
    course = run(app, track, database_url, race, LONG)
    print(f"\n{race.__name__}: {course.rounds} rounds, {course.overlapped} overlapped, {dict(course.seen)}")
    assert course.overlapped > LONG / 2
    assert len(course.seen) > 1, "it went one way every time"
