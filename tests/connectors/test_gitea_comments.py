"""Comments on issues and pull requests of Gitea: what the suite of all trackers does not know of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.gitea import PORTAL, SwappedGitea, connected, milestone_of

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import EARLIEST, Milestone
from tracker2invoice.model.work import Comment
from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.sandbox.gitea import GiteaSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

COMMENTS = "/issues/comments"


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
    """A repository whose milestone has one issue, number 1."""
    repository = sandbox.gitea.add_repository(PORTAL)
    sandbox.gitea.add_issue(repository, "Log in", sandbox.gitea.add_milestone(repository, "Design"))
    return repository


@pytest.fixture
def design(portal: int, sandbox: GiteaSandbox, tracker: Tracker) -> Milestone:
    (number,) = sandbox.gitea.repositories[portal].milestones
    return milestone_of(tracker, portal, number)


def comments(tracker: Tracker, milestone: Milestone, since: datetime = EARLIEST) -> list[Comment]:
    return [one for item in tracker.work(milestone, since) for one in item.comments]


def test_a_comment_is_told_with_its_author_and_address(
    sandbox: GiteaSandbox, tracker: Tracker, portal: int, design: Milestone, clock: FrozenClock
) -> None:
    comment = sandbox.gitea.comment(portal, 1, "anna", "accepted")
    url = f"{sandbox.url}/acme/portal/issues/1#issuecomment-{comment}"
    assert comments(tracker, design) == [Comment("anna", clock.now, "accepted", url)]


def test_one_that_was_edited_is_nobodys_word_for_nobody_tells_who_did(
    sandbox: GiteaSandbox, tracker: Tracker, portal: int, design: Milestone, clock: FrozenClock
) -> None:
    comment = sandbox.gitea.comment(portal, 1, "anna", "not yet")
    clock.advance(timedelta(minutes=1))
    sandbox.gitea.edit_comment(portal, comment, "accepted")
    assert comments(tracker, design) == []


def test_one_that_was_written_as_the_second_passed_was_not_edited(
    sandbox: GiteaSandbox, tracker: Tracker, portal: int, design: Milestone, clock: FrozenClock
) -> None:
    comment = sandbox.gitea.comment(portal, 1, "anna", "accepted")
    clock.advance(timedelta(seconds=1))
    sandbox.gitea.edit_comment(portal, comment, "accepted")
    assert len(comments(tracker, design)) == 1


def test_one_that_was_imported_is_not_of_whoever_imported_it(
    sandbox: GiteaSandbox, tracker: Tracker, portal: int, design: Milestone
) -> None:
    sandbox.gitea.comment(portal, 1, "anna", "accepted", original_author="mallory")
    assert comments(tracker, design) == []


def test_a_repository_that_takes_the_name_meanwhile_lends_no_comments(clock: FrozenClock, tmp_path: Path) -> None:
    with SwappedGitea(clock) as sandbox, closing(connected(sandbox, clock, tmp_path)) as tracker:
        sandbox.when = COMMENTS
        portal = sandbox.gitea.add_repository(PORTAL)
        number = sandbox.gitea.add_milestone(portal, "Design")
        sandbox.gitea.add_issue(portal, "Log in", number)
        with pytest.raises(BadAnswer, match="another name"):
            tracker.work(milestone_of(tracker, portal, number), EARLIEST)


@pytest.mark.parametrize(
    "fields",
    [
        {"issue_url": "https://git.example/acme/portal/projects/1"},
        {"issue_url": ""},
        {"body": None},
        {"created_at": "2026-03-02T09:30:00"},
        {"user": {"full_name": "anna"}},
    ],
)
def test_a_comment_that_is_not_told_completely_is_an_error(
    sandbox: GiteaSandbox, tracker: Tracker, design: Milestone, fields: dict[str, Any]
) -> None:
    whole = {
        "id": 7,
        "html_url": "",
        "issue_url": "https://git.example/acme/portal/issues/1",
        "pull_request_url": "",
        "user": {"login": "anna"},
        "body": "accepted",
        "created_at": "2026-03-02T09:30:00Z",
        "updated_at": "2026-03-02T09:30:00Z",
    }
    sandbox.faults.append(Fault(answer=Answer(200, [whole | fields], {"X-Total-Count": "1"}), path=COMMENTS))
    with pytest.raises(BadAnswer):
        comments(tracker, design)
