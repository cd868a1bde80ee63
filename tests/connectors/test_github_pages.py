"""Lists of milestones over many pages, and what asking again costs, against the sandbox."""

from __future__ import annotations

import subprocess
import sys
from bisect import bisect_right
from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.pace import Pace
from tracker2invoice.plugins import Clock, Failed, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.github import GitHubSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_github.client import SECONDARY_LIMIT

if TYPE_CHECKING:
    from tests.conftest import FrozenClock
    from tests.connectors.conftest import Connect

ROOT = Path(__file__).resolve().parents[2]
PORTAL = "acme/portal"


def poll(tracker: Tracker, project_id: int, cursor: str | None = None) -> PollResult:
    (result,) = tracker.poll([ProjectCursor(str(project_id), cursor)])
    return result


def observe(tracker: Tracker, project_id: int, cursor: str | None = None) -> Observed:
    result = poll(tracker, project_id, cursor)
    assert isinstance(result, Observed), result
    return result


def answer_lists_with(sandbox: GitHubSandbox, answer: Answer) -> None:
    sandbox.faults.append(Fault(answer=answer, path="/milestones"))


def test_what_has_not_changed_costs_nothing_of_the_hourly_limit(clock: FrozenClock, connected: Connect) -> None:
    with GitHubSandbox(clock, quota=3, graphql=False) as sandbox, connected(sandbox.url) as tracker:
        portal = sandbox.github.add_repository(PORTAL)
        for number in range(150):
            sandbox.github.add_milestone(PORTAL, f"Phase {number}")
        cursor = observe(tracker, portal).cursor
        results = [poll(tracker, portal, cursor) for _ in range(5)]
    assert results == [Unchanged(str(portal), cursor)] * 5


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_change_on_any_page_is_seen(sandbox: GitHubSandbox, tracker: Tracker, page: int) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    for number in range(250):
        sandbox.github.add_milestone(PORTAL, f"Phase {number}")
    cursor = observe(tracker, portal).cursor
    sandbox.github.close_milestone(PORTAL, 100 * page - 50)
    later = observe(tracker, portal, cursor)
    assert [one.number for one in later.milestones if one.state == "closed"] == [100 * page - 50]
    assert (len(later.milestones), later.complete) == (250, True)


def test_the_first_milestone_of_a_new_page_is_seen(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    # the full page before it, and so its ETag, stays as it was
    portal = sandbox.github.add_repository(PORTAL)
    for number in range(100):
        sandbox.github.add_milestone(PORTAL, f"Phase {number}")
    cursor = observe(tracker, portal).cursor
    sandbox.github.close_milestone(PORTAL, sandbox.github.add_milestone(PORTAL, "Acceptance"))
    assert "Acceptance" in [one.title for one in observe(tracker, portal, cursor).milestones]


@pytest.mark.parametrize("cursor", ["", "[]", "{}", "nonsense", '[["https://evil.example/x", "e"]]', '[["a"]]'])
def test_a_strange_cursor_is_a_first_reading(sandbox: GitHubSandbox, tracker: Tracker, cursor: str) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    sandbox.github.add_milestone(PORTAL, "Design")
    assert len(observe(tracker, portal, cursor).milestones) == 1


class Busy(GitHubSandbox):
    """Somebody deletes the first milestone after its page has been read."""

    def handle(self, request: Request) -> Answer:
        if request.query.get("page") == "2" and 1 in self.github.repository(PORTAL).milestones:
            self.github.delete_milestone(PORTAL, 1)
        return super().handle(request)


def test_a_list_that_changes_while_it_is_read_says_nothing_about_what_is_gone(
    clock: FrozenClock, connected: Connect
) -> None:
    with Busy(clock) as sandbox, connected(sandbox.url) as tracker:
        portal = sandbox.github.add_repository(PORTAL)
        for number in range(150):
            sandbox.github.add_milestone(PORTAL, f"Phase {number}")
        first = observe(tracker, portal)
        second = observe(tracker, portal, first.cursor)
    assert 101 not in [one.number for one in first.milestones]
    assert not first.complete
    assert (sorted(one.number for one in second.milestones), second.complete) == ([*range(2, 151)], True)


class Restless(GitHubSandbox):
    """So many times somebody takes an issue out of the milestone after the first page of its issues has been read."""

    def __init__(self, clock: Clock, times: int) -> None:
        super().__init__(clock)
        self.gone = iter(range(1, times + 1))

    def handle(self, request: Request) -> Answer:
        if request.query.get("page") == "2" and (number := next(self.gone, None)):
            self.github.repository(PORTAL).issues[number].milestone = None
        return super().handle(request)


@pytest.mark.parametrize("question", ["deliverables", "work"])
def test_an_issue_that_moves_to_another_page_is_not_lost(clock: FrozenClock, connected: Connect, question: str) -> None:
    with Restless(clock, times=1) as sandbox, connected(sandbox.url) as tracker:
        milestone = with_issues(sandbox, tracker, 150)
        found = getattr(tracker, question)(milestone)
    assert [one.number for one in found] == [str(number) for number in range(2, 151)]


@pytest.mark.parametrize("question", ["deliverables", "work"])
def test_a_list_of_issues_that_does_not_come_to_rest_is_an_error(
    clock: FrozenClock, connected: Connect, question: str
) -> None:
    with Restless(clock, times=2) as sandbox, connected(sandbox.url) as tracker:
        milestone = with_issues(sandbox, tracker, 150)
        with pytest.raises(BadAnswer, match="changed while it was read"):
            getattr(tracker, question)(milestone)


def with_issues(sandbox: GitHubSandbox, tracker: Tracker, count: int) -> Milestone:
    portal = sandbox.github.add_repository(PORTAL)
    number = sandbox.github.add_milestone(PORTAL, "Design")
    for issue in range(count):
        sandbox.github.add_issue(PORTAL, f"task {issue}", number)
    (milestone,) = observe(tracker, portal).milestones
    return milestone


def test_pages_that_go_round_in_circles_end(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    address = f"{sandbox.url}/repositories/{portal}/milestones?state=all&per_page=100"
    answer_lists_with(sandbox, Answer(200, [], {"Link": f'<{address}>; rel="next"'}))
    result = poll(tracker, portal)
    assert isinstance(result, Failed)
    assert isinstance(result.error, BadAnswer)


def test_a_link_to_another_host_takes_no_token_there(
    sandbox: GitHubSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    portal = sandbox.github.add_repository(PORTAL)
    with GitHubSandbox(clock) as elsewhere:
        address = f"{elsewhere.url}/repositories/{portal}/milestones?state=all&per_page=100&page=2"
        answer_lists_with(sandbox, Answer(200, [], {"Link": f'<{address}>; rel="next"'}))
        poll(tracker, portal)
        assert not elsewhere.requests


def test_enterprise_server_is_asked_below_its_own_path(clock: FrozenClock, connected: Connect) -> None:
    class Enterprise(GitHubSandbox):
        def handle(self, request: Request) -> Answer:
            if request.method == "POST":
                assert request.path == "/api/graphql"
                return super().handle(replace(request, path="/graphql"))
            assert request.path.startswith("/api/v3/")
            return super().handle(replace(request, path=request.path.removeprefix("/api/v3")))

    with Enterprise(clock) as sandbox:
        sandbox.url += "/api/v3"
        with connected(sandbox.url) as tracker:
            sandbox.github.add_repository(PORTAL)
            for number in range(150):
                clock.advance(timedelta(seconds=1))
                sandbox.github.add_milestone(PORTAL, f"Phase {number}")
            reading = observe(tracker, int(tracker.find_project(PORTAL).id))
            assert len(reading.milestones) == 150
            assert isinstance(poll(tracker, int(reading.project.id), reading.cursor), Unchanged)
            assert sandbox.requests[-1].path == "/api/graphql"


def test_a_list_that_redirects_fails_rather_than_losing_the_closed_ones(
    sandbox: GitHubSandbox, tracker: Tracker
) -> None:
    # PyGithub 2.10 follows a 301 without the query: state=all would be gone, and only open ones listed
    portal = sandbox.github.add_repository(PORTAL)
    there = {"Location": f"{sandbox.url}/repositories/{portal}/milestones?state=all&per_page=100"}
    answer_lists_with(sandbox, Answer(301, {"message": "Moved Permanently"}, there))
    result = poll(tracker, portal)
    assert isinstance(result, Failed)
    assert isinstance(result.error, BadAnswer)


def test_a_poll_that_is_abandoned_asks_no_more(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    projects = [ProjectCursor(str(sandbox.github.add_repository(f"acme/p{n}")), None) for n in range(60)]
    results = tracker.poll(projects)
    next(iter(results))
    assert isinstance(results, Generator)
    results.close()
    asked = {urlsplit(request.path).path.split("/")[2] for request in sandbox.requests}
    assert len(asked) < len(projects)


class Tagless(GitHubSandbox):
    """A proxy on the way takes the ETags off."""

    def handle(self, request: Request) -> Answer:
        assert "if-none-match" not in request.headers
        answer = super().handle(request)
        return replace(answer, headers={name: value for name, value in answer.headers.items() if name != "ETag"})


def test_without_etags_everything_is_read_each_time(clock: FrozenClock, connected: Connect) -> None:
    with Tagless(clock) as sandbox, connected(sandbox.url) as tracker:
        portal = sandbox.github.add_repository(PORTAL)
        for number in range(150):
            sandbox.github.add_milestone(PORTAL, f"Phase {number}")
        first = observe(tracker, portal)
        second = observe(tracker, portal, first.cursor)
    assert (second.milestones, second.complete) == (first.milestones, False)


def test_without_etags_issues_are_read_twice(clock: FrozenClock, connected: Connect) -> None:
    with Tagless(clock) as sandbox, connected(sandbox.url) as tracker:
        milestone = with_issues(sandbox, tracker, 150)
        assert len(tracker.work(milestone)) == 150


def test_requests_stay_below_the_limit_of_a_minute() -> None:
    # rate-limits-for-the-rest-api: no more than 900 points a minute, one for each GET
    timer, sent = WaitingTimer(), list[float]()
    pace = Pace(SECONDARY_LIMIT, timer=timer)
    for _ in range(5000):
        pace.wait("GET", "/repos")
        sent.append(timer.seconds)
        timer.seconds += 0.005
    assert max(bisect_right(sent, start + 60) - index for index, start in enumerate(sent)) <= 900
    assert sent[799] < 5
    assert sent[-1] < 60 * 5000 / 800


def test_the_table_of_polling_costs_can_be_printed() -> None:
    script = "from bench.polling import main; main(repositories=4, milestones=3, closed=2, promise=0)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    table = [line.rsplit(maxsplit=4) for line in done.stdout.splitlines()[2:]]
    assert [row[1:3] for row in table] == [["8", "8"], ["4", "4"], ["1", "0"]]
