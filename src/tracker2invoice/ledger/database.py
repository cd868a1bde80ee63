"""Connections and transactions: the engine, what every connection is set to, and how a failure is called.

Nothing here knows a table but the head of the journal, whose row every writer locks first.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from stat import S_ISREG
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, MultipleResultsFound
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tracker2invoice.errors import (
    ConfigInvalid,
    LedgerBusy,
    LedgerDamaged,
    Problem,
    StorageFailed,
    Tracker2InvoiceError,
)
from tracker2invoice.failpoints import failpoint

BUSY_TIMEOUT = timedelta(seconds=30)
"""How long a statement waits for another writer."""

# SQLite's primary result codes (sqlite.org/rescode.html): busy, locked
_SQLITE_BUSY = {5, 6}
# permission, read-only, I/O error, full, cannot open, not authorised
_SQLITE_STORAGE = {3, 8, 10, 13, 14, 23}

# PostgreSQL's SQLSTATE codes (manual, appendix A): lock not available, cancelled, deadlock, serialisation
_POSTGRESQL_BUSY = {"55P03", "57014", "40P01", "40001"}
# read-only transaction, no privilege, and by class: connection, resources, shutdown, system error
_POSTGRESQL_STORAGE = {"25006", "42501"}
_POSTGRESQL_STORAGE_CLASSES = ("08", "53", "57P", "58")


class Database:
    """One ledger's database. `path` is the SQLite file, None for a server; `place` names it in errors."""

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.path = Path(parsed.database or "").resolve() if parsed.drivername == "sqlite" else None
        self.place = str(self.path) if self.path else f"PostgreSQL database {parsed.database}"
        self.engine = _sqlite(self.path) if self.path else _postgresql(parsed)
        self._reading = self.engine
        self._writing = self.engine.execution_options(begin="BEGIN IMMEDIATE")
        if self.path is None:
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ")

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Hand out a connection that sees one unchanging state of the ledger.

        Raises:
            LedgerBusy, LedgerDamaged, StorageFailed.
        """
        with translated(self.place), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self, what: str) -> Generator[Connection]:
        """Hand out a transaction that is durable once the block is left, and undone by an exception.

        `what` names its commit among the failpoints.

        Raises:
            LedgerBusy, LedgerDamaged, StorageFailed.
        """
        with translated(self.place), self._writing.begin() as connection:
            yield connection
            with failpoint(f"ledger.{what}"):
                connection.commit()


@contextmanager
def translated(place: str) -> Generator[None]:
    """Turn what the database driver raises into the error tree; messages with values in them stay behind.

    Raises:
        LedgerBusy, LedgerDamaged, StorageFailed.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise LedgerBusy("ledger") from error
    except DBAPIError as error:
        raise _translation(error.orig, place) from error
    except (MultipleResultsFound, UnicodeDecodeError) as error:
        # only damage puts two rows where a key allows one, or bytes where text was written
        raise LedgerDamaged(f"{place}: {type(error).__name__}") from error


def _translation(error: BaseException | None, place: str) -> Tracker2InvoiceError:
    if hasattr(error, "sqlstate"):
        return _postgresql_translation(error, place)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _SQLITE_BUSY:
        return LedgerBusy("ledger")
    if code in _SQLITE_STORAGE:
        return StorageFailed(place, str(error))
    return LedgerDamaged(f"{place}: {getattr(error, 'sqlite_errorname', type(error).__name__)}")


def _postgresql_translation(error: Any, place: str) -> Tracker2InvoiceError:
    state: str | None = error.sqlstate
    if state is None:
        return StorageFailed(place, "no connection")
    if state in _POSTGRESQL_BUSY:
        return LedgerBusy("ledger")
    if state in _POSTGRESQL_STORAGE or state.startswith(_POSTGRESQL_STORAGE_CLASSES):
        return StorageFailed(place, f"SQLSTATE {state}")
    return LedgerDamaged(f"{place}: SQLSTATE {state}")


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _invalid("write sqlite:///file.db or postgresql://user@host/database") from error
    match parsed.drivername:
        case "sqlite" if parsed.database in (None, "", ":memory:") or parsed.query:
            raise _invalid("a SQLite ledger is a plain file: sqlite:///file.db")
        case "sqlite":
            return parsed
        case "postgresql" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
        case _:
            raise _invalid("only sqlite and postgresql can hold a ledger")


def _invalid(message: str) -> ConfigInvalid:
    return ConfigInvalid((Problem("", "ledger", "url", message),))


def _sqlite(path: Path) -> Engine:
    _create_private(path)
    # parameters may hold what must not be printed, so no exception may carry them
    engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_private(path: Path) -> None:
    # the -wal and -shm files get the permissions of the database (sqlite.org/src, findCreateFileMode); a file that
    # is there may be in use by this process, and closing it would free SQLite's locks on it (howtocorrupt.html, 2.2)
    try:
        with failpoint("ledger.create-file"), suppress(FileExistsError):
            os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600))
        found = path.stat()
    except OSError as error:
        raise StorageFailed(str(path), error.strerror or type(error).__name__) from error
    if not S_ISREG(found.st_mode):
        raise StorageFailed(str(path), "not a file")
    # WAL and locks go by the name, so under each name a part of the ledger would be missing (sqlite.org/howtocorrupt)
    if found.st_nlink > 1:
        raise _invalid(
            "the file has a second name (hard link), under which its latest entries are not seen; remove one"
        )


def _set_up_sqlite(connection: Any, _: object) -> None:
    # transactions are begun by _begin_sqlite alone: sqlite3 itself begins them late and without IMMEDIATE
    connection.isolation_level = None
    milliseconds = BUSY_TIMEOUT // timedelta(milliseconds=1)
    connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
    with failpoint("ledger.journal-mode"):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # macOS: fsync alone leaves data in the drive's cache (sqlite.org/pragma.html#pragma_fullfsync)
    connection.execute("PRAGMA fullfsync = ON")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _postgresql(url: URL) -> Engine:
    try:
        engine = create_engine(url, hide_parameters=True)
    except ImportError as error:
        raise _invalid("install tracker2invoice[postgresql]") from error
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_postgresql(connection: Any, _: object) -> None:
    milliseconds = BUSY_TIMEOUT // timedelta(milliseconds=1)
    # what is set in a transaction would be undone with it
    connection.autocommit = True
    # a machine that lost power would keep its locks for the two hours of the usual keep-alive
    connection.execute(
        f"SET lock_timeout = {milliseconds}; SET synchronous_commit = on; SET tcp_keepalives_idle = 30;"
        "SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
    )
    connection.autocommit = False
