"""The main navigation and the administrators' list of pages. Pages elsewhere join by adding an entry here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_gettext

from tasks_ui import context

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of a navigation: shown when its endpoint exists and the person holds one of `roles` (none: everybody)."""

    endpoint: str
    label: LazyString
    icon: str
    prefix: str
    roles: frozenset[str] = frozenset()


SITE = frozenset({"inspector", "cs_sup", "cs_mgr", "eng_lead", "engineer", "prop_check", "prop_cs", "ho_lead"})
SITE |= {"leader", "gm", "admin"}
OFFICE = frozenset({"admin", "process_owner"})
ADMIN = frozenset({"admin"})
SIGNERS = frozenset({"eng_lead", "engineer"})
LEADERS = frozenset({"eng_lead", "cs_sup", "cs_mgr", "leader", "gm"})
CHECKERS = frozenset({"prop_check", "inspector"})
HANDOVER = frozenset({"ho_lead", "ho_desk"})
REPORTS = frozenset({"cs_sup", "cs_mgr", "leader", "gm", "process_owner", "admin", "finance", "cost", "eng_lead"})
QUALITY = frozenset({"agent", "cs_sup", "cs_mgr", "prop_cs", "leader", "gm"})
ORDERS = frozenset(
    {"contractor", "eng_lead", "engineer", "cs_sup", "cs_mgr", "agent", "prop_cs", "prop_check", "repair_tech"}
    | {"inspector", "cost", "finance", "leader", "gm", "admin"}
)

MAIN = (
    Entry("inbox.show", lazy_gettext("Inbox"), "inbox", "/inbox"),
    Entry("start.index", lazy_gettext("New"), "plus-lg", "/start"),
    Entry("cases.index", lazy_gettext("Cases"), "journal-text", "/cases"),
    Entry("daily.show", lazy_gettext("Daily sheet"), "clipboard-check", "/daily", SIGNERS),
    Entry("daily.checks", lazy_gettext("Recheck"), "check2-square", "/daily/recheck", CHECKERS),
    Entry("board.show", lazy_gettext("Board"), "layers", "/board", LEADERS),
    Entry("reports.index", lazy_gettext("Reports"), "file-earmark-spreadsheet", "/reports", REPORTS),
    Entry("quality.index", lazy_gettext("Quality"), "star", "/quality", QUALITY),
    Entry("links.index", lazy_gettext("Links"), "send", "/links", SIGNERS),
    Entry("orders.index", lazy_gettext("Repairs"), "sliders", "/orders", ORDERS),
    Entry("inspect.index", lazy_gettext("Inspection"), "clipboard-check", "/inspect", frozenset({"inspector"})),
    Entry("batches.index", lazy_gettext("Batches"), "building", "/batches", SITE),
    Entry("handover.index", lazy_gettext("Handover"), "house", "/handover", HANDOVER),
    Entry("studio_library.index", lazy_gettext("Studio"), "pencil", "/studio", OFFICE),
    Entry("admin.index", lazy_gettext("Administration"), "gear", "/admin", OFFICE),
)

ADMINISTRATION = (
    Entry("admin.index", lazy_gettext("Overview"), "house", "/admin/", OFFICE),
    Entry("admin.incidents", lazy_gettext("Incidents"), "exclamation-triangle-fill", "/admin/incidents", OFFICE),
    Entry("admin_instances.index", lazy_gettext("Process instances"), "layers", "/admin/instances", OFFICE),
    Entry("admin.jobs", lazy_gettext("Jobs"), "clock-history", "/admin/jobs", ADMIN),
    Entry("admin.outbox", lazy_gettext("Outgoing messages"), "send", "/admin/outbox", ADMIN),
    Entry("admin_people.show", lazy_gettext("People"), "people", "/admin/people", ADMIN),
    Entry("admin_roles.index", lazy_gettext("Roles"), "person-badge", "/admin/roles", OFFICE),
    Entry("admin_tokens.show", lazy_gettext("API tokens"), "shield-check", "/admin/tokens", ADMIN),
    Entry("registers.rota", lazy_gettext("Duty rota"), "calendar-event", "/admin/rota", ADMIN),
    Entry("studio_texts.index", lazy_gettext("Texts of messages"), "envelope", "/studio/texts", OFFICE),
    Entry("registers.index", lazy_gettext("Registers"), "building", "/admin/registers", OFFICE),
    Entry("registers.holidays", lazy_gettext("Working calendar"), "calendar-week", "/admin/holidays", OFFICE),
    Entry("reference.index", lazy_gettext("Reference"), "journal-text", "/reference", OFFICE),
    Entry("admin.audit", lazy_gettext("Audit log"), "shield-check", "/admin/audit", ADMIN),
)


def visible(entries: tuple[Entry, ...]) -> list[tuple[Entry, str, bool]]:
    """List the entries a person gets, each with its address and whether it is the present page's."""
    person = context.signed_in()
    shown = []
    for entry in entries:
        if person is None or entry.endpoint not in current_app.view_functions:
            continue
        if entry.roles and entry.roles.isdisjoint(person.roles):
            continue
        here = request.path == entry.prefix if entry.prefix.endswith("/") else request.path.startswith(entry.prefix)
        shown.append((entry, url_for(entry.endpoint), here))
    return shown


def return_address() -> str:
    """Say where the present page is found again: an answer to something sent, at the page it was sent from."""
    if request.method in ("GET", "HEAD"):
        return request.full_path
    adapter, path = current_app.create_url_adapter(request), request.path
    while adapter is not None and path:
        if adapter.test(path, "GET"):
            return path
        path = path.rpartition("/")[0]
    return "/"


def install(app: Flask) -> None:
    """Give templates the functions `main_nav`, `admin_nav` and `return_address`."""
    app.jinja_env.globals.update(
        main_nav=lambda: visible(MAIN), admin_nav=lambda: visible(ADMINISTRATION), return_address=return_address
    )
