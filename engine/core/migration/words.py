"""What a change of version has to say about an instance, in English and Chinese.

An error stops the move until the caller says where the step goes; a warning asks somebody to agree; an info is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.findings import Finding

if TYPE_CHECKING:
    from engine.core.findings import Severity

KINDS = {
    "user": ("a user task", "人工任务"),
    "service": ("a service", "服务任务"),
    "call": ("a call of another process", "调用活动"),
    "callActivity": ("a call of another process", "调用活动"),
    "subProcess": ("a sub-process", "子流程"),
    "transaction": ("a transaction", "事务子流程"),
    "event subprocess": ("an event sub-process", "事件子流程"),
    "parallelGateway": ("a parallel gateway", "并行网关"),
    "inclusiveGateway": ("an inclusive gateway", "包容网关"),
    "exclusiveGateway": ("an exclusive gateway", "排他网关"),
    "eventBasedGateway": ("an event-based gateway", "事件网关"),
    "catch timer": ("a wait for a moment", "定时等待"),
    "catch message": ("a wait for a message", "等待消息"),
    "catch signal": ("a wait for a signal", "等待信号"),
    "catch conditional": ("a wait for a condition", "等待条件"),
    "task": ("a step that waits for nobody", "不停留的步骤"),
    "startEvent": ("a start event", "开始事件"),
    "endEvent": ("an end event", "结束事件"),
}
OTHER = ("another kind of element", "另一种元素")

SENTENCES: dict[str, tuple[Severity, str, str]] = {
    "removed": (
        "error",
        "This case waits at “{name}”, which the new version does not have. Say to which step it goes.",
        "流程正停在“{name}”，新版本里没有这一步。请指定它转到哪一步。",
    ),
    "kind-changed": (
        "error",
        (
            "“{name}” was {was} and “{to}” is {now} in the new version: what waits there cannot go on. "
            "Say to which step it goes."
        ),
        "“{name}”原来是{was_zh}，新版本里的“{to}”是{now_zh}，正在等待的工作无法沿用。请指定它转到哪一步。",
    ),
    "scope-changed": (
        "error",
        (
            "“{to}” lies in another process or sub-process than “{name}” did: what runs there cannot be carried over. "
            "Say to which step it goes, or let the case finish on its version."
        ),
        "“{to}”与“{name}”不在同一个流程或子流程里，正在进行的工作带不过去。请指定转到哪一步，或让它按原版本办完。",
    ),
    "loop-changed": (
        "error",
        "“{name}” is repeated in another way in the new version, so its rounds under way cannot be carried over.",
        "“{name}”在新版本里的重复方式变了，进行中的各轮带不过去。",
    ),
    "handler-removed": (
        "error",
        "“{name}” is being undone, and the new version does not have that step. Say to which step it goes.",
        "正在撤销“{name}”，新版本里没有这一步。请指定它转到哪一步。",
    ),
    "join-smaller": (
        "error",
        "At “{name}” branches wait for one another, and in the new version fewer branches come together there.",
        "各分支正在“{name}”互相等待，新版本里汇合到这里的分支变少了。",
    ),
    "branch-added": (
        "error",
        "“{name}” would wait for ever: nothing in this case comes from the new branch by way of {lacking}.",
        "“{name}”会永远等不齐：新增的分支（经过{lacking_zh}）在本流程中没有启动过。",
    ),
    "branches-merged": (
        "error",
        "“{first}” and “{second}” would come to “{name}” by the same way, and the later one would wait for ever.",
        "“{first}”和“{second}”会从同一条路到达“{name}”，后到的那个会永远等下去。",
    ),
    "block-gone": (
        "warning",
        (
            "“{first}” and “{second}” run side by side and no longer meet in the new version, so what follows may be "
            "done twice. Agree to it, or let the case finish on its version."
        ),
        "“{first}”和“{second}”正在并行，新版本里它们不再汇合，后面的步骤可能做两遍。请确认，或让它按原版本办完。",
    ),
    "event-added": (
        "warning",
        "The new version puts “{name}” on “{host}”, where this case is. If you agree, it begins now.",
        "新版本在流程正处的“{host}”上增加了事件“{name}”。同意后，它从现在起开始等待或计时。",
    ),
    "arm-added": (
        "warning",
        "The new version waits for “{name}” as well. If you agree, it begins to wait or to count now.",
        "新版本在这里还要等待“{name}”。同意后，它从现在起开始等待或计时。",
    ),
    "arm-removed": (
        "warning",
        "The new version no longer waits for “{name}”, one of the events awaited here. If you agree, it is dropped.",
        "新版本不再等待“{name}”，而流程正在等它（以及别的事件）。同意后，将不再等它。",
    ),
    "compensation-gone": (
        "warning",
        (
            "“{name}” was done in this case and could be undone until now; in the new version it cannot. Agree to it, "
            "or let the case finish on its version."
        ),
        "本流程已做完“{name}”，此前还可以撤销，新版本里不能了。请确认，或让它按原版本办完。",
    ),
    "event-removed": (
        "info",
        "The event “{name}” is no longer on “{host}”: it is dropped.",
        "“{host}”上不再有事件“{name}”，将不再等待它。",
    ),
    "event-anew": (
        "info",
        "“{name}” begins to wait or to count from now.",
        "“{name}”从现在起重新等待或计时。",
    ),
    "timer-kept": (
        "info",
        "“{name}” keeps the moment it is due; its new limit counts for those that begin to wait later.",
        "“{name}”仍在原定时间到期，新的时限只对以后开始的等待生效。",
    ),
    "due-kept": (
        "info",
        "The task “{name}” keeps its due date; the new one counts for tasks that begin later.",
        "任务“{name}”的期限不变，新的期限只对以后产生的任务生效。",
    ),
    "role-changed": (
        "info",
        "Other people may do the task “{name}” from now on; who has taken it keeps it.",
        "任务“{name}”从现在起改由新的角色办理；已经领取的人不变。",
    ),
    "message-changed": (
        "info",
        "“{name}” waits by its new text from now on.",
        "“{name}”从现在起按新的内容等待。",
    ),
    "topic-changed": (
        "info",
        "“{name}” is done by another service from now on.",
        "“{name}”从现在起由另一个服务完成。",
    ),
    "called-stays": (
        "info",
        "The process called by “{name}” goes on by its own version.",
        "“{name}”调用的流程继续按它自己的版本进行。",
    ),
}
STANDS_STILL = frozenset({"called-stays"})
"""What is told although nothing changes for the instance."""


def say(rule: str, element_id: str, *, agreed: bool = False, **fields: str) -> Finding:
    """Give the finding of a rule; what somebody has agreed to is told only."""
    severity, message, message_zh = SENTENCES[rule]
    return Finding(
        element_id=element_id,
        rule=rule,
        severity="info" if agreed and severity == "warning" else severity,
        message=message.format(**fields),
        message_zh=message_zh.format(**fields),
        name=fields.get("name", ""),
    )
