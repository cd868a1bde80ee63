"""The Xero output against the pretended Xero over HTTP: the shared suite, then what is Xero's own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.connectors.xero import CONTACT, EVERYTHING, Clock, FarXero, connected, create, draft_for, running

from tracker2invoice.errors import BadAnswer, RateLimited, Rejected, Unclear
from tracker2invoice.model.claim import Receipt
from tracker2invoice.model.conditions import Deposit, Release, Retainage
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Output
from tracker2invoice.testing.bills import with_amounts, with_retainage
from tracker2invoice.testing.output_suite import OutputSuite
from tracker2invoice.testing.samples import NOW, sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.xero import (
    FIRST_REFRESH_TOKEN,
    rate_limited,
)
from tracker2invoice.testing.sandbox.xero_books import Fields, XeroBooks
from tracker2invoice.testing.sandbox.xero_dates import ms_date
from tracker2invoice_xero import XeroSettings


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


class TestXeroKeepsTheContractOfOutputs(OutputSuite):
    kind = "xero"
    client = CONTACT

    @pytest.fixture
    def output(self, far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side, clock, tmp_path, **EVERYTHING) as output:
            yield output


class TestXeroWithARefreshToken(OutputSuite):
    kind = "xero"
    client = CONTACT

    @pytest.fixture
    def output(self, far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side, clock, tmp_path, refresh_token=FIRST_REFRESH_TOKEN, **EVERYTHING) as output:
            yield output


class TestXeroWithStrictUniqueNumbers(OutputSuite):
    kind = "xero"
    client = CONTACT

    @pytest.fixture
    def output(self, far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        with connected(far_side, clock, tmp_path, strict_unique=True, **EVERYTHING) as output:
            yield output


def test_the_invoice_in_xero_says_what_the_draft_says(output: Output, far_side: FarXero) -> None:
    draft = draft_for()
    receipt = output.create(draft, output.prepare(draft), "k").receipt
    (invoice,) = far_side.books.invoices
    assert invoice["Status"] == "DRAFT"
    assert invoice["Reference"] == f"PO-4711 {draft.reference}"
    assert (invoice["SubTotal"], invoice["TotalTax"], invoice["Total"]) == (18000, 3420, 21420)
    assert receipt.number == "INV-0001"
    assert receipt.url == f"{far_side.url}/AccountsReceivable/View.aspx?InvoiceID={receipt.remote_id}"


def test_only_the_id_of_the_contact_is_sent_because_xero_would_overwrite_the_rest(output: Output) -> None:
    body = json.loads(output.prepare(draft_for()))
    assert body["Invoices"][0]["Contact"] == {"ContactID": CONTACT}


def test_it_creates_with_put_full_precision_errors_by_element_and_a_short_key(
    output: Output, far_side: FarXero
) -> None:
    create(output, draft_for(), "k" * 500)
    sent = far_side.requests[-1]
    assert (sent.method, sent.query) == ("PUT", {"unitdp": "4", "summarizeErrors": "false"})
    assert len(sent.headers["idempotency-key"]) <= 128


def test_a_success_status_with_errors_inside_is_a_rejection(output: Output, far_side: FarXero) -> None:
    far_side.books.currencies.remove("EUR")
    with pytest.raises(Rejected, match="not subscribed to currency EUR"):
        create(output, draft_for())
    assert far_side.books.invoices == []


@pytest.mark.parametrize(
    "change",
    [
        {"ContactStatus": "ARCHIVED"},
        {"ContactStatus": "GDPRREQUEST"},
        {"MergedToContactID": "11111111-1111-4111-8111-111111111111"},
    ],
)
def test_a_contact_that_cannot_be_used_any_more_is_refused_in_xeros_words(
    output: Output, far_side: FarXero, change: Fields
) -> None:
    far_side.books.contacts[0] |= change
    with pytest.raises(Rejected, match="The contact must be un-archived before creating new invoices"):
        create(output, draft_for())
    assert far_side.books.invoices == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"{}"),
        Answer(503, b""),
        Answer(502, b"<html>"),
        Answer(200, b"<html>"),
        Answer(200, b"{}"),
        Answer(200, b'{"Invoices": []}'),
        Answer(200, b'{"Invoices": [{"InvoiceID": "x", "Type": "ACCREC", "Reference": "other"}]}'),
    ],
)
def test_a_broken_answer_after_the_commit_is_unclear_and_the_invoice_is_found(
    output: Output, far_side: FarXero, answer: Answer
) -> None:
    far_side.faults.append(Fault("after", "answer", answer, "PUT", "/Invoices"))
    with pytest.raises(Unclear):
        create(output, draft_for())
    assert len(output.find(draft_for())) == 1


def test_a_key_that_xero_knows_with_another_body_is_named_as_our_mistake(output: Output) -> None:
    create(output, draft_for(), "one key")
    with pytest.raises(Rejected, match="mistake of this program"):
        create(output, draft_for(milestone_id="2"), "one key")


def test_a_number_that_is_taken_makes_the_engine_look(far_side: FarXero, clock: Clock, tmp_path: Path) -> None:
    with connected(far_side, clock, tmp_path, strict_unique=True) as output:
        create(output, draft_for(), "k1")
        with pytest.raises(Unclear, match="must be unique"):
            create(output, draft_for(), "k2")
        assert len(output.find(draft_for())) == 1


def test_a_rate_limit_says_until_when(output: Output, far_side: FarXero) -> None:
    far_side.faults.append(rate_limited(42))
    with pytest.raises(RateLimited) as caught:
        create(output, draft_for())
    assert caught.value.not_before == NOW + timedelta(seconds=42)
    assert far_side.books.invoices == []


def test_the_state_in_xero_is_told_in_our_words(output: Output, far_side: FarXero) -> None:
    remote_id = create(output, draft_for())
    states: list[str] = []
    for status in ("SUBMITTED", "AUTHORISED", "VOIDED"):
        far_side.books.change(remote_id, {"Status": status})
        states += [document.receipt.state for document in output.find(draft_for())]
    assert states == ["draft", "sent", "void"]


def test_a_payment_of_a_part_is_read_back_with_its_day(output: Output, far_side: FarXero) -> None:
    created = output.create(draft_for(), output.prepare(draft_for()), "k").receipt
    far_side.books.change(created.remote_id, {"Status": "AUTHORISED"})
    far_side.books.pay(created.remote_id, Decimal("100.00"), date(2026, 3, 9))
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.state, receipt.paid, receipt.paid_on) == ("sent", Decimal("100.00"), date(2026, 3, 9))


@pytest.mark.parametrize("kind", ["Prepayments", "Overpayments"])
def test_what_the_client_had_paid_in_advance_is_paid_and_not_credited(
    output: Output, far_side: FarXero, kind: str
) -> None:
    created = output.create(draft_for(), output.prepare(draft_for()), "k").receipt
    invoice = far_side.books.change(created.remote_id, {"Status": "AUTHORISED"})
    invoice |= {"AmountCredited": Decimal("150.00"), kind: [{"Date": ms_date("2026-03-09"), "AppliedAmount": 100}]}
    (document,) = output.read_back([created], None)
    receipt = document.receipt
    assert (receipt.paid, receipt.paid_on, receipt.credited) == (Decimal(100), date(2026, 3, 9), Decimal(50))


def test_many_invoices_are_read_back_forty_a_request(output: Output, far_side: FarXero) -> None:
    receipts = [Receipt(str(uuid.uuid5(uuid.NAMESPACE_URL, f"x/{n}")), "", "", "draft") for n in range(100)]
    assert {one.receipt.state for one in output.read_back(receipts, None)} == {"deleted"}
    assert len([one for one in far_side.requests if one.path.endswith("/Invoices")]) == 3


def test_what_was_not_changed_since_is_left_out(output: Output, far_side: FarXero, clock: Clock) -> None:
    receipts = [Receipt(create(output, draft_for(milestone_id=one), one), "", "", "draft") for one in ("7", "8")]
    clock.now += timedelta(hours=1)
    far_side.books.change(receipts[1].remote_id, {"Status": "AUTHORISED"})
    changed = output.read_back(receipts, NOW + timedelta(minutes=30))
    assert [one.receipt.remote_id for one in changed] == [receipts[1].remote_id]


def test_an_edited_due_date_is_read_back(output: Output, far_side: FarXero) -> None:
    receipt = output.create(draft_for(), output.prepare(draft_for()), "k").receipt
    invoice = far_side.books.invoice(receipt.remote_id)
    assert invoice is not None
    invoice["DueDate"] = "/Date(1780272000000+0000)/"
    (document,) = output.read_back([receipt], None)
    assert (document.issue_date, document.due_date) == (draft_for().issue_date, date(2026, 6, 1))


def test_all_pages_are_read_and_what_only_looks_alike_is_left_out(output: Output, far_side: FarXero) -> None:
    draft = draft_for()
    create(output, draft)
    original = far_side.books.invoices[0]
    alike = [f"{draft.reference}X", f"X{draft.reference}", draft.reference.lower(), f"{draft.reference}-2"]
    far_side.books.invoices[:0] = [{**original, "InvoiceID": str(n), "Reference": alike[n % 4]} for n in range(250)]
    far_side.books.invoices.append({**original, "InvoiceID": "x", "Reference": f"changed by hand, {draft.reference}."})
    far_side.books.invoices.append({**original, "InvoiceID": "y", "Type": "ACCPAY"})
    assert len(output.find(draft)) == 2


def test_every_state_is_asked_for_because_a_deleted_invoice_counts_too(output: Output, far_side: FarXero) -> None:
    output.find(draft_for())
    asked = far_side.requests[-1].query["Statuses"]
    assert set(asked.split(",")) == {"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"}


def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarXero) -> None:
    for body in (b"{}", b'{"Invoices": null}', b'{"Invoices": [{"Status": 3}]}'):
        far_side.faults.append(Fault("before", "answer", Answer(200, body), "GET", "/Invoices"))
        with pytest.raises(BadAnswer):
            output.find(draft_for())


def test_a_total_that_differs_shows_when_the_document_is_looked_up(output: Output, far_side: FarXero) -> None:
    far_side.books.tax_rates[0]["EffectiveRate"] = Decimal(20)
    create(output, draft_for())
    (document,) = output.find(draft_for())
    assert document.gross == Decimal("21600.00") != draft_for().totals.gross


def test_a_yen_invoice_has_whole_yen_of_tax_although_xero_counts_in_cents(output: Output, far_side: FarXero) -> None:
    draft = draft_for("JPY", net="333")  # 19 % of 333 is 63.27; a yen has no cents
    create(output, draft)
    assert far_side.books.invoices[0]["Total"] == draft.totals.gross == Decimal(396)


DEFECTS: tuple[tuple[Callable[[XeroBooks], object], str], ...] = (
    (lambda books: books.contacts.clear(), "contact of client acme"),
    (lambda books: books.contacts[0].update(ContactStatus="ARCHIVED"), "contact of client acme"),
    (lambda books: books.accounts.clear(), "account 200"),
    (lambda books: books.accounts[0].update(Class="EXPENSE"), "account 200"),
    (lambda books: books.tax_rates.pop(0), "tax S 19"),
    (lambda books: books.tax_rates[0].update(EffectiveRate=Decimal(20)), "tax S 19"),
    (lambda books: books.tax_rates[0].update(CanApplyToRevenue=False), "tax S 19"),
    (lambda books: books.currencies.remove("EUR"), "currency EUR"),
)


@pytest.mark.parametrize(("break_it", "complaint"), DEFECTS)
def test_check_names_what_is_missing_in_xero(
    output: Output, far_side: FarXero, break_it: Callable[[XeroBooks], object], complaint: str
) -> None:
    break_it(far_side.books)
    (wrong,) = (one for one in output.check([sample_contract(remote={"books": CONTACT})]) if not one.ok)
    assert wrong.what == f"books: {complaint}"
    assert wrong.next_step


def test_check_stops_at_the_first_finding_when_xero_cannot_be_reached(output: Output, far_side: FarXero) -> None:
    far_side.faults.append(Fault("before", "answer", Answer(503), path="/connect/token"))
    (finding,) = output.check([sample_contract()])
    assert not finding.ok


def test_the_settings_refuse_what_they_do_not_know_without_repeating_it() -> None:
    given = {"tenant": "t", "client_id": "c", "client_secrt": "hunter2", "tax": {"S nineteen": "OUTPUT2"}}
    with pytest.raises(ValidationError) as caught:
        XeroSettings.model_validate(given)
    assert {error["loc"][0] for error in caught.value.errors()} == {"client_secrt", "client_secret", "tax"}
    assert "hunter2" not in str(caught.value)


@pytest.fixture
def of_one_tax(far_side: FarXero, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side, clock, tmp_path, tax={"S 19": "OUTPUT2"}) as output:
        yield output


def missing(output: Output, contract: Contract) -> list[tuple[str, str]]:
    return [(one.what, one.next_step) for one in output.check([contract]) if not one.ok]


def test_check_wants_a_tax_type_for_what_retainage_holds_back(of_one_tax: Output) -> None:
    retainage = Retainage(Fraction(5), (Release(),))
    contract = replace(sample_contract(remote={"books": CONTACT}), retainage=retainage)
    assert missing(of_one_tax, contract) == [("books: tax E 0", 'set tax."E 0" to the TaxType that Xero uses for it')]
    assert missing(of_one_tax, replace(contract, retainage=replace(retainage, reduces_tax=True))) == []


def test_check_says_that_a_deposit_outside_vat_cannot_be_deducted(of_one_tax: Output) -> None:
    contract = sample_contract(remote={"books": CONTACT})
    outside = Deposit(Fraction(10), tax=Tax("O", Decimal(0), "advance"))
    assert missing(of_one_tax, replace(contract, deposit=outside)) == [
        ("books: tax O 0", 'set tax."O 0" to the TaxType that Xero uses for it'),
        (
            "books: deposit of contract acme-portal",
            'Xero has no field for what is deducted outside VAT; write tax = "now", or use another output',
        ),
    ]
    assert missing(of_one_tax, replace(contract, deposit=replace(outside, tax=None))) == []


def test_check_wants_a_tax_type_for_a_term_with_a_tax_of_its_own(of_one_tax: Output) -> None:
    contract = sample_contract(remote={"books": CONTACT})
    handbook = replace(contract.terms[0], tax=Tax("S", Decimal(7)))
    assert missing(of_one_tax, replace(contract, terms=(handbook, *contract.terms[1:]))) == [
        ("books: tax S 7", 'set tax."S 7" to the TaxType that Xero uses for it')
    ]


def test_retainage_without_a_tax_type_is_refused_with_what_to_set(of_one_tax: Output) -> None:
    with pytest.raises(Rejected, match=r'tax E 0: set tax\."E 0"'):
        of_one_tax.prepare(with_retainage(draft_for()))


def test_a_bill_of_lines_that_xero_alone_would_tax_a_cent_short_comes_out_right(
    far_side: FarXero, clock: Clock, tmp_path: Path
) -> None:
    # developer.xero.com, "Rounding in Xero": 15 % of these three comes to 11.44 line by line, to 11.45 of their sum
    far_side.books.tax_rates.append({**far_side.books.tax_rates[0], "TaxType": "OUTPUT3", "EffectiveRate": Decimal(15)})
    draft = draft_for(rate="15")
    prices = map(Decimal, ("25.06", "25.61", "25.63"))
    draft = with_amounts(draft, [replace(draft.lines[0], unit_price=price, net=price) for price in prices])
    with connected(far_side, clock, tmp_path, tax={"S 15": "OUTPUT3"}) as output:
        assert output.create(draft, output.prepare(draft), "k").gross == draft.totals.gross == Decimal("87.75")
        alone = output.prepare(draft).replace(b'"TaxAmount"', b'"Ignored"')
        assert output.create(draft, alone, "other").gross == Decimal("87.74")
