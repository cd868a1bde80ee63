"""An invoice that was sent is taken back once, with one credit note, whatever dies, races or is restored."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.test_documents import shared, together

from tracker2invoice.engine.amend import output_lock
from tracker2invoice.engine.decide import approve, credit, hold, reissue, retry
from tracker2invoice.errors import LedgerBusy
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Claim, Delivery, credit_documents
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.model.money import Money
from tracker2invoice.testing.memory_output import CAPABILITIES, Fault, Killed, MemoryBooks

if TYPE_CHECKING:
    from tests.engine.conftest import Scene


@pytest.fixture(autouse=True)
def books_with_credit_notes(scene: Scene) -> None:
    scene.capabilities = replace(CAPABILITIES, credit_notes=True)
    scene.books = MemoryBooks(scene.clock, scene.capabilities)


@pytest.fixture
def sent(scene: Scene) -> str:
    """Return the reference of an invoice that was delivered and sent."""
    scene.close("Design")
    scene.run()
    reference = scene.only_reference()
    scene.books.mark(reference, "sent")
    scene.clock.advance(days=1)
    return reference


def decide(scene: Scene, reference: str, note: str = "wrong hours") -> str:
    with scene.house() as house:
        claim = house.ledger.claim(reference)
        assert claim is not None
        return credit(house, claim, "anna", note)[1]


def claims(scene: Scene) -> tuple[Claim, ...]:
    with scene.house() as house:
        assert verify(house.ledger) == ()
        return house.ledger.claims()


def drafts(scene: Scene, kind: str = "") -> list[Draft]:
    return [entry.draft for entry in scene.books.entries if kind in ("", entry.draft.type_code)]


def close_again(scene: Scene) -> None:
    scene.projects.reopen(scene.project, 1)
    scene.run()
    scene.clock.advance(hours=1)
    scene.projects.close(scene.project, 1)
    scene.run()


def in_all(scene: Scene) -> Decimal:
    return sum((one.totals.net * (-1 if one.is_credit_note else 1) for one in drafts(scene)), Decimal(0))


def test_a_credit_note_takes_the_whole_invoice_back_and_names_it(scene: Scene, sent: str) -> None:
    assert decide(scene, sent) == ""
    scene.run()
    invoice, note = drafts(scene)
    assert (note.type_code, note.number, note.issue_date, note.due_date) == ("381", None, *[date(2026, 3, 3)] * 2)
    assert note.preceding == (Preceding(sent, "INV-0001", invoice.issue_date),)
    assert (note.lines, note.allowances, note.tax, note.totals) == (
        invoice.lines, invoice.allowances, invoice.tax, invoice.totals,
    )  # fmt: skip
    assert (note.payment_terms, note.early_payment, note.installments, note.late_fee) == ("", (), (), "")
    assert note.why == replace(invoice.why, accepted=f"takes back {sent}, decided by anna (wrong hours)")


def test_its_claim_is_the_invoice_negated(scene: Scene, sent: str) -> None:
    decide(scene, sent)
    scene.run()
    bill, back = claims(scene)
    assert (back.credits, back.reference, back.amount) == (sent, bill.credit_reference, -bill.amount)
    assert [(part.kind, part.amount) for part in back.entries] == [(one.kind, -one.amount) for one in bill.entries]
    assert [(one.output, one.state) for one in back.deliveries] == [("books", "delivered")]
    assert not back.is_work


def test_the_credit_note_is_for_the_client_of_the_invoice(scene: Scene, sent: str) -> None:
    scene.pin_client("somebody else")
    decide(scene, sent)
    scene.run()
    assert [draft.client for draft in drafts(scene)] == [drafts(scene)[0].client] * 2


def test_runs_and_decisions_that_come_later_write_no_second_credit_note(scene: Scene, sent: str) -> None:
    assert decide(scene, sent) == ""
    assert "`t2i run` writes" in decide(scene, sent)
    for _ in range(3):
        scene.run()
    assert "taken it back already" in decide(scene, sent)
    note = claims(scene)[1].reference
    assert "a credit note itself" in decide(scene, note)
    with scene.house() as house:
        for reference in (sent, note):
            approve(house.ledger, reference, "ben")
            hold(house.ledger, reference, "ben")
            assert retry(house.ledger, reference) == 0
        for claim in house.ledger.claims():
            assert reissue(house, claim, "ben") != ""
    scene.run()
    assert len(drafts(scene)) == 2


def test_the_same_closing_is_never_billed_twice_and_a_later_one_is_billed_once(scene: Scene, sent: str) -> None:
    decide(scene, sent)
    for _ in range(3):
        scene.run()
    assert in_all(scene) == 0
    for _ in range(2):
        close_again(scene)
    assert [one.generation for one in claims(scene)] == [1, 1, 2]
    assert in_all(scene) == Decimal("18000.00")


def test_closed_again_before_the_credit_note_it_is_billed_after_it(scene: Scene, sent: str) -> None:
    close_again(scene)
    decide(scene, sent)
    scene.run()
    assert [one.type_code for one in drafts(scene)] == ["380", "381"]
    scene.run()
    assert [one.type_code for one in drafts(scene)] == ["380", "381", "380"]


def test_a_tracker_whose_clock_is_ahead_does_not_make_the_same_closing_a_new_one(scene: Scene) -> None:
    scene.clock.advance(minutes=20)
    scene.close("Design")
    scene.clock.advance(minutes=-20)
    scene.run()
    decide(scene, scene.only_reference())
    for _ in range(3):
        scene.clock.advance(hours=1)
        scene.run()
    assert [one.type_code for one in drafts(scene)] == ["380", "381"]


def test_billed_again_it_is_at_the_price_of_today(scene: Scene, sent: str) -> None:
    decide(scene, sent)
    scene.run()
    scene.contract = replace(scene.contract, price=Money(Decimal("90000.00"), "EUR"))
    close_again(scene)
    assert drafts(scene)[-1].totals.net == Decimal("27000.00")


@pytest.mark.parametrize("fault", ["killed before", "killed after", "unclear before", "unclear after"])
def test_whatever_interrupts_the_run_there_is_one_credit_note(scene: Scene, sent: str, fault: Fault) -> None:
    decide(scene, sent)
    scene.books.faults.append(fault)
    with suppress(Killed):
        scene.run()
    for _ in range(4):
        scene.clock.advance(minutes=10)
        scene.run()
    assert [one.type_code for one in drafts(scene)] == ["380", "381"]
    assert claims(scene)[1].deliveries[0].state == "delivered"


def test_a_run_that_dies_before_it_claims_leaves_the_decision_to_the_next(
    scene: Scene, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(scene, sent)

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("tracker2invoice.ledger.store.Ledger.write_claims", die)
        with pytest.raises(Killed):
            scene.run()
    assert len(claims(scene)) == 1
    scene.run()
    assert [one.type_code for one in drafts(scene)] == ["380", "381"]


def test_an_output_without_credit_notes_refuses_it_once_and_a_person_is_told(scene: Scene, sent: str) -> None:
    scene.capabilities = CAPABILITIES
    scene.books.capabilities = CAPABILITIES
    decide(scene, sent)
    assert [str(one.error) for one in scene.run().troubles] == ["books: cannot express type code 381"]
    again = scene.run()
    assert again.troubles == ()
    [held] = again.plan.of_kind("hold")
    assert (held.reason.code, held.reason.command) == ("delivery-rejected", f"t2i retry {held.reference}")
    with scene.house() as house:
        approve(house.ledger, held.reference, "anna", "written by hand")
    assert scene.run().plan.of_kind("hold") == ()


def test_a_credit_waits_for_whoever_is_delivering(scene: Scene, sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker2invoice.engine.amend.LOCK_PATIENCE", timedelta(0))
    with scene.house() as delivering:
        with delivering.ledger.lock(output_lock("books"), timedelta(0)), pytest.raises(LedgerBusy):
            decide(scene, sent)
        assert delivering.ledger.decisions() == {}
    assert decide(scene, sent) == ""


def test_a_credit_note_that_is_held_back_waits(scene: Scene, sent: str) -> None:
    decide(scene, sent)
    note = claims(scene)[0].credit_reference
    with scene.house() as house:
        hold(house.ledger, note, "ben")
    assert [one.reason.code for one in scene.run().plan.of_kind("hold")] == ["held-by-person"]
    with scene.house() as house:
        approve(house.ledger, note, "ben")
    scene.run()
    assert [one.type_code for one in drafts(scene)] == ["380", "381"]


def test_a_clock_that_was_put_back_dates_no_credit_before_its_invoice(scene: Scene, sent: str) -> None:
    scene.clock.advance(days=-3)
    decide(scene, sent)
    scene.run()
    invoice, note = drafts(scene)
    bill, back = claims(scene)
    assert note.issue_date == invoice.issue_date
    assert back.claimed_at >= bill.claimed_at


class TestDocuments:
    """What is on one document is taken back together, and each payer gets a credit note."""

    def test_each_payer_gets_a_credit_note_for_their_invoice(self, scene: Scene) -> None:
        scene.contract = shared()
        scene.close("Design")
        scene.run()
        decide(scene, scene.only_reference())
        scene.run()
        invoices, notes = (sorted(drafts(scene, kind), key=lambda one: one.client.id) for kind in ("380", "381"))
        assert [(one.client.id, one.totals) for one in notes] == [(one.client.id, one.totals) for one in invoices]
        assert [one.preceding[0].reference for one in notes] == [one.reference for one in invoices]
        bill, back = claims(scene)
        assert back.documents == tuple(credit_documents([bill]).values())
        assert set(back.documents) == {one.reference for one in notes}

    def test_a_payer_whose_invoice_never_arrived_gets_no_credit_note(self, scene: Scene) -> None:
        scene.contract = shared()
        scene.close("Design")
        scene.books.faults.append("reject")
        scene.run()
        decide(scene, scene.only_reference())
        scene.run()
        assert [one.client.id for one in drafts(scene, "381")] == ["bank"]

    def test_all_bills_on_one_document_are_taken_back_together(self, scene: Scene) -> None:
        scene.contract = together("run")
        scene.close("Design")
        scene.close("Beta")
        scene.run()
        first, second = claims(scene)
        assert decide(scene, second.reference) == ""
        scene.run()
        [note] = drafts(scene, "381")
        assert {note.reference} == set(credit_documents([first]).values()) == set(credit_documents([second]).values())
        assert [one.documents for one in claims(scene)[2:]] == [(note.reference,)] * 2
        assert [one.credits for one in claims(scene)[2:]] == [first.reference, second.reference]
        assert in_all(scene) == 0

    def test_one_that_is_not_settled_keeps_all_from_being_credited(self, scene: Scene) -> None:
        scene.contract = together("run")
        scene.close("Design")
        scene.close("Beta")
        scene.books.faults.append("unclear before")
        scene.run()
        first, second = claims(scene)
        assert decide(scene, second.reference).startswith("books sending: ")
        with scene.house() as house:
            assert house.ledger.decisions() == {}
        assert first.deliveries == second.deliveries


STAGES = ("nothing seen", "claimed", "delivered", "decided", "credited", "billed again")


def copy(scene: Scene, source: str, target: str) -> None:
    for name in (target, f"{target}-wal", f"{target}-shm"):
        (scene.directory / name).unlink(missing_ok=True)
    shutil.copy(scene.directory / source, scene.directory / target)


def live_through(scene: Scene) -> None:
    """Bill, credit, close again and bill again, with a backup of the ledger at every stage."""

    def back_up(stage: str) -> None:
        copy(scene, "ledger.db", stage)

    scene.run()
    back_up("nothing seen")
    scene.close("Design")
    scene.books.faults.append("unreachable")
    scene.run()
    back_up("claimed")
    scene.clock.advance(minutes=10)
    scene.run()
    back_up("delivered")
    scene.clock.advance(hours=1)
    decide(scene, scene.only_reference())
    back_up("decided")
    scene.run()
    back_up("credited")
    scene.clock.advance(hours=1)
    close_again(scene)
    back_up("billed again")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("credits_again", [True, False], ids=["credited again", "left alone"])
def test_an_older_ledger_that_is_restored_doubles_neither_invoice_nor_credit_note(
    scene: Scene, stage: str, credits_again: bool
) -> None:
    live_through(scene)
    before = Counter(one.reference for one in drafts(scene))
    assert [one.type_code for one in drafts(scene)] == ["380", "381", "380"]
    copy(scene, stage, "ledger.db")
    for _ in range(6):
        scene.clock.advance(minutes=10)
        scene.run()
        if credits_again and claims(scene):
            decide(scene, claims(scene)[0].reference)
    assert Counter(one.reference for one in drafts(scene)) == before
    assert all(
        isinstance(one, Delivery) and one.state == "delivered" for each in claims(scene) for one in each.deliveries
    )


def test_after_a_restore_a_forgotten_later_bill_is_found_when_its_milestone_is_closed_again(scene: Scene) -> None:
    live_through(scene)
    before = Counter(one.reference for one in drafts(scene))
    copy(scene, "nothing seen", "ledger.db")
    scene.run()
    decide(scene, claims(scene)[0].reference)
    scene.run()
    close_again(scene)
    assert Counter(one.reference for one in drafts(scene)) == before
    assert [one.generation for one in claims(scene)] == [1, 1, 2]


def test_what_was_refused_before_is_not_taken_for_replaced_by_a_later_credit_note(scene: Scene, sent: str) -> None:
    scene.books.faults.append("reject")
    decide(scene, sent)
    scene.run()
    with scene.house() as house:
        approve(house.ledger, claims(scene)[1].reference, "ann")
    close_again(scene)
    _, refused, second = claims(scene)
    decide(scene, second.reference)
    scene.run()
    with scene.house() as house:
        assert retry(house.ledger, refused.reference) == 1
    scene.run()
    assert [one.deliveries[0].state for one in claims(scene)] == ["delivered"] * 4
    assert in_all(scene) == 0
