"""Which orders a person sees and what he may ask for (AC19). What he may do with a task, the engine decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import N_, NotFoundError
from processes.services.rights import WATCHERS, scopes_of
from storage import instances as instance_rows
from storage import orders as rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.defects import RectificationOrder

SEERS = WATCHERS | {"inspector", "handler", "repair_tech", "ho_desk"}
"""Roles that see every order of their projects; people of an organisation see that organisation's."""
EXTENDERS = frozenset({"agent", "cs_sup", "cs_mgr", "eng_lead", "prop_cs"})
SUBSTITUTERS = frozenset({"cs_sup", "cs_mgr", "eng_lead", "cost"})
WARNERS = SUBSTITUTERS | {"prop_cs", "agent"}
WITHDRAWERS = frozenset({"cs_sup", "cs_mgr", "eng_lead"})


def orgs_of(viewer: Viewer) -> frozenset[str]:
    """Give the codes of the units a person belongs to."""
    return frozenset(grant.org for grant in viewer.grants if grant.org)


def holds(viewer: Viewer, roles: frozenset[str], project: str) -> bool:
    """Tell whether a person of the house holds one of some roles for a project."""
    scopes = scopes_of(viewer, roles)
    return scopes is None or project in scopes


def sees(session: Session, viewer: Viewer, order: RectificationOrder) -> bool:
    """Tell whether a person sees an order: by role and project, by his unit, or because he had to do with it."""
    if holds(viewer, SEERS, order.project):
        return True
    if mine(session, viewer, order):
        return True
    involved = instance_rows.people_of(session, order.instance_id) if order.instance_id else frozenset()
    return not orgs_of(viewer) and not frozenset(involved).isdisjoint(viewer.logins)


def mine(session: Session, viewer: Viewer, order: RectificationOrder) -> bool:
    """Tell whether the person's unit answers for the order or mends it."""
    orgs = orgs_of(viewer)
    keys = [key for key in (order.repair_id, order.responsible_id) if key is not None]
    return bool(orgs and keys) and not orgs.isdisjoint(one.code for one in rows.contractors(session, keys).values())


def visible(session: Session, viewer: Viewer, number: str) -> RectificationOrder:
    """Read an order; NotFoundError when there is none or the person may not know of it."""
    order = rows.get(session, number)
    if order is not None and sees(session, viewer, order):
        return order
    raise NotFoundError(N_("There is no such order, or you may not see it."))


def may_extend(session: Session, viewer: Viewer, order: RectificationOrder) -> bool:
    """Tell whether a person may ask for more time: the unit that mends, and who looks after the customer."""
    return holds(viewer, EXTENDERS, order.project) or mine(session, viewer, order)


def may_substitute(viewer: Viewer, order: RectificationOrder) -> bool:
    """Tell whether a person may ask that somebody else repairs."""
    return holds(viewer, SUBSTITUTERS, order.project)


def may_warn(viewer: Viewer, order: RectificationOrder) -> bool:
    """Tell whether a person may warn the unit in writing."""
    return holds(viewer, WARNERS, order.project)


def may_withdraw(viewer: Viewer, order: RectificationOrder) -> bool:
    """Tell whether a person may take an order back."""
    return holds(viewer, WITHDRAWERS, order.project)


def scopes(viewer: Viewer) -> frozenset[str] | None:
    """Give the projects whose orders a person sees by his role; None means everywhere."""
    return scopes_of(viewer, SEERS)
