"""Goals and figures of reports, notes on the board, and the indexes reports go by

Revision: e2b7c05d9f18
Follows: d4f18a6b93c5
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.tables.base

revision = 'e2b7c05d9f18'
down_revision = 'd4f18a6b93c5'
branch_labels = None
depends_on = None
INDEXES = (
    ('ix_service_case_received_at', 'service_case', ['received_at'], None),
    ('ix_service_case_original_promised_at', 'service_case', ['original_promised_at'], None),
    ('ix_contact_log_urged', 'contact_log', ['at'], "kind = '客户催办'"),
    ('ix_case_event_untrue', 'case_event', ['case_number'], "kind = '现场查勘' AND text = '不属实'"),
    ('ix_deadline_clock_due_at', 'deadline', ['clock', 'due_at'], None),
    ('ix_deadline_breached', 'deadline', ['breached_at'], 'breached_at IS NOT NULL'),
    ('ix_reminder_opened_at', 'reminder', ['opened_at'], None),
    ('ix_user_task_completed_at', 'user_task', ['completed_at'], None),
    ('ix_user_task_element_id_due_at', 'user_task', ['element_id', 'due_at'], None),
)


def upgrade() -> None:
    moment = storage.tables.base.UtcDateTime(timezone=True)
    key = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    op.create_table(
        'measure_goal',
        sa.Column('id', key, autoincrement=True, nullable=False),
        sa.Column('measure', sa.String(length=20), nullable=False),
        sa.Column('project', sa.String(length=60), nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.Column('goal', sa.Numeric(precision=14, scale=2, asdecimal=False), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_measure_goal')),
        sa.UniqueConstraint('measure', 'project', 'since', name=op.f('uq_measure_goal_measure_project_since')),
    )
    op.create_table(
        'entered_figure',
        sa.Column('id', key, autoincrement=True, nullable=False),
        sa.Column('item', sa.String(length=40), nullable=False),
        sa.Column('project', sa.String(length=60), nullable=False),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('amount', sa.Numeric(precision=14, scale=2, asdecimal=False), nullable=False),
        sa.Column('budget', sa.Numeric(precision=14, scale=2, asdecimal=False), nullable=True),
        sa.Column('note', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_entered_figure')),
        sa.UniqueConstraint('item', 'project', 'month', name=op.f('uq_entered_figure_item_project_month')),
    )
    op.create_index(op.f('ix_entered_figure_month'), 'entered_figure', ['month'])
    op.create_table(
        'board_note',
        sa.Column('id', key, autoincrement=True, nullable=False),
        sa.Column('span', sa.String(length=10), nullable=False),
        sa.Column('first', sa.Date(), nullable=False),
        sa.Column('project', sa.String(length=60), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('author', sa.String(length=100), nullable=False),
        sa.Column('at', moment, nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_board_note')),
    )
    op.create_index(op.f('ix_board_note_span_first'), 'board_note', ['span', 'first'])
    for name, table, columns, where in INDEXES:
        some = {'sqlite_where': sa.text(where), 'postgresql_where': sa.text(where)} if where else {}
        op.create_index(op.f(name), table, columns, **some)


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(op.f(name), table_name=table)
    op.drop_table('board_note')
    op.drop_table('entered_figure')
    op.drop_table('measure_goal')
