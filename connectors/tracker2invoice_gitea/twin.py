"""Gitea's twin: the sandbox in the words that all trackers share."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Literal

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.gitea import TOKEN, GiteaSandbox

_SECRET = "TWIN_GITEA_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[GiteaTwin]:
    """Start an empty Gitea; it stops at the end."""
    with GiteaSandbox(clock) as sandbox:
        yield GiteaTwin(sandbox)


class GiteaTwin:
    """The sandbox speaks of repositories and milestones by their ids, too, but in numbers."""

    environment: Mapping[str, str] = {_SECRET: TOKEN}

    def __init__(self, sandbox: GiteaSandbox) -> None:
        self.sandbox = sandbox
        self.settings: Mapping[str, object] = {"url": sandbox.url, "token": {"env": _SECRET}}

    def add_project(self, name: str) -> str:
        """Create a repository; return its id."""
        return str(self.sandbox.gitea.add_repository(name))

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a repository another name."""
        self.sandbox.gitea.rename_repository(int(project_id), name)

    def add_milestone(self, project_id: str, title: str, due_on: date | None = None) -> int:
        """Create an open milestone; return its number."""
        day = due_on.isoformat() if due_on else None
        return self.sandbox.gitea.add_milestone(int(project_id), title, day)

    def close(self, project_id: str, number: int) -> None:
        """Close a milestone."""
        self.sandbox.gitea.close_milestone(int(project_id), number)

    def reopen(self, project_id: str, number: int) -> None:
        """Open a closed milestone again."""
        self.sandbox.gitea.reopen_milestone(int(project_id), number)

    def rename(self, project_id: str, number: int, title: str) -> None:
        """Give a milestone another title."""
        self.sandbox.gitea.rename_milestone(int(project_id), number, title)

    def delete_milestone(self, project_id: str, number: int) -> None:
        """Delete a milestone."""
        self.sandbox.gitea.delete_milestone(int(project_id), number)

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
        self.sandbox.gitea.add_issue(
            int(project_id),
            title,
            number,
            state="closed" if done or pull else "open",
            pull=pull,
            merged=done,
            labels=labels,
        )
