"""Sample drafts of more than one amount: several lines, what is deducted, several taxes. All of it is invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from tracker2invoice.mapping.tax import breakdown, totals
from tracker2invoice.model.invoice import Allowance, Draft, Line, LineTax
from tracker2invoice.model.tax import HELD_BACK, Tax

OTHER = LineTax("S", Decimal(7))
"""The tax of what bears another one than the draft it is added to."""

UNTAXED = LineTax(HELD_BACK.category, HELD_BACK.rate)
"""The tax of retainage that leaves the tax of the work as it is."""


def with_amounts(draft: Draft, lines: Sequence[Line], allowances: Sequence[Allowance] = ()) -> Draft:
    """Return the draft with these lines and allowances, and the VAT and the totals that they come to."""
    reasons = {LineTax(one.category, one.rate): one.exemption_reason for one in draft.tax}
    reasons.setdefault(UNTAXED, HELD_BACK.exemption_reason)
    changed = replace(draft, lines=tuple(lines), allowances=tuple(allowances))
    taxed = [(row.net, Tax(row.tax.category, row.tax.rate, reasons.get(row.tax, ""))) for row in changed.rows]
    taxes = breakdown(taxed, draft.currency)
    return replace(changed, tax=taxes, totals=totals(changed.lines, changed.allowances, taxes, draft.currency))


def with_hours(draft: Draft) -> Draft:
    """Return the draft with the hours of two people as lines of their own."""
    return with_amounts(draft, [*draft.lines, _hours(draft, "ann", "12.5", "96"), _hours(draft, "ben", "3", "88")])


def with_minutes(draft: Draft) -> Draft:
    """Return the draft with twenty minutes, which are no decimal of an hour, as a line of their own."""
    third, basis = Decimal(1200) / 3600, "20 minutes of ann at 9600"
    minutes = Line("Support, ann", third, "HUR", Decimal(9600), Decimal(3200), _tax(draft), basis=basis)
    return with_amounts(draft, [*draft.lines, minutes])


def with_deposit_drawn(draft: Draft) -> Draft:
    """Return the draft less a deposit that was paid before: a negative line."""
    deposit = Line(
        "Deposit, paid before", Decimal(-1), "C62", *_twice("100", -1), _tax(draft), basis="all of 100", kind="drawn"
    )
    return with_amounts(draft, [*draft.lines, deposit], draft.allowances)


def with_discount(draft: Draft) -> Draft:
    """Return the draft less a discount of the whole document."""
    discount = Allowance("Discount", Decimal(50), _tax(draft), "agreed on the telephone")
    return with_amounts(draft, draft.lines, [*draft.allowances, discount])


def with_retainage(draft: Draft) -> Draft:
    """Return the draft less what is held back, so that the tax of the work stays: an allowance without tax."""
    retainage = Allowance("Retainage", Decimal(900), UNTAXED, "5 % of 18000", "retained")
    return with_amounts(draft, draft.lines, [*draft.allowances, retainage])


def with_two_rates(draft: Draft) -> Draft:
    """Return the draft with a line more, of another tax."""
    handbook = Line("Handbook", Decimal(1), "C62", *_twice("45"), OTHER, basis="fixed amount of 45")
    return with_amounts(draft, [*draft.lines, handbook], draft.allowances)


def with_all_of_these(draft: Draft) -> Draft:
    """Return the draft with hours, a discount, retainage, a deposit drawn down, and two tax rates."""
    for change in (with_hours, with_discount, with_retainage, with_deposit_drawn, with_two_rates):
        draft = change(draft)
    return draft


BILLS: Mapping[str, Callable[[Draft], Draft]] = MappingProxyType(
    {
        "hours": with_hours,
        "minutes": with_minutes,
        "a deposit drawn down": with_deposit_drawn,
        "a discount": with_discount,
        "retainage": with_retainage,
        "two tax rates": with_two_rates,
        "all of these": with_all_of_these,
    }
)
"""What makes a bill of more than one amount of a sample draft, by what is in it."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "hours": ("unit", "hour", "line"),
    "minutes": ("unit", "hour", "line", "quantit"),
    "a deposit drawn down": ("negative", "deduct", "line"),
    "a discount": ("allowance", "discount", "negative", "deduct"),
    "retainage": ("allowance", "retainage", "negative", "deduct", "tax"),
    "two tax rates": ("tax", "rate", "line"),
    "all of these": ("unit", "hour", "line", "negative", "deduct", "allowance", "discount", "retainage", "tax", "rate"),
}
"""Words for what is in each of `BILLS`; a refusal has one of them, so that a person knows what it is about."""


def _hours(draft: Draft, person: str, hours: str, rate: str) -> Line:
    amount = Decimal(hours) * Decimal(rate)
    basis = f"{hours} hours of {person} at {rate}"
    return Line(f"Support, {person}", Decimal(hours), "HUR", Decimal(rate), amount, _tax(draft), basis=basis)


def _tax(draft: Draft) -> LineTax:
    return draft.lines[0].tax


def _twice(amount: str, sign: int = 1) -> tuple[Decimal, Decimal]:
    return Decimal(amount), sign * Decimal(amount)
