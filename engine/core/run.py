"""One step in progress: tokens move through the diagram until every one of them waits.

A token is a SpiffWorkflow task. All tokens of a process or sub-process are children of its root task, so nothing
depends on how a token got where it is: a join counts the tokens that wait at it, a loop leaves nothing behind, and
finished tokens are dropped when the step ends. The node specs (`nodes`, `events`, `loops`) say what a token does at
an element; this module moves it along.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, cast

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.core.sight import Sight, call_scope
from engine.core.snapshot import Ended
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from SpiffWorkflow.task import Task

    from engine.core.model import Flow
    from engine.core.nodes import NodeSpec
    from engine.core.program import Program
    from engine.core.snapshot import Environment, Thrown
    from engine.core.variables import Variables

MAX_VISITS = 2_500  # of one element in one scope within a step; a multi-instance has at most 1,000 rounds
LIVE = TaskState.FUTURE | TaskState.WAITING | TaskState.READY | TaskState.STARTED


class TokenWorkflow(BpmnWorkflow):  # type: ignore[misc]
    """The top process; the agenda of `Run` replaces the library's polling of waiting tasks."""

    def _task_completed_notify(self, task: Task) -> None:
        self.last_task = task


class TokenSubWorkflow(BpmnSubWorkflow):  # type: ignore[misc]
    """A sub-process or called process that runs inside a token of its parent."""

    def _task_completed_notify(self, task: Task) -> None:
        self.last_task = task


class Run(Sight):
    """The workflow, the variables and the outcome of one step. Node specs reach it as the script engine."""

    def __init__(self, workflow: TokenWorkflow, program: Program, env: Environment, variables: Variables) -> None:
        """Prepare a step on a workflow that nobody else uses."""
        super().__init__(workflow, program, env, variables)
        self.thrown: list[Thrown] = []
        self.ended: Ended | None = None
        self.agenda: deque[Task] = deque()
        self.visits: Counter[tuple[str, UUID | None]] = Counter()
        workflow.script_engine = self

    # Tokens

    def tokens(self, workflow: Any = None) -> list[Task]:
        """List the live tokens of one process or sub-process, or of the whole instance."""
        workflows = [self.workflow, *self.workflow.subprocesses.values()] if workflow is None else [workflow]
        return [t for w in workflows for t in w.tasks.values() if t.has_state(LIVE) and t is not w.task_tree]

    def token(self, token_id: UUID) -> Task | None:
        """Find a live token."""
        for workflow in (self.workflow, *self.workflow.subprocesses.values()):
            task = workflow.tasks.get(token_id)
            if task is not None:
                return task if task.has_state(LIVE) else None
        return None

    def place(self, workflow: Any, spec: NodeSpec, **internal: Any) -> Task:
        """Put a new token on an element; it begins when its turn on the agenda comes."""
        task = workflow.task_tree._add_child(spec, TaskState.FUTURE)  # noqa: SLF001
        task.internal_data.update({k: v for k, v in internal.items() if v is not None})
        self.agenda.append(task)
        return cast("Task", task)

    def follow(self, task: Task, flows: list[Flow]) -> None:
        """Send a token along each of the flows."""
        program = self.program_of(task)
        for flow in flows:
            self.place(task.workflow, program.specs[flow.target], via=flow.id)

    def cancel(self, task: Task) -> None:
        """Withdraw a token with everything that lives on it: inner tokens, boundary events, a sub-process."""
        if not task.has_state(LIVE):
            return
        began = not task.has_state(TaskState.FUTURE)
        task._set_state(TaskState.CANCELLED)  # noqa: SLF001
        if began and not task.internal_data.get("watch"):
            self.note("canceled", task)
        self.drop_dependents(task)
        self.variables.close(str(task.id))

    def drop_dependents(self, task: Task) -> None:
        """Withdraw the boundary events, inner tokens and sub-process of a token that ends."""
        me = str(task.id)
        for other in self.tokens(task.workflow):
            if me in (other.internal_data.get("host"), other.internal_data.get("outer")):
                self.cancel(other)
        child = self.workflow.subprocesses.get(task.id)
        if child is not None:
            self.clear(child)
            self.workflow.subprocesses.pop(task.id, None)
            self.variables.close(call_scope(task))

    def clear(self, workflow: Any) -> None:
        """Withdraw every token of a process or sub-process."""
        for other in self.tokens(workflow):
            self.cancel(other)

    # Moving on

    def settle(self) -> None:
        """Run until every token waits. Raises ProcessError when a token cannot move or the flow never rests."""
        while True:
            while self.agenda:
                self._turn(self.agenda.popleft())
            if not self._wake() and not self._close_scopes():
                return

    def _turn(self, task: Task) -> None:
        if not task.has_state(LIVE):
            return
        place = (task.task_spec.name, task.workflow.parent_task_id)
        self.visits[place] += 1
        if self.visits[place] > MAX_VISITS:
            message = N_(
                "The flow runs in a circle without waiting, last at {name}. Put a user task or timer into the loop."
            )
            raise ProcessError(message, element_id=task.task_spec.name, name=task.task_spec.label)
        if task.has_state(TaskState.FUTURE):
            if not task.internal_data.get("watch") and not task.internal_data.get("outer"):
                self.note("entered", task)
            try:
                task.task_spec._update(task)  # noqa: SLF001
            except ProcessError as error:
                error.element_id = error.element_id or task.task_spec.name  # the host does not know where it was asked
                raise
        if task.has_state(TaskState.READY) and "task" not in task.internal_data:
            task.run()
            task.workflow._remove_task(task.id)  # noqa: SLF001  it is done: nothing looks at it again

    def _wake(self) -> bool:
        """Let the tokens look again whose way may be free now: inclusive joins and conditional events."""
        woken = False
        for task in self.tokens():
            if task.has_state(TaskState.WAITING) and task.task_spec.watches_state:
                woken = task.task_spec.look(self, task) or woken
        if not woken and not self.agenda:
            woken = any(task.task_spec.look(self, task, by_border=False) for task in stuck(self))
        return woken or bool(self.agenda)

    def _close_scopes(self) -> bool:
        """End the innermost process or sub-process that has no live token left."""
        for task_id, child in list(self.workflow.subprocesses.items()):
            if not self.alive(child):
                parent = self.token(task_id)
                for watcher in self.tokens(child):
                    self.cancel(watcher)
                child.completed = True
                if parent is None:
                    del self.workflow.subprocesses[task_id]
                else:
                    parent.task_spec.child_ended(self, parent, child)
                return True
        if not self.workflow.completed and not self.alive(self.workflow):
            self.clear(self.workflow)
            self.workflow.completed = True
            last = self.workflow.last_task
            spec = None if last is None else last.task_spec
            kind = self.workflow.data.get("ended", "completed")
            self.ended = Ended(getattr(spec, "name", ""), getattr(spec, "label", ""), kind)
            self.note("ended", None, kind=kind)
        return False

    def alive(self, workflow: Any) -> bool:
        """Tell whether a process or sub-process has a token that does more than wait for an event at its border."""
        return any(not t.internal_data.get("watch") for t in self.tokens(workflow))


def run_of(task: Task) -> Run:
    """Give the step that moves this token."""
    return cast("Run", task.workflow.top_workflow.script_engine)


def descendants(run: Run, task: Task) -> Iterator[Task]:
    """Walk the tokens inside a sub-process or call activity, at any depth."""
    child = run.workflow.subprocesses.get(task.id)
    for inner in run.tokens(child) if child is not None else ():
        yield inner
        yield from descendants(run, inner)


def stuck(run: Run) -> Iterator[Task]:
    """Find the inclusive joins of each scope where all that lives waits at joins, each for what another might send.

    They wait no longer for ways that only open when a boundary event fires: nothing is left that it could interrupt.
    """
    for workflow in (run.workflow, *run.workflow.subprocesses.values()):
        live = [t for t in run.tokens(workflow) if not t.internal_data.get("watch")]
        if all(t.has_state(TaskState.WAITING) and t.task_spec.node.type.endswith("Gateway") for t in live):
            yield from (t for t in live if t.task_spec.node.type == "inclusiveGateway")
