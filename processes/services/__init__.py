"""The property application: what its diagrams, forms and pages call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.calendar import CHINA

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from engine.connectors import Registry


def registry(zone: ZoneInfo = CHINA) -> Registry:
    """Assemble everything the property application adds to the engine; timers and FEEL count their days in `zone`."""
    from processes.services import assembly  # noqa: PLC0415  who needs one service shall not load them all

    return assembly.registry(zone)
