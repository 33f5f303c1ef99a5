"""What the sessions of one database share for a short while, so that not every transaction reads it again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KEPT = "kept"
SECONDS = 30


def get(session: Session, name: str) -> Any:
    """Give what was kept under a name less than 30 seconds ago by this process, None when there is nothing."""
    since, value = session.info.get(KEPT, {}).get(name, (0.0, None))
    return value if time.monotonic() - since < SECONDS else None


def keep(session: Session, name: str, value: Any) -> None:
    """Keep a value; nobody may change it afterwards."""
    session.info.setdefault(KEPT, {})[name] = (time.monotonic(), value)


def drop(session: Session, name: str) -> None:
    """Forget a value, because what it was read from changes."""
    session.info.get(KEPT, {}).pop(name, None)
