"""Invoices that are paid in parts. Vectors named IN-n are published cases of other systems."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.deals import eur

from tracker2invoice.mapping.installments import installments_of
from tracker2invoice.model.due import DueRule, Installment
from tracker2invoice.model.money import Money

ISSUED = date(2026, 3, 2)
NET_10 = DueRule(days=10)


def amounts(total: str, *parts: Installment) -> list[str]:
    return [str(one.amount) for one in installments_of(parts, ISSUED, eur(total))]


def test_in_1_of_what_is_left_of_the_total_a_fixed_amount_and_the_rest() -> None:
    """IN-1, Tryton account_invoice: -10.00 in 25 % of what is left, 25 % of the total, fixed 4.00, the rest."""
    parts = (
        Installment(NET_10, percent_of_rest=Fraction(25)),
        Installment(NET_10, percent=Fraction(25)),
        Installment(NET_10, fixed=eur("4.00")),
        Installment(NET_10),
    )
    assert amounts("-10.00", *parts) == ["-2.50", "-2.50", "-4.00", "-1.00"]


def test_in_2_two_halves_after_two_and_four_days() -> None:
    """IN-2, Odoo: 1,150.00 in halves after 2 and 4 days."""
    halves = tuple(Installment(DueRule(days=days), percent=Fraction(50)) for days in (2, 4))
    found = installments_of(halves, ISSUED, eur("1150.00"))
    assert [(one.due_date - ISSUED, str(one.amount)) for one in found] == [
        (timedelta(days=2), "575.00"),
        (timedelta(days=4), "575.00"),
    ]


def test_in_3_parts_make_the_sum_whatever_they_were_rounded_to() -> None:
    """IN-3, Odoo: a part that was rounded to 434.20 leaves 434.15 of 868.35."""
    assert amounts("868.35", Installment(NET_10, fixed=eur("434.20")), Installment(NET_10)) == ["434.20", "434.15"]


def test_parts_that_make_more_than_there_is_are_cut_and_those_of_nothing_left_out() -> None:
    parts = (Installment(NET_10, fixed=eur("80.00")), Installment(NET_10, fixed=eur("80.00")), Installment(NET_10))
    assert amounts("100.00", *parts) == ["80.00", "20.00"]


@pytest.mark.parametrize("parts", [(), (Installment(NET_10), Installment(NET_10))])
def test_nothing_to_pay_has_no_parts(parts: tuple[Installment, ...]) -> None:
    assert amounts("0.00", *parts) == []


def test_half_a_cent_is_rounded_up_and_the_rest_takes_the_difference() -> None:
    half = Installment(NET_10, percent=Fraction(50))
    assert amounts("0.05", half, Installment(NET_10)) == ["0.03", "0.02"]
    assert amounts("-0.05", half, Installment(NET_10)) == ["-0.03", "-0.02"]


def test_without_a_rest_the_last_part_takes_what_is_left() -> None:
    third = Installment(NET_10, percent=Fraction(100, 3))
    assert amounts("100.00", third, third, third) == ["33.33", "33.33", "33.34"]
    assert amounts("100.00", third, Installment(NET_10, fixed=eur("10.00"))) == ["33.33", "66.67"]


def test_a_part_is_one_share_or_one_amount() -> None:
    with pytest.raises(ValueError, match="one share or one amount"):
        Installment(NET_10, percent=Fraction(50), fixed=eur("1.00"))


def test_parts_have_the_decimals_of_the_currency() -> None:
    third = Installment(NET_10, percent=Fraction(100, 3))
    for currency, expected in (("JPY", ["33", "67"]), ("KWD", ["33.333", "66.667"])):
        total = Money(Decimal(100), currency)
        found = installments_of((third, Installment(NET_10)), ISSUED, total)
        assert [str(one.amount) for one in found] == expected


SHARES = st.fractions(Fraction(1, 100), Fraction(100), max_denominator=300)
DAYS = st.integers(0, 60).map(lambda days: DueRule(days=days))
PART = st.one_of(
    st.builds(Installment, DAYS, percent=SHARES),
    st.builds(Installment, DAYS, percent_of_rest=SHARES),
    st.builds(Installment, DAYS, fixed=st.integers(1, 10**6).map(lambda units: Money.of_units(units, "EUR"))),
    st.builds(Installment, DAYS),
)
TOTALS = st.integers(-(10**6), 10**6) | st.integers(-5, 5)


@settings(deadline=None)
@given(TOTALS, st.lists(PART, min_size=1, max_size=6))
def test_parts_always_make_the_total_and_have_its_sign(units: int, parts: list[Installment]) -> None:
    total = Money.of_units(units, "EUR")
    found = installments_of(parts, ISSUED, total)
    assert sum((one.amount for one in found), Decimal(0)) == total.amount
    assert all(one.amount != 0 and (one.amount > 0) == (units > 0) for one in found)
    assert bool(found) == (units != 0)


@settings(deadline=None)
@given(TOTALS, st.lists(PART, min_size=1, max_size=6))
def test_parts_keep_their_order_whatever_they_come_to(units: int, parts: list[Installment]) -> None:
    parts = sorted(parts, key=lambda part: part.due.days)
    days = [one.due_date for one in installments_of(parts, ISSUED, Money.of_units(units, "EUR"))]
    assert days == sorted(days)
    assert set(days) <= {ISSUED + timedelta(days=part.due.days) for part in parts}


@settings(deadline=None)
@given(TOTALS, st.lists(PART, min_size=1, max_size=6))
def test_a_credit_is_paid_back_in_the_same_parts(units: int, parts: list[Installment]) -> None:
    owed, paid_back = (installments_of(parts, ISSUED, Money.of_units(sign * units, "EUR")) for sign in (1, -1))
    assert [(one.due_date, -one.amount) for one in owed] == [(one.due_date, one.amount) for one in paid_back]
