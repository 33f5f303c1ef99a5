"""What the sessions of one database share for a short while, and what one look at the data need not read twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

KEPT = "kept"
LOOK = "look"
SECONDS = 30
T = TypeVar("T")


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


def once(session: Session, name: str, make: Callable[[], T]) -> T:
    """Give what `make` reads; in a session that only reads, whose data stand still, it is read once."""
    seen: dict[str, Any] | None = session.info.get(LOOK)
    if seen is None:
        return make()
    if name not in seen:
        seen[name] = make()
    found: T = seen[name]
    return found
