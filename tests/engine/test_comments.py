"""Acceptance by a comment, from the tracker to the frozen draft."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.conftest import Scene

from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.actions import Action
from tracker2invoice.model.contract import Acceptance, ByComment


@pytest.fixture
def waiting(scene: Scene) -> Scene:
    """A closed milestone with one issue, which anna has to accept."""
    scene.contract = replace(scene.contract, acceptance=Acceptance(comment=ByComment("accepted", ("anna",))))
    number = scene.milestone("Design")
    scene.projects.add_issue(scene.project, number, "Log in")
    scene.projects.close(scene.project, number)
    return scene


def design(scene: Scene) -> Action:
    return next(one for one in scene.run().plan.actions if one.term == "design")


def write(scene: Scene, author: str = "anna", text: str = "accepted") -> int:
    scene.clock.advance(minutes=5)
    return scene.projects.comment(scene.project, "Log in", author, text)


def test_it_is_billed_when_the_named_person_has_written_it_and_the_draft_says_so(waiting: Scene) -> None:
    assert design(waiting).reason.code == "not-accepted"
    write(waiting, author="mallory")
    assert design(waiting).reason.code == "not-accepted"
    write(waiting)
    assert design(waiting).kind == "bill"
    (entry,) = waiting.books.entries
    (evidence,) = entry.draft.accepted_by
    assert (evidence.login, evidence.at, evidence.milestone_title) == ("anna", waiting.clock.now, "Design")
    assert (evidence.item, evidence.url) == ("1", "https://tracker.example/acme/portal/issues/1#comment-3")
    assert entry.draft.why.accepted.endswith(f", accepted by anna at 2026-03-02T09:40:00Z on 1 ({evidence.url})")
    with waiting.house() as house:
        assert verify(house.ledger) == ()


def test_the_draft_keeps_what_was_seen_although_the_comment_is_deleted_later(waiting: Scene) -> None:
    comment = write(waiting)
    design(waiting)
    waiting.projects.delete_comment(waiting.project, comment)
    assert design(waiting).reason.code == "already-billed"
    with waiting.house() as house:
        (evidence,) = house.ledger.draft(waiting.only_reference()).accepted_by
    assert evidence.login == "anna"


def test_a_comment_that_was_deleted_before_the_bill_does_not_count_any_more(waiting: Scene) -> None:
    comment = write(waiting)
    waiting.projects.delete_comment(waiting.project, comment)
    assert design(waiting).reason.code == "not-accepted"


def test_a_comment_counts_as_of_its_last_edit_and_only_if_that_is_its_authors(waiting: Scene) -> None:
    comment = write(waiting, text="not yet")
    waiting.projects.edit_comment(waiting.project, comment, "accepted", by="mallory")
    assert design(waiting).reason.code == "not-accepted"
    waiting.clock.advance(hours=1)
    waiting.projects.edit_comment(waiting.project, comment, "accepted", by="anna")
    assert design(waiting).accepted_by[0].at == waiting.clock.now


def test_an_acceptance_from_before_the_milestone_was_reopened_does_not_count(waiting: Scene) -> None:
    write(waiting)
    waiting.projects.reopen(waiting.project, 1)
    assert design(waiting).reason.code == "not-closed"
    waiting.clock.advance(hours=1)
    waiting.projects.close(waiting.project, 1)
    assert design(waiting).reason.code == "not-accepted"
    write(waiting)
    assert design(waiting).kind == "bill"


def test_a_withdrawn_draft_goes_out_only_when_it_was_accepted_again(waiting: Scene) -> None:
    write(waiting)
    waiting.books.faults.append("unreachable")
    design(waiting)
    waiting.projects.reopen(waiting.project, 1)
    assert design(waiting).kind == "withdraw"
    waiting.clock.advance(hours=1)
    waiting.projects.close(waiting.project, 1)
    assert design(waiting).reason.code == "not-accepted"
    assert waiting.books.entries == []
    write(waiting)
    released = design(waiting)
    assert (released.kind, released.reason.code) == ("release", "closed-again")
    assert "accepted by anna" in released.reason.words
    assert len(waiting.books.entries) == 1


def test_what_else_people_write_is_not_kept(waiting: Scene) -> None:
    write(waiting, text="my number is 555-1234")
    write(waiting, author="ben", text="555-1234 it is")
    waiting.run()
    with waiting.house() as house:
        assert "555-1234" not in "".join(str(entry.body) for entry in house.ledger.journal())
