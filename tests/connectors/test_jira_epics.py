"""Epics of Jira: when they were done and by whom, one query for many projects, and nothing overlooked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.jira import MoodyJira, connecting, observe, poll

from tracker2invoice.errors import BadAnswer, NotThere
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Failed, Observed, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox import jira_answers as answers
from tracker2invoice.testing.sandbox import jira_query
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC, STATUSES, TO_DO, JiraState
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

ACCEPTED = 10002
NOTHING_FOUND = Answer(200, b'{"issues": [], "total": 0}')
NINE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(params=[True, False], ids=["cloud", "data-center"])
def sandbox(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[MoodyJira]:
    with MoodyJira(clock, cloud=request.param) as running:
        yield running


@pytest.fixture
def jira(sandbox: MoodyJira) -> JiraState:
    return sandbox.jira


@pytest.fixture
def tracker(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with connecting(clock, tmp_path)(sandbox) as one:
        yield one


@pytest.fixture
def portal(jira: JiraState) -> int:
    return jira.add_project("Customer portal", "PORTAL")


@pytest.fixture
def design(jira: JiraState, portal: int) -> int:
    return jira.add_issue(portal, "Design", type=EPIC)


def only(tracker: Tracker, project: int) -> Milestone:
    (one,) = observe(tracker, f"{project}/epics").milestones
    return one


def asked_since(sandbox: MoodyJira, before: int) -> list[str]:
    return [request.path.rpartition("/")[2] for request in list(sandbox.requests)[before:]]


def test_an_epic_was_closed_when_it_was_done_by_whoever_did_it(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, design: int, clock: FrozenClock
) -> None:
    clock.advance(timedelta(hours=1))
    jira.move_issue(design, DONE, by="Mia Krystof")
    clock.advance(timedelta(hours=1))
    jira.rename_issue(design, "Design, signed")
    one = only(tracker, portal)
    assert (one.state, one.closed_at, one.closed_by) == ("closed", NINE + timedelta(hours=1), "Mia Krystof")
    assert (one.created_at, one.updated_at) == (NINE, NINE + timedelta(hours=2))
    assert (one.number, one.url) == (1, f"{sandbox.url}/browse/PORTAL-1")


def test_what_moves_on_within_the_category_was_closed_when_it_came_into_it(
    jira: JiraState, tracker: Tracker, portal: int, design: int, clock: FrozenClock
) -> None:
    for hour, status in enumerate((DONE, TO_DO, 3, DONE, ACCEPTED)):
        clock.now = NINE + timedelta(hours=hour)
        jira.move_issue(design, status, by=f"person {hour}")
    one = only(tracker, portal)
    assert (one.closed_at, one.closed_by) == (NINE + timedelta(hours=3), "person 3")


def test_an_epic_without_a_resolution_is_closed_all_the_same(
    jira: JiraState, tracker: Tracker, portal: int, design: int
) -> None:
    jira.move_issue(design, DONE, resolution=None)
    assert jira.issues[design].resolved_at is None
    assert only(tracker, portal).closed_at == NINE


@pytest.mark.parametrize("missing", ["all", "last", "middle"])
def test_a_history_with_a_gap_tells_no_instant(
    jira: JiraState, tracker: Tracker, portal: int, design: int, missing: str
) -> None:
    for status in (DONE, TO_DO, ACCEPTED, DONE):
        jira.move_issue(design, status)
    changes = jira.issues[design].changes
    del changes[{"all": slice(None), "last": slice(-1, None), "middle": slice(-2, -1)}[missing]]
    one = only(tracker, portal)
    assert (one.state, one.closed_at, one.closed_by) == ("closed", None, "")
    assert one.updated_at == NINE


def test_a_history_by_way_of_a_status_that_is_no_more_tells_no_instant(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, design: int
) -> None:
    for status in (DONE, 3, DONE):
        jira.move_issue(design, status)
    left = [answers.status(number) for number in STATUSES if number != 3]
    sandbox.faults.append(Fault(answer=Answer(200, left), path="/status"))
    assert only(tracker, portal).closed_at is None


def test_a_history_that_is_cut_short_tells_no_instant(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, design: int
) -> None:
    jira.move_issue(design, DONE)
    if sandbox.cloud:
        change = {"id": "1", "created": 1772443800, "items": [{"field": "status", "toString": "Done"}]}
        body: Any = {"issueChangeLogs": [{"issueId": str(design), "changeHistories": [change]}]}
        sandbox.faults.append(Fault(answer=Answer(200, body), path="/changelog/bulkfetch"))
    else:
        histories = answers.history(jira.issues[design].changes, cloud=False)
        found = {"id": str(design), "changelog": {"total": 2, "histories": histories}}
        answer = Answer(200, {"total": 1, "issues": [found]})
        sandbox.faults.append(WithHistory(answer=answer, path="/search"))
    assert only(tracker, portal).closed_at is None


class WithHistory(Fault):
    def matches(self, request: Any) -> bool:
        return b"changelog" in request.body and Fault.matches(self, request)


def test_a_closing_that_is_known_is_not_asked_for_again(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, design: int
) -> None:
    jira.move_issue(design, DONE)
    first = observe(tracker, f"{portal}/epics")
    before = len(sandbox.requests)
    assert isinstance(poll(tracker, f"{portal}/epics", first.cursor), Unchanged)
    assert asked_since(sandbox, before) == (["jql", "jql"] if sandbox.cloud else ["search", "field", "search"])
    jira.add_issue(portal, "Beta", type=EPIC)
    later = {one.title: one for one in observe(tracker, f"{portal}/epics", first.cursor).milestones}
    assert later["Design"].closed_at == NINE


def test_an_epic_that_was_opened_and_done_again_has_the_later_instant(
    jira: JiraState, tracker: Tracker, portal: int, design: int, clock: FrozenClock
) -> None:
    jira.move_issue(design, DONE)
    cursor = observe(tracker, f"{portal}/epics").cursor
    clock.advance(timedelta(days=1))
    jira.move_issue(design, TO_DO)
    jira.move_issue(design, DONE)
    (one,) = observe(tracker, f"{portal}/epics", cursor).milestones
    assert one.closed_at == NINE + timedelta(days=1)


def test_a_hundred_projects_cost_one_query_and_those_of_its_counts(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker
) -> None:
    projects = [jira.add_project(f"Project {number}", f"P{number}") for number in range(100)]
    for project in projects:
        epic = jira.add_issue(project, "Design", type=EPIC)
        jira.move_issue(epic, DONE)
        jira.add_issue(project, "a task", epic=epic, status=DONE)
    asked = [ProjectCursor(f"{project}/epics", None) for project in projects]
    results = list(tracker.poll(asked))
    assert [type(one) for one in results] == [Observed] * 100
    assert all(one.milestones[0].closed_at == NINE for one in results if isinstance(one, Observed))
    expected = (
        ["serverInfo", "jql", "status", "bulkfetch", "jql"]
        if sandbox.cloud
        else ["serverInfo", "search", "status", "search", "search", "field", "search"]
    )
    assert asked_since(sandbox, 0) == expected


def test_one_project_that_may_not_be_seen_is_named_and_the_others_are_read(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker
) -> None:
    projects = [jira.add_project(f"Project {number}", f"P{number}") for number in range(9)]
    for project in projects:
        jira.add_issue(project, "Design", type=EPIC)
    sandbox.hidden.add(projects[4])
    results = list(tracker.poll([ProjectCursor(f"{project}/epics", None) for project in projects]))
    assert len(results) == 9
    (failed,) = [one for one in results if isinstance(one, Failed)]
    assert failed.project_id == f"{projects[4]}/epics"
    assert isinstance(failed.error, NotThere)


def test_an_empty_list_of_what_may_not_be_seen_is_no_reading(sandbox: MoodyJira, tracker: Tracker, portal: int) -> None:
    # a search that leaves out what we may not see, rather than refusing
    sandbox.faults.append(Fault(answer=NOTHING_FOUND, path="/search"))
    sandbox.hidden.add(portal)
    result = poll(tracker, f"{portal}/epics")
    assert isinstance(result, Failed)
    assert isinstance(result.error, NotThere)


def test_a_closed_epic_that_a_lagging_search_does_not_show_is_not_gone(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int, design: int
) -> None:
    jira.move_issue(design, DONE)
    cursor = observe(tracker, f"{portal}/epics").cursor
    sandbox.faults.append(Fault(answer=NOTHING_FOUND, path="/search"))
    result = poll(tracker, f"{portal}/epics", cursor)
    assert isinstance(result, Failed)
    assert isinstance(result.error, BadAnswer)
    jira.delete_issue(design)
    assert observe(tracker, f"{portal}/epics", cursor).milestones == ()


@pytest.mark.parametrize("how", ["moved", "another type"])
def test_a_closed_epic_that_went_elsewhere_is_gone_from_here(
    jira: JiraState, tracker: Tracker, portal: int, design: int, how: str
) -> None:
    jira.move_issue(design, DONE)
    before = observe(tracker, f"{portal}/epics")
    other = jira.add_project("Shop", "SHOP")
    if how == "moved":
        jira.move_to_project(design, other)
    else:
        jira.issues[design].type = "Story"
    assert observe(tracker, f"{portal}/epics", before.cursor).milestones == ()
    found = observe(tracker, f"{other}/epics").milestones
    assert [one.id for one in found] == ([before.milestones[0].id] if how == "moved" else [])


def test_issues_of_other_projects_count_too(jira: JiraState, tracker: Tracker, portal: int, design: int) -> None:
    other = jira.add_project("Shop", "SHOP")
    jira.add_issue(portal, "a task", epic=design, status=DONE)
    jira.add_issue(other, "elsewhere", epic=design)
    jira.add_issue(portal, "without an epic")
    one = only(tracker, portal)
    assert (one.open_items, one.closed_items) == (1, 1)
    assert [item.number for item in tracker.work(one)] == ["PORTAL-2", "SHOP-1"]


def test_the_table_of_polling_costs_can_be_printed() -> None:
    script = "from bench.polling_jira import main; main(4, milestones=3, closed=2, latency=0, promised=False)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    rows = [line.rsplit(maxsplit=3) for line in done.stdout.splitlines() if line.endswith("x")]
    assert [row[1] for row in rows] == ["12", "9", "4", "20", "5", "2"]


def test_a_description_is_its_text(jira: JiraState, tracker: Tracker, portal: int, design: int) -> None:
    jira.issues[design].description = "Screens for\nthe shop"
    assert only(tracker, portal).description == "Screens for\nthe shop"


def test_the_issue_type_may_have_any_name_and_ends_no_query(
    sandbox: MoodyJira, jira: JiraState, clock: FrozenClock, tmp_path: Path
) -> None:
    hostile = 'Phase" OR "\\'
    portal = jira.add_project("Customer portal", "PORTAL")
    jira.add_issue(portal, "Design", type=hostile)
    jira.add_issue(portal, "a story", type=EPIC)
    with connecting(clock, tmp_path, epic=hostile)(sandbox) as tracker:
        assert only(tracker, portal).title == "Design"


def test_the_sandbox_reads_what_was_quoted(jira: JiraState, portal: int, design: int) -> None:
    with pytest.raises(jira_query.BadQuery):
        jira_query.find(jira, 'issuetype = "x" OR "y"', cloud=True)
