"""How each attribute of a diagram is called, and how its values are said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.core.compare import wording
from engine.core.compare.change import Said
from engine.core.lint.known import KINDS_ZH
from engine.core.reference import NAMES_ZH

if TYPE_CHECKING:
    from engine.core.compare.change import Words

TYPES = {
    "task": "task", "userTask": "user task", "manualTask": "manual task", "serviceTask": "service task",
    "sendTask": "send task", "receiveTask": "receive task", "businessRuleTask": "business rule task",
    "scriptTask": "script task", "callActivity": "call activity", "subProcess": "sub-process",
    "transaction": "transaction", "adHocSubProcess": "ad-hoc sub-process", "exclusiveGateway": "exclusive gateway",
    "parallelGateway": "parallel gateway", "inclusiveGateway": "inclusive gateway",
    "eventBasedGateway": "event-based gateway", "complexGateway": "complex gateway", "startEvent": "start event",
    "endEvent": "end event", "intermediateCatchEvent": "intermediate catch event",
    "intermediateThrowEvent": "intermediate throw event", "boundaryEvent": "boundary event",
}  # fmt: skip
DRAWN = {
    "textAnnotation": Said("note", "注释"), "group": Said("group", "分组框"),
    "dataObjectReference": Said("data object", "数据对象"), "dataStoreReference": Said("data store", "数据存储"),
    "association": Said("association", "关联线"), "messageFlow": Said("message flow", "消息流"),
}  # fmt: skip


class Aspect(NamedTuple):
    """An attribute: its name, and how its values are said (`style`)."""

    what: Said
    style: str = "plain"


def _aspect(en: str, zh: str, style: str = "plain") -> Aspect:
    return Aspect(Said(en, zh), style)


ASPECTS: dict[str, Aspect] = {
    "id": _aspect("Id", "编号"),
    "name": _aspect("Name", "名称", "quoted"),
    "documentation": _aspect("Description", "说明", "quoted"),
    "type": _aspect("Kind of element", "元素类型", "type"),
    "assignee": _aspect("Person", "办理人", "list"),
    "candidateUsers": _aspect("Candidate persons", "候选人", "list"),
    "candidateGroups": _aspect("Roles", "候选角色", "role"),
    "candidateStarterGroups": _aspect("Roles that may start", "可发起的角色", "role"),
    "candidateStarterUsers": _aspect("Persons who may start", "可发起的人", "list"),
    "isStartableInTasklist": _aspect("People may start it", "可由人发起", "truth"),
    "initiator": _aspect("Variable for who started", "发起人存入变量"),
    "historyTimeToLive": _aspect("How long it is kept", "保存期限", "time"),
    "versionTag": _aspect("Version tag", "版本标签"),
    "executable": _aspect("Can be run", "可执行", "truth"),
    "dueDate": _aspect("Time limit", "时限", "time"),
    "followUpDate": _aspect("Follow-up date", "跟进日期", "time"),
    "priority": _aspect("Priority", "优先级"),
    "taskName": _aspect("Name", "名称", "feel"),
    "formRef": _aspect("Form", "表单", "form"),
    "formKey": _aspect("Form", "表单", "form"),
    "formRefBinding": _aspect("Version of the form", "表单版本"),
    "decisionRef": _aspect("Decision", "决策表", "decision"),
    "decisionRefBinding": _aspect("Version of the decision", "决策表版本"),
    "mapDecisionResult": _aspect("Shape of the decision's result", "决策结果的取法"),
    "resultVariable": _aspect("Result goes to", "结果存入变量"),
    "topic": _aspect("Service", "服务", "service"),
    "failedJobRetryTimeCycle": _aspect("Retries", "失败重试", "time"),
    "called": _aspect("Called process", "调用流程", "process"),
    "calledElementBinding": _aspect("Version of the called process", "调用流程的版本"),
    "calledElementVersion": _aspect("Version of the called process", "调用流程的版本"),
    "calledElementVersionTag": _aspect("Version tag of the called process", "调用流程的版本标签"),
    "default": _aspect("Default flow", "默认出口"),
    "order": _aspect("Order in which the ways are tried", "分支判断顺序"),
    "attached": _aspect("Attached to", "附着于"),
    "interrupting": _aspect("Interrupts", "中断所在活动", "truth"),
    "event_subprocess": _aspect("Started by an event", "由事件触发", "truth"),
    "is_compensation": _aspect("For compensation", "用于补偿", "truth"),
    "parallel_multiple": _aspect("Waits for all its events", "等齐全部事件", "truth"),
    "condition": _aspect("Condition", "条件", "feel"),
    "timer": _aspect("Timer", "定时", "time"),
    "timerKind": _aspect("Kind of timer", "定时方式"),
    "message": _aspect("Message", "消息", "quoted"),
    "signal": _aspect("Signal", "信号", "quoted"),
    "error": _aspect("Error", "错误", "quoted"),
    "escalation": _aspect("Escalation", "升级", "quoted"),
    "link": _aspect("Link", "链接", "quoted"),
    "conditional": _aspect("Awaited condition", "等待条件", "feel"),
    "compensation": _aspect("Undoes", "补偿的活动"),
    "code": _aspect("Code", "代码", "quoted"),
    "code_variable": _aspect("Variable for the code", "代码存入变量"),
    "message_variable": _aspect("Variable for the error's text", "错误信息存入变量"),
    "event_topic": _aspect("Service", "服务", "service"),
    "events": _aspect("Trigger", "触发方式"),
    "loop": _aspect("Repetition", "重复方式"),
    "cardinality": _aspect("Number of rounds", "重复次数", "feel"),
    "collection": _aspect("One for each of", "逐个办理", "feel"),
    "element_variable": _aspect("Each is called", "每一个称为"),
    "completion_condition": _aspect("Finished early when", "提前结束条件", "feel"),
    "loop_condition": _aspect("Repeated while", "继续重复的条件", "feel"),
    "maximum": _aspect("Rounds at most", "最多重复次数"),
    "test_before": _aspect("Condition tested first", "先判断再办理", "truth"),
    "in": _aspect("Data passed in", "传入数据"),
    "out": _aspect("Data passed out", "传出数据"),
    "sent": _aspect("Data sent along", "随消息带出的数据"),
    "listener": _aspect("Notification or automatic work", "通知与自动处理"),
    "field": _aspect("Field", "内嵌字段"),
    "lane": _aspect("Role", "角色"),
    "pool": _aspect("Process of the pool", "泳池对应的流程"),
    "connection": _aspect("Connection", "连线"),
    "parent": _aspect("Lies in", "所属"),
    "clock": _aspect("Clock", "时钟"),
    "summary": _aspect("Line in the inbox", "待办摘要", "feel"),
    "clockCategory": _aspect("Category of the clock", "时钟类别"),
    "fourEyes": _aspect("Another person than at", "四眼：须与此步不同人"),
    "fourEyesAlone": _aspect("Who is alone may do both", "四眼：一人时可兼办"),
    "correlationKey": _aspect("Found by", "匹配依据", "feel"),
}
EVENTS = {
    "timer": "a timer", "message": "a message", "signal": "a signal", "error": "an error",
    "escalation": "an escalation", "conditional": "a condition", "link": "a link", "terminate": "ends everything",
    "compensation": "compensation", "cancel": "cancels the transaction",
}  # fmt: skip
LOOPS = {
    "standard": Said("again and again", "循环"), "parallel": Said("side by side", "多实例并行"),
    "sequential": Said("one after another", "多实例逐个"), "": Said("once", "不重复"),
}  # fmt: skip
LISTENED = {
    "create": Said("when the task begins", "任务开始时"), "complete": Said("when the task is done", "任务完成时"),
    "start": Said("at the beginning", "开始时"), "end": Said("at the end", "结束时"),
}  # fmt: skip


def of(key: str) -> Aspect:
    """Find an attribute's words; one without any is another setting, by its own name."""
    found = ASPECTS.get(key)
    return found if found is not None else _aspect(f"Setting {key}", f"设置 {key}")


def type_of(kind: str) -> Said:
    """Name an element's type."""
    return DRAWN.get(kind) or Said(TYPES.get(kind, kind), NAMES_ZH.get(kind, kind))


def trigger(kinds: str) -> Said:
    """Name what an event waits for or throws, "" for nothing."""
    names = [kind for kind in kinds.split("+") if kind]
    if not names:
        return Said("none", "无")
    return Said(" + ".join(EVENTS.get(n, n) for n in names), " + ".join(KINDS_ZH.get(n, n) for n in names))


def value(style: str, text: str, words: Words) -> Said:
    """Say a value as its attribute wants."""
    if style == "time":
        return wording.time(text, words)
    if style == "feel":
        return wording.feel(text, words)
    if style == "truth":
        return wording.flag(text.strip().lower() in {"true", "1"})
    if style == "type":
        return type_of(text)
    if style == "quoted":
        return wording.quoted(words.say(text))
    if style in {"role", "list"}:
        return wording.listed(text, words.roles if style == "role" else {}, words)
    if style in {"form", "decision", "process", "service"}:
        names = {
            "form": words.forms, "decision": words.decisions, "process": words.processes, "service": words.services,
        }[style]  # fmt: skip
        return wording.keyed(text, names, words)
    return wording.feel(text, words) if text.lstrip().startswith("=") else Said(wording.clip(text), wording.clip(text))
