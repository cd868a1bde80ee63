"""GitHub's twin: the sandbox in the words that all trackers share."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox
from tracker2invoice.testing.sandbox_twin import RepositoriesTwin

_SECRET = "TWIN_GITHUB_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[GitHubTwin]:
    """Start an empty GitHub; it stops at the end."""
    with GitHubSandbox(clock) as sandbox:
        yield GitHubTwin(sandbox)


class GitHubTwin(RepositoriesTwin[str]):
    """The sandbox speaks of names where a tracker's twin speaks of ids."""

    environment: Mapping[str, str] = {_SECRET: TOKEN}

    def __init__(self, sandbox: GitHubSandbox) -> None:
        super().__init__(sandbox.github)
        self.sandbox = sandbox
        self.settings: Mapping[str, object] = {"url": sandbox.url, "token": {"env": _SECRET}}

    def place(self, project_id: str) -> str:
        """Return the present name of a repository."""
        return self.sandbox.github.repository_by_id(int(project_id)).name
