"""Which exchange rate holds on a day: one that was published before it, and never a guess."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tracker2invoice.model.rates import Published, Rate, Rates

ECB = Published(
    "European Central Bank",
    "EUR",
    {
        "2026-02-27": {"USD": Decimal("1.0842"), "PLN": Decimal("4.2185")},
        "2026-02-26": {"USD": Decimal("1.0800"), "PLN": Decimal("4.2000"), "HUF": Decimal("388.15")},
    },
)
HMRC = Published("HM Revenue & Customs", "USD", {"2026-02": {"GBP": Decimal("0.7412")}})
RATES = Rates((HMRC, ECB))


def value(currency: str, into: str, day: date, rates: Rates = RATES) -> str:
    found = rates.rate(currency, into, day)
    return f"{found.value:f}" if found else ""


def test_the_latest_rate_from_before_the_day_holds() -> None:
    assert value("EUR", "PLN", date(2026, 2, 28)) == "4.2185"
    assert value("EUR", "PLN", date(2026, 3, 2)) == "4.2185"
    assert value("EUR", "PLN", date(2026, 2, 27)) == "4.2"


def test_a_day_on_which_one_currency_has_no_rate_is_passed_over() -> None:
    assert value("EUR", "HUF", date(2026, 2, 28)) == "388.15"


def test_a_rate_that_is_older_than_a_week_does_not_hold() -> None:
    assert value("EUR", "PLN", date(2026, 3, 6)) == "4.2185"
    assert value("EUR", "PLN", date(2026, 3, 7)) == ""
    assert value("EUR", "PLN", date(2026, 2, 26)) == ""


def test_between_two_currencies_the_rates_of_the_euro_on_one_day_are_taken() -> None:
    assert RATES.rate("USD", "PLN", date(2026, 3, 2)) == Rate(
        Decimal("3.8908872902"), "2026-02-27", "European Central Bank", "1 EUR = 1.0842 USD = 4.2185 PLN"
    )


def test_into_the_euro_the_rate_is_turned_around() -> None:
    found = RATES.rate("USD", "EUR", date(2026, 3, 2))
    assert found
    assert (f"{found.value:f}", found.basis) == ("0.9223390518", "1 EUR = 1.0842 USD")


def test_the_rate_of_a_month_holds_on_each_of_its_days_and_on_no_other() -> None:
    days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1))
    assert [value("USD", "GBP", day) for day in days] == ["", "0.7412", "0.7412", ""]


def test_a_pair_that_has_rates_of_its_own_takes_no_others() -> None:
    known = Published("a bank", "EUR", {"2026-01": {"PLN": Decimal("4.1")}})
    assert value("EUR", "PLN", date(2026, 1, 9), Rates((known, ECB))) == "4.1"
    assert value("EUR", "PLN", date(2026, 2, 28), Rates((known, ECB))) == ""


@pytest.mark.parametrize(("currency", "into"), [("USD", "CHF"), ("CHF", "PLN"), ("GBP", "EUR")])
def test_a_currency_that_nobody_published_has_no_rate(currency: str, into: str) -> None:
    assert value(currency, into, date(2026, 3, 2)) == ""
