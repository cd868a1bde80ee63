"""What is sent to ERPNext: exact, complete, and refused by name where it cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from tests.connectors.erpnext import CLIENT, GIVEN, Clock, draft_for

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft, Line, LineTax
from tracker2invoice.testing.bills import BILLS, with_amounts, with_deposit_drawn, with_hours, with_two_rates
from tracker2invoice.testing.samples import with_installments, with_payment_terms, with_preceding
from tracker2invoice.testing.sandbox.erpnext_books import ErpnextBooks
from tracker2invoice.wire import read_json
from tracker2invoice_erpnext import ErpnextSettings
from tracker2invoice_erpnext.payload import LONGEST_NAME, to_request

SETTINGS = ErpnextSettings.model_validate({"url": "https://erpnext.example", **GIVEN})


def sent(draft: Draft, settings: ErpnextSettings = SETTINGS) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(to_request("books", settings, draft))
    return read


def test_the_body_is_this() -> None:
    draft = draft_for()
    body = sent(draft)
    assert "Design done, delivered 2026-03-01" in body.pop("terms")
    assert body == {
        "t2i_ref": draft.reference,
        "customer": CLIENT,
        "company": "Northwind",
        "posting_date": "2026-03-02",
        "due_date": "2026-04-01",
        "set_posting_time": 1,
        "currency": "EUR",
        "po_no": "PO-4711",
        "is_return": 0,
        "update_outstanding_for_self": 0,
        "payment_schedule": [{"due_date": "2026-04-01", "invoice_portion": 100}],
        "ignore_default_payment_terms_template": 1,
        "disable_rounded_total": 1,
        "items": [
            {
                "item_name": "Customer portal: Design done",
                "description": "Customer portal: Design done",
                "qty": 1,
                "rate": 18000.0,
                "uom": "Nos",
                "conversion_factor": 1,
                "income_account": "Sales - N",
            }
        ],
        "taxes": [
            {"charge_type": "On Net Total", "account_head": "VAT 19% - N", "description": "19 %", "rate": 19},
        ],
    }


def test_parts_are_rows_of_the_payment_schedule_and_those_of_one_day_are_one() -> None:
    draft = with_installments(draft_for())
    assert sent(draft)["payment_schedule"] == [
        {"due_date": "2026-03-16", "payment_amount": 10710.0},
        {"due_date": "2026-04-01", "payment_amount": 10710.0},
    ]
    books = ErpnextBooks(Clock())
    books.add_customer(CLIENT)
    assert books.create(sent(draft))["due_date"] == "2026-04-01"
    one_day = replace(draft, installments=tuple(replace(one, due_date=draft.due_date) for one in draft.installments))
    assert sent(one_day)["payment_schedule"] == [{"due_date": "2026-04-01", "payment_amount": 21420.0}]


def test_the_only_discount_for_paying_early_stands_in_the_schedule_if_it_is_of_the_whole_amount() -> None:
    draft = with_payment_terms(draft_for())
    (offer,) = draft.early_payment
    whole = {"due_date": "2026-04-01", "invoice_portion": 100}
    discount = {"discount_type": "Percentage", "discount": 2, "discount_date": "2026-03-12"}
    assert sent(draft)["payment_schedule"] == [whole | discount]
    for offers in ([offer, replace(offer, days=14)], [replace(offer, base=Decimal(18000))]):
        assert sent(replace(draft, early_payment=tuple(offers)))["payment_schedule"] == [whole]
    assert sent(replace(draft, due_date=offer.last_day - timedelta(days=1)))["payment_schedule"] == [
        {"due_date": "2026-03-11", "invoice_portion": 100}
    ]


@pytest.mark.parametrize(("type_code", "sign"), [("380", 1), ("381", -1)])
def test_amounts_are_exact_a_deduction_is_a_negative_rate_and_a_credit_note_a_negative_quantity(
    type_code: str, sign: int
) -> None:
    draft = with_deposit_drawn(with_hours(draft_for(type_code=type_code)))
    body: Any = read_json(to_request("books", SETTINGS, draft))
    assert [(item["qty"], item["rate"]) for item in body["items"]] == [
        (sign, Decimal(18000)),
        (sign * Decimal("12.5"), 96),
        (sign * 3, 88),
        (sign, -100),
    ]
    assert body["is_return"] == (type_code == "381")


def test_hours_have_the_unit_that_is_configured() -> None:
    german = SETTINGS.model_copy(update={"units": {"C62": "Stk", "HUR": "Stunde"}})
    assert [item["uom"] for item in sent(with_hours(draft_for()), german)["items"]] == ["Stk", "Stunde", "Stunde"]


def test_several_taxes_stand_on_their_accounts_and_items_have_the_templates() -> None:
    settings = SETTINGS.model_copy(update={"account_by_tax": {"S 7": "Sales 7% - N"}})
    body = sent(with_two_rates(draft_for()), settings)
    assert [(item["item_tax_template"], item["income_account"]) for item in body["items"]] == [
        ("19% - N", "Sales - N"),
        ("7% - N", "Sales 7% - N"),
    ]
    assert [(tax["account_head"], tax["rate"]) for tax in body["taxes"]] == [("VAT 19% - N", 0), ("VAT 7% - N", 0)]


def test_taxes_on_one_account_make_one_row_or_they_would_count_twice() -> None:
    settings = SETTINGS.model_copy(update={"tax": {"S 19": "VAT - N", "S 7": "VAT - N"}})
    (tax,) = sent(with_two_rates(draft_for()), settings)["taxes"]
    assert (tax["account_head"], tax["description"]) == ("VAT - N", "19 % and 7 %")


def test_what_erpnext_has_no_field_for_stands_in_the_terms() -> None:
    terms = sent(with_preceding(draft_for()))["terms"]
    assert "INV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)" in terms
    assert "1 Log in https://github.com/acme/portal/issues/1<br>" in terms


def test_a_title_is_no_markup_and_a_long_one_is_cut_visibly() -> None:
    title = "<img src=x onerror=alert(1)>\n" + "long " * 60
    body = sent(draft_for(title=title))
    (item,) = body["items"]
    assert "<" not in (item["description"] + body["terms"] + item["item_name"]).replace("<br>", "")
    assert title.replace("\n", "<br>") in unescape(item["description"])
    assert len(item["item_name"]) == LONGEST_NAME
    assert item["item_name"].endswith("…")


def line_of(quantity: str, price: str, net: str) -> Draft:
    line = Line("Work", Decimal(quantity), "HUR", Decimal(price), Decimal(net), LineTax("S", Decimal(19)))
    return with_amounts(draft_for(), [line])


def test_a_price_that_erpnext_would_round_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="unit prices with more than 2 decimals"):
        sent(line_of("2", "0.125", "0.25"))


def test_a_quantity_that_erpnext_would_round_becomes_one_of_its_amount_and_stands_in_the_text() -> None:
    (item,) = sent(line_of("0.0625", "160", "10"))["items"]
    assert (item["qty"], item["rate"], item["uom"]) == (1, 10, "Nos")
    assert item["description"] == "0.0625 x 160: Work (hours)"


def test_a_tax_that_erpnext_cannot_come_to_is_refused_by_name() -> None:
    draft = draft_for()
    (tax,), totals = draft.tax, draft.totals
    off = replace(
        draft,
        tax=(replace(tax, amount=tax.amount + 1),),
        totals=replace(totals, tax=totals.tax + 1, gross=totals.gross + 1),
    )
    with pytest.raises(Unsupported, match="tax that is not rounded once for each account"):
        sent(off)


def test_a_long_order_reference_is_refused_by_name() -> None:
    with pytest.raises(Unsupported, match="order references of more than 140 characters"):
        sent(replace(draft_for(), order_reference="4" * 141))


@pytest.mark.parametrize(
    ("draft", "missing", "said"),
    [
        (draft_for(remote={}), {}, r"set remote\.books"),
        (draft_for(rate="20"), {}, "S 20"),
        (with_two_rates(draft_for()), {"template_by_tax": {"S 19": "19% - N"}}, 'set template_by_tax."S 7"'),
        (with_hours(draft_for()), {"units": {"C62": "Nos"}}, r"set units\.HUR"),
    ],
)
def test_what_is_not_configured_is_refused_by_name(draft: Draft, missing: dict[str, object], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        sent(draft, SETTINGS.model_copy(update=missing))


@pytest.mark.parametrize("type_code", ["380", "381"])
@pytest.mark.parametrize("bill", list(BILLS))
def test_erpnext_comes_to_the_totals_of_the_draft(bill: str, type_code: str) -> None:
    draft = BILLS[bill](draft_for(type_code=type_code))
    books = ErpnextBooks(Clock())
    books.add_customer(CLIENT)
    invoice = books.create(sent(draft))
    sign = -1 if type_code == "381" else 1
    assert (invoice["net_total"], invoice["grand_total"]) == (sign * draft.totals.net, sign * draft.totals.gross)


def test_the_tax_of_an_account_is_rounded_once() -> None:
    cheap = Line("Work", Decimal(1), "C62", Decimal("0.03"), Decimal("0.03"), LineTax("S", Decimal(19)))
    draft = with_amounts(draft_for(), [cheap, cheap])
    books = ErpnextBooks(Clock())
    books.add_customer(CLIENT)
    assert books.create(sent(draft))["grand_total"] == draft.totals.gross == Decimal("0.07")
