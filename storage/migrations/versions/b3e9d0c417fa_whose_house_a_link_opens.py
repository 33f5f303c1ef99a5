"""Whose house a link opens

Revision: b3e9d0c417fa
Follows: d1a64f70b8e3
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b3e9d0c417fa"
down_revision = "d1a64f70b8e3"
branch_labels = None
depends_on = None

FILL = """
UPDATE signed_link SET party_id = (
    SELECT ownership.party_id FROM ownership JOIN unit ON unit.id = ownership.unit_id
    WHERE unit.code = signed_link.subject AND ownership.until IS NULL
      AND (ownership.since IS NULL OR ownership.since <= signed_link.created_at)
    ORDER BY CASE WHEN ownership.role = '业主' THEN 0 ELSE 1 END, ownership.id LIMIT 1)
WHERE kind = 'house'
"""


def upgrade() -> None:
    op.add_column("signed_link", sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.execute(FILL)


def downgrade() -> None:
    op.drop_column("signed_link", "party_id")
