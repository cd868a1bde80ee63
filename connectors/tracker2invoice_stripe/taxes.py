"""The tax that is sent with lines where Stripe would not come to the tax of the draft. Pure.

Source: docs.stripe.com/billing/taxes/tax-rates, "Rounding". By its tax rates Stripe rounds half away from zero, either
in each line or once for each rate; which of the two is a setting of the account that the API does not tell.
"""

from __future__ import annotations

from fractions import Fraction

from tracker2invoice.model.invoice import Draft, LineTax
from tracker2invoice.model.money import apportioned, half_up
from tracker2invoice_stripe.amounts import to_units

_HALF = Fraction(1, 2)


def tax_amounts(draft: Draft) -> tuple[int, ...] | None:
    """Return the tax of each row in Stripe's units; None if tax rates make the tax of the draft, whatever the setting.

    It is all rows or none: docs.stripe.com/invoicing/taxes/manual-tax-amounts, "Can't mix tax_amounts and tax_rates".
    A tax that ends in half a unit is left to nobody, for Stripe does not say how it rounds that of a deduction.
    """
    found: dict[int, int] = {}
    by_rates = True
    for tax in dict.fromkeys(row.tax for row in draft.rows):
        group = [index for index, row in enumerate(draft.rows) if row.tax == tax]
        exact = [
            Fraction(to_units(draft.rows[index].net, draft.currency)) * Fraction(tax.rate) / 100 for index in group
        ]
        wanted = _wanted(draft, tax)
        found |= zip(group, apportioned(exact, wanted), strict=True)
        by_rates = by_rates and _comes_out(exact, wanted)
    return None if by_rates else tuple(found[index] for index in range(len(draft.rows)))


def _comes_out(exact: list[Fraction], wanted: int) -> bool:
    total = sum(exact, Fraction(0))
    certain = all(share % 1 != _HALF for share in (*exact, total))
    in_lines, at_once = sum(half_up(share, 0) for share in exact), half_up(total, 0)
    return certain and in_lines == at_once == wanted


def _wanted(draft: Draft, tax: LineTax) -> int:
    amounts = (one.amount for one in draft.tax if LineTax(one.category, one.rate) == tax)
    return sum(to_units(amount, draft.currency) for amount in amounts)
