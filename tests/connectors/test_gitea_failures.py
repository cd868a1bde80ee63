"""What becomes of refusals, limits, broken answers and moving lists of Gitea, and that no secret comes out."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.connectors.gitea import PORTAL, connected

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, RateLimited, Tracker2InvoiceError, Unreachable
from tracker2invoice.plugins import Failed, Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.gitea import TOKEN, GiteaSandbox
from tracker2invoice.testing.sandbox.gitea_state import GiteaState
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

HTML = b"<html><body>Gitea is installing</body></html>"
ONE = {"X-Total-Count": "1"}
MILESTONE: dict[str, Any] = {
    "id": 102, "title": "Design", "state": "open", "open_issues": 1, "closed_issues": 0, "due_on": None,
    "closed_at": None,
}  # fmt: skip
ISSUE: dict[str, Any] = {
    "id": 103, "number": 1, "title": "a task", "html_url": "https://git.example/acme/portal/issues/1", "state": "open",
    "labels": [], "milestone": {"id": 102}, "closed_at": None, "pull_request": None,
}  # fmt: skip
TIME: dict[str, Any] = {
    "id": 104, "created": "2026-02-02T10:00:00Z", "time": 60, "user_name": "mia", "issue": {"id": 103}
}  # fmt: skip


class MovingGitea(GiteaSandbox):
    """After the first page of each reading somebody does something to the list."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock, most=3)
        self.somebody: Callable[[GiteaState], object] | None = None
        self.as_often_as = 1

    def handle(self, request: Request) -> Answer:
        answer = super().handle(request)
        if request.query.get("page") == "1" and self.somebody and self.as_often_as:
            self.as_often_as -= 1
            self.somebody(self.gitea)
        return answer


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[MovingGitea]:
    with MovingGitea(clock) as running:
        portal = running.gitea.add_repository(PORTAL)
        design = running.gitea.add_milestone(portal, "Design")
        running.gitea.add_issue(portal, "a task", design, state="open")
        yield running


@pytest.fixture
def tracker(sandbox: MovingGitea, clock: FrozenClock, tmp_path: Path) -> Iterator[Tracker]:
    with closing(connected(sandbox, clock, tmp_path)) as one:
        yield one


@pytest.fixture(autouse=True)
def nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(seconds: float) -> None:
        pytest.fail(f"slept for {seconds} s")

    monkeypatch.setattr("time.sleep", refuse)


def observe(tracker: Tracker) -> Observed:
    (result,) = tracker.poll([ProjectCursor("101", None)])
    assert isinstance(result, Observed), result
    return result


def error_of(tracker: Tracker) -> Tracker2InvoiceError:
    (result,) = tracker.poll([ProjectCursor("101", None)])
    assert isinstance(result, Failed), result
    return result.error


def answer_with(sandbox: GiteaSandbox, answer: Answer, path: str = "/milestones") -> None:
    sandbox.faults.append(Fault(answer=answer, path=path))


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (401, "invalid username, password or token", AccessDenied),
        (403, "token does not have at least one of required scope(s), required=[read:issue]", AccessDenied),
        (404, "The target couldn't be found.", NotThere),
        (422, "invalid page", BadAnswer),
        (429, "Too Many Requests", RateLimited),
        (500, "Internal Server Error", Unreachable),
        (503, "down", Unreachable),
        (204, "", BadAnswer),
    ],
)
@pytest.mark.parametrize("path", ["/repositories/101", "/milestones"])
def test_each_status_is_the_error_that_says_what_happens_next(
    sandbox: MovingGitea, tracker: Tracker, path: str, status: int, words: str, expected: type[Tracker2InvoiceError]
) -> None:
    answer_with(sandbox, Answer(status, {"message": words}), path)
    error = error_of(tracker)
    assert type(error) is expected
    assert f"HTTP {status}" in str(error)
    assert words in str(error)


def test_a_page_for_people_is_no_empty_list(sandbox: MovingGitea, tracker: Tracker) -> None:
    sandbox.fail(502)
    assert type(error_of(tracker)) is Unreachable
    answer_with(sandbox, Answer(200, HTML, {"Content-Type": "text/html"}))
    assert type(error_of(tracker)) is BadAnswer


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_renamed_repository_is_read_where_it_leads_with_all_that_was_asked(
    sandbox: MovingGitea, tracker: Tracker, status: int
) -> None:
    sandbox.gitea.close_milestone(101, 102)
    there = "/api/v1/repos/acme/portal/milestones?state=all&limit=50&page=1&moved=yes"
    answer_with(sandbox, Answer(status, None, {"Location": there}))
    assert [one.state for one in observe(tracker).milestones] == ["closed"]


def test_a_redirect_to_another_server_gets_nothing_of_ours(
    sandbox: MovingGitea, tracker: Tracker, clock: FrozenClock
) -> None:
    with GiteaSandbox(clock) as other:
        answer_with(sandbox, Answer(301, None, {"Location": f"{other.url}/api/v1/repos/acme/portal/milestones"}))
        assert type(error_of(tracker)) is NotThere
        assert not other.requests


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({}, timedelta(minutes=1)),
        ({"Retry-After": "soon"}, timedelta(minutes=1)),
        ({"Retry-After": "999999"}, timedelta(days=1)),
    ],
)
def test_a_limit_says_when_to_come_back_and_nobody_waits_for_it(
    sandbox: MovingGitea, tracker: Tracker, clock: FrozenClock, headers: dict[str, str], wait: timedelta
) -> None:
    answer_with(sandbox, Answer(429, HTML, headers))
    error = error_of(tracker)
    assert isinstance(error, RateLimited)
    assert error.not_before == clock() + wait


def test_while_limited_nothing_is_sent_and_afterwards_everything_is_read(
    sandbox: MovingGitea, tracker: Tracker, clock: FrozenClock
) -> None:
    sandbox.limit(300)
    assert isinstance(error_of(tracker), RateLimited)
    sent = len(sandbox.requests)
    assert isinstance(error_of(tracker), RateLimited)
    with pytest.raises(RateLimited):
        tracker.find_project(PORTAL)
    assert len(sandbox.requests) == sent
    clock.advance(timedelta(seconds=301))
    assert len(observe(tracker).milestones) == 1


@pytest.mark.parametrize("body", [b"", b"[", b"[" * 100_000, b"{}", b"[null]", b'[{"id": 1}]', b"null"])
def test_an_answer_that_makes_no_sense_is_never_an_empty_one(
    sandbox: MovingGitea, tracker: Tracker, body: bytes
) -> None:
    answer_with(sandbox, Answer(200, body, {"Content-Type": "application/json"}))
    assert type(error_of(tracker)) is BadAnswer


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "102"},
        {"id": 0},
        {"id": 2**63},
        {"title": None},
        {"state": "all"},
        {"open_issues": -1},
        {"closed_issues": "3"},
        {"closed_at": "2026-02-20T09:00:00"},
        {"closed_at": "9999-12-31T23:59:59-05:00"},
        {"closed_at": 1771574400},
        {"created_at": "yesterday"},
        {"created_at": "3000-01-01T00:00:00Z"},
        {"due_on": "31.03.2026"},
    ],
    ids=str,
)
def test_a_milestone_with_an_odd_field_fails_rather_than_being_guessed(
    sandbox: MovingGitea, tracker: Tracker, wrong: dict[str, object]
) -> None:
    answer_with(sandbox, Answer(200, [MILESTONE | wrong], ONE))
    assert type(error_of(tracker)) is BadAnswer
    answer_with(sandbox, Answer(200, [MILESTONE], ONE))
    assert len(observe(tracker).milestones) == 1


@pytest.mark.parametrize("missing", MILESTONE)
def test_a_milestone_without_a_field_fails(sandbox: MovingGitea, tracker: Tracker, missing: str) -> None:
    row = {name: value for name, value in MILESTONE.items() if name != missing}
    answer_with(sandbox, Answer(200, [row], ONE))
    assert type(error_of(tracker)) is BadAnswer


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None},
        {"number": 0},
        {"state": "merged"},
        {"labels": None},
        {"labels": ["screen"]},
        {"milestone": None},
        {"milestone": {"id": 7}},
        {"pull_request": {"merged": None, "merged_at": None}},
        {"pull_request": {"merged": "true", "merged_at": None}},
        {"time_estimate": -1},
        {"time_estimate": 1.5},
    ],
    ids=str,
)
def test_an_issue_with_an_odd_field_fails_rather_than_being_guessed(
    sandbox: MovingGitea, tracker: Tracker, wrong: dict[str, object]
) -> None:
    (milestone,) = observe(tracker).milestones
    answer_with(sandbox, Answer(200, [ISSUE | wrong], ONE), "/issues")
    with pytest.raises(BadAnswer):
        tracker.work(milestone)
    answer_with(sandbox, Answer(200, [ISSUE], ONE), "/issues")
    assert len(tracker.work(milestone)) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"created": None}, {"created": "0001-01-01T00:00:00Z"}, {"time": None}, {"time": 10**15}, {"user_name": None}],
    ids=str,
)
def test_a_time_with_an_odd_field_fails_rather_than_being_guessed(
    sandbox: MovingGitea, tracker: Tracker, wrong: dict[str, object]
) -> None:
    (milestone,) = observe(tracker).milestones
    for answer in (Answer(200, []), Answer(200, [TIME | wrong], ONE)):
        answer_with(sandbox, answer, "/times")
    with pytest.raises(BadAnswer):
        tracker.work(milestone)
    for answer in (Answer(200, []), Answer(200, [TIME], ONE)):
        answer_with(sandbox, answer, "/times")
    assert [len(one.time) for one in tracker.work(milestone)] == [1]


def test_a_repository_with_a_name_that_leads_elsewhere_is_not_followed(sandbox: MovingGitea, tracker: Tracker) -> None:
    row = {"id": 101, "full_name": "../user", "html_url": "https://git.example", "owner": {"login": "acme"}}
    answer_with(sandbox, Answer(200, row), "/repositories/101")
    assert type(error_of(tracker)) is BadAnswer
    assert len(sandbox.requests) == 1


def moved_up(gitea: GiteaState) -> None:
    gitea.schedule_milestone(101, max(gitea.repositories[101].milestones), "2026-01-01")


def moved_down(gitea: GiteaState) -> None:
    gitea.schedule_milestone(101, 102, "2027-01-01")


def gone_and_replaced(gitea: GiteaState) -> None:
    gitea.delete_milestone(101, min(gitea.repositories[101].milestones))
    gitea.add_milestone(101, "another one")


@pytest.mark.parametrize("somebody", [moved_up, moved_down, gone_and_replaced], ids=lambda deed: deed.__name__)
@pytest.mark.parametrize("tells_totals", [True, False])
def test_a_list_that_moves_while_it_is_read_is_read_again(
    sandbox: MovingGitea, tracker: Tracker, somebody: Callable[[GiteaState], None], *, tells_totals: bool
) -> None:
    for number in range(4):
        sandbox.gitea.add_milestone(101, f"Phase {number}", "2026-06-01")
    sandbox.gitea.schedule_milestone(101, 102, "2026-05-01")
    sandbox.somebody, sandbox.tells_totals = somebody, tells_totals
    reading = observe(tracker)
    assert {one.number for one in reading.milestones} == set(sandbox.gitea.repositories[101].milestones)


def test_a_list_that_does_not_come_to_rest_is_not_read(sandbox: MovingGitea, tracker: Tracker) -> None:
    for number in range(4):
        sandbox.gitea.add_milestone(101, f"Phase {number}")
    sandbox.somebody, sandbox.as_often_as = gone_and_replaced, 99
    error = error_of(tracker)
    assert (type(error), str(error)) == (BadAnswer, "gitea: the list changed while it was read")


def test_a_server_that_gives_the_same_page_for_ever_is_given_up(sandbox: MovingGitea, tracker: Tracker) -> None:
    for _ in range(10):
        answer_with(sandbox, Answer(200, [MILESTONE], {"X-Total-Count": "99"}))
    assert type(error_of(tracker)) is BadAnswer
    assert len(sandbox.requests) == 1 + 3 * 2


def test_no_secret_comes_out_with_a_failure(sandbox: MovingGitea, tracker: Tracker) -> None:
    answer_with(sandbox, Answer(403, {"message": f"token {TOKEN} has no scope read:issue"}))
    error = error_of(tracker)
    assert "no scope" in str(error)
    assert TOKEN not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "größe"])
def test_a_token_that_cannot_be_one_is_not_sent(
    sandbox: MovingGitea, clock: FrozenClock, tmp_path: Path, token: str
) -> None:
    with pytest.raises(AccessDenied) as caught:
        connected(sandbox, clock, tmp_path, token=token)
    assert token not in str(caught.value)


def test_check_says_what_to_do(sandbox: MovingGitea, tracker: Tracker) -> None:
    assert [one.ok for one in tracker.check([PORTAL])] == [True, True]
    answer_with(sandbox, Answer(403, {"message": "required=[read:issue]"}))
    (_, finding) = tracker.check([PORTAL])
    assert "read:issue and read:repository" in finding.next_step
    answer_with(sandbox, Answer(404, HTML, {"Content-Type": "text/html"}), "/repos/search")
    (finding,) = tracker.check([PORTAL])
    assert "without /api/v1" in finding.next_step
