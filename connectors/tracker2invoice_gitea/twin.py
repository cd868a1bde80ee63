"""Gitea's twin: the sandbox in the words that all trackers share."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from tracker2invoice.plugins import Clock
from tracker2invoice.testing.sandbox.gitea import TOKEN, GiteaSandbox
from tracker2invoice.testing.sandbox_twin import RepositoriesTwin

_SECRET = "TWIN_GITEA_TOKEN"  # noqa: S105 (the name of a variable)


@contextmanager
def start(clock: Clock) -> Generator[GiteaTwin]:
    """Start an empty Gitea; it stops at the end."""
    with GiteaSandbox(clock) as sandbox:
        yield GiteaTwin(sandbox)


class GiteaTwin(RepositoriesTwin[int]):
    """The sandbox speaks of repositories and milestones by their ids, too, but in numbers."""

    environment: Mapping[str, str] = {_SECRET: TOKEN}

    def __init__(self, sandbox: GiteaSandbox) -> None:
        super().__init__(sandbox.gitea)
        self.sandbox = sandbox
        self.settings: Mapping[str, object] = {"url": sandbox.url, "token": {"env": _SECRET}}

    def place(self, project_id: str) -> int:
        """Return the id of a repository as the sandbox has it."""
        return int(project_id)
