"""Brings the tables to the revision that this program knows; imports Alembic only if there is work for it."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from tracker2invoice.errors import LedgerDamaged, LedgerTooNew, LedgerTooOld
from tracker2invoice.ledger import schema
from tracker2invoice.ledger.database import BUSY_TIMEOUT, Database
from tracker2invoice.ledger.locks import lock

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Every revision this program can bring to the latest, in order; a test keeps it equal to Alembic's."""

SCRIPTS = Path(__file__).parent / "migrations"


def ensure_head(database: Database, *, migrate: bool) -> None:
    """Create the tables in an empty database; check the revision of any other, or bring it to the latest.

    Raises:
        LedgerTooNew: a later version of the program has been here.
        LedgerTooOld: an earlier version has been here, and `migrate` is false.
        LedgerDamaged, LedgerBusy, StorageFailed.
    """
    # SQLite does not always wait for another process's switch to WAL, so a new file is not even opened unlocked
    new_file = database.path is not None and database.path.stat().st_size == 0
    if not new_file and _is_current(database, migrate=migrate):
        return
    with lock(database, "schema", BUSY_TIMEOUT):
        if not _is_current(database, migrate=migrate):
            with database.write("schema") as connection:
                _upgrade(connection)


def _is_current(database: Database, *, migrate: bool) -> bool:
    with database.read() as connection:
        found = _revision(connection)
    if found is not None and found not in REVISIONS:
        raise LedgerTooNew
    if found not in (None, REVISIONS[-1]) and not migrate:
        raise LedgerTooOld
    return found == REVISIONS[-1]


def _as_revision(found: str) -> str:
    """Tell the revision of a later version from what is none at all."""
    if not re.fullmatch(r"[0-9]{4}", found, re.ASCII):
        raise LedgerDamaged("alembic_version: not the name of a revision")
    return found


def _revision(connection: Connection) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        found = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
        if len(found) != 1:
            raise LedgerDamaged(f"alembic_version: {len(found)} rows instead of one")
        return _as_revision(str(found[0]))
    # a server's database may hold other people's tables, a file of ours may not
    foreign = tables if connection.dialect.name == "sqlite" else tables & set(schema.metadata.tables)
    if foreign:
        raise LedgerDamaged(f"tables without a revision: {', '.join(sorted(foreign))}")
    return None


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
