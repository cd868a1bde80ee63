"""Jira as a tracker, against the sandbox: the rules of every tracker, for versions and epics, Cloud and Data Center."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.connectors.jira import APP, MoodyJira, connecting

from tracker2invoice.model.milestone import Deliverable, Milestone, Project
from tracker2invoice.model.work import Work
from tracker2invoice.plugins import Finding, PollResult, ProjectCursor, Tracker
from tracker2invoice.testing.comment_suite import CommentSuite
from tracker2invoice.testing.label_suite import LabelSuite
from tracker2invoice.testing.sandbox.server import Fault, Request
from tracker2invoice.testing.tracker_suite import TrackerSuite
from tracker2invoice_jira.epics import SUFFIX
from tracker2invoice_jira.twin import JiraTwin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


@dataclass(frozen=True, slots=True)
class OnChanges(Fault):
    """Changes have an address of their own in Cloud, and come with a search in Data Center."""

    def matches(self, request: Request) -> bool:
        return b"changelog" in request.path.encode() + request.body


class JiraWorld(JiraTwin):
    def __init__(self, moody: MoodyJira, *, epics: bool) -> None:
        super().__init__(moody, epics=epics)
        self.moody = moody

    def fail_next(self, project_id: str) -> None:
        self.moody.failing.add(self.project(project_id))

    def fail_half_way(self, project_id: str) -> None:
        self.moody.interrupted.add(self.project(project_id))

    def refuse_us(self) -> None:
        self.moody.revoke()

    def comment(self, project_id: str, title: str, author: str, text: str) -> int:
        return self.moody.jira.comment(self._issue(project_id, title), author, text)

    def edit_comment(self, project_id: str, comment: int, text: str, by: str) -> None:
        self.moody.jira.edit_comment(comment, text, by)

    def delete_comment(self, project_id: str, comment: int) -> None:
        self.moody.jira.delete_comment(comment)

    def fail_comments(self, project_id: str) -> None:
        self.fail_next(project_id)

    def set_label(self, project_id: str, title: str, label: str, by: str) -> None:
        self.moody.jira.set_label(self._issue(project_id, title), label, by)

    def remove_label(self, project_id: str, title: str, label: str) -> None:
        self.moody.jira.remove_label(self._issue(project_id, title), label)

    def fail_labels(self, project_id: str) -> None:
        self.moody.faults.append(OnChanges())

    def _issue(self, project_id: str, title: str) -> int:
        issues, project = self.moody.jira.issues.values(), self.project(project_id)
        return next(one.id for one in issues if (one.project, one.summary) == (project, title))


class EpicsOf:
    """Names every project as one whose milestones are its epics, as a contract does."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    def find_project(self, name: str) -> Project:
        return self._tracker.find_project(f"{name}{SUFFIX}")

    def projects(self, owner: str) -> tuple[Project, ...]:
        return self._tracker.projects(owner)

    def poll(self, projects: Sequence[ProjectCursor]) -> Iterator[PollResult]:
        return self._tracker.poll(projects)

    def deliverables(self, milestone: Milestone) -> tuple[Deliverable, ...]:
        return self._tracker.deliverables(milestone)

    def work(self, milestone: Milestone, comments_since: datetime | None = None, labels: Collection[str] = ()) -> Work:
        return self._tracker.work(milestone, comments_since, labels)

    def check(self, project_names: Iterable[str]) -> Iterator[Finding]:
        return self._tracker.check([f"{name}{SUFFIX}" for name in project_names])

    def close(self) -> None:
        self._tracker.close()


class JiraSuite(TrackerSuite, CommentSuite, LabelSuite):
    kind = "jira"
    merge_requests = False
    cloud = True
    epics = False
    settings: Mapping[str, object] = {}

    @pytest.fixture
    def world(self, clock: FrozenClock) -> Iterator[JiraWorld]:
        with MoodyJira(clock, cloud=self.cloud) as running:
            yield JiraWorld(running, epics=self.epics)

    @pytest.fixture
    def tracker(self, world: JiraWorld, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
        with connecting(clock, tmp_path, **self.settings)(world.moody) as one:
            yield EpicsOf(one) if self.epics else one


class TestCloudVersions(JiraSuite):
    pass


class TestCloudEpics(JiraSuite):
    epics = True


class TestCloudByConsent(JiraSuite):
    settings = APP


class TestDataCenterVersions(JiraSuite):
    cloud = False


class TestDataCenterEpics(JiraSuite):
    cloud = False
    epics = True
