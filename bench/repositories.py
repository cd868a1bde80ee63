"""What it costs to watch 1,000 and 10,000 GitHub repositories, and what a first poll of many keeps in memory.

Against the sandbox, with a latency on every request as over a network. The plain PyGithub loop is run on a part of the
repositories and multiplied. Run it with `python -m bench repositories`.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.polling import LATENCY, NOW, again, fill, plain_loop

from tracker2invoice.plugins import Context, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox
from tracker2invoice.testing.timer import WaitingTimer
from tracker2invoice_github import GitHubSettings, plugin

PROMISED = {1_000: (12, 3.0), 10_000: (110, float("inf"))}
"""Requests and points at most, and seconds, by the number of repositories."""
FEWER = 50
MEGABYTES = 250


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of watching took; `points` are those of GraphQL, `counted` the requests on REST's hourly limit."""

    requests: int
    counted: int
    points: int
    seconds: float


def main(sizes: tuple[int, ...] = (1_000, 10_000), part: int = 100, first: int = 1_000, closed: int = 30) -> None:
    """Print the tables.

    Raises:
        SystemExit: a poll took more than is promised.
    """
    print(f"repositories in which nothing has changed, {LATENCY * 1000:.0f} ms a request")
    print(f"  {'':<40}{'requests':>9}{'counted':>9}{'points':>8}{'seconds':>9}")
    broken = [words for size in sizes for words in unchanged(size, min(part, size))]
    sent, megabytes = first_poll(first, closed)
    print(f"first poll of {first:,} repositories x {closed} closed milestones, each result dropped once it is taken")
    print(f"  {sent:,} requests, {megabytes:.0f} MB at most in the process that polls")
    if megabytes > MEGABYTES:
        broken.append(f"a first poll takes more than {MEGABYTES} MB")
    if broken:
        raise SystemExit("; ".join(broken))


def unchanged(size: int, part: int) -> list[str]:
    with GitHubSandbox(lambda: NOW, quota=10**9) as sandbox:
        names = fill(sandbox, size, milestones=3, closed=2)
        with closing(connect(sandbox.url)) as tracker:
            cold = list(tracker.poll([ProjectCursor(str(sandbox.github.repository(name).id), None) for name in names]))
            sandbox.latency = LATENCY
            ours = cost(sandbox, tracker, cold)
        loop = plain_cost(sandbox, names[:part], size)
    show(f"PyGithub loop, {size:,} (from {part:,})", loop)
    show(f"ours, {size:,}", ours)
    most, seconds = PROMISED.get(size, (size, float("inf")))
    promises = {
        f"more than {most} requests or points for {size:,}": max(ours.requests, ours.points) > most,
        f"not {FEWER} times fewer requests than the loop for {size:,}": ours.requests * FEWER > loop.requests,
        f"more than {seconds} s for {size:,}": ours.seconds > seconds,
    }
    return [words for words, broken in promises.items() if broken and size in PROMISED]


def connect(url: str) -> Tracker:
    settings = GitHubSettings.model_validate({"url": url, "token": TOKEN})
    # what is waited for GitHub's limit a minute is not what is measured
    return plugin.connect(settings, Context("github", Path(), lambda: NOW, WaitingTimer()))


def cost(sandbox: GitHubSandbox, tracker: Tracker, cold: list[PollResult]) -> Cost:
    sandbox.requests.clear()
    used, spent, began = sandbox.used, sandbox.spent, time.perf_counter()
    warm = again(tracker, cold)
    seconds = time.perf_counter() - began
    assert [type(one) for one in warm] == [Unchanged] * len(cold)
    return Cost(len(sandbox.requests), sandbox.used - used, sandbox.spent - spent, seconds)


def plain_cost(sandbox: GitHubSandbox, names: list[str], size: int) -> Cost:
    sandbox.requests.clear()
    used, began = sandbox.used, time.perf_counter()
    plain_loop(sandbox.url, names)
    times, seconds = size // len(names), time.perf_counter() - began
    return Cost(len(sandbox.requests) * times, (sandbox.used - used) * times, 0, seconds * times)


def show(way: str, one: Cost) -> None:
    print(f"  {way:<40}{one.requests:>9,}{one.counted:>9,}{one.points:>8}{one.seconds:>9,.2f}")


def first_poll(size: int, closed: int) -> tuple[int, float]:
    """Poll from another process, whose memory is nobody else's; return the requests and its megabytes at most."""
    with GitHubSandbox(lambda: NOW, quota=10**9) as sandbox:
        names = fill(sandbox, size, milestones=closed, closed=closed)
        ids = " ".join(str(sandbox.github.repository(name).id) for name in names)
        script = f"from bench.repositories import poll_once; poll_once({sandbox.url!r}, {closed})"
        done = subprocess.run(
            [sys.executable, "-c", script], input=ids, capture_output=True, text=True, check=True,
            cwd=Path(__file__).parents[1],
        )  # fmt: skip
        return len(sandbox.requests), float(done.stdout)


def poll_once(url: str, closed: int) -> None:
    """Poll the repositories whose ids come on standard input; print the megabytes it took at most."""
    with closing(connect(url)) as tracker:
        for one in tracker.poll([ProjectCursor(project_id, None) for project_id in sys.stdin.read().split()]):
            assert isinstance(one, Observed)
            assert len(one.milestones) == closed
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
