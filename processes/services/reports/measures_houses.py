"""Measures of defects, houses and contractors (K18–K28, K31, K38)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processes.services.reports.measure import Measure

MEASURES: tuple[Measure, ...] = ()
