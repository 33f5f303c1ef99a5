"""Every table: importing this package registers them all with `base.Base`."""

from storage.tables import cases, deadlines, estate, parties, registers

__all__ = ["cases", "deadlines", "estate", "parties", "registers"]
