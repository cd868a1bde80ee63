"""What every tracker that tells comments must do, as tests to inherit; see `tracker_suite` for how.

    class TestCommentsOfMyTracker(CommentSuite):
        ...                                       # the fixtures `world` and `tracker`

Only tests import this module: it needs pytest.
"""

# ruff: noqa: D102 (the name of a test says what it asserts)

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

import pytest

from tracker2invoice.model.milestone import EARLIEST, Milestone
from tracker2invoice.model.work import Comment
from tracker2invoice.plugins import Observed, ProjectCursor, Tracker
from tracker2invoice.testing.tracker_suite import HOSTILE_TITLES, UNREAD, World


class CommentWorld(World, Protocol):
    """What a test needs to do besides."""

    def comment(self, project_id: str, title: str, author: str, text: str) -> int:
        """Write a comment on the item with that title, as the person with that login; return the comment's id."""
        ...

    def edit_comment(self, project_id: str, comment: int, text: str, by: str) -> None:
        """Let the person with that login change what a comment says."""
        ...

    def delete_comment(self, project_id: str, comment: int) -> None:
        """Delete a comment."""
        ...

    def fail_comments(self, project_id: str) -> None:
        """Let the next reading of comments fail, whatever is read before it."""
        ...


class CommentSuite:
    """Inherit and define the fixtures `world` and `tracker`.

    `kind` is that of the connector, for the report. `page` is more comments than the tracker tells at
    once. Without `editors` it does not tell who has edited one.
    """

    kind: ClassVar[str] = ""
    page = 100
    editors = True

    def test_comments_are_told_only_if_they_are_asked_for(self, tracker: Tracker, world: CommentWorld) -> None:
        milestone = self._commented(tracker, world)
        (item,) = tracker.work(milestone)
        assert item.comments == ()

    def test_a_comment_has_its_author_instant_and_address(self, tracker: Tracker, world: CommentWorld) -> None:
        (comment,) = _comments(tracker, self._commented(tracker, world))
        assert (comment.author, comment.text) == ("anna", "accepted")
        assert comment.at.utcoffset() == timedelta(0)
        assert comment.url.startswith("http")

    def test_comments_are_told_from_an_instant_on(self, tracker: Tracker, world: CommentWorld) -> None:
        milestone = self._commented(tracker, world)
        (comment,) = _comments(tracker, milestone)
        assert _comments(tracker, milestone, comment.at) == [comment]
        assert _comments(tracker, milestone, comment.at + timedelta(seconds=1)) == []

    def test_comments_belong_to_their_items(self, tracker: Tracker, world: CommentWorld) -> None:
        project = world.add_project("acme/portal")
        number = world.add_milestone(project, "Design")
        for title in ("a task", "another task"):
            world.add_issue(project, number, title)
        world.add_issue(project, number, "a change", "merge_request")
        world.add_issue(project, world.add_milestone(project, "Beta"), "not in it")
        for title in ("another task", "a change", "not in it"):
            world.comment(project, title, "anna", f"about {title}")
        design = next(one for one in _milestones(tracker, project) if one.title == "Design")
        found = {item.title: [one.text for one in item.comments] for item in tracker.work(design, EARLIEST)}
        assert found == {
            "a task": [],
            "another task": ["about another task"],
            "a change": ["about a change"],
        }

    def test_no_comment_is_lost_among_many(self, tracker: Tracker, world: CommentWorld) -> None:
        milestone = self._commented(tracker, world)
        for number in range(self.page):
            world.comment(milestone.project_id, "a task", "ben", f"remark {number}")
        texts = [one.text for one in _comments(tracker, milestone)]
        assert sorted(texts) == sorted(["accepted", *(f"remark {number}" for number in range(self.page))])

    def test_a_comment_that_was_deleted_is_not_told(self, tracker: Tracker, world: CommentWorld) -> None:
        milestone = self._commented(tracker, world)
        world.delete_comment(milestone.project_id, world.comment(milestone.project_id, "a task", "anna", "wait"))
        assert [one.text for one in _comments(tracker, milestone)] == ["accepted"]

    def test_what_somebody_else_has_edited_is_nobodys_word(self, tracker: Tracker, world: CommentWorld) -> None:
        if not self.editors:
            pytest.skip("this tracker does not tell who has edited a comment")
        milestone = self._commented(tracker, world)
        comment = world.comment(milestone.project_id, "a task", "anna", "not yet")
        world.edit_comment(milestone.project_id, comment, "accepted now", by="mallory")
        assert [one.text for one in _comments(tracker, milestone)] == ["accepted"]
        world.edit_comment(milestone.project_id, comment, "accepted now", by="anna")
        assert [one.text for one in _comments(tracker, milestone)] == ["accepted", "accepted now"]

    @pytest.mark.parametrize("text", [*HOSTILE_TITLES, "> accepted", "accepted " + 100_000 * "x"])
    def test_comments_arrive_as_they_were_typed(self, tracker: Tracker, world: CommentWorld, text: str) -> None:
        milestone = self._commented(tracker, world)
        world.comment(milestone.project_id, "a task", "anna", f"{text}\nand more")
        assert _comments(tracker, milestone)[-1].text == Comment("anna", EARLIEST, text, "").text

    def test_comments_that_cannot_be_read_are_an_error(self, tracker: Tracker, world: CommentWorld) -> None:
        milestone = self._commented(tracker, world)
        world.fail_comments(milestone.project_id)
        with pytest.raises(UNREAD):
            tracker.work(milestone, EARLIEST)

    def _commented(self, tracker: Tracker, world: CommentWorld) -> Milestone:
        """Return a milestone with one task, which one comment accepts."""
        project = world.add_project("acme/portal")
        world.add_issue(project, world.add_milestone(project, "Design"), "a task")
        world.comment(project, "a task", "anna", "accepted")
        (milestone,) = _milestones(tracker, project)
        return milestone


def _milestones(tracker: Tracker, project_id: str) -> Sequence[Milestone]:
    (result,) = tracker.poll([ProjectCursor(project_id, None)])
    assert isinstance(result, Observed)
    return result.milestones


def _comments(tracker: Tracker, milestone: Milestone, since: datetime = EARLIEST) -> list[Comment]:
    return [comment for item in tracker.work(milestone, since) for comment in item.comments]
