"""Random block-structured processes: every block has one way in and one way out, so every path leads to the end.

They hold all gateways, loops, sub-processes, event sub-processes, transactions, compensation, boundary events, links,
multi-instance and standard loops, called processes, decisions, service, send and receive tasks. All waits can end:
`random_runs` ends them in a random order.
"""

from __future__ import annotations

import itertools
import random

from tests.conformance.drawing_board import ERROR, ESCALATION, MESSAGE, SIGNAL, boundary, chain, flow, timer, user

CONDITIONAL = "<conditionalEventDefinition><condition>dice &gt; 80</condition></conditionalEventDefinition>"
COMPENSATE = "<compensateEventDefinition/>"
CARRIED = '<extensionElements><camunda:in source="dice" target="dice"/><camunda:out source="dice" target="dice"/></extensionElements>'
LEAVES = ("user", "user", "user", "task", "timer", "message", "receive", "service", "throw", "decision", "link")
BLOCKS = (
    "sequence", "sequence", "exclusive", "parallel", "inclusive", "loop", "events", "activity", "guarded", "guarded", "failing",
    "transaction", "undone", "escalating",
)  # fmt: skip
ACTIVITIES = ("user", "service", "sub", "sub", "watched", "call")


class Drawing:
    """One process and those it calls, as text; `called` maps keys to bodies, `may_fail` names services that may fail.

    `rounds`: the whole is a loop as long as the variable `again` is true, without what is kept to be undone later.
    """

    def __init__(self, seed: int, depth: int = 4, *, rounds: bool = False) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.parts: list[str] = []
        self.called: dict[str, str] = {}
        self.may_fail: set[str] = set()
        self.kinds: set[str] = set()
        start, end = self.name("s"), self.name("e")
        self.blocks = tuple(kind for kind in BLOCKS if not rounds or kind not in {"undone", "transaction"})
        first, last = self.loop(depth, "again") if rounds else self.sequence(depth, 4)
        self.body = f'<startEvent id="{start}"/><endEvent id="{end}"/>' + "".join(self.parts) + chain(start, first) + chain(last, end)

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def add(self, *texts: str) -> None:
        self.parts += texts

    def pick(self, kinds: tuple[str, ...], depth: int) -> tuple[str, str]:
        kind = self.random.choice(kinds)
        self.kinds.add(kind)
        found: tuple[str, str] = getattr(self, kind)(depth)
        return found

    def block(self, depth: int) -> tuple[str, str]:
        return self.pick(self.blocks if depth > 0 and self.random.random() < 0.75 else LEAVES, depth)

    def element(self, prefix: str, text: str) -> tuple[str, str]:
        """Add one element; `{id}` in the text is its id."""
        name = self.name(prefix)
        self.add(text.replace("{id}", name))
        return name, name

    # Leaves

    def user(self, _depth: int) -> tuple[str, str]:
        name = self.name("u")
        self.add(user(name, 'camunda:candidateGroups="agent"', self.marker()))
        return name, name

    def task(self, _depth: int) -> tuple[str, str]:
        return self.element("t", '<task id="{id}"/>')

    def timer(self, _depth: int, hours: int = 0) -> tuple[str, str]:
        text = timer("Duration", f"PT{hours or self.random.randint(1, 4)}H")
        return self.element("c", f'<intermediateCatchEvent id="{{id}}">{text}</intermediateCatchEvent>')

    def message(self, _depth: int) -> tuple[str, str]:
        kind = self.random.choice([MESSAGE, SIGNAL])
        return self.element("c", f'<intermediateCatchEvent id="{{id}}">{kind}</intermediateCatchEvent>')

    def receive(self, _depth: int) -> tuple[str, str]:
        return self.element("r", f'<receiveTask id="{{id}}" messageRef="m">{self.marker()}</receiveTask>')

    def service(self, _depth: int) -> tuple[str, str]:
        return self.element("v", f'<serviceTask id="{{id}}" camunda:type="external" camunda:topic="t">{self.marker()}</serviceTask>')

    def throw(self, _depth: int) -> tuple[str, str]:
        return self.element("n", '<intermediateThrowEvent id="{id}"><signalEventDefinition signalRef="nobody"/></intermediateThrowEvent>')

    def decision(self, _depth: int) -> tuple[str, str]:
        return self.element("d", '<businessRuleTask id="{id}" camunda:decisionRef="grade" camunda:resultVariable="grade" camunda:mapDecisionResult="singleEntry"/>')

    def link(self, depth: int) -> tuple[str, str]:
        there, here = self.name("lt"), self.name("lc")
        named = f'<linkEventDefinition name="L{here}"/>'
        self.add(f'<intermediateThrowEvent id="{there}">{named}</intermediateThrowEvent>')
        self.add(f'<intermediateCatchEvent id="{here}">{named}</intermediateCatchEvent>')
        return there, here

    def marker(self, chance: float = 0.25) -> str:
        """Multi-instance, parallel or one after the other, a standard loop, or nothing."""
        if self.random.random() > chance:
            return ""
        if self.random.random() < 0.3:
            self.kinds.add("standard loop")
            before = self.random.choice(["true", "false"])
            return f'<standardLoopCharacteristics testBefore="{before}" loopMaximum="{self.random.randint(1, 3)}"><loopCondition>modulo(dice, 2) = 0</loopCondition></standardLoopCharacteristics>'
        one_by_one = self.random.choice(["true", "false"])
        self.kinds.add("sequential" if one_by_one == "true" else "together")
        enough = "<completionCondition>nrOfCompletedInstances &gt;= 2</completionCondition>" if self.random.random() < 0.3 else ""
        if self.random.random() < 0.5:
            return f'<multiInstanceLoopCharacteristics isSequential="{one_by_one}"><loopCardinality>{self.random.randint(0, 3)}</loopCardinality>{enough}</multiInstanceLoopCharacteristics>'
        return f'<multiInstanceLoopCharacteristics isSequential="{one_by_one}" camunda:collection="=[1, 2, 3]" camunda:elementVariable="item">{enough}</multiInstanceLoopCharacteristics>'

    # Blocks of the flow

    def sequence(self, depth: int, longest: int = 3) -> tuple[str, str]:
        blocks = [self.block(depth - 1) for _ in range(self.random.randint(2, longest))]
        for (_, out), (into, _) in itertools.pairwise(blocks):
            self.add(flow(out, into))
        return blocks[0][0], blocks[-1][1]

    def split(self, depth: int, kind: str, *, conditions: bool) -> tuple[str, str]:
        split, join, default = self.name("g"), self.name("j"), self.name("d")
        marked = f' default="{default}"' if conditions else ""
        self.add(f'<{kind} id="{split}"{marked}/><{kind} id="{join}"/>')
        branches = self.random.randint(2, 3)
        for number in range(branches):
            into, out = self.block(depth - 1)
            last = conditions and number == branches - 1
            condition = f"modulo(dice + {self.random.randint(0, 5)}, 2) = 0" if conditions and not last else ""
            self.add(flow(split, into, condition, default if last else ""))
            self.add(flow(out, join))
        return split, join

    def exclusive(self, depth: int) -> tuple[str, str]:
        return self.split(depth, "exclusiveGateway", conditions=True)

    def inclusive(self, depth: int) -> tuple[str, str]:
        return self.split(depth, "inclusiveGateway", conditions=True)

    def parallel(self, depth: int) -> tuple[str, str]:
        return self.split(depth, "parallelGateway", conditions=False)

    def loop(self, depth: int, condition: str = "modulo(dice, 3) = 0") -> tuple[str, str]:
        merge, decide, out = self.name("m"), self.name("x"), self.name("d")
        wait = self.element("u", user("{id}", 'camunda:candidateGroups="agent"'))[0]
        into, last = self.block(depth - 1)
        self.add(f'<exclusiveGateway id="{merge}"/><exclusiveGateway id="{decide}" default="{out}"/>')
        self.add(chain(merge, wait, into), flow(last, decide), flow(decide, merge, condition))
        after = self.task(0)[0]
        self.add(flow(decide, after, id=out))
        return merge, after

    def events(self, depth: int) -> tuple[str, str]:
        gateway, join = self.name("eg"), self.name("x")
        self.add(f'<eventBasedGateway id="{gateway}"/><exclusiveGateway id="{join}"/>')
        kinds = (timer("Duration", "PT1H"), timer("Duration", "PT2H"), MESSAGE, SIGNAL)
        for definition in self.random.sample(kinds, self.random.randint(2, 3)):
            event = self.element("c", f'<intermediateCatchEvent id="{{id}}">{definition}</intermediateCatchEvent>')[0]
            into, out = self.block(depth - 1)
            self.add(chain(gateway, event, into), flow(out, join))
        return gateway, join

    # Activities with an inside

    def inside(self, depth: int, ending: str = "", *, undoable: bool = False) -> str:
        """The contents of a scope: start, a block, its end.

        `ending` is an event definition for a second way to end; `undoable` puts a step first that can be compensated.
        """
        outer, self.parts = self.parts, []
        first = self.user(0)[0] if undoable else ""
        into, out = self.block(depth - 1)
        start, end = self.name("s"), self.name("e")
        self.add(f'<startEvent id="{start}"/><endEvent id="{end}"/>', chain(start, *([first] if first else []), into))
        if first:
            self.add(self.undo(first))
        if ending:
            other, decide, normal = self.name("e"), self.name("x"), self.name("d")
            self.add(f'<endEvent id="{other}">{ending}</endEvent><exclusiveGateway id="{decide}" default="{normal}"/>')
            self.add(chain(out, decide), flow(decide, other, "modulo(dice, 2) = 0"), flow(decide, end, id=normal))
        else:
            self.add(chain(out, end))
        text, self.parts = "".join(self.parts), outer
        return text

    def sub(self, depth: int) -> tuple[str, str]:
        ending = self.random.choice(["", "", "<terminateEventDefinition/>"])
        if ending:
            self.kinds.add("terminate")
        return self.element("sp", f'<subProcess id="{{id}}">{self.marker()}{self.inside(depth, ending)}</subProcess>')

    def watched(self, depth: int) -> tuple[str, str]:
        """A sub-process with an event sub-process inside."""
        kind = self.random.choice(["timer", "cycle", "message", "signal", "escalation", "error", "conditional"])
        definition = {"timer": timer("Duration", "PT2H"), "cycle": timer("Cycle", "R2/PT1H"), "message": MESSAGE, "signal": SIGNAL,
                      "escalation": ESCALATION, "error": ERROR, "conditional": CONDITIONAL}[kind]  # fmt: skip
        interrupting = kind == "error" or (kind != "cycle" and self.random.random() < 0.5)
        self.kinds.add(f"event sub-process {kind} {'interrupting' if interrupting else 'beside'}")
        ending = {"error": ERROR, "escalation": ESCALATION}.get(kind, "")
        inside = self.inside(depth, ending)
        outer, self.parts = self.parts, []
        into, out = self.block(depth - 2)
        start, end, watcher = self.name("s"), self.name("e"), self.name("es")
        self.add(f'<startEvent id="{start}" isInterrupting="{str(interrupting).lower()}">{definition}</startEvent><endEvent id="{end}"/>')
        self.add(chain(start, into), chain(out, end))
        handler, self.parts = "".join(self.parts), outer
        return self.element("sp", f'<subProcess id="{{id}}">{self.marker()}{inside}<subProcess id="{watcher}" triggeredByEvent="true">{handler}</subProcess></subProcess>')

    def call(self, depth: int) -> tuple[str, str]:
        key = self.name("Q")
        self.called[key] = self.inside(depth - 1)
        return self.element("ca", f'<callActivity id="{{id}}" calledElement="{key}">{CARRIED}{self.marker()}</callActivity>')

    def activity(self, depth: int) -> tuple[str, str]:
        return self.pick(ACTIVITIES, depth)

    def guarded(self, depth: int) -> tuple[str, str]:
        """An activity with one or two events on its border, joined behind it or ending alone."""
        host, join = self.activity(depth)[0], self.name("j")
        self.add(f'<inclusiveGateway id="{join}"/>', flow(host, join))
        for _ in range(self.random.randint(1, 2)):
            kind = self.random.choice(["timer", "cycle", "message", "signal", "conditional"])
            definition = {"timer": timer("Duration", "PT3H"), "cycle": timer("Cycle", "R2/PT2H"), "message": MESSAGE, "signal": SIGNAL,
                          "conditional": CONDITIONAL}[kind]  # fmt: skip
            interrupting = self.random.random() < 0.5
            alarm, (into, out) = self.name("b"), self.block(depth - 1)
            self.kinds.add(f"boundary {kind} {'interrupting' if interrupting else 'beside'}")
            self.add(boundary(alarm, host, definition, interrupting=interrupting), flow(alarm, into))
            if interrupting:
                self.add(flow(out, join))
            else:
                end = self.name("e")
                self.add(f'<endEvent id="{end}"/>', flow(out, end))
        return host, join

    def caught(self, host: str, definition: str, depth: int, *, interrupting: bool = True) -> tuple[str, str]:
        """Put an event on a border, whose way meets the activity's own behind it."""
        alarm, join = self.name("b"), self.name("j")
        into, out = self.block(depth - 1)
        gateway = "exclusiveGateway" if interrupting else "inclusiveGateway"
        self.add(boundary(alarm, host, definition, interrupting=interrupting), f'<{gateway} id="{join}"/>')
        self.add(flow(host, join), flow(alarm, into), flow(out, join))
        return host, join

    def failing(self, depth: int) -> tuple[str, str]:
        """An error: of a service, or thrown inside a sub-process or called process."""
        if self.random.random() < 0.4:
            host = self.service(0)[0]
            self.may_fail.add(host)
        elif self.random.random() < 0.5:
            host = self.element("sp", f'<subProcess id="{{id}}">{self.marker()}{self.inside(depth, ERROR)}</subProcess>')[0]
        else:
            key = self.name("Q")
            self.called[key] = self.inside(depth - 1, ERROR)
            host = self.element("ca", f'<callActivity id="{{id}}" calledElement="{key}">{CARRIED}</callActivity>')[0]
        return self.caught(host, ERROR, depth)

    def escalating(self, depth: int) -> tuple[str, str]:
        """An escalation event inside a sub-process, which goes on or is left."""
        outer, self.parts = self.parts, []
        first, second = self.block(depth - 1), self.block(depth - 1)
        throw = self.element("n", f'<intermediateThrowEvent id="{{id}}">{ESCALATION}</intermediateThrowEvent>')[0]
        start, end = self.name("s"), self.name("e")
        self.add(f'<startEvent id="{start}"/><endEvent id="{end}"/>')
        self.add(chain(start, first[0]), chain(first[1], throw, second[0]), chain(second[1], end))
        text, self.parts = "".join(self.parts), outer
        host = self.element("sp", f'<subProcess id="{{id}}">{text}</subProcess>')[0]
        return self.caught(host, ESCALATION, depth, interrupting=self.random.random() < 0.5)

    def undo(self, host: str) -> str:
        """Say how an activity is undone."""
        border, handler = self.name("b"), self.name("un")
        return (
            boundary(border, host, COMPENSATE) + user(handler, 'isForCompensation="true" camunda:candidateGroups="agent"')
            + f'<association id="{self.name("as")}" sourceRef="{border}" targetRef="{handler}"/>'
        )  # fmt: skip

    def undone(self, depth: int) -> tuple[str, str]:
        """An activity that is compensated later."""
        host = self.activity(depth - 1)[0]
        into, out = self.block(depth - 1)
        self.add(self.undo(host), flow(host, into))
        throw = self.element("n", f'<intermediateThrowEvent id="{{id}}"><compensateEventDefinition activityRef="{host}"/></intermediateThrowEvent>')[0]
        self.add(flow(out, throw))
        return host, throw

    def transaction(self, depth: int) -> tuple[str, str]:
        """A transaction that ends well, or is cancelled and undone."""
        inside = self.inside(depth, "<cancelEventDefinition/>", undoable=True)
        host = self.element("tx", f'<transaction id="{{id}}">{inside}</transaction>')[0]
        return self.caught(host, "<cancelEventDefinition/>", depth)
