"""Links for people outside

Revision: c3d9e51b7a20
Follows: 5b0c7a914f22
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = 'c3d9e51b7a20'
down_revision = '5b0c7a914f22'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = storage.tables.base.UtcDateTime(timezone=True)
    op.create_table(
        'signed_link',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('subject', sa.String(length=120), nullable=False),
        sa.Column('label', sa.Text(), nullable=False),
        sa.Column('locale', sa.String(length=20), nullable=False),
        sa.Column('created_at', moment, nullable=False),
        sa.Column('created_by', sa.String(length=100), nullable=False),
        sa.Column('expires_at', moment, nullable=False),
        sa.Column('revoked_at', moment, nullable=True),
        sa.Column('revoked_by', sa.String(length=100), nullable=False),
        sa.Column('uses', sa.Integer(), nullable=False),
        sa.Column('used_at', moment, nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_signed_link')),
    )
    op.create_index(op.f('ix_signed_link_kind_subject'), 'signed_link', ['kind', 'subject'])
    op.create_index(op.f('ix_signed_link_created_by_created_at'), 'signed_link', ['created_by', 'created_at'])
    op.create_table(
        'link_use',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
        sa.Column('link_id', sa.Uuid(), nullable=True),
        sa.Column('at', moment, nullable=False),
        sa.Column('address', sa.String(length=100), nullable=False),
        sa.Column('what', sa.String(length=20), nullable=False),
        sa.Column('detail', sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_link_use')),
    )
    op.create_index(op.f('ix_link_use_link_id_at'), 'link_use', ['link_id', 'at'])
    op.create_index(op.f('ix_link_use_address_at'), 'link_use', ['address', 'at'])
    op.create_index(op.f('ix_link_use_at'), 'link_use', ['at'])
    op.create_index(op.f('ix_rectification_order_issued_at'), 'rectification_order', ['issued_at'])
    op.create_index(op.f('ix_rectification_order_closed_at'), 'rectification_order', ['closed_at'])


def downgrade() -> None:
    op.drop_index(op.f('ix_rectification_order_closed_at'), table_name='rectification_order')
    op.drop_index(op.f('ix_rectification_order_issued_at'), table_name='rectification_order')
    op.drop_table('link_use')
    op.drop_table('signed_link')
