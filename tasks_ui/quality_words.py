"""Words of reviews and surveys that the tables hold in Chinese, for readers of English."""

from __future__ import annotations

from tasks_ui import i18n
from tasks_ui.case_words import word

ENGLISH = {
    "汇总": "being put together",
    "确认": "data to be confirmed",
    "分析": "being analysed",
    "评审": "to be discussed",
    "改进": "being improved",
    "已发布": "published",
    "无案例": "no cases",
    "编制": "being planned",
    "待审批": "to be approved",
    "进行中": "under way",
    "待验证": "to be checked",
    "已落实": "carried out",
    "已完成": "finished",
    "不实施": "not carried out",
    "业主满意度": "owners' satisfaction",
    "拜访": "visits",
    "神秘访客": "unknown guest",
    "大客户": "key customers",
    "所有客户": "all customers",
    "重要客户": "important customers",
    "一般客户": "ordinary customers",
    "上月": "last month",
    "上周": "last week",
    "本月至今": "this month so far",
    "电话": "by phone",
    "上门": "at home",
    "现场": "on site",
    "完成": "answered",
    "未接": "not reached",
    "拒访": "refused",
    "号码错误": "wrong number",
    "改约": "another time",
    "满意": "satisfied",
    "基本满意": "mostly satisfied",
    "不满意": "dissatisfied",
    "承诺时间已过仍未办结": "promised time is over, still open",
    "解决时间早于受理时间": "solved before it was received",
    "没有最终类别": "no final class",
    "没有责任方": "nobody named as responsible",
}


def quality_word(text: str) -> str:
    """Show a word of reviews and surveys in the reader's language."""
    return ENGLISH.get(text) or word(text) if i18n.locale() == "en" else text
