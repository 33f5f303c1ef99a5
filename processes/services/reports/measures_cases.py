"""Measures of cases: how fast and how well customers' requests are handled (K04, K06–K14, K34, K35, K37)."""

from __future__ import annotations

from typing import Any

from processes.services.reports.measure import ALL_DIMENSIONS, Measure
from storage import report_callbacks as callbacks
from storage import report_cases as rows
from storage import report_clocks as clocks

TIMELY, CLOSING, SATISFIED, QUALITY = "及时", "办结", "满意", "质量"
CASES = ("投诉/报修工单", "cases")
CALLS = ("回访记录", "call-backs")
KIND: dict[str, Any] = {"dimensions": ALL_DIMENSIONS, "stage_zh": "诉求类型", "stage_en": "Kind of request"}
YEARLY = ("quarter", "year")

MEASURES = (
    Measure(
        "K04", "客户意见反馈及时率", "Customers told in time", TIMELY,
        "承诺时间内已回复结果的件数 ÷ 到期应回复的件数",
        "cases whose result was told within the promised time ÷ cases due for it",
        "结果回复（T18）时间、原承诺时间", "time of telling the result (T18), first promise",
        "B64-1", "rate", rows.told_in_time,
    ),
    Measure(
        "K06", "处理及时率（办结及时率）", "Solved in time", TIMELY,
        "原承诺时间内解决的件数 ÷（已解决 + 已逾期未解决）",
        "solved by the first promise ÷ (solved + open past it)",
        "投诉/报修工单：原承诺时间、解决时间", "cases: first promise, time of solution",
        "D12", "rate", rows.solved_in_time,
    ),
    Measure(
        "K06b", "处理及时率（按延期后）", "Solved by the extended date", TIMELY,
        "延期后承诺时间内解决的件数 ÷（已解决 + 已逾期未解决）",
        "solved by the promise as extended ÷ (solved + open past the first)",
        "投诉/报修工单：现承诺时间、解决时间", "cases: present promise, time of solution",
        "D12", "rate", rows.solved_extended,
    ),
    Measure(
        "K06c", "延期率", "Extended", TIMELY,
        "承诺延期的件数 ÷ 全部有承诺的件数", "cases whose promise was put off ÷ all with a promise",
        *CASES, "D12", "rate", rows.extended, better="down",
    ),
    Measure(
        "K07", "按期关闭率", "Closed in the period", CLOSING,
        "本期受理且本期关闭的件数 ÷ 本期受理的件数", "closed in the period of those received in it ÷ received",
        *CASES, "D05", "rate", rows.closed_within, by_span=True,
    ),
    Measure(
        "K07b", "关闭率", "Closed of the stock", CLOSING,
        "本期关闭的件数 ÷（期初未关闭 + 本期受理）", "closed in the period ÷ (open at its beginning + received)",
        *CASES, "D05", "rate", rows.closed_of_stock, by_span=True,
    ),
    Measure(
        "K08", "客户回访率", "Called back", SATISFIED,
        "7 日内回访接通的件数 ÷ 应回访的已关闭件数（含回访已逾期的）",
        "reached within 7 days ÷ closed cases to be called back (and open ones whose call is late)",
        *CALLS, "B64-3 B61", "rate", callbacks.called_back,
    ),
    Measure(
        "K08b", "客户回访率（已尝试）", "Call-back tried", SATISFIED,
        "7 日内已拨打回访的件数 ÷ 应回访的已关闭件数", "tried within 7 days ÷ closed cases to be called back",
        *CALLS, "B64-3 B61", "rate", callbacks.tried,
    ),
    Measure(
        "K08c", "回访未联系上件数", "Not reached", SATISFIED,
        "已尝试回访而未接通即关闭的件数", "closed without the customer having been reached",
        *CALLS, "B64-3 B61", "count", callbacks.unreached, better="down",
    ),
    Measure(
        "K09", "客户投诉解决满意率", "Satisfied", SATISFIED,
        "（满意 + 基本满意）÷ 接通且有评价的回访", "(satisfied + fairly satisfied) ÷ reached call-backs with a rating",
        *CALLS, "B64-7", "rate", callbacks.satisfied("满意", "基本满意"), **KIND,
    ),
    Measure(
        "K09b", "客户满意率（仅满意）", "Fully satisfied", SATISFIED,
        "满意 ÷ 接通且有评价的回访", "satisfied ÷ reached call-backs with a rating",
        *CALLS, "B64-7", "rate", callbacks.satisfied("满意"), **KIND,
    ),
    Measure(
        "K10", "客户有效投诉次数", "Valid complaints", SATISFIED,
        "经认定确因人员或公司过错的投诉件数（按办结日期）",
        "complaints found to be the staff's or the company's fault (by the day closed)",
        "投诉工单：问题归类（T17）、经理认定（T23）", "complaints: final classification (T17), finding (T23)",
        "B64-8", "count", rows.valid_complaints, better="down", cycles=YEARLY, dimensions=ALL_DIMENSIONS,
        stage_zh="过错方", stage_en="Whose fault",
    ),
    Measure(
        "K11", "千户有效投诉率", "Valid complaints per 1,000 homes", SATISFIED,
        "有效投诉次数 ÷ 服务户数 × 1000", "valid complaints ÷ households served × 1,000",
        "投诉工单、项目户数", "complaints, households of the projects",
        "B64-8", "mean", rows.valid_by_households(1_000), better="down", cycles=YEARLY, dimensions=("project",),
        by_span=True,
    ),
    Measure(
        "K11b", "万户有效投诉率", "Valid complaints per 10,000 homes", SATISFIED,
        "有效投诉次数 ÷ 服务户数 × 10000", "valid complaints ÷ households served × 10,000",
        "投诉工单、项目户数", "complaints, households of the projects",
        "B64-8", "mean", rows.valid_by_households(10_000), better="down", cycles=YEARLY, dimensions=("project",),
        by_span=True,
    ),
    Measure(
        "K12", "重复投诉率", "Repeated", QUALITY,
        "90 日内同房号、同类问题再次发生的件数 ÷ 受理件数",
        "an earlier case of the same home and class in 90 days ÷ cases",
        *CASES, "E19", "rate", rows.repeated, better="down",
    ),
    Measure(
        "K13", "二次处理率", "Handled again", QUALITY,
        "第二轮及以上处理的件数 ÷ 关闭件数", "closed after a second handling ÷ closed",
        *CASES, "E18", "rate", rows.second_round, better="down",
    ),
    Measure(
        "K13b", "缺陷返工率", "Defects mended again", QUALITY,
        "返工 1 次及以上的缺陷 ÷ 已销项缺陷", "defects mended again ÷ defects closed",
        "缺陷与复核记录", "defects and their rechecks",
        "E18", "rate", rows.mended_again, better="down",
        dimensions=("project", "phase", "building", "category", "stage", "contractor"),
    ),
    Measure(
        "K14", "升级率", "Escalated", QUALITY,
        "升级的件数 ÷ 受理件数", "cases whose level was raised ÷ cases",
        "升级记录", "escalations", "A13", "rate", rows.escalated, better="down",
    ),
    Measure(
        "K14b", "升级处置及时率", "Escalations acted on in time", TIMELY,
        "时限内采取首次处置的升级 ÷ 全部应处置的升级", "first action within its limit ÷ escalations",
        "升级处置时限", "clocks of escalations", "A13", "rate", clocks.acted, dimensions=("project", "person"),
    ),
    Measure(
        "K34", "服务规范执行", "Keeping to the norms", QUALITY,
        "抽查记录规范评分（T25）的平均分", "average score of the sampled records (T25)",
        "复查归档（T25）", "checks of finished records (T25)",
        "B65 B28", "mean", rows.norm_score, unit="分", cycles=YEARLY,
    ),
    Measure(
        "K35", "客户满意程度", "Customers' satisfaction", SATISFIED,
        "回访与调研评分的平均值（百分制；只有文字评价时：满意 100、基本满意 80、不满意 40）",
        "average of call-backs and surveys on a scale of 100 (words alone: 100, 80, 40)",
        *CALLS, "B65", "mean", callbacks.scores, unit="分", cycles=YEARLY, dimensions=ALL_DIMENSIONS,
        stage_zh="类型", stage_en="Kind",
    ),
    Measure(
        "K37", "解决时长中位数", "Time to solve (median)", TIMELY,
        "从受理到解决的自然小时数，取中位数", "hours from request to solution, median",
        *CASES, "D12", "median", rows.solving, unit="小时", better="down",
    ),
    Measure(
        "K37b", "解决时长 P90", "Time to solve (P90)", TIMELY,
        "从受理到解决的自然小时数，90% 的件数不超过此数", "hours from request to solution, not exceeded by 90 %",
        *CASES, "D12", "p90", rows.solving, unit="小时", better="down",
    ),
    Measure(
        "K37c", "解决时长中位数（按工作日历）", "Working time to solve (median)", TIMELY,
        "从受理到解决的工作日数（按工作日历），取中位数", "working days from request to solution, median",
        *CASES, "D12 X07", "median", rows.solving_worked, unit="工作日", better="down", worked=True,
    ),
    Measure(
        "K37d", "响应时长中位数", "Time to respond (median)", TIMELY,
        "从受理到首次联系客户的自然小时数，取中位数", "hours from request to the first contact, median",
        "首次响应时限记录", "clock of the first contact",
        "A08", "median", rows.responding, unit="小时", better="down",
    ),
    Measure(
        "K37e", "响应时长 P90", "Time to respond (P90)", TIMELY,
        "从受理到首次联系客户的自然小时数，90% 的件数不超过此数", "hours to the first contact, not exceeded by 90 %",
        "首次响应时限记录", "clock of the first contact",
        "A08", "p90", rows.responding, unit="小时", better="down",
    ),
    Measure(
        "K37f", "响应时长中位数（按工作日历）", "Working time to respond (median)", TIMELY,
        "从受理到首次联系客户的工作日数，取中位数", "working days to the first contact, median",
        "首次响应时限记录", "clock of the first contact",
        "A08 X07", "median", rows.responding_worked, unit="工作日", better="down", worked=True,
    ),
    # Behind the fixed reports, not on the page of key figures
    Measure(
        "R1", "投诉件数", "Complaints", "报表", "受理的投诉件数", "complaints received", *CASES, "B45", "count",
        rows.complaints, better="", dimensions=ALL_DIMENSIONS, index=False, stage_zh="处理方式", stage_en="Settled by",
    ),
    Measure(
        "R1b", "损失金额", "Losses", "报表", "受理的投诉的损失金额", "what complaints received cost", *CASES,
        "B45", "sum", rows.losses, unit="元", better="down", dimensions=ALL_DIMENSIONS, index=False,
        stage_zh="处理方式", stage_en="Settled by",
    ),
    Measure(
        "R8", "案例分析件数", "Cases to analyse", "报表", "升级、群诉、二次处理、不满意、逾期或多次催促的件数",
        "escalated, of several customers, handled again, dissatisfied, late or pressed", *CASES, "E20", "count",
        rows.remarkable, better="", dimensions=ALL_DIMENSIONS, index=False, stage_zh="入选原因", stage_en="Why",
    ),
)  # fmt: skip
