"""What is sent to Stripe: exact, complete, and in the parameters that Stripe's own library describes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import params as vendor
from tests.connectors.stripe import TAX, draft_for

from tracker2invoice.errors import Rejected, Unsupported
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import Allowance, Draft, LineTax
from tracker2invoice.model.money import Money, half_up
from tracker2invoice.testing.bills import BILLS, OTHER, UNTAXED, with_amounts, with_hours, with_two_rates
from tracker2invoice.testing.samples import with_installments, with_payment_terms, with_preceding
from tracker2invoice_stripe import StripeSettings
from tracker2invoice_stripe.amounts import decimals, from_units, to_day, to_instant, to_units
from tracker2invoice_stripe.payload import to_requests

SETTINGS = StripeSettings.model_validate({"api_key": "k", "tax": TAX, "tax_name": "MwSt"})
RATES = {"txr_19": 19, "txr_7": 7, "txr_exempt": 0, "txr_reverse": 0}
S19 = LineTax("S", Decimal(19))
Amount = tuple[Decimal, LineTax]


def requests(draft: Draft) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(to_requests("books", SETTINGS, draft), parse_float=Decimal)
    return body


def invoice(draft: Draft) -> dict[str, Any]:
    fields: dict[str, Any] = requests(draft)["invoice"]
    return fields


def lines(draft: Draft) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = requests(draft)["lines"]
    return found


def bill_of(currency: str, amounts: Sequence[Amount], allowances: Sequence[Amount] = ()) -> Draft:
    """Return a draft of these net amounts, as it would be written: the tax is rounded once, as EN 16931 says."""
    draft = draft_for(currency)
    return with_amounts(
        draft,
        [replace(draft.lines[0], unit_price=net, net=net, tax=tax) for net, tax in _rounded(currency, amounts)],
        [Allowance("Discount", amount, tax) for amount, tax in _rounded(currency, allowances)],
    )


def _rounded(currency: str, amounts: Sequence[Amount]) -> list[Amount]:
    # the last of three decimals is always 0 at Stripe
    exact = [(Money.rounded(amount, "EUR" if currency == "KWD" else currency).amount, tax) for amount, tax in amounts]
    return [(Money(amount, currency).amount, tax) for amount, tax in exact]


def tax_in_stripe(found: Sequence[dict[str, Any]], *, once: bool) -> int:
    """Calculate as Stripe does (docs.stripe.com/billing/taxes/tax-rates, "Rounding")."""
    if "tax_amounts" in found[0]:
        return sum(line["tax_amounts"][0]["amount"] for line in found)
    shares = [(line["tax_rates"][0], Fraction(line["amount"] * RATES[line["tax_rates"][0]], 100)) for line in found]
    if not once:
        return sum(int(half_up(share, 0)) for _, share in shares)
    totals = [sum((share for rate, share in shares if rate == one), Fraction(0)) for one in RATES]
    return sum(int(half_up(total, 0)) for total in totals)


def test_every_parameter_is_one_that_stripe_describes() -> None:
    drafts = [draft_for(), BILLS["all of these"](draft_for()), bill_of("EUR", [(Decimal("0.50"), S19)])]
    for draft in drafts:
        assert invoice(draft).keys() <= vendor.InvoiceCreateParams.__annotations__.keys()
        for line in lines(draft):
            assert line.keys() <= vendor.InvoiceAddLinesParamsLine.__annotations__.keys()
            for tax in line.get("tax_amounts", ()):
                data = vendor.InvoiceAddLinesParamsLineTaxAmountTaxRateData
                assert tax.keys() <= vendor.InvoiceAddLinesParamsLineTaxAmount.__annotations__.keys()
                assert tax["tax_rate_data"].keys() <= data.__annotations__.keys()


def test_a_draft_stays_one_until_a_person_sends_it() -> None:
    fields = invoice(draft_for())
    assert (fields["auto_advance"], fields["collection_method"]) == (False, "send_invoice")
    assert "automatically_finalizes_at" not in fields


def test_nothing_comes_upon_the_invoice_that_is_not_on_the_draft() -> None:
    fields = invoice(draft_for())
    assert fields["pending_invoice_items_behavior"] == "exclude"
    assert (fields["discounts"], fields["automatic_tax"]) == ("", {"enabled": False})
    assert [line["discountable"] for line in lines(with_hours(draft_for()))] == [False] * 3


def test_the_reference_stands_in_the_metadata_and_every_line_has_its_number() -> None:
    draft = with_hours(draft_for())
    assert invoice(draft)["metadata"] == {"t2i_ref": draft.reference}
    assert [line["metadata"] for line in lines(draft)] == [{"t2i_line": number} for number in ("1", "2", "3")]


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-10, 13))
def test_a_day_is_the_same_day_from_honolulu_to_auckland(day: date, hours: int) -> None:
    there = datetime.fromtimestamp(to_instant(day), timezone(timedelta(hours=hours)))
    assert there.date() == to_day(to_instant(day)) == day


def test_issue_and_due_date_are_those_of_the_draft() -> None:
    fields = invoice(draft_for())
    days = [datetime.fromtimestamp(fields[name], UTC).date() for name in ("effective_at", "due_date")]
    assert days == [date(2026, 3, 2), date(2026, 4, 1)]


@pytest.mark.parametrize(
    ("currency", "amount", "units"),
    [("EUR", "10.01", 1001), ("JPY", "500", 500), ("KWD", "5.120", 5120), ("ISK", "5", 500), ("MGA", "500.00", 500)],
)
def test_amounts_are_in_the_units_that_stripe_counts_in(currency: str, amount: str, units: int) -> None:
    assert to_units(Decimal(amount), currency) == units
    assert from_units(units, currency) == Decimal(amount)


def test_the_units_are_those_of_iso_4217_but_for_what_stripe_says_otherwise() -> None:
    # docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases"; IQD and LYD are none of Stripe's
    odd = {code for code, digits in MINOR_UNITS.items() if digits != decimals(code)}
    assert odd == {"MGA", "ISK", "UGX", "IQD", "LYD"}


@given(st.decimals("-9999999.99", "9999999.99", places=2), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_amounts_stand_in_the_request_exactly(net: Decimal, currency: str) -> None:
    # a tax in dinars can end in a thousandth, which Stripe does not take
    tax = UNTAXED if currency == "KWD" else S19
    draft = bill_of(currency, [(Decimal(10**8), tax), (net, tax)])
    assert [from_units(line["amount"], currency) for line in lines(draft)] == [row.net for row in draft.rows]


@given(
    st.lists(
        st.tuples(st.decimals("-9999.99", "9999.99", places=2), st.sampled_from([S19, OTHER, UNTAXED])),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.tuples(st.decimals("0", "999.99", places=2), st.sampled_from([S19, OTHER, UNTAXED])), max_size=4),
    st.sampled_from(["EUR", "JPY"]),
)
def test_stripe_gets_to_the_tax_of_the_draft_whatever_is_on_it_and_wherever_the_account_rounds(
    amounts: list[Amount], allowances: list[Amount], currency: str
) -> None:
    draft = bill_of(currency, [(Decimal(10**6), S19), *amounts], allowances)
    found = lines(draft)
    for once in (True, False):
        assert from_units(tax_in_stripe(found, once=once), currency) == draft.totals.tax


@given(st.lists(st.decimals("-9999.99", "9999.99", places=2), min_size=1, max_size=12))
def test_no_line_bears_a_cent_more_or_less_than_its_own_tax(nets: list[Decimal]) -> None:
    found = lines(bill_of("EUR", [(Decimal(10**6), S19), *((net, S19) for net in nets)]))
    taxes = [(line["amount"], line["tax_amounts"][0]["amount"]) for line in found if "tax_amounts" in line]
    assert all(abs(tax - Fraction(amount * 19, 100)) < 1 for amount, tax in taxes)


def test_the_tax_is_left_to_a_tax_rate_where_it_comes_out_either_way() -> None:
    (line,) = lines(draft_for())
    assert (line["tax_rates"], "tax_amounts" in line) == (["txr_19"], False)
    assert [one["tax_rates"] for one in lines(with_two_rates(draft_for()))] == [["txr_19"], ["txr_7"]]


def test_a_tax_that_ends_in_half_a_cent_is_sent_with_the_name_from_the_settings() -> None:
    (line,) = lines(bill_of("EUR", [(Decimal("0.50"), S19)]))
    data = {"display_name": "MwSt", "percentage": 19, "inclusive": False}
    assert line["tax_amounts"] == [{"amount": 10, "taxable_amount": 50, "tax_rate_data": data}]


def test_a_tax_that_the_contract_rounds_line_by_line_is_sent_since_the_account_may_round_it_once() -> None:
    # 19 % of these is 0.0057, 0.0095 and 0.0057: line by line 0.03, once 0.02
    draft = bill_of("EUR", [(Decimal(net), S19) for net in ("0.03", "0.05", "0.03")])
    (tax,) = draft.tax
    by_line = replace(tax, amount=Decimal("0.03"))
    totals = replace(draft.totals, tax=by_line.amount, gross=draft.totals.net + by_line.amount)
    found = lines(replace(draft, tax=(by_line,), totals=totals))
    assert [line["tax_amounts"][0]["amount"] for line in found] == [1, 1, 1]


def test_tax_is_sent_for_all_lines_or_for_none_because_stripe_does_not_mix_them() -> None:
    found = lines(bill_of("EUR", [(Decimal("0.50"), S19), (Decimal(100), OTHER), (Decimal(7), UNTAXED)]))
    assert [[tax["amount"] for tax in line["tax_amounts"]] for line in found] == [[10], [700], [0]]
    assert not any("tax_rates" in line for line in found)


def test_deductions_are_negative_amounts_and_say_how_they_came_about() -> None:
    found = lines(BILLS["all of these"](draft_for()))
    assert [line["amount"] for line in found] == [1800000, 120000, 26400, -10000, 4500, -5000, -90000]
    assert found[5]["description"] == "Discount\nagreed on the telephone"


def test_hours_stand_in_the_text_with_their_price_since_a_line_has_but_an_amount() -> None:
    text = lines(with_hours(draft_for()))[1]["description"]
    assert text == "Support, ann (hours)\n12.5 hours of ann at 96\n12.5 x 96"


def test_the_deliverables_follow_in_the_text_of_the_first_line() -> None:
    first, second, _ = lines(with_hours(draft_for()))
    assert first["description"].splitlines()[3:] == [
        "Design done, delivered 2026-03-01",
        "https://github.com/acme/portal/milestone/1",
        "1 Log in https://github.com/acme/portal/issues/1",
        "2 Search https://github.com/acme/portal/issues/2",
    ]
    assert "Log in" not in second["description"]


def test_a_long_list_of_deliverables_is_shortened_and_says_by_how_many() -> None:
    text = lines(draft_for(deliverables=["x" * 100] * 300))[0]["description"]
    assert len(text) <= 5000
    kept = text.count("https://github.com/acme/portal/issues/")
    assert text.endswith(f"… and {300 - kept} more")


def test_a_title_that_fills_the_line_leaves_no_room_and_still_fits() -> None:
    for length in (4990, 4997, 4998, 5000, 9000):
        assert len(lines(draft_for(title="😀" * (length // 2)))[0]["description"].encode("utf-16-le")) <= 10_000


def test_note_terms_and_reasons_are_in_the_memo() -> None:
    exempt = draft_for(category="AE", rate="0")
    draft = replace(with_preceding(exempt), note="Thank you.", tax_note="VAT is rounded line by line.")
    assert invoice(draft)["description"].split("\n\n") == [
        "Thank you.",
        "Preceding invoices:\nINV-0012 of 2026-01-02 (T2I-AAAAAAAAAAAA)\nT2I-BBBBBBBBBBBB of 2026-02-01",
        "see contract",
        "VAT is rounded line by line.",
    ]
    for changed in (with_payment_terms(draft_for()), with_installments(draft_for())):
        assert changed.payment_terms in invoice(changed)["description"]


def test_without_any_of_these_there_is_no_memo() -> None:
    assert "description" not in invoice(draft_for())


def test_a_long_project_name_is_cut_to_fit_its_field() -> None:
    shown = {one["name"]: one["value"] for one in invoice(replace(draft_for(), project="p" * 300))["custom_fields"]}
    assert (len(shown["Project"]), shown["Project"][-1]) == (140, "…")


def test_a_tax_that_is_not_mapped_is_named_with_the_output() -> None:
    with pytest.raises(Rejected, match="tax S 16") as caught:
        requests(draft_for(rate="16"))
    assert caught.value.system == "books"


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"type_code": "381"}, "credit notes, which Stripe issues at once"),
        ({"type_code": "384"}, "document type 384"),
        ({"number": "2026-1"}, "a number of our own"),
        ({"order_reference": "x" * 141}, "order references of more than 140 characters"),
        ({"note": "x" * 1501}, "a note and terms of more than 1500 characters"),
        ({"currency": "UGX"}, "amounts in UGX"),
    ],
)
def test_what_stripe_cannot_express_is_refused_by_name(change: dict[str, Any], feature: str) -> None:
    with pytest.raises(Unsupported) as caught:
        requests(replace(draft_for(), **change))
    assert (caught.value.system, caught.value.feature) == ("books", feature)


@pytest.mark.parametrize(
    ("currency", "net", "feature"),
    [
        ("MGA", "0.20", "fractions of 1 MGA"),
        ("KWD", "0.001", "amounts smaller than 0.01"),
        ("EUR", "-5.00", "a total below nothing, which Stripe takes for credit"),
    ],
)
def test_an_amount_that_stripe_would_take_for_another_is_refused(currency: str, net: str, feature: str) -> None:
    draft = draft_for(currency)
    line = replace(draft.lines[0], unit_price=Decimal(net), net=Decimal(net))
    with pytest.raises(Unsupported) as caught:
        requests(with_amounts(draft, [line]))
    assert caught.value.feature == feature


def test_more_lines_than_an_invoice_can_have_are_refused() -> None:
    draft = draft_for()
    assert len(lines(with_amounts(draft, draft.lines * 250))) == 250
    with pytest.raises(Unsupported, match="more than 250 lines"):
        requests(with_amounts(draft, draft.lines * 251))
