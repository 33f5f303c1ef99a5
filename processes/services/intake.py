"""Registering a case during the call (B49, D08): expected dates beforehand, one case however often it is posted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine import instances, tasks
from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError, NotFoundError
from processes.services import clocks, penalties
from processes.services.decisions import decide
from processes.services.listeners_intake import in_warranty
from processes.services.recording import show_head
from processes.services.rights import require_start
from storage import cases, estate
from storage.tables.cases import ServiceCase
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.tables.estate import Unit

INTAKE_TASK = "T01"


@dataclass(frozen=True, slots=True)
class Expected:
    """When something will have happened if the case is saved now (aware UTC); `workdays` counts from now."""

    clock: str
    name: str
    due_at: datetime
    value: str
    unit: str
    source: str


def expected_dates(session: Session, values: Mapping[str, Any], *, now: datetime) -> tuple[Expected, ...]:
    """Compute what to tell the customer before saving (AC01): first contact, plan, completion, and acceptance.

    `values` are the intake form's as far as they are filled in; needs no house.
    """
    facts = _facts(session, values, now)
    found = [clocks.limit(session, clock, facts, start=now, now=now) for clock in ("accept", *clocks.AT_START)]
    return tuple(
        Expected(one.clock, clocks.NAMES[one.clock], one.due_at, f"{one.value.normalize():f}", one.unit, one.source)
        for one in found
        if one is not None
    )


def _facts(session: Session, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    unit = estate.unit_by_code(session, str(values.get("unit") or ""))
    warranty = in_warranty(session, unit, str(values.get("part") or ""), now.astimezone(CHINA).date())
    asked = {name: values.get(name) or None for name in ("urgency", "kind", "subject", "cat1", "channel")}
    asked["urgency"] = asked["urgency"] or "一般"
    row = decide(session, "classify_route", {**asked, "in_warranty": warranty}, now=now)
    return {
        "category": row.get("category") if isinstance(row, dict) else None,
        "urgency": asked["urgency"],
        "scope": values.get("scope") or "单人",
        "external": values.get("external") or None,
    }


def register(
    session: Session,
    viewer: Viewer,
    values: Mapping[str, Any],
    *,
    now: datetime,
    registry: Registry,
    request_key: str = "",
) -> str:
    """Register a case and start its process with the intake done; gives the number.

    The same `request_key` gives the same case: a form posted twice makes one. `project` in the values places a
    case about a common area; else the house does.

    Raises:
        NotAllowedError: he may not register cases. InvalidFormError: fields need correcting, nothing is kept back.
    """
    require_start(viewer)
    known = cases.by_request(session, request_key)
    if known is not None and known.registered_by == viewer.login:
        return known.number
    unit = _house(session, values)
    project = estate.project_of(session, unit.project_id).code if unit else _project(session, viewer, values)
    number = f"TS-{now.astimezone(CHINA):%Y}-{cases.next_value(session, f'TS-{now.astimezone(CHINA):%Y}'):06d}"
    case = ServiceCase(
        number=number,
        project=project,
        channel=str(values.get("channel") or ""),
        received_by=str(values.get("received_by") or ""),
        kind=str(values.get("kind") or ""),
        registered_by=viewer.login,
        received_at=now,
        request_key=request_key or None,
        intake={},
    )
    session.add(case)
    session.flush()
    case.instance_id = instances.start(
        session,
        key="complaint",
        variables={"case_number": number, "project": project, "penalty_active": penalties.active(session, now=now)},
        viewer=viewer,
        now=now,
        registry=registry,
        business_key=number,
        scope=project,
        title=number,
        fields={"number": number},
    )
    data = {name: value for name, value in values.items() if name != "project"}
    if unit is not None:
        data["unit"] = unit.code
    task = session.scalars(
        select(UserTask).where(
            UserTask.instance_id == case.instance_id, UserTask.element_id == INTAKE_TASK, UserTask.state == "open"
        )
    ).one()
    tasks.complete(session, viewer, task.id, data=data, now=now, registry=registry)
    show_head(session, case)
    return number


def _house(session: Session, values: Mapping[str, Any]) -> Unit | None:
    """Find the house that was typed; one clear match is taken, otherwise the field says what to do."""
    typed = str(values.get("unit") or "").strip()
    if not typed:
        return None
    unit = estate.unit_by_code(session, typed)
    if unit is not None:
        return unit
    close = estate.find_units(session, typed, limit=2)
    if len(close) == 1:
        return close[0][0]
    template = N_("There is no house {house} in the register. Choose one from the list, or fill in a common area.")
    raise InvalidFormError([FieldError("unit", template, {"house": typed}, label="房号")])


def _project(session: Session, viewer: Viewer, values: Mapping[str, Any]) -> str:
    """Place a case without a house: the project that was chosen, else the only one of the person."""
    chosen = str(values.get("project") or "")
    if chosen and estate.project_by_code(session, chosen) is None:
        raise NotFoundError(N_("There is no project {project}."), project=chosen)
    if chosen:
        return chosen
    area = str(values.get("area") or "")
    named = next((project.code for project in estate.projects(session) if project.name in area), "")
    own = {grant.scope for grant in viewer.grants if grant.scope}
    return named or (own.pop() if len(own) == 1 else "")
