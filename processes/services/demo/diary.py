"""Who does what when in a story: the notation the stories are written in."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from engine.core.calendar import CHINA
from processes.services.demo.player import ORDER, Step

LIN, ZHOU, CHEN, SUN = "lin.xiaoan", "zhou.xiaoning", "chen.liyan", "sun.mingli"
QIAN, FENG, HE, KANG = "qian.xiaoman", "feng.zhuguan", "he.jingli", "kang.gongcheng"
OWNER = ("王安然", "19900000001")
HOME = "春和里1期-03-2-1502"
STORY_HOUSES = (
    *(HOME, "春和里1期-02-1-1502", "春和里1期-02-2-1502", "春和里1期-01-2-1502", "春和里2期-01-1-1502"),
    *("春和里2期-02-1-1502", "秋实园1期-06-2-1502", "望冬台1期-01-2-1502"),
)
"""Houses of the stories: nothing else happens there, so that each story goes as written."""
REPAIR = ("报修", "自己房产", "工程维修类", "户内维修")


class Diary:
    """Writes the steps of one story: days before now and local time, who, what."""

    def __init__(self, story: str, now: datetime) -> None:
        """Begin a story that ends at `now`."""
        self.story, self.now, self.steps = story, now, list[Step]()

    def at(self, days: float, clock: str) -> datetime:
        """Give a moment `days` before now at a local time, never after now."""
        day = (self.now - timedelta(days=days)).astimezone(CHINA).date()
        return min(datetime.combine(day, time.fromisoformat(clock), tzinfo=CHINA), self.now - timedelta(minutes=1))

    def add(self, days: float, clock: str, login: str, element: str = "", act: Any = None, **changes: Any) -> Diary:
        """Add a step."""
        self.steps.append(Step(self.at(days, clock), self.story, login, element, changes, act))
        return self

    def order(self, days: float, clock: str, login: str, element: str = "", act: Any = None, **changes: Any) -> Diary:
        """Add a step of the case's rectification order."""
        self.steps.append(Step(self.at(days, clock), f"{self.story}{ORDER}", login, element, changes, act))
        return self

    def dispatched(self, days: float, supervisor: str, **accept: Any) -> Diary:
        """Add the usual dispatch, call and acceptance on one day."""
        self.add(days, "10:25", LIN, "T07", acceptor=supervisor).add(days, "10:30", LIN, "T08")
        return self.add(days, "11:40", supervisor, "T09", **accept)
