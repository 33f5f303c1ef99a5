"""Houses of inspection batches

Revision: 5b0c7a914f22
Follows: 11071635cc44
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = '5b0c7a914f22'
down_revision = '11071635cc44'
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), 'postgresql')
    op.add_column('inspection_batch', sa.Column('houses', kind, nullable=False, server_default='[]'))
    op.add_column('inspection_batch', sa.Column('plan', kind, nullable=False, server_default='{}'))


def downgrade() -> None:
    op.drop_column('inspection_batch', 'plan')
    op.drop_column('inspection_batch', 'houses')
