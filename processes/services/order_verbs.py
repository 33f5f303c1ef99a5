"""What scenarios of the rectification order say: issue one, ask for more time, check the order and its defects."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select

from engine import people
from engine.access import SYSTEM
from engine.scenarios import CheckFailed, Play, find, moment
from processes.services import order_actions, order_facts, orders
from processes.services.decisions import decide
from processes.services.demo.order_answers import failing
from storage import estate
from storage import orders as rows
from storage.tables.defects import Defect
from storage.tables.estate import Project, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.defects import RectificationOrder

NAMES = {
    "状态": "state",
    "在办": "open",
    "关闭方式": "close_type",
    "返工": "rework",
    "延期": "extended",
    "上门无人": "no_shows",
    "阶段": "stage",
    "保修期内": "in_warranty",
    "收费": "paid_service",
    "结构安全": "structural",
    "满意度": "satisfaction",
    "费用": "cost",
    "报价": "quote",
}
FACTS = {"打不通天数": "unreachable_days", "催告未应": "warnings", "到不了": "cannot_come", "属责任单位": "units_fault"}
UNITS = {"责任单位": "responsible_id", "整改单位": "repair_id"}


def _viewer(stage: Play, session: Session, step: Mapping[str, Any], usual: str) -> Viewer:
    name = str(step.get("由") or usual)
    return people.viewer(session, stage.people.get(name, name), now=stage.bench.now)


def _issue(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """派整改单: issue an order of one house or area; what is not said: a leak in the bathroom of the first house."""
    given = dict(stage.value(value or {}))
    with stage.bench.transaction() as session:
        unit = _unit(session, given)
        project = unit.project_id if unit else None
        scope = estate.project_of(session, project).code if project else str(given.get("项目") or "春和里")
        found = [_defect(stage, session, one, unit, scope, given) for one in given.get("缺陷") or [{}]]
        number, *_ = orders.issue(
            session,
            starter=stage.keys.get(str(given.get("发起")), str(given.get("发起") or "")),
            starter_kind="case",
            stage=str(given.get("阶段") or "保修期"),
            source_channel=str(given.get("来源") or "座席"),
            defects=found,
            viewer=SYSTEM,
            now=stage.bench.now,
            registry=stage.bench.registry,
            reported_at=moment(given["报告"]) if given.get("报告") else stage.bench.now,
            urgency=str(given.get("紧急程度") or "一般"),
            structural=bool(given.get("结构安全")),
        )
    stage.current = stage.keys[str(step.get("称为") or number)] = number


def _unit(session: Session, given: Mapping[str, Any]) -> Unit | None:
    if given.get("公共区域"):
        return None
    if given.get("房号"):
        return estate.unit_by_code(session, str(given["房号"]))
    query = select(Unit).join(Project, Project.id == Unit.project_id).order_by(Unit.id)
    return session.scalars(query.where(Project.code == str(given.get("项目") or "春和里"))).first()


def _defect(
    stage: Play, session: Session, one: Mapping[str, Any], unit: Unit | None, scope: str, given: Mapping[str, Any]
) -> Defect:
    chosen = rows.contractor(session, str(one.get("单位") or ""))
    return Defect(
        id=uuid4(),
        project=scope,
        unit_id=unit.id if unit else None,
        house=unit.code if unit else "",
        area=str(given.get("公共区域") or ""),
        part=str(one.get("部位") or "卫生间/地面防水"),
        problem=str(one.get("问题") or "渗漏"),
        text=str(one.get("描述") or "地漏周边渗水"),
        cause=str(one.get("原因") or ""),
        severity=str(one.get("严重度") or "B"),
        repair_id=chosen.id if chosen else None,
        found_at=stage.bench.now,
        found_by=SYSTEM.login,
    )


def _order(stage: Play, session: Session) -> RectificationOrder:
    order = rows.get(session, stage.current)
    if order is None:
        raise CheckFailed(f"there is no order {stage.current}", f"没有整改单 {stage.current}")
    return order


def _newest(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """转到整改单: from here on the newest order of the case is meant, or the one of a rank (第), under this name."""
    del step
    named = dict(value) if isinstance(value, dict) else {"称为": value}
    with stage.bench.database.read() as session:
        found = rows.of_starter(session, stage.current)
    if not found:
        raise CheckFailed(f"{stage.current} has no orders", f"{stage.current} 没有整改单")
    at = int(named.get("第") or 0) - 1
    stage.current = stage.keys[str(named["称为"])] = found[at].number


def _fail(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """不通过: finish 内部复核 or 客户复验 with the first 项数 defects (1 unless said) not right, for 问题."""
    given = {"步骤": str(value)} if isinstance(value, str) else dict(value)
    task = find(stage, str(given["步骤"]))
    problem, count = str(given.get("问题") or "仍有渗水"), int(given.get("项数") or 1)
    filled = failing(task.element_id, stage.usual(stage, task), problem, count)
    person = str(step.get("由") or "")
    stage.bench.complete(task, {**filled, **stage.value(step.get("填写") or {})}, user=stage.people.get(person) or None)


def _extend(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """申请延期: ask for more time until 新期限."""
    given = stage.value(value)
    with stage.bench.transaction() as session:
        order_actions.ask_extension(
            session, _viewer(stage, session, step, "吴工甲"), stage.current, due=moment(given["新期限"]),
            reason=str(given.get("理由") or "材料"), consents=bool(given.get("客户同意")), now=stage.bench.now,
            registry=stage.bench.registry,
        )  # fmt: skip


def _substitute(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """要求代维: ask that somebody else repairs, for this reason."""
    with stage.bench.transaction() as session:
        order_actions.ask_substitute(
            session, _viewer(stage, session, step, "吴工甲"), stage.current, reason=str(value), now=stage.bench.now,
            registry=stage.bench.registry,
        )  # fmt: skip


def _withdraw(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """撤回整改单: take the order back, for this reason."""
    with stage.bench.transaction() as session:
        order_actions.withdraw(
            session, _viewer(stage, session, step, "吴工甲"), stage.current, reason=str(value), now=stage.bench.now,
            registry=stage.bench.registry,
        )  # fmt: skip


def _warn(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """书面催告: warn the unit in writing."""
    with stage.bench.transaction() as session:
        order_actions.warn(
            session, _viewer(stage, session, step, "吴工甲"), stage.current, text=str(value), now=stage.bench.now,
            registry=stage.bench.registry,
        )  # fmt: skip


def _check_facts(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """依据: what DMN-10 is told about the order at this moment, and what it says (处理)."""
    del step
    with stage.bench.transaction() as session:
        asked = order_facts.substitution(session, _order(stage, session), stage.bench.now)
        said = decide(session, "substitute_deduction", asked, now=stage.bench.now) or {}
        found = {name: asked[key] for name, key in FACTS.items()} | {"处理": said.get("action")}
    for name, expected in value.items():
        if found[str(name)] != expected:
            raise CheckFailed(
                f"{name} is {found[name]!r}, not {expected!r}", f"{name}应为 {expected!r}，实际为 {found[name]!r}"
            )


def _check_order(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """整改单: columns of the order, and its units by name."""
    del step
    with stage.bench.database.read() as session:
        order = _order(stage, session)
        units = rows.contractors(session, [order.responsible_id, order.repair_id, 0])
        for name, expected in value.items():
            if name in UNITS:
                unit = units.get(getattr(order, UNITS[name]) or 0)
                found: Any = unit.name if unit else ""
            else:
                found = getattr(order, NAMES[str(name)])
            if found != expected:
                raise CheckFailed(
                    f"{name} is {found!r}, not {expected!r}", f"{name}应为 {expected!r}，实际为 {found!r}"
                )


def _check_defects(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """缺陷: how many defects of the order are in each state."""
    del step
    with stage.bench.database.read() as session:
        found = Counter(row.state for row in rows.defects_of(session, stage.current))
    if found != Counter({str(state): int(count) for state, count in value.items()}):
        raise CheckFailed(f"defects are {dict(found)}, not {value}", f"缺陷应为 {value}，实际为 {dict(found)}")


def _check_deductions(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """扣款: the amounts to be deducted, with their state."""
    del step
    with stage.bench.database.read() as session:
        found = [{"金额": row.amount, "状态": row.state} for row in rows.deductions(session, stage.current)]
    if found != list(value):
        raise CheckFailed(f"deductions are {found}, not {value}", f"扣款应为 {value}，实际为 {found}")


VERBS = {
    "派整改单": _issue,
    "转到整改单": _newest,
    "不通过": _fail,
    "申请延期": _extend,
    "要求代维": _substitute,
    "撤回整改单": _withdraw,
    "书面催告": _warn,
    "依据": _check_facts,
    "整改单": _check_order,
    "缺陷": _check_defects,
    "扣款": _check_deductions,
}
