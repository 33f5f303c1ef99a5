"""Words of the trade that the case tables hold in Chinese, for readers of English. Content, not interface texts."""

from __future__ import annotations

import re

from tasks_ui import i18n, names

ROUND = re.compile(r"^第(\d+)轮$")
ENGLISH = {
    "待派单": "to be dispatched",
    "待受理": "to be accepted",
    "查勘中": "under survey",
    "方案中": "being planned",
    "待审批": "to be approved",
    "处理中": "in progress",
    "待回复": "to be answered",
    "待签认": "to be signed",
    "待回访": "to be called back",
    "已关闭": "closed",
    "挂起": "on hold",
    "已撤": "withdrawn",
    "已并": "merged",
    "受理": "acceptance",
    "首次响应": "first response",
    "到场": "arrival on site",
    "方案答复": "plan told to the customer",
    "承诺完成": "promised completion",
    "任务": "task",
    "进展汇报": "progress report",
    "结果反馈": "result feedback",
    "第5日沟通": "call on day 5",
    "回访": "call-back",
    "二次回访": "second call-back",
    "升级处置": "action on the escalation",
    "来电登记": "call registered",
    "登记": "registered",
    "催办": "customer pressed",
    "客户催办": "customer pressed",
    "通知受理人": "acceptor called",
    "过程回访": "check-back",
    "第5日客户沟通": "call on day 5",
    "结果回复": "result told",
    "到期提醒": "reminder",
    "逾期催办": "chasing call",
    "短信": "message",
    "待告知客户": "customer to be told",
    "解释指引": "explained and guided",
    "预约上门": "visit arranged",
    "现场查勘": "surveyed on site",
    "制定方案": "plan made",
    "方案审核": "plan reviewed",
    "部门处理": "handled by the department",
    "问题归类": "classified",
    "客户签认": "signed by the customer",
    "内部认定": "closed by internal norm",
    "被投诉人说明": "statement of the person concerned",
    "主管初步意见": "supervisor's opinion",
    "经理认定": "manager's finding",
    "总经理阅批": "general manager's decision",
    "复查归档": "checked and filed",
    "退回补录": "sent back to be completed",
    "退回改派": "sent back for another acceptor",
    "派单": "dispatched",
    "责任复核": "responsibility reviewed",
    "二次处理": "second handling",
    "级别变化": "level changed",
    "申请升级": "escalation asked for",
    "接管": "taken over",
    "撤诉": "withdrawn",
    "关闭": "closed",
    "回访计划": "call-back planned",
    "客户": "customer",
    "责任人": "person in charge",
    "受理人": "acceptor",
    "电话": "phone",
    "微信": "WeChat",
    "当面": "in person",
    "书面": "in writing",
    "整改": "rectification",
    "物业维修": "property repair",
    "应急": "emergency",
    "现场处理": "handled on site",
    "并案": "merged",
    "处理单": "handling sheet",
    "查勘签字": "survey signature",
    "内部认定证据": "evidence of the internal norm",
    "上门回访": "call-back in person",
    "并入": "case merged into this one",
    "接通": "reached",
    "无人": "no answer",
    "拒接": "call refused",
    "清楚": "clear",
    "未说清": "not made clear",
    "接受": "accepts",
    "不接受": "does not accept",
    "满意": "satisfied",
    "基本满意": "fairly satisfied",
    "不满意": "dissatisfied",
}


def word(text: str) -> str:
    """Give a word of the case tables in the language of the page; what is not known stays as it is."""
    if i18n.locale() != "en" or not text:
        return text
    return ENGLISH.get(text) or names.text(text, "complaint")


def head_words(text: str) -> str:
    """Give the second line of a case (kind · category · state · 第2轮) in the language of the page."""
    if i18n.locale() != "en":
        return text
    return " · ".join(ROUND.sub(r"round \1", word(part)) for part in text.split(" · "))
