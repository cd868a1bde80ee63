"""What a poll of GitHub costs: the plain PyGithub loop, ours for the first time, ours when nothing has changed.

Against the sandbox, with a latency on every request as over a network. Seconds are this machine's; the ratios are
what to look at. Run it with `python -m bench polling`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import github

from tracker2invoice.plugins import Context, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox
from tracker2invoice_github import GitHubSettings, plugin

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATENCY = 0.08  # seconds
PROMISE = 5.0


@dataclass(frozen=True, slots=True)
class Row:
    """One way of polling: what it asked, and what of the hourly limit that took."""

    way: str
    requests: int
    seconds: float
    counted: int


def main(repositories: int = 200, milestones: int = 30, closed: int = 20, promise: float = PROMISE) -> None:
    """Print the table.

    Raises:
        SystemExit: ours is less than `promise` times as fast as the plain loop, or a 304 was counted.
    """
    with GitHubSandbox(lambda: NOW) as sandbox:
        names = fill(sandbox, repositories, milestones, closed)
        sandbox.latency = LATENCY
        rows = measure(sandbox, names, milestones)
    print(f"polling {repositories} repositories x {milestones} milestones, {LATENCY * 1000:.0f} ms a request")
    print(f"  {'':<36}{'requests':>9}{'counted':>9}{'seconds':>9}{'speed':>8}")
    for row in rows:
        speed = rows[0].seconds / row.seconds
        print(f"  {row.way:<36}{row.requests:>9}{row.counted:>9}{row.seconds:>9.2f}{speed:>7.1f}x")
    if rows[-1].counted:
        raise SystemExit("what has not changed was counted on the hourly limit")
    if min(rows[0].seconds / row.seconds for row in rows[1:]) < promise:
        raise SystemExit(f"less than {promise} times as fast as the plain loop")


def fill(sandbox: GitHubSandbox, repositories: int, milestones: int, closed: int) -> list[str]:
    names = [f"acme/project-{number}" for number in range(repositories)]
    for name in names:
        sandbox.github.add_repository(name)
        for number in range(1, milestones + 1):
            sandbox.github.add_milestone(name, f"Phase {number}", description="what was agreed " * 12)
            if number <= closed:
                sandbox.github.close_milestone(name, number)
    return names


def measure(sandbox: GitHubSandbox, names: list[str], milestones: int) -> list[Row]:
    settings = GitHubSettings.model_validate({"url": sandbox.url, "token": TOKEN})
    pinned = [ProjectCursor(str(sandbox.github.repository(name).id), None) for name in names]
    cold: list[PollResult] = []
    warm: list[PollResult] = []
    plain: list[int] = []
    with closing(plugin.connect(settings, Context("github", Path(), lambda: NOW))) as tracker:
        rows = [
            timed(sandbox, "PyGithub, get_repo + get_milestones", lambda: plain.extend(plain_loop(sandbox.url, names))),
            timed(sandbox, "ours, first time", lambda: cold.extend(tracker.poll(pinned))),
            timed(sandbox, "ours, nothing has changed", lambda: warm.extend(again(tracker, cold))),
        ]
    readings = [len(one.milestones) for one in cold if isinstance(one, Observed)]
    assert readings == plain == [milestones] * len(names)
    assert [type(one) for one in warm] == [Unchanged] * len(names)
    return rows


def plain_loop(url: str, names: list[str]) -> list[int]:
    """Do what comes to mind first; only PyGithub's pause between requests is off."""
    with closing(github.Github(auth=github.Auth.Token(TOKEN), base_url=url, seconds_between_requests=0)) as client:
        return [len(list(client.get_repo(name).get_milestones(state="all"))) for name in names]


def again(tracker: Tracker, readings: list[PollResult]) -> list[PollResult]:
    known = [ProjectCursor(one.project.id, one.cursor) for one in readings if isinstance(one, Observed)]
    return list(tracker.poll(known))


def timed(sandbox: GitHubSandbox, way: str, do: Callable[[], object]) -> Row:
    sandbox.requests.clear()
    before, began = sandbox.used, time.perf_counter()
    do()
    return Row(way, len(sandbox.requests), time.perf_counter() - began, sandbox.used - before)


if __name__ == "__main__":
    main()
