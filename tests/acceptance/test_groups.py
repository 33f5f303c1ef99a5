"""Group complaints: one case leads, others are linked to it from its page, and follow its level."""

from __future__ import annotations

from sqlalchemy import select

from engine import people
from processes.services import cases, prefills
from processes.services.demo import answers
from processes.services.demo.diary import REPAIR
from storage.tables.cases import CaseEvent, ServiceCase
from storage.tables.deadlines import Escalation
from storage.tables.instances import AuditEntry
from storage.tables.work import TaskSubmission, UserTask
from tests.sites import demo_file, site  # noqa: F401

HOUSES = (
    "春和里1期-02-1-1502",
    "春和里1期-01-2-1502",
    "春和里1期-02-2-1502",
    "春和里1期-01-1-1502",
    "春和里2期-01-1-1502",
)


def register(site, house, number):  # noqa: F811
    values = answers.intake(
        house, (f"邻居{number}", f"1990000950{number}"), REPAIR, "外墙渗水", "外墙渗水。", "修好外墙。",
        part="外墙/防渗漏", location="东墙",
    )  # fmt: skip
    with site.database.transaction() as session:
        viewer = people.viewer(session, "lin.xiaoan", now=site.clock.now)
        return cases.register(
            session, viewer, values, now=site.clock.now, registry=site.app.extensions["keyturn"].registry
        )


def rows(site, numbers):  # noqa: F811
    with site.database.read() as session:
        found = session.scalars(select(ServiceCase).where(ServiceCase.number.in_(numbers)))
        return {row.number: (row.level, row.group_master) for row in found}


def test_a_case_leads_others_which_follow_its_level_and_show_its_plan(site) -> None:  # noqa: F811
    numbers = [register(site, house, at) for at, house in enumerate(HOUSES)]
    master, *others = numbers
    site.run_jobs()
    manager = site.person("sun.mingli")
    page = manager.get(f"/cases/{master}").text
    assert all(f'value="{one}"' in page for one in others), "open cases about the same are offered"
    assert manager.post(f"/cases/{master}/group", {"more": ""}).status_code == 422
    assert "不能关联自身" in manager.post(f"/cases/{master}/group", {"more": master}).text
    assert (
        manager.post(f"/cases/{master}/group", {"member": others[:2], "more": "，".join(others[2:])}).status_code == 303
    )
    site.run_jobs()
    assert rows(site, others) == dict.fromkeys(others, (0, master))
    with site.database.read() as session:
        raised = session.scalars(select(UserTask).where(UserTask.element_id == "ES1", UserTask.state == "open")).all()
        (suggested,) = session.scalars(select(Escalation).where(Escalation.case_number == master)).all()
    assert (suggested.level_to, suggested.suggested) == (3, True)
    task = next(one for one in raised if one.created_at == site.clock.now)
    leader = site.person("yan.lingdao")
    form = {"suggested_level": "3", "level": "3", "escalation_reason": "同一面外墙五户渗漏"}
    assert leader.post(f"/tasks/{task.id}/complete", form).status_code == 303
    site.run_jobs()
    assert rows(site, others) == dict.fromkeys(others, (3, master))
    with site.database.transaction() as session:
        event = CaseEvent(case_number=master, at=site.clock.now, actor="chen.liyan", kind="制定方案", detail={})
        event.text = "整面外墙重做防水。"
        session.add(event)
    shown = manager.get(f"/cases/{others[0]}").text
    assert "统一方案" in shown
    assert "整面外墙重做防水。" in shown
    assert f"/cases/{master}" in shown
    assert manager.post(f"/cases/{others[0]}/group", {"more": others[1]}).status_code == 422, "a linked case leads none"
    assert all(one in manager.get(f"/cases/{master}").text for one in others)
    leaves_by_itself(site, master, others[0])


def leaves_by_itself(site, master, number):  # noqa: F811
    """A linked case takes over the plan, may leave its group with a reason, and then has a level of its own."""
    manager, agent = site.person("sun.mingli"), site.person("lin.xiaoan")
    with site.database.transaction() as session:
        plan = session.scalars(select(ServiceCase).where(ServiceCase.number == master)).one()
        task = session.scalars(
            select(UserTask).where(UserTask.instance_id == plan.instance_id, UserTask.state == "open")
        ).first()
        done = TaskSubmission(
            task_id=task.id, instance_id=plan.instance_id, element_id="T12", submitted_at=site.clock.now,
            submitted_by="chen.liyan", values={"plan": "整面外墙重做防水。", "plan_types": ["维修"], "company_liable": "全部"},
        )  # fmt: skip
        session.add(done)
        session.flush()
        known = {"case_number": number}
        filled = prefills.prefill(session, "T12", known, {"plan": "", "plan_tasks": [{}]}, now=site.clock.now)
        assert (filled["plan"], filled["plan_types"], filled["company_liable"]) == (
            "整面外墙重做防水。",
            ["维修"],
            "全部",
        )
        assert [master in one["content"] for one in filled["plan_tasks"]] == [True], "its own reply, not the wall again"
        kept = prefills.prefill(session, "T12", known, {"plan": "另有方案。"}, now=site.clock.now)
        assert kept["plan"] == "另有方案。"
        assert "整面外墙重做防水。" in prefills.prefill(session, "T14", known, {}, now=site.clock.now)["remark"]
        assert prefills.prefill(session, "T12", {"case_number": master}, {}, now=site.clock.now) == {}
        session.delete(done)
    address = f"/cases/{number}/group/leave"
    assert address in manager.get(f"/cases/{number}").text
    assert address not in agent.get(f"/cases/{number}").text
    assert agent.post(address, {"reason": "想单独办"}).status_code == 403
    assert "请写明理由" in manager.post(address, {"reason": " "}).text
    assert manager.post(address, {"reason": "本户渗水另有原因"}).status_code == 303
    site.run_jobs()
    assert rows(site, [number]) == {number: (0, "")}
    assert manager.post(address, {"reason": "再来一次"}).status_code == 409
    for one in (number, master):
        assert "本户渗水另有原因" in manager.get(f"/cases/{one}").text
    with site.database.read() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.action == "case.leave_group")).one()


def test_who_may_not_reach_customers_links_nothing(site) -> None:  # noqa: F811
    with site.database.read() as session:
        query = select(ServiceCase.number).where(ServiceCase.open, ServiceCase.project == "春和里")
        number = session.scalars(query.order_by(ServiceCase.number)).first()
    agent = site.person("lin.xiaoan")
    assert "group-more" not in agent.get(f"/cases/{number}").text, "an agent reaches customers and yet links nothing"
    assert agent.post(f"/cases/{number}/group", {"more": number}).status_code == 403
    engineer = site.person("zheng.jianli")
    assert "group-more" not in engineer.get(f"/cases/{number}").text
    assert engineer.post(f"/cases/{number}/group", {"more": number}).status_code == 403
