"""DMN-03, 04, 10 and 12b: the figures of the sources, every row reachable, every input answered by one row."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from engine.core import dmn, feel

FOLDER = Path(__file__).parents[2] / "processes" / "rectification"
ENV = feel.Env(now=datetime(2026, 3, 2, 1, 0, tzinfo=UTC), zone=ZoneInfo("Asia/Shanghai"))
TABLES = ("warranty", "responsible_unit", "substitute_deduction", "recheck")
UNIT = "青檐防水分包"


@cache
def load(table):
    return dmn.parse((FOLDER / f"{table}.dmn").read_bytes())


def result(table, given):
    return dmn.evaluate(load(table), table, given, ENV)


def ask(table, **given):
    return feel.to_json(result(table, given).value)


@pytest.mark.parametrize(
    ("given", "covered", "statutory", "minimum", "promise", "trade"),
    [
        ({"warranty_class": "装修", "cause": "业主装修"}, False, None, None, None, ""),
        ({"warranty_class": "主体结构"}, True, 600, 600, 600, "总包"),
        ({"warranty_class": "屋面防水"}, True, 60, 36, 60, "防水"),
        ({"warranty_class": "防水"}, True, 60, 12, 60, "防水"),
        ({"warranty_class": "供热供冷"}, True, None, None, None, "暖通"),
        ({"warranty_class": "管线设备"}, True, 24, None, 24, "机电"),
        ({"warranty_class": "门窗"}, True, 24, 12, 24, "门窗"),
        ({"warranty_class": "装修", "cause": "施工"}, True, 24, 12, 24, "精装"),
        ({"warranty_class": "管道堵塞"}, True, None, 2, 2, "总包"),
        ({"warranty_class": "灯具开关"}, True, None, 6, 6, "机电"),
        ({"warranty_class": "家电其他"}, True, None, None, 12, "供应商"),
        ({"warranty_class": "不知道"}, None, None, None, None, ""),
    ],
)
def test_the_two_clocks_of_each_class(given, covered, statutory, minimum, promise, trade):
    row = ask("warranty", **given)
    found = (row["covered"], row["statutory_months"], row["minimum_months"], row["promise_months"], row["trade"])
    assert found == (covered, statutory, minimum, promise, trade)


@pytest.mark.parametrize(
    ("given", "responsible", "repair", "ruling"),
    [
        ({"urgency": "特急", "stage": "保修期", "in_warranty": True, "contract_unit": UNIT}, UNIT, "物业维修", False),
        ({"urgency": "特急", "substitute": True, "contract_unit": UNIT}, UNIT, "代维", False),
        ({"cause": "设计", "stage": "交付前内部验房", "contract_unit": UNIT}, "设计单位", UNIT, False),
        ({"cause": "材料", "supplied": True, "contract_unit": UNIT}, "供应商", "供应商", False),
        ({"cause": "材料", "stage": "保修期", "in_warranty": True, "contract_unit": UNIT}, UNIT, UNIT, False),
        ({"stage": "保修期外", "contract_unit": UNIT}, "物业", "物业维修", False),
        ({"stage": "保修期", "in_warranty": False, "contract_unit": UNIT}, "物业", "物业维修", False),
        ({"trades": 2, "stage": "保修期", "in_warranty": True, "contract_unit": UNIT}, UNIT, UNIT, True),
        ({"trades": 1, "stage": "开放日/业主预验", "contract_unit": UNIT}, UNIT, UNIT, False),
        ({"stage": "正式交付", "contract_unit": UNIT}, UNIT, UNIT, False),
        ({"stage": "保修期", "in_warranty": True, "contract_unit": ""}, "", "", True),
    ],
)
def test_who_answers_and_who_repairs(given, responsible, repair, ruling):
    row = ask("responsible_unit", **given)
    assert (row["responsible"], row["repair"], row["ruling"]) == (responsible, repair, ruling)


@pytest.mark.parametrize(
    ("given", "action", "deduct", "fee"),
    [
        ({"units_fault": False, "rework": 5}, "开发公司承担", False, 0),
        ({"owner_refuses": True}, "视同认定", False, 0),
        ({"urgency": "特急", "cannot_come": True}, "立即代维", True, 0),
        ({"severity": "A", "overdue_days": 3}, "代维", True, 20),
        ({"severity": "B", "overdue_days": 6}, "继续", True, 20),
        ({"severity": "B", "overdue_days": 7}, "代维", True, 20),
        ({"rework": 3}, "代维", True, 20),
        ({"unreachable_days": 3}, "代维", True, 20),
        ({"warnings": 2}, "书面催告", False, 0),
        ({}, "继续", True, 20),
    ],
)
def test_when_somebody_else_repairs_and_what_is_deducted(given, action, deduct, fee):
    row = ask("substitute_deduction", **given)
    assert (row["action"], row["deduct"], row["fee_percent"]) == (action, deduct, fee)


@pytest.mark.parametrize(
    ("given", "property_check", "customer_check", "checker"),
    [
        ({"paid_service": True, "stage": "保修期外", "indoor": True}, False, True, "prop_check"),
        ({"stage": "交付前内部验房", "indoor": True}, True, False, "inspector,engineer"),
        ({"stage": "开放日/业主预验", "indoor": True}, True, False, "inspector,engineer"),
        ({"stage": "承接查验", "indoor": False}, True, False, "prop_check"),
        ({"stage": "保修期", "indoor": False}, True, False, "prop_check"),
        ({"stage": "正式交付", "indoor": True}, True, True, "prop_check"),
        ({"stage": "保修期外", "indoor": True}, True, True, "prop_check"),
    ],
)
def test_who_looks_at_the_repair(given, property_check, customer_check, checker):
    row = ask("recheck", **given)
    assert (row["property_check"], row["customer_check"], row["checker"]) == (property_check, customer_check, checker)
    assert row["visits"] == 3


GIVEN = {
    "warranty": test_the_two_clocks_of_each_class,
    "responsible_unit": test_who_answers_and_who_repairs,
    "substitute_deduction": test_when_somebody_else_repairs_and_what_is_deducted,
    "recheck": test_who_looks_at_the_repair,
}


@pytest.mark.parametrize("table", TABLES)
def test_every_row_can_be_reached_and_names_its_source(table):
    assert [str(finding) for finding in dmn.lint(load(table)) if finding.severity == "error"] == []
    text = (FOLDER / f"{table}.dmn").read_text(encoding="utf-8")
    (rows,) = [mark.args[1] for mark in GIVEN[table].pytestmark]
    matched = {row.rule_id for given, *_ in rows for row in result(table, given).matched}
    count = text.count("<rule ")
    assert {f"{table}_row_{number}" for number in range(1, count + 1)} - matched == set()
    assert text.count("<annotationEntry>") == count
    assert "<annotationEntry><text></text>" not in text


DOMAINS = {
    "warranty": {"warranty_class": ["防水", "主体结构", "zzz", None], "cause": ["装修", "施工", None]},
    "responsible_unit": {
        "urgency": ["特急", "一般", None],
        "substitute": [True, False, None],
        "cause": ["设计", "材料", None],
        "supplied": [True, None],
        "trades": [1, 2, None],
        "stage": ["交付前内部验房", "正式交付", "保修期", "保修期外", None],
        "in_warranty": [True, False, None],
        "contract_unit": [UNIT, "", None],
    },
    "substitute_deduction": {
        "units_fault": [True, False, None],
        "owner_refuses": [True, None],
        "urgency": ["特急", "一般", None],
        "cannot_come": [True, False, None],
        "severity": ["A", "C", None],
        "overdue_days": [0, 3, 7, None],
        "rework": [0, 3, None],
        "unreachable_days": [3, None],
        "warnings": [2, None],
    },
    "recheck": {
        "paid_service": [True, False, None],
        "stage": ["交付前内部验房", "承接查验", "正式交付", "保修期外", None],
        "indoor": [True, False, None],
    },
}


@pytest.mark.parametrize("table", TABLES)
def test_every_input_finds_one_answer(table):
    names = list(DOMAINS[table])
    for values in product(*DOMAINS[table].values()):
        given = dict(zip(names, values, strict=True))
        assert len(result(table, given).matched) == 1, given
