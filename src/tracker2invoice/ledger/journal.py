"""The journal: entries numbered without gaps, each hashed over itself and the hash before it. Append only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, insert, select, update

from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger import schema
from tracker2invoice.ledger.canonical import canonical
from tracker2invoice.ledger.database import Database
from tracker2invoice.ledger.rows import Stored, decoded, instant
from tracker2invoice.model.evidence import Recorded
from tracker2invoice.model.text import storable

GENESIS = "0" * 64
"""The hash before the first entry."""

PAGE = 1000
"""How many entries are read at a time."""


# built once: every writer executes them, and building a statement costs as much as executing it
_LOCK_HEAD = select(schema.journal_head).with_for_update()
_APPEND = insert(schema.journal)
_MOVE_HEAD = update(schema.journal_head)


class Record(NamedTuple):
    """What is to be written: the kind, the reference or milestone key it is about, plain JSON values."""

    kind: str
    subject: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in the journal. `at` is UTC; `subject` a reference or milestone key."""

    seq: int
    at: datetime
    kind: str
    subject: str
    body: Mapping[str, object]
    hash: str


class Pen:
    """Appends entries within one transaction; holds the journal's head against other writers until it ends.

    Raises:
        LedgerDamaged: the head is missing.
    """

    def __init__(self, connection: Connection, now: datetime) -> None:
        head = connection.execute(_LOCK_HEAD).mappings().one_or_none()
        if head is None:
            raise LedgerDamaged("journal_head: the row is missing")
        self._connection, self._at = connection, instant(now)
        self._seq: int = head["seq"]
        self._hash: str = head["hash"]

    @property
    def next_seq(self) -> int:
        """The number that the next entry gets."""
        return self._seq + 1

    def write(self, records: Sequence[Record]) -> None:
        """Append the records in their order.

        Raises:
            TypeError: a body holds something else than text, whole numbers, booleans, None, lists, mappings.
        """
        if not records:
            return
        self._connection.execute(_APPEND, [self._chained(record) for record in records])
        self._connection.execute(_MOVE_HEAD, {"seq": self._seq, "hash": self._hash})

    def _chained(self, record: Record) -> dict[str, object]:
        row = {
            "seq": self.next_seq,
            "at": self._at,
            "kind": storable(record.kind),
            "subject": storable(record.subject),
            "body": canonical(record.body),
        }
        self._seq, self._hash = self.next_seq, chain_hash(self._hash, row)
        return {**row, "hash": self._hash}


def chain_hash(previous: str, row: Stored) -> str:
    """Return the hexadecimal SHA-256 over the hash before and every column of the entry."""
    content = [previous, row["seq"], row["at"], row["kind"], row["subject"], row["body"]]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def read(database: Database, subject: str | None) -> Iterator[Entry]:
    """Yield the entries in order, all or those about one subject; no transaction is open in between."""
    last = 0
    while True:
        query = select(schema.journal).where(schema.journal.c.seq > last).order_by("seq").limit(PAGE)
        if subject is not None:
            query = query.where(schema.journal.c.subject == subject)
        with database.read() as connection:
            rows = connection.execute(query).mappings().all()
        yield from map(_entry, rows)
        if len(rows) < PAGE:
            return
        last = rows[-1]["seq"]


def recorded(database: Database, entry: Entry) -> Recorded:
    """Return an entry as its hash is taken over it.

    Raises:
        LedgerDamaged: its content or the entry before it does not match its hash.
    """
    before = select(schema.journal.c.hash).where(schema.journal.c.seq == entry.seq - 1)
    with database.read() as connection:
        previous = GENESIS if entry.seq == 1 else connection.scalar(before)
    found = Recorded(
        previous=previous or "",
        seq=entry.seq,
        at=instant(entry.at),
        kind=entry.kind,
        subject=entry.subject,
        body=canonical(entry.body),
        hash=entry.hash,
    )
    if chain_hash(found.previous, asdict(found)) != found.hash:
        raise LedgerDamaged(f"journal {entry.seq}: its content does not match its hash")
    return found


def _entry(row: RowMapping) -> Entry:
    def decode() -> Entry:
        return Entry(
            row["seq"],
            datetime.fromisoformat(row["at"]),
            row["kind"],
            row["subject"],
            json.loads(row["body"]),
            row["hash"],
        )

    return decoded("journal", str(row["seq"]), decode)
