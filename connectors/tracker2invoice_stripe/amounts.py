"""Amounts and days as Stripe counts them. Pure.

Source: docs.stripe.com/currencies, "Minor units in API amounts". They are not those of ISO 4217 in every currency.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

_NONE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE = "BHD JOD KWD OMR TND"

AMBIGUOUS = frozenset({"UGX"})
"""Listed both as a currency without decimals and as one whose amounts have two: 500 may be 5 or 500 shillings."""

# the same day from Honolulu to Auckland, for Stripe shows a day in the time zone of the account
_HOUR = time(10, tzinfo=UTC)


def decimals(currency: str) -> int:
    """Return how many decimals an amount has that Stripe gets or gives as a whole number."""
    if currency in _NONE.split():
        return 0
    return 3 if currency in _THREE.split() else 2


def is_countable(amount: Decimal, currency: str) -> bool:
    """Say whether Stripe has a whole number for the amount."""
    return amount.scaleb(decimals(currency)) % 1 == 0


def to_units(amount: Decimal, currency: str) -> int:
    """Return a countable amount as the whole number that Stripe gets."""
    return int(amount.scaleb(decimals(currency)))


def from_units(units: int, currency: str) -> Decimal:
    """Return the amount that a whole number of Stripe's means."""
    return Decimal(units).scaleb(-decimals(currency))


def to_instant(day: date) -> int:
    """Return an instant on that day, in seconds since 1970."""
    return int(datetime.combine(day, _HOUR).timestamp())


def to_day(seconds: int) -> date:
    """Return the day of an instant that was made by `to_instant`, or by a person in Europe, Africa or Asia."""
    return datetime.fromtimestamp(seconds, UTC).date()
