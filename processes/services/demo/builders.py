"""The invented responsible units of the demo (DOMAIN 8), what they contracted for, and their people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from processes.services.demo.people import CHUNHE, QIUSHI, WANGDONG, ZHENXI, ZHIXIA
from processes.services.warranties import add_months
from storage.tables.contractors import Contractor, ContractScope
from storage.tables.estate import Phase, Project

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

UNITS = (
    ("示例总包一公司", "总包"),
    ("示例总包二公司", "总包"),
    ("青檐防水分包", "分包"),
    ("方正样板门窗分包", "分包"),
    ("明灯机电分包", "分包"),
    ("细木精装分包", "分包"),
    ("暖屋暖通分包", "分包"),
    ("绿荫园林分包", "分包"),
    ("甲供-样例橱柜", "供应商"),
    ("甲供-样例电梯", "供应商"),
    ("代维-快手维修队", "代维"),
    ("示例物业", "物业"),
    ("邻里外聘物业", "物业"),
)
TRADES = {
    "防水": "青檐防水分包",
    "门窗": "方正样板门窗分包",
    "机电": "明灯机电分包",
    "精装": "细木精装分包",
    "暖通": "暖屋暖通分包",
    "园林": "绿荫园林分包",
    "供应商": "甲供-样例橱柜",
    "电梯": "甲供-样例电梯",
}
MAIN = {
    CHUNHE: "示例总包一公司", ZHIXIA: "示例总包一公司", WANGDONG: "示例总包二公司", QIUSHI: "示例总包二公司",
    ZHENXI: "示例总包一公司",
}  # fmt: skip
LONG = 60
"""Months for which waterproofing is answered for; the other trades two years."""
PHONES = 3000


def add_contractors(session: Session) -> None:
    """Write the units and, for every phase, who contracted for which trade."""
    rows = {code: Contractor(code=code, name=code, kind=kind) for code, kind in UNITS}
    for at, row in enumerate(rows.values()):
        row.contact, row.phone = f"{row.name}值班", f"1990003{at:04d}"
    session.add_all(rows.values())
    session.flush()
    query = select(Phase, Project.code).join(Project, Project.id == Phase.project_id)
    for phase, project in session.execute(query.order_by(Phase.id)):
        trades = {"总包": MAIN[project], "土建": MAIN[project], **TRADES}
        completed = phase.completed_on or date.min
        session.add_all(
            ContractScope(
                contractor_id=rows[code].id,
                phase_id=phase.id,
                trade=trade,
                number=f"HT-{phase.id:02d}-{trade}",
                starts_on=completed - timedelta(days=700),
                warranty_until=add_months(completed, LONG if trade == "防水" else 24),
                retention=100_000,
            )
            for trade, code in trades.items()
        )
    session.flush()
