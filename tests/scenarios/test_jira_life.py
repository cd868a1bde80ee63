"""A contract whose milestones are versions and epics of Jira, told with the command line against the sandbox.

10000.00 EUR net: Design, a version, 30 %; Beta and Acceptance, epics, 50 and 20 %.
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
from tracker2invoice.testing.sandbox.jira import EMAIL, TOKEN, JiraSandbox
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC

HELD = 3
VERSIONS, EPICS = "jira:PORTAL", "jira:PORTAL/epics"
CONFIGURATION = """
timezone = "Europe/Berlin"
[supplier]
name = "Northwind"
vat_id = "DE123456788"
address = { street = "Hauptstr. 1", city = "Berlin", postcode = "10115", country = "DE" }
[trackers.jira]
kind = "jira"
url = "URL"
email = "EMAIL"
token = { env = "JIRA_TOKEN" }
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
projects = ["jira:PORTAL", "jira:PORTAL/epics"]
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
  { id = "acceptance", milestone = "Acceptance", percent = "20" },
]
"""


@dataclass(slots=True)
class Life:
    """The sandbox, the folder, and a clock that the story turns."""

    patch: pytest.MonkeyPatch
    directory: Path
    sandbox: JiraSandbox
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

    def told(self, project: str, title: str) -> list[str]:
        """Return what `explain` says that happened to a milestone."""
        kinds = [one["kind"].split(".") for one in self.t2i("explain", project, title)["journal"]]
        return [what for subject, what in kinds if subject == "milestone"]

    def documents(self) -> list[str]:
        return sorted(path.read_text() for path in (self.directory / "invoices").glob("*.json"))


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    days = [datetime(2026, 1, 12, 8, tzinfo=UTC)]
    with JiraSandbox(lambda: days[-1]) as sandbox:
        config = tmp_path / "tracker2invoice.toml"
        config.write_text(CONFIGURATION.replace("URL", sandbox.url).replace("EMAIL", EMAIL), encoding="utf-8")
        monkeypatch.setenv("T2I_CONFIG", str(config))
        monkeypatch.setenv("JIRA_TOKEN", TOKEN)
        yield Life(monkeypatch, tmp_path, sandbox, days)


def test_versions_and_epics_are_billed_once_through_all_that_happens_to_them(life: Life) -> None:
    jira = life.sandbox.jira
    portal, shop = jira.add_project("Customer portal", "PORTAL"), jira.add_project("Shop", "SHOP")
    design = jira.add_version(portal, "Design", "2026-01-31")
    beta, acceptance = (jira.add_issue(portal, title, type=EPIC) for title in ("Beta", "Acceptance"))
    task = jira.add_issue(portal, "Screens", version=design)
    assert all(one["ok"] for one in life.t2i("check")["findings"])
    assert set(map(code_of, life.run().values())) == {"not-closed"}

    life.on(1, 20)
    jira.release_version(design)
    assert life.run()["design"] == "items-open: closed, but 1 item in it still open"
    jira.move_issue(task, DONE)
    assert "closed between 2026-01-12T08:00:00Z and 2026-01-20T08:00:00Z" in life.run()["design"]

    life.on(2, 20)
    jira.move_issue(beta, DONE, by="Mia Krystof")
    life.on(2, 21)
    assert "closed 2026-02-20T08:00:00Z by Mia Krystof" in life.run()["beta"]
    jira.rename_issue(beta, "Beta, as agreed")
    jira.rename_project(portal, "Gate", "GATE")
    assert {term: code_of(reason) for term, reason in life.run().items()} == {
        "design": "already-billed", "beta": "already-billed", "acceptance": "not-closed",
    }  # fmt: skip

    jira.unrelease_version(design)
    assert code_of(life.run(code=HELD)["design"]) == "reopened-after-billing"
    jira.move_issue(acceptance, DONE)
    jira.move_to_project(acceptance, shop)
    assert code_of(life.run(code=HELD)["acceptance"]) == "milestone-gone"
    jira.move_to_project(acceptance, portal)
    jira.delete_issue(beta)
    last = life.run(code=HELD)
    assert last["beta"].endswith("the tracker no longer has the milestone")
    assert code_of(last["acceptance"]) == "accepted"

    assert life.told(VERSIONS, "Design") == ["seen", "closed", "changed", "reopened"]
    assert life.told(EPICS, "Beta, as agreed") == ["seen", "closed", "changed", "gone"]
    assert life.told(EPICS, "Acceptance") == ["seen", "changed", "gone", "seen"]
    assert len(life.documents()) == 3


def code_of(reason: str) -> str:
    return reason.partition(":")[0]
