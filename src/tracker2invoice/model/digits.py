"""Numbers in plain digits, as they stand in configuration, reasons and English text."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

DECIMALS = 6
"""What is shown of a number that goes on after the point; an ellipsis stands for the rest."""


def percent(value: Fraction) -> str:
    """Return a percentage in plain digits, or as a fraction where it has no end: `12.5 %`, `33 1/3 %`."""
    return f"{mixed(value)} %"


def mixed(value: Fraction) -> str:
    """Return a number in plain digits, or as a fraction where it has no end: `12.5`, `33 1/3`."""
    if 10**DECIMALS % value.denominator == 0:
        return decimal(value)
    whole, rest = divmod(value, 1)
    return f"{whole} {rest}" if whole else str(rest)


def decimal(value: Fraction | Decimal) -> str:
    """Return plain digits without zeros at the end; what goes on after six decimals is cut, with an ellipsis."""
    numerator, denominator = value.as_integer_ratio()
    shifted, cut = divmod(numerator * 10**DECIMALS, denominator)
    digits = Decimal(shifted).scaleb(-DECIMALS).normalize()
    return format(digits, "f") + ("…" if cut else "")
