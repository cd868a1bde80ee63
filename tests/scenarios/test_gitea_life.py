"""A contract whose milestones are in Gitea, told with the command line against the sandbox.

10000.00 EUR net: Design 30 %, Beta 50 %, and advice by the hour at 100.00 up to 2000.00.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tracker2invoice.cli.main import main
from tracker2invoice.testing.sandbox.gitea import TOKEN, GiteaSandbox

HELD = 3
CONFIGURATION = """
timezone = "Europe/Berlin"
[supplier]
name = "Northwind"
vat_id = "DE123456788"
address = { street = "Hauptstr. 1", city = "Berlin", postcode = "10115", country = "DE" }
[trackers.gitea]
kind = "gitea"
url = "URL"
token = { env = "GITEA_TOKEN" }
[outputs.files]
kind = "files"
directory = "invoices"
formats = ["json"]
[clients.acme]
name = "Acme GmbH"
address = { street = "Ring 2", city = "Hamburg", postcode = "20095", country = "DE" }
[[contracts]]
id = "portal"
client = "acme"
projects = ["gitea:acme/portal"]
start = 2026-01-01
currency = "EUR"
price = "10000.00"
tax = { category = "S", rate = "19" }
due = "30 days"
outputs = ["files"]
accept = { all_issues_closed = true }
terms = [
  { id = "design", milestone = "Design*", percent = "30" },
  { id = "beta", milestone = "Beta*", percent = "50" },
  { id = "advice", milestone = "Advice", rates = { default = "100.00" }, not_to_exceed = "2000.00" },
]
"""


@dataclass(slots=True)
class Life:
    """The sandbox, the folder, and a clock that the story turns."""

    patch: pytest.MonkeyPatch
    directory: Path
    sandbox: GiteaSandbox
    days: list[datetime]

    def on(self, month: int, day: int) -> None:
        self.days.append(datetime(2026, month, day, 8, tzinfo=UTC))

    def t2i(self, *arguments: str, code: int = 0) -> Any:
        """Run a command on that day, look at its exit code, and return its answer."""
        self.patch.setenv("T2I_NOW", self.days[-1].isoformat())
        result = CliRunner().invoke(main, [*arguments, "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def run(self, code: int = 0) -> dict[str, str]:
        """Run, and return the reason for each term."""
        return {one["term"]: one["reason"] for one in self.t2i("run", code=code)["actions"] if one["term"]}

    def told(self, title: str, project: str = "gitea:acme/portal") -> list[str]:
        """Return what `explain` says that happened to a milestone."""
        kinds = [one["kind"].split(".") for one in self.t2i("explain", project, title)["journal"]]
        return [what for subject, what in kinds if subject == "milestone"]

    def nets(self) -> list[str]:
        found = [json.loads(path.read_text()) for path in (self.directory / "invoices").glob("*.json")]
        return sorted(one["totals"]["net"] for one in found)


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    days = [datetime(2026, 1, 12, 8, tzinfo=UTC)]
    with GiteaSandbox(lambda: days[-1]) as sandbox:
        config = tmp_path / "tracker2invoice.toml"
        config.write_text(CONFIGURATION.replace("URL", sandbox.url), encoding="utf-8")
        monkeypatch.setenv("T2I_CONFIG", str(config))
        monkeypatch.setenv("GITEA_TOKEN", TOKEN)
        yield Life(monkeypatch, tmp_path, sandbox, days)


def test_milestones_are_billed_once_through_all_that_happens_to_them(life: Life) -> None:
    gitea = life.sandbox.gitea
    portal = gitea.add_repository("acme/portal")
    design, beta, advice = (gitea.add_milestone(portal, title) for title in ("Design", "Beta", "Advice"))
    talk = gitea.add_issue(portal, "How to go on", advice)
    assert all(one["ok"] for one in life.t2i("check")["findings"])
    assert set(map(code_of, life.run().values())) == {"not-closed"}

    life.on(1, 20)
    gitea.close_milestone(portal, design)
    life.on(1, 21)
    assert "closed 2026-01-20T08:00:00Z" in life.run()["design"]
    gitea.log_time(portal, talk, "mia", 2 * 3600 + 1200)
    gitea.log_time(portal, talk, "ben", 2 * 1200)
    gitea.close_milestone(portal, advice)
    assert code_of(life.run()["advice"]) == "accepted"
    assert life.nets() == ["300.00", "3000.00"]

    life.on(2, 1)
    gitea.rename_milestone(portal, design, "Design, as agreed")
    gitea.rename_repository(portal, "acme/gate")
    other = gitea.add_repository("acme/portal")
    gitea.close_milestone(other, gitea.add_milestone(other, "Beta"))
    assert {term: code_of(reason) for term, reason in life.run().items()} == {
        "design": "already-billed", "beta": "not-closed", "advice": "already-billed",
    }  # fmt: skip

    gitea.reopen_milestone(portal, design)
    assert code_of(life.run(code=HELD)["design"]) == "reopened-after-billing"
    gitea.delete_milestone(portal, advice)
    gitea.close_milestone(portal, beta)
    last = life.run(code=HELD)
    assert last["advice"].endswith("the tracker no longer has the milestone")
    assert code_of(last["beta"]) == "accepted"

    assert life.told("Design, as agreed") == ["seen", "closed", "changed", "reopened"]
    assert life.told("Advice") == ["seen", "closed", "changed", "gone"]
    assert life.nets() == ["300.00", "3000.00", "5000.00"]


def code_of(reason: str) -> str:
    return reason.partition(":")[0]
