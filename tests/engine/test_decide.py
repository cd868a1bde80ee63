"""What a person decides never runs into a delivery in hand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.amend import output_lock
from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import approve, hold, retry
from tracker2invoice.errors import LedgerBusy
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.model.contract import Brake, Limit
from tracker2invoice.model.milestone import Deliverable, Milestone
from tracker2invoice.testing.memory_tracker import MemoryTracker

if TYPE_CHECKING:
    from tests.engine.conftest import Scene


def _hold(ledger: Ledger, reference: str) -> None:
    hold(ledger, reference, "anna")


def _approve(ledger: Ledger, reference: str) -> None:
    approve(ledger, reference, "anna")


@pytest.mark.parametrize("decide", [_hold, _approve, retry])
def test_a_decision_waits_for_whoever_is_delivering(
    scene: Scene, decide: Callable[[Ledger, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.close("Design")
    scene.books.faults.append("unreachable")
    scene.run()
    reference = scene.only_reference()
    before = scene.delivery(reference)
    monkeypatch.setattr("tracker2invoice.engine.amend.LOCK_PATIENCE", timedelta(0))
    with scene.house() as delivering, scene.house() as deciding:
        with delivering.ledger.lock(output_lock("books"), timedelta(0)), pytest.raises(LedgerBusy):
            decide(deciding.ledger, reference)
        assert scene.delivery(reference) == before
        decide(deciding.ledger, reference)


def test_a_hold_leaves_alone_what_has_left(scene: Scene) -> None:
    scene.close("Design")
    scene.run()
    reference = scene.only_reference()
    with scene.house() as house:
        hold(house.ledger, reference, "anna")
    assert scene.delivery(reference).state == "delivered"


def test_a_hold_is_not_lost_between_a_plan_and_its_claim(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that has planned the bill claims it whatever is decided now, so the decision has to wait."""
    monkeypatch.setattr("tracker2invoice.engine.decide.PLAN_PATIENCE", timedelta(0))
    scene.close("Design")
    deliverables = MemoryTracker.deliverables

    def held_at_that_moment(tracker: MemoryTracker, milestone: Milestone) -> tuple[Deliverable, ...]:
        with scene.house() as house, suppress(LedgerBusy):
            [bill] = make_plan(house).of_kind("bill")
            hold(house.ledger, bill.reference, "anna")
            promised.append(bill.reference)
        return deliverables(tracker, milestone)

    promised: list[str] = []
    monkeypatch.setattr(MemoryTracker, "deliverables", held_at_that_moment)
    scene.run()
    assert [reference for reference in promised if scene.books.of(reference)] == []


def test_a_retry_does_not_undo_what_a_person_holds_back(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.append("unreachable")
    scene.run()
    reference = scene.only_reference()
    with scene.house() as house:
        assert hold(house.ledger, reference, "anna") == 1
        assert retry(house.ledger, reference) == 0
    assert scene.delivery(reference).reason == "held-by-person"


def test_a_hold_that_could_not_reach_the_deliveries_holds_them_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.close("Design")
    scene.books.faults.append("unreachable")
    scene.run()
    reference = scene.only_reference()
    monkeypatch.setattr("tracker2invoice.engine.amend.LOCK_PATIENCE", timedelta(0))
    with (
        scene.house() as delivering,
        scene.house() as deciding,
        delivering.ledger.lock(output_lock("books"), timedelta(0)),
        pytest.raises(LedgerBusy),
    ):
        hold(deciding.ledger, reference, "anna")
    scene.clock.advance(minutes=5)
    scene.run()
    assert scene.books.entries == []
    assert scene.delivery(reference).reason == "held-by-person"


def test_a_retry_does_not_send_what_a_person_holds_back_after_it_was_rejected(scene: Scene) -> None:
    scene.close("Design")
    scene.books.faults.append("reject")
    scene.run()
    reference = scene.only_reference()
    with scene.house() as house:
        hold(house.ledger, reference, "anna")
        retry(house.ledger, reference)
    scene.run()
    assert scene.books.entries == []
    with scene.house() as house:
        approve(house.ledger, reference, "anna")
    scene.run()
    assert len(scene.books.entries) == 1


def test_an_approval_keeps_what_was_billed_although_the_clock_was_put_back(scene: Scene) -> None:
    number = scene.close("Design")
    scene.run()
    scene.clock.advance(days=-3)
    scene.projects.reopen(scene.project, number)
    assert [action.reason.code for action in scene.run().plan.of_kind("hold")] == ["reopened-after-billing"]
    with scene.house() as house:
        approve(house.ledger, scene.only_reference(), "anna")
    assert scene.run().plan.of_kind("hold") == ()


def test_an_approval_before_the_bill_keeps_nothing_although_the_clock_was_put_back(scene: Scene) -> None:
    scene.brake = Brake(Limit(count=0), Limit())
    number = scene.close("Design")
    (held,) = scene.run().plan.of_kind("hold")
    scene.clock.advance(days=3)
    with scene.house() as house:
        approve(house.ledger, held.reference, "anna")
    scene.clock.advance(days=-3)
    scene.books.faults.append("unreachable")
    scene.run()
    scene.projects.reopen(scene.project, number)
    scene.clock.advance(minutes=5)
    assert [action.kind for action in scene.run().plan.actions if action.reference == held.reference] == ["withdraw"]
    assert scene.books.entries == []
