"""The issues of a milestone in Jira: what was delivered, and hours, points and estimates that bills rest on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.jira import MoodyJira, connecting, observe

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.work import TimeEntry
from tracker2invoice.plugins import Tracker
from tracker2invoice.testing.sandbox import jira_answers as answers
from tracker2invoice.testing.sandbox.jira_answers import POINTS
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC, SUBTASK, JiraState
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

MORNING = "2026-03-02T09:30:00.000+0100"


@pytest.fixture(params=[True, False], ids=["cloud", "data-center"])
def sandbox(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[MoodyJira]:
    with MoodyJira(clock, cloud=request.param) as running:
        yield running


@pytest.fixture
def jira(sandbox: MoodyJira) -> JiraState:
    return sandbox.jira


@pytest.fixture
def tracker(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with connecting(clock, tmp_path, points_field=POINTS)(sandbox) as one:
        yield one


@pytest.fixture
def portal(jira: JiraState) -> int:
    return jira.add_project("Customer portal", "PORTAL")


@pytest.fixture
def version(jira: JiraState, portal: int) -> int:
    return jira.add_version(portal, "Design")


@pytest.fixture
def design(tracker: Tracker, portal: int, version: int) -> Milestone:
    (one,) = observe(tracker, str(portal)).milestones
    return one


def hours_of(tracker: Tracker, milestone: Milestone) -> list[Decimal]:
    return [entry.hours for item in tracker.work(milestone) for entry in item.time]


def test_only_what_was_delivered_is_listed_with_its_page_and_people(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    add = jira.add_issue
    add(portal, "done", version=version, status=DONE, resolution="Done", assignee="Mia Krystof")
    add(portal, "will not be done", version=version, status=DONE, resolution="won't do")
    add(portal, "said twice", version=version, status=DONE, resolution="Duplicate")
    add(portal, "still open", version=version, status=3)
    add(portal, "without a resolution", version=version, status=10002)
    add(portal, "of another version", version=jira.add_version(portal, "Beta"), status=DONE)
    found = tracker.deliverables(design)
    assert [(one.kind, one.number, one.title, one.url, one.assignees) for one in found] == [
        ("issue", "PORTAL-1", "done", f"{sandbox.url}/browse/PORTAL-1", ("Mia Krystof",)),
        ("issue", "PORTAL-5", "without a resolution", f"{sandbox.url}/browse/PORTAL-5", ()),
    ]


def test_an_issue_that_nothing_resolved_was_closed_when_its_category_changed_if_that_is_told(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    jira.add_issue(portal, "without a resolution", version=version, status=DONE)
    (one,) = tracker.deliverables(design)
    assert (one.closed_at is not None) == sandbox.cloud


def test_which_resolutions_mean_given_up_can_be_said(
    sandbox: MoodyJira,
    jira: JiraState,
    portal: int,
    version: int,
    design: Milestone,
    clock: FrozenClock,
    tmp_path: Path,
) -> None:
    for resolution in ("Won't Do", "Verworfen"):
        jira.add_issue(portal, resolution, version=version, status=DONE, resolution=resolution)
    with connecting(clock, tmp_path, given_up=["Verworfen"])(sandbox) as tracker:
        assert [one.title for one in tracker.deliverables(design)] == ["Won't Do"]
        assert [one.title for one in tracker.work(design)] == ["Won't Do"]


def test_work_has_points_estimate_and_labels_and_nothing_is_not_zero(
    jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    jira.add_issue(portal, "a", version=version, points="2.5", estimate=5400, labels=("screen", "größe: M"))
    jira.add_issue(portal, "b", version=version)
    jira.add_issue(portal, "c", version=version, points="0", estimate=0)
    found = [(one.points, one.estimate, one.labels, one.time, one.closed_at) for one in tracker.work(design)]
    assert found == [
        (Decimal("2.5"), Decimal("1.5"), ("screen", "größe: M"), (), None),
        (None, None, (), (), None),
        (Decimal(0), Decimal(0), (), (), None),
    ]


def test_points_are_read_only_from_the_field_that_was_named(
    sandbox: MoodyJira,
    jira: JiraState,
    portal: int,
    version: int,
    design: Milestone,
    clock: FrozenClock,
    tmp_path: Path,
) -> None:
    jira.add_issue(portal, "a", version=version, points="3")
    with connecting(clock, tmp_path)(sandbox) as tracker:
        assert [one.points for one in tracker.work(design)] == [None]


@pytest.mark.parametrize("points", [-1, "3", True, 10**12, {"value": 3}, [3]], ids=str)
def test_points_that_nobody_counted_are_an_error(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone, points: Any
) -> None:
    number = jira.add_issue(portal, "a", version=version)
    status = {"id": "1", "statusCategory": {"key": "new"}}
    fields = {"summary": "a", "status": status, "fixVersions": [{"id": str(version)}], POINTS: points}
    fields["worklog"] = {"worklogs": [], "total": 0}
    issue = {"id": str(number), "key": "PORTAL-1", "fields": fields}
    sandbox.faults.append(Fault(answer=Answer(200, {"issues": [issue], "total": 1}), path="/search"))
    with pytest.raises(BadAnswer):
        tracker.work(design)
    fields[POINTS] = 3
    sandbox.faults.append(Fault(answer=Answer(200, {"issues": [issue], "total": 1}), path="/search"))
    assert [one.points for one in tracker.work(design)] == [Decimal(3)]


def test_hours_are_of_the_person_and_of_the_day_on_which_they_were_typed(
    jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    issue = jira.add_issue(portal, "a", version=version)
    jira.log_work(issue, "Mia Krystof", "2026-03-03T00:30:00.000+1100", 5400)
    jira.log_work(issue, "Ben", "2026-03-02T23:30:00.000-0800", 900)
    (one,) = tracker.work(design)
    assert one.time == (
        TimeEntry("Ben", date(2026, 3, 2), Decimal("0.25")),
        TimeEntry("Mia Krystof", date(2026, 3, 3), Decimal("1.5")),
    )


def test_three_times_twenty_minutes_are_an_hour(
    jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    for number in range(3):
        issue = jira.add_issue(portal, f"task {number}", version=version)
        jira.log_work(issue, "Mia", MORNING, 1200)
        jira.log_work(issue, "Ben", MORNING, 7 * 60)
    work = tracker.work(design)
    sums = {
        name: sum(entry.hours for one in work for entry in one.time if entry.person == name) for name in ("Mia", "Ben")
    }
    assert sums == {"Mia": Decimal(1), "Ben": Decimal("0.35")}


def test_worklogs_that_a_search_cuts_short_are_read_for_those_issues_alone(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    few, many = (jira.add_issue(portal, title, version=version) for title in ("few", "many"))
    for issue, count in ((few, 20), (many, 1021)):
        for _ in range(count):
            jira.log_work(issue, "Mia", MORNING, 3600)
    before = len(sandbox.requests)
    assert [len(one.time) for one in tracker.work(design)] == [20, 1021]
    asked = [request.path for request in list(sandbox.requests)[before:] if "worklog" in request.path]
    assert len(asked) == 2
    assert all(f"/issue/{many}/worklog" in path for path in asked)


def test_worklogs_that_cannot_be_read_are_an_error(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    issue = jira.add_issue(portal, "many", version=version)
    for _ in range(21):
        jira.log_work(issue, "Mia", MORNING, 3600)
    page = Answer(200, b'{"total": 21, "worklogs": []}')
    sandbox.faults.extend([Fault(answer=page, path="/worklog")] * 4)
    with pytest.raises(BadAnswer):
        tracker.work(design)


def test_hours_of_a_person_who_is_no_more_are_nobodys_and_not_lost(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    issue = jira.add_issue(portal, "many", version=version)
    for _ in range(21):
        jira.log_work(issue, "Mia", MORNING, 3600)
    log = {"id": "1", "started": MORNING, "timeSpentSeconds": 3600}
    sandbox.faults.append(Fault(answer=Answer(200, {"total": 1, "worklogs": [log]}), path="/worklog"))
    (one,) = tracker.work(design)
    assert one.time == (TimeEntry("", date(2026, 3, 2), Decimal(1)),)


def test_issues_are_in_the_order_of_their_numbers(
    jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    for number in range(12):
        jira.add_issue(portal, f"task {number}", version=version, status=DONE)
    assert [one.number for one in tracker.work(design)] == [f"PORTAL-{number}" for number in range(1, 13)]


def test_issues_of_a_version_that_has_the_number_for_a_name_are_not_taken(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    own = jira.add_issue(portal, "ours", version=version)
    theirs = jira.add_issue(portal, "theirs", version=jira.add_version(portal, str(version)))
    # Jira takes a number that is no id for a name; here it takes every number for one
    row = answers.issue(sandbox.url, jira, jira.issues[theirs], ["*all"], cloud=sandbox.cloud)
    ours = answers.issue(sandbox.url, jira, jira.issues[own], ["*all"], cloud=sandbox.cloud)
    sandbox.faults.append(Fault(answer=Answer(200, {"issues": [ours, row], "total": 2}), path="/search"))
    assert [one.title for one in tracker.work(design)] == ["ours"]


def test_hours_on_parts_of_an_issue_are_of_the_issue_unless_they_have_a_version_or_were_given_up(
    jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    story = jira.add_issue(portal, "a story", version=version)
    parts = [
        jira.add_issue(portal, "a part", type=SUBTASK, epic=story),
        jira.add_issue(portal, "a part of its own", type=SUBTASK, epic=story, version=version),
        jira.add_issue(portal, "of another", type=SUBTASK, epic=story, version=jira.add_version(portal, "Beta")),
        jira.add_issue(portal, "given up", type=SUBTASK, epic=story, status=DONE, resolution="Won't Do"),
    ]
    for hours, issue in enumerate([story, *parts], start=1):
        jira.log_work(issue, "Mia", MORNING, hours * 3600)
    found = {one.title: [entry.hours for entry in one.time] for one in tracker.work(design)}
    assert found == {"a story": [1, 2], "a part of its own": [3]}


def test_hours_on_parts_of_the_issues_in_an_epic_are_of_those_issues(
    jira: JiraState, tracker: Tracker, portal: int
) -> None:
    story = jira.add_issue(portal, "a story", epic=jira.add_issue(portal, "Design", type=EPIC))
    part = jira.add_issue(portal, "a part", type=SUBTASK, epic=story, version=jira.add_version(portal, "1.0"))
    jira.log_work(part, "Mia", MORNING, 3600)
    (one,) = observe(tracker, f"{portal}/epics").milestones
    (item,) = tracker.work(one)
    assert (item.title, [entry.hours for entry in item.time]) == ("a story", [Decimal(1)])


def test_a_search_that_finds_nothing_in_a_version_that_is_gone_is_not_an_empty_list(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, version: int, design: Milestone
) -> None:
    jira.delete_version(version)
    sandbox.faults.append(Fault(answer=Answer(200, b'{"issues": [], "total": 0}'), path="/search"))
    with pytest.raises(NotThere):
        tracker.deliverables(design)


def test_a_site_that_keeps_no_times_has_none(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    row = answers.issue(
        sandbox.url, jira, jira.issues[jira.add_issue(portal, "a", version=version)], ["*all"], cloud=True
    )
    del row["fields"]["worklog"]
    sandbox.faults.append(Fault(answer=Answer(200, {"issues": [row], "total": 1}), path="/search"))
    before = len(sandbox.requests)
    assert [one.time for one in tracker.work(design)] == [()]
    assert not [request for request in list(sandbox.requests)[before:] if "worklog" in request.path]


@pytest.mark.parametrize("size", [0, 1, 100, 101])
def test_what_is_in_a_milestone_is_whole_at_any_size(
    jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone, size: int
) -> None:
    for number in range(size):
        jira.add_issue(portal, f"task {number}", version=version, status=DONE)
    assert len(tracker.deliverables(design)) == len(tracker.work(design)) == size


def test_seconds_that_add_up_to_no_decimal_are_off_by_less_than_anybody_is_paid_for(
    jira: JiraState, tracker: Tracker, portal: int, version: int, design: Milestone
) -> None:
    issue = jira.add_issue(portal, "a", version=version)
    for _ in range(20):
        jira.log_work(issue, "Mia", MORNING, 60)
    assert abs(sum(hours_of(tracker, design)) - Decimal(1) / 3) < Decimal("1E-9")
