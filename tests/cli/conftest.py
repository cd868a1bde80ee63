"""A newcomer's desk: sandboxes for GitHub and Xero, a configuration in a folder, and the command line.

Whatever a test asks, no answer may hold a secret or a traceback: `T2i` looks at every one of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.cli.browser import Browser

from tracker2invoice.cli.main import main
from tracker2invoice.testing.sandbox.github import TOKEN
from tracker2invoice.testing.sandbox.rehearsal import Rehearsal, rehearsal
from tracker2invoice.testing.sandbox.xero import CLIENT_SECRET

SENTINEL = "ghp_SENTINELsentinelSENTINEL"
SECRETS = (TOKEN, CLIENT_SECRET, "SENTINEL", "sentinel")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command left behind: its exit code, and what it wrote where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """All that a person reads, as one line: tables and help break lines anywhere."""
        return " ".join((self.out + self.err).split())


class T2i:
    """The command line, in this process unless the test needs a real one."""

    def __call__(self, *arguments: object, encoding: str = "utf-8") -> Answer:
        result = CliRunner(charset=encoding).invoke(main, [str(one) for one in arguments], prog_name="t2i")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return checked(Answer(result.exit_code, result.stdout, result.stderr))

    def process(self, *arguments: object, **environment: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "tracker2invoice", *map(str, arguments)],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            env=os.environ | environment,
            timeout=60,
        )
        return checked(Answer(done.returncode, done.stdout, done.stderr))


def checked(answer: Answer) -> Answer:
    both = answer.out + answer.err
    assert "Traceback" not in both
    assert [secret for secret in SECRETS if secret in both] == []
    return answer


@dataclass(slots=True)
class World:
    """Both sandboxes at work, a configuration that leads to them, and a clock that only the test moves."""

    directory: Path
    patch: pytest.MonkeyPatch
    now: datetime = NOON
    stage: Rehearsal = field(init=False)
    t2i: T2i = field(default_factory=T2i)
    sentinel: str = SENTINEL

    def clock(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)
        self.patch.setenv("T2I_NOW", self.now.isoformat())

    @property
    def config(self) -> Path:
        return self.stage.config

    @property
    def invoices(self) -> Path:
        return self.directory / "invoices"

    @property
    def database(self) -> Path:
        return self.directory / "tracker2invoice.db"

    def configure(self, old: str, new: str) -> None:
        """Edit the configuration as a person does: one place that is there once."""
        text = self.config.read_text()
        assert text.count(old) == 1, old
        self.config.write_text(text.replace(old, new))

    def add(self, text: str) -> None:
        """Write something below the configuration's first lines, above the sections."""
        self.configure('timezone = "Europe/Berlin"\n', f'timezone = "Europe/Berlin"\n{text}\n')

    def reference(self, term: str) -> str:
        """Return the reference that `plan` shows for a term."""
        actions = self.t2i("plan", "--json").json["actions"]
        found: str = next(one["reference"] for one in actions if one["term"] == term)
        return found


@pytest.fixture(autouse=True)
def _a_tidy_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("T2I_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("T2I_NOW", NOON.isoformat())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("GITHUB_TOKEN", SENTINEL)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def t2i() -> T2i:
    return T2i()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """PDF is left out: it is not the command line's, and slow."""
    running = World(tmp_path / "world", monkeypatch)
    running.directory.mkdir()
    with rehearsal(running.directory, running.clock) as stage:
        running.stage = stage
        for name, value in stage.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("T2I_CONFIG", str(stage.config))
        running.configure('formats = ["pdf", "json", "csv"]', 'formats = ["json"]')
        yield running


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Open what `auth --browser` opens."""
    one = Browser()
    monkeypatch.setattr(webbrowser, "open", one.open)
    yield one
    one.close()


@pytest.fixture
def plain_words() -> re.Pattern[str]:
    """Matches what no terminal should be sent: control characters other than the end of a line."""
    return re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
