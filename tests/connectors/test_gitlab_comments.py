"""Comments on issues and merge requests of GitLab: what the suite of all trackers does not know of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tracker2invoice.errors import AccessDenied, BadAnswer
from tracker2invoice.model.milestone import EARLIEST, Milestone
from tracker2invoice.model.work import Comment
from tracker2invoice.plugins import Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.gitlab import GitLabSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"
GRAPHQL = "/api/graphql"


def milestone_of(tracker: Tracker, project_id: str) -> Milestone:
    (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Observed)
    return result.milestones[0]


@pytest.fixture
def design(gitlab: GitLabSandbox, gitlab_tracker: Tracker) -> Milestone:
    """A milestone with one issue."""
    portal = gitlab.gitlab.add_project(PORTAL)
    gitlab.gitlab.add_item(PORTAL, "Log in", gitlab.gitlab.add_milestone(PORTAL, "Design"))
    found = milestone_of(gitlab_tracker, str(portal))
    gitlab.requests.clear()
    return found


def comments(tracker: Tracker, milestone: Milestone, since: datetime = EARLIEST) -> list[Comment]:
    return [one for item in tracker.work(milestone, since) for one in item.comments]


def queries(sandbox: GitLabSandbox) -> int:
    return sum(request.path == GRAPHQL for request in sandbox.requests)


def test_what_gitlab_itself_notes_is_nobodys_word(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone
) -> None:
    gitlab.gitlab.comment(PORTAL, 1, "anna", "accepted", system=True)
    assert comments(gitlab_tracker, design) == []


def test_a_comment_is_told_with_its_address_and_counts_as_of_its_last_edit(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone, clock: FrozenClock
) -> None:
    comment = gitlab.gitlab.comment(PORTAL, 1, "anna", "not yet")
    clock.advance(timedelta(hours=1))
    gitlab.gitlab.edit_comment(PORTAL, comment, "accepted", by="anna")
    url = f"{gitlab.url}/acme/portal/-/issues/1#note_{comment}"
    assert comments(gitlab_tracker, design, clock.now) == [Comment("anna", clock.now, "accepted", url)]


def test_the_comments_on_twenty_items_cost_one_query(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone
) -> None:
    for number in range(2, 41):
        gitlab.gitlab.add_item(PORTAL, f"task {number}", design.number)
        gitlab.gitlab.comment(PORTAL, number, "anna", "accepted")
    assert len(comments(gitlab_tracker, design)) == 39
    assert queries(gitlab) == 2


def test_issues_of_several_projects_in_a_groups_milestone_have_their_own_comments(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker
) -> None:
    group = gitlab.gitlab.add_group("acme")
    number = gitlab.gitlab.add_milestone("acme", "Release")
    for name in ("acme/portal", "acme/shop"):
        gitlab.gitlab.add_project(name)
        gitlab.gitlab.add_item(name, "a task", number, of="acme")
        gitlab.gitlab.comment(name, 1, "anna", f"about {name}")
    found = comments(gitlab_tracker, milestone_of(gitlab_tracker, f"group-{group}"))
    assert sorted(one.text for one in found) == ["about acme/portal", "about acme/shop"]


def test_without_graphql_nobody_knows_who_wrote_what_a_comment_says(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone
) -> None:
    gitlab.offer_graphql(False)
    with pytest.raises(AccessDenied, match="GraphQL"):
        comments(gitlab_tracker, design)
    assert len(gitlab_tracker.work(design)) == 1


def told(*notes: Any, more: bool = False) -> list[Any]:
    connection = {"nodes": list(notes), "pageInfo": {"hasNextPage": more, "endCursor": None}}
    return [{"items": {"nodes": [{"iid": "1", "rows": connection}]}}]


@pytest.mark.parametrize(
    "projects",
    [[], [{"items": {"nodes": []}}], [{"items": None}], told(None), told({"body": "accepted"}), told(more=True)],
)
def test_comments_that_are_not_told_completely_are_an_error(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone, projects: list[Any]
) -> None:
    for _ in range(2):
        body = {"data": {"projects": {"nodes": projects}}}
        gitlab.faults.append(Fault(answer=Answer(200, body), path=GRAPHQL))
    with pytest.raises(BadAnswer):
        comments(gitlab_tracker, design)
