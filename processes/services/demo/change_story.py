"""Story 19 of the demo: the process owner changes a running process, and nothing that runs is broken (DOMAIN 8).

柏流程 adds the step 拍照确认 to the rectification order and makes the fifth-day call a fourth-day call. Orders under
way keep their version; the one that is issued afterwards shows the new step. The changed files are made here out of the
shipped ones: those stay as they are.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from engine import people, studio
from engine.core import layout
from engine.publishing import publication
from engine.studio import drafts as studio_drafts
from engine.studio import talk as studio_talk
from processes.services import demo
from processes.services.demo.answers import intake, later
from processes.services.demo.diary import CHEN, KANG, LIN, REPAIR
from processes.services.demo.player import ORDER, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from processes.services.demo.player import Play

STORY, OWNER = "photos", "bai.liucheng"
WU, YANG, FANG = "wu.gongjia", "yang.guanjia", "fang.shifu"
UNIT = "方正样板门窗分包"
HOUSE, CALLER = "春和里1期-01-4-1502", ("朱嘉树", "19900009019")
STEP, STEP_EN = "拍照确认", "Confirm by photos"
WHY = "复核时多次发现完成照片与现场不符：施工后增加拍照确认，由工程负责人核对再交复核。"
TITLE_DAY, WHY_DAY = "第五天的电话改为第四天", "客户反映第五天才来电话太晚：改为第四天。"
TITLE_ASKED, WHY_ASKED = "回访增加“请他人转告”", "家属接听的很多，现在只能记“拒访”。"
ASKED = (
    """          "label": "拒访",""".encode(),
    """          "label": "请他人转告",
          "value": "请他人转告"
        },
        {
          "label": "拒访",""".encode(),
)
COMMENT = "选了“请他人转告”以后还要再打一次吗？流程里要有对应的去向。"
FLOW = '<bpmn:sequenceFlow id="Flow_Work_{0}" sourceRef="Work" targetRef="{0}"/>'
TASK = f"""<bpmn:userTask id="Photos" name="{STEP}" camunda:candidateGroups="eng_lead" camunda:dueDate="=due_at">
      <bpmn:documentation>施工完成后逐项核对照片与现场，一致才交复核。</bpmn:documentation>
      <bpmn:extensionElements><camunda:formData>
        <camunda:formField id="photos_match" label="照片与现场一致" type="boolean">
          <camunda:validation><camunda:constraint name="required"/></camunda:validation>
        </camunda:formField>
      </camunda:formData></bpmn:extensionElements>
      <bpmn:incoming>Flow_Work_Photos</bpmn:incoming>
      <bpmn:outgoing>Flow_Photos_Check</bpmn:outgoing>
    </bpmn:userTask>
    """
ENGLISH = {
    STEP: STEP_EN,
    "施工完成后逐项核对照片与现场，一致才交复核。": "Compare photos and site item by item before the recheck.",
    "照片与现场一致": "The photos agree with the site",
}
DRAWN = re.compile(r"<bpmndi:BPMNDiagram.*?</bpmndi:BPMNDiagram>", re.DOTALL)
DAY = re.compile(r'(&quot;day5_call&quot;.*?<outputEntry id="[^"]*_out_1"><text>)5(</text>)', re.DOTALL)


def with_photos(source: bytes) -> bytes:
    """Add the step between the work and its recheck, and draw the diagram anew. ValueError: it looks otherwise."""
    text = source.decode()
    changes = {
        FLOW.format("Check"): FLOW.format("Photos")
        + '<bpmn:sequenceFlow id="Flow_Photos_Check" sourceRef="Photos" targetRef="Check"/>',
        "<bpmn:outgoing>Flow_Work_Check</bpmn:outgoing>": "<bpmn:outgoing>Flow_Work_Photos</bpmn:outgoing>",
        "<bpmn:incoming>Flow_Work_Check</bpmn:incoming>": "<bpmn:incoming>Flow_Photos_Check</bpmn:incoming>",
        '<bpmn:callActivity id="Check"': f'{TASK}<bpmn:callActivity id="Check"',
        "<bpmn:flowNodeRef>GStruct</bpmn:flowNodeRef>": "<bpmn:flowNodeRef>GStruct</bpmn:flowNodeRef>"
        "<bpmn:flowNodeRef>Photos</bpmn:flowNodeRef>",
    }  # fmt: skip
    for old, new in changes.items():
        if text.count(old) != 1:
            raise ValueError(old)
        text = text.replace(old, new)
    return layout.layout(DRAWN.sub("", text).encode())


def on_day_four(source: bytes) -> bytes:
    """Change the cell of DMN-05 that says on which day a customer is called. ValueError: it looks otherwise."""
    text, count = DAY.subn(r"\g<1>4\g<2>", source.decode(), count=1)
    if not count:
        raise ValueError("day5_call")
    return text.encode()


def publish(session: Session, viewer: Viewer, _number: str, at: datetime, registry: Registry) -> None:
    """Publish both changes from the studio, each with its reason, and leave a third one open."""
    shipped = demo.process_files()
    files = shipped["rectification"]
    texts = {**json.loads(files["translations.en.json"]), **ENGLISH}
    drawn = {
        "rectification.bpmn": with_photos(files["rectification.bpmn"]),
        "rectification.en.json": json.dumps(texts, ensure_ascii=False, indent=2).encode(),
    }
    table = {"time_limits.dmn": on_day_four(shipped["complaint"]["time_limits.dmn"])}
    unplayed = replace(registry, sandbox=None)  # the stories of the demonstration are its scenarios
    for title, reason, drafts in ((STEP, WHY, drawn), (TITLE_DAY, WHY_DAY, table)):
        change = _draft(session, viewer, title, reason, drafts, at)
        publication.publish(session, viewer, change, now=at, registry=unplayed)
    asked = {"CB1.form": shipped["callback"]["CB1.form"].replace(*ASKED)}
    change = _draft(session, viewer, TITLE_ASKED, WHY_ASKED, asked, at)
    admin = people.viewer(session, "admin", now=at)
    studio_talk.comment(session, admin, change, text=COMMENT, file="CB1.form", now=at)


def _draft(
    session: Session, viewer: Viewer, title: str, reason: str, drafts: Mapping[str, bytes], at: datetime
) -> UUID:
    change = studio.begin(session, viewer, wanted=drafts, title=title, reason=reason, now=at)
    for file, source in drafts.items():
        studio_drafts.save(session, viewer, change, file, source=source, revision=1, now=at)
    return change


def play(stage: Play, now: datetime) -> None:
    """Publish, and take one repair up to the new step."""
    minutes = iter(range(150, 0, -10))

    def step(login: str, element: str = "", *, order: bool = False, act: Any = None, **changes: Any) -> Step:
        at = now - timedelta(minutes=next(minutes))
        return Step(at, f"{STORY}{ORDER if order else ''}", login, element, changes, act)

    more: dict[str, Any] = {"location": "次卧", "part": "卧室/窗"}
    said = intake(HOUSE, CALLER, REPAIR, "次卧窗扇关不严", "次卧窗扇关不严，雨天进水。", "修好。", **more)
    task = {"type": "整改", "department": "工程部", "person": KANG, "content": "调整次卧窗扇。", "unit": UNIT}
    plan: dict[str, Any] = {"plan_tasks": [{**task, "due": later(now, 6)}], "promised_at": later(now, 8)}
    steps = [
        step(LIN, "T01", **said), step(OWNER, act=publish), step(LIN, "T07", acceptor=CHEN), step(LIN, "T08"),
        step(CHEN, "T09"), step(CHEN, "T12", **plan), step(CHEN, "T14"), step(WU, "R03a", order=True),
        step(FANG, "R03b", order=True), step(YANG, "R05", order=True), step(FANG, "R05v", order=True),
        step(FANG, "R06", order=True), step(WU, "R07", order=True),
    ]  # fmt: skip
    stage.run(steps, now)
