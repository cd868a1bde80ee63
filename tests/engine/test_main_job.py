"""A closed milestone becomes one draft: the way from end to end, and what stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import approve, hold
from tracker2invoice.engine.observe import observe
from tracker2invoice.engine.run import apply, preview
from tracker2invoice.errors import AccessDenied, PlanChanged, Unreachable
from tracker2invoice.ledger.verify import verify
from tracker2invoice.mapping.actions import Window
from tracker2invoice.model.contract import Acceptance, Brake, Limit

if TYPE_CHECKING:
    from tests.engine.conftest import Scene


def test_a_closed_milestone_becomes_one_draft_with_amount_client_and_deliverables(scene: Scene) -> None:
    number = scene.milestone("Design done")
    scene.projects.add_issue(scene.project, number, "Log in")
    scene.projects.close(scene.project, number)
    report = scene.run()
    (bill,) = report.plan.of_kind("bill")
    (entry,) = scene.books.of(bill.reference)
    assert entry.draft.totals.net == Decimal("18000.00")
    assert entry.draft.totals.gross == Decimal("21420.00")
    assert entry.draft.client.id == "acme"
    assert [one.title for one in entry.draft.lines[0].deliverables] == ["Log in"]
    assert scene.delivery(bill.reference).state == "delivered"


def test_running_again_does_nothing(scene: Scene) -> None:
    scene.close("Design")
    scene.run()
    assert scene.run().plan.of_kind("bill") == ()
    assert len(scene.books.entries) == 1


def test_a_whole_contract_adds_up_to_its_price_whatever_the_order(scene: Scene) -> None:
    for title in ("Acceptance", "Design", "Beta"):
        scene.close(title)
        scene.run()
    assert sum(entry.draft.totals.net for entry in scene.books.entries) == Decimal("60000.00")


def test_an_open_milestone_is_not_billed(scene: Scene) -> None:
    scene.milestone("Design")
    assert scene.run().plan.of_kind("bill") == ()
    assert scene.books.entries == []


def test_a_failed_poll_bills_nothing_and_the_next_one_catches_up(scene: Scene) -> None:
    scene.run()
    scene.close("Design")
    scene.projects.fail_next(scene.project)
    report = scene.run()
    assert [type(trouble.error) for trouble in report.troubles] == [Unreachable]
    assert scene.books.entries == []
    assert len(scene.run().plan.of_kind("bill")) == 1


def test_deliverables_that_cannot_be_read_put_the_bill_off(scene: Scene) -> None:
    number = scene.close("Design")
    with scene.house() as house:
        observe(house)
    scene.projects.accepts_us = False
    report = scene.run()
    assert AccessDenied in {type(trouble.error) for trouble in report.troubles}
    scene.projects.accepts_us = True
    assert scene.books.entries == []
    assert len(scene.run().plan.of_kind("bill")) == 1
    assert number == 1


def test_a_renamed_milestone_is_billed_once(scene: Scene) -> None:
    number = scene.close("Design")
    scene.run()
    scene.projects.rename(scene.project, number, "Design, final")
    scene.run()
    assert len(scene.books.entries) == 1


def test_a_milestone_younger_than_agreed_waits(scene: Scene) -> None:
    scene.contract = replace(scene.contract, acceptance=Acceptance(after=timedelta(hours=24)))
    scene.close("Design")
    assert scene.run().plan.of_kind("bill") == ()
    scene.clock.advance(hours=24)
    assert len(scene.run().plan.of_kind("bill")) == 1


def test_what_was_closed_before_the_contract_began_is_billed_by_a_backfill_alone(scene: Scene) -> None:
    scene.close("Design")
    scene.contract = replace(scene.contract, start=scene.clock.now.date() + timedelta(days=1))
    assert scene.run().plan.of_kind("bill") == ()
    today = scene.clock.now.date()
    assert scene.run(window=Window(today + timedelta(days=1), today + timedelta(days=2))).plan.of_kind("bill") == ()
    assert len(scene.run(window=Window(today, today)).plan.of_kind("bill")) == 1


def test_the_brake_holds_until_a_person_approves(scene: Scene) -> None:
    scene.brake = Brake(Limit(count=1), Limit())
    scene.close("Design")
    scene.close("Beta")
    held = scene.run().plan.of_kind("hold")
    assert {action.reason.code for action in held} == {"brake-run"}
    assert scene.books.entries == []
    with scene.house() as house:
        for action in held:
            approve(house.ledger, action.reference, "anna")
    assert len(scene.run().plan.of_kind("bill")) == 2


def test_a_person_holds_a_bill_before_and_after_it_was_claimed(scene: Scene) -> None:
    scene.close("Design")
    with scene.house() as house:
        observe(house)
        (bill,) = make_plan(house).of_kind("bill")
        hold(house.ledger, bill.reference, "anna", "the client asked")
    assert [action.reason.code for action in scene.run().plan.of_kind("hold")] == ["held-by-person"]
    with scene.house() as house:
        approve(house.ledger, bill.reference, "anna")
    assert len(scene.run().plan.of_kind("bill")) == 1


def test_reopened_before_anything_left_is_withdrawn_and_goes_out_when_closed_again(scene: Scene) -> None:
    number = scene.close("Design")
    scene.books.faults.append("unreachable")
    scene.run()
    reference = scene.only_reference()
    scene.projects.reopen(scene.project, number)
    assert [action.kind for action in scene.run().plan.actions if action.reference] == ["withdraw"]
    scene.clock.advance(hours=1)
    scene.run()
    assert scene.books.entries == []
    scene.projects.close(scene.project, number)
    assert [action.kind for action in scene.run().plan.actions if action.reference] == ["release"]
    assert len(scene.books.of(reference)) == 1


def test_reopened_after_delivery_is_held_and_never_billed_twice(scene: Scene) -> None:
    number = scene.close("Design")
    scene.run()
    scene.projects.reopen(scene.project, number)
    assert [action.reason.code for action in scene.run().plan.of_kind("hold")] == ["reopened-after-billing"]
    scene.projects.close(scene.project, number)
    assert scene.run().plan.of_kind("hold") == ()
    assert len(scene.books.entries) == 1


def test_a_dry_run_lists_what_a_real_run_carries_out(scene: Scene) -> None:
    scene.close("Design")
    with scene.house() as house:
        foreseen = preview(house).plan
    assert scene.books.entries == []
    assert scene.run().plan.hash == foreseen.hash


def test_a_saved_plan_is_carried_out_as_it_was_but_never_dated_back(scene: Scene) -> None:
    scene.close("Design")
    with scene.house() as house:
        saved = preview(house).plan
        scene.clock.advance(days=3)
        apply(house, lambda now: now.hash == saved.hash, as_of=saved.as_of)
    assert [entry.draft.issue_date.isoformat() for entry in scene.books.entries] == ["2026-03-05"]


def test_a_saved_plan_is_refused_once_the_tracker_has_changed(scene: Scene) -> None:
    number = scene.close("Design")
    with scene.house() as house:
        saved = preview(house).plan
        scene.projects.reopen(scene.project, number)
        with pytest.raises(PlanChanged):
            apply(house, lambda now: now.hash == saved.hash, as_of=saved.as_of)
    assert scene.books.entries == []


def test_a_saved_plan_is_refused_once_the_price_has_changed(scene: Scene) -> None:
    scene.close("Design")
    with scene.house() as house:
        saved = preview(house).plan
    scene.contract = replace(scene.contract, price=scene.contract.price + scene.contract.price)
    with scene.house() as house, pytest.raises(PlanChanged):
        apply(house, lambda now: now.hash == saved.hash, as_of=saved.as_of)


def test_the_ledger_verifies_after_everything(scene: Scene) -> None:
    number = scene.close("Design")
    scene.run()
    scene.projects.reopen(scene.project, number)
    scene.run()
    with scene.house() as house:
        assert verify(house.ledger) == ()
