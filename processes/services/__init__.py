"""The property application: what its diagrams, forms and pages call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.connectors import Registry


def registry() -> Registry:
    """Assemble everything the property application adds to the engine, by the names its diagrams use."""
    from processes.services import assembly  # noqa: PLC0415  who needs one service shall not load them all

    return assembly.registry()
