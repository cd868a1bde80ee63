"""The ledger's file: made anew for each example, backed up, restored.

Opening a database is most of what a short step costs, so that one `Database` is kept for all examples: it holds no
more than connections and compiled statements, and lets go of the former whenever the file is put in its place.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tracker2invoice.clock import system_clock
from tracker2invoice.ledger.database import Database
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.plugins import Clock


class LedgerFile:
    """One place for ledgers, one after the other, in a folder of its own."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "ledger.db"
        self.url = f"sqlite:///{self.path}"
        self._empty = directory / "empty.db"
        open_ledger(f"sqlite:///{self._empty}", system_clock()).close()
        self._database = Database(self.url)

    def start_over(self) -> None:
        """Put an empty ledger in the place of the one before."""
        self.restore(self._empty)

    def ledger(self, clock: Clock) -> Ledger:
        return Ledger(self._database, clock)

    def reopen(self) -> None:
        """Let go of every connection, and let a new process find the ledger as it is."""
        self._database.close()
        open_ledger(self.url, system_clock()).close()

    def back_up(self, number: int) -> Path:
        copy = self.path.with_name(f"backup{number}.db")
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy

    def restore(self, copy: Path) -> None:
        self._database.close()
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(copy, self.path)
