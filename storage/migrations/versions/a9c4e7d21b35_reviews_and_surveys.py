"""Case reviews, surveys by plan, improvements; where an answer came from and its total

Revision: a9c4e7d21b35
Follows: f6a1d83c27e4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = "a9c4e7d21b35"
down_revision = "f6a1d83c27e4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = storage.tables.base.UtcDateTime(timezone=True)
    json = storage.tables.base.Json

    def key() -> sa.Column[int]:
        return sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        )

    def code(name: str, length: int) -> sa.Column[str]:
        return sa.Column(name, sa.String(length=length), nullable=False)

    op.create_table(
        "case_review",
        key(),
        code("number", 60),
        code("project", 60),
        code("period", 10),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        code("state", 20),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("data", json, nullable=False),
        sa.Column("cases", json, nullable=False),
        sa.Column("notes", json, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        code("created_by", 100),
        sa.Column("published_at", moment, nullable=True),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_review")),
        sa.UniqueConstraint("number", name=op.f("uq_case_review_number")),
    )
    op.create_index(op.f("ix_case_review_project_period_first"), "case_review", ["project", "period", "first"])
    op.create_table(
        "improvement_item",
        key(),
        code("source", 60),
        sa.Column("place", sa.Integer(), nullable=False),
        code("project", 60),
        sa.Column("measure", sa.Text(), nullable=False),
        code("person", 100),
        sa.Column("due_on", sa.Date(), nullable=False),
        code("state", 20),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("closed_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement_item")),
        sa.UniqueConstraint("source", "place", name=op.f("uq_improvement_item_source_place")),
    )
    op.create_table(
        "survey_plan",
        key(),
        code("number", 60),
        code("kind", 20),
        sa.Column("title", sa.Text(), nullable=False),
        code("project", 60),
        code("customers", 20),
        code("mode", 20),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("questions", json, nullable=False),
        code("state", 20),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("notes", json, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        code("created_by", 100),
        sa.Column("approved_at", moment, nullable=True),
        sa.Column("closed_at", moment, nullable=True),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_plan")),
        sa.UniqueConstraint("number", name=op.f("uq_survey_plan_number")),
    )
    op.create_index(op.f("ix_survey_plan_ends_on"), "survey_plan", ["ends_on"])
    op.create_index(op.f("ix_survey_plan_project"), "survey_plan", ["project"])
    op.create_table(
        "survey_household",
        key(),
        code("plan_number", 60),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        code("house", 120),
        code("project", 60),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        code("result", 20),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=True),
        code("actor", 100),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_survey_household_party_id_party")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_survey_household_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_household")),
        sa.UniqueConstraint("plan_number", "place", name=op.f("uq_survey_household_plan_number_place")),
        sa.UniqueConstraint("plan_number", "unit_id", name=op.f("uq_survey_household_plan_number_unit_id")),
    )
    op.add_column("survey_response", sa.Column("house", sa.String(length=120), nullable=False, server_default=""))
    total = sa.Numeric(precision=5, scale=1, asdecimal=False)
    op.add_column("survey_response", sa.Column("total", total, nullable=True))


def downgrade() -> None:
    op.drop_column("survey_response", "total")
    op.drop_column("survey_response", "house")
    for table in ("survey_household", "survey_plan", "improvement_item", "case_review"):
        op.drop_table(table)
