"""A migration that is killed has not happened, or has happened whole; no program works on tables it does not know."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.storage.restoring import LEDGER, RIGHT, books_of, live
from tests.storage.story import Workshop

from tracker2invoice.errors import LedgerTooNew, LedgerTooOld
from tracker2invoice.ledger import migrate
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.ledger.verify import verify

LATER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9000", "{latest}"


def upgrade():
    op.create_table("more", sa.Column("reference", sa.Text, primary_key=True), sa.Column("note", sa.Text))
    op.execute("INSERT INTO more SELECT reference, 'carried over' FROM claim")
    op.add_column("cursor", sa.Column("etag", sa.Text))
    op.create_index("ix_more_note", "more", ["note"])
    with op.batch_alter_table("delivery", recreate="always") as delivery:
        delivery.add_column(sa.Column("batch", sa.Text))
"""
"""A table with content, a column, an index, and a table that SQLite has to write anew."""


@pytest.fixture
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The migrations of a later version."""
    folder = tmp_path_factory.mktemp("later") / "migrations"
    shutil.copytree(migrate.SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "later.py").write_text(LATER.replace("{latest}", migrate.REVISIONS[-1]))
    return folder


@contextmanager
def the_later_program(scripts: Path) -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "SCRIPTS", scripts)
        patch.setattr(migrate, "REVISIONS", (*migrate.REVISIONS, "9000"))
        yield


def is_migrated(ledger: Ledger) -> bool:
    """Say whether the later revision is there; all of it, or nothing."""
    with ledger.database.read() as connection:
        schema = "\n".join(connection.scalars(text("SELECT coalesce(sql, '') FROM sqlite_master")))
        copied = connection.scalar(text("SELECT count(*) FROM more")) if "TABLE more" in schema else 0
    there = {what in schema for what in ("TABLE more", "ix_more_note", "etag", "batch")} | {copied == 3}
    assert len(there) == 1, schema
    assert "_alembic_tmp" not in schema
    return there.pop()


def test_a_migration_killed_anywhere_is_whole_or_not_there_and_can_be_made_again(
    lived: Workshop, scripts: Path
) -> None:
    program = Path(__file__).with_name("migrating.py")
    command = [sys.executable, str(program), str(scripts), str(lived.directory)]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert len(names) > 20
    migrated = {name: state_of(lived, lived.directory / name, scripts) for name in names}
    assert {name for name, is_there in migrated.items() if is_there} == {"after.db", names[-1]}


def state_of(lived: Workshop, path: Path, scripts: Path) -> bool:
    """Say whether a ledger was migrated; migrate it again, and see that nothing is lost and nothing doubled."""
    url, clock = f"sqlite:///{path}", lived.clock
    try:
        with open_ledger(url, clock) as ledger:
            assert verify(ledger) == ()
            assert not is_migrated(ledger)
        before = False
    except LedgerTooNew:
        before = True
    with the_later_program(scripts), open_ledger(url, clock, migrate=True) as ledger:
        assert is_migrated(ledger)
        assert verify(ledger) == ()
        assert len(ledger.claims()) == 3
    return before


def test_the_later_program_does_nothing_on_an_old_ledger_until_it_is_told_to_migrate(
    workshop: Workshop, scripts: Path
) -> None:
    workshop.milestone("Design")
    workshop.run()
    workshop.projects.close(workshop.project, 1)
    with the_later_program(scripts):
        with pytest.raises(LedgerTooOld):
            workshop.run()
        assert workshop.books.entries == []
        open_ledger(f"sqlite:///{workshop.directory / LEDGER}", workshop.clock, migrate=True).close()
        workshop.run()
    assert len(workshop.books.entries) == 1


def test_the_earlier_program_does_nothing_on_a_migrated_ledger(workshop: Workshop, scripts: Path) -> None:
    live(workshop)
    with the_later_program(scripts):
        open_ledger(f"sqlite:///{workshop.directory / LEDGER}", workshop.clock, migrate=True).close()
    workshop.close("Something else")
    with pytest.raises(LedgerTooNew):
        workshop.run()
    assert books_of(workshop) == RIGHT
