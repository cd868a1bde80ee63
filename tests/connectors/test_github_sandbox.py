"""The sandbox GitHub keeps to GitHub's own description, so that what passes against it means something.

The models of githubkit are generated from the OpenAPI file that GitHub publishes. They say which fields an answer has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from pydantic import TypeAdapter

from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

schemas: Any = pytest.importorskip("githubkit_schemas.v2022_11_28.models")
PORTAL = "acme/portal"


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(clock) as running:
        running.github.add_repository(PORTAL)
        number = running.github.add_milestone(PORTAL, "Design", "2026-03-31")
        running.github.add_issue(PORTAL, "Sketch", number, assignees=("anna",))
        running.github.add_issue(PORTAL, "Style guide", number, pull=True, merged=True)
        running.github.add_issue(PORTAL, "Loose end", state="open")
        running.github.close_milestone(PORTAL, number)
        running.github.add_milestone(PORTAL, "Beta", description="second")
        yield running


@pytest.fixture
def ask(sandbox: GitHubSandbox) -> Iterator[Callable[..., requests.Response]]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"

        def get(path: str, **headers: str) -> requests.Response:
            return session.get(sandbox.url + path, headers=headers, allow_redirects=False)

        yield get


Ask = Callable[..., requests.Response]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/repos/acme/portal", "FullRepository"),
        ("/repos/acme/portal/milestones?state=all", "list[Milestone]"),
        ("/repos/acme/portal/milestones/1", "Milestone"),
        ("/repos/acme/portal/issues?state=all", "list[Issue]"),
        ("/rate_limit", "RateLimitOverview"),
        ("/user", "PublicUser"),
        ("/repos/acme/none", "BasicError"),
    ],
)
def test_an_answer_has_every_field_that_github_requires(ask: Ask, path: str, model: str) -> None:
    inner = getattr(schemas, model.removeprefix("list[").removesuffix("]"))
    TypeAdapter(list[inner] if model.startswith("list") else inner).validate_json(ask(path).content)
