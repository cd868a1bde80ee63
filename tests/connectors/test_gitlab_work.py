"""What GitLab tells of the work in a milestone: items, weights, estimates, and who spent how many hours when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, Tracker2InvoiceError
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.model.work import TimeEntry, Work, WorkItem
from tracker2invoice.plugins import Observed, ProjectCursor, Tracker
from tracker2invoice.testing.sandbox.gitlab import GitLabSandbox
from tracker2invoice.testing.sandbox.server import Answer, Fault, Request

if TYPE_CHECKING:
    from tests.conftest import FrozenClock

PORTAL = "acme/web/portal"
GROUP = "acme/web"
NINE = "2026-02-27T09:00:00+00:00"


@pytest.fixture
def tracker(gitlab_tracker: Tracker) -> Tracker:
    return gitlab_tracker


@pytest.fixture
def design(gitlab: GitLabSandbox, tracker: Tracker) -> Milestone:
    gitlab.gitlab.add_project(PORTAL)
    gitlab.gitlab.add_milestone(PORTAL, "Design")
    return the_milestone(gitlab, tracker, PORTAL)


def the_milestone(gitlab: GitLabSandbox, tracker: Tracker, path: str) -> Milestone:
    (reading,) = tracker.poll([ProjectCursor(tracker.find_project(path).id, None)])
    assert isinstance(reading, Observed)
    gitlab.requests.clear()
    return reading.milestones[0]


def hours(work: Work) -> list[tuple[str, date, Decimal]]:
    return [(one.person, one.day, one.hours) for item in work for one in item.time]


def test_only_what_was_delivered_is_listed(
    gitlab: GitLabSandbox, tracker: Tracker, design: Milestone, clock: FrozenClock
) -> None:
    add = gitlab.gitlab.add_item
    add(PORTAL, "done", 1, assignees=("anna", "ben"))
    add(PORTAL, "moved to another project", 1, moved_to=99)
    add(PORTAL, "refused change", 1, kind="merge_request", state="closed")
    add(PORTAL, "merged change", 1, kind="merge_request", state="merged")
    add(PORTAL, "of no milestone")
    add(PORTAL, "still open", 1, state="opened")
    page = f"{gitlab.url}/{PORTAL}/-"
    assert tracker.deliverables(design) == (
        Deliverable("issue", "1", "done", f"{page}/issues/1", clock(), ("anna", "ben")),
        Deliverable("merge_request", "!2", "merged change", f"{page}/merge_requests/2", clock()),
    )


def test_work_has_labels_weights_and_estimates_where_there_are_any(
    gitlab: GitLabSandbox, tracker: Tracker, design: Milestone, clock: FrozenClock
) -> None:
    add = gitlab.gitlab.add_item
    add(PORTAL, "weighed", 1, weight=3, estimate=5400, labels=("screen", "größe: M"))
    add(PORTAL, "not weighed", 1, state="opened", weight=0)
    add(PORTAL, "being merged", 1, kind="merge_request", state="opened")
    assert tracker.work(design) == (
        WorkItem("1", "weighed", True, ("screen", "größe: M"), Decimal(3), Decimal("1.5"), closed_at=clock()),
        WorkItem("!1", "being merged", closed=False),
        WorkItem("2", "not weighed", closed=False, points=Decimal(0)),
    )
    assert [one.path for one in gitlab.requests if one.path == "/api/graphql"] == []


def test_hours_have_their_person_and_their_day_in_utc(
    gitlab: GitLabSandbox, tracker: Tracker, design: Milestone
) -> None:
    state = gitlab.gitlab
    state.add_item(PORTAL, "a task", 1)
    state.add_item(PORTAL, "a change", 1, kind="merge_request", state="merged")
    state.spend(PORTAL, 1, "anna", 5400, "2026-03-01T00:30:00+02:00")
    state.spend(PORTAL, 1, "ben", -1800, NINE)
    state.spend(PORTAL, 1, "carol", 600, NINE, "merge_request")
    task, change = tracker.work(design)
    assert task.time == (
        TimeEntry("anna", date(2026, 2, 28), Decimal("1.5")), TimeEntry("ben", date(2026, 2, 27), Decimal("-0.5"))
    )  # fmt: skip
    assert [(one.person, round(one.hours, 4)) for one in change.time] == [("carol", Decimal("0.1667"))]


def test_hours_of_many_items_are_asked_for_a_hundred_at_a_time_and_read_to_the_last_page(
    gitlab: GitLabSandbox, tracker: Tracker, design: Milestone
) -> None:
    state = gitlab.gitlab
    for number in range(1, 151):
        state.add_item(PORTAL, f"task {number}", 1)
        state.spend(PORTAL, number, "anna", 3600, NINE)
    for _ in range(250):
        state.spend(PORTAL, 7, "ben", 60, NINE)
    found = hours(tracker.work(design))
    assert sum(one for person, _, one in found if person == "anna") == 150
    assert len([one for one in found if one[0] == "ben"]) == 250
    # two for the items, two for the further pages of one of them
    assert sum(one.path == "/api/graphql" for one in gitlab.requests) == 4


def test_without_graphql_nobody_is_made_up_for_hours(
    gitlab: GitLabSandbox, tracker: Tracker, design: Milestone
) -> None:
    gitlab.gitlab.add_item(PORTAL, "a task", 1)
    gitlab.offer_graphql(False)
    assert hours(tracker.work(design)) == []
    gitlab.gitlab.spend(PORTAL, 1, "anna", 3600, NINE)
    with pytest.raises(AccessDenied, match="only GraphQL tells who worked when"):
        tracker.work(design)
    assert len(tracker.deliverables(design)) == 1


def timelogs(*logs: tuple[int, str], iid: str = "1") -> dict[str, Any]:
    nodes = [{"timeSpent": seconds, "spentAt": NINE, "user": {"username": person}} for seconds, person in logs]
    connection = {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}
    return {"data": {"projects": {"nodes": [{"items": {"nodes": [{"iid": iid, "rows": connection}]}}]}}}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (timelogs(), AccessDenied),
        (timelogs((1800, "anna")), BadAnswer),
        (timelogs((3600, "anna"), (3600, "ben")), BadAnswer),
        (timelogs((3600, "anna"), iid="2"), BadAnswer),
        ({"data": {"projects": {"nodes": []}}}, BadAnswer),
        ({"data": {"projects": None}}, BadAnswer),
        ({"data": None, "errors": [{"message": "Timeout"}]}, AccessDenied),
    ],
)
def test_hours_that_do_not_make_the_total_are_an_error(
    gitlab: GitLabSandbox, tracker: Tracker, design: Milestone, told: dict[str, Any],
    expected: type[Tracker2InvoiceError],
) -> None:  # fmt: skip
    gitlab.gitlab.add_item(PORTAL, "a task", 1)
    gitlab.gitlab.spend(PORTAL, 1, "anna", 3600, NINE)
    gitlab.faults.append(Fault(answer=Answer(200, told), path="/graphql"))
    with pytest.raises(expected):
        tracker.work(design)
    assert hours(tracker.work(design)) == [("anna", date(2026, 2, 27), Decimal(1))]


@pytest.mark.parametrize("title", ["None", "any", "Upcoming", "#started", " No Milestone "])
def test_a_title_that_means_something_else_to_gitlab_is_no_empty_milestone(
    gitlab: GitLabSandbox, tracker: Tracker, title: str
) -> None:
    state = gitlab.gitlab
    for owner in (PORTAL, GROUP):
        state.add_project(PORTAL) if owner == PORTAL else None
        state.add_item(PORTAL, "a task", state.add_milestone(owner, title), of=owner)
        milestone = the_milestone(gitlab, tracker, owner)
        with pytest.raises(NotThere, match="give it another one"):
            tracker.work(milestone)


def test_what_is_of_another_milestone_is_never_billed_with_this_one(
    gitlab: GitLabSandbox, tracker: Tracker, design: Milestone
) -> None:
    state = gitlab.gitlab
    state.add_item(PORTAL, "a task", 1)
    state.add_item(PORTAL, "of another", state.add_milestone(PORTAL, "Beta"))
    state.owner(PORTAL).milestones[2].title = "Design"
    with pytest.raises(BadAnswer, match="not in the milestone"):
        tracker.work(design)


def test_work_of_a_group_is_that_of_all_projects_below_and_of_no_other_milestone(
    gitlab: GitLabSandbox, tracker: Tracker
) -> None:
    state = gitlab.gitlab
    for path in (PORTAL, "acme/web/deep/shop", "other/app"):
        state.add_project(path)
    state.add_milestone(GROUP, "Release")
    state.add_item(PORTAL, "here", 1, of=GROUP)
    state.add_item("acme/web/deep/shop", "in a subgroup", 1, of=GROUP)
    state.add_item("acme/web/deep/shop", "a change", 1, of=GROUP, kind="merge_request", state="merged")
    state.add_item("acme/web/deep/shop", "of its own", state.add_milestone("acme/web/deep/shop", "Release"))
    state.spend("acme/web/deep/shop", 1, "anna", 3600, NINE)
    release = the_milestone(gitlab, tracker, GROUP)
    assert (release.open_items, release.closed_items) == (0, 2)
    work = tracker.work(release)
    assert [(one.number, one.title) for one in work] == [
        ("acme/web/portal#1", "here"),
        ("acme/web/deep/shop#1", "in a subgroup"),
        ("acme/web/deep/shop!1", "a change"),
    ]
    assert hours(work) == [("anna", date(2026, 2, 27), Decimal(1))]
    state.rename_milestone(GROUP, 1, "Go live")
    assert len(tracker.deliverables(release)) == 3
    state.delete_milestone(GROUP, 1)
    with pytest.raises(NotThere):
        tracker.work(release)


class Restless(GitLabSandbox):
    """So many times somebody takes an issue out of the milestone after the first page of its issues has been read."""

    times = 0

    def handle(self, request: Request) -> Answer:
        if request.query.get("page") == "2" and request.path.endswith("/issues") and self.times:
            self.times -= 1
            next(one for one in self.gitlab.items() if one.milestone).milestone = None
        return super().handle(request)


@pytest.fixture
def restless(clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, gitlab: GitLabSandbox) -> Callable[[int], None]:
    def moves(times: int) -> None:
        gitlab.__class__ = Restless
        monkeypatch.setattr(gitlab, "times", times, raising=False)

    return moves


@pytest.mark.parametrize("question", ["deliverables", "work"])
def test_an_issue_that_moves_to_another_page_is_not_lost(
    gitlab: GitLabSandbox, tracker: Tracker, design: Milestone, restless: Callable[[int], None], question: str
) -> None:
    for number in range(150):
        gitlab.gitlab.add_item(PORTAL, f"task {number}", 1)
    restless(1)
    found = getattr(tracker, question)(design)
    assert [one.number for one in found] == [str(number) for number in range(2, 151)]
    restless(3)
    with pytest.raises(BadAnswer, match="changed while it was read"):
        getattr(tracker, question)(design)
