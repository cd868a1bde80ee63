"""GitHub behind the port Tracker: puts the parts together.

Repositories are looked up by name once, in `find_project`; everything else goes by their numeric id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tracker2invoice.errors import Tracker2InvoiceError
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.work import Work
from tracker2invoice.plugins import Failed, Finding, PollResult, ProjectCursor
from tracker2invoice.together import several_at_once
from tracker2invoice_github.changes import Pieces, ToRead, Verdict, sort_out
from tracker2invoice_github.client import Clients
from tracker2invoice_github.comments import read_comments
from tracker2invoice_github.graph import Graph
from tracker2invoice_github.labels import read_labellings
from tracker2invoice_github.listing import PER_PAGE, read_settled
from tracker2invoice_github.lookup import check, find, find_all
from tracker2invoice_github.polling import poll, repository
from tracker2invoice_github.readings import ISSUES, IssueAnswer, deliverables, work


@dataclass(frozen=True, slots=True)
class GitHubTracker:
    """The tracker called `name` in the configuration; `url` is the REST API's address, without a slash at the end."""

    name: str
    url: str
    clients: Clients
    graph: Graph
    pieces: Pieces = field(default_factory=Pieces)

    def find_project(self, name: str) -> Project:
        """Look a repository up by `owner/name`; a former name leads to it, too."""
        with self.clients.lend() as client:
            return find(client, self.name, self.url, name)

    def projects(self, owner: str) -> tuple[Project, ...]:
        """Return the repositories of an organisation or user, archived ones too."""
        with self.clients.lend() as client:
            return find_all(client, self.name, self.url, owner)

    def poll(self, projects: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        """Ask which of many repositories have changed, then read the milestones of those, several at a time."""
        to_read: list[ToRead] = []
        for verdict in self._sorted_out(projects):
            if isinstance(verdict, ToRead):
                to_read.append(verdict)
            else:
                yield verdict
        yield from several_at_once(self._poll_one, to_read, self.name)

    def deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        """Return the completed issues and merged pull requests of a milestone."""
        return deliverables(self._issues(milestone, "closed"))

    def work(self, milestone: Milestone, comments_since: datetime | None = None, labels: Collection[str] = ()) -> Work:
        """Return the issues and pull requests of a milestone that are open or were delivered."""
        issues = self._issues(milestone, "all")
        with self.clients.lend() as client:
            return work(
                issues,
                read_comments(client, self.graph, issues, comments_since) if comments_since else {},
                read_labellings(client, self.graph, issues, labels),
            )

    def check(self, project_names: Iterable[str]) -> Iterator[Finding]:
        """Reach the API, then what a poll and a claim read of each repository."""
        with self.clients.lend() as client:
            yield from check(client, self.name, self.url, project_names)

    def close(self) -> None:
        """Let go of all connections."""
        self.clients.close()

    def _issues(self, milestone: Milestone, state: Literal["closed", "all"]) -> tuple[IssueAnswer, ...]:
        query = f"milestone={milestone.number}&state={state}&sort=created&direction=asc&per_page={PER_PAGE}"
        address = f"{repository(self.url, milestone.project_id)}/issues?{query}"
        with self.clients.lend() as client:
            return read_settled(client, self.name, ISSUES, address)

    def _sorted_out(self, projects: Sequence[ProjectCursor]) -> Iterator[Verdict]:
        with self.clients.lend() as client:
            yield from sort_out(client, self.graph, self.pieces, projects, self.graph.failures.clock())

    def _poll_one(self, one: ToRead) -> PollResult:
        try:
            with self.clients.lend() as client:
                return poll(client, self.name, self.url, one.asked, self.graph.failures.clock(), one.told)
        except Tracker2InvoiceError as error:
            return Failed(one.asked.project_id, error)
