"""Indexes of reports of defects

Revision: b7d2e90f4c61
Follows: a9c4e7d21b35
"""

from __future__ import annotations

from alembic import op

revision = "b7d2e90f4c61"
down_revision = "a9c4e7d21b35"
branch_labels = None
depends_on = None

INDEXES = (
    ("defect", "due_at"),
    ("defect", "found_at"),
    ("rectification_order", "reviewed_at"),
    ("rectification_order", "signed_at"),
)


def upgrade() -> None:
    for table, column in INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    for table, column in INDEXES:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
