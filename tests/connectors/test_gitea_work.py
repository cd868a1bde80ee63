"""The work in a milestone of Gitea: what counts, whose hours, and lists that are not what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.connectors.gitea import PORTAL, SwappedGitea, connected, milestone_of

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere
from tracker2invoice.model.work import TimeEntry, WorkItem
from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.sandbox.gitea import MOST, GiteaSandbox
from tracker2invoice.testing.sandbox.gitea_state import GiteaState
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GiteaSandbox]:
    with GiteaSandbox(clock) as running:
        yield running


@pytest.fixture
def gitea(sandbox: GiteaSandbox) -> GiteaState:
    return sandbox.gitea


@pytest.fixture
def tracker(sandbox: GiteaSandbox, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with closing(connected(sandbox, clock, tmp_path)) as one:
        yield one


def test_only_what_was_delivered_is_listed(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL)
    design, beta = gitea.add_milestone(portal, "Design"), gitea.add_milestone(portal, "Beta")
    gitea.add_issue(portal, "done", design, assignees=("anna", "ben"))
    gitea.add_issue(portal, "refused change", design, pull=True)
    gitea.add_issue(portal, "merged change", design, pull=True, merged=True)
    gitea.add_issue(portal, "of another milestone", beta)
    gitea.add_issue(portal, "still open", design, state="open")
    gitea.add_issue(portal, "open change", design, state="open", pull=True)
    milestone = milestone_of(tracker, portal, design)
    assert (milestone.open_items, milestone.closed_items) == (2, 3)
    assert [(one.kind, one.number, one.title, one.assignees) for one in tracker.deliverables(milestone)] == [
        ("issue", "1", "done", ("anna", "ben")),
        ("merge_request", "3", "merged change", ()),
    ]
    assert [one.number for one in tracker.work(milestone)] == ["1", "3", "5", "6"]


def test_work_has_labels_estimates_and_the_hours_of_its_milestone(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL)
    design, beta = gitea.add_milestone(portal, "Design"), gitea.add_milestone(portal, "Beta")
    task = gitea.add_issue(portal, "a task", design, state="open", labels=("screen",), estimate=5400)
    other = gitea.add_issue(portal, "of another milestone", beta)
    gitea.log_time(portal, task, "mia", 5400, "2026-02-02T10:00:00+01:00")
    gitea.log_time(portal, other, "mia", 7200, "2026-02-03T10:00:00+01:00")
    gitea.log_time(portal, task, "ben", 3600, "2026-02-03T23:30:00-05:00")
    assert tracker.work(milestone_of(tracker, portal, design)) == (
        WorkItem(
            "1", "a task", closed=False, labels=("screen",), estimate=Decimal("1.5"),
            time=(
                TimeEntry("mia", date(2026, 2, 2), Decimal("1.5")),
                TimeEntry("ben", date(2026, 2, 4), Decimal(1)),
            ),
        ),
    )  # fmt: skip


def test_three_times_twenty_minutes_are_an_hour(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL)
    design = gitea.add_milestone(portal, "Design")
    for _ in range(3):
        gitea.log_time(portal, gitea.add_issue(portal, "a task", design), "mia", 1200)
    spent = [entry.hours for one in tracker.work(milestone_of(tracker, portal, design)) for entry in one.time]
    assert (len(spent), sum(spent)) == (3, 1)


def test_what_rounding_leaves_over_elsewhere_is_not_counted_here(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL)
    design, beta = gitea.add_milestone(portal, "Design"), gitea.add_milestone(portal, "Beta")
    for milestone in (beta, design):
        gitea.log_time(portal, gitea.add_issue(portal, "a task", milestone), "mia", 1200)
    spent = [entry.hours for one in tracker.work(milestone_of(tracker, portal, design)) for entry in one.time]
    assert spent == [Decimal("0.3333333333")]


def test_whole_hours_are_written_without_an_exponent(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL)
    design = gitea.add_milestone(portal, "Design")
    gitea.log_time(portal, gitea.add_issue(portal, "a task", design, estimate=36_000), "mia", 36_000)
    (item,) = tracker.work(milestone_of(tracker, portal, design))
    assert (str(item.estimate), str(item.time[0].hours)) == ("10", "10")


def test_hours_of_which_only_our_own_would_be_shown_are_an_error(sandbox: GiteaSandbox, tracker: Tracker) -> None:
    gitea = sandbox.gitea
    portal = gitea.add_repository(PORTAL)
    design = gitea.add_milestone(portal, "Design")
    gitea.log_time(portal, gitea.add_issue(portal, "a task", design), "mia", 3600)
    sandbox.writes_issues = False
    milestone = milestone_of(tracker, portal, design)
    assert [one.title for one in tracker.deliverables(milestone)] == ["a task"]
    with pytest.raises(AccessDenied, match="may not write issues"):
        tracker.work(milestone)
    (*_, finding) = tracker.check([PORTAL])
    assert (finding.ok, "times = false" in finding.next_step) == (False, True)


def test_without_hours_it_is_enough_to_read(sandbox: GiteaSandbox, clock: FrozenClock, tmp_path: Path) -> None:
    gitea = sandbox.gitea
    portal = gitea.add_repository(PORTAL)
    design = gitea.add_milestone(portal, "Design")
    gitea.log_time(portal, gitea.add_issue(portal, "a task", design), "mia", 3600)
    sandbox.writes_issues = False
    with closing(connected(sandbox, clock, tmp_path, times=False)) as tracker:
        assert [one.time for one in tracker.work(milestone_of(tracker, portal, design))] == [()]
        assert all(one.ok for one in tracker.check([PORTAL]))


def test_a_repository_without_time_tracking_has_no_hours(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL, keeps_times=False)
    design = gitea.add_milestone(portal, "Design")
    gitea.add_issue(portal, "a task", design)
    assert [one.time for one in tracker.work(milestone_of(tracker, portal, design))] == [()]
    assert all(one.ok for one in tracker.check([PORTAL]))


def test_a_title_that_is_the_id_of_another_milestone_hides_nothing(gitea: GiteaState, tracker: Tracker) -> None:
    portal = gitea.add_repository(PORTAL)
    design = gitea.add_milestone(portal, "Design")
    gitea.add_issue(portal, "a task", design)
    milestone = milestone_of(tracker, portal, design)
    empty = gitea.add_milestone(portal, str(design))
    with pytest.raises(BadAnswer, match="counts 1 items, its list has 0"):
        tracker.work(milestone)
    gitea.add_issue(portal, "not ours", empty)
    with pytest.raises(BadAnswer, match="not in the milestone"):
        tracker.work(milestone)
    gitea.delete_milestone(portal, design)
    with pytest.raises(NotThere):
        tracker.work(milestone)


def test_items_that_we_may_not_see_are_missed(sandbox: GiteaSandbox, tracker: Tracker) -> None:
    portal = sandbox.gitea.add_repository(PORTAL)
    design = sandbox.gitea.add_milestone(portal, "Design")
    sandbox.gitea.add_issue(portal, "a change", design, pull=True, merged=True)
    milestone = milestone_of(tracker, portal, design)
    sandbox.faults.append(Fault(answer=Answer(200, [], {"X-Total-Count": "0"}), path="/issues"))
    with pytest.raises(BadAnswer, match="counts 1 items, its list has 0"):
        tracker.deliverables(milestone)


def test_times_of_a_repository_that_takes_the_name_are_no_hours_of_ours(clock: FrozenClock, tmp_path: Path) -> None:
    with SwappedGitea(clock) as sandbox, closing(connected(sandbox, clock, tmp_path)) as tracker:
        sandbox.when = "/times"
        portal = sandbox.gitea.add_repository(PORTAL)
        design = sandbox.gitea.add_milestone(portal, "Design")
        sandbox.gitea.log_time(portal, sandbox.gitea.add_issue(portal, "a task", design), "mia", 3600)
        milestone = milestone_of(tracker, portal, design)
        with pytest.raises(BadAnswer):
            tracker.work(milestone)


def test_work_takes_one_request_for_each_page_and_never_one_for_each_item(
    sandbox: GiteaSandbox, tracker: Tracker
) -> None:
    gitea = sandbox.gitea
    portal = gitea.add_repository(PORTAL)
    design = gitea.add_milestone(portal, "Design")
    for _ in range(MOST):
        gitea.log_time(portal, gitea.add_issue(portal, "a task", design), "mia", 3600)
    milestone = milestone_of(tracker, portal, design)
    sandbox.requests.clear()
    assert len(tracker.work(milestone)) == MOST
    assert [request.path.rpartition("/")[2] for request in sandbox.requests] == [
        str(portal), str(design), "issues", "times", "times", str(portal),
    ]  # fmt: skip
