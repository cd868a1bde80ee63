"""GitHub's twin: the sandbox in the words that all trackers share."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Literal

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox

_SECRET = "TWIN_GITHUB_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[GitHubTwin]:
    """Start an empty GitHub; it stops at the end."""
    with GitHubSandbox(clock) as sandbox:
        yield GitHubTwin(sandbox)


class GitHubTwin:
    """The sandbox speaks of names where a tracker's twin speaks of ids."""

    environment: Mapping[str, str] = {_SECRET: TOKEN}

    def __init__(self, sandbox: GitHubSandbox) -> None:
        self.sandbox = sandbox
        self.settings: Mapping[str, object] = {"url": sandbox.url, "token": {"env": _SECRET}}

    def add_project(self, name: str) -> str:
        """Create a repository; return its id."""
        return str(self.sandbox.github.add_repository(name))

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a repository another name."""
        self.sandbox.github.rename_repository(self.name(project_id), name)

    def add_milestone(self, project_id: str, title: str, due_on: date | None = None) -> int:
        """Create an open milestone; return its number."""
        return self.sandbox.github.add_milestone(self.name(project_id), title, due_on.isoformat() if due_on else None)

    def close(self, project_id: str, number: int) -> None:
        """Close a milestone."""
        self.sandbox.github.close_milestone(self.name(project_id), number)

    def reopen(self, project_id: str, number: int) -> None:
        """Open a closed milestone again."""
        self.sandbox.github.reopen_milestone(self.name(project_id), number)

    def rename(self, project_id: str, number: int, title: str) -> None:
        """Give a milestone another title."""
        self.sandbox.github.rename_milestone(self.name(project_id), number, title)

    def delete_milestone(self, project_id: str, number: int) -> None:
        """Delete a milestone."""
        self.sandbox.github.delete_milestone(self.name(project_id), number)

    def add_issue(
        self,
        project_id: str,
        number: int,
        title: str,
        kind: Literal["issue", "merge_request"] = "issue",
        *,
        done: bool = True,
        labels: tuple[str, ...] = (),
    ) -> None:
        """Add an issue or pull request to a milestone; what is not done is closed unmerged, or open."""
        pull = kind == "merge_request"
        self.sandbox.github.add_issue(
            self.name(project_id),
            title,
            number,
            state="closed" if done or pull else "open",
            pull=pull,
            merged=done,
            labels=labels,
        )

    def name(self, project_id: str) -> str:
        """Return the present name of a repository."""
        return self.sandbox.github.repository_by_id(int(project_id)).name
