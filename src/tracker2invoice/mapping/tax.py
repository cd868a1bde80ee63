"""VAT and totals of a document: a breakdown by category and rate. Sums follow EN 16931, rounding is half up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.invoice import Allowance, Line, TaxSubtotal, Totals
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax

Taxed = tuple[Decimal, Tax]
"""A net amount, negative if it is deducted, with its tax."""


def breakdown(taxed: Iterable[Taxed], currency: str) -> tuple[TaxSubtotal, ...]:
    """Return the VAT breakdown (BG-23), one for each category and rate, in the order of their first amount.

    The tax is taken of the sum, not line by line, and rounded once to the currency's unit (EN 16931 BR-CO-17).
    """
    bases: dict[Tax, Money] = {}
    for net, tax in taxed:
        bases[tax] = bases.get(tax, Money.zero(currency)) + Money(net, currency)
    return tuple(_subtotal(tax, base) for tax, base in bases.items())


def _subtotal(tax: Tax, base: Money) -> TaxSubtotal:
    amount = Money.rounded(Fraction(base.amount) * Fraction(tax.rate) / 100, base.currency)
    return TaxSubtotal(tax.category, tax.rate, base.amount, amount.amount, tax.exemption_reason)


def totals(
    lines: Iterable[Line], allowances: Iterable[Allowance], taxes: Iterable[TaxSubtotal], currency: str
) -> Totals:
    """Return the document's totals: net BR-CO-10 to 13, tax BR-CO-14, gross BR-CO-15, payable BR-CO-16.

    Nothing is prepaid, so that all of the gross amount is payable.
    """
    deducted = _sum((one.amount for one in allowances), currency)
    net = _sum((line.net for line in lines), currency) - deducted
    tax = _sum((one.amount for one in taxes), currency)
    gross = net + tax
    return Totals(
        net=net.amount,
        tax=tax.amount,
        gross=gross.amount,
        prepaid=Money.zero(currency).amount,
        payable=gross.amount,
        allowances=deducted.amount,
    )


def _sum(amounts: Iterable[Decimal], currency: str) -> Money:
    return sum((Money(amount, currency) for amount in amounts), Money.zero(currency))
