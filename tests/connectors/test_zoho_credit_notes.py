"""Credit notes in Zoho Books, which are documents of a kind of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.vendor_schemas import complaints, vendor_schemas
from tests.connectors.zoho import CUSTOMER, GIVEN, Clock, FarZoho, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer, Rejected, Unclear
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.invoice import Draft
from tracker2invoice.plugins import Output
from tracker2invoice.testing.bills import BILLS, with_amounts
from tracker2invoice.testing.samples import NOW, sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.zoho import ORGANIZATION
from tracker2invoice_zoho import ZohoSettings
from tracker2invoice_zoho.payload import to_request

SETTINGS = ZohoSettings.model_validate({"url": "https://www.zohoapis.eu", **GIVEN})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarZoho]:
    with running(clock) as zoho:
        yield zoho


@pytest.fixture
def output(far_side: FarZoho, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path) as output:
        yield output


@pytest.fixture
def note() -> Draft:
    return draft_for(type_code="381", milestone_id="7")


@pytest.mark.parametrize("bill", list(BILLS))
def test_every_field_and_value_is_one_that_zoho_describes(bill: str, note: Draft) -> None:
    described = vendor_schemas("zoho-credit-notes.yml")
    schema: dict[str, Any] = described["components"]["schemas"]["create-a-credit-note-request"]
    body = json.loads(to_request("books", SETTINGS, BILLS[bill](note)))
    # numbers are given by Zoho unless the request says otherwise
    assert complaints(described, schema, {**body, "creditnote_number": "CN-1"}) == []
    assert complaints(described, schema, {**body, "is_draft": "maybe"}) != []
    assert set(body) <= set(schema["properties"])
    lines = schema["properties"]["line_items"]["items"]["properties"]
    # the description leaves the rate of a line out where a credit note is created, and has it where one is answered
    assert {name for line in body["line_items"] for name in line} <= {*lines, "rate"}


def test_a_credit_note_becomes_one_in_draft_with_positive_amounts(
    output: Output, far_side: FarZoho, note: Draft
) -> None:
    receipt = create(output, note).receipt
    assert far_side.books.invoices == []
    (kept,) = far_side.books.credit_notes
    assert (kept["status"], kept["total"], kept["reference_number"]) == ("draft", 21420, note.reference)
    assert receipt.number == "CN-000001"
    assert receipt.url == f"{far_side.url}/app/{ORGANIZATION}#/creditnotes/{kept['creditnote_id']}"


def test_a_part_of_an_hour_becomes_one_piece_of_the_same_amount(note: Draft) -> None:
    line = replace(note.lines[0], quantity=Decimal("7.5"), unit_price=Decimal("90.00"), net=Decimal("675.00"))
    hours = with_amounts(note, [replace(line, unit="HUR")])
    (first, *_) = json.loads(to_request("books", SETTINGS, hours))["line_items"]
    assert (first["rate"], first["quantity"]) == (675.0, 1)
    assert first["description"].startswith(f"7.5 x 90.00: {line.description}")


def test_it_is_found_once_and_in_every_state(output: Output, far_side: FarZoho, note: Draft) -> None:
    created = create(output, note)
    assert list(output.find(note)) == [created]
    states: list[str] = []
    for status in ("open", "closed", "void", "approved"):
        far_side.books.change(far_side.books.credit_notes[0], {"status": status})
        states += [document.receipt.state for document in output.find(note)]
    assert states == ["sent", "sent", "void", "unknown"]


def test_an_invoice_with_its_reference_is_another_document(output: Output, far_side: FarZoho, note: Draft) -> None:
    create(output, draft_for())
    far_side.books.change(far_side.books.invoices[0], {"reference_number": note.reference})
    assert list(output.find(note)) == []


def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarZoho, note: Draft) -> None:
    for body in (b'{"code": 0}', b'{"code": 0, "invoices": []}', b'{"code": 0, "creditnotes": [{"status": "x"}]}'):
        far_side.faults.append(Fault(answer=Answer(200, body), path="/creditnotes"))
        with pytest.raises(BadAnswer):
            output.find(note)


def test_an_answer_lost_after_the_commit_is_unclear_and_the_credit_note_is_found(
    output: Output, far_side: FarZoho, note: Draft
) -> None:
    far_side.faults.append(Fault("after", "drop", method="POST", path="/creditnotes"))
    with pytest.raises(Unclear):
        create(output, note)
    assert len(output.find(note)) == 1


def test_an_answer_that_names_the_invoice_it_is_for_is_still_about_the_credit_note(
    output: Output, far_side: FarZoho, note: Draft
) -> None:
    receipt = create(output, note).receipt
    far_side.books.change(far_side.books.credit_notes[0], {"invoice_id": "7", "invoice_number": "INV-7"})
    assert [one.receipt for one in output.read_back([receipt], None)] == [receipt]


def test_invoices_keep_their_ids_and_those_of_credit_notes_say_so(
    output: Output, far_side: FarZoho, note: Draft
) -> None:
    invoice, credit_note = create(output, draft_for()), create(output, note)
    far_side.books.credit_notes[0]["creditnote_id"] = invoice.receipt.remote_id
    (credit_note,) = output.find(note)
    assert credit_note.receipt.remote_id == f"creditnotes/{invoice.receipt.remote_id}"
    for since in (None, NOW - timedelta(days=1)):
        assert list(output.read_back([credit_note.receipt, invoice.receipt], since)) == [invoice, credit_note]


def test_one_that_is_not_there_is_read_back_as_deleted(output: Output) -> None:
    gone = Receipt("creditnotes/460000000072999", "", "", "draft")
    assert [one.receipt.state for one in output.read_back([gone], None)] == ["deleted"]


def test_what_was_made_use_of_is_not_called_paid_and_takes_no_further_look(
    output: Output, far_side: FarZoho, note: Draft
) -> None:
    receipt = create(output, note).receipt
    far_side.change(note.reference, "paid")
    far_side.requests.clear()
    (read,) = output.read_back([receipt], None)
    assert (read.receipt.state, read.receipt.paid, read.receipt.paid_on) == ("sent", None, None)
    assert len(far_side.requests) == 1


def test_a_draft_is_withdrawn_and_its_invoice_is_left_alone(output: Output, far_side: FarZoho, note: Draft) -> None:
    create(output, draft_for())
    receipt = create(output, note).receipt
    output.withdraw(receipt)
    output.withdraw(receipt)
    assert (len(far_side.books.credit_notes), len(far_side.books.invoices)) == (0, 1)


def test_one_that_is_open_is_not_withdrawn(output: Output, far_side: FarZoho, note: Draft) -> None:
    receipt = create(output, note).receipt
    far_side.change(note.reference, "sent")
    with pytest.raises(Rejected, match="sent"):
        output.withdraw(receipt)
    assert far_side.count(note.reference) == 1


def test_check_says_that_a_consent_of_before_does_not_cover_credit_notes(output: Output, far_side: FarZoho) -> None:
    far_side.beyond_consent = ("creditnotes",)
    contract = sample_contract(remote={"books": CUSTOMER})
    assert [(one.what, one.next_step) for one in output.check([contract]) if not one.ok] == [
        (
            "books: credit notes",
            "consent again with `t2i auth books` (HTTP 401: code 57: You are not authorized to perform this operation)",
        )
    ]
