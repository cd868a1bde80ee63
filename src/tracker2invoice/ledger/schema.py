"""The tables of the ledger, the same for SQLite and PostgreSQL. No queries; changes go through `migrations/`.

Instants are RFC 3339 text in UTC, amounts are text, nothing is a float. A row that the journal vouches for
has the same names and values as the body of its latest journal entry; only bytes stand in the row alone.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

# In SQLite only an INTEGER column is the row id itself and needs no index (sqlite.org/rowidtable.html).
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

project = Table(
    "project",
    metadata,
    Column("label", Text, primary_key=True),
    Column("tracker", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
)

cursor = Table(
    "cursor",
    metadata,
    Column("tracker", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),
    Column("cursor", Text),
    Column("polled_at", Text),
    Column("failures", BigInteger, nullable=False),
    Column("words", Text, nullable=False),
)

milestone = Table(
    "milestone",
    metadata,
    Column("tracker", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("closed_at", Text),
    Column("due_on", Text),
    Column("created_at", Text),
    Column("updated_at", Text),
    Column("open_items", BigInteger, nullable=False),
    Column("closed_items", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
    Column("closed_by", Text),
    Column("closed_after", Text),
    Column("closed_until", Text),
)

work = Table(
    "work",
    metadata,
    Column("milestone_key", Text, primary_key=True),
    Column("items", Text, nullable=False),
    Column("read_at", Text, nullable=False),
)
"""`items` is JSON; `read_at` is when the tracker first said so, not when it last did."""

decision = Table(
    "decision",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("note", Text, nullable=False),
)

claim = Table(
    "claim",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("contract", Text, nullable=False),
    Column("term", Text, nullable=False),
    Column("milestone_key", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("amount", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("draft_sha256", Text, nullable=False),
    Column("claimed_at", Text, nullable=False),
    Column("parts", Text),
    Column("documents", Text),
    Column("credits", Text),
    UniqueConstraint("contract", "term", "milestone_key", "generation"),
)
"""`seq` is the place of the claim in the journal, and so the order in which claims were written. `parts` and
`documents` are JSON; without `documents` there is one, with the claim's own reference. `credits` is the reference of
the claim that this one takes back."""

draft = Table(
    "draft",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
    Column("sha256", Text),
    Column("seq", BigInteger),
)
"""`seq` is that of the first claim on it."""

delivery = Table(
    "delivery",
    metadata,
    Column("reference", Text, ForeignKey("draft.reference"), primary_key=True),
    Column("output", Text, primary_key=True),
    Column("state", Text, nullable=False, index=True),
    Column("attempt", BigInteger, nullable=False),
    Column("payload", LargeBinary),
    Column("payload_sha256", Text),
    Column("first_sent_at", Text),
    Column("sent_at", Text),
    Column("misses", BigInteger, nullable=False),
    Column("not_before", Text),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("remote_id", Text),
    Column("number", Text),
    Column("url", Text),
    Column("document_state", Text),
    Column("paid", Text),
    Column("paid_on", Text),
    Column("credited", Text),
)

read_back = Table(
    "read_back",
    metadata,
    Column("output", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("whole_at", Text, nullable=False),
)
"""When an output's documents were last read back, and when all of them were."""

number = Table(
    "number",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("series", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("number", Text, nullable=False, unique=True),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
    UniqueConstraint("series", "place"),
)
"""The number of each document that a person has finalized; `reference` is that of the document, `place` the one in the
series."""

client = Table(
    "client",
    metadata,
    Column("output", Text, primary_key=True),
    Column("client_id", Text, primary_key=True),
    Column("remote_id", Text, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

journal_head = Table(
    "journal_head",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""One row: the last entry of the journal. Every writer locks it first, so that entries come one by one."""
