"""Credit notes in Xero, which are documents of a kind of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.connectors.xero import Clock, FarXero, connected, draft_for, running

from tracker2invoice.errors import BadAnswer, Rejected, Unclear
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Document, Output
from tracker2invoice.testing.samples import NOW
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.xero_books import CREDIT_NOTES


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarXero]:
    with running(clock) as xero:
        yield xero


@pytest.fixture
def output(far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


@pytest.fixture
def note() -> Draft:
    return draft_for(type_code="381", milestone_id="7")


def create(output: Output, draft: Draft) -> Document:
    return output.create(draft, output.prepare(draft), draft.reference)


def test_a_credit_note_becomes_one_in_draft_with_positive_amounts(
    output: Output, far_side: FarXero, note: Draft
) -> None:
    receipt = create(output, note).receipt
    assert far_side.books.invoices == []
    (kept,) = far_side.books.credit_notes
    assert (kept["Type"], kept["Status"], kept["Total"]) == ("ACCRECCREDIT", "DRAFT", 21420)
    assert kept["Reference"] == f"PO-4711 {note.reference}"
    address = f"{far_side.url}/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={kept['CreditNoteID']}"
    assert (receipt.number, receipt.url) == ("CN-0001", address)


def test_it_is_created_with_put_full_precision_errors_by_element_and_a_key(
    output: Output, far_side: FarXero, note: Draft
) -> None:
    create(output, note)
    sent = far_side.requests[-1]
    assert (sent.method, sent.path) == ("PUT", "/api.xro/2.0/CreditNotes")
    assert sent.query == {"unitdp": "4", "summarizeErrors": "false"}
    assert create(output, note).receipt.number == "CN-0001"
    assert far_side.requests[-1].headers["idempotency-key"] == sent.headers["idempotency-key"]


def test_it_is_found_once_and_in_every_state(output: Output, far_side: FarXero, note: Draft) -> None:
    created = create(output, note)
    assert list(output.find(note)) == [created]
    states: list[str] = []
    for status in ("SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"):
        far_side.books.credit_notes[0]["Status"] = status
        states += [document.receipt.state for document in output.find(note)]
    assert states == ["draft", "sent", "sent", "void", "deleted"]


def test_one_without_any_reference_does_not_stop_the_look_up(output: Output, far_side: FarXero, note: Draft) -> None:
    create(output, note)
    far_side.books.credit_notes[:0] = [{**far_side.books.credit_notes[0], "Reference": None}]
    assert len(output.find(note)) == 1


def test_all_pages_are_read_and_what_only_looks_alike_is_left_out(
    output: Output, far_side: FarXero, note: Draft
) -> None:
    create(output, note)
    kept = far_side.books.credit_notes
    kept[:0] = [{**kept[0], "Reference": f"{note.reference}X"} for _ in range(250)]
    kept[:0] = [{**kept[-1], "Type": "ACCPAYCREDIT"}]
    assert len(output.find(note)) == 1


def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarXero, note: Draft) -> None:
    for body in (b"{}", b'{"CreditNotes": null}', b'{"CreditNotes": [{"CreditNoteID": "x"}]}'):
        far_side.faults.append(Fault("before", "answer", Answer(200, body), "GET", "/CreditNotes"))
        with pytest.raises(BadAnswer):
            output.find(note)


def test_an_answer_lost_after_the_commit_is_unclear_and_the_credit_note_is_found(
    output: Output, far_side: FarXero, note: Draft
) -> None:
    far_side.faults.append(Fault("after", "drop", method="PUT", path="/CreditNotes"))
    with pytest.raises(Unclear):
        create(output, note)
    assert len(output.find(note)) == 1


def test_a_success_status_with_errors_inside_is_a_rejection(output: Output, far_side: FarXero, note: Draft) -> None:
    far_side.books.currencies.remove("EUR")
    with pytest.raises(Rejected, match="not subscribed to currency EUR"):
        create(output, note)
    assert far_side.books.credit_notes == []


def test_a_number_that_is_taken_makes_the_engine_look(
    far_side: FarXero, clock: Clock, tmp_path: Path, note: Draft
) -> None:
    with connected(far_side, clock, tmp_path, strict_unique=True) as output:
        assert create(output, note).receipt.number == note.reference
        with pytest.raises(Unclear, match="must be unique"):
            output.create(note, output.prepare(note), "another key")


def test_invoices_keep_their_ids_and_those_of_credit_notes_say_so(
    output: Output, far_side: FarXero, note: Draft
) -> None:
    invoice, credit_note = create(output, draft_for()), create(output, note)
    far_side.books.credit_notes[0]["CreditNoteID"] = far_side.books.invoices[0]["InvoiceID"]
    (credit_note,) = output.find(note)
    assert invoice.receipt.remote_id == far_side.books.invoices[0]["InvoiceID"]
    assert credit_note.receipt.remote_id == f"CreditNotes/{invoice.receipt.remote_id}"
    for since in (None, NOW - timedelta(days=1)):
        assert list(output.read_back([credit_note.receipt, invoice.receipt], since)) == [invoice, credit_note]


def test_only_what_was_changed_since_is_read_back(output: Output, far_side: FarXero, clock: Clock, note: Draft) -> None:
    receipts = [create(output, one).receipt for one in (note, draft_for(type_code="381", milestone_id="8"))]
    clock.now += timedelta(hours=1)
    far_side.change(note.reference, "sent")
    changed = output.read_back(receipts, NOW + timedelta(minutes=30))
    assert [(one.receipt.remote_id, one.receipt.state) for one in changed] == [(receipts[0].remote_id, "sent")]


def test_one_that_is_not_there_is_read_back_as_deleted(output: Output) -> None:
    gone = Receipt("CreditNotes/0d3c1b4e-0000-4000-8000-000000000000", "", "", "draft")
    assert [one.receipt.state for one in output.read_back([gone], None)] == ["deleted"]


def test_what_was_made_use_of_is_not_called_paid(output: Output, far_side: FarXero, note: Draft) -> None:
    receipt = create(output, note).receipt
    far_side.change(note.reference, "paid")
    (read,) = output.read_back([receipt], None)
    assert (read.receipt.state, read.receipt.paid, read.receipt.paid_on) == ("sent", None, None)


def test_a_draft_is_withdrawn_and_its_invoice_is_left_alone(output: Output, far_side: FarXero, note: Draft) -> None:
    create(output, draft_for())
    receipt = create(output, note).receipt
    output.withdraw(receipt)
    output.withdraw(receipt)
    assert [one["Status"] for one in (*far_side.books.credit_notes, *far_side.books.invoices)] == ["DELETED", "DRAFT"]


def test_one_that_was_approved_is_not_withdrawn(output: Output, far_side: FarXero, note: Draft) -> None:
    receipt = create(output, note).receipt
    far_side.books.change(receipt.remote_id.removeprefix("CreditNotes/"), {"Status": "AUTHORISED"}, CREDIT_NOTES)
    with pytest.raises(Rejected, match="sent"):
        output.withdraw(receipt)
