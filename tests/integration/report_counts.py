"""What each measure should say, counted over plain rows in Python, without a line of the product's queries.

Each function gives (below the fraction line, above it), or the list of values for a median.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from report_world import NOW, World

from processes.services import workdays
from storage.tables.cases import CaseEvent, ContactLog, ServiceCase, SurveyResponse
from storage.tables.deadlines import Deadline, Escalation, Reminder
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.estate import Project
from storage.tables.instances import AuditEntry
from storage.tables.parties import Contact, Ownership, Party
from storage.tables.reports import EnteredFigure
from storage.tables.surveys import SurveyPlan
from storage.tables.work import Incident, UserTask

WEEK, DAY = timedelta(days=7), timedelta(days=1)
WORDS = {"满意": 100, "基本满意": 80, "不满意": 40}


class Count:
    """A world seen through one period."""

    def __init__(self, world: World, start: datetime, end: datetime, session: Any) -> None:
        self.world, self.start, self.end, self.session = world, start, end, session
        self.cut = min(NOW, end)
        untrue = {e.case_number for e in world[CaseEvent] if e.kind == "现场查勘" and e.text == "不属实"}
        self.cases = [
            c for c in world[ServiceCase] if c.close_type not in ("withdrawn", "merged") and c.number not in untrue
        ]
        self.by_number = {c.number: c for c in self.cases}

    def inside(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end

    def clocks(self, *names: str, of_cases: bool = False) -> list[Deadline]:
        return [
            d for d in self.world[Deadline] if d.clock in names and (not of_cases or d.case_number in self.by_number)
        ]

    def due(self, rows: list[Deadline]) -> tuple[float, float]:
        counted = [d for d in rows if d.met_at or d.due_at < (d.withdrawn_at or NOW)]
        return len(counted), sum(1 for d in rows if d.met_at and d.met_at <= d.due_at)

    def of_case(self, name: str) -> tuple[float, float]:
        return self.due(
            [d for d in self.clocks(name, of_cases=True) if self.inside(self.by_number[d.case_number].received_at)]
        )

    def told(self, case: ServiceCase) -> datetime | None:
        at = [c.at for c in self.world[ContactLog] if c.case_number == case.number and c.kind == "结果回复"]
        return min(at) if at else case.solved_at

    def promised(self, hit: Any) -> tuple[float, float]:
        rows = [c for c in self.cases if self.inside(c.original_promised_at)]
        counted = [c for c in rows if hit(c) is not None or c.original_promised_at < NOW]
        return len(counted), sum(1 for c in rows if hit(c))

    def in_time(self, at: datetime | None, due: datetime) -> bool | None:
        return None if at is None else at <= due

    def closed(self) -> list[ServiceCase]:
        return [c for c in self.cases if self.inside(c.closed_at)]

    def answers(self) -> list[SurveyResponse]:
        return [a for a in self.world[SurveyResponse] if a.case_number in self.by_number and self.inside(a.at)]

    def reached(self) -> list[SurveyResponse]:
        return [a for a in self.answers() if a.result == "接通"]

    def calls(self, reached: bool) -> tuple[float, float]:
        rows = [c for c in self.closed() if c.close_type in ("accepted", "internal")]
        hits = 0
        for case in rows:
            at = [
                a.at for a in self.world[SurveyResponse]
                if a.case_number == case.number and (a.result == "接通" or not reached)
            ]  # fmt: skip
            limits = [
                d.original_due_at
                for d in self.world[Deadline]
                if d.case_number == case.number and d.clock == "callback"
            ]
            hits += bool(at) and min(at) <= (max(limits) if limits else case.solved_at + WEEK)
        late = [
            d for d in self.clocks("callback") if d.open and d.due_at < NOW and self.inside(d.due_at)
            and next(c for c in self.world[ServiceCase] if c.number == d.case_number).open
        ]  # fmt: skip
        return len(rows) + len(late), hits

    def unreached(self) -> float:
        found = 0
        for case in self.closed():
            mine = [a for a in self.world[SurveyResponse] if a.case_number == case.number]
            found += (
                case.close_type in ("accepted", "internal") and bool(mine) and all(a.result != "接通" for a in mine)
            )
        return found

    def valid(self) -> list[ServiceCase]:
        return [c for c in self.closed() if c.kind == "投诉" and c.valid]

    def received(self) -> list[ServiceCase]:
        return [c for c in self.cases if self.inside(c.received_at)]

    def repeated(self, case: ServiceCase) -> bool:
        return any(
            o.id != case.id and o.unit_id == case.unit_id and o.cat2 == case.cat2
            and o.close_type not in ("withdrawn", "merged") and timedelta() <= case.received_at - o.received_at <= 90 * DAY
            for o in self.world[ServiceCase]
        )  # fmt: skip

    def raised(self, case: ServiceCase) -> bool:
        mine = [e for e in self.world[Escalation] if e.case_number == case.number]
        return case.level > 0 or any(not e.suggested and e.level_to > e.level_from for e in mine)

    def fifth(self) -> tuple[float, float]:
        counted = hits = 0
        for clock in self.clocks("day5_call", of_cases=True):
            case = self.by_number[clock.case_number]
            over = case.solved_at or case.closed_at
            if not self.inside(clock.due_at) or clock.due_at >= NOW or (over and over <= clock.due_at):
                continue
            counted += 1
            day = (clock.due_at + timedelta(hours=8)).date()
            hits += any(
                c.case_number == case.number and c.kind == "第5日沟通" and (c.at + timedelta(hours=8)).date() <= day
                for c in self.world[ContactLog]
            )
        return counted, hits

    def score(self, answer: SurveyResponse) -> float | None:
        marks = [m for m in (answer.attitude, answer.outcome) if m is not None]
        return sum(marks) / len(marks) * 20 if marks else WORDS.get(answer.overall)

    def surveys(self) -> list[SurveyPlan]:
        rows = [p for p in self.world[SurveyPlan] if self.start.date() <= p.ends_on < self.end.date()]
        return [p for p in rows if p.approved_at and p.state != "不实施"]

    def totals(self) -> list[float]:
        return [a.total for a in self.world[SurveyResponse] if a.total is not None and self.inside(a.at)]

    def open_items(self) -> list[tuple[datetime | None, Any]]:
        found: list[tuple[datetime | None, Any]] = []
        for c in self.cases:
            over = [at for at in (c.solved_at, c.closed_at) if at]
            if c.received_at < self.cut and all(at >= self.cut for at in over):
                found.append((c.promised_at, c))
        for o in self.world[RectificationOrder]:
            if o.issued_at < self.cut and (o.closed_at is None or o.closed_at >= self.cut):
                found += [(o.due_at, o)]
        return found

    def late_items(self) -> int:
        return sum(1 for due, _ in self.open_items() if due and due < self.cut)

    def reports(self) -> tuple[float, float]:
        tasks = [t for t in self.world[UserTask] if t.element_id in ("T27", "R06p") and self.inside(t.due_at)]
        counted = [t for t in tasks if t.state == "completed" or t.due_at < (t.completed_at or NOW)]
        hits = [t for t in tasks if t.state == "completed" and t.completed_at <= t.due_at]
        clocks = self.due([d for d in self.clocks("progress") if self.inside(d.due_at)])
        return len(counted) + clocks[0], len(hits) + clocks[1]

    def chased(self) -> tuple[float, float]:
        begun = [c for c in self.world[ServiceCase] if self.inside(c.received_at)]
        orders = [o for o in self.world[RectificationOrder] if self.inside(o.issued_at)]
        calls = [r for r in self.world[Reminder] if r.kind == "逾期催办" and self.inside(r.opened_at)]
        return len(begun) + len(orders), len(calls)

    def urged(self) -> int:
        return sum(
            1
            for c in self.world[ContactLog]
            if c.kind == "客户催办" and c.case_number in self.by_number and self.inside(c.at)
        )

    def late_days(self) -> float:
        rows = [d for d in self.world[Deadline] if self.inside(d.breached_at)]
        return sum(((d.met_at or d.withdrawn_at or NOW) - d.breached_at) / DAY for d in rows)

    def files(self) -> tuple[float, float]:
        people = {p.id: p for p in self.world[Party]}
        phones = {c.party_id for c in self.world[Contact]}
        filled = 0
        owners = [one for one in self.world[Ownership] if one.role != "租户"]
        files = [one for one in owners if people[one.party_id].created_at < self.cut]
        for one in files:
            party = people[one.party_id]
            filled += sum((party.name != "", party.id in phones, party.prefer != "", party.importance != ""))
            filled += (one.since is not None) + (one.role != "")
        return 6 * len(files), filled

    def entered(self, item: str) -> list[EnteredFigure]:
        rows = [f for f in self.world[EnteredFigure] if f.item == item]
        return [f for f in rows if self.start.date() <= f.month < self.end.date()]

    def tasks(self) -> list[UserTask]:
        return [t for t in self.world[UserTask] if t.state == "completed" and self.inside(t.completed_at)]

    def again(self, task: UserTask) -> bool:
        return any(
            o is not task and o.instance_id == task.instance_id and o.element_id == task.element_id
            and o.state == "completed" and o.completed_at < task.created_at
            for o in self.world[UserTask]
        )  # fmt: skip

    def lags(self) -> list[float]:
        return [e.detail["late"] for e in self.world[AuditEntry] if self.inside(e.at)]

    def open_tasks(self) -> list[UserTask]:
        rows = [t for t in self.world[UserTask] if t.created_at < self.cut]
        return [t for t in rows if t.completed_at is None or t.completed_at >= self.cut]

    def due_tasks(self) -> tuple[float, float]:
        rows = [t for t in self.world[UserTask] if self.inside(t.due_at)]
        rows = [t for t in rows if not (t.state == "canceled" and t.completed_at <= t.due_at)]
        rows = [t for t in rows if t.state == "completed" or t.due_at < NOW]  # not due yet: not judged yet
        return len(rows), sum(1 for t in rows if t.state == "completed" and t.completed_at <= t.due_at)

    def complaints(self) -> list[ServiceCase]:
        return [c for c in self.received() if c.kind == "投诉"]

    def remarkable(self) -> int:
        def wanted(c: ServiceCase) -> bool:
            first = c.original_promised_at
            late = first is not None and first < NOW and (c.solved_at is None or c.solved_at > first)
            return bool(
                c.level or c.scope == "群诉" or c.round > 1 or c.satisfaction == "不满意" or late or c.urged > 1
            )

        return sum(wanted(c) for c in self.received() if not c.group_master)

    def solved(self) -> list[ServiceCase]:
        return [c for c in self.closed() if c.solved_at]

    def contacts(self) -> list[tuple[ServiceCase, datetime]]:
        met = {d.case_number: d.met_at for d in self.clocks("contact") if d.met_at}
        return [(c, met[c.number]) for c in self.closed() if c.number in met]

    def worked(self, since: datetime, until: datetime) -> float:
        return float(workdays.calendar(self.session).workdays_between(since, until))

    def results(self, word: str) -> tuple[float, float]:
        return whole(sum(1 for a in self.answers() if word in (a.overall, a.result)))


def rate(rows: list[Any], hit: Any) -> tuple[float, float]:
    return len(rows), sum(1 for row in rows if hit(row))


def whole(number: float) -> tuple[float, float]:
    return number, number


def stock(c: Count) -> list[ServiceCase]:
    return [o for o in c.cases if o.received_at < c.end and (o.closed_at is None or o.closed_at >= c.start)]


def hours(rows: list[tuple[datetime, datetime]]) -> list[float]:
    return [(until - since) / timedelta(hours=1) for since, until in rows]


EXPECTED: dict[str, Any] = {
    "K01": lambda c: c.of_case("accept"),
    "K02": lambda c: c.of_case("contact"),
    "K03": lambda c: c.of_case("reply"),
    "K04": lambda c: c.promised(lambda o: c.in_time(c.told(o), o.original_promised_at)),
    "K05": lambda c: c.due([d for d in c.clocks("accept", "sign", "recheck") if c.inside(d.due_at)]),
    "K06": lambda c: c.promised(lambda o: c.in_time(o.solved_at, o.original_promised_at)),
    "K06b": lambda c: c.promised(lambda o: c.in_time(o.solved_at, max(o.promised_at or o.original_promised_at, o.original_promised_at))),
    "K06c": lambda c: rate(
        [o for o in c.cases if c.inside(o.original_promised_at)], lambda o: o.promised_at > o.original_promised_at
    ),
    "K07": lambda c: rate(c.received(), lambda o: c.inside(o.closed_at)),
    "K07b": lambda c: rate(stock(c), lambda o: c.inside(o.closed_at)),
    "K08": lambda c: c.calls(reached=True),
    "K08b": lambda c: c.calls(reached=False),
    "K08c": lambda c: whole(c.unreached()),
    "K09": lambda c: rate([a for a in c.reached() if a.overall], lambda a: a.overall != "不满意"),
    "K09b": lambda c: rate([a for a in c.reached() if a.overall], lambda a: a.overall == "满意"),
    "K10": lambda c: whole(len(c.valid())),
    "K11": lambda c: (sum(p.households for p in c.world[Project]), 1_000 * len(c.valid())),
    "K11b": lambda c: (sum(p.households for p in c.world[Project]), 10_000 * len(c.valid())),
    "K12": lambda c: rate(c.received(), c.repeated),
    "K13": lambda c: rate(c.closed(), lambda o: o.round > 1),
    "K13b": lambda c: rate([d for d in c.world[Defect] if c.inside(d.closed_at)], lambda d: d.rework > 0),
    "K14": lambda c: rate(c.received(), c.raised),
    "K14b": lambda c: c.due([d for d in c.clocks("act") if c.inside(d.due_at)]),
    "K15": lambda c: c.fifth(),
    "K16": lambda c: c.reports(),
    "K17": lambda c: c.chased(),
    "K17b": lambda c: whole(c.urged()),
    "K29": lambda c: (len(c.open_items()), c.late_items()),
    "K29b": lambda c: whole(c.late_items()),
    "K30": lambda c: (None, c.late_days()),
    "K33": lambda c: c.files(),
    "K33b": lambda c: rate(c.answers(), lambda a: a.result == "号码错误"),
    "K34": lambda c: (
        len(scored := [o for o in c.closed() if o.norm_score is not None]),
        sum(o.norm_score for o in scored),
    ),
    "K32": lambda c: (sum(p.planned for p in c.surveys()), sum(p.done for p in c.surveys())),
    "K35": lambda c: (
        len(known := [s for a in c.reached() if (s := c.score(a)) is not None] + c.totals()), sum(known),
    ),
    "K36": lambda c: (sum(f.budget for f in c.entered("客服费用")), sum(f.amount for f in c.entered("客服费用"))),
    "K36b": lambda c: (None, sum(f.amount for f in c.entered("大客户流失"))),
    "K36c": lambda c: (
        len(rows := c.entered("客户关系维护评分")), sum(f.amount for f in rows),
    ),
    "K37": lambda c: hours([(o.received_at, o.solved_at) for o in c.solved()]),
    "K37b": lambda c: hours([(o.received_at, o.solved_at) for o in c.solved()]),
    "K37c": lambda c: [c.worked(o.received_at, o.solved_at) for o in c.solved()],
    "K37d": lambda c: hours([(o.received_at, at) for o, at in c.contacts()]),
    "K37e": lambda c: hours([(o.received_at, at) for o, at in c.contacts()]),
    "K37f": lambda c: [c.worked(o.received_at, at) for o, at in c.contacts()],
    "K39": lambda c: (len(c.tasks()), sum(hours([(t.created_at, t.claimed_at) for t in c.tasks()]))),
    "K39b": lambda c: (
        len(taken := [t for t in c.tasks() if t.claimed_at < t.completed_at]),
        sum(hours([(t.claimed_at, t.completed_at) for t in taken])),
    ),
    "K39c": lambda c: rate(c.tasks(), c.again),
    "K39d": lambda c: whole(sum(1 for i in c.world[Incident] if c.inside(i.created_at))),
    "K39e": lambda c: (len(lags := c.lags()), sum(lags)),
    "P1": lambda c: whole(len(c.open_tasks())),
    "P2": lambda c: whole(sum(1 for t in c.open_tasks() if not t.assignee)),
    "P3": lambda c: whole(sum(1 for t in c.open_tasks() if t.due_at and t.due_at < c.cut)),
    "P4": lambda c: c.due_tasks(),
    "P5": lambda c: whole(len(c.tasks())),
    "R1": lambda c: whole(len(c.complaints())),
    "R1b": lambda c: (len(c.complaints()), sum(o.loss_amount or 0 for o in c.complaints())),
    "P6": lambda c: whole(c.due_tasks()[0]),
    "R8": lambda c: whole(c.remarkable()),
    "C1": lambda c: rate(c.answers(), lambda a: a.result == "接通"),
    "C2a": lambda c: c.results("满意"),
    "C2b": lambda c: c.results("基本满意"),
    "C2c": lambda c: c.results("不满意"),
    "C2d": lambda c: c.results("未接"),
    "C2e": lambda c: c.results("拒访"),
    "C2f": lambda c: c.results("号码错误"),
    "C3": lambda c: (
        len(marks := [a.attitude for a in c.reached() if a.attitude is not None]), sum(marks),
    ),
    "C5": lambda c: (
        len(known := [s for a in c.reached() if (s := c.score(a)) is not None]), sum(known),
    ),
    "C6": lambda c: (len(c.totals()), sum(c.totals())),
    "C4": lambda c: (
        len(marks := [a.outcome for a in c.reached() if a.outcome is not None]), sum(marks),
    ),
}  # fmt: skip
