"""The ERPNext output against the pretended ERPNext over HTTP: the shared suite, creating and finding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest
from tests.connectors.erpnext import CLIENT, CREATING, Clock, FarErpnext, connected, create, draft_for, running

from tracker2invoice.errors import AccessDenied, BadAnswer, NotThere, Rejected, TryLater, Unclear
from tracker2invoice.model.invoice import Draft, Preceding
from tracker2invoice.plugins import Output
from tracker2invoice.testing.output_suite import FarSide, OutputSuite
from tracker2invoice.testing.sandbox.erpnext import SECRET
from tracker2invoice.testing.sandbox.erpnext_books import Fields
from tracker2invoice.testing.sandbox.server import Answer, Fault

LISTING = "/frappe.client.get_list"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarErpnext]:
    with running(clock) as erpnext:
        yield erpnext


@pytest.fixture
def output(far_side: FarErpnext, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path) as output:
        yield output


class TestErpnextKeepsTheContractOfOutputs(OutputSuite):
    kind = "erpnext"
    client = CLIENT

    @pytest.fixture
    def output(self, far_side: FarErpnext, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side, clock, tmp_path, attach_annex=True, create_missing=True) as output:
            yield output

    def test_a_deleted_document_is_still_found_and_not_called_a_draft(self, output: Output, far_side: FarSide) -> None:
        pytest.skip("ERPNext shows no trace of what was deleted")


def test_the_invoice_says_what_the_draft_says(output: Output, far_side: FarErpnext) -> None:
    draft = draft_for()
    receipt = create(output, draft)
    (invoice,) = far_side.books.invoices
    assert (invoice["docstatus"], invoice["customer"], invoice["company"]) == (0, CLIENT, "Northwind")
    assert (invoice["net_total"], invoice["total_taxes_and_charges"], invoice["grand_total"]) == (18000, 3420, 21420)
    assert (invoice["posting_date"], invoice["due_date"]) == ("2026-03-02", "2026-04-01")
    assert (invoice["po_no"], invoice["t2i_ref"]) == ("PO-4711", draft.reference)
    assert (receipt.remote_id, receipt.number) == (invoice["name"], invoice["name"])
    assert receipt.url == f"{far_side.url}/app/sales-invoice/{invoice['name']}"


def test_neither_the_day_of_sending_nor_the_terms_of_the_client_change_the_dates(
    output: Output, far_side: FarErpnext, clock: Clock
) -> None:
    clock.now = clock.now.replace(month=5)
    far_side.books.tables["Customer"][0]["term_days"] = 10
    draft = draft_for()
    document = output.create(draft, output.prepare(draft), "k")
    assert (document.issue_date, document.due_date) == (draft.issue_date, draft.due_date)


def asked(far_side: FarErpnext) -> list[str]:
    return [one.path.rpartition("/")[2] for one in far_side.requests]


def pushed(output: Output, *milestones: str, client: str = CLIENT) -> None:
    for milestone_id in milestones:
        draft = draft_for(milestone_id=milestone_id, remote={"books": client})
        output.find(draft)
        create(output, draft)


FIRST = ["frappe.client.get_list", "frappe.client.get_list", "meta", "frappe.client.get_list", "Sales Invoice"]
NEXT = ["frappe.client.get_list", "Sales Invoice"]


def test_a_first_push_takes_two_requests_once_company_field_and_client_were_looked_at(
    output: Output, far_side: FarErpnext
) -> None:
    pushed(output, "7", "8", "9")
    assert asked(far_side) == [*FIRST, *NEXT, *NEXT]


def test_after_a_minute_company_field_and_client_are_looked_at_again(
    output: Output, far_side: FarErpnext, clock: Clock
) -> None:
    pushed(output, "7")
    clock.now += timedelta(seconds=60)
    pushed(output, "8")
    assert asked(far_side) == [*FIRST, *FIRST]


def test_another_client_is_looked_at_although_the_first_one_was(output: Output, far_side: FarErpnext) -> None:
    pushed(output, "7")
    far_side.books.add_customer("Globex", disabled=1)
    with pytest.raises(Rejected, match="client Globex is disabled"):
        pushed(output, "8", client="Globex")


def test_what_was_found_wrong_is_looked_at_again_at_once(output: Output, far_side: FarErpnext) -> None:
    far_side.books.tables["Customer"][0]["disabled"] = 1
    with pytest.raises(Rejected):
        pushed(output, "7")
    far_side.books.tables["Customer"][0]["disabled"] = 0
    pushed(output, "7")


def test_an_invoice_that_would_bill_the_same_is_found_with_the_same_request_and_marked(
    output: Output, far_side: FarErpnext
) -> None:
    draft, rival, other = (draft_for(milestone_id=one) for one in ("7", "8", "9"))
    pushed(output, "8", "9")
    far_side.requests.clear()
    (found,) = output.find(draft, [rival.reference, "T2I-AAAAAAAAAAAA"])
    assert (found.other, found.receipt.remote_id) == (rival.reference, "ACC-SINV-2026-00001")
    assert {one.other for one in output.find(other, [rival.reference])} == {"", rival.reference}
    assert len(far_side.requests) == 2


def test_a_reference_in_small_letters_is_another_one(output: Output, far_side: FarErpnext) -> None:
    pushed(output, "7")
    far_side.books.invoices[0]["t2i_ref"] = str(far_side.books.invoices[0]["t2i_ref"]).lower()
    assert list(output.find(draft_for(), [draft_for(milestone_id="7").reference])) == []


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"unique": 0}, "make the custom field t2i_ref of Sales Invoice Unique"),
        ({"fieldtype": "Small Text"}, "of type Data"),
        ({"no_copy": 0}, "set No Copy"),
    ],
)
def test_nothing_is_created_where_the_reference_is_not_unique(
    output: Output, far_side: FarErpnext, field: dict[str, object], said: str
) -> None:
    assert far_side.books.reference_field
    far_side.books.reference_field |= field
    with pytest.raises(Rejected, match=said):
        create(output, draft_for())
    assert far_side.books.invoices == []


def test_without_the_field_nothing_is_found_nor_created(output: Output, far_side: FarErpnext) -> None:
    far_side.books.reference_field = None
    with pytest.raises(TryLater):
        output.find(draft_for())
    with pytest.raises(Rejected, match="add a custom field t2i_ref"):
        create(output, draft_for())
    assert far_side.books.invoices == []


def test_a_second_invoice_with_the_reference_is_refused_by_erpnext_and_the_first_one_is_found(
    output: Output, far_side: FarErpnext
) -> None:
    first = create(output, draft_for())
    with pytest.raises(Unclear, match="the reference is taken"):
        create(output, draft_for())
    assert [one.receipt for one in output.find(draft_for())] == [first]


@pytest.mark.parametrize(
    ("field", "blocked"), [("disabled", "disabled: enable"), ("is_frozen", "frozen: take Is Frozen off")]
)
def test_nothing_is_sent_to_a_client_who_is_disabled_or_frozen(
    output: Output, far_side: FarErpnext, field: str, blocked: str
) -> None:
    far_side.books.tables["Customer"][0][field] = 1
    assert [one.usable for one in output.clients(replace(draft_for().client, name=CLIENT))] == [False]
    with pytest.raises(Rejected, match=f"client {CLIENT} is {blocked} it there"):
        create(output, draft_for())
    assert [one for one in far_side.requests if CREATING in one.path] == []


def test_a_client_whose_name_is_written_otherwise_is_not_taken_for_it(output: Output, far_side: FarErpnext) -> None:
    with pytest.raises(Rejected, match=r"client ACME GMBH is not there: pin another client there, then `t2i reissue`"):
        create(output, draft_for(remote={"books": "ACME GMBH"}))
    assert far_side.books.invoices == []


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"data": {}}'])
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarErpnext, body: bytes
) -> None:
    far_side.faults.append(Fault("after", "answer", Answer(200, body), path=CREATING))
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


def test_an_answer_about_another_invoice_is_unclear(output: Output, far_side: FarErpnext) -> None:
    create(output, draft_for())
    request = next(one for one in far_side.requests if CREATING in one.path)
    far_side.books.invoices.clear()
    far_side.faults.append(Fault("after", "answer", far_side.handle(request), path=CREATING))
    with pytest.raises(Unclear, match="something else"):
        create(output, draft_for(milestone_id="7"))


@pytest.mark.parametrize("state", ["draft", "sent", "void"])
def test_it_is_found_in_every_state(output: Output, far_side: FarErpnext, state: str) -> None:
    create(output, draft_for())
    (invoice,) = far_side.books.invoices
    if state != "draft":
        far_side.books.submit(invoice)
    if state == "void":
        far_side.books.cancel(invoice)
    assert [one.receipt.state for one in output.find(draft_for())] == [state]


def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarErpnext) -> None:
    for body in (b"{}", b"[]", b"null", b'{"message": [{"name": "x"}]}', b""):
        far_side.faults.append(Fault(answer=Answer(200, body), path=LISTING))
        with pytest.raises(BadAnswer):
            output.find(draft_for())


def test_a_wrong_secret_is_an_error_and_no_empty_list(far_side: FarErpnext, clock: Clock, tmp_path: Path) -> None:
    with connected(far_side, clock, tmp_path, secret="another") as output, pytest.raises(AccessDenied):
        output.find(draft_for())


def test_a_refusal_is_a_rejection_in_the_words_of_erpnext_without_markup_and_traceback(
    output: Output, far_side: FarErpnext
) -> None:
    far_side.books.negative_rates = False
    draft = draft_for()
    payload = output.prepare(draft).replace(b'"rate":18000.00', b'"rate":-18000.00')
    with pytest.raises(Rejected) as caught:
        output.create(draft, payload, "k")
    assert caught.value.detail == "HTTP 417: ValidationError: For item None, rate must be a positive number"
    assert far_side.books.invoices == []


def refused(output: Output, draft: Draft) -> str:
    with pytest.raises(Rejected) as caught:
        create(output, draft)
    return caught.value.detail


def test_a_refusal_says_what_to_do_about_accounts_that_are_not_there(output: Output, far_side: FarErpnext) -> None:
    far_side.books.tables["Account"].clear()
    said = refused(output, draft_for())
    assert "Could not find Account: Sales - N; the company has no such account; correct account" in said
    assert 'correct tax."S 19"' in said


def test_a_refusal_says_what_to_do_about_a_closed_period(output: Output, far_side: FarErpnext) -> None:
    far_side.books.close_period("Q1", "2026-01-01", "2026-03-31")
    said = refused(output, draft_for())
    assert "You cannot create a Sales Invoice within the closed Accounting Period Q1" in said
    assert "open the period there, or `t2i reissue`" in said


def test_a_refusal_says_what_to_do_about_a_frozen_client_and_a_rate_of_exchange_that_is_missing(
    output: Output, far_side: FarErpnext
) -> None:
    far_side.books.rates.remove("USD")
    said = "Maybe Currency Exchange record is not created for USD to EUR; add a record of the rate of exchange there"
    assert said in refused(output, draft_for("USD"))
    far_side.books.tables["Customer"][0]["is_frozen"] = 1
    assert f"Customer {CLIENT} is frozen; take Is Frozen off the customer" in refused(output, draft_for())


def test_a_refusal_says_what_to_do_about_a_client_who_is_not_billed_in_the_currency(
    output: Output, far_side: FarErpnext
) -> None:
    far_side.books.any_currency = False
    said = refused(output, draft_for("USD"))
    assert "currency (EUR) and document currency (USD) should be same" in said
    assert "add a receivable account in USD to the customer" in said
    bill_in_dollars(far_side)
    create(output, draft_for("USD"))


def bill_in_dollars(far_side: FarErpnext) -> None:
    tables = far_side.books.tables
    tables["Account"].append({**tables["Account"][0], "name": "Debtors USD - N", "account_currency": "USD"})
    row: Fields = {"parenttype": "Customer", "parent": CLIENT, "company": "Northwind", "account": "Debtors USD - N"}
    tables["Party Account"].append(row)


def test_while_the_company_is_not_there_drafts_wait(far_side: FarErpnext, clock: Clock, tmp_path: Path) -> None:
    waiting = pytest.raises(NotThere, match="company Southwind")
    with connected(far_side, clock, tmp_path, company="Southwind") as output, waiting:
        create(output, draft_for())


def test_a_company_that_is_gone_since_is_a_rejection(output: Output, far_side: FarErpnext) -> None:
    create(output, draft_for())
    far_side.books.tables["Company"].clear()
    with pytest.raises(Rejected, match="Company Northwind not found"):
        create(output, draft_for(milestone_id="7"))


def test_a_secret_that_erpnext_repeats_stays_out_of_the_error(output: Output, far_side: FarErpnext) -> None:
    answer = Answer(417, {"exc_type": f"The secret {SECRET} is bad"})
    far_side.faults.append(Fault(answer=answer, path=CREATING))
    with pytest.raises(Rejected, match=r"The secret \*\*\* is bad"):
        create(output, draft_for())


def test_a_total_that_erpnext_reckons_otherwise_shows_when_the_document_is_created(
    output: Output, far_side: FarErpnext
) -> None:
    draft = draft_for()
    payload = output.prepare(draft).replace(b'"rate":19', b'"rate":7')
    assert output.create(draft, payload, "k").gross != draft.totals.gross


def crediting(invoice: Draft) -> Draft:
    preceding = (Preceding(invoice.reference, "", invoice.issue_date),)
    return replace(draft_for(type_code="381", milestone_id="7"), preceding=preceding)


def test_a_credit_note_names_the_submitted_invoice_and_takes_off_what_is_open_of_it(
    output: Output, far_side: FarErpnext
) -> None:
    invoice = draft_for()
    receipt = create(output, invoice)
    far_side.books.invoices[0]["conversion_rate"] = Decimal("1.25")
    far_side.change(invoice.reference, "sent")
    credit = crediting(invoice)
    document = output.create(credit, output.prepare(credit), "k")
    assert (document.gross, document.due_date) == (credit.totals.gross, None)
    assert far_side.books.invoices[1]["return_against"] == receipt.remote_id
    far_side.change(credit.reference, "sent")
    (read,) = output.read_back([receipt], None)
    assert (read.receipt.state, read.receipt.paid, read.receipt.credited) == ("sent", None, invoice.totals.gross)


def test_a_credit_note_of_an_invoice_that_is_a_draft_stands_by_itself(output: Output, far_side: FarErpnext) -> None:
    invoice = draft_for()
    create(output, invoice)
    create(output, crediting(invoice))
    (_, credit) = far_side.books.invoices
    assert (credit["return_against"], cast("Decimal", credit["grand_total"])) == (None, -invoice.totals.gross)
