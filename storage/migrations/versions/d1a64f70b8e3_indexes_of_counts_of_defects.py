"""Indexes of counts of defects

Revision: d1a64f70b8e3
Follows: c8e3f15a0d72
"""

from __future__ import annotations

from alembic import op

revision = "d1a64f70b8e3"
down_revision = "c8e3f15a0d72"
branch_labels = None
depends_on = None

TABLE = "defect"
NEW = (("found_in", "severity", "state"), ("closed_at",))
OLD = ("found_in",)


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
