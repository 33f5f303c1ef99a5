"""All fixed reports, in the order of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import N_, NotFoundError
from processes.services.reports import complaints, customers, houses, kpi, people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processes.services.reports.table import Kind

REPORTS: Mapping[str, Kind] = {
    one.slug: one for one in (kpi.KPI, *complaints.REPORTS, *people.REPORTS, *customers.REPORTS, *houses.REPORTS)
}


def find(slug: str) -> Kind:
    """Find a fixed report; NotFoundError."""
    if slug not in REPORTS:
        raise NotFoundError(N_("There is no such report."))
    return REPORTS[slug]
