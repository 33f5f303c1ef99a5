"""Deploy a drawing of somebody else with what it refers to, and play it as people, services and time would."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.bindings import form_reference
from engine.connectors import Registry
from engine.core import feel, normalise, parse
from engine.errors import DeploymentRefused, KeyturnError
from engine.testing import Workbench
from tests.conformance.drawing_board import END, START, chain, user, xml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.connectors import ServiceFn
    from engine.core.findings import Finding
    from engine.core.model import Model, Node

STEPS = 40
TABLE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d{number}" name="d" namespace="n">'
    '<decision id="{id}" name="{id}"><literalExpression><text>1</text></literalExpression></decision></definitions>'
)


class Anything(dict[str, "ServiceFn"]):
    """A service for every topic, which does nothing."""

    def __contains__(self, topic: object) -> bool:
        return True

    def __missing__(self, topic: str) -> ServiceFn:
        return lambda context: {}

    def get(self, topic: str, default: Any = None) -> Any:
        del default
        return self[topic]


def referred(model: Model) -> Iterator[tuple[str, bytes]]:
    """Make the processes, decisions and forms that a drawing names and does not hold."""
    nodes = [n for p in model.processes.values() for n in p.nodes.values()]
    called = {n.called_element for n in nodes if n.called_element and not n.called_element.startswith("=")}
    for number, key in enumerate(sorted(called - set(model.processes))):
        yield f"called{number}.bpmn", xml(START + user("q") + END + chain("s", "q", "e"), key)
    for number, key in enumerate(
        sorted({n.attributes.get("decisionRef", "=") for n in nodes if n.type == "businessRuleTask"})
    ):
        if not key.startswith("="):
            yield f"decided{number}.dmn", TABLE.format(number=number, id=key).encode()
    named = {n.attributes.get("formRef") or n.attributes.get("formKey", "=") for n in nodes}
    forms = sorted({form_reference(name) for name in named if not name.startswith("=")} - {""})
    for number, key in enumerate(forms):
        yield f"form{number}.form", json.dumps({"type": "default", "id": key, "components": []}).encode()


def variables(model: Model, dice: random.Random) -> dict[str, Any]:
    """Make up a value for every name that a condition or a mapping reads."""
    nodes = [n for p in model.processes.values() for n in p.nodes.values()]
    texts = [f.condition for p in model.processes.values() for f in p.flows.values()]
    texts += [m.source.removeprefix("=") for n in nodes for m in n.inputs if m.expression]
    texts += [t for n in nodes if n.loop for t in (n.loop.collection, n.loop.cardinality, n.loop.condition)]
    found: dict[str, Any] = {}
    for text in filter(None, texts):
        try:
            names = feel.compile(text).names
        except feel.FeelProblem:
            continue
        found |= {name: dice.choice([1, "x", True, ["a", "b"], {"a": 1}]) for name in names - found.keys()}
    for node in nodes:
        if node.loop and node.loop.collection.isidentifier():
            found[node.loop.collection] = ["a", "b"]
    return found


def deploy_and_play(text: bytes) -> tuple[str, list[Finding]]:
    """Deploy and play; say how far it came. Only errors in words may come up on the way."""
    dice = random.Random(len(text))
    with (
        Workbench(registry=Registry(services=Anything(), strict=False)) as bench,
        tempfile.TemporaryDirectory() as folder,
    ):
        (Path(folder) / "drawing.bpmn").write_bytes(text)
        try:
            model = normalise.normalise(parse.parse(text))
            for name, content in referred(model):
                (Path(folder) / name).write_bytes(content)
            deployment = bench.deploy(folder)
        except DeploymentRefused as refused:
            return "refused", list(refused.findings)
        said = variables(model, dice)
        played = [
            play(bench, model, process.key, said, dice)
            for process in deployment.processes
            if process.key in model.processes
        ]
        return min(played, default="does not start"), list(deployment.findings)


def play(bench: Workbench, model: Model, key: str, said: dict[str, Any], dice: random.Random) -> str:
    """Start a process and take steps by chance until it ends or nothing moves any more."""
    process = model.processes[key]
    try:
        instance = bench.start(key, said, business_key="B1")
    except KeyturnError:
        instance = None
    timers = [e.expression for n in model.processes[key].nodes.values() for e in n.events if e.kind == "timer"]
    step = "PT30S" if any("T" in text for text in timers) else "P1D"  # a day could hold thousands of rounds
    messages = sorted({e.name for n in process.nodes.values() for e in n.events if e.kind == "message" and e.name})
    for _ in range(STEPS):
        if instance is not None and not bench.instances():
            return "ends"
        tasks = bench.tasks()
        try:
            if tasks:
                task = dice.choice(tasks)
                node = model.node(task.element_id)
                bench.complete(task, values(node, dice) if node is not None else {})
            elif messages and dice.random() < 0.5:
                bench.correlate(dice.choice(messages), "B1", said)
            else:
                bench.advance(step)
        except KeyturnError:
            if tasks:
                return "stops with an error"
        bench.run_jobs()
    return "goes on" if bench.instances() else "ends"


def values(node: Node, dice: random.Random) -> dict[str, Any]:
    """Fill in the form drawn inside a task."""
    found: dict[str, Any] = {}
    for field in node.form_fields:
        if field.type == "enum":
            found[field.id] = dice.choice([value for value, _ in field.options] or [""])
        else:
            found[field.id] = {"long": 1, "boolean": True, "date": "2026-05-01"}.get(field.type, "x")
    return found
