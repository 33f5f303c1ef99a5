"""Scenarios: stories in YAML that a process owner can read, played on a workbench with a clock of its own.

    名称: 五日未办结，客服打电话
    规则: [AC05, C06]
    开始: 2026-03-02 09:00
    步骤:
      - 登记: {kind: 投诉, brief: 电梯异响}          # a verb of the application
      - 完成: 派单
        由: 林小安
        填写: {acceptor: chen.liyan}
      - 经过: P3D
      - 应有: [受理]
        没有: [第5日客户沟通]

Verbs known here: 启动 start, 完成 complete, 办到 reach, 经过 advance, 直到 until, 消息 message, 应有 open,
没有 closed, 变量 variables, 结束 ended, 次数 times, 异常 incidents. An application adds
verbs (`Play.verbs`), which may be actions or checks. A text value that begins with `=` is FEEL:
`=now() + duration("P2D")`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import InvalidRequestError

from engine.errors import KeyturnError
from engine.scenario_files import MODIFIERS, Scenario, ScenarioError, moment, parse, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.testing import Task, Workbench

__all__ = [
    "VERBS", "CheckFailed", "Play", "Scenario", "ScenarioError", "find", "moment", "parse", "play", "read", "take",
]  # fmt: skip
PATIENCE = 80
MISWRITTEN = (
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
    InvalidRequestError,  # a row that a verb counts on is not there
)


class CheckFailed(Exception):  # noqa: N818  a check's answer, turned into a ScenarioError with its step
    """What a check found is not what the scenario says, in English and Chinese."""

    def __init__(self, english: str, chinese: str = "") -> None:
        """Keep both sentences."""
        super().__init__(english)
        self.chinese = chinese or english


@dataclass(slots=True)
class Play:
    """A scenario being played. `keys` maps the names given to cases to business keys; `current` is the one meant.

    `usual` gives what is filled in where the scenario does not say otherwise; `aside` names the steps that lie beside
    the way and are not done by 办到; `processes` are those meant when several run for a case; `wide`: 范围 全部.
    """

    bench: Workbench
    verbs: Mapping[str, Callable[[Play, Any, Mapping[str, Any]], None]] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    usual: Callable[[Play, Task], Mapping[str, Any]] = lambda _stage, _task: {}
    aside: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    keys: dict[str, str] = field(default_factory=dict)
    current: str = ""
    wide: bool = False

    def tasks(self) -> list[Task]:
        """The open tasks of the case meant, or with `wide` of all."""
        here = "" if self.wide else self.current
        return [task for task in self.bench.tasks() if not here or task.business_key == here]

    def value(self, given: Any) -> Any:
        """Evaluate what begins with `=`, also inside lists and mappings."""
        if isinstance(given, str) and given.startswith("="):
            return self.bench.evaluate(given[1:])
        if isinstance(given, dict):
            return {key: self.value(inner) for key, inner in given.items()}
        if isinstance(given, list):
            return [self.value(inner) for inner in given]
        return given.isoformat() if isinstance(given, datetime) else given


def play(scenario: Scenario, stage: Play) -> None:
    """Play all steps in order. Raises ScenarioError at the first that does not go as written."""
    for number, step in enumerate(scenario.steps, start=1):
        try:
            take(stage, step)
        except CheckFailed as error:
            raise ScenarioError(scenario.name, number, str(error), error.chinese) from error
        except KeyturnError as error:
            details = "; ".join(str(detail) for detail in getattr(error, "errors", ()))
            element = str(getattr(error, "element_id", "") or "")
            raise ScenarioError(scenario.name, number, f"{error} {details}".strip(), element_id=element) from error
        except MISWRITTEN as error:  # what is written there may be anything; the reader gets the step, no traceback
            what = ", ".join(str(key) for key in step)
            reason = f"{type(error).__name__} {error}".strip()
            raise ScenarioError(
                scenario.name, number, f"{what} cannot be done: {reason}", f"“{what}”无法执行：{reason}"
            ) from error


def take(stage: Play, step: Mapping[str, Any]) -> None:
    """Take one step. Raises CheckFailed, KeyturnError, or whatever a step that is written wrongly leads to."""
    if "案" in step:
        named = str(step["案"])
        if named not in stage.keys:
            raise CheckFailed(f"there is no case {named}", f"没有叫“{named}”的案件")
        stage.current = stage.keys[named]
    verbs: dict[str, Callable[[Play, Any, Mapping[str, Any]], None]] = {**VERBS, **stage.verbs}
    unknown = [key for key in step if key not in verbs and key not in MODIFIERS]
    if unknown:
        raise CheckFailed(
            f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(verbs))}",
            f"不认识：{'、'.join(unknown)}；可用的有 {'、'.join(sorted(verbs))}",
        )
    for key, value in step.items():
        if key not in MODIFIERS:
            _run(verbs[key], stage, value, step)
    stage.bench.run_jobs()


def _run(
    verb: Callable[[Play, Any, Mapping[str, Any]], None], stage: Play, value: Any, step: Mapping[str, Any]
) -> None:
    refused = step.get("被拒")
    if refused is None:
        verb(stage, value, step)
        return
    try:
        verb(stage, value, step)
    except KeyturnError as error:
        said = " ".join([str(error), error.template, *(str(detail) for detail in getattr(error, "errors", ()))])
        if str(refused) not in said:
            raise CheckFailed(f"was refused, but with: {said}", f"应因“{refused}”被拒，实际的理由是：{said}") from error
        return
    raise CheckFailed("should have been refused", f"应被拒绝（{refused}），实际办成了")


def find(stage: Play, name: str, number: int = 1) -> Task:
    """Find the one open task of a name, id or form key; of several the `number`-th, the one due first is 1."""
    found = [task for task in stage.tasks() if name in {task.name, task.element_id, task.form_key}]
    if not found:
        raise CheckFailed(
            f"no open task {name}; open are: {_names(stage)}", f"应有待办“{name}”，实际待办：{_names(stage, '、')}"
        )
    return found[min(max(number, 1), len(found)) - 1]


def _names(stage: Play, comma: str = ", ") -> str:
    return comma.join(task.name for task in stage.tasks()) or ("none" if comma == ", " else "无")


def _start(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    key, named = str(value), str(step.get("称为") or value)
    person, scope = str(step.get("由") or ""), str(step.get("项目") or "")
    login = stage.people.get(person, person) or None
    stage.bench.start(key, stage.value(step.get("填写") or {}), business_key=named, user=login, scope=scope)
    stage.keys[named] = stage.current = named


def _complete(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    task = find(stage, str(value), int(step.get("第") or 1))
    person = str(step.get("由") or "")
    login = stage.people.get(person, person)
    role = str(step.get("角色") or "")
    if role and not login and task.id not in {one.id for one in stage.bench.tasks(groups=[role])}:
        raise CheckFailed(
            f"{value} is not offered to {role} but to {', '.join(task.candidate_groups)}",
            f"“{value}”应派给 {role}，实际派给 {', '.join(task.candidate_groups)}",
        )
    offered = task.candidate_groups or task.candidate_users or task.assignee
    if login and offered and task.id not in {one.id for one in stage.bench.tasks(user=login)}:
        raise CheckFailed(
            f"{value} is not in the inbox of {person} but offered to {', '.join(task.candidate_groups)}",
            f"“{value}”应在 {person} 的待办里，实际派给 {', '.join(task.candidate_groups)}",
        )
    filled = {**stage.usual(stage, task), **stage.value(step.get("填写") or {})}
    stage.bench.complete(task, filled, user=login or None)


def _until_open(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """Do the usual, step by step and day by day, until a task is open."""
    del step
    for _ in range(PATIENCE):
        stage.bench.run_jobs()
        open_ = stage.tasks()
        if any(str(value) in {task.name, task.element_id} for task in open_):
            return
        ready = [task for task in open_ if task.name not in stage.aside]
        if ready:
            stage.bench.complete(ready[0], {**stage.usual(stage, ready[0])})
        else:
            stage.bench.advance("P1D")
    raise CheckFailed(
        f"{value} does not come; open are: {_names(stage)}", f"一直等不到“{value}”；实际待办：{_names(stage, '、')}"
    )


def _advance(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    del step
    stage.bench.advance(str(value))


def _until(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    del step
    stage.bench.advance(moment(stage.value(value)) - stage.bench.now)


def _message(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    stage.bench.correlate(str(value), stage.current, stage.value(step.get("填写") or {}))


def _open(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    del step
    expected = Counter(str(one) for one in (value if isinstance(value, list) else [value] if value else []))
    missing = expected - Counter(task.name for task in stage.tasks())
    if missing:
        raise CheckFailed(
            f"not open: {', '.join(missing)}; open are: {_names(stage)}",
            f"应有待办：{'、'.join(missing)}；实际待办：{_names(stage, '、')}",
        )


def _closed(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    del step
    unwanted = {str(one) for one in (value if isinstance(value, list) else [value])}
    still = [task.name for task in stage.tasks() if task.name in unwanted]
    if still:
        raise CheckFailed(f"still open: {', '.join(still)}", f"不应再有待办：{'、'.join(still)}")


def _instance(stage: Play) -> Any:
    found = [head for head in stage.bench.instances(open_only=False) if head.business_key == stage.current]
    found = [head for head in found if head.process_key in stage.processes] or found
    if not found:
        raise CheckFailed(f"no instance {stage.current}", f"没有流程实例 {stage.current}")
    return found[0]


def _variables(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    del step
    known = stage.bench.variables(_instance(stage))
    for name, expected in stage.value(value).items():
        if known.get(name) != expected:
            raise CheckFailed(
                f"variable {name} is {known.get(name)!r}, not {expected!r}",
                f"变量 {name} 应为 {expected!r}，实际为 {known.get(name)!r}",
            )


def _ended(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    del step
    head = _instance(stage)
    if value is False:
        if head.ended_at is not None:
            raise CheckFailed(f"has ended at {head.end_name}", f"应未结束，实际已结束于“{head.end_name}”")
    elif head.ended_at is None:
        raise CheckFailed(
            f"has not ended; open are: {_names(stage)}", f"应已结束，实际未结束；待办：{_names(stage, '、')}"
        )
    elif str(value) not in {head.end_name, head.end_element}:
        raise CheckFailed(
            f"ended at {head.end_name} ({head.end_element})",
            f"应结束于“{value}”，实际结束于“{head.end_name}”（{head.end_element}）",
        )


def _times(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    """How often each named step was begun so far."""
    del step
    entered = Counter(event.name for event in stage.bench.history(_instance(stage)) if event.action == "entered")
    for name, expected in value.items():
        if entered[str(name)] != expected:
            raise CheckFailed(
                f"{name} was begun {entered[str(name)]} times, not {expected}",
                f"“{name}”应开始 {expected} 次，实际 {entered[str(name)]} 次",
            )


def _incidents(stage: Play, value: Any, step: Mapping[str, Any]) -> None:
    del step
    found = [incident.message for incident in stage.bench.incidents()]
    if len(found) != int(value):
        raise CheckFailed(
            f"{len(found)} incidents: {'; '.join(found)}",
            f"应有 {value} 个异常，实际 {len(found)} 个：{'；'.join(found)}",
        )


VERBS: dict[str, Callable[[Play, Any, Mapping[str, Any]], None]] = {
    "启动": _start,
    "完成": _complete,
    "办到": _until_open,
    "经过": _advance,
    "直到": _until,
    "消息": _message,
    "应有": _open,
    "没有": _closed,
    "变量": _variables,
    "结束": _ended,
    "次数": _times,
    "异常": _incidents,
}
