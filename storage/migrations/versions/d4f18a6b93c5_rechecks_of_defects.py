"""Rechecks of defects

Revision: d4f18a6b93c5
Follows: c3d9e51b7a20
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = 'd4f18a6b93c5'
down_revision = 'c3d9e51b7a20'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'defect_recheck',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('task_id', sa.Uuid(), nullable=False),
        sa.Column('inspection_number', sa.String(length=60), nullable=False),
        sa.Column('defect_id', sa.Uuid(), nullable=False),
        sa.Column('passed', sa.String(length=10), nullable=False),
        sa.Column('note', sa.String(length=200), nullable=False),
        sa.Column('photos', storage.tables.base.Json, nullable=False),
        sa.Column('at', storage.tables.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column('actor', sa.String(length=100), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['defect_id'], ['defect.id'], name=op.f('fk_defect_recheck_defect_id_defect')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_defect_recheck')),
        sa.UniqueConstraint('task_id', 'defect_id', name=op.f('uq_defect_recheck_task_id_defect_id')),
    )
    op.create_index(op.f('ix_defect_recheck_inspection_number'), 'defect_recheck', ['inspection_number'])


def downgrade() -> None:
    op.drop_table('defect_recheck')
