"""The tax that is sent with lines, so that Xero comes to the tax of the draft. Pure.

Xero rounds the tax of each line to cents and adds up (developer.xero.com, "Rounding in Xero"); EN 16931 rounds once
per category and rate (BR-CO-17), and a yen has no cents. The tax that Xero calculates for a line can be overridden
(xero_accounting.yaml 16.1.0, LineItem.TaxAmount).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.invoice import Line, LineTax, TaxSubtotal
from tracker2invoice.model.money import apportioned, half_up

_HALF = Fraction(1, 2)


def tax_overrides(rows: Sequence[Line], subtotals: Sequence[TaxSubtotal]) -> Mapping[int, Decimal]:
    """Return the tax of the rows, by index, that must be sent: all others come out right by themselves.

    Where Xero's sum differs from that of a category and rate, the difference is spread by largest remainder. A tax
    that ends in half a cent is always sent, for Xero does not say how it rounds that of a deduction.
    """
    overrides: dict[int, Decimal] = {}
    for tax in dict.fromkeys(row.tax for row in rows):
        group = [index for index, row in enumerate(rows) if row.tax == tax]
        exact = [Fraction(rows[index].net) * Fraction(tax.rate) for index in group]
        wanted = apportioned(exact, _cents_of(tax, subtotals))
        for index, share, cents in zip(group, exact, wanted, strict=True):
            if cents != _rounded(share) or share % 1 == _HALF:
                overrides[index] = Decimal(cents).scaleb(-2)
    return overrides


def _cents_of(tax: LineTax, subtotals: Sequence[TaxSubtotal]) -> int:
    return sum(int(one.amount * 100) for one in subtotals if LineTax(one.category, one.rate) == tax)


def _rounded(cents: Fraction) -> int:
    return int(half_up(cents, 0))
