"""What a poll of Jira Cloud costs: the loop that comes to mind first, ours at first, ours when nothing has changed.

Against the sandbox, with a latency on every request as over a network. Seconds are this machine's; the requests and the
ratios are what to look at. Run it with `python -m bench polling_jira`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from tracker2invoice.plugins import Context, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.jira import EMAIL, TOKEN, JiraSandbox
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC
from tracker2invoice_jira import JiraSettings, plugin

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATENCY = 0.08  # seconds
PROMISES = {"versions": 3, "epics": 50}
"""So many times fewer requests than the loop, when nothing has changed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One way of polling, and what it took."""

    way: str
    requests: int
    seconds: float


def main(
    projects: int = 100, milestones: int = 5, closed: int = 3, latency: float = LATENCY, *, promised: bool = True
) -> None:
    """Print a table for versions and one for epics.

    Raises:
        SystemExit: ours asks more than was promised.
    """
    for kind, promise in PROMISES.items():
        with JiraSandbox(lambda: NOW) as sandbox:
            names = fill(sandbox, kind, projects, milestones, closed)
            sandbox.latency = latency
            rows = measure(sandbox, kind, names)
        print(f"polling {projects} projects x {milestones} {kind} of Jira Cloud, {latency * 1000:.0f} ms a request")
        print(f"  {'':<36}{'requests':>9}{'seconds':>9}{'fewer':>9}")
        for row in rows:
            print(f"  {row.way:<36}{row.requests:>9}{row.seconds:>9.2f}{rows[0].requests / row.requests:>8.1f}x")
        if promised and rows[0].requests < promise * rows[-1].requests:
            raise SystemExit(f"{kind}: less than {promise} times fewer requests than the loop")


def fill(sandbox: JiraSandbox, kind: str, projects: int, milestones: int, closed: int) -> list[str]:
    """Create projects whose milestones have a finished issue each; return their ids as contracts name them."""
    jira = sandbox.jira
    numbers = [jira.add_project(f"Project {number}", f"P{number}") for number in range(projects)]
    for project in numbers:
        for phase in range(milestones):
            if kind == "versions":
                version = jira.add_version(project, f"Phase {phase}")
                jira.add_issue(project, "a task", version=version, status=DONE)
                if phase < closed:
                    jira.release_version(version)
            else:
                epic = jira.add_issue(project, f"Phase {phase}", type=EPIC, status=DONE if phase < closed else 1)
                jira.add_issue(project, "a task", epic=epic, status=DONE)
    return [f"{number}/epics" if kind == "epics" else str(number) for number in numbers]


def measure(sandbox: JiraSandbox, kind: str, names: Sequence[str]) -> list[Row]:
    """Poll in each way."""
    settings = JiraSettings.model_validate({"url": sandbox.url, "email": EMAIL, "token": TOKEN})
    cold: list[PollResult] = []
    warm: list[PollResult] = []
    loop = loop_over_versions if kind == "versions" else loop_over_epics
    with closing(plugin.connect(settings, Context("jira", Path(), lambda: NOW))) as tracker:
        first = [ProjectCursor(name, None) for name in names]
        rows = [
            timed(sandbox, "one project and milestone at a time", lambda: loop(sandbox.url, names)),
            timed(sandbox, "ours, first time", lambda: cold.extend(tracker.poll(first))),
            timed(sandbox, "ours, nothing has changed", lambda: warm.extend(again(tracker, cold))),
        ]
    assert [type(one) for one in cold] == [Observed] * len(names)
    assert [type(one) for one in warm] == [Unchanged] * len(names)
    return rows


def loop_over_versions(url: str, names: Sequence[str]) -> None:
    """Ask each project for its versions, and each released one for its open issues."""
    with signed_in() as session:
        for name in names:
            for version in session.get(f"{url}/rest/api/3/project/{name}/versions").json():
                if version["released"]:
                    question = {"jql": f"fixVersion = {version['id']}", "fields": ["status"]}
                    session.post(f"{url}/rest/api/3/search/jql", json=question).raise_for_status()


def loop_over_epics(url: str, names: Sequence[str]) -> None:
    """Ask each project for its epics, and each that is done for its history and issues."""
    with signed_in() as session:
        for name in names:
            jql = f'project = {name.removesuffix("/epics")} AND issuetype = "Epic"'
            question: dict[str, Any] = {"jql": jql, "fields": ["summary", "status"]}
            for epic in session.post(f"{url}/rest/api/3/search/jql", json=question).json()["issues"]:
                if epic["fields"]["status"]["statusCategory"]["key"] == "done":
                    session.get(f"{url}/rest/api/3/issue/{epic['id']}").raise_for_status()
                    children: dict[str, Any] = {"jql": f"parent in ({epic['id']})", "fields": ["status"]}
                    session.post(f"{url}/rest/api/3/search/jql", json=children).raise_for_status()


def signed_in() -> requests.Session:
    """Return a session of a plain client."""
    session = requests.Session()
    session.auth = (EMAIL, TOKEN)
    return session


def again(tracker: Tracker, readings: list[PollResult]) -> list[PollResult]:
    """Poll what was polled before."""
    known = [ProjectCursor(one.project.id, one.cursor) for one in readings if isinstance(one, Observed)]
    return list(tracker.poll(known))


def timed(sandbox: JiraSandbox, way: str, do: Callable[[], object]) -> Row:
    """Do it, counting requests."""
    sandbox.requests.clear()
    began = time.perf_counter()
    do()
    return Row(way, len(sandbox.requests), time.perf_counter() - began)


if __name__ == "__main__":
    main()
