"""GitHub as a tracker, against the sandbox: the rules of every tracker, then what only GitHub does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tracker2invoice.errors import NotThere
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.work import WorkItem
from tracker2invoice.plugins import Observed, PollResult, ProjectCursor, Tracker
from tracker2invoice.testing.comment_suite import CommentSuite
from tracker2invoice.testing.label_suite import LabelSuite
from tracker2invoice.testing.sandbox.github import GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice.testing.tracker_suite import TrackerSuite
from tracker2invoice_github import GitHubSettings
from tracker2invoice_github.twin import GitHubTwin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"


@dataclass(frozen=True, slots=True)
class OnSecondPage(Fault):
    def matches(self, request: Request) -> bool:
        return request.query.get("page") == "2" and Fault.matches(self, request)


class GitHubWorld(GitHubTwin):
    def fail_next(self, project_id: str) -> None:
        self.sandbox.fail(502, path=f"/repositories/{project_id}/")

    def fail_half_way(self, project_id: str) -> None:
        self.sandbox.faults.append(OnSecondPage(path=f"/repositories/{project_id}/"))

    def refuse_us(self) -> None:
        self.sandbox.revoke()

    def comment(self, project_id: str, title: str, author: str, text: str) -> int:
        name = self.place(project_id)
        return self.sandbox.github.comment(name, self._number(name, title), author, text)

    def edit_comment(self, project_id: str, comment: int, text: str, by: str) -> None:
        self.sandbox.github.edit_comment(self.place(project_id), comment, text, by)

    def delete_comment(self, project_id: str, comment: int) -> None:
        self.sandbox.github.delete_comment(self.place(project_id), comment)

    def fail_comments(self, project_id: str) -> None:
        self.sandbox.fail(502, path="/graphql")

    def set_label(self, project_id: str, title: str, label: str, by: str) -> None:
        name = self.place(project_id)
        self.sandbox.github.set_label(name, self._number(name, title), label, by)

    def remove_label(self, project_id: str, title: str, label: str) -> None:
        name = self.place(project_id)
        self.sandbox.github.remove_label(name, self._number(name, title), label)

    def fail_labels(self, project_id: str) -> None:
        self.sandbox.fail(502, path="/graphql")

    def _number(self, name: str, title: str) -> int:
        issues = self.sandbox.github.repository(name).issues.values()
        return next(one.number for one in issues if one.title == title)


class TestGitHub(TrackerSuite):
    kind = "github"

    @pytest.fixture
    def world(self, sandbox: GitHubSandbox) -> GitHubWorld:
        return GitHubWorld(sandbox)


class TestCommentsOfGitHub(CommentSuite):
    kind = "github"

    @pytest.fixture
    def world(self, sandbox: GitHubSandbox) -> GitHubWorld:
        return GitHubWorld(sandbox)


class TestLabelsOfGitHub(LabelSuite):
    kind = "github"

    @pytest.fixture
    def world(self, sandbox: GitHubSandbox) -> GitHubWorld:
        return GitHubWorld(sandbox)


class TestGitHubWithoutGraphQL(TestGitHub):
    @pytest.fixture
    def sandbox(self, clock: FrozenClock) -> Iterator[GitHubSandbox]:
        with GitHubSandbox(clock, graphql=False) as running:
            yield running


def poll(tracker: Tracker, project_id: int, cursor: str | None = None) -> PollResult:
    (result,) = tracker.poll([ProjectCursor(str(project_id), cursor)])
    return result


def observe(tracker: Tracker, project_id: int, cursor: str | None = None) -> Observed:
    result = poll(tracker, project_id, cursor)
    assert isinstance(result, Observed), result
    return result


def answer_lists_with(sandbox: GitHubSandbox, answer: Answer) -> None:
    sandbox.faults.append(Fault(answer=answer, path="/milestones"))


def milestone_answer(**fields: object) -> dict[str, Any]:
    return {
        "id": 1, "number": 1, "title": "Design", "state": "open", "open_issues": 0, "closed_issues": 3,
        "url": "https://api.example/repos/acme/portal/milestones/1", **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": "a", "app": {"id": 1, "installation": 2, "private_key": "b"}},
        {"token": "a", "colour": "red"},
        {"token": "a", "url": "https://name:word@github.example"},
        {"token": "a", "url": "ftp://github.example"},
    ],
)
def test_settings_name_one_way_to_sign_in_and_an_address_without_secrets(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GitHubSettings.model_validate(settings)


def test_a_former_name_leads_to_the_repository_and_its_present_name(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    sandbox.github.rename_repository(PORTAL, "acme/shop")
    found = tracker.find_project(PORTAL)
    assert (found.id, found.name, found.url) == (str(portal), "acme/shop", f"{sandbox.url}/acme/shop")


def test_a_name_that_somebody_else_has_taken_leads_to_theirs(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    sandbox.github.add_repository(PORTAL)
    sandbox.github.rename_repository(PORTAL, "acme/shop")
    newer = sandbox.github.add_repository(PORTAL)
    assert tracker.find_project(PORTAL).id == str(newer)


def test_a_moved_repository_is_billed_on_under_its_new_name(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    sandbox.github.add_milestone(PORTAL, "Design")
    before = observe(tracker, portal)
    sandbox.github.rename_repository(PORTAL, "newowner/gate")
    sandbox.github.close_milestone("newowner/gate", 1)
    after = observe(tracker, portal, before.cursor)
    assert (after.project.id, after.project.name) == (str(portal), "newowner/gate")
    assert [(one.key, one.state) for one in after.milestones] == [(before.milestones[0].key, "closed")]


def test_a_users_own_token_lists_private_repositories_and_no_others(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    sandbox.github.add_repository("octocat/notes")
    sandbox.github.add_repository(PORTAL)
    assert [one.name for one in tracker.projects("Octocat")] == ["octocat/notes"]


@pytest.mark.parametrize("owner", ["acme/portal", "..", "acme?x=1", "a b", ""])
def test_what_cannot_be_an_owner_is_not_asked_for(sandbox: GitHubSandbox, tracker: Tracker, owner: str) -> None:
    with pytest.raises(NotThere):
        tracker.projects(owner)
    assert not sandbox.requests


@pytest.mark.parametrize("name", ["portal", "acme/portal/x", "acme/../user", "../user", "acme/portal?x=1", "a b/c", ""])
def test_what_cannot_be_a_repository_is_not_asked_for(sandbox: GitHubSandbox, tracker: Tracker, name: str) -> None:
    (*_, finding) = tracker.check([name])
    assert not finding.ok
    assert [request.path for request in sandbox.requests] == ["/rate_limit"]


def test_an_empty_repository_still_knows_its_name(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    assert observe(tracker, portal).project.label == "github:acme/portal"


def test_the_state_decides_whatever_the_closing_time_says(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    answer_lists_with(sandbox, Answer(200, [milestone_answer(closed_at="2013-02-12T13:22:01Z")]))
    (milestone,) = observe(tracker, portal).milestones
    assert (milestone.state, milestone.closed_at) == ("open", None)


@pytest.mark.parametrize("midnight", ["2026-03-31T07:00:00Z", "2026-03-31T08:00:00Z", "2026-03-31T00:00:00Z"])
def test_a_due_date_is_the_day_as_written(sandbox: GitHubSandbox, tracker: Tracker, midnight: str) -> None:
    # GitHub wrote Pacific midnight until 2019 at least, and writes UTC midnight by 2026
    portal = sandbox.github.add_repository(PORTAL)
    answer_lists_with(sandbox, Answer(200, [milestone_answer(due_on=midnight)]))
    (milestone,) = observe(tracker, portal).milestones
    assert milestone.due_on == date(2026, 3, 31)


def test_only_what_was_delivered_is_listed(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    number = sandbox.github.add_milestone(PORTAL, "Design")
    add = sandbox.github.add_issue
    add(PORTAL, "done", number, assignees=("anna", "ben"))
    add(PORTAL, "not planned", number, reason="not_planned")
    add(PORTAL, "said twice", number, reason="duplicate")
    add(PORTAL, "refused change", number, pull=True)
    add(PORTAL, "merged change", number, pull=True, merged=True)
    add(PORTAL, "of another milestone", sandbox.github.add_milestone(PORTAL, "Beta"))
    add(PORTAL, "still open", number, state="open")
    found = tracker.deliverables(first_of(observe(tracker, portal)))
    assert [(one.kind, one.number, one.title, one.assignees) for one in found] == [
        ("issue", "1", "done", ("anna", "ben")),
        ("merge_request", "5", "merged change", ()),
    ]


def test_work_is_what_is_open_or_was_delivered_with_its_labels(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    number = sandbox.github.add_milestone(PORTAL, "Design")
    add = sandbox.github.add_issue
    add(PORTAL, "done", number, labels=("screen", "größe: M"))
    add(PORTAL, "not planned", number, reason="not_planned", labels=("screen",))
    add(PORTAL, "said twice", number, reason="duplicate", labels=("screen",))
    add(PORTAL, "refused change", number, pull=True)
    add(PORTAL, "open change", number, pull=True, state="open")
    add(PORTAL, "merged change", number, pull=True, merged=True)
    add(PORTAL, "opened again", number, state="open", reason="reopened", labels=("screen",))
    found = tracker.work(first_of(observe(tracker, portal)))
    assert all(one.closed == (one.closed_at is not None) for one in found)
    assert found == (
        WorkItem("1", "done", closed=True, labels=("screen", "größe: M"), closed_at=found[0].closed_at),
        WorkItem("5", "open change", closed=False),
        WorkItem("6", "merged change", closed=True, closed_at=found[2].closed_at),
        WorkItem("7", "opened again", closed=False, labels=("screen",)),
    )


def test_a_label_may_be_its_name_alone(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    # schema issue of GitHub's OpenAPI description: an item of `labels` is an object or a string
    portal = sandbox.github.add_repository(PORTAL)
    sandbox.github.add_milestone(PORTAL, "Design")
    milestone = first_of(observe(tracker, portal))
    issue = {"number": 1, "title": "x", "html_url": "", "state": "open", "closed_at": None, "labels": ["screen"]}
    sandbox.faults.append(Fault(answer=Answer(200, [issue]), path="/issues"))
    assert tracker.work(milestone) == (WorkItem("1", "x", closed=False, labels=("screen",)),)


def first_of(reading: Observed) -> Milestone:
    return next(one for one in reading.milestones if one.number == 1)
