"""Say in Chinese what is wrong with an expression: findings carry both languages, FEEL's errors only a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.core.feel import FeelProblem

WHERE = "Position {position}: "
WHERE_ZH = "第 {position} 个字符："
HINT = " Did you mean “{nearest}”?"
TEXTS = {
    "The expression is nested too deep to be evaluated.": "表达式嵌套太深，无法计算。",
    "The expression is nested too deep to be read.": "表达式嵌套太深，无法读取。",
    "“{name}” takes the arguments ({params}).": "“{name}”的参数应为（{params}）。",
    "“{name}” takes the arguments {ways}.": "“{name}”的参数应为 {ways}。",
    "there is no function “{name}”.": "没有函数“{name}”。",
    "“{name}” is not a function.": "“{name}”不是函数。",
    "there is no variable “{name}”.": "没有变量“{name}”。",
    "Only one complete ${{…}} can be translated to FEEL; write FEEL instead.":
        "只有一个完整的 ${{…}} 才能转换，请改写成 FEEL。",
    "“{what}” has no exact counterpart in FEEL; write the expression in FEEL.":
        "“{what}”在 FEEL 里没有对应写法，请用 FEEL 重写。",
    "The expression is longer than {limit} characters.": "表达式超过 {limit} 个字符。",
    "the comment has no closing */.": "注释缺少结尾的 */。",
    'the string has no closing ".': '字符串缺少结尾的 "。',
    "“{char}” is not FEEL; write {instead}": "“{char}”不是 FEEL，请写成 {instead}",
    "unexpected character “{char}”.": "不认识的字符“{char}”。",
    "there is no such character.": "没有这样的字符。",
    "the number is too large.": "数字太大。",
    "the context has two entries “{key}”.": "上下文里有两个“{key}”。",
    "“{sign}” is missing at the end.": "末尾缺少“{sign}”。",
    "“{sign}” is expected before “{found}”.": "“{found}”前面应有“{sign}”。",
    "the expression is not complete.": "表达式不完整。",
    "“{found}” is not expected here.": "这里不应出现“{found}”。",
    "the expression is nested more than {limit} deep.": "表达式嵌套超过 {limit} 层。",
    "There is no type “{name}”.": "没有类型“{name}”。",
}  # fmt: skip


def chinese(problem: FeelProblem) -> str:
    """Give the Chinese sentence of a FEEL error, the English one when it has none."""
    template = problem.template
    text = TEXTS.get(template.removesuffix(HINT).removeprefix(WHERE), "")
    if not text:
        return str(problem)
    where = WHERE_ZH if template.startswith(WHERE) else ""
    hint = "是不是“{nearest}”？" if template.endswith(HINT) else ""
    return (where + text + hint).format(**problem.fields)
