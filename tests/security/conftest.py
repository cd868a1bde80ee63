"""A desk where every secret is known by heart, and everything that is said, logged or written is kept."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from click.testing import CliRunner
from tests.cli.conftest import Answer as Answered

from tracker2invoice.cli.main import main
from tracker2invoice.testing.sandbox.rehearsal import Rehearsal, rehearsal
from tracker2invoice.testing.sandbox.server import Answer, Request
from tracker2invoice.testing.sandbox.xero import CLIENT_ID

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GITHUB_TOKEN = "ghp_Qw7/Zr9+Lw2kTb5NvX0sMd8Ye3HuJc6A"
INSTALLATION_TOKEN = "ghs_Vb4/Kp1+Xs9mRe7QzD2fGt6Wn5LcUh0B"
XERO_SECRET = "xs_Hn3/Fy8+Ga6vPo1JwE4rCk7Tu9ZiMb2S"
REFRESH_TOKEN = "rt_Jm5/Ew2+Do8cLi4NqA7xBv1Sy6KgPz9F"
ACCESS_TOKEN = "at_Uc6/Ig3+Rk7bYh9MdO2tFw8Vp5ExQj1L"
SECRETS = (GITHUB_TOKEN, INSTALLATION_TOKEN, XERO_SECRET, REFRESH_TOKEN, ACCESS_TOKEN)
_WEB_TOKEN = re.compile(rb"eyJ[\w-]{10,}\.[\w-]+")


def forms(secret: str) -> dict[str, bytes]:
    """Return how a secret may show: as it is, cut short, in an address, and in base64 beginning at any byte."""
    data = secret.encode()
    coded = {f"base64 from {n}": b64encode(b"." * n + data + b"." * 3)[4:24] for n in range(3)}
    return {"plain": data, "cut short": data[:8], "quoted": quote(secret, safe="").encode()[:16]} | coded


def shown(evidence: bytes, *more: str) -> list[str]:
    """Name every secret that stands in the evidence, and in which form."""
    found = [
        f"{secret[:3]} {form}" for secret in (*SECRETS, *more) for form, it in forms(secret).items() if it in evidence
    ]
    return found + ["a web token"] * bool(_WEB_TOKEN.search(evidence))


@dataclass(slots=True)
class Desk:
    """Both sandboxes, a configuration that leads to them, and all that was said since the test began."""

    directory: Path
    patch: pytest.MonkeyPatch
    log: pytest.LogCaptureFixture
    stage: Rehearsal = field(init=False)
    now: datetime = NOON
    said: list[str] = field(default_factory=list[str])

    def clock(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)
        self.patch.setenv("T2I_NOW", self.now.isoformat())

    @property
    def config(self) -> Path:
        return self.stage.config

    def t2i(self, *arguments: object) -> Answered:
        result = CliRunner().invoke(main, [str(one) for one in arguments], prog_name="t2i")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.said += [result.stdout, result.stderr]
        assert "Traceback" not in result.output
        return Answered(result.exit_code, result.stdout, result.stderr)

    def process(self, *arguments: object, before: str = "") -> subprocess.Popen[str]:
        """Start a command as a process that logs everything; `before` is run first in it."""
        script = f"import logging; logging.basicConfig(level=logging.DEBUG)\n{before}\n"
        script += "from tracker2invoice.cli.main import main; main()"
        command = [sys.executable, "-c", script, *map(str, arguments)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.directory)

    def configure(self, old: str, new: str) -> None:
        text = self.config.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    def reference(self, term: str) -> str:
        actions = self.t2i("plan", "--json").json["actions"]
        found: str = next(one["reference"] for one in actions if one["term"] == term)
        return found

    def evidence(self, *places: Path) -> bytes:
        """Return everything that was printed, logged or written, but for the `places` where secrets belong."""
        kept = {self.config, self.directory / ".env", *self.directory.glob("*.token.json"), *places}
        files = [path.read_bytes() for path in self.directory.rglob("*") if path.is_file() and path not in kept]
        logged = [f"{record.getMessage()} {record.exc_text or ''}" for record in self.log.records]
        return b"\n".join([*files, *(one.encode(errors="replace") for one in (*self.said, *logged))])


def _telling(stage: Rehearsal, patch: pytest.MonkeyPatch) -> None:
    """Let the sandboxes know our secrets, and give out tokens that can be told from everything else."""
    hub: Any = stage.github
    xero: Any = stage.xero
    hub._tokens[GITHUB_TOKEN] = datetime.max.replace(tzinfo=UTC)
    xero.tokens.refresh = REFRESH_TOKEN
    patch.setattr(xero.identity, "_rules", replace(xero.identity._rules, client_secret=XERO_SECRET))
    grant, issue = hub._grant, xero.identity._issue

    def granted(request: Request, number: int) -> Answer:
        answer: Any = grant(request, number)
        token = f"{INSTALLATION_TOKEN}{len(hub._tokens)}"
        hub._tokens[token] = NOON + timedelta(days=1)
        return Answer(answer.status, {**answer.body, "token": token})

    def issued(scope: str, **more: object) -> Answer:
        token = f"{ACCESS_TOKEN}{xero.tokens.issued}"
        answer: Any = issue(scope, **more)
        xero.tokens.access[token] = NOON + timedelta(days=1)
        return Answer(answer.status, json.loads(answer.body) | {"access_token": token})

    patch.setattr(hub, "_grant", granted)
    patch.setattr(xero.identity, "_issue", issued)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Desk]:
    """One whose secrets stand in variables. PDF is left out, for it is slow."""
    import_module("github")  # it sets the level of its own logger when it is first imported
    for logger in ("", "github", "requests", "urllib3", "sqlalchemy"):
        caplog.set_level(logging.DEBUG, logger)
    for name in [name for name in os.environ if name.startswith("T2I_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("T2I_NOW", NOON.isoformat())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("REHEARSAL_GITHUB_TOKEN", GITHUB_TOKEN)
    monkeypatch.setenv("REHEARSAL_XERO_SECRET", XERO_SECRET)
    opened = Desk(tmp_path / "desk", monkeypatch, caplog)
    opened.directory.mkdir()
    monkeypatch.chdir(opened.directory)
    with rehearsal(opened.directory, opened.clock) as stage:
        opened.stage = stage
        _telling(stage, monkeypatch)
        monkeypatch.setenv("T2I_CONFIG", str(stage.config))
        opened.configure('formats = ["pdf", "json", "csv"]', 'formats = ["json", "csv"]')
        yield opened


@pytest.fixture
def secrets() -> dict[str, str]:
    """The secrets by what they open."""
    return {
        "github": GITHUB_TOKEN,
        "installation": INSTALLATION_TOKEN,
        "xero": XERO_SECRET,
        "refresh": REFRESH_TOKEN,
        "access": ACCESS_TOKEN,
        "client": CLIENT_ID,
    }


@pytest.fixture
def leaks() -> Any:
    """Return `shown`."""
    return shown


@pytest.fixture
def quoted() -> Any:
    """Return how a server repeats a secret in an answer: as it is, encoded, and cut short."""

    def repeat(secret: str) -> str:
        encoded = b64encode(secret.encode()).decode()
        return f"{secret} {secret[:12]} {quote(secret, safe='')} {quote_plus(secret)} {encoded} {secret[:20]}..."

    return repeat
