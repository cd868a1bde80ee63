"""Opening a ledger: created when empty, refused when it is not ours, too new, too old or damaged."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from tracker2invoice.errors import (
    ConfigInvalid,
    LedgerBusy,
    LedgerDamaged,
    LedgerTooNew,
    LedgerTooOld,
    StorageFailed,
)
from tracker2invoice.ledger import database, migrate, schema
from tracker2invoice.ledger.locks import lock
from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.testing.samples import sample_claim, sample_draft

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


def write_sample(ledger: Ledger, milestone_id: str = "7") -> str:
    draft = sample_draft(milestone_id=milestone_id)
    assert ledger.write_claim(sample_claim(draft), draft)
    return draft.reference


def set_revision(ledger_url: str, revision: str) -> None:
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    engine.dispose()


def test_what_was_written_is_there_after_reopening(ledger_url: str, clock: FrozenClock) -> None:
    with open_ledger(ledger_url, clock) as first:
        reference = write_sample(first)
    with open_ledger(ledger_url, clock) as second:
        assert second.claim(reference) == sample_claim(sample_draft(milestone_id="7"))


def test_opening_an_existing_ledger_does_not_import_alembic(ledger: Ledger, ledger_url: str) -> None:
    program = (
        "import sys; from tracker2invoice.clock import system_clock;"
        "from tracker2invoice.ledger.store import open_ledger;"
        "open_ledger(sys.argv[1], system_clock()).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, ledger_url], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def test_the_known_revisions_are_those_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(reversed([one.revision for one in scripts.walk_revisions()])) == migrate.REVISIONS


def test_the_migrations_make_the_tables_that_the_program_uses(ledger: Ledger) -> None:
    with ledger.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_what_is_no_revision_is_damage(ledger: Ledger, ledger_url: str, clock: FrozenClock) -> None:
    set_revision(ledger_url, "00\u20ac6")
    with pytest.raises(LedgerDamaged):
        open_ledger(ledger_url, clock)


def test_a_later_revision_is_refused(ledger: Ledger, ledger_url: str, clock: FrozenClock) -> None:
    set_revision(ledger_url, "9999")
    with pytest.raises(LedgerTooNew):
        open_ledger(ledger_url, clock)
    with pytest.raises(LedgerTooNew):
        open_ledger(ledger_url, clock, migrate=True)


@pytest.fixture
def a_later_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program with one more revision, which adds a table."""
    scripts = tmp_path / "50 % migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = '9000', '{migrate.REVISIONS[-1]}'\n"
        "def upgrade():\n    op.create_table('more', sa.Column('id', sa.Text))\n"
    )
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    monkeypatch.setattr(migrate, "REVISIONS", (*migrate.REVISIONS, "9000"))


def test_an_earlier_revision_is_refused_until_it_may_be_migrated(
    ledger: Ledger, ledger_url: str, clock: FrozenClock, a_later_program: None
) -> None:
    reference = write_sample(ledger)
    with pytest.raises(LedgerTooOld):
        open_ledger(ledger_url, clock)
    with open_ledger(ledger_url, clock, migrate=True) as migrated:
        assert migrated.claim(reference)
        assert verify(migrated) == ()
        with migrated.database.read() as connection:
            assert connection.scalar(text("SELECT count(*) FROM more")) == 0
    with open_ledger(ledger_url, clock):
        pass


def test_while_somebody_creates_the_ledger_nobody_else_touches_it(
    ledger_url: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = database.Database(ledger_url)
    with lock(somebody, "schema", timedelta(0)):
        monkeypatch.setattr(migrate, "BUSY_TIMEOUT", timedelta(milliseconds=20))
        with pytest.raises(LedgerBusy) as busy:
            open_ledger(ledger_url, clock)
        assert busy.value.what == "schema"
    somebody.close()
    with open_ledger(ledger_url, clock) as ledger:
        assert ledger.claims() == ()


def test_tables_without_a_revision_are_damage(ledger: Ledger, ledger_url: str, clock: FrozenClock) -> None:
    with ledger.database.write("test") as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(LedgerDamaged, match="tables without a revision"):
        open_ledger(ledger_url, clock)


def test_a_missing_table_is_damage(ledger: Ledger) -> None:
    with ledger.database.write("test") as connection:
        connection.execute(text("DROP TABLE delivery"))
    with pytest.raises(LedgerDamaged):
        write_sample(ledger)


@pytest.mark.parametrize(
    "url",
    [
        "ledger.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///ledger.db?mode=ro",
        "mysql://user:hunter2@host/ledger",
        "",
    ],
)
def test_a_url_that_cannot_hold_a_ledger_is_a_problem_of_the_configuration(url: str, clock: FrozenClock) -> None:
    with pytest.raises(ConfigInvalid) as invalid:
        open_ledger(url, clock)
    assert [(one.section, one.key) for one in invalid.value.problems] == [("ledger", "url")]
    assert "hunter2" not in repr(invalid.value.problems)


def test_a_server_that_is_not_there_is_named_without_the_password(clock: FrozenClock, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as failed:
        open_ledger(f"postgresql://user:hunter2@/books?host={tmp_path}", clock)
    assert (failed.value.path, failed.value.detail) == ("PostgreSQL database books", "no connection")


def test_the_sqlite_file_is_for_its_owner_alone(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    with open_ledger(sqlite_url, clock) as ledger, ledger.lock("plan", timedelta(0)):
        write_sample(ledger)
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {"ledger.db", "ledger.db-wal", "ledger.db.plan.lock"} <= set(files)
    assert set(files.values()) == {0o600}


def test_the_folder_of_the_file_is_the_directory(
    sqlite_url: str, clock: FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_ledger("sqlite:///ledger.db", clock) as ledger:
        assert ledger.directory == tmp_path


def test_sqlite_writes_through_to_the_disk(sqlite_url: str, clock: FrozenClock) -> None:
    # synchronous 2 is FULL (sqlite.org/pragma.html#pragma_synchronous)
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    with open_ledger(sqlite_url, clock) as ledger, ledger.database.read() as connection:
        assert {name: connection.scalar(text(f"PRAGMA {name}")) for name in expected} == expected


def test_a_file_that_is_no_database_is_damage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("Dear diary, today a milestone was closed.\n" * 100)
    with pytest.raises(LedgerDamaged):
        open_ledger(sqlite_url, clock)
    assert (tmp_path / "ledger.db").read_text().startswith("Dear diary")


def test_a_strangers_database_is_left_alone(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
    with pytest.raises(LedgerDamaged, match="bookmarks"):
        open_ledger(sqlite_url, clock)


def test_a_folder_that_is_not_there_is_not_made(clock: FrozenClock, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as failed:
        open_ledger(f"sqlite:///{tmp_path / 'typo' / 'ledger.db'}", clock)
    assert failed.value.path == str(tmp_path / "typo" / "ledger.db")


def test_a_missing_driver_is_a_problem_of_the_configuration(
    clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent: ModuleType | None = None
    monkeypatch.setitem(sys.modules, "psycopg", absent)
    with pytest.raises(ConfigInvalid) as invalid:
        open_ledger("postgresql://user@host/books", clock)
    assert "tracker2invoice[postgresql]" in invalid.value.problems[0].message


def test_a_statement_that_fails_says_nothing_about_values(ledger: Ledger) -> None:
    with pytest.raises(LedgerDamaged) as damaged, ledger.database.write("test") as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "hunter2"})
    assert "hunter2" not in str(damaged.value)
    assert "hunter2" not in str(damaged.value.__cause__)
