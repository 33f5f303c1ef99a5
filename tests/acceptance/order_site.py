"""A site with orders of two companies whose small process asks for a signature, an acceptance, a repair, a recheck."""

from __future__ import annotations

import io
import itertools
import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from PIL import Image
from sqlalchemy import select

from engine import definitions, people
from engine.access import SYSTEM
from processes.services import links, orders
from storage.tables.cases import Appointment, ServiceCase
from storage.tables.contractors import Contractor
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.estate import Unit
from storage.tables.work import Attachment, UserTask
from tasks_ui import attachments
from tests.sites import NOW, SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tests.sites import Site

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="http://example.org/test">'
    '<bpmn:process id="rectification" name="整改单" isExecutable="true" camunda:historyTimeToLive="30">'
)
STEPS = (
    ("R03a", "工程签收", "eng_lead"),
    ("R03b", "责任单位接单", "=&quot;contractor:&quot; + repair_unit"),
    ("R06", "整改施工", "=&quot;contractor:&quot; + repair_unit"),
    ("R10", "内部复核", "prop_check"),
)
PHOTO = {"type": "filepicker", "id": "p", "key": "after_photos", "label": "整改后照片", "accept": "image/*", "multiple": True,
         "validate": {"required": True}, "properties": {"upload": "photo", "variable": "no"}}  # fmt: skip
DECISION = {"type": "radio", "id": "c", "key": "decision", "label": "决定", "validate": {"required": True},
            "values": [{"label": one, "value": one} for one in ("签收", "责任异议")]}  # fmt: skip
MEASURES = {"type": "textarea", "id": "m", "key": "measures", "label": "措施", "validate": {"required": True},
            "properties": {"variable": "no"}}  # fmt: skip
FIELDS = {"R03b": [DECISION], "R06": [PHOTO, MEASURES]}


def diagram(steps: tuple[tuple[str, str, str], ...] = STEPS) -> bytes:
    """Draw the steps in a row."""
    names = ["s", *(step[0] for step in steps), "e"]
    body = '<bpmn:startEvent id="s" name="开始"/><bpmn:endEvent id="e" name="结束"/>'
    for key, name, group in steps:
        form = f'camunda:formRef="{key}" camunda:formRefBinding="deployment"' if key in FIELDS else ""
        body += f'<bpmn:userTask id="{key}" name="{name}" {form} camunda:candidateGroups="{group}"/>'
    for source, target in itertools.pairwise(names):
        body += f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'
    return f"{HEAD}{body}</bpmn:process></bpmn:definitions>".encode()


def form(key: str, fields: list[Mapping[str, object]]) -> bytes:
    shown = {"type": "default", "id": key, "name": key, "schemaVersion": 17, "components": fields}
    return json.dumps(shown, ensure_ascii=False).encode()


def deploy(site: Site, steps: tuple[tuple[str, str, str], ...] = STEPS) -> None:
    files = {"rectification.bpmn": diagram(steps)}
    files |= {f"{key}.form": form(key, FIELDS[key]) for key, *_ in steps if key in FIELDS}
    registry = site.app.extensions["keyturn"].registry
    with site.database.transaction() as session:
        definitions.deploy(session, files=files, viewer=SYSTEM, now=NOW, registry=registry)


def issue(site: Site, company: str, *, project: str = "春和里", count: int = 1, **more: object) -> str:
    """Issue an order to a company (made when there is none); gives its number."""
    registry = site.app.extensions["keyturn"].registry
    with site.database.transaction() as session:
        unit = session.scalars(select(Contractor).where(Contractor.code == company)).first()
        if unit is None:
            unit = Contractor(code=company, name=f"{company}建设", phone="19900001234")
            session.add(unit)
            session.flush()
        house = session.scalars(select(Unit).where(Unit.code.startswith(project)).order_by(Unit.id)).first()
        assert house is not None
        found = [
            Defect(
                id=uuid4(), project=project, unit_id=house.id, house=house.code, room="客厅", part="墙面",
                problem=f"开裂{index}", text="墙面有裂缝", repair_id=unit.id, responsible_id=unit.id, found_at=NOW,
                found_by="agent",
            )
            for index in range(count)
        ]  # fmt: skip
        given = {"starter": "", "starter_kind": "case", "stage": "保修期", "source_channel": "物业", **more}
        return orders.issue(
            session, defects=found, viewer=SYSTEM, now=site.clock(), registry=registry, reported_at=NOW, **given
        )[0]  # type: ignore[arg-type]


def order_of(site: Site, number: str) -> RectificationOrder:
    with site.database.read() as session:
        return session.scalars(select(RectificationOrder).where(RectificationOrder.number == number)).one()


def task(site: Site, number: str, element: str = "") -> UserTask | None:
    """Give the open task of an order."""
    instance = order_of(site, number).instance_id
    query = select(UserTask).where(UserTask.instance_id == instance, UserTask.state == "open")
    with site.database.read() as session:
        return session.scalars(query.where(UserTask.element_id == element) if element else query).first()


def link(site: Site, subject: str, kind: str = links.CONTRACTOR, login: str = "wu.gongjia") -> str:
    """Make a link as somebody of the staff; gives its address."""
    with site.database.transaction() as session:
        viewer = people.viewer(session, login, now=site.clock())
        made = links.make(session, viewer, kind=kind, subject=subject, secret=SECRET, now=site.clock())
    return f"/{'c' if kind == links.CONTRACTOR else 'o'}/{made.token}"


def photo_of(site: Site, number: str) -> str:
    """Give the first defect of an order a picture taken before; its id."""
    with site.app.app_context(), site.database.transaction() as session:
        kept = attachments.files().put(picture())
        order = session.scalars(select(RectificationOrder).where(RectificationOrder.number == number)).one()
        row = Attachment(
            id=uuid4(), instance_id=order.instance_id, task_id=None, field="", name="前.jpg", media_type="image/jpeg",
            size=10, width=40, height=30, sha256=kept, at=NOW, author="inspector",
        )  # fmt: skip
        session.add(row)
        defect = session.scalars(select(Defect).where(Defect.order_number == number)).first()
        assert defect is not None
        defect.photos = [{"attachment": str(row.id), "kind": "before"}]
        return str(row.id)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "JPEG")
    return out.getvalue()


def owner_links(session: Session, number: str, now: datetime) -> dict[str, str]:
    """Make the links of a case and of its house, with an appointment to answer."""
    case = session.scalars(select(ServiceCase).where(ServiceCase.number == number)).one()
    starts = now + timedelta(days=2)
    session.add(
        Appointment(case_number=number, starts_at=starts, visitors=[], made_by="chen.liyan", made_at=now, state="已约")
    )
    viewer = people.viewer(session, "chen.liyan", now=now)
    made = {
        name: links.make(session, viewer, kind=kind, subject=subject, secret=SECRET, now=now).token
        for name, kind, subject in (("owner", links.CASE, number), ("house", links.HOUSE, case.house))
    }
    return {name: f"/o/{token}" for name, token in made.items()}


def drawn() -> bytes:
    """A signature as the page's pad sends it."""
    out = io.BytesIO()
    Image.new("RGB", (90, 30), "white").save(out, "PNG")
    return out.getvalue()
