"""What a diagram may hold and what is said about it, as data: for the reference page, the API and the tests.

The tables are complete by test: every element type of BPMN 2.0's process diagrams, every rule of the check.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.lint.elements import REFUSED
from engine.core.lint.events import EVENT_KINDS
from engine.core.lint.known import KINDS_ZH
from engine.core.model import ACTIVITY_TYPES, EVENT_TYPES, GATEWAY_TYPES
from engine.core.repair import TITLES


@dataclass(frozen=True, slots=True)
class ElementText:
    """One kind of element: `event` is the kind of its trigger, "" for none; `rule` is what refuses it."""

    type: str
    event: str
    name_zh: str
    runs: bool
    rule: str = ""


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule of the check, in short; `repair` names the kinds of repair it may propose, by commas."""

    rule: str
    title: str
    title_zh: str
    repair: str = ""


NAMES_ZH = {
    "task": "任务（未设类型）", "userTask": "人工任务", "manualTask": "手工任务", "serviceTask": "服务任务",
    "sendTask": "发送任务", "receiveTask": "接收任务", "businessRuleTask": "业务规则任务", "scriptTask": "脚本任务",
    "callActivity": "调用活动", "subProcess": "子流程", "transaction": "事务", "adHocSubProcess": "临时子流程",
    "exclusiveGateway": "排他网关", "parallelGateway": "并行网关", "inclusiveGateway": "包容网关",
    "eventBasedGateway": "事件网关", "complexGateway": "复杂网关", "startEvent": "开始事件", "endEvent": "结束事件",
    "intermediateCatchEvent": "中间捕获事件", "intermediateThrowEvent": "中间抛出事件", "boundaryEvent": "边界事件",
}  # fmt: skip
PLAIN_EVENTS = frozenset({"startEvent", "endEvent", "intermediateThrowEvent"})
_RULES = """
boundary-with-incoming|A flow leads to a boundary event|连线指向边界事件
boundary-without-host|A boundary event sits on no activity|边界事件没有附着在活动上
called-missing|A call activity names no process|调用活动没有指定流程|vendor
cancel-outside-transaction|A cancel event outside of a transaction|取消事件不在事务里
cancel-without-boundary|A transaction is cancelled and nothing follows|事务取消之后没有后续
compensation-without-handler|A compensation event leads to no handler|补偿事件没有处理任务
condition-missing|A conditional event has no condition|条件事件没有条件
cron|A timer is a cron expression|定时器用了 cron 写法|cycle
cycle-piles-up|A timer repeats for ever and opens a task each time|定时器无限重复，每次都生成任务
dangling-flow|A flow has only one end|连线缺一端
dead-end|A path ends without an end event|路径没有结束事件就断了|end-event
deadlock|A join can wait for ever|汇合可能永远等不齐|inclusive-join
decision-missing|A business rule task names no decision|业务规则任务没有指定决策表|vendor
doctype|The file has a DOCTYPE or entities|文件含有 DOCTYPE 或实体
duplicate-id|An id stands twice|编号重复
empty-process|The process is empty|流程是空的
empty-subprocess|A sub-process is empty|子流程是空的|user-task
event-gateway-without-events|Nothing follows an event-based gateway|事件网关后面没有事件
event-nobody-catches|Nobody catches what is thrown|抛出的事件没有人捕获
event-nobody-throws|Nobody throws what is waited for|等待的事件没有人抛出
event-subprocess-flow|Flows lead to or from an event sub-process|事件子流程有进出的连线
event-subprocess-loop|An event sub-process has a loop marker|事件子流程带循环标记
event-subprocess-start|An event sub-process needs one start with a trigger|事件子流程需要一个带触发条件的开始事件
event-without-code|A thrown error or escalation has no code|抛出的错误或升级没有代码|code
event-without-name|A message or signal has no name|消息或信号没有名称|message
event-without-trigger|An event waits for nothing|事件没有设定等什么
flow-crosses-border|A flow crosses the border of a sub-process|连线穿过子流程边界
flow-from-end|A flow leaves an end event|结束事件后面还有连线
flow-to-start|A flow leads to a start event|连线指向开始事件
form-field-check|A check of a drawn field has no effect|任务内表单字段的校验不起作用
form-field-type|A drawn field has an unknown type|任务内表单字段的类型未知
four-eyes-without-task|Four eyes name no other user task|四眼原则没有指向其他人工任务
gateway-without-condition|A flow of a gateway has no condition|网关的连线没有条件|default-flow,question
implicit-merge|Flows merge without a gateway|没有网关就合并
implicit-split|Flows split without a gateway|没有网关就分开|question
invalid-feel|An expression is not FEEL|表达式不是有效的 FEEL|spelling
invalid-priority|A priority is not a whole number|优先级不是整数
invalid-time|A time does not exist|时间无效|time
juel|An expression of Camunda 7 is read as FEEL|Camunda 7 表达式按 FEEL 执行|juel
lane-without-name|A lane with tasks of people has no name|有人工任务的泳道没有名称
link-twice|Two catching links have one name|两个链接接收事件同名
link-without-target|A throwing link has no catching one|链接没有接收端
livelock|A circle in which nobody waits|没有任何等待的循环
loop-without-condition|A loop has neither condition nor maximum|循环没有条件也没有最大次数
loop-without-count|A multi-instance has neither collection nor number|多实例没有集合也没有次数
missing-id|An element has no id|元素没有编号|missing-id
multiple-events|An event has several triggers|一个事件有多个触发条件
no-default-flow|A gateway has no default flow|网关没有默认连线|default-flow
no-effect|An attribute or element has no effect here|属性或元素在这里不起作用|spelling,vendor
no-end-event|There is no end event|没有结束事件|end-event
no-form|A user task has no form|人工任务没有表单
no-process|The file has no executable process|没有可执行的流程|executable
no-role|A task belongs to no role|任务没有指定角色|lane
no-start|Nothing can start|没有起点|start-event
no-start-event|There is no start event|没有开始事件|start-event
not-an-event|No event follows an event-based gateway|事件网关后面接的不是事件
not-bpmn|The file is not BPMN 2.0|不是 BPMN 2.0 文件
not-executable|A process is only a picture|流程只是一张图|executable
not-xml|The file is not XML|不是合法的 XML
overlapping-conditions|Two conditions can hold at once|两个条件可能同时成立
oversize|The file is too large|文件太大
piles-up|Tokens can pile up|可能越积越多
receive-without-message|A receive task has no message|接收任务没有指定消息|message
same-condition|Two flows have the same condition|两条连线条件相同
send-without-message|A send task has neither message nor topic|发送任务没有消息也没有主题|message
service-without-topic|A service task names no topic|服务任务没有主题|topic,vendor
several-ends|Several end events have no name|多个结束事件未命名
several-starts|Several start events begin at once|多个开始事件同时开始
step-without-name|A user task has no name|人工任务没有名称
timer-without-value|A timer has no value|定时器没有值|time
too-deep|Elements are nested too deep|元素嵌套太深
too-many-elements|The process has too many elements|流程元素太多
unknown-activity|Compensation of an activity that does not exist|要补偿的活动不存在
unknown-decision|A decision does not exist|决策表不存在
unknown-default|A default flow does not leave its element|默认连线不从该元素出发
unknown-error|An error does not exist|错误不存在
unknown-escalation|An escalation does not exist|升级不存在
unknown-form|A form does not exist|表单不存在
unknown-function|A FEEL function does not exist|FEEL 函数不存在
unknown-listener|A listener does not exist|监听器不存在
unknown-message|A message does not exist|消息不存在
unknown-process|A called process does not exist|调用的流程不存在
unknown-role|A role does not exist|角色不存在
unknown-signal|A signal does not exist|信号不存在
unknown-topic|No service is registered for a topic|主题没有登记的服务
unknown-variable|A variable is set by no form or step|变量没有表单或步骤设置
unreachable|No flow leads to an element|没有连线能走到|connect
unsupported-element|An element does not run here|元素不能运行|formula,topic
untyped-task|A task has no type and is passed at once|任务未设类型，直接通过|user-task
wrong-event|An event of this type cannot stand here|这种事件不能用在这里
wrong-start|A start event that cannot start this|这种开始事件不能用在这里|plain-start
"""


def rules() -> tuple[RuleText, ...]:
    """List every rule of the check, by name."""
    rows = (line.split("|") for line in _RULES.strip().splitlines())
    return tuple(RuleText(*row) for row in rows)


def repairs() -> dict[str, tuple[str, str]]:
    """Give the kinds of repair with their titles, English and Chinese, without the element's name."""
    return {rule: (title.format(name="…"), title_zh.format(name="…")) for rule, (title, title_zh) in TITLES.items()}


def elements() -> tuple[ElementText, ...]:
    """List every element of a process diagram, activities first, events with each of their triggers."""
    found = [
        ElementText(kind, "", NAMES_ZH[kind], kind not in REFUSED, "unsupported-element" if kind in REFUSED else "")
        for kind in (*sorted(ACTIVITY_TYPES), *sorted(GATEWAY_TYPES))
    ]
    for kind in sorted(EVENT_TYPES):
        plain = kind in PLAIN_EVENTS
        found.append(ElementText(kind, "", NAMES_ZH[kind], plain, "" if plain else "event-without-trigger"))
        for event, event_zh in KINDS_ZH.items():
            runs = event in EVENT_KINDS[kind]
            found.append(ElementText(kind, event, f"{event_zh}{NAMES_ZH[kind]}", runs, "" if runs else "wrong-event"))
    return tuple(found)
