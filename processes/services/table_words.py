"""What the codes of the decision tables mean, by `column.code`: shown beside them where people read or edit tables."""

from __future__ import annotations

from processes.services.clocks import NAMES

UNITS = {
    "h": ("小时", "hours"),
    "cd": ("自然日", "calendar days"),
    "wd": ("工作日", "working days"),
    "eod": ("当日下班前", "by the end of the day"),
}
STARTS = {
    "registered": ("登记", "registered"),
    "received": ("收到诉求", "received"),
    "assigned": ("派单", "assigned"),
    "escalated": ("升级", "escalated"),
    "closed": ("结案", "closed"),
    "listed": ("列入清单", "listed"),
    "reported": ("报告", "reported"),
    "signed": ("签收", "signed for"),
    "accepted": ("受理", "accepted"),
    "finished": ("完工", "finished"),
    "rechecked": ("复核", "rechecked"),
    "delivered": ("交付", "handed over"),
    "handover_start": ("集中交付开始", "the handover begins"),
    "handover_end": ("集中交付结束", "the handover ends"),
    "slot_end": ("预约时段结束", "the appointment ends"),
}
PROCESSES = {
    "complaint": ("客户诉求", "customer requests"),
    "escalation": ("升级处置", "escalation"),
    "rectification": ("整改", "rectification"),
    "handover": ("交付", "handover"),
    "decoration": ("装修", "decoration"),
    "callback": ("回访", "call-back"),
}
RECIPIENTS = {
    "customer": ("客户", "the customer"),
    "responsible": ("负责人", "who is responsible"),
    "acceptor": ("受理人", "who accepts it"),
    "handler": ("经办人", "who handles it"),
    "head": ("部门负责人", "the head of the department"),
    "backup": ("备用联系人", "the backup contact"),
    "duty": ("值班人", "who is on duty"),
    "level_owner": ("升级级别的接管人", "who takes over at this level"),
}
CHANNELS = {
    "app": ("应用内提醒", "in the application"),
    "portal": ("门户", "the portal"),
    "phone": ("电话", "telephone"),
    "sms": ("短信", "short message"),
    "wechat": ("微信", "WeChat"),
    "digest": ("每日汇总", "daily digest"),
    "preferred": ("客户偏好的方式", "as the customer prefers"),
}
WORDS = {
    f"{column}.{code}": said
    for column, codes in (
        ("clock", {code: (name, code.replace("_", " ")) for code, name in NAMES.items()}),
        ("unit", UNITS),
        ("start", STARTS),
        ("process", PROCESSES),
        ("recipient", RECIPIENTS),
        ("channels", CHANNELS),
    )
    for code, said in codes.items()
}
"""Chinese and English."""
