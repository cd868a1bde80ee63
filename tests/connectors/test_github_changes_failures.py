"""What becomes of the poll when GraphQL refuses, takes too long, tells half, or makes no sense."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.connectors.test_github_changes import NAMES, PORTAL, Polled, asked_about, filled

from tracker2invoice.errors import AccessDenied, BadAnswer, RateLimited, Tracker2InvoiceError
from tracker2invoice.plugins import Clock, Failed, Observed, Unchanged
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice_github.client import Clients
from tracker2invoice_github.credentials import personal
from tracker2invoice_github.failures import Failures
from tracker2invoice_github.graph import Graph
from tracker2invoice_github.tracker import GitHubTracker

if TYPE_CHECKING:
    from tests.conftest import FrozenClock
    from tests.connectors.conftest import Connect

HTML = b"<html><body>Unicorn!</body></html>"
TIMEOUT = "We couldn't respond to your request in time. Sorry about that. Please try resubmitting your request"
Spoil = Callable[["Spoiling", dict[str, Any], Request], Answer]


@pytest.fixture(autouse=True)
def nobody_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(seconds: float) -> None:
        pytest.fail(f"slept for {seconds} s")

    monkeypatch.setattr("time.sleep", refuse)


@pytest.fixture
def polled(sandbox: GitHubSandbox, tracker: GitHubTracker) -> Polled:
    return filled(sandbox, tracker, NAMES)


class Spoiling(GitHubSandbox):
    """Spoils the answers of the GraphQL API by `spoil`, which gets the true one."""

    def __init__(self, clock: Clock, spoil: Spoil) -> None:
        super().__init__(clock)
        self.spoil: Spoil | None = spoil
        self.asked: list[int] = []

    def handle(self, request: Request) -> Answer:
        answer = super().handle(request)
        if request.path != "/graphql":
            return answer
        self.asked.append(asked_about(request))
        true = json.loads(json.dumps(answer.body))
        return self.spoil(self, true, request) if self.spoil else answer


def errors_of(polled: Polled) -> list[Tracker2InvoiceError]:
    return [one.error for one in polled().values() if isinstance(one, Failed)]


def kinds(polled: Polled) -> set[type]:
    return {type(one) for one in polled().values()}


def answer_with(sandbox: GitHubSandbox, *answers: Answer) -> None:
    sandbox.faults.extend(Fault(answer=one, path="/graphql") for one in answers)


def no_more_than(most: int, otherwise: Answer) -> Spoil:
    def spoil(_: Spoiling, true: dict[str, Any], request: Request) -> Answer:
        return Answer(200, true) if asked_about(request) <= most else otherwise

    return spoil


@pytest.mark.parametrize(
    "too_much",
    [
        Answer(502, HTML, {"Content-Type": "text/html"}),
        Answer(502, {"data": None, "errors": [{"message": TIMEOUT}]}),
        Answer(504, {"message": TIMEOUT}),
        Answer(200, {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}),
        Answer(200, {"errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits exceeded."}]}),
    ],
    ids=["html", "502", "504", "data null", "resource limits"],
)
def test_a_query_that_takes_too_long_is_asked_again_in_halves(
    clock: FrozenClock, connected: Connect, too_much: Answer
) -> None:
    with Spoiling(clock, no_more_than(60, too_much)) as sandbox, connected(sandbox.url) as tracker:
        polled = filled(sandbox, tracker, [f"acme/p{number}" for number in range(120)])
        assert kinds(polled) == {Unchanged}
        assert sandbox.asked == [100, 50, 50, 20]
        assert polled.read == []


def half_told(with_path: bool) -> Spoil:
    def spoil(_: Spoiling, true: dict[str, Any], __: Request) -> Answer:
        rows, errors = true["data"]["nodes"], list[dict[str, object]]()
        for index in range(10, len(rows)):
            rows[index] = None
            path = {"path": ["nodes", index, "milestones"]} if with_path else {}
            errors.append({"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits exceeded.", **path})
        return Answer(200, {**true, **({"errors": errors} if errors else {})})

    return spoil


@pytest.mark.parametrize("with_path", [True, False])
def test_what_was_told_of_a_query_that_was_cut_is_used_and_the_rest_asked_again(
    clock: FrozenClock, connected: Connect, with_path: bool
) -> None:
    with Spoiling(clock, half_told(with_path)) as sandbox, connected(sandbox.url) as tracker:
        sandbox.spoil = None
        polled = filled(sandbox, tracker, [f"acme/p{number}" for number in range(30)])
        polled()
        sandbox.asked.clear()
        sandbox.spoil = half_told(with_path)
        sandbox.github.close_milestone("acme/p25", 2)
        assert [type(one) for one in polled().values()].count(Observed) == 1
        assert sandbox.asked == [30, 15, 7, 3]
        assert len(polled.read) == 1


def test_the_next_poll_asks_about_as_many_as_was_possible_and_later_about_more(
    clock: FrozenClock, connected: Connect
) -> None:
    with Spoiling(clock, no_more_than(60, Answer(502, HTML))) as sandbox, connected(sandbox.url) as tracker:
        polled = filled(sandbox, tracker, [f"acme/p{number}" for number in range(120)])
        polled()
        for expected in ([50, 50, 20], [63, 31, 31, 31, 27]):
            sandbox.asked.clear()
            assert kinds(polled) == {Unchanged}
            assert sandbox.asked == expected


def heavy(sandbox: Spoiling, true: dict[str, Any], request: Request) -> Answer:
    """One repository takes too long in whatever query."""
    node = "UmVwb3NpdG9yeToxMDAx"
    return Answer(502, HTML) if node in request.body.decode() else Answer(200, true)


def test_one_repository_that_takes_too_long_alone_is_read_and_does_not_slow_the_others(
    clock: FrozenClock, connected: Connect
) -> None:
    with Spoiling(clock, heavy) as sandbox, connected(sandbox.url) as tracker:
        polled = filled(sandbox, tracker, [f"acme/p{number}" for number in range(300)])
        polled()
        sandbox.asked.clear()
        assert kinds(polled) == {Unchanged}
        assert polled.read == ["1001"]
        assert len(sandbox.asked) < 20


@pytest.mark.parametrize("fault", [Fault(path="/graphql"), Fault(do="drop", path="/graphql")], ids=["502", "drop"])
def test_while_graphql_is_down_every_list_is_read(sandbox: GitHubSandbox, tracker: GitHubTracker, fault: Fault) -> None:
    polled = filled(sandbox, tracker, [f"acme/p{number}" for number in range(150)])
    sandbox.github.close_milestone("acme/p149", 2)
    sandbox.faults.extend([fault] * 100)
    assert sum(isinstance(one, Observed) for one in polled().values()) == 1
    assert (len(polled.read), len(polled.queries)) == (150, 8)
    sandbox.faults.clear()
    assert kinds(polled) == {Unchanged}
    assert polled.read == []


def test_a_query_that_is_never_answered_is_given_up(
    sandbox: GitHubSandbox, tracker: GitHubTracker, clock: FrozenClock
) -> None:
    polled = filled(sandbox, tracker, [PORTAL])
    failures = Failures("github", clock, lambda: (TOKEN,))
    sandbox.faults.append(Fault(do="hang", path="/graphql"))
    with closing(Clients(sandbox.url, personal(TOKEN), failures, timeout=1)) as clients:
        polled.tracker = GitHubTracker("github", sandbox.url, clients, Graph(failures))
        assert kinds(polled) == {Unchanged}
        assert len(polled.read) == 1


@pytest.mark.parametrize(
    "absent",
    [
        Answer(404, {"message": "Not Found"}),
        Answer(405, HTML),
        Answer(501, HTML),
        Answer(
            200,
            {"errors": [{"message": "Field 'x' doesn't exist", "extensions": {"code": "undefinedField"}}]},
        ),
    ],
    ids=["404", "405", "501", "older schema"],
)
def test_where_there_is_no_graphql_lists_are_read_from_then_on(
    sandbox: GitHubSandbox, polled: Polled, absent: Answer
) -> None:
    answer_with(sandbox, absent)
    for queries in (1, 0, 0):
        assert kinds(polled) == {Unchanged}
        assert (len(polled.read), len(polled.queries)) == (3, queries)


@pytest.mark.parametrize(
    "body",
    [
        HTML,
        b"",
        b"[",
        b"[]",
        b"{}",
        b"null",
        b'{"data": null}',
        b'{"data": []}',
        b'{"data": {}}',
        b'{"data": {"nodes": null}}',
        b'{"data": {"nodes": []}}',
        b'{"data": {"nodes": {}}}',
        b'{"data": {"r0": {}}, "errors": "no"}',
        b'{"message": "moved"}',
    ],
)
def test_an_answer_that_makes_no_sense_is_no_unchanged_repository(
    sandbox: GitHubSandbox, polled: Polled, body: bytes
) -> None:
    polled()
    sandbox.github.close_milestone(PORTAL, 2)
    answer_with(sandbox, Answer(200, body))
    errors = errors_of(polled)
    assert [type(one) for one in errors] == [BadAnswer] * 3
    assert [type(one) for one in polled().values()].count(Observed) == 1


ODD: list[dict[str, object]] = [
    {"id": None},
    {"databaseId": 1},
    {"nameWithOwner": None},
    {"milestones": None},
    {"milestones": {"totalCount": 2, "nodes": []}},
    {"milestones": {"totalCount": -1, "nodes": []}},
    {"milestones": {"totalCount": 2, "nodes": [None, None]}},
    {"milestones": {"nodes": []}},
]


@pytest.mark.parametrize("odd", [None, [], "x", *ODD], ids=str)
def test_a_repository_with_an_odd_answer_is_read_and_the_others_are_as_they_were(
    clock: FrozenClock, connected: Connect, odd: object
) -> None:
    def spoil(_: Spoiling, true: dict[str, Any], __: Request) -> Answer:
        rows = true["data"]["nodes"]
        rows[0] = {**rows[0], **cast("dict[str, object]", odd)} if isinstance(odd, dict) else odd
        return Answer(200, true)

    with Spoiling(clock, spoil) as sandbox, connected(sandbox.url) as tracker:
        sandbox.spoil = None
        polled = filled(sandbox, tracker, NAMES)
        polled()
        sandbox.spoil = spoil
        assert kinds(polled) == {Unchanged}
        assert polled.read == ["1001"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "x"},
        {"title": None},
        {"state": "MERGED"},
        {"closedAt": "2026-02-30T00:00:00Z"},
        {"updatedAt": None},
        {"updatedAt": "2026-02-20T00:00:00"},
        {"progressPercentage": "much"},
    ],
    ids=str,
)
def test_a_milestone_with_an_odd_field_is_read_rather_than_guessed(
    clock: FrozenClock, connected: Connect, wrong: dict[str, object]
) -> None:
    def spoil(_: Spoiling, true: dict[str, Any], __: Request) -> Answer:
        true["data"]["r0"]["milestones"]["nodes"][0].update(wrong)
        return Answer(200, true)

    with Spoiling(clock, spoil) as sandbox, connected(sandbox.url) as tracker:
        polled = filled(sandbox, tracker, NAMES)
        assert kinds(polled) == {Unchanged}
        assert polled.read == ["1001"]


@pytest.mark.parametrize("kind", ["FORBIDDEN", "NOT_FOUND"])
def test_a_repository_that_graphql_does_not_show_is_asked_for_by_rest(
    clock: FrozenClock, connected: Connect, kind: str
) -> None:
    def spoil(_: Spoiling, true: dict[str, Any], __: Request) -> Answer:
        data = {**true["data"], "r0": None}
        return Answer(200, {"data": data, "errors": [{"type": kind, "path": ["r0"], "message": "saml"}]})

    with Spoiling(clock, spoil) as sandbox, connected(sandbox.url) as tracker:
        polled = filled(sandbox, tracker, NAMES)
        assert kinds(polled) == {Unchanged}
        assert (polled.read, sandbox.asked) == (["1001"], [3])


SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PRIMARY = "API rate limit exceeded for user ID 1."
OLD_LIMIT = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1772444100"}  # 2026-03-02T09:35:00Z


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(200, {"errors": [{"type": "RATE_LIMITED", "message": PRIMARY}]}, OLD_LIMIT), timedelta(minutes=5)),
        (Answer(200, {"errors": [{"type": "RATE_LIMIT", "message": ""}]}, OLD_LIMIT), timedelta(minutes=5)),
        (Answer(200, {"errors": [{"message": SECONDARY}]}), timedelta(minutes=1)),
        (Answer(200, {"errors": [{"message": SECONDARY}]}, {"Retry-After": "90"}), timedelta(seconds=90)),
        (Answer(403, {"message": SECONDARY}, {"Retry-After": "90"}), timedelta(seconds=90)),
        (Answer(429, {"message": "Too many requests"}), timedelta(minutes=1)),
    ],
)
def test_a_limit_says_when_to_come_back_and_nothing_is_sent_until_then(
    sandbox: GitHubSandbox, polled: Polled, clock: FrozenClock, answer: Answer, wait: timedelta
) -> None:
    answer_with(sandbox, answer)
    for sent in (1, 0):
        errors = errors_of(polled)
        assert [one.not_before - clock() for one in errors if isinstance(one, RateLimited) and one.not_before] == [
            wait
        ] * 3
        assert len(sandbox.requests) == sent
    clock.advance(wait)
    assert kinds(polled) == {Unchanged}


def test_points_that_are_used_up_let_no_further_query_out_until_they_are_back(
    clock: FrozenClock, connected: Connect
) -> None:
    with GitHubSandbox(clock, points=2) as sandbox, connected(sandbox.url) as tracker:
        polled = filled(sandbox, tracker, [f"acme/p{number}" for number in range(250)])
        errors = errors_of(polled)
        assert {type(one) for one in errors} == {RateLimited}
        assert (len(errors), len(polled.queries), sandbox.spent) == (50, 2, 2)
        assert all(isinstance(one, RateLimited) and one.not_before == clock() + timedelta(hours=1) for one in errors)
        # what has no cursor yet goes by the other limit
        assert isinstance(tracker.find_project("acme/p0").id, str)
        clock.advance(timedelta(hours=1))
        polled.cursors = dict(list(polled.cursors.items())[:150])
        assert kinds(polled) == {Unchanged}


def test_a_token_that_is_not_good_fails_every_repository(sandbox: GitHubSandbox, polled: Polled) -> None:
    sandbox.revoke()
    assert [type(one) for one in errors_of(polled)] == [AccessDenied] * 3


def test_a_proxy_that_forbids_queries_leaves_us_the_lists(sandbox: GitHubSandbox, polled: Polled) -> None:
    answer_with(sandbox, Answer(403, HTML, {"Content-Type": "text/html"}))
    assert kinds(polled) == {Unchanged}
    assert len(polled.read) == 3


@pytest.mark.parametrize("status", [200, 429])
def test_no_error_shows_the_token_whatever_graphql_says(sandbox: GitHubSandbox, polled: Polled, status: int) -> None:
    words = f"API rate limit exceeded: {TOKEN}\n\x1b[31mis\u202e wrong {'x' * 5000}"
    answer_with(sandbox, Answer(status, {"message": words, "errors": [{"type": "RATE_LIMITED", "message": words}]}))
    for error in errors_of(polled):
        assert TOKEN not in "".join(traceback.format_exception(error))
        assert str(error).isprintable()
        assert len(str(error)) < 500
    assert polled.results


def test_a_link_to_nowhere_is_no_reason_to_leave(sandbox: GitHubSandbox, polled: Polled, tmp_path: Path) -> None:
    there = {"Location": "https://evil.example/graphql"}
    answer_with(sandbox, *[Answer(301, {"message": "Moved Permanently"}, there)] * 3)
    assert {type(one) for one in errors_of(polled)} == {BadAnswer}
