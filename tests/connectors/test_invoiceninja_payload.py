"""What is sent to Invoice Ninja: exact, complete, valid by its own description, and shown as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.vendor_schemas import complaints, vendor_schemas

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.invoice import Draft, LineTax
from tracker2invoice.testing.bills import BILLS, with_amounts, with_deposit_drawn, with_discount, with_two_rates
from tracker2invoice.testing.samples import NOW, sample_draft, with_installments, with_payment_terms, with_preceding
from tracker2invoice.testing.sandbox.invoiceninja_books import InvoiceNinjaBooks
from tracker2invoice.wire import read_json
from tracker2invoice_invoiceninja import InvoiceNinjaSettings
from tracker2invoice_invoiceninja.inert import JOINER, inert
from tracker2invoice_invoiceninja.payload import to_request

SETTINGS = InvoiceNinjaSettings.model_validate(
    {"token": "t", "tax": {"S 19.0": "VAT", "S 7": "VAT low", "S 15": "GST", "AE 0": "Reverse charge", "E 0": "Exempt"}}
)
S19, S15 = LineTax("S", Decimal(19)), LineTax("S", Decimal(15))


def draft_for(currency: str = "EUR", **fields: Any) -> Draft:
    return sample_draft(currency, remote={"books": "c-1"}, **fields)


def request(draft: Draft, settings: InvoiceNinjaSettings = SETTINGS) -> dict[str, Any]:
    return cast("dict[str, Any]", read_json(to_request("books", settings, draft)))


def texts(draft: Draft) -> str:
    return "\n".join(line["notes"] for line in request(draft)["line_items"])


def bill_of(nets: Sequence[Decimal], tax: LineTax = S19, currency: str = "EUR") -> Draft:
    draft = draft_for(currency)
    return with_amounts(draft, [replace(draft.lines[0], unit_price=net, net=net, tax=tax) for net in nets])


def total_there(draft: Draft, currency_id: str = "3") -> Decimal:
    books = InvoiceNinjaBooks(lambda: NOW)
    books.add_client("Acme", currency_id, "c-1")
    return Decimal(str(books.create(request(draft))["amount"]))


def test_every_field_and_value_is_one_that_the_vendor_describes() -> None:
    described = vendor_schemas("invoiceninja.yaml")
    schemas = described["components"]["schemas"]
    for bill in BILLS.values():
        body = json.loads(to_request("books", SETTINGS, bill(draft_for())))
        assert complaints(described, schemas["InvoiceRequest"], body) == []
        assert body.keys() <= schemas["InvoiceRequest"]["properties"].keys()
        assert all(line.keys() <= schemas["InvoiceItem"]["properties"].keys() for line in body["line_items"])


def test_dates_client_and_taxes_are_those_of_the_draft() -> None:
    invoice = request(draft_for())
    assert (invoice["client_id"], invoice["date"], invoice["due_date"]) == ("c-1", "2026-03-02", "2026-04-01")
    assert (invoice["line_items"][0]["tax_name1"], invoice["line_items"][0]["tax_rate1"]) == ("VAT", 19)
    assert invoice["uses_inclusive_taxes"] is False


def test_the_first_of_two_parts_has_a_day_of_its_own() -> None:
    draft = with_installments(draft_for())
    first, last = draft.installments
    invoice = request(draft)
    assert (invoice["partial"], invoice["partial_due_date"]) == (Decimal("10710.00"), "2026-03-16")
    assert total_there(draft) == draft.totals.gross
    for parts in ([first, first, last], [replace(first, due_date=draft.due_date), last], [last]):
        assert "partial" not in request(replace(draft, installments=tuple(parts)))


@pytest.mark.parametrize("bill", list(BILLS))
def test_every_kind_of_bill_comes_to_the_total_of_the_draft(bill: str) -> None:
    draft = BILLS[bill](draft_for())
    assert total_there(draft) == draft.totals.gross


@given(st.lists(st.decimals("-9999.99", "9999.99", places=2), min_size=1, max_size=12))
def test_whatever_is_on_it_the_total_there_is_that_of_the_draft_or_it_is_refused(nets: list[Decimal]) -> None:
    draft = bill_of(nets)
    with suppress(Unsupported):
        assert total_there(draft) == draft.totals.gross


THIRDS = tuple(map(Decimal, ("0.03", "0.05", "0.03")))
"""19 % of each is rounded to 0.01, of all of them to 0.02."""


def test_a_bill_that_would_be_a_cent_over_line_by_line_bears_its_tax_as_a_whole() -> None:
    draft = bill_of(THIRDS)
    invoice = request(draft)
    assert (invoice["tax_name1"], invoice["tax_rate1"]) == ("VAT", 19)
    assert [line for line in invoice["line_items"] if "tax_name1" in line] == []
    assert total_there(draft) == draft.totals.gross == Decimal("0.13")


def test_two_taxes_that_do_not_come_out_line_by_line_are_refused() -> None:
    with pytest.raises(Unsupported, match=r"tax that is not rounded to 0\.01 line by line, or once"):
        request(with_two_rates(bill_of(THIRDS)))


def test_a_whole_tax_that_ends_in_half_a_cent_is_refused_since_it_is_rounded_from_a_binary_number() -> None:
    with pytest.raises(Unsupported, match="tax that is not rounded"):  # 15 % of 76.30 is 11.445
        request(bill_of([Decimal("25.06"), Decimal("25.61"), Decimal("25.63")], S15))


def test_yen_are_rounded_as_a_total_and_dinars_have_no_tax_of_thousandths() -> None:
    yen = draft_for("JPY", net="333")  # 19 % of 333 is 63.27
    assert total_there(yen, "45") == yen.totals.gross == 396
    with pytest.raises(Unsupported):
        request(draft_for("KWD", net="1.230"))  # 19 % of it is 0.2337


def test_deductions_are_lines_with_a_negative_price_and_say_how_they_came_about() -> None:
    draft = with_discount(with_deposit_drawn(draft_for()))
    lines = request(draft)["line_items"][:3]
    assert [(line["quantity"], line["cost"]) for line in lines] == [(1, 18000), (1, -100), (1, -50)]
    assert lines[2]["notes"] == "Discount\nagreed on the telephone"


def test_hours_are_named_in_the_text_since_a_line_has_no_unit() -> None:
    [line] = draft_for().lines
    hours = replace(line, quantity=Decimal(8), unit="HUR", unit_price=Decimal("2250.00"))
    assert request(replace(draft_for(), lines=(hours,)))["line_items"][0]["notes"] == f"{line.description} (hours)"


def test_the_deliverables_follow_on_a_line_without_a_price() -> None:
    assert request(draft_for())["line_items"][1] == {
        "notes": "Design done, delivered 2026-03-01\n"
        "https://github.com/acme/portal/milestone/1\n"
        "1 Log in https://github.com/acme/portal/issues/1\n"
        "2 Search https://github.com/acme/portal/issues/2",
        "quantity": 0,
        "cost": 0,
    }


def test_what_an_invoice_has_no_field_for_stands_in_words() -> None:
    assert "see contract" in texts(draft_for(category="AE", rate="0"))
    assert "Thank you." in texts(replace(draft_for(), note="Thank you."))
    assert draft_for().payment_terms not in texts(draft_for())
    for draft in (with_payment_terms(draft_for()), with_installments(draft_for())):
        assert draft.payment_terms in texts(draft)
    assert "INV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)" in texts(with_preceding(draft_for()))


@pytest.mark.parametrize(
    ("title", "cut_at"),
    [
        ("<script>", 1),
        ("</script>", 1),
        ("<!-- x", 1),
        ("say onerror=", 6),
        ("prompt(1)", 6),
        ("alert(1)", 5),
        (":MONTH", 1),
        ("due :year+1", 5),
        (":QUARTER", 1),
        (":Week", 1),
        ("$client.name", 1),
        ("[pay](https://evil.example)", 5),
    ],
)
def test_what_would_be_taken_for_something_else_gets_an_invisible_joiner(title: str, cut_at: int) -> None:
    assert inert(title) == title[:cut_at] + JOINER + title[cut_at:]
    assert inert(title) in texts(draft_for(title=title))


def test_ordinary_text_is_left_alone() -> None:
    for text in ("a < b, 5 $ > 4 $", "at 12:30", "f(x) [see] (below)", "https://example.com/a:b", "prompt and alert"):
        assert inert(text) == text


def test_a_credit_has_no_due_date_and_names_its_invoice_in_words_alone_or_it_would_be_sent_at_once() -> None:
    credit = with_preceding(draft_for(type_code="381"))
    assert request(credit).keys().isdisjoint({"due_date", "invoice_id"})
    assert "INV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)" in texts(credit)


def test_with_strict_numbers_the_reference_is_the_number_and_else_there_is_none() -> None:
    strict = SETTINGS.model_copy(update={"strict_unique": True})
    assert request(draft_for(), strict)["number"] == draft_for().reference
    assert "number" not in request(draft_for())


def test_a_tax_that_is_not_mapped_is_named_with_the_output() -> None:
    with pytest.raises(Rejected, match=r'tax S 16: set tax\."S 16"') as caught:
        request(draft_for(rate="16"))
    assert caught.value.system == "books"


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"type_code": "384"}, "document type 384"),
        ({"number": "2026-1"}, "a number of our own"),
        ({"order_reference": "x" * 192}, "order references of more than 191 characters"),
    ],
)
def test_what_it_cannot_express_is_refused_by_name(change: dict[str, Any], feature: str) -> None:
    with pytest.raises(Unsupported) as caught:
        request(replace(draft_for(), **change))
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
def test_a_line_that_it_would_change_is_refused_by_name(change: dict[str, Any], feature: str) -> None:
    draft = draft_for()
    with pytest.raises(Unsupported) as caught:
        request(replace(draft, lines=(replace(draft.lines[0], **change),)))
    assert caught.value.feature == feature
