"""Answers of GitLab as they really were, 2018 to 2025, served over loopback and polled.

The recordings are other projects' and are not shipped: without the folder these tests are skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Context, Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.server import Answer, Request, Sandbox
from tracker2invoice_gitlab import GitLabSettings, plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "samples"
SAMPLES = Path(os.environ.get("TRACKER_SAMPLES", BESIDE_THE_CHECKOUT)) / "gitlab"
PROJECT, GROUP = "61363672", "9970"

Raw = dict[str, Any]
Serve = Callable[[dict[str, Answer]], Tracker]

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no recorded payloads here")


class Recorded(Sandbox):
    """Answers paths of the REST API with recordings; whatever else is asked for is not there, GraphQL as well."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__()
        self._answers = answers

    def handle(self, request: Request) -> Answer:
        return self._answers.get(request.path.removeprefix("/api/v4"), Answer(404, {"message": "404 Not Found"}))


def recorded(name: str) -> Raw:
    return cast("Raw", json.loads((SAMPLES / name).read_text(encoding="utf-8")))


@pytest.fixture
def serve(clock: FrozenClock, tmp_path: Path) -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(answers: dict[str, Answer]) -> Tracker:
            sandbox = stack.enter_context(Recorded(answers))
            settings = GitLabSettings.model_validate({"url": sandbox.url, "token": "any"})
            return stack.enter_context(closing(plugin.connect(settings, Context("gitlab", tmp_path, clock))))

        yield start


def of_the_project() -> dict[str, Answer]:
    listed = recorded("http_project_milestones_forgejo_2024.json")
    issue = recorded("issue_closed_with_time_stats_forgejo_2024.json")["issue"]
    closed = next(raw for raw in listed["body"] if raw["state"] == "closed")
    # this field was dropped from the recording
    issue = {"web_url": "https://gitlab.com/forgejo/test_repo/-/issues/1", **issue}
    page = {
        "id": int(PROJECT), "path_with_namespace": "forgejo/test_repo", "web_url": "https://gitlab.com/forgejo/test_repo"
    }  # fmt: skip
    return {
        f"/projects/{PROJECT}": Answer(200, page),
        f"/projects/{PROJECT}/milestones": Answer(200, listed["body"], listed["headers"]),
        f"/projects/{PROJECT}/issues": Answer(200, [issue]),
        f"/projects/{PROJECT}/milestones/{closed['id']}/issues": Answer(200, [issue]),
        f"/projects/{PROJECT}/milestones/{closed['id']}/merge_requests": Answer(200, []),
    }


def milestones(tracker: Tracker, project_id: str) -> tuple[Milestone, ...]:
    (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Observed), result
    return result.milestones


def test_recorded_milestones_of_a_project_arrive_as_they_were(serve: Serve) -> None:
    closed, opened = milestones(serve(of_the_project()), PROJECT)
    assert (closed.id, closed.number, closed.title, closed.state) == ("4711993", 2, "1.0.0", "closed")
    assert (opened.id, opened.number, opened.title, opened.state) == ("4711991", 1, "1.1.0", "open")
    assert closed.url == "https://gitlab.com/forgejo/test_repo/-/milestones/2"
    assert closed.updated_at == datetime(2024, 9, 3, 20, 3, 57, 786000, UTC)
    # events were not recorded
    assert (closed.closed_at, closed.due_on) == (None, None)
    assert (closed.open_items, closed.closed_items) == (0, 1)


def test_a_recorded_issue_is_delivered_with_what_can_be_counted(serve: Serve) -> None:
    tracker = serve(of_the_project())
    closed, _ = milestones(tracker, PROJECT)
    (issue,) = tracker.deliverables(closed)
    assert issue.title == "Please add an animated gif icon to the merge button"
    assert issue.closed_at == datetime(2024, 9, 3, 14, 43, 10, 708000, UTC)
    (item,) = tracker.work(closed)
    assert (item.labels, item.points, item.estimate, item.time) == (("bug", "discussion"), None, None, ())


def test_a_recorded_milestone_of_a_group_arrives_as_it_was(serve: Serve) -> None:
    raw = recorded("milestone_group_gitlab-org_12.2.json")["milestone"]
    page = {"id": int(GROUP), "full_path": "gitlab-org", "web_url": "https://gitlab.com/groups/gitlab-org"}
    answers = {
        f"/groups/{GROUP}": Answer(200, page),
        f"/groups/{GROUP}/milestones": Answer(200, [raw]),
        f"/groups/{GROUP}/issues": Answer(200, []),
    }
    (found,) = milestones(serve(answers), f"group-{GROUP}")
    assert (found.id, found.number, found.title, found.state) == ("693521", 35, "12.2", "open")
    assert found.due_on == date(2019, 8, 22)
    assert found.url == "https://gitlab.com/groups/gitlab-org/-/milestones/35"
