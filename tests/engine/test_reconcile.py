"""What became of documents is read back, written down, and never repaired in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from tracker2invoice.engine.bill import make_plan
from tracker2invoice.engine.decide import approve, reissue, withdraw
from tracker2invoice.engine.reconcile import Reconciled, reconcile
from tracker2invoice.errors import AccessDenied, LedgerDamaged, Rejected
from tracker2invoice.ledger import schema
from tracker2invoice.ledger.verify import verify
from tracker2invoice.model.claim import Receipt
from tracker2invoice.plugins import Document
from tracker2invoice.testing.memory_output import CAPABILITIES, MemoryOutput

if TYPE_CHECKING:
    from tests.engine.conftest import Scene


@pytest.fixture
def billed(scene: Scene) -> str:
    """Return the reference of what was billed and stands in the books as a draft."""
    scene.close("Design")
    scene.run()
    return scene.only_reference()


def look(scene: Scene, *, whole: bool = True) -> Reconciled:
    with scene.house() as house:
        found = reconcile(house, whole=whole)
        assert verify(house.ledger) == ()
    return found


def events(found: Reconciled) -> list[str]:
    return [change.event for change in found.changes]


def held(scene: Scene) -> list[str]:
    with scene.house() as house:
        return [action.reason.code for action in make_plan(house).of_kind("hold")]


def take_back(scene: Scene, reference: str) -> str:
    with scene.house() as house:
        claim = house.ledger.claim(reference)
        assert claim is not None
        return withdraw(house, claim, "anna", "wrong client")[1]


def test_a_damaged_ledger_is_no_trouble_of_an_output(scene: Scene, billed: str) -> None:
    scene.books.mark(billed, "sent")
    with scene.house() as house:
        with house.ledger.database.write("damage") as connection:
            connection.execute(update(schema.draft).values(bytes=b"{}"))
        with pytest.raises(LedgerDamaged):
            reconcile(house)


def test_nothing_is_written_about_a_document_that_stands_as_it_was_delivered(scene: Scene, billed: str) -> None:
    found = look(scene)
    assert (found.documents, found.changes, found.troubles) == (1, (), ())
    assert scene.delivery(billed).reason == ""


def test_sent_and_paid_documents_are_told_once_each_with_amount_and_day(scene: Scene, billed: str) -> None:
    scene.books.mark(billed, "sent")
    assert events(look(scene)) == ["sent"]
    scene.books.pay(billed, Decimal("100.00"), date(2026, 3, 20))
    assert events(look(scene)) == ["payment"]
    scene.books.mark(billed, "paid")
    assert (events(look(scene)), events(look(scene))) == (["paid"], [])
    receipt = scene.delivery(billed).receipt
    assert receipt is not None
    assert (receipt.state, receipt.paid_on) == ("paid", date(2026, 3, 20))


def test_amounts_have_the_decimals_of_their_currency_however_the_output_writes_them(
    scene: Scene, billed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(self: MemoryOutput, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        for receipt in receipts:
            partly = replace(receipt, state="sent", paid=Decimal("100.0"), credited=Decimal(50))
            yield Document(partly, None, None, Decimal("21420.5"))

    monkeypatch.setattr(MemoryOutput, "read_back", told)
    (change,) = look(scene).changes
    assert change.now.receipt is not None
    assert (str(change.now.receipt.paid), str(change.now.receipt.credited)) == ("100.00", "50.00")
    assert "gross is 21420.50 there and 21420.00 in the draft" in change.now.detail


@pytest.mark.parametrize("state", ["void", "deleted"])
def test_a_document_that_a_person_deleted_is_gone_and_never_written_again_by_itself(
    scene: Scene, billed: str, state: str
) -> None:
    scene.books.mark(billed, "void" if state == "void" else "deleted")
    assert events(look(scene)) == ["gone"]
    assert held(scene) == ["delivery-gone"]
    scene.run()
    assert len(scene.books.entries) == 1


def test_an_edited_document_is_shown_until_a_person_accepts_it_and_again_when_it_is_edited_anew(
    scene: Scene, billed: str
) -> None:
    scene.books.edit(billed, gross=Decimal("1.00"))
    assert (events(look(scene)), held(scene)) == (["edited"], ["document-edited"])
    assert "gross is 1.00 there" in scene.delivery(billed).detail
    with scene.house() as house:
        approve(house.ledger, billed, "anna")
    assert (events(look(scene)), held(scene)) == ([], [])
    scene.books.edit(billed, gross=Decimal("2.00"))
    assert (events(look(scene)), held(scene)) == (["edited"], ["document-edited"])


def test_what_was_paid_beyond_an_invoice_waits_until_a_person_has_settled_it(scene: Scene, billed: str) -> None:
    gross = scene.books.of(billed)[0].gross
    scene.books.mark(billed, "sent")
    scene.books.pay(billed, gross, date(2026, 3, 20))
    assert (events(look(scene)), held(scene)) == (["sent"], [])
    scene.books.pay(billed, gross + 10, date(2026, 3, 21))
    assert (events(look(scene)), held(scene)) == (["edited"], ["document-edited"])
    assert scene.delivery(billed).detail == f"{gross + 10} was paid, 10.00 more than it asks for"
    with scene.house() as house:
        approve(house.ledger, billed, "anna")
    assert (events(look(scene)), held(scene)) == ([], [])


def test_who_pays_a_document_as_it_was_edited_has_not_paid_too_much(scene: Scene, billed: str) -> None:
    gross = scene.books.of(billed)[0].gross
    scene.books.edit(billed, gross=gross + 10)
    scene.books.pay(billed, gross + 10, date(2026, 3, 20))
    look(scene)
    assert scene.delivery(billed).detail == f"gross is {gross + 10} there and {gross} in the draft"


def test_an_edit_that_was_undone_is_no_news_for_a_person(scene: Scene, billed: str) -> None:
    gross = scene.books.of(billed)[0].gross
    scene.books.edit(billed, gross=Decimal("1.00"))
    look(scene)
    scene.books.edit(billed, gross=gross)
    assert (events(look(scene)), held(scene)) == (["corrected"], [])
    assert scene.delivery(billed).detail == ""


def test_what_was_told_before_an_output_failed_is_kept_and_the_rest_is_read_the_next_time(
    scene: Scene, billed: str
) -> None:
    scene.books.accepts_us = False
    (trouble,) = look(scene).troubles
    assert (trouble.subject, type(trouble.error)) == ("outputs.books", AccessDenied)
    scene.books.accepts_us = True
    scene.books.mark(billed, "sent")
    assert events(look(scene, whole=False)) == ["sent"]


def test_only_what_changed_lately_is_asked_for_and_all_of_it_once_a_day(
    scene: Scene, billed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    real = MemoryOutput.read_back

    def noted(self: MemoryOutput, receipts: Sequence[Receipt], since: datetime | None) -> Iterator[Document]:
        asked.append(since)
        return real(self, receipts, since)

    monkeypatch.setattr(MemoryOutput, "read_back", noted)
    first = scene.clock()
    look(scene, whole=False)
    scene.clock.advance(hours=1)
    look(scene, whole=False)
    scene.clock.advance(days=1)
    look(scene, whole=False)
    assert asked == [None, first - timedelta(minutes=15), None]
    assert scene.delivery(billed).state == "delivered"


def test_a_draft_is_deleted_where_it_is_and_billed_again_only_when_a_person_says_so(scene: Scene, billed: str) -> None:
    assert take_back(scene, billed) == ""
    assert [entry.receipt.state for entry in scene.books.entries] == ["deleted"]
    assert "wrong client" in scene.delivery(billed).detail
    assert held(scene) == ["delivery-gone"]
    scene.run()
    with scene.house() as house:
        claim = house.ledger.claim(billed)
        assert claim is not None
        assert reissue(house, claim, "anna") == ""
    scene.run()
    assert [entry.receipt.state for entry in scene.books.entries] == ["deleted", "draft"]


def test_a_draft_that_a_search_does_not_show_yet_is_deleted_all_the_same(scene: Scene) -> None:
    scene.books.lag = timedelta(hours=1)
    scene.close("Design")
    scene.run()
    assert take_back(scene, scene.only_reference()) == ""
    assert [entry.receipt.state for entry in scene.books.entries] == ["deleted"]


def test_a_draft_that_somebody_copied_is_left_alone(scene: Scene, billed: str) -> None:
    scene.books.copy(billed)
    assert "2 documents with this reference" in take_back(scene, billed)
    assert [entry.receipt.state for entry in scene.books.entries] == ["draft", "draft"]


@pytest.mark.parametrize("state", ["sent", "paid"])
def test_what_was_sent_is_not_withdrawn_whatever_we_knew(scene: Scene, billed: str, state: str) -> None:
    scene.books.mark(billed, "sent" if state == "sent" else "paid")
    assert f"it is {state}" in take_back(scene, billed)
    assert [entry.receipt.state for entry in scene.books.entries] == [state]
    receipt = scene.delivery(billed).receipt
    assert receipt is not None
    assert receipt.state == state


def test_an_output_that_deletes_no_drafts_is_named(scene: Scene, billed: str) -> None:
    scene.books.capabilities = replace(CAPABILITIES, withdraws=False)
    assert "books deletes no drafts" in take_back(scene, billed)
    assert [entry.receipt.state for entry in scene.books.entries] == ["draft"]


def test_a_withdrawal_that_dies_after_the_deletion_can_be_done_again(scene: Scene, billed: str) -> None:
    scene.books.faults.append("unclear after")
    with pytest.raises(Exception, match="no answer"):
        take_back(scene, billed)
    assert scene.delivery(billed).state == "delivered"
    assert take_back(scene, billed) == ""
    assert scene.delivery(billed).reason == "withdrawn"


def test_by_policy_the_draft_of_a_reopened_milestone_is_deleted_by_the_next_run(scene: Scene) -> None:
    scene.contract = replace(scene.contract, reopened="withdraw")
    number = scene.close("Design")
    scene.run()
    scene.projects.reopen(scene.project, number)
    scene.run()
    assert [entry.receipt.state for entry in scene.books.entries] == ["deleted"]
    assert scene.run().plan.of_kind("hold") == ()
    scene.projects.close(scene.project, number)
    assert [one.reason.code for one in scene.run().plan.of_kind("hold")] == ["delivery-gone"]
    assert len(scene.books.entries) == 1


def test_by_policy_nothing_is_deleted_that_was_sent_since_it_was_last_looked_at(scene: Scene) -> None:
    scene.contract = replace(scene.contract, reopened="withdraw")
    number = scene.close("Design")
    scene.run()
    scene.books.mark(scene.only_reference(), "sent")
    scene.projects.reopen(scene.project, number)
    (trouble,) = scene.run().troubles
    assert isinstance(trouble.error, Rejected)
    assert [entry.receipt.state for entry in scene.books.entries] == ["sent"]
    assert [one.reason.code for one in scene.run().plan.of_kind("hold")] == ["reopened-after-billing"]
