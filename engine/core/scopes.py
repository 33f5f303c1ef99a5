"""What a token does at a sub-process and at a call activity: the activities with an inside of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.core import feel, throwing
from engine.core.nodes import NodeSpec, feel_text
from engine.core.normalise import own_key
from engine.core.run import Run, TokenSubWorkflow
from engine.core.sight import call_scope
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from SpiffWorkflow.task import Task

    from engine.core import model

MAX_CALL_DEPTH = 20


class SubProcess(NodeSpec):
    """An embedded sub-process or transaction: runs its inside, then goes on."""

    def begin(self, run: Run, task: Task) -> bool:
        """Start the inside."""
        program = run.program_of(task)
        child = TokenSubWorkflow(program.scopes[self.name], task.id, run.workflow)
        run.workflow.subprocesses[task.id] = child
        task._set_state(TaskState.STARTED)  # noqa: SLF001
        start_scope(run, child, program, self.name)
        return False

    def child_ended(self, run: Run, task: Task, child: Any) -> None:
        """Go on when the inside has no token left."""
        throwing.keep_compensations(run, task, child)
        run.workflow.subprocesses.pop(task.id, None)
        self.finish(run, task)


class CallActivity(NodeSpec):
    """Runs another process with variables of its own; `camunda:in` and `camunda:out` carry values over."""

    def begin(self, run: Run, task: Task) -> bool:
        """Find the called process and start it inside this token."""
        depth, workflow = 0, task.workflow
        while workflow.parent_task_id is not None:
            depth, workflow = depth + 1, run.holder(workflow).workflow
        if depth >= MAX_CALL_DEPTH:
            message = N_("{name}: processes call each other more than {limit} levels deep.")
            raise ProcessError(message, element_id=self.name, name=self.label, limit=MAX_CALL_DEPTH)
        called = str(run.text(task, self.node.called_element))
        program = run.env.called(called, self._binding(run, task))
        if not program.starts[program.key]:
            message = N_("{name} has no start event without a trigger: it starts by a message, a signal or a timer.")
            raise ProcessError(message, element_id=self.name, name=program.name)
        values = self._carried(run, task, self.node.inputs, run.view(task))
        task.internal_data["definition"] = program.definition_id
        for mapping in self.node.inputs:
            if mapping.business_key and not own_key(mapping):
                task.internal_data["business_key"] = str(run.evaluate(task, feel_text(mapping.source)))
        run.variables.open(call_scope(task), values)
        child = TokenSubWorkflow(program.scopes[program.key], task.id, run.workflow)
        run.workflow.subprocesses[task.id] = child
        task._set_state(TaskState.STARTED)  # noqa: SLF001
        start_scope(run, child, program, program.key)
        return False

    def _binding(self, run: Run, task: Task) -> str:
        attributes = self.node.attributes
        binding = attributes.get("calledElementBinding", "latest")
        extra = attributes.get("calledElementVersion") or attributes.get("calledElementVersionTag") or ""
        if binding == "deployment":
            return f"deployment:{run.program_of(task).definition_id}"
        return f"{binding}:{run.text(task, extra)}" if extra else binding

    def _carried(
        self, run: Run, task: Task, mappings: list[model.Mapping], source: Mapping[str, Any]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for mapping in mappings:
            if mapping.local or mapping.business_key:
                continue
            if mapping.all:
                values.update(source)
            elif mapping.expression:
                values[mapping.target] = run.evaluate(task, feel_text(mapping.source))
            elif mapping.target:
                values[mapping.target] = source.get(mapping.source)
        return values

    def child_ended(self, run: Run, task: Task, child: Any) -> None:
        """Carry the results back and go on."""
        del child
        inner = run.variables.view([call_scope(task)])
        expressions = [m for m in self.node.outputs if m.expression and not m.local]
        plain = [m for m in self.node.outputs if not m.expression]
        values = self._carried(run, task, plain, inner)
        for mapping in expressions:
            values[mapping.target] = evaluate_with(run, task, mapping.source, inner)
        run.workflow.subprocesses.pop(task.id, None)
        task.internal_data.pop("definition", None)
        task.internal_data.pop("business_key", None)
        run.variables.close(call_scope(task))
        run.assign(task, values)
        self.finish(run, task)


def evaluate_with(run: Run, task: Task, text: str, context: Any) -> Any:
    """Evaluate FEEL over other variables than the token's own. Raises ProcessError."""
    try:
        return feel.compile(feel_text(text)).evaluate(context, run.feel)
    except feel.FeelProblem as error:
        message = N_("{name}: the expression {text} cannot be evaluated: {reason}")
        raise ProcessError(
            message, element_id=task.task_spec.name, name=task.task_spec.label, text=text, reason=error
        ) from error


def start_scope(run: Run, workflow: Any, program: Any, scope: str, start_element: str = "") -> None:
    """Put the first tokens into a process or sub-process and arm its event sub-processes."""
    _arm(run, workflow, program, scope)
    starts = (start_element,) if start_element else program.starts[scope]
    for name in starts:
        run.place(workflow, program.specs[name])


def open_scope(run: Run, task: Task, program: Any, scope: str) -> Any:
    """Open a sub-process inside a token without starting anything in it; its event sub-processes are armed."""
    child = TokenSubWorkflow(program.scopes[scope], task.id, run.workflow)
    run.workflow.subprocesses[task.id] = child
    task._set_state(TaskState.STARTED)  # noqa: SLF001
    _arm(run, child, program, scope)
    return child


def _arm(run: Run, workflow: Any, program: Any, scope: str) -> None:
    workflow.task_tree._set_state(TaskState.COMPLETED)  # noqa: SLF001
    for name in program.watchers[scope]:
        program.specs[name].arm(run, workflow)
