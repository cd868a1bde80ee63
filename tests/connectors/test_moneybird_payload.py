"""What is sent to Moneybird: exact, complete, and valid by Moneybird's own description of its API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.vendor_schemas import complaints, vendor_schemas

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft, LineTax
from tracker2invoice.testing.bills import BILLS, with_amounts, with_deposit_drawn, with_discount
from tracker2invoice.testing.samples import NOW, sample_draft, with_installments, with_payment_terms, with_preceding
from tracker2invoice.testing.sandbox.moneybird_books import MoneybirdBooks
from tracker2invoice.wire import read_json
from tracker2invoice_moneybird import MoneybirdSettings
from tracker2invoice_moneybird.payload import to_request

SETTINGS = MoneybirdSettings.model_validate(
    {
        "administration": "1",
        "token": "t",
        "account": "2001",
        "tax": {"S 19.0": "1001", "S 7": "1002", "AE 0": "1003", "E 0": "1003"},
    }
)
CREATE = "/{administration_id}/sales_invoices{format}"
S19 = LineTax("S", Decimal(19))


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    return sample_draft(currency, remote={"books": "77"}, **fields)


def request(draft: Draft) -> dict[str, Any]:
    body = cast("dict[str, Any]", read_json(to_request("books", SETTINGS, draft)))
    invoice: dict[str, Any] = body["sales_invoice"]
    return invoice


def texts(draft: Draft) -> str:
    return "\n".join(line["description"] for line in request(draft)["details_attributes"])


def total_there(draft: Draft, *, rounds_lines: bool = False) -> Decimal:
    books = MoneybirdBooks(lambda: NOW)
    books.rounds_lines = rounds_lines
    books.add_contact("Acme", "77")
    return Decimal(str(books.create(request(draft))["total_price_incl_tax"]))


def bill_of(nets: Sequence[Decimal]) -> Draft:
    draft = draft_for()
    return with_amounts(draft, [replace(draft.lines[0], unit_price=net, net=net, tax=S19) for net in nets])


@pytest.mark.parametrize("bill", list(BILLS))
def test_every_field_and_value_is_one_that_moneybird_describes(bill: str) -> None:
    described = vendor_schemas("moneybird.json")
    schema = described["paths"][CREATE]["post"]["requestBody"]["content"]["application/*"]["schema"]
    body = json.loads(to_request("books", SETTINGS, BILLS[bill](draft_for())))
    assert complaints(described, schema, body) == []
    assert complaints(described, schema, {"sales_invoice": {**body["sales_invoice"], "refrence": "x"}}) != []


def test_dates_contact_account_and_tax_are_those_of_the_draft() -> None:
    invoice = request(draft_for())
    assert (invoice["contact_id"], invoice["invoice_date"], invoice["first_due_interval"]) == ("77", "2026-03-02", 30)
    line = invoice["details_attributes"][0]
    assert (line["ledger_account_id"], line["tax_rate_id"]) == ("2001", "1001")
    assert (invoice["currency"], invoice["prices_are_incl_tax"], invoice["discount"]) == ("EUR", False, "0")


def test_all_of_a_credit_note_is_negative_and_what_it_takes_back_stands_in_words() -> None:
    note = with_preceding(with_discount(draft_for(type_code="381")))
    lines = request(note)["details_attributes"]
    assert [(line["amount"], Decimal(line["price"])) for line in lines[:2]] == [
        ("-1", Decimal(18000)),
        ("1", Decimal(50)),
    ]
    assert "INV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)" in texts(note)
    assert total_there(note) == -note.totals.gross


def test_the_reference_stands_alone_in_its_field_and_the_order_reference_on_a_line() -> None:
    draft = draft_for()
    assert request(draft)["reference"] == draft.reference
    assert request(draft)["details_attributes"][1]["description"] == "Order reference: PO-4711"
    assert "Order reference" not in texts(replace(draft, order_reference=""))


@pytest.mark.parametrize("bill", list(BILLS))
@pytest.mark.parametrize("rounds_lines", [True, False])
def test_every_kind_of_bill_comes_to_the_total_of_the_draft(bill: str, rounds_lines: bool) -> None:
    draft = BILLS[bill](draft_for())
    assert total_there(draft, rounds_lines=rounds_lines) == draft.totals.gross


@given(st.lists(st.decimals("-9999.99", "9999.99", places=2), min_size=1, max_size=12))
def test_a_tax_that_is_rounded_by_rate_comes_out_if_moneybird_does_the_same(nets: list[Decimal]) -> None:
    with suppress(Unsupported):
        assert total_there(bill_of(nets)) == bill_of(nets).totals.gross


def test_a_tax_that_no_way_to_round_leads_to_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"tax that is rounded neither line by line nor by rate to 0\.01"):
        request(draft_for("JPY", net="333"))  # 19 % of it is 63.27, and a yen has no cents


def test_deductions_are_lines_with_a_negative_amount_and_say_how_they_came_about() -> None:
    draft = with_discount(with_deposit_drawn(draft_for()))
    lines = request(draft)["details_attributes"][:3]
    amounts = [(line["amount"], Decimal(line["price"])) for line in lines]
    assert amounts == [("1", Decimal(18000)), ("-1", Decimal(100)), ("-1", Decimal(50))]
    assert lines[2]["description"] == "Discount\nagreed on the telephone"


def test_hours_are_named_in_the_description_since_a_line_has_no_unit() -> None:
    [line] = draft_for().lines
    hours = replace(line, quantity=Decimal("7.5"), unit="HUR", unit_price=Decimal("2400.00"))
    first = request(replace(draft_for(), lines=(hours,)))["details_attributes"][0]
    assert (first["amount"], first["description"]) == ("7.5", f"{line.description} (hours)")


def test_texts_bear_a_tax_of_the_draft_so_that_no_other_stands_on_the_invoice() -> None:
    lines = request(draft_for(category="AE", rate="0"))["details_attributes"]
    assert {line["tax_rate_id"] for line in lines} == {"1003"}
    assert [line["price"] for line in lines[1:]] == ["0"] * (len(lines) - 1)


def test_what_an_invoice_has_no_field_for_stands_in_words() -> None:
    assert "1 Log in https://github.com/acme/portal/issues/1" in texts(draft_for())
    assert "see contract" in texts(draft_for(category="AE", rate="0"))
    assert "Thank you." in texts(replace(draft_for(), note="Thank you."))
    for draft in (with_payment_terms(draft_for()), with_installments(draft_for())):
        assert draft.payment_terms in texts(draft)
    assert "INV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)" in texts(with_preceding(draft_for()))


def test_a_tax_that_is_not_mapped_is_named_with_the_output() -> None:
    with pytest.raises(Rejected, match=r'tax S 16: set tax\."S 16"') as caught:
        request(draft_for(rate="16"))
    assert caught.value.system == "books"


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"type_code": "384"}, "document type 384"),
        ({"number": "2026-1"}, "a number of our own"),
        ({"due_date": date(2026, 3, 1)}, "a due date before the issue date"),
    ],
)
def test_what_moneybird_cannot_express_is_refused_by_name(change: dict[str, Any], feature: str) -> None:
    with pytest.raises(Unsupported) as caught:
        request(replace(draft_for(), **change))
    assert (caught.value.system, caught.value.feature) == ("books", feature)


def test_unit_prices_of_more_than_two_decimals_are_refused_by_name() -> None:
    [line] = draft_for().lines
    odd = replace(line, unit_price=Decimal("0.125"), quantity=Decimal(144000))
    with pytest.raises(Unsupported, match="unit prices with more than 2 decimals"):
        request(replace(draft_for(), lines=(odd,)))
