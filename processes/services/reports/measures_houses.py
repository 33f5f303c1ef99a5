"""Measures of defects, houses and contractors (K18–K28, K31, K38), and what the reports of houses count (R5–R9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services.reports import measures_cases
from processes.services.reports.measure import Measure, Mix, by_id, none
from storage import report_defects as rows
from storage import report_houses as houses

if TYPE_CHECKING:
    from collections.abc import Sequence

MENDING, HANDOVER, UNITS, REPORTS = "整改", "交付", "责任单位", "报表"
DEFECTS = ("缺陷清单", "defects")
VISITS = ("验房记录", "inspections of houses")
HOUSES = ("户交付记录", "handovers of houses")
ORDERS = ("整改单", "rectification orders")
PLACE = ("project", "phase", "building")
OF_DEFECTS: dict[str, Any] = {
    "dimensions": ("contractor", *PLACE, "category", "stage", "severity", "batch"),
}
LATENESS: dict[str, Any] = {**OF_DEFECTS, "stage_zh": "逾期天数", "stage_en": "Days late"}
OF_VISITS: dict[str, Any] = {
    "dimensions": ("stage", *PLACE, "person", "batch"), "stage_zh": "轮次", "stage_en": "Round",
}  # fmt: skip
OF_HOUSES: dict[str, Any] = {"dimensions": (*PLACE, "stage", "batch"), "stage_zh": "户状态", "stage_en": "State"}
OF_ORDERS: dict[str, Any] = {"dimensions": ("contractor", *PLACE, "category", "stage", "urgency", "batch")}
WEIGHTS = (40.0, 30.0, 20.0, 10.0)
MINUS = 2.0
"""Points for missing the call-back rate (K38)."""
K08 = by_id(measures_cases.MEASURES)["K08"]


def score(parts: Sequence[float | None]) -> float | None:
    """K31: 40·in time + 30·first time + 20·(1 − overdue) + 10·accepted in time, of the parts that have a figure.

    What has no figure does not weigh; without in time and first time there is no score.
    """
    in_time, first, overdue, accepted = parts
    if in_time is None and first is None:
        return None
    kept = (in_time, first, None if overdue is None else 1 - overdue, accepted)
    known = [(weight, part) for weight, part in zip(WEIGHTS, kept, strict=True) if part is not None]
    return 100 * sum(weight * part for weight, part in known) / sum(weight for weight, _ in known)


def assessed(parts: Sequence[float | None]) -> float | None:
    """K38: repairs in order out of 100, two points less when the call-back rate misses its goal (in percent)."""
    in_order, called_back, goal = parts
    if in_order is None:
        return None
    missed = called_back is not None and goal is not None and 100 * called_back < goal
    return max(0.0, 100 * in_order - (MINUS if missed else 0))


K19 = Measure(
    "K19", "整改及时率", "Mended in time", MENDING,
    "期限内复核通过的缺陷 ÷（复核通过 + 已逾期未通过）",
    "passed the recheck when due ÷ (passed + overdue and not passed)",
    "缺陷期限、内部复核时间（R10）", "due dates of defects, rechecks (R10)", "C05", "rate", rows.in_time, **OF_DEFECTS,
)  # fmt: skip
K20 = Measure(
    "K20", "维修一次合格率", "Mended at the first attempt", MENDING,
    "第一次复核即通过的缺陷 ÷ 已复核的缺陷", "passed at the first recheck ÷ rechecked", "缺陷、复核记录（R10）",
    "defects, rechecks (R10)", "C07", "rate", rows.first_time, **OF_DEFECTS,
)  # fmt: skip
K31C = Measure(
    "K31c", "缺陷逾期率", "Open defects overdue", UNITS,
    "期末已逾期的未销项缺陷 ÷ 期末未销项缺陷", "past due of the defects open at the cut-off ÷ open", *DEFECTS, "D19",
    "rate", rows.overdue, better="down", by_span=True, **LATENESS,
)  # fmt: skip
K31D = Measure(
    "K31d", "接单及时率", "Accepted in time", UNITS,
    "时限（无约定时 24 小时）内接单的整改单 ÷（已接单 + 已逾期未接单）",
    "accepted in the limit (24 hours if none is set) ÷ (accepted + overdue)", "整改单：签收与接单时间",
    "orders: signed, accepted", "X02", "rate", rows.accepted_in_time, **OF_ORDERS,
)  # fmt: skip
K38 = Measure(
    "K38", "上门维修合格率", "Repairs at home in order", MENDING,
    "没有签收逾期、预约逾期、完工逾期、客户不满意、单据不合格的整改单 ÷ 已销项的上门整改单",
    "orders without late dispatch, appointment or finish, dissatisfaction or faulty form ÷ orders at home",
    *ORDERS, "C07", "rate", rows.flawless, **OF_ORDERS,
)  # fmt: skip

MEASURES = (
    Measure(
        "K18", "整改完成率（销项率）", "Defects closed", MENDING,
        "截至期末已销项的缺陷 ÷ 截至期末发现的全部缺陷（作废、转有偿不计）",
        "closed at the cut-off ÷ all found until then (struck-out and paid ones left aside)",
        *DEFECTS, "A25", "rate", rows.closed_share, by_span=True, **OF_DEFECTS,
    ),
    Measure(
        "K18b", "本期缺陷销项率", "Defects of the period closed", MENDING,
        "本期发现且期末已销项的缺陷 ÷ 本期发现的缺陷",
        "closed at the cut-off of those found in the period ÷ found in it",
        *DEFECTS, "A25", "rate", rows.closed_of_found, by_span=True, **OF_DEFECTS,
    ),
    K19,
    K20,
    Measure(
        "K21", "复核当日完成率", "Rechecked on the day", MENDING,
        "提交完成（R07）当日完成复核（R10）的次数 ÷ 应复核的次数",
        "rechecks (R10) on the day of handing in (R07) ÷ rechecks due", "复核时限记录", "clocks of rechecks",
        "C10", "rate", rows.recheck_same_day, dimensions=("project", "phase", "building", "person", "contractor"),
    ),
    Measure(
        "K22", "户均缺陷数", "Defects a house", MENDING,
        "验房发现的缺陷 ÷ 已验户数", "defects found ÷ houses inspected", *VISITS, "A25", "mean",
        houses.defects_each(), better="down", **OF_VISITS,
    ),
    *(
        Measure(
            f"K22{severity.lower()}", f"户均 {severity} 类缺陷数", f"Defects {severity} a house", MENDING,
            f"验房发现的 {severity} 类缺陷 ÷ 已验户数", f"defects {severity} found ÷ houses inspected", *VISITS, "A25",
            "mean", houses.defects_each(severity), better="down", **OF_VISITS,
        )
        for severity in "ABC"
    ),
    Measure(
        "K23", "一次验房通过率", "Passed at the first inspection", MENDING,
        "首轮验房没有 A、B 类缺陷的户数 ÷ 首轮已验户数",
        "houses without a defect A or B in their first round ÷ inspected in it", *VISITS, "A25", "rate",
        houses.passed_at_once, **OF_VISITS,
    ),
    Measure(
        "K24", "一次交付率（一次收楼率）", "Delivered at the first attendance", HANDOVER,
        "业主首次到场即收楼的户数 ÷ 业主已到场的户数", "delivered when the owner first came ÷ houses whose owner came",
        *HOUSES, "A26", "rate", houses.at_first_attendance, **OF_HOUSES,
    ),
    Measure(
        "K25", "交付率（收楼率）", "Delivered", HANDOVER,
        "截至期末已交付的户数 ÷ 合同交付日已到的户数", "delivered at the cut-off ÷ houses whose contract date has come",
        *HOUSES, "A26", "rate", houses.delivered, by_span=True, **OF_HOUSES,
    ),
    Measure(
        "K25b", "集中交付期末交付率", "Delivered by the end of the concentrated handover", HANDOVER,
        "集中交付结束日已交付的户数 ÷ 应交付户数（本期结束的集中交付）",
        "delivered by the last day of the concentrated handover ÷ houses (of those that ended in the period)",
        *HOUSES, "A26", "rate", houses.delivered_in_crowd, by_span=True, **OF_HOUSES,
    ),
    Measure(
        "K26", "零缺陷交付率", "Delivered without defects", HANDOVER,
        "业主未发现缺陷的交付户数 ÷ 交付户数", "delivered with no defect found by the owner ÷ delivered",
        *HOUSES, "A26", "rate", houses.without_defect, **OF_HOUSES,
    ),
    Measure(
        "K27", "拒收率", "Refused", HANDOVER,
        "至少拒收一次的户数 ÷ 业主已到场的户数", "refused at least once ÷ houses whose owner came",
        *HOUSES, "A26", "rate", houses.refusing, better="down", **OF_HOUSES,
    ),
    Measure(
        "K28", "逾期交付户数", "Houses delivered late", HANDOVER,
        "本期内超过合同交付日仍未交付或逾期后交付的户数", "houses past their contract date in the period",
        *HOUSES, "A26", "count", houses.late_count, better="down", by_span=True, **OF_HOUSES,
    ),
    Measure(
        "K28b", "逾期交付天数", "Days delivered late", HANDOVER,
        "Σ（交付日或期末 − 合同交付日）", "sum of delivery or cut-off − contract date", *HOUSES, "A26", "sum",
        houses.late_houses, unit="天", better="down", by_span=True, **OF_HOUSES,
    ),
    Measure(
        "K31", "责任单位履约评分", "Score of responsible units", UNITS,
        "40 × 整改及时率 + 30 × 一次合格率 + 20 ×（1 − 逾期率）+ 10 × 接单及时率；没有数据的分项不计权重",
        "40 × in time + 30 × first attempt + 20 × (1 − overdue) + 10 × accepted in time, of the parts with data",
        "缺陷、整改单", "defects, orders", "A25", "mean", none, unit="分",
        dimensions=("contractor", *PLACE, "category"),
        mix=Mix((K19, K20, K31C, K31D), WEIGHTS, score),
    ),
    Measure(
        "K31b", "未销项缺陷", "Open defects", UNITS,
        "期末未销项的缺陷数", "defects open at the cut-off", *DEFECTS, "A25", "count", rows.open_stock,
        better="down", by_span=True, part_of=(K31C, "counted"), **OF_DEFECTS,
    ),
    K31C,
    K31D,
    Measure(
        "K31e", "代维次数", "Substitutes", UNITS, "批准代维的次数（按责任单位）",
        "substitutes approved, by the unit that answers",
        "代维审批（R09）", "approvals of substitutes (R09)", "D19", "count", rows.substituted, better="down",
        unit="次", **OF_ORDERS,
    ),
    Measure(
        "K31f", "代维扣款金额", "Deductions", UNITS, "代维扣款金额合计（已撤销的不计）",
        "deductions for substitutes, revoked ones left aside", "扣款单（R15）", "deductions (R15)", "D19", "sum",
        rows.deducted, unit="元", better="down", stage_zh="扣款状态", stage_en="State", **OF_ORDERS,
    ),
    Measure(
        "K31g", "返工缺陷", "Defects mended again", UNITS, "本期复核的缺陷中，因复核或客户复验不通过返工过的项数",
        "defects rechecked that were mended again, each once",
        *DEFECTS, "C09", "count", rows.reworks, better="down", **OF_DEFECTS,
    ),
    K38,
    Measure(
        "K38b", "上门维修合格率考核得分", "Repairs at home in order, as assessed", MENDING,
        "100 × 上门维修合格率；客户回访率（K08）低于目标时减 2 分",
        "100 × repairs at home in order, minus 2 points when fewer customers are called back (K08) than the goal says",
        "整改单、回访记录", "orders, call-backs", "C07", "mean", none, unit="分", dimensions=PLACE,
        mix=Mix((K38, K08), (100.0, 0.0), assessed, (K08,)),
    ),
    # Behind the fixed reports, not on the page of key figures
    Measure(
        "R5", "发现缺陷", "Defects", REPORTS, "本期发现的缺陷（作废、转有偿不计）", "defects found in the period",
        *DEFECTS,
        "R5", "count", rows.found, better="", index=False, by_span=True, **OF_DEFECTS,
    ),
    Measure(
        "R5b", "已销项", "Closed", REPORTS, "其中期末已销项", "closed of them at the cut-off", *DEFECTS, "R5", "count",
        rows.found_closed, better="", index=False, by_span=True, **OF_DEFECTS,
    ),
    Measure(
        "R5c", "未销项", "Open", REPORTS, "其中期末未销项", "open of them at the cut-off", *DEFECTS, "R5", "count",
        rows.found_open, better="down", index=False, by_span=True, **OF_DEFECTS,
    ),
    Measure(
        "R5d", "逾期未销项", "Overdue", REPORTS, "其中期末已逾期", "past due of them at the cut-off", *DEFECTS, "R5",
        "count", rows.found_late, better="down", index=False, by_span=True, **OF_DEFECTS,
    ),
    *(
        Measure(
            key, zh, en, REPORTS, zh, en.lower(), *HOUSES, "R6", "count", select, better="", index=False,
            by_span=key in ("R6", "R6b"),
            **(OF_HOUSES if key != "R6g" else {"dimensions": (*PLACE, "contractor", "severity", "batch")}),
        )
        for key, zh, en, select in (
            ("R6", "应到户数", "Expected", houses.expected),
            ("R6b", "到场户数", "Came", houses.came),
            ("R6c", "交付户数", "Delivered", houses.handed("已交付", "带问题交付")),
            ("R6d", "其中带问题", "With problems", houses.handed("带问题交付")),
            ("R6e", "拒收次数", "Refusals", houses.refusals),
            ("R6g", "发现问题", "Defects found", houses.found_by_owners),
            ("R6h", "视同交付", "Deemed delivered", houses.handed("视同交付")),
        )
    ),
    Measure(
        "R6f", "办理中", "At the stations", REPORTS, "期末已签到、尚未收楼或拒收的户数",
        "signed in, neither delivered nor refused at the cut-off", *HOUSES, "R6", "count", houses.at_stations,
        better="", index=False, by_span=True, **OF_HOUSES,
    ),
    Measure(
        "R7", "逾期事项", "Overdue", REPORTS, "期末正在计时且已超期的时限",
        "clocks running and past due at the cut-off",
        "时限记录", "clocks", "B63", "count", rows.late_clocks, better="down", by_span=True, index=False,
        dimensions=("person", "contractor", "project", "category", "stage"), stage_zh="逾期天数", stage_en="Days late",
    ),
    Measure(
        "R7b", "逾期未销项缺陷", "Defects overdue", REPORTS, "期末已逾期的未销项缺陷",
        "open and past due at the cut-off",
        *DEFECTS, "D19", "count", rows.late_stock, better="down", by_span=True, index=False,
        part_of=(K31C, "value"), **LATENESS,
    ),
    Measure(
        "R9", "整改单数", "Orders", REPORTS, "派发的整改单", "orders issued", *ORDERS, "A25", "count", rows.ordered,
        better="", index=False, **OF_ORDERS,
    ),
    *(
        Measure(
            key, f"{days} 日内到期的保修", f"Warranties ending in {days} days", REPORTS, f"{days} 日内到期的保修",
            f"warranties that end within {days} days", "房屋保修期", "warranties of homes", "A03", "count",
            houses.ending(days), better="", by_span=True, index=False, dimensions=(*PLACE, "stage"),
            stage_zh="部位类别", stage_en="Part class",
        )
        for key, days in (("R10", 30), ("R10b", 90))
    ),
)  # fmt: skip
