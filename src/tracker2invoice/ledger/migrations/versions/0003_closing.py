"""Who closed a milestone, and what was seen of the closing where the tracker does not tell when it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("closed_by", "closed_after", "closed_until"):
        op.add_column("milestone", sa.Column(name, sa.Text))
