"""What answers are made of: moments as forms write them, and files that the player uploads first."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.core.calendar import CHINA

PHOTO, SIGNATURE, AUDIO, PAPER = "photo!", "signature!", "audio!", "paper!"
"""Stand for a file that the player uploads first."""


def when(moment: datetime) -> str:
    """Write a moment as forms do: local, to the minute, with offset."""
    return moment.astimezone(CHINA).replace(second=0, microsecond=0).isoformat()


def later(now: datetime, days: float) -> str:
    """Write the moment so many days on, at six in the evening."""
    local = (now + timedelta(days=days)).astimezone(CHINA)
    return when(local.replace(hour=18, minute=0))
