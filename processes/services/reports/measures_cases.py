"""Measures of cases: how fast and how well customers' requests are handled (K06 …)."""

from __future__ import annotations

from processes.services.reports.measure import Measure
from storage import report_cases as rows

TIMELY = "时效"
MEASURES = (
    Measure(
        "K06", "处理及时率（办结及时率）", "Solved in time", TIMELY,
        "原承诺时间内解决的件数 ÷（已解决 + 已逾期未解决）",
        "solved by the first promise ÷ (solved + open past it)",
        "投诉/报修工单：原承诺时间、解决时间", "cases: first promise, time of solution",
        "D12", "rate", rows.solved_in_time,
    ),
)  # fmt: skip
