"""Who has set labels on issues of Jira, Cloud and Data Center: what the suite of all trackers does not know of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.jira import MoodyJira, connecting, observe

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.work import Labelling
from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.sandbox.jira_state import DONE, LabelChange
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

ANNA = "5b10a2844c20165700ede21g"


@pytest.fixture(params=[True, False], ids=["cloud", "data-center"])
def sandbox(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[MoodyJira]:
    with MoodyJira(clock, cloud=request.param) as running:
        yield running


@pytest.fixture
def tracker(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with connecting(clock, tmp_path)(sandbox) as one:
        yield one


@pytest.fixture
def issue(sandbox: MoodyJira) -> int:
    """The only issue of a version, which is done."""
    portal = sandbox.jira.add_project("Customer portal", "PORTAL")
    version = sandbox.jira.add_version(portal, "Design")
    return sandbox.jira.add_issue(portal, "Log in", version=version, status=DONE)


@pytest.fixture
def design(sandbox: MoodyJira, tracker: Tracker, issue: int) -> Milestone:
    (one,) = observe(tracker, str(sandbox.jira.issues[issue].project)).milestones
    sandbox.requests.clear()
    return one


def labellings(tracker: Tracker, milestone: Milestone) -> list[Labelling]:
    return [one for item in tracker.work(milestone, None, ("accepted",)) for one in item.labellings]


def is_about_changes(request: Request) -> bool:
    return b"changelog" in request.path.encode() + request.body


def asked(sandbox: MoodyJira) -> int:
    return sum(map(is_about_changes, sandbox.requests))


def test_a_labelling_has_the_account_of_its_person_and_never_the_name_that_people_see(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone, clock: FrozenClock
) -> None:
    clock.advance(timedelta(hours=1))
    sandbox.jira.set_label(issue, "accepted", ANNA)
    url = f"{sandbox.url}/browse/PORTAL-1"
    assert labellings(tracker, design) == [Labelling("accepted", ANNA, clock.now, url)]


def test_who_sets_another_label_beside_it_has_not_set_it(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone
) -> None:
    for label, person in (("unaccepted", "ben"), ("accepted", ANNA), ("accepted-not", "mallory")):
        sandbox.jira.set_label(issue, label, person)
    assert [one.by for one in labellings(tracker, design)] == [ANNA]


def test_a_label_that_an_issue_was_created_with_was_set_by_nobody(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone
) -> None:
    sandbox.jira.issues[issue].labels = ("accepted",)
    sandbox.jira.set_label(issue, "bug", "ben")
    assert labellings(tracker, design) == []


def test_the_changes_of_all_issues_cost_one_request_and_only_if_one_has_the_label(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone
) -> None:
    assert labellings(tracker, design) == []
    assert asked(sandbox) == 0
    portal = sandbox.jira.issues[issue].project
    for number in range(30):
        other = sandbox.jira.add_issue(portal, f"task {number}", version=int(design.id), status=DONE)
        sandbox.jira.set_label(other, "accepted", ANNA)
    assert len(labellings(tracker, design)) == 30
    assert asked(sandbox) == 1
    tracker.work(design)
    assert asked(sandbox) == 1


def test_whatever_order_the_changes_come_in_the_last_is_told_last(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone, clock: FrozenClock
) -> None:
    sandbox.jira.set_label(issue, "accepted", ANNA)
    clock.advance(timedelta(hours=1))
    sandbox.jira.remove_label(issue, "accepted")
    sandbox.jira.set_label(issue, "accepted", "mallory")
    sandbox.jira.issues[issue].changes.reverse()
    assert [one.by for one in labellings(tracker, design)] == [ANNA, "mallory"]


def test_changes_that_somebody_made_who_is_no_more_are_nobodys(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone
) -> None:
    sandbox.jira.set_label(issue, "accepted", ANNA)
    changes = sandbox.jira.issues[issue].changes
    changes[-1] = replace(changes[-1], by="")
    assert isinstance(changes[-1], LabelChange)
    assert [one.by for one in labellings(tracker, design)] == [""]


STRANGE: list[Any] = [
    None,
    {},
    {"id": "1", "created": "soon", "items": []},
    {"id": "1", "created": 1772443800, "items": [{}]},
]


@pytest.mark.parametrize("change", STRANGE)
def test_changes_in_another_form_are_an_error(
    sandbox: MoodyJira, tracker: Tracker, issue: int, design: Milestone, change: Any
) -> None:
    sandbox.jira.set_label(issue, "accepted", ANNA)
    if sandbox.cloud:
        body: Any = {"issueChangeLogs": [{"issueId": str(issue), "changeHistories": [change]}]}
    else:
        body = {"total": 1, "issues": [{"id": str(issue), "changelog": {"total": 1, "histories": [change]}}]}
    sandbox.faults.append(OnChanges(answer=Answer(200, body)))
    with pytest.raises(BadAnswer):
        labellings(tracker, design)


class OnChanges(Fault):
    def matches(self, request: Request) -> bool:
        return is_about_changes(request)
