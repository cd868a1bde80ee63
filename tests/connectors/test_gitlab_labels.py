"""Who has set labels on issues and merge requests of GitLab: what the suite of all trackers does not know of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tracker2invoice.errors import BadAnswer
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.work import Labelling
from tracker2invoice.plugins import Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.gitlab import GitLabSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/portal"
EVENTS = "/resource_label_events"
EVENT: dict[str, Any] = {
    "id": 1, "created_at": "2026-03-02T09:30:00.000Z", "action": "add", "user": {"username": "anna"},
    "label": {"name": "accepted"},
}  # fmt: skip


def milestone_of(tracker: Tracker, project_id: str) -> Milestone:
    (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Observed)
    return result.milestones[0]


@pytest.fixture
def design(gitlab: GitLabSandbox, gitlab_tracker: Tracker) -> Milestone:
    """A milestone with one closed issue."""
    portal = gitlab.gitlab.add_project(PORTAL)
    gitlab.gitlab.add_item(PORTAL, "Log in", gitlab.gitlab.add_milestone(PORTAL, "Design"))
    return milestone_of(gitlab_tracker, str(portal))


def labellings(tracker: Tracker, milestone: Milestone) -> list[Labelling]:
    return [one for item in tracker.work(milestone, None, ("accepted",)) for one in item.labellings]


def asked(sandbox: GitLabSandbox) -> list[str]:
    return [request.path for request in sandbox.requests if request.path.endswith(EVENTS)]


def test_a_labelling_is_told_with_the_address_of_its_item(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone, clock: FrozenClock
) -> None:
    clock.advance(timedelta(hours=1))
    gitlab.gitlab.set_label(PORTAL, 1, "accepted", "anna")
    url = f"{gitlab.url}/acme/portal/-/issues/1"
    assert labellings(gitlab_tracker, design) == [Labelling("accepted", "anna", clock.now, url)]


def test_whatever_order_the_events_come_in_the_last_is_told_last(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone
) -> None:
    for person in ("anna", "mallory"):
        gitlab.gitlab.set_label(PORTAL, 1, "accepted", person)
    gitlab.gitlab.item(PORTAL, 1).label_events.reverse()
    assert [one.by for one in labellings(gitlab_tracker, design)] == ["anna", "mallory"]


def test_an_account_that_is_no_more_is_nobody_and_a_label_that_was_deleted_none(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone
) -> None:
    for person in ("anna", ""):
        gitlab.gitlab.set_label(PORTAL, 1, "accepted", person)
    item = gitlab.gitlab.item(PORTAL, 1)
    item.label_events[0] = replace(item.label_events[0], label=None)
    assert [one.by for one in labellings(gitlab_tracker, design)] == [""]


def test_only_finished_items_with_the_label_cost_a_request_each(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone
) -> None:
    for title, state, label in (("a", "closed", "accepted"), ("b", "opened", "accepted"), ("c", "closed", "bug")):
        iid = gitlab.gitlab.add_item(PORTAL, title, design.number, state=state)  # type: ignore[arg-type]
        gitlab.gitlab.set_label(PORTAL, iid, label, "anna")
    gitlab.requests.clear()
    assert len(labellings(gitlab_tracker, design)) == 1
    assert asked(gitlab) == [f"/api/v4/projects/{design.project_id}/issues/2{EVENTS}"]
    gitlab.requests.clear()
    gitlab_tracker.work(design)
    assert asked(gitlab) == []


def test_issues_of_several_projects_in_a_groups_milestone_have_their_own_labels(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker
) -> None:
    group = gitlab.gitlab.add_group("acme")
    number = gitlab.gitlab.add_milestone("acme", "Release")
    for name, person in (("acme/portal", "anna"), ("acme/shop", "ben")):
        gitlab.gitlab.add_project(name)
        gitlab.gitlab.add_item(name, "a task", number, of="acme")
        gitlab.gitlab.set_label(name, 1, "accepted", person)
    found = labellings(gitlab_tracker, milestone_of(gitlab_tracker, f"group-{group}"))
    assert sorted(one.by for one in found) == ["anna", "ben"]


STRANGE: list[Any] = [
    {},
    [None],
    [{}],
    [EVENT | {"created_at": "soon"}],
    [EVENT | {"user": {}}],
    [EVENT | {"action": "perhaps"}],
]


@pytest.mark.parametrize("body", STRANGE)
def test_labellings_in_another_form_are_an_error(
    gitlab: GitLabSandbox, gitlab_tracker: Tracker, design: Milestone, body: Any
) -> None:
    gitlab.gitlab.set_label(PORTAL, 1, "accepted", "anna")
    gitlab.faults.append(Fault(answer=Answer(200, body), path=EVENTS))
    with pytest.raises(BadAnswer):
        labellings(gitlab_tracker, design)
