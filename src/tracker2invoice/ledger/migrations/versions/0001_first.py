"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_observed()
    _create_claimed()
    _create_journal()


def _create_observed() -> None:
    op.create_table(
        "project",
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("tracker", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("label", name="pk_project"),
    )
    op.create_table(
        "cursor",
        sa.Column("tracker", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("cursor", sa.Text),
        sa.Column("polled_at", sa.Text),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tracker", "project_id", name="pk_cursor"),
    )
    op.create_table(
        "milestone",
        sa.Column("tracker", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("due_on", sa.Text),
        sa.Column("created_at", sa.Text),
        sa.Column("updated_at", sa.Text),
        sa.Column("open_items", sa.BigInteger, nullable=False),
        sa.Column("closed_items", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tracker", "project_id", "id", name="pk_milestone"),
    )


def _create_claimed() -> None:
    op.create_table(
        "decision",
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_decision"),
    )
    op.create_table(
        "claim",
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("contract", sa.Text, nullable=False),
        sa.Column("term", sa.Text, nullable=False),
        sa.Column("milestone_key", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("draft_sha256", sa.Text, nullable=False),
        sa.Column("claimed_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_claim"),
        sa.UniqueConstraint("seq", name="uq_claim_seq"),
        sa.UniqueConstraint("contract", "term", "milestone_key", "generation", name="uq_claim_contract"),
    )
    op.create_table(
        "draft",
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("reference", name="pk_draft"),
        sa.ForeignKeyConstraint(["reference"], ["claim.reference"], name="fk_draft_reference"),
    )
    op.create_table(
        "delivery",
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary),
        sa.Column("payload_sha256", sa.Text),
        sa.Column("first_sent_at", sa.Text),
        sa.Column("sent_at", sa.Text),
        sa.Column("misses", sa.BigInteger, nullable=False),
        sa.Column("not_before", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("remote_id", sa.Text),
        sa.Column("number", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("document_state", sa.Text),
        sa.PrimaryKeyConstraint("reference", "output", name="pk_delivery"),
        sa.ForeignKeyConstraint(["reference"], ["claim.reference"], name="fk_delivery_reference"),
    )
    op.create_index("ix_delivery_state", "delivery", ["state"])
    op.create_table(
        "client",
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("remote_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("output", "client_id", name="pk_client"),
    )


def _create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_journal"),
    )
    op.create_index("ix_journal_subject", "journal", ["subject"])
    head = op.create_table(
        "journal_head",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal_head"),
        sa.CheckConstraint("id = 1", name="ck_journal_head_one_row"),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])
