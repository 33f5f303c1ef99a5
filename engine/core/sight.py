"""What a token sees during a step: its variables, its place, the value of an expression; and the history it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from engine.core import feel
from engine.core.snapshot import ROOT_SCOPE, Environment, HistoryEvent
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from SpiffWorkflow.task import Task

    from engine.core.program import Program
    from engine.core.variables import Variables


class Sight:
    """What a token can see and say: its place, its variables, expressions over them, lines of history."""

    def __init__(self, workflow: Any, program: Program, env: Environment, variables: Variables) -> None:
        """Look at a workflow with the moment, the calendar and the variables of this step."""
        self.workflow = workflow
        self.program = program
        self.env = env
        self.variables = variables
        functions = env.calendar.functions(env.now)
        self.feel = feel.Env(now=env.now, zone=env.calendar.zone, functions=functions)
        self.lenient = feel.Env(now=env.now, zone=env.calendar.zone, functions=functions, strict=False)
        self.history: list[HistoryEvent] = []

    def note(self, action: str, task: Task | None, **detail: Any) -> None:
        """Add a line to the history of this step."""
        spec = task.task_spec if task is not None else None
        self.history.append(
            HistoryEvent(
                action=action,
                element_id=spec.name if spec is not None else self.program.key,
                element_type=spec.node.type if spec is not None else "process",
                name=spec.label if spec is not None else self.program.name,
                token_id=task.id if task is not None else None,
                scope_id=self.scope_id(task) if task is not None else ROOT_SCOPE,
                detail=detail,
            )
        )

    def scope_id(self, task: Task) -> str:
        """Name the process or sub-process a token runs in, "" for the top one."""
        parent = task.workflow.parent_task_id
        return ROOT_SCOPE if parent is None else str(parent)

    def program_of(self, task: Task) -> Program:
        """Give the program whose diagram the token is on: the instance's own or a called one."""
        workflow = task.workflow
        while workflow.parent_task_id is not None:
            holder = self.holder(workflow)
            called = holder.internal_data.get("definition")
            if called:
                return self.env.program(called)
            workflow = holder.workflow
        return self.program

    def holder(self, workflow: Any) -> Task:
        """Give the token that a sub-process or called process runs in, also when it just ended."""
        for candidate in (self.workflow, *self.workflow.subprocesses.values()):
            task = candidate.tasks.get(workflow.parent_task_id)
            if task is not None:
                return cast("Task", task)
        raise ProcessError(N_("The saved state has lost a token."))

    def own_key(self, task: Task) -> str:
        """Give the business key that a call activity handed to the token's process, "" for the instance's own."""
        workflow = task.workflow
        while workflow.parent_task_id is not None:
            holder = self.holder(workflow)
            if "definition" in holder.internal_data:
                return str(holder.internal_data.get("business_key", ""))
            workflow = holder.workflow
        return ""

    def chain(self, task: Task) -> list[str]:
        """List the variable scopes a token sees, innermost first."""
        chain: list[str] = []
        while True:
            chain += [s for s in (str(task.id), task.internal_data.get("outer")) if s and self.variables.has(s)]
            parent = task.workflow.parent_task_id
            if parent is None:
                return [*chain, ROOT_SCOPE]
            task = self.holder(task.workflow)
            if task.internal_data.get("definition"):
                return [*chain, call_scope(task)]

    def view(self, task: Task) -> Mapping[str, Any]:
        """See the variables as the token does."""
        return self.variables.view(self.chain(task))

    def assign(self, task: Task, values: Mapping[str, Any]) -> None:
        """Set variables as the token does and note it in the history."""
        if values:
            self.variables.assign(self.chain(task), values)
            self.note("variable", task, variables={name: feel.to_json(value) for name, value in values.items()})

    def evaluate(self, task: Task, text: str, *, strict: bool = True) -> Any:
        """Evaluate FEEL with the variables the token sees. Raises ProcessError naming the element."""
        try:
            return feel.compile(text).evaluate(self.view(task), self.feel if strict else self.lenient)
        except feel.FeelProblem as error:
            message = N_("{name}: the expression {text} cannot be evaluated: {reason}")
            raise ProcessError(
                message, element_id=task.task_spec.name, name=task.task_spec.label, text=text, reason=error
            ) from error

    def holds(self, task: Task, text: str, *, strict: bool = True) -> bool:
        """Tell whether a condition is true; null counts as not true, any other type is a ProcessError."""
        value = self.evaluate(task, text, strict=strict)
        if value is None or isinstance(value, bool):
            return value is True
        message = N_("{name}: the condition {text} gives {value}, not true or false.")
        raise ProcessError(
            message, element_id=task.task_spec.name, name=task.task_spec.label, text=text, value=feel.to_json(value)
        )

    def text(self, task: Task, text: str) -> Any:
        """Give the value of an attribute: FEEL when it starts with "=", else the text itself."""
        return self.evaluate(task, text[1:]) if text.startswith("=") else text


def call_scope(task: Task) -> str:
    """Name the variable scope of the process that a call activity runs."""
    return f"call:{task.id}"
