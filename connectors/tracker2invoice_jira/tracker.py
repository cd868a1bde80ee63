"""Jira behind the port Tracker: puts the parts together.

Versions are read project by project, several at a time; epics of all projects together. A project is looked up by its
key or name once, in `find_project`; everything else goes by numeric ids.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from tracker2invoice.errors import CannotList, NotThere, Tracker2InvoiceError
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.work import Work
from tracker2invoice.plugins import Context, Failed, Finding, PollResult, ProjectCursor
from tracker2invoice.together import several_at_once
from tracker2invoice_jira import JiraSettings
from tracker2invoice_jira.access import Access, access_to
from tracker2invoice_jira.api import Api, Server, recognise
from tracker2invoice_jira.client import Client, Clients
from tracker2invoice_jira.epics import SUFFIX, poll_epics
from tracker2invoice_jira.items import deliverables, work
from tracker2invoice_jira.lookup import check, find, not_reached
from tracker2invoice_jira.readings import STATUSES
from tracker2invoice_jira.versions import poll_versions

_NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_PROJECT_ID = re.compile(rf"{_NUMBER.pattern}(?:{SUFFIX})?", re.ASCII)


def connect(settings: JiraSettings, context: Context) -> JiraTracker:
    """Connect; nothing is sent yet.

    Raises:
        SecretMissing: the token is not where the settings say.
        AccessDenied: the token cannot be one, so it is not sent anywhere.
    """
    access = access_to(settings, context)
    return JiraTracker(context.name, settings, Clients(access.session, context.clock), access)


class JiraTracker:
    """The tracker called `name` in the configuration."""

    def __init__(self, name: str, settings: JiraSettings, clients: Clients, access: Access) -> None:
        self._name, self._settings, self._clients, self._access = name, settings, clients, access
        self._recognising = Lock()
        self._server: Server | None = None

    def find_project(self, name: str) -> Project:
        """Look a project up by its key or name; with `/epics` behind it, its milestones are its epics."""
        with self._api() as api:
            return find(api, name)

    def projects(self, owner: str) -> tuple[Project, ...]:  # noqa: ARG002 (the port has it)
        """List nothing: each project is named in the configuration."""
        raise CannotList(self._name)

    def poll(self, projects: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        """Read the versions of many projects, several at a time, and the epics of many projects with one query."""
        strange = [one for one in projects if not _PROJECT_ID.fullmatch(one.project_id)]
        yield from (Failed(one.project_id, NotThere(self._name, "no project has such an id")) for one in strange)
        asked = [one for one in projects if one not in strange]
        yield from self._poll_epics([one for one in asked if one.project_id.endswith(SUFFIX)])
        versions = [one for one in asked if not one.project_id.endswith(SUFFIX)]
        yield from several_at_once(self._poll_versions, versions, self._name)

    def deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        """Return the issues of a milestone that are done and were not given up."""
        self._refuse_strange(milestone)
        with self._api() as api:
            return deliverables(api, self._settings, milestone)

    def work(self, milestone: Milestone, comments_since: datetime | None = None, labels: Collection[str] = ()) -> Work:
        """Return the issues of a milestone that are open or were delivered, with labels, points, estimate and hours."""
        self._refuse_strange(milestone)
        with self._api() as api:
            return work(api, self._settings, milestone, comments_since, labels)

    def check(self, project_names: Iterable[str]) -> Iterator[Finding]:
        """Reach the API, then what a poll reads of each project."""
        try:
            with self._api() as api:
                api.get("/status", STATUSES)  # anybody may ask what a Jira is
                kind = "Cloud" if api.server.cloud else "Data Center"
                yield Finding(ok=True, what=f"the API of Jira {kind} can be reached")
                yield from check(api, self._settings, project_names)
        except Tracker2InvoiceError as error:
            yield not_reached(error)

    def close(self) -> None:
        """Let go of all connections."""
        self._clients.close()
        self._access.close()

    def _refuse_strange(self, milestone: Milestone) -> None:
        """Let nothing but numbers into addresses and queries."""
        if not (_PROJECT_ID.fullmatch(milestone.project_id) and _NUMBER.fullmatch(milestone.id)):
            raise NotThere(self._name, "no milestone has such an id")

    @contextmanager
    def _api(self) -> Generator[Api]:
        with self._clients.lend() as client:
            yield Api(self._name, self._recognised(client), client)

    def _recognised(self, client: Client) -> Server:
        with self._recognising:
            if self._server is None:
                self._server = recognise(self._name, client)
            return self._server

    def _poll_epics(self, asked: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        if not asked:
            return
        try:
            with self._api() as api:
                yield from poll_epics(api, self._settings.epic, asked)
        except Tracker2InvoiceError as error:
            yield from (Failed(one.project_id, error) for one in asked)

    def _poll_versions(self, one: ProjectCursor) -> PollResult:
        try:
            with self._api() as api:
                return poll_versions(api, one)
        except Tracker2InvoiceError as error:
            return Failed(one.project_id, error)
