"""Every table, with its constraints. All times are UTC. Importing this package fills `Base.metadata`."""

from __future__ import annotations

from storage.tables import (
    cases,
    contractors,
    deadlines,
    decorations,
    defects,
    definitions,
    estate,
    handovers,
    inspections,
    instances,
    links,
    moves,
    parties,
    people,
    registers,
    reports,
    studio,
    surveys,
    work,
)
from storage.tables.base import Base

__all__ = [
    "Base",
    "cases",
    "contractors",
    "deadlines",
    "decorations",
    "defects",
    "definitions",
    "estate",
    "handovers",
    "inspections",
    "instances",
    "links",
    "moves",
    "parties",
    "people",
    "registers",
    "reports",
    "studio",
    "surveys",
    "work",
]
