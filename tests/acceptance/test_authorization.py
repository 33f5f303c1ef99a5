"""Every address, asked for by every role, for an object of one's own project and of another one.

The table says who may and who at least may know; the others read that there is no such thing. An address without a row
fails. Requests are carried out to the end and then undone, so that each meets the same data.
"""

from __future__ import annotations

import io
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from engine import message_texts, notifications, people, studio
from engine.access import SYSTEM, Grant
from engine.publishing import publication
from engine.rehearsing import rehearsal
from processes.services import doors, notices
from processes.services.demo.people import ROLES
from storage.session import Database
from storage.tables.cases import ServiceCase
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.definitions import ProcessDefinition
from storage.tables.handovers import HandoverUnit, KeySet
from storage.tables.inspections import InspectionUnit
from storage.tables.instances import ProcessInstance
from storage.tables.links import SignedLink
from storage.tables.moves import MigrationBatch
from storage.tables.people import ApiToken, Substitution
from storage.tables.registers import ImportRun
from storage.tables.surveys import CaseReview, SurveyHousehold, SurveyPlan
from storage.tables.work import Attachment, Incident, Notification, UserTask
from tasks_ui.app import create_app, default_registry
from tests import halls, visits
from tests.sites import NOW, SECRET, Clock, Person, Site, settings_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Flask
    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry

HERE, THERE = "春和里", "秋实园"
ALL = frozenset(code for code, *_ in ROLES)
STAFF = ALL - {"contractor"}
ADMIN = frozenset({"admin"})
OWNERS = frozenset({"admin", "process_owner"})
"""Held for all projects; every other role of the test is held for HERE only."""
NOBODY: frozenset[str] = frozenset()
STARTERS = frozenset({"agent", "prop_cs", "sales_con", "cs_sup"})
TAKERS = frozenset({"agent", "admin"})  # of the task that is asked for: dispatching, a task of agents
ORGANISERS = frozenset({"cs_mgr", "eng_lead"})
LEADERS = frozenset({"cs_sup", "cs_mgr", "leader", "gm", "admin", "eng_lead", "ho_lead"})  # who write on the board
READERS = frozenset({"cs_sup", "cs_mgr", "leader", "gm", "process_owner", "admin", "finance", "cost"})  # of reports
OF_WORKS = READERS | {"eng_lead"}  # of reports of defects, units and what is overdue
ON_SITE = frozenset(
    {"inspector", "cs_sup", "cs_mgr", "eng_lead", "engineer", "prop_check", "prop_cs", "ho_lead", "leader", "gm"}
    | OWNERS
)
INSPECTOR = frozenset({"inspector"})
VISITORS = INSPECTOR | {"admin"}
SUPERVISORS = frozenset({"cs_sup", "cs_mgr", "admin"})
SEEING = TAKERS | SUPERVISORS
WATCHERS = frozenset(
    {"agent", "cs_sup", "cs_mgr", "sales_sup", "sales_mgr", "eng_lead", "engineer", "prop_cs", "prop_check", "ho_lead"}
    | {"leader", "gm", "pr", "legal", "cost", "finance", "process_owner", "admin"}
)
QUALITY = frozenset({"agent", "cs_sup", "cs_mgr", "prop_cs", "leader", "gm"}) | OWNERS
ASKERS = frozenset({"agent", "cs_sup", "cs_mgr", "prop_cs"})
SCORERS = frozenset({"cs_sup", "cs_mgr"})
AT_HANDOVER = WATCHERS | {"ho_desk", "inspector"}
WORKERS = frozenset(
    {"agent", "cs_sup", "cs_mgr", "sales_con", "sales_sup", "sales_mgr", "eng_lead", "engineer", "prop_cs", "handler"}
    | {"leader", "gm", "process_owner", "admin"}
)
"""Roles of the complaint process: they see the files of its cases in their projects."""
LINKERS = frozenset({"cs_sup", "cs_mgr", "eng_lead", "engineer", "prop_cs", "ho_lead", "cost", "admin"})
CALLERS = frozenset({"agent", "cs_sup", "cs_mgr", "prop_cs", "sales_con", "sales_sup", "sales_mgr", "leader", "gm"})


GROUPERS = frozenset({"cs_sup", "cs_mgr"})
EXTENDERS = frozenset({"agent", "cs_sup", "cs_mgr", "eng_lead", "prop_cs"})
SUBSTITUTERS = frozenset({"cs_sup", "cs_mgr", "eng_lead", "cost"})
WITHDRAWERS = frozenset({"cs_sup", "cs_mgr", "eng_lead"})
WARNERS = SUBSTITUTERS | {"prop_cs", "agent"}


@dataclass(frozen=True)
class Row:
    """Who may do it, and who may at least know of the object (and reads 403, not 404): here and in another project."""

    path: str
    may: frozenset[str] = ALL
    knows: frozenset[str] = ALL
    may_there: frozenset[str] | None = None
    knows_there: frozenset[str] = ADMIN
    anonymous: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    """What a page's script sends instead of a form."""

    def expected(self, role: str, *, there: bool) -> int:
        """Give 200 for an answer, 403 or 404 for a refusal."""
        may = self.may_there or NOBODY if there else self.may
        if role in may:
            return 200
        return 403 if role in (self.knows_there if there else self.knows) else 404


def of_task(path: str, may: frozenset[str], knows: frozenset[str] = SEEING, **data: str) -> Row:
    """Describe an address of a task; of other projects' tasks only the administrator knows."""
    return Row(path, may, knows, may & ADMIN, ADMIN, data=data)


def of_case(path: str, may: frozenset[str] = WATCHERS, there: frozenset[str] = OWNERS, **data: str) -> Row:
    """Describe an address of a case."""
    return Row(path, may, WATCHERS, there, OWNERS, data=data)


def of_order(path: str, may: frozenset[str] | None = None, **data: str) -> Row:
    """Describe an address of a rectification order; what is asked for it, few may."""
    seers = WATCHERS | {"inspector", "handler", "repair_tech", "ho_desk"}
    there = OWNERS if may is None else NOBODY
    return Row(path, seers if may is None else may, seers, there, OWNERS, data=data)


def of_visit(path: str, **data: str) -> Row:
    """Describe an address of a house that is inspected by the inspector."""
    return Row(path, VISITORS, VISITORS, ADMIN, ADMIN, data=data)


A_FILE = "/files/<file>"


def in_studio(
    method: str, rule: str, path: str | None = None, json: Mapping[str, object] | None = None, **data: str
) -> tuple[tuple[str, str], Row]:
    """Describe an address of the studio: it is the process owners' and administrators'."""
    return (method, f"/studio{rule}"), Row(f"/studio{rule if path is None else path}", OWNERS, data=data, json=json)


def of_change(
    method: str, rule: str, json: Mapping[str, object] | None = None, **data: str
) -> tuple[tuple[str, str], Row]:
    """Describe an address of a change, or of the file `T09.form` in it."""
    path = "/changes/{change}" + rule.replace("<file>", "T09.form").replace("<int:number>", "1")
    path = path.replace("<uuid:comment_id>", "{comment}")
    return in_studio(method, f"/changes/<uuid:change_id>{rule}", path, json, **data)


def of_rehearsal(method: str, rule: str, path: str = "", **data: str) -> tuple[tuple[str, str], Row]:
    """Describe an address of a rehearsal: of all who use the studio, only who began it knows of it."""
    address = f"/studio/rehearsals/{{rehearsal}}{path or rule}"
    row = Row(address, frozenset({"process_owner"}), ALL - ADMIN, data={"revision": "1"} | data)
    return (method, f"/studio/rehearsals/<uuid:rehearsal_id>{rule}"), row


def of_publication(method: str, rule: str, **data: str) -> tuple[tuple[str, str], Row]:
    """Describe an address of a publication."""
    return in_studio(
        method, f"/publications/<uuid:publication_id>{rule}", f"/publications/{{publication}}{rule}", **data
    )


def published(session: Session, owner: Viewer, registry: Registry) -> str:
    """Publish a change of a table from the studio."""
    change = studio.begin(session, owner, wanted=["time_limits.dmn"], reason="x", now=NOW)
    source = studio.draft(session, owner, change, "time_limits.dmn").source.replace(b"E11 [R]", b"E11 [S]", 1)
    studio.save(session, owner, change, "time_limits.dmn", source=source, revision=1, now=NOW)
    unplayed = replace(registry, sandbox=None)
    return str(publication.publish(session, owner, change, now=NOW, registry=unplayed))


REFUSALS = {400, 401, 403, 404, 405, 500}
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000004000000040802000000269309290000001049444154789c63fccf80004c0c44710033d1"
    "01073a843eb80000000049454e44ae426082"
)
BEHIND_LINKS = ("/c/<token>", "/o/<token>")
"""Opened by a signed link and by nobody's roles: see test_links_contractor and test_links_owner."""
THING = "any(contractor,case,house)"
COUNTS = {"accepted": 0, "changed": 0, "same": 0, "refused": 0}
FILE = "a file"  # stands for an upload
CALL = {"unit": "{unit}", "name": "x"}
REGISTER = "/admin/registers"
TABLE: dict[tuple[str, str], Row] = {
    ("GET", "/"): Row("/"),
    ("GET", "/static/<path:filename>"): Row("/static/app.css", anonymous=True),
    ("GET", "/healthz"): Row("/healthz", anonymous=True),
    ("GET", "/metrics"): Row("/metrics", anonymous=True),
    # signing in, one's own page
    ("GET", "/login"): Row("/login", anonymous=True),
    ("POST", "/login"): Row("/login", anonymous=True),
    ("POST", "/login/as"): Row("/login/as", anonymous=True, data={"login": "lin.xiaoan"}),
    ("POST", "/logout"): Row("/logout", anonymous=True),
    ("GET", "/me"): Row("/me"),
    ("POST", "/me/language"): Row("/me/language", anonymous=True, data={"language": "en"}),
    ("POST", "/me/theme"): Row("/me/theme", anonymous=True, data={"theme": "dark"}),
    ("POST", "/me/password"): Row("/me/password", data={"old": "x", "new": "y", "again": "y"}),
    ("POST", "/me/substitutes"): Row("/me/substitutes", data={"substitute": "lin.xiaoan"}),
    ("POST", "/me/substitutes/<uuid:substitution_id>/end"): Row("/me/substitutes/{substitution}/end", may=ADMIN),
    # news
    ("GET", "/notifications"): Row("/notifications"),
    ("GET", "/notifications/badge"): Row("/notifications/badge"),
    ("POST", "/notifications/read"): Row("/notifications/read"),
    ("POST", "/notifications/<int:number>/open"): Row("/notifications/{notification}/open"),
    # inbox and task
    ("GET", "/inbox"): Row("/inbox"),
    ("POST", "/inbox/claim"): Row("/inbox/claim"),
    ("POST", "/inbox/<uuid:task_id>/claim"): of_task("/inbox/{task}/claim", TAKERS),
    ("POST", "/inbox/<uuid:task_id>/release"): of_task("/inbox/{task}/release", SUPERVISORS),
    ("GET", "/inbox/<uuid:task_id>/reassign"): of_task("/inbox/{task}/reassign", SEEING),
    ("POST", "/inbox/<uuid:task_id>/reassign"): of_task(
        "/inbox/{task}/reassign", SUPERVISORS, to="zhou.xiaoning", reason="x"
    ),
    ("GET", "/tasks/<uuid:task_id>"): of_task("/tasks/{task}", SEEING),
    ("POST", "/tasks/<uuid:task_id>/complete"): of_task("/tasks/{task}/complete", TAKERS),
    ("POST", "/tasks/<uuid:task_id>/claim"): of_task("/tasks/{task}/claim", TAKERS),
    ("POST", "/tasks/<uuid:task_id>/release"): of_task("/tasks/{task}/release", SUPERVISORS),
    ("POST", "/tasks/<uuid:task_id>/reassign"): of_task(
        "/tasks/{task}/reassign", SUPERVISORS, to="zhou.xiaoning", reason="x"
    ),
    ("POST", "/tasks/<uuid:task_id>/draft"): of_task("/tasks/{task}/draft", TAKERS),
    ("POST", "/tasks/<uuid:task_id>/preview"): of_task("/tasks/{task}/preview", SEEING),
    ("POST", "/tasks/<uuid:task_id>/phone"): Row("/tasks/{task}/phone", SEEING - ADMIN, SEEING, NOBODY, ADMIN),
    ("POST", "/tasks/<uuid:task_id>/comment"): of_task("/tasks/{task}/comment", SEEING, text="x"),
    ("POST", "/tasks/<uuid:task_id>/attachments"): of_task("/tasks/{task}/attachments", TAKERS, file=FILE),
    ("GET", "/attachments/<uuid:attachment_id>"): Row("/attachments/{attachment}", WORKERS, WORKERS, OWNERS, OWNERS),
    ("GET", "/lookup/<source>"): Row("/lookup/categories"),
    # cases
    ("GET", "/cases"): Row("/cases"),
    ("GET", "/cases/<number>"): of_case("/cases/{case}"),
    ("POST", "/cases/<number>/urge"): of_case("/cases/{case}/urge"),
    ("POST", "/cases/<number>/escalate"): of_case("/cases/{case}/escalate", level="2"),
    ("POST", "/cases/<number>/group"): of_case("/cases/{case}/group", GROUPERS, NOBODY),
    ("POST", "/cases/<number>/group/leave"): of_case("/cases/{case}/group/leave", GROUPERS, NOBODY),
    ("POST", "/cases/<number>/withdraw"): of_case("/cases/{case}/withdraw"),
    ("POST", "/cases/<number>/phone"): of_case("/cases/{case}/phone", CALLERS & WATCHERS, NOBODY),
    # rectification orders
    ("GET", "/orders"): Row("/orders"),
    ("POST", "/orders/hand-on"): Row("/orders/hand-on"),
    ("POST", "/orders/print"): Row("/orders/print"),
    ("POST", "/orders/recheck"): Row("/orders/recheck"),
    ("GET", "/prints/<document>"): of_order("/prints/completion?number={order}"),
    ("GET", "/prints/<document>/pdf"): of_order("/prints/completion/pdf?number={order}"),
    ("GET", "/orders/<number>"): of_order("/orders/{order}"),
    ("GET", "/orders/<number>/photos/<uuid:attachment_id>"): of_order("/orders/{order}/photos/{photo}"),
    ("POST", "/orders/<number>/extend"): of_order("/orders/{order}/extend", EXTENDERS),
    ("POST", "/orders/<number>/substitute"): of_order("/orders/{order}/substitute", SUBSTITUTERS),
    ("POST", "/orders/<number>/warn"): of_order("/orders/{order}/warn", WARNERS),
    ("POST", "/orders/<number>/withdraw"): of_order("/orders/{order}/withdraw", WITHDRAWERS),
    ("GET", "/print/<document>/<number>"): of_case("/print/record/{case}"),
    ("POST", "/print/<document>/<number>/issue"): of_case("/print/record/{case}/issue"),
    ("GET", "/print/<document>/<number>/pdf"): of_case("/print/record/{case}/pdf"),
    ("GET", "/verify"): Row("/verify?number=WJ-2026-000001&hash=0", anonymous=True),
    # orders, many at once, and links for people outside
    ("GET", "/daily"): Row("/daily"),
    ("POST", "/daily/sign"): Row("/daily/sign"),
    ("GET", "/daily/recheck"): Row("/daily/recheck"),
    ("POST", "/daily/recheck"): Row("/daily/recheck"),
    ("GET", "/daily/owners"): Row("/daily/owners"),
    ("POST", "/daily/owners"): Row("/daily/owners"),
    ("GET", "/daily/opinions"): Row("/daily/opinions"),
    ("POST", "/daily/opinions"): Row("/daily/opinions"),
    ("GET", "/board"): Row("/board", WATCHERS),
    ("GET", "/board/list"): Row("/board/list?kind=new", WATCHERS),
    ("POST", "/board/notes"): Row(
        "/board/notes", LEADERS, data={"span": "week", "day": "2026-03-02", "project": HERE, "text": "x"}
    ),
    # reports: a contractor and an owner never
    ("GET", "/reports"): Row("/reports", OF_WORKS),
    ("GET", "/reports/<slug>"): Row("/reports/complaints", READERS),
    ("GET", "/reports/excel/<slug>"): Row("/reports/excel/complaints", READERS),
    ("GET", "/reports/print/<slug>"): Row("/reports/print/complaints", READERS),
    ("GET", "/reports/pdf/<slug>"): Row("/reports/pdf/process", READERS),
    ("GET", "/reports/kpi/<measure_id>"): Row("/reports/kpi/K06", READERS),
    ("GET", "/reports/kpi/<measure_id>/rows"): Row("/reports/kpi/K06/rows", READERS),
    ("GET", "/reports/kpi/<measure_id>/excel"): Row("/reports/kpi/K06/excel", READERS),
    ("GET", "/links"): Row("/links", LINKERS),
    ("GET", f"/links/<{THING}:kind>/<subject>"): of_case("/links/case/{case}", CALLERS & WATCHERS, NOBODY),
    ("POST", f"/links/<{THING}:kind>/<subject>"): of_case("/links/case/{case}", CALLERS & WATCHERS, NOBODY),
    ("POST", "/links/<uuid:link_id>/revoke"): of_case("/links/{link}/revoke", CALLERS & WATCHERS, NOBODY),
    ("POST", "/links/<uuid:link_id>/send"): of_case("/links/{link}/send", CALLERS & WATCHERS, NOBODY),
    # registering a call
    ("GET", "/start"): Row("/start"),
    ("GET", "/start/process/<key>"): Row("/start/process/complaint", NOBODY, NOBODY, knows_there=NOBODY),
    ("POST", "/start/process/<key>"): Row("/start/process/complaint", NOBODY, NOBODY, knows_there=NOBODY),
    ("GET", "/start/complaint"): Row("/start/complaint", STARTERS),
    ("POST", "/start/complaint"): Row("/start/complaint", STARTERS, data=CALL),
    ("POST", "/start/complaint/draft"): Row("/start/complaint/draft", STARTERS, data=CALL),
    ("POST", "/start/complaint/preview"): Row("/start/complaint/preview", STARTERS, data=CALL),
    ("POST", "/start/complaint/dates"): Row("/start/complaint/dates", STARTERS, data=CALL),
    ("GET", "/start/complaint/callers"): Row("/start/complaint/callers?q=1990", STARTERS),
    ("GET", "/start/complaint/open"): Row("/start/complaint/open", STARTERS),
    ("POST", "/start/complaint/pick"): Row("/start/complaint/pick", STARTERS, data={"unit": "{unit}", "party": "1"}),
    ("GET", "/start/complaint/done/<number>"): of_case("/start/complaint/done/{case}"),
    # inspection batches
    ("GET", "/batches"): Row("/batches"),
    ("GET", "/batches/new"): Row("/batches/new", ORGANISERS),
    ("POST", "/batches/new"): Row("/batches/new", ORGANISERS, data={"phase": "x", "round": "一户一验"}),
    ("GET", "/batches/<number>"): Row("/batches/{round}", ON_SITE, ON_SITE, OWNERS, OWNERS),
    ("GET", "/batches/<number>/codes"): Row("/batches/{round}/codes", ON_SITE, ON_SITE, OWNERS, OWNERS),
    ("GET", "/batches/<number>/codes.pdf"): Row("/batches/{round}/codes.pdf", ON_SITE, ON_SITE, OWNERS, OWNERS),
    ("POST", "/batches/<number>/cancel"): Row("/batches/{round}/cancel", ORGANISERS, ON_SITE, NOBODY, OWNERS),
    # handover: the list and the key register are for those who have to do with it
    ("GET", "/handover"): Row("/handover", AT_HANDOVER, AT_HANDOVER),
    ("GET", "/handover/<number>"): Row("/handover/{hall}", AT_HANDOVER, AT_HANDOVER, OWNERS, OWNERS),
    ("POST", "/handover/<number>/cancel"): Row(
        "/handover/{hall}/cancel", frozenset({"ho_lead", "admin"}), AT_HANDOVER, ADMIN, OWNERS
    ),
    ("GET", "/handover/<number>/next"): Row("/handover/{hall}/next", AT_HANDOVER, AT_HANDOVER, OWNERS, OWNERS),
    ("GET", "/handover/after/<uuid:task_id>"): Row(
        "/handover/after/{desk_task}", AT_HANDOVER, AT_HANDOVER, OWNERS, OWNERS
    ),
    ("POST", "/handover/houses/<number>/slot"): Row(
        "/handover/houses/{handed}/slot",
        frozenset({"ho_lead", "ho_desk", "agent", "admin"}),
        AT_HANDOVER,
        ADMIN,
        OWNERS,
        data={"slot": "0"},
    ),
    ("GET", "/handover/houses/<number>"): Row("/handover/houses/{handed}", AT_HANDOVER, AT_HANDOVER, OWNERS, OWNERS),
    ("POST", "/handover/houses/<number>/return"): Row(
        "/handover/houses/{handed}/return",
        frozenset({"ho_lead", "admin"}),
        AT_HANDOVER,
        ADMIN,
        OWNERS,
        data={"reason": "x"},
    ),
    ("GET", "/keys"): Row("/keys", AT_HANDOVER, AT_HANDOVER),
    ("POST", "/keys/<int:key>"): Row(
        "/keys/{keys}",
        frozenset({"ho_lead", "ho_desk", "prop_cs", "admin"}),
        AT_HANDOVER,
        ADMIN,
        OWNERS,
        data={"kind": "交业主", "holder": "x"},
    ),
    # the inspector's phone: the page is a frame for everybody, a house is its inspector's
    ("GET", "/inspect"): Row("/inspect"),
    ("GET", "/inspect/houses"): Row("/inspect/houses"),
    ("GET", "/inspect/<number>"): Row("/inspect/{visit}"),
    ("GET", "/inspect/<number>/state"): of_visit("/inspect/{visit}/state"),
    ("GET", "/inspect/<number>/plan"): Row(
        "/inspect/{visit}/plan", ADMIN, NOBODY
    ),  # none has a plan; he reads whose it is
    ("GET", "/inspect/unit/<path:code>"): Row("/inspect/unit/{visited}", INSPECTOR, INSPECTOR, NOBODY, NOBODY),
    ("POST", "/inspect/<number>/results"): of_visit("/inspect/{visit}/results"),
    ("POST", "/inspect/<number>/defects"): of_visit("/inspect/{visit}/defects"),
    ("POST", "/inspect/<number>/rechecks"): of_visit("/inspect/{visit}/rechecks"),
    ("POST", "/inspect/<number>/photos"): of_visit("/inspect/{visit}/photos", file=FILE),
    ("POST", "/inspect/<number>/finish"): of_visit("/inspect/{visit}/finish"),
    ("GET", "/inspect/door/<token>"): Row(f"/inspect/door/{doors.token(1, SECRET)}", anonymous=True),
    ("GET", "/inspect-worker.js"): Row("/inspect-worker.js", anonymous=True),
    # administration
    ("GET", "/admin/"): Row("/admin/", OWNERS),
    ("GET", "/admin/audit"): Row("/admin/audit", ADMIN),
    ("GET", "/admin/jobs"): Row("/admin/jobs", ADMIN),
    ("GET", "/admin/outbox"): Row("/admin/outbox", ADMIN),
    ("GET", "/admin/deployments"): Row("/admin/deployments", STAFF),
    ("GET", "/admin/processes/<uuid:definition_id>"): Row("/admin/processes/{definition}", STAFF),
    ("GET", "/admin/incidents"): Row("/admin/incidents", OWNERS),
    ("POST", "/admin/incidents/<uuid:incident_id>/retry"): Row("/admin/incidents/{incident}/retry", ADMIN),
    ("POST", "/admin/incidents/<uuid:incident_id>/resolve"): Row(
        "/admin/incidents/{incident}/resolve", ADMIN, data={"note": "x"}
    ),
    ("GET", "/admin/people"): Row("/admin/people", STAFF),
    ("GET", "/admin/roles"): Row("/admin/roles", OWNERS),
    ("POST", "/admin/roles"): Row("/admin/roles", OWNERS, data={"code": "x"}),
    ("GET", "/admin/roles/<code>"): Row("/admin/roles/agent", OWNERS),
    ("POST", "/admin/roles/<code>"): Row("/admin/roles/agent", OWNERS, data={"name_zh": ""}),
    ("POST", "/admin/roles/<code>/remove"): Row("/admin/roles/agent/remove", OWNERS),
    ("GET", "/admin/people/new"): Row("/admin/people/new", ADMIN),
    ("POST", "/admin/people/new"): Row("/admin/people/new", ADMIN, data={"login": "new", "name": "x"}),
    ("GET", "/admin/people/<login>"): Row("/admin/people/lin.xiaoan", STAFF),
    ("POST", "/admin/people/<login>"): Row("/admin/people/lin.xiaoan", ADMIN, data={"name": "x"}),
    ("POST", "/admin/people/<login>/password"): Row("/admin/people/lin.xiaoan/password", ADMIN),
    ("GET", "/admin/instances"): Row("/admin/instances", OWNERS),
    ("GET", "/admin/instances/<uuid:instance_id>"): Row("/admin/instances/{instance}", OWNERS),
    ("POST", "/admin/instances/<uuid:instance_id>/<act>"): Row(
        "/admin/instances/{instance}/suspend", ADMIN, WORKERS | {"legal", "pr"}, ADMIN, OWNERS, data={"reason": "x"}
    ),
    ("GET", "/admin/instances/<uuid:instance_id>/version"): Row("/admin/instances/{instance}/version", OWNERS),
    ("POST", "/admin/instances/<uuid:instance_id>/version"): Row(
        "/admin/instances/{instance}/version",
        ADMIN,
        WORKERS | {"legal", "pr"},
        ADMIN,
        OWNERS,
        data={"reason": "x", "target": "{definition}"},
    ),
    ("POST", "/admin/instances/<uuid:instance_id>/version/undo"): Row(
        "/admin/instances/{instance}/version/undo",
        ADMIN,
        WORKERS | {"legal", "pr"},
        ADMIN,
        OWNERS,
        data={"reason": "x"},
    ),
    ("GET", "/admin/versions/<uuid:definition_id>"): Row("/admin/versions/{definition}", OWNERS),
    ("POST", "/admin/versions/<uuid:definition_id>"): Row(
        "/admin/versions/{definition}", OWNERS, data={"reason": "x", "target": "{definition}"}
    ),
    ("GET", "/admin/moves"): Row("/admin/moves", OWNERS),
    ("GET", "/admin/moves/<uuid:batch_id>"): Row("/admin/moves/{batch}", OWNERS),
    ("POST", "/admin/moves/<uuid:batch_id>/undo"): Row("/admin/moves/{batch}/undo", OWNERS, data={"reason": "x"}),
    ("GET", "/admin/tokens"): Row("/admin/tokens", ADMIN),
    ("POST", "/admin/tokens"): Row("/admin/tokens", ADMIN, data={"login": "lin.xiaoan", "name": "x"}),
    ("POST", "/admin/tokens/<uuid:token_id>/revoke"): Row("/admin/tokens/{token}/revoke", ADMIN),
    ("GET", "/cases/<number>/replay"): of_case("/cases/{case}/replay"),
    ("GET", "/admin/instances/<uuid:instance_id>/replay"): Row("/admin/instances/{instance}/replay", OWNERS),
    ("GET", "/studio/doctor"): Row("/studio/doctor", OWNERS),
    ("POST", "/studio/doctor"): Row("/studio/doctor", OWNERS),
    ("GET", "/studio/exchange"): Row("/studio/exchange", OWNERS),
    ("GET", "/studio/export"): Row("/studio/export?process=callback", OWNERS),
    ("GET", "/studio/watch"): Row("/studio/watch", OWNERS),
    ("GET", "/studio/watch/<key>"): Row("/studio/watch/complaint", OWNERS),
    ("GET", "/studio/watch/<key>/steps/<element_id>"): Row("/studio/watch/complaint_dispatch/steps/T07", OWNERS),
    # the descriptions of the API; its operations take tokens only, see test_api_authorization
    ("GET", "/api/v1/"): Row("/api/v1/", anonymous=True),
    ("GET", "/api/v1/openapi.json"): Row("/api/v1/openapi.json", anonymous=True),
    ("GET", "/reference"): Row("/reference"),
    ("GET", "/reference/bpmn"): Row("/reference/bpmn"),
    ("GET", "/reference/feel"): Row("/reference/feel"),
    ("GET", "/reference/lint"): Row("/reference/lint"),
    # the studio
    **dict(
        [
            in_studio("GET", "", path=""),
            in_studio("GET", "/pictures/<uuid:definition_id>.svg", path="/pictures/{definition}.svg"),
            in_studio("GET", "/processes/<key>", path="/processes/complaint"),
            in_studio("GET", "/processes/<key>/head", path="/processes/complaint/head"),
            in_studio("POST", "/processes/<key>/head", path="/processes/complaint/head", number="x"),
            in_studio("GET", A_FILE, path="/files/T09.form"),
            in_studio("GET", "/compare", path="/compare?file=T09.form"),
            of_change("GET", "/compare"),
            in_studio("GET", "/changes"),
            in_studio("GET", "/texts"),
            in_studio("GET", "/texts/<digest>", path="/texts/{text}"),
            in_studio("POST", "/texts/<digest>", path="/texts/{text}"),
            in_studio("GET", "/changes/new"),
            in_studio("POST", "/changes", title="x"),
            in_studio("GET", "/help/<kind>/", path="/help/bpmn/"),
            in_studio("GET", "/help/<kind>/<element>", path="/help/bpmn/bpmn:UserTask"),
            of_change("GET", ""),
            of_change("POST", "/files", file="T09.form"),
            of_change("POST", "/comments", text="x"),
            of_change("POST", "/take-over", file="T09.form"),
            of_change("POST", "/comments/<uuid:comment_id>"),
            of_change("POST", "/title", title="x"),
            of_change("POST", "/discard", reason="x"),
            of_change("POST", "/reopen"),
            of_change("POST", "/ask-review", reviewer="admin"),
            of_change("GET", "/new"),
            of_change("POST", "/new", kind="form", name="x"),
            of_change("POST", f"{A_FILE}/remove"),
            of_change("GET", "/history/<file>"),
            of_change("GET", "/history/<file>/<int:number>"),
            of_change("POST", "/history/<file>", revision="1"),
            (("POST", "/studio/changes/<uuid:change_id>/review"), Row("/studio/changes/{asked}/review", OWNERS)),
            of_change("GET", "/rehearse"),
            in_studio("GET", "/rehearse"),
            in_studio("POST", "/rehearsals", process="complaint"),
            of_rehearsal("GET", ""),
            of_rehearsal("GET", "/start/<int:number>", "/start/1"),
            of_rehearsal("POST", "/start/<int:number>", "/start/1"),
            of_rehearsal("GET", "/tasks/<uuid:task_id>", "/tasks/{task}"),
            of_rehearsal("POST", "/tasks/<uuid:task_id>", "/tasks/{task}"),
            of_rehearsal("POST", "/tasks/<uuid:task_id>/preview", "/tasks/{task}/preview"),
            of_rehearsal("POST", "/upload"),
            of_rehearsal("GET", "/lookup/<source>", "/lookup/users"),
            of_rehearsal("POST", "/time", span="PT1H"),
            of_rehearsal("POST", "/undo"),
            of_rehearsal("POST", "/restart"),
            of_rehearsal("POST", "/save", name="x"),
            of_rehearsal("POST", "/remove"),
            of_change("GET", "/scenarios"),
            of_change("GET", "/scenarios/state"),
            of_change("POST", "/scenarios/run"),
            of_change("POST", "/scenarios/step", step="D1"),
            in_studio("GET", "/scenarios/<file>", path="/scenarios/emergency.yaml"),
            in_studio("POST", "/scenarios/<file>", path="/scenarios/emergency.yaml", change="{change}", look="1"),
            in_studio("GET", "/settings"),
            (("POST", "/studio/settings"), Row("/studio/settings", ADMIN)),
            of_change("GET", "/edit/<file>"),
            of_change("GET", f"{A_FILE}"),
            of_change("PUT", f"{A_FILE}", json={"source": "{}", "revision": 1}),
            of_change("POST", f"{A_FILE}/mine", json={"mine": 1, "revision": 1}),
            of_change("POST", f"{A_FILE}/check", json={"source": "{}"}),
            of_change("POST", f"{A_FILE}/repair", json={"source": "{}", "wanted": []}),
            of_change("POST", f"{A_FILE}/presence", json={"element": ""}),
            of_change("POST", f"{A_FILE}/try", json={"mode": "spelling", "text": "x"}),
            of_change("GET", f"{A_FILE}/preview"),
            of_change("POST", f"{A_FILE}/preview", json={"source": '{"components": []}'}),
            of_change("POST", f"{A_FILE}/preview/upload"),
            of_change("POST", f"{A_FILE}/uses", json={"key": "decision"}),
            of_change("POST", "/forms", json={"name": "x"}),
            of_change("POST", f"{A_FILE}/fields", json={"file": "T09.form"}),
            of_change("GET", "/impact"),
            of_change("GET", "/publish"),
            of_change("POST", "/publish", reason="x"),
            in_studio("GET", "/publications"),
            of_publication("GET", ""),
            of_publication("POST", "/take-back", reason="x"),
            of_publication("POST", "/again"),
            of_change("GET", f"{A_FILE}/comments"),
            of_change("POST", f"{A_FILE}/comments", json={"text": "x"}),
            of_change("GET", f"{A_FILE}/revisions"),
        ]
    ),
    # reviews and surveys
    ("GET", "/quality"): Row("/quality"),
    ("POST", "/quality/check/<number>"): Row(
        "/quality/check/{case}", SCORERS, may_there=NOBODY, knows_there=ALL - SCORERS, data={"score": "90"}
    ),
    ("GET", "/quality/reviews/<number>"): Row("/quality/reviews/{review}", QUALITY, QUALITY, OWNERS, OWNERS),
    ("GET", "/quality/surveys/<number>"): Row("/quality/surveys/{survey}", QUALITY, QUALITY, OWNERS, OWNERS),
    ("GET", "/quality/surveys/<number>/<int:place>"): Row(
        "/quality/surveys/{survey}/1", ASKERS, QUALITY, NOBODY, OWNERS
    ),
    ("POST", "/quality/surveys/<number>/<int:place>"): Row(
        "/quality/surveys/{survey}/1", ASKERS, QUALITY, NOBODY, OWNERS, data={"result": "未接"}
    ),
    # registers
    ("GET", "/admin/registers"): Row(REGISTER, OWNERS),
    ("GET", "/admin/registers/<code>"): Row(f"{REGISTER}/units", ADMIN),
    ("GET", "/admin/registers/<code>/new"): Row(f"{REGISTER}/units/new", ADMIN),
    ("POST", "/admin/registers/<code>/new"): Row(f"{REGISTER}/units/new", ADMIN),
    ("GET", "/admin/registers/<code>/entries/<row_id>"): Row(f"{REGISTER}/units/entries/1", ADMIN),
    ("POST", "/admin/registers/<code>/entries/<row_id>"): Row(f"{REGISTER}/units/entries/1", ADMIN),
    ("GET", "/admin/registers/<code>/template"): Row(f"{REGISTER}/units/template", ADMIN),
    ("POST", "/admin/registers/<code>/export"): Row(f"{REGISTER}/units/export", ADMIN, data={"kind": "csv"}),
    ("POST", "/admin/registers/<code>/import"): Row(f"{REGISTER}/units/import", ADMIN, data={"file": FILE}),
    ("GET", "/admin/imports/<int:run>"): Row("/admin/imports/{run}", ADMIN),
    ("POST", "/admin/imports/<int:run>"): Row("/admin/imports/{run}", ADMIN),
    ("GET", "/admin/imports/<int:run>/refused"): Row("/admin/imports/{run}/refused", ADMIN),
    ("GET", "/admin/rota"): Row("/admin/rota", ADMIN),
    ("GET", "/admin/holidays"): Row("/admin/holidays", STAFF),
    ("POST", "/admin/holidays"): Row("/admin/holidays", OWNERS, data={"day": "2026-05-01", "worked": "no"}),
}
SIGNED_IN = [key for key, row in TABLE.items() if not row.anonymous]


class Undone(Database):
    """A database whose transactions are carried out and then undone."""

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self._one_writer(), self._session() as session:
            yield session
            session.flush()
            session.rollback()


@dataclass
class Court:
    """The application with one person of each role, and the objects they ask for: here and there."""

    app: Flask
    folder: Path
    objects: tuple[dict[str, str], dict[str, str]]
    persons: dict[str, Person]

    def data(self, row: Row, *, there: bool) -> dict[str, Any]:
        return {
            name: (io.BytesIO(PICTURE), "photo.png") if text is FILE else text.format(**self.objects[there])
            for name, text in row.data.items()
        }

    def ask(self, client: Person, method: str, row: Row, *, there: bool) -> int:
        """Give 200 for anything that was let through (also a form sent back, or a conflict), else the refusal."""
        path = row.path.format(**self.objects[there])
        if row.json is not None:
            answer = client.send(method, path, row.json)
        else:
            answer = client.get(path) if method == "GET" else client.post(path, self.data(row, there=there))
        answer.close()
        return answer.status_code if answer.status_code in REFUSALS else 200


def _objects(session: Session, project: str) -> dict[str, str]:
    """Choose a task of agents, its case, an attachment, an incident and things of other people."""
    task = session.scalars(
        select(UserTask).where(UserTask.scope == project, UserTask.element_id == "T07", UserTask.state == "open")
    ).first()
    assert task is not None
    case = session.scalars(select(ServiceCase).where(ServiceCase.instance_id == task.instance_id)).one()
    kept = select(Attachment).join(ProcessInstance, ProcessInstance.id == Attachment.instance_id)
    attachment = session.scalars(kept.where(ProcessInstance.scope == project)).first()
    assert attachment is not None
    incident = Incident(
        id=UUID(int=7 if project == HERE else 8),
        kind="command",
        instance_id=task.instance_id,
        template="x",
        created_at=NOW,
    )
    session.add(incident)
    kept = SignedLink(
        id=UUID(int=27 if project == HERE else 28), kind="case", subject=case.number, created_at=NOW, created_by="x",
        expires_at=NOW + timedelta(days=1),
    )  # fmt: skip
    session.add(kept)
    order = _order(session, project, str(attachment.id))
    return {
        "order": order.number,
        "photo": str(attachment.id),
        "task": str(task.id),
        "instance": str(task.instance_id),
        "case": case.number,
        "attachment": str(attachment.id),
        "incident": str(incident.id),
        "link": str(kept.id),
        "unit": "春和里1期-03-2-1502",
    }


def _order(session: Session, project: str, photo: str) -> RectificationOrder:
    """Write an order with one defect and its photo; no process runs for it."""
    number = f"ZG-2026-90000{1 if project == HERE else 2}"
    shared = {"project": project, "stage": "保修期"}
    order = RectificationOrder(
        number=number, starter="", starter_kind="", source_channel="座席", reported_at=NOW, issued_at=NOW, **shared
    )
    photos = [{"attachment": photo, "kind": "before"}]
    session.add(order)
    session.add(Defect(id=uuid4(), order_number=number, photos=photos, found_at=NOW, found_by="x", **shared))
    session.flush()
    return order


def _reviewed(session: Session, project: str) -> dict[str, str]:
    """Write a review, and a survey with a household to ask; no process runs for them."""
    ends = "1" if project == HERE else "2"
    made = {"project": project, "created_at": NOW, "created_by": "x", "notes": {}}
    review = CaseReview(
        number=f"AL-2026-90000{ends}", period="上月", first=NOW.date(), last=NOW.date(), data={}, cases=[], **made
    )
    survey = SurveyPlan(
        number=f"DC-2026-90000{ends}", starts_on=NOW.date(), ends_on=NOW.date(), state="进行中", questions=[], **made
    )
    session.add_all([review, survey])
    session.add(SurveyHousehold(plan_number=survey.number, place=1, house="x", project=project))
    session.flush()
    return {"review": review.number, "survey": survey.number}


def _visited(session: Session, registry: Registry, project: str, inspector: str) -> dict[str, str]:
    """Have a house inspected."""
    number = visits.begin(session, registry, NOW, project, 1, (inspector,))[0]
    row = session.scalars(select(InspectionUnit).where(InspectionUnit.number == number)).one()
    return {"visit": number, "visited": row.house, "round": row.batch_number}


def _handed(session: Session, registry: Registry, project: str) -> dict[str, str]:
    """Have a house handed over."""
    batch, houses = halls.begin(session, registry, NOW, project, 1)
    row = session.scalars(select(HandoverUnit).where(HandoverUnit.number == houses[0])).one()
    key = session.scalars(select(KeySet.id).where(KeySet.unit_id == row.unit_id)).first()
    task = session.scalars(select(UserTask.id).where(UserTask.instance_id == row.instance_id)).one()
    return {"hall": batch, "handed": row.number, "keys": str(key), "desk_task": str(task)}


@pytest.fixture(scope="module")
def court(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    folder = tmp_path_factory.mktemp("court") / "site"
    shutil.copytree(demo_file, folder)
    settings = settings_for(folder)
    real = Database(settings.database_url, data_key=SECRET)
    with real.transaction() as session:
        for role in sorted(ALL):
            grant = Grant(role, "" if role in OWNERS else HERE, "诚修" if role == "contractor" else "")
            people.save_user(session, SYSTEM, login=f"the.{role}", name=role, grants=[grant], now=NOW)
        lent = Substitution(
            id=UUID(int=9), login="lin.xiaoan", substitute="zhou.xiaoning", from_at=NOW, until_at=NOW + timedelta(days=1), created_at=NOW
        )  # fmt: skip
        session.add(lent)
        notifications.notify(session, recipient="lin.xiaoan", template="Saved.", link="/me", now=NOW)
        token = ApiToken(id=UUID(int=10), login="lin.xiaoan", digest="x", created_at=NOW)
        session.add(token)
        run = ImportRun(register="units", filename="x.csv", at=NOW, actor="admin", report=[["编号"]], **COUNTS)
        session.add(run)
        version = session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == "complaint")).one()
        pair = {"from_definition_id": version.id, "to_definition_id": version.id}
        batch = MigrationBatch(id=UUID(int=11), created_at=NOW, created_by="admin", **pair)
        session.add(batch)
        session.flush()
        letter = session.scalars(select(Notification).where(Notification.recipient == "lin.xiaoan")).first()
        assert letter is not None
        shared = {
            "substitution": str(lent.id),
            "notification": str(letter.id),
            "run": str(run.id),
            "token": str(token.id),
            "definition": str(version.id),
            "batch": str(batch.id),
        }
        owner = people.viewer(session, "bai.liucheng", now=NOW)
        shared["text"] = message_texts.digest_of(notices.OTHER)
        shared["change"] = str(change := studio.begin(session, owner, wanted=["T09.form"], now=NOW))
        shared["comment"] = str(studio.comment(session, owner, change, text="x", now=NOW))
        shared["asked"] = str(asked := studio.begin(session, owner, wanted=["T09.form"], now=NOW))
        studio.ask_review(session, owner, asked, reviewer="admin", now=NOW)
        registry = default_registry(settings)
        shared["publication"] = published(session, owner, registry)
        rehearser = people.viewer(session, "the.process_owner", now=NOW)
        shared["rehearsal"] = str(rehearsal.begin(session, rehearser, process="complaint", now=NOW, registry=registry))
        objects = (
            _objects(session, HERE)
            | shared
            | _visited(session, registry, HERE, "the.inspector")
            | _handed(session, registry, HERE)
            | _reviewed(session, HERE),
            _objects(session, THERE)
            | shared
            | _visited(session, registry, THERE, "wei.yanfang1")
            | _handed(session, registry, THERE)
            | _reviewed(session, THERE),
        )
    real.dispose()
    database = Undone(settings.database_url, data_key=SECRET)
    app = create_app(settings, database=database, clock=Clock())
    found = Court(app, folder, objects, {})
    for role in sorted(ALL):
        found.persons[role] = Person(app.test_client())
        assert found.persons[role].post("/login/as", {"login": f"the.{role}"}).status_code == 303
    yield found
    database.dispose()


def test_every_address_has_a_row(court: Court) -> None:
    rules = {
        (method, rule.rule)
        for rule in court.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith(("/api/v1/", "/engine-rest/", *BEHIND_LINKS)) or (method, rule.rule) in TABLE
    }
    assert rules - set(TABLE) == set(), "say in TABLE who may do this"
    assert set(TABLE) - rules == set(), "this is no longer served"


@pytest.mark.parametrize(("method", "rule"), SIGNED_IN)
def test_each_role_at_each_address(court: Court, method: str, rule: str) -> None:
    row = TABLE[method, rule]
    wrong = {}
    for role, person in court.persons.items():
        for there in (False, True) if row.may_there is not None else (False,):
            found, expected = court.ask(person, method, row, there=there), row.expected(role, there=there)
            if found != expected:
                wrong[role, "there" if there else "here"] = f"{found}, not {expected}"
    assert not wrong, wrong


@pytest.mark.parametrize(("method", "rule"), list(TABLE))
def test_nobody_gets_in_without_signing_in(court: Court, method: str, rule: str) -> None:
    row = TABLE[method, rule]
    person = Person(court.app.test_client())
    path = row.path.format(**court.objects[False])
    if method == "PUT":
        answer = person.client.put(path)
    else:
        answer = person.get(path) if method == "GET" else person.post(path, court.data(row, there=False))
    answer.close()
    if row.anonymous:
        assert answer.status_code not in REFUSALS
    else:
        assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login")


@pytest.mark.parametrize("rule", [rule for method, rule in TABLE if method == "POST"])
def test_nothing_is_changed_without_the_token(court: Court, rule: str) -> None:
    row = TABLE["POST", rule]
    path, person = row.path.format(**court.objects[False]), court.persons["admin"].client
    for forged in ({}, {"csrf_token": "made up"}):
        assert person.post(path, data=court.data(row, there=False) | forged).status_code == 400


def test_drafts_and_news_are_ones_own(site: Site) -> None:
    agent, other = site.person("lin.xiaoan"), site.person("zhou.xiaoning")
    assert agent.post("/start/complaint/draft", {"name": "只给我自己"}).status_code == 200
    assert "只给我自己" in agent.get("/start/complaint").text
    assert "只给我自己" not in other.get("/start/complaint").text
    with site.database.transaction() as session:
        notifications.notify(session, recipient="lin.xiaoan", template="Saved.", link="/me", now=NOW)
        session.flush()
        query = select(Notification.id).where(Notification.recipient == "lin.xiaoan", Notification.read_at.is_(None))
        letter = session.scalars(query.order_by(Notification.id.desc())).first()
    assert "/me" not in other.get("/notifications").text.split("<main")[1]
    other.post(f"/notifications/{letter}/open")
    other.post("/notifications/read")
    with site.database.read() as session:
        assert letter in session.scalars(query).all()


def test_a_link_after_the_sign_in_leads_nowhere_else(site: Site) -> None:
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"):
        answer = Person(site.client()).post("/login/as", {"login": "lin.xiaoan", "next": target})
        assert answer.location == "/inbox"
