"""VAT and totals of a document with one VAT category and rate. Sums follow EN 16931, rounding is half up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.invoice import Line, TaxSubtotal, Totals
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax


def tax_on(lines: Iterable[Line], tax: Tax, currency: str) -> TaxSubtotal:
    """Return the VAT breakdown of lines that all bear this tax.

    The tax is taken of the sum, not line by line, and rounded once to the currency's unit (EN 16931
    BR-CO-17).
    """
    base = _sum((line.net for line in lines), currency)
    amount = Money.rounded(Fraction(base.amount) * Fraction(tax.rate) / 100, currency)
    return TaxSubtotal(tax.category, tax.rate, base.amount, amount.amount, tax.exemption_reason)


def totals(lines: Iterable[Line], taxes: Iterable[TaxSubtotal], currency: str) -> Totals:
    """Return the document's totals: net BR-CO-10 and 13, tax BR-CO-14, gross BR-CO-15, payable BR-CO-16.

    Nothing is prepaid, so that all of the gross amount is payable.
    """
    net = _sum((line.net for line in lines), currency)
    tax = _sum((one.amount for one in taxes), currency)
    gross = net + tax
    return Totals(net.amount, tax.amount, gross.amount, Money.zero(currency).amount, gross.amount)


def _sum(amounts: Iterable[Decimal], currency: str) -> Money:
    return sum((Money(amount, currency) for amount in amounts), Money.zero(currency))
