"""What a new file begins with: a diagram that runs, a table with a row, a form with a field."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from engine.errors import N_, InvalidInputError
from engine.roles import role_names
from engine.studio import drafts as studio_drafts
from engine.studio import resources
from engine.studio.views import DraftView, editable
from storage import people
from storage import studio as queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer

SHORT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
STEMS = {"bpmn": "process", "dmn": "table", "form": "form"}
MAX_NAME = 100


def free_name(session: Session, change_id: UUID, kind: str) -> str:
    """Find a short name that no file of this kind has, published or in this change."""
    taken = {one.file for one in resources.published(session)} | {
        one.file for one in queries.drafts(session, change_id)
    }
    keys = {one.key for one in resources.published(session)}
    number = 1
    while f"{STEMS[kind]}_{number}{resources.SUFFIXES[kind]}" in taken or f"{STEMS[kind]}_{number}" in keys:
        number += 1
    return f"{STEMS[kind]}_{number}"


def add_new(
    session: Session,
    viewer: Viewer,
    change_id: UUID,
    *,
    kind: str,
    name: str,
    key: str = "",
    folder: str = "",
    role: str = "",
    now: datetime,
) -> DraftView:
    """Add a new file to a change, with something to begin from. `role` is the lane of a diagram.

    Raises:
        NotFoundError: there is no such change.
        InvalidInputError: it has no name, the short name is not one or is in use, or nothing new of this kind is made.
        ConflictError: the change is over.
    """
    editable(session, viewer, change_id)
    name, key = name.strip(), key.strip() or (free_name(session, change_id, kind) if kind in STEMS else "")
    if kind not in STEMS:
        raise InvalidInputError(N_("Choose a diagram, a decision table or a form."))
    if not name or len(name) > MAX_NAME:
        raise InvalidInputError(N_("Please give it a name of at most {limit} characters."), limit=MAX_NAME)
    if not SHORT.fullmatch(key):
        raise InvalidInputError(N_("A short name begins with a letter and has only letters, digits and _."))
    if any(one.key == key and one.kind == kind for one in resources.published(session)):
        raise InvalidInputError(N_("The short name {key} is in use: choose another one."), key=key)
    file = f"{key}{resources.SUFFIXES[kind]}"
    if queries.draft(session, change_id, file) is not None:
        raise InvalidInputError(N_("The short name {key} is in use: choose another one."), key=key)
    lane = _lane(session, role)
    source = {"bpmn": diagram(key, name, lane), "dmn": table(key, name), "form": form(key, name)}[kind]
    return studio_drafts.add_file(session, viewer, change_id, file, source=source, kind=kind, folder=folder, now=now)


def _lane(session: Session, role: str) -> str:
    known = role_names(session)
    if role and role in known:
        row = next((row for row in people.roles(session) if row.code == role), None)
        return row.name_zh.partition("/")[0].strip() if row else role
    return next((row.name_zh.partition("/")[0].strip() for row in people.roles(session)), "")


def diagram(key: str, name: str, lane: str) -> bytes:
    """Write a diagram: a pool with one lane, and in it start, one task, end."""
    q = quoteattr
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="Definitions_{key}" targetNamespace="http://keyturn.example/processes">
  <bpmn:collaboration id="Collaboration_{key}">
    <bpmn:participant id="Pool_{key}" name={q(name)} processRef="{key}" />
  </bpmn:collaboration>
  <bpmn:process id="{key}" name={q(name)} isExecutable="true">
    <bpmn:laneSet id="Lanes_{key}">
      <bpmn:lane id="Lane_{key}" name={q(lane)}>
        <bpmn:flowNodeRef>Start</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>Task_1</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>End</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="Start" name="开始">
      <bpmn:outgoing>Flow_1</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="Task_1" name="办理">
      <bpmn:incoming>Flow_1</bpmn:incoming>
      <bpmn:outgoing>Flow_2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="End" name="结束">
      <bpmn:incoming>Flow_2</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="Start" targetRef="Task_1" />
    <bpmn:sequenceFlow id="Flow_2" sourceRef="Task_1" targetRef="End" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="Diagram_{key}">
    <bpmndi:BPMNPlane id="Plane_{key}" bpmnElement="Collaboration_{key}">
      <bpmndi:BPMNShape id="Pool_{key}_di" bpmnElement="Pool_{key}" isHorizontal="true"><dc:Bounds x="160" y="80" width="620" height="220" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Lane_{key}_di" bpmnElement="Lane_{key}" isHorizontal="true"><dc:Bounds x="190" y="80" width="590" height="220" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Start_di" bpmnElement="Start"><dc:Bounds x="242" y="172" width="36" height="36" /><bpmndi:BPMNLabel><dc:Bounds x="248" y="215" width="24" height="14" /></bpmndi:BPMNLabel></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Task_1_di" bpmnElement="Task_1"><dc:Bounds x="360" y="150" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="End_di" bpmnElement="End"><dc:Bounds x="542" y="172" width="36" height="36" /><bpmndi:BPMNLabel><dc:Bounds x="548" y="215" width="24" height="14" /></bpmndi:BPMNLabel></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="Flow_1_di" bpmnElement="Flow_1"><di:waypoint x="278" y="190" /><di:waypoint x="360" y="190" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="Flow_2_di" bpmnElement="Flow_2"><di:waypoint x="460" y="190" /><di:waypoint x="542" y="190" /></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
""".encode()  # noqa: E501  as a modeler writes it


def table(key: str, name: str) -> bytes:
    """Write a decision table with one input, one output and a row for everything."""
    q = quoteattr
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" id="definitions_{key}" name={q(name)} namespace="http://keyturn.example/decisions">
  <decision id="{key}" name={q(name)}>
    <decisionTable id="{key}_table" hitPolicy="FIRST">
      <input id="{key}_input_1" label="条件">
        <inputExpression id="{key}_expression_1" typeRef="string"><text>kind</text></inputExpression>
      </input>
      <output id="{key}_output_1" name="{key}_result" label="结果" typeRef="string" />
      <rule id="{key}_rule_1">
        <description>其他情况</description>
        <inputEntry id="{key}_rule_1_input_1"><text></text></inputEntry>
        <outputEntry id="{key}_rule_1_output_1"><text>"待定"</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram id="{key}_diagram">
      <dmndi:DMNShape id="{key}_shape" dmnElementRef="{key}"><dc:Bounds height="80" width="180" x="160" y="100" /></dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
""".encode()  # noqa: E501


def form(key: str, name: str) -> bytes:
    """Write a form with one field."""
    field = {
        "type": "textarea", "id": f"{key}_note", "key": "note", "label": "处理说明", "validate": {"required": True},
        "properties": {"variable": "no"},
    }  # fmt: skip
    schema = {"type": "default", "id": key, "name": name, "schemaVersion": 17, "components": [field]}
    return (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()
