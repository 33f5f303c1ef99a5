"""What scenarios of the complaint process say beyond the engine's own verbs: register, escalate, check the case."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import definitions, people
from engine.access import SYSTEM
from engine.core.calendar import CHINA
from engine.scenarios import CheckFailed, Play, moment
from engine.studio import resources
from engine.testing import Workbench
from processes.services import (
    cases,
    clocks,
    demo,
    notices,
    order_verbs,
    scenario_verbs_decoration,
    scenario_verbs_handover,
    scenario_verbs_inspection,
    scenario_verbs_quality,
)
from processes.services.scenario_answers import USUAL, house, usual
from storage import cases as case_rows
from storage import deadlines
from storage import people as staff
from storage.tables.cases import ContactLog, Penalty, ServiceCase
from storage.tables.deadlines import Deadline, Reminder
from storage.tables.work import Notification

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.session import Database

AGENT = "林小安"
ASIDE = frozenset(
    [
        *("第5日客户沟通", "进展汇报", "到期提醒", "逾期催办", "升级受理", "升级处置方案", "降级或解除", "启动应急"),
        *("整改结果反馈", "返工未完成说明", "向客户说明", "签收复核意见书"),
    ]
)
NAMES = {
    "状态": "state",
    "级别": "level",
    "轮次": "round",
    "结案方式": "close_type",
    "类别": "category",
    "部门": "department",
    "受理人": "acceptor",
    "满意度": "satisfaction",
    "主案": "duplicate_of",
    "在办": "open",
}


MEANT = frozenset({"complaint", "rectification"})
"""Processes that a number names; reminders, call-backs and receipts with the same number run beside them."""


def stage(database: Database, registry: Registry, *, begin: datetime) -> Play:
    """Set the stage: a database filled by `demo.furnish`, the clock at the scenario's beginning."""
    bench = Workbench(registry=registry, now=begin, database=database)
    logins = {person.name: person.login for person in demo.personas()}
    return Play(bench, verbs=VERBS, people=logins, usual=usual, aside=ASIDE, processes=MEANT)


def _viewer(stage_: Play, session: Session, step: Mapping[str, Any]) -> Viewer:
    name = str(step.get("由") or AGENT)
    return people.viewer(session, stage_.people.get(name, name), now=stage_.bench.now)


def _case(stage_: Play, session: Session) -> ServiceCase:
    case = case_rows.get(session, stage_.current)
    if case is None:
        raise CheckFailed(f"there is no case {stage_.current}", f"没有案件 {stage_.current}")
    return case


def _register(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """登记: register a case; what is not said is as in USUAL, the house the first of the project."""
    values = {**USUAL, **stage_.value(value or {})}
    with stage_.bench.transaction() as session:
        if not values.get("area"):
            values["unit"] = house(session, str(values.get("unit") or ""))
        values["duplicate_of"] = stage_.keys.get(str(values.get("duplicate_of")), values.get("duplicate_of"))
        number = cases.register(
            session,
            _viewer(stage_, session, step),
            {name: one for name, one in values.items() if one is not None},
            now=stage_.bench.now,
            registry=stage_.bench.registry,
        )
    stage_.current = stage_.keys[str(step.get("称为") or number)] = number


def _newest(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """新案: from here on the case that was opened last is meant, under this name."""
    del step
    with stage_.bench.database.read() as session:
        number = session.scalars(select(ServiceCase.number).order_by(ServiceCase.id.desc())).first() or ""
    stage_.current = stage_.keys[str(value)] = number


def _escalate(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """升级: ask for a level by hand."""
    with stage_.bench.transaction() as session:
        viewer, bench = _viewer(stage_, session, step), stage_.bench
        cases.escalate(
            session, viewer, stage_.current, level=int(value["级别"]), reason=str(value["理由"]), now=bench.now,
            registry=bench.registry,
        )  # fmt: skip


def _group(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """关联: these cases become a group complaint that the present one leads."""
    with stage_.bench.transaction() as session:
        viewer, bench = _viewer(stage_, session, step), stage_.bench
        wanted = [str(stage_.keys.get(str(one), one)) for one in value]
        cases.link_group(session, viewer, stage_.current, wanted, now=bench.now, registry=bench.registry)


def _withdraw(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """撤诉: the customer withdraws, for this reason."""
    with stage_.bench.transaction() as session:
        viewer, bench = _viewer(stage_, session, step), stage_.bench
        cases.withdraw(
            session, viewer, stage_.current, reason=str(value), now=bench.now, registry=bench.registry
        )  # fmt: skip


def _urge(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """催办: the customer presses."""
    with stage_.bench.transaction() as session:
        cases.urge(session, _viewer(stage_, session, step), stage_.current, text=str(value), now=stage_.bench.now)


def _check_case(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """案件: columns of the case."""
    del step
    with stage_.bench.database.read() as session:
        case = _case(stage_, session)
        for name, expected in value.items():
            found = getattr(case, NAMES[str(name)])
            wanted = stage_.people.get(str(expected), stage_.keys.get(str(expected), expected))
            if found != wanted:
                raise CheckFailed(f"{name} is {found!r}, not {wanted!r}", f"{name}应为 {wanted!r}，实际为 {found!r}")


def _check_clocks(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """时限: when the newest clock of each name is due, or 达成, 逾期, 撤销, 无; a mapping asks for 到期, 原定, 状态."""
    del step
    with stage_.bench.database.read() as session:
        found = sorted(deadlines.of_case(session, stage_.current), key=lambda row: row.id)
        rows = {clocks.NAMES.get(row.clock, row.clock): row for row in found}
    for name, expected in value.items():
        row = rows.get(str(name))
        asked = expected if isinstance(expected, dict) else {_aspect(expected): expected}
        for aspect, wanted in asked.items():
            shown = _clock(row, str(aspect), stage_.bench.now)
            if str(wanted) != shown and (aspect == "状态" or moment(wanted) != moment(shown)):
                raise CheckFailed(
                    f"{name} {aspect} is {shown}, not {wanted}", f"{name}的{aspect}应为 {wanted}，实际为 {shown}"
                )


def _aspect(expected: Any) -> str:
    return "状态" if str(expected) in {"达成", "逾期", "撤销", "无", "进行"} else "到期"


def _clock(row: Any, aspect: str, now: datetime) -> str:
    if row is None:
        return "无"
    if aspect == "状态":
        late = row.breached_at is not None or (row.open and row.due_at < now)
        return "逾期" if late else "达成" if row.met_at else "撤销" if row.withdrawn_at else "进行"
    due = row.due_at if aspect == "到期" else row.original_due_at
    return str(due.astimezone(CHINA).isoformat())


def _check_contacts(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """联系: how many entries of each kind the contact log has."""
    del step
    with stage_.bench.database.read() as session:
        rows = session.scalars(select(ContactLog.kind).where(ContactLog.case_number == stage_.current))
        found = Counter(rows)
    for kind, expected in value.items():
        if found[str(kind)] != int(expected):
            raise CheckFailed(
                f"{kind} was logged {found[str(kind)]} times, not {expected}; logged are {dict(found)}",
                f"“{kind}”应记录 {expected} 次，实际 {found[str(kind)]} 次；已记录 {dict(found)}",
            )


def _check_told(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """通知: these people got news of the case; as a mapping, of these events (再次转派: [陈立言])."""
    if isinstance(value, dict):
        for event, names in value.items():
            _check_told(stage_, names, {**step, "event": event})
        return
    template = notices.TEMPLATES.get(str(step.get("event")), "")
    with stage_.bench.database.read() as session:
        links = [f"/{page}/{stage_.current}" for page in ("cases", "orders", "handover", "handover/houses")]
        query = select(Notification.recipient).where(Notification.link.in_(links))
        logins = set(session.scalars(query.where(Notification.template == template) if template else query))
        told = set(staff.names(session, logins).values())
    missing = [name for name in value if name not in told]
    if missing:
        raise CheckFailed(
            f"not told: {', '.join(missing)}; told were {', '.join(sorted(told)) or 'nobody'}",
            f"应通知：{'、'.join(missing)}；实际通知了：{'、'.join(sorted(told)) or '无'}",
        )


def _check_suggested(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """建议级别: the highest level that the table suggested so far."""
    del step
    with stage_.bench.database.read() as session:
        rows = deadlines.escalations(session, stage_.current)
        found = max((row.level_to for row in rows if row.suggested), default=0)
    if found != int(value):
        raise CheckFailed(f"the table suggested level {found}, not {value}", f"建议级别应为 {value}，实际为 {found}")


def _check_calls(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """催办单: how many chasing or reminding calls are open for each clock (never more than one of a kind)."""
    del step
    with stage_.bench.database.read() as session:
        query = select(Deadline.clock).join(Reminder, Reminder.deadline_id == Deadline.id)
        found = Counter(session.scalars(query.where(Reminder.open, Deadline.case_number == stage_.current)))
    named = {clocks.NAMES.get(clock, clock): count for clock, count in found.items()}
    for clock, expected in value.items():
        if named.get(str(clock), 0) != int(expected):
            raise CheckFailed(
                f"{clock} has {named.get(str(clock), 0)} open calls, not {expected}; open are {named}",
                f"“{clock}”应有 {expected} 张催办单，实际 {named.get(str(clock), 0)} 张；现有 {named}",
            )


def _reached(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """走到: ends that were come to so far, also in called processes, sub-processes and other cases of the story."""
    del step
    history = (event for head in stage.bench.instances(open_only=False) for event in stage.bench.history(head))
    found = {event.name for event in history if event.action == "entered" and event.element_type == "endEvent"}
    missing = [str(name) for name in (value if isinstance(value, list) else [value]) if str(name) not in found]
    if missing:
        known = sorted(name for name in found if name)
        raise CheckFailed(
            f"not come to: {', '.join(missing)}; come to were: {', '.join(known)}",
            f"没有走到：{'、'.join(missing)}；走到了：{'、'.join(known)}",
        )


def _check_penalties(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """处罚: how many penalties are proposed."""
    del step
    with stage_.bench.database.read() as session:
        found = len(session.scalars(select(Penalty.id).where(Penalty.case_number == stage_.current)).all())
    if found != int(value):
        raise CheckFailed(f"{found} penalties, not {value}", f"应有 {value} 条处罚，实际 {found} 条")


def _change_table(stage_: Play, value: Any, step: Mapping[str, Any]) -> None:
    """改表: change a cell of a decision table in force, as an administrator does, and put it in force."""
    del step
    name = f"{value['表']}.dmn"
    with stage_.bench.database.read() as session:
        content = resources.source(session, name).decode()
    old, new = str(value["从"]), str(value["改为"])
    at = content.find(old, content.find(f"<description>{value['行']}</description>") if value.get("行") else 0)
    if at < 0:
        raise CheckFailed(f"{name} has no {old}", f"{name} 里没有“{old}”")
    changed = content[:at] + new + content[at + len(old) :]
    with stage_.bench.transaction() as session:
        definitions.deploy(
            session, files={name: changed.encode()}, viewer=SYSTEM, now=stage_.bench.now,
            registry=stage_.bench.registry, note=str(value.get("说明") or ""),
        )  # fmt: skip


VERBS = {
    "登记": _register,
    "新案": _newest,
    "升级": _escalate,
    "撤诉": _withdraw,
    "关联": _group,
    "催办": _urge,
    "案件": _check_case,
    "时限": _check_clocks,
    "联系": _check_contacts,
    "通知": _check_told,
    "建议级别": _check_suggested,
    "催办单": _check_calls,
    "处罚": _check_penalties,
    "走到": _reached,
    "改表": _change_table,
    **scenario_verbs_handover.VERBS,
    **order_verbs.VERBS,
    **scenario_verbs_inspection.VERBS,
    **scenario_verbs_decoration.VERBS,
    **scenario_verbs_quality.VERBS,
}
