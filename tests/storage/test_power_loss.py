"""The power goes at any instant of a contract's life: each claim ends as one right document in each output."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.storage.power import Event, Outside, Synced, at_the_end
from tests.storage.recovery import Tally, try_all
from tests.storage.story import TERMS, World, recorded_life
from tests.storage.vfs import Unavailable

from tracker2invoice.ledger import database

SEED = 1


def life(folder: Path) -> Sequence[Event]:
    try:
        return recorded_life(folder).log
    except Unavailable as reason:
        pytest.skip(str(reason))


def test_the_life_that_is_recorded_bills_every_term_and_nothing_of_it_escapes_the_recorder(tmp_path: Path) -> None:
    log = life(tmp_path)
    end = [event.state for event in log if isinstance(event, Outside)][-1]
    assert isinstance(end, World)
    assert {entry.draft.why.term for entry in end.entries} == set(TERMS.values())
    files = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*")}
    assert at_the_end(log) == {name: None if path.is_dir() else path.read_bytes() for name, path in files.items()}


def test_after_a_power_cut_at_any_instant_each_claim_ends_as_one_document(tmp_path: Path) -> None:
    log = life(tmp_path)
    tally = try_all(log, at=range(SEED % 29, len(log), 29), draws=3, seed=SEED)
    sys.stdout.write(f"{tally}\n")
    assert tally.states > 50
    assert tally.found == ()


def set_to(synchronous: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = vars(database)["_set_up_sqlite"]

    def set_up(connection: sqlite3.Connection, record: Any) -> None:
        real(connection, record)
        connection.execute(f"PRAGMA synchronous = {synchronous}")

    monkeypatch.setattr(database, "_set_up_sqlite", set_up)


def tried_after_sending(log: Sequence[Event]) -> Tally:
    """Cut the power each time right after something happened outside."""
    sent = [number for number, event in enumerate(log) if isinstance(event, Outside)]
    return try_all(log, at=sent, draws=1, seed=SEED)


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_power_loss_is_noticed_when_the_ledger_is_not_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synchronous: str
) -> None:
    set_to(synchronous, monkeypatch)
    log = life(tmp_path)
    monkeypatch.undo()
    tally = tried_after_sending(log)
    assert tally.doubled > 0
    assert any("does not know that it was sent" in one for one in tally.found)


def test_power_loss_is_noticed_when_the_disk_ignores_syncs(tmp_path: Path) -> None:
    log = [event for event in life(tmp_path) if not isinstance(event, Synced)]
    assert tried_after_sending(log).doubled > 0
