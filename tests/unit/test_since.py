"""What has become of deliverables since they were billed: told right, or not told at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from tracker2invoice.mapping.since import deliverable_changes, milestone_changes, with_moves
from tracker2invoice.model.evidence import Change
from tracker2invoice.model.milestone import Deliverable
from tracker2invoice.model.work import WorkItem
from tracker2invoice.testing.samples import sample_deliverables, sample_milestone

LOG_IN, SEARCH = sample_deliverables()


def told(*delivered: Deliverable, billed: tuple[Deliverable, ...] = (LOG_IN, SEARCH)) -> list[tuple[str, str]]:
    return [(one.title, one.change) for one in deliverable_changes(billed, delivered, (), whole=True)]


def test_nothing_is_told_of_what_is_as_it_was() -> None:
    assert told(SEARCH, LOG_IN) == []
    assert list(milestone_changes("Design done", replace(sample_milestone(), title="Design\u202e  done"))) == []


def test_a_project_that_was_renamed_changes_no_deliverable() -> None:
    moved = [replace(one, url=one.url.replace("portal", "shop")) for one in (LOG_IN, SEARCH)]
    assert told(*moved) == []


def test_a_number_of_another_project_is_not_taken_for_ours() -> None:
    other = replace(LOG_IN, title="Pay", url="https://github.com/acme/shop/issues/1")
    assert told(SEARCH, other, billed=(LOG_IN, SEARCH, other)) == [("Log in", "gone")]


def test_an_issue_and_a_merge_request_of_one_number_are_two() -> None:
    merged = replace(LOG_IN, kind="merge_request", title="Add a form", url="https://gitlab.com/acme/portal/-/1")
    assert told(SEARCH, LOG_IN, billed=(LOG_IN, SEARCH, merged)) == [("Add a form", "gone")]


@pytest.mark.parametrize(("kind", "change"), [("issue", "reopened"), ("merge_request", "gone")])
def test_an_issue_can_be_opened_again_and_a_merged_request_cannot(
    kind: Literal["issue", "merge_request"], change: str
) -> None:
    billed = replace(LOG_IN, kind=kind)
    (found,) = deliverable_changes((billed,), (), (WorkItem("1", "Log in", closed=False),), whole=True)
    assert found.change == change


def test_what_was_added_is_told_only_if_the_whole_milestone_was_billed() -> None:
    work = (WorkItem("7", "Pay", closed=False),)
    assert [one.title for one in deliverable_changes((LOG_IN,), (LOG_IN, SEARCH), work, whole=True)] == [
        "Search",
        "Pay",
    ]
    assert list(deliverable_changes((LOG_IN,), (LOG_IN, SEARCH), work, whole=False)) == []


def test_what_is_in_another_milestone_was_moved_to_it() -> None:
    gone = [Change("deliverable", "gone", one.number, one.title) for one in (LOG_IN, SEARCH)]
    elsewhere = [
        ("Alpha", ()),
        ("Be\u202eta", (WorkItem("1", "Log in", closed=True), WorkItem("2", "Pay", closed=True))),
    ]
    moved = Change("deliverable", "moved", "1", "Log in", "Be ta")
    assert list(with_moves(gone, elsewhere)) == [moved, gone[1]]
