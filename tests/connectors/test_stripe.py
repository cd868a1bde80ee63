"""The Stripe output against the pretended Stripe over HTTP: the shared suite, then what is Stripe's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.connectors.stripe import CUSTOMER, TAX, Clock, FarStripe, connected, draft_for

from tracker2invoice.errors import AccessDenied, BadAnswer, RateLimited, Rejected, Unclear
from tracker2invoice.model.conditions import Deposit
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.tax import Tax
from tracker2invoice.plugins import Output
from tracker2invoice.testing.bills import with_amounts
from tracker2invoice.testing.output_suite import OutputSuite
from tracker2invoice.testing.samples import NOW, sample_contract
from tracker2invoice.testing.sandbox.server import Answer, Fault
from tracker2invoice.testing.sandbox.stripe import API_KEY, key_in_use, lock_timeout, rate_limited
from tracker2invoice.testing.sandbox.stripe_books import StripeBooks, lines_of
from tracker2invoice_stripe import StripeSettings


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def far_side(clock: Clock) -> Iterator[FarStripe]:
    with FarStripe(clock) as stripe:
        stripe.books.add_customer("Acme GmbH", CUSTOMER)
        yield stripe


@pytest.fixture
def output(far_side: FarStripe, clock: Clock, tmp_path: Path) -> Iterator[Output]:
    with connected(far_side.url, clock, tmp_path) as output:
        yield output


def create(output: Output, draft: Draft, key: str = "k") -> str:
    return output.create(draft, output.prepare(draft), key).receipt.remote_id


class TestStripeKeepsTheContractOfOutputs(OutputSuite):
    kind = "stripe"
    client = CUSTOMER

    @pytest.fixture
    def output(self, far_side: FarStripe, clock: Clock, tmp_path: Path) -> Iterator[Output]:
        far_side.books.clients.search_lag = timedelta(0)
        with connected(far_side.url, clock, tmp_path, create_missing=True) as output:
            yield output


class TestStripeThatRoundsTaxOncePerRate(TestStripeKeepsTheContractOfOutputs):
    @pytest.fixture
    def far_side(self, far_side: FarStripe) -> FarStripe:
        far_side.books.rounding = "invoice"
        return far_side


def test_the_invoice_in_stripe_says_what_the_draft_says(output: Output, far_side: FarStripe) -> None:
    draft = draft_for()
    receipt = output.create(draft, output.prepare(draft), "k").receipt
    invoice = far_side.one(draft.reference)
    assert (invoice["status"], invoice["auto_advance"], invoice["collection_method"]) == (
        "draft", False, "send_invoice",
    )  # fmt: skip
    assert (invoice["subtotal"], invoice["total"], invoice["currency"]) == (1800000, 2142000, "eur")
    assert {one["name"]: one["value"] for one in invoice["custom_fields"]} == {
        "Order reference": "PO-4711", "Project": "github:acme/portal", "Reference": draft.reference,
    }  # fmt: skip
    assert (receipt.number, receipt.url) == ("", f"{far_side.url}/test/invoices/{invoice['id']}")


def test_what_a_customer_gets_off_elsewhere_is_not_taken_off_the_invoice(output: Output, far_side: FarStripe) -> None:
    far_side.books.customers[CUSTOMER]["discounts"] = [10]
    draft = draft_for()
    assert output.create(draft, output.prepare(draft), "k").gross == draft.totals.gross


def test_both_requests_have_a_key_of_their_own_and_tell_stripe_nothing_about_this_machine(
    output: Output, far_side: FarStripe
) -> None:
    create(output, draft_for(), "key")
    first, second = (one.headers for one in far_side.requests if one.method == "POST")
    assert (first["idempotency-key"], second["idempotency-key"]) == ("key:inv", "key:lines")
    assert first["stripe-version"] == second["stripe-version"] == "2026-10-28.endive"
    assert first["authorization"] == f"Bearer {API_KEY}"
    assert [name for name in first if name.startswith("x-stripe")] == []
    assert first["user-agent"].startswith("tracker2invoice/")


def test_the_library_leaves_nothing_in_the_home_folder(
    output: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("stripe._telemetry_id._loaded", False)
    create(output, draft_for())
    assert not (tmp_path / "home").exists()


def test_the_whole_list_of_the_customer_is_read_and_no_search_since_that_lags_behind(
    output: Output, far_side: FarStripe
) -> None:
    draft = draft_for()
    create(output, draft)
    original = far_side.one(draft.reference)
    others: list[Any] = [
        {**original, "id": f"in_{n}", "metadata": {"t2i_ref": f"{draft.reference}X"}} for n in range(250)
    ]
    far_side.books.invoices += others
    far_side.requests.clear()
    assert [one.receipt.remote_id for one in output.find(draft)] == [original["id"]]
    asked = [(one.path, one.query.keys() - {"starting_after"}) for one in far_side.requests]
    assert asked == [("/v1/invoices", {"customer", "limit"})] * 3


def test_a_list_from_which_somebody_deletes_while_it_is_read_is_not_taken_for_the_whole_list(
    output: Output, far_side: FarStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = draft_for()
    create(output, draft)
    others: list[Any] = [{**far_side.one(draft.reference), "id": f"in_{n}", "metadata": {}} for n in range(150)]
    far_side.books.invoices += others
    listed = far_side.books.listed

    def without_the_last_of_the_page_before(customer: str, since: int | None) -> list[Any]:
        gone = far_side.requests[-1].query.get("starting_after")
        return [one for one in listed(customer, since) if one["id"] != gone]

    monkeypatch.setattr(far_side.books, "listed", without_the_last_of_the_page_before)
    with pytest.raises(BadAnswer, match="No such object"):
        output.find(draft)


def test_a_copy_that_a_person_made_is_found_too(output: Output, far_side: FarStripe) -> None:
    draft = draft_for()
    create(output, draft)
    far_side.books.invoices.append({**far_side.one(draft.reference), "id": "in_copy", "status": "void"})
    assert {one.receipt.state for one in output.find(draft)} == {"draft", "void"}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"data": null, "has_more": false}',
        b'{"data": [{"id": "in_1", "status": "draft"}], "has_more": false}',
        b'{"data": [], "has_more": true}',
        b"[]",
        b'"text"',
    ],
)
def test_a_list_that_cannot_be_read_is_never_an_empty_list(output: Output, far_side: FarStripe, body: bytes) -> None:
    far_side.faults.append(Fault("before", "answer", Answer(200, body), "GET", "/v1/invoices"))
    with pytest.raises(BadAnswer):
        output.find(draft_for())


def test_a_customer_that_is_not_there_has_no_invoices_so_that_the_draft_is_rejected_and_others_go_on(
    output: Output, far_side: FarStripe
) -> None:
    far_side.books.customers.clear()
    assert list(output.find(draft_for())) == []
    with pytest.raises(Rejected, match=f"the customer is not there: .*{CUSTOMER}"):
        create(output, draft_for())


def test_a_deleted_customer_is_not_there(output: Output, far_side: FarStripe) -> None:
    far_side.books.customers[CUSTOMER]["deleted"] = True
    with pytest.raises(Rejected, match="the customer is not there"):
        create(output, draft_for())
    assert far_side.books.invoices == []


@pytest.mark.parametrize("exemption", ["exempt", "reverse"])
def test_no_tax_is_billed_to_a_customer_for_whom_stripe_would_leave_it_off(
    output: Output, far_side: FarStripe, exemption: str
) -> None:
    far_side.books.customers[CUSTOMER]["tax_exempt"] = exemption
    with pytest.raises(Rejected, match=f"customer {CUSTOMER} is tax exempt \\({exemption}\\)"):
        create(output, draft_for())
    assert (far_side.books.invoices, list(output.find(draft_for()))) == ([], [])
    assert [path for path in far_side.writes() if path.endswith("/add_lines")] == []


def test_reverse_charge_is_billed_to_a_customer_for_whom_stripe_knows_it(output: Output, far_side: FarStripe) -> None:
    far_side.books.customers[CUSTOMER]["tax_exempt"] = "reverse"
    draft = draft_for(category="AE", rate="0")
    assert output.create(draft, output.prepare(draft), "k").gross == draft.totals.net
    assert "see contract" in far_side.text(draft.reference)


def test_an_id_that_is_none_of_a_customer_reaches_no_address(output: Output, far_side: FarStripe) -> None:
    draft = draft_for()
    strange = replace(draft, client=replace(draft.client, remote={"books": "../account"}))
    assert list(output.find(strange)) == []
    with pytest.raises(Rejected, match=r"set remote\.books"):
        output.prepare(strange)
    assert list(far_side.requests) == []


def test_a_due_date_that_has_passed_is_named(output: Output, far_side: FarStripe, clock: Clock) -> None:
    clock.now += timedelta(days=40)
    with pytest.raises(Rejected, match="due date must not have passed"):
        create(output, draft_for())
    assert far_side.books.invoices == []


def test_what_is_due_at_once_is_due_when_it_is_sent(output: Output, far_side: FarStripe, clock: Clock) -> None:
    clock.now += timedelta(hours=5)
    draft = draft_for()
    draft = replace(draft, due_date=draft.issue_date)
    document = output.create(draft, output.prepare(draft), "k")
    assert (document.issue_date, document.due_date) == (draft.issue_date, None)
    assert far_side.one(draft.reference)["days_until_due"] == 0


def test_the_state_in_stripe_is_told_in_our_words(output: Output, far_side: FarStripe) -> None:
    draft = draft_for()
    invoice_id = create(output, draft)
    far_side.books.finalize(invoice_id)
    far_side.books.mark(invoice_id, "uncollectible")
    states = [document.receipt.state for document in output.find(draft)]
    far_side.books.mark(invoice_id, "void")
    far_side.one(draft.reference)["status"] = "a new one"
    states += [document.receipt.state for document in output.find(draft)]
    assert states == ["sent", "unknown"]


def test_payments_and_credit_notes_are_read_back(output: Output, far_side: FarStripe, clock: Clock) -> None:
    draft = draft_for()
    receipt = output.create(draft, output.prepare(draft), "k").receipt
    far_side.books.finalize(receipt.remote_id)
    far_side.books.pay(receipt.remote_id, 10000)
    far_side.books.credit(receipt.remote_id, 500)
    (document,) = output.read_back([receipt], None)
    part = document.receipt
    assert (part.state, part.paid, part.paid_on, part.credited) == ("sent", Decimal(100), date(2026, 3, 2), Decimal(5))
    clock.now += timedelta(days=7)
    far_side.books.pay(receipt.remote_id)
    far_side.books.credit(receipt.remote_id, 200)
    (document,) = output.read_back([receipt], None)
    whole = document.receipt
    assert (whole.state, whole.paid, whole.paid_on) == ("paid", draft.totals.gross - 5, date(2026, 3, 9))
    assert (whole.number, whole.credited) == ("A1B2C3D4-0001", Decimal(7))


def test_an_edited_due_date_is_read_back(output: Output, far_side: FarStripe) -> None:
    draft = draft_for()
    receipt = output.create(draft, output.prepare(draft), "k").receipt
    far_side.one(draft.reference)["due_date"] += 86400 * 3
    (document,) = output.read_back([receipt], None)
    assert document.due_date == draft.due_date + timedelta(days=3)


def test_a_draft_that_a_person_deleted_is_found_by_its_deletion_as_long_as_stripe_tells_of_that(
    output: Output, far_side: FarStripe, clock: Clock
) -> None:
    created = output.create(draft_for(), output.prepare(draft_for()), "k")
    other = create(output, draft_for(milestone_id="99"), "other")
    for invoice_id in (created.receipt.remote_id, other):
        far_side.books.delete(invoice_id)
    far_side.books.events += [{**far_side.books.events[1], "id": f"evt_{number}"} for number in range(250)]
    (document,) = output.find(draft_for())
    assert (document.receipt.state, document.receipt.remote_id) == ("deleted", created.receipt.remote_id)
    assert (document.client, document.gross) == (CUSTOMER, created.gross)
    clock.now += timedelta(days=31)
    assert list(output.find(draft_for())) == []
    (document,) = output.read_back([created.receipt], None)
    assert document.receipt.state == "deleted"


def test_a_deletion_told_in_another_version_of_the_api_does_not_stop_the_look(
    output: Output, far_side: FarStripe
) -> None:
    created = int(NOW.timestamp())
    far_side.books.events.append(
        {"id": "evt_1", "type": "invoice.deleted", "created": created, "data": {"object": {"id": "in_old"}}}
    )
    assert list(output.find(draft_for())) == []


def test_a_key_of_the_other_mode_does_not_make_invoices_deleted(output: Output, far_side: FarStripe) -> None:
    receipt = output.create(draft_for(), output.prepare(draft_for()), "k").receipt
    words = (
        b'{"error": {"code": "resource_missing", "message": "No such invoice: a similar object exists in live mode"}}'
    )
    for method in ("GET", "DELETE"):
        far_side.faults.append(Fault("before", "answer", Answer(404, words), method, "/v1/invoices/"))
    with pytest.raises(AccessDenied):
        list(output.read_back([receipt], None))
    with pytest.raises(AccessDenied):
        output.withdraw(receipt)


@pytest.mark.parametrize("fault", [rate_limited(), lock_timeout()])
def test_too_many_requests_create_nothing_and_wait(output: Output, far_side: FarStripe, fault: Fault) -> None:
    payload = output.prepare(draft_for())
    far_side.faults.append(replace(fault, method="POST"))
    with pytest.raises(RateLimited):
        output.create(draft_for(), payload, "k")
    assert far_side.books.invoices == []


def test_a_key_that_stripe_knows_with_other_parameters_is_named_as_our_mistake(output: Output) -> None:
    create(output, draft_for(), "one key")
    with pytest.raises(Rejected, match="mistake of this program"):
        create(output, draft_for(milestone_id="2"), "one key")


def test_a_key_that_is_in_use_is_unclear(output: Output, far_side: FarStripe) -> None:
    far_side.faults.append(key_in_use())
    with pytest.raises(Unclear, match="under way"):
        create(output, draft_for())


def test_no_error_shows_the_key(output: Output, far_side: FarStripe) -> None:
    echo = Answer(400, {"error": {"type": "invalid_request_error", "message": f"key {API_KEY} is not yours"}})
    far_side.faults.append(Fault("before", "answer", echo, "POST"))
    with pytest.raises(Rejected) as caught:
        create(output, draft_for())
    assert "is not yours" in str(caught.value)
    assert API_KEY not in str(caught.value)


def test_a_bill_of_lines_that_one_of_the_settings_would_round_otherwise_comes_out_right(
    output: Output, far_side: FarStripe
) -> None:
    # 19 % of these is 4.7614, 4.8659 and 4.8697: 14.50 line by line, 14.497 and so 14.50 at once; of the next 0.0057
    draft = draft_for()
    prices = map(Decimal, ("0.03", "0.05", "0.03"))
    draft = with_amounts(draft, [replace(draft.lines[0], unit_price=price, net=price) for price in prices])
    document = output.create(draft, output.prepare(draft), "k")
    assert document.gross == draft.totals.gross == Decimal("0.13")
    assert [line["tax_amounts"] for line in lines_of(far_side.one(draft.reference))] == [[1], [1], [0]]


DEFECTS: tuple[tuple[Callable[[StripeBooks], object], str, str], ...] = (
    (lambda books: books.customers.clear(), "customer of client acme", "no such customer"),
    (lambda books: books.customers[CUSTOMER].update(deleted=True), "customer of client acme", "deleted"),
    (lambda books: books.customers[CUSTOMER].update(tax_exempt="reverse"), "customer of client acme", "tax exempt"),
    (lambda books: books.tax_rates.pop("txr_19"), "tax S 19", "no such tax rate"),
    (lambda books: books.tax_rates["txr_19"].update(active=False), "tax S 19", "archived"),
    (lambda books: books.tax_rates["txr_19"].update(inclusive=True), "tax S 19", "included in prices"),
    (lambda books: books.tax_rates["txr_19"].update(percentage=Decimal("19.1")), "tax S 19", "19.1 %"),
    (lambda books: books.tax_rates["txr_19"].update(rate_type="flat_amount"), "tax S 19", "the contract says 19 %"),
)


@pytest.mark.parametrize(("break_it", "complaint", "words"), DEFECTS)
def test_check_names_what_is_wrong_in_stripe(
    output: Output, far_side: FarStripe, break_it: Callable[[StripeBooks], object], complaint: str, words: str
) -> None:
    break_it(far_side.books)
    (wrong,) = (one for one in output.check([sample_contract(remote={"books": CUSTOMER})]) if not one.ok)
    assert wrong.what == f"books: {complaint}"
    assert words in wrong.next_step


def test_check_stops_at_the_first_finding_when_stripe_cannot_be_reached(output: Output, far_side: FarStripe) -> None:
    far_side.faults.append(Fault("before", "answer", Answer(503), path="/v1/invoices"))
    (finding,) = output.check([sample_contract()])
    assert not finding.ok


def test_check_wants_a_tax_rate_a_customer_and_another_output_where_stripe_cannot_do_it(output: Output) -> None:
    contract = sample_contract("UGX", category="S", rate="16")
    outside = Deposit(contract.terms[0].percent, tax=Tax("O", Decimal(0), "advance"))
    assert [(one.what, one.next_step) for one in output.check([replace(contract, deposit=outside)]) if not one.ok] == [
        ("books: customer of client acme", "set remote.books of client acme to the id of the customer (cus_…)"),
        ("books: tax O 0", 'set tax."O 0" to the id of the tax rate (txr_…)'),
        ("books: tax S 16", 'set tax."S 16" to the id of the tax rate (txr_…)'),
        (
            "books: deposit of contract acme-portal",
            'Stripe has no field for what is deducted outside VAT; write tax = "now", or use another output',
        ),
        ("books: currency UGX", "use another output for this currency"),
    ]


def test_the_settings_refuse_what_they_do_not_know_without_repeating_it() -> None:
    given = {"api_kee": "hunter2", "tax": {**TAX, "S 16": "txr_1/../2"}}
    with pytest.raises(ValidationError) as caught:
        StripeSettings.model_validate(given)
    assert {error["loc"][0] for error in caught.value.errors()} == {"api_kee", "api_key", "tax"}
    assert "hunter2" not in str(caught.value)
