"""What the official rules let pass in the sums of a document, and a receiver would not. Each rule returns words.

The Schematron of EN 16931 takes VAT that is wrong by less than one unit of the currency, lines that are not quantity
times price, and any due date. What comes from our own mapping keeps all of this; a draft is judged all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction

from tracker2invoice.model.invoice import Draft, LineTax
from tracker2invoice.model.money import Money, unit

LINE_TOLERANCE = Decimal("0.02")
"""What a line may be off its quantity times its price (PEPPOL-EN16931-R120)."""

_IN_RULES = {"K": "IC", "L": "AF", "M": "AG"}
"""What the rules call a category of VAT, where not by its code."""

Rule = Callable[[Draft], Iterator[str]]


def faults(draft: Draft) -> tuple[str, ...]:
    """Return what is wrong with the sums, signs and dates of a draft, by rule."""
    return tuple(words for rule in RULES for words in rule(draft))


def vat_rule(category: str, number: str) -> str:
    """Return the id of a rule that there is for each category of VAT: `BR-S-08`, `BR-IC-08`."""
    return f"BR-{_IN_RULES.get(category, category)}-{number}"


def _lines(draft: Draft) -> Iterator[str]:
    for number, line in enumerate(draft.lines, start=1):
        if abs(line.quantity * line.unit_price - line.net) > LINE_TOLERANCE:
            yield f"line {number} is not its quantity times its price (PEPPOL-EN16931-R120)"
        if line.unit_price < 0:
            yield f"line {number} has a negative price (BR-27)"


def _allowances(draft: Draft) -> Iterator[str]:
    if any(one.amount < 0 for one in draft.allowances):
        yield "an allowance is negative (BT-92)"


def _sums(draft: Draft) -> Iterator[str]:
    totals = draft.totals
    deducted = sum((one.amount for one in draft.allowances), Decimal(0))
    if deducted != totals.allowances:
        yield "the allowances do not make their sum (BR-CO-11)"
    if sum((line.net for line in draft.lines), Decimal(0)) - deducted != totals.net:
        yield "lines less allowances do not make the net total (BR-CO-10, BR-CO-13)"
    if sum((one.amount for one in draft.tax), Decimal(0)) != totals.tax:
        yield "the taxes do not make their sum (BR-CO-14)"
    if totals.net + totals.tax != totals.gross:
        yield "net and tax do not make the total with VAT (BR-CO-15)"
    if totals.gross - totals.prepaid != totals.payable:
        yield "what is payable is not the total less what was prepaid (BR-CO-16)"


def _vat(draft: Draft) -> Iterator[str]:
    amounts: dict[LineTax, list[Decimal]] = {}
    for row in draft.rows:
        amounts.setdefault(row.tax, []).append(row.net)
    bases: dict[LineTax, Decimal] = {}
    taxes: dict[LineTax, Decimal] = {}
    for one in draft.tax:
        key = LineTax(one.category, one.rate)
        bases[key] = bases.get(key, Decimal(0)) + one.base
        taxes[key] = taxes.get(key, Decimal(0)) + one.amount
    if bases.keys() != amounts.keys():
        yield "the VAT breakdown has not the categories and rates of the lines (BR-CO-18)"
    for tax, base in bases.items():
        parts = amounts.get(tax, [])
        if sum(parts, Decimal(0)) != base:
            rule = vat_rule(tax.category, "08")
            yield f"the VAT base of {tax.category} at {tax.rate} % is not the sum of its lines ({rule})"
        # VAT that is part of prices, or rounded line by line, may be off by one unit for each of them
        exact = Money(base, draft.currency).percent(tax.rate).amount
        if abs(taxes[tax] - exact) > len(parts) * unit(draft.currency):
            yield f"the VAT of {tax.category} at {tax.rate} % is not that of its base (BR-CO-17)"


def _converted(draft: Draft) -> Iterator[str]:
    converted = draft.accounting_tax
    if converted is None:
        return
    exact = Fraction(draft.totals.tax) * Fraction(converted.rate.value if converted.rate else 0)
    if Money.rounded(exact, converted.currency).amount != converted.amount:
        yield "the VAT in the currency of accounting is not the VAT at its rate (BT-111)"
    if converted.currency == draft.currency:
        yield "the currency of accounting is that of the invoice (PEPPOL-EN16931-R005)"


def _dates(draft: Draft) -> Iterator[str]:
    if draft.due_date < draft.issue_date:
        yield "it is due before it is issued (BT-9)"
    if draft.delivery_period and draft.delivery_period.end < draft.delivery_period.start:
        yield "the period of delivery ends before it begins (BR-29)"


RULES: tuple[Rule, ...] = (_lines, _allowances, _sums, _vat, _converted, _dates)
"""The rules in their order."""
