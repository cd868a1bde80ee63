"""What becomes of refusals, limits and broken connections at GitLab, and that no secret comes out with them."""

from __future__ import annotations

import traceback
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
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
from tracker2invoice.plugins import Context, Failed, Finding, Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.gitlab import TOKEN, GitLabSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice_gitlab import GitLabSettings, plugin
from tracker2invoice_gitlab.client import Clients
from tracker2invoice_gitlab.failures import Failures
from tracker2invoice_gitlab.tracker import GitLabTracker

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"
HTML = b"<html><body>GitLab is undergoing maintenance</body></html>"
GRAPHQL, REST = "/api/graphql", "/milestones"
WAYS = pytest.mark.parametrize("path", [GRAPHQL, REST])


@pytest.fixture
def tracker(gitlab_tracker: Tracker) -> Tracker:
    return gitlab_tracker


@pytest.fixture
def portal(gitlab: GitLabSandbox) -> str:
    project = gitlab.gitlab.add_project(PORTAL)
    gitlab.gitlab.add_milestone(PORTAL, "Design")
    return str(project)


@pytest.fixture(autouse=True)
def nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(seconds: float) -> None:
        pytest.fail(f"slept for {seconds} s")

    monkeypatch.setattr("time.sleep", refuse)


def error_of(tracker: Tracker, project_id: str) -> Tracker2InvoiceError:
    (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Failed), result
    assert result.project_id == project_id
    return result.error


def answer_with(gitlab: GitLabSandbox, path: str, answer: Answer, times: int = 1) -> None:
    gitlab.offer_graphql(path == GRAPHQL)
    gitlab.faults.extend([Fault(answer=answer, path=path)] * times)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, BadAnswer),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, NotThere),
        (410, NotThere),
        (422, BadAnswer),
        (451, AccessDenied),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
        (302, BadAnswer),
        (304, BadAnswer),
    ],
)
def test_each_status_is_the_error_that_says_what_happens_next(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, status: int, expected: type[Tracker2InvoiceError]
) -> None:
    answer_with(gitlab, REST, Answer(status, {"message": "what GitLab says"}))
    error = error_of(tracker, portal)
    assert isinstance(error, expected)
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize(
    ("status", "expected"), [(401, AccessDenied), (429, RateLimited), (500, Unreachable), (503, Unreachable)]
)
def test_graphql_that_is_down_is_not_taken_for_missing(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, status: int, expected: type[Tracker2InvoiceError]
) -> None:
    answer_with(gitlab, GRAPHQL, Answer(status, {"errors": [{"message": "what GitLab says"}]}))
    error = error_of(tracker, portal)
    assert isinstance(error, expected)
    assert "what GitLab says" in str(error)
    assert len(gitlab.requests) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 413, 422, 301])
def test_where_graphql_is_refused_rest_is_asked(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, status: int
) -> None:
    headers = {"Location": "https://gitlab.example/"} if status == 301 else {}
    answer_with(gitlab, GRAPHQL, Answer(status, HTML, headers))
    (result,) = tracker.poll([ProjectCursor(portal, None)])
    assert isinstance(result, Observed)


@WAYS
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"Retry-After": "Mon, 02 Mar 2026 09:40:00 GMT"}, timedelta(minutes=10)),
        ({"RateLimit-Reset": "1772444100"}, timedelta(minutes=5)),
        ({}, timedelta(minutes=1)),
        ({"Retry-After": "soon"}, timedelta(minutes=1)),
        # nobody is kept waiting for a day by a wrong clock
        ({"Retry-After": "86400"}, timedelta(hours=1)),
    ],
)
def test_a_limit_says_when_to_come_back_and_nobody_waits_for_it(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, clock: FrozenClock, path: str, headers: dict[str, str],
    wait: timedelta,
) -> None:  # fmt: skip
    answer_with(gitlab, path, Answer(429, b"Retry later\n", headers))
    error = error_of(tracker, portal)
    assert isinstance(error, RateLimited)
    assert error.not_before == clock() + wait


@pytest.mark.parametrize("told", [True, False])
def test_while_limited_nothing_is_sent_and_afterwards_everything_is_read(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, clock: FrozenClock, told: bool
) -> None:
    gitlab.limit(50, told=told)
    assert isinstance(error_of(tracker, portal), RateLimited)
    sent = len(gitlab.requests)
    others = list(tracker.poll([ProjectCursor(portal, None)] * 3))
    assert all(isinstance(one, Failed) and isinstance(one.error, RateLimited) for one in others)
    with pytest.raises(RateLimited):
        tracker.find_project(PORTAL)
    assert len(gitlab.requests) == sent
    clock.advance(timedelta(seconds=61))
    assert [type(one) for one in tracker.poll([ProjectCursor(portal, None)])] == [Observed]


@WAYS
@pytest.mark.parametrize("body", [HTML, b"", b"[", b"[" * 100_000, b'{"message": "moved"}', b'[{"id": 1}]', b"[null]"])
def test_an_answer_that_makes_no_sense_is_never_an_empty_one(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, path: str, body: bytes
) -> None:
    gitlab.offer_graphql(path == GRAPHQL)
    answers = [Fault(answer=Answer(200, body, {"Content-Type": "application/json"}), path=one) for one in (path, REST)]
    gitlab.faults.extend(answers)
    assert isinstance(error_of(tracker, portal), BadAnswer)


@WAYS
def test_an_answer_that_ends_too_soon_is_no_answer(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, path: str
) -> None:
    answer_with(gitlab, path, Answer(200, b'[{"id": 1, "iid"', {"Content-Length": "4000", "Connection": "close"}), 2)
    assert isinstance(error_of(tracker, portal), Unreachable)


@dataclass(frozen=True, slots=True)
class AboutOne(Fault):
    """Something is wrong with one project, whoever is asked together with it."""

    project_id: str = ""

    def matches(self, request: Request) -> bool:
        about = f"/Project/{self.project_id}".encode()
        return Fault.matches(self, request) and (about in request.body or f"/{self.project_id}" in request.path)


def test_one_project_that_is_too_much_does_not_take_the_others_along(gitlab: GitLabSandbox, tracker: Tracker) -> None:
    ids = [str(gitlab.gitlab.add_project(f"acme/p{number}")) for number in range(100)]
    gitlab.faults.extend([AboutOne(project_id=ids[37])] * 20)
    results = list(tracker.poll([ProjectCursor(one, None) for one in ids]))
    assert [one.project_id for one in results if isinstance(one, Failed)] == [ids[37]]
    assert len(results) == 100
    assert len(gitlab.requests) <= 15


def test_a_gitlab_that_is_down_is_not_asked_about_every_project(gitlab: GitLabSandbox, tracker: Tracker) -> None:
    ids = [str(gitlab.gitlab.add_project(f"acme/p{number}")) for number in range(250)]
    gitlab.fail(503, times=1000, path="/")
    results = list(tracker.poll([ProjectCursor(one, None) for one in ids]))
    assert sorted(one.project_id for one in results if isinstance(one, Failed)) == sorted(ids)
    assert len(gitlab.requests) <= 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "1"}, {"id": True}, {"iid": 1.5}, {"title": None}, {"state": "open"}, {"updated_at": None},
        {"created_at": "2026-02-30T00:00:00Z"}, {"updated_at": "2026-02-20T00:00:00"}, {"due_date": "next week"},
        {"web_url": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_milestone_with_an_odd_field_fails_rather_than_being_guessed(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, wrong: dict[str, object]
) -> None:
    good: dict[str, object] = {
        "id": 1, "iid": 1, "title": "x", "state": "closed", "web_url": "", "created_at": "2026-02-20T00:00:00Z",
        "updated_at": "2026-02-20T00:00:00Z",
    }  # fmt: skip
    answer_with(gitlab, REST, Answer(200, [good]))
    (result,) = tracker.poll([ProjectCursor(portal, None)])
    assert isinstance(result, Observed)
    answer_with(gitlab, REST, Answer(200, [good | wrong]))
    assert isinstance(error_of(tracker, portal), BadAnswer)


@pytest.mark.parametrize("name", ["id", "iid"])
def test_a_milestone_of_number_nought_in_graphql_fails_its_project_and_no_other(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, name: str
) -> None:
    other = str(gitlab.gitlab.add_project("acme/app"))
    setattr(gitlab.gitlab.owner(PORTAL).milestones[1], name, 0)
    results = {type(one): one for one in tracker.poll([ProjectCursor(portal, None), ProjectCursor(other, None)])}
    failed, observed = results[Failed], results[Observed]
    assert isinstance(failed, Failed)
    assert isinstance(observed, Observed)
    assert isinstance(failed.error, BadAnswer)
    assert (failed.project_id, observed.project.id) == (portal, other)


class Misnamed(GitLabSandbox):
    """Its external_url is wrong, or not that of the proxy in front: all links lead to another host."""

    external = ""

    def handle(self, request: Request) -> Answer:
        answer = super().handle(request)
        told = {**answer.headers, "Link": answer.headers.get("Link", "").replace(self.url, self.external)}
        return Answer(answer.status, answer.body, {name: told[name] for name in told if name != "X-Next-Page"})


def test_a_link_to_another_host_is_followed_on_this_one(clock: FrozenClock, tmp_path: Path) -> None:
    with GitLabSandbox(clock) as elsewhere, Misnamed(clock) as gitlab:
        gitlab.external = elsewhere.url
        gitlab.offer_graphql(False)
        project = str(gitlab.gitlab.add_project(PORTAL))
        for number in range(150):
            gitlab.gitlab.add_milestone(PORTAL, f"Phase {number}")
        with closing(connected(gitlab.url, TOKEN, clock, tmp_path)) as tracker:
            (result,) = tracker.poll([ProjectCursor(project, None)])
        assert isinstance(result, Observed)
        assert len(result.milestones) == 150
        assert not elsewhere.requests


def test_a_redirection_to_another_host_takes_no_token_there(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, clock: FrozenClock
) -> None:
    with GitLabSandbox(clock) as elsewhere:
        elsewhere.gitlab.add_project(PORTAL)
        there = {"Location": f"{elsewhere.url}/api/v4/projects/acme%2Fportal"}
        gitlab.faults.append(Fault(answer=Answer(302, b"", there), path="/projects/"))
        with pytest.raises(BadAnswer, match="leads elsewhere"):
            tracker.find_project(PORTAL)
        assert not elsewhere.requests


def test_a_redirection_that_would_lose_the_query_is_not_followed(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str
) -> None:
    there = {"Location": f"{gitlab.url}/api/v4/projects/{portal}/milestones"}
    answer_with(gitlab, REST, Answer(301, b"", there))
    assert isinstance(error_of(tracker, portal), BadAnswer)


def test_pages_that_go_round_in_circles_end(gitlab: GitLabSandbox, tracker: Tracker, portal: str) -> None:
    answer_with(gitlab, REST, Answer(200, [], {"X-Next-Page": "1"}))
    assert isinstance(error_of(tracker, portal), BadAnswer)


@WAYS
def test_a_connection_that_breaks_is_tried_once_more(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, path: str
) -> None:
    gitlab.offer_graphql(path == GRAPHQL)
    gitlab.faults.append(Fault(do="drop", path=path))
    assert [type(one) for one in tracker.poll([ProjectCursor(portal, None)])] == [Observed]
    gitlab.faults.extend([Fault(do="drop", path=path)] * 2)
    assert type(error_of(tracker, portal)) is Unreachable


def test_a_server_that_does_not_answer_is_given_up(gitlab: GitLabSandbox, portal: str, clock: FrozenClock) -> None:
    gitlab.faults.extend([Fault(do="hang", path=GRAPHQL)] * 2)
    with closing(Clients(gitlab.url, Failures("gitlab", clock, TOKEN), timeout=1)) as clients:
        assert type(error_of(GitLabTracker("gitlab", clients), portal)) is Unreachable


def test_nobody_there(clock: FrozenClock, tmp_path: Path) -> None:
    with GitLabSandbox(clock) as gone:
        pass
    with closing(connected(gone.url, TOKEN, clock, tmp_path)) as tracker:
        with pytest.raises(Unreachable) as caught:
            tracker.find_project(PORTAL)
        assert gone.url.rpartition(":")[2] not in str(caught.value)


def connected(url: str, token: str, clock: FrozenClock, directory: Path) -> Tracker:
    settings = GitLabSettings.model_validate({"url": url, "token": token})
    return plugin.connect(settings, Context("gitlab", directory, clock))


@WAYS
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 503])
def test_no_error_shows_the_token_whatever_gitlab_says(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, path: str, status: int
) -> None:
    words = f"your token {TOKEN}\n\x1b[31mis\u202e wrong {'x' * 5000}"
    answer_with(gitlab, path, Answer(status, {"message": words}))
    answer_with(gitlab, REST, Answer(status, {"message": words}))
    error = error_of(tracker, portal)
    assert TOKEN not in "".join(traceback.format_exception(error))
    assert str(error).isprintable()
    assert len(str(error)) < 500


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "schlüssel"])
def test_what_cannot_be_a_token_is_not_sent_and_not_shown(
    gitlab: GitLabSandbox, clock: FrozenClock, tmp_path: Path, token: str
) -> None:
    with pytest.raises(AccessDenied) as caught:
        connected(gitlab.url, token, clock, tmp_path)
    assert token not in "".join(traceback.format_exception(caught.value))
    assert not gitlab.requests


def findings(tracker: Tracker, *names: str) -> list[Finding]:
    return list(tracker.check(names))


def test_check_reaches_what_a_run_will_read(gitlab: GitLabSandbox, tracker: Tracker, portal: str) -> None:
    gitlab.gitlab.add_group("globex")
    assert [one.ok for one in findings(tracker, PORTAL, "globex")] == [True, True, True]
    assert [one.path.rpartition("/")[2] for one in gitlab.requests] == [
        "version", "graphql", "portal", "milestones", "issues", "merge_requests", "events",
        "globex", "milestones", "issues", "merge_requests",
    ]  # fmt: skip


@pytest.mark.parametrize("listing", ["/milestones", "/issues", "/merge_requests", "/events"])
def test_check_names_the_permission_that_is_missing(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str, listing: str
) -> None:
    gitlab.fail(403, path=listing)
    (_, finding) = findings(tracker, PORTAL)
    assert not finding.ok
    assert "read_api" in finding.next_step
    assert "Reporter" in finding.next_step


def test_check_says_what_a_gitlab_without_graphql_cannot_tell(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str
) -> None:
    gitlab.offer_graphql(False)
    (reached, finding) = findings(tracker, PORTAL)
    assert (reached.ok, finding.ok) == (True, True)
    assert "hours cannot be read" in reached.what


def test_check_says_what_to_do_about_a_token_that_is_not_good(
    gitlab: GitLabSandbox, tracker: Tracker, portal: str
) -> None:
    gitlab.revoke()
    (finding,) = findings(tracker, PORTAL, "acme/shop")
    assert not finding.ok
    assert "renew the token" in finding.next_step


def test_check_says_when_a_limit_ends(gitlab: GitLabSandbox, tracker: Tracker, portal: str) -> None:
    gitlab.faults.append(Fault(answer=Answer(429, b"Retry later", {"Retry-After": "300"}), path="/projects/"))
    (_, finding) = findings(tracker, PORTAL)
    assert not finding.ok
    assert "2026-03-02 09:35 UTC" in finding.next_step
