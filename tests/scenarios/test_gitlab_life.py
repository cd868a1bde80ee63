"""A contract whose milestones live in GitLab, from the command line: billed, explained, and what happens afterwards.

Design is worth 30 % of 10000.00; advice is billed by the hour, anna at 120.00 and everybody else at 90.00.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tracker2invoice.cli.main import main
from tracker2invoice.testing.sandbox.gitlab import TOKEN, GitLabSandbox

PORTAL = "acme/web/portal"
CONFIG = """\
timezone = "Europe/Berlin"
supplier = {{ name = "Northwind Software GmbH" }}
outputs.files = {{ kind = "files", directory = "invoices", formats = ["json"] }}
clients.acme = {{ name = "Acme GmbH" }}

[trackers.gitlab]
kind = "gitlab"
url = "{url}"
token = {{ env = "LIFE_GITLAB_TOKEN" }}

[[contracts]]
id = "acme-portal"
client = "acme"
projects = ["gitlab:acme/web/portal"]
start = 2026-01-01
currency = "EUR"
price = "10000.00"
tax = {{ category = "S", rate = "19" }}
due = "30 days"
outputs = ["files"]

  [[contracts.terms]]
  id = "design"
  milestone = "Design*"
  percent = "30"

  [[contracts.terms]]
  id = "beta"
  milestone = "Beta"
  percent = "20"

  [[contracts.terms]]
  id = "advice"
  milestone = "Advice"
  rates = {{ default = "90.00", people = {{ anna = "120.00" }} }}
  not_to_exceed = "5000.00"
"""


class Life:
    """GitLab, the configuration that leads to it, and the command line, with a clock to turn."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
        self._directory, self._patch = directory, patch
        self.gitlab = GitLabSandbox(lambda: self.now)

    def begin(self) -> None:
        path = self._directory / "tracker2invoice.toml"
        path.write_text(CONFIG.format(url=self.gitlab.url), encoding="utf-8")
        for name, value in {"T2I_CONFIG": str(path), "LIFE_GITLAB_TOKEN": TOKEN}.items():
            self._patch.setenv(name, value)
        self.pass_by(timedelta(0))

    def pass_by(self, time: timedelta) -> None:
        self.now += time
        self._patch.setenv("T2I_NOW", self.now.isoformat())

    def t2i(self, *arguments: str) -> str:
        """Return all that a person reads, as one line; each call is an hour after the last."""
        self.pass_by(timedelta(hours=1))
        result = CliRunner().invoke(main, arguments, prog_name="t2i", env={"COLUMNS": "300"})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert TOKEN not in result.output
        return " ".join(result.output.split())


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    for name in [name for name in os.environ if name.startswith("T2I_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    one = Life(tmp_path, monkeypatch)
    with one.gitlab:
        one.begin()
        yield one


def test_a_milestone_is_billed_once_and_its_story_is_told(life: Life) -> None:
    state = life.gitlab.gitlab
    state.add_project(PORTAL)
    for title in ("Design", "Beta", "Advice"):
        state.add_milestone(PORTAL, title)
    state.add_item(PORTAL, "Wireframes", 1)
    assert "not-closed" in life.t2i("run")
    state.close_milestone(PORTAL, 1)
    assert "3000.00 EUR" in life.t2i("run")
    state.reopen_milestone(PORTAL, 1)
    assert "reopened-after-billing" in life.t2i("run")
    state.rename_milestone(PORTAL, 1, "Design and concept")
    life.t2i("run")
    state.rename(PORTAL, "acme/gate")
    life.t2i("run")
    state.delete_milestone("acme/gate", 1)
    life.t2i("run")
    story = life.t2i("explain", "gitlab:acme/web/portal", "Design and concept")
    for happened in (
        "milestone.closed Design 2026-03-02T10:30:00",
        "milestone.reopened Design",
        "milestone.changed Design and concept 1 http",
        "/acme/gate/-/milestones/1",
        "milestone.gone Design and concept",
    ):
        assert happened in story
    assert len(list(Path(os.environ["T2I_CONFIG"]).parent.glob("invoices/*.json"))) == 1


def test_hours_are_billed_to_the_cent_by_who_worked_them(life: Life) -> None:
    state = life.gitlab.gitlab
    state.add_project(PORTAL)
    state.add_item(PORTAL, "Review", state.add_milestone(PORTAL, "Advice"))
    state.add_item(PORTAL, "A fix", 1, kind="merge_request", state="merged")
    # 1 h 20 min x 120.00 + (50 - 10) min x 90.00
    state.spend(PORTAL, 1, "anna", 4800, "2026-02-27T09:00:00+00:00")
    state.spend(PORTAL, 1, "ben", 3000, "2026-02-27T09:00:00+00:00")
    state.spend(PORTAL, 1, "ben", -600, "2026-02-28T09:00:00+00:00", "merge_request")
    state.close_milestone(PORTAL, 1)
    life.gitlab.offer_graphql(False)
    assert "only GraphQL tells who worked when" in life.t2i("run")
    life.gitlab.offer_graphql(True)
    assert "220.00 EUR" in life.t2i("run")
