"""A ledger that is older than the books over there, or lost: documents are found again, not made again."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.storage.recovery import settle
from tests.storage.restoring import LEDGER, WAL, image_of, live, resumed, settled
from tests.storage.story import Workshop

from tracker2invoice import failpoints
from tracker2invoice.model.money import Money


def back_up(ledger: Path, to: Path) -> None:
    """Copy the ledger as SQLite's own means of backup do."""
    with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


@contextmanager
def backed_up_at_every_commit(workshop: Workshop, folder: Path) -> Generator[list[Path]]:
    """Make a backup right after each commit, the run in hand or not."""
    made: list[Path] = []

    def heard(name: str, moment: failpoints.Moment) -> None:
        if name.startswith("ledger.") and moment == "after":
            copy = folder / f"{len(made)} {name}"
            with suppress(sqlite3.OperationalError):  # there is no table yet
                back_up(workshop.directory / LEDGER, copy)
                made.append(copy)

    failpoints.listen(heard)
    try:
        yield made
    finally:
        failpoints.listen(None)


@pytest.fixture
def backups(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The backups of a whole life, oldest first; none is of the time after its end."""
    with backed_up_at_every_commit(workshop, tmp_path_factory.mktemp("backups")) as made:
        live(workshop)
    assert len(made) > 25
    return made


def test_whichever_backup_is_restored_everything_is_adopted_and_nothing_doubled(
    workshop: Workshop, backups: list[Path]
) -> None:
    end = image_of(workshop.directory)
    for backup in backups:
        found = settled(end | {LEDGER: backup.read_bytes()}, workshop.world)
        assert found.right, backup.name
        assert found.files == workshop.files.keys(), backup.name


def test_a_lost_ledger_is_made_again_from_what_is_there(lived: Workshop) -> None:
    left = {path: content for path, content in image_of(lived.directory).items() if path != LEDGER}
    assert settled(left, lived.world).right


def test_after_titles_and_prices_have_changed_a_restored_ledger_holds_what_differs_and_doubles_nothing(
    workshop: Workshop, backups: list[Path]
) -> None:
    workshop.projects.rename(workshop.project, 1, "Design, as agreed in May")
    raised = replace(workshop.contract, price=Money.rounded(workshop.contract.price.amount * 2, "EUR"))
    end = image_of(workshop.directory)
    held: list[int] = []
    for backup in backups:
        with resumed(end | {LEDGER: backup.read_bytes()}, workshop.world) as restored:
            restored.contract = raised
            settle(restored)
            with restored.house() as house:
                deliveries = [one for claim in house.ledger.claims() for one in claim.deliveries]
            assert {(one.state, one.reason) for one in deliveries} <= {("delivered", ""), ("held", "differs")}, backup
            assert len(deliveries) == 6
            assert len(restored.books.entries) == 3
            assert restored.files == workshop.files
            held.append(sum(one.state == "held" for one in deliveries))
    assert (held[0], held[-1]) == (6, 0)


def test_a_copy_of_the_file_without_its_wal_is_a_backup_too_if_an_old_one(workshop: Workshop) -> None:
    with workshop.house():
        live(workshop)
        assert (workshop.directory / WAL).stat().st_size > 100_000
        copy = {path: content for path, content in image_of(workshop.directory).items() if path != WAL}
    assert settled(copy, workshop.world).right


def test_file_and_wal_copied_together_while_a_run_is_in_hand_are_a_backup(
    workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("copies")
    copies: list[Path] = []

    def heard(name: str, moment: failpoints.Moment) -> None:
        if workshop.directory.exists():
            copies.append(folder / str(len(copies)))
            shutil.copytree(workshop.directory, copies[-1], ignore=shutil.ignore_patterns("*.lock", "*-shm"))

    failpoints.listen(heard)
    try:
        live(workshop)
    finally:
        failpoints.listen(None)
    end = {path: content for path, content in image_of(workshop.directory).items() if path != LEDGER}
    for copy in copies[::7]:
        assert settled(end | image_of(copy), workshop.world).right
