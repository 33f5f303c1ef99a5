"""The price list that an installation starts with (B10): first values, to be replaced by one's own [P]."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from storage.tables.registers import PriceItem

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SINCE = date(2024, 1, 1)
PRICES = (
    ("上门检查", "综合", "次", 30),
    ("更换木地板", "精装", "平方米", 180),
    ("墙面修补刷新", "精装", "平方米", 45),
    ("更换地漏", "机电", "个", 80),
    ("疏通管道", "机电", "次", 120),
    ("更换水龙头", "机电", "个", 60),
    ("更换开关插座", "机电", "个", 35),
    ("更换门锁", "门窗", "把", 150),
    ("更换窗户胶条", "门窗", "米", 25),
    ("卫生间重做防水", "防水", "平方米", 120),
)


def seed(session: Session) -> None:
    """Write the first prices; material is included."""
    session.add_all(
        PriceItem(item=item, trade=trade, measure=measure, price=price, valid_from=SINCE)
        for item, trade, measure, price in PRICES
    )
