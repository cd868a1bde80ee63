"""What became of documents in QuickBooks Online, what is taken back, and what `check` finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.quickbooks import CUSTOMER, Clock, FarQuickBooks, connected, create, draft_for, running

from tracker2invoice.errors import Rejected
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Output
from tracker2invoice.testing.samples import NOW, sample_contract
from tracker2invoice.testing.sandbox.quickbooks_books import Fields, QuickBooksBooks
from tracker2invoice.testing.sandbox.server import Answer, Fault

Connected = Callable[..., AbstractContextManager[Output]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarQuickBooks]:
    with running(clock) as quickbooks:
        yield quickbooks


@pytest.fixture
def connect(far_side: FarQuickBooks, clock: Clock, tmp_path: Path) -> Connected:
    def connect(**more: object) -> AbstractContextManager[Output]:
        return connected(far_side.url, clock, tmp_path, **more)

    return connect


@pytest.fixture
def output(connect: Connected) -> Iterator[Output]:
    with connect() as output:
        yield output


@pytest.fixture
def estimates(connect: Connected) -> Iterator[Output]:
    with connect(mode="estimate") as output:
        yield output


def read(output: Output, receipt: Receipt) -> Receipt:
    (document,) = output.read_back([receipt], None)
    return document.receipt


def test_a_payment_of_a_part_is_read_back_with_its_day(output: Output, far_side: FarQuickBooks) -> None:
    created = create(output, draft_for()).receipt
    far_side.books.pay(far_side.books.documents[0], Decimal("100.00"), date(2026, 3, 9))
    receipt = read(output, created)
    assert (receipt.state, receipt.paid, receipt.paid_on) == ("sent", Decimal("100.00"), date(2026, 3, 9))
    assert receipt.credited is None


def test_what_a_credit_memo_settles_is_credited_and_not_paid(output: Output, far_side: FarQuickBooks) -> None:
    created = create(output, draft_for()).receipt
    create(output, draft_for(type_code="381", milestone_id="7"))
    invoice, memo = far_side.books.documents
    far_side.books.pay(invoice, Decimal("420.00"), date(2026, 3, 8), credit=memo)
    far_side.books.pay(invoice, Decimal("21000.00"), date(2026, 3, 9))
    receipt = read(output, created)
    assert (receipt.state, receipt.paid, receipt.credited) == ("paid", Decimal("21000.00"), Decimal("420.00"))
    assert receipt.paid_on == date(2026, 3, 9)


def test_a_credit_memo_that_is_used_up_counts_as_sent_and_not_as_paid(output: Output, far_side: FarQuickBooks) -> None:
    create(output, draft_for())
    created = create(output, draft_for(type_code="381", milestone_id="7")).receipt
    far_side.books.pay(far_side.books.documents[0], Decimal("21420.00"), date(2026, 3, 8), far_side.books.documents[1])
    receipt = read(output, created)
    assert (receipt.state, receipt.paid) == ("sent", None)


LEFT: tuple[tuple[Fields, str], ...] = (
    ({"EmailStatus": "NeedToSend"}, "sent"),
    ({"EmailStatus": "EmailSent"}, "sent"),
    ({"PrintStatus": "PrintComplete"}, "sent"),
    ({"PrintStatus": "NeedToPrint"}, "draft"),
    ({"TotalAmt": Decimal(0), "Balance": Decimal(0), "PrivateNote": "Voided - x"}, "void"),
    ({"TotalAmt": Decimal(0), "Balance": Decimal(0)}, "draft"),
    ({"PrivateNote": "Voided by mistake, and made good"}, "draft"),
)


@pytest.mark.parametrize(("change", "state"), LEFT)
def test_an_invoice_that_was_mailed_or_printed_is_no_draft(
    output: Output, far_side: FarQuickBooks, change: Fields, state: str
) -> None:
    created = create(output, draft_for()).receipt
    far_side.books.change(far_side.books.documents[0], change)
    assert read(output, created).state == state


@pytest.mark.parametrize("status", ["Accepted", "Rejected", "Closed", "Converted", "something new"])
def test_an_estimate_about_which_somebody_has_decided_is_no_draft(
    estimates: Output, far_side: FarQuickBooks, status: str
) -> None:
    created = create(estimates, draft_for()).receipt
    far_side.books.change(far_side.books.documents[0], {"TxnStatus": status})
    assert read(estimates, created).state == "sent"


def test_an_estimate_of_which_an_invoice_was_made_is_no_draft_and_is_found_once(
    estimates: Output, far_side: FarQuickBooks
) -> None:
    created = create(estimates, draft_for()).receipt
    far_side.books.bill(far_side.books.documents[0])
    far_side.books.documents[0]["TxnStatus"] = "Pending"
    assert read(estimates, created).state == "sent"
    assert len(estimates.find(draft_for())) == 1


def test_many_documents_of_two_kinds_are_read_back_sixty_a_request(output: Output, far_side: FarQuickBooks) -> None:
    receipts = [Receipt(f"{entity}/{n}", "", "", "draft") for n in range(100) for entity in ("Invoice", "Estimate")]
    assert {one.receipt.state for one in output.read_back(receipts, None)} == {"deleted"}
    queries = [one for one in far_side.requests if one.path.endswith("/query")]
    assert len(queries) == 4
    assert max(len(one.target) for one in queries) < 2000


def test_a_deletion_is_read_back_although_only_changes_are_asked_for(output: Output, far_side: FarQuickBooks) -> None:
    created = create(output, draft_for()).receipt
    far_side.change(draft_for().reference, "deleted")
    assert [one.receipt.state for one in output.read_back([created], NOW)] == ["deleted"]


def test_an_address_leads_people_to_the_document(output: Output, far_side: FarQuickBooks) -> None:
    assert create(output, draft_for()).receipt.url == f"{far_side.url}/app/invoice?txnId=145"


def test_a_day_may_have_a_time_zone_behind_it(output: Output, far_side: FarQuickBooks) -> None:
    created = create(output, draft_for()).receipt
    far_side.books.documents[0]["TxnDate"] = "2026-03-02-08:00"
    assert [one.issue_date for one in output.read_back([created], None)] == [date(2026, 3, 2)]


def test_what_a_person_has_changed_is_not_withdrawn(output: Output, far_side: FarQuickBooks) -> None:
    created = create(output, draft_for()).receipt
    far_side.books.change(far_side.books.documents[0], {"DueDate": "2026-05-01"})
    with pytest.raises(Rejected, match="somebody has changed the document"):
        output.withdraw(created)
    assert far_side.count(draft_for().reference) == 1


def test_what_a_person_changes_at_the_same_time_is_not_withdrawn(output: Output, far_side: FarQuickBooks) -> None:
    created = create(output, draft_for()).receipt
    body = {"Fault": {"Error": [{"Message": "Stale Object Error", "code": "5010"}], "type": "ValidationFault"}}
    far_side.faults.append(Fault(answer=Answer(400, body), method="POST", path="/invoice"))
    with pytest.raises(Rejected, match="5010"):
        output.withdraw(created)


def test_what_a_person_deletes_at_the_same_time_counts_as_withdrawn(output: Output, far_side: FarQuickBooks) -> None:
    created = create(output, draft_for()).receipt
    body = {"Fault": {"Error": [{"Message": "Object Not Found", "code": "610"}], "type": "ValidationFault"}}
    far_side.faults.append(Fault("after", answer=Answer(400, body), method="POST", path="/invoice"))
    output.withdraw(created)
    assert far_side.count(draft_for().reference) == 0


def test_what_was_paid_is_not_withdrawn(output: Output, far_side: FarQuickBooks) -> None:
    created = create(output, draft_for()).receipt
    far_side.books.pay(far_side.books.documents[0], Decimal(1), date(2026, 3, 9))
    with pytest.raises(Rejected, match="no draft any more"):
        output.withdraw(created)


def wrong(output: Output, contract: Contract | None = None) -> list[tuple[str, str]]:
    contract = contract or sample_contract(remote={"books": CUSTOMER})
    return [(one.what, one.next_step) for one in output.check([contract]) if not one.ok]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("unsent-invoice", "This is no draft: it counts as revenue at once"),
        ("estimate", "It is not posted: a person makes the invoice of it"),
    ],
)
def test_check_says_what_the_mode_means(connect: Connected, mode: str, words: str) -> None:
    with connect(mode=mode) as output:
        (finding,) = (one for one in output.check([sample_contract(remote={"books": CUSTOMER})]) if "mode" in one.what)
    assert (finding.ok, finding.what) == (True, f"books: mode {mode}. {words}")


def tax_on_tax(books: QuickBooksBooks) -> None:
    rates: Any = books.tax_codes[0]["SalesTaxRateList"]
    rates["TaxRateDetail"][0]["TaxOnTaxOrder"] = 1


DEFECTS: tuple[tuple[Callable[[QuickBooksBooks], object], str], ...] = (
    (lambda books: setattr(books, "own_numbers", False), "document numbers"),
    (lambda books: books.customers.clear(), "customer of client acme"),
    (lambda books: books.customers[0].update(Active=False), "customer of client acme"),
    (lambda books: books.customers[0].update(CurrencyRef={"value": "USD"}), "customer of client acme"),
    (lambda books: books.items.clear(), "item 1"),
    (lambda books: books.items[0].update(Active=False), "item 1"),
    (lambda books: books.items[0].update(Type="Category"), "item 1"),
    (lambda books: books.tax_codes.clear(), "tax S 19"),
    (lambda books: books.tax_codes[0].update(Active=False), "tax S 19"),
    (lambda books: books.tax_rates[0].update(RateValue=20), "tax S 19"),
    (tax_on_tax, "tax S 19"),
    (lambda books: setattr(books, "country", "US"), "tax S 19"),
)


@pytest.mark.parametrize(("break_it", "complaint"), DEFECTS)
def test_check_names_what_is_missing(
    output: Output, far_side: FarQuickBooks, break_it: Callable[[QuickBooksBooks], object], complaint: str
) -> None:
    break_it(far_side.books)
    ((what, step),) = wrong(output)
    assert what == f"books: {complaint}"
    assert step


def test_check_wants_estimates_to_be_switched_on_in_that_mode(connect: Connected, far_side: FarQuickBooks) -> None:
    far_side.books.estimates = False
    with connect() as output:
        assert wrong(output) == []
    with connect(mode="estimate") as output:
        assert [step for _, step in wrong(output)] == ["switch estimates on in the company, or choose another mode"]


def test_check_wants_a_company_of_several_currencies_for_another_one(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.several_currencies = False
    assert wrong(output) == []
    assert wrong(output, sample_contract("JPY", remote={"books": "59"})) == [
        ("books: currency JPY", "the company has EUR alone; switch several currencies on")
    ]


def test_check_wants_the_word_for_no_tax_in_the_united_states(connect: Connected, far_side: FarQuickBooks) -> None:
    far_side.books.country = "US"
    contract = sample_contract(category="O", rate="0", remote={"books": CUSTOMER})
    with connect(tax={"O 0": "NON"}) as output:
        assert wrong(output, contract) == []
    with connect(tax={"O 0": "12"}) as output:
        assert wrong(output, contract) == [
            ("books: tax O 0", 'set tax."O 0" to NON: the company is in the United States')
        ]


def test_check_refuses_the_sales_tax_of_the_united_states(output: Output, far_side: FarQuickBooks) -> None:
    far_side.books.country = "US"
    ((_, step),) = wrong(output)
    assert "finds the sales tax of the United States by itself" in step


def test_check_refuses_a_deposit_outside_vat(output: Output) -> None:
    outside = Deposit(Fraction(10), tax=Tax("E", Decimal(0), "advance"))
    contract = replace(sample_contract(remote={"books": CUSTOMER}), deposit=outside)
    assert [what for what, _ in wrong(output, contract)] == ["books: deposit of contract acme-portal"]


def test_check_names_another_company_and_stops(connect: Connected) -> None:
    with connect(realm="1") as output:
        ((what, step),) = wrong(output)
    assert what == "books: company 1"
    assert step.startswith(
        "check client_id, client_secret and realm (HTTP 403: code 3100: the consent is not for this company"
    )


def test_check_sends_whoever_has_not_consented_to_the_command(connect: Connected) -> None:
    with connect(refresh_token=None) as output:
        ((_, step),) = wrong(output)
    assert step.startswith("run `t2i auth books`")


def test_check_names_a_secret_that_is_nowhere(connect: Connected) -> None:
    with connect(client_secret={"env": "NOT_SET_ANYWHERE"}) as output:
        assert wrong(output) == [
            ("books: company 4620816365291273640", "provide the environment variable NOT_SET_ANYWHERE")
        ]
