"""What a token does at a task, a gateway or a sub-process. Events are in `events`, loop markers in `loops`.

Every spec derives from SpiffWorkflow's `BpmnTaskSpec`: the library keeps the task's state (future, waiting, ready,
started, completed, cancelled) and calls the hooks; nothing is predicted ahead. Specs are shared by all instances and
threads and never change after `program` has built them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from engine.core import feel, loops, throwing
from engine.core.run import LIVE, Run, run_of
from engine.core.timers import due_of
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
    from SpiffWorkflow.task import Task

    from engine.core.model import Flow, Node, Process


class NodeSpec(BpmnTaskSpec):  # type: ignore[misc]
    """Common to all elements: enter, wait or pass, leave along the flows whose conditions hold."""

    watches_state: ClassVar[bool] = False

    def __init__(self, wf_spec: BpmnProcessSpec, node: Node, process: Process) -> None:
        """Bind the element to its process."""
        super().__init__(wf_spec, node.id, lane=node.lane)
        self.node = node
        self.bpmn_id, self.bpmn_name = node.id, node.name
        self.label = node.name or node.id
        self.flows: tuple[Flow, ...] = tuple(process.flows[f] for f in node.outgoing)
        self.boundaries: tuple[NodeSpec, ...] = ()

    def _predict(self, my_task: Task, *_args: Any, **_kwargs: Any) -> None:
        """Predict nothing: a token only ever stands where it is."""

    def test(self) -> None:
        """Nothing to test: the diagram was checked when it was deployed."""

    def _update_hook(self, my_task: Task) -> bool:
        run = run_of(my_task)
        if self.node.loop is not None and "outer" not in my_task.internal_data:
            ready = loops.begin(run, my_task, self)
        else:
            self.open_inputs(run, my_task)
            ready = self.begin(run, my_task)
        if not ready and my_task.has_state(LIVE):
            if my_task.has_state(TaskState.FUTURE):
                my_task._set_state(TaskState.WAITING)  # noqa: SLF001
            if "outer" not in my_task.internal_data:
                for boundary in self.boundaries:
                    boundary.attach(run, my_task)
        return ready

    def _on_complete_hook(self, my_task: Task) -> None:
        run = run_of(my_task)
        repeats = self.node.loop is not None and "outer" not in my_task.internal_data
        if not repeats:
            self.map_outputs(run, my_task)
        run.drop_dependents(my_task)
        if "outer" in my_task.internal_data:
            run.note("left", my_task)
            throwing.remember(run, my_task)
            loops.inner_ended(run, my_task)
            run.variables.close(str(my_task.id))  # the completion condition has seen what the round had of its own
        else:
            run.variables.close(str(my_task.id))
            throwing.remember(run, my_task)
            self.leave(run, my_task)

    def begin(self, run: Run, task: Task) -> bool:
        """Start the work of the element; True when there is nothing to wait for."""
        del run, task
        return True

    def leave(self, run: Run, task: Task) -> None:
        """Go on along the flows."""
        flows = self.ways(run, task)
        run.note("left", task, flows=[flow.id for flow in flows])
        run.follow(task, flows)
        throwing.handler_ended(run, task)

    def ways(self, run: Run, task: Task) -> list[Flow]:
        """Choose the flows to take.

        Each unconditional one, each whose condition holds, else the default (implicit split).
        """
        conditional = [f for f in self.flows if f.condition and f.id != self.node.default]
        held = {f.id for f in conditional if run.holds(task, f.condition)}
        taken = [f for f in self.flows if f.id in held or (not f.condition and f.id != self.node.default)]
        if not held:
            taken += [f for f in self.flows if f.id == self.node.default and (conditional or len(self.flows) == 1)]
        if self.flows and not taken:
            raise self.stuck()
        return taken

    def stuck(self) -> ProcessError:
        """Say that no flow can be taken."""
        message = N_("{name}: no condition of the outgoing flows holds and there is no default flow.")
        return ProcessError(message, element_id=self.name, name=self.label)

    def open_inputs(self, run: Run, task: Task) -> None:
        """Set the input parameters as local variables of this activity."""
        inputs = [m for m in self.node.inputs if m.local and m.target]
        if inputs:
            values = {m.target: run.evaluate(task, feel_text(m.source)) if m.expression else m.source for m in inputs}
            run.variables.open(str(task.id), values)

    def map_outputs(self, run: Run, task: Task) -> None:
        """Copy the output parameters to the variables around the activity."""
        outputs = [m for m in self.node.outputs if m.local and m.target]
        if outputs:
            values = {m.target: run.evaluate(task, feel_text(m.source)) if m.expression else m.source for m in outputs}
            run.variables.close(str(task.id))
            run.assign(task, values)

    def finish(self, run: Run, task: Task) -> None:
        """End the waiting of a token and go on."""
        del run
        if not task.has_state(TaskState.READY):
            task._set_state(TaskState.READY)  # noqa: SLF001
        task.run()


def feel_text(text: str) -> str:
    """Drop the "=" that marks FEEL in an attribute."""
    return text.removeprefix("=")


class UserTask(NodeSpec):
    """A user or manual task: it waits in the inbox of its candidates."""

    def begin(self, run: Run, task: Task) -> bool:
        """Work out who may do it and until when; the answers stay as long as the task is open."""
        attributes = self.node.attributes
        task.internal_data["task"] = {
            "assignee": _person(run.text(task, attributes.get("assignee", ""))),
            **self.candidates(run, task),
            "due": due_of(run, task, attributes.get("dueDate", "")),
            "follow_up": due_of(run, task, attributes.get("followUpDate", "")),
            "priority": self._priority(run, task),
            "name": str(run.text(task, attributes.get("taskName", self.label))),
        }
        task._set_state(TaskState.READY)  # noqa: SLF001
        return False

    def candidates(self, run: Run, task: Task) -> dict[str, list[str]]:
        """Work out who may do it."""
        groups = self.node.attributes.get("candidateGroups", "")
        return {
            "groups": _names(run.text(task, groups)) if groups else ([self.node.lane] if self.node.lane else []),
            "users": _names(run.text(task, self.node.attributes.get("candidateUsers", ""))),
        }

    def _priority(self, run: Run, task: Task) -> int:
        value = run.text(task, self.node.attributes.get("priority", "50"))
        try:
            return int(value)
        except (TypeError, ValueError):
            message = N_("{name}: the priority {value} is not a whole number.")
            raise ProcessError(message, element_id=self.name, name=self.label, value=str(value)) from None


def _names(value: Any) -> list[str]:
    """Read a comma list or a FEEL list of names."""
    parts: Iterable[Any] = value if isinstance(value, list) else str(value or "").split(",")
    return [name for part in parts if (name := str(part).strip())]


def _person(value: Any) -> str:
    return "" if value is None else str(value).strip()


class ServiceTask(NodeSpec):
    """A service, send or business rule task with a topic: a worker does it."""

    def begin(self, run: Run, task: Task) -> bool:
        """Wait for the worker; the host writes the job in the same transaction."""
        topic = self.node.attributes.get("topic") or (self.node.event.topic if self.node.event else "")
        task.internal_data["topic"] = str(run.text(task, topic))
        task._set_state(TaskState.STARTED)  # noqa: SLF001
        return False


class SendTask(NodeSpec):
    """A send task with a message: throws it and goes on."""

    def begin(self, run: Run, task: Task) -> bool:
        """Throw the message."""
        throwing.throw_message(run, task, self.node)
        return True


class BusinessRuleTask(NodeSpec):
    """A business rule task: asks its decision within the step."""

    def begin(self, run: Run, task: Task) -> bool:
        """Decide.

        And keep the result under `camunda:resultVariable`, or the outputs as variables when there is none.
        """
        attributes = self.node.attributes
        reference = str(run.text(task, attributes.get("decisionRef", "")))
        binding = attributes.get("decisionRefBinding", "latest")
        if binding == "deployment":  # of the process this task is drawn in, which may be a called one
            binding = f"deployment:{run.program_of(task).definition_id}"
        try:
            answer = run.env.decide(reference, binding, run.view(task))
        except feel.FeelProblem as error:
            message = N_("{name}: the decision {decision} cannot be made: {reason}")
            raise ProcessError(
                message, element_id=self.name, name=self.label, decision=reference, reason=error
            ) from error
        value = self._mapped(answer, run.env.output_of(reference, binding))
        variable = attributes.get("resultVariable")
        if variable:
            run.assign(task, {variable: value})
        elif isinstance(value, dict):
            run.assign(task, value)
        return True

    def _mapped(self, value: Any, output: str) -> Any:
        """Shape a decision's value as Camunda 7's mapDecisionResult says; without it the value stays what it is.

        `output` names the only output of a decision table. Raises ProcessError for a single one of several.
        """
        mapping = self.node.attributes.get("mapDecisionResult", "")
        if not mapping:
            return value
        rows = value if isinstance(value, list) else [] if value is None else [value]
        if mapping.endswith("List") or mapping == "singleResult":
            rows = [{output: row} if output and not isinstance(row, dict) else row for row in rows]
        else:
            rows = [self._entry(row, mapping) for row in rows]
        if not mapping.startswith("single"):
            return rows
        if len(rows) > 1:
            raise self._several(mapping)
        return rows[0] if rows else None

    def _entry(self, row: Any, mapping: str) -> Any:
        if not isinstance(row, dict):
            return row
        if len(row) > 1 and mapping == "singleEntry":
            raise self._several(mapping)
        return next(iter(row.values()), None)

    def _several(self, mapping: str) -> ProcessError:
        message = N_("{name}: the decision gives more than one value; {mapping} takes one. Choose another mapping.")
        return ProcessError(message, element_id=self.name, name=self.label, mapping=mapping)


class ExclusiveGateway(NodeSpec):
    """Takes the first flow, in document order, whose condition holds, else the default (BPMN 2.0 §13.4.2)."""

    def ways(self, run: Run, task: Task) -> list[Flow]:
        """Choose one flow."""
        if len(self.flows) <= 1 and not (self.flows and self.flows[0].condition):
            return list(self.flows)
        for flow in self.flows:
            if flow.id != self.node.default and (not flow.condition or run.holds(task, flow.condition)):
                return [flow]
        for flow in self.flows:
            if flow.id == self.node.default:
                return [flow]
        raise self.stuck()


class ParallelGateway(NodeSpec):
    """Joins one token from every incoming flow, then splits along every outgoing one (BPMN 2.0 §13.4.1)."""

    def begin(self, run: Run, task: Task) -> bool:
        """Pass when every incoming flow has a token waiting here; the other tokens end."""
        waiting: dict[str, Task] = {}
        for other in run.tokens(task.workflow):
            if other.task_spec is self and (other is task or other.has_state(TaskState.WAITING)):
                waiting.setdefault(other.internal_data.get("via", ""), other)
        if len(waiting) < len(self.node.incoming):
            return False
        if waiting.get(task.internal_data.get("via", "")) is not task:
            return False  # an earlier token of the same flow is used up first; this one waits for the next round
        for other in waiting.values():
            if other is not task:
                other._set_state(TaskState.COMPLETED)  # noqa: SLF001
        return True

    def ways(self, run: Run, task: Task) -> list[Flow]:
        """Take every flow."""
        del run, task
        return list(self.flows)


class InclusiveGateway(NodeSpec):
    """Joins what can still come, then splits along every flow whose condition holds (BPMN 2.0 §13.4.3)."""

    watches_state = True

    def begin(self, run: Run, task: Task) -> bool:
        """Pass a plain split; a join waits for the look at rest."""
        del run, task
        return len(self.node.incoming) <= 1

    def look(self, run: Run, task: Task, *, by_border: bool = True) -> bool:
        """Join when no token elsewhere can still reach a flow that has none.

        At first the ways over boundary events count against joining; at the second look (`run.stuck`) for it.
        """
        here = [t for t in run.tokens(task.workflow) if t.task_spec is self]
        if here[0] is not task or not all(t.has_state(TaskState.WAITING) for t in here):
            return False  # one is just arriving: look again when it waits too
        filled = {t.internal_data.get("via", "") for t in here}
        empty = [f for f in self.node.incoming if f not in filled]
        reach = run.program_of(task).reach
        for other in run.tokens(task.workflow):
            if other.task_spec is self or other.internal_data.get("watch"):
                continue
            spot = other.task_spec.name
            comes = any(spot in reach(self.name, f, by_border=by_border) for f in empty)
            # a token that may as well come to a flow already filled does not hold the join up (§13.4.3), but that it
            # could be interrupted by a boundary event does not count as such a way
            if comes and not any(spot in reach(self.name, f, by_border=not by_border) for f in filled):
                return False
        first = {t.internal_data.get("via", ""): t for t in reversed(here)}
        for other in first.values():
            if other is not task:
                other._set_state(TaskState.COMPLETED)  # noqa: SLF001
        self.finish(run, task)
        return True

    def ways(self, run: Run, task: Task) -> list[Flow]:
        """Take every flow whose condition holds, else the default."""
        if len(self.flows) <= 1 and not (self.flows and self.flows[0].condition):
            return list(self.flows)
        return super().ways(run, task)


class EventGateway(NodeSpec):
    """Waits for the first of the events behind it; the others are withdrawn."""

    def leave(self, run: Run, task: Task) -> None:
        """Put a token on every event, all in one race."""
        run.note("left", task, flows=[flow.id for flow in self.flows])
        specs = run.program_of(task).specs
        for flow in self.flows:
            run.place(task.workflow, specs[flow.target], via=flow.id, race=str(task.id))


def race_won(run: Run, task: Task) -> None:
    """Withdraw the other events of an event-based gateway."""
    race = task.internal_data.get("race")
    for other in run.tokens(task.workflow) if race else ():
        if other is not task and other.internal_data.get("race") == race:
            run.cancel(other)


def token_by_text(run: Run, text: str) -> Task | None:
    """Find a live token by the text form of its id."""
    return run.token(UUID(text)) if text else None
