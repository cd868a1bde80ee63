"""One App in many organisations: each installation has a token and limits of its own, so each is a tracker of its own.

Which one is to be asked about a repository follows from the owner's name. A repository whose owner is not known, or
that has moved, is asked for in one installation after the other.

Source: pages of GitHub's REST documentation about apps, "List installations for the authenticated app".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter

from tracker2invoice.errors import AccessDenied, NotThere, Tracker2InvoiceError
from tracker2invoice.findings import said
from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.work import Work
from tracker2invoice.plugins import Failed, Finding, Observed, PollResult, ProjectCursor
from tracker2invoice_github.client import Clients
from tracker2invoice_github.cursor import load
from tracker2invoice_github.listing import PER_PAGE, read_list
from tracker2invoice_github.readings import Installation
from tracker2invoice_github.tracker import GitHubTracker

T = TypeVar("T")

_INSTALLATIONS = TypeAdapter(list[Installation])
_ELSEWHERE = (NotThere, AccessDenied)
_INSTALL = "install the App there, or correct the name"


@dataclass(slots=True)
class Organisations:
    """The tracker of an App; `app` signs in as the App itself, `sign_in` as one of its installations."""

    name: str
    url: str
    app: Clients
    sign_in: Callable[[int], GitHubTracker]
    _by_owner: dict[str, int] = field(default_factory=dict[str, int])
    _trackers: dict[int, GitHubTracker] = field(default_factory=dict[int, GitHubTracker])
    _of_project: dict[str, int] = field(default_factory=dict[str, int])

    def find_project(self, name: str) -> Project:
        """Look a repository up in the installation of its owner."""
        installation = self._installation(name.partition("/")[0])
        look_up = self._tracker(installation).find_project
        return self._remembered(installation, look_up(name))

    def projects(self, owner: str) -> tuple[Project, ...]:
        """Return the repositories that the installation of an owner can see."""
        installation = self._installation(owner)
        found = self._tracker(installation).projects(owner)
        return tuple(self._remembered(installation, project) for project in found)

    def poll(self, projects: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        """Ask each installation about its own repositories, and the others about what it does not show."""
        try:
            waiting = {one.project_id: self._order(one) for one in projects}
        except Tracker2InvoiceError as error:
            yield from (Failed(one.project_id, error) for one in projects)
            return
        asked = {one.project_id: one for one in projects}
        while waiting:
            groups: dict[int, list[ProjectCursor]] = {}
            for project_id, order in waiting.items():
                groups.setdefault(order.pop(0), []).append(asked[project_id])
            elsewhere: dict[str, list[int]] = {}
            for installation, group in groups.items():
                for result in self._tracker(installation).poll(group):
                    order = waiting.get(_id(result), [])
                    if order and isinstance(result, Failed) and isinstance(result.error, _ELSEWHERE):
                        elsewhere[result.project_id] = order
                        continue
                    if not isinstance(result, Failed):
                        self._of_project[_id(result)] = installation
                    yield result
            waiting = elsewhere

    def deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        """Return the completed issues and merged pull requests of a milestone."""
        return self._wherever(milestone, lambda tracker: tracker.deliverables(milestone))

    def work(self, milestone: Milestone, comments_since: datetime | None = None, labels: Collection[str] = ()) -> Work:
        """Return the issues and pull requests of a milestone that are open or were delivered."""
        return self._wherever(milestone, lambda tracker: tracker.work(milestone, comments_since, labels))

    def check(self, project_names: Iterable[str]) -> Iterator[Finding]:
        """Find the installation of each owner, then check as each of them."""
        groups: dict[int, list[str]] = {}
        for name in project_names:
            try:
                groups.setdefault(self._installation(name.partition("/")[0]), []).append(name)
            except Tracker2InvoiceError as error:
                yield Finding(ok=False, what=f"{name}: {said(error)}", next_step=_INSTALL)
        for installation, names in groups.items():
            yield from self._tracker(installation).check(names)

    def close(self) -> None:
        """Let go of all connections."""
        for tracker in self._trackers.values():
            tracker.close()
        self.app.close()

    def _installation(self, owner: str) -> int:
        """Return the installation of an owner; the list is read again for one that is not on it."""
        if owner.casefold() not in self._by_owner:
            self._read_installations()
        try:
            return self._by_owner[owner.casefold()]
        except KeyError:
            raise NotThere(self.name, "the App is not installed for this owner") from None

    def _read_installations(self) -> None:
        with self.app.lend() as client:
            first = client.get(f"{self.url}/app/installations?per_page={PER_PAGE}")
            found = read_list(client, self.name, _INSTALLATIONS, first).items
        self._by_owner = {one.account.login.casefold(): one.id for one in found if one.account}

    def _order(self, one: ProjectCursor) -> list[int]:
        """Return the installations in the order in which to ask them about a repository."""
        cursor = load(one.cursor)
        owner = cursor.name.partition("/")[0].casefold() if cursor else ""
        if not self._by_owner or (owner and owner not in self._by_owner):
            self._read_installations()
        likely = self._of_project.get(one.project_id, self._by_owner.get(owner))
        order = sorted(set(self._by_owner.values()), key=lambda number: (number != likely, number))
        if not order:
            raise NotThere(self.name, "the App is not installed anywhere")
        return order

    def _wherever(self, milestone: Milestone, ask: Callable[[GitHubTracker], T]) -> T:
        *others, last = self._order(ProjectCursor(milestone.project_id, None))
        for installation in others:
            try:
                return ask(self._tracker(installation))
            except _ELSEWHERE:
                continue
        return ask(self._tracker(last))

    def _tracker(self, installation: int) -> GitHubTracker:
        if installation not in self._trackers:
            self._trackers[installation] = self.sign_in(installation)
        return self._trackers[installation]

    def _remembered(self, installation: int, project: Project) -> Project:
        self._of_project[project.id] = installation
        return project


def _id(result: PollResult) -> str:
    return result.project.id if isinstance(result, Observed) else result.project_id
