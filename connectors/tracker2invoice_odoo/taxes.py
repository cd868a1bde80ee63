"""Whether the tax of a draft can come out in Odoo. Pure.

A company says whether Odoo rounds the tax of each line, or that of each tax once ("Tax calculation rounding method",
odoo/odoo, addons/account/models/account_tax.py), to the decimals of the currency. A tax that neither way leads to is
not sent; what the other way than the company's leads to shows in the total when the draft is created.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.money import half_up


def can_come_out(draft: Draft) -> bool:
    """Whether one way to round leads to the tax of the draft."""
    places = MINOR_UNITS[draft.currency]
    by_line = sum((_tax(row.net, row.tax.rate, places) for row in draft.rows), Decimal(0))
    by_tax = sum((_tax(one.base, one.rate, places) for one in draft.tax), Decimal(0))
    return draft.totals.tax in (by_line, by_tax)


def _tax(net: Decimal, rate: Decimal, places: int) -> Decimal:
    return half_up(Fraction(net) * Fraction(rate) / 100, places)
