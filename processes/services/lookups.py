"""What forms look up while somebody types: houses, people, departments, classes, parts, cases, ready answers.

Every source answers `(session, viewer, typed, context)` with options. With `value` in the context it answers with the
option of exactly that value, or none: that is how a posted value is checked.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import or_, select

from processes.services import handover_lookups, inspection_lookups, quality_lookups
from processes.services.rights import WATCHERS, scopes_of
from storage import estate, orders, parties, registers
from storage.cases import CaseQuery
from storage.cases import search as search_cases
from storage.tables.cases import ServiceCase
from storage.tables.contractors import Contractor
from storage.tables.defects import Defect
from storage.tables.estate import Part, Project
from storage.tables.people import RoleGrant, User
from storage.tables.registers import Category, Knowledge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.registers import PriceItem

    Context = Mapping[str, Any]
    Options = list[dict[str, str]]
    Kinds = tuple[str, ...]
    Source = Callable[[Session, Viewer, str, Context], Options]

ROLES = (
    *("agent", "cs_sup", "cs_mgr", "sales_con", "sales_sup", "sales_mgr", "eng_lead", "engineer", "contractor"),
    *("handler", "prop_cs", "repair_tech", "prop_check", "inspector", "ho_lead", "ho_desk", "leader", "gm", "pr"),
    *("legal", "cost", "finance", "owner", "process_owner", "admin"),
)
LIMIT = 12
LABEL = 80


def _option(value: str, label: str = "", hint: str = "") -> dict[str, str]:
    return {"value": value, "label": label or value, "hint": hint}


def units(session: Session, viewer: Viewer, typed: str, context: Context) -> Options:
    """Houses by their code or parts of it."""
    if "value" in context:
        unit = estate.unit_by_code(session, str(context["value"]))
        return [_option(unit.code)] if unit else []
    found = estate.find_units(session, typed, limit=LIMIT)
    owners: dict[int, str] = {}
    for link, party in parties.people_of(session, [unit.id for unit, _ in found]):
        owners.setdefault(link.unit_id, party.name)
    shown = scopes_of(viewer, WATCHERS)
    return [
        _option(unit.code, hint=owners.get(unit.id, "") if shown is None or project in shown else "")
        for unit, project in found
    ]


def users(session: Session, _viewer: Viewer, typed: str, context: Context, *, role: str = "") -> Options:
    """Active members of staff, of one role if asked for; those of the case's project come first."""
    query = select(User).where(User.active)
    if role:
        held = select(RoleGrant.login).where(RoleGrant.role == role)
        project = str(context.get("project") or "")
        if project and "value" not in context:
            held = held.where(RoleGrant.scope.in_(["", project]))
        query = query.where(User.login.in_(held))
    if "value" in context:
        query = query.where(User.login == str(context["value"]))
    elif typed.strip():
        piece = typed.strip()
        query = query.where(or_(User.name.contains(piece, autoescape=True), User.login.contains(piece.lower())))
    rows = session.scalars(query.order_by(User.login).limit(LIMIT)).all()
    return [_option(row.login, row.name, row.title or row.department) for row in rows]


def departments(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Departments by name."""
    rows = parties.departments(session)
    if "value" in context:
        return [_option(row.code, row.name) for row in rows if row.code == context["value"]]
    return [_option(row.code, row.name) for row in rows if typed.strip() in row.name]


def categories(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Classes of problems. With `parent` in the context sub-classes: those of the class it names, else all."""
    if "value" in context:
        query = select(Category).where(Category.name == str(context["value"]), Category.active).limit(1)
        return [_option(row.name, hint=row.hint) for row in session.scalars(query)]
    if "parent" not in context:
        rows = registers.categories(session, "")
    elif context["parent"]:
        rows = registers.categories(session, str(context["parent"]))
    else:
        tops = registers.categories(session, "")
        rows = [row for top in tops for row in registers.categories(session, top.name)]
    hints = {row.name: row.hint for row in reversed(rows) if typed.strip() in row.name}
    return [_option(name, hint=hint) for name, hint in reversed(hints.items())]


def parts(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Parts of a house by their path."""
    if "value" in context:
        rows = session.scalars(select(Part).where(Part.code == str(context["value"]))).all()
        return [_option(row.code, hint=row.warranty_class) for row in rows]
    return [_option(row.code, hint=row.warranty_class) for row in estate.find_parts(session, typed, limit=LIMIT)]


def cases(session: Session, viewer: Viewer, typed: str, context: Context) -> Options:
    """Open cases, those of the house in the context first."""
    if "value" in context:
        query = select(ServiceCase).where(ServiceCase.number == str(context["value"]))
        return [_option(row.number, hint=row.brief) for row in session.scalars(query)]
    text = typed.strip() or str(context.get("unit") or "")
    found, _ = search_cases(session, CaseQuery(text=text, size=LIMIT, scopes=scopes_of(viewer, WATCHERS)))
    return [_option(row.number, f"{row.number} {row.brief}", f"{row.house or row.area} {row.state}") for row in found]


def knowledge(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Ready answers by words of their title."""
    if "value" in context:
        rows = session.scalars(select(Knowledge).where(Knowledge.code == str(context["value"]))).all()
        return [_option(row.code, row.title, row.answer) for row in rows]
    return [_option(row.code, row.title, row.answer) for row in registers.knowledge(session, typed, limit=LIMIT)]


def contractors(session: Session, _viewer: Viewer, typed: str, context: Context, *, kinds: Kinds = ()) -> Options:
    """Responsible units (责任单位), of some kinds if asked for."""
    query = select(Contractor).where(Contractor.active)
    if kinds:
        query = query.where(Contractor.kind.in_(kinds))
    if "value" in context:
        query = query.where(Contractor.code == str(context["value"]))
    elif typed.strip():
        query = query.where(Contractor.name.contains(typed.strip(), autoescape=True))
    return [
        _option(row.code, row.name, row.kind) for row in session.scalars(query.order_by(Contractor.id).limit(LIMIT))
    ]


def order_defects(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Defects of the order that a form is about, by what and where they are."""
    number = str(context.get("order_number") or "")
    if "value" in context:
        try:
            found = session.get(Defect, UUID(str(context["value"])))
        except ValueError:
            return []
        ours = found is not None and number in ("", found.order_number)
        return [_option(str(found.id), defect_label(found))] if found is not None and ours else []
    rows = orders.defects_of(session, number) if number else ()
    return [_option(str(row.id), defect_label(row)) for row in rows if typed.strip() in defect_label(row)][:LIMIT]


def defect_label(defect: Defect) -> str:
    """Say in one line where a defect is and what it is."""
    place = defect.part or defect.room
    return " ".join(piece for piece in (place, defect.text or defect.problem) if piece)[:LABEL]


def prices(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Services of the price list in force today, those of the project first (B10); the price goes along."""
    project, day = str(context.get("project") or ""), _day(context)
    if "value" in context:
        row = registers.price(session, str(context["value"]), project, day)
        return [_priced(row)] if row is not None else []
    return [_priced(row) for row in registers.prices(session, typed.strip(), project, day, limit=LIMIT)]


def _day(context: Context) -> date | None:
    try:
        return date.fromisoformat(str(context.get("today") or ""))
    except ValueError:
        return None


def _priced(row: PriceItem) -> dict[str, str]:
    per = f" / {row.measure}" if row.measure else ""
    shown = f"{row.price:.2f} 元{per}" + (f" · {row.trade}" if row.trade else "")
    return {**_option(row.item, hint=shown), "number": f"{row.price:.2f}"}


def projects(session: Session, _viewer: Viewer, typed: str, context: Context) -> Options:
    """Projects by code or name."""
    query = select(Project).where(Project.active)
    if "value" in context:
        query = query.where(Project.code == str(context["value"]))
    rows = session.scalars(query.order_by(Project.code)).all()
    return [_option(row.code, row.name) for row in rows if typed.strip() in row.name]


def sources() -> dict[str, Source]:
    """Give every source by the name that forms use; `users_by_role:<role>` asks for people of one role."""
    found: dict[str, Source] = {
        "units": units,
        "users": users,
        "departments": departments,
        "categories": categories,
        "parts": parts,
        "cases": cases,
        "knowledge": knowledge,
        "contractors": contractors,
        "substitutes": partial(contractors, kinds=("代维", "物业")),
        "order_defects": order_defects,
        "projects": projects,
        "prices": prices,
        "user": users,
        "unit": units,
        "case": cases,
        "department": departments,
        "category": categories,
        **handover_lookups.SOURCES,
        **inspection_lookups.SOURCES,
        **quality_lookups.SOURCES,
    }
    for role in ROLES:
        found[f"users_by_role:{role}"] = partial(users, role=role)
    return found


def bound(session: Session, viewer: Viewer) -> dict[str, Callable[[str, Context], Options]]:
    """Give the sources as the form check wants them: bound to a session and a person."""
    return {name: partial(source, session, viewer) for name, source in sources().items()}
