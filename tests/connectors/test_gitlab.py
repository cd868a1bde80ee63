"""GitLab as a tracker, against the sandbox: the rules of every tracker, with GraphQL and without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest
from pydantic import ValidationError

from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.comment_suite import CommentSuite
from tracker2invoice.testing.label_suite import LabelSuite
from tracker2invoice.testing.sandbox.gitlab import GitLabSandbox
from tracker2invoice.testing.sandbox.gitlab_state import Item
from tracker2invoice.testing.sandbox.server import Fault, Request
from tracker2invoice.testing.tracker_suite import TrackerSuite
from tracker2invoice_gitlab import GitLabSettings
from tracker2invoice_gitlab.twin import GitLabTwin


@dataclass(frozen=True, slots=True)
class OnSecondPage(Fault):
    """`project_id` is of the project whose second page fails, of whatever list."""

    project_id: str = ""

    def matches(self, request: Request) -> bool:
        if request.path != "/api/graphql":
            return request.query.get("page") == "2" and f"/projects/{self.project_id}/" in request.path
        variables = cast("dict[str, Any]", request.json()).get("variables", {})
        return bool(variables.get("after")) and variables.get("ids") == [f"gid://gitlab/Project/{self.project_id}"]


class GitLabWorld(GitLabTwin):
    def fail_next(self, project_id: str) -> None:
        self.sandbox.withheld.append(int(project_id))
        self.sandbox.faults.append(Fault(path=f"/projects/{project_id}"))

    def fail_half_way(self, project_id: str) -> None:
        self.sandbox.faults.append(OnSecondPage(project_id=project_id))

    def refuse_us(self) -> None:
        self.sandbox.revoke()

    def comment(self, project_id: str, title: str, author: str, text: str) -> int:
        name, item = self.place(project_id), self._item(project_id, title)
        return self.sandbox.gitlab.comment(name, item.iid, author, text, item.kind)

    def edit_comment(self, project_id: str, comment: int, text: str, by: str) -> None:
        self.sandbox.gitlab.edit_comment(self.place(project_id), comment, text, by)

    def delete_comment(self, project_id: str, comment: int) -> None:
        self.sandbox.gitlab.delete_comment(self.place(project_id), comment)

    def fail_comments(self, project_id: str) -> None:
        self.sandbox.faults.append(Fault(path="/api/graphql"))

    def set_label(self, project_id: str, title: str, label: str, by: str) -> None:
        name, item = self.place(project_id), self._item(project_id, title)
        self.sandbox.gitlab.set_label(name, item.iid, label, by, item.kind)

    def remove_label(self, project_id: str, title: str, label: str) -> None:
        name, item = self.place(project_id), self._item(project_id, title)
        self.sandbox.gitlab.remove_label(name, item.iid, label, kind=item.kind)

    def fail_labels(self, project_id: str) -> None:
        self.sandbox.faults.append(Fault(path="/resource_label_events"))

    def _item(self, project_id: str, title: str) -> Item:
        return next(one for one in self.sandbox.gitlab.owner(self.place(project_id)).items if one.title == title)


class TestGitLab(TrackerSuite):
    kind = "gitlab"

    @pytest.fixture
    def tracker(self, gitlab_tracker: Tracker) -> Tracker:
        return gitlab_tracker

    @pytest.fixture
    def world(self, gitlab: GitLabSandbox) -> GitLabWorld:
        return GitLabWorld(gitlab)


class TestCommentsOfGitLab(CommentSuite):
    kind = "gitlab"

    @pytest.fixture
    def tracker(self, gitlab_tracker: Tracker) -> Tracker:
        return gitlab_tracker

    @pytest.fixture
    def world(self, gitlab: GitLabSandbox) -> GitLabWorld:
        return GitLabWorld(gitlab)


class TestLabelsOfGitLab(LabelSuite):
    kind = "gitlab"

    @pytest.fixture
    def tracker(self, gitlab_tracker: Tracker) -> Tracker:
        return gitlab_tracker

    @pytest.fixture
    def world(self, gitlab: GitLabSandbox) -> GitLabWorld:
        return GitLabWorld(gitlab)


class TestGitLabWithoutGraphQL(TestGitLab):
    @pytest.fixture
    def world(self, gitlab: GitLabSandbox) -> GitLabWorld:
        gitlab.offer_graphql(False)
        return GitLabWorld(gitlab)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": "a", "colour": "red"},
        {"token": "a", "url": "https://name:word@gitlab.example"},
        {"token": "a", "url": "ftp://gitlab.example"},
    ],
)
def test_settings_have_a_token_and_an_address_without_secrets(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GitLabSettings.model_validate(settings)
