"""Credit notes in Moneybird, which are sales invoices of negative amounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from tests.connectors.moneybird import CONTACT, Clock, FarMoneybird, connected, create, draft_for

from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.sandbox.server import Fault


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarMoneybird]:
    with FarMoneybird(clock) as moneybird:
        moneybird.books.add_contact("Acme B.V.", CONTACT)
        yield moneybird


@pytest.fixture
def output(far_side: FarMoneybird, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


@pytest.fixture
def note() -> Draft:
    return draft_for(type_code="381", milestone_id="7")


def test_a_credit_note_is_a_draft_of_negative_amounts_whose_amounts_are_positive_for_us(
    output: Output, far_side: FarMoneybird, note: Draft
) -> None:
    document = output.create(note, output.prepare(note), "k")
    (kept,) = far_side.books.invoices
    assert (kept["state"], kept["reference"], kept["total_price_incl_tax"]) == ("draft", note.reference, "-21420.0")
    assert (document.gross, document.receipt.state) == (note.totals.gross, "draft")
    assert list(output.find(note)) == list(output.read_back([document.receipt], None)) == [document]


def test_invoices_keep_their_ids_and_those_of_credit_notes_say_so(
    output: Output, far_side: FarMoneybird, note: Draft
) -> None:
    invoice, credit_note = create(output, draft_for()), create(output, note)
    first, second = (one["id"] for one in far_side.books.invoices)
    assert (invoice.remote_id, credit_note.remote_id) == (first, f"credit/{second}")


def test_a_draft_that_a_person_turned_into_a_credit_invoice_differs(output: Output, far_side: FarMoneybird) -> None:
    receipt = create(output, draft_for())
    far_side.books.invoices[0]["total_price_incl_tax"] = "-21420.0"
    (document,) = output.read_back([receipt], None)
    assert document.gross == -draft_for().totals.gross


def test_an_answer_lost_after_the_commit_is_unclear_and_the_credit_note_is_found(
    output: Output, far_side: FarMoneybird, note: Draft
) -> None:
    far_side.faults.append(Fault("after", "drop", method="POST", path="/sales_invoices"))
    with pytest.raises(Unclear):
        create(output, note)
    assert len(output.find(note)) == 1


def test_the_credit_invoice_that_moneybird_makes_of_an_invoice_is_not_taken_for_that_invoice(
    output: Output, far_side: FarMoneybird
) -> None:
    receipt = create(output, draft_for())
    copy = far_side.books.duplicate_to_credit(far_side.books.invoices[0])
    assert (copy["reference"], copy["total_price_incl_tax"]) == (draft_for().reference, "-21420.0")
    assert [one.receipt.remote_id for one in output.find(draft_for())] == [receipt.remote_id]


def test_what_a_credit_note_took_off_an_invoice_was_credited_and_not_paid(
    output: Output, far_side: FarMoneybird, note: Draft
) -> None:
    receipts = [create(output, one) for one in (draft_for(), note)]
    invoice, credit = far_side.books.invoices
    for one in (invoice, credit):
        far_side.books.send(one)
    far_side.books.pay(invoice, Decimal(420), date(2026, 3, 9))
    far_side.books.pay(invoice, Decimal(21000), date(2026, 3, 10), credit["id"])
    far_side.books.pay(credit, Decimal(-21420), date(2026, 3, 10))
    told = [
        (one.receipt.state, one.receipt.paid, one.receipt.paid_on, one.receipt.credited)
        for one in output.read_back(receipts, None)
    ]
    assert told == [("paid", Decimal(420), date(2026, 3, 9), Decimal(21000)), ("sent", None, None, None)]


def test_a_draft_is_withdrawn_and_its_invoice_is_left_alone(
    output: Output, far_side: FarMoneybird, note: Draft
) -> None:
    create(output, draft_for())
    receipt = create(output, note)
    output.withdraw(receipt)
    output.withdraw(receipt)
    assert [one["reference"] for one in far_side.books.invoices] == [draft_for().reference]


def test_one_that_was_sent_is_not_withdrawn(output: Output, far_side: FarMoneybird, note: Draft) -> None:
    receipt = create(output, note)
    far_side.change(note.reference, "sent")
    with pytest.raises(Rejected, match="sent"):
        output.withdraw(receipt)
