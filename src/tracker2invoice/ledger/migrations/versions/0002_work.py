"""What trackers say of the work in a milestone, and what the amount of a claim is made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "work",
        sa.Column("milestone_key", sa.Text, nullable=False),
        sa.Column("items", sa.Text, nullable=False),
        sa.Column("read_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("milestone_key", name="pk_work"),
    )
    op.add_column("claim", sa.Column("parts", sa.Text))
