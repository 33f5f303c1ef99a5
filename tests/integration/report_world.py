"""A small invented past for reports: cases, clocks, calls, raises, orders, tasks, written with a fixed draw."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from storage.tables.cases import CaseEvent, ContactLog, ServiceCase, SurveyResponse
from storage.tables.contractors import Contractor
from storage.tables.deadlines import Deadline, Escalation, Reminder
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.definitions import Deployment, ProcessDefinition
from storage.tables.estate import Building, Phase, Project, Unit
from storage.tables.handovers import HandoverUnit
from storage.tables.instances import AuditEntry, ProcessInstance
from storage.tables.parties import Contact, Ownership, Party
from storage.tables.reports import EnteredFigure
from storage.tables.surveys import SurveyHousehold, SurveyPlan
from storage.tables.work import Incident, UserTask

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEYS = count(1)
PROJECTS = ("甲园", "乙园")
CASES = 140
KEYED = (Project, Phase, Building, Unit, Party, Contractor, Deployment, ProcessDefinition)


@dataclass
class World:
    """All rows, in lists as they were written."""

    rows: dict[type, list[Any]] = field(default_factory=dict)

    def add(self, row: Any) -> Any:
        self.rows.setdefault(type(row), []).append(row)
        return row

    def __getitem__(self, table: type) -> list[Any]:
        return self.rows.get(table, [])


def build(session: Any) -> World:
    """Write the world into a database."""
    world, rng = World(), random.Random(11)

    def put(row: Any) -> Any:
        session.add(world.add(row))
        if isinstance(row, KEYED):
            session.flush()  # others name its key
        return row

    units = []
    for code in PROJECTS:
        project = put(Project(code=code, name=code, households=300))
        phase = put(Phase(project_id=project.id, name="1期"))
        building = put(Building(phase_id=phase.id, code="01"))
        for room in range(6):
            unit = put(
                Unit(
                    code=f"{code}1期-01-{room}",
                    project_id=project.id,
                    phase_id=phase.id,
                    building_id=building.id,
                    room=str(room),
                    state={3: "空置", 4: "入住"}.get(room, "已交付"),
                )
            )
            units.append((code, unit))
            class_ = {"prefer": "电话", "importance": "重要" if room in (1, 2) else "一般"}
            party = put(Party(name="王安然" if room else "", created_at=NOW - 300 * DAY, **class_))
            put(Ownership(unit_id=unit.id, party_id=party.id, since=NOW.date() if room % 2 else None))
            if room == 2:
                put(Ownership(unit_id=unit.id, party_id=party.id, role="租户"))
            if room == 5:
                said = {"number": f"JF-{code}", "batch_number": "JP", "file": {"usage": "自住"}}
                put(HandoverUnit(unit_id=unit.id, house=unit.code, project=code, **said))
            if room % 3:
                put(Contact(party_id=party.id, value=b"x", value_hash=f"{code}{room}", masked="1"))
    companies = [put(Contractor(code=f"单位{n}", name=f"单位{n}")) for n in range(2)]
    deployment = put(Deployment(id=UUID(int=1), created_at=NOW, created_by="x"))
    about = {"deployment_id": deployment.id, "digest": "x", "source": b"", "created_at": NOW, "created_by": "x"}
    known = {column.name for column in ProcessDefinition.__table__.columns}
    about = {name: value for name, value in about.items() if name in known}
    definition = put(ProcessDefinition(id=UUID(int=2), key="complaint", version=1, **about))
    for number in range(CASES):
        _case(put, rng, number, *rng.choice(units))
    for number in range(60):
        _order(put, rng, number, companies, *rng.choice(units))
    _tasks(put, rng, definition.id)
    for number, state in enumerate(("进行中", "已完成", "不实施", "编制")):
        plan = f"DY-2026-{number}"
        put(
            SurveyPlan(
                number=plan, kind="拜访", project=PROJECTS[number % 2], starts_on=date(2026, 2, 1), state=state,
                ends_on=date(2026, 2, 20), planned=10, done=number + 3, questions=[], notes={}, created_at=NOW - 30 * DAY,
                created_by="x", approved_at=NOW if state != "编制" else None,
            )
        )  # fmt: skip
        about = {"case_number": plan, "at": NOW - 9 * DAY, "actor": "x", "result": "接通", "answers": {}}
        put(SurveyResponse(round=1, total=70 + number, **about))
        home = units[number][1]
        put(SurveyHousehold(plan_number=plan, place=1, unit_id=home.id, house=home.code, project=home.code[:2]))
    for month in (1, 2):
        put(EnteredFigure(item="客服费用", project=PROJECTS[0], month=date(2026, month, 1), amount=90, budget=100))
        put(EnteredFigure(item="大客户流失", project="", month=date(2026, month, 1), amount=month))
        put(EnteredFigure(item="客户关系维护评分", project="", month=date(2026, month, 1), amount=80 + month))
    return world


def _maybe(rng: random.Random, share: float) -> bool:
    return rng.random() < share


def _case(put: Any, rng: random.Random, number: int, project: str, unit: Unit) -> None:
    received = NOW - timedelta(days=rng.uniform(0, 90))
    promised = received + timedelta(days=rng.choice((7, 15)))
    solved = received + timedelta(days=rng.uniform(0.5, 25))
    solved = solved if solved < NOW else None
    closed = solved + timedelta(days=rng.uniform(0.2, 9)) if solved else None
    closed = closed if closed and closed < NOW else None
    ended = rng.choices(("accepted", "internal", "withdrawn", "merged", "answered"), weights=(70, 8, 8, 6, 8))[0]
    later = promised + 4 * DAY if _maybe(rng, 0.2) else promised
    name = f"TS-2026-{number:06d}"
    case = put(
        ServiceCase(
            number=name, project=project, unit_id=unit.id, house=unit.code, channel=rng.choice(("电话", "小程序")),
            received_by="地产", kind=rng.choice(("投诉", "报修")), subject=rng.choice(("人员服务", "自己房产")),
            cat2=rng.choice(("户内维修", "噪音干扰", "环境卫生")), category=rng.choice(("地产保修", "物业服务")),
            urgency=rng.choice(("一般", "紧急")), level=rng.choice((0, 0, 0, 1)), round=rng.choice((1, 1, 1, 2)),
            urged=rng.choice((0, 0, 3)), owner="a.owner", acceptor=rng.choice(("b.one", "c.two")), registered_by="a.owner",
            department=rng.choice(("工程部", "客服部", "")), responsible=rng.choice(("单位0", "单位1", "")),
            received_at=received, promised_at=later, original_promised_at=promised if _maybe(rng, 0.95) else None,
            solved_at=solved, closed_at=closed, close_type=ended if closed else "", open=closed is None,
            valid=rng.choice((True, False, None)), treatment=rng.choice(("维修", "赔偿", "退货/退换", "折价", "道歉解释", "")),
            loss_amount=rng.choice((None, 0.0, 200.0, 1500.5)), satisfaction=rng.choice(("满意", "不满意", "")),
            scope=rng.choice(("单人", "单人", "群诉")), norm_score=rng.choice((None, 80, 95)), intake={},
        )
    )  # fmt: skip
    if _maybe(rng, 0.06):
        put(CaseEvent(case_number=name, at=received, actor="x", kind="现场查勘", text="不属实", detail={}))
    if _maybe(rng, 0.2):
        put(
            CaseEvent(
                case_number=name, at=received, actor="x", kind="经理认定", detail={"fault": rng.choice(("无", "严重"))}
            )
        )
    if solved and _maybe(rng, 0.7):
        put(ContactLog(case_number=name, at=solved - rng.random() * DAY, actor="x", kind="结果回复"))
    for _ in range(rng.choice((0, 0, 2))):
        put(ContactLog(case_number=name, at=received + rng.random() * DAY, actor="x", kind="客户催办"))
    for clock, limit in (
        ("accept", 24),
        ("contact", 28),
        ("reply", 72),
        ("day5_call", 120),
        ("act", 24),
        ("progress", 72),
        ("callback", 168),
    ):
        _clock(put, rng, case, clock, limit)
    if _maybe(rng, 0.6):
        put(ContactLog(case_number=name, at=received + (5 + rng.choice((0, 0, 1))) * DAY, actor="x", kind="第5日沟通"))
    for at, suggested in ((received + DAY, True), (received + 2 * DAY, False)):
        if _maybe(rng, 0.15):
            put(Escalation(case_number=name, at=at, actor="x", suggested=suggested, level_from=0, level_to=1))
    for attempt in range(rng.choice((0, 1, 2)) if solved else 0):
        result = rng.choice(("接通", "接通", "未接", "号码错误"))
        put(
            SurveyResponse(
                case_number=name, wave=1, attempt=attempt + 1, at=solved + rng.uniform(0, 9) * DAY, actor="a.owner",
                result=result, attitude=rng.choice((None, 3, 5)) if result == "接通" else None,
                outcome=rng.choice((None, 2, 4)) if result == "接通" else None,
                overall=rng.choice(("满意", "基本满意", "不满意", "")) if result == "接通" else "",
                opinion="可以", answers={},
            )
        )  # fmt: skip


def _clock(put: Any, rng: random.Random, case: ServiceCase, clock: str, limit: float) -> None:
    start = case.received_at + rng.random() * HOUR
    due = start + limit * HOUR
    met = start + limit * rng.uniform(0.2, 1.4) * HOUR if _maybe(rng, 0.75) else None
    met = met if met and met < NOW else None
    gone = due + HOUR if met is None and _maybe(rng, 0.2) and due + HOUR < NOW else None
    row = put(
        Deadline(
            id=next(KEYS), case_number=case.number, object_type="case", object_id=case.number, project=case.project, clock=clock,
            start_at=start, due_at=due, original_due_at=due, met_at=met, withdrawn_at=gone,
            open=met is None and gone is None, breached_at=due if (met or gone or NOW) > due else None,
            accountable=case.acceptor,
        )
    )  # fmt: skip
    if row.breached_at and _maybe(rng, 0.4):
        put(Reminder(deadline_id=row.id, kind="逾期催办", day=due.date(), opened_at=due + HOUR, open=False))


def _order(put: Any, rng: random.Random, number: int, companies: list[Contractor], project: str, unit: Unit) -> None:
    issued = NOW - timedelta(days=rng.uniform(0, 80))
    due = issued + 7 * DAY if _maybe(rng, 0.9) else None
    closed = issued + timedelta(days=rng.uniform(1, 20))
    closed = closed if closed < NOW else None
    company = rng.choice((*companies, None))
    name = f"ZG-2026-{number:06d}"
    put(
        RectificationOrder(
            number=name, project=project, unit_id=unit.id, house=unit.code, starter="", starter_kind="case",
            stage="保修期", source_channel="物业", repair_id=company.id if company else None, brief="墙面",
            reported_at=issued, issued_at=issued, due_at=due, original_due_at=due, closed_at=closed,
            open=closed is None, close_type="已销项" if closed else "", state="已销项" if closed else "整改中",
        )
    )  # fmt: skip
    put(
        Defect(
            id=UUID(int=1000 + number), project=project, unit_id=unit.id, order_number=name, stage="保修期",
            state="已销项" if closed else "整改中", open=closed is None, rework=rng.choice((0, 0, 1)), found_at=issued,
            found_by="x", closed_at=closed, repair_id=company.id if company else None,
        )
    )  # fmt: skip
    for clock in ("sign", "recheck"):
        start = issued + HOUR
        met = start + rng.uniform(1, 20) * HOUR
        met = met if met < NOW else None
        put(
            Deadline(
                id=next(KEYS), case_number=name, object_type="order", project=project, clock=clock, start_at=start,
                due_at=start + 9 * HOUR, original_due_at=start + 9 * HOUR, met_at=met, open=met is None,
                breached_at=start + 9 * HOUR if (met or NOW) > start + 9 * HOUR else None, accountable="d.four",
            )
        )  # fmt: skip


def _tasks(put: Any, rng: random.Random, definition: UUID) -> None:
    for number in range(30):
        at = NOW - timedelta(days=rng.uniform(1, 60))
        project = rng.choice(PROJECTS)
        instance = put(
            ProcessInstance(
                id=UUID(int=5000 + number), definition_id=definition, process_key="complaint", scope=project,
                business_key=f"TS-2026-{number:06d}", started_at=at, started_by="x", updated_at=at,
            )
        )  # fmt: skip
        for step in range(4):
            made = at + step * 6 * HOUR
            done = made + rng.uniform(0.5, 40) * HOUR
            done = done if done < NOW and _maybe(rng, 0.8) else None
            state = "open" if done is None else rng.choice(("completed", "completed", "canceled"))
            put(
                UserTask(
                    id=UUID(int=6000 + number * 10 + step), instance_id=instance.id, definition_id="x",
                    process_key="complaint", scope=project, element_id="T27" if step % 2 else "T12",
                    name="进展汇报" if step % 2 else "制定方案", lane="座席" if step < 2 else "责任单位",
                    assignee=rng.choice(("", "b.one")) if done is None else "b.one", state=state, created_at=made,
                    due_at=made + DAY if _maybe(rng, 0.9) else None, completed_at=done,
                    claimed_at=made + (done - made) * rng.choice((0.3, 1)) if done else None,
                    completed_by="b.one" if state == "completed" else None,
                )
            )  # fmt: skip
        for late in (0.5, number):
            detail = {"element": "Every3", "late": late}
            put(
                AuditEntry(
                    at=at + HOUR, actor="system", action="timer", subject="x", instance_id=instance.id, detail=detail
                )
            )
        if _maybe(rng, 0.3):
            put(
                Incident(
                    id=UUID(int=9000 + number), kind="job", instance_id=instance.id, template="x", created_at=at + HOUR
                )
            )
