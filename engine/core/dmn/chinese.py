"""The messages of this package in Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.feel import chinese

if TYPE_CHECKING:
    from engine.errors import KeyturnError

CHINESE: dict[str, str] = {
    "The decision file is larger than {limit} bytes.": "决策文件超过 {limit} 字节。",
    "The file is not well-formed XML: {reason}": "文件不是格式正确的 XML：{reason}",
    "A decision file must not contain a DOCTYPE.": "决策文件不得包含 DOCTYPE。",
    "The file is not a DMN file: its root is not DMN definitions.":
        "该文件不是 DMN 文件：根元素不是 DMN definitions。",
    "The id {id} occurs twice.": "标识 {id} 出现了两次。",
    "A decision can have {limit} examples.": "一个决策最多可存 {limit} 个例子。",
    "Boxed expressions are nested more than {limit} deep.": "盒装表达式嵌套超过 {limit} 层。",
    "There is no hit policy {policy}.": "没有命中策略 {policy}。",
    "There is no aggregation {aggregation}.": "没有汇总方式 {aggregation}。",
    "The decision table {id} has no output.": "决策表 {id} 没有输出列。",
    "Rule {id} has {tests} conditions and {results} results; the table has {inputs} and {outputs}.":
        "规则 {id} 有 {tests} 个条件和 {results} 个结果，而该表有 {inputs} 个条件列和 {outputs} 个结果列。",
    "The expression language {language} is not supported; write FEEL.": "不支持表达式语言 {language}；请使用 FEEL。",
    "“{name}” cannot be called with these values.": "不能用这些值调用“{name}”。",
    "Table “{name}”, input “{column}”: {reason}": "决策表“{name}”，条件列“{column}”：{reason}",
    "Table “{name}”, row {row}, “{column}”: {reason}": "决策表“{name}”第 {row} 行“{column}”：{reason}",
    "Table “{name}”: the input “{column}” is {value} ({found}); its column is of type {type}.":
        "决策表“{name}”：条件“{column}”的值是 {value}（{found}），但该列的类型是 {type}。",
    "Table “{name}”: the input “{column}” is {value}; its column allows {allowed}.":
        "决策表“{name}”：条件“{column}”的值是 {value}，该列只允许 {allowed}。",
    "Table “{name}”, row {row}: the result {value} is not of the type {type} of “{column}”.":
        "决策表“{name}”第 {row} 行：结果 {value} 不符合“{column}”列的类型 {type}。",
    "Table “{name}”: only one row may match, but rows {rows} do.":
        "决策表“{name}”：只能有一行命中，但第 {rows} 行同时命中。",
    "Table “{name}”: rows {rows} match with different results.": "决策表“{name}”：第 {rows} 行同时命中，但结果不同。",
    "There is no decision “{name}”.": "没有决策“{name}”。",
    "There is no decision “{name}”. Did you mean “{nearest}”?": "没有决策“{name}”。是否应为“{nearest}”？",
    "The decision “{name}” requires itself.": "决策“{name}”依赖了它自己。",
    "The decision “{name}” is nested too deep.": "决策“{name}”嵌套过深。",
    "Decision “{name}”: {reason}": "决策“{name}”：{reason}",
    "Decision “{name}”: the result {value} is not of its type {type}.":
        "决策“{name}”：结果 {value} 不符合其类型 {type}。",
    "The value {value} is not of the type {type}.": "值 {value} 不符合类型 {type}。",
    "A required element {id} does not exist.": "所依赖的元素 {id} 不存在。",
    "The input “{name}”: {reason}": "输入“{name}”：{reason}",
    "The input “{name}” is {value}, which is not of its type {type}.":
        "输入“{name}”的值是 {value}，不符合其类型 {type}。",
    "Knowledge model “{name}”: {reason}": "业务知识模型“{name}”：{reason}",
}  # fmt: skip


def in_chinese(problem: KeyturnError) -> str:
    """The message of a problem of DMN or FEEL in Chinese."""
    return chinese.in_chinese(problem, CHINESE)
