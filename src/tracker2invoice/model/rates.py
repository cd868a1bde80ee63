"""Exchange rates, as those who publish them wrote them down, and which of them holds on a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.money import half_up

LONGEST_GAP = 7
"""Days for which the rates of a day hold, from the next day on: no central bank publishes none for longer."""

_PLACES = 10
"""Decimals of a rate that is reckoned from two: no VAT below ten million differs by them."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in another, of which day or month (ISO 8601), and who published it.

    `basis` is what was published, in words: `1 EUR = 1.0842 USD = 4.2185 PLN`.
    """

    value: Decimal
    period: str
    source: str
    basis: str


@dataclass(frozen=True, slots=True)
class Published:
    """What one unit of a currency (`unit`) was worth in others, by day (`2026-02-27`) or month (`2026-02`)."""

    source: str
    unit: str
    worth: Mapping[str, Mapping[str, Decimal]]

    def rate(self, currency: str, into: str, day: date) -> Rate | None:
        """Return the rate that holds on a day: that of its month, or else the latest of the days before it."""
        found = ((period, {self.unit: Decimal(1), **self.worth.get(period, {})}) for period in _periods(day))
        for period, worth in found:
            if currency in worth and into in worth:
                value = half_up(Fraction(worth[into]) / Fraction(worth[currency]), _PLACES)
                others = (f"{worth[one]:f} {one}" for one in (currency, into) if one != self.unit)
                return Rate(_short(value), period, self.source, " = ".join((f"1 {self.unit}", *others)))
        return None

    def knows(self, *currencies: str) -> bool:
        """Whether there ever was a rate for all of these."""
        return any({*currencies} <= {self.unit, *worth} for worth in self.worth.values())


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates that there are; of a pair of currencies the first publisher who knows it is asked, and no other.

    `trouble` says in words what could not be read, empty if everything was.
    """

    published: tuple[Published, ...] = ()
    trouble: str = ""

    def rate(self, currency: str, into: str, day: date) -> Rate | None:
        """Return the rate that holds on a day, None if there is none."""
        asked = next((one for one in self.published if one.knows(currency, into)), None)
        return asked.rate(currency, into, day) if asked else None


NO_RATES = Rates()
"""Nobody has any."""


def _periods(day: date) -> Iterator[str]:
    yield f"{day:%Y-%m}"
    yield from ((day - timedelta(days=number)).isoformat() for number in range(1, LONGEST_GAP + 1))


def _short(value: Decimal) -> Decimal:
    return Decimal(format(value.normalize(), "f"))
