"""Who has set labels on issues and pull requests of GitHub: what the suite of all trackers does not know of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tracker2invoice.errors import AccessDenied, BadAnswer
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.work import Labelling
from tracker2invoice.plugins import Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.github import GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"
GRAPHQL = "/graphql"


@pytest.fixture
def design(sandbox: GitHubSandbox, tracker: Tracker) -> Milestone:
    """A milestone with one closed issue."""
    portal = sandbox.github.add_repository(PORTAL)
    sandbox.github.add_issue(PORTAL, "Log in", sandbox.github.add_milestone(PORTAL, "Design"))
    (result,) = tracker.poll([ProjectCursor(str(portal), None)])
    assert isinstance(result, Observed)
    sandbox.requests.clear()
    return result.milestones[0]


def labellings(tracker: Tracker, milestone: Milestone) -> list[Labelling]:
    return [one for item in tracker.work(milestone, None, ("accepted",)) for one in item.labellings]


def queries(sandbox: GitHubSandbox) -> int:
    return sum(request.path == GRAPHQL for request in sandbox.requests)


def test_a_labelling_is_told_with_the_address_of_its_item(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone, clock: FrozenClock
) -> None:
    clock.advance(timedelta(hours=1))
    sandbox.github.set_label(PORTAL, 1, "accepted", "anna")
    url = f"{sandbox.url}/acme/portal/issues/1"
    assert labellings(tracker, design) == [Labelling("accepted", "anna", clock.now, url)]


def test_an_app_is_nobody_although_graphql_gives_it_the_login_of_a_person(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone
) -> None:
    sandbox.github.set_label(PORTAL, 1, "accepted", "anna")
    sandbox.github.remove_label(PORTAL, 1, "accepted")
    sandbox.github.set_label(PORTAL, 1, "accepted", "anna", bot=True)
    assert [one.by for one in labellings(tracker, design)] == ["anna", ""]


def test_an_account_that_is_no_more_is_nobody(sandbox: GitHubSandbox, tracker: Tracker, design: Milestone) -> None:
    sandbox.github.set_label(PORTAL, 1, "accepted", "")
    assert [one.by for one in labellings(tracker, design)] == [""]


def test_fifty_items_cost_one_query_and_those_without_the_label_or_open_none(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone
) -> None:
    for number in range(2, 102):
        sandbox.github.add_issue(PORTAL, f"task {number}", design.number)
        sandbox.github.set_label(PORTAL, number, "accepted", "anna")
    sandbox.github.set_label(PORTAL, sandbox.github.add_issue(PORTAL, "to do", 1, state="open"), "accepted", "anna")
    assert len(labellings(tracker, design)) == 100
    assert (queries(sandbox), sandbox.spent) == (2, 2)


def test_without_an_item_that_has_the_label_nothing_is_asked(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone
) -> None:
    sandbox.github.set_label(PORTAL, 1, "bug", "anna")
    assert labellings(tracker, design) == []
    assert queries(sandbox) == 0


def test_without_graphql_nobody_knows_who_has_set_a_label(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone
) -> None:
    sandbox.graphql = False
    sandbox.github.set_label(PORTAL, 1, "accepted", "anna")
    with pytest.raises(AccessDenied, match="GraphQL"):
        labellings(tracker, design)
    assert len(tracker.work(design)) == 1


PAGE = {"hasNextPage": False, "endCursor": None}


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [None],
        [{"number": 2, "rows": {"nodes": [], "pageInfo": PAGE}}],
        [{"number": 1, "rows": {"nodes": [None], "pageInfo": PAGE}}],
        [{"number": 1, "rows": {"nodes": [{"createdAt": "soon"}], "pageInfo": PAGE}}],
        [{"number": 1, "rows": {"nodes": [], "pageInfo": PAGE | {"hasNextPage": True}}}],
    ],
)
def test_labellings_that_are_not_told_completely_are_an_error(
    sandbox: GitHubSandbox, tracker: Tracker, design: Milestone, nodes: list[Any]
) -> None:
    sandbox.github.set_label(PORTAL, 1, "accepted", "anna")
    for _ in range(2):
        sandbox.faults.append(Fault(answer=Answer(200, {"data": {"nodes": nodes}}), path=GRAPHQL))
    with pytest.raises(BadAnswer):
        labellings(tracker, design)
