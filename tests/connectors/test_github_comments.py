"""Comments on issues and pull requests of GitHub: what the suite of all trackers does not know of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, RateLimited, Tracker2InvoiceError
from tracker2invoice.model.milestone import EARLIEST, Milestone
from tracker2invoice.model.work import Comment
from tracker2invoice.plugins import Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.github import GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"
GRAPHQL = "/graphql"


@pytest.fixture
def design(sandbox: GitHubSandbox, tracker: Tracker) -> Milestone:
    """A milestone with one issue."""
    portal = sandbox.github.add_repository(PORTAL)
    sandbox.github.add_issue(PORTAL, "Log in", sandbox.github.add_milestone(PORTAL, "Design"))
    (result,) = tracker.poll([ProjectCursor(str(portal), None)])
    assert isinstance(result, Observed)
    sandbox.requests.clear()
    return result.milestones[0]


def comments(tracker: Tracker, milestone: Milestone, since: datetime = EARLIEST) -> list[Comment]:
    return [one for item in tracker.work(milestone, since) for one in item.comments]


def queries(sandbox: GitHubSandbox) -> int:
    return sum(request.path == GRAPHQL for request in sandbox.requests)


def spoil(sandbox: GitHubSandbox, body: Any) -> None:
    sandbox.faults.append(Fault(answer=Answer(200, body), path=GRAPHQL))


def test_an_app_is_nobody_although_graphql_gives_it_the_login_of_a_person(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone
) -> None:
    sandbox.github.comment(PORTAL, 1, "anna", "accepted", bot=True)
    assert comments(tracker, design) == []


def test_a_comment_is_told_with_its_address_and_counts_as_of_its_last_edit(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone, clock: FrozenClock
) -> None:
    comment = sandbox.github.comment(PORTAL, 1, "anna", "not yet")
    clock.advance(timedelta(hours=1))
    sandbox.github.edit_comment(PORTAL, comment, "accepted", by="anna")
    url = f"{sandbox.url}/acme/portal/issues/1#issuecomment-{comment}"
    assert comments(tracker, design, clock.now) == [Comment("anna", clock.now, "accepted", url)]


def test_the_comments_on_fifty_items_cost_one_query(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone
) -> None:
    for number in range(100):
        sandbox.github.add_issue(PORTAL, f"task {number}", design.number)
        sandbox.github.comment(PORTAL, number + 1, "anna", "accepted")
    assert len(comments(tracker, design)) == 100
    assert (queries(sandbox), sandbox.spent) == (3, 3)


def test_without_anything_new_one_page_of_each_item_is_enough(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone, clock: FrozenClock
) -> None:
    for number in range(200):
        sandbox.github.comment(PORTAL, 1, "ben", f"remark {number}")
    clock.advance(timedelta(days=1))
    sandbox.github.comment(PORTAL, 1, "anna", "accepted")
    assert [one.text for one in comments(tracker, design, clock.now)] == ["accepted"]
    assert queries(sandbox) == 1


def test_without_graphql_nobody_knows_who_wrote_what_a_comment_says(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone
) -> None:
    sandbox.graphql = False
    with pytest.raises(AccessDenied, match="GraphQL"):
        comments(tracker, design)
    assert len(tracker.work(design)) == 1


@pytest.mark.parametrize(("kind", "error"), [("FORBIDDEN", AccessDenied), ("NOT_FOUND", NotThere), (None, BadAnswer)])
def test_an_answer_with_an_error_is_no_answer(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone, kind: str | None, error: type[Tracker2InvoiceError]
) -> None:
    spoil(sandbox, {"data": {"nodes": [None]}, "errors": [{"type": kind, "path": ["nodes", 0], "message": "no"}]})
    with pytest.raises(error):
        comments(tracker, design)


def test_a_limit_in_an_answer_is_kept(sandbox: GitHubSandbox, tracker: Tracker, design: Milestone) -> None:
    sandbox.limit("primary", 60)
    with pytest.raises(RateLimited):
        comments(tracker, design)


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [None],
        [{}],
        [{"number": 2, "rows": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}],
        [{"number": 1, "rows": None}],
        [{"number": 1, "rows": {"nodes": [{"body": "accepted"}], "pageInfo": {}}}],
        [{"number": 1, "rows": {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}}],
    ],
)
def test_comments_that_are_not_told_completely_are_an_error(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone, nodes: list[Any]
) -> None:
    for _ in range(2):
        spoil(sandbox, {"data": {"nodes": nodes}})
    with pytest.raises(BadAnswer):
        comments(tracker, design)
