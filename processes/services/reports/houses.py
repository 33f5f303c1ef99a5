"""The fixed reports of houses and contractors (R5–R7, R9, R10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processes.services.reports.table import Kind

REPORTS: tuple[Kind, ...] = ()
