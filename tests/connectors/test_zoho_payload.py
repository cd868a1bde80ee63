"""What is sent to Zoho Books: exact, complete, and valid by Zoho's own description of its API."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.connectors.vendor_schemas import complaints, vendor_schemas
from tests.connectors.zoho import CUSTOMER, GIVEN, draft_for

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft
from tracker2invoice.testing.bills import BILLS, with_amounts, with_deposit_drawn
from tracker2invoice.testing.samples import NOW, with_installments
from tracker2invoice.testing.sandbox.zoho_books import REFERENCE_FIELD, ZohoBooks
from tracker2invoice.wire import read_json
from tracker2invoice_zoho import ZohoSettings
from tracker2invoice_zoho.payload import LONGEST_DESCRIPTION, to_request

SETTINGS = ZohoSettings.model_validate({"url": "https://www.zohoapis.eu", **GIVEN})


def request(draft: Draft) -> dict[str, Any]:
    return cast("dict[str, Any]", read_json(to_request("books", SETTINGS, draft)))


def texts(draft: Draft) -> str:
    return "\n".join(line["description"] for line in request(draft)["line_items"])


def total_there(draft: Draft, *, rounds_lines: bool = False) -> Decimal:
    books = ZohoBooks(lambda: NOW)
    books.rounds_lines = rounds_lines
    books.add_contact("Acme", contact_id=CUSTOMER)
    return Decimal(str(books.create(request(draft))["total"]))


@pytest.mark.parametrize("bill", list(BILLS))
def test_every_field_and_value_is_one_that_zoho_describes(bill: str) -> None:
    described = vendor_schemas("zoho-invoices.yml")
    schema = described["components"]["schemas"]["create-an-invoice-request"]
    body = json.loads(to_request("books", SETTINGS, BILLS[bill](draft_for())))
    assert complaints(described, schema, body) == []
    assert complaints(described, schema, {**body, "line_items": [{"rate": "much"}]}) != []
    assert set(body) <= set(schema["properties"])
    assert {name for line in body["line_items"] for name in line} <= set(
        schema["properties"]["line_items"]["items"]["properties"]
    )


def test_dates_customer_and_reference_are_those_of_the_draft() -> None:
    draft = draft_for()
    body = request(draft)
    assert (body["customer_id"], body["date"], body["due_date"]) == (CUSTOMER, "2026-03-02", "2026-04-01")
    assert body["reference_number"] == draft.reference
    assert body["custom_fields"] == [{"customfield_id": REFERENCE_FIELD, "value": draft.reference}]
    assert body["is_inclusive_tax"] is False


def test_a_line_has_its_item_and_its_tax() -> None:
    line = request(draft_for())["line_items"][0]
    assert (line["rate"], line["quantity"]) == (Decimal("18000.00"), Decimal(1))
    assert (line["item_id"], line["tax_id"]) == ("460000000027017", "460000000557019")


def test_a_deduction_is_a_negative_rate_and_bears_its_tax() -> None:
    line = request(with_deposit_drawn(draft_for()))["line_items"][1]
    assert (line["rate"], line["quantity"], line["tax_id"]) == (-100, 1, "460000000557019")


@pytest.mark.parametrize("bill", list(BILLS))
@pytest.mark.parametrize("rounds_lines", [True, False])
def test_every_kind_of_bill_comes_to_the_total_of_the_draft(bill: str, rounds_lines: bool) -> None:
    draft = BILLS[bill](draft_for())
    assert total_there(draft, rounds_lines=rounds_lines) == draft.totals.gross


@given(st.lists(st.decimals("0.01", "9999.99", places=2), min_size=1, max_size=12))
def test_a_tax_that_is_rounded_by_rate_comes_out_if_zoho_does_the_same(nets: list[Decimal]) -> None:
    draft = draft_for()
    bill = with_amounts(draft, [replace(draft.lines[0], unit_price=net, net=net) for net in nets])
    with suppress(Unsupported):
        assert total_there(bill) == bill.totals.gross


def test_a_tax_that_no_way_to_round_leads_to_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"tax that is rounded neither line by line nor by rate to 0\.01"):
        request(draft_for("JPY", net="333"))  # 19 % of it is 63.27, and a yen has no cents


def test_what_an_invoice_has_no_field_for_stands_on_lines_that_cost_nothing() -> None:
    draft = with_installments(draft_for())
    assert "Order reference: PO-4711" in texts(draft)
    assert "1 Log in https://github.com/acme/portal/issues/1" in texts(draft)
    assert draft.payment_terms in texts(draft)
    lines = request(draft_for(category="AE", rate="0"))["line_items"]
    assert {line["tax_id"] for line in lines} == {"460000000557000"}
    assert {line["rate"] for line in lines[1:]} == {0}


def test_no_text_is_longer_than_a_line_takes() -> None:
    long = draft_for(title="x" * 5000, deliverables=tuple(f"deliverable {number}" for number in range(500)))
    assert max(len(line["description"]) for line in request(long)["line_items"]) == LONGEST_DESCRIPTION


@pytest.mark.parametrize("remote", [{}, {"books": ""}, {"books": "Acme"}, {"books": "12/../34"}, {"books": "²"}])
def test_a_client_without_an_id_of_zohos_is_rejected(remote: dict[str, str]) -> None:
    with pytest.raises(Rejected, match=r"set remote\.books"):
        request(draft_for(remote=remote))


def test_a_tax_that_is_not_mapped_is_named() -> None:
    with pytest.raises(Rejected, match=r'tax S 16: set tax\."S 16"'):
        request(draft_for(rate="16"))


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"type_code": "384"}, "document type 384"),
        ({"number": "2026-1"}, "a number of our own"),
    ],
)
def test_what_zoho_cannot_express_is_refused_by_name(change: dict[str, Any], feature: str) -> None:
    with pytest.raises(Unsupported) as caught:
        request(replace(draft_for(), **change))
    assert (caught.value.system, caught.value.feature) == ("books", feature)


def test_the_settings_refuse_what_they_do_not_know_without_repeating_it() -> None:
    wrong = {**GIVEN, "organization": "mine", "item": "1/2", "clint": "hunter2", "tax": {"S 19": "VAT"}}
    with pytest.raises(ValidationError) as caught:
        ZohoSettings.model_validate(wrong)
    assert {error["loc"][0] for error in caught.value.errors()} == {"url", "organization", "item", "clint", "tax"}
    assert "hunter2" not in str(caught.value)
