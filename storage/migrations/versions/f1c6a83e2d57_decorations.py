"""Decorations of houses

Revision: f1c6a83e2d57
Follows: b3e9d0c417fa
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "f1c6a83e2d57"
down_revision = "b3e9d0c417fa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    money = sa.Numeric(precision=14, scale=2, asdecimal=False)
    op.create_table(
        "decoration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("project", sa.String(length=60), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("house", sa.String(length=120), nullable=False),
        sa.Column("company", sa.String(length=120), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("patrols", storage.tables.base.Json, nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("deposit", money, nullable=False),
        sa.Column("refund", money, nullable=True),
        sa.Column("deduction", money, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refunded_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=100), nullable=False),
        sa.Column("created_at", storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", storage.tables.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_decoration_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decoration")),
        sa.UniqueConstraint("number", name=op.f("uq_decoration_number")),
    )
    op.create_index(op.f("ix_decoration_unit_id"), "decoration", ["unit_id"])


def downgrade() -> None:
    op.drop_table("decoration")
