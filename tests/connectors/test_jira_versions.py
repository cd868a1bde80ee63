"""Versions of Jira: what counts as closed, and that no count in them is unknown or old."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from tests.connectors.jira import MoodyJira, connecting, observe, poll

from tracker2invoice.errors import NotThere
from tracker2invoice.plugins import Observed, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC, JiraState
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_jira import JiraSettings

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


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


def asked_since(sandbox: MoodyJira, before: int) -> list[str]:
    return [request.path.partition("/rest/api/")[2][2:] for request in list(sandbox.requests)[before:]]


def version_answer(**fields: object) -> dict[str, Any]:
    counts = {"toDo": 0, "inProgress": 0, "done": 0, "unmapped": 0}
    return {"id": "10002", "name": "Design", "released": True, "issuesStatusForFixVersion": counts, **fields}


def answer_versions(sandbox: MoodyJira, *rows: dict[str, Any]) -> None:
    body = {"values": rows, "total": len(rows)} if sandbox.cloud else rows
    sandbox.faults.append(Fault(answer=Answer(200, body), path="/version"))


@pytest.mark.parametrize(
    "settings",
    [
        {"token": "a"},
        {"url": "https://acme.atlassian.net"},
        {"url": "https://name:word@acme.atlassian.net", "token": "a"},
        {"url": "https://acme.atlassian.net", "token": "a", "colour": "red"},
        {"url": "https://acme.atlassian.net", "token": "a", "points_field": "Story points"},
        {"url": "https://acme.atlassian.net", "token": "a", "email": "name:word"},
        {"url": "https://acme.atlassian.net", "token": "a", "epic": "Epic\n"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        JiraSettings.model_validate(settings)


def test_the_settings_on_the_page_are_those_that_there_are() -> None:
    page = Path(__file__).parents[2] / "docs" / "connectors" / "jira.md"
    (block,) = re.findall(r"^```toml run\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    shown = [JiraSettings.model_validate(section) for section in tomllib.loads(block)["trackers"].values()]
    assert {name for one in shown for name in one.model_fields_set} == set(JiraSettings.model_fields)


def test_released_is_closed_archived_or_not_and_archived_alone_is_open(
    jira: JiraState, tracker: Tracker, portal: int
) -> None:
    for name, deeds in {
        "released": (jira.release_version,),
        "both": (jira.release_version, jira.archive_version),
        "archived": (jira.archive_version,),
    }.items():
        version = jira.add_version(portal, name)
        for deed in deeds:
            deed(version)
    states = {one.title: one.state for one in observe(tracker, str(portal)).milestones}
    assert states == {"released": "closed", "both": "closed", "archived": "open"}


def test_a_version_tells_no_instant_and_no_person_and_its_day_is_only_planned(
    jira: JiraState, tracker: Tracker, portal: int
) -> None:
    jira.release_version(jira.add_version(portal, "Design", "2026-03-31", "screens"))
    (one,) = observe(tracker, str(portal)).milestones
    assert (one.closed_at, one.updated_at, one.created_at, one.closed_by) == (None, None, None, "")
    assert (one.due_on, one.description, one.number) == (date(2026, 3, 31), "screens", int(one.id))


def test_a_day_that_comes_as_a_number_is_no_day(sandbox: MoodyJira, tracker: Tracker, portal: int) -> None:
    # Atlassian's own example of a project's versions has one; midnight in which zone?
    answer_versions(sandbox, version_answer(releaseDate=1278385482288, userReleaseDate="6/Jul/2010"))
    (one,) = observe(tracker, str(portal)).milestones
    assert one.due_on is None


def test_the_page_of_a_version_is_that_of_its_project(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int
) -> None:
    version = jira.add_version(portal, "Design")
    reading = observe(tracker, str(portal))
    assert (reading.project.label, reading.project.url) == ("jira:PORTAL", f"{sandbox.url}/projects/PORTAL")
    assert reading.milestones[0].url == f"{sandbox.url}/projects/PORTAL/versions/{version}"


def test_open_and_finished_issues_are_counted_by_their_category(jira: JiraState, tracker: Tracker, portal: int) -> None:
    design, beta = jira.add_version(portal, "Design"), jira.add_version(portal, "Beta")
    jira.release_version(design)
    for version, status in ((design, DONE), (design, DONE), (design, 3), (beta, 1)):
        jira.add_issue(portal, "a task", version=version, status=status)
    jira.add_issue(portal, "without a version")
    both = jira.issues[jira.add_issue(portal, "in both", version=design, status=DONE)]
    both.versions.append(beta)
    counts = {one.title: (one.open_items, one.closed_items) for one in observe(tracker, str(portal)).milestones}
    assert counts == {"Design": (1, 3), "Beta": (1, 1)}


@pytest.mark.parametrize("deed", ["reopen", "add", "delete"])
def test_a_count_is_never_an_old_one_though_the_version_stays_as_it_is(
    jira: JiraState, tracker: Tracker, portal: int, deed: str
) -> None:
    design = jira.add_version(portal, "Design")
    jira.release_version(design)
    issue = jira.add_issue(portal, "a task", version=design, status=DONE)
    cursor = observe(tracker, str(portal)).cursor
    match deed:
        case "reopen":
            jira.move_issue(issue, 1)
        case "add":
            jira.add_issue(portal, "found later", version=design)
        case _:
            jira.delete_issue(issue)
    (one,) = observe(tracker, str(portal), cursor).milestones
    assert (one.open_items, one.closed_items) == {"reopen": (1, 0), "add": (1, 1), "delete": (0, 0)}[deed]


def test_what_cannot_be_counted_is_not_read(sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int) -> None:
    jira.release_version(jira.add_version(portal, "Design"))
    answer = version_answer()
    del answer["issuesStatusForFixVersion"]
    answer_versions(sandbox, answer)
    sandbox.fail(502, path="/search")
    assert not isinstance(poll(tracker, str(portal)), Observed)


def test_a_cloud_that_does_not_count_is_counted_by_a_search(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int
) -> None:
    version = jira.add_version(portal, "Design")
    jira.add_issue(portal, "not finished", version=version)
    answer = version_answer(id=str(version))
    del answer["issuesStatusForFixVersion"]
    answer_versions(sandbox, answer)
    (one,) = observe(tracker, str(portal)).milestones
    assert (one.open_items, one.closed_items) == (1, 0)


def test_an_unchanged_project_costs_one_request_in_cloud_and_a_search_more_in_data_center(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, portal: int
) -> None:
    for number in range(30):
        version = jira.add_version(portal, f"Phase {number}")
        jira.release_version(version)
        jira.add_issue(portal, "a task", version=version, status=DONE)
    cursor = observe(tracker, str(portal)).cursor
    before = len(sandbox.requests)
    assert isinstance(poll(tracker, str(portal), cursor), Unchanged)
    expected = [f"project/{portal}/version"] if sandbox.cloud else [f"project/{portal}/versions", "search"]
    assert asked_since(sandbox, before) == expected


def test_a_key_or_the_full_name_leads_to_a_project_and_to_its_epics(tracker: Tracker, portal: int) -> None:
    for name in ("PORTAL", "Customer portal"):
        assert (tracker.find_project(name).id, tracker.find_project(name).label) == (str(portal), "jira:PORTAL")
        epics = tracker.find_project(f"{name}/epics")
        assert (epics.id, epics.label) == (f"{portal}/epics", "jira:PORTAL/epics")


@pytest.mark.parametrize("name", ["Customer", "customer portal", "../serverInfo", "PORTAL?x=1", "10001", "", "/epics"])
def test_a_part_of_a_name_or_a_number_leads_nowhere(
    sandbox: MoodyJira, tracker: Tracker, portal: int, name: str
) -> None:
    with pytest.raises(NotThere):
        tracker.find_project(name)
    assert {path.partition("?")[0] for path in asked_since(sandbox, 0)} <= {
        "serverInfo", "project", "project/search",
    }  # fmt: skip


def test_two_projects_of_one_name_are_not_chosen_between(jira: JiraState, tracker: Tracker, portal: int) -> None:
    jira.add_project("Customer portal", "OTHER")
    with pytest.raises(NotThere):
        tracker.find_project("Customer portal")


def test_versions_and_epics_of_one_project_are_read_side_by_side(
    jira: JiraState, tracker: Tracker, portal: int
) -> None:
    jira.add_version(portal, "1.0")
    jira.add_issue(portal, "Design", type=EPIC)
    asked = [ProjectCursor(str(portal), None), ProjectCursor(f"{portal}/epics", None)]
    read = {one.project.id: one for one in tracker.poll(asked) if isinstance(one, Observed)}
    titles = {id_: [one.title for one in reading.milestones] for id_, reading in read.items()}
    assert titles == {str(portal): ["1.0"], f"{portal}/epics": ["Design"]}
    assert len({one.key for reading in read.values() for one in reading.milestones}) == 2


def test_another_key_is_known_as_soon_as_anything_changes(jira: JiraState, tracker: Tracker, portal: int) -> None:
    version = jira.add_version(portal, "Design")
    cursor = observe(tracker, str(portal)).cursor
    jira.rename_project(portal, "Gate", "GATE")
    jira.release_version(version)
    reading = observe(tracker, str(portal), cursor)
    assert reading.project.label == "jira:GATE"
    assert reading.milestones[0].url.endswith(f"/projects/GATE/versions/{version}")


def test_a_cursor_of_something_else_is_read_as_none(jira: JiraState, tracker: Tracker, portal: int) -> None:
    jira.add_version(portal, "Design")
    for cursor in ("", "x", '{"digest": 1}', '[["page", "etag"]]'):
        assert len(observe(tracker, str(portal), cursor).milestones) == 1


@pytest.mark.parametrize("project_id", ["0", "-1", "PORTAL", "10001/versions", "10001) OR (1=1", "٣", "9" * 20])
def test_an_id_that_no_project_has_is_not_asked_for(sandbox: MoodyJira, tracker: Tracker, project_id: str) -> None:
    assert not isinstance(poll(tracker, project_id), Observed)
    assert not sandbox.requests
