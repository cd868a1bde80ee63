"""Who has set labels on issues and pull requests of Gitea: what the suite of all trackers does not know of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.gitea import PORTAL, SwappedGitea, connected, milestone_of

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.work import Labelling
from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.sandbox.gitea import MOST, GiteaSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

EVENT: dict[str, Any] = {
    "id": 1, "type": "label", "user": {"login": "anna"}, "body": "1", "created_at": "2026-03-02T09:30:00Z",
    "label": {"name": "accepted"},
}  # fmt: skip


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GiteaSandbox]:
    with GiteaSandbox(clock) as running:
        yield running


@pytest.fixture
def tracker(sandbox: GiteaSandbox, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with closing(connected(sandbox, clock, tmp_path)) as one:
        yield one


@pytest.fixture
def portal(sandbox: GiteaSandbox) -> int:
    """A repository whose milestone has a closed issue, number 1, and a merged pull request, number 2."""
    repository = sandbox.gitea.add_repository(PORTAL)
    number = sandbox.gitea.add_milestone(repository, "Design")
    sandbox.gitea.add_issue(repository, "Log in", number)
    sandbox.gitea.add_issue(repository, "Search", number, pull=True, merged=True)
    return repository


@pytest.fixture
def design(portal: int, sandbox: GiteaSandbox, tracker: Tracker) -> Milestone:
    (number,) = sandbox.gitea.repositories[portal].milestones
    return milestone_of(tracker, portal, number)


def labellings(tracker: Tracker, milestone: Milestone) -> list[Labelling]:
    return [one for item in tracker.work(milestone, None, ("accepted",)) for one in item.labellings]


def asked(sandbox: GiteaSandbox) -> int:
    return sum(request.path.endswith("/timeline") for request in sandbox.requests)


def test_a_labelling_is_told_with_the_address_of_its_item(
    sandbox: GiteaSandbox, tracker: Tracker, portal: int, design: Milestone, clock: FrozenClock
) -> None:
    clock.advance(timedelta(hours=1))
    sandbox.gitea.set_label(portal, 1, "accepted", "anna")
    url = f"{sandbox.url}/{PORTAL}/issues/1"
    assert labellings(tracker, design) == [Labelling("accepted", "anna", clock.now, url)]


def test_pages_that_are_cut_short_or_empty_in_the_middle_hide_nothing_that_comes_later(
    sandbox: GiteaSandbox, tracker: Tracker, portal: int, design: Milestone
) -> None:
    sandbox.gitea.set_label(portal, 2, "accepted", "anna")
    sandbox.gitea.review(portal, 2, "carl", 3 * MOST)
    sandbox.gitea.remove_label(portal, 2, "accepted")
    sandbox.gitea.set_label(portal, 2, "accepted", "mallory")
    assert [one.by for one in labellings(tracker, design)] == ["anna", "mallory"]


def test_only_finished_items_with_the_label_are_asked_about(
    sandbox: GiteaSandbox, tracker: Tracker, portal: int, design: Milestone
) -> None:
    for title, state, label in (("a", "open", "accepted"), ("b", "closed", "bug")):
        issue = sandbox.gitea.add_issue(portal, title, design.number, state=state)  # type: ignore[arg-type]
        sandbox.gitea.set_label(portal, issue, label, "anna")
    assert labellings(tracker, design) == []
    assert asked(sandbox) == 0
    sandbox.gitea.set_label(portal, 1, "accepted", "anna")
    assert len(labellings(tracker, design)) == 1
    assert asked(sandbox) == 2
    tracker.work(design)
    assert asked(sandbox) == 2


def test_a_repository_that_takes_the_name_meanwhile_lends_no_labels(clock: FrozenClock, tmp_path: Path) -> None:
    with SwappedGitea(clock) as sandbox, closing(connected(sandbox, clock, tmp_path)) as tracker:
        sandbox.when = "/issues/1/timeline"
        portal = sandbox.gitea.add_repository(PORTAL)
        number = sandbox.gitea.add_milestone(portal, "Design")
        sandbox.gitea.set_label(portal, sandbox.gitea.add_issue(portal, "Log in", number), "accepted", "mallory")
        with pytest.raises(BadAnswer, match="another name"):
            labellings(tracker, milestone_of(tracker, portal, number))


STRANGE: list[Any] = [
    {},
    [None],
    [{}],
    [EVENT | {"created_at": "soon"}],
    [EVENT | {"created_at": "0001-01-01T00:00:00Z"}],
    [EVENT | {"user": {}}],
    [EVENT | {"label": "accepted"}],
]


@pytest.mark.parametrize("body", STRANGE)
def test_labellings_in_another_form_are_an_error(
    sandbox: GiteaSandbox, tracker: Tracker, portal: int, design: Milestone, body: Any
) -> None:
    sandbox.gitea.set_label(portal, 1, "accepted", "anna")
    sandbox.faults.append(Fault(answer=Answer(200, body), path="/timeline"))
    with pytest.raises(BadAnswer):
        labellings(tracker, design)
