"""Story 19: the process owner changes a process and a table; what runs goes on as it was."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from engine import filestore
from processes.services import demo
from processes.services.demo import change_story
from processes.services.demo.player import Play
from storage import orders
from storage.tables.cases import ServiceCase
from storage.tables.deadlines import Deadline
from storage.tables.definitions import DecisionDefinition, ProcessDefinition
from storage.tables.instances import ProcessInstance
from storage.tables.work import Incident, UserTask
from tests.sites import NOW, demo_file, site  # noqa: F401


def test_orders_under_way_keep_their_version_and_new_ones_show_the_new_step(site, tmp_path) -> None:  # noqa: F811
    stage = Play(site.database, site.app.extensions["keyturn"].registry, filestore.opened(tmp_path / "photos"))
    with site.database.read() as session:
        running = select(ProcessInstance.id, ProcessInstance.definition_id).where(
            ProcessInstance.process_key == "rectification", ProcessInstance.status == "active"
        )
        before = dict(session.execute(running).all())
        incidents = session.scalar(select(func.count()).select_from(Incident))
    assert before
    change_story.play(stage, NOW)
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == incidents
        after = dict(session.execute(running).all())
        assert {key: after[key] for key in before} == before, "nothing that runs was moved"
        rows = session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == "rectification")).all()
        assert [(row.version, row.created_by) for row in rows] == [(1, "system"), (2, "bai.liucheng")]
        assert rows[1].note == change_story.WHY
        newest = select(ProcessDefinition.version, func.count()).group_by(ProcessDefinition.version)
        assert dict(session.execute(newest).all())[2] == 1, "the other processes stay as they are"
        order = orders.of_starter(session, stage.numbers["photos"])[-1]
        assert after[order.instance_id] == rows[1].id
        (task,) = session.scalars(
            select(UserTask).where(UserTask.instance_id == order.instance_id, UserTask.state == "open")
        ).all()
        assert (task.name, task.candidate_groups) == (change_story.STEP, ["eng_lead"])
        table = select(func.max(DecisionDefinition.version)).where(DecisionDefinition.key == "time_limits")
        assert session.scalar(table) == 2
        older = session.get(ProcessInstance, next(iter(before))).business_key
        versions = {row.version: row.id for row in rows}
        case = session.scalars(select(ServiceCase).where(ServiceCase.number == stage.numbers["photos"])).one()
        call = select(Deadline).where(Deadline.case_number == case.number, Deadline.clock == "day5_call")
        assert (session.scalars(call).one().due_at - case.received_at).days >= 4, "registered before the change: day 5"
    person = site.person("wu.gongjia")
    assert change_story.STEP in person.get(f"/orders/{order.number}").text
    assert change_story.STEP not in person.get(f"/orders/{older}").text
    assert change_story.STEP in person.get(f"/tasks/{task.id}").text
    owner = site.person("bai.liucheng")
    listed = owner.get("/studio/processes/rectification").text
    assert change_story.WHY in listed
    assert "柏流程" in listed
    assert "受控，已被新版替代" in owner.get(f"/admin/processes/{versions[1]}", follow_redirects=True).text
    assert change_story.STEP in owner.get(f"/admin/processes/{versions[2]}", follow_redirects=True).text
    compared = owner.get("/studio/compare?file=rectification.bpmn&left=1&right=2").text
    assert f"新增人工任务：{change_story.STEP}" in compared


def test_the_changes_are_made_out_of_the_shipped_files_and_nothing_else() -> None:
    files = demo.process_files()
    drawn = change_story.with_photos(files["rectification"]["rectification.bpmn"]).decode()
    assert drawn.count('id="Photos"') == 1
    assert "Flow_Work_Check" not in drawn
    table = files["complaint"]["time_limits.dmn"].decode()
    changed = change_story.on_day_four(files["complaint"]["time_limits.dmn"]).decode()
    different = [(a, b) for a, b in zip(table.splitlines(), changed.splitlines(), strict=True) if a != b]
    ((old, new),) = different
    assert "<text>5</text>" in old
    assert "<text>4</text>" in new
    with pytest.raises(ValueError, match="Flow_Work_Check"):
        change_story.with_photos(b"<a/>")
    with pytest.raises(ValueError, match="day5"):
        change_story.on_day_four(b"<a/>")
