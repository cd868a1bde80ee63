"""Money is exact, and every currency has its own smallest unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.money import Money, apportioned, parse_decimal

CURRENCIES = st.sampled_from(sorted(MINOR_UNITS))


def test_a_float_is_refused_at_the_door() -> None:
    with pytest.raises(TypeError, match="never a float"):
        Money(cast("Any", 0.1), "EUR")


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("0.0001", "KWD")])
def test_more_decimals_than_the_currency_has_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=f"{currency} has"):
        Money(Decimal(amount), currency)


@pytest.mark.parametrize("currency", ["XXX", "EURO", "eur", ""])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(Decimal(1), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"), [("5", "EUR", "5.00 EUR"), ("5", "JPY", "5 JPY"), ("5.1", "KWD", "5.100 KWD")]
)
def test_an_amount_always_shows_all_decimals_of_its_currency(amount: str, currency: str, text: str) -> None:
    assert str(Money(Decimal(amount), currency)) == text


@pytest.mark.parametrize(
    ("exact", "rounded"), [("1.245", "1.25"), ("0.005", "0.01"), ("-0.005", "-0.01"), ("1.004", "1.00")]
)
def test_rounding_is_half_up_away_from_zero(exact: str, rounded: str) -> None:
    assert Money.rounded(Decimal(exact), "EUR").amount == Decimal(rounded)


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="EUR and USD"):
        _ = Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")


@given(st.integers(-(10**12), 10**12), CURRENCIES)
def test_units_and_back_is_the_same_amount(units: int, currency: str) -> None:
    assert Money.of_units(units, currency).units == units


@given(st.fractions(-(10**9), 10**9), CURRENCIES)
def test_rounding_is_never_off_by_more_than_half_a_unit(exact: Fraction, currency: str) -> None:
    rounded = Money.rounded(exact, currency)
    assert abs(Fraction(rounded.amount) - exact) * 2 <= Fraction(1, 10 ** MINOR_UNITS[currency])


@pytest.mark.parametrize("value", ["1234.50", "0", "-3", 7, Decimal("1.5")])
def test_plain_digits_are_exact_decimals(value: object) -> None:
    assert parse_decimal(value) == Decimal(str(value))


@pytest.mark.parametrize("value", [1.5, True, "1,5", "1e3", "NaN", "Infinity", "", " 1", "1_000", None, "٣"])
def test_anything_else_is_no_number(value: object) -> None:
    with pytest.raises(ValueError, match="in quotes"):
        parse_decimal(value)


@given(st.sampled_from(["EUR", "JPY", "KWD"]), st.lists(st.integers(-(10**14), 10**14)))
def test_the_sum_of_amounts_is_what_adding_them_one_by_one_makes(currency: str, units: list[int]) -> None:
    amounts = [Money.of_units(one, currency) for one in units]
    assert Money.sum(amounts, currency) == sum(amounts, Money.zero(currency))
    assert Money.sum(amounts, currency).units == sum(units)


def test_a_sum_of_two_currencies_is_refused() -> None:
    with pytest.raises(ValueError, match="JPY and EUR do not add up"):
        Money.sum([Money(Decimal(1), "EUR"), Money(Decimal(1), "JPY")], "EUR")


@given(st.lists(st.fractions(-1000, 1000, max_denominator=100), min_size=1, max_size=12), st.integers(-3, 3))
def test_apportioned_units_add_up_and_none_is_a_unit_off_by_rounding_alone(exact: list[Fraction], off: int) -> None:
    total = round(sum(exact)) + off
    units = apportioned(exact, total)
    assert sum(units) == total
    if off == 0:
        assert all(abs(unit - share) < 1 for unit, share in zip(units, exact, strict=True))
