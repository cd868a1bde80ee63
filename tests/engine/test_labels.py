"""Acceptance by a label of a named person, from the tracker to the frozen draft."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.conftest import Scene

from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.actions import Action
from tracker2invoice.model.contract import Acceptance, ByLabel


@pytest.fixture
def waiting(scene: Scene) -> Scene:
    """A closed milestone with one issue, which anna has to label."""
    scene.contract = replace(scene.contract, acceptance=Acceptance(label=ByLabel("accepted", ("anna",))))
    number = scene.milestone("Design")
    scene.projects.add_issue(scene.project, number, "Log in")
    scene.projects.close(scene.project, number)
    return scene


def design(scene: Scene) -> Action:
    return next(one for one in scene.run().plan.actions if one.term == "design")


def label(scene: Scene, by: str = "anna") -> None:
    scene.clock.advance(minutes=5)
    scene.projects.set_label(scene.project, "Log in", "accepted", by)


def unlabel(scene: Scene) -> None:
    scene.projects.remove_label(scene.project, "Log in", "accepted")


def test_it_is_billed_when_the_named_person_has_set_the_label_and_the_draft_says_so(waiting: Scene) -> None:
    assert design(waiting).reason.code == "not-labelled"
    label(waiting, by="mallory")
    assert design(waiting).reason.words.endswith("1 'Log in' (set by mallory)")
    unlabel(waiting)
    label(waiting)
    assert design(waiting).kind == "bill"
    (entry,) = waiting.books.entries
    (evidence,) = entry.draft.accepted_by
    assert (evidence.login, evidence.at, evidence.milestone_title) == ("anna", waiting.clock.now, "Design")
    assert (evidence.item, evidence.label) == ("1", "accepted")
    assert evidence.url == "https://tracker.example/acme/portal/issues/1"
    assert entry.draft.why.accepted.endswith(", label 'accepted' set by anna on 1 item")
    with waiting.house() as house:
        assert verify(house.ledger) == ()


def test_a_label_that_somebody_else_has_set_again_does_not_count(waiting: Scene) -> None:
    label(waiting)
    unlabel(waiting)
    label(waiting, by="mallory")
    assert design(waiting).reason.code == "not-labelled"
    assert waiting.books.entries == []


def test_the_draft_keeps_what_was_seen_although_the_label_is_taken_away_later(waiting: Scene) -> None:
    label(waiting)
    design(waiting)
    unlabel(waiting)
    assert design(waiting).reason.code == "already-billed"
    with waiting.house() as house:
        (evidence,) = house.ledger.draft(waiting.only_reference()).accepted_by
    assert evidence.login == "anna"


def test_a_withdrawn_draft_goes_out_only_when_it_has_the_label_of_the_named_person(waiting: Scene) -> None:
    label(waiting)
    waiting.books.faults.append("unreachable")
    design(waiting)
    waiting.projects.reopen(waiting.project, 1)
    assert design(waiting).kind == "withdraw"
    unlabel(waiting)
    label(waiting, by="mallory")
    waiting.projects.close(waiting.project, 1)
    assert design(waiting).reason.code == "not-labelled"
    assert waiting.books.entries == []
    unlabel(waiting)
    label(waiting)
    released = design(waiting)
    assert (released.kind, released.reason.code) == ("release", "closed-again")
    assert "label 'accepted' set by anna on 1 item" in released.reason.words
    assert len(waiting.books.entries) == 1
