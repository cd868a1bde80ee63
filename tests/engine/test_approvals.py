"""Acceptance by named people on the command line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.engine.conftest import Scene

from tracker2invoice.engine.decide import approve, hold
from tracker2invoice.mapping.actions import Action
from tracker2invoice.model.contract import Acceptance


@pytest.fixture
def accepted_by_two(scene: Scene) -> Scene:
    """A closed milestone that two of three people have to approve."""
    acceptance = Acceptance(approvals=2, by=("anna", "bob", "carol"))
    scene.contract = replace(scene.contract, acceptance=acceptance)
    scene.close("Design")
    return scene


def about_design_after(scene: Scene, **later: float) -> Action:
    scene.clock.advance(**later)
    return about_design(scene)


def about_design(scene: Scene) -> Action:
    return next(one for one in scene.run().plan.actions if one.term == "design")


def test_not_approved_a_milestone_waits_until_enough_of_the_named_people_have_approved(accepted_by_two: Scene) -> None:
    scene = accepted_by_two
    waiting = about_design(scene)
    assert (waiting.kind, waiting.reason.code) == ("hold", "not-approved")
    assert "2 more of anna, bob, carol" in waiting.reason.words
    for who in ("anna", "anna", "eve"):
        with scene.house() as house:
            approve(house.ledger, waiting.reference, who)
    still = about_design(scene)
    assert (still.kind, still.reason.words) == ("hold", "approved by anna; 1 more of bob, carol must approve it")
    with scene.house() as house:
        approve(house.ledger, waiting.reference, "carol")
    assert about_design(scene).kind == "bill"


def test_a_hold_takes_back_what_was_approved_and_so_does_closing_again(accepted_by_two: Scene) -> None:
    scene = accepted_by_two
    reference = about_design(scene).reference
    with scene.house() as house:
        approve(house.ledger, reference, "anna")
        hold(house.ledger, reference, "dora")
        approve(house.ledger, reference, "bob")
    assert "approved by bob; 1 more" in about_design(scene).reason.words
    scene.projects.reopen(scene.project, 1)
    assert about_design_after(scene, hours=1).reason.code == "not-closed"
    scene.projects.close(scene.project, 1)
    assert "2 more of anna, bob, carol" in about_design_after(scene, hours=1).reason.words


def test_what_is_held_already_is_not_said_to_have_left(scene: Scene) -> None:
    scene.close("Design")
    scene.books.accepts_us = False
    scene.run()
    reference = scene.only_reference()
    with scene.house() as house:
        assert [hold(house.ledger, reference, "dora") for _ in range(2)] == [1, 1]
    scene.books.accepts_us = True
    scene.run()
    assert scene.delivery(reference).state == "held"
