"""Versions, issues, worklogs and changes as Jira really answered them, and as Atlassian gives examples of them.

The recordings are other projects' and are not shipped: without the folder these tests are skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Context, Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.server import Answer, Request, Sandbox
from tracker2invoice_jira import JiraSettings, plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "samples"
SAMPLES = Path(os.environ.get("TRACKER_SAMPLES", BESIDE_THE_CHECKOUT)) / "jira"
EXAMPLES = "official_swagger_examples.json"
VERSIONS = {
    "apache": ("server_project_with_versions_apache_ABDERA.json", "versions"),
    "mederi": ("cloud_versions_mederi_2014.json", "versions"),
    "examples, at once": (EXAMPLES, "examples", "GET /rest/api/3/project/{projectIdOrKey}/versions"),
    "examples, a page": (EXAMPLES, "examples", "GET /rest/api/3/project/{projectIdOrKey}/version", "values"),
}

Raw = dict[str, Any]

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no recorded payloads here")


def recorded(name: str, *way: str) -> Any:
    value = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    for step in way:
        value = value[step]
    return value


class Recorded(Sandbox):
    """Answers with what was recorded, by the end of the path; a Data Center unless it is told otherwise."""

    def __init__(self, answers: dict[str, object], *, cloud: bool = False) -> None:
        super().__init__()
        kind = "Cloud" if cloud else "Server"
        self._answers = {"serverInfo": {"deploymentType": kind, "baseUrl": self.url}} | answers

    def handle(self, request: Request) -> Answer:
        end = request.path.rpartition("/")[2]
        return Answer(200, self._answers[end]) if end in self._answers else Answer(404)


@contextmanager
def answering(
    clock: FrozenClock, directory: Path, answers: dict[str, object], *, cloud: bool = False
) -> Generator[Tracker]:
    with Recorded(answers, cloud=cloud) as sandbox:
        settings = JiraSettings.model_validate({"url": sandbox.url, "token": "any"})
        with closing(plugin.connect(settings, Context("jira", directory, clock))) as tracker:
            yield tracker


def polled(tracker: Tracker, project: str) -> tuple[Milestone, ...]:
    (reading,) = tracker.poll([ProjectCursor(project, None)])
    assert isinstance(reading, Observed), reading
    return reading.milestones


@pytest.mark.parametrize("name", VERSIONS)
def test_every_recorded_version_arrives_as_it_was(clock: FrozenClock, tmp_path: Path, name: str) -> None:
    rows = cast("list[Raw]", recorded(*VERSIONS[name]))
    answers: dict[str, object] = {
        "versions": rows,
        "search": {"issues": [], "total": 0},
        "10001": {"id": "10001", "key": "X"},
    }
    with answering(clock, tmp_path, answers) as tracker:
        found = polled(tracker, "10001")
    assert rows
    for raw, one in zip(rows, found, strict=True):
        assert (one.id, one.title, one.description) == (raw["id"], raw["name"], raw.get("description", ""))
        assert one.state == ("closed" if raw["released"] else "open")
        typed = raw.get("releaseDate")
        assert one.due_on == (date.fromisoformat(typed) if isinstance(typed, str) else None)
        counts = raw.get("issuesStatusForFixVersion", dict.fromkeys(("toDo", "inProgress", "done"), 0))
        assert (one.open_items, one.closed_items) == (counts["toDo"] + counts["inProgress"], counts["done"])


def test_the_localised_days_that_stand_beside_are_those_that_were_read() -> None:
    rows = cast("list[Raw]", recorded(*VERSIONS["mederi"])) + cast("list[Raw]", recorded(*VERSIONS["apache"]))
    localised = {raw["userReleaseDate"] for raw in rows if "userReleaseDate" in raw}
    assert {"30/12/2014", "19/Feb/07"} <= localised


def test_recorded_issues_are_read_as_epics_by_their_category(clock: FrozenClock, tmp_path: Path) -> None:
    issues = cast("list[Raw]", recorded("server_issues_fiware_2016.json", "issues"))
    pages = {"issues": issues, "total": len(issues)}
    statuses = [raw["fields"]["status"] for raw in issues]
    with answering(clock, tmp_path, {"search": pages, "status": statuses, "field": []}) as tracker:
        # the same answer comes to the search for changes, which has none in it
        (result,) = tracker.poll([ProjectCursor("10841/epics", None)])
    assert not isinstance(result, Observed)
    for raw in issues:
        raw["changelog"] = {"total": 0, "histories": []}
    with answering(clock, tmp_path, {"search": pages, "status": statuses, "field": []}) as tracker:
        found = polled(tracker, "10841/epics")
    assert [(one.number, one.state) for one in found] == [(6043, "open"), (6042, "closed"), (6041, "open")]
    assert [one.title for one in found] == [raw["fields"]["summary"] for raw in issues]
    assert found[0].created_at == datetime(2016, 3, 3, 13, 40, 1, tzinfo=UTC)
    assert [one.closed_at for one in found] == [None, None, None]


def test_the_worklog_of_the_examples_is_read(clock: FrozenClock, tmp_path: Path) -> None:
    page = recorded(EXAMPLES, "examples", "GET /rest/api/3/issue/{issueIdOrKey}/worklog")
    (issue,) = cast("list[Raw]", recorded("server_issues_fiware_2016.json", "issues"))[:1]
    issue["fields"] |= {"fixVersions": [{"id": "10000"}], "worklog": page | {"worklogs": [], "total": 1}, "labels": []}
    issue["fields"]["parent"] = {"id": "10000"}  # the same answer comes to the search for its parts
    milestone = Milestone(
        "jira", "10841", "10000", 10000, "x", "", "", "open", None, None, None, None, open_items=0, closed_items=0
    )
    with answering(clock, tmp_path, {"search": {"issues": [issue], "total": 1}, "worklog": page}) as tracker:
        (one,) = tracker.work(milestone)
    (entry,) = one.time
    assert (entry.person, entry.day) == ("Mia Krystof", date(2021, 1, 17))
    assert abs(entry.hours - Decimal(12000) / 3600) < Decimal("1E-9")


def test_the_changes_of_the_examples_are_read_and_tell_no_closing(clock: FrozenClock, tmp_path: Path) -> None:
    changes = recorded(EXAMPLES, "examples", "POST /rest/api/3/changelog/bulkfetch")
    del changes["nextPageToken"]  # the example has no second page
    epic = cast("list[Raw]", recorded("server_issues_fiware_2016.json", "issues"))[1]
    changes["issueChangeLogs"][0]["issueId"] = epic["id"]
    answers: dict[str, object] = {
        "jql": {"issues": [epic]},
        "status": [epic["fields"]["status"]],
        "bulkfetch": changes,
    }
    with answering(clock, tmp_path, answers, cloud=True) as tracker:
        (one,) = polled(tracker, "10841/epics")
    assert (one.state, one.closed_at) == ("closed", None)
