"""A contract whose milestones the client accepts by a comment, told with the command line, in each tracker.

10000.00 EUR net: Design 30 %, once anna or ben of the client has written "accepted".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tracker2invoice.cli.main import main
from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox import gitea, github, gitlab, jira
from tracker2invoice.testing.sandbox.jira_state import DONE

CONFIGURATION = """
timezone = "Europe/Berlin"
[supplier]
name = "Northwind"
vat_id = "DE123456788"
address = { street = "Hauptstr. 1", city = "Berlin", postcode = "10115", country = "DE" }
[trackers.KIND]
kind = "KIND"
url = "URL"
token = { env = "TRACKER_TOKEN" }
EMAIL
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
projects = ["KIND:PROJECT"]
start = 2026-01-01
currency = "EUR"
price = "10000.00"
tax = { category = "S", rate = "19" }
due = "30 days"
outputs = ["files"]
accept = ACCEPT
terms = [{ id = "design", milestone = "Design", percent = "100" }]
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """What people do in a tracker: close the milestone, comment on its only issue, delete that, label the issue."""

    url: str
    token: str
    project: str
    item: str
    close: Callable[[], None]
    reopen: Callable[[], None]
    comment: Callable[[str, str], int]
    delete: Callable[[int], None]
    label: Callable[[str], None]
    unlabel: Callable[[], None]
    email: str = ""


@contextmanager
def on_github(clock: Clock) -> Generator[Desk]:
    with github.GitHubSandbox(clock) as sandbox:
        state, name = sandbox.github, "acme/portal"
        state.add_repository(name)
        number = state.add_milestone(name, "Design")
        issue = state.add_issue(name, "Log in", number)
        yield Desk(
            sandbox.url,
            github.TOKEN,
            name,
            "1",
            close=lambda: state.close_milestone(name, number),
            reopen=lambda: state.reopen_milestone(name, number),
            comment=lambda author, text: state.comment(name, issue, author, text),
            delete=lambda comment: state.delete_comment(name, comment),
            label=lambda by: state.set_label(name, issue, "accepted", by),
            unlabel=lambda: state.remove_label(name, issue, "accepted"),
        )


@contextmanager
def on_gitlab(clock: Clock) -> Generator[Desk]:
    with gitlab.GitLabSandbox(clock) as sandbox:
        state, name = sandbox.gitlab, "acme/portal"
        state.add_project(name)
        number = state.add_milestone(name, "Design")
        issue = state.add_item(name, "Log in", number)
        yield Desk(
            sandbox.url,
            gitlab.TOKEN,
            name,
            "1",
            close=lambda: state.close_milestone(name, number),
            reopen=lambda: state.reopen_milestone(name, number),
            comment=lambda author, text: state.comment(name, issue, author, text),
            delete=lambda comment: state.delete_comment(name, comment),
            label=lambda by: state.set_label(name, issue, "accepted", by),
            unlabel=lambda: state.remove_label(name, issue, "accepted"),
        )


@contextmanager
def on_gitea(clock: Clock) -> Generator[Desk]:
    with gitea.GiteaSandbox(clock) as sandbox:
        state, name = sandbox.gitea, "acme/portal"
        project = state.add_repository(name)
        number = state.add_milestone(project, "Design")
        issue = state.add_issue(project, "Log in", number)
        yield Desk(
            sandbox.url,
            gitea.TOKEN,
            name,
            "1",
            close=lambda: state.close_milestone(project, number),
            reopen=lambda: state.reopen_milestone(project, number),
            comment=lambda author, text: state.comment(project, issue, author, text),
            delete=lambda comment: state.delete_comment(project, comment),
            label=lambda by: state.set_label(project, issue, "accepted", by),
            unlabel=lambda: state.remove_label(project, issue, "accepted"),
        )


@contextmanager
def on_jira(clock: Clock) -> Generator[Desk]:
    with jira.JiraSandbox(clock) as sandbox:
        state = sandbox.jira
        project = state.add_project("Portal", "PORTAL")
        version = state.add_version(project, "Design")
        issue = state.add_issue(project, "Log in", version=version, status=DONE)
        yield Desk(
            sandbox.url,
            jira.TOKEN,
            "PORTAL",
            "PORTAL-1",
            close=lambda: state.release_version(version),
            reopen=lambda: state.unrelease_version(version),
            comment=lambda author, text: state.comment(issue, author, text),
            delete=state.delete_comment,
            label=lambda by: state.set_label(issue, "accepted", by),
            unlabel=lambda: state.remove_label(issue, "accepted"),
            email=f'email = "{jira.EMAIL}"',
        )


DESKS: dict[str, Callable[[Clock], AbstractContextManager[Desk]]] = {
    "github": on_github,
    "gitlab": on_gitlab,
    "gitea": on_gitea,
    "jira": on_jira,
}


@dataclass(slots=True)
class Story:
    """A clock that the story turns, and the command line."""

    patch: pytest.MonkeyPatch
    directory: Path
    now: datetime

    def configure(self, kind: str, desk: Desk, accept: str) -> None:
        self.patch.setenv("TRACKER_TOKEN", desk.token)
        self.patch.setenv("T2I_CONFIG", str(self.directory / "tracker2invoice.toml"))
        chosen = {"KIND": kind, "URL": desk.url, "EMAIL": desk.email, "PROJECT": desk.project, "ACCEPT": accept}
        text = CONFIGURATION
        for name, value in chosen.items():
            text = text.replace(name, value)
        (self.directory / "tracker2invoice.toml").write_text(text, encoding="utf-8")

    def at(self, day: int, hour: int) -> None:
        self.now = datetime(2026, 3, day, hour, tzinfo=UTC)

    def t2i(self, *arguments: str) -> Any:
        self.patch.setenv("T2I_NOW", self.now.isoformat())
        result = CliRunner().invoke(main, [*arguments, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def run(self) -> tuple[str, str]:
        """Run, and return what was done about the term and for which reason, its code."""
        (action,) = self.t2i("run")["actions"]
        return action["action"], action["reason"].partition(":")[0]

    def documents(self) -> list[Any]:
        return [json.loads(path.read_text()) for path in (self.directory / "invoices").glob("*.json")]


@pytest.mark.parametrize("kind", DESKS)
def test_what_anna_has_accepted_is_billed_once_and_stays_proved(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    story = Story(monkeypatch, tmp_path, datetime(2026, 3, 2, 8, tzinfo=UTC))
    with DESKS[kind](lambda: story.now) as desk:
        story.configure(kind, desk, '{ comment = { text = "accepted", by = ["anna", "ben"] } }')
        desk.comment("anna", "accepted")
        assert story.run() == ("none", "not-closed")

        story.at(3, 8)
        desk.close()
        assert story.run() == ("none", "not-accepted")

        story.at(4, 8)
        desk.comment("mallory", "accepted")
        desk.comment("ben", "> accepted\n\nnot quite")
        assert story.run() == ("none", "not-accepted")

        story.at(5, 8)
        desk.reopen()
        assert story.run() == ("none", "not-closed")
        story.at(5, 9)
        desk.comment("anna", "accepted")
        story.at(5, 10)
        desk.close()
        assert story.run() == ("none", "not-accepted")

        story.at(6, 8)
        comment = desk.comment("anna", "Accepted\n\nThank you!")
        (planned,) = story.t2i("plan")["actions"]
        assert story.run() == ("bill", "accepted")

        story.at(7, 8)
        desk.delete(comment)
        assert story.run() == ("none", "already-billed")
        (document,) = story.documents()
        assert document["accepted_by"] == planned["accepted_by"]
        (evidence,) = document["accepted_by"]
        assert document["totals"]["net"] == "10000.00"
        assert (evidence["login"], evidence["at"]) == ("anna", "2026-03-06T08:00:00Z")
        assert (evidence["milestone_title"], evidence["item"]) == ("Design", desk.item)
        assert evidence["url"].startswith(desk.url)
        assert str(comment) in evidence["url"]
        told = story.t2i("explain", f"{kind}:{desk.project}", "Design")
        assert told["accepted_by"] == {document["reference"]: [evidence]}
        said = CliRunner().invoke(main, ["explain", f"{kind}:{desk.project}", "Design"]).output
        assert "accepted by" in said
        assert "anna" in said.partition("accepted by")[2]
