"""What every tracker must do, as tests to inherit. Shipped, so that other people's connectors can use it.

    class TestMyTracker(TrackerSuite):
        @pytest.fixture
        def world(self) -> MyWorld: ...           # a fresh, empty tracker, or its sandbox

        @pytest.fixture
        def tracker(self, world) -> Tracker: ...  # connected to it

Only tests import this module: it needs pytest.
"""

# ruff: noqa: D102 (the name of a test says what it asserts)

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import ClassVar, Protocol

import pytest

from tracker2invoice.errors import AccessDenied, CannotList, NotThere, TryLater
from tracker2invoice.model.milestone import Milestone
from tracker2invoice.plugins import Failed, Observed, PollResult, ProjectCursor, Tracker, Unchanged
from tracker2invoice.testing.twins import TrackerDeeds

HOSTILE_TITLES = (
    "=HYPERLINK('http://evil.example')",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "Phase 1\u202e, 日本語, 😀",
    "'; DROP TABLE milestones;--",
    "%s {0} ${HOME} $(id)",
)

UNREAD = (AccessDenied, NotThere, TryLater)
"""What it means that a list could not be read completely."""


class World(TrackerDeeds, Protocol):
    """What a test needs to do in the tracker, or its twin, behind the connector's back."""

    def add_milestone(self, project_id: str, title: str, due_on: date | None = None) -> int:
        """Create an open milestone; return its number."""
        ...

    def fail_next(self, project_id: str) -> None:
        """Let the next reading of a project fail at once."""
        ...

    def fail_half_way(self, project_id: str) -> None:
        """Let the next reading of a project fail after its first page."""
        ...

    def refuse_us(self) -> None:
        """Make our credentials worthless."""
        ...


class TrackerSuite:
    """Inherit and define the fixtures `world` and `tracker`.

    `kind` is that of the connector, for the report. `page` is how many entries the tracker gives a
    page. Without `merge_requests` the tracker has none, and those of the world are issues of another type.
    """

    kind: ClassVar[str] = ""
    page = 100
    merge_requests = True

    def test_an_empty_project_is_an_answer(self, tracker: Tracker, world: World) -> None:
        reading = _observe(tracker, world.add_project("acme/portal"))
        assert reading.milestones == ()
        assert reading.complete

    def test_a_failed_reading_is_not_an_empty_one(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        world.add_milestone(project, "Design")
        world.fail_next(project)
        assert isinstance(_poll_one(tracker, project), Failed)
        assert len(_observe(tracker, project).milestones) == 1

    def test_a_reading_that_fails_half_way_yields_nothing_else(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        for number in range(self.page + 1):
            world.add_milestone(project, f"Phase {number}")
        world.fail_half_way(project)
        results = list(tracker.poll([ProjectCursor(project, None)]))
        assert [type(result) for result in results] == [Failed]

    def test_one_project_fails_and_the_others_are_read(self, tracker: Tracker, world: World) -> None:
        projects = [world.add_project(f"acme/{name}") for name in ("portal", "shop", "app")]
        world.fail_next(projects[1])
        results = list(tracker.poll([ProjectCursor(project, None) for project in projects]))
        assert sorted(map(_project_of, results)) == sorted(projects)
        assert [_project_of(result) for result in results if isinstance(result, Failed)] == [projects[1]]

    def test_a_project_that_is_gone_fails(self, tracker: Tracker, world: World) -> None:
        world.add_project("acme/portal")
        result = _poll_one(tracker, "999999")
        assert isinstance(result, Failed)
        assert isinstance(result.error, NotThere)

    def test_every_page_is_read(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        titles = [f"Phase {number}" for number in range(2 * self.page + 1)]
        for title in titles:
            world.add_milestone(project, title)
        assert sorted(one.title for one in _observe(tracker, project).milestones) == sorted(titles)

    def test_open_and_closed_milestones_are_read_with_their_instants(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        world.add_milestone(project, "Beta")
        world.close(project, world.add_milestone(project, "Design"))
        by_title = {one.title: one for one in _observe(tracker, project).milestones}
        assert (by_title["Beta"].state, by_title["Beta"].closed_at) == ("open", None)
        assert by_title["Design"].state == "closed"
        for one in by_title.values():
            for instant in (one.created_at, one.updated_at, one.closed_at):
                assert instant is None or instant.utcoffset() == timedelta(0)

    def test_a_due_date_is_the_day_that_was_typed(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        world.add_milestone(project, "Design", due_on=date(2026, 3, 31))
        assert _only(tracker, project).due_on == date(2026, 3, 31)

    @pytest.mark.parametrize("title", HOSTILE_TITLES)
    def test_titles_arrive_as_they_were_typed(self, tracker: Tracker, world: World, title: str) -> None:
        project = world.add_project("acme/portal")
        world.add_milestone(project, title)
        assert _only(tracker, project).title == title

    def test_nothing_changed_is_said_so_or_read_alike(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        world.close(project, world.add_milestone(project, "Design"))
        first = _observe(tracker, project)
        second = _poll_one(tracker, project, first.cursor)
        assert isinstance(second, Unchanged) or (isinstance(second, Observed) and second.milestones == first.milestones)

    @pytest.mark.parametrize("change", ["close", "reopen", "rename", "delete"])
    def test_every_later_change_is_seen(self, tracker: Tracker, world: World, change: str) -> None:
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        if change == "reopen":
            world.close(project, number)
        cursor = _observe(tracker, project).cursor
        _change(world, project, number, change)
        later = _poll_one(tracker, project, cursor)
        assert isinstance(later, Observed)
        assert (
            _seen(later.milestones)
            == {
                "close": [("Design", "closed")],
                "reopen": [("Design", "open")],
                "rename": [("Concept", "open")],
                "delete": [],
            }[change]
        )
        assert later.complete or change != "delete"

    def test_a_milestone_keeps_its_key_when_it_is_renamed(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        before = _only(tracker, project).key
        world.rename(project, number, "Concept")
        assert _only(tracker, project).key == before

    def test_a_renamed_project_is_read_on_by_its_id(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        world.close(project, world.add_milestone(project, "Design"))
        assert tracker.find_project("acme/portal").id == project
        world.rename_project(project, "acme/customer-portal")
        assert _seen(_observe(tracker, project).milestones) == [("Design", "closed")]

    def test_every_project_under_a_name_is_listed(self, tracker: Tracker, world: World) -> None:
        _can_list(tracker)
        names = {world.add_project(name): name for name in [f"acme/p{n}" for n in range(self.page + 1)]}
        world.add_project("globex/portal")
        world.add_project("acme2/portal")
        assert {one.id: one.name for one in tracker.projects("acme")} == names

    def test_a_listed_project_is_the_one_that_is_found_by_its_name(self, tracker: Tracker, world: World) -> None:
        _can_list(tracker)
        world.add_project("acme/portal")
        assert tracker.projects("acme") == (tracker.find_project("acme/portal"),)

    def test_the_projects_of_an_unknown_name_are_not_none(self, tracker: Tracker, world: World) -> None:
        _can_list(tracker)
        world.add_project("acme/portal")
        with pytest.raises(NotThere):
            tracker.projects("acmee")

    def test_an_unknown_project_is_not_there(self, tracker: Tracker, world: World) -> None:
        world.add_project("acme/portal")
        with pytest.raises(NotThere):
            tracker.find_project("acme/potral")

    def test_wrong_credentials_are_said_so_everywhere(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        world.add_milestone(project, "Design")
        milestone = _only(tracker, project)
        world.refuse_us()
        with pytest.raises(AccessDenied):
            tracker.find_project("acme/portal")
        if _lists(tracker):
            with pytest.raises(AccessDenied):
                tracker.projects("acme")
        result = _poll_one(tracker, project)
        assert isinstance(result, Failed)
        assert isinstance(result.error, AccessDenied)
        with pytest.raises(AccessDenied):
            tracker.work(milestone)
        assert not all(finding.ok for finding in tracker.check(["acme/portal"]))

    def _with_a_page_of_tasks(self, world: World) -> str:
        """Add a project whose milestone holds every kind of item, in more than one page; return its id."""
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        world.add_issue(project, number, "not finished", done=False)
        world.add_issue(project, number, "a merged change", "merge_request")
        world.add_issue(project, number, "a change that was refused", "merge_request", done=False)
        for count in range(self.page):
            world.add_issue(project, number, f"task {count}")
        return project

    def test_deliverables_are_complete_in_order_and_finished(self, tracker: Tracker, world: World) -> None:
        project = self._with_a_page_of_tasks(world)
        found = tracker.deliverables(_only(tracker, project))
        assert [one.title for one in found] == ["a merged change", *(f"task {n}" for n in range(self.page))]
        assert [one.kind for one in found[:2]] == ["merge_request" if self.merge_requests else "issue", "issue"]
        assert all(one.url.startswith("http") and one.closed_at is not None for one in found)

    def test_work_is_complete_in_order_open_and_closed(self, tracker: Tracker, world: World) -> None:
        project = self._with_a_page_of_tasks(world)
        found = tracker.work(_only(tracker, project))
        assert [one.title for one in found if not one.closed] == ["not finished"]
        assert [one.title for one in found][:2] == ["not finished", "a merged change"]
        assert [one.title for one in found][2:] == [f"task {n}" for n in range(self.page)]

    def test_what_is_closed_in_the_work_is_what_was_delivered(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        world.add_issue(project, number, "not finished", done=False)
        world.add_issue(project, number, "a task")
        world.add_issue(project, number, "a change", "merge_request")
        milestone = _only(tracker, project)
        delivered = [one.number for one in tracker.deliverables(milestone)]
        assert [one.number for one in tracker.work(milestone) if one.closed] == delivered

    def test_work_has_its_labels(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        world.add_issue(project, number, "with labels", labels=("screen", "billable"))
        world.add_issue(project, number, "without")
        labels = [sorted(one.labels) for one in tracker.work(_only(tracker, project))]
        assert labels == [["billable", "screen"], []]

    @pytest.mark.parametrize("title", HOSTILE_TITLES)
    def test_titles_of_work_arrive_as_they_were_typed(self, tracker: Tracker, world: World, title: str) -> None:
        project = world.add_project("acme/portal")
        world.add_issue(project, world.add_milestone(project, "Design"), title, done=False)
        assert [one.title for one in tracker.work(_only(tracker, project))] == [title]

    def test_work_is_that_of_its_own_milestone(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        for title in ("Design", "Beta"):
            world.add_issue(project, world.add_milestone(project, title), f"work for {title}")
        world.add_milestone(project, "Acceptance")
        found = {one.title: tracker.work(one) for one in _observe(tracker, project).milestones}
        titles = {title: [one.title for one in work] for title, work in found.items()}
        assert titles == {"Design": ["work for Design"], "Beta": ["work for Beta"], "Acceptance": []}

    def test_work_that_cannot_be_read_is_an_error_and_not_empty(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        world.add_issue(project, world.add_milestone(project, "Design"), "a task")
        milestone = _only(tracker, project)
        world.fail_next(project)
        with pytest.raises(UNREAD):
            tracker.work(milestone)
        assert len(tracker.work(milestone)) == 1

    def test_work_that_is_read_half_way_is_an_error(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        for count in range(self.page + 1):
            world.add_issue(project, number, f"task {count}")
        milestone = _only(tracker, project)
        world.fail_half_way(project)
        with pytest.raises(UNREAD):
            tracker.work(milestone)

    def test_work_of_a_milestone_that_is_gone_is_an_error(self, tracker: Tracker, world: World) -> None:
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        milestone = _only(tracker, project)
        world.delete_milestone(project, number)
        with pytest.raises(UNREAD):
            tracker.work(milestone)

    def test_check_names_a_project_that_is_missing(self, tracker: Tracker, world: World) -> None:
        world.add_project("acme/portal")
        findings = list(tracker.check(["acme/portal", "acme/potral"]))
        missing = [finding for finding in findings if not finding.ok]
        assert len(missing) == 1
        assert "acme/potral" in missing[0].what
        assert missing[0].next_step


def _can_list(tracker: Tracker) -> None:
    if not _lists(tracker):
        pytest.skip("this tracker cannot list projects")


def _lists(tracker: Tracker) -> bool:
    try:
        tracker.projects("acme")
    except (AttributeError, CannotList):
        return False
    except UNREAD:
        return True
    return True


def _poll_one(tracker: Tracker, project_id: str, cursor: str | None = None) -> PollResult:
    (result,) = tracker.poll([ProjectCursor(project_id, cursor)])
    return result


def _observe(tracker: Tracker, project_id: str) -> Observed:
    result = _poll_one(tracker, project_id)
    assert isinstance(result, Observed)
    return result


def _only(tracker: Tracker, project_id: str) -> Milestone:
    (milestone,) = _observe(tracker, project_id).milestones
    return milestone


def _project_of(result: PollResult) -> str:
    return result.project.id if isinstance(result, Observed) else result.project_id


def _seen(milestones: Sequence[Milestone]) -> list[tuple[str, str]]:
    return [(one.title, one.state) for one in milestones]


def _change(world: World, project: str, number: int, change: str) -> None:
    match change:
        case "close":
            world.close(project, number)
        case "reopen":
            world.reopen(project, number)
        case "rename":
            world.rename(project, number, "Concept")
        case _:
            world.delete_milestone(project, number)
