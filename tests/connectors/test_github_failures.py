"""What becomes of refusals, limits and broken connections, and that no secret comes out with them."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.errors import (
    AccessDenied,
    BadAnswer,
    NotThere,
    RateLimited,
    Tracker2InvoiceError,
    Unreachable,
)
from tracker2invoice.plugins import Context, Failed, Observed, ProjectCursor
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_github import GitHubSettings, plugin
from tracker2invoice_github.client import Clients
from tracker2invoice_github.credentials import personal
from tracker2invoice_github.failures import Failures
from tracker2invoice_github.graph import Graph
from tracker2invoice_github.tracker import GitHubTracker

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PRIMARY = "API rate limit exceeded for user ID 1."
OLD_LIMIT = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772444100"}  # 2026-03-02T09:35:00Z
HTML = b"<html><body>Unicorn!</body></html>"


ISSUE: dict[str, object] = {
    "number": 1, "title": "x", "html_url": "https://x", "state": "closed", "closed_at": None, "labels": []
}  # fmt: skip


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(clock) as running:
        running.github.add_repository(PORTAL)
        running.github.add_milestone(PORTAL, "Design")
        yield running


@pytest.fixture
def tracker(sandbox: GitHubSandbox, clock: FrozenClock, tmp_path: Path) -> Iterator[GitHubTracker]:
    settings = GitHubSettings.model_validate({"url": sandbox.url, "token": TOKEN})
    with closing(plugin.connect(settings, Context("github", tmp_path, clock))) as one:
        assert isinstance(one, GitHubTracker)
        yield one


@pytest.fixture
def portal(sandbox: GitHubSandbox) -> str:
    return str(sandbox.github.repository(PORTAL).id)


@pytest.fixture(autouse=True)
def nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(seconds: float) -> None:
        pytest.fail(f"slept for {seconds} s")

    monkeypatch.setattr("time.sleep", refuse)


def error_of(tracker: GitHubTracker, project_id: str) -> Tracker2InvoiceError:
    (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Failed), result
    assert result.project_id == project_id
    return result.error


def answer_with(sandbox: GitHubSandbox, status: int, words: str = "", headers: dict[str, str] | None = None) -> None:
    body = {"message": words, "documentation_url": "https://docs.github.com/rest"}
    sandbox.faults.append(Fault(answer=Answer(status, body, headers or {}), path="/milestones"))


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (400, "Problems parsing JSON", BadAnswer),
        (401, "Bad credentials", AccessDenied),
        (401, "Must specify two-factor authentication OTP code.", AccessDenied),
        (403, "Resource not accessible by personal access token", AccessDenied),
        (403, "Resource protected by organization SAML enforcement.", AccessDenied),
        (403, "Request forbidden by administrative rules. Missing or invalid User Agent string.", AccessDenied),
        (404, "Not Found", NotThere),
        (410, "Issues are disabled for this repo", NotThere),
        (422, "Validation Failed", BadAnswer),
        (451, "Repository access blocked", AccessDenied),
        (500, "Server Error", Unreachable),
        (502, "Bad Gateway", Unreachable),
        (503, "No server is currently available", Unreachable),
        (504, "We couldn't respond to your request in time", Unreachable),
        (302, "Found", BadAnswer),
        (304, "nobody asked", BadAnswer),
        (204, "", BadAnswer),
    ],
)
def test_each_status_is_the_error_that_says_what_happens_next(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str, status: int, words: str,
    expected: type[Tracker2InvoiceError],
) -> None:  # fmt: skip
    answer_with(sandbox, status, words)
    error = error_of(tracker, portal)
    assert type(error) is expected
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize(
    ("status", "words", "headers", "wait"),
    [
        (403, PRIMARY, OLD_LIMIT, timedelta(minutes=5)),
        (429, PRIMARY, OLD_LIMIT, timedelta(minutes=5)),
        (403, SECONDARY, {"Retry-After": "90"}, timedelta(seconds=90)),
        (429, SECONDARY, {"Retry-After": "90"}, timedelta(seconds=90)),
        (429, "", {"Retry-After": "Mon, 02 Mar 2026 09:40:00 GMT"}, timedelta(minutes=10)),
        # rate-limits-for-the-rest-api: without a header, at least one minute
        (403, SECONDARY, {}, timedelta(minutes=1)),
        (429, "Too many requests", {}, timedelta(minutes=1)),
        (429, "", {"Retry-After": "soon"}, timedelta(minutes=1)),
        # nobody is kept waiting for a day by a wrong clock
        (403, SECONDARY, {"Retry-After": "86400"}, timedelta(hours=1)),
    ],
)
def test_a_limit_says_when_to_come_back_and_nobody_waits_for_it(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str, clock: FrozenClock,
    status: int, words: str, headers: dict[str, str], wait: timedelta,
) -> None:  # fmt: skip
    answer_with(sandbox, status, words, headers)
    error = error_of(tracker, portal)
    assert isinstance(error, RateLimited)
    assert error.not_before == clock() + wait


@pytest.mark.parametrize("kind", ["primary", "secondary"])
def test_while_limited_nothing_is_sent_and_afterwards_everything_is_read(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str, clock: FrozenClock, kind: str
) -> None:
    sandbox.limit("primary" if kind == "primary" else "secondary", 300)
    assert isinstance(error_of(tracker, portal), RateLimited)
    sent = len(sandbox.requests)
    others = list(tracker.poll([ProjectCursor(portal, None)] * 3))
    assert all(isinstance(one, Failed) and isinstance(one.error, RateLimited) for one in others)
    with pytest.raises(RateLimited):
        tracker.find_project(PORTAL)
    assert len(sandbox.requests) == sent
    clock.advance(timedelta(seconds=301))
    assert [type(one) for one in tracker.poll([ProjectCursor(portal, None)])] == [Observed]


@pytest.mark.parametrize("body", [HTML, b"", b"[", b"[" * 100_000, b'{"message": "moved"}', b'[{"id": 1}]', b"[null]"])
def test_an_answer_that_makes_no_sense_is_never_an_empty_one(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str, body: bytes
) -> None:
    sandbox.faults.append(Fault(answer=Answer(200, body, {"Content-Type": "application/json"}), path="/milestones"))
    assert type(error_of(tracker, portal)) is BadAnswer


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "1"},
        {"id": True},
        {"number": 1.5},
        {"title": None},
        {"state": "all"},
        {"open_issues": None},
        {"closed_at": "2026-02-30T00:00:00Z"},
        {"closed_at": "2026-02-20T00:00:00"},
        {"closed_at": "0001-01-01T00:00:00+14:00"},
        {"closed_at": 1772444100},
        {"due_on": "next week"},
    ],
    ids=str,
)
def test_a_milestone_with_an_odd_field_fails_rather_than_being_guessed(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str, wrong: dict[str, object]
) -> None:
    good: dict[str, object] = {
        "id": 1, "number": 1, "title": "x", "state": "closed", "url": "", "open_issues": 0, "closed_issues": 0,
    }  # fmt: skip
    sandbox.faults.append(Fault(answer=Answer(200, [good | wrong]), path="/milestones"))
    assert type(error_of(tracker, portal)) is BadAnswer


def test_a_pull_request_that_does_not_say_whether_it_was_merged_is_no_guess(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str
) -> None:
    (reading,) = tracker.poll([ProjectCursor(portal, None)])
    assert isinstance(reading, Observed)
    pull = ISSUE | {"pull_request": dict[str, object]()}
    sandbox.faults.extend([Fault(answer=Answer(200, [pull]), path="/issues")] * 2)
    for question in (tracker.deliverables, tracker.work):
        with pytest.raises(BadAnswer):
            question(reading.milestones[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "1"},
        {"title": None},
        {"state": "all"},
        {"state": None},
        {"labels": None},
        {"labels": [None]},
        {"labels": [{"id": 1}]},
        {"labels": "screen"},
        {"closed_at": "2026-02-30T00:00:00Z"},
    ],
    ids=str,
)
def test_an_issue_with_an_odd_field_fails_rather_than_being_guessed(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str, wrong: dict[str, object]
) -> None:
    (reading,) = tracker.poll([ProjectCursor(portal, None)])
    assert isinstance(reading, Observed)
    sandbox.faults.append(Fault(answer=Answer(200, [ISSUE, ISSUE | {"number": 2} | wrong]), path="/issues"))
    with pytest.raises(BadAnswer):
        tracker.work(reading.milestones[0])


def test_the_issue_that_is_made_odd_above_is_a_good_one(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str
) -> None:
    (reading,) = tracker.poll([ProjectCursor(portal, None)])
    assert isinstance(reading, Observed)
    sandbox.faults.append(Fault(answer=Answer(200, [ISSUE, ISSUE | {"number": 2}]), path="/issues"))
    assert [one.number for one in tracker.work(reading.milestones[0])] == ["1", "2"]


def test_a_connection_that_breaks_is_tried_once_more(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str
) -> None:
    sandbox.faults.append(Fault(do="drop", path="/milestones"))
    assert [type(one) for one in tracker.poll([ProjectCursor(portal, None)])] == [Observed]
    sandbox.faults.extend([Fault(do="drop", path="/milestones")] * 2)
    assert type(error_of(tracker, portal)) is Unreachable


def test_a_server_that_does_not_answer_is_given_up(sandbox: GitHubSandbox, portal: str, clock: FrozenClock) -> None:
    sandbox.faults.extend([Fault(do="hang", path="/milestones")] * 2)
    failures = Failures("github", clock, lambda: (TOKEN,))
    with closing(Clients(sandbox.url, personal(TOKEN), failures, timeout=1)) as clients:
        assert type(error_of(GitHubTracker("github", sandbox.url, clients, Graph(failures)), portal)) is Unreachable


def test_nobody_there(clock: FrozenClock, tmp_path: Path) -> None:
    with GitHubSandbox(clock) as gone:
        pass
    settings = GitHubSettings.model_validate({"url": gone.url, "token": TOKEN})
    with closing(plugin.connect(settings, Context("github", tmp_path, clock))) as tracker:
        with pytest.raises(Unreachable) as caught:
            tracker.find_project(PORTAL)
        assert gone.url.rpartition(":")[2] not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 503])
def test_no_error_shows_the_token_whatever_github_says(
    sandbox: GitHubSandbox, tracker: GitHubTracker, portal: str, status: int
) -> None:
    answer_with(sandbox, status, f"your token {TOKEN}\n\x1b[31mis\u202e wrong {'x' * 5000}")
    error = error_of(tracker, portal)
    assert TOKEN not in "".join(traceback.format_exception(error))
    assert str(error).isprintable()
    assert len(str(error)) < 500


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "schlüssel"])
def test_what_cannot_be_a_token_is_not_sent_and_not_shown(
    sandbox: GitHubSandbox, clock: FrozenClock, tmp_path: Path, token: str
) -> None:
    settings = GitHubSettings.model_validate({"url": sandbox.url, "token": token})
    with pytest.raises(AccessDenied) as caught:
        plugin.connect(settings, Context("github", tmp_path, clock))
    assert token not in "".join(traceback.format_exception(caught.value))
    assert not sandbox.requests


def steps(tracker: GitHubTracker, *names: str) -> list[tuple[bool, str]]:
    return [(one.ok, one.next_step) for one in tracker.check(names)]


def test_check_reaches_what_a_run_will_read(sandbox: GitHubSandbox, tracker: GitHubTracker) -> None:
    assert steps(tracker, PORTAL) == [(True, ""), (True, "")]
    asked = [request.path.rpartition("/")[2] for request in sandbox.requests]
    assert asked == ["rate_limit", "portal", "milestones", "issues"]


@pytest.mark.parametrize("listing", ["/milestones", "/issues"])
def test_check_names_the_permission_that_is_missing(
    sandbox: GitHubSandbox, tracker: GitHubTracker, listing: str
) -> None:
    sandbox.fail(403, path=listing)
    (_, (ok, step)) = steps(tracker, PORTAL)
    assert not ok
    assert "Issues: read" in step
    assert "'repo'" in step


def test_check_says_what_to_do_about_a_token_that_is_not_good(sandbox: GitHubSandbox, tracker: GitHubTracker) -> None:
    sandbox.revoke()
    ((ok, step),) = steps(tracker, PORTAL, "acme/shop")
    assert not ok
    assert "renew the token" in step


def test_check_says_when_a_limit_ends(sandbox: GitHubSandbox, tracker: GitHubTracker) -> None:
    sandbox.limit("secondary", 300)
    (_, (ok, step)) = steps(tracker, PORTAL)
    assert not ok
    assert "2026-03-02 09:35 UTC" in step


def test_check_knows_a_wrong_address_from_a_server_without_limits(
    sandbox: GitHubSandbox, tracker: GitHubTracker
) -> None:
    unlimited = {"message": "Rate limiting is not enabled."}
    sandbox.faults.append(Fault(answer=Answer(404, unlimited), path="/rate_limit"))
    assert steps(tracker, PORTAL)[0] == (True, "")
    sandbox.faults.append(Fault(answer=Answer(404, HTML), path="/rate_limit"))
    ((ok, step),) = steps(tracker, PORTAL)
    assert not ok
    assert "/api/v3" in step


def test_the_frozen_clock_and_the_recorded_limit_belong_together(clock: FrozenClock) -> None:
    assert datetime.fromtimestamp(int(OLD_LIMIT["X-RateLimit-Reset"]), UTC) == clock() + timedelta(minutes=5)
