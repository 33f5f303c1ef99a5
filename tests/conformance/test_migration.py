"""Changing the version of a running instance (ENGINE.md §6): small drawings, each rule, saved and loaded all along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.core import machine, migration, normalise, parse, program
from engine.core.migration import Plan
from engine.errors import InvalidInputError, MigrationRefused
from tests.conformance.drawing_board import (
    END,
    ERROR,
    MESSAGE,
    SIGNAL,
    START,
    Board,
    boundary,
    chain,
    flow,
    timer,
    user,
    xml,
)

GATEWAYS = '<parallelGateway id="g"/><parallelGateway id="j"/>'
PLAIN = START + user("a") + user("b") + END + chain("s", "a", "b", "e")


class Moving(Board):
    """A board whose instance can be put onto another drawing."""

    def version(self, body: str, key: str = "P") -> program.Program:
        name = f"{key}#{len(self.programs)}"
        model = normalise.normalise(parse.parse(xml(body, key)))
        self.programs[name] = program.compile_model(model, name, key)
        return self.programs[name]

    def plan(self, body: str, mapping: dict[str, str] | None = None, accept: Any = ()) -> Plan:
        before = self.snap.saved.state
        found = migration.plan(self.program, self.version(body), self.snap.saved, mapping, accept=accept)
        assert self.snap.saved.state == before
        return found

    def rules(self, body: str, mapping: dict[str, str] | None = None, accept: Any = ()) -> list[tuple[str, str]]:
        found = self.plan(body, mapping, accept)
        assert all(f.message and f.message_zh and "{" not in f.message + f.message_zh for f in found.findings)
        if found.decisions:
            with pytest.raises(MigrationRefused) as refused:
                self.migrate(body, mapping, accept)
            assert [f.rule for f in refused.value.findings] == [f.rule for f in found.decisions]
        return [(f.severity, f.rule) for f in found.findings]

    def migrate(self, body: str, mapping: dict[str, str] | None = None, accept: Any = ()) -> Moving:
        new = self.version(body)
        snap = migration.migrate(self.program, new, self.snap.saved, self.environment(), mapping, accept=accept)
        self.program = new
        self.keep(snap)
        return self

    def task(self, element: str) -> Any:
        return next(t for t in self.snap.tasks if t.element_id == element)

    def due(self, element: str) -> Any:
        return next(t.due_at for t in self.snap.timers if t.element_id == element)

    def finish(self, *elements: str) -> Moving:
        for element in elements:
            self.do(element)
        assert self.ended, self.open
        return self


# Tasks


def test_a_task_inserted_ahead_leaves_the_current_one_as_it_is():
    board = Moving(PLAIN)
    before = board.snap
    new = START + user("a") + user("n") + user("b") + END + chain("s", "a", "n", "b", "e")
    assert board.plan(new).outcome == "continues"
    board.migrate(new)
    assert board.snap.tasks[0].id == before.tasks[0].id
    assert board.snap.tasks[0].definition_id != before.tasks[0].definition_id
    assert [(e.action, e.element_id) for e in board.snap.history] == [("migrated", "P")]
    board.finish("a", "n", "b")


def test_labels_and_layout_count_for_nothing():
    board = Moving(PLAIN)
    found = board.plan(PLAIN.replace('name="a"', 'name="新名"'))
    assert (found.outcome, found.findings) == ("continues", ())
    assert [(m.element_id, m.to_element, m.to_name) for m in found.moves] == [("a", "a", "新名")]
    assert board.migrate(PLAIN.replace('name="a"', 'name="新名"')).task("a").name == "新名"


def test_a_removed_step_needs_a_decision_and_a_mapping_is_one():
    board = Moving(PLAIN)
    token = board.task("a").id
    new = START + user("b") + END + chain("s", "b", "e")
    assert board.rules(new) == [("error", "removed")]
    found = board.plan(new, {"a": "b"})
    assert (found.outcome, found.moves[0].to_element) == ("moves", "b")
    board.migrate(new, {"a": "b"})
    assert (board.open, board.task("b").id) == (["b"], token)
    assert [(e.action, e.element_id, e.detail.get("source")) for e in board.snap.history][1] == ("migrated", "b", "a")
    board.finish("b")


def test_a_renamed_id_is_mapped_and_keeps_what_was_decided_about_the_task():
    old = START + user("a", 'camunda:dueDate="P3D" camunda:priority="70" camunda:candidateGroups="x"') + END + chain("s", "a", "e")
    board = Moving(old)
    before = board.task("a")
    new = START + user("a2", 'camunda:dueDate="P9D" camunda:candidateGroups="y"') + END + chain("s", "a2", "e")
    assert board.rules(new, {"a": "a2"}) == [("info", "role-changed"), ("info", "due-kept")]
    board.now += timedelta(hours=5)
    after = board.migrate(new, {"a": "a2"}).task("a2")
    assert (after.id, after.due_at, after.priority) == (before.id, before.due_at, 70)
    assert after.candidate_groups == ("y",)
    board.finish("a2")


def test_a_mapping_must_name_what_is_there():
    board = Moving(PLAIN)
    for mapping in ({"x": "b"}, {"a": "x"}, {"a": ""}):
        with pytest.raises(InvalidInputError):
            board.plan(PLAIN, mapping)


def test_another_kind_of_step_is_refused():
    board = Moving(PLAIN)
    service = '<serviceTask id="a" camunda:type="external" camunda:topic="t"/>'
    assert board.rules(PLAIN.replace(user("a"), service)) == [("error", "kind-changed")]
    manual = '<manualTask id="a"/>'
    assert board.plan(PLAIN.replace(user("a"), manual)).outcome == "continues"
    looped = user("a", "", "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>")
    assert board.rules(PLAIN.replace(user("a"), looped)) == [("error", "loop-changed")]


def test_a_service_goes_to_its_new_topic_and_a_message_to_its_new_name():
    old = START + '<serviceTask id="a" camunda:type="external" camunda:topic="t"/>' + END + chain("s", "a", "e")
    board = Moving(old)
    assert board.rules(old.replace('"t"', '"t2"')) == [("info", "topic-changed")]
    assert [s.topic for s in board.migrate(old.replace('"t"', '"t2"')).snap.services] == ["t2"]
    assert board.serve("a").ended
    old = START + f'<intermediateCatchEvent id="c">{MESSAGE}</intermediateCatchEvent>' + END + chain("s", "c", "e")
    board = Moving(old)
    token = board.snap.subscriptions[0].token_id
    assert board.plan(old.replace("intermediateCatchEvent", "receiveTask").replace(MESSAGE, "").replace('id="c"', 'id="c" messageRef="m"')).outcome == "continues"
    assert board.rules(old.replace(MESSAGE, SIGNAL)) == [("error", "kind-changed")]
    keyed = old.replace(MESSAGE, MESSAGE + '<extensionElements><camunda:properties><camunda:property name="correlationKey" value="=&quot;K-1&quot;"/></camunda:properties></extensionElements>')
    assert board.rules(keyed) == [("info", "message-changed")]
    [heard] = board.migrate(keyed).snap.subscriptions
    assert (heard.token_id, heard.name, heard.correlation_key) == (token, "STOP", "K-1")


# Timers and events


def waiting(text: str = "PT2H", name: str = "c") -> str:
    return START + f'<intermediateCatchEvent id="{name}">{timer("Duration", text)}</intermediateCatchEvent>' + END + chain("s", name, "e")


def test_a_timer_keeps_its_remaining_time_unless_it_is_to_begin_anew():
    board = Moving(waiting())
    due = board.due("c")
    board.now += timedelta(hours=1)
    assert board.rules(waiting("PT5H")) == [("info", "timer-kept")]
    assert board.migrate(waiting("PT5H", "c2"), {"c": "c2"}).due("c2") == due
    assert board.rules(waiting("PT5H", "c2"), {"c2": ""}) == [("info", "event-anew")]
    assert board.migrate(waiting("PT5H", "c2"), {"c2": ""}).due("c2") == board.now + timedelta(hours=5)
    assert board.wait(hours=5).ended


def guarded(*events: str, host: str = "a") -> str:
    return START + user("a") + user("b") + END + "".join(events) + user("r") + chain("s", "a", "b", "e") + "".join(
        flow(name, "r") for name in ("t", "t2", "m1") if f'id="{name}"' in "".join(events)
    )


REMINDER = boundary("t", "a", timer("Duration", "PT2H"), interrupting=False)


def test_a_boundary_event_is_carried_over_dropped_or_begun_with_consent():
    board = Moving(guarded(REMINDER))
    due = board.due("t")
    board.now += timedelta(hours=1)
    assert board.plan(guarded(REMINDER)).outcome == "continues"
    renamed = guarded(REMINDER.replace('id="t"', 'id="t2"'))
    assert board.rules(renamed) == [("warning", "event-added"), ("info", "event-removed")]
    assert board.rules(renamed, {"t": "t2"}) == []
    board.migrate(renamed, {"t": "t2"})
    assert board.due("t2") == due
    assert board.migrate(PLAIN + user("r")).snap.timers == ()
    assert board.rules(guarded(REMINDER)) == [("warning", "event-added")]
    assert board.rules(guarded(REMINDER), accept={"t"}) == [("info", "event-added")]
    assert board.migrate(guarded(REMINDER), accept={"*"}).due("t") == board.now + timedelta(hours=2)
    board.wait(hours=2)
    assert board.open == ["a", "r"]
    board.finish("r", "a", "b")


def test_a_reminder_that_was_given_is_not_given_again():
    board = Moving(guarded(REMINDER)).wait(hours=2)
    assert board.open == ["a", "r"]
    longer = guarded(REMINDER) + user("n")
    assert board.plan(longer).outcome == "continues"
    assert board.migrate(longer).snap.timers == ()
    assert board.migrate(longer, {"t": ""}).due("t") == board.now + timedelta(hours=2)


def test_events_that_no_token_waits_for_need_no_consent():
    board = Moving(START + '<serviceTask id="a" camunda:type="external" camunda:topic="t"/>' + END + chain("s", "a", "e"))
    new = START + '<serviceTask id="a" camunda:type="external" camunda:topic="t"/>' + END + chain("s", "a", "e") + boundary("x", "a", ERROR) + user("h") + chain("x", "h")
    assert board.plan(new).outcome == "continues"
    assert board.migrate(new).fail("a", "E1").open == ["h"]


def test_a_repeating_reminder_keeps_its_next_time_and_takes_the_new_rhythm():
    board = Moving(guarded(boundary("t", "a", timer("Cycle", "R/PT4H"), interrupting=False)))
    due = board.due("t")
    board.migrate(guarded(boundary("t", "a", timer("Cycle", "R/PT1H"), interrupting=False)))
    assert board.due("t") == due
    board.wait(hours=4)
    assert board.due("t") == due + timedelta(hours=1)
    board.migrate(guarded(REMINDER)).wait(hours=1)
    assert (board.open, board.snap.timers) == (["a", "r", "r"], ())


def test_messages_on_the_border_and_event_subprocesses():
    event = boundary("m1", "a", MESSAGE)
    board = Moving(guarded())
    assert board.rules(guarded(event), accept={"m1"}) == [("info", "event-added")]
    assert board.migrate(guarded(event), accept={"m1"}).message("STOP").open == ["r"]
    inside = '<startEvent id="es" isInterrupting="false">' + SIGNAL + "</startEvent>" + user("x") + chain("es", "x")
    sub = f'<subProcess id="ev" triggeredByEvent="true">{inside}</subProcess>'
    board = Moving(PLAIN)
    assert board.rules(PLAIN + sub) == [("warning", "event-added")]
    board.migrate(PLAIN + sub, accept={"ev"})
    board.message("ALARM").message("ALARM")
    assert board.open == ["a", "x", "x"]
    assert board.rules(PLAIN) == [("error", "removed"), ("info", "event-removed")]
    board.do("x").do("x")
    assert board.rules(PLAIN) == [("info", "event-removed")]
    assert board.migrate(PLAIN).snap.subscriptions == ()
    board.finish("a", "b")


def test_the_arms_of_an_event_gateway():
    def race(*hours: int) -> str:
        arms = "".join(f'<intermediateCatchEvent id="c{h}">{timer("Duration", f"PT{h}H")}</intermediateCatchEvent>' + flow("eg", f"c{h}") + flow(f"c{h}", "e") for h in hours)
        return START + '<eventBasedGateway id="eg"/>' + END + arms + flow("s", "eg")

    board = Moving(race(4, 6))
    due = board.due("c6")
    board.now += timedelta(hours=1)
    assert board.rules(race(4, 6, 2)) == [("warning", "arm-added")]
    board.migrate(race(4, 6, 2), accept={"c2"})
    assert board.due("c2") == board.now + timedelta(hours=2)
    assert board.rules(race(6, 2)) == [("warning", "arm-removed")]
    board.migrate(race(6, 2), accept={"c4"})
    assert {t.element_id for t in board.snap.timers} == {"c6", "c2"}
    assert board.due("c6") == due
    assert board.wait(hours=2).ended == ("completed", "e")
    board = Moving(race(4))
    assert board.rules(race(5)) == [("error", "removed"), ("warning", "arm-added")]


# What runs side by side


def block(*branches: str, join: str = "j", more: str = "") -> str:
    middle = "".join(user(b) + flow("g", b) + flow(b, join) for b in branches)
    return START + GATEWAYS + middle + user("z") + END + flow("s", "g") + flow(join, "z") + flow("z", "e") + more


def test_a_branch_added_to_a_running_block_is_refused():
    board = Moving(block("a", "b"))
    assert board.rules(block("a", "b", "c")) == [("error", "branch-added")]
    board.do("a")
    assert board.rules(block("a", "b", "c")) == [("error", "branch-added")]
    board.do("b")
    assert board.plan(block("a", "b", "c")).outcome == "continues"
    early = START + user("y") + GATEWAYS + "".join(user(b) + flow("g", b) + flow(b, "j") for b in "ab") + END + chain("s", "y", "g") + flow("j", "e")
    later = START + user("y") + GATEWAYS + "".join(user(b) + flow("g", b) + flow(b, "j") for b in "abc") + END + chain("s", "y", "g") + flow("j", "e")
    assert Moving(early).migrate(later).do("y").finish("a", "b", "c")


def test_a_branch_added_in_a_loop_round_a_block_is_refused_inside_and_taken_after():
    def looped(branches: str) -> str:
        middle = "".join(user(b) + flow("g", b) + flow(b, "j") for b in branches)
        return START + '<exclusiveGateway id="m"/><exclusiveGateway id="x" default="d"/>' + GATEWAYS + middle + user("z") + END + chain("s", "m", "g") + flow("j", "z") + flow("z", "x") + flow("x", "m", "again = true") + flow("x", "e", id="d")

    board = Moving(looped("ab"))
    assert board.rules(looped("abc")) == [("error", "branch-added")]
    board.do("a").do("b")
    board.migrate(looped("abc")).do("z", again=True)
    assert board.open == ["a", "b", "c"]
    board.do("a").do("b").do("c")
    board.do("z", again=False)
    assert board.ended


def test_a_branch_taken_away_needs_its_token_to_find_another_place():
    board = Moving(block("a", "b", "c"))
    assert board.rules(block("a", "b")) == [("error", "removed")]
    assert board.rules(block("a", "b"), {"c": "b"}) == [("error", "branches-merged")]
    board.do("a")
    assert ("error", "join-smaller") in board.rules(block("a", "b"), {"c": "b"})


def test_a_waiting_join_finds_its_flow_again_when_it_was_drawn_anew():
    board = Moving(block("a", "b")).do("a")
    inserted = START + GATEWAYS + user("a") + user("n") + user("b") + user("z") + END + chain("s", "g", "a", "n", "j") + chain("g", "b", "j", "z", "e")
    assert board.plan(inserted).outcome == "continues"
    board.migrate(inserted).do("b")
    assert board.open == ["z"]
    board.finish("z")


def test_a_block_that_no_longer_comes_together_needs_consent():
    board = Moving(block("a", "b"))
    row = START + user("a") + user("b") + user("z") + END + chain("s", "a", "b", "z", "e")
    assert board.rules(row) == [("warning", "block-gone")]
    assert board.plan(row, accept={"a"}).outcome == "moves"
    assert board.do("a").rules(row) == [("error", "removed")]


def test_an_inclusive_join_goes_on_when_nothing_can_come_any_more():
    def either(branches: str) -> str:
        middle = "".join(user(b) + flow("g", b, "true") + flow(b, "j") for b in branches)
        return START + '<inclusiveGateway id="g"/><inclusiveGateway id="j"/>' + middle + user("z") + END + flow("s", "g") + chain("j", "z", "e")

    board = Moving(either("ab")).do("a")
    assert board.plan(either("abc")).outcome == "continues"
    board.migrate(either("abc")).do("b")
    assert board.open == ["z"]
    board = Moving(either("ab")).do("a")
    apart = START + '<inclusiveGateway id="g"/><inclusiveGateway id="j"/>' + "".join(user(b) + flow("g", b, "true") for b in "abq") + flow("a", "j") + flow("q", "j") + user("z") + END + flow("s", "g") + chain("j", "z", "e")
    board.migrate(apart, accept={"*"})
    assert board.open == ["b", "z"]


def test_an_unchanged_drawing_is_never_refused_however_odd_the_tokens():
    board = Moving(block("a", "b"))
    board.step(machine.start_element, element="j").step(machine.start_element, element="a")
    assert board.plan(block("a", "b").replace('name="z"', 'name="Z"')).outcome == "continues"
    board.migrate(block("a", "b"))


# Scopes


def sub(inner: str = user("i"), names: tuple[str, ...] = ("i",), marker: str = "", name: str = "sp") -> str:
    body = f'<subProcess id="{name}">{marker}<startEvent id="ss"/>{inner}<endEvent id="ee"/>{chain("ss", *names, "ee")}</subProcess>'
    return START + body + user("b") + END + chain("s", name, "b", "e")


def test_inside_a_subprocess():
    board = Moving(sub())
    token = board.task("i").id
    board.migrate(sub(user("i") + user("n"), ("i", "n")))
    assert board.task("i").id == token
    assert board.rules(PLAIN) == [("error", "removed")]
    assert board.rules(sub(name="sp2"), {"sp": "sp2"}) == []
    board.migrate(sub(user("i2"), ("i2",), name="sp2"), {"sp": "sp2", "i": "i2"})
    board.finish("i2", "b")


def test_a_step_that_moved_into_a_subprocess_cannot_follow():
    board = Moving(START + user("i") + user("b") + END + chain("s", "i", "b", "e"))
    assert board.rules(sub()) == [("error", "scope-changed")]
    assert board.migrate(sub(), {"i": "b"}).finish("b")


ROUNDS = '<multiInstanceLoopCharacteristics isSequential="{}"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>'


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_rounds_go_on(sequential: str):
    board = Moving(sub(marker=ROUNDS.format(sequential))).do("i")
    other = "false" if sequential == "true" else "true"
    assert board.rules(sub(marker=ROUNDS.format(other))) == [("error", "loop-changed")]
    assert board.rules(sub()) == [("error", "loop-changed")]
    board.migrate(sub(user("i") + user("n"), ("i", "n"), ROUNDS.format(sequential), "sp2"), {"sp": "sp2"})
    board.finish("i", "n", "b")


def test_a_called_process_stays_or_is_moved_by_itself():
    outer = START + '<callActivity id="call" calledElement="Q"/>' + user("b") + END + chain("s", "call", "b", "e")
    board = Moving(outer, called={"Q": START + user("q") + END + chain("s", "q", "e")})
    found = board.plan(outer.replace('name="b"', 'name="B"'))
    assert (found.outcome, [f.rule for f in found.findings]) == ("continues", ["called-stays"])
    board.migrate(outer)
    assert board.task("q").definition_id == "Q"
    new = board.version(START + user("q") + user("q2") + END + chain("s", "q", "q2", "e"), "Q")
    old = board.programs["Q"]
    plan = migration.plan(old, new, board.snap.saved, called=True)
    assert (plan.outcome, [m.element_id for m in plan.moves]) == ("continues", ["q"])
    board.keep(migration.migrate(old, new, board.snap.saved, board.environment(), within=board.program))
    assert board.task("q").definition_id == new.definition_id
    board.finish("q", "q2", "b")


def test_what_can_be_undone_stays_so_or_needs_consent():
    def booked(handler: str = "h") -> str:
        return (
            START + user("a") + boundary("c", "a", "<compensateEventDefinition/>") + f'<userTask id="{handler}" isForCompensation="true"/>'
            + f'<association id="as" sourceRef="c" targetRef="{handler}" associationDirection="One"/>' + user("b")
            + '<endEvent id="e"><compensateEventDefinition/></endEvent>' + chain("s", "a", "b", "e")
        )  # fmt: skip

    board = Moving(booked()).do("a")
    board.migrate(booked("h2"))
    board.do("b")
    assert board.open == ["h2"]
    assert board.rules(booked("h3")) == [("error", "removed")]
    board.migrate(booked("h3"), {"h2": "h3"}).finish("h3")
    board = Moving(booked()).do("a")
    assert board.rules(PLAIN) == [("warning", "compensation-gone")]
    board.migrate(PLAIN, accept={"a"}).finish("b")
