"""What a poll of GitLab costs: the plain python-gitlab loop, ours for the first time, ours when nothing has changed.

And what it costs to follow a whole group: to list its projects, and to poll them all.

Against the sandbox, with a latency on every request as over a network. Seconds are this machine's; the ratios are
what to look at. Run it with `python -m bench polling_gitlab`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import gitlab

from tracker2invoice.model.milestone import Project
from tracker2invoice.plugins import Context, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.gitlab import TOKEN, GitLabSandbox
from tracker2invoice_gitlab import GitLabSettings, plugin

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATENCY = 0.08  # seconds
PROMISE = 100.0


@dataclass(frozen=True, slots=True)
class Row:
    """One way of polling: how often it asked, and how long that took."""

    way: str
    requests: int
    seconds: float


def main(
    projects: int = 100, milestones: int = 30, closed: int = 20, promise: float = PROMISE, followed: int = 1000
) -> None:
    """Print the tables.

    Raises:
        SystemExit: when nothing has changed, the plain loop sends less than `promise` times as many requests as ours,
            or a poll of `followed` projects more than one for a hundred of them.
    """
    with GitLabSandbox(lambda: NOW) as sandbox:
        paths = fill(sandbox, projects, milestones, closed)
        sandbox.latency = LATENCY
        rows = measure(sandbox, paths, milestones)
    print(f"polling {projects} projects x {milestones} milestones, {LATENCY * 1000:.0f} ms a request")
    print(f"  {'':<36}{'requests':>9}{'seconds':>9}{'speed':>8}")
    for row in rows:
        print(f"  {row.way:<36}{row.requests:>9}{row.seconds:>9.2f}{rows[0].seconds / row.seconds:>7.1f}x")
    group = follow(followed)
    print(f"following a group of {followed} projects x 3 milestones")
    for row in group:
        print(f"  {row.way:<36}{row.requests:>9}{row.seconds:>9.2f}")
    if group[-1].requests > -(-followed // 100):
        raise SystemExit("more than one request for a hundred projects of the group")
    if rows[0].requests / rows[-1].requests < promise:
        raise SystemExit(f"less than {promise} times fewer requests than the plain loop")


def fill(sandbox: GitLabSandbox, projects: int, milestones: int, closed: int) -> list[str]:
    paths = [f"acme/project-{number}" for number in range(projects)]
    for path in paths:
        sandbox.gitlab.add_project(path)
        for number in range(1, milestones + 1):
            sandbox.gitlab.add_milestone(path, f"Phase {number}", description="what was agreed " * 12)
            if number <= closed:
                sandbox.gitlab.close_milestone(path, number)
    return paths


def measure(sandbox: GitLabSandbox, paths: list[str], milestones: int) -> list[Row]:
    pinned = [ProjectCursor(str(sandbox.gitlab.owner(path).id), None) for path in paths]
    cold: list[PollResult] = []
    warm: list[PollResult] = []
    plain: list[int] = []
    with closing(connected(sandbox)) as tracker:
        rows = [
            timed(
                sandbox, "python-gitlab, get + milestones.list", lambda: plain.extend(plain_loop(sandbox.url, paths))
            ),
            timed(sandbox, "ours, first time, with closing times", lambda: cold.extend(tracker.poll(pinned))),
            timed(sandbox, "ours, nothing has changed", lambda: warm.extend(again(tracker, cold))),
        ]
    readings = [one for one in cold if isinstance(one, Observed)]
    assert [len(one.milestones) for one in readings] == plain == [milestones] * len(paths)
    assert all(one.closed_at for reading in readings for one in reading.milestones if one.state == "closed")
    assert [type(one) for one in warm] == [Unchanged] * len(paths)
    return rows


def follow(projects: int) -> list[Row]:
    """List the projects of a group, and poll them twice."""
    found: list[Project] = []
    cold: list[PollResult] = []
    warm: list[PollResult] = []
    with GitLabSandbox(lambda: NOW) as sandbox, closing(connected(sandbox)) as tracker:
        fill(sandbox, projects, milestones=3, closed=2)
        sandbox.latency = LATENCY
        rows = [
            timed(sandbox, "list of projects", lambda: found.extend(tracker.projects("acme"))),
            timed(
                sandbox,
                "first poll, with closing times",
                lambda: cold.extend(tracker.poll([ProjectCursor(one.id, None) for one in found])),
            ),
            timed(sandbox, "nothing has changed", lambda: warm.extend(again(tracker, cold))),
        ]
    assert [type(one) for one in warm] == [Unchanged] * projects
    return rows


def connected(sandbox: GitLabSandbox) -> Tracker:
    settings = GitLabSettings.model_validate({"url": sandbox.url, "token": TOKEN})
    return plugin.connect(settings, Context("gitlab", Path(), lambda: NOW))


def plain_loop(url: str, paths: list[str]) -> list[int]:
    """Do what comes to mind first. It gets no closing times and no counts."""
    with gitlab.Gitlab(url, private_token=TOKEN) as client:
        return [len(client.projects.get(path).milestones.list(get_all=True)) for path in paths]


def again(tracker: Tracker, readings: list[PollResult]) -> list[PollResult]:
    known = [ProjectCursor(one.project.id, one.cursor) for one in readings if isinstance(one, Observed)]
    return list(tracker.poll(known))


def timed(sandbox: GitLabSandbox, way: str, do: Callable[[], object]) -> Row:
    sandbox.requests.clear()
    began = time.perf_counter()
    do()
    return Row(way, len(sandbox.requests), time.perf_counter() - began)


if __name__ == "__main__":
    main()
