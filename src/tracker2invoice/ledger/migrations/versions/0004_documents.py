"""Several claims on one document, and several documents of one claim: drafts and deliveries go by the document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("claim", sa.Column("documents", sa.Text))
    with op.batch_alter_table("draft") as draft:
        draft.drop_constraint("fk_draft_reference", type_="foreignkey")
        draft.add_column(sa.Column("sha256", sa.Text))
        draft.add_column(sa.Column("seq", sa.BigInteger))
    op.execute(
        "UPDATE draft SET"
        " sha256 = (SELECT draft_sha256 FROM claim WHERE claim.reference = draft.reference),"
        " seq = (SELECT seq FROM claim WHERE claim.reference = draft.reference)"
    )
    with op.batch_alter_table("delivery") as delivery:
        delivery.drop_constraint("fk_delivery_reference", type_="foreignkey")
        delivery.create_foreign_key("fk_delivery_reference", "draft", ["reference"], ["reference"])
