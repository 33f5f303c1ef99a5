"""Scenario files as written: a story in YAML, read into plain steps, checked with the line of what is wrong."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import yaml

from engine.core import plain_yaml
from engine.core.calendar import CHINA
from engine.core.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

ENGLISH = {
    "name": "名称",
    "rules": "规则",
    "begin": "开始",
    "steps": "步骤",
    "start": "启动",
    "complete": "完成",
    "reach": "办到",
    "by": "由",
    "role": "角色",
    "fill": "填写",
    "advance": "经过",
    "until": "直到",
    "message": "消息",
    "open": "应有",
    "closed": "没有",
    "variables": "变量",
    "ended": "结束",
    "case": "案",
    "as": "称为",
    "refused": "被拒",
    "times": "次数",
    "incidents": "异常",
    "note": "说明",
    "number": "第",
    "project": "项目",
    "scope": "范围",
}
BUILT_IN = frozenset(["启动", "完成", "办到", "经过", "直到", "消息", "应有", "没有", "变量", "结束", "次数", "异常"])
"""Verbs that every scenario may use; an application adds its own."""
MODIFIERS = frozenset({"由", "角色", "填写", "案", "称为", "被拒", "说明", "第", "项目"})


class ScenarioError(Exception):
    """A step did not go as the scenario says, or the file cannot be understood."""

    def __init__(
        self, scenario: str, step: int, reason: str, reason_zh: str = "", *, line: int = 0, element_id: str = ""
    ) -> None:
        """Name the scenario, the number of the step (from 1; 0: the file itself) and what went wrong, and where."""
        super().__init__(f"{scenario}, step {step}: {reason}" if step else f"{scenario}: {reason}")
        self.scenario, self.step, self.reason, self.reason_zh = scenario, step, reason, reason_zh or reason
        self.line, self.element_id = line, element_id
        self.open_tasks: list[dict[str, str]] = []

    def chinese(self) -> str:
        """Say it in Chinese."""
        step = f"第 {self.step} 步：" if self.step else ""
        return f"{self.scenario}，{step}{self.reason_zh}" if step else f"{self.scenario}：{self.reason_zh}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story: what it proves and its steps in order. `wide`: its steps mean the open tasks of all cases."""

    name: str
    rules: tuple[str, ...]
    begin: datetime | None
    steps: tuple[Mapping[str, Any], ...]
    file: str = ""
    wide: bool = False


def read(path: Path) -> Scenario:
    """Read a scenario file. Raises ScenarioError when it is not one."""
    return parse(path.read_bytes(), path.name)


def parse(source: bytes, file: str) -> Scenario:
    """Read a scenario's text. Raises ScenarioError, with the line where one is known, when it is none."""
    content = _chinese(_loaded(source, file))
    steps = content.get("步骤")
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise ScenarioError(
            file, 0, "步骤 (steps) must be a list of mappings", "“步骤”应是一列，每步写成“- 动作: 内容”"
        )
    begin = content.get("开始")
    try:
        start = moment(begin) if begin else None
    except ValueError as error:
        raise ScenarioError(
            file, 0, f"开始 (begin) {begin} is no date and time", f"“开始”{begin} 不是日期时间"
        ) from error
    rules = content.get("规则") or ()
    name, listed = content.get("名称"), rules if isinstance(rules, list | tuple) else [rules]
    if any(isinstance(one, dict | list) for one in (name, *listed)):
        raise ScenarioError(file, 0, "名称 (name) and 规则 (rules) are plain texts", "“名称”和“规则”只能写文字")
    return Scenario(
        name=str(name or file.rpartition(".")[0] or file),
        rules=tuple(str(rule) for rule in listed),
        begin=start,
        steps=tuple(_chinese(step) for step in steps),
        file=file,
        wide=content.get("范围") in ("全部", "all"),
    )


def _loaded(source: bytes, file: str) -> Mapping[Any, Any]:
    if len(source) > plain_yaml.MAX_BYTES:
        raise ScenarioError(file, 0, f"it is longer than {plain_yaml.MAX_BYTES} bytes", "文件太长", line=1)
    try:
        content = plain_yaml.load(source)
    except UnicodeDecodeError as error:
        raise ScenarioError(file, 0, "the file is not UTF-8 text", "文件不是 UTF-8 文本", line=1) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = min(mark.line + 1, max(len(source.splitlines()), 1)) if mark is not None else 1
        reason = str(getattr(error, "problem", None) or error)
        said_zh = f"第 {line} 行不符合 YAML 写法：请检查缩进、冒号后的空格、括号和引号，不用 & 和 * 引用"
        raise ScenarioError(file, 0, f"line {line} is not YAML: {reason}", said_zh, line=line) from error
    if not isinstance(content, dict):
        raise ScenarioError(file, 0, "not a mapping", "文件应是“名称: …、步骤: …”的写法", line=1)
    return content


def _chinese(mapping: Mapping[Any, Any]) -> dict[str, Any]:
    return {ENGLISH.get(str(key), str(key)): value for key, value in mapping.items()}


def moment(value: Any) -> datetime:
    """Read a date-time; one without a zone is China's."""
    read_ = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return read_ if read_.tzinfo else read_.replace(tzinfo=CHINA)


def lines(source: bytes) -> list[int]:
    """Tell on which line (from 1) each step of a readable scenario begins."""
    root = plain_yaml.compose(source)
    for key, value in getattr(root, "value", ()):
        if ENGLISH.get(str(key.value), str(key.value)) == "步骤":
            return [item.start_mark.line + 1 for item in value.value]
    return []


def with_step(source: bytes, number: int, parts: Mapping[str, str]) -> bytes:
    """Write a step before the `number`-th (from 1) of a readable scenario; everything else stays as it is written.

    A step that is part of a list on one line leaves the text alone.
    """
    at, text = lines(source), source.decode("utf-8").splitlines(keepends=True)
    place = at[number - 1] - 1 if 0 < number <= len(at) else -1
    if place < 0 or not text[place].lstrip().startswith("- "):
        return source
    line = text[place]
    dash = line[: len(line) - len(line.lstrip())]
    written = [
        f"{dash}{'- ' if first == 0 else '  '}{key}: {_quoted(value)}\n"
        for first, (key, value) in enumerate(parts.items())
    ]
    return "".join([*text[:place], *written, *text[place:]]).encode()


def _quoted(text: str) -> str:
    written = yaml.safe_dump(text, allow_unicode=True, default_flow_style=True, width=100_000)
    return str(written).strip().removesuffix("...").strip()


def lint(file: str, source: bytes, verbs: Collection[str] | None) -> list[Finding]:
    """Say what is wrong with a scenario's text; `verbs` are those of the application, None when nobody knows them."""
    try:
        scenario = parse(source, file)
    except ScenarioError as error:
        return [Finding("", "scenario-unreadable", "error", error.reason, error.reason_zh, file=file, line=error.line)]
    known = None if verbs is None else BUILT_IN | set(verbs)
    at = dict(enumerate(lines(source), start=1))
    found = []
    for number, step in enumerate(scenario.steps, start=1):
        for message, message_zh in _wrong(step, known):
            said, said_zh = f"Step {number}: {message}", f"第 {number} 步：{message_zh}"
            found.append(Finding("", "scenario-step", "error", said, said_zh, file=file, line=at.get(number, 0)))
    if not scenario.steps:
        message = "There is no step. Write what happens, one step a line."
        found.append(Finding("", "scenario-empty", "error", message, "没有任何步骤，请逐行写出发生的事。", file=file))
    return found


def _wrong(step: Mapping[str, Any], known: Collection[str] | None) -> list[tuple[str, str]]:
    verbs = [key for key in step if key not in MODIFIERS]
    if not verbs and "案" not in step:
        return [("it says nothing to do or to check.", "没有写要做什么或核对什么。")]
    if known is None:
        return []
    found = []
    for verb in verbs:
        if verb not in known:
            near = difflib.get_close_matches(verb, sorted(known), n=1, cutoff=0.3)
            hint, hint_zh = (f" Did you mean “{near[0]}”?", f"是不是“{near[0]}”？") if near else ("", "")
            found.append((f"“{verb}” is not known.{hint}", f"不认识“{verb}”。{hint_zh}"))
    return found
