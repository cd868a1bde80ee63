"""Whether the tax of a draft can come out in Moneybird. Pure.

Moneybird calculates the tax by itself, in cents, and does not say whether it rounds line by line or by tax rate
(openapi.yml v2-20260821, sales_invoice_response, `tax_totals`). A tax that neither way leads to is not sent.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.invoice import Draft, LineTax
from tracker2invoice.model.money import half_up


def can_come_out(draft: Draft) -> bool:
    """Whether one way to round to cents leads to the tax of the draft."""
    by_line = sum((_tax(row.net, row.tax) for row in draft.rows), Decimal(0))
    by_rate = sum((_tax(one.base, LineTax(one.category, one.rate)) for one in draft.tax), Decimal(0))
    return draft.totals.tax in (by_line, by_rate)


def _tax(net: Decimal, tax: LineTax) -> Decimal:
    return half_up(Fraction(net) * Fraction(tax.rate) / 100, 2)
