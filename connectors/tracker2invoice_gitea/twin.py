"""Gitea's twin: the sandbox in the words that all trackers share."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Literal

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.gitea import TOKEN, GiteaSandbox
from tracker2invoice.testing.twins import MilestonesTwin

_SECRET = "TWIN_GITEA_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[GiteaTwin]:
    """Start an empty Gitea; it stops at the end."""
    with GiteaSandbox(clock) as sandbox:
        yield GiteaTwin(sandbox)


class GiteaTwin(MilestonesTwin[int]):
    """The sandbox speaks of repositories and milestones by their ids, too, but in numbers."""

    environment: Mapping[str, str] = {_SECRET: TOKEN}

    def __init__(self, sandbox: GiteaSandbox) -> None:
        super().__init__(sandbox.gitea)
        self.sandbox = sandbox
        self.settings: Mapping[str, object] = {"url": sandbox.url, "token": {"env": _SECRET}}

    def add_project(self, name: str) -> str:
        """Create a repository; return its id."""
        return str(self.sandbox.gitea.add_repository(name))

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a repository another name."""
        self.sandbox.gitea.rename_repository(self.place(project_id), name)

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
            self.place(project_id),
            title,
            number,
            state="closed" if done or pull else "open",
            pull=pull,
            merged=done,
            labels=labels,
        )

    def place(self, project_id: str) -> int:
        """Return the id of a repository as the sandbox has it."""
        return int(project_id)
