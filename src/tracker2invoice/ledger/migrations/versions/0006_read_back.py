"""What became of documents: payments, credits, and when outputs were last asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name in ("paid", "paid_on", "credited"):
        op.add_column("delivery", sa.Column(name, sa.Text))
    op.create_table(
        "read_back",
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("whole_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("output", name="pk_read_back"),
    )
