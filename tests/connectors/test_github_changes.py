"""Asking GraphQL which repositories have changed: what it costs, and that no change is missed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tracker2invoice.errors import NotThere
from tracker2invoice.plugins import Failed, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.github import GitHubSandbox
from tracker2invoice.testing.sandbox.github_state import GitHubState
from tracker2invoice.testing.sandbox.server import Answer, Request

if TYPE_CHECKING:
    from tests.conftest import FrozenClock
    from tests.connectors.conftest import Connect

ROOT = Path(__file__).resolve().parents[2]
PORTAL, SHOP, APP = NAMES = ("acme/portal", "acme/shop", "acme/app")


class Polled:
    """Polls all repositories again and again, as the engine does; `results` are those of the latest poll by name."""

    def __init__(self, sandbox: GitHubSandbox, tracker: Tracker) -> None:
        self.sandbox, self.tracker = sandbox, tracker
        self.cursors: dict[str, str | None] = {}
        self.results: dict[str, PollResult] = {}

    def __call__(self) -> dict[str, PollResult]:
        self.sandbox.requests.clear()
        found = list(self.tracker.poll([ProjectCursor(*one) for one in self.cursors.items()]))
        self.cursors |= {id_of(one): one.cursor for one in found if not isinstance(one, Failed)}
        assert sorted(map(id_of, found)) == sorted(self.cursors)
        self.results = {id_of(one): one for one in found}
        return self.results

    @property
    def queries(self) -> list[Request]:
        return [one for one in self.sandbox.requests if one.path == "/graphql"]

    @property
    def read(self) -> list[str]:
        return [one.path.split("/")[2] for one in self.sandbox.requests if one.path.endswith("/milestones")]


def id_of(result: PollResult) -> str:
    return result.project.id if isinstance(result, Observed) else result.project_id


def asked_about(request: Request) -> int:
    variables = cast("dict[str, Any]", request.json())["variables"]
    return len(variables["ids"]) + (len(variables) - 1) // 2


@pytest.fixture
def polled(sandbox: GitHubSandbox, tracker: Tracker) -> Polled:
    """Three repositories with two milestones each, the first of them closed, that were read once."""
    return filled(sandbox, tracker, NAMES)


def filled(sandbox: GitHubSandbox, tracker: Tracker, names: Sequence[str]) -> Polled:
    polled = Polled(sandbox, tracker)
    for name in names:
        polled.cursors[str(sandbox.github.add_repository(name))] = None
        sandbox.github.close_milestone(name, sandbox.github.add_milestone(name, "Design"))
        sandbox.github.add_issue(name, "task", sandbox.github.add_milestone(name, "Beta"), state="open")
    assert {type(one) for one in polled().values()} == {Observed}
    return polled


def test_what_has_not_changed_costs_one_point_for_a_hundred(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    polled = filled(sandbox, tracker, [f"acme/p{number}" for number in range(250)])
    used = sandbox.used
    for _ in range(3):
        assert {type(one) for one in polled().values()} == {Unchanged}
        assert [asked_about(one) for one in polled.queries] == [100, 100, 50]
        assert len(sandbox.requests) == 3
    assert (sandbox.used - used, sandbox.spent) == (0, 9)


def test_repositories_are_asked_for_by_their_ids_once_those_are_known(polled: Polled) -> None:
    polled()
    polled()
    variables = cast("dict[str, Any]", polled.queries[0].json())["variables"]
    assert sorted(variables) == ["ids"]
    assert len(set(variables["ids"])) == 3


def test_no_name_becomes_part_of_a_query(sandbox: GitHubSandbox, tracker: Tracker) -> None:
    polled = filled(sandbox, tracker, ['acme/") { id } x: repository(owner: "'])
    assert {type(one) for one in polled().values()} == {Unchanged}
    assert ") { id }" not in cast("dict[str, Any]", polled.queries[0].json())["query"]


def deleted_and_added(github: GitHubState) -> None:
    github.delete_milestone(PORTAL, 2)
    github.add_milestone(PORTAL, "Beta")


def finished(github: GitHubState) -> None:
    """Close the issue; nobody says whether that counts as a change of its milestone."""
    github.repository(PORTAL).issues[1].state = "closed"


CHANGES: dict[str, Callable[[GitHubState], object]] = {
    "closed": lambda github: github.close_milestone(PORTAL, 2),
    "reopened": lambda github: github.reopen_milestone(PORTAL, 1),
    "renamed": lambda github: github.rename_milestone(PORTAL, 1, "Concept"),
    "added": lambda github: github.add_milestone(PORTAL, "Acceptance"),
    "deleted": lambda github: github.delete_milestone(PORTAL, 2),
    "deleted and added": deleted_and_added,
    "repository renamed": lambda github: github.rename_repository(PORTAL, "acme/gate"),
    "repository moved": lambda github: github.rename_repository(PORTAL, "globex/portal"),
    "issue finished": finished,
}


@pytest.mark.parametrize("polls_before", [0, 1, 2])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_within_the_same_second_is_seen_and_nothing_else_is_read(
    sandbox: GitHubSandbox, polled: Polled, change: str, polls_before: int
) -> None:
    portal = next(iter(polled.cursors))
    for _ in range(polls_before):
        polled()
    CHANGES[change](sandbox.github)
    results = polled()
    reading = results.pop(portal)
    assert isinstance(reading, Observed)
    assert reading.complete
    assert {type(one) for one in results.values()} == {Unchanged}
    assert polled.read == [portal]
    assert {type(one) for one in polled().values()} == {Unchanged}
    assert polled.read == []


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("number", [1, 60, 120])
@pytest.mark.parametrize("change", ["close", "reopen", "rename", "delete"])
def test_a_change_among_many_milestones_is_seen(
    sandbox: GitHubSandbox, tracker: Tracker, clock: FrozenClock, change: str, number: int, *, together: bool
) -> None:
    polled = Polled(sandbox, tracker)
    polled.cursors[str(sandbox.github.add_repository(PORTAL))] = None
    for phase in range(1, 121):
        clock.advance(timedelta(seconds=0 if together else 1))
        sandbox.github.add_milestone(PORTAL, f"Phase {phase}")
        if change == "reopen":
            sandbox.github.close_milestone(PORTAL, phase)
    for expected in (Observed, Unchanged, Unchanged):
        assert {type(one) for one in polled().values()} == {expected}
    clock.advance(timedelta(seconds=1))
    arguments = (PORTAL, number, "Concept")[: 3 if change == "rename" else 2]
    getattr(sandbox.github, f"{change}_milestone")(*arguments)
    assert {type(one) for one in polled().values()} == {Observed}


def test_a_repository_that_is_gone_fails_and_the_others_are_as_they_were(
    sandbox: GitHubSandbox, polled: Polled
) -> None:
    polled()
    sandbox.github.delete_repository(SHOP)
    (gone,) = [one for one in polled().values() if isinstance(one, Failed)]
    assert isinstance(gone.error, NotThere)
    assert [type(one) for one in polled.results.values()].count(Unchanged) == 2
    assert len(polled.queries) == 1


def test_another_repository_under_the_former_name_is_not_taken_for_it(sandbox: GitHubSandbox, polled: Polled) -> None:
    portal = next(iter(polled.cursors))
    sandbox.github.rename_repository(PORTAL, "acme/gate")
    sandbox.github.add_repository(PORTAL)
    sandbox.github.close_milestone(PORTAL, sandbox.github.add_milestone(PORTAL, "Design"))
    sandbox.github.add_issue(PORTAL, "task", sandbox.github.add_milestone(PORTAL, "Beta"), state="open")
    sandbox.github.close_milestone("acme/gate", 2)
    reading = polled()[portal]
    assert isinstance(reading, Observed)
    assert [one.state for one in reading.milestones] == ["closed", "closed"]


def test_every_list_is_asked_for_once_a_day_at_a_time_of_its_own(
    sandbox: GitHubSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    """An open issue that leaves a milestone in which nothing is closed changes neither its time nor its share."""
    polled = filled(sandbox, tracker, [f"acme/p{number}" for number in range(48)])
    for number in range(48):
        sandbox.github.repository(f"acme/p{number}").issues[1].milestone = None
    reads = list[int]()
    for _ in range(24):
        clock.advance(timedelta(hours=1))
        polled()
        reads.append(len(polled.read))
    assert sum(reads) == 48
    assert sum(reads[:11]) == 0
    assert max(reads) < 12


def test_a_clock_that_was_put_back_makes_no_reading_good_for_ever(polled: Polled, clock: FrozenClock) -> None:
    clock.advance(-timedelta(days=400))
    assert {type(one) for one in polled().values()} == {Unchanged}
    assert sorted(polled.read) == sorted(polled.cursors)


class Lagging(GitHubSandbox):
    """The lists that REST answers are for so many requests as they were."""

    behind = 0

    def handle(self, request: Request) -> Answer:
        if self.behind and request.headers.get("if-none-match"):
            self.behind -= 1
            return Answer(304)
        return super().handle(request)


def test_a_change_that_rest_shows_late_is_seen_when_it_does(clock: FrozenClock, connected: Connect) -> None:
    with Lagging(clock) as sandbox, connected(sandbox.url) as tracker:
        polled = filled(sandbox, tracker, NAMES)
        polled()
        sandbox.github.close_milestone(PORTAL, 2)
        sandbox.behind = 1
        assert {type(one) for one in polled().values()} == {Unchanged}
        assert [type(one) for one in polled().values()].count(Observed) == 1


class OtherWords(GitHubSandbox):
    """GraphQL tells a share in whole percent, which is not what REST's counts give."""

    def handle(self, request: Request) -> Answer:
        answer = super().handle(request)
        if request.path != "/graphql":
            return answer
        text = re.sub(r'("progressPercentage": \d+)\.\d+', r"\1", json.dumps(answer.body))
        return Answer(answer.status, text.encode(), answer.headers)


def test_what_the_two_apis_tell_differently_is_told_apart_from_a_change(clock: FrozenClock, connected: Connect) -> None:
    with OtherWords(clock) as sandbox, connected(sandbox.url) as tracker:
        polled = filled(sandbox, tracker, [PORTAL])
        for state in ("open", "closed"):
            sandbox.github.add_issue(PORTAL, "task", 2, state="open" if state == "open" else "closed")
        polled()
        read = list[int]()
        for _ in range(4):
            assert {type(one) for one in polled().values()} == {Unchanged}
            read.append(len(polled.read))
        assert read[-1] == 0
        sandbox.github.close_milestone(PORTAL, 2)
        assert {type(one) for one in polled().values()} == {Observed}


@pytest.fixture
def enterprise(clock: FrozenClock) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(clock, graphql=False) as running:
        yield running


def test_without_graphql_every_list_is_asked_for_and_graphql_no_more(
    enterprise: GitHubSandbox, connected: Connect
) -> None:
    with connected(enterprise.url) as tracker:
        polled = filled(enterprise, tracker, NAMES)
        for queries in (1, 0, 0):
            assert {type(one) for one in polled().values()} == {Unchanged}
            assert (len(polled.read), len(polled.queries)) == (3, queries)


def test_the_table_of_watching_costs_can_be_printed() -> None:
    script = "from bench.repositories import main; main(sizes=(4,), part=2, first=3, closed=2)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    rows = [line.rsplit(maxsplit=4) for line in done.stdout.splitlines()[2:4]]
    assert [row[1:4] for row in rows] == [["8", "8", "0"], ["1", "0", "1"]]
