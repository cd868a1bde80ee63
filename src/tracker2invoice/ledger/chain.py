"""Follows the journal's hash chain from the first entry to the head and names each break. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from tracker2invoice.ledger.faults import Fault
from tracker2invoice.ledger.journal import GENESIS, chain_hash
from tracker2invoice.ledger.rows import Stored
from tracker2invoice.ledger.schema import journal, journal_head

MOST = 20
"""After so many breaks the rest says nothing new, and each search for a moved entry reads the journal."""


def check_chain(connection: Connection) -> Iterator[Fault]:
    """Yield a fault for each entry that was changed or moved, for each gap, for a head that does not fit."""
    walk = _Walk(connection)
    rows = connection.execute(select(journal).order_by("seq")).mappings().yield_per(1000)
    breaks = 0
    for row in rows:
        for fault in walk.step(row):
            yield fault
            breaks += 1
        if breaks >= MOST:
            rows.close()
            return
    yield from _check_head(connection, walk)


class _Walk:
    """Where the walk stands: the last number, and the hashes that the next entry or the head may continue."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.seq = 0
        self.hashes: tuple[str, ...] = (GENESIS,)

    def step(self, row: Stored) -> Iterator[Fault]:
        """Go on to the next entry."""
        seq: int = row["seq"]
        if seq != self.seq + 1:
            yield Fault("journal", _span(self.seq + 1, seq - 1), "missing")
            # what came before is unknown, so this entry's own hash is where the chain starts again
            self.hashes = (row["hash"],)
        elif row["hash"] not in [chain_hash(previous, row) for previous in self.hashes]:
            yield from self._broken(row)
        else:
            self.hashes = (row["hash"],)
        self.seq = seq

    def _broken(self, row: Stored) -> Iterator[Fault]:
        seq: int = row["seq"]
        rightful = self._moved_from(seq)
        if rightful is None:
            yield Fault("journal", str(seq), "changed: its content does not match its hash")
            # either the content was changed or the hash; the next entry continues one of the two
            self.hashes = (row["hash"], *(chain_hash(previous, row) for previous in self.hashes))
        else:
            words = f"out of order: this is the place of what stands at {rightful['seq']}"
            yield Fault("journal", str(seq), words)
            self.hashes = (rightful["hash"],)

    def _moved_from(self, seq: int) -> Stored | None:
        for other in self._connection.execute(select(journal).where(journal.c.seq != seq)).mappings():
            here = dict(other) | {"seq": seq}
            if other["hash"] in [chain_hash(previous, here) for previous in self.hashes]:
                return other
        return None


def _check_head(connection: Connection, walk: _Walk) -> Iterator[Fault]:
    heads = connection.execute(select(journal_head)).mappings().all()
    if not heads:
        yield Fault("journal_head", "1", "missing")
        return
    head = heads[0]
    if head["seq"] > walk.seq:
        yield Fault("journal", _span(walk.seq + 1, head["seq"]), "missing at the end")
    elif head["seq"] < walk.seq:
        yield Fault("journal_head", "1", f"seq: {head['seq']}, but the journal ends at {walk.seq}")
    elif head["hash"] not in walk.hashes:
        yield Fault("journal_head", "1", f"hash: not that of journal entry {walk.seq}")


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"
