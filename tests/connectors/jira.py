"""What the tests of Jira share: a sandbox that fails when it is told to, and how to connect to one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracker2invoice.oauth.tokens import Tokens, token_store
from tracker2invoice.plugins import Context, Observed, PollResult, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.jira import (
    CLIENT_ID,
    CLIENT_SECRET,
    EMAIL,
    FIRST_REFRESH_TOKEN,
    TOKEN,
    JiraSandbox,
)
from tracker2invoice.testing.sandbox.server import Answer, Request
from tracker2invoice_jira import JiraSettings, plugin

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

APP: Mapping[str, object] = {
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
}
"""Settings of an app; `connecting` finds the consent of a person there."""
HTML = Answer(502, b"<html><body>Bad Gateway</body></html>", {"Content-Type": "text/html"})
REFUSED = Answer(400, {"errorMessages": ["A value does not exist for the field 'project'."], "errors": {}})


class MoodyJira(JiraSandbox):
    """Cannot read what is in `failing`, or not beyond the first page what is in `interrupted`; then it can again."""

    def __init__(self, clock: FrozenClock, *, cloud: bool) -> None:
        super().__init__(clock, cloud=cloud)
        self.failing: set[int] = set()
        self.interrupted: set[int] = set()

    def handle(self, request: Request) -> Answer:
        if "/rest/" not in request.path:
            return super().handle(request)
        about = self._projects_in(request)
        if about & self.failing and len(about) > 1:
            return REFUSED  # a query is answered for all that it names, or not at all
        moods = (self.failing, self.interrupted) if goes_on(request) else (self.failing,)
        for mood in moods:
            if about & mood:
                mood -= about
                return HTML
        return super().handle(request)

    def _projects_in(self, request: Request) -> set[int]:
        named = set(map(int, re.findall(r"(?<!\d)1\d{4}(?!\d)", request.path + request.body.decode())))
        keys = set(re.findall(r'"([A-Z]\w*-\d+)\\"', request.body.decode()))
        of_issues = {
            one.project for one in self.jira.issues.values() if one.id in named or self.jira.key(one.id) in keys
        }
        of_versions = {one.id for one in self.jira.projects.values() if named & one.versions.keys()}
        return (named & self.jira.projects.keys()) | of_issues | of_versions


def goes_on(request: Request) -> bool:
    """Say whether this is not the first request of a reading."""
    asked: dict[str, Any] = json.loads(request.body or "{}")
    start = asked.get("startAt", int(request.query.get("startAt", "0")))
    return start > 0 or "nextPageToken" in asked or "is not EMPTY" in asked.get("jql", "")


Connect = Callable[[JiraSandbox], AbstractContextManager[Tracker]]


def connecting(clock: FrozenClock, directory: Path, **settings: object) -> Connect:
    """Return how to connect to a sandbox."""

    @contextmanager
    def connect(sandbox: JiraSandbox) -> Generator[Tracker]:
        token = {"token": TOKEN} | ({"email": EMAIL} if sandbox.cloud else {})
        signed = {} if "client_id" in settings else token
        chosen = JiraSettings.model_validate({"url": sandbox.url} | signed | settings)
        context = Context("jira", directory, clock)
        if not signed:
            token_store("jira", context).write(Tokens("", FIRST_REFRESH_TOKEN, None))
        with closing(plugin.connect(chosen, context)) as tracker:
            yield tracker

    return connect


def poll(tracker: Tracker, project_id: str, cursor: str | None = None) -> PollResult:
    """Poll one project."""
    (result,) = tracker.poll([ProjectCursor(project_id, cursor)])
    return result


def observe(tracker: Tracker, project_id: str, cursor: str | None = None) -> Observed:
    """Poll one project in which something changed."""
    result = poll(tracker, project_id, cursor)
    assert isinstance(result, Observed), result
    return result
