"""VAT and totals as EN 16931 sums them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker2invoice.mapping.tax import breakdown, rounding_note, totals
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import Allowance, Line, LineTax, TaxSubtotal, Totals
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax

STANDARD = Tax("S", Decimal(19))


def tax_on(lines: Iterable[Line], tax: Tax, currency: str) -> TaxSubtotal:
    [subtotal] = breakdown(((one.net, tax) for one in lines), currency)
    return subtotal


def line(net: str, tax: Tax = STANDARD) -> Line:
    return Line("work", Decimal(1), "C62", Decimal(net), Decimal(net), LineTax(tax.category, tax.rate))


def test_the_totals_of_a_simple_invoice() -> None:
    """EN 16931 BR-CO-10 to BR-CO-17, 19 % of 18000.00."""
    lines = [line("18000.00")]
    tax = tax_on(lines, STANDARD, "EUR")
    assert tax == TaxSubtotal("S", Decimal(19), Decimal("18000.00"), Decimal("3420.00"))
    assert totals(lines, [], [tax], "EUR") == Totals(
        net=Decimal("18000.00"),
        tax=Decimal("3420.00"),
        gross=Decimal("21420.00"),
        prepaid=Decimal("0.00"),
        payable=Decimal("21420.00"),
        allowances=Decimal("0.00"),
    )


def test_several_rates_make_a_subtotal_each_and_an_allowance_lowers_its_own() -> None:
    """BG-23: 7 % and 19 %, and what is held back under E leaves the standard base whole (KoSIT, retainage)."""
    reduced, exempt = Tax("S", Decimal(7)), Tax("E", Decimal(0), "held back")
    taxed = [(Decimal("100.00"), STANDARD), (Decimal("50.00"), reduced), (Decimal("-5.00"), exempt)]
    allowance = Allowance("Retainage", Decimal("5.00"), LineTax("E", Decimal(0)))
    taxes = breakdown(taxed, "EUR")
    assert [(one.category, one.rate, one.base, one.amount) for one in taxes] == [
        ("S", Decimal(19), Decimal("100.00"), Decimal("19.00")),
        ("S", Decimal(7), Decimal("50.00"), Decimal("3.50")),
        ("E", Decimal(0), Decimal("-5.00"), Decimal("0.00")),
    ]
    sums = totals([line("100.00"), line("50.00", reduced)], [allowance], taxes, "EUR")
    assert (sums.net, sums.tax, sums.gross) == (Decimal("145.00"), Decimal("22.50"), Decimal("167.50"))


@pytest.mark.parametrize(
    ("net", "rate", "currency", "tax"),
    [
        pytest.param("0.50", "1", "EUR", "0.01", id="half a cent goes up"),
        pytest.param("0.49", "1", "EUR", "0.00", id="less does not"),
        pytest.param("-0.50", "1", "EUR", "-0.01", id="half a cent goes away from zero"),
        pytest.param("1005", "10", "JPY", "101", id="no decimals"),
        pytest.param("0.005", "10", "KWD", "0.001", id="three decimals"),
        pytest.param("100.00", "8.1", "CHF", "8.10", id="a rate with decimals"),
    ],
)
def test_tax_is_rounded_half_up_to_the_unit_of_the_currency(net: str, rate: str, currency: str, tax: str) -> None:
    assert tax_on([line(net)], Tax("S", Decimal(rate)), currency).amount == Decimal(tax)


def test_tax_is_taken_of_the_sum_and_not_of_each_line() -> None:
    """BR-CO-17: 19 % of 0.12 is 0.02; line by line it would be 0.01 three times."""
    assert tax_on([line("0.04")] * 3, STANDARD, "EUR").amount == Decimal("0.02")


def by_line(amounts: Iterable[tuple[str, Tax]], currency: str = "EUR") -> tuple[TaxSubtotal, ...]:
    return breakdown([(Decimal(amount), tax) for amount, tax in amounts], currency, "line")


def test_line_by_line_each_tax_is_rounded_and_the_difference_is_told() -> None:
    """19 % of 0.04 is 0.01 three times; of the sum, 0.12, it is 0.02."""
    [subtotal] = taxes = by_line([("0.04", STANDARD)] * 3)
    assert (subtotal.base, subtotal.amount) == (Decimal("0.12"), Decimal("0.03"))
    assert str(rounding_note(taxes, "EUR")) == "VAT is rounded line by line: 0.01 EUR more than of the sum at 19 %."


def test_differences_of_several_rates_are_told_each_and_a_deduction_has_its_own_tax() -> None:
    reduced = Tax("S", Decimal(7))
    taxes = by_line([("0.04", STANDARD), ("0.04", STANDARD), ("0.04", STANDARD), ("0.05", reduced), ("0.05", reduced)])
    assert str(rounding_note(taxes, "EUR")) == (
        "VAT is rounded line by line: 0.01 EUR more than of the sum at 19 %, 0.01 EUR less than of the sum at 7 %."
    )
    [deducted] = by_line([("10.00", STANDARD), ("-0.04", STANDARD), ("-0.04", STANDARD)])
    assert deducted.amount == Decimal("1.88")


def test_where_both_ways_of_rounding_agree_nothing_is_said() -> None:
    assert rounding_note(by_line([("100.00", STANDARD), ("50.00", STANDARD)]), "EUR") == ""


@settings(deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=199), st.decimals(0, 100, places=2))
def test_fewer_than_200_lines_are_never_off_by_a_whole_euro(units: list[int], rate: Decimal) -> None:
    """The official check of BR-CO-17 accepts less than 1.00."""
    [subtotal] = by_line([(str(Decimal(one).scaleb(-2)), Tax("S", rate)) for one in units])
    assert abs(subtotal.amount - subtotal.base * rate / 100) < 1


def test_an_exempt_document_keeps_its_reason() -> None:
    exempt = Tax("AE", Decimal(0), "Reverse charge")
    tax = tax_on([line("100.00", exempt)], exempt, "EUR")
    assert (tax.category, tax.amount, tax.exemption_reason) == ("AE", Decimal("0.00"), "Reverse charge")


@settings(deadline=None)
@given(
    st.sampled_from(sorted(MINOR_UNITS)), st.lists(st.integers(0, 10**12), min_size=1), st.decimals(0, 100, places=3)
)
def test_the_sums_always_tie_out(currency: str, units: list[int], rate: Decimal) -> None:
    tax = Tax("S", rate)
    lines = [line(str(Money.of_units(one, currency).amount), tax) for one in units]
    subtotal = tax_on(lines, tax, currency)
    sums = totals(lines, [], [subtotal], currency)
    assert sums.net == sum((one.net for one in lines), Decimal(0)) == subtotal.base
    assert sums.gross == sums.net + sums.tax == sums.payable
    assert abs(sums.tax - sums.net * rate / 100) <= Decimal(1).scaleb(-MINOR_UNITS[currency]) / 2
