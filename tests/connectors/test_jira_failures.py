"""What becomes of refusals, limits and broken answers of Jira, and that no secret comes out with them."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.jira import MoodyJira, connecting, observe, poll

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, RateLimited, Tracker2InvoiceError, Unreachable
from tracker2invoice.plugins import Context, Failed, Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.jira import EMAIL, TOKEN
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC, JiraState
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice_jira import JiraSettings, plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

HTML = b"<html><body>Jira is down for maintenance.</body></html>"
BASIC = base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
COUNTS = {"toDo": 0, "inProgress": 0, "done": 0, "unmapped": 0}
VERSION: dict[str, Any] = {"id": "10002", "name": "x", "released": True, "issuesStatusForFixVersion": COUNTS}


@pytest.fixture(params=[True, False], ids=["cloud", "data-center"])
def sandbox(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[MoodyJira]:
    with MoodyJira(clock, cloud=request.param) as running:
        project = running.jira.add_project("Customer portal", "PORTAL")
        version = running.jira.add_version(project, "Design")
        epic = running.jira.add_issue(project, "Beta", type=EPIC, status=DONE)
        running.jira.add_issue(project, "a task", version=version, epic=epic)
        yield running


@pytest.fixture
def jira(sandbox: MoodyJira) -> JiraState:
    return sandbox.jira


@pytest.fixture
def tracker(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with connecting(clock, tmp_path)(sandbox) as one:
        yield one


@pytest.fixture(autouse=True)
def nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(seconds: float) -> None:
        pytest.fail(f"slept for {seconds} s")

    monkeypatch.setattr("time.sleep", refuse)


@pytest.fixture(params=["10001", "10001/epics"], ids=["versions", "epics"])
def project(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


def error_of(tracker: Tracker, project: str) -> Tracker2InvoiceError:
    result = poll(tracker, project)
    assert isinstance(result, Failed), result
    assert result.project_id == project
    return result.error


def path_of(project: str) -> str:
    return "/search" if project.endswith("epics") else "/version"


def answer_with(sandbox: MoodyJira, project: str, answer: Answer) -> None:
    sandbox.faults.append(Fault(answer=answer, path=path_of(project)))


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (400, "Error in the JQL Query", BadAnswer),
        (401, "Client must be authenticated to access this resource.", AccessDenied),
        (403, "You do not have permission to browse.", AccessDenied),
        (404, "No project could be found with id '10001'.", NotThere),
        (410, "The requested API has been removed.", BadAnswer),
        (429, "Rate limit exceeded", RateLimited),
        (500, "Internal server error", Unreachable),
        (503, "down for maintenance", Unreachable),
        (204, "", BadAnswer),
    ],
)
def test_each_status_is_the_error_that_says_what_happens_next(
    sandbox: MoodyJira, tracker: Tracker, project: str, status: int, words: str, expected: type[Tracker2InvoiceError]
) -> None:
    answer_with(sandbox, project, Answer(status, {"errorMessages": [words], "errors": {}}))
    error = error_of(tracker, project)
    assert type(error) is expected
    assert f"HTTP {status}" in str(error)
    assert words in str(error)


def test_a_page_for_people_during_maintenance_is_no_empty_list(
    sandbox: MoodyJira, tracker: Tracker, project: str
) -> None:
    sandbox.fail(503, path=path_of(project))
    assert type(error_of(tracker, project)) is Unreachable
    answer_with(sandbox, project, Answer(200, HTML, {"Content-Type": "text/html"}))
    assert type(error_of(tracker, project)) is BadAnswer


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"X-RateLimit-Reset": "2026-03-02T09:35Z"}, timedelta(minutes=5)),
        ({}, timedelta(minutes=1)),
        ({"Retry-After": "999999"}, timedelta(days=1)),
    ],
)
def test_a_limit_says_when_to_come_back_and_nobody_waits_for_it(
    sandbox: MoodyJira, tracker: Tracker, project: str, clock: FrozenClock, headers: dict[str, str],
    wait: timedelta,
) -> None:  # fmt: skip
    answer_with(sandbox, project, Answer(429, {"errorMessages": ["slow down"]}, headers))
    error = error_of(tracker, project)
    assert isinstance(error, RateLimited)
    assert error.not_before == clock() + wait


def test_while_limited_nothing_is_sent_and_afterwards_everything_is_read(
    sandbox: MoodyJira, tracker: Tracker, project: str, clock: FrozenClock
) -> None:
    sandbox.limit(300)
    assert isinstance(error_of(tracker, project), RateLimited)
    sent = len(sandbox.requests)
    others = list(tracker.poll([ProjectCursor(one, None) for one in ("10001", "10001/epics", "10077/epics")]))
    assert len(others) == 3
    assert all(isinstance(one, Failed) and isinstance(one.error, RateLimited) for one in others)
    with pytest.raises(RateLimited):
        tracker.find_project("PORTAL")
    assert len(sandbox.requests) == sent
    clock.advance(timedelta(seconds=301))
    assert len(observe(tracker, project).milestones) == 1


@pytest.mark.parametrize("body", [b"", b"[", b"[" * 100_000, b"{}", b"[null]", b'{"issues": {}}', b'{"values": []}'])
def test_an_answer_that_makes_no_sense_is_never_an_empty_one(
    sandbox: MoodyJira, tracker: Tracker, project: str, body: bytes
) -> None:
    answer_with(sandbox, project, Answer(200, body, {"Content-Type": "application/json"}))
    assert type(error_of(tracker, project)) is BadAnswer


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 10002},
        {"id": "0"},
        {"id": "1) OR (1=1"},
        {"id": "٣"},
        {"id": "9999999999999999999"},
        {"name": None},
        {"released": None},
        {"released": "true"},
        {"archived": 1},
        {"releaseDate": "06/Jul/2010"},
        {"releaseDate": "2010-07-06T00:00"},
        {"issuesStatusForFixVersion": COUNTS | {"toDo": -1}},
        {"issuesStatusForFixVersion": COUNTS | {"done": None}},
        {"issuesStatusForFixVersion": {"done": 3}},
    ],
    ids=str,
)
def test_a_version_with_an_odd_field_fails_rather_than_being_guessed(
    sandbox: MoodyJira, tracker: Tracker, wrong: dict[str, object]
) -> None:
    def wrap(row: object) -> Answer:
        return Answer(200, {"values": [row], "total": 1} if sandbox.cloud else [row])

    answer_with(sandbox, "10001", wrap(VERSION | wrong))
    assert type(error_of(tracker, "10001")) is BadAnswer
    answer_with(sandbox, "10001", wrap(VERSION))
    assert len(observe(tracker, "10001").milestones) == 1


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("key", None),
        ("key", "PORTAL-0"),
        ("key", 'P-1") OR ("P-2'),
        ("id", "x"),
        ("summary", None),
        ("status", None),
        ("status", {"id": "1"}),
        ("status", {"id": "1", "statusCategory": {"key": 3}}),
        ("created", None),
        ("updated", "yesterday"),
        ("updated", "2026-02-30T00:00:00.000+0000"),
        ("updated", "2026-02-20T00:00:00.000"),
        ("updated", "0001-01-01T00:00:00.000+1400"),
        ("updated", True),
        ("duedate", "06/Jul/10"),
        ("project", None),
        ("project", {"id": "10001", "key": "../x"}),
    ],
)
def test_an_epic_with_an_odd_field_fails_rather_than_being_guessed(
    sandbox: MoodyJira, tracker: Tracker, where: str, wrong: object
) -> None:
    noon = "2016-03-03T12:00:00.000+0000"
    fields: dict[str, object] = {
        "summary": "x", "status": {"id": "1", "statusCategory": {"key": "new"}}, "created": noon, "updated": noon,
        "project": {"id": "10001", "key": "PORTAL"},
    }  # fmt: skip
    epic: dict[str, object] = {"id": "10003", "key": "PORTAL-1", "fields": fields}
    (epic if where in epic else fields)[where] = wrong
    answer_with(sandbox, "10001/epics", Answer(200, {"issues": [epic], "total": 1}))
    assert type(error_of(tracker, "10001/epics")) is BadAnswer


@pytest.mark.parametrize("sandbox", [True], indirect=True)
def test_pages_of_cloud_that_contradict_themselves_are_no_list(sandbox: MoodyJira, tracker: Tracker) -> None:
    page = Answer(200, {"issues": [], "nextPageToken": "again"})
    sandbox.faults.extend([Fault(answer=page, path="/search")] * 3)
    assert type(error_of(tracker, "10001/epics")) is BadAnswer
    sandbox.faults.clear()
    answer_with(sandbox, "10001/epics", Answer(200, {"issues": [], "isLast": False}))
    assert type(error_of(tracker, "10001/epics")) is BadAnswer


class BeforeSecondPage(Fault):
    """Lets something happen between two pages."""

    def __init__(self, happens: Callable[[], object], times: int) -> None:
        super().__init__()
        self.happens: Callable[[], object]
        object.__setattr__(self, "happens", happens)
        object.__setattr__(self, "left", [None] * times)

    def matches(self, request: Request) -> bool:
        left: list[None] = object.__getattribute__(self, "left")
        if left and (b'"startAt":99' in request.body or request.query.get("startAt") == "99"):
            left.pop()
            self.happens()
        return False


@pytest.mark.parametrize(("sandbox", "project"), [(True, "10001"), (False, "10001/epics")], indirect=True)
@pytest.mark.parametrize("instead", [0, 1], ids=["one is deleted", "one is deleted and one added"])
@pytest.mark.parametrize("times", [1, 2])
def test_a_counted_list_that_moves_while_it_is_read_is_read_once_more(
    sandbox: MoodyJira, jira: JiraState, tracker: Tracker, project: str, times: int, instead: int
) -> None:
    def add(title: str) -> int:
        return jira.add_version(10001, title) if sandbox.cloud else jira.add_issue(10001, title, type=EPIC)

    def happens() -> None:
        (jira.delete_version if sandbox.cloud else jira.delete_issue)(made.pop(0))
        for _ in range(instead):
            add("another")

    made = [add(f"Phase {number}") for number in range(110)]
    sandbox.faults.append(BeforeSecondPage(happens, times))
    result = poll(tracker, project)
    if times == 1:
        assert isinstance(result, Observed)
        assert {one.title for one in result.milestones} >= {f"Phase {number}" for number in range(1, 110)}
        assert len(result.milestones) == 110 + instead
    else:
        assert isinstance(result, Failed)
        assert type(result.error) is BadAnswer


def test_a_connection_that_breaks_is_tried_once_more(sandbox: MoodyJira, tracker: Tracker, project: str) -> None:
    sandbox.faults.append(Fault(do="drop", path=path_of(project)))
    assert len(observe(tracker, project).milestones) == 1
    sandbox.faults.extend([Fault(do="drop", path=path_of(project))] * 2)
    assert type(error_of(tracker, project)) is Unreachable


def test_a_server_that_does_not_say_what_it_is_is_not_guessed_about(
    sandbox: MoodyJira, tracker: Tracker, project: str
) -> None:
    for body in ({"baseUrl": sandbox.url}, {"deploymentType": "Cloud", "baseUrl": "javascript:alert(1)"}):
        sandbox.faults.append(Fault(answer=Answer(200, body), path="/serverInfo"))
        assert type(error_of(tracker, project)) is BadAnswer
    assert len(observe(tracker, project).milestones) == 1


def test_nobody_there(clock: FrozenClock, tmp_path: Path) -> None:
    with MoodyJira(clock, cloud=True) as gone:
        pass
    with connecting(clock, tmp_path)(gone) as tracker:
        with pytest.raises(Unreachable) as caught:
            tracker.find_project("PORTAL")
        assert gone.url.rpartition(":")[2] not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 503])
def test_no_error_shows_the_token_whatever_jira_says(
    sandbox: MoodyJira, tracker: Tracker, project: str, status: int
) -> None:
    secret = BASIC if sandbox.cloud else TOKEN
    words = f"your token {TOKEN} or {secret}\n\x1b[31mis\u202e wrong {'x' * 5000}"
    answer_with(sandbox, project, Answer(status, {"errorMessages": [words], "errors": {"token": TOKEN}}))
    error = error_of(tracker, project)
    shown = "".join(traceback.format_exception(error))
    assert TOKEN not in shown
    assert secret not in shown
    assert str(error).isprintable()
    assert len(str(error)) < 600


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "schlüssel"])
def test_what_cannot_be_a_token_is_not_sent_and_not_shown(
    sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path, token: str
) -> None:
    settings = JiraSettings.model_validate({"url": sandbox.url, "token": token})
    with pytest.raises(AccessDenied) as caught:
        plugin.connect(settings, Context("jira", tmp_path, clock))
    assert token not in "".join(traceback.format_exception(caught.value))
    assert not sandbox.requests


def steps(tracker: Tracker, *names: str) -> list[tuple[bool, str]]:
    return [(one.ok, one.next_step) for one in tracker.check(names)]


def test_check_reaches_what_a_run_will_read(sandbox: MoodyJira, tracker: Tracker) -> None:
    assert steps(tracker, "PORTAL", "PORTAL/epics") == [(True, "")] * 3
    assert any(path_of("10001") in request.path for request in sandbox.requests)
    assert any("/search" in request.path for request in sandbox.requests)


@pytest.mark.parametrize("name", ["PORTAL", "PORTAL/epics"])
def test_check_names_the_permission_that_is_missing(sandbox: MoodyJira, tracker: Tracker, name: str) -> None:
    sandbox.fail(403, path=path_of(name))
    (_, (ok, step)) = steps(tracker, name)
    assert not ok
    assert "Browse projects" in step


def test_check_doubts_the_issue_type_when_a_query_is_refused(sandbox: MoodyJira, tracker: Tracker) -> None:
    words = "The value 'Epic' does not exist for the field 'issuetype'."
    sandbox.faults.append(Fault(answer=Answer(400, {"errorMessages": [words]}), path="/search"))
    (_, (ok, step)) = steps(tracker, "PORTAL/epics")
    assert not ok
    assert "'epic'" in step


def test_check_says_what_to_do_about_a_token_that_is_not_good(sandbox: MoodyJira, tracker: Tracker) -> None:
    sandbox.revoke()
    ((ok, step),) = steps(tracker, "PORTAL")
    assert not ok
    assert "renew the token" in step


def test_check_says_when_a_limit_ends(sandbox: MoodyJira, tracker: Tracker) -> None:
    sandbox.limit(300)
    ((ok, step),) = steps(tracker, "PORTAL")
    assert not ok
    assert "2026-03-02 09:35 UTC" in step


def test_check_knows_a_wrong_address(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> None:
    settings = JiraSettings.model_validate({"url": f"{sandbox.url}/wrong", "token": TOKEN})
    with closing(plugin.connect(settings, Context("jira", tmp_path, clock))) as tracker:
        ((ok, step),) = steps(tracker, "PORTAL")
    assert not ok
    assert "correct the url" in step


def test_check_looks_for_the_field_of_the_points(sandbox: MoodyJira, clock: FrozenClock, tmp_path: Path) -> None:
    for field, there in (("customfield_10016", True), ("customfield_10017", False)):
        with connecting(clock, tmp_path, points_field=field)(sandbox) as tracker:
            (_, (ok, step)) = steps(tracker)
        assert ok == there
        assert there or "points_field" in step
