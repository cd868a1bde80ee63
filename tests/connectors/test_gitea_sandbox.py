"""The sandbox Gitea itself: what it copies of a real one, seen without the connector."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tracker2invoice.testing.sandbox.gitea import TOKEN, GiteaSandbox

if TYPE_CHECKING:
    from tests.conftest import FrozenClock


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[GiteaSandbox]:
    with GiteaSandbox(clock) as running:
        running.gitea.add_repository("acme/portal")
        yield running


def get(sandbox: GiteaSandbox, path: str, token: str = TOKEN, **params: str) -> requests.Response:
    headers = {"Authorization": f"token {token}"}
    url = f"{sandbox.url}/api/v1{path}"
    return requests.get(url, params, headers=headers, timeout=5, allow_redirects=False)


def do(sandbox: GiteaSandbox, deed: str, **arguments: object) -> Any:
    answer = requests.post(f"{sandbox.url}/_sandbox/{deed}", data=json.dumps(arguments), timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def test_everything_that_happens_to_a_milestone_can_be_done_from_outside(sandbox: GiteaSandbox) -> None:
    number = do(sandbox, "add_milestone", repository=101, title="Design", due_on="2026-03-31")
    task = do(sandbox, "add_issue", repository=101, title="Log in", milestone=number, state="open")
    do(sandbox, "log_time", repository=101, issue=task, user="mia", seconds=3600)
    do(sandbox, "close_milestone", repository=101, milestone=number)
    do(sandbox, "rename_milestone", repository=101, milestone=number, title="Concept")
    (row,) = get(sandbox, "/repos/acme/portal/milestones", state="all").json()
    assert (row["title"], row["state"], row["open_issues"]) == ("Concept", "closed", 1)
    assert row["due_on"] == "2026-03-31T23:59:59-05:00"
    assert [one["time"] for one in get(sandbox, "/repos/acme/portal/times").json()] == [3600]
    do(sandbox, "reopen_milestone", repository=101, milestone=number)
    assert get(sandbox, f"/repos/acme/portal/milestones/{number}").json()["closed_at"] is None
    do(sandbox, "delete_milestone", repository=101, milestone=number)
    assert get(sandbox, "/repos/acme/portal/milestones", state="all").json() == []


def test_a_deed_that_cannot_be_done_is_refused(sandbox: GiteaSandbox) -> None:
    answer = requests.post(f"{sandbox.url}/_sandbox/close_milestone", data='{"milestone": 7}', timeout=5)
    assert answer.status_code == 422


def test_pages_have_a_greatest_length_a_total_and_links(sandbox: GiteaSandbox) -> None:
    for number in range(61):
        sandbox.gitea.add_milestone(101, f"Phase {number}")
    usual, most = (get(sandbox, "/repos/acme/portal/milestones", limit=limit) for limit in ("30", "1000"))
    assert (len(usual.json()), len(most.json())) == (30, 50)
    assert most.headers["X-Total-Count"] == "61"
    assert set(most.links) == {"next", "last"}
    assert get(sandbox, "/repos/acme/portal/milestones", page="9").json() == []


def test_a_former_name_redirects_with_the_query_until_somebody_takes_it(sandbox: GiteaSandbox) -> None:
    do(sandbox, "rename_repository", repository=101, name="acme/gate")
    moved = get(sandbox, "/repos/acme/portal/milestones", state="all")
    assert (moved.status_code, moved.headers["Location"]) == (307, "/api/v1/repos/acme/gate/milestones?state=all")
    do(sandbox, "add_repository", name="acme/portal")
    assert get(sandbox, "/repos/acme/portal/milestones").status_code == 200


def test_a_milestone_that_is_not_there_is_left_out_of_the_question(sandbox: GiteaSandbox) -> None:
    sandbox.gitea.add_issue(101, "a task", sandbox.gitea.add_milestone(101, "Design"))
    assert len(get(sandbox, "/repos/acme/portal/issues", state="all", milestones="999").json()) == 1


def test_readers_get_their_own_times_without_a_word(sandbox: GiteaSandbox) -> None:
    for user in ("robot", "mia"):
        sandbox.gitea.log_time(101, sandbox.gitea.add_issue(101, "a task"), user, 60)
    sandbox.writes_issues = False
    assert [one["user_name"] for one in get(sandbox, "/repos/acme/portal/times").json()] == ["robot"]
    assert get(sandbox, "/repos/acme/portal/times", user="mia").status_code == 403


def test_times_that_are_switched_off_are_refused(sandbox: GiteaSandbox) -> None:
    sandbox.gitea.add_repository("acme/shop", keeps_times=False)
    assert get(sandbox, "/repos/acme/shop/times").status_code == 400


def test_failures_and_limits_come_on_demand(sandbox: GiteaSandbox) -> None:
    assert get(sandbox, "/repos/acme/portal", token="wrong").status_code == 401
    assert get(sandbox, "/repos/acme/shop").status_code == 404
    do(sandbox, "fail", status=502)
    assert get(sandbox, "/repos/acme/portal").headers["Content-Type"] == "text/html"
    do(sandbox, "limit", seconds=60)
    assert get(sandbox, "/repos/acme/portal").headers["Retry-After"] == "60"
    do(sandbox, "revoke")
    assert requests.get(f"{sandbox.url}/api/v1/repos/acme/portal", timeout=5).status_code == 429
