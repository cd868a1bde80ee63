"""The tax of a draft as Invoice Ninja calculates it. Pure.

Source: invoiceninja/invoiceninja 5.10.17, app/Helpers/Invoice, InvoiceItemSum.php, InvoiceSum.php and Taxer.php. The
tax of a line is rounded to two decimals, whatever the currency, and added up; the tax of the whole invoice is rounded
once. The total is rounded to the currency's decimals. A tax that a line bears cannot be set by itself.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import Draft
from tracker2invoice.model.money import half_up

_HALF = Fraction(1, 2)


def taxed_on(draft: Draft) -> Literal["lines", "invoice"] | None:
    """Return where the taxes of the draft are to stand so that Invoice Ninja comes to its total; None if nowhere.

    On the lines, if that comes out; else, for a draft of one tax, on the invoice.
    """
    if _total(draft, sum((_rounded_tax(row.net, row.tax.rate) for row in draft.rows), Decimal(0))):
        return "lines"
    if len(draft.tax) != 1:
        return None
    (tax,) = draft.tax
    exact = Fraction(draft.totals.net) * Fraction(tax.rate)
    # the whole invoice's tax is rounded from a binary number, of which half a cent is anyone's guess
    if exact % 1 == _HALF:
        return None
    return "invoice" if _total(draft, half_up(exact / 100, 2)) else None


def _total(draft: Draft, tax: Decimal) -> bool:
    return half_up(Fraction(draft.totals.net + tax), MINOR_UNITS[draft.currency]) == draft.totals.gross


def _rounded_tax(net: Decimal, rate: Decimal) -> Decimal:
    # NumberFormatter::formatValue writes six decimals before it rounds to two
    return half_up(Fraction(half_up(Fraction(net) * Fraction(rate) / 100, 6)), 2)
