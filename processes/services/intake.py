"""Registering a case during the call (B49, D08): expected dates beforehand, one case however often it is posted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, select

from engine import attachments, definitions, instances, tasks
from engine.access import Action, allowed
from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError
from processes.services import clocks, penalties, warranties
from processes.services.decisions import decide
from processes.services.recording import show_head
from processes.services.rights import require_start
from storage import cases, estate
from storage.privacy import vault
from storage.tables.cases import ServiceCase, StartDraft
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.attachments import Prepared
    from engine.connectors import Registry
    from engine.core.forms import Form
    from storage.files import Files
    from storage.tables.estate import Unit

PROCESS, RECORD_PROCESS = "complaint", "complaint_record"
INTAKE_TASK, ANSWER_TASK, MERGE_TASK = "T01", "T02", "T03"
AT_ONCE = ("咨询", "建议", "表扬")


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

    `values` are the intake form's as far as they are filled in; needs no house. What is answered at once (B01) has
    no dates.
    """
    if answered_at_once(values):
        return ()
    facts = _facts(session, values, now)
    found = [clocks.limit(session, clock, facts, start=now, now=now) for clock in ("accept", *clocks.AT_START)]
    return tuple(
        Expected(one.clock, clocks.NAMES[one.clock], one.due_at, f"{one.value.normalize():f}", one.unit, one.source)
        for one in found
        if one is not None
    )


def answered_at_once(values: Mapping[str, Any]) -> bool:
    """Tell whether a call is answered while it is registered, so that nothing is promised (B01, D07)."""
    return values.get("kind") in AT_ONCE and values.get("answered") in (True, "true")


def _facts(session: Session, values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    unit = estate.unit_by_code(session, str(values.get("unit") or ""))
    day = now.astimezone(CHINA).date()
    warranty = warranties.cover(session, unit, str(values.get("part") or ""), day, now=now).in_warranty
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
    uploads: Sequence[tuple[str, Prepared]] = (),
    files: Files | None = None,
) -> str:
    """Register a case and start its process with the intake done; gives the number.

    The same `request_key` gives the same case: a form posted twice makes one. `project` in the values places a
    case about a common area; else the house does. `uploads` are (field, file) that came with the form.

    Raises:
        NotAllowedError: he may not register cases. InvalidFormError: fields need correcting, nothing is kept back.
    """
    require_start(viewer)
    known = cases.by_request(session, request_key)
    if known is not None and known.registered_by == viewer.login:
        return known.number
    data = dict(values)
    unit = _house(session, values)
    if unit is not None:
        data["unit"] = unit.code
    case = _opened(session, viewer, values, unit, now=now, request_key=request_key)
    case.instance_id = _start(session, viewer, case, now=now, registry=registry)
    task = _open_task(session, case, INTAKE_TASK)
    if files is not None:
        for field, file in uploads:
            kept = attachments.put(
                session, viewer, task_id=task.id, field=field, filename=file.name, stream=file, now=now, files=files
            )
            data[field] = [*(data.get(field) or []), str(kept.id)]
    tasks.complete(session, viewer, task.id, data=data, now=now, registry=registry)
    if case.duplicate_of:
        _merge(session, viewer, case, now=now, registry=registry)
    _hand_over_answer(session, viewer, case, data, now=now)
    show_head(session, case)
    return case.number


def _start(session: Session, viewer: Viewer, case: ServiceCase, *, now: datetime, registry: Registry) -> UUID:
    known = {"case_number": case.number, "project": case.project}
    return instances.start(
        session,
        key=PROCESS,
        variables={**known, "penalty_active": penalties.active(session, now=now)},
        viewer=viewer,
        now=now,
        registry=registry,
        business_key=case.number,
        scope=case.project,
        title=case.number,
        fields={"number": case.number},
    )


def _opened(
    session: Session, viewer: Viewer, values: Mapping[str, Any], unit: Unit | None, *, now: datetime, request_key: str
) -> ServiceCase:
    """Write the case with its number; the intake's listener fills in the rest."""
    year = f"TS-{now.astimezone(CHINA):%Y}"
    case = ServiceCase(
        number=f"{year}-{cases.next_value(session, year):06d}",
        project=estate.project_of(session, unit.project_id).code if unit else _project(session, viewer, values),
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
    return case


def _open_task(session: Session, case: ServiceCase, element: str) -> UserTask:
    query = select(UserTask).where(UserTask.instance_id == case.instance_id, UserTask.state == "open")
    return session.scalars(query.where(UserTask.element_id == element)).one()


def _merge(session: Session, viewer: Viewer, case: ServiceCase, *, now: datetime, registry: Registry) -> None:
    """Finish the merge that was chosen with one click at the desk, when this person may."""
    task = session.scalars(
        select(UserTask).where(
            UserTask.instance_id == case.instance_id, UserTask.state == "open", UserTask.element_id == MERGE_TASK
        )
    ).first()
    if task is not None and allowed(viewer, Action.TASK_COMPLETE, task):
        data = {"duplicate_of": case.duplicate_of, "merge_reason": "登记时选择并案"}
        tasks.complete(session, viewer, task.id, data=data, now=now, registry=registry)


def _hand_over_answer(
    session: Session, viewer: Viewer, case: ServiceCase, data: Mapping[str, Any], *, now: datetime
) -> None:
    """Begin the answering task with what was answered on the phone, so that nobody types it twice."""
    if not answered_at_once(data) or not data.get("answer"):
        return
    query = select(UserTask).where(UserTask.instance_id == case.instance_id, UserTask.state == "open")
    task = session.scalars(query.where(UserTask.element_id == ANSWER_TASK)).first()
    if task is not None and allowed(viewer, Action.TASK_DRAFT, task):
        tasks.save_draft(session, viewer, task.id, data={"answer": data["answer"]}, now=now)


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
    if chosen and estate.project_by_code(session, chosen) is not None:
        return chosen
    own = {grant.scope for grant in viewer.grants if grant.scope}
    return own.pop() if len(own) == 1 else ""


# The start page


@dataclass(frozen=True, slots=True)
class StartForm:
    """The intake form in force, and what the page fills in for this person."""

    form: Form
    definition_id: str
    received_by: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed and not handed in."""

    data: dict[str, Any]
    saved_at: datetime


def start_form(session: Session, viewer: Viewer) -> StartForm:
    """Give the intake form of the version in force. NotAllowedError for people who may not register cases."""
    require_start(viewer)
    definition = definitions.latest(session, RECORD_PROCESS)
    form = definitions.form_by_id(session, UUID(str(definition.forms[INTAKE_TASK])))
    received_by = "物业" if viewer.has("prop_cs") and not viewer.has("agent") else "地产"
    return StartForm(form, str(definition.id), received_by)


def draft(session: Session, viewer: Viewer) -> Draft | None:
    """Read the draft of a person."""
    row = session.get(StartDraft, (viewer.login, PROCESS))
    text = vault(session).open(row.data) if row else ""
    return Draft(json.loads(text), row.saved_at) if row and text else None


def save_draft(session: Session, viewer: Viewer, data: Mapping[str, Any], *, now: datetime) -> None:
    """Keep what was typed, sealed, since it names people. A form that nobody touched leaves no draft."""
    kept = {name: value for name, value in data.items() if value not in (None, "", [], False)}
    if not kept.keys() & {"phone", "name", "unit", "brief", "facts", "demand"}:
        return
    sealed = vault(session).seal(json.dumps(kept, ensure_ascii=False, default=str))
    session.merge(StartDraft(login=viewer.login, process_key=PROCESS, data=sealed, saved_at=now))


def forget_draft(session: Session, viewer: Viewer) -> None:
    """Throw the draft of a person away."""
    session.execute(delete(StartDraft).where(StartDraft.login == viewer.login, StartDraft.process_key == PROCESS))


def answered(session: Session, number: str) -> bool:
    """Tell whether a case was answered while it was registered."""
    case = cases.get(session, number)
    return case is not None and case.intake.get("answered") is True


def following(session: Session, viewer: Viewer, number: str) -> tuple[tuple[UUID, str], ...]:
    """List the tasks of a case that this person may do at once, as (id, name)."""
    case = cases.get(session, number)
    if case is None or case.instance_id is None:
        return ()
    rows = session.scalars(
        select(UserTask).where(UserTask.instance_id == case.instance_id, UserTask.state == "open")
    ).all()
    return tuple((row.id, row.name) for row in rows if allowed(viewer, Action.TASK_COMPLETE, row))
