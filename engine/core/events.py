"""What a token does at an event: start, catch, boundary, throw, end, and the event sub-process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.core import throwing, timers
from engine.core.nodes import NodeSpec, race_won, token_by_text
from engine.core.run import TokenSubWorkflow, run_of
from engine.core.scopes import SubProcess, start_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from SpiffWorkflow.task import Task

    from engine.core.model import EventDefinition, Flow, Node
    from engine.core.run import Run

AWAITED = frozenset({"message", "signal", "conditional"})


def await_event(run: Run, task: Task, node: Node) -> bool:
    """Arm a token for the event of a node; True when a condition holds already and there is nothing to wait for."""
    event = node.event
    if event is None:
        return True
    if event.kind == "timer":
        timers.arm(run, task, event)
    elif event.kind == "conditional":
        task.internal_data["await"] = ["conditional", "", ""]
        task.internal_data["held"] = held = run.holds(task, event.expression.removeprefix("="), strict=False)
        return held
    elif event.kind in AWAITED:
        name = str(run.text(task, event.name))
        key = node.properties.get("correlationKey", "")
        wanted = str(run.text(task, key)) if key else run.own_key(task) if event.kind == "message" else ""
        task.internal_data["await"] = [event.kind, name, wanted]
    return False


def turned_true(run: Run, task: Task, event: EventDefinition | None) -> bool:
    """Look at a condition that was watched before: True when it has just become true."""
    if event is None or "held" not in task.internal_data:
        return False
    holds = run.holds(task, event.expression.removeprefix("="), strict=False)
    rising = holds and not task.internal_data["held"]
    task.internal_data["held"] = holds
    return rising


class StartEvent(NodeSpec):
    """A start event: the one that started the scope passes at once."""


class CatchEvent(NodeSpec):
    """An intermediate catch event or a receive task."""

    @property
    def watches_state(self) -> bool:  # type: ignore[override]
        """Conditional events look at the variables whenever the instance rests."""
        return self.node.event is not None and self.node.event.kind == "conditional"

    def begin(self, run: Run, task: Task) -> bool:
        """Wait for the event; a link's catching side passes."""
        event = self.node.event
        if event is None or event.kind == "link":
            return True
        if await_event(run, task, self.node):
            race_won(run, task)
            return True
        return False

    def look(self, run: Run, task: Task) -> bool:
        """Fire when the condition has become true."""
        event = self.node.event
        if event is None or not run.holds(task, event.expression.removeprefix("="), strict=False):
            return False
        self.trigger(run, task, {})
        return True

    def trigger(self, run: Run, task: Task, variables: Mapping[str, Any]) -> None:
        """The event happened: go on."""
        race_won(run, task)
        run.note("fired", task)
        run.assign(task, variables)
        self.finish(run, task)


class BoundaryEvent(NodeSpec):
    """An event on the border of an activity. Its waiting token lives as long as the activity does."""

    @property
    def watches_state(self) -> bool:  # type: ignore[override]
        """Conditional events look at the variables whenever the instance rests."""
        return self.node.event is not None and self.node.event.kind == "conditional"

    def attach(self, run: Run, host: Task) -> None:
        """Arm the event for an activity that has just begun to wait."""
        if self.node.event is not None and self.node.event.kind in AWAITED | {"timer"}:
            task = run.place(host.workflow, self, host=str(host.id), watch=True)
            run.agenda.remove(task)
            task._set_state(TaskState.WAITING)  # noqa: SLF001
            if await_event(run, task, self.node):
                task.internal_data["held"] = False  # true from the start: the look at rest fires it

    def look(self, run: Run, task: Task) -> bool:
        """Fire when the condition turns from false to true."""
        rising = turned_true(run, task, self.node.event)
        if rising:
            self.trigger(run, task, {})
        return rising

    def trigger(self, run: Run, task: Task, variables: Mapping[str, Any]) -> None:
        """The event happened: interrupt the activity or run beside it."""
        run.note("fired", task)
        if self.node.interrupting:
            host = token_by_text(run, task.internal_data.get("host", ""))
            if host is not None:
                run.cancel(host)
        elif not ("cycle" in task.internal_data and timers.rearm(run, task)) and "due" in task.internal_data:
            run.cancel(task)
        self.take(run, task.workflow, variables)

    def take(self, run: Run, workflow: Any, variables: Mapping[str, Any]) -> None:
        """Send a token along the flows of the event."""
        token = run.place(workflow, self)
        run.assign(token, variables)


class EventSubProcess(SubProcess):
    """A sub-process started by an event inside its scope, which it interrupts or not."""

    start: NodeSpec

    @property
    def watches_state(self) -> bool:  # type: ignore[override]
        """Conditional starts look at the variables whenever the instance rests."""
        event = self.start.node.event
        return event is not None and event.kind == "conditional"

    def arm(self, run: Run, workflow: Any) -> None:
        """Wait for the start event as long as the scope lives. Errors and escalations need no token."""
        event = self.start.node.event
        if event is None or event.kind not in AWAITED | {"timer"}:
            return
        task = run.place(workflow, self, watch=True)
        run.agenda.remove(task)
        task._set_state(TaskState.WAITING)  # noqa: SLF001
        if await_event(run, task, self.start.node):
            task.internal_data["held"] = False

    def look(self, run: Run, task: Task) -> bool:
        """Fire when the condition turns from false to true."""
        rising = turned_true(run, task, self.start.node.event)
        if rising:
            self.trigger(run, task, {})
        return rising

    def trigger(self, run: Run, task: Task, variables: Mapping[str, Any]) -> None:
        """The start event happened."""
        run.note("fired", task)
        if not self.start.node.interrupting and "due" in task.internal_data and not timers.rearm(run, task):
            run.cancel(task)
        self.launch(run, task.workflow, variables)

    def launch(self, run: Run, workflow: Any, variables: Mapping[str, Any]) -> Task:
        """Start the inside; an interrupting start withdraws everything else in the scope."""
        if self.start.node.interrupting:
            run.clear(workflow)
        token = run.place(workflow, self)
        run.assign(token, variables)
        return token

    def begin(self, run: Run, task: Task) -> bool:
        """Run the inside from its start event."""
        program = run.program_of(task)
        child = TokenSubWorkflow(program.scopes[self.name], task.id, run.workflow)
        run.workflow.subprocesses[task.id] = child
        task._set_state(TaskState.STARTED)  # noqa: SLF001
        start_scope(run, child, program, self.name, self.start.name)
        return False


class ThrowEvent(NodeSpec):
    """An intermediate throw event or an end event with something to throw."""

    def begin(self, run: Run, task: Task) -> bool:
        """Throw; True when the token may go on."""
        event = self.node.event
        kind = event.kind if event is not None else ""
        topic = self.node.attributes.get("topic") or (event.topic if event else "")
        if topic:
            task.internal_data["topic"] = str(run.text(task, topic))
            task._set_state(TaskState.STARTED)  # noqa: SLF001
            return False
        if kind == "message":
            throwing.throw_message(run, task, self.node)
        elif kind == "signal":
            throwing.throw_signal(run, task, self.node)
        elif kind == "error":
            return throwing.throw_error(run, task, throwing.code_of(run, task, self.node))
        elif kind == "escalation":
            return throwing.throw_escalation(run, task, throwing.code_of(run, task, self.node))
        elif kind == "compensation":
            return throwing.compensate(run, task, event.activity_ref if event is not None else "")
        elif kind == "cancel":
            return throwing.cancel_transaction(run, task)
        elif kind == "terminate":
            self._terminate(task)
        return True

    def _terminate(self, task: Task) -> None:
        run = run_of(task)
        for other in run.tokens(task.workflow):
            if other is not task:
                run.cancel(other)
        if task.workflow.parent_task_id is None:
            task.workflow.data["ended"] = "terminated"

    def ways(self, run: Run, task: Task) -> list[Flow]:
        """Go to the link's catching side, or along the flows."""
        event = self.node.event
        if event is not None and event.kind == "link":
            return []
        return super().ways(run, task)

    def leave(self, run: Run, task: Task) -> None:
        """Jump to the catching link of the same name, else leave as usual."""
        super().leave(run, task)
        event = self.node.event
        if event is not None and event.kind == "link":
            target = run.program_of(task).links[self.node.scope, event.name]
            run.place(task.workflow, run.program_of(task).specs[target])
