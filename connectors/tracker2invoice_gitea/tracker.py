"""Gitea behind the port Tracker: puts the parts together and polls several repositories at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker2invoice.errors import AccessDenied, Tracker2InvoiceError
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.work import Work
from tracker2invoice.plugins import Context, Failed, Finding, PollResult, ProjectCursor
from tracker2invoice.rest import FixedHeaders, Session
from tracker2invoice.together import several_at_once
from tracker2invoice_gitea import GiteaSettings
from tracker2invoice_gitea.client import Clients
from tracker2invoice_gitea.comments import read_comments
from tracker2invoice_gitea.items import deliverables, items_of, work
from tracker2invoice_gitea.labels import read_labellings
from tracker2invoice_gitea.lookup import check, find, find_all
from tracker2invoice_gitea.polling import poll, repository
from tracker2invoice_gitea.times import read_times

TIMEOUT = 30


def connect(settings: GiteaSettings, context: Context) -> GiteaTracker:
    """Connect; nothing is sent yet.

    Raises:
        SecretMissing: the token is not where the settings say.
        AccessDenied: the token cannot be one, so it is not sent anywhere.
    """
    token = settings.token.reveal()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise AccessDenied(context.name, "the token holds characters that no token has")
    url = f"{settings.url.rstrip('/')}/api/v1"
    authorisation = FixedHeaders({"Authorization": f"token {token}"})

    def session() -> Session:
        return Session(context.name, url, context.clock, authorisation=authorisation, timeout=TIMEOUT)

    return GiteaTracker(context.name, Clients(context.name, session, context.clock), settings.times)


@dataclass(frozen=True, slots=True)
class GiteaTracker:
    """The tracker called `name` in the configuration; `times` says whether hours are read."""

    name: str
    clients: Clients
    times: bool

    def find_project(self, name: str) -> Project:
        """Look a repository up by `owner/name`; a former name leads to it, too."""
        with self.clients.lend() as client:
            return find(client, name)

    def projects(self, owner: str) -> tuple[Project, ...]:
        """Return the repositories of an organisation or user, archived ones too."""
        with self.clients.lend() as client:
            return find_all(client, owner)

    def poll(self, projects: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        """Read the milestones of many repositories, several at a time."""
        yield from several_at_once(self._poll_one, projects, self.name)

    def deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        """Return the closed issues and merged pull requests of a milestone."""
        with self.clients.lend() as client:
            return deliverables(items_of(client, repository(client, milestone.project_id), milestone))

    def work(self, milestone: Milestone, comments_since: datetime | None = None, labels: Collection[str] = ()) -> Work:
        """Return the issues and pull requests of a milestone that are open or were delivered, with their hours."""
        with self.clients.lend() as client:
            where = repository(client, milestone.project_id)
            items = items_of(client, where, milestone)
            return work(
                items,
                read_times(client, where, {one.id for one in items}) if self.times else {},
                read_comments(client, where, comments_since) if comments_since else {},
                read_labellings(client, where, items, labels),
            )

    def check(self, project_names: Iterable[str]) -> Iterator[Finding]:
        """Reach the API, then what a poll and a claim read of each repository."""
        with self.clients.lend() as client:
            yield from check(client, project_names, times=self.times)

    def close(self) -> None:
        """Let go of all connections."""
        self.clients.close()

    def _poll_one(self, one: ProjectCursor) -> PollResult:
        try:
            with self.clients.lend() as client:
                return poll(client, one)
        except Tracker2InvoiceError as error:
            return Failed(one.project_id, error)
