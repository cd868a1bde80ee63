"""What the tests of Gitea share: how to connect to a sandbox, and one in which names change hands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Context, Observed, PollResult, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.gitea import TOKEN, GiteaSandbox
from tracker2invoice.testing.sandbox.server import Answer, Request
from tracker2invoice_gitea import GiteaSettings, plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"


class SwappedGitea(GiteaSandbox):
    """Gives the name to another repository as soon as it was looked up, or whenever `when` is asked for."""

    when = "/milestones"

    def handle(self, request: Request) -> Answer:
        if request.path == f"/api/v1/repos/{PORTAL}{self.when}":
            portal = self.gitea.named(PORTAL)
            self.gitea.rename_repository(portal.id, f"acme/gate-{len(self.requests)}")
            other = self.gitea.add_repository(PORTAL)
            self.gitea.close_milestone(other, self.gitea.add_milestone(other, "Design"))
            self.gitea.set_label(other, self.gitea.add_issue(other, "Log in"), "accepted", "anna")
        return super().handle(request)


def connected(sandbox: GiteaSandbox, clock: FrozenClock, directory: Path, **settings: object) -> Tracker:
    """Connect to a sandbox."""
    chosen = GiteaSettings.model_validate({"url": sandbox.url, "token": TOKEN, **settings})
    return plugin.connect(chosen, Context("gitea", directory, clock))


def poll(tracker: Tracker, project: int, cursor: str | None = None) -> PollResult:
    """Poll one repository."""
    (result,) = tracker.poll([ProjectCursor(str(project), cursor)])
    return result


def observe(tracker: Tracker, project: int, cursor: str | None = None) -> Observed:
    """Poll one repository in which something changed."""
    result = poll(tracker, project, cursor)
    assert isinstance(result, Observed), result
    return result


def milestone_of(tracker: Tracker, project: int, number: int) -> Milestone:
    """Return a milestone as it is now."""
    return next(one for one in observe(tracker, project).milestones if one.number == number)
