"""Which cases a person sees and whose data (B29, A23). What he may do with a task, the engine decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import N_, NotAllowedError, NotFoundError
from storage.privacy import mask, mask_name

if TYPE_CHECKING:
    from engine.access import Viewer
    from storage.tables.cases import ServiceCase

__all__ = [
    "CALLERS",
    "MANAGERS",
    "PENALTY_ROLES",
    "PERSONAL",
    "STARTERS",
    "WATCHERS",
    "mask",
    "mask_name",
    "may_call",
    "may_start",
    "reaches",
    "require_start",
    "scopes_of",
    "sees",
    "sees_penalties",
    "watches",
]

STARTERS = ("agent", "prop_cs", "sales_con", "cs_sup")
WATCHERS = frozenset(
    {"agent", "cs_sup", "cs_mgr", "sales_sup", "sales_mgr", "eng_lead", "engineer", "prop_cs", "prop_check", "ho_lead"}
    | {"leader", "gm", "pr", "legal", "cost", "finance", "process_owner", "admin"}
)
"""Roles that see every case of their projects; others see those they had to do with."""
CALLERS = frozenset(["agent", "cs_sup", "cs_mgr", "prop_cs", "sales_con", "sales_sup", "sales_mgr", "leader", "gm"])
"""Roles that may see a customer's whole number, each look being logged."""
PERSONAL = {"T01": frozenset({"name"})}
"""Fields of forms that name the customer, by element: shown whole to those who may reach him."""
PENALTY_ROLES = frozenset({"sales_sup", "sales_mgr", "cs_mgr", "leader", "gm", "legal", "finance"})
GROUPERS = frozenset({"cs_sup", "cs_mgr"})
"""Roles that put group complaints together in their projects."""
MANAGERS = frozenset(["cs_sup", "cs_mgr", "leader", "gm", "admin"])


def scopes_of(viewer: Viewer, roles: frozenset[str] | tuple[str, ...]) -> frozenset[str] | None:
    """Give the project codes in which one of the roles is held; None means everywhere."""
    found = frozenset(grant.scope for grant in viewer.grants if grant.role in roles and not grant.org)
    return None if "" in found else found


def watches(viewer: Viewer, project: str) -> bool:
    """Tell whether a person sees every case of a project."""
    scopes = scopes_of(viewer, WATCHERS)
    return scopes is None or (bool(project) and project in scopes)


def sees(viewer: Viewer, case: ServiceCase, people: frozenset[str]) -> bool:
    """Tell whether a person sees a case: by role and project, or because he had to do with it."""
    involved = {case.registered_by, case.owner, case.acceptor, *people}
    return watches(viewer, case.project) or not involved.isdisjoint(viewer.logins)


def may_call(viewer: Viewer, project: str) -> bool:
    """Tell whether a person may see customers' whole numbers in a project."""
    scopes = scopes_of(viewer, CALLERS)
    return scopes is None or project in scopes


def reaches(viewer: Viewer, case: ServiceCase, holders: frozenset[str]) -> bool:
    """Tell whether a person may see the customer's name and call him: by role, or while he is charged with the case.

    `holders` are the people who hold an open task of the case or of its plan: who is to visit must be able to call.
    """
    return may_call(viewer, case.project) or not {case.acceptor, *holders}.isdisjoint(viewer.logins)


def leads_group(viewer: Viewer, master: ServiceCase) -> bool:
    """Tell whether a person may link cases to a group complaint or take them out: heads, who handles the master."""
    scopes = scopes_of(viewer, GROUPERS)
    return scopes is None or master.project in scopes or (master.acceptor or master.owner) in viewer.logins


def sees_penalties(viewer: Viewer, project: str) -> bool:
    """Tell whether a person may see proposed penalties of a project (B42, C31)."""
    scopes = scopes_of(viewer, PENALTY_ROLES)
    return scopes is None or project in scopes


def may_start(viewer: Viewer) -> bool:
    """Tell whether a person may register a case anywhere."""
    return any(grant.role in STARTERS for grant in viewer.grants)


def require_start(viewer: Viewer) -> None:
    """Pass when a person may register a case; NotAllowedError otherwise."""
    if not may_start(viewer):
        raise NotAllowedError(N_("You may not register cases."))


LINK_ROLES = frozenset({"cs_sup", "cs_mgr", "eng_lead", "engineer", "prop_cs", "ho_lead", "cost", "admin"})
"""Roles that send contractors the link to their orders."""


def gives_links(viewer: Viewer) -> bool:
    """Tell whether a person may give a contractor the link to its orders."""
    return any(grant.role in LINK_ROLES and not grant.org for grant in viewer.grants)


HANDOVER = WATCHERS | {"ho_desk", "inspector"}
"""Roles that see the handovers of their projects."""
KEEPERS = frozenset({"ho_lead", "ho_desk", "prop_cs", "admin"})
"""Roles that give out keys and take them back."""


def sees_handover(viewer: Viewer, project: str) -> bool:
    """Tell whether a person sees the handovers of a project."""
    scopes = scopes_of(viewer, HANDOVER)
    return scopes is None or project in scopes


def books_handover(viewer: Viewer, project: str) -> bool:
    """Tell whether a person makes and moves the appointments of a handover."""
    scopes = scopes_of(viewer, frozenset({"ho_lead", "ho_desk", "agent", "admin"}))
    return scopes is None or project in scopes


def sends_house_link(viewer: Viewer, project: str) -> bool:
    """Tell whether a person may send an owner the link to his house: who may call him, and who hands it over to him."""
    desk = scopes_of(viewer, frozenset({"ho_lead", "ho_desk"}))
    return desk is None or project in desk or (watches(viewer, project) and may_call(viewer, project))


def leads_handover(viewer: Viewer, project: str) -> bool:
    """Tell whether a person may cancel a batch of a project or note that an owner returns his house."""
    scopes = scopes_of(viewer, frozenset({"ho_lead", "admin"}))
    return scopes is None or project in scopes


def require_keys(viewer: Viewer, project: str) -> None:
    """Pass when a person keeps the keys of a project; NotFoundError when he does not see them, NotAllowedError else."""
    if not sees_handover(viewer, project):
        raise NotFoundError(N_("There are no such keys."))
    scopes = scopes_of(viewer, KEEPERS)
    if scopes is not None and project not in scopes:
        raise NotAllowedError(N_("You may not give out keys of this project."))
