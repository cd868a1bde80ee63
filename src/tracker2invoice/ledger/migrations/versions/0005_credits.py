"""Claims that take others back with a credit note."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("claim", sa.Column("credits", sa.Text))
