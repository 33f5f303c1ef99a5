"""Ask decisions and expressions, as a process would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import access, definitions
from engine.access import Action
from engine.core import feel
from tasks_ui.api import models_work
from tasks_ui.api.operation import operation

if TYPE_CHECKING:
    from tasks_ui.api.operation import Call


@operation(
    "POST",
    "/decisions/<ref>/evaluate",
    "decisions",
    body=models_work.DecisionRequest,
    answer=models_work.Decided,
    reads=True,
)
def evaluate_decision(call: Call, ref: str) -> models_work.Decided:
    """Evaluate a decision by its id or name, in its newest version. Nothing is stored."""
    access.require(call.viewer, Action.DEFINITION_VIEW)
    calendar = definitions.calendar(call.session, call.registry)
    result = definitions.decide(call.session, ref=ref, variables=call.body.variables, calendar=calendar, now=call.now)
    return models_work.Decided(feel.to_json(result.value), tuple(match.rule_id for match in result.matched))


@operation(
    "POST", "/feel/evaluate", "decisions", body=models_work.FeelRequest, answer=models_work.FeelValue, reads=True
)
def evaluate_feel(call: Call) -> models_work.FeelValue:
    """Evaluate a FEEL expression with the calendar's functions. Time and memory are bounded."""
    access.require(call.viewer, Action.DEFINITION_VIEW)
    body: models_work.FeelRequest = call.body
    calendar = definitions.calendar(call.session, call.registry)
    env = feel.Env(now=call.now, zone=calendar.zone, functions=calendar.functions(call.now))
    value = feel.compile(body.expression, unary=body.unary).evaluate(body.variables, env)
    return models_work.FeelValue(feel.to_json(value), feel.kind(value))


OPERATIONS = (evaluate_decision, evaluate_feel)
