"""How much a request asks of the database: what is written here is a promise, not a measurement."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from engine import definitions, instances, people, tasks
from engine.access import SYSTEM
from tests.acceptance.api_client import bpmn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sites import Person, Site

TWO_STEPS = bpmn(
    """<startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="one"/>
<userTask id="one" name="One" camunda:candidateGroups="agent"/><sequenceFlow id="f2" sourceRef="one" targetRef="two"/>
<userTask id="two" name="Two" camunda:candidateGroups="agent"/><sequenceFlow id="f3" sourceRef="two" targetRef="e"/>
<endEvent id="e"/>"""
)


@contextmanager
def watched() -> Iterator[dict[str, list[str]]]:
    """Note every statement, and every transaction begun."""
    seen: dict[str, list[str]] = {"statements": [], "transactions": []}

    def said(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen["statements"].append(" ".join(statement.split()))

    def begun(connection: object) -> None:
        seen["transactions"].append(str(connection))

    event.listen(Engine, "before_cursor_execute", said)
    event.listen(Engine, "begin", begun)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", said)
        event.remove(Engine, "begin", begun)


@pytest.fixture
def agent(site: Site) -> Person:
    """A person with a fresh task, who has been here before: names and programs are known to the process."""
    with site.database.transaction() as session:
        definitions.deploy(
            session, files={"p.bpmn": TWO_STEPS}, viewer=SYSTEM, now=site.clock.now,
            registry=site.app.extensions["keyturn"].registry,
        )  # fmt: skip
    person = site.person("lin.xiaoan")
    for _ in range(2):
        assert person.post(f"{task(site)}/complete").status_code == 303
    return person


def task(site: Site) -> str:
    """Start an instance; give the address of its task."""
    with site.database.transaction() as session:
        instances.start(
            session, key="probe", variables={}, viewer=SYSTEM, now=site.clock.now,
            registry=site.app.extensions["keyturn"].registry,
        )  # fmt: skip
    with site.database.read() as session:
        viewer = people.viewer(session, "lin.xiaoan", now=site.clock.now)
        query = tasks.InboxQuery(process="probe", sort="newest")
        found = [i for i in tasks.inbox(session, viewer, query, now=site.clock.now).items if i.element_id == "one"]
    return f"/tasks/{found[0].id}"


def test_a_completion_is_one_transaction_of_few_statements(site: Site, agent: Person) -> None:
    address = task(site)
    with watched() as seen:
        answer = agent.post(f"{address}/complete", {"_key": "k"})
    assert answer.status_code == 303
    assert "/tasks/" in answer.location
    assert len(seen["transactions"]) == 1
    assert len(seen["statements"]) <= 13, seen["statements"]


@pytest.mark.parametrize("path", ["/inbox", "task"])
def test_a_page_that_is_asked_for_often_is_one_transaction(site: Site, agent: Person, path: str) -> None:
    address = task(site) if path == "task" else path
    agent.get(address)
    with watched() as seen:
        assert agent.get(address).status_code == 200
    assert len(seen["transactions"]) == 1


@pytest.mark.parametrize("path", ["/inbox", "task"])
def test_such_a_page_sends_a_person_away_whose_password_was_changed_elsewhere(
    site: Site, agent: Person, path: str
) -> None:
    address = task(site) if path == "task" else path
    with site.database.transaction() as session:
        people.save_user(session, SYSTEM, login="lin.xiaoan", password="another password", now=site.clock.now)
    answer = agent.get(address)
    assert (answer.status_code, answer.location) == (303, f"/login?next={address}")
    if path == "task":
        assert agent.post(f"{address}/complete").location == "/login"
        with site.database.read() as session:
            assert tasks.open_task(session, SYSTEM, UUID(address.rsplit("/", 1)[1]), now=site.clock.now).state == "open"
