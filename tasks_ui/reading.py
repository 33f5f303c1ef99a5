"""Read what an address or a form sent as text: numbers, days and ids, within what the database can hold."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from werkzeug.routing import IntegerConverter

from engine.errors import N_

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_STORABLE = N_("What was sent holds a character that cannot be kept. Take it out and send it again.")
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
LARGEST = 2_147_483_647  # an integer column of PostgreSQL
FIRST_YEAR, LAST_YEAR = 2000, 2100


class Whole(IntegerConverter):
    """`<int:…>` of an address: a larger number names nothing."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Take what Werkzeug gives."""
        super().__init__(*args, **{"max": LARGEST, **options})


def whole(text: str, *, otherwise: int = 0, most: int = LARGEST) -> int:
    """Read a number from 0 to `most`, written in the digits 0 to 9; anything else is `otherwise`."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return otherwise
    return number if (number := int(text)) <= most else otherwise


def page(text: str) -> int:
    """Read the number of a page of a list; anything else is the first."""
    return whole(text, most=999_999) or 1


def day(text: str) -> date | None:
    """Read a day of this century as YYYY-MM-DD; anything else is None."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def storable(text: str) -> bool:
    """Tell whether the database can hold a text: no zero byte and no half of a character."""
    return not _UNSAFE.search(text)


def ids(texts: Iterable[str]) -> list[UUID]:
    """Read ids, each once, in their order; what is none is left out."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))
