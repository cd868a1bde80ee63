"""Dates, amounts and quantities as they stand on a page in one language."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from tracker2invoice.languages.labels import labels
from tracker2invoice.model.currency import MINOR_UNITS

_EXACT = Decimal("0.000001")


class Figures:
    """Writes dates and numbers in one language, and amounts with the decimals of one currency."""

    def __init__(self, currency: str, language: str) -> None:
        self.locale = Locale.parse(labels(language)["locale"])
        self._currency, self._decimals = currency, MINOR_UNITS[currency]

    def date(self, day: date, width: Literal["long", "medium"] = "long") -> str:
        """Return a day in one of the widths of CLDR."""
        return format_date(day, width, locale=self.locale)

    def money(self, amount: Decimal) -> str:
        """Return an amount with its currency."""
        return f"{self._currency}\N{NO-BREAK SPACE}{self.amount(amount)}"

    def amount(self, amount: Decimal) -> str:
        """Return an amount with exactly the decimals of the currency."""
        rounded = amount.quantize(Decimal(1).scaleb(-self._decimals), rounding=ROUND_HALF_UP)
        return self.number(rounded, "#,##0" + _fraction("0" * self._decimals))

    def price(self, amount: Decimal) -> str:
        """Return the price of a unit: BT-146 may have more decimals than the currency."""
        return self.number(amount, "#,##0" + _fraction("0" * self._decimals + "#" * (6 - self._decimals)))

    def number(self, value: Decimal, pattern: str = "#,##0.######") -> str:
        """Return a number by a CLDR pattern."""
        # Babel rounds half to even, invoices half up
        exact = value.quantize(_EXACT, rounding=ROUND_HALF_UP)
        return format_decimal(exact, format=pattern, locale=self.locale)


def _fraction(digits: str) -> str:
    return f".{digits}" if digits else ""
