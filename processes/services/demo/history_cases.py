"""Closed cases of the past: what was said, done, promised and asked afterwards, as rows only (DOMAIN 5 and 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from processes.services.demo.history_orders import WORKERS, Fault, Past
from processes.services.demo.history_rows import QUALITY, Book, by_day, span
from storage.tables.cases import Appointment, CaseTask, ProgressReport, SurveyResponse
from storage.tables.deadlines import Escalation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.tables.contractors import Contractor

LIN, ZHOU, SUN = "lin.xiaoan", "zhou.xiaoning", "sun.mingli"
ACCEPT = {"特急": (0.25, "h", "DMN-05 E11 [R]"), "紧急": (2, "h", "DMN-05 [R]"), "一般": (24, "h", "DMN-05 D01")}
CONTACT = {"特急": (2, "h", "DMN-05 [R]"), "紧急": (2, "h", "DMN-05 [R]"), "一般": (28, "h", "DMN-05 A08")}
REPLY = {"特急": (1, "wd", "DMN-05 [P]"), "紧急": (1, "wd", "DMN-05 [P]"), "一般": (3, "wd", "DMN-05 D11")}
RESOLVE = {"特急": (24, "h", "DMN-05 [R]"), "紧急": (24, "h", "DMN-05 [R]"), "一般": (15, "wd", "DMN-05 D12")}
SERVICE = (3, "wd", "DMN-05 E10 [R]")
DAY5, PROGRESS = (5, "eod", "DMN-05 C06"), (3, "cd", "DMN-05 D15")
CALLBACK, WAVE2 = (7, "cd", "DMN-05 B61"), (30, "cd", "DMN-05 E19")
ACT = {1: (24, "h", "DMN-05 [P]"), 2: (8, "h", "DMN-05 [P]"), 3: (4, "h", "DMN-05 [P]"), 4: (2, "h", "DMN-05 [P]")}
WORST = 4
SCORES = {"满意": (5, 5, 5, 4), "基本满意": (4, 4, 3, 3), "不满意": (1, 2, 2, 3)}
HANDLERS = {"物业环境": "mei.huanjing", "物业秩序": "du.zhixu", "物业维修": "han.shifu", "销售部": "feng.zhuguan"}
REPORTS = 4


@dataclass(slots=True)
class Went:
    """How a case went, before it is written."""

    accepted: datetime
    contacted: datetime
    planned: datetime
    replied: datetime
    promised: datetime
    original: datetime
    done: datetime
    solved: datetime
    late: bool
    limit: tuple[float, str, str]


def write(book: Book, case: dict[str, Any], unit: Contractor | None, fault: Fault | None) -> Past | None:
    """Fill in a case's figures and write what belongs to it; gives its rectification order, if it had one.

    `case` is the row so far; `unit` mends `fault` where it is about repairs.
    """
    if case["close_type"] not in ("accepted", "internal"):
        _short(book, case)
        return None
    went = _course(book, case, unit)
    case |= {
        "promised_at": went.promised, "original_promised_at": went.original, "solved_at": went.solved,
    }  # fmt: skip
    _opening(book, case, went)
    _work(book, case, went, unit)
    _five_days(book, case, went)
    _levels(book, case, went)
    closed = _asked_afterwards(book, case, went)
    case["closed_at"] = closed
    book.event(case["number"], closed, SUN, "复查归档", "", score=case["norm_score"], complete=True)
    book.event(case["number"], closed, "system", "关闭", "客户认可关闭", reason="")
    return _order(book, case, went, unit, fault) if unit is not None and fault is not None else None


def _course(book: Book, case: Mapping[str, Any], unit: Contractor | None) -> Went:
    rng, received, urgency = book.rng, case["received_at"], case["urgency"]
    limit = SERVICE if case["category"] == "物业服务" and urgency == "一般" else RESOLVE[urgency]
    budget = book.now - received - timedelta(days=2)
    due = book.due(received, limit)
    span_of = due - received
    quality = QUALITY[unit.code][0] if unit is not None else 0.85
    late = not book.chance(quality * 0.97) and budget > span_of * 1.6
    took = span_of * rng.uniform(1.02, 1.9) if late else span_of * min(0.97, rng.betavariate(2.4, 2.2) * 1.02)
    solved = received + min(took, budget * 0.6)
    first = ACCEPT[urgency]
    within = timedelta(hours=first[0]) * (rng.uniform(0.05, 0.9) if book.chance(0.93) else rng.uniform(1.05, 1.8))
    accepted = received + min(within, (solved - received) * 0.25)
    reply = book.due(received, REPLY[urgency])
    quick = book.chance(0.89)
    replied = accepted + (reply - accepted) * rng.uniform(0.2, 0.95) if quick else reply + span(rng, 0.1, 2)
    replied = min(replied, received + (solved - received) * 0.7)
    share = CONTACT[urgency]
    answered = timedelta(hours=share[0]) * (rng.uniform(0.05, 0.95) if book.chance(0.94) else rng.uniform(1.05, 1.5))
    contacted = min(received + answered, replied)
    moved = (late and book.chance(0.45)) or book.chance(0.05)
    promised = due + span(rng, 2, 8) if moved and limit[1] == "wd" else due
    planned = accepted + (replied - accepted) * 0.6
    done = replied + (solved - replied) * rng.uniform(0.6, 0.9)
    return Went(accepted, contacted, planned, replied, promised, due, done, solved, late, limit)


def _opening(book: Book, case: Mapping[str, Any], went: Went) -> None:
    number, project, received, urgency = case["number"], case["project"], case["received_at"], case["urgency"]
    agent, head = case["owner"], case["acceptor"]
    book.contact(number, received, agent, "来电登记", case["brief"], channel=case["channel"])
    book.event(number, received, agent, "登记", case["brief"], kind=case["kind"], urgency=urgency)
    sent = received + (went.accepted - received) * 0.3
    book.event(number, sent, agent, "派单", "请尽快联系客户。", acceptor=head, department=case["department"])
    book.contact(number, received + (went.accepted - received) * 0.5, agent, "通知受理人", "接通", with_whom="受理人")
    book.event(number, went.accepted, head, "受理")
    for name, limit, ended, who in (
        ("accept", ACCEPT[urgency], went.accepted, head),
        ("contact", CONTACT[urgency], went.contacted, agent),
        ("reply", REPLY[urgency], went.replied, head),
    ):
        due = min(book.due(received, limit), went.original) if name == "reply" else book.due(received, limit)
        book.clock(number, project, name, received, due, ended, limit=limit, accountable=who)
    book.clock(
        number, project, "resolve", received, went.promised, went.solved, limit=went.limit, accountable=head,
        original=went.original, reason="制定方案" if went.promised != went.original else "",
    )  # fmt: skip
    if case["kind"] == "报修":
        book.contact(number, went.contacted, head, "预约上门", "已约")
        book.add(
            Appointment, case_number=number, starts_at=by_day(book.rng, went.contacted + timedelta(days=1)),
            ends_at=None, visitors=["zheng.jianli"], state="已到", made_by=head, made_at=went.contacted,
        )  # fmt: skip
        book.event(number, went.planned, "zheng.jianli", "现场查勘", "属实" if case["valid"] else "不属实")


def _work(book: Book, case: Mapping[str, Any], went: Went, unit: Contractor | None) -> None:
    number, head, department = case["number"], case["acceptor"], case["department"]
    liable = {"报修": "全部", "投诉": "部分" if case["valid"] else "无"}.get(case["kind"], "部分")
    book.event(number, went.planned, head, "制定方案", "安排责任部门处理，完成后通知客户复验。", types=["维修" if unit
               else "解释"], liable=liable, compensation=case["loss_amount"] or None)  # fmt: skip
    if case["kind"] == "投诉" and case["valid"]:
        book.event(number, went.planned, "yan.lingdao", "方案审核", "同意方案。", decision="同意", amount=None)
    book.contact(number, went.replied, head, "方案答复", "接受", promised=went.promised)
    told = book.chance(0.93)
    asked = min(went.replied + timedelta(hours=20), went.done)
    book.contact(number, asked, case["owner"], "过程回访", "清楚方案和时间。" if told else "没有说清完成时间。")
    book.event(number, asked, case["owner"], "过程回访", "清楚" if told else "未说清", acceptor=head)
    handler = HANDLERS.get(department, "kang.gongcheng") if unit is None else WORKERS.get(unit.code, "han.shifu")
    due = went.original - (went.original - went.planned) * 0.15
    for round_ in range(1, case["round"] + 1):
        start = went.planned if round_ == 1 else went.planned + (went.done - went.planned) * (round_ - 1) / WORST
        book.add(
            CaseTask, case_number=number, round=round_, kind="整改" if unit else "部门处理", department=department,
            handler=handler, content="按方案处理并拍照。", assigned_at=start, due_at=due, done_at=went.done,
            result="已解决" if round_ == case["round"] else "部分", measures="已按方案处理完毕并自检。",
        )  # fmt: skip
    book.clock(number, case["project"], "task", went.planned, due, went.done, limit=(0, "h", "T12 D13"),
               accountable=handler, about=("case_task", number))  # fmt: skip
    _reports(book, case, went, handler)
    book.event(
        number, went.done, head, "问题归类", "问题已处理完毕。", valid=case["valid"], treatment=case["treatment"]
    )
    if case["round"] > 1:
        again = went.replied + (went.done - went.replied) * 0.5
        book.contact(number, again, case["owner"], "结果回复", "不满意", promised=went.promised)
        for round_ in range(2, case["round"] + 1):
            book.event(number, again, "system", "二次处理", "", round=round_)
    told_at = went.done + (went.solved - went.done) * 0.8
    book.contact(number, told_at, case["owner"], "结果回复", case["satisfaction"])
    book.event(number, went.solved, case["owner"], "客户签认", "认可处理结果。", method="电子签名")
    if case["subject"] == "人员服务":
        _opinions(book, case, went)


def _reports(book: Book, case: Mapping[str, Any], went: Went, handler: str) -> None:
    """A report every three days while the work runs (D15)."""
    start, percent = went.replied, 0
    for _ in range(REPORTS):
        due = start + timedelta(days=3)
        if due >= went.done:
            return
        at = due - timedelta(hours=book.rng.uniform(1, 20)) if book.chance(0.86) else due + span(book.rng, 0.2, 1.2)
        at, percent = min(at, went.done), min(90, percent + 25)
        book.clock(case["number"], case["project"], "progress", start, due, at, limit=PROGRESS, accountable=handler)
        book.add(
            ProgressReport, case_number=case["number"], at=at, actor=handler, percent=percent,
            done="材料已进场，按计划施工。", next_step="完成后自检。", expected_at=went.promised,
        )  # fmt: skip
        start = due


def _opinions(book: Book, case: Mapping[str, Any], went: Went) -> None:
    """What was found about the person complained about (C30, C31)."""
    fault = book.rng.choice(("一般", "一般", "严重")) if case["valid"] else "无"
    number, at = case["number"], went.solved
    book.event(number, at, "qian.xiaoman", "被投诉人说明", "已向客户致歉。", resolved=True, severity="一般")
    book.event(number, at, "feng.zhuguan", "主管初步意见", "应加强培训。", fault=fault)
    book.event(number, at, "he.jingli", "经理认定", "同意主管意见。", fault=fault)
    book.event(number, at, "hua.zong", "总经理阅批", "同意。", fault=fault)


def _five_days(book: Book, case: Mapping[str, Any], went: Went) -> None:
    """The call on the fifth day, where the case was not solved by then (C06)."""
    due = book.due(case["received_at"], (5, "cd", ""))
    due = book.days.end_of_day(due)
    if went.solved <= due:
        ended = went.solved
    else:
        hit = book.chance(0.9)
        ended = (
            due - timedelta(hours=book.rng.uniform(0.5, 8)) if hit else due + timedelta(hours=book.rng.uniform(2, 40))
        )
        ended = min(ended, went.solved)
        why = book.rng.choice(("材料", "天气", "人员", "业主时间", "方案争议", "其他"))
        book.contact(case["number"], ended, case["owner"], "第5日沟通", f"{why}；已说明进展。", promised=went.promised)
    book.clock(case["number"], case["project"], "day5_call", case["received_at"], due, ended, limit=DAY5,
               accountable=case["owner"])  # fmt: skip
    if case["urged"]:
        for at in range(case["urged"]):
            when = went.replied + (went.done - went.replied) * (at + 1) / (case["urged"] + 1)
            book.contact(case["number"], when, case["owner"], "客户催办", "什么时候能修好？")
    if went.late:
        when = min(went.original + timedelta(hours=16), went.solved)
        book.contact(case["number"], when, ZHOU, "逾期催办", "人手不足，已加派。", with_whom="责任人")
    elif book.chance(0.2):
        when = min(went.original - timedelta(days=1), went.done)
        book.contact(case["number"], max(when, case["received_at"]), ZHOU, "到期提醒", "已提醒。", with_whom="责任人")


def _levels(book: Book, case: dict[str, Any], went: Went) -> None:
    """What was suggested and decided about the level (A13, A14)."""
    if went.late and not case["level"] and book.chance(0.3):
        case["level"] = 1
    if not case["level"]:
        return
    level, at = case["level"], min(went.original, went.done)
    limit = ACT[level]
    acted = at + timedelta(hours=limit[0] * (book.rng.uniform(0.1, 0.9) if book.chance(0.88) else 1.6))
    who = {1: case["acceptor"], 2: SUN, 3: "yan.lingdao"}.get(level, "hua.zong")
    owner = {1: "cs_sup", 2: "cs_mgr", 3: "leader"}.get(level, "gm")
    reason = {1: "任务逾期", 2: "客户二次不满意", 3: "逾期七天以上"}.get(level, "影响面大")
    for suggested, actor in ((True, "system"), (False, who)):
        book.add(
            Escalation, case_number=case["number"], at=at, actor=actor, suggested=suggested, level_from=0,
            level_to=level, owner=owner if suggested else "", reason="" if suggested else reason,
            source="DMN-06" if suggested else "", act_due_at=book.due(at, limit), acted_at=acted,
            ended_at=went.solved,
        )  # fmt: skip
    book.event(case["number"], at, who, "级别变化", reason, **{"from": 0, "to": level})
    book.clock(case["number"], case["project"], "act", at, book.due(at, limit), acted, limit=limit, accountable=who)


def _asked_afterwards(book: Book, case: Mapping[str, Any], went: Went) -> datetime:
    """The call-backs; gives when the case was closed."""
    rng, number = book.rng, case["number"]
    reached = book.chance(0.89)
    tries = rng.choices((1, 2, 3), weights=(80, 14, 6))[0] if reached else 3
    at = went.solved + (span(rng, 1.5, 5) if book.chance(0.93) else span(rng, 7.2, 11))
    at = min(at, book.now - timedelta(hours=30))
    due = book.due(went.solved, CALLBACK)
    kind = "维修问卷" if case["kind"] == "报修" else "销售问卷" if case["subject"] == "人员服务" else "投诉问卷"
    for attempt in range(1, tries + 1):
        when = at + timedelta(hours=9 * (attempt - 1))
        answered = reached and attempt == tries
        _survey(book, case, when, kind, attempt, answered=answered)
    last = at + timedelta(hours=9 * (tries - 1))
    book.clock(number, case["project"], "callback", went.solved, due, last, limit=CALLBACK, accountable=case["owner"],
               met=reached)  # fmt: skip
    closed = min(last + span(rng, 0.1, 2), book.now - timedelta(hours=2))
    second = closed + timedelta(days=30)
    if case["round"] > 1 and second < book.now:
        _survey(book, case, second, kind, 1, answered=True, wave=2)
        book.clock(number, case["project"], "callback2", closed, book.due(closed, WAVE2), second, limit=WAVE2,
                   accountable=case["owner"])  # fmt: skip
    return closed


def _survey(
    book: Book, case: Mapping[str, Any], at: datetime, kind: str, attempt: int, *, answered: bool, wave: int = 1
) -> None:
    result = "接通" if answered else book.rng.choice(("未接", "未接", "拒访", "号码错误"))
    overall = case["satisfaction"] if answered else ""
    scores = SCORES.get(overall, (4,))
    said: dict[str, Any] = {}
    if answered:
        names = ("q_timely", "q_quality", "q_clean", "q_solved") if kind == "维修问卷" else ("q_timely", "q_honest")
        said = {name: book.rng.choice(scores) for name in names}
    book.add(
        SurveyResponse, case_number=case["number"], questionnaire=kind, round=case["round"], wave=wave,
        attempt=attempt, at=at, actor=case["owner"], result=result,
        attitude=book.rng.choice(scores) if answered else None, outcome=book.rng.choice(scores) if answered else None,
        overall=overall, opinion=_opinion(overall), new_demand="", answers=said,
    )  # fmt: skip
    book.contact(case["number"], at, case["owner"], "回访", overall or result, reached=answered)


def _opinion(overall: str) -> str:
    return {"满意": "处理及时。", "基本满意": "再快一些更好。", "不满意": "拖得太久，没有人主动联系。"}.get(overall, "")


def _order(book: Book, case: Mapping[str, Any], went: Went, unit: Contractor, fault: Fault) -> Past:
    more = (fault, fault) if book.chance(0.2) else (fault,)
    stage = "保修期"
    return Past(
        starter=case["number"], kind="case", stage=stage,
        channel="销售" if case["channel"] == "销售现场" else "物业" if case["received_by"] == "物业" else "座席",
        project=case["project"], unit_id=case["unit_id"], house=case["house"], area=case["area"], unit=unit,
        trade=fault.problem.partition("/")[0], reported_at=case["received_at"], issued_at=went.replied, faults=more,
        found_in=case["number"], found_by=case["owner"], urgency=case["urgency"], closed=went.done,
        satisfied=case["satisfaction"],
    )  # fmt: skip


def _short(book: Book, case: dict[str, Any]) -> None:
    """A case that ended without any handling: answered at once, not ours, merged, withdrawn."""
    number, received, kind = case["number"], case["received_at"], case["close_type"]
    ended = (
        received + timedelta(minutes=book.rng.uniform(6, 40))
        if kind == "answered"
        else received + span(book.rng, 0.05, 2)
    )
    case |= {"closed_at": ended, "promised_at": None, "original_promised_at": None}
    case["solved_at"] = ended if kind in ("answered", "not_ours") else None
    case["close_reason"] = {"withdrawn": "客户自行解决", "not_ours": "政府/公用事业"}.get(kind, "")
    book.contact(number, received, case["owner"], "来电登记", case["brief"], channel=case["channel"])
    book.event(number, received, case["owner"], "登记", case["brief"], kind=case["kind"], urgency=case["urgency"])
    said = {"answered": "答复", "not_ours": "解释指引"}.get(kind)
    if said:
        book.contact(number, ended, case["owner"], said, "已说明办理途径。")
    limit = ACCEPT[case["urgency"]]
    if kind == "withdrawn":
        book.clock(number, case["project"], "accept", received, book.due(received, limit), ended, limit=limit,
                   accountable=case["acceptor"], met=False)  # fmt: skip
    book.event(number, ended, "system", "关闭", {"answered": "已答复", "not_ours": "非我方办结"}.get(kind, "撤诉"))
