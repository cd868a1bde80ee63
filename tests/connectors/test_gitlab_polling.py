"""What a poll of GitLab asks, what it learns of closings, and groups, against the sandbox."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.errors import NotThere
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Failed, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.sandbox.gitlab import GitLabSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

ROOT = Path(__file__).resolve().parents[2]
PORTAL = "acme/web/portal"
HOUR = timedelta(hours=1)


@pytest.fixture
def tracker(gitlab_tracker: Tracker) -> Tracker:
    return gitlab_tracker


def poll(tracker: Tracker, project_id: str | int, cursor: str | None = None) -> PollResult:
    (result,) = tracker.poll([ProjectCursor(str(project_id), cursor)])
    return result


def observe(tracker: Tracker, project_id: str | int, cursor: str | None = None) -> Observed:
    result = poll(tracker, project_id, cursor)
    assert isinstance(result, Observed), result
    return result


def only(tracker: Tracker, project_id: str | int, cursor: str | None = None) -> Milestone:
    (milestone,) = observe(tracker, project_id, cursor).milestones
    return milestone


def asked(gitlab: GitLabSandbox) -> dict[str, int]:
    """Return how often each kind of thing was asked since the last time."""
    kinds = Counter("graphql" if one.path == "/api/graphql" else one.path.rpartition("/")[2] for one in gitlab.requests)
    gitlab.requests.clear()
    return dict(kinds)


def test_a_hundred_projects_are_one_request_and_what_changed_is_one_more(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    ids = [str(gitlab.gitlab.add_project(f"acme/p{number}")) for number in range(100)]
    for number in range(100):
        gitlab.gitlab.close_milestone(f"acme/p{number}", gitlab.gitlab.add_milestone(f"acme/p{number}", "Design"))
    cold = {
        one.project.id: one
        for one in tracker.poll([ProjectCursor(one, None) for one in ids])
        if isinstance(one, Observed)
    }
    assert (len(cold), asked(gitlab)) == (100, {"graphql": 1, "events": 100})
    cursors = [ProjectCursor(one, cold[one].cursor) for one in ids]
    assert {type(one) for one in tracker.poll(cursors)} == {Unchanged}
    assert asked(gitlab) == {"graphql": 1}
    clock.advance(HOUR)
    gitlab.gitlab.close_milestone("acme/p7", gitlab.gitlab.add_milestone("acme/p7", "Beta"))
    (changed,) = (one for one in tracker.poll(cursors) if isinstance(one, Observed))
    assert [one.closed_at for one in changed.milestones] == [clock() - HOUR, clock()]
    assert asked(gitlab) == {"graphql": 1, "events": 1}


def test_projects_beyond_a_hundred_and_groups_are_further_requests(gitlab: GitLabSandbox, tracker: Tracker) -> None:
    ids = [str(gitlab.gitlab.add_project(f"acme/p{number}")) for number in range(101)]
    group = f"group-{gitlab.gitlab.add_group('globex')}"
    results = list(tracker.poll([ProjectCursor(one, None) for one in [*ids, group]]))
    assert {one.project.id for one in results if isinstance(one, Observed)} == {*ids, group}
    assert asked(gitlab) == {"graphql": 3}


def test_the_closing_that_counts_is_the_last_one_and_has_its_person(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"), by="anna")
    clock.advance(HOUR)
    state.reopen_milestone(PORTAL, 1)
    clock.advance(HOUR)
    state.close_milestone(PORTAL, 1, by="ben")
    closed_at = clock()
    clock.advance(timedelta(days=40))
    state.rename_milestone(PORTAL, 1, "Concept")
    found = only(tracker, portal)
    assert (found.closed_at, found.closed_by, found.updated_at) == (closed_at, "ben", clock())


def test_a_closing_between_two_polls_replaces_the_one_before(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    before = observe(tracker, portal)
    clock.advance(timedelta(days=3))
    state.reopen_milestone(PORTAL, 1)
    state.close_milestone(PORTAL, 1, by="ben")
    after = only(tracker, portal, before.cursor)
    assert (after.closed_at, after.closed_by) == (clock(), "ben")


def test_an_edit_after_the_closing_leaves_its_time_as_it_was(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    before = observe(tracker, portal)
    clock.advance(timedelta(days=400))
    state.rename_milestone(PORTAL, 1, "Concept")
    after = only(tracker, portal, before.cursor)
    assert (after.title, after.closed_at) == ("Concept", before.milestones[0].closed_at)


def test_events_before_the_closing_that_is_known_are_not_read_again(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.add_milestone(PORTAL, "Design")
    clock.advance(timedelta(days=400))
    state.close_milestone(PORTAL, 1)
    before, closed_at = observe(tracker, portal), clock()
    clock.advance(timedelta(days=30))
    state.rename_milestone(PORTAL, 1, "Concept")
    only(tracker, portal, before.cursor)
    days = [one.query["after"] for one in gitlab.requests if one.path.endswith("/events")]
    assert days[-1] == f"{closed_at - timedelta(days=2):%Y-%m-%d}"


def test_a_reopening_that_comes_while_it_is_read_leaves_the_time_open(gitlab: GitLabSandbox, tracker: Tracker) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    design = state.owner(PORTAL).milestones[1]
    state.reopen_milestone(PORTAL, 1)
    design.state = "closed"  # as the list was read, before the reopening
    assert only(tracker, portal).closed_at is None


def test_a_closing_older_than_the_events_has_no_time_and_is_not_asked_for_again(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    long_ago = clock()
    clock.advance(timedelta(days=4 * 365))
    found = observe(tracker, portal)
    assert [(one.closed_at, one.closed_by, one.updated_at) for one in found.milestones] == [(None, "", long_ago)]
    assert asked(gitlab) == {"graphql": 1, "events": 1}
    assert isinstance(poll(tracker, portal, found.cursor), Unchanged)
    assert asked(gitlab) == {"graphql": 1}


def test_an_event_that_comes_late_is_found_by_the_next_poll(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    late = state.events.pop()
    first = observe(tracker, portal)
    state.events.append(late)
    assert (first.milestones[0].closed_at, only(tracker, portal, first.cursor).closed_at) == (None, clock())


@pytest.mark.parametrize("status", [403, 404])
def test_without_permission_for_events_the_last_change_is_all_that_is_known(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock, status: int
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    gitlab.fail(status, path="/events")
    found = only(tracker, portal)
    assert (found.state, found.closed_at, found.updated_at) == ("closed", None, clock())


@pytest.mark.parametrize("status", [401, 429, 500])
def test_events_that_could_not_be_read_are_no_closing_without_a_time(
    gitlab: GitLabSandbox, tracker: Tracker, status: int
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    gitlab.fail(status, path="/events")
    assert isinstance(poll(tracker, portal), Failed)


def test_a_short_page_of_events_is_not_the_last_one(gitlab: GitLabSandbox, tracker: Tracker) -> None:
    # GitLab filters a page after it has cut it off
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    gitlab.faults.append(Fault(answer=Answer(200, [], {"X-Next-Page": "2"}), path="/events"))
    closing = {
        "id": 9, "action_name": "closed", "target_id": state.owner(PORTAL).milestones[1].id,
        "target_type": "Milestone", "created_at": "2026-03-01T23:59:59.999+01:00", "author": {"username": "ben"},
    }  # fmt: skip
    # issues have ids of their own, which may be alike
    of_an_issue = closing | {"id": 10, "action_name": "opened", "target_type": "Issue"}
    gitlab.faults.append(Fault(answer=Answer(200, [closing, of_an_issue]), path="/events"))
    found = only(tracker, portal)
    assert (found.closed_at, found.closed_by) == (datetime(2026, 3, 1, 22, 59, 59, 999000, UTC), "ben")


def test_events_are_asked_for_from_days_that_are_not_included_themselves(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    observe(tracker, portal)
    (request,) = (one for one in gitlab.requests if one.path.endswith("/events"))
    assert request.query["after"] == f"{clock() - timedelta(days=2):%Y-%m-%d}"
    assert request.query["target_type"] == "milestone"


def test_counts_are_those_of_issues_and_change_without_the_milestone(gitlab: GitLabSandbox, tracker: Tracker) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.close_milestone(PORTAL, state.add_milestone(PORTAL, "Design"))
    state.add_item(PORTAL, "done", 1)
    state.add_item(PORTAL, "open change", 1, kind="merge_request", state="opened")
    before = observe(tracker, portal)
    state.add_item(PORTAL, "forgotten", 1, state="opened")
    after = only(tracker, portal, before.cursor)
    assert [(one.open_items, one.closed_items) for one in (*before.milestones, after)] == [(0, 1), (1, 1)]
    gitlab.offer_graphql(False)
    again = only(tracker, portal)
    assert (again.open_items, again.closed_items) == (1, 1)


def test_a_milestone_without_counts_is_counted_and_not_taken_for_finished(
    gitlab: GitLabSandbox, tracker: Tracker
) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.add_item(PORTAL, "open", state.add_milestone(PORTAL, "Design"), state="opened")
    owner = {
        "id": f"gid://gitlab/Project/{portal}", "fullPath": PORTAL, "webUrl": gitlab.url,
        "milestones": {"nodes": [graphql_milestone(stats=None)], "pageInfo": {"hasNextPage": False, "endCursor": None}},
    }  # fmt: skip
    gitlab.faults.append(Fault(answer=Answer(200, {"data": {"owners": {"nodes": [owner]}}}), path="/graphql"))
    assert (only(tracker, portal).open_items, only(tracker, portal).closed_items) == (1, 0)


def graphql_milestone(**fields: object) -> dict[str, object]:
    return {
        "id": "gid://gitlab/Milestone/1", "iid": "1", "title": "Design", "description": None, "state": "active",
        "webPath": "/x/-/milestones/1", "dueDate": None, "createdAt": "2026-03-01T00:00:00Z",
        "updatedAt": "2026-03-01T00:00:00Z", **fields,
    }  # fmt: skip


def test_a_group_has_its_own_milestones_under_an_id_that_no_project_has(
    gitlab: GitLabSandbox, tracker: Tracker, clock: FrozenClock
) -> None:
    state = gitlab.gitlab
    portal = state.add_project(PORTAL)
    state.add_milestone(PORTAL, "of the project")
    state.close_milestone("acme/web", state.add_milestone("acme/web", "Release"))
    found = tracker.find_project("acme/web")
    assert (found.id, found.name, found.url) == (
        f"group-{state.owner('acme/web').id}", "acme/web", f"{gitlab.url}/groups/acme/web"
    )  # fmt: skip
    assert tracker.find_project(PORTAL).id == str(portal)
    for there in (True, False):
        gitlab.offer_graphql(there)
        release = only(tracker, found.id)
        assert (release.title, release.state, release.url) == (
            "Release", "closed", f"{gitlab.url}/groups/acme/web/-/milestones/1"
        )  # fmt: skip
        # milestones of groups leave no events: the last change is all that is known
        assert (release.closed_at, release.updated_at) == (None, clock())
    assert "events" not in asked(gitlab)


def test_a_group_that_graphql_of_an_older_version_cannot_list_is_read_by_rest(
    gitlab: GitLabSandbox, tracker: Tracker
) -> None:
    state = gitlab.gitlab
    group, portal = state.add_group("globex"), state.add_project(PORTAL)
    refusal = {"errors": [{"message": "Field 'groups' doesn't accept argument 'ids'"}]}
    ours = [ProjectCursor(str(portal), None), ProjectCursor(f"group-{group}", None)]

    class Groups(Fault):
        def matches(self, request: object) -> bool:
            return b"groups(ids" in getattr(request, "body", b"")

    gitlab.faults.append(Groups(answer=Answer(200, refusal)))
    assert [type(one) for one in tracker.poll(ours)] == [Observed, Observed]
    assert asked(gitlab) == {"graphql": 2, str(group): 1, "milestones": 1}


def test_by_rest_the_name_is_that_in_the_addresses_of_the_milestones(gitlab: GitLabSandbox, tracker: Tracker) -> None:
    # asking for projects has a limit of 400 a minute on gitlab.com
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    gitlab.offer_graphql(False)
    for owner, project_id in ((PORTAL, str(portal)), ("acme/web", f"group-{state.owner('acme/web').id}")):
        state.add_milestone(owner, "Design")
        gitlab.requests.clear()
        assert observe(tracker, project_id).project == tracker.find_project(owner)
        assert [one.path.rpartition("/")[2] for one in gitlab.requests][:3] == ["graphql", "milestones", "issues"]


def test_a_former_path_leads_to_the_project_or_group_and_its_present_name(
    gitlab: GitLabSandbox, tracker: Tracker
) -> None:
    portal, group = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab.add_group("globex/team")
    gitlab.gitlab.rename(PORTAL, "acme/gate")
    gitlab.gitlab.rename("globex/team", "globex/crew")
    assert [(one.id, one.name) for one in map(tracker.find_project, (PORTAL, "globex/team"))] == [
        (str(portal), "acme/gate"), (f"group-{group}", "globex/crew")
    ]  # fmt: skip


def test_a_moved_project_is_billed_on_under_its_new_name(gitlab: GitLabSandbox, tracker: Tracker) -> None:
    portal, state = gitlab.gitlab.add_project(PORTAL), gitlab.gitlab
    state.add_milestone(PORTAL, "Design")
    before = observe(tracker, portal)
    state.rename(PORTAL, "newowner/gate")
    state.close_milestone("newowner/gate", 1)
    after = observe(tracker, portal, before.cursor)
    assert (after.project.id, after.project.name) == (str(portal), "newowner/gate")
    assert [(one.key, one.state) for one in after.milestones] == [(before.milestones[0].key, "closed")]


@pytest.mark.parametrize(
    "name", ["", "5", "acme/../user", "../user", "acme//portal", "acme/portal?x=1", "a b/c", "a%2Fb"]
)
def test_what_cannot_be_a_project_is_not_asked_for(gitlab: GitLabSandbox, tracker: Tracker, name: str) -> None:
    with pytest.raises(NotThere):
        tracker.find_project(name)
    assert not gitlab.requests


@pytest.mark.parametrize("project_id", ["x", "../../user", "group-", "group-x", "1?a=b"])
def test_an_id_that_is_none_leads_nowhere(gitlab: GitLabSandbox, tracker: Tracker, project_id: str) -> None:
    gitlab.offer_graphql(False)
    result = poll(tracker, project_id)
    assert isinstance(result, Failed)
    nothing = {f"/api/v4/{kind}/0/milestones" for kind in ("projects", "groups")}
    assert {one.path for one in gitlab.requests} <= {"/api/graphql", *nothing}


@pytest.mark.parametrize("cursor", ["", "[]", "nonsense", '{"seen": 1}', '{"closed": {"1": {"changed": "x"}}}'])
def test_a_strange_cursor_is_a_first_reading(gitlab: GitLabSandbox, tracker: Tracker, cursor: str) -> None:
    portal = gitlab.gitlab.add_project(PORTAL)
    gitlab.gitlab.add_milestone(PORTAL, "Design")
    assert only(tracker, portal, cursor).title == "Design"


def test_the_table_of_polling_costs_can_be_printed() -> None:
    script = "from bench.polling_gitlab import main; main(projects=4, milestones=3, closed=2, promise=8, followed=4)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert [line.rsplit(maxsplit=3)[1] for line in lines[2:5]] == ["8", "5", "1"]
    assert [line.rsplit(maxsplit=2)[1] for line in lines[6:]] == ["2", "5", "1"]
