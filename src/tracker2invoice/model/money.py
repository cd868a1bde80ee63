"""Money is an exact decimal and a currency; a float is refused at the door."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache

from tracker2invoice.model.currency import MINOR_UNITS

_PLAIN = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


def parse_decimal(value: object) -> Decimal:
    """Return the exact decimal of a string or a whole number.

    Raises:
        ValueError: a float (already inexact), an exponent, NaN, or anything else that is not plain digits.
    """
    if isinstance(value, Decimal):
        value = format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _PLAIN.fullmatch(value):
        raise ValueError('write the number in quotes, with a point: "1234.50"')
    return Decimal(value)


@cache
def unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency: 0.01 EUR, 1 JPY, 0.001 KWD (ISO 4217 minor units)."""
    return Decimal(1).scaleb(-MINOR_UNITS[currency])


def half_up(exact: Fraction, places: int) -> Decimal:
    """Return a number with so many decimals, half away from zero."""
    units = (abs(exact) * 10**places + Fraction(1, 2)).__floor__()
    return Decimal(units if exact >= 0 else -units).scaleb(-places)


def with_decimals(amount: Decimal, currency: str) -> Decimal:
    """Return the same amount, with zeros at its end if it has fewer decimals than the currency."""
    exponent, least = amount.as_tuple().exponent, MINOR_UNITS[currency]
    return Decimal(f"{amount:.{least}f}") if isinstance(exponent, int) and exponent > -least else amount


def apportioned(exact: Sequence[Fraction], total: int) -> list[int]:
    """Return whole units that add up to the total, as close to the exact ones as can be; ties to the earlier.

    Each is rounded half up if that comes out, else they are apportioned by largest remainder.
    """
    rounded = [int(half_up(share, 0)) for share in exact]
    if sum(rounded) == total:
        return rounded
    down = [share.__floor__() for share in exact]
    each, over = divmod(total - sum(down), len(exact))
    lucky = sorted(range(len(exact)), key=lambda index: down[index] - exact[index])[:over]
    return [units + each + (index in lucky) for index, units in enumerate(down)]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency, always with exactly the decimals that ISO 4217 gives the currency.

    Raises:
        TypeError: the amount is not a `Decimal`.
        ValueError: the currency is unknown, or the amount has more decimals than the currency.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError("an amount is a Decimal, never a float")
        if self.currency not in MINOR_UNITS:
            raise ValueError(f"{self.currency} is not a currency of ISO 4217")
        if self.amount.same_quantum(unit(self.currency)):
            return
        exact = self.amount.quantize(unit(self.currency), rounding=ROUND_HALF_UP)
        if exact != self.amount:
            raise ValueError(f"{self.currency} has {MINOR_UNITS[self.currency]} decimals")
        object.__setattr__(self, "amount", exact)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in that currency."""
        return _zero(currency)

    @classmethod
    def rounded(cls, exact: Fraction | Decimal, currency: str) -> Money:
        """Round half up (away from zero) to the currency's smallest unit."""
        units = Fraction(exact) * 10 ** MINOR_UNITS[currency]
        whole = (abs(units) + Fraction(1, 2)).__floor__()
        return cls.of_units(whole if units >= 0 else -whole, currency)

    @classmethod
    def of_units(cls, units: int, currency: str) -> Money:
        """Return `units` times the smallest unit of the currency."""
        return cls(Decimal(units) * unit(currency), currency)

    @property
    def units(self) -> int:
        """The amount as a whole number of the currency's smallest unit."""
        return int(self.amount / unit(self.currency))

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    @classmethod
    def sum(cls, amounts: Iterable[Money], currency: str) -> Money:
        """Add amounts up, all of them in that currency; of none it is nothing.

        Raises:
            ValueError: one of them is in another currency.
        """
        total = Decimal(0)
        for one in amounts:
            if one.currency != currency:
                raise ValueError(f"{one.currency} and {currency} do not add up")
            total += one.amount
        return cls(total, currency)

    def percent(self, rate: Fraction | Decimal) -> Money:
        """Return so many percent of it, rounded half up."""
        return Money.rounded(Fraction(self.amount) * Fraction(rate) / 100, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other


@cache
def _zero(currency: str) -> Money:
    return Money(Decimal(0), currency)
