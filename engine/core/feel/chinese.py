"""The messages of this package in Chinese, for findings, which carry both languages themselves."""

from __future__ import annotations

from typing import Any

from engine.errors import KeyturnError

CHINESE: dict[str, str] = {
    "The expression is longer than {limit} characters.": "表达式超过 {limit} 个字符。",
    "Position {position}: the comment has no closing */.": "第 {position} 个字符：注释缺少结尾的 */。",
    'Position {position}: the string has no closing ".': '第 {position} 个字符：字符串缺少右引号 "。',
    "Position {position}: “{char}” is not FEEL; write {instead}":
        "第 {position} 个字符：FEEL 不认识“{char}”，请写 {instead}",
    "Position {position}: unexpected character “{char}”.": "第 {position} 个字符：此处不应出现“{char}”。",
    "Position {position}: there is no such character.": "第 {position} 个字符：没有这样的字符编码。",
    "Position {position}: the number is too large.": "第 {position} 个字符：数字过大。",
    "Position {position}: “{sign}” is missing at the end.": "第 {position} 个字符：末尾缺少“{sign}”。",
    "Position {position}: “{sign}” is expected before “{found}”.": "第 {position} 个字符：“{found}”之前应有“{sign}”。",
    "Position {position}: the expression is not complete.": "第 {position} 个字符：表达式不完整。",
    "Position {position}: “{found}” is not expected here.": "第 {position} 个字符：此处不应出现“{found}”。",
    "Position {position}: the expression is nested more than {limit} deep.":
        "第 {position} 个字符：表达式嵌套超过 {limit} 层。",
    "Position {position}: the context has two entries “{key}”.": "第 {position} 个字符：上下文中“{key}”出现了两次。",
    "Position {position}: there is no variable “{name}”.": "第 {position} 个字符：没有变量“{name}”。",
    "Position {position}: there is no variable “{name}”. Did you mean “{nearest}”?":
        "第 {position} 个字符：没有变量“{name}”。是否应为“{nearest}”？",
    "Position {position}: there is no function “{name}”.": "第 {position} 个字符：没有函数“{name}”。",
    "Position {position}: there is no function “{name}”. Did you mean “{nearest}”?":
        "第 {position} 个字符：没有函数“{name}”。是否应为“{nearest}”？",
    "Position {position}: “{name}” is not a function.": "第 {position} 个字符：“{name}”不是函数。",
    "Position {position}: “{name}” takes the arguments ({params}).":
        "第 {position} 个字符：“{name}”的参数应为（{params}）。",
    "Position {position}: “{name}” takes the arguments {ways}.": "第 {position} 个字符：“{name}”的参数应为 {ways}。",
    "Position {position}: the function “{name}” cannot use these values: {reason}":
        "第 {position} 个字符：函数“{name}”无法使用这些值：{reason}",
    "The expression takes more than {limit} steps.": "表达式的计算超过 {limit} 步，已停止。",
    "The value is nested more than {limit} deep.": "值的嵌套超过 {limit} 层。",
    "Functions call each other too deep.": "函数相互调用的层数过多。",
    "A number of the calculation is too large.": "计算中出现过大的数字。",
    "The number is too large.": "数字过大。",
    "A number must be finite.": "数字必须是有限的。",
    "A value of type {type} cannot be used in an expression.": "表达式中不能使用 {type} 类型的值。",
    "There is no type “{name}”.": "没有类型“{name}”。",
    "The list holds items that have no order: give sort() a function.":
        "列表中有无法排序的项：请为 sort() 提供比较函数。",
    "now() and today() cannot be used here: there is no clock.": "此处不能使用 now() 和 today()：没有当前时间。",
    "“{pattern}” is not a regular expression that can be used here.": "“{pattern}”不是此处可用的正则表达式。",
    "The expression is nested too deep to be evaluated.": "表达式嵌套过深，无法计算。",
    "The expression is nested too deep to be read.": "表达式嵌套过深，无法读取。",
    "Only one complete ${{…}} can be translated to FEEL; write FEEL instead.":
        "只能把单独一个完整的 ${{…}} 转换为 FEEL；请改写为 FEEL。",
    "“{what}” has no exact counterpart in FEEL; write the expression in FEEL.":
        "“{what}”在 FEEL 中没有完全相同的写法；请用 FEEL 书写该表达式。",
}  # fmt: skip


def in_chinese(problem: KeyturnError, more: dict[str, str] | None = None) -> str:
    """The message of a problem in Chinese, its English when there is no Chinese; `more` adds templates."""
    template = CHINESE.get(problem.template) or (more or {}).get(problem.template)
    if template is None:
        return str(problem)
    fields: dict[str, Any] = {
        key: in_chinese(value, more) if isinstance(value, KeyturnError) else value
        for key, value in problem.fields.items()
    }
    return template.format(**fields)
