"""What the help beside the editor of diagrams says of an element: what it does, what to set, an example."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one element, English and Chinese; a title only where the reference has none."""

    text: str
    text_zh: str
    example: str = ""
    example_zh: str = ""
    title: str = ""
    title_zh: str = ""


BPMN = {
    "process": Words(
        "One diagram is one process: its name is what people choose when they begin it, its lanes are the roles.\n"
        "Running cases keep the version they began with; what you draw holds for new cases once it is published.",
        "一张图是一个流程：名称就是大家发起时看到的名称，泳道就是岗位。\n"
        "已在办的案件沿用原版本；发布之后，新案件才按您画的办。",
        "Complaint handling, with a lane each for customer service, engineer and leader.",
        "“投诉处理”流程，客服主管、工程师、领导各一条泳道。",
        "Process", "流程",
    ),
    "collaboration": Words(
        "The sheet on which the pools lie. Click a pool, a lane or a step to set it.",
        "放置流程池的整张图。点选流程池、泳道或步骤即可设置。",
        title="Diagram", title_zh="整张图",
    ),
    "lane": Words(
        "A lane is a role: whatever task lies in it is done by the people of this role. Its name must be a "
        "role's name.\n"
        "To give a step to somebody else, drag it into another lane.",
        "泳道就是岗位：放在泳道里的任务由该岗位的人办理，名称要与岗位名称一致。\n要换人办，把步骤拖到另一条泳道即可。",
        "Lane “customer service supervisor”: every supervisor of the project finds its tasks in the inbox.",
        "泳道“项目客服主管”：本项目的客服主管都会在待办中看到这些任务。",
        "Lane", "泳道",
    ),
    "sequenceFlow": Words(
        "A flow says what comes next. After an exclusive gateway it needs a condition, or is the default one.\n"
        "The name is what people read in the diagram; the condition is what decides.",
        "连线表示下一步去哪里。从排他网关出来的连线要有条件，或设为默认。\n线上的文字给人看，条件才决定走向。",
        'Condition: needs_visit = "是"', '条件：needs_visit = "是"',
        "Flow", "连线",
    ),
    "messageFlow": Words(
        "Shows that two pools write to one another. It is drawn for people; what is really sent, the events say.",
        "表示两个流程池之间的往来，只给人看；真正的收发由消息事件决定。",
        title="Message flow", title_zh="消息流",
    ),
    "textAnnotation": Words(
        "A note for people who read the diagram. It does nothing.",
        "写给看图的人的注释，不影响运行。",
        "“See rule D11.”", "“见规则 D11。”", "Note", "注释",
    ),
    "group": Words(
        "A frame around steps that belong together. It does nothing.",
        "把相关的步骤框在一起，不影响运行。",
        title="Group", title_zh="分组框",
    ),
    "dataObjectReference": Words(
        "Shows a document. It does nothing: what is filled in comes from forms.",
        "表示一份单据，不影响运行；填写的内容来自表单。",
        title="Data object", title_zh="数据对象",
    ),
    "userTask": Words(
        "Somebody does something and says so in the inbox. Set: the role (the lane gives it), the form, the "
        "time limit.\n"
        "When the limit passes the task is shown as overdue; it is not ended.",
        "由人办理，办完在待办里提交。请设：岗位（由泳道决定）、表单、时限。\n过了时限任务显示逾期，不会自动结束。",
        "“Look at it on site”: lane engineer, form T11, limit 2 working days.",
        "“现场查勘”：泳道工程师，表单 T11，时限 2 个工作日。",
    ),
    "manualTask": Words(
        "Like a user task: somebody does it and says so. Use it where no form is needed.",
        "与人工任务相同，由人办理并确认；不需要表单时使用。",
        "“Hand over the keys.”", "“交钥匙”。",
    ),
    "task": Words(
        "A step without a type: the case passes it at once and nobody sees it. Make it a user task if "
        "somebody does it.",
        "没有类型的步骤：案件直接通过，没有人会看到。要有人办，请改成人工任务。",
    ),
    "serviceTask": Words(
        "The system does it at once, without people. Choose which service from the list.",
        "由系统立即完成，不需要人。请从列表中选择服务。",
        "“Compute the reply's limit.”", "“起算结果反馈时限”。",
    ),
    "sendTask": Words(
        "Sends something: choose the service that sends it, or the message that another process waits for.",
        "发送内容：请选择负责发送的服务，或另一个流程正在等的消息。",
        "Tell the customer the appointment by text message.", "用短信告知客户预约时间。",
    ),
    "receiveTask": Words(
        "Waits until a message arrives. Set the message's name; whoever sends it must use the same.",
        "一直等到收到消息。请设消息名称，发送方要用同一个名称。",
        "Wait until all orders are done: ORDERS_DONE.", "等全部整改单完成：ORDERS_DONE。",
    ),
    "businessRuleTask": Words(
        "A decision table answers: choose the table and under which name its answer is kept for later steps.",
        "由决策表给出结果：请选择决策表，并设结果存为哪个变量，供后面的步骤使用。",
        "“Who approves?” from the table of authorities.", "“谁审批？”由审批权限表决定。",
    ),
    "scriptTask": Words(
        "Programs in diagrams are not run here. Use a formula, a decision table or a service.",
        "流程图里的脚本在这里不运行。请改用公式、决策表或服务。",
    ),
    "callActivity": Words(
        "Runs another process and goes on when that is over. Choose the process and which values go in and out.",
        "运行另一个流程，等它结束后继续。请选择流程，并设传入和传回的值。",
        "The call-back runs as a process of its own.", "回访作为单独的流程运行。",
    ),
    "subProcess": Words(
        "Several steps in a box, with their own start and end. Events on its border hold for all of them.",
        "把几个步骤放进一个框，有自己的开始和结束；框边上的事件对里面所有步骤有效。",
        "Everything between beginning and end of repairs, with “withdrawn by the customer” on the border.",
        "整改期间的全部步骤，边界上挂“客户撤诉”。",
    ),
    "transaction": Words(
        "Steps that count together or not at all: a cancel event undoes those that were done.",
        "要么全部算数，要么全部取消的步骤：取消事件会撤销已完成的步骤。",
    ),
    "exclusiveGateway": Words(
        "One way of several: the first flow whose condition holds is taken. Make one the default, for everything else.",
        "多选一：走第一条满足条件的连线。请把其中一条设为默认，其他情况都走它。",
        "“Is a visit needed?” yes: condition; no: default.", "“需要上门吗？”是：写条件；否：设为默认。",
    ),
    "parallelGateway": Words(
        "All ways at once; where they meet again, a second one waits for all.",
        "几条路同时走；汇合处再放一个，等全部到齐。",
        "Tell the customer and order material at the same time.", "同时通知客户和订料。",
    ),
    "inclusiveGateway": Words(
        "Every way whose condition holds; where they meet, a second one waits for those that were taken.",
        "满足条件的路都走；汇合处再放一个，等走过的都到齐。",
        "Ask engineering, design, or both.", "问工程部、设计部，或两个都问。",
    ),
    "eventBasedGateway": Words(
        "Waits for what happens first: after it come only events that wait.",
        "看哪件事先发生：后面只能接等待的事件。",
        "Customer answers, or three days pass.", "客户答复，或过了三天。",
    ),
    "startEvent": Words(
        "Here a case begins. The form that is filled in at the beginning is set here.",
        "案件从这里开始。发起时要填的表单在这里设。",
        "“A complaint is received”, with the form of reception.", "“收到投诉”，配登记表单。",
    ),
    "startEvent-timer": Words(
        "Begins a case by the clock.", "按时间自动发起。",
        "Every Monday at eight: R/2026-03-02T08:00/P7D", "每周一八点：R/2026-03-02T08:00/P7D",
    ),
    "startEvent-message": Words(
        "Begins a case when a message of this name arrives.", "收到这个名称的消息就发起。",
        "A complaint from a call-back: CASE_FROM_CALLBACK.", "回访转投诉：CASE_FROM_CALLBACK。",
    ),
    "endEvent": Words(
        "This way is over. The case is closed when no way is left.",
        "这条路到此结束；所有路都走完，案件才关闭。",
        "“Closed”.", "“已关闭”。",
    ),
    "endEvent-terminate": Words(
        "Ends the whole case at once, also what others are still doing.",
        "立即结束整个案件，别人正在办的也一并结束。",
        "The complaint is withdrawn.", "客户撤诉。",
    ),
    "endEvent-error": Words(
        "Ends with an error that an event on a border further out catches. Both need the same code.",
        "以错误结束，由外层边界上的错误事件接住，两边的代码要一致。",
    ),
    "intermediateCatchEvent-timer": Words(
        "Waits: for a span of time, or until a moment.", "等待一段时间，或等到某个时刻。",
        "Two days: P2D. Two working days: =add working days(now(), 2)",
        "两天：P2D；两个工作日：=add working days(now(), 2)",
    ),
    "intermediateCatchEvent-message": Words(
        "Waits for a message of this name.", "等待这个名称的消息。",
        "Wait until the batch is cancelled: BATCH_CANCELLED.", "等批次取消：BATCH_CANCELLED。",
    ),
    "intermediateThrowEvent": Words(
        "A mark on the way: it shows in the history that a case came here.",
        "路上的标记：历史记录中会显示案件到过这里。",
        "“Plan approved”.", "“方案已批”。",
    ),
    "boundaryEvent-timer": Words(
        "When the step takes too long, this way is taken. Interrupting (solid line): the step is taken back; "
        "otherwise it goes on and something happens beside it.",
        "步骤超过时间就走这条路。中断（实线）：收回该步骤；不中断（虚线）：步骤继续，另外再做一件事。",
        "After 24 hours, not interrupting: remind.", "24 小时后，不中断：发催办。",
    ),
    "boundaryEvent-message": Words(
        "When this message comes while the step waits, this way is taken.",
        "步骤等待期间收到这个消息，就走这条路。",
        "Withdrawn: WITHDRAW.", "撤诉：WITHDRAW。",
    ),
    "boundaryEvent-error": Words(
        "Catches an error of the step or sub-process it sits on; without a code, every error.",
        "接住所在步骤或子流程的错误；不填代码就接住所有错误。",
    ),
    "boundaryEvent-escalation": Words(
        "Catches an escalation from inside, so that somebody higher up hears of it while the work goes on.",
        "接住内部发出的升级，让上级知道，同时工作继续。",
    ),
}  # fmt: skip
"""By type, with the event's kind after a hyphen."""
EVENTS = {
    "timer": Words("Goes by the clock.", "按时间触发。"),
    "message": Words(
        "Has to do with a message: its name links who sends with who waits.",
        "与消息有关：名称把发送方和等待方连起来。",
    ),
    "signal": Words("A signal reaches everybody who waits for its name.", "信号会通知所有等待这个名称的地方。"),
    "error": Words(
        "Something went wrong that the diagram foresees; the code links both ends.",
        "流程预先考虑到的出错；代码把两端连起来。",
    ),
    "escalation": Words(
        "Tells further out without stopping; the code links both ends.",
        "向外层报告，不一定中断；代码把两端连起来。",
    ),
    "conditional": Words(
        "Waits until a condition on the case's values holds.",
        "等到案件的数据满足条件。",
        "=level >= 3",
        "=level >= 3",
    ),
    "link": Words("Jumps to the link of the same name: spares a long line.", "跳到同名的链接，省去一条长线。"),
    "compensation": Words(
        "Undoes steps that were done, by the tasks linked to them.",
        "撤销已完成的步骤，由它们关联的补偿任务执行。",
    ),
    "terminate": Words("Ends everything in its process at once.", "立即结束所在流程的全部内容。"),
    "cancel": Words("Cancels a transaction.", "取消一个事务。"),
}  # fmt: skip
"""What holds of an event's kind where the element itself has no words of its own."""

DMN = {
    "": Words(
        "Each row says: if all this holds, then that. An empty condition (or -) means “whatever it is”.\n"
        "Click a cell to write in it; the bench on the right shows which row answers.",
        "每一行的意思是：如果这些条件都满足，就得出这个结果。条件留空（或 "
        "-）表示“不限”。\n点单元格直接填写；右侧试算可看到哪一行命中。",
        "Category “leak”, urgent: 1 working day.", "类别“漏水”、紧急：1 个工作日。",
        "Decision table", "决策表",
    ),
    "UnaryTests": Words(
        "A condition: a value, several with commas, or a comparison. Texts stand in straight quotes; - is anything.",
        "条件：一个值、几个值（逗号隔开）或比较。文字用英文直引号；- 表示不限。",
        '"urgent", "very urgent"   > 5000   [1..3]   not("repair")', '"紧急", "特急"　> 5000　[1..3]　not("报修")',
        "Condition cell", "条件单元格",
    ),
    "LiteralExpression": Words(
        "The result: a text in straight quotes, a number, true or false, or a formula.",
        "结果：带英文直引号的文字、数字、true 或 false，或公式。",
        '"leader"   2   duration("P1D")', '"leader"　2　duration("P1D")',
        "Result cell", "结果单元格",
    ),
    "InputClause": Words(
        "A column of conditions: what it looks at is a value of the case, as a form or an earlier step set it.",
        "条件列：看的是案件中的一个值，由表单或前面的步骤填写。",
        "urgency", "urgency（紧急程度）", "Condition column", "条件列",
    ),
    "OutputClause": Words(
        "A column of results: under its name later steps find the answer.",
        "结果列：后面的步骤用它的名称取结果。",
        "approval_role", "approval_role（审批角色）", "Result column", "结果列",
    ),
    "DecisionTable": Words(
        "The hit policy says what happens when several rows match. “First” takes the uppermost: put special "
        "cases on top.",
        "命中策略决定多行同时满足时怎么办。“首个”取最上面一行，所以特殊情况放上面。",
        title="Hit policy", title_zh="命中策略",
    ),
    "DecisionRule": Words(
        "A row. The remark at its end says why it is there.", "一行规则，末尾的备注写明依据。",
        "“Rule D11”", "“依据 D11”", "Row", "规则行",
    ),
}  # fmt: skip
DMN["Decision"] = DMN[""]
