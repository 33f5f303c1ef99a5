"""The demonstration: invented estate, staff and cases; stories played through the engine (DOMAIN 8)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

import processes
from engine import deployment, timer_starts
from engine.access import SYSTEM
from processes.services.demo import builders, checklists, estate, figures, history, people, regulations, small
from processes.services.demo import stories as stories
from processes.services.demo.people import PASSWORD, Persona, personas
from processes.services.workdays import calendar
from storage import jobs
from storage.tables.estate import Project

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from storage.files import Files
    from storage.session import Database

__all__ = [
    "PASSWORD",
    "Persona",
    "accounts",
    "deploy",
    "deploy_scenarios",
    "from_now_on",
    "furnish",
    "is_empty",
    "load",
    "personas",
    "process_files",
    "scenario_files",
]
LATER = ("review", "survey")
"""Processes in force from now on: nothing is reviewed by the calendar before the demonstration begins."""
HISTORY = {"mini": 20, "demo": 1_900, "load": 60_000}


def is_empty(database: Database) -> bool:
    """Tell whether a database holds no estate yet."""
    with database.read() as session:
        return session.scalar(select(Project.id).limit(1)) is None


def accounts() -> tuple[tuple[str, str, str], ...]:
    """List (login, name, title) of the demo accounts."""
    return tuple((person.login, person.name, person.title) for person in personas())


def process_files() -> Mapping[str, Mapping[str, bytes]]:
    """Read the shipped processes: folder name → file name → bytes."""
    root = Path(processes.__file__).parent
    found: dict[str, dict[str, bytes]] = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and path.name != "services"):
        files = [*folder.glob("*.*"), *folder.glob("forms/*.form")]
        read = {
            path.name: path.read_bytes() for path in sorted(files) if path.suffix in {".bpmn", ".dmn", ".form", ".json"}
        }
        if any(name.endswith((".bpmn", ".dmn")) for name in read):
            found[folder.name] = read
    return found


def scenario_files() -> Mapping[str, Mapping[str, bytes]]:
    """Read the shipped scenarios: folder name → file name → bytes."""
    root = Path(processes.__file__).parent
    found: dict[str, dict[str, bytes]] = {}
    for path in sorted(root.glob("*/scenarios/*.yaml")):
        found.setdefault(path.parents[1].name, {})[path.name] = path.read_bytes()
    return found


WEEKLY = "inspection_schedule"
"""The process that begins rounds of inspection by the plans of handover (S2): the past's rounds are written as rows."""
FIRST = ("reminder", "escalation", "callback", "review")
"""Processes that others call."""


def deploy(session: Session, *, now: datetime, registry: Registry, but: Collection[str] = ()) -> None:
    """Publish the shipped processes, all `but` some folders; called processes first."""
    files = {name: found for name, found in process_files().items() if name not in but}
    order = [name for name in FIRST if name in files]
    for name in [*order, *(name for name in files if name not in order)]:
        deployment.deploy(
            session, files=files[name], viewer=SYSTEM, now=now, registry=registry, name=name, note="随产品提供",
            heads=regulations.heads(name, files[name], now=now),
        )  # fmt: skip


def deploy_scenarios(session: Session, *, now: datetime, registry: Registry) -> None:
    """Publish the shipped scenarios beside their processes."""
    for name, files in scenario_files().items():
        deployment.deploy(
            session, files=files, viewer=SYSTEM, now=now, registry=registry, name=name, note="随产品提供"
        )  # fmt: skip


def furnish_world(database: Database, *, now: datetime, size: str = "mini") -> None:
    """Fill an empty database with roles, code lists, estate and staff; nothing is deployed."""
    began = now - timedelta(days=90)
    with database.transaction() as session:
        people.seed_roles(session)
        departments = estate.add_registers(session)
        estate.add_estate(session, size, now=now)
        builders.add_contractors(session)
        checklists.add_checklists(session)
        checklists.add_sites(session)
        people.add_people(session, departments, now=began)
        people.add_rota(session, starts=began, ends=now + timedelta(days=365))


def furnish(database: Database, *, now: datetime, registry: Registry, size: str = "mini") -> None:
    """Fill an empty database with roles, code lists, estate, staff and the shipped processes, but no cases."""
    began = now - timedelta(days=90)
    furnish_world(database, now=now, size=size)
    with database.transaction() as session:
        deploy(session, now=began, registry=registry, but=LATER)
        later = {name for name in process_files() if name not in LATER}
        deploy(session, now=now, registry=registry, but=later)
        from_now_on(session, WEEKLY, now=now)


def from_now_on(session: Session, key: str, *, now: datetime) -> None:
    """Let a process begin by its calendar from now on only: what it would have begun before hung on the weekday."""
    days = calendar(session)
    for job in jobs.named(session, "start", key):
        due = timer_starts.due_of(job)
        later = timer_starts.following(due, job.payload["cycle"], calendar=days, now=now) if due <= now else None
        if later is not None:
            job.due_at, payload = later[0], {"due": later[0].isoformat(), "cycle": later[1]}
            job.payload = {**job.payload, **payload}


def load(
    database: Database, size: str = "demo", *, now: datetime, registry: Registry, files: Files | None = None
) -> None:
    """Fill an empty database. Sizes: mini (30 houses), demo (600), load (60,000 with 60,000 closed cases, no stories).

    The stories' photos and signatures go into `files` (a temporary folder when there is none).
    """
    furnish(database, now=now, registry=registry, size=size)
    with database.transaction() as session:
        deploy_scenarios(session, now=now - timedelta(days=90), registry=registry)
        history.add_past(session, size, HISTORY[size], now=now)
        figures.add_figures(session, now=now)
        if size == "mini":
            small.add_small(session)
    if size != "load":
        stories.play(database, size, now=now, registry=registry, files=files)
