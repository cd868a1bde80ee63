"""VAT and totals of a document: a breakdown by category and rate. Sums follow EN 16931, rounding is half up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tracker2invoice.languages.phrases import Said, joined, phrase
from tracker2invoice.model.invoice import Allowance, Line, TaxSubtotal, Totals
from tracker2invoice.model.money import Money
from tracker2invoice.model.tax import Tax, TaxRounding

Taxed = tuple[Decimal, Tax]
"""A net amount, negative if it is deducted, with its tax."""


def breakdown(taxed: Iterable[Taxed], currency: str, rounding: TaxRounding = "document") -> tuple[TaxSubtotal, ...]:
    """Return the VAT breakdown (BG-23), one for each category and rate, in the order of their first amount.

    The tax is taken of the sum and rounded once to the currency's unit (EN 16931 BR-CO-17); or it is rounded for each
    amount and added up, as some platforms do.
    """
    amounts: dict[Tax, list[Money]] = {}
    for net, tax in taxed:
        amounts.setdefault(tax, []).append(Money(net, currency))
    return tuple(_subtotal(tax, of_tax, rounding) for tax, of_tax in amounts.items())


def rounding_note(taxes: Iterable[TaxSubtotal], currency: str) -> Said:
    """Say by how much VAT that is rounded line by line differs from that of the sums, if it does."""
    found = joined("comma", (difference(one, currency) for one in taxes))
    return phrase("vat_by_line", differences=found) if found else ""


def difference(subtotal: TaxSubtotal, currency: str) -> Said:
    """Say how much the tax is more or less than that of the sum, nothing if it is the same."""
    more = Money(subtotal.amount, currency) - Money(subtotal.base, currency).percent(subtotal.rate)
    if not more.units:
        return ""
    name, amount = ("vat_more", more) if more.units > 0 else ("vat_less", -more)
    return phrase(name, amount=amount, rate=subtotal.rate)


def _subtotal(tax: Tax, amounts: Sequence[Money], rounding: TaxRounding) -> TaxSubtotal:
    base = sum(amounts[1:], amounts[0])
    taxes = [one.percent(tax.rate) for one in (amounts if rounding == "line" else [base])]
    return TaxSubtotal(tax.category, tax.rate, base.amount, sum(taxes[1:], taxes[0]).amount, tax.exemption_reason)


def totals(
    lines: Iterable[Line],
    allowances: Iterable[Allowance],
    taxes: Iterable[TaxSubtotal],
    currency: str,
    prepaid: Money | None = None,
) -> Totals:
    """Return the document's totals: net BR-CO-10 to 13, tax BR-CO-14, gross BR-CO-15, payable BR-CO-16."""
    paid = prepaid or Money.zero(currency)
    deducted = _sum((one.amount for one in allowances), currency)
    net = _sum((line.net for line in lines), currency) - deducted
    tax = _sum((one.amount for one in taxes), currency)
    gross = net + tax
    return Totals(
        net=net.amount,
        tax=tax.amount,
        gross=gross.amount,
        prepaid=paid.amount,
        payable=(gross - paid).amount,
        allowances=deducted.amount,
    )


def _sum(amounts: Iterable[Decimal], currency: str) -> Money:
    return sum((Money(amount, currency) for amount in amounts), Money.zero(currency))
