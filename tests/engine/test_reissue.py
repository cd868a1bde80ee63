"""A claim whose documents are no longer anywhere is billed again once, whatever dies, races or is restored."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tracker2invoice.engine.amend import output_lock
from tracker2invoice.engine.decide import approve, hold, reissue, retry
from tracker2invoice.errors import LedgerBusy
from tracker2invoice.ledger.store import Ledger
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Claim
from tracker2invoice.model.money import Money
from tracker2invoice.testing.memory_output import Entry, Fault, Killed

if TYPE_CHECKING:
    from tests.engine.conftest import Scene

Fate = Callable[["Scene"], str]


def deleted(scene: Scene) -> str:
    """Let the document be deleted over there before the receipt is in the ledger."""
    scene.close("Design")
    scene.books.faults.append("unclear after")
    scene.run()
    reference = scene.only_reference()
    scene.books.mark(reference, "deleted")
    look_again(scene)
    assert scene.delivery(reference).state == "gone"
    return reference


def refused(scene: Scene) -> str:
    """Let the output refuse the document, which leaves no trace there."""
    scene.close("Design")
    scene.books.faults.append("reject")
    scene.run()
    assert scene.delivery(scene.only_reference()).state == "rejected"
    return scene.only_reference()


def look_again(scene: Scene) -> None:
    scene.clock.advance(minutes=10)
    scene.run()


def decide(scene: Scene, reference: str) -> str:
    with scene.house() as house:
        claim = house.ledger.claim(reference)
        assert claim is not None
        return reissue(house, claim, "anna", "wrong client")


def claims(scene: Scene) -> tuple[Claim, ...]:
    with scene.house() as house:
        return house.ledger.claims()


def living(scene: Scene) -> list[Entry]:
    return [entry for entry in scene.books.entries if entry.receipt.state == "draft"]


@pytest.mark.parametrize("fate", [deleted, refused])
def test_a_reissued_claim_gives_one_new_document_with_the_same_amount(scene: Scene, fate: Fate) -> None:
    old = fate(scene)
    assert decide(scene, old) == ""
    for _ in range(3):
        look_again(scene)
    first, second = claims(scene)
    assert (second.generation, second.reference, second.amount) == (2, first.next_reference, first.amount)
    assert [entry.draft.reference for entry in living(scene)] == [second.reference]
    assert first.deliveries == (scene.delivery(old),)
    with scene.house() as house:
        assert verify(house.ledger) == ()


def test_the_new_document_has_the_client_of_today_and_the_amount_of_before(scene: Scene) -> None:
    old = refused(scene)
    scene.contract = replace(scene.contract, price=Money(Decimal("90000.00"), "EUR"))
    scene.pin_client("contact-2")
    decide(scene, old)
    scene.run()
    [entry] = living(scene)
    assert (entry.client, entry.draft.totals.net) == ("contact-2", Decimal("18000.00"))
    assert entry.draft.why.formula == "18000.00 EUR, as billed before"


@pytest.mark.parametrize("fault", ["killed before", "killed after", "unclear before", "unclear after"])
def test_a_decision_outlives_whatever_interrupts_the_run_that_carries_it_out(scene: Scene, fault: Fault) -> None:
    decide(scene, deleted(scene))
    scene.books.faults.append(fault)
    with suppress(Killed):
        scene.run()
    for _ in range(4):
        look_again(scene)
    assert len(living(scene)) == 1
    assert [claim.generation for claim in claims(scene)] == [1, 2]


def test_a_reopened_milestone_is_billed_again_only_when_it_is_closed_again(scene: Scene) -> None:
    old = deleted(scene)
    scene.projects.reopen(scene.project, 1)
    scene.run()
    assert decide(scene, old) == ""
    assert scene.run().plan.of_kind("bill") == ()
    scene.projects.close(scene.project, 1)
    scene.run()
    assert len(living(scene)) == 1


def test_a_second_reissue_is_refused_before_and_after_it_was_billed(scene: Scene) -> None:
    old = deleted(scene)
    assert decide(scene, old) == ""
    assert "waits to be billed" in decide(scene, old)
    scene.run()
    assert "was billed again" in decide(scene, old)
    scene.run()
    assert len(living(scene)) == 1


def test_a_delivered_document_is_not_reissued(scene: Scene) -> None:
    scene.close("Design")
    scene.run()
    assert decide(scene, scene.only_reference()).startswith("books delivered: ")
    scene.run()
    assert len(claims(scene)) == 1


def _approve(ledger: Ledger, reference: str) -> None:
    approve(ledger, reference, "ben")


def _hold(ledger: Ledger, reference: str) -> None:
    hold(ledger, reference, "ben")


@pytest.mark.parametrize("act", [_approve, _hold, retry])
@pytest.mark.parametrize("billed", [True, False])
def test_nothing_that_is_decided_later_undoes_a_reissue(
    scene: Scene, act: Callable[[Ledger, str], object], billed: bool
) -> None:
    old = refused(scene)
    decide(scene, old)
    if billed:
        scene.run()
    with scene.house() as house:
        act(house.ledger, old)
    for _ in range(3):
        look_again(scene)
    assert scene.delivery(old).state == "rejected"
    assert [entry.draft.reference for entry in living(scene)] == [claims(scene)[1].reference]


def test_a_reissue_waits_for_whoever_is_delivering(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    old = refused(scene)
    monkeypatch.setattr("tracker2invoice.engine.amend.LOCK_PATIENCE", timedelta(0))
    with scene.house() as delivering:
        with delivering.ledger.lock(output_lock("books"), timedelta(0)), pytest.raises(LedgerBusy):
            decide(scene, old)
        assert delivering.ledger.decisions() == {}
    assert decide(scene, old) == ""


def test_a_retry_that_came_first_is_seen_by_the_reissue(scene: Scene) -> None:
    old = refused(scene)
    with scene.house() as house:
        before = house.ledger.claim(old)
        assert before is not None
        retry(house.ledger, old)
        assert reissue(house, before, "anna").startswith("books pending: ")


STAGES = ("nothing seen", "claimed", "sending", "settled", "decided", "billed again")


def copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def live_through(scene: Scene, *, refusal: bool) -> None:
    """Bill, lose or be refused, reissue and bill again, with a backup of the ledger at every stage."""

    def back_up(stage: str) -> None:
        copy(scene.directory / "ledger.db", scene.directory / stage)

    scene.run()
    back_up("nothing seen")
    scene.close("Design")
    scene.books.faults.append("unreachable")
    scene.run()
    back_up("claimed")
    scene.books.faults.extend(["killed before", "reject"] if refusal else ["unclear after"])
    scene.clock.advance(minutes=2)
    with suppress(Killed):
        scene.run()
    back_up("sending")
    old = scene.only_reference()
    scene.books.mark(old, "deleted")
    scene.clock.advance(minutes=2)
    scene.run()
    assert scene.delivery(old).state == ("rejected" if refusal else "gone")
    back_up("settled")
    assert decide(scene, old) == ""
    back_up("decided")
    scene.run()
    back_up("billed again")
    assert len(living(scene)) == 1


def settle_what_is_held(scene: Scene, *, by_retry: bool) -> None:
    with scene.house() as house:
        for claim in house.ledger.claims():
            if not by_retry or retry(house.ledger, claim.reference) == 0:
                reissue(house, claim, "anna")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("refusal", [True, False], ids=["refused", "deleted"])
@pytest.mark.parametrize("by_retry", [True, False], ids=["retry", "reissue"])
@pytest.mark.parametrize("pause", [timedelta(0), timedelta(days=1)], ids=["at once", "a day later"])
def test_an_older_ledger_that_is_restored_finds_the_new_document_and_makes_no_second_one(
    scene: Scene, stage: str, refusal: bool, by_retry: bool, pause: timedelta
) -> None:
    live_through(scene, refusal=refusal)
    [document] = living(scene)
    copy(scene.directory / stage, scene.directory / "ledger.db")
    scene.clock.advance(seconds=pause.total_seconds())
    for _ in range(6):
        scene.run()
        scene.clock.advance(minutes=10)
        settle_what_is_held(scene, by_retry=by_retry)
    assert living(scene) == [document]
    assert set(Counter(entry.draft.reference for entry in scene.books.entries).values()) == {1}
    assert claims(scene)[-1].reference == document.draft.reference
    assert scene.delivery(document.draft.reference).state == "delivered"
