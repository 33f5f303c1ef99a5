"""Roles of tokens

Revision: 8d31c6f0a2b7
Follows: 4fe8bfc1c4e5
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = '8d31c6f0a2b7'
down_revision = '4fe8bfc1c4e5'
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), 'postgresql')
    op.add_column('api_token', sa.Column('roles', kind, nullable=False, server_default='[]'))


def downgrade() -> None:
    op.drop_column('api_token', 'roles')
