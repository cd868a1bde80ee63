"""The sandbox Jira does what Atlassian documents, so that what passes against it can be believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tracker2invoice.testing.sandbox.jira import EMAIL, TOKEN, JiraSandbox
from tracker2invoice.testing.sandbox.jira_answers import POINTS
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

MORNING = "2026-03-02T09:30:00.000+0100"


@pytest.fixture
def cloud(clock: FrozenClock) -> Iterator[JiraSandbox]:
    with JiraSandbox(clock) as running:
        yield running


@pytest.fixture
def center(clock: FrozenClock) -> Iterator[JiraSandbox]:
    with JiraSandbox(clock, cloud=False) as running:
        yield running


def ask(sandbox: JiraSandbox, path: str, body: object = None, token: str = TOKEN) -> requests.Response:
    basic = (EMAIL, token) if sandbox.cloud else None
    headers = {} if sandbox.cloud else {"Authorization": f"Bearer {token}"}
    address = f"{sandbox.url}/rest/api/{3 if sandbox.cloud else 2}{path}"
    method = "GET" if body is None else "POST"
    return requests.request(method, address, json=body, auth=basic, headers=headers, timeout=9)


def order(sandbox: JiraSandbox, deed: str, **arguments: object) -> Any:
    answer = requests.post(f"{sandbox.url}/_sandbox/{deed}", json=arguments, timeout=9)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_each_says_what_it_is_to_anybody(cloud: JiraSandbox, center: JiraSandbox) -> None:
    for sandbox, expected in ((cloud, "Cloud"), (center, "Server")):
        told = requests.get(f"{sandbox.url}/rest/api/2/serverInfo", timeout=9).json()
        assert (told["deploymentType"], told["baseUrl"]) == (expected, sandbox.url)


def test_nobody_comes_in_without_the_token(cloud: JiraSandbox, center: JiraSandbox) -> None:
    for sandbox in (cloud, center):
        assert ask(sandbox, "/status", token="wrong").status_code == 401
        assert ask(sandbox, "/status").status_code == 200
        sandbox.revoke()
        assert ask(sandbox, "/status").status_code == 401


def test_cloud_has_no_search_any_more_and_data_center_not_the_new_one(cloud: JiraSandbox, center: JiraSandbox) -> None:
    gone = ask(cloud, "/search", {"jql": "issue in (1)"})
    assert gone.status_code == 410
    assert "/rest/api/3/search/jql" in gone.json()["errorMessages"][0]
    assert ask(center, "/search/jql", {"jql": "issue in (1)"}).status_code == 404
    assert requests.get(f"{center.url}/rest/api/3/status", timeout=9).status_code == 404


def test_cloud_searches_by_tokens_without_a_total_and_gives_ids_alone_unless_asked(cloud: JiraSandbox) -> None:
    project = cloud.jira.add_project("Portal")
    for number in range(150):
        cloud.jira.add_issue(project, f"task {number}")
    question: dict[str, Any] = {"jql": f"project = {project} ORDER BY key ASC", "maxResults": 5000}
    ids = ask(cloud, "/search/jql", question).json()
    assert (len(ids["issues"]), ids["isLast"], ids["issues"][0].keys()) == (150, True, {"id"})
    first = ask(cloud, "/search/jql", question | {"fields": ["summary"]}).json()
    assert (len(first["issues"]), first["isLast"], "total" in first) == (100, False, False)
    rest = ask(cloud, "/search/jql", question | {"fields": ["summary"], "nextPageToken": first["nextPageToken"]}).json()
    assert (len(rest["issues"]), rest["isLast"], "nextPageToken" in rest) == (50, True, False)


def test_data_center_counts_its_pages_and_has_at_most_a_thousand_on_one(center: JiraSandbox) -> None:
    project = center.jira.add_project("Portal")
    for number in range(1001):
        center.jira.add_issue(project, f"task {number}")
    page = ask(center, "/search", {"jql": f"project = {project}", "maxResults": 5000, "fields": ["summary"]}).json()
    assert (len(page["issues"]), page["total"], page["startAt"], page["maxResults"]) == (1000, 1001, 0, 1000)


def test_without_an_order_the_newest_comes_first(cloud: JiraSandbox) -> None:
    project = cloud.jira.add_project("Portal")
    made = [str(cloud.jira.add_issue(project, title)) for title in "ab"]
    for jql, expected in ((f"project = {project}", made[::-1]), (f"project = {project} ORDER BY key ASC", made)):
        assert [one["id"] for one in ask(cloud, "/search/jql", {"jql": jql}).json()["issues"]] == expected


@pytest.mark.parametrize(
    "jql",
    ["project = 77", "project in (10001, 77)", "fixVersion = 77", "parent in (77)", "project = PORTAL OR 1 = 1", ""],
)
def test_a_query_that_names_what_is_not_there_is_refused(cloud: JiraSandbox, jql: str) -> None:
    cloud.jira.add_project("Portal")
    assert ask(cloud, "/search/jql", {"jql": jql}).status_code == 400


def test_what_may_not_be_browsed_is_not_there(cloud: JiraSandbox) -> None:
    project = cloud.jira.add_project("Portal", "PORTAL")
    issue = cloud.jira.add_issue(project, "a task")
    cloud.hidden.add(project)
    for path in (f"/project/{project}", "/project/PORTAL", f"/project/{project}/version", f"/issue/{issue}"):
        assert ask(cloud, path).status_code == 404
    assert ask(cloud, "/search/jql", {"jql": f"project = {project}"}).status_code == 400
    assert ask(cloud, "/search/jql", {"jql": f"issue in ({issue})"}).json()["issues"] == []
    assert ask(cloud, "/project/search").json()["values"] == []


def test_versions_come_in_pages_with_their_counts_in_cloud_and_all_at_once_in_data_center(
    cloud: JiraSandbox, center: JiraSandbox
) -> None:
    for sandbox in (cloud, center):
        project = sandbox.jira.add_project("Portal", "PORTAL")
        versions = [sandbox.jira.add_version(project, f"1.{number}", "2026-03-31") for number in range(120)]
        sandbox.jira.add_issue(project, "a task", version=versions[-1], status=DONE)
    address = "/project/PORTAL/version?expand=issuesstatus&maxResults=1000"
    pages = [ask(cloud, f"{address}&startAt={start}").json() for start in (0, 100)]
    assert [(len(page["values"]), page["isLast"]) for page in pages] == [(100, False), (20, True)]
    assert [page["total"] for page in pages] == [120, 120]
    last = pages[1]["values"][-1]
    assert last["issuesStatusForFixVersion"] == {"unmapped": 0, "toDo": 0, "inProgress": 0, "done": 1}
    assert (last["releaseDate"], last["userReleaseDate"]) == ("2026-03-31", "31/Mar/26")
    everything = ask(center, "/project/PORTAL/versions?expand=issuesstatus").json()
    assert len(everything) == 120
    assert "issuesStatusForFixVersion" not in everything[-1]


def test_a_search_carries_twenty_worklogs_and_the_issue_has_all(cloud: JiraSandbox) -> None:
    issue = cloud.jira.add_issue(cloud.jira.add_project("Portal"), "a task")
    for _ in range(25):
        cloud.jira.log_work(issue, "Mia", MORNING, 600)
    question = {"jql": f"issue in ({issue})", "fields": ["worklog"]}
    embedded = ask(cloud, "/search/jql", question).json()["issues"][0]["fields"]["worklog"]
    assert (len(embedded["worklogs"]), embedded["total"]) == (20, 25)
    assert len(ask(cloud, f"/issue/{issue}/worklog").json()["worklogs"]) == 25


def test_histories_come_for_many_issues_in_cloud_and_with_a_search_in_data_center(
    cloud: JiraSandbox, center: JiraSandbox
) -> None:
    for sandbox in (cloud, center):
        epic = sandbox.jira.add_issue(sandbox.jira.add_project("Portal"), "Design", type=EPIC)
        sandbox.jira.move_issue(epic, DONE)
    question: dict[str, Any] = {"issueIdsOrKeys": [str(epic)], "fieldIds": ["status"]}
    (logs,) = ask(cloud, "/changelog/bulkfetch", question).json()["issueChangeLogs"]
    assert logs["issueId"] == str(epic)
    assert logs["changeHistories"][0]["items"][0]["to"] == str(DONE)
    assert isinstance(logs["changeHistories"][0]["created"], int)
    (found,) = ask(center, "/search", {"jql": f"issue in ({epic})", "expand": ["changelog"]}).json()["issues"]
    assert found["changelog"]["histories"][0]["created"] == "2026-03-02T09:30:00.000+0000"


def test_issues_name_their_epic_as_the_parent_or_by_a_custom_field(cloud: JiraSandbox, center: JiraSandbox) -> None:
    for sandbox in (cloud, center):
        project = sandbox.jira.add_project("Portal", "PORTAL")
        epic = sandbox.jira.add_issue(project, "Design", type=EPIC)
        issue = sandbox.jira.add_issue(project, "a task", epic=epic, points="2.5")
    assert ask(cloud, f"/issue/{issue}").json()["fields"]["parent"]["id"] == str(epic)
    assert ask(center, f"/issue/{issue}").json()["fields"]["customfield_10008"] == "PORTAL-1"
    assert ask(center, f"/issue/{issue}").json()["fields"][POINTS] == 2.5
    assert any("gh-epic-link" in one.get("schema", {}).get("custom", "") for one in ask(center, "/field").json())
    assert not any("gh-epic-link" in one.get("schema", {}).get("custom", "") for one in ask(cloud, "/field").json())
    assert len(ask(center, "/search", {"jql": 'cf[10008] in ("PORTAL-1")'}).json()["issues"]) == 1
    assert ask(center, "/search", {"jql": 'cf[10008] in ("PORTAL-9")'}).status_code == 400


def test_a_limit_says_when_to_come_back(cloud: JiraSandbox, clock: FrozenClock) -> None:
    order(cloud, "limit", seconds=60)
    refused = ask(cloud, "/status")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    clock.advance(timedelta(seconds=60))
    assert ask(cloud, "/status").status_code == 200


def test_maintenance_is_a_page_for_people(cloud: JiraSandbox) -> None:
    order(cloud, "fail", status=503)
    assert ask(cloud, "/status").headers["Content-Type"].startswith("text/html")
    assert ask(cloud, "/status").status_code == 200


def test_everything_can_be_steered_from_outside(cloud: JiraSandbox) -> None:
    project = order(cloud, "add_project", name="Customer portal", key="PORTAL")
    version = order(cloud, "add_version", project=project, name="Design", release_date="2026-03-31")
    issue = order(cloud, "add_issue", project=project, summary="Log in", version=version)
    order(cloud, "rename_version", version=version, name="Concept")
    order(cloud, "release_version", version=version)
    order(cloud, "move_issue", issue=issue, status=DONE, resolution="Done")
    order(cloud, "log_work", issue=issue, author="Mia", started=MORNING, seconds=3600)
    order(cloud, "rename_project", project=project, name="Gate", key="GATE")
    (one,) = ask(cloud, "/project/GATE/version").json()["values"]
    assert (one["name"], one["released"], one["archived"]) == ("Concept", True, False)
    assert ask(cloud, "/issue/GATE-1").json()["fields"]["resolution"] == {"name": "Done"}
    order(cloud, "unrelease_version", version=version)
    order(cloud, "archive_version", version=version)
    (one,) = ask(cloud, "/project/GATE/version").json()["values"]
    assert (one["released"], one["archived"]) == (False, True)
    order(cloud, "delete_version", version=version)
    assert ask(cloud, "/project/GATE/version").json()["values"] == []
    assert ask(cloud, f"/version/{version}").status_code == 404
    order(cloud, "revoke")
    assert ask(cloud, "/status").status_code == 401


@pytest.mark.parametrize(
    ("deed", "arguments"), [("release_version", {"version": 7}), ("add_version", {}), ("nothing", {})]
)
def test_an_order_that_makes_no_sense_is_refused(cloud: JiraSandbox, deed: str, arguments: dict[str, object]) -> None:
    assert requests.post(f"{cloud.url}/_sandbox/{deed}", json=arguments, timeout=9).status_code == 400


@pytest.mark.parametrize(
    ("name", "key"), [("acme/portal", "PORTAL"), ("agency/project-000", "PROJECT000"), ("9 lives", "P9LIVES")]
)
def test_a_project_gets_a_key_by_its_name(cloud: JiraSandbox, name: str, key: str) -> None:
    cloud.jira.add_project(name)
    assert ask(cloud, f"/project/{key}").json()["name"] == name
    cloud.jira.add_project(name)
    assert ask(cloud, f"/project/{key}1").status_code == 200
