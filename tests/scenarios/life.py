"""The life of one contract, told with the command line against the sandbox of a tracker, with a clock to turn."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from click.testing import CliRunner

from tracker2invoice.cli.main import main
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.server import Sandbox

HELD = 3
FIRST_DAY = datetime(2026, 1, 12, 8, tzinfo=UTC)
AROUND = """
timezone = "Europe/Berlin"
[supplier]
name = "Northwind"
vat_id = "DE123456788"
address = { street = "Hauptstr. 1", city = "Berlin", postcode = "10115", country = "DE" }
[outputs.files]
kind = "files"
directory = "invoices"
formats = ["json"]
[clients.acme]
name = "Acme GmbH"
address = { street = "Ring 2", city = "Hamburg", postcode = "20095", country = "DE" }
[trackers.KIND]
kind = "KIND"
url = "URL"
token = { env = "LIFE_TOKEN" }
TRACKER
[[contracts]]
id = "portal"
client = "acme"
start = 2026-01-01
currency = "EUR"
price = "10000.00"
tax = { category = "S", rate = "19" }
due = "30 days"
outputs = ["files"]
CONTRACT
"""

S = TypeVar("S", bound=Sandbox)


@dataclass(slots=True)
class Life(Generic[S]):
    """The sandbox, the folder with the configuration, and the days that the story has come to."""

    sandbox: S
    patch: pytest.MonkeyPatch
    directory: Path
    days: list[datetime]
    secret: str

    def on(self, month: int, day: int) -> None:
        """Let it be that day, at eight in the morning UTC."""
        self.days.append(datetime(2026, month, day, 8, tzinfo=UTC))

    def t2i(self, *arguments: str, code: int = 0) -> Any:
        """Run a command on that day, look at its exit code, and return its answer."""
        self.patch.setenv("T2I_NOW", self.days[-1].isoformat())
        result = CliRunner().invoke(main, [*arguments, "--json"])
        assert result.exit_code == code, result.output
        assert self.secret not in result.output
        return json.loads(result.stdout)

    def run(self, code: int = 0) -> dict[str, str]:
        """Run, and return the reason for each term."""
        return {one["term"]: one["reason"] for one in self.t2i("run", code=code)["actions"] if one["term"]}

    def told(self, project: str, title: str) -> list[str]:
        """Return what `explain` says that happened to a milestone."""
        kinds = [one["kind"].split(".") for one in self.t2i("explain", project, title)["journal"]]
        return [what for subject, what in kinds if subject == "milestone"]

    def nets(self) -> list[str]:
        """Return the net amounts of all documents."""
        found = [json.loads(path.read_text()) for path in (self.directory / "invoices").glob("*.json")]
        return sorted(one["totals"]["net"] for one in found)


@contextmanager
def begun(
    sandbox: Callable[[Clock], S],
    kind: str,
    token: str,
    contract: str,
    directory: Path,
    patch: pytest.MonkeyPatch,
    tracker: str = "",
) -> Generator[Life[S]]:
    """Start the sandbox and write the configuration; `contract` and `tracker` are what their sections have besides."""
    for variable in [variable for variable in os.environ if variable.startswith("T2I_")]:
        patch.delenv(variable)
    days = [FIRST_DAY]
    with sandbox(lambda: days[-1]) as running:
        text = AROUND.replace("KIND", kind).replace("URL", running.url)
        config = directory / "tracker2invoice.toml"
        config.write_text(text.replace("TRACKER", tracker).replace("CONTRACT", contract), encoding="utf-8")
        patch.setenv("T2I_CONFIG", str(config))
        patch.setenv("LIFE_TOKEN", token)
        yield Life(running, patch, directory, days, token)


def code_of(reason: str) -> str:
    """Return the code of a reason, without its words."""
    return reason.partition(":")[0]
