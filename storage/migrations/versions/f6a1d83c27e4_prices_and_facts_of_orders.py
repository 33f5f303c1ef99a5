"""Prices of paid services, facts that decide about a substitute, tasks of organisations for who supervises them

Revision: f6a1d83c27e4
Follows: e2b7c05d9f18
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f6a1d83c27e4"
down_revision = "e2b7c05d9f18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "price_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("project", sa.String(length=60), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("trade", sa.String(length=40), nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("price", sa.Numeric(precision=14, scale=2, asdecimal=False), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_item")),
        sa.UniqueConstraint("project", "item", "valid_from", name=op.f("uq_price_item_project_item_valid_from")),
    )
    false = sa.false()
    op.add_column("rectification_order", sa.Column("units_fault", sa.Boolean(), nullable=True))
    op.add_column("rectification_order", sa.Column("cannot_come", sa.Boolean(), nullable=True))
    op.add_column("rectification_order", sa.Column("substituted", sa.Boolean(), nullable=False, server_default=false))
    lines = sa.table(
        "task_candidate",
        *(sa.column(name) for name in ("task_id", "candidate", "instance_id", "scope", "claimed", "sort_due")),
    )
    found = op.get_bind()
    roles: dict[str, list[str]] = {}
    for (one,) in found.execute(sa.select(lines.c.candidate).where(lines.c.candidate.like("%_:%")).distinct()):
        if not one.startswith("@"):
            roles.setdefault(one.partition(":")[0] + ":", []).append(one)
    for role, groups in roles.items():
        rows = sa.select(
            lines.c.task_id, sa.literal(role), lines.c.instance_id, lines.c.scope, lines.c.claimed, lines.c.sort_due
        )
        names = ["task_id", "candidate", "instance_id", "scope", "claimed", "sort_due"]
        found.execute(sa.insert(lines).from_select(names, rows.where(lines.c.candidate.in_(groups)).distinct()))


def downgrade() -> None:
    lines = sa.table("task_candidate", sa.column("candidate"))
    op.get_bind().execute(sa.delete(lines).where(lines.c.candidate.like("%:")))
    op.drop_column("rectification_order", "substituted")
    op.drop_column("rectification_order", "cannot_come")
    op.drop_column("rectification_order", "units_fault")
    op.drop_table("price_item")
