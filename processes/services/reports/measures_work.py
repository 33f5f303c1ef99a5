"""Measures of clocks, reminders, owner files, entered figures, posts and the process itself (K01–K05, K15 …)."""

from __future__ import annotations

from typing import Any

from processes.services.reports.measure import ALL_DIMENSIONS, Measure
from storage import report_callbacks as callbacks
from storage import report_clocks as clocks
from storage import report_office as office

TIMELY, LATE, CUSTOMERS, PROCESS, POSTS = "及时", "逾期", "客户与费用", "流程自身", "岗位"
LIMITS = ("时限记录", "clocks")
TASKS = ("任务记录", "tasks")
YEARLY = ("quarter", "year")
CLOCKS: dict[str, Any] = {"dimensions": ("project", "person", "stage"), "stage_zh": "时限", "stage_en": "Clock"}
STEPS: dict[str, Any] = {
    "dimensions": ("project", "person", "category", "stage"),
    "stage_zh": "环节",
    "stage_en": "Step",
    "index": False,
    "of_process": True,
}
POST: dict[str, Any] = {
    "dimensions": ("project", "person", "stage"),
    "stage_zh": "岗位",
    "stage_en": "Post",
    "index": False,
}
LATENESS: dict[str, Any] = {
    "dimensions": ALL_DIMENSIONS, "stage_zh": "逾期天数", "stage_en": "Days late", "by_span": True, "better": "down",
}  # fmt: skip

MEASURES = (
    Measure(
        "K01", "受理及时率", "Accepted in time", TIMELY,
        "时限内受理的件数 ÷（已受理 + 未受理且已超时）",
        "accepted within the limit ÷ (accepted + not accepted and past it)",
        *LIMITS, "D01", "rate", clocks.of_case("accept"),
    ),
    Measure(
        "K02", "首次响应及时率", "First contact in time", TIMELY,
        "时限内首次联系客户的件数 ÷ 全部到期件数", "first contact within the limit ÷ all due",
        *LIMITS, "A08", "rate", clocks.of_case("contact"),
    ),
    Measure(
        "K03", "方案答复及时率", "Plan told in time", TIMELY,
        "3 个工作日内答复方案（T14）的件数 ÷ 全部到期件数", "plan told (T14) within 3 working days ÷ all due",
        *LIMITS, "D11", "rate", clocks.of_case("reply"),
    ),
    Measure(
        "K05", "客户服务信息传递及时率", "Passed on in time", TIMELY,
        "时限内完成的传递（派单到受理、整改单签收、当日复核意见）÷ 全部应传递",
        "passed on within the limit (to accept, to sign, recheck the same day) ÷ all due",
        *LIMITS, "B64-2", "rate", clocks.passed_on, **CLOCKS,
    ),
    Measure(
        "K15", "第5日沟通完成率", "Called on day 5", TIMELY,
        "第 5 日已致电的件数 ÷ 第 5 日仍未完成的件数", "called on day 5 ÷ unfinished at day 5",
        "联系记录、第5日时限", "contacts, clock of day 5", "C06", "rate", clocks.fifth_day,
    ),
    Measure(
        "K16", "3日汇报完成率", "3-day reports in time", TIMELY,
        "按时提交的进展汇报 ÷ 到期应交的汇报", "reports in time ÷ reports due",
        "进展汇报任务（T27、R06p）", "report tasks (T27, R06p)",
        "D15", "rate", clocks.progress, dimensions=("project", "person"),
    ),
    Measure(
        "K17", "单均催办次数", "Chasing calls per item", LATE,
        "逾期催办次数 ÷ 本期受理的工单与整改单", "chasing calls ÷ cases and orders begun",
        "催办记录", "reminders", "D19", "mean", clocks.chased, better="down", dimensions=("project",), unit="次",
    ),
    Measure(
        "K17b", "客户催促次数", "Customers pressed", LATE,
        "客户来电催促的次数", "calls in which customers asked or pressed",
        "联系记录", "contacts", "D20", "count", clocks.urged, better="down",
    ),
    Measure(
        "K29", "逾期率", "Late", LATE,
        "期末未结且已逾期的件数 ÷ 期末未结件数（工单与整改单）",
        "open and late ÷ open at the end of the period (cases and orders)",
        "工单、整改单", "cases, orders", "D19", "rate", clocks.open_late, **LATENESS,
    ),
    Measure(
        "K29b", "逾期件数", "Late items", LATE,
        "期末未结且已逾期的件数，按不足 1、1–3、4–7、8–15、16–30、30 天以上分布",
        "open and late at the end of the period, by days",
        "工单、整改单", "cases, orders", "D19", "count", clocks.late_items, index=False, **LATENESS,
    ),
    Measure(
        "K30", "超期责任", "Time over the limit, by who answers", LATE,
        "超过时限的天数合计，按责任人与责任单位", "days over the limit, by person and unit",
        *LIMITS, "B63", "sum", clocks.late_days, unit="天", better="down",
        dimensions=("project", "person", "contractor", "stage"), stage_zh="时限", stage_en="Clock",
    ),
    Measure(
        "K32", "客户调研计划完成率", "Surveys done as planned", CUSTOMERS,
        "已完成的调研户数 ÷ 计划户数（按计划截止日）", "households surveyed ÷ planned, by the plan's last day",
        "调研计划", "survey plans", "B64-6", "rate", callbacks.surveyed, cycles=YEARLY, dimensions=("project", "stage"),
        by_span=True, stage_zh="调研类型", stage_en="Kind of survey",
    ),
    Measure(
        "K33", "客户信息完整性", "Completeness of owner files", CUSTOMERS,
        "业主档案已填必填项 ÷ 必填项（姓名、电话、偏好、类别、起始日、身份）",
        "filled ÷ required fields (name, phone, preferred way, class, since, relation)",
        "业主档案", "owner files",
        "B65 B68", "rate", office.owner_files, cycles=YEARLY, dimensions=("project", "phase", "building"), by_span=True,
    ),
    Measure(
        "K33b", "客户号码错误率", "Wrong numbers", CUSTOMERS,
        "号码错误的回访 ÷ 全部回访拨打", "call-backs to a wrong number ÷ all call-backs",
        "回访记录", "call-backs", "B65", "rate", callbacks.wrong_numbers, better="down", cycles=YEARLY,
    ),
    Measure(
        "K36", "客服费用控制", "Costs against budget", CUSTOMERS,
        "实际费用 ÷ 预算（财务录入）", "actual costs ÷ budget (entered by finance)",
        "登记：人工录入数", "register of entered figures",
        "B64-5", "rate", office.entered(office.COSTS), better="down", cycles=YEARLY, dimensions=("project",),
        by_span=True,
    ),
    Measure(
        "K36b", "大客户流失数", "Important customers lost", CUSTOMERS,
        "流失的重要客户数（人工录入）", "important customers lost (entered)",
        "登记：人工录入数", "register of entered figures",
        "B64-4", "sum", office.entered(office.LOST), better="down", dimensions=("project",), by_span=True,
    ),
    Measure(
        "K36c", "客户关系维护（领导评分）", "Customer relations (leader's score)", CUSTOMERS,
        "领导评分的平均分（人工录入）", "average of the leader's scores (entered)",
        "登记：人工录入数", "register of entered figures",
        "B65", "mean", office.entered(office.RELATIONS), unit="分", cycles=YEARLY, dimensions=("project",),
        by_span=True,
    ),
    Measure(
        "K39", "任务等待时长", "Time tasks wait", PROCESS,
        "任务从产生到领取的平均小时数", "average hours from a task's creation to its being taken",
        *TASKS, "D10", "mean", office.waiting, unit="小时", better="down", **STEPS,
    ),
    Measure(
        "K39b", "任务处理时长", "Time tasks are worked on", PROCESS,
        "任务从领取到完成的平均小时数", "average hours from taking a task to its completion",
        *TASKS, "D10", "mean", office.working, unit="小时", better="down", **STEPS,
    ),
    Measure(
        "K39c", "环节退回率", "Tasks come back", PROCESS,
        "同一环节重复办理的任务 ÷ 完成的任务", "tasks the same case had done before ÷ tasks done",
        *TASKS, "E18", "rate", office.returned, better="down", **STEPS,
    ),
    Measure(
        "K39d", "流程异常数", "Incidents", PROCESS,
        "流程引擎记录的异常数", "incidents of the process engine",
        "异常记录", "incidents", "B16", "count", office.incidents, better="down",
        dimensions=("project", "category", "stage"), stage_zh="环节", stage_en="Step", of_process=True,
    ),
    Measure(
        "K39e", "定时触发延迟", "Timer lag", PROCESS,
        "定时器从到期到执行的平均秒数", "average seconds from a timer's being due to its being carried out",
        "流程审计记录", "audit of the processes", "B16", "mean", office.timer_lag, unit="秒", better="down",
        dimensions=("project", "category", "stage"), index=False, stage_zh="环节", stage_en="Step", of_process=True,
    ),
    # Behind the report of posts (B43)
    Measure(
        "P1", "未办任务", "Open tasks", POSTS, "期末未办的任务", "tasks open at the end of the period",
        *TASKS, "B43", "count", office.open_tasks, better="", by_span=True, **POST,
    ),
    Measure(
        "P2", "未领取任务", "Nobody's tasks", POSTS, "期末未办且无人领取的任务", "open tasks that nobody has taken",
        *TASKS, "B43", "count", office.unassigned_tasks, better="down", by_span=True, **POST,
    ),
    Measure(
        "P3", "逾期任务", "Late tasks", POSTS, "期末未办且已逾期的任务", "open tasks past due",
        *TASKS, "B43", "count", office.late_tasks, better="down", by_span=True, **POST,
    ),
    Measure(
        "P4", "按时完成率", "Done in time", POSTS, "按时完成的任务 ÷ 本期到期的任务", "tasks done in time ÷ tasks due",
        *TASKS, "B43", "rate", office.due_tasks, by_span=True, **POST,
    ),
    Measure(
        "P6", "到期任务", "Tasks due", POSTS, "本期到期的任务", "tasks due in the period",
        *TASKS, "B43", "count", office.due_count, better="", by_span=True, **POST,
    ),
    Measure(
        "P5", "完成任务", "Tasks done", POSTS, "本期完成的任务", "tasks done in the period",
        *TASKS, "B43", "count", office.done_tasks, **POST,
    ),
    Measure(
        "C1", "回访次数", "Call-backs", "回访", "全部回访拨打；其上为接通", "call-backs tried; above: reached",
        "回访记录", "call-backs", "B46", "rate", callbacks.calls, dimensions=ALL_DIMENSIONS, index=False,
        stage_zh="诉求类型", stage_en="Kind of request",
    ),
    *(
        Measure(
            f"C2{letter}", word, english, "回访", f"回访结果为“{word}”的次数", f"call-backs with “{english}”",
            "回访记录", "call-backs", "B46", "count", callbacks.with_result(word), better="",
            dimensions=ALL_DIMENSIONS, index=False, stage_zh="诉求类型", stage_en="Kind of request",
        )
        for letter, word, english in (
            ("a", "满意", "Satisfied"), ("b", "基本满意", "Fairly satisfied"), ("c", "不满意", "Dissatisfied"),
            ("d", "未接", "No answer"), ("e", "拒访", "Refused"), ("f", "号码错误", "Wrong number"),
        )
    ),
    Measure(
        "C3", "态度评分", "Mark for attitude", "回访", "态度评分的平均（1–5）", "average mark for attitude (1–5)",
        "回访记录", "call-backs", "B46", "mean", callbacks.attitudes, dimensions=ALL_DIMENSIONS, index=False,
        stage_zh="诉求类型", stage_en="Kind of request",
    ),
    Measure(
        "C4", "结果评分", "Mark for the result", "回访", "结果评分的平均（1–5）", "average mark for the result (1–5)",
        "回访记录", "call-backs", "B46", "mean", callbacks.outcomes, dimensions=ALL_DIMENSIONS, index=False,
        stage_zh="诉求类型", stage_en="Kind of request",
    ),
    Measure(
        "C5", "回访得分", "Score of call-backs", "回访", "回访评分的平均（百分制）", "average of call-backs, of 100",
        "回访记录", "call-backs", "B65", "mean", callbacks.call_scores, dimensions=ALL_DIMENSIONS, index=False,
        stage_zh="诉求类型", stage_en="Kind of request",
    ),
    Measure(
        "C6", "调研得分", "Score of surveys", "回访", "计划调研得分的平均（百分制）",
        "average of planned surveys, of 100",
        "调研记录", "surveys", "B65", "mean", callbacks.survey_scores, dimensions=("project", "person", "stage"),
        index=False, stage_zh="调研类型", stage_en="Kind of survey",
    ),
)  # fmt: skip
