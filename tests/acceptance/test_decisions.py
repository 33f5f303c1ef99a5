"""The decision tables give the figures of the source documents, for every input, known or not (DMN-01, 02, 05–09, 11)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.core import dmn, feel

FOLDER = Path(__file__).parents[2] / "processes" / "complaint"
ENV = feel.Env(now=datetime(2026, 3, 2, 1, 0, tzinfo=UTC), zone=ZoneInfo("Asia/Shanghai"))
TABLES = {
    "classify_route": "category department role first_task note",
    "tracking_scope": "our_scope gathered owner owner_role interest forward",
    "time_limits": "value unit warn_value start remind pausable source",
    "escalation_level": "level level_name owner told penalty",
    "questionnaire_callback": "questionnaire wait max_attempts mode second_wave",
    "notify": "recipient channels",
    "approval_authority": "approval_role also",
    "staff_penalty": "violation clause amount notice source",
}
ANYTHING = "zzz"


@cache
def load(table):
    return dmn.parse((FOLDER / f"{table}.dmn").read_bytes())


def ask(table, **variables):
    return feel.to_json(dmn.evaluate(load(table), table, variables, ENV).value)


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_can_be_deployed(table):
    assert [str(finding) for finding in dmn.lint(load(table)) if finding.severity == "error"] == []
    assert table in load(table).decisions


# ---------------------------------------------------------------- DMN-01
ROUTES = [
    ({"urgency": "特急", "kind": "投诉"}, "应急", "项目值班", "cs_sup", "T04"),
    ({"kind": "咨询"}, "咨询", "客服部", "agent", "T02"),
    ({"kind": "表扬"}, "表扬", "客服部", "agent", "T02"),
    ({"kind": "建议", "subject": "销售承诺"}, "建议", "销售部", "sales_mgr", "T07"),
    ({"kind": "建议", "subject": "规划环境"}, "建议", "设计部", "handler", "T07"),
    ({"kind": "建议", "subject": "费用"}, "建议", "财务部", "finance", "T07"),
    ({"kind": "建议", "subject": "其他"}, "建议", "客服部", "cs_sup", "T07"),
    ({"kind": "报修", "subject": "自己房产", "in_warranty": True}, "地产保修", "工程部", "eng_lead", "T07"),
    ({"kind": "报修", "subject": "公共部位", "in_warranty": False}, "物业报修", "物业维修", "prop_cs", "T07"),
    ({"kind": "报修", "subject": "自己房产"}, "待判定", "客服部", "cs_sup", "T09"),
    ({"kind": "投诉", "subject": "销售承诺", "channel": "公司现场"}, "销售服务", "销售部", "sales_mgr", "T30"),
    ({"kind": "投诉", "subject": "销售承诺", "channel": "电话"}, "销售服务", "销售部", "sales_mgr", "T07"),
    ({"kind": "投诉", "subject": "人员服务", "channel": "销售现场"}, "销售服务", "销售部", "sales_mgr", "T30"),
    ({"kind": "诉求", "subject": "规划环境"}, "规划设计", "设计部", "handler", "T07"),
    ({"kind": "投诉", "subject": "合同产证"}, "合同财务", "法务部", "legal", "T07"),
    ({"kind": "投诉", "subject": "费用"}, "合同财务", "财务部", "finance", "T07"),
    (
        {"kind": "投诉", "subject": "自己房产", "cat1": "工程维修类", "in_warranty": True},
        "地产保修",
        "工程部",
        "eng_lead",
        "T07",
    ),
    (
        {"kind": "投诉", "subject": "自己房产", "cat1": "工程维修类", "in_warranty": False},
        "物业报修",
        "物业维修",
        "prop_cs",
        "T07",
    ),
    ({"kind": "投诉", "subject": "自己房产", "cat1": "工程维修类"}, "待判定", "客服部", "cs_sup", "T09"),
    ({"kind": "投诉", "subject": "公共部位", "cat1": "清洁绿化类"}, "物业服务", "物业环境", "prop_cs", "T07"),
    ({"kind": "投诉", "subject": "公共部位", "cat1": "秩序维护类"}, "物业服务", "物业秩序", "prop_cs", "T07"),
    (
        {"kind": "投诉", "subject": "其他", "cat1": "客户服务类", "channel": "销售现场"},
        "销售服务",
        "销售部",
        "sales_mgr",
        "T07",
    ),
    (
        {"kind": "投诉", "subject": "人员服务", "cat1": "客户服务类", "channel": "电话"},
        "物业服务",
        "客服部",
        "cs_mgr",
        "T07",
    ),
    ({"kind": "投诉", "subject": "其他", "cat1": "其他"}, "其他", "客服部", "cs_sup", "T07"),
    ({}, "其他", "客服部", "cs_sup", "T07"),
]


@pytest.mark.parametrize(("given", "category", "department", "role", "first_task"), ROUTES)
def test_classification_and_routing(given, category, department, role, first_task):
    answer = ask("classify_route", **given)
    assert (answer["category"], answer["department"], answer["role"], answer["first_task"]) == (
        category,
        department,
        role,
        first_task,
    )


# ---------------------------------------------------------------- DMN-02
SCOPES = [
    (True, "地产", "地产保修", True, True, "agent", "全程"),
    (True, "地产", "物业服务", True, True, "agent", "跟踪结果"),
    (True, "物业", "销售服务", True, True, "agent", "全程"),
    (True, "物业", "物业服务", True, False, "prop_cs", "只读"),
    (False, "地产", "物业服务", False, False, "agent", "记录并指引"),
    (False, "物业", "地产保修", False, False, "prop_cs", "系统外或导入"),
    (None, None, None, True, True, "agent", "全程"),
]


@pytest.mark.parametrize(("affiliated", "received_by", "category", "ours", "gathered", "role", "interest"), SCOPES)
def test_who_gathers_a_case(affiliated, received_by, category, ours, gathered, role, interest):
    answer = ask("tracking_scope", property_affiliated=affiliated, received_by=received_by, category=category)
    assert (answer["our_scope"], answer["gathered"], answer["owner_role"], answer["interest"]) == (
        ours,
        gathered,
        role,
        interest,
    )


# ---------------------------------------------------------------- DMN-05: process, clock, more → value, unit, start, source
LIMITS = [
    ("complaint", "accept", {"urgency": "特急"}, 0.25, "h", "registered", "E11"),
    ("complaint", "accept", {"urgency": "紧急"}, 2, "h", "registered", "[R]"),
    ("complaint", "accept", {"urgency": "一般"}, 24, "h", "registered", "D01"),
    ("complaint", "contact", {"urgency": "特急"}, 2, "h", "received", "[R]"),
    ("complaint", "contact", {"urgency": "紧急"}, 2, "h", "received", "[R]"),
    ("complaint", "contact", {"urgency": "一般"}, 28, "h", "received", "A08"),
    ("complaint", "on_site", {"urgency": "特急"}, 0.5, "h", "received", "[R]"),
    ("complaint", "reply", {"urgency": "一般", "scope": "群诉"}, 1.5, "wd", "received", "[R]"),
    ("complaint", "reply", {"urgency": "特急", "external": ["媒体"]}, 1.5, "wd", "received", "[R]"),
    ("complaint", "reply", {"urgency": "紧急"}, 1, "wd", "received", "[P]"),
    ("complaint", "reply", {"urgency": "一般"}, 3, "wd", "received", "D11"),
    ("complaint", "resolve", {"urgency": "紧急"}, 24, "h", "received", "[R]"),
    ("complaint", "resolve", {"urgency": "一般", "category": "物业服务"}, 3, "wd", "received", "E10"),
    ("complaint", "resolve", {"urgency": "一般", "category": "地产保修"}, 15, "wd", "received", "D12"),
    ("complaint", "task", {}, None, None, "assigned", "D13"),
    ("complaint", "progress", {}, 3, "cd", "assigned", "D15"),
    ("rectification", "progress", {}, 3, "cd", "assigned", "D15"),
    ("complaint", "feedback", {"category": "销售"}, 3, "cd", "received", "C05"),
    ("complaint", "feedback", {"category": "物业"}, 4, "cd", "signed", "C17"),
    ("rectification", "feedback", {"category": "物业"}, 4, "cd", "signed", "C17"),
    ("complaint", "day5_call", {}, 5, "cd", "reported", "C06"),
    ("rectification", "sign", {}, 0, "eod", "listed", "C04"),
    ("rectification", "accept", {"urgency": "特急"}, 2, "h", "signed", "[P]"),
    ("rectification", "accept", {"urgency": "一般"}, 24, "h", "signed", "[P]"),
    ("rectification", "appoint", {}, 24, "h", "accepted", "[R]"),
    ("rectification", "work", {"urgency": "特急", "category": "交付前A"}, 24, "h", "accepted", "[P]"),
    ("rectification", "work", {"category": "订料"}, 15, "wd", "accepted", "D12"),
    ("rectification", "work", {"category": "交付前A"}, 3, "cd", "accepted", "[P]"),
    ("rectification", "work", {"category": "交付前B"}, 7, "cd", "accepted", "[R]"),
    ("rectification", "work", {"category": "交付前C"}, 10, "cd", "accepted", "[P]"),
    ("rectification", "work", {"category": "渗漏空鼓开裂"}, 5, "cd", "accepted", "[R]"),
    ("rectification", "work", {"urgency": "一般"}, 7, "cd", "accepted", "[P]"),
    ("rectification", "recheck", {}, 0, "eod", "finished", "C10"),
    ("rectification", "rework", {}, 0, "eod", "rechecked", "C11"),
    ("rectification", "owner_recheck", {}, 7, "cd", "rechecked", "[P]"),
    ("callback", "callback", {}, 7, "cd", "closed", "B61"),
    ("callback", "callback2", {}, 30, "cd", "closed", "E19"),
    ("escalation", "act", {"category": "L1"}, 24, "h", "escalated", "[P]"),
    ("escalation", "act", {"category": "L2"}, 8, "h", "escalated", "[P]"),
    ("escalation", "act", {"category": "L3"}, 4, "h", "escalated", "[P]"),
    ("escalation", "act", {"category": "L4"}, 2, "h", "escalated", "[P]"),
    ("escalation", "act", {"category": "L5"}, 1, "h", "escalated", "[P]"),
    ("handover", "plan", {}, 7, "cd", "assigned", "[P]"),
    ("handover", "conditions", {}, 3, "cd", "assigned", "[P]"),
    ("handover", "approve", {}, 2, "cd", "assigned", "[P]"),
    ("handover", "notice", {}, 15, "cd", "handover_start", "[R]"),
    ("handover", "report", {}, 1, "cd", "assigned", "[P]"),
    ("handover", "single", {}, 2, "cd", "assigned", "[P]"),
    ("handover", "invite", {}, 5, "cd", "assigned", "[P]"),
    ("handover", "no_show", {}, 2, "h", "slot_end", "[P]"),
    ("handover", "station", {"category": "陪同验房"}, 3, "h", "assigned", "[P]"),
    ("handover", "station", {}, 2, "h", "assigned", "[P]"),
    ("handover", "pay", {}, 3, "cd", "assigned", "[P]"),
    ("handover", "refusal", {}, 1, "cd", "assigned", "[P]"),
    ("handover", "owner_recheck", {}, 2, "cd", "finished", "[P]"),
    ("handover", "callback", {}, 3, "cd", "delivered", "B61"),
    ("handover", "file", {}, 7, "cd", "delivered", "[P]"),
    ("handover", "letter1", {}, 15, "cd", "handover_end", "[P]"),
    ("handover", "letter2", {}, 30, "cd", "handover_end", "[P]"),
    ("handover", "letter", {}, 2, "cd", "assigned", "[P]"),
    ("handover", "review", {}, 3, "cd", "assigned", "[P]"),
    ("decoration", "deco_register", {}, 2, "wd", "assigned", "[P]"),
    ("decoration", "deco_patrol", {}, 1, "wd", "assigned", "[P]"),
    ("decoration", "deco_accept", {}, 3, "wd", "assigned", "[P]"),
    ("decoration", "deco_refund", {}, 5, "wd", "assigned", "[P]"),
    ("complaint", "accept", {}, 24, "h", "received", "[P]"),
    ("complaint", "anything", {}, 15, "wd", "received", "[P]"),
]


@pytest.mark.parametrize(("process", "clock", "more", "value", "unit", "start", "source"), LIMITS)
def test_time_limits(process, clock, more, value, unit, start, source):
    answer = ask("time_limits", process=process, clock=clock, **more)
    assert (answer["value"], answer["unit"], answer["start"]) == (value, unit, start)
    assert source in answer["source"]


def test_the_source_says_24_to_28_hours_and_both_figures_are_kept():
    answer = ask("time_limits", process="complaint", clock="contact", urgency="一般")
    assert (answer["warn_value"], answer["value"]) == (24, 28)


def test_everything_is_reminded_of_a_day_before_and_emergencies_at_once():
    assert ask("time_limits", process="complaint", clock="reply", urgency="一般")["remind"] == "-1d"
    assert ask("time_limits", process="complaint", clock="resolve", urgency="一般")["remind"] == "-1d"
    assert ask("time_limits", process="complaint", clock="accept", urgency="特急")["remind"] == "0h"


def test_emergency_clocks_never_pause():
    for clock, urgency in product(("accept", "contact", "on_site", "reply", "resolve"), ("特急", "紧急")):
        assert ask("time_limits", process="complaint", clock=clock, urgency=urgency)["pausable"] is False


# ---------------------------------------------------------------- DMN-06
LEVELS = [
    ({"danger": ["人员伤亡"]}, 5, "gm"),
    ({"danger": ["爆管漏水", "火灾燃气"]}, 5, "gm"),
    ({"structural": True}, 5, "gm"),
    ({"external": ["媒体"]}, 5, "gm"),
    ({"external": ["消协"]}, 4, "gm"),
    ({"external": ["政府热线"]}, 4, "gm"),
    ({"external": ["诉讼"]}, 4, "gm"),
    ({"linked": 20, "linked_share": Decimal("0.1")}, 4, "leader"),
    ({"linked": 20, "linked_share": Decimal("0.09")}, 3, "leader"),
    ({"unresolved": True}, 4, "gm"),
    ({"great_loss": True}, 4, "leader"),
    ({"scope": "群诉"}, 3, "leader"),
    ({"scope": "区域"}, 3, "leader"),
    ({"linked": 5}, 3, "leader"),
    ({"linked": 4}, 0, ""),
    ({"left_alone": True}, 3, "sales_mgr"),
    ({"round": 3}, 3, "leader"),
    ({"round": 2}, 2, "cs_mgr"),
    ({"round": 1}, 0, ""),
    ({"refusals": 2}, 3, "leader"),
    ({"overdue_days": 7}, 3, "leader"),
    ({"overdue_days": 3}, 2, "cs_mgr"),
    ({"overdue_days": 1}, 1, "cs_sup"),
    ({"overdue_days": 0}, 0, ""),
    ({"promise_missed": True, "pressed": 2}, 3, "leader"),
    ({"promise_missed": True, "pressed": 1}, 0, ""),
    ({"callback_satisfaction": "不满意"}, 2, "cs_mgr"),
    ({"scope": "多人"}, 2, "cs_mgr"),
    ({}, 0, ""),
]


@pytest.mark.parametrize(("given", "level", "owner"), LEVELS)
def test_escalation_levels(given, level, owner):
    answer = ask("escalation_level", **given)
    assert (answer["level"], answer["owner"]) == (level, owner)


def test_the_first_match_is_the_highest_level():
    levels = _levels()
    assert levels == sorted(levels, reverse=True)


def _levels():
    import re

    text = (FOLDER / "escalation_level.dmn").read_text(encoding="utf-8")
    return [int(found) for found in re.findall(r'_row_\d+_out_1"><text>(\d)</text>', text)]


def test_a_customer_left_alone_is_followed_up():
    assert ask("escalation_level", left_alone=True)["penalty"] is True
    assert ask("escalation_level", round=3)["penalty"] is False


# ---------------------------------------------------------------- DMN-07
CALLBACKS = [
    ({"stage": "处理中", "kind": "投诉"}, "过程问卷", "P1D", 3, None),
    ({"stage": "办结", "kind": "报修", "category": "物业报修"}, "有偿服务问卷", "P2D", 2, None),
    ({"stage": "办结", "kind": "报修", "category": "地产保修"}, "维修问卷", "P2D", 3, None),
    ({"stage": "办结", "kind": "投诉", "important": True}, "投诉问卷", "P7D", 3, "P30D"),
    ({"stage": "办结", "kind": "投诉", "level": 2}, "投诉问卷", "P7D", 3, "P30D"),
    ({"stage": "办结", "kind": "投诉", "repeated": True}, "投诉问卷", "P7D", 3, "P30D"),
    ({"stage": "办结", "kind": "投诉", "dissatisfied": True}, "投诉问卷", "P7D", 3, "P30D"),
    ({"stage": "办结", "kind": "投诉", "category": "销售服务"}, "销售问卷", "P3D", 3, None),
    ({"stage": "办结", "kind": "投诉", "level": 1}, "投诉问卷", "P3D", 3, None),
    ({"stage": "交付"}, "交付现场问卷", "PT0S", 3, "P30D"),
    ({"stage": "入住"}, "入住问卷", "P30D", 3, "P90D"),
    ({"stage": "办结", "kind": "咨询"}, "短信一问", "PT0S", 1, None),
    ({"stage": "调查"}, "调查表", None, None, None),
    ({"stage": "办结", "kind": "诉求"}, "通用问卷", "P3D", 2, None),
    ({}, "通用问卷", "P3D", 2, None),
]


@pytest.mark.parametrize(("given", "questionnaire", "wait", "attempts", "second"), CALLBACKS)
def test_questionnaire_and_call_back(given, questionnaire, wait, attempts, second):
    answer = ask("questionnaire_callback", **given)
    assert (answer["questionnaire"], answer["wait"], answer["max_attempts"], answer["second_wave"]) == (
        questionnaire,
        wait,
        attempts,
        second,
    )


# ---------------------------------------------------------------- DMN-08
NOTICES = [
    ({"event": "已登记"}, {"customer"}),
    ({"event": "已派单", "urgency": "一般"}, {"acceptor"}),
    ({"event": "已派单", "urgency": "特急"}, {"acceptor", "head", "duty"}),
    ({"event": "联系不上"}, {"backup"}),
    ({"event": "即将到期"}, {"responsible", "agent"}),
    ({"event": "逾期", "overdue_days": 1}, {"responsible"}),
    ({"event": "逾期", "overdue_days": 3}, {"responsible", "head"}),
    ({"event": "逾期", "overdue_days": 7}, {"responsible", "head", "leader"}),
    ({"event": "方案告知"}, {"customer"}),
    ({"event": "级别变化", "level": 1}, set()),
    ({"event": "级别变化", "level": 2}, {"level_owner", "cs_mgr"}),
    ({"event": "级别变化", "level": 4}, {"level_owner", "cs_mgr", "gm"}),
    ({"event": "结构安全", "structural": True}, {"eng_lead", "legal", "gm"}),
    ({"event": "进展未报"}, {"handler", "agent"}),
    ({"event": "整改撤回"}, {"contractor"}),
    ({"event": "整改挂起"}, {"cs_sup", "agent"}),
    ({"event": "返工未完成"}, {"agent"}),
    ({"event": "建议代维"}, {"cs_mgr", "cost"}),
    ({"event": "已约上门"}, {"customer"}),
    ({"event": "已解决"}, {"customer"}),
    ({"event": "再次转派"}, {"cs_sup"}),
    ({"event": "已约收楼"}, {"customer"}),
    ({"event": "已交钥匙"}, {"customer"}),
    ({"event": "没有这种事件"}, set()),
    ({}, set()),
]


@pytest.mark.parametrize(("given", "recipients"), NOTICES)
def test_who_is_told(given, recipients):
    assert {row["recipient"] for row in ask("notify", **given)} == recipients


def test_an_emergency_is_phoned_to_the_head():
    rows = ask("notify", event="已派单", urgency="特急")
    assert all("phone" in row["channels"] for row in rows if row["recipient"] == "head")


# ---------------------------------------------------------------- DMN-09
APPROVALS = [
    ({"approval_kind": "方案", "compensation": 50001}, "gm"),
    ({"approval_kind": "方案", "plan_types": ["退换"]}, "gm"),
    ({"approval_kind": "方案", "kind": "投诉", "company_liable": "部分"}, "leader"),
    ({"approval_kind": "方案", "kind": "报修", "compensation": 5001}, "leader"),
    ({"approval_kind": "方案", "kind": "报修", "compensation": 5000}, "cs_mgr"),
    ({"approval_kind": "方案", "kind": "报修", "external_promise": True}, "cs_mgr"),
    ({"approval_kind": "方案", "kind": "报修", "compensation": 0}, None),
    ({"kind": "报修", "company_liable": "全部", "plan_types": ["维修"]}, None),
    ({"kind": "投诉", "company_liable": "无"}, "cs_mgr"),
    ({"approval_kind": "关闭", "level": 3}, "leader"),
    ({"approval_kind": "关闭", "level": 2}, "cs_mgr"),
    ({"approval_kind": "延期", "extension": 1, "customer_consents": True}, "cs_sup"),
    ({"approval_kind": "延期", "extension": 2, "customer_consents": True}, "cs_mgr"),
    ({"approval_kind": "延期", "extension": 1, "customer_consents": False}, "cs_mgr"),
    ({"approval_kind": "代维"}, "cs_mgr"),
    ({"approval_kind": "对外声明"}, "gm"),
    ({"approval_kind": "处罚"}, "sales_mgr"),
    ({"approval_kind": "没写明的事项"}, "cs_mgr"),
]


@pytest.mark.parametrize(("given", "role"), APPROVALS)
def test_who_approves(given, role):
    assert ask("approval_authority", **given)["approval_role"] == role


# ---------------------------------------------------------------- DMN-11
PENALTIES = [
    ("未安抚接待", "sales_con", 50, False),
    ("未倾听了解", "sales_sup", 50, False),
    ("未上报负责人", "sales_con", 50, False),
    ("负责人未到场或未上报", "sales_mgr", 200, True),
    ("未填客户投诉反馈单", "sales_con", 20, False),
    ("未填客户投诉反馈单", "sales_sup", 50, False),
    ("客户被冷落致升级", "sales_con", None, True),
    ("严重过错", "cs_sup", None, True),
]


@pytest.mark.parametrize(("violation", "position", "amount", "notice"), PENALTIES)
def test_penalties_as_in_the_source(violation, position, amount, notice):
    rows = ask("staff_penalty", penalty_active=True, violations=[violation], position=position)
    assert [(row["amount"], row["notice"]) for row in rows] == [(amount, notice)]


def test_penalties_are_inactive_unless_switched_on():
    for active in (None, False):
        assert (
            ask("staff_penalty", penalty_active=active, violations=["未安抚接待", "严重过错"], position="sales_con")
            == []
        )
    assert ask("staff_penalty", violations=["未安抚接待"], position="sales_con") == []


# ---------------------------------------------------------------- every row, every input
EXAMPLES = {
    "classify_route": [given for given, *_ in ROUTES],
    "tracking_scope": [
        dict(zip(("property_affiliated", "received_by", "category"), row, strict=False)) for row in SCOPES
    ],
    "time_limits": [{"process": process, "clock": clock, **more} for process, clock, more, *_ in LIMITS],
    "escalation_level": [
        *(given for given, *_ in LEVELS),
        {"danger": ["结构安全"]},
        {"scope": "媒体"},
    ],
    "questionnaire_callback": [given for given, *_ in CALLBACKS],
    "notify": [
        *(given for given, _ in NOTICES),
        *({"event": event} for event in ("工单指派", "复核不通过", "待业主复验", "交付前一日", "保修将届满")),
    ],
    "approval_authority": [given for given, _ in APPROVALS],
    "staff_penalty": [
        {"penalty_active": True, "violations": [v], "position": position} for v, position, *_ in PENALTIES
    ],
}


@pytest.mark.parametrize("table", TABLES)
def test_every_row_can_be_reached(table):
    text = (FOLDER / f"{table}.dmn").read_text(encoding="utf-8")
    matched = {row.rule_id for given in EXAMPLES[table] for row in dmn.evaluate(load(table), table, given, ENV).matched}
    rows = {f"{table}_row_{number}" for number in range(1, text.count("<rule ") + 1)}
    assert rows - matched == set()


DOMAINS = {
    "classify_route": {
        "urgency": ["特急", "一般", None],
        "kind": ["报修", "投诉", "咨询", "建议", "诉求", "表扬", None],
        "subject": ["自己房产", "公共部位", "人员服务", "销售承诺", "规划环境", "合同产证", "费用", "其他", None],
        "cat1": ["工程维修类", "清洁绿化类", "秩序维护类", "客户服务类", ANYTHING, None],
        "in_warranty": [True, False, None],
        "channel": ["电话", "销售现场", "公司现场", None],
    },
    "tracking_scope": {
        "property_affiliated": [True, False, None],
        "received_by": ["地产", "物业", None],
        "category": ["物业服务", "物业报修", "地产保修", ANYTHING, None],
    },
    "time_limits": {
        "process": ["complaint", "rectification", "callback", "escalation", ANYTHING, None],
        "clock": [
            "accept",
            "contact",
            "on_site",
            "reply",
            "resolve",
            "task",
            "progress",
            "feedback",
            "act",
            ANYTHING,
            None,
        ],
        "category": ["物业服务", "销售", "L3", None],
        "urgency": ["特急", "紧急", "一般", None],
        "scope": ["单人", "群诉", None],
        "external": [["媒体"], [], None],
    },
    "questionnaire_callback": {
        "stage": ["处理中", "办结", "交付", "调查", None],
        "kind": ["报修", "投诉", "咨询", "建议", "诉求", None],
        "category": ["有偿服务", "销售服务", ANYTHING, None],
        "important": [True, False, None],
        "level": [0, 2, None],
        "repeated": [True, None],
        "dissatisfied": [True, None],
    },
    "approval_authority": {
        "approval_kind": ["方案", "关闭", "延期", "代维", "对外声明", "处罚", ANYTHING, None],
        "compensation": [0, 1, 5001, 50001, None],
        "plan_types": [["退换"], [], None],
        "kind": ["报修", "投诉", None],
        "company_liable": ["全部", "无", None],
        "external_promise": [True, False, None],
        "level": [3, None],
        "extension": [1, 2, None],
        "customer_consents": [True, None],
    },
    "escalation_level": {
        "danger": [["人员伤亡"], None],
        "structural": [True, None],
        "external": [["消协"], None],
        "linked": [5, 20, None],
        "linked_share": [Decimal("0.2"), None],
        "unresolved": [True, None],
        "scope": ["单人", "群诉", "多人", None],
        "round": [1, 2, 3, None],
        "overdue_days": [0, 1, 3, 7, None],
        "promise_missed": [True, None],
        "pressed": [2, None],
    },
}


@pytest.mark.parametrize("table", DOMAINS)
def test_every_input_finds_an_answer(table):
    """Brute force over the values that tell rows apart; in FIRST tables exactly one row answers."""
    decisions, names = load(table), list(DOMAINS[table])
    outputs = set(TABLES[table].split())
    for values in product(*DOMAINS[table].values()):
        result = dmn.evaluate(decisions, table, dict(zip(names, values, strict=True)), ENV)
        assert len(result.matched) == 1, values
        assert set(result.value) == outputs


def test_every_row_names_its_source():
    for table in TABLES:
        text = (FOLDER / f"{table}.dmn").read_text(encoding="utf-8")
        assert '<annotation name="来源" />' in text
        assert text.count("<annotationEntry>") == text.count("<rule ")
        assert "<annotationEntry><text></text>" not in text
