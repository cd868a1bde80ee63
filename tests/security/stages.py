"""What the fuzzing of connectors shares: answers that are spoilt, and trackers whose answers can be.

Each stage is a sandbox with one project of two closed milestones, with work, a comment, a label, and hours where the
tracker keeps them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from hypothesis import strategies as st

from tracker2invoice.plugins import Context, Tracker
from tracker2invoice.registry import load_tracker
from tracker2invoice.testing.sandbox import gitea as gitea_sandbox
from tracker2invoice.testing.sandbox import github as github_sandbox
from tracker2invoice.testing.sandbox import gitlab as gitlab_sandbox
from tracker2invoice.testing.sandbox import jira as jira_sandbox
from tracker2invoice.testing.sandbox.jira_state import DONE, EPIC
from tracker2invoice.testing.sandbox.server import Answer, Request, Sandbox
from tracker2invoice_jira.epics import SUFFIX

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PORTAL = "acme/portal"
TITLES = ("Design", "Beta")
WORKED_AT = "2026-11-20T09:00:00+00:00"

ODD: st.SearchStrategy[Any] = st.sampled_from([
    None, True, -1, 0, 2**31, 2**63, 2**64, 10**400, 1.5, 1e308, "", "0", "\x00", "\ud800", "x" * 100_000, [], {}, [[]],
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-00-00T00:00:00Z", "2026-02-30", "-1", "1e999999",
    "2026-01-01T00:00:00", "NaN", "closed ", "javascript:alert(1)", "2026-11-23T12:00:00+99:99", [None],
])  # fmt: skip
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
BROKEN = st.sampled_from([
    b"", b"{", b"[1,", b"\xff\xfe", b"<html>", b"[" * 100_000, b"9" * 100_000, b"1e99999999999999999999", b"NaN",
    b'"\\ud800"', b'{"a":1,"a":2}', b"\xef\xbb\xbf[]",
])  # fmt: skip


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to every value inside."""
    pairs: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
    elif isinstance(value, list):
        pairs = enumerate(cast("list[object]", value))
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def content(answer: Answer) -> Any:
    """Return the JSON of an answer, or its text, to be changed at will."""
    if not isinstance(answer.body, bytes):
        return deepcopy(answer.body)
    try:
        return json.loads(answer.body)
    except ValueError:
        return answer.body.decode()


@dataclass
class Spoiler:
    """Changes the answers of a sandbox as hypothesis says; None in `choice` leaves them as they are."""

    sandbox: Sandbox
    choice: st.DataObject | None = None
    shortened: bool = False
    """Whether the latest answer may truly say less than before."""

    def __post_init__(self) -> None:
        self._truly = self.sandbox.respond
        self.sandbox.respond = self.respond  # type: ignore[method-assign]

    def respond(self, request: Request) -> Answer | None:
        answer = self._truly(request)
        if self.choice is None or answer is None or "token" in request.path:
            return answer
        return self._spoil(answer, self.choice)

    def _spoil(self, answer: Answer, choice: st.DataObject) -> Answer:
        body = content(answer)
        match choice.draw(st.sampled_from(["drop", "change", "change", "wrap", "replace", "break", "head"])):
            case "replace":
                self.shortened = True
                body = choice.draw(ANYTHING)
            case "break":
                return Answer(answer.status, choice.draw(BROKEN), {"Content-Type": "application/json"})
            case "wrap":
                self.shortened = True
                body = choice.draw(st.sampled_from([[body], {"data": body}, {"items": [body]}, [body, body]]))
            case "head":
                names = st.sampled_from(
                    ["Link", "ETag", "Retry-After", "Location", "x-ratelimit-reset", "Content-Type"]
                )
                value = choice.draw(
                    st.sampled_from(['<http://[>; rel="next"', "<x>", "\xff", "9" * 400, "", "0001-01-01"])
                )
                headers = {**answer.headers, choice.draw(names): value}
                return Answer(choice.draw(st.sampled_from([200, 204, 301, 403, 429, 500, 304])), answer.body, headers)
            case how:
                ways = list(places(body))
                if ways:
                    self._change(body, choice.draw(st.sampled_from(ways)), None if how == "drop" else choice.draw(ODD))
        return Answer(answer.status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _change(self, body: Any, way: tuple[str | int, ...], value: object) -> None:
        *above, last = way
        for step in above:
            body = body[step]
        if value is None:
            self.shortened = self.shortened or isinstance(last, int)
            del body[last]
        else:
            self.shortened = self.shortened or (isinstance(body[last], list) and isinstance(value, list))
            body[last] = value


Set = tuple[Spoiler, Tracker, str]


@contextmanager
def connected(
    kind: str, sandbox: Sandbox, directory: Path, project_id: str, settings: Mapping[str, object]
) -> Generator[Set]:
    """Connect to a sandbox that has the project already."""
    plugin = load_tracker(kind)
    chosen = plugin.settings.model_validate({"url": sandbox.url, **settings})
    with closing(plugin.connect(chosen, Context(kind, directory, lambda: NOON))) as tracker:
        yield Spoiler(sandbox), tracker, project_id


@contextmanager
def github(directory: Path) -> Generator[Set]:
    with github_sandbox.GitHubSandbox(lambda: NOON) as sandbox:
        project_id = sandbox.github.add_repository(PORTAL)
        for title in TITLES:
            number = sandbox.github.add_milestone(PORTAL, title)
            issue = sandbox.github.add_issue(PORTAL, "Search", number)
            sandbox.github.comment(PORTAL, issue, "anna", "accepted")
            sandbox.github.set_label(PORTAL, issue, "accepted", "anna")
            sandbox.github.close_milestone(PORTAL, number)
        with connected("github", sandbox, directory, str(project_id), {"token": github_sandbox.TOKEN}) as made:
            yield made


@contextmanager
def gitlab(directory: Path, *, graphql: bool = True) -> Generator[Set]:
    with gitlab_sandbox.GitLabSandbox(lambda: NOON) as sandbox:
        sandbox.offer_graphql(graphql)
        project_id = sandbox.gitlab.add_project(PORTAL)
        for title in TITLES:
            number = sandbox.gitlab.add_milestone(PORTAL, title)
            issue = sandbox.gitlab.add_item(PORTAL, "Search", number, state="closed")
            sandbox.gitlab.add_item(PORTAL, "Index", number, kind="merge_request", state="merged")
            sandbox.gitlab.spend(PORTAL, issue, "ben", 3600, WORKED_AT)
            sandbox.gitlab.comment(PORTAL, issue, "anna", "accepted")
            sandbox.gitlab.set_label(PORTAL, issue, "accepted", "anna")
            sandbox.gitlab.close_milestone(PORTAL, number)
        with connected("gitlab", sandbox, directory, str(project_id), {"token": gitlab_sandbox.TOKEN}) as made:
            yield made


@contextmanager
def gitlab_by_rest(directory: Path) -> Generator[Set]:
    with gitlab(directory, graphql=False) as made:
        yield made


@contextmanager
def jira(directory: Path, *, epics: bool = False) -> Generator[Set]:
    with jira_sandbox.JiraSandbox(lambda: NOON) as sandbox:
        project = sandbox.jira.add_project(PORTAL)
        for title in TITLES:
            epic = sandbox.jira.add_issue(project, title, type=EPIC) if epics else None
            version = None if epics else sandbox.jira.add_version(project, title)
            issue = sandbox.jira.add_issue(project, "Search", version=version, epic=epic, status=DONE)
            sandbox.jira.log_work(issue, "Ben", WORKED_AT, 3600)
            sandbox.jira.comment(issue, "anna", "accepted")
            sandbox.jira.set_label(issue, "accepted", "anna")
            if epic:
                sandbox.jira.move_issue(epic, DONE)
            if version:
                sandbox.jira.release_version(version)
        signed = {"email": jira_sandbox.EMAIL, "token": jira_sandbox.TOKEN}
        with connected("jira", sandbox, directory, f"{project}{SUFFIX if epics else ''}", signed) as made:
            yield made


@contextmanager
def jira_epics(directory: Path) -> Generator[Set]:
    with jira(directory, epics=True) as made:
        yield made


@contextmanager
def gitea(directory: Path) -> Generator[Set]:
    with gitea_sandbox.GiteaSandbox(lambda: NOON) as sandbox:
        project = sandbox.gitea.add_repository(PORTAL)
        for title in TITLES:
            number = sandbox.gitea.add_milestone(project, title)
            issue = sandbox.gitea.add_issue(project, "Search", number, state="closed")
            sandbox.gitea.log_time(project, issue, "ben", 3600)
            sandbox.gitea.comment(project, issue, "anna", "accepted")
            sandbox.gitea.set_label(project, issue, "accepted", "anna")
            sandbox.gitea.close_milestone(project, number)
        with connected("gitea", sandbox, directory, str(project), {"token": gitea_sandbox.TOKEN}) as made:
            yield made


STAGES: Mapping[str, Callable[[Path], AbstractContextManager[Set]]] = {
    "github": github,
    "gitlab": gitlab,
    "gitlab by REST": gitlab_by_rest,
    "jira": jira,
    "jira epics": jira_epics,
    "gitea": gitea,
}
"""By the tracker's kind, and what is special about it."""
