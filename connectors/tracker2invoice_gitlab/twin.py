"""GitLab's twin: the sandbox in the words that all trackers share."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Literal

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.gitlab import TOKEN, GitLabSandbox
from tracker2invoice.testing.sandbox_twin import MilestonesTwin

_SECRET = "TWIN_GITLAB_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[GitLabTwin]:
    """Start an empty GitLab; it stops at the end."""
    with GitLabSandbox(clock) as sandbox:
        yield GitLabTwin(sandbox)


class GitLabTwin(MilestonesTwin[str]):
    """The sandbox speaks of paths where a tracker's twin speaks of ids."""

    environment: Mapping[str, str] = {_SECRET: TOKEN}

    def __init__(self, sandbox: GitLabSandbox) -> None:
        super().__init__(sandbox.gitlab)
        self.sandbox = sandbox
        self.settings: Mapping[str, object] = {"url": sandbox.url, "token": {"env": _SECRET}}

    def add_project(self, name: str) -> str:
        """Create a project; return its id."""
        return str(self.sandbox.gitlab.add_project(name))

    def rename_project(self, project_id: str, name: str) -> None:
        """Give a project another path."""
        self.sandbox.gitlab.rename(self.place(project_id), name)

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
        """Add an issue or merge request to a milestone; what is not done is closed unmerged, or open."""
        if kind == "issue":
            state: Literal["opened", "closed", "merged"] = "closed" if done else "opened"
        else:
            state = "merged" if done else "closed"
        self.sandbox.gitlab.add_item(self.place(project_id), title, number, kind=kind, state=state, labels=labels)

    def place(self, project_id: str) -> str:
        """Return the present path of a project."""
        return self.sandbox.gitlab.owner_by_id(int(project_id), is_group=False).path
