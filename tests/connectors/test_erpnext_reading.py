"""What becomes of documents in ERPNext, what is taken back, and what `check` says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.connectors.erpnext import CLIENT, CREATING, GIVEN, Clock, FarErpnext, connected, create, draft_for, running

from tracker2invoice.errors import Rejected, Unclear
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import sample_contract
from tracker2invoice.testing.sandbox.erpnext_books import Fields
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice_erpnext import ErpnextSettings

CONTRACT = sample_contract(remote={"books": CLIENT})
DEDUCTING = replace(CONTRACT, discount=Fraction(2))
MIXED = replace(CONTRACT, terms=(replace(CONTRACT.terms[0], tax=Tax("S", Decimal(7))), *CONTRACT.terms[1:]))


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


def read(output: Output, receipt: Receipt) -> Receipt:
    (document,) = output.read_back([receipt], None)
    return document.receipt


def submitted(output: Output, far_side: FarErpnext) -> tuple[Receipt, Fields]:
    receipt = create(output, draft_for())
    (invoice,) = far_side.books.invoices
    far_side.books.submit(invoice)
    return receipt, invoice


def test_a_payment_of_a_part_is_read_back_with_its_day(output: Output, far_side: FarErpnext) -> None:
    receipt, invoice = submitted(output, far_side)
    far_side.books.pay(invoice, Decimal(100), date(2026, 3, 8))
    far_side.books.pay(invoice, Decimal("0.10"), date(2026, 3, 9))
    found = read(output, receipt)
    assert (found.state, found.paid, found.paid_on) == ("sent", Decimal("100.10"), date(2026, 3, 9))


def test_what_was_credited_is_not_called_paid(output: Output, far_side: FarErpnext) -> None:
    receipt, invoice = submitted(output, far_side)
    far_side.books.invoices.append(
        {**invoice, "name": "CN", "docstatus": 0, "grand_total": Decimal(-1420), "return_against": invoice["name"]}
    )
    far_side.books.submit(far_side.books.invoices[-1])
    far_side.books.pay(invoice)
    found = read(output, receipt)
    assert (found.state, found.paid, found.credited) == ("paid", Decimal(20000), Decimal(1420))


def test_a_payment_that_was_taken_back_does_not_count(output: Output, far_side: FarErpnext) -> None:
    receipt, invoice = submitted(output, far_side)
    far_side.books.pay(invoice)
    far_side.books.tables["Payment Ledger Entry"][-1]["delinked"] = 1
    invoice["outstanding_amount"] = invoice["grand_total"]
    assert (read(output, receipt).state, read(output, receipt).paid) == ("sent", None)


def test_a_difference_of_rates_is_no_payment(output: Output, far_side: FarErpnext) -> None:
    receipt, invoice = submitted(output, far_side)
    far_side.books.pay(invoice, on=date(2026, 3, 9))
    far_side.books.pay(invoice, Decimal(0), date(2026, 3, 31))
    assert read(output, receipt).paid_on == date(2026, 3, 9)


def test_a_payment_counts_for_its_own_invoice_alone(output: Output, far_side: FarErpnext) -> None:
    receipt, invoice = submitted(output, far_side)
    other = create(output, draft_for(milestone_id="7"))
    far_side.books.submit(far_side.books.invoices[1])
    far_side.books.pay(invoice)
    states = {one.receipt.remote_id: one.receipt.paid for one in output.read_back([receipt, other], None)}
    assert states == {receipt.remote_id: Decimal(21420), other.remote_id: None}


def test_a_credit_note_of_which_money_was_paid_back_is_not_called_paid(output: Output, far_side: FarErpnext) -> None:
    receipt = create(output, draft_for(type_code="381"))
    (note,) = far_side.books.invoices
    far_side.books.submit(note)
    far_side.books.pay(note)
    assert (read(output, receipt).state, read(output, receipt).paid) == ("sent", None)


def test_of_what_is_paid_on_an_account_in_another_currency_no_amount_is_told(
    output: Output, far_side: FarErpnext
) -> None:
    receipt, invoice = submitted(output, far_side)
    far_side.books.pay(invoice)
    far_side.books.tables["Payment Ledger Entry"][-1]["account_currency"] = "USD"
    assert (read(output, receipt).state, read(output, receipt).paid) == ("paid", None)


def test_many_documents_are_read_back_five_hundred_a_request(output: Output, far_side: FarErpnext) -> None:
    receipts = [Receipt(f"ACC-SINV-{n}", "", "", "draft") for n in range(1000)]
    assert {one.receipt.state for one in output.read_back(receipts, None)} == {"deleted"}
    assert len(far_side.requests) == 2


def test_more_documents_than_a_page_of_erpnext_are_all_read_back(output: Output) -> None:
    receipts = [create(output, draft_for(milestone_id=str(n))) for n in range(21)]
    assert {one.receipt.state for one in output.read_back(receipts, None)} == {"draft"}


def test_a_cancelled_document_is_left_as_it_is(output: Output, far_side: FarErpnext) -> None:
    receipt, invoice = submitted(output, far_side)
    far_side.books.cancel(invoice)
    output.withdraw(receipt)
    assert (far_side.count(draft_for().reference), read(output, receipt).state) == (1, "void")


def test_what_is_submitted_at_the_last_moment_is_not_deleted(output: Output, far_side: FarErpnext) -> None:
    receipt, invoice = submitted(output, far_side)
    before = {name: str(value) for name, value in invoice.items() if not isinstance(value, list)} | {"docstatus": 0}
    far_side.faults.append(Fault(answer=Answer(200, {"message": [before]}), path="get_list"))
    with pytest.raises(Rejected, match="Submitted Record cannot be deleted"):
        output.withdraw(receipt)


def test_what_was_submitted_is_not_even_asked_to_be_deleted(output: Output, far_side: FarErpnext) -> None:
    receipt, _ = submitted(output, far_side)
    with pytest.raises(Rejected, match="was submitted"):
        output.withdraw(receipt)
    assert [one.method for one in far_side.requests if one.method == "DELETE"] == []


def test_a_draft_that_somebody_deletes_at_the_last_moment_is_gone_all_the_same(
    output: Output, far_side: FarErpnext
) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault(answer=Answer(404, {"exc_type": "DoesNotExistError"}), method="DELETE"))
    output.withdraw(receipt)


def test_whether_a_draft_was_deleted_is_unclear_without_an_answer(output: Output, far_side: FarErpnext) -> None:
    receipt = create(output, draft_for())
    far_side.faults.append(Fault("after", "drop", method="DELETE", path=CREATING))
    with pytest.raises(Unclear):
        output.withdraw(receipt)
    output.withdraw(receipt)
    assert far_side.books.invoices == []


def missing(output: Output, *contracts: Contract) -> Sequence[tuple[str, str]]:
    return [(one.what.removeprefix("books: "), one.next_step) for one in output.check(contracts) if not one.ok]


def test_check_looks_at_everything_that_is_needed(output: Output) -> None:
    findings = list(output.check([replace(MIXED, discount=Fraction(2))]))
    assert [one.what.removeprefix("books: ") for one in findings] == [
        "field t2i_ref", "company Northwind", "account Sales - N", "period of 2026-03-02", "unit Nos", "unit Hour",
        "unit Day", "client acme", "currency EUR", "client acme in EUR", "tax S 19", "tax S 7",
        "template for tax S 19", "template for tax S 7", "negative rates",
    ]  # fmt: skip
    assert all(one.ok for one in findings)


@pytest.mark.parametrize(
    ("settings", "remote", "said"),
    [
        ({"company": "Southwind"}, CLIENT, "no such company"),
        ({"account": "Sales - X"}, CLIENT, "no such account; correct account"),
        ({"units": {"MON": "Month"}}, CLIENT, "no such unit of measure"),
        ({}, "Acme", "no such customer"),
        ({}, "", "set remote.books of client acme"),
        ({"tax": {}}, CLIENT, 'set tax."S 19"'),
        ({"tax": {"S 19": "VAT 20% - N"}}, CLIENT, 'no such account; correct tax."S 19"'),
    ],
)
def test_check_says_what_is_wrong(
    far_side: FarErpnext, clock: Clock, tmp_path: Path, settings: Fields, remote: str, said: str
) -> None:
    with connected(far_side, clock, tmp_path, **settings) as output:
        steps = [step for _, step in missing(output, sample_contract(remote={"books": remote} if remote else {}))]
    assert said in steps[0]


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("Customer", {"disabled": 1}, "the customer is disabled"),
        ("Customer", {"is_frozen": 1}, "the customer is frozen"),
        ("Account", {"is_group": 1}, "it is disabled or a group; correct account"),
        ("Account", {"company": "Southwind"}, "the company has no such account"),
        ("Currency", {"enabled": 0}, "enable EUR"),
        ("Item Tax Template", {"disabled": 1}, 'no such item tax template; correct template_by_tax."S 19"'),
        ("Item Tax Template Detail", {"tax_rate": Decimal(16)}, "19% - N is not S 19 alone there"),
        ("Item Tax Template Detail", {"tax_type": "VAT 7% - N"}, "19% - N is not S 19 alone there"),
    ],
)
def test_check_names_what_is_switched_off_or_would_change_the_total(
    output: Output, far_side: FarErpnext, table: str, change: Fields, said: str
) -> None:
    far_side.books.tables[table][0] |= change
    ((_, step),) = missing(output, MIXED)
    assert said in step


def test_check_stops_where_the_reference_is_not_unique(output: Output, far_side: FarErpnext) -> None:
    far_side.books.reference_field = None
    assert len(list(output.check([CONTRACT]))) == 1
    ((what, step),) = missing(output, CONTRACT)
    assert (what, "add a custom field t2i_ref" in step) == ("field t2i_ref", True)


def test_check_says_if_nothing_may_be_deducted_as_far_as_the_user_may_know(
    output: Output, far_side: FarErpnext
) -> None:
    far_side.books.negative_rates = False
    assert missing(output, CONTRACT) == []
    assert [what for what, _ in missing(output, DEDUCTING)] == ["negative rates"]
    far_side.faults.append(Fault(answer=Answer(403, {"exc_type": "PermissionError"}), path="get_single_value"))
    assert missing(output, DEDUCTING) == []


def test_check_names_a_period_that_is_closed_for_invoices(output: Output, far_side: FarErpnext) -> None:
    far_side.books.close_period("Q1", "2026-01-01", "2026-03-31")
    ((what, step),) = missing(output, CONTRACT)
    assert (what, "open the period" in step) == ("period of 2026-03-02", True)
    far_side.books.tables["Closed Document"][0]["document_type"] = "Journal Entry"
    assert missing(output, CONTRACT) == []


def test_check_names_a_client_who_has_no_account_in_the_currency_as_far_as_the_user_may_know(
    output: Output, far_side: FarErpnext
) -> None:
    far_side.books.any_currency = False
    in_dollars = sample_contract("USD", remote={"books": CLIENT})
    ((what, step),) = missing(output, in_dollars)
    assert (what, "receivable account in USD" in step) == ("client acme in USD", True)
    far_side.faults.append(Fault(answer=Answer(403, {}), path="/frappe.client.get_single_value"))
    assert missing(output, in_dollars) == []


def test_check_refuses_a_deposit_outside_vat(output: Output) -> None:
    outside = replace(CONTRACT, deposit=Deposit(Fraction(10), tax=Tax("E", Decimal(0), "advance")))
    assert [what for what, _ in missing(output, outside)] == ["deposit of contract acme-portal"]


def test_check_tells_an_address_that_leads_elsewhere(output: Output, far_side: FarErpnext) -> None:
    far_side.faults.append(Fault(answer=Answer(404, b"<html>", {"Content-Type": "text/html"})))
    ((_, step),) = missing(output, CONTRACT)
    assert "must lead to ERPNext 15 or later" in step


@pytest.mark.parametrize(
    "wrong",
    [{"url": "https://key@erpnext.example"}, {"company": ""}, {"account": "x" * 141}, {"tax": {"19": "VAT"}},
     {"units": {"KGM": "Kg"}}, {"token": "t"}],
)  # fmt: skip
def test_settings_that_lead_nowhere_are_refused(wrong: Fields) -> None:
    with pytest.raises(ValidationError):
        ErpnextSettings.model_validate({"url": "https://erpnext.example", **GIVEN, **wrong})
