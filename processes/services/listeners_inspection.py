"""What the forms of inspection write: I01–I06 of a batch, U01–U04 of a house (DOMAIN 2.3)."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError
from processes.services import inspection_batches, inspection_rechecks, inspections, keys, orders
from processes.services.batches import INSPECTION, batch_of
from processes.services.inspection_batches import MORNING, PATROL, STAGE, STAGES, WARN
from processes.services.inspection_units import row_of, set_state
from processes.services.recording import moment, text
from storage import inspections as rows
from storage import orders as order_rows
from storage.tables.cases import CaseDocument
from storage.tables.estate import Phase, Unit
from storage.tables.inspections import InspectionBatch, InspectionResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.connectors import ListenerContext
    from storage.tables.defects import Defect
    from storage.tables.inspections import InspectionUnit

CONDITIONS = ("water", "power", "clean", "doors", "papers")


def _batch(ctx: ListenerContext) -> InspectionBatch:
    found: InspectionBatch = batch_of(ctx, INSPECTION)
    return found


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _log(ctx: ListenerContext, number: str, kind: str, said: str = "", **detail: Any) -> None:
    orders.add_event(ctx.session, number, kind, said, actor=ctx.actor.login, now=ctx.now, detail=detail)


def _state(ctx: ListenerContext, row: InspectionBatch, state: str) -> None:
    row.state = state
    inspection_batches.show_head(ctx.session, row)


# The batch


def i01(ctx: ListenerContext) -> dict[str, Any]:
    """The plan: what is inspected, by which version of which checklist, when, how many a day."""
    row, values = _batch(ctx), ctx.values
    row.round = text(values, "round")
    row.stage = STAGES.get(row.round, STAGE)
    if row.round == PATROL and not row.houses:
        row.houses = inspection_batches.vacant(ctx.session, ctx.session.get_one(Phase, row.phase_id))
    row.buildings = [str(code) for code in values.get("buildings") or []]
    row.starts_on, row.ends_on = _day(values["starts_on"]), _day(values["ends_on"])
    sampled = text(values, "sampling") == "抽样"
    row.sample_percent = int(values.get("sample_percent") or 100) if sampled else 100
    chosen = [one for one in rows.checklists(ctx.session) if f"{one.code}@{one.version}" == text(values, "checklist")]
    if not chosen:
        raise InvalidFormError([FieldError("checklist", N_("Choose a published checklist."), label="检查表")])
    row.checklist_id = chosen[0].id
    row.contractors = [str(code) for code in values.get("contractors") or []]
    row.per_day = int(values.get("per_day") or 20)
    row.plan = {**row.plan, "finish": text(values, "finish"), "remark": text(values, "remark")}
    ctx.session.flush()
    count = len(inspection_batches.units_of(ctx.session, row))
    if not count:
        raise InvalidFormError([FieldError("buildings", N_("There are no houses in these buildings."), label="楼栋")])
    _log(ctx, row.number, "编制计划", f"{row.round} {count} 户")
    _state(ctx, row, "待审批")
    warn = datetime.combine(row.ends_on - WARN, MORNING, tzinfo=CHINA)
    return {"house_count": count, "stage": row.stage, "warn_at": warn.isoformat()}


def i02(ctx: ListenerContext) -> dict[str, Any]:
    """The leader approves the plan or sends it back."""
    row, decision = _batch(ctx), text(ctx.values, "plan_decision")
    _log(ctx, row.number, "审批计划", "；".join(one for one in (decision, text(ctx.values, "opinion")) if one))
    _state(ctx, row, "准备" if decision == "同意" else "编制")
    return {}


def i03(ctx: ListenerContext) -> dict[str, Any]:
    """The teams: houses are shared out among their people by building."""
    row, values = _batch(ctx), ctx.values
    row.teams = [
        {"building": one.get("building") or "", "leader": one.get("leader"), "members": one.get("members") or []}
        for one in values.get("teams") or []
    ]
    row.plan = {**row.plan, "trained_on": str(values.get("trained_on") or ""), "tools": text(values, "tools")}
    _log(ctx, row.number, "组建小组", f"{len(row.teams)} 组")
    return {}


def i04(ctx: ListenerContext) -> dict[str, Any]:
    """Water, power, cleaning, doors, papers: all there, or a day on which to look again."""
    row, values = _batch(ctx), ctx.values
    missing = [name for name in CONDITIONS if values.get(name) is not True]
    row.plan = {**row.plan, "conditions": {name: values.get(name) is True for name in CONDITIONS}}
    _log(ctx, row.number, "条件确认", "具备" if not missing else "不具备", missing=missing)
    answer: dict[str, Any] = {"conditions_ok": not missing, "papers": values.get("papers") is True}
    if missing:
        again = datetime.combine(_day(values["ready_on"]), MORNING, tzinfo=CHINA)
        answer["ready_at"] = again.isoformat()
    return answer


def i05(ctx: ListenerContext) -> dict[str, Any]:
    """The weekly meeting: progress, who lags behind, what is done about it."""
    row, values = _batch(ctx), ctx.values
    lagging = [str(code) for code in values.get("laggards") or []]
    said = f"{text(values, 'progress')}；{text(values, 'measures')}"
    _log(ctx, row.number, "批次周报", said, laggards=lagging)
    return {}


def i06(ctx: ListenerContext) -> dict[str, Any]:
    """The review: what was decided, beside what the table proposed (DMN-12a)."""
    row, values = _batch(ctx), ctx.values
    decided: dict[str, Any] = {
        "review": text(values, "review_result"),
        "proposed": str(ctx.variables.get("gate") or ""),
        "reason": text(values, "review_reason"),
        "leftovers": [dict(one) for one in values.get("leftovers") or []],
        "by": ctx.actor.login,
    }
    if decided["review"] == "有条件" and not decided["leftovers"]:
        raise InvalidFormError([FieldError("leftovers", N_("List what remains, with a person and a date each."))])
    row.result = {**row.result, **decided}
    _log(ctx, row.number, "批次评审", "；".join(str(one) for one in (decided["review"], decided["reason"]) if one))
    return {}


# The house


def u01(ctx: ListenerContext) -> dict[str, Any]:
    """The visit: answers line by line, the rest as the tick says, the defects; what the phone sent is there already."""
    row, values = row_of(ctx), ctx.values
    inspections.begun(ctx.session, row, now=ctx.now)
    row.started_at = moment(values.get("arrived_at")) or row.started_at
    for line in values.get("lines") or []:
        _line(ctx, row, line)
    _rest(ctx, row)
    _new_defects(ctx, row, values.get("defects") or [])
    _signed(ctx, row, "验房记录", values.get("inspector_signature"))
    found = rows.defects(ctx.session, row.number, open_only=True)
    said = text(values, "witness")
    _log(ctx, row.number, "现场验房", f"{len(found)} 项缺陷", witness=said, remark=text(values, "remark"))
    set_state(ctx.session, row, "待派发" if found else "待封户")
    return {"defects": len(found)}


def _line(ctx: ListenerContext, row: InspectionUnit, line: Mapping[str, Any]) -> None:
    room, code = str(line.get("room") or ""), str(line.get("code") or "")
    known = rows.result_at(ctx.session, row.number, room, code)
    content = {name: str(line.get(name) or "") for name in ("result", "value", "note")}
    inspections.keep_result(
        ctx.session, ctx.actor, row, uuid4(), (room, code), content, revision=known.revision if known else 0,
        now=ctx.now,
    )  # fmt: skip


def _rest(ctx: ListenerContext, row: InspectionUnit) -> None:
    """What nobody answered was looked at and is in order if the tick says so; else nobody looked at it."""
    answer = "合格" if ctx.values.get("rest_ok") is True else rows.NOT_LOOKED_AT
    ctx.session.add_all(
        InspectionResult(
            id=uuid4(), inspection_number=row.number, room=line.room, item=line.item, result=answer, at=ctx.now,
            actor=ctx.actor.login,
        )
        for line in inspections.lines_of(ctx.session, row)
        if not line.result
    )  # fmt: skip
    ctx.session.flush()


def _new_defects(ctx: ListenerContext, row: InspectionUnit, found: Sequence[Mapping[str, Any]]) -> None:
    for one in found:
        content = {name: str(one.get(name) or "") for name in ("room", "part", "problem")}
        content |= {"text": str(one.get("description") or ""), "severity": str(one.get("severity") or "B")}
        photos = [{"attachment": str(key), "kind": "before"} for key in one.get("photos") or []]
        inspections.new_defect(ctx.session, ctx.actor, row, uuid4(), {**content, "photos": photos}, now=ctx.now)


def _signed(ctx: ListenerContext, row: InspectionUnit, kind: str, signature: Any) -> None:
    if signature:
        ctx.session.add(
            CaseDocument(
                case_number=row.number, kind=kind, at=ctx.now, actor=ctx.actor.login, method="电子签名",
                attachments=[str(signature)],
            )
        )  # fmt: skip


def u02(ctx: ListenerContext) -> dict[str, Any]:
    """Confirm, merge or strike out each defect; who answers for it, who mends it, until when."""
    row = row_of(ctx)
    known = {str(one.id): one for one in rows.defects(ctx.session, row.number, open_only=True)}
    for at, item in enumerate(ctx.values.get("items") or []):
        defect = known.get(str(item.get("defect")))
        if defect is not None:
            DECISIONS[text(item, "decision") or "确认"](ctx, defect, item, known, f"items.{at}")
    ctx.session.flush()
    left = rows.defects(ctx.session, row.number, open_only=True)
    _log(ctx, row.number, "缺陷确认派发", f"{len(left)} 项")
    return {"defects": len(left)}


def _confirm(
    ctx: ListenerContext, defect: Defect, item: Mapping[str, Any], _known: Mapping[str, Defect], path: str
) -> None:
    for name, column, label in (("responsible", "responsible_id", "责任单位"), ("repair", "repair_id", "整改单位")):
        code = text(item, name)
        unit = order_rows.contractor(ctx.session, code)
        if code and unit is None:
            raise InvalidFormError(
                [FieldError(f"{path}.{name}", N_("There is no unit {code}."), {"code": code}, label)]
            )
        if unit is not None:
            setattr(defect, column, unit.id)
    if item.get("due"):
        defect.due_at = datetime.combine(_day(item["due"]), time(18, 0), tzinfo=CHINA)
    defect.revision += 1
    orders.note(ctx.session, defect, "确认", actor=ctx.actor.login, now=ctx.now)


def _merge(
    ctx: ListenerContext, defect: Defect, item: Mapping[str, Any], known: Mapping[str, Defect], path: str
) -> None:
    target = known.get(text(item, "merge_into"))
    if target is None or target is defect or not target.open:
        problem = N_("Choose another open defect of this house.")
        raise InvalidFormError([FieldError(f"{path}.merge_into", problem, label="并入")])
    target.photos = [*target.photos, *defect.photos]
    target.revision += 1
    defect.merged_into = target.id
    inspections.strike_out(
        ctx.session, defect, f"并入 {target.room} {target.problem}", actor=ctx.actor.login, now=ctx.now
    )


def _delete(
    ctx: ListenerContext, defect: Defect, item: Mapping[str, Any], _known: Mapping[str, Defect], _path: str
) -> None:
    inspections.strike_out(ctx.session, defect, text(item, "reason"), actor=ctx.actor.login, now=ctx.now)


DECISIONS = {"确认": _confirm, "合并": _merge, "删除": _delete}


def u03_begins(ctx: ListenerContext) -> dict[str, Any]:
    """The repairs are done: the house waits for its recheck."""
    set_state(ctx.session, row_of(ctx), "待复验")
    return {}


def u03(ctx: ListenerContext) -> dict[str, Any]:
    """The recheck of the house: passed, to be mended again, or class C left with consent."""
    row, values = row_of(ctx), ctx.values
    known = {one.id: one for one in rows.defects(ctx.session, row.number)}
    for item in values.get("rechecks") or []:
        defect = known.get(UUID(str(item.get("defect"))))
        if defect is not None:
            _rechecked(ctx, defect, item)
    _new_defects(ctx, row, values.get("new_defects") or [])
    ctx.session.flush()
    left = rows.defects(ctx.session, row.number, open_only=True)
    agreed = values.get("carry_agreed") is True
    if agreed and any(one.severity != "C" for one in left):
        problem = N_("Only defects of class C may be left; {count} of class A or B are open.")
        count = sum(one.severity != "C" for one in left)
        raise InvalidFormError([FieldError("carry_agreed", problem, {"count": count}, "遗留的观感问题")])
    for one in left:
        if agreed:
            orders.set_defect(ctx.session, one, "挂起", actor=ctx.actor.login, now=ctx.now, said="带缺陷通过")
        else:
            one.order_number = ""
            orders.set_defect(ctx.session, one, "待派", actor=ctx.actor.login, now=ctx.now)
    result = "再整改" if left and not agreed else "带缺陷" if left else "通过"
    _log(ctx, row.number, "户复验", result, agreed_by=text(values, "agreed_by"))
    set_state(ctx.session, row, "整改中" if result == "再整改" else "待封户")
    most = max((one.rework for one in known.values()), default=0)
    return {"recheck_result": result, "defects_open": len(left), "rework_most": most}


def _rechecked(ctx: ListenerContext, defect: Defect, item: Mapping[str, Any]) -> None:
    photos = inspection_rechecks.with_marks(ctx.session, ctx.token_id, defect, item.get("photos") or [])
    defect.photos = [*defect.photos, *photos]
    if text(item, "passed") == "通过":
        orders.note(ctx.session, defect, inspection_rechecks.RECHECKED, actor=ctx.actor.login, now=ctx.now)
        orders.set_defect(ctx.session, defect, "已销项", actor=ctx.actor.login, now=ctx.now, said="户复验通过")
        defect.closed_at, defect.open = defect.closed_at or ctx.now, False
        return
    defect.open, defect.closed_at, defect.rejected = True, None, text(item, "note")
    defect.rework, defect.order_number = defect.rework + 1, ""
    orders.set_defect(ctx.session, defect, "待派", actor=ctx.actor.login, now=ctx.now, said=defect.rejected)


def u04(ctx: ListenerContext) -> dict[str, Any]:
    """The house is closed up: water and power off, doors locked, keys handed over."""
    row, values = row_of(ctx), ctx.values
    names = ("water_off", "locked", "clean", "keys", "remark")
    row.sealed = {name: values.get(name) for name in names} | {"by": ctx.actor.login, "at": ctx.now.isoformat()}
    _signed(ctx, row, "户验收封户", values.get("seal_signature"))
    unit = ctx.session.get_one(Unit, row.unit_id)
    for one in values.get("key_sets") or []:
        keys.deposit(
            ctx.session, unit, text(one, "label"), int(one.get("count") or 1), note=text(values, "keys"),
            actor=ctx.actor.login, now=ctx.now,
        )  # fmt: skip
    _log(ctx, row.number, "封户", text(values, "keys"))
    return {}
