"""What a new installation starts with: the roles, the registers' fixed lists, the processes of Keyturn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processes.services import demo
from processes.services.demo import checklists, estate, people
from storage import definitions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from engine.connectors import Registry

KINDS = frozenset({".bpmn", ".dmn", ".form", ".json", ".yaml"})


def install(session: Session, *, now: datetime, registry: Registry) -> bool:
    """Fill a database in which nothing is deployed yet; tell whether it was so."""
    if definitions.process_keys(session):
        return False
    people.seed_roles(session)
    estate.add_registers(session)
    checklists.add_checklists(session)
    demo.deploy(session, now=now, registry=registry)
    demo.deploy_scenarios(session, now=now, registry=registry)
    return True


def deployable(paths: Iterable[Path]) -> dict[str, bytes]:
    """Read the files to deploy, and those in folders and their `forms` and `scenarios`, by file name."""
    found: dict[str, bytes] = {}
    for path in paths:
        files = (
            [*path.glob("*.*"), *path.glob("forms/*.form"), *path.glob("scenarios/*.yaml")] if path.is_dir() else [path]
        )
        found |= {file.name: file.read_bytes() for file in sorted(files) if file.suffix in KINDS}
    return found
