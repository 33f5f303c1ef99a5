"""What the tasks of a house's handover write: K01–K14 (现场交付, 入伙问题处理)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import select

from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError
from processes.services import handover_units as units
from processes.services import inspections, keys, owner_texts, task_clocks
from processes.services.handover_units import day, house_of, iso, log, refused, set_state
from processes.services.recording import amount, moment, text
from storage import handovers as rows
from storage import parties
from storage.tables.cases import CaseDocument, ContactLog
from storage.tables.defects import Defect
from storage.tables.estate import Unit
from storage.tables.handovers import FeeItem, HandoverBatch, MeterReading, Notice, Refusal, StationCheck

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.connectors import ListenerContext
    from storage.tables.handovers import HandoverUnit

SIGN_IN, SENT_BACK = "签到", "退回"


def k01(ctx: ListenerContext) -> dict[str, Any]:
    """The appointment: a place in a slot, who comes, on whose behalf. Answers when, and until when he is waited for."""
    row, values, session = house_of(ctx), ctx.values, ctx.session
    result = text(values, "appoint_result")
    said = text(values, "proxy") if values.get("by_proxy") else ""
    session.add(
        ContactLog(case_number=row.number, at=ctx.now, actor=ctx.actor.login, with_whom="业主", kind="预约收楼",
                   channel="电话", reached=result != "未联系上", text=result)
    )  # fmt: skip
    if result != "已预约":
        log(ctx, row, "预约", result)
        return {"absent_result": "waiting"}
    slot = units.book(session, row, int(values.get("slot") or 0), now=ctx.now)
    row.by_proxy, row.proxy = bool(values.get("by_proxy")), said
    _document(ctx, row, "委托书", [str(one) for one in values.get("proxy_paper") or []])
    log(ctx, row, "预约", f"{slot.starts_at.astimezone(CHINA):%m-%d %H:%M}", visitors=values.get("visitors"))
    set_state(session, row, "已预约")
    owner_texts.appointed(session, row, slot, now=ctx.now, registry=ctx.registry)
    return {
        "slot_from": iso(slot.starts_at),
        "slot_to": iso(slot.ends_at),
        "no_show_at": iso(task_clocks.due(session, "no_show", start=slot.ends_at, now=ctx.now)),
        "absent_result": "came",
    }


def _document(ctx: ListenerContext, row: HandoverUnit, kind: str, files: list[str], method: str = "") -> None:
    if files:
        ctx.session.add(
            CaseDocument(case_number=row.number, kind=kind, at=ctx.now, actor=ctx.actor.login, method=method,
                         attachments=files)
        )  # fmt: skip


def _signed(ctx: ListenerContext, row: HandoverUnit, kind: str, field: str) -> None:
    value = ctx.values.get(field)
    _document(ctx, row, kind, [str(value)] if value else [], "电子签名")


def _countersign(ctx: ListenerContext, row: HandoverUnit, station: str, note: str = "") -> None:
    """Countersign a station on the procedure sheet (入住程序表); done again it is signed again."""
    check = rows.checks(ctx.session, row.number).get(station)
    if check is None:
        check = StationCheck(handover_number=row.number, station=station)
        ctx.session.add(check)
    check.at, check.actor, check.note = ctx.now, ctx.actor.login, note[:300]


def k02(ctx: ListenerContext) -> dict[str, Any]:
    """Sign-in: queue number of the day; of the identity document only the last four characters stay."""
    row, values = house_of(ctx), ctx.values
    local = ctx.now.astimezone(CHINA)
    morning = local.replace(hour=0, minute=0, second=0, microsecond=0)
    # two who sign in at the same moment get numbers one after the other
    ctx.session.execute(select(HandoverBatch.id).where(HandoverBatch.number == row.batch_number).with_for_update())
    row.queue_no, row.signed_in_at = rows.next_queue_no(ctx.session, row.batch_number, morning), ctx.now
    note = f"{text(values, 'id_type')} ****{text(values, 'id_tail')}"
    if row.by_proxy:
        note += f"；受托人 ****{text(values, 'proxy_id_tail')}，委托书已核"
    _countersign(ctx, row, SIGN_IN, note)
    set_state(ctx.session, row, "已签到")
    return {
        "queue_no": row.queue_no,
        "station_index": 1,
        "decision": None,
        "onsite_result": None,
        "keys_blocked": False,
    }


def k03(ctx: ListenerContext) -> dict[str, Any]:
    """The fees of the house with what is paid; whether open ones block the keys says DMN-12c."""
    row, values = house_of(ctx), ctx.values
    paid = {
        "面积补差": (amount(values.get("area_fee")) or 0, values.get("area_settled") is True),
        "尾款": (0.0, values.get("balance_settled") is True),
        "维修资金": (0.0, text(values, "maintenance_fund") == "已缴"),
        "物业费": (amount(values.get("property_fee")) or 0, values.get("property_paid") is True),
    }
    for kind, field in (("装修保证金", "deposit"), ("水电预存", "utility_prepay")):
        if amount(values.get(field)):
            paid[kind] = (amount(values.get(field)) or 0, True)
    known = {one.kind: one for one in rows.fees(ctx.session, row.unit_id)}
    for kind, (much, settled) in paid.items():
        item = known.get(kind)
        if item is None:
            item = FeeItem(unit_id=row.unit_id, kind=kind)
            ctx.session.add(item)
        item.handover_number, item.amount = row.number, much
        item.paid, item.paid_at = (much, ctx.now) if settled else (0, None)
        item.receipt = text(values, "receipt") if settled else ""
    open_ = [kind for kind, (_, settled) in paid.items() if not settled]
    _countersign(ctx, row, "款项核对", "未清：" + "、".join(open_) if open_ else "已结清")
    set_state(ctx.session, row, "办理中")
    return {}


def k04(ctx: ListenerContext) -> dict[str, Any]:
    """The inspection with the owner: defects, his decision and signature. Answers the counts for DMN-12c."""
    row, values, session = house_of(ctx), ctx.values, ctx.session
    for one in values.get("defects") or []:
        _defect(ctx, row, one)
    session.flush()
    found = [one for one in rows.defects(session, row.number) if one.open]
    row.decision = text(values, "decision")
    due = day(values.get("fix_promised_on"))
    row.promise = f"{text(values, 'fix_promise')}（{due}）" if due else text(values, "fix_promise")
    witness = text(values, "sign_witness")
    if not witness:
        _signed(ctx, row, "房屋验收单", "owner_sign")
    unsigned = f"业主拒绝签名，见证人 {witness}" if witness else ""
    pieces = (row.decision, f"缺陷 {len(found)} 项", text(values, "refused_because"), unsigned)
    _countersign(ctx, row, "陪同验房", "，".join(piece for piece in pieces if piece))
    said = (row.decision, text(values, "refused_because"), unsigned)
    log(ctx, row, "收楼意见", "；".join(piece for piece in said if piece), defects=len(found))
    set_state(session, row, "拒收" if row.decision == "拒收" else "办理中")
    counts = {f"{level.lower()}_count": sum(one.severity == level for one in found) for level in "ABC"}
    refused = {"onsite_result": "refused"} if row.decision == "拒收" else {"onsite_result": None}
    return {**counts, **refused, "with_problems": row.decision == "带问题收楼"}


def _defect(ctx: ListenerContext, row: HandoverUnit, one: Mapping[str, Any]) -> None:
    part, problem = text(one, "part"), text(one, "problem")
    photos = [{"attachment": str(key), "kind": "before"} for key in one.get("photos") or []]
    defect = Defect(
        id=uuid4(), project=row.project, unit_id=row.unit_id, house=row.house, found_in=row.number, stage="正式交付",
        room=part.partition("/")[0], part=part, problem=problem, severity=text(one, "severity") or "B",
        trade=inspections.trade_of(ctx.session, problem), text=text(one, "description"), photos=photos,
        found_at=ctx.now, found_by=ctx.actor.login,
    )  # fmt: skip
    inspections.assign(ctx.session, defect, now=ctx.now)
    ctx.session.add(defect)


def k05(ctx: ListenerContext) -> dict[str, Any]:
    """Papers signed and given; the warranty book's periods are those of the register."""
    row, values = house_of(ctx), ctx.values
    given = [str(one) for one in values.get("papers_done") or []]
    row.file = {**row.file, "papers": given}
    _signed(ctx, row, "交接书", "papers_sign")
    _countersign(ctx, row, "签署与资料", "、".join(given))
    return {}


def k06(ctx: ListenerContext) -> dict[str, Any]:
    """Meters read, keys handed over: delivered. The owner's warranty begins today (DMN-03, AC23)."""
    row, values, session = house_of(ctx), ctx.values, ctx.session
    if row.decision not in ("收楼", "带问题收楼"):
        raise ConflictError(N_("The owner has not accepted the house: no keys."))
    unit = session.get_one(Unit, row.unit_id)
    photo = next(iter(values.get("meter_photos") or []), "")
    for kind, field in (("水表", "water"), ("电表", "power"), ("气表", "gas")):
        reading = amount(values.get(field))
        if reading is not None:
            session.add(
                MeterReading(unit_id=unit.id, handover_number=row.number, kind=kind, value=reading, photo=str(photo),
                             at=ctx.now, actor=ctx.actor.login)
            )  # fmt: skip
    holder = row.proxy or units.owner_of(session, unit.id) or "业主"
    for one in values.get("key_sets") or []:
        keys.give_owner(session, unit, text(one, "label"), int(one.get("count") or 1), holder=holder,
                        actor=ctx.actor.login, now=ctx.now)  # fmt: skip
    row.lend_key = bool(values.get("lend_key"))
    if row.lend_key and not any(one.label == keys.FOR_REPAIRS for one in rows.keys_of(session, unit.id)):
        keys.enter(session, unit, keys.FOR_REPAIRS, 1, actor=ctx.actor.login, now=ctx.now)
    units.delivered(session, row, at=ctx.now, now=ctx.now)
    _signed(ctx, row, "钥匙签收", "keys_sign")
    _countersign(ctx, row, "抄表与钥匙")
    log(ctx, row, "交付", row.decision)
    set_state(session, row, "带问题交付" if row.decision == "带问题收楼" else "已交付")
    owner_texts.keys_given(session, row, now=ctx.now, registry=ctx.registry)
    return {"delivered_at": iso(ctx.now)}


def k07(ctx: ListenerContext) -> dict[str, Any]:
    """The owner's marks on site."""
    row, values = house_of(ctx), ctx.values
    scores = {name: values[name] for name in values if name.startswith("score_")}
    row.satisfaction = {**row.satisfaction, **scores, "opinion": text(values, "site_opinion")}
    _countersign(ctx, row, "现场满意度", str(values.get("score_overall") or ""))
    return {}


def k08(ctx: ListenerContext) -> dict[str, Any]:
    """A refusal: why, what he demands, what was promised, when again (C13). Answers how often he refused."""
    row, values = house_of(ctx), ctx.values
    why = list(values.get("refusal_reasons") or [])
    demand, promise = text(values, "refusal_demand"), text(values, "refusal_promise")
    again = moment(values.get("again_at"))
    if ctx.variables.get("promise_approval") == SENT_BACK:  # the same refusal, talked over once more
        last = rows.refusals(ctx.session, row.number)[-1]
        last.reasons, last.demand, last.promise, last.again_at = why, demand, promise, again
    else:
        row.refusals += 1
        ctx.session.add(
            Refusal(handover_number=row.number, count=row.refusals, reasons=why, demand=demand, promise=promise,
                    again_at=again, at=ctx.now, actor=ctx.actor.login)
        )  # fmt: skip
    log(ctx, row, "拒收", "、".join(map(str, why)), count=row.refusals)
    row.slot_id = None
    set_state(ctx.session, row, "拒收")
    return {"refusals": row.refusals, "promise_approval": None, **_authority(values)}


def _authority(values: Mapping[str, Any]) -> dict[str, Any]:
    """What DMN-09 asks of a promise: repairing alone needs nobody's leave; money, return or more outside does."""
    return {
        "approval_kind": "方案",
        "kind": "报修",
        "company_liable": None,
        "plan_types": ["退换"] if text(values, "refusal_outcome") == "退房" else ["整改"],
        "compensation": amount(values.get("compensation")) or 0,
        "external_promise": values.get("external_promise") is True,
        "level": None,
        "extension": None,
        "customer_consents": None,
    }


def k15(ctx: ListenerContext) -> dict[str, Any]:
    """What was promised to an owner who refuses is approved by whom DMN-09 names, or talked over again."""
    row, said = house_of(ctx), text(ctx.values, "promise_approval")
    opinion = text(ctx.values, "approval_opinion")
    log(ctx, row, "承诺审批", " · ".join(piece for piece in (said, opinion) if piece))
    return {}


def k09(ctx: ListenerContext) -> dict[str, Any]:
    """The owner checks the repairs; what is still wrong becomes a defect again."""
    row, values = house_of(ctx), ctx.values
    again = list(values.get("recheck_defects") or [])
    if text(values, "recheck") == "不通过" and not again:
        raise refused("recheck_defects", N_("Say what is still wrong."), "仍有问题")
    for one in again if text(values, "recheck") == "不通过" else []:
        _defect(ctx, row, one)
    _signed(ctx, row, "复验签字", "recheck_sign")
    log(ctx, row, "业主复验", text(values, "recheck"))
    return {}


def k10(ctx: ListenerContext) -> dict[str, Any]:
    """The owner's file; `complete` counts how much of it is filled in, in per cent."""
    row, values = house_of(ctx), ctx.values
    names = ("family", "emergency_contact", "cars", "usage", "renovation", "prefer")
    kept = {name: values.get(name) for name in names}
    share = round(100 * sum(value not in (None, "") for value in kept.values()) / len(names))
    row.file = {**row.file, **kept, "complete": share}
    party = next((one for _, one in parties.people_of(ctx.session, [row.unit_id])), None)
    if party is not None and text(values, "prefer"):
        party.prefer = text(values, "prefer")
    log(ctx, row, "业主档案", f"{share}%")
    return {}


def k11(ctx: ListenerContext) -> dict[str, Any]:
    """A letter to an owner who does not come, with its proof of delivery."""
    row, values = house_of(ctx), ctx.values
    sent = moment(values.get("letter_sent_at")) or ctx.now
    ctx.session.add(
        Notice(handover_number=row.number, kind="催告函", channel=text(values, "letter_channel") or "EMS",
               number=text(values, "letter_number"), sent_at=sent, proof=text(values, "letter_note"),
               actor=ctx.actor.login)
    )  # fmt: skip
    _document(ctx, row, "催告送达证据", [str(one) for one in values.get("letter_proof") or []])
    ctx.session.flush()
    letters = sum(one.kind == "催告函" for one in rows.notices(ctx.session, row.number))
    log(ctx, row, "催告", f"第 {letters} 次")
    return {"letters": letters}


def k12(ctx: ListenerContext) -> dict[str, Any]:
    """The legal review, then the executive's finding: deemed handed over from a day on."""
    row, values = house_of(ctx), ctx.values
    said = text(values, "deemed_decision")
    log(ctx, row, "视同交付", said, grounds=text(values, "deemed_grounds"), step=ctx.element_id)
    on = day(values.get("deemed_on"))
    if ctx.element_id != "K12b" or said != "认定视同交付":
        return {"deemed_decision": said}
    if on is None or on > ctx.now.astimezone(CHINA).date():
        raise refused("deemed_on", N_("The day of the deemed handover does not lie ahead."), "视同交付日期")
    units.delivered(ctx.session, row, at=datetime(on.year, on.month, on.day, tzinfo=CHINA), now=ctx.now)
    set_state(ctx.session, row, "视同交付")
    return {"deemed_decision": said, "absent_result": "deemed"}


def k13(ctx: ListenerContext) -> dict[str, Any]:
    """A call after moving in (SP2)."""
    row, values = house_of(ctx), ctx.values
    reached = text(values, "movein_reached") == "接通"
    said = text(values, "movein_satisfaction")
    row.satisfaction = {**row.satisfaction, ctx.element_id: said, "movein_opinion": text(values, "movein_opinion")}
    ctx.session.add(
        ContactLog(case_number=row.number, at=ctx.now, actor=ctx.actor.login, with_whom="业主", kind="入住回访",
                   channel="电话", reached=reached, text=said)
    )  # fmt: skip
    return {}


def k14(ctx: ListenerContext) -> dict[str, Any]:
    """The call on the fifth day (C06)."""
    row, values = house_of(ctx), ctx.values
    ctx.session.add(
        ContactLog(case_number=row.number, at=ctx.now, actor=ctx.actor.login, with_whom="业主", kind="第5日沟通",
                   channel="电话", reached=bool(values.get("reached")), text=text(values, "explained"),
                   promised_at=moment(values.get("new_promise_at")))
    )  # fmt: skip
    return {}
