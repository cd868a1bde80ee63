"""The numbers of documents that a person has finalized."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "number",
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("series", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_number"),
        sa.UniqueConstraint("number", name="uq_number_number"),
        sa.UniqueConstraint("series", "place", name="uq_number_series"),
    )
