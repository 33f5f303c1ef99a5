"""What the help beside the table editor says of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of a table, English and Chinese."""

    title: str
    title_zh: str
    text: str
    text_zh: str
    example: str
    example_zh: str


ENTRIES: Final = {
    "": Entry(
        "Decision table",
        "决策表",
        "Each row is a rule: when all its conditions hold, its results are the answer. An empty condition, or a dash, "
        "does not ask.\nThe hit policy says what happens when several rows match: under “First” the topmost one "
        "counts, under “Unique” that is an error, under “Collect” all results are put together.",
        "一行就是一条规则：条件都满足，就用这一行的结果。条件留空或写短横，表示不看它。\n"
        "命中策略决定几行同时命中时怎么办：“首个”取最上面一行，“唯一”不允许同时命中，“收集”把结果合在一起。",
        "Put the special cases at the top and a row without conditions at the bottom.",
        "特殊情况放上面，最后一行不设条件兜底。",
    ),
    "dmn:UnaryTests": Entry(
        "Condition",
        "条件单元格",
        "What the input has to be for this row. Texts stand in straight quotes, several values with commas between; "
        "numbers and dates can be compared.\nWithout an answer (nobody has filled the field in) only a dash or "
        "null matches.",
        "这一行要求的条件。文本加英文直引号，几个值用英文逗号隔开；数字和日期可以比较大小。\n"
        "还没有人填的条件，只有短横或 null 能命中。",
        '"urgent", "very urgent" · >= 3 · [3..7] · not("enquiry")',
        '"紧急", "特急" · >= 3 · [3..7] · not("咨询")',
    ),
    "dmn:LiteralExpression": Entry(
        "Result",
        "结果单元格",
        "What the table answers when this row counts: a text in quotes, a number without unit, true or false, null for "
        "nothing, or something reckoned from the inputs.\nRunning cases ask the version in force when their "
        "step begins: a published change holds from the next question on.",
        "以这一行为准时的回答：带引号的文本、不带单位的数字、true 或 false、null 表示空，也可以用条件来算。\n"
        "发布后，下一次提问就按新表回答。",
        '4 · "call" · null · round * 2',
        '4 · "电话" · null · round * 2',
    ),
    "dmn:InputClause": Entry(
        "Input column",
        "条件列",
        "What is asked: the name people read, the variable of the process, and its type. Allowed values make every "
        "other value an error.",
        "问的是什么：给人看的名称、流程里的变量、类型。填了可选值，别的值就算出错。",
        "Urgency · variable urgency · text",
        "紧急程度 · 变量 urgency · 文本",
    ),
    "dmn:OutputClause": Entry(
        "Output column",
        "结果列",
        "What the table answers: the name people read, the variable that gets the answer, and its type. Processes read "
        "the variable: rename it only together with them.",
        "表的回答：给人看的名称、得到回答的变量、类型。流程会读这个变量，改名时流程也要一起改。",
        "Time limit · variable value · number",
        "时限 · 变量 value · 数字",
    ),
    "dmn:DecisionRule": Entry(
        "Row",
        "行",
        "One rule. Rows can be copied, moved and deleted with the buttons above the table; the note at the far right is "
        "for people only.",
        "一条规则。用表上方的按钮复制、移动、删除；最右边的备注只给人看。",
        "“Try every row” shows whether a row is ever reached.",
        "“试每一行”能看出每一行是否轮得到。",
    ),
}
