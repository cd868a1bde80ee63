"""What is sent to QuickBooks Online: exact, complete, and in names that Intuit's schema has."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.connectors.quickbooks import CUSTOMER, GIVEN, draft_for
from tests.connectors.vendor_schemas import element_names

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.bills import BILLS, with_amounts, with_deposit_drawn
from tracker2invoice.testing.samples import NOW, with_installments
from tracker2invoice.testing.sandbox.quickbooks_books import QuickBooksBooks
from tracker2invoice.wire import read_json
from tracker2invoice_quickbooks import QuickBooksSettings
from tracker2invoice_quickbooks.payload import JOINER, to_request

US: dict[str, object] = {"tax": {"O 0": "NON", "E 0": "NON"}}


def settings(**more: object) -> QuickBooksSettings:
    return QuickBooksSettings.model_validate({**GIVEN, **more})


def request(draft: Draft, **more: object) -> dict[str, Any]:
    return cast("dict[str, Any]", read_json(to_request("books", settings(**more), draft)))


def texts(draft: Draft, **more: object) -> list[str]:
    return [line["Description"] for line in request(draft, **more)["Line"] if line["DetailType"] == "DescriptionOnly"]


@pytest.mark.parametrize("bill", list(BILLS))
def test_every_field_is_one_that_intuits_schema_has(bill: str) -> None:
    names: set[str] = set()

    def note(pairs: list[tuple[str, object]]) -> None:
        names.update(name for name, _ in pairs)

    json.loads(to_request("books", settings(), BILLS[bill](draft_for())), object_pairs_hook=note)
    # a reference has its value as the text of its element
    assert names - {"value"} <= element_names("Finance.xsd")
    assert "SalesItemLineDetail" in names


def test_number_dates_customer_and_currency_are_those_of_the_draft() -> None:
    draft = draft_for()
    body = request(draft)
    assert (body["DocNumber"], body["TxnDate"], body["DueDate"]) == (draft.reference, "2026-03-02", "2026-04-01")
    assert (body["CustomerRef"], body["CurrencyRef"]) == ({"value": CUSTOMER}, {"value": "EUR"})
    assert (body["EmailStatus"], body["GlobalTaxCalculation"]) == ("NotSet", "TaxExcluded")
    assert body["PrivateNote"].split("\n") == [draft.reference, draft.project, draft.why.milestone_url]


def test_a_line_has_its_item_and_its_tax_code() -> None:
    line = request(draft_for())["Line"][0]
    assert (line["DetailType"], line["Amount"]) == ("SalesItemLineDetail", Decimal("18000.00"))
    assert line["SalesItemLineDetail"] == {
        "ItemRef": {"value": "1"},
        "Qty": Decimal(1),
        "UnitPrice": Decimal("18000.00"),
        "TaxCodeRef": {"value": "10"},
    }


def test_a_deduction_is_a_negative_price() -> None:
    line = request(with_deposit_drawn(draft_for()))["Line"][1]
    detail = line["SalesItemLineDetail"]
    assert (line["Amount"], detail["Qty"], detail["UnitPrice"]) == (-100, 1, -100)


def test_an_order_reference_is_whole_however_long_it_is() -> None:
    order = "PO-4711 of the department of works, second floor"
    assert texts(replace(draft_for(), order_reference=order))[0] == f"Order reference: {order}"


def test_a_long_address_of_a_milestone_still_fits_into_the_private_note() -> None:
    draft = draft_for()
    note = request(replace(draft, why=replace(draft.why, milestone_url="https://x.example/" + "a" * 5000)))[
        "PrivateNote"
    ]
    assert len(note) == 4000
    assert note.startswith(f"{draft.reference}\n")


@pytest.mark.parametrize("title", ["Subtotal:", "Subtotal: 1"])
def test_a_milestone_that_is_called_subtotal_makes_no_subtotal(title: str) -> None:
    (delivered,) = (text for text in texts(draft_for(title=title)) if title in text)
    assert delivered.startswith(f"{JOINER}{title}, delivered")


def test_on_an_estimate_the_payment_terms_are_said_for_the_invoice_that_comes_of_it() -> None:
    draft = draft_for()
    assert draft.payment_terms not in texts(draft)
    assert texts(draft, mode="estimate").count(draft.payment_terms) == 1
    in_parts = with_installments(draft)
    assert texts(in_parts, mode="estimate").count(in_parts.payment_terms) == 1


def test_a_credit_memo_has_positive_amounts_and_no_due_date() -> None:
    body = request(draft_for(type_code="381"))
    assert body["Line"][0]["Amount"] == Decimal("18000.00")
    assert "DueDate" not in body


def test_in_the_mode_estimate_a_credit_note_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="credit notes in the mode estimate"):
        request(draft_for(type_code="381"), mode="estimate")


def test_in_the_united_states_lines_bear_no_tax_and_no_way_to_calculate_it_is_sent() -> None:
    body = request(draft_for(category="O", rate="0"), **US)
    assert body["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert "GlobalTaxCalculation" not in body


def test_sales_tax_of_the_united_states_is_refused() -> None:
    with pytest.raises(Rejected, match=r"nothing is configured for tax S 8\.25"):
        request(draft_for(rate="8.25"), **US)


def test_a_due_date_before_the_issue_date_stays_as_it_is() -> None:
    assert request(replace(draft_for(), due_date=date(2026, 3, 1)))["DueDate"] == "2026-03-01"


def test_a_tax_that_quickbooks_cannot_come_to_is_refused() -> None:
    draft = draft_for()
    other = replace(draft.tax[0], amount=draft.tax[0].amount + 1)
    totals = replace(draft.totals, tax=draft.totals.tax + 1, gross=draft.totals.gross + 1)
    with pytest.raises(Unsupported, match="neither line by line nor by rate"):
        request(replace(draft, tax=(other,), totals=totals))


@given(st.lists(st.integers(1, 10**8).map(lambda cents: Decimal(cents) / 100), min_size=1, max_size=5))
def test_what_is_sent_adds_up_to_the_draft_where_tax_is_rounded_by_rate(nets: list[Decimal]) -> None:
    draft = draft_for()
    draft = with_amounts(draft, [replace(draft.lines[0], unit_price=net, net=net) for net in nets])
    books = QuickBooksBooks(lambda: NOW)
    books.add_customer("Acme", customer_id=CUSTOMER)
    assert books.create("Invoice", request(draft))["TotalAmt"] == draft.totals.gross


WRONG: tuple[tuple[dict[str, object], str], ...] = (
    ({"mode": None}, "mode"),
    ({"mode": "invoice"}, "mode"),
    ({"realm": "../1"}, "realm"),
    ({"item": "1' or '1"}, "item"),
    ({"tax": {"S 19": "OUTPUT2"}}, "tax"),
    ({"tax": {"S 19": "TAX"}}, "tax"),
    ({"tax": {"S 19": "NON"}}, "tax"),
    ({"tax": {"S 19": "10", "E 0": "NON"}}, "tax"),
)


@pytest.mark.parametrize(("change", "key"), WRONG)
def test_settings_that_could_do_harm_are_refused_by_their_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**change)
    assert {error["loc"][0] for error in caught.value.errors()} == {key}


def test_there_is_no_mode_unless_somebody_chooses_it() -> None:
    given = {name: value for name, value in GIVEN.items() if name != "mode"}
    with pytest.raises(ValidationError) as caught:
        QuickBooksSettings.model_validate(given)
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(("mode",), "missing")]


def test_each_line_has_the_code_of_its_own_tax() -> None:
    lines = request(BILLS["two tax rates"](draft_for()))["Line"][:2]
    assert [line["SalesItemLineDetail"]["TaxCodeRef"]["value"] for line in lines] == ["10", "11"]
