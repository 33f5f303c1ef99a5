"""What the report of customer groups counts (B20): households, what they ask for, how content they are, their files."""

from __future__ import annotations

from typing import Any

from processes.services.reports.measure import Measure
from storage import report_customers as rows

REPORTS = "报表"
GROUPS = ("project", "stage", "use")
OF_GROUPS: dict[str, Any] = {
    "dimensions": (*GROUPS, "phase", "building"), "by_span": True, "index": False, "stage_zh": "客户类别",
    "stage_en": "Class of customer",
}  # fmt: skip
REGISTER = ("登记：房屋、业主", "registers of houses and owners")
REQUESTS = ("工单；登记：房屋、业主", "cases; registers of houses and owners")

MEASURES = (
    Measure(
        "G1", "户数", "Households", REPORTS, "期末有业主的房屋", "houses with an owner at the cut-off", *REGISTER,
        "B20", "count", rows.households, better="", **OF_GROUPS,
    ),
    Measure(
        "G2", "千户投诉", "Complaints per 1,000", REPORTS,
        "本期受理的投诉 ÷ 户数 × 1000（撤诉、并案、不属实的不计）",
        "complaints received ÷ households × 1,000 (without withdrawn, merged and untrue ones)", *REQUESTS, "B20",
        "mean", rows.per_thousand("投诉"), better="down", **OF_GROUPS,
    ),
    Measure(
        "G3", "千户报修", "Repairs per 1,000", REPORTS, "本期受理的报修 ÷ 户数 × 1000",
        "repairs asked for ÷ households × 1,000", *REQUESTS, "B20", "mean", rows.per_thousand("报修"), better="down",
        **OF_GROUPS,
    ),
    Measure(
        "G4", "满意程度", "Satisfaction", REPORTS, "回访和计划调查的得分（百分制）取平均",
        "mean of what was given in call-backs and surveys by plan, of 100", "回访记录、调查", "call-backs, surveys",
        "B20 B65", "mean", rows.satisfaction, unit="分", **OF_GROUPS,
    ),
    Measure(
        "G5", "档案完整率", "Files complete", REPORTS, "业主档案已填必填项 ÷ 必填项（同 K33）",
        "filled ÷ required fields of owner files, as in K33", "业主档案", "owner files", "B20 B68", "rate", rows.files,
        **OF_GROUPS,
    ),
)  # fmt: skip
