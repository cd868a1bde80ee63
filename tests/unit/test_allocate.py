"""Shares of a contract's price. Vectors named AL-n are published cases of other systems, named beside each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tracker2invoice.mapping import formula
from tracker2invoice.mapping.allocate import divide, exact_share, shares
from tracker2invoice.model.contract import Contract, Rounding
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.money import Money, unit
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import sample_contract


def contract(price: str, *percents: str | Fraction, currency: str = "EUR") -> Contract:
    terms = tuple(
        Term(f"t{number}", Match("title", str(number)), percent=Fraction(percent))
        for number, percent in enumerate(percents)
    )
    return replace(sample_contract(currency), price=Money(Decimal(price), currency), terms=terms)


def rest_to_last(price: str, *percents: str | Fraction) -> Contract:
    return replace(contract(price, *percents), rounding="last")


def amounts(deal: Contract, **frozen: str) -> list[str]:
    billed = {term: Money(Decimal(amount), deal.currency) for term, amount in frozen.items()}
    return [str(money.amount) for money in shares(deal, billed).values()]


THIRD = Fraction(100, 3)


@pytest.mark.parametrize(
    ("price", "percents", "expected"),
    [
        pytest.param("1.00", [THIRD] * 3, ["0.34", "0.33", "0.33"], id="AL-1 moneyphp MoneyTest"),
        pytest.param("0.05", ["30", "70"], ["0.02", "0.03"], id="AL-2 moneyphp, tie to the earlier"),
        pytest.param(
            "100.01", ["33.3333", "33.3333", "33.3334"], ["33.34", "33.33", "33.34"], id="AL-3 alga-psa T005 inputs"
        ),
        pytest.param("9.99", ["12.5"], ["1.25"], id="AL-4 alga-psa T005, half up"),
        pytest.param("1.01", ["50", "50"], ["0.51", "0.50"], id="AL-5 alga-psa T005, what is not cancelled"),
        pytest.param("0.03", ["50", "50"], ["0.02", "0.01"], id="AL-8 Odoo test_payment_term"),
        pytest.param("30000.00", [THIRD] * 3, ["10000.00"] * 3, id="AL-9 erpnext 26951 inputs"),
        pytest.param(
            "30000.00",
            ["33.334", "33.333", "33.333"],
            ["10000.20", "9999.90", "9999.90"],
            id="AL-10 erpnext 26951",
        ),
        pytest.param("100.00", [Fraction(100, 7)] * 7, ["14.29"] * 4 + ["14.28"] * 3, id="AL-11 computed"),
        pytest.param("0.10", [Fraction(100, 6)] * 6, ["0.02"] * 4 + ["0.01"] * 2, id="AL-12 computed"),
    ],
)
def test_left_over_units_go_to_the_largest_remainders(
    price: str, percents: Sequence[str | Fraction], expected: list[str]
) -> None:
    assert amounts(contract(price, *percents)) == expected


@pytest.mark.parametrize(
    ("price", "percents", "expected"),
    [
        pytest.param("1.00", [THIRD] * 3, ["0.33", "0.33", "0.34"], id="AL-1 computed"),
        pytest.param("100.01", ["33.3333", "33.3333", "33.3334"], ["33.34", "33.34", "33.33"], id="AL-3 alga-psa T005"),
        pytest.param("100.00", [Fraction(100, 3)] * 3, ["33.33"] * 2 + ["33.34"], id="AL-13 OCA sale_invoice_plan"),
        pytest.param("100.00", [Fraction(100, 7)] * 7, ["14.29"] * 6 + ["14.26"], id="AL-11 computed"),
        pytest.param("0.10", [Fraction(100, 6)] * 6, ["0.02"] * 5 + ["0.00"], id="AL-12 computed"),
    ],
)
def test_the_last_percentage_takes_the_rest_where_the_contract_says_so(
    price: str, percents: Sequence[str | Fraction], expected: list[str]
) -> None:
    assert amounts(rest_to_last(price, *percents)) == expected


def test_the_last_percentage_still_open_makes_up_for_how_billed_ones_were_rounded() -> None:
    """The last third was billed at 0.34 of 1.00; of the 1.01 that the price is now, 0.67 are left."""
    assert amounts(rest_to_last("1.01", THIRD, THIRD, THIRD), t2="0.34") == ["0.34", "0.33", "0.34"]


def test_al_7_the_last_percentage_does_not_take_what_a_new_price_left_open() -> None:
    """AL-7: the first half was billed at 40.00 of 80.00; the price is 120.00 now, and 20.00 of it stay a gap."""
    assert amounts(rest_to_last("120.00", "50", "50"), t0="40.00") == ["40.00", "60.00"]


def test_a_fixed_amount_at_the_end_takes_no_rest() -> None:
    deal = rest_to_last("10.00", THIRD, THIRD, Fraction(70, 3))
    fixed = Term("fixed", Match("title", "x"), fixed=Money(Decimal("1.00"), "EUR"))
    assert amounts(replace(deal, terms=(*deal.terms, fixed))) == ["3.33", "3.33", "2.34", "1.00"]


def test_the_rest_is_told_as_a_share_that_was_rounded_so_that_all_terms_add_up() -> None:
    deal = rest_to_last("100.00", *[Fraction(100, 7)] * 7)
    told = formula.share(deal, deal.terms[-1], Money(Decimal("14.26"), "EUR"))
    assert str(told) == "14 2/7 % of 100.00 EUR = 14.285714… EUR, rounded to 14.26 EUR so that all terms add up"


def test_al_6_percentages_below_100_leave_a_gap() -> None:
    """AL-6, alga-psa T005: 30 % and 30 % of 100.00 leave 40.00."""
    assert amounts(contract("100.00", "30", "30")) == ["30.00", "30.00"]


def test_al_7_a_billed_amount_stays_and_open_terms_are_taken_of_the_new_price() -> None:
    """AL-7, alga-psa's test of frozen amounts: the first half was billed at 40.00; the price is 120.00 now."""
    assert amounts(contract("120.00", "50", "50"), t0="40.00") == ["40.00", "60.00"]


def test_a_left_over_unit_goes_to_an_open_term_when_the_billed_one_did_not_take_it() -> None:
    assert amounts(contract("1.00", THIRD, THIRD, THIRD), t0="0.33") == ["0.33", "0.34", "0.33"]


def test_a_left_over_unit_that_was_billed_is_not_handed_out_again() -> None:
    assert amounts(contract("1.00", THIRD, THIRD, THIRD), t2="0.34") == ["0.33", "0.33", "0.34"]


def test_a_fixed_amount_takes_no_left_over_units() -> None:
    deal = contract("10.00", THIRD, THIRD, Fraction(70, 3))
    fixed = Term("fixed", Match("title", "x"), fixed=Money(Decimal("1.00"), "EUR"))
    assert amounts(replace(deal, terms=(fixed, *deal.terms))) == ["1.00", "3.34", "3.33", "2.33"]


@pytest.mark.parametrize(("currency", "price", "expected"), [("JPY", "100", "34"), ("KWD", "1.000", "0.334")])
def test_the_unit_is_that_of_the_currency(currency: str, price: str, expected: str) -> None:
    assert amounts(contract(price, THIRD, THIRD, THIRD, currency=currency))[0] == expected


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any price in any currency, in up to 30 percentages that make 100."""
    weights = draw(st.lists(st.integers(1, 10**6), min_size=1, max_size=30))
    currency = draw(st.sampled_from(sorted(MINOR_UNITS)))
    price = Money.of_units(draw(st.integers(1, 10**14)), currency)
    percents = [Fraction(100 * weight, sum(weights)) for weight in weights]
    return contract(str(price.amount), *percents, currency=currency)


@settings(deadline=None)
@given(contracts())
def test_shares_of_100_percent_always_make_the_price(deal: Contract) -> None:
    assert sum(shares(deal, {}).values(), Money.zero(deal.currency)) == deal.price


@settings(deadline=None)
@given(contracts())
def test_with_the_rest_to_the_last_shares_make_the_price_unless_nothing_is_left_for_it(deal: Contract) -> None:
    deal = replace(deal, rounding="last")
    planned = shares(deal, {})
    over = sum(planned.values(), Money.zero(deal.currency)) - deal.price
    assert not over.units or (over.units > 0 and not planned[deal.terms[-1].id].units)


@settings(deadline=None)
@given(contracts())
def test_a_share_is_always_less_than_one_unit_away_from_the_exact_one(deal: Contract) -> None:
    planned = shares(deal, {})
    for term in deal.terms:
        assert abs(Fraction(planned[term.id].amount) - exact_share(deal, term)) < Fraction(unit(deal.currency))


@settings(deadline=None)
@given(contracts(), st.sampled_from(get_args(Rounding)), st.data())
def test_no_order_of_billing_changes_an_amount(deal: Contract, rounding: Rounding, data: st.DataObject) -> None:
    deal = replace(deal, rounding=rounding)
    # a contract that leaves nothing for the last term is refused
    assume(sum(shares(deal, {}).values(), Money.zero(deal.currency)) == deal.price)
    order = data.draw(st.permutations(deal.terms))
    billed: dict[str, Money] = {}
    for term in order:
        billed[term.id] = shares(deal, billed)[term.id]
    assert billed == shares(deal, {})


@settings(deadline=None)
@given(contracts(), st.data())
def test_whatever_was_billed_stays_and_moves_no_open_share_by_more_than_a_unit(
    deal: Contract, data: st.DataObject
) -> None:
    frozen = {
        term.id: Money.of_units(data.draw(st.integers(0, 10**14)), deal.currency)
        for term in data.draw(st.lists(st.sampled_from(deal.terms), unique_by=lambda term: term.id))
    }
    planned = shares(deal, frozen)
    for term in deal.terms:
        if term.id in frozen:
            assert planned[term.id] == frozen[term.id]
        else:
            assert abs(Fraction(planned[term.id].amount) - exact_share(deal, term)) < Fraction(unit(deal.currency))


@settings(deadline=None)
@given(st.lists(st.fractions(min_value=0, max_value=20), min_size=1, max_size=5), st.integers(1, 10**9))
def test_percentages_below_100_make_their_exact_sum_rounded_half_up(percents: list[Fraction], units: int) -> None:
    deal = contract(str(Money.of_units(units, "EUR").amount), *percents)
    exact = sum((exact_share(deal, term) for term in deal.terms), Fraction(0))
    assert sum(shares(deal, {}).values(), Money.zero("EUR")) == Money.rounded(exact, "EUR")


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [("1.00", "1 1 1", "0.34 0.33 0.33"), ("0.05", "3 7", "0.02 0.03"), ("-1.00", "1 1 1", "-0.34 -0.33 -0.33")],
)
def test_al_1_and_al_2_an_amount_is_divided_by_largest_remainder(amount: str, weights: str, parts: str) -> None:
    """AL-1 and AL-2, moneyphp."""
    divided = divide(Money(Decimal(amount), "EUR"), [Fraction(weight) for weight in weights.split()])
    assert [str(part.amount) for part in divided] == parts.split()


@given(st.integers(-(10**9), 10**9), st.lists(st.fractions(min_value=Fraction(1, 100), max_value=100), min_size=1))
def test_the_parts_of_an_amount_make_it_and_none_is_a_unit_off(units: int, weights: list[Fraction]) -> None:
    parts = [part.units for part in divide(Money.of_units(units, "EUR"), weights)]
    assert sum(parts) == units
    exact = [Fraction(units) * weight / sum(weights) for weight in weights]
    assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
