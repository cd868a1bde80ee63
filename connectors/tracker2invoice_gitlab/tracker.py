"""GitLab behind the port Tracker: puts the parts together and completes several projects of a poll at a time.

Projects and groups are looked up by name once, in `find_project`; everything else goes by their numeric id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker2invoice.errors import AccessDenied, Tracker2InvoiceError
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.work import Work
from tracker2invoice.plugins import Context, Failed, Finding, PollResult, ProjectCursor
from tracker2invoice.together import several_at_once
from tracker2invoice_gitlab import GitLabSettings
from tracker2invoice_gitlab.client import Clients
from tracker2invoice_gitlab.comments import read_comments
from tracker2invoice_gitlab.failures import Failures
from tracker2invoice_gitlab.items import deliverables, items_of, work
from tracker2invoice_gitlab.labels import read_labellings
from tracker2invoice_gitlab.lookup import check, find, find_all
from tracker2invoice_gitlab.polling import Batches, Outcome, complete
from tracker2invoice_gitlab.times import read_times


def connect(settings: GitLabSettings, context: Context) -> GitLabTracker:
    """Connect; nothing is sent yet.

    Raises:
        SecretMissing: the token is not where the settings say.
        AccessDenied: the token cannot be one, so it is not sent anywhere.
    """
    token = settings.token.reveal()
    if not (token.isascii() and token.isprintable() and token and " " not in token):
        raise AccessDenied(context.name, "the token holds characters that no token has")
    return GitLabTracker(context.name, Clients(settings.url.rstrip("/"), Failures(context.name, context.clock, token)))


@dataclass(frozen=True, slots=True)
class GitLabTracker:
    """The tracker called `name` in the configuration."""

    name: str
    clients: Clients

    def find_project(self, name: str) -> Project:
        """Look a project up by `group/project`, or a group by its path; a former path leads to it, too."""
        with self.clients.lend() as client:
            return find(client, name)

    def projects(self, owner: str) -> tuple[Project, ...]:
        """Return the projects of a group and of all groups in it, archived ones too."""
        with self.clients.lend() as client:
            return find_all(client, owner)

    def poll(self, projects: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        """Read the milestones of many projects, a hundred at a time."""
        with self.clients.lend() as client:
            yield from several_at_once(self._complete, Batches(client).read(projects), self.name)

    def deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        """Return the closed issues and merged merge requests of a milestone."""
        with self.clients.lend() as client:
            return deliverables(items_of(client, milestone))

    def work(self, milestone: Milestone, comments_since: datetime | None = None, labels: Collection[str] = ()) -> Work:
        """Return the issues and merge requests of a milestone that are open or were delivered, with their hours."""
        with self.clients.lend() as client:
            items = items_of(client, milestone)
            return work(
                items,
                read_times(client, items),
                read_comments(client, items, comments_since) if comments_since else {},
                read_labellings(client, items, labels),
            )

    def check(self, project_names: Iterable[str]) -> Iterator[Finding]:
        """Reach the API, then what a poll and a claim read of each project."""
        with self.clients.lend() as client:
            yield from check(client, project_names)

    def close(self) -> None:
        """Let go of all connections."""
        self.clients.close()

    def _complete(self, begun: tuple[ProjectCursor, Outcome]) -> PollResult:
        asked, outcome = begun
        try:
            with self.clients.lend() as client:
                return complete(client, asked, outcome)
        except Tracker2InvoiceError as error:
            return Failed(asked.project_id, error)
