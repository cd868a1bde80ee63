"""What every tracker that tells who has set labels must do, as tests to inherit; see `tracker_suite` for how.

    class TestLabelsOfMyTracker(LabelSuite):
        ...                                       # the fixtures `world` and `tracker`

Only tests import this module: it needs pytest.
"""

# ruff: noqa: D102 (the name of a test says what it asserts)

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Protocol

import pytest

from tracker2invoice.model.milestone import Milestone
from tracker2invoice.model.work import Labelling
from tracker2invoice.plugins import Observed, ProjectCursor, Tracker
from tracker2invoice.testing.tracker_suite import HOSTILE_TITLES, UNREAD, World


class LabelWorld(World, Protocol):
    """What a test needs to do besides."""

    def set_label(self, project_id: str, title: str, label: str, by: str) -> None:
        """Set a label on the item with that title, as the person with that login."""
        ...

    def remove_label(self, project_id: str, title: str, label: str) -> None:
        """Take a label away from the item with that title."""
        ...

    def fail_labels(self, project_id: str) -> None:
        """Let the next reading of who has set labels fail, whatever is read before it."""
        ...


class LabelSuite:
    """Inherit and define the fixtures `world` and `tracker`.

    `kind` is that of the connector, for the report. `page` is more changes of labels than the tracker tells at once.
    """

    kind: ClassVar[str] = ""
    page = 100

    def test_who_has_set_labels_is_told_only_if_it_is_asked_for(self, tracker: Tracker, world: LabelWorld) -> None:
        (item,) = tracker.work(self._labelled(tracker, world))
        assert (item.labels, item.labellings) == (("accepted",), ())

    def test_a_labelling_has_its_person_instant_and_the_address_of_the_item(
        self, tracker: Tracker, world: LabelWorld
    ) -> None:
        (one,) = _labellings(tracker, self._labelled(tracker, world))
        assert (one.label, one.by) == ("accepted", "anna")
        assert one.at.utcoffset() == timedelta(0)
        assert one.url.startswith("http")

    def test_only_of_the_labels_that_are_asked_for_it_is_told(self, tracker: Tracker, world: LabelWorld) -> None:
        milestone = self._labelled(tracker, world)
        world.set_label(milestone.project_id, "a task", "bug", "ben")
        assert [one.label for one in _labellings(tracker, milestone)] == ["accepted"]
        both = tracker.work(milestone, None, ("bug", "accepted", "unknown"))
        assert sorted(one.label for item in both for one in item.labellings) == ["accepted", "bug"]

    def test_who_has_set_it_last_is_told_last(self, tracker: Tracker, world: LabelWorld) -> None:
        milestone = self._labelled(tracker, world)
        world.remove_label(milestone.project_id, "a task", "accepted")
        world.set_label(milestone.project_id, "a task", "accepted", "mallory")
        assert [one.by for one in _labellings(tracker, milestone)] == ["anna", "mallory"]

    def test_of_a_label_that_was_taken_away_nothing_is_told(self, tracker: Tracker, world: LabelWorld) -> None:
        milestone = self._labelled(tracker, world)
        world.remove_label(milestone.project_id, "a task", "accepted")
        (item,) = tracker.work(milestone, None, ("accepted",))
        assert (item.labels, item.labellings) == ((), ())

    def test_labellings_belong_to_their_items_and_to_finished_ones_alone(
        self, tracker: Tracker, world: LabelWorld
    ) -> None:
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        world.add_issue(project, number, "a task")
        world.add_issue(project, number, "to do", done=False)
        world.add_issue(project, number, "a change", "merge_request")
        for title, person in (("a task", "anna"), ("to do", "ben"), ("a change", "carl")):
            world.set_label(project, title, "accepted", person)
        found = tracker.work(_milestone(tracker, project), None, ("accepted",))
        assert {item.title: [one.by for one in item.labellings] for item in found} == {
            "a task": ["anna"],
            "to do": [],
            "a change": ["carl"],
        }

    def test_none_is_lost_among_many_changes(self, tracker: Tracker, world: LabelWorld) -> None:
        milestone = self._labelled(tracker, world)
        for number in range(self.page):
            world.set_label(milestone.project_id, "a task", f"label-{number}", "ben")
        world.remove_label(milestone.project_id, "a task", "accepted")
        world.set_label(milestone.project_id, "a task", "accepted", "mallory")
        assert [one.by for one in _labellings(tracker, milestone)] == ["anna", "mallory"]

    @pytest.mark.parametrize("title", HOSTILE_TITLES)
    def test_labels_arrive_as_they_were_typed(self, tracker: Tracker, world: LabelWorld, title: str) -> None:
        label = title.replace(" ", "_")
        milestone = self._labelled(tracker, world)
        world.set_label(milestone.project_id, "a task", label, "anna")
        (item,) = tracker.work(milestone, None, (label,))
        assert [one.label for one in item.labellings] == [label]

    def test_labellings_that_cannot_be_read_are_an_error(self, tracker: Tracker, world: LabelWorld) -> None:
        milestone = self._labelled(tracker, world)
        world.fail_labels(milestone.project_id)
        with pytest.raises(UNREAD):
            tracker.work(milestone, None, ("accepted",))

    def _labelled(self, tracker: Tracker, world: LabelWorld) -> Milestone:
        """Return a milestone with one finished task, which anna has labelled."""
        project = world.add_project("acme/portal")
        world.add_issue(project, world.add_milestone(project, "Design"), "a task")
        world.set_label(project, "a task", "accepted", "anna")
        return _milestone(tracker, project)


def _milestone(tracker: Tracker, project_id: str) -> Milestone:
    (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Observed)
    (milestone,) = result.milestones
    return milestone


def _labellings(tracker: Tracker, milestone: Milestone) -> tuple[Labelling, ...]:
    (item,) = tracker.work(milestone, None, ("accepted",))
    return item.labellings
