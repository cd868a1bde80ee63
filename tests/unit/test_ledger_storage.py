"""The ledger on damaged, read-only, full and busy storage: nothing that was written is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from tests.storage.limits import file_size_limit

from tracker2invoice.errors import (
    LedgerBusy,
    LedgerDamaged,
    StorageFailed,
)
from tracker2invoice.ledger import database
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.testing.samples import sample_claim, sample_draft

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


def write_sample(ledger: Ledger, milestone_id: str = "7") -> str:
    draft = sample_draft(milestone_id=milestone_id)
    assert ledger.write_claim(sample_claim(draft), draft)
    return draft.reference


def overwrite_page(path: Path, name: str) -> None:
    """Fill the first page of a table or index with zeros."""
    with closing(sqlite3.connect(path)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name]).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


def test_an_overwritten_table_is_damage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    with open_ledger(sqlite_url, clock) as ledger:
        write_sample(ledger)
    overwrite_page(tmp_path / "ledger.db", "claim")
    with open_ledger(sqlite_url, clock) as ledger:
        assert "database" in {fault.table for fault in verify(ledger)}
        with pytest.raises(LedgerDamaged):
            ledger.claims()


def test_an_overwritten_index_that_no_row_needs_is_found_too(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path
) -> None:
    with open_ledger(sqlite_url, clock) as ledger:
        write_sample(ledger)
    overwrite_page(tmp_path / "ledger.db", "ix_journal_subject")
    with open_ledger(sqlite_url, clock) as ledger:
        assert {fault.table for fault in verify(ledger)} == {"database"}


def test_another_writer_is_waited_for_only_so_long(
    ledger_url: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", timedelta(milliseconds=20))
    with open_ledger(ledger_url, clock) as one, open_ledger(ledger_url, clock) as two:
        with one.database.write("test") as connection:
            connection.execute(text("UPDATE journal_head SET seq = seq"))
            with pytest.raises(LedgerBusy) as busy:
                two.note("note", "subject", {})
        assert busy.value.what == "ledger"
        two.note("note", "subject", {})


def test_a_full_disk_loses_nothing_that_was_written(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    with open_ledger(sqlite_url, clock) as ledger:
        kept = write_sample(ledger)
        size = (tmp_path / "ledger.db-wal").stat().st_size
        with file_size_limit(size + 1000), pytest.raises(StorageFailed) as failed:
            write_sample(ledger, "8")
        assert failed.value.path == str(tmp_path / "ledger.db")
        assert [claim.reference for claim in ledger.claims()] == [kept]
        assert verify(ledger) == ()
        write_sample(ledger, "8")


def test_a_database_that_may_grow_no_further_loses_nothing(sqlite_url: str, clock: FrozenClock) -> None:
    with open_ledger(sqlite_url, clock) as ledger:
        with ledger.database.read() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StorageFailed, match="full"):
            ledger.note("note", "subject", {"text": "x" * 1_000_000})
        assert verify(ledger) == ()


READ_ONLY = """
import os, sys
from tracker2invoice.clock import system_clock
from tracker2invoice.errors import StorageFailed
from tracker2invoice.ledger.locks import lock
from tracker2invoice.ledger.store import open_ledger
from tracker2invoice.plugins import Unchanged
open_ledger(sys.argv[1], system_clock()).close()
os.chmod(sys.argv[2], 0o444)
os.chmod(os.path.dirname(sys.argv[2]), 0o555)
if os.geteuid() == 0:
    os.seteuid(65534)  # permissions mean nothing to root
try:
    with open_ledger(sys.argv[1], system_clock()) as ledger:
        ledger.record_unchanged("github", [Unchanged("1", "cursor")])
except StorageFailed as error:
    print(error.path, error.detail)
"""


def test_a_read_only_file_is_a_failure_of_the_storage() -> None:
    # not pytest's own folder, which is closed to the user nobody
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "ledger.db"
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, f"sqlite:///{path}", str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
        path.parent.chmod(0o755)
    assert done.stdout.startswith(str(path))
