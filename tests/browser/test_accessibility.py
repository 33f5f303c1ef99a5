"""Every page, checked by axe: on the desk and on the phone, light and dark, and never wider than the screen.

The pages are those the application serves: a new address without an entry in PAGES or NO_PAGES fails.
"""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import definitions, message_texts, migration_batches, people, studio
from engine.access import SYSTEM
from engine.core.migration.words import say
from engine.publishing import publication
from engine.rehearsing import rehearsal
from processes.services import doors, notices
from storage.tables.cases import ServiceCase
from storage.tables.defects import RectificationOrder
from storage.tables.definitions import ProcessDefinition
from storage.tables.inspections import InspectionBatch
from storage.tables.moves import InstanceMigration
from storage.tables.registers import ImportRun
from storage.tables.work import UserTask
from tests import halls, quality, visits
from tests.acceptance import order_site
from tests.acceptance.api_client import DRAWN
from tests.browser.conftest import Live, lively, shoot, wrong_with
from tests.sites import SECRET, site_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from sqlalchemy.orm import Session

    from tests.sites import Site

AGENT, PLANNER, HANDLER, ADMIN = "lin.xiaoan", "chen.liyan", "kang.gongcheng", "admin"
LEAD, CHECKER = "wu.gongjia", "shen.fuhe"
PAGES: dict[str, list[tuple[str, str]]] = {
    # endpoint: (who, where); names in braces are filled in
    "auth.login": [(AGENT, "/login")],
    "auth.me": [(AGENT, "/me")],
    "inbox.show": [(AGENT, "/inbox"), (PLANNER, "/inbox?view=team"), (AGENT, "/inbox?q=nothing")],
    "inbox.reassign_form": [(PLANNER, "/inbox/{T07}/reassign")],
    "work.show": [
        (AGENT, "/tasks/{T07}"),
        (PLANNER, "/tasks/{T12}"),
        (HANDLER, "/tasks/{T16}"),
        (AGENT, "/tasks/{T18}"),
    ],
    "cases.index": [(AGENT, "/cases")],
    "orders.index": [(AGENT, "/orders"), (AGENT, "/orders?status=&q=没有")],
    "prints.many": [(AGENT, "/prints/visit?number={order}&number={mended}")],
    "orders.show": [(AGENT, "/orders/{order}"), (AGENT, "/orders/{mended}")],
    "cases.show": [(AGENT, "/cases/{case}"), (AGENT, "/cases/{closed}")],
    "start.index": [(AGENT, "/start")],
    "start.complaint": [(AGENT, "/start/complaint")],
    "start.process.show": [(AGENT, "/start/process/probe")],
    "start.done": [(AGENT, "/start/complaint/done/{case}")],
    "prints.show": [
        (AGENT, "/print/record/{case}"),
        (AGENT, "/print/review/{order}"),
        (AGENT, "/print/daily/春和里:2026-03-02"),
    ],
    "prints.verify": [(AGENT, "/verify?number=WJ-2026-000001&hash=0")],
    "notifications.show": [(AGENT, "/notifications")],
    "admin.index": [(ADMIN, "/admin/")],
    "admin.incidents": [(ADMIN, "/admin/incidents")],
    "admin.jobs": [(ADMIN, "/admin/jobs")],
    "admin.outbox": [(ADMIN, "/admin/outbox")],
    "admin.audit": [(ADMIN, "/admin/audit")],
    "admin_people.show": [(ADMIN, "/admin/people")],
    "admin_roles.index": [(ADMIN, "/admin/roles")],
    "admin_roles.show": [(ADMIN, "/admin/roles/agent")],
    "admin_people.new": [(ADMIN, "/admin/people/new")],
    "admin_people.person": [(ADMIN, "/admin/people/lin.xiaoan")],
    "registers.index": [(ADMIN, "/admin/registers")],
    "registers.show": [(ADMIN, "/admin/registers/units")],
    "registers.rota": [(ADMIN, "/admin/rota")],
    "registers.edit": [(ADMIN, "/admin/registers/units/new"), (ADMIN, "/admin/registers/units/entries/1")],
    "registers.report": [(ADMIN, "/admin/imports/{run}")],
    "registers.holidays": [(ADMIN, "/admin/holidays")],
    "admin_tokens.show": [(ADMIN, "/admin/tokens")],
    "api.page": [(ADMIN, "/api/v1/")],
    "admin_instances.index": [(ADMIN, "/admin/instances")],
    "admin_instances.show": [(ADMIN, "/admin/instances/{instance}")],
    "admin_versions.show": [(ADMIN, "/admin/instances/{instance}/version?target={newer}")],
    "admin_versions.cases": [(ADMIN, "/admin/versions/{older}?target={newer}")],
    "admin_versions.batches": [(ADMIN, "/admin/moves")],
    "admin_versions.batch": [(ADMIN, "/admin/moves/{batch}")],
    "reference.index": [(ADMIN, "/reference")],
    "playback.case": [(AGENT, "/cases/{case}/replay"), (AGENT, "/cases/{closed}/replay")],
    "playback.instance": [(ADMIN, "/admin/instances/{instance}/replay")],
    "studio_doctor.index": [(ADMIN, "/studio/doctor")],
    "studio_exchange.index": [(ADMIN, "/studio/exchange")],
    "studio_watch.index": [(ADMIN, "/studio/watch")],
    "studio_watch.show": [(ADMIN, "/studio/watch/complaint_handle"), (ADMIN, "/studio/watch/complaint")],
    "studio_watch.step": [(ADMIN, "/studio/watch/complaint_dispatch/steps/T07")],
    "reference.bpmn": [(ADMIN, "/reference/bpmn")],
    "reference.feel": [(ADMIN, "/reference/feel")],
    "reference.lint": [(ADMIN, "/reference/lint")],
    "handover.index": [(halls.LEAD, "/handover")],
    "handover.desk": [(halls.LEAD, "/handover/{hall}"), (halls.DESK, "/handover/{hall}?q=02")],
    "handover.house": [(halls.LEAD, "/handover/houses/{handed}")],
    "handover.register": [(halls.DESK, "/keys?state=")],
    "batches.index": [(LEAD, "/batches")],
    "batches.new": [(LEAD, "/batches/new")],
    "batches.show": [(LEAD, "/batches/{round}")],
    "batches.doors.sheet": [(LEAD, "/batches/{round}/codes")],
    "batches.doors.scanned": [(AGENT, "/inspect/door/{door}")],
    "inspect.index": [(AGENT, "/inspect")],  # with houses: test_inspect_offline
    "inspect.house": [(AGENT, "/inspect/none")],
    "contractor.index": [(AGENT, "{company}"), (AGENT, "/c/wrong")],
    "daily.show": [(LEAD, "/daily")],
    "daily.checks": [(CHECKER, "/daily/recheck")],
    "owner_visits.show": [(CHECKER, "/daily/owners")],
    "daily.opinions": [(LEAD, "/daily/opinions")],
    "board.show": [(LEAD, "/board?span=month")],
    "board.listed": [(LEAD, "/board/list?kind=new&span=month")],
    "quality.index": [(PLANNER, "/quality")],
    "quality.review": [(ADMIN, "/quality/reviews/{review}")],
    "quality.survey": [(AGENT, "/quality/surveys/{survey}")],
    "quality.household": [(AGENT, "/quality/surveys/{survey}/1")],
    "reports.index": [(PLANNER, "/reports")],
    "reports.show": [
        (PLANNER, "/reports/kpi"),
        (PLANNER, "/reports/complaints?cycle=year&day=2025-06-01"),
        (PLANNER, "/reports/closure?cycle=year&day=2024-06-01&project=春和里"),
        (PLANNER, "/reports/contractors?cycle=year&day=2024-06-01"),
    ],
    "reports.kpi": [(PLANNER, "/reports/kpi/K06"), (PLANNER, "/reports/kpi/R1?by=stage")],
    "reports.rows": [(PLANNER, "/reports/kpi/K06/rows?cycle=year&day=2025-06-01")],
    "reports.paper": [(PLANNER, "/reports/print/complaints")],
    "links.index": [(LEAD, "/links")],
    "links.show": [(PLANNER, "/links/case/{case}")],
    "owner.index": [(AGENT, "{owner}"), (AGENT, "{house}")],
    "owner.repairs": [(AGENT, "{house}/repairs")],
    "contractor.order": [(AGENT, "{company}/orders/{order}")],
    "studio_texts.index": [(ADMIN, "/studio/texts")],
    "studio_texts.show": [(ADMIN, "/studio/texts/{text}")],
    "studio_library.index": [(ADMIN, "/studio"), (ADMIN, "/studio?q=T0&kind=form")],
    "studio_library.process": [(ADMIN, "/studio/processes/complaint")],
    "studio_library.head": [(ADMIN, "/studio/processes/complaint/head")],
    "studio_library.file": [(ADMIN, "/studio/files/time_limits.dmn"), (ADMIN, "/studio/files/T09.form")],
    "studio_compare.versions": [(ADMIN, "/studio/compare?file=T07.form&left=1&right=2")],
    "studio_compare.change": [(ADMIN, "/studio/changes/{tried}/compare")],
    "studio_changes.index": [(ADMIN, "/studio/changes"), (ADMIN, "/studio/changes?state=discarded")],
    "studio_changes.new": [(ADMIN, "/studio/changes/new")],
    "studio_changes.show": [(ADMIN, "/studio/changes/{change}")],
    "studio_changes.new_file": [(ADMIN, "/studio/changes/{change}/new?kind=bpmn")],
    "studio_changes.history": [(ADMIN, "/studio/changes/{change}/history/T09.form")],
    "studio_rehearse.begin": [(ADMIN, "/studio/changes/{change}/rehearse")],
    "studio_rehearse.published": [(ADMIN, "/studio/rehearse")],
    "studio_rehearse.show": [(ADMIN, "/studio/rehearsals/{rehearsal}")],
    "studio_rehearse.start": [(ADMIN, "/studio/rehearsals/{rehearsal}/start/1")],
    "studio_rehearse.task": [(ADMIN, "/studio/rehearsals/{rehearsal}/tasks/{rehearsed}")],
    "studio_scenarios.runs": [(ADMIN, "/studio/changes/{change}/scenarios")],
    "studio_scenarios.show": [(ADMIN, "/studio/scenarios/emergency.yaml")],
    "studio_settings.index": [(ADMIN, "/studio/settings")],
    "studio_forms.frame": [(ADMIN, "/studio/changes/{change}/files/T09.form/preview")],
    "studio_impact.show": [(ADMIN, "/studio/changes/{tried}/impact"), (ADMIN, "/studio/changes/{wrong}/impact")],
    "studio_publishing.show": [(ADMIN, "/studio/changes/{tried}/publish"), (ADMIN, "/studio/changes/{wrong}/publish")],
    "studio_publishing.index": [(ADMIN, "/studio/publications")],
    "studio_publishing.published": [(ADMIN, "/studio/publications/{publication}")],
    "404": [(AGENT, "/nowhere")],
}
NO_PAGES = {
    *("static", "healthz", "metrics", "home"),  # files, figures, a redirect
    *(
        "work.lookup",
        "work.attachments.show",
        "start.callers",
        "start.open_cases",
        "notifications.badge",
    ),  # parts, files
    "studio_exchange.export",  # a file
    *("studio_rehearse.lookup", "studio_scenarios.state"),  # what the page asks for
    *("registers.template", "registers.refused", "contractor.picture"),  # files
    *("reports.excel", "reports.rows_excel", "reports.pdf"),  # files
    *("inspect.houses", "inspect.state", "inspect.plan", "inspect.by_code", "inspect.worker"),  # what the page asks for
    *("orders.photo", "prints.pdf", "prints.many_pdf", "batches.doors.pdf", "owner.picture"),  # pictures, files
    *("handover.following", "handover.after"),  # the way to the next task
    *("admin.deployments", "admin.process", "studio_library.picture"),  # redirects, pictures
    "studio_editing.edit",  # each editor has its own test
    "studio_changes.revision",  # a file
    *("studio_editing.read", "studio_editing.comments", "studio_editing.revisions", "studio_editing.help_for"),
}
PRINTED = {"prints.show", "prints.many", "reports.paper", "batches.doors.sheet"}
"""Sheets of paper are as wide as paper, and always light."""


def is_page(endpoint: str) -> bool:
    """Tell whether people look at it: programs' addresses are not pages, except the one that explains them."""
    return endpoint not in NO_PAGES and (not endpoint.startswith(("api.", "engine_rest.")) or endpoint == "api.page")


@pytest.fixture(scope="module")
def live(demo_file: Path, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Live]:
    """One server for both sizes: to fill in the braces takes longer than to look at many pages."""
    site = site_in(tmp_path_factory.mktemp("pages") / "site", demo_file)
    with lively(site, chromium) as found:
        yield found
    site.database.dispose()


@pytest.fixture(scope="module")
def names(live: Live) -> dict[str, str]:
    """Fill in the braces: tasks by element, cases, an import, an order and the link of its company."""
    order_site.deploy(live.site, (order_site.STEPS[3],))
    order_site.issue(live.site, "通达", count=2)
    order_site.deploy(live.site)
    order_site.issue(live.site, "宏远")
    order_site.deploy(live.site, order_site.STEPS[1:])
    number = order_site.issue(live.site, "通达", count=2)
    order_site.photo_of(live.site, number)
    visits.add_visits(live.site)
    hall, handed = halls.add_hall(live.site)
    review, survey = quality.review(live.site), quality.survey(live.site)
    quality.do(live.site, review, AGENT, "V1")
    quality.do(live.site, review, "sun.mingli", "V2")
    halls.do(live.site, handed[0], halls.DESK)
    halls.do(live.site, handed[0], halls.DESK)
    outside = {"order": number, "company": order_site.link(live.site, "通达")}
    with live.site.database.transaction() as session:
        tasks = session.execute(
            select(UserTask.element_id, UserTask.id, UserTask.scope).where(UserTask.state == "open")
        ).all()
        found = {element: str(task) for element, task, scope in tasks if scope == "春和里"}
        cases = select(ServiceCase.number).where(ServiceCase.instance_id.is_not(None)).order_by(ServiceCase.number)
        found["case"] = session.scalars(cases.where(ServiceCase.state == "处理中")).first() or ""
        orders = select(RectificationOrder.number).order_by(RectificationOrder.number)
        found["order"] = session.scalars(orders.where(RectificationOrder.state == "整改中")).first() or ""
        found["mended"] = session.scalars(orders.where(RectificationOrder.state == "已销项")).first() or ""
        found["closed"] = session.scalars(cases.where(ServiceCase.state == "已关闭")).first() or ""
        found["instance"] = str(
            session.scalars(select(UserTask.instance_id).where(UserTask.id == UUID(found["T07"]))).one()
        )
        run = ImportRun(
            register="units", filename="x.csv", at=live.site.clock(), actor="admin", accepted=1, changed=0, refused=1,
            report=[["编号"], [2, "accepted", "x", "", {}, ["x"]], [3, "refused", "y", "There is no such entry.", {}, ["y"]]],
        )  # fmt: skip
        session.add(run)
        found |= {"hall": hall, "handed": handed[0], "review": review, "survey": survey}
        found["round"] = session.scalars(select(InspectionBatch.number)).first() or ""
        found["door"] = doors.token(1, SECRET)
        owner = people.viewer(session, "bai.liucheng", now=live.site.clock())
        wanted = ["complaint_plan.bpmn", "time_limits.dmn", "T09.form"]
        found["text"] = message_texts.digest_of(notices.OTHER)
        found["change"] = str(studio.begin(session, owner, wanted=wanted, reason="x", now=live.site.clock()))
        studio.comment(session, owner, UUID(found["change"]), text="x", now=live.site.clock())
        session.flush()
        found |= _rehearsed(session, live)
        outside |= order_site.owner_links(session, found["case"], live.site.clock())
        versions = _versions(session, live)
        return found | outside | {"run": str(run.id)} | versions | _publications(session, live)


def _renamed(found: re.Match[bytes]) -> bytes:
    return found[0].replace(b"T07", b"T07x")


def _drafted(session: Session, live: Live, **replaced: tuple[bytes, bytes]) -> UUID:
    """Draft files with one text for another in each."""
    owner, now = people.viewer(session, "bai.liucheng", now=live.site.clock()), live.site.clock()
    files = {name.replace("__", "."): texts for name, texts in replaced.items()}
    change = studio.begin(session, owner, wanted=list(files), reason="x", now=now)
    for file, (old, new) in files.items():
        source = studio.draft(session, owner, change, file).source
        assert old in source
        studio.save(session, owner, change, file, source=source.replace(old, new), revision=1, now=now)
    return change


def _rehearsed(session: Session, live: Live) -> dict[str, str]:
    """Rehearse two steps of a complaint and let three days pass."""
    admin, now = people.viewer(session, ADMIN, now=live.site.clock()), live.site.clock()
    registry = live.site.app.extensions["keyturn"].registry
    made = rehearsal.begin(session, admin, process="complaint", now=now, registry=registry)
    kept = rehearsal.act(rehearsal.load(session, admin, made), registry, {"登记": {}})
    kept = rehearsal.hours(kept, registry, "P3D")
    rehearsal.keep(session, admin, kept, now=now)
    with rehearsal.on_stage(kept, registry) as play:
        return {"rehearsal": str(made), "rehearsed": str(play.tasks()[0].id)}


def _publications(session: Session, live: Live) -> dict[str, str]:
    """Draft what can be published and what cannot, and publish one that moves cases."""
    owner = people.viewer(session, "bai.liucheng", now=live.site.clock())
    tried = _drafted(session, live, c__bpmn=(b"T07x", b"T07y"), T12__form=(b'"label": "', b'"label": "x'))
    wrong = _drafted(
        session, live, c__bpmn=(b' default="', b' camunda:was="'), notify__dmn=(b"&quot;", b"\xe3\x80\x82")
    )
    made = _drafted(session, live, T07__form=(b'"label": "', b'"label": "x'))
    publication_ = publication.publish(
        session, owner, made, moved=publication.Moves("all"), now=live.site.clock(),
        registry=replace(live.site.app.extensions["keyturn"].registry, sandbox=None),
    )  # fmt: skip
    return {"tried": str(tried), "wrong": str(wrong), "publication": str(publication_)}


def _versions(session: Session, live: Live) -> dict[str, str]:
    """Publish a process of one's own, and a version with a step renamed; have cases moved to it, one refused already."""
    older = session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == "complaint_dispatch")).one()
    given = {"now": live.site.clock()}
    registry = live.site.app.extensions["keyturn"].registry
    definitions.deploy(session, files={"probe.bpmn": DRAWN}, viewer=SYSTEM, registry=registry, **given)
    source = re.sub(rb'( id|sourceRef|targetRef|bpmnElement)="T07"|>T07<', _renamed, older.source)
    made = definitions.deploy(session, files={"c.bpmn": source}, viewer=SYSTEM, registry=registry, **given)
    newer = made.processes[0].id
    batch = migration_batches.migrate_all(session, SYSTEM, older.id, target_definition_id=newer, reason="x", **given)
    move = session.scalars(select(InstanceMigration).where(InstanceMigration.batch_id == batch)).first()
    assert move is not None
    move.state, move.findings = "refused", [asdict(say("removed", "T07", name="T07"))]
    return {"older": str(older.id), "newer": str(newer), "batch": str(batch)}


def test_every_page_is_listed(site: Site) -> None:
    served = {rule.endpoint for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert {endpoint for endpoint in served if is_page(endpoint)} - set(PAGES) == set(), "add them to PAGES or NO_PAGES"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_pages(live: Live, names: dict[str, str], size: str) -> None:
    served = set(live.site.app.view_functions) | {"404"}
    door = live.open("/login", size=size, reduced_motion="reduce")
    wrong = {"/login": found} if (found := wrong_with(door)) else {}
    for person in (AGENT, PLANNER, HANDLER, ADMIN, LEAD, CHECKER):
        page = live.enter(person, size=size, reduced_motion="reduce")
        for endpoint, places in PAGES.items():
            for _, path in (place for place in places if place[0] == person and endpoint in served):
                page.goto(live.address + path.format(**names))
                if found := wrong_with(page, paper=endpoint in PRINTED):
                    wrong[path] = found
                    shoot(page, f"wrong-{endpoint}-{size}")
        page.context.close()
        live.contexts.remove(page.context)
    assert wrong == {}
