"""Words of inspection that the tables hold in Chinese, for readers of English."""

from __future__ import annotations

from tasks_ui import i18n
from tasks_ui.case_words import word

ENGLISH = {
    "工程自检": "contractor's own check",
    "分户验收": "statutory check per house",
    "一户一验": "house-by-house inspection",
    "工地开放日": "site open day",
    "承接查验": "taking over with property management",
    "交付前复查": "check before handover",
    "空置房巡查": "patrol of vacant houses",
    "编制": "being planned",
    "待审批": "to be approved",
    "准备": "in preparation",
    "进行中": "under way",
    "评审": "under review",
    "通过": "passed",
    "有条件通过": "passed with conditions",
    "不通过": "not passed",
    "有条件": "with conditions",
    "已取消": "cancelled",
    "待验": "to be inspected",
    "验房中": "being inspected",
    "待派发": "to be dispatched",
    "整改中": "being mended",
    "待复验": "to be rechecked",
    "待封户": "to be closed up",
    "已通过": "passed",
    "带缺陷通过": "passed with defects",
    "新建批次": "batch begun",
    "编制计划": "plan made",
    "审批计划": "plan reviewed",
    "组建小组": "teams formed",
    "条件确认": "conditions confirmed",
    "逐户发起": "houses begun",
    "批次周报": "weekly report",
    "批次评审": "batch reviewed",
    "批次结束": "batch ended",
    "取消批次": "batch cancelled",
    "具备": "met",
    "不具备": "not met",
    "同意": "approved",
    "退回": "returned",
}


def batch_word(text: str) -> str:
    """Show a word of inspection in the reader's language."""
    return ENGLISH.get(text) or word(text) if i18n.locale() == "en" else text
