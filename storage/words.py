"""How typed words are compared with stored ones."""

from __future__ import annotations

import re

GAPS = re.compile(r"[\s\-\u2010-\u2015\uff0d]+")


def squeezed(text: str) -> str:
    """Leave out dashes and spaces: 春和里1期02-1 and 春和里-1期-02-1 are the same house."""
    return GAPS.sub("", text)
