"""Words of the handover tables, which hold them in Chinese, for readers of English. Content, not interface texts."""

from __future__ import annotations

from tasks_ui import i18n, names

ENGLISH = {
    "方案": "being planned",
    "条件核查": "conditions under check",
    "待审批": "to be approved",
    "已批准": "approved",
    "集中交付": "concentrated handover",
    "零散交付": "single handovers",
    "已关闭": "closed",
    "已取消": "cancelled",
    "已通知": "notified",
    "已预约": "appointment made",
    "已签到": "signed in",
    "验房中": "being inspected",
    "办理中": "at the stations",
    "已交付": "handed over",
    "带问题交付": "handed over with problems",
    "拒收": "refused",
    "催告中": "reminded by letter",
    "视同交付": "deemed handed over",
    "退房": "returned",
    "收楼": "accepts",
    "带问题收楼": "accepts with problems",
    "签到": "Sign-in",
    "款项核对": "Fees",
    "陪同验房": "Accompanied inspection",
    "签署与资料": "Signing and papers",
    "抄表与钥匙": "Meters and keys",
    "现场满意度": "Satisfaction on site",
    "在库": "in stock",
    "已交业主": "with the owner",
    "借出": "lent",
    "遗失": "lost",
    "面积补差": "Area difference",
    "尾款": "Balance of the price",
    "维修资金": "Maintenance fund",
    "物业费": "Property fee",
    "装修保证金": "Renovation deposit",
    "水电预存": "Utilities prepayment",
    "水表": "Water",
    "电表": "Power",
    "气表": "Gas",
    "入伙通知": "Handover notice",
    "催告函": "Reminder letter",
    "预约": "appointment",
    "未到场": "absent",
    "转零散": "change to a single appointment",
    "收楼意见": "owner's decision",
    "交付": "keys handed over",
    "开整改单": "orders issued",
    "业主复验": "owner's recheck",
    "业主档案": "owner's file",
    "催告": "letter sent",
    "转投诉": "became a complaint",
    "办结": "ended",
}


def word(text: str) -> str:
    """Give a word of the handover tables in the language of the page; what is not known stays as it is."""
    if i18n.locale() != "en" or not text:
        return text
    return ENGLISH.get(text) or names.text(text, "handover_unit")
