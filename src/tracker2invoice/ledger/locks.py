"""Locks by name across processes and machines, freed by the death of the process that holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from tracker2invoice.errors import LedgerBusy, StorageFailed
from tracker2invoice.failpoints import failpoint
from tracker2invoice.ledger.database import Database, translated


@contextmanager
def lock(database: Database, name: str, timeout: timedelta) -> Generator[None]:
    """Hold the lock `name` of this ledger alone. A `timeout` of zero tries once.

    Raises:
        LedgerBusy: somebody else still held it after `timeout`.
        StorageFailed: the lock could not be taken, or its connection was lost while it was held.
    """
    held = _file(database.path, name, timeout) if database.path else _advisory(database, name, timeout)
    with ExitStack() as stack:
        with failpoint(f"lock.{name}"):
            stack.enter_context(held)
        yield


@contextmanager
def _file(database: Path, name: str, timeout: timedelta) -> Generator[None]:
    path = database.with_name(f"{database.name}.{quote(name, safe='')}.lock")
    # a lock of this thread alone could not be let go by another one
    file_lock = FileLock(path, mode=0o600, thread_local=False)
    try:
        file_lock.acquire(timeout=timeout.total_seconds())
    except Timeout as error:
        raise LedgerBusy(name) from error
    except OSError as error:
        raise StorageFailed(str(path), error.strerror or type(error).__name__) from error
    try:
        yield
    finally:
        file_lock.release()


@contextmanager
def _advisory(database: Database, name: str, timeout: timedelta) -> Generator[None]:
    """Hold a session lock of PostgreSQL on a connection of its own (manual, "Advisory Locks")."""
    with translated(database.place), database.engine.connect() as connection:
        # in a transaction the lock would keep a snapshot open for as long as it is held
        connection.execution_options(isolation_level="AUTOCOMMIT")
        key = _key(connection, name)
        if not _taken(connection, key, timeout):
            raise LedgerBusy(name)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})


def _key(connection: Connection, name: str) -> int:
    # such locks are the whole database's, and each of its schemas may hold a ledger
    schema = connection.scalar(text("SELECT current_schema()"))
    return int.from_bytes(hashlib.sha256(f"{schema} {name}".encode()).digest()[:8], signed=True)


def _taken(connection: Connection, key: int, timeout: timedelta) -> bool:
    milliseconds = timeout // timedelta(milliseconds=1)
    if milliseconds <= 0:
        return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}))
    previous = connection.scalar(text("SHOW lock_timeout"))
    connection.execute(text("SELECT set_config('lock_timeout', :limit, false)"), {"limit": f"{milliseconds}ms"})
    try:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":
            return False
        raise
    finally:
        connection.execute(text("SELECT set_config('lock_timeout', :limit, false)"), {"limit": previous})
    return True
