"""Proves that the ledger is what was written: the journal's chain, and every table against the journal.

Reads only, repairs nothing. The latest journal entry about a row has that row as its body; what does not
agree is a fault. Somebody who rewrites tables and journal consistently, to the last hash, is found out
only by a head hash that was kept elsewhere (docs/decisions/0003-ledger.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Table, select, text

from tracker2invoice.errors import LedgerDamaged
from tracker2invoice.ledger import schema
from tracker2invoice.ledger.canonical import canonical
from tracker2invoice.ledger.chain import check_chain
from tracker2invoice.ledger.faults import Fault
from tracker2invoice.ledger.rows import Stored, decoded, documents_of, sha256, told
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.model.claim import seal


@dataclass(frozen=True, slots=True)
class Vouched:
    """A table whose rows the journal vouches for: entries of these kinds have the row as their body."""

    table: Table
    kinds: str
    key: tuple[str, ...]

    def key_of(self, row: Stored) -> str:
        """Return how a fault names the row."""
        return " ".join(str(row[name]) for name in self.key)


VOUCHED = (
    Vouched(schema.project, "project", ("label",)),
    Vouched(schema.milestone, "milestone", ("tracker", "project_id", "id")),
    Vouched(schema.decision, "decision", ("reference",)),
    Vouched(schema.work, "work", ("milestone_key",)),
    Vouched(schema.claim, "claim", ("reference",)),
    Vouched(schema.delivery, "delivery", ("reference", "output")),
    Vouched(schema.number, "number", ("reference",)),
    Vouched(schema.client, "client", ("output", "client_id")),
)
"""The word before the dot of an entry's kind says which table it is about."""

_DRAFT_COLUMNS = (schema.draft.c.reference, schema.draft.c.bytes, schema.draft.c.sha256, schema.draft.c.seq)

_BY_KIND = {vouched.kinds: vouched for vouched in VOUCHED}

Expected = dict[str, tuple[int, bytes]]
"""By row: the number of the latest entry about it, and the digest of that entry's body."""


def verify(ledger: Ledger) -> tuple[Fault, ...]:
    """Return everything in the ledger that is not as it was written; nothing if all is well."""
    found: list[Fault] = []
    try:
        with ledger.database.read() as connection:
            # what was found before nothing more could be read is kept
            found.extend(_faults(connection))
    except LedgerDamaged as error:
        found.append(Fault("database", "", error.detail))
    except TypeError:
        # a column of SQLite gives whatever a damaged page holds, text in the place of a number included
        found.append(Fault("database", "", "a value is of another kind than was ever written"))
    return tuple(found)


def refuse_damage(ledger: Ledger) -> None:
    """Look at the structure of a SQLite file, which takes about a millisecond a megabyte.

    Single values are not compared: what they would do is refused when they are read, or seen by `verify`.

    Raises:
        LedgerDamaged: pages are missing, overwritten or of another database.
    """
    with ledger.database.read() as connection:
        if connection.dialect.name == "sqlite":
            for fault in _check_file(connection):
                raise LedgerDamaged(f"{ledger.database.place}: {fault.detail}")


def _faults(connection: Connection) -> Iterator[Fault]:
    if connection.dialect.name == "sqlite":
        yield from _check_file(connection)
    yield from check_chain(connection)
    expected = _expected(connection)
    for vouched in VOUCHED:
        yield from _check_table(connection, vouched, expected[vouched.kinds])
    yield from _check_drafts(connection)
    yield from _check_payloads(connection)


def _check_file(connection: Connection) -> Iterator[Fault]:
    for line in connection.scalars(text("PRAGMA integrity_check")):
        if line != "ok":
            yield Fault("database", "", line)


def _expected(connection: Connection) -> dict[str, Expected]:
    expected: dict[str, Expected] = {vouched.kinds: {} for vouched in VOUCHED}
    columns = (schema.journal.c.seq, schema.journal.c.kind, schema.journal.c.body)
    for seq, kind, body in connection.execute(select(*columns).order_by("seq")).yield_per(1000):
        vouched = _BY_KIND.get(kind.partition(".")[0])
        row = _parsed(body)
        # an entry that has lost its row's key was reported with the chain, its row will be missed below
        if vouched and all(name in row for name in vouched.key):
            expected[vouched.kinds][vouched.key_of(row)] = (seq, _digest(body))
    return expected


def _check_table(connection: Connection, vouched: Vouched, expected: Expected) -> Iterator[Fault]:
    table = vouched.table
    missing = dict(expected)
    columns = [column for column in table.columns if column.name != "payload"]
    for row in connection.execute(select(*columns).order_by(*vouched.key)).mappings().yield_per(1000):
        key = vouched.key_of(row)
        if key not in expected:
            yield Fault(table.name, key, "no journal entry tells of this row")
            continue
        seq, digest = missing.pop(key)
        if digest != _digest(canonical(told(table.name, row))):
            yield Fault(table.name, key, f"{_difference(connection, seq, row)} not as in journal entry {seq}")
    for key, (seq, _) in missing.items():
        yield Fault(table.name, key, f"the row of journal entry {seq} is missing")


def _difference(connection: Connection, seq: int, row: Stored) -> str:
    body = _parsed(connection.scalar(select(schema.journal.c.body).where(schema.journal.c.seq == seq)))
    names = sorted(name for name in {*body, *row} if body.get(name) != row.get(name))
    return f"{', '.join(names)}:"


def _check_drafts(connection: Connection) -> Iterator[Fault]:
    seals: dict[str, str] = {}
    first: dict[str, int] = {}
    for reference, data, stored, seq in connection.execute(select(*_DRAFT_COLUMNS)).yield_per(100):
        seals[reference], first[reference] = sha256(data) if isinstance(data, bytes) else "", seq
        if stored != seals[reference]:
            yield Fault("draft", reference, "sha256: not that of its bytes")
    claimed: dict[str, int] = {}
    for row in connection.execute(select(schema.claim).order_by("seq")).mappings().yield_per(1000):
        documents = _documents(row)
        for name in documents:
            claimed.setdefault(name, row["seq"])
        if missing := [name for name in documents if name not in seals]:
            yield Fault("draft", missing[0], "the draft of this claim is missing")
        elif seal([seals[name] for name in documents]) != row["draft_sha256"]:
            yield Fault("draft", documents[0], "bytes: not those that were claimed")
    for reference in sorted(seals):
        if reference not in claimed:
            yield Fault("draft", reference, "there is no claim for this draft")
        elif first[reference] != claimed[reference]:
            yield Fault("draft", reference, "seq: not that of the first claim on it")


def _documents(row: Stored) -> tuple[str, ...]:
    return decoded("claim", row["reference"], lambda: documents_of(row))


def _check_payloads(connection: Connection) -> Iterator[Fault]:
    delivery = schema.delivery.c
    query = select(delivery.reference, delivery.output, delivery.payload, delivery.payload_sha256)
    for reference, output, payload, expected in connection.execute(query).yield_per(100):
        if expected != (None if payload is None else sha256(payload)):
            yield Fault("delivery", f"{reference} {output}", "payload: does not match payload_sha256")


def _parsed(body: Any) -> Mapping[str, object]:
    try:
        parsed = json.loads(body)
    except (TypeError, ValueError):
        return {}
    return cast("dict[str, object]", parsed) if isinstance(parsed, dict) else {}


def _digest(body: str) -> bytes:
    return hashlib.sha256(body.encode()).digest()
