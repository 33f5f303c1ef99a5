"""Every operation of the API, asked by every kind of person: who may not know of a thing reads 404, who may not do it 403."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from engine import people
from engine.access import SYSTEM, Grant
from engine.definitions import deploy
from tasks_ui.api import OPERATIONS
from tests.acceptance.api_client import APPROVAL, Program, program

if TYPE_CHECKING:
    from tests.sites import Site

WHO = ("contractor", "finance", "agent", "process_owner", "admin")
WHY = {"reason": "试验"}
MOVE = {"from_element": "write", "to_element": "check", **WHY}
ELEMENT = {"element": "check", **WHY}
# name: (the answers of the five, the body); 2 means done, also when the thing itself then objects (409, 422)
TABLE: dict[str, tuple[tuple[int, int, int, int, int], Any]] = {
    "deploy": ((403, 403, 403, 2, 2), "files"),
    "check": ((403, 2, 2, 2, 2), "files"),
    "repair": ((403, 2, 2, 2, 2), "files"),
    "list_definitions": ((403, 2, 2, 2, 2), None),
    "get_definition": ((403, 2, 2, 2, 2), None),
    "get_definition_xml": ((403, 2, 2, 2, 2), None),
    "get_start_form": ((403, 2, 2, 2, 2), None),
    "start_instance": ((403, 403, 2, 403, 2), {}),
    "list_instances": ((2, 2, 2, 2, 2), None),
    "get_instance": ((404, 404, 2, 2, 2), None),
    "get_variables": ((404, 404, 2, 2, 2), None),
    "set_variables": ((404, 404, 403, 403, 2), {"variables": {"a": 1}, **WHY}),
    "get_history": ((404, 404, 2, 2, 2), None),
    "get_tasks_of_instance": ((404, 404, 2, 2, 2), None),
    "suspend": ((404, 404, 403, 403, 2), WHY),
    "resume": ((404, 404, 403, 403, 2), WHY),
    "cancel_instance": ((404, 404, 403, 403, 2), WHY),
    "cancel_token": ((404, 404, 403, 403, 2), WHY),
    "move": ((404, 404, 403, 403, 2), MOVE),
    "start_before": ((404, 404, 403, 403, 2), ELEMENT),
    "start_after": ((404, 404, 403, 403, 2), ELEMENT),
    "plan_migration": ((404, 404, 403, 403, 2), {}),
    "migrate": ((404, 404, 403, 403, 2), {}),
    "undo_migration": ((404, 404, 403, 403, 2), WHY),
    "plan_migrations": ((403, 403, 403, 2, 2), {"from_version": 1}),
    "migrate_instances": ((403, 403, 403, 2, 2), {"from_version": 1}),
    "list_migrations": ((403, 403, 403, 2, 2), None),
    "get_migration": ((403, 403, 403, 2, 2), None),
    "undo_migrations": ((403, 403, 403, 2, 2), WHY),
    "list_tasks": ((2, 2, 2, 2, 2), None),
    "count_tasks": ((2, 2, 2, 2, 2), None),
    "get_task": ((404, 404, 2, 404, 2), None),
    "claim": ((404, 404, 2, 404, 2), None),
    "unclaim": ((404, 404, 403, 404, 2), None),
    "complete": ((404, 404, 2, 404, 2), {}),
    "correlate_message": ((404, 404, 2, 2, 2), {"name": "paid", "business_key": "B-2"}),
    "send_signal": ((404, 404, 404, 404, 2), {"name": "storm"}),
    "list_incidents": ((403, 403, 403, 2, 2), None),
    "retry_incident": ((403, 403, 403, 403, 2), None),
    "resolve_incident": ((403, 403, 403, 403, 2), WHY),
    "list_jobs": ((403, 403, 403, 403, 2), None),
    "evaluate_decision": ((403, 2, 2, 2, 2), {}),
    "evaluate_feel": ((403, 2, 2, 2, 2), {"expression": "1 + 1"}),
    "read_clock": ((404, 404, 404, 404, 404), None),
    "advance_clock": ((404, 404, 404, 404, 404), {"advance": "PT1H"}),
}
NO_ID = "00000000-0000-0000-0000-000000000000"


def test_every_operation_has_a_row() -> None:
    assert {one.name for one in OPERATIONS} == TABLE.keys()


@pytest.fixture
def programs(site: Site) -> dict[str, Program]:
    found = {}
    with site.database.transaction() as session:
        for role in WHO:
            grant = Grant(role, "", "诚修" if role == "contractor" else "")
            people.save_user(session, SYSTEM, login=f"the.{role}", name=role, grants=[grant], now=site.clock.now)
        registry = site.app.extensions["keyturn"].registry
        deploy(session, files={"probe.bpmn": APPROVAL}, viewer=SYSTEM, now=site.clock.now, registry=registry)
    for role in WHO:
        found[role] = program(site, f"the.{role}")
    return found


def ask(programs: dict[str, Program], role: str, one: Any) -> int:
    """Ask for a fresh instance, so that the answers do not depend on one another. Done is 2."""
    admin = programs["admin"]
    made = admin.post("/definitions/probe/start", {"business_key": "B-1"}, 201)["id"]
    task = admin.get(f"/instances/{made}")["tasks"][0]["id"]
    if one.name == "correlate_message":
        moved = admin.post("/definitions/probe/start", {"business_key": "B-2"}, 201)["id"]
        admin.post(f"/instances/{moved}/move", {"from_element": "write", "to_element": "paid", **WHY})
    parts = {"key": "probe", "instance_id": made, "token_id": task, "task_id": task, "incident_id": NO_ID, "batch_id": NO_ID, "ref": "none"}
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: parts[found[1]], one.path)
    body = TABLE[one.name][1]
    options: dict[str, Any] = {"data": {"files": (io.BytesIO(APPROVAL), "x.bpmn")}} if body == "files" else {}
    answer = programs[role].ask(one.method, path, None if body == "files" else body, **options)
    if one.name == "correlate_message":
        admin.post(f"/instances/{moved}/cancel", WHY)
    refusals = {401, 403, 404, 500} - ({404} if NO_ID in path and role in ("admin", "process_owner") else set())
    return answer.status_code if answer.status_code in refusals else 2


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_each_kind_of_person_at_each_operation(site: Site, programs: dict[str, Program], one: Any) -> None:
    assert tuple(ask(programs, role, one) for role in WHO) == TABLE[one.name][0]
    nobody = Program(site.client(), "")
    parts = re.sub(r"<(?:\w+:)?(\w+)>", NO_ID, one.path)
    assert nobody.ask(one.method, parts, None if one.method == "GET" else {}).status_code == 401
