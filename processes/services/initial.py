"""What a new installation starts with: the roles, the registers' fixed lists, the processes of Keyturn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processes.services import demo
from processes.services.demo import checklists, estate, people
from storage import definitions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry


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
