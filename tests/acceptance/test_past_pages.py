"""The past of the demonstration: rows without instances, whose pages open like all others."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from processes.services.demo import history
from storage.tables.cases import ContactLog, ServiceCase, SurveyResponse
from storage.tables.contractors import Contractor
from storage.tables.deadlines import Deadline, Reminder
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.handovers import HandoverBatch, HandoverUnit, KeyMovement, UnitWarranty
from storage.tables.inspections import InspectionBatch, InspectionUnit
from storage.tables.work import Job
from tests.sites import NOW, demo_file, site  # noqa: F401


def test_rows_of_the_past_open_like_all_others_and_nothing_is_to_be_done_about_them(site) -> None:  # noqa: F811
    with site.database.transaction() as session:
        waiting = session.scalar(select(func.count()).select_from(Job))
        history.add_past(session, "demo", 150, now=NOW)
        assert session.scalar(select(func.count()).select_from(Job)) == waiting
        past = select(ServiceCase).where(ServiceCase.instance_id.is_(None)).order_by(ServiceCase.id.desc())
        cases = {row.close_type: row.number for row in session.scalars(past)}
        orders = {row.stage: row.number for row in session.scalars(select(RectificationOrder).filter_by(open=False))}
        houses = [row.number for row in session.scalars(select(HandoverUnit).limit(3))]
        batches = [row.number for row in session.scalars(select(InspectionBatch))]
        inspected = session.scalars(select(InspectionUnit.house)).first()
        handed = session.scalars(select(HandoverBatch.number).order_by(HandoverBatch.id.desc())).first()
    assert {"accepted", "answered"} <= cases.keys()
    assert {"交付前内部验房", "正式交付", "保修期"} <= orders.keys()
    manager, agent = site.person("sun.mingli"), site.person("lin.xiaoan")
    paths = [f"/cases/{number}" for number in cases.values()] + [f"/orders/{number}" for number in orders.values()]
    paths += [f"/batches/{number}" for number in batches] + [
        f"/cases?status=closed&q={inspected}",
        "/orders?state=已销项",
    ]
    for path in paths:
        assert manager.get(path).status_code == 200, path
    for path in (*(f"/handover/houses/{number}" for number in houses), f"/handover/{handed}", "/keys", "/board"):
        assert manager.get(path).status_code == 200, path
    for path in ("/inbox", "/cases", "/cases?status=closed", "/orders"):
        assert agent.get(path).status_code == 200, path
    site.clock.advance(days=1)
    site.run_jobs()
    with site.database.read() as session:
        assert (
            session.scalars(select(Deadline).where(Deadline.open, Deadline.case_number == cases["accepted"])).all()
            == []
        )


def test_the_past_has_believable_figures(site) -> None:  # noqa: F811
    with site.database.transaction() as session:
        history.add_past(session, "demo", 400, now=NOW)
        said = session.execute(select(func.avg(SurveyResponse.attitude), func.avg(SurveyResponse.outcome))).one()
        assert all(3.9 <= one <= 4.3 for one in said)
        timed = session.scalars(select(ServiceCase).where(~ServiceCase.open, ServiceCase.solved_at.is_not(None))).all()
        promised = [row for row in timed if row.original_promised_at]
        assert 0.75 <= sum(row.solved_at <= row.original_promised_at for row in promised) / len(promised) <= 0.9
        kept = {}
        query = select(Contractor.code, Defect).join(Contractor, Contractor.id == Defect.responsible_id)
        for code, defect in session.execute(query.where(Defect.state == "已销项", Defect.due_at.is_not(None))):
            kept.setdefault(code, []).append(defect.closed_at <= defect.due_at)
        shares = {code: sum(found) / len(found) for code, found in kept.items() if len(found) > 25}
        assert min(shares, key=shares.get) == "方正样板门窗分包"
        assert shares["明灯机电分包"] > 0.9
        assert shares["方正样板门窗分包"] < 0.7
        clocks = set(session.scalars(select(Deadline.clock).where(~Deadline.open)))
        assert {"accept", "contact", "reply", "resolve", "task", "progress", "day5_call", "callback"} <= clocks
        assert {"sign", "work", "recheck", "rework", "appoint", "owner_recheck"} <= clocks
        assert session.scalar(select(func.count()).select_from(Reminder).where(~Reminder.open)) > 20
        kinds = set(session.scalars(select(ContactLog.kind)))
        assert {"来电登记", "方案答复", "过程回访", "第5日沟通", "结果回复", "回访", "客户催办"} <= kinds
        first = session.scalar(select(func.min(ServiceCase.received_at)))
        assert first < NOW - timedelta(days=650)
        delivered = session.scalar(select(func.count()).select_from(HandoverUnit))
        assert delivered >= 12
        assert session.scalar(select(func.count()).select_from(KeyMovement)) > 0
        assert session.scalar(select(func.count()).select_from(UnitWarranty)) > delivered
        wrong = select(func.count()).select_from(RectificationOrder)
        wrong = wrong.where(RectificationOrder.closed_at < RectificationOrder.issued_at)
        assert session.scalar(wrong) == 0
