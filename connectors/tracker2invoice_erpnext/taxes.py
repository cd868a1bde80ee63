"""The tax of a draft as ERPNext calculates it. Pure.

It multiplies the net of each row with the rate, adds up what is booked on one account, and rounds the sum once, to two
decimals unless a person has changed the precision (frappe/erpnext version-15, erpnext/controllers/taxes_and_totals.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.invoice import Draft, TaxSubtotal
from tracker2invoice.model.money import half_up
from tracker2invoice.taxcodes import tax_code


def by_account(output: str, accounts: Mapping[str, str], draft: Draft) -> dict[str, list[TaxSubtotal]]:
    """Return the taxes of the draft by the account on which each is booked.

    Raises:
        Rejected: no account is configured for one.
    """
    booked: dict[str, list[TaxSubtotal]] = {}
    for tax in draft.tax:
        booked.setdefault(tax_code(output, accounts, tax.category, tax.rate), []).append(tax)
    return booked


def comes_out(draft: Draft, booked: Mapping[str, list[TaxSubtotal]]) -> bool:
    """Whether ERPNext comes to the tax of the draft."""
    exact = (sum(Fraction(tax.base) * Fraction(tax.rate) / 100 for tax in taxes) for taxes in booked.values())
    return sum((half_up(Fraction(amount), 2) for amount in exact), Decimal(0)) == draft.totals.tax
