"""The sandbox GitLab does what GitLab documents, so that what passes against it means something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tracker2invoice.testing.sandbox.gitlab import TOKEN, GitLabSandbox

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"
Ask = Callable[..., requests.Response]


@pytest.fixture
def sandbox(gitlab: GitLabSandbox) -> GitLabSandbox:
    state = gitlab.gitlab
    state.add_project(PORTAL)
    state.add_milestone(PORTAL, "Design", "2026-03-31")
    state.add_item(PORTAL, "Sketch", 1, assignees=("anna",), labels=("screen",), weight=2, estimate=3600)
    state.add_item(PORTAL, "Style guide", 1, kind="merge_request", state="merged")
    state.add_item(PORTAL, "Loose end", state="opened")
    state.close_milestone(PORTAL, 1, by="ben")
    state.add_milestone(PORTAL, "Beta", description="second")
    return gitlab


@pytest.fixture
def ask(sandbox: GitLabSandbox) -> Iterator[Ask]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"

        def get(path: str, **headers: str) -> requests.Response:
            return session.get(f"{sandbox.url}/api/v4{path}", headers=headers, allow_redirects=False)

        yield get


@pytest.fixture
def portal(sandbox: GitLabSandbox) -> str:
    return f"/projects/{sandbox.gitlab.owner(PORTAL).id}"


def iids(answer: requests.Response) -> list[int]:
    return [one["iid"] for one in answer.json()]


def test_a_milestone_has_no_closing_time_and_no_counts(ask: Ask, portal: str) -> None:
    design = ask(f"{portal}/milestones?state=closed").json()[0]
    # docs: api/milestones, the answer that is shown there
    assert set(design) == {
        "id", "iid", "project_id", "title", "description", "state", "created_at", "updated_at", "due_date",
        "start_date", "expired", "web_url",
    }  # fmt: skip
    assert (design["state"], design["updated_at"], design["due_date"]) == (
        "closed", "2026-03-02T09:30:00.000Z", "2026-03-31"
    )  # fmt: skip


def test_both_states_are_listed_by_default_by_due_date_and_then_newest_first(
    sandbox: GitLabSandbox, ask: Ask, portal: str
) -> None:
    sandbox.gitlab.add_milestone(PORTAL, "Acceptance")
    sandbox.gitlab.add_milestone(PORTAL, "Kick-off", "2026-01-31")
    assert iids(ask(f"{portal}/milestones")) == [4, 1, 3, 2]
    assert iids(ask(f"{portal}/milestones?state=active")) == [4, 3, 2]


def test_pages_have_twenty_by_default_and_a_hundred_at_most(sandbox: GitLabSandbox, ask: Ask, portal: str) -> None:
    for number in range(248):
        sandbox.gitlab.add_milestone(PORTAL, f"Phase {number}")
    assert len(ask(f"{portal}/milestones").json()) == 20
    first = ask(f"{portal}/milestones?per_page=1000")
    assert (len(first.json()), first.headers["X-Next-Page"], first.headers["X-Total"]) == (100, "2", "250")
    assert sorted(first.links) == ["first", "last", "next"]
    third = ask(f"{portal}/milestones?per_page=100&page=3")
    assert (len(third.json()), third.headers["X-Next-Page"], sorted(third.links)) == (50, "", ["first", "last", "prev"])


def test_issues_and_merge_requests_of_a_milestone_are_two_lists(sandbox: GitLabSandbox, ask: Ask, portal: str) -> None:
    design = sandbox.gitlab.owner(PORTAL).milestones[1].id
    (issue,) = ask(f"{portal}/milestones/{design}/issues").json()
    (change,) = ask(f"{portal}/milestones/{design}/merge_requests").json()
    assert (issue["iid"], issue["state"], issue["weight"], issue["labels"]) == (1, "closed", 2, ["screen"])
    assert issue["time_stats"]["time_estimate"] == 3600
    assert (change["iid"], change["state"], change["merged_at"]) == (1, "merged", "2026-03-02T09:30:00.000Z")
    assert ask(f"{portal}/milestones/77/issues").status_code == 404
    assert iids(ask(f"{portal}/issues?milestone=None")) == [2]
    assert iids(ask(f"{portal}/issues?milestone=Any")) == [1]


def test_events_tell_of_milestones_of_projects_alone(
    sandbox: GitLabSandbox, ask: Ask, portal: str, clock: FrozenClock
) -> None:
    sandbox.gitlab.close_milestone("acme", sandbox.gitlab.add_milestone("acme", "Release"))
    (event,) = ask(f"{portal}/events?target_type=milestone&action=closed").json()
    assert (event["author_username"], event["target_title"], event["action_name"]) == ("ben", "Design", "closed")
    assert len(ask(f"{portal}/events").json()) == 3
    assert ask(f"/groups/{sandbox.gitlab.owner('acme').id}/events").status_code == 404
    # the days themselves are left out
    assert ask(f"{portal}/events?after=2026-03-02").json() == []
    assert len(ask(f"{portal}/events?after=2026-03-01&before=2026-03-03").json()) == 3
    assert ask(f"{portal}/events?before=2026-03-02").json() == []
    clock.advance(timedelta(days=3 * 365))
    assert ask(f"{portal}/events").json() == []


def test_a_moved_project_leads_to_its_id(sandbox: GitLabSandbox, ask: Ask, portal: str) -> None:
    sandbox.gitlab.rename(PORTAL, "acme/shop")
    moved = ask("/projects/ACME%2Fportal?statistics=true")
    assert (moved.status_code, moved.headers["Location"]) == (
        301, f"{sandbox.url}/api/v4{portal}?statistics=true"
    )  # fmt: skip
    sandbox.gitlab.add_project(PORTAL)
    assert ask("/projects/acme%2Fportal").json()["path_with_namespace"] == PORTAL


def test_a_group_is_no_project_and_a_project_no_group(ask: Ask) -> None:
    assert ask("/groups/acme").json()["full_path"] == "acme"
    assert [ask(path).status_code for path in ("/projects/acme", "/groups/acme%2Fportal")] == [404, 404]


def test_nobody_comes_in_without_the_token(sandbox: GitLabSandbox, ask: Ask) -> None:
    assert requests.get(f"{sandbox.url}/api/v4/version", timeout=9).json() == {"message": "401 Unauthorized"}
    other = {"PRIVATE-TOKEN": TOKEN}
    assert requests.get(f"{sandbox.url}/api/v4/version", headers=other, timeout=9).status_code == 200
    sandbox.revoke()
    assert ask("/version").status_code == 401


@pytest.mark.parametrize("told", [True, False])
def test_a_limit_says_when_to_come_back_or_not(
    sandbox: GitLabSandbox, ask: Ask, portal: str, clock: FrozenClock, told: bool
) -> None:
    order(sandbox, "limit", seconds=60, told=told)
    refused = ask(portal)
    assert (refused.status_code, refused.headers.get("Retry-After")) == (429, "60" if told else None)
    clock.advance(timedelta(seconds=60))
    assert ask(portal).status_code == 200


def graphql(sandbox: GitLabSandbox, query: str, **variables: object) -> Any:
    body = {"query": query, "variables": variables}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.post(f"{sandbox.url}/api/graphql", json=body, headers=headers, timeout=9).json()


def test_graphql_gives_what_was_asked_for_and_nothing_else(sandbox: GitLabSandbox, portal: str) -> None:
    stats = "stats { totalIssuesCount closedIssuesCount }"
    milestones = f"milestones(sort: CREATED_ASC) {{ nodes {{ iid {stats} }} }}"
    query = f"query($ids: [ID!]) {{ found: projects(ids: $ids) {{ nodes {{ path: fullPath {milestones} }} }} }}"
    ids = [f"gid://gitlab/Project/{portal.rpartition('/')[2]}", "gid://gitlab/Project/999999"]
    counted = [
        {"iid": "1", "stats": {"totalIssuesCount": 1, "closedIssuesCount": 1}},
        {"iid": "2", "stats": {"totalIssuesCount": 0, "closedIssuesCount": 0}},
    ]
    node = {"path": PORTAL, "milestones": {"nodes": counted}}
    assert graphql(sandbox, query, ids=ids) == {"data": {"found": {"nodes": [node]}}}


@pytest.mark.parametrize(
    "query",
    [
        "{ projects { nodes { closedAt } } }",
        "{ projects { nodes { milestones(sort: CLOSED_ASC) { nodes { id } } } } }",
        "{ projects { nodes { milestones(sort: CREATED_ASC) { nodes { closedAt } } } } }",
        '{ projects(ids: ["gid://gitlab/Group/1"]) { nodes { id } } }',
        "{ projects",
        "{ projects { nodes } }",
        "",
    ],
)
def test_graphql_refuses_what_there_is_not(sandbox: GitLabSandbox, query: str) -> None:
    answer = graphql(sandbox, query)
    assert set(answer) == {"errors"}
    assert answer["errors"][0]["message"]


def test_graphql_gives_a_hundred_a_page_and_goes_on_where_it_was(sandbox: GitLabSandbox, portal: str) -> None:
    for number in range(150):
        sandbox.gitlab.add_milestone(PORTAL, f"Phase {number}")
    ids = [f"gid://gitlab/Project/{portal.rpartition('/')[2]}"]

    def page(after: str | None) -> Any:
        milestones = "milestones(first: 500, after: $after, sort: CREATED_ASC)"
        inner = "{ nodes { iid } pageInfo { hasNextPage endCursor } }"
        query = f"query($ids: [ID!], $after: String) {{ projects(ids: $ids) {{ nodes {{ {milestones} {inner} }} }} }}"
        return graphql(sandbox, query, ids=ids, after=after)["data"]["projects"]["nodes"][0]["milestones"]

    first = page(None)
    sandbox.gitlab.delete_milestone(PORTAL, 7)
    second = page(first["pageInfo"]["endCursor"])
    assert [one["iid"] for one in first["nodes"] + second["nodes"]] == [str(number) for number in range(1, 153)]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


def test_a_project_that_graphql_withholds_is_an_error_beside_the_others(sandbox: GitLabSandbox, portal: str) -> None:
    sandbox.withheld.append(int(portal.rpartition("/")[2]))
    query = "{ projects { nodes { id milestones(sort: CREATED_ASC) { nodes { id } } } } }"
    answer = graphql(sandbox, query)
    assert answer["data"]["projects"]["nodes"][0]["milestones"] is None
    assert answer["errors"][0]["path"][-1] == "milestones"


def test_everything_can_be_steered_from_outside(sandbox: GitLabSandbox, ask: Ask) -> None:
    app = order(sandbox, "add_project", project="acme/app")
    order(sandbox, "add_group", group="acme/web")
    assert order(sandbox, "add_milestone", owner="acme/app", title="Launch") == 1
    assert order(sandbox, "add_item", project="acme/app", title="Log in", milestone=1) == 1
    order(sandbox, "spend", project="acme/app", iid=1, person="ben", seconds=3600, at="2026-03-02T09:00Z")
    order(sandbox, "rename_milestone", owner="acme/app", milestone=1, title="Go live")
    order(sandbox, "close_milestone", owner="acme/app", milestone=1, by="ben")
    order(sandbox, "rename", owner="acme/app", to="acme/web/app")
    (launch,) = ask(f"/projects/{app}/milestones?state=closed").json()
    assert (launch["title"], launch["web_url"]) == ("Go live", f"{sandbox.url}/acme/web/app/-/milestones/1")
    assert ask(f"/projects/{app}/issues").json()[0]["time_stats"]["total_time_spent"] == 3600
    order(sandbox, "reopen_milestone", owner="acme/web/app", milestone=1)
    assert iids(ask(f"/projects/{app}/milestones?state=active")) == [1]
    order(sandbox, "delete_milestone", owner="acme/web/app", milestone=1)
    assert iids(ask(f"/projects/{app}/milestones")) == []
    order(sandbox, "fail", status=503, times=1, path="/version")
    assert [ask("/version").status_code for _ in range(2)] == [503, 200]
    order(sandbox, "offer_graphql", there=False)
    assert requests.post(f"{sandbox.url}/api/graphql", json={}, timeout=9).status_code == 404
    order(sandbox, "revoke")
    assert ask("/version").status_code == 401


@pytest.mark.parametrize(
    ("deed", "arguments"),
    [("close_milestone", {"owner": "acme/none", "milestone": 1}), ("add_milestone", {}), ("nothing", {})],
)
def test_an_order_that_makes_no_sense_is_refused(
    sandbox: GitLabSandbox, deed: str, arguments: dict[str, object]
) -> None:
    assert requests.post(f"{sandbox.url}/_sandbox/{deed}", json=arguments, timeout=9).status_code == 422


def order(sandbox: GitLabSandbox, deed: str, **arguments: object) -> Any:
    answer = requests.post(f"{sandbox.url}/_sandbox/{deed}", json=arguments, timeout=9)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]
