"""Indexes of lists of orders

Revision: c8e3f15a0d72
Follows: b7d2e90f4c61
"""

from __future__ import annotations

from alembic import op

revision = "c8e3f15a0d72"
down_revision = "b7d2e90f4c61"
branch_labels = None
depends_on = None

TABLE = "rectification_order"
NEW = (("open", "closed_at"), ("open", "state", "due_at"), ("project", "open", "state", "due_at"))
OLD = ("project", "open")


def _name(columns: tuple[str, ...]) -> str:
    return str(op.f(f"ix_{TABLE}_{'_'.join(columns)}"))


def upgrade() -> None:
    op.drop_index(_name(OLD), table_name=TABLE)
    for columns in NEW:
        op.create_index(_name(columns), TABLE, list(columns), unique=False)


def downgrade() -> None:
    for columns in NEW:
        op.drop_index(_name(columns), table_name=TABLE)
    op.create_index(_name(OLD), TABLE, list(OLD), unique=False)
