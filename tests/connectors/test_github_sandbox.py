"""The sandbox GitHub keeps to GitHub's own description, so that what passes against it means something.

The models of githubkit are generated from the OpenAPI file that GitHub publishes. They say which fields an answer has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from githubkit_schemas.v2026_03_10.models import (
    BasicError,
    FullRepository,
    Issue,
    Milestone,
    PublicUser,
    RateLimitOverview,
)
from pydantic import TypeAdapter

from tracker2invoice.testing.sandbox.github import TOKEN, GitHubSandbox

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GitHubSandbox]:
    with GitHubSandbox(clock) as running:
        running.github.add_repository(PORTAL)
        number = running.github.add_milestone(PORTAL, "Design", "2026-03-31")
        running.github.add_issue(PORTAL, "Sketch", number, assignees=("anna",), labels=("screen",))
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
        ("/repos/acme/portal", FullRepository),
        ("/repos/acme/portal/milestones?state=all", list[Milestone]),
        ("/repos/acme/portal/milestones/1", Milestone),
        ("/repos/acme/portal/issues?state=all", list[Issue]),
        ("/rate_limit", RateLimitOverview),
        ("/user", PublicUser),
        ("/repos/acme/none", BasicError),
    ],
)
def test_an_answer_has_every_field_that_github_requires(ask: Ask, path: str, model: Any) -> None:
    TypeAdapter(model).validate_json(ask(path).content)


def numbers(answer: requests.Response) -> list[int]:
    return [one["number"] for one in answer.json()]


def test_lists_hold_open_ones_by_default_and_pull_requests_among_the_issues(ask: Ask) -> None:
    assert numbers(ask("/repos/acme/portal/milestones")) == [2]
    assert numbers(ask("/repos/acme/portal/milestones?state=closed")) == [1]
    assert numbers(ask("/repos/acme/portal/issues")) == [3]
    closed = ask("/repos/acme/portal/issues?milestone=1&state=closed").json()
    assert [one.get("pull_request", {}).get("merged_at") for one in closed] == ["2026-03-02T09:30:00Z", None]
    assert ask("/repos/acme/portal/issues?milestone=77").status_code == 422


def test_issues_of_a_milestone_are_listed_in_both_states_with_their_labels(sandbox: GitHubSandbox, ask: Ask) -> None:
    sandbox.github.add_issue(PORTAL, "Icons", 1, state="open", labels=("screen", "größe: M"))
    path = "/repos/acme/portal/issues?milestone=1&state=all"
    assert (numbers(ask(path)), numbers(ask(f"{path}&sort=created&direction=asc"))) == ([4, 2, 1], [1, 2, 4])
    assert [label["name"] for label in ask(path).json()[0]["labels"]] == ["screen", "größe: M"]


def test_pages_have_thirty_by_default_a_hundred_at_most_and_link_to_this_server(
    sandbox: GitHubSandbox, ask: Ask
) -> None:
    for number in range(248):
        sandbox.github.add_milestone(PORTAL, f"Phase {number}")
    assert len(ask("/repos/acme/portal/milestones").json()) == 30
    first = ask("/repos/acme/portal/milestones?state=all&per_page=1000")
    assert (len(first.json()), sorted(first.links)) == (100, ["last", "next"])
    assert first.links["last"]["url"].endswith("&page=3")
    third = ask(first.links["last"]["url"].removeprefix(sandbox.url))
    assert (len(third.json()), sorted(third.links)) == (50, ["first", "prev"])


def test_due_dates_order_the_list_and_an_unknown_order_is_taken_for_them(sandbox: GitHubSandbox, ask: Ask) -> None:
    sandbox.github.add_milestone(PORTAL, "Acceptance", "2026-01-31")
    for sort in ("", "&sort=due_on", "&sort=updated"):
        assert numbers(ask(f"/repos/acme/portal/milestones?state=all{sort}")) == [3, 1, 2]
    assert numbers(ask("/repos/acme/portal/milestones?state=all&direction=desc")) == [2, 1, 3]


def test_a_304_needs_the_same_content_and_the_same_token_and_costs_nothing(sandbox: GitHubSandbox, ask: Ask) -> None:
    first = ask("/repos/acme/portal/milestones")
    tag = first.headers["ETag"]
    again = ask("/repos/acme/portal/milestones", **{"If-None-Match": tag})
    assert tag.startswith('W/"')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"] == "4999"
    granted = requests.post(
        f"{sandbox.url}/app/installations/1/access_tokens", headers={"Authorization": "Bearer x"}, timeout=9
    ).json()["token"]
    other = {"If-None-Match": tag, "Authorization": f"token {granted}"}
    assert ask("/repos/acme/portal/milestones", **other).status_code == 200
    sandbox.github.rename_milestone(PORTAL, 2, "Gamma")
    assert ask("/repos/acme/portal/milestones", **{"If-None-Match": tag}).status_code == 200


def test_a_renamed_repository_redirects_to_its_id_with_the_query(sandbox: GitHubSandbox, ask: Ask) -> None:
    sandbox.github.rename_repository(PORTAL, "acme/shop")
    moved = ask("/repos/ACME/portal/milestones?state=all")
    assert moved.status_code == 301
    assert numbers(ask(moved.headers["Location"].removeprefix(sandbox.url))) == [1, 2]
    sandbox.github.add_repository(PORTAL)
    assert ask("/repos/acme/portal").json()["full_name"] == PORTAL


def test_nobody_comes_in_without_the_token(sandbox: GitHubSandbox, ask: Ask) -> None:
    assert requests.get(f"{sandbox.url}/user", timeout=9).status_code == 401
    assert ask("/user", Authorization="token wrong").json()["message"] == "Bad credentials"
    sandbox.revoke()
    assert ask("/user").status_code == 401


def test_the_hourly_limit_runs_out_and_comes_back(clock: FrozenClock) -> None:
    with GitHubSandbox(clock, quota=2) as sandbox:
        answers = [get(sandbox, "/user") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 403]
        assert answers[2].headers["X-RateLimit-Remaining"] == "0"
        assert int(answers[2].headers["X-RateLimit-Reset"]) == clock().timestamp() + 3600
        assert get(sandbox, "/rate_limit").json()["rate"]["remaining"] == 0
        clock.advance(timedelta(hours=1))
        assert get(sandbox, "/user").headers["X-RateLimit-Remaining"] == "1"


def test_the_secondary_limit_says_when_to_come_back(sandbox: GitHubSandbox, ask: Ask, clock: FrozenClock) -> None:
    order(sandbox, "limit", kind="secondary", seconds=60)
    refused = ask("/user")
    assert (refused.status_code, refused.headers["Retry-After"]) == (403, "60")
    clock.advance(timedelta(seconds=60))
    assert ask("/user").status_code == 200


def test_a_milestone_is_changed_over_the_api(sandbox: GitHubSandbox) -> None:
    fields = {"state": "closed", "title": "Gamma", "description": "2nd", "due_on": "2026-10-05T13:00:00Z"}
    address = f"{sandbox.url}/repos/acme/portal/milestones/2"
    headers = {"Authorization": f"token {TOKEN}"}
    changed = requests.patch(address, json=fields, headers=headers, timeout=9).json()
    # an hour that is sent along is forgotten, as seen in recordings
    assert {name: changed[name] for name in fields} == fields | {"due_on": "2026-10-05T00:00:00Z"}
    assert changed["closed_at"] == "2026-03-02T09:30:00Z"
    assert requests.patch(address, json={"state": "open"}, headers=headers, timeout=9).json()["closed_at"] is None


def test_everything_can_be_steered_from_outside(sandbox: GitHubSandbox, ask: Ask) -> None:
    assert order(sandbox, "add_repository", repository="acme/app") > 0
    assert order(sandbox, "add_milestone", repository="acme/app", title="Launch") == 1
    assert order(sandbox, "add_issue", repository="acme/app", title="Log in", milestone=1) == 1
    order(sandbox, "rename_milestone", repository="acme/app", milestone=1, title="Go live")
    order(sandbox, "close_milestone", repository="acme/app", milestone=1)
    order(sandbox, "rename_repository", repository="acme/app", to="acme/web")
    (launch,) = ask("/repos/acme/web/milestones?state=closed").json()
    assert (launch["title"], launch["closed_issues"]) == ("Go live", 1)
    order(sandbox, "reopen_milestone", repository="acme/web", milestone=1)
    assert numbers(ask("/repos/acme/web/milestones")) == [1]
    order(sandbox, "delete_milestone", repository="acme/web", milestone=1)
    assert numbers(ask("/repos/acme/web/milestones?state=all")) == []
    order(sandbox, "fail", status=503, times=1, path="/user")
    assert [ask("/user").status_code for _ in range(2)] == [503, 200]
    order(sandbox, "revoke")
    assert ask("/user").status_code == 401


@pytest.mark.parametrize(
    ("deed", "arguments"),
    [("close_milestone", {"repository": "acme/none", "milestone": 1}), ("add_milestone", {}), ("nothing", {})],
)
def test_an_order_that_makes_no_sense_is_refused(
    sandbox: GitHubSandbox, deed: str, arguments: dict[str, object]
) -> None:
    assert requests.post(f"{sandbox.url}/_sandbox/{deed}", json=arguments, timeout=9).status_code == 422


def get(sandbox: GitHubSandbox, path: str) -> requests.Response:
    return requests.get(sandbox.url + path, headers={"Authorization": f"token {TOKEN}"}, timeout=9)


def order(sandbox: GitHubSandbox, deed: str, **arguments: object) -> Any:
    answer = requests.post(f"{sandbox.url}/_sandbox/{deed}", json=arguments, timeout=9)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]
