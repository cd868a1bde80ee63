"""What is sent to Xero: exact, complete, and valid by Xero's own description of its API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from importlib import import_module
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Allowance, Draft, LineTax
from tracker2invoice.model.money import Money
from tracker2invoice.testing.bills import (
    BILLS,
    OTHER,
    UNTAXED,
    with_amounts,
    with_deposit_drawn,
    with_discount,
    with_two_rates,
)
from tracker2invoice.testing.samples import sample_draft, with_installments, with_payment_terms, with_preceding
from tracker2invoice.wire import read_json
from tracker2invoice_xero import XeroSettings
from tracker2invoice_xero.payload import to_request

SETTINGS = XeroSettings.model_validate(
    {
        "tenant": "t",
        "client_id": "c",
        "client_secret": "s",
        "account": "201",
        "tax": {"S 19.0": "OUTPUT2", "S 7": "OUTPUT", "AE 0": "ECOUTPUTSERVICES", "E 0": "EXEMPTOUTPUT"},
    }
)
CENT = Decimal("0.01")
RATES = {"OUTPUT2": 19, "OUTPUT": 7, "ECOUTPUTSERVICES": 0, "EXEMPTOUTPUT": 0}
Amount = tuple[Decimal, LineTax]
S19 = LineTax("S", Decimal(19))
TAXES = st.sampled_from([S19, OTHER, UNTAXED])
VENDOR: Any = import_module("xero_python.accounting")  # untyped


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    return sample_draft(currency, remote={"books": "c-1"}, **fields)


def request(draft: Draft) -> dict[str, Any]:
    body = cast("dict[str, Any]", read_json(to_request("books", SETTINGS, draft)))
    (document,) = body["CreditNotes" if draft.is_credit_note else "Invoices"]
    return cast("dict[str, Any]", document)


def descriptions(draft: Draft) -> str:
    return "\n".join(line["Description"] for line in request(draft)["LineItems"])


def bill_of(currency: str, lines: list[Amount], allowances: Sequence[Amount] = ()) -> Draft:
    """Return a draft of these net amounts, as it would be written: the tax is rounded once, as EN 16931 says."""
    draft = draft_for(currency)
    return with_amounts(
        draft,
        [replace(draft.lines[0], unit_price=net, net=net, tax=tax) for net, tax in _units(currency, lines)],
        [Allowance("Discount", amount, tax) for amount, tax in _units(currency, allowances)],
    )


def _units(currency: str, amounts: Sequence[Amount]) -> list[Amount]:
    return [(Money.rounded(amount, currency).amount, tax) for amount, tax in amounts]


def tax_in_xero(invoice: dict[str, Any], half: str = ROUND_HALF_UP) -> Decimal:
    """Calculate as Xero does (developer.xero.com, "Rounding in Xero"): round each line, then add up."""
    priced = [line for line in invoice["LineItems"] if "UnitAmount" in line]
    return sum((tax_of(line).quantize(CENT, half) for line in priced), Decimal(0))


def tax_of(line: dict[str, Any]) -> Decimal:
    amount = (Decimal(line["UnitAmount"]) * line["Quantity"]).quantize(CENT, ROUND_HALF_UP)
    return Decimal(line.get("TaxAmount", amount * RATES[line["TaxType"]] / 100))


def test_every_field_and_value_is_one_that_xero_describes() -> None:
    invoice = request(draft_for())
    assert invoice.keys() <= set(VENDOR.Invoice.attribute_map.values())
    assert all(line.keys() <= set(VENDOR.LineItem.attribute_map.values()) for line in invoice["LineItems"])
    VENDOR.CurrencyCode(invoice["CurrencyCode"])
    VENDOR.LineAmountTypes(invoice["LineAmountTypes"])
    VENDOR.Invoice(type=invoice["Type"], status=invoice["Status"])


def test_every_field_and_value_of_a_credit_note_is_one_that_xero_describes() -> None:
    note = request(draft_for(type_code="381"))
    assert note.keys() <= set(VENDOR.CreditNote.attribute_map.values())
    VENDOR.CreditNote(type=note["Type"], status=note["Status"])


def test_dates_account_tax_and_link_are_those_of_the_draft() -> None:
    invoice = request(draft_for())
    assert (invoice["Date"], invoice["DueDate"]) == ("2026-03-02", "2026-04-01")
    assert (invoice["LineItems"][0]["AccountCode"], invoice["LineItems"][0]["TaxType"]) == ("201", "OUTPUT2")
    assert invoice["Url"] == "https://github.com/acme/portal/milestone/1"


@given(st.decimals("-999999999.99", "999999999.99", places=2))
def test_amounts_stand_in_the_request_exactly(net: Decimal) -> None:
    draft = bill_of("EUR", [(net, S19)])
    line = request(draft)["LineItems"][0]
    assert Decimal(line["UnitAmount"]) * line["Quantity"] == net


@given(
    st.lists(st.tuples(st.decimals("-9999.99", "9999.99", places=2), TAXES), min_size=1, max_size=12),
    st.lists(st.tuples(st.decimals("0", "999.99", places=2), TAXES), max_size=4),
    st.sampled_from(["EUR", "JPY"]),
    st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN]),
)
def test_xero_gets_to_the_tax_of_the_draft_whatever_is_on_it_and_however_it_rounds_half_a_cent(
    lines: list[Amount], allowances: list[Amount], currency: str, half: str
) -> None:
    draft = bill_of(currency, lines, allowances)
    assert tax_in_xero(request(draft), half) == draft.totals.tax


@given(st.lists(st.decimals("-9999.99", "9999.99", places=2), min_size=1, max_size=12))
def test_no_line_bears_a_cent_more_or_less_than_its_own_tax(nets: list[Decimal]) -> None:
    draft = bill_of("EUR", [(net, S19) for net in nets])
    priced = [line for line in request(draft)["LineItems"] if "UnitAmount" in line]
    assert all(abs(tax_of(line) - net * 19 / 100) < CENT for line, net in zip(priced, nets, strict=True))


def test_a_tax_that_ends_in_half_a_cent_is_sent_since_xero_does_not_say_how_it_rounds_it() -> None:
    for net, tax in (("0.50", "0.10"), ("-0.50", "-0.10")):
        assert request(bill_of("EUR", [(Decimal(net), S19)]))["LineItems"][0]["TaxAmount"] == Decimal(tax)


@pytest.mark.parametrize("type_code", ["380", "381"])
@pytest.mark.parametrize("bill", list(BILLS))
def test_every_kind_of_bill_comes_to_the_total_of_the_draft(bill: str, type_code: str) -> None:
    draft = BILLS[bill](draft_for(type_code=type_code))
    invoice = request(draft)
    priced = [line for line in invoice["LineItems"] if "UnitAmount" in line]
    net = sum(Decimal(line["UnitAmount"]) * line["Quantity"] for line in priced)
    assert net + tax_in_xero(invoice) == draft.totals.gross


def test_retainage_is_a_line_with_the_tax_type_of_its_category() -> None:
    retainage = request(BILLS["retainage"](draft_for()))["LineItems"][1]
    assert (retainage["UnitAmount"], retainage["TaxType"]) == (Decimal(-900), "EXEMPTOUTPUT")
    assert "TaxAmount" not in retainage


def test_deductions_are_lines_with_a_negative_price_and_say_how_they_came_about() -> None:
    draft = with_discount(with_deposit_drawn(draft_for()))
    lines = [line for line in request(draft)["LineItems"] if "UnitAmount" in line]
    prices = [(Decimal(line["Quantity"]), Decimal(line["UnitAmount"])) for line in lines]
    assert prices == [(Decimal(1), Decimal(net)) for net in (18000, -100, -50)]
    assert lines[2]["Description"] == "Discount\nagreed on the telephone"
    assert sum(quantity * price for quantity, price in prices) == draft.totals.net


def test_hours_are_named_in_the_description_since_a_line_has_no_unit() -> None:
    draft = draft_for()
    [line] = draft.lines
    hours = replace(line, quantity=Decimal(8), unit="HUR", unit_price=Decimal("2250.00"))
    first = request(replace(draft, lines=(hours,)))["LineItems"][0]
    assert first["Description"] == f"{line.description} (hours)"


def test_no_tax_amount_is_sent_where_xero_gets_there_by_itself() -> None:
    assert "TaxAmount" not in request(draft_for())["LineItems"][0]


def test_the_rounding_difference_is_spread_by_largest_remainder() -> None:
    # 19 % of these is 0.0057, 0.0095 and 0.0057: Xero alone gets 3 x 0.01 = 0.03; 19 % of 0.11 is 0.02
    invoice = request(bill_of("EUR", [(Decimal(net), S19) for net in ("0.03", "0.05", "0.03")]))
    assert [line.get("TaxAmount") for line in invoice["LineItems"][:3]] == [None, None, Decimal("0.00")]


def test_totals_that_are_not_those_of_the_rows_are_refused_instead_of_left_to_xero() -> None:
    draft = with_discount(draft_for())
    for damaged in (
        replace(draft, allowances=()),
        replace(draft, tax=()),
        replace(draft, totals=replace(draft.totals, tax=draft.totals.tax + CENT)),
        replace(draft, totals=replace(draft.totals, gross=draft.totals.gross + CENT)),
    ):
        with pytest.raises(Unsupported, match="totals that lines and allowances do not add up to"):
            request(damaged)


def test_the_deliverables_follow_on_a_line_of_their_own_with_number_title_and_address() -> None:
    text = request(draft_for())["LineItems"][1]
    assert list(text) == ["Description"]
    assert text["Description"].splitlines() == [
        "Design done, delivered 2026-03-01",
        "https://github.com/acme/portal/milestone/1",
        "1 Log in https://github.com/acme/portal/issues/1",
        "2 Search https://github.com/acme/portal/issues/2",
    ]


def test_a_long_list_of_deliverables_is_shortened_and_says_by_how_many() -> None:
    text = request(draft_for(deliverables=["x" * 100] * 300))["LineItems"][1]["Description"]
    assert len(text) <= 4000
    kept = text.count("https://github.com/acme/portal/issues/")
    assert text.endswith(f"… and {300 - kept} more")


def test_the_reason_for_an_exemption_and_the_note_are_on_the_invoice() -> None:
    draft = replace(draft_for(category="AE", rate="0"), note="Thank you for the quick reviews.")
    assert "see contract" in descriptions(draft)
    assert "Thank you for the quick reviews." in descriptions(draft)


def test_a_discount_a_late_fee_and_the_period_of_delivery_are_on_the_invoice_in_words() -> None:
    draft = with_payment_terms(draft_for())
    assert draft.payment_terms in descriptions(draft)
    assert draft.payment_terms in descriptions(replace(draft, early_payment=()))
    assert "Design done, delivered 2026-01-31 to 2026-03-01" in descriptions(draft)


def test_an_invoice_in_parts_is_due_with_its_last_part_and_lists_them_in_words() -> None:
    draft = with_installments(draft_for())
    assert draft.payment_terms in descriptions(draft)
    assert request(draft)["DueDate"] == "2026-04-01"


def test_preceding_invoices_are_on_the_invoice_in_words() -> None:
    draft = with_preceding(draft_for())
    told = "Preceding invoices:\nINV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)\nT2I-BBBBBBBBBBBB of 2026-02-01"
    assert told in descriptions(draft)


def test_a_credit_note_names_its_invoice_in_words_and_has_neither_due_date_nor_link() -> None:
    note = with_preceding(draft_for(type_code="381"))
    assert (request(note)["Type"], request(note)["Date"]) == ("ACCRECCREDIT", "2026-03-02")
    assert request(note).keys().isdisjoint({"DueDate", "Url"})
    assert "INV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)" in descriptions(note)


def test_how_the_tax_came_about_is_on_the_invoice_in_words() -> None:
    assert "VAT is rounded line by line." in descriptions(replace(draft_for(), tax_note="VAT is rounded line by line."))


def test_payment_terms_that_the_due_date_says_already_are_left_out() -> None:
    assert draft_for().payment_terms not in descriptions(draft_for())


def test_a_link_with_the_name_of_xero_in_it_moves_to_the_text_because_xero_refuses_it() -> None:
    draft = draft_for()
    url = "https://github.com/acme/Xero-sync/milestone/1"
    draft = replace(draft, why=replace(draft.why, milestone_url=url))
    assert "Url" not in request(draft)
    assert url in descriptions(draft)


def test_with_strict_numbers_the_reference_is_the_number() -> None:
    strict = SETTINGS.model_copy(update={"strict_unique": True})
    for draft, path, number in (
        (draft_for(), "Invoices", "InvoiceNumber"),
        (draft_for(type_code="381"), "CreditNotes", "CreditNoteNumber"),
    ):
        body = cast("dict[str, Any]", read_json(to_request("books", strict, draft)))
        assert body[path][0][number] == draft.reference


def test_a_tax_that_is_not_mapped_is_named_with_the_output() -> None:
    with pytest.raises(Rejected, match="tax S 16") as caught:
        to_request("books", SETTINGS, draft_for(rate="16"))
    assert caught.value.system == "books"


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"type_code": "384"}, "document type 384"),
        ({"number": "2026-1"}, "a number of our own"),
        ({"order_reference": "x" * 300}, "references of more than 255 characters"),
    ],
)
def test_what_xero_cannot_express_is_refused_by_name(change: dict[str, Any], feature: str) -> None:
    with pytest.raises(Unsupported) as caught:
        to_request("books", SETTINGS, replace(draft_for(), **change))
    assert (caught.value.system, caught.value.feature) == ("books", feature)


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"unit": "KGM"}, "units other than one, hour, day and month"),
        ({"unit_price": Decimal("1.00001"), "net": Decimal("1.00")}, "unit prices with more than 4 decimals"),
        ({"quantity": Decimal(2)}, "a line that is not quantity times unit price"),
        ({"net": Decimal("18000.001"), "unit_price": Decimal("18000.001")}, "amounts smaller than 0.01"),
    ],
)
def test_a_line_that_xero_would_change_is_refused_by_name(change: dict[str, Any], feature: str) -> None:
    draft = draft_for()
    with pytest.raises(Unsupported) as caught:
        to_request("books", SETTINGS, replace(draft, lines=(replace(draft.lines[0], **change),)))
    assert caught.value.feature == feature


def test_a_prepaid_amount_is_refused() -> None:
    draft = draft_for()
    with pytest.raises(Unsupported, match="a prepaid amount"):
        to_request("books", SETTINGS, replace(draft, totals=replace(draft.totals, prepaid=Decimal(1))))


def test_two_rates_on_one_invoice_keep_their_own_tax_types() -> None:
    draft = draft_for()
    invoice = request(with_two_rates(draft))
    assert [line["TaxType"] for line in invoice["LineItems"][:2]] == ["OUTPUT2", "OUTPUT"]


def test_the_due_date_may_be_the_day_of_issue() -> None:
    assert request(replace(draft_for(), due_date=date(2026, 3, 2)))["DueDate"] == "2026-03-02"
