"""A bill as it stands on the document: each amount without its tax, also where prices include it.

The amounts with tax are what was agreed, so their sums stay to the last unit. Of each category and rate the net sum is
`gross / (1 + rate)`, half up, and the tax is the rest: 100.00 at 21 % is 82.64 and 17.36.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from tracker2invoice.languages.phrases import Phrase, Said, joined, phrase
from tracker2invoice.mapping.allocate import spread
from tracker2invoice.mapping.bill import Bill, Charge
from tracker2invoice.mapping.tax import breakdown, difference
from tracker2invoice.model.currency import MINOR_UNITS
from tracker2invoice.model.invoice import TaxSubtotal
from tracker2invoice.model.money import Money, half_up
from tracker2invoice.model.tax import Tax


def without_tax(bills: Sequence[Bill]) -> tuple[tuple[Bill, ...], tuple[TaxSubtotal, ...]]:
    """Return the bills of a document with each amount net, and its VAT breakdown (BG-23).

    What was prepaid is left out: no tax is on it. Where prices include tax, the net amounts make the net sums by
    largest remainder. What was paid before is rounded by itself, so that a deposit that is deducted as a whole bears
    the tax of its own invoice. Unit prices get as many decimals as they need.
    """
    contract = bills[0].contract
    bills = [replace(bill, charges=tuple(one for one in bill.charges if not one.prepaid)) for bill in bills]
    charges = [charge for bill in bills for charge in bill.charges]
    if not contract.prices_include_tax:
        taxed = ((one.part.amount.amount, one.tax) for one in charges)
        return tuple(bills), breakdown(taxed, contract.currency, contract.tax_rounding)
    nets: dict[int, Money] = {}
    subtotals: list[TaxSubtotal] = []
    for tax, group in _by_tax(charges).items():
        gross = sum((charge.part.amount for charge in group.values()), Money.zero(contract.currency))
        net = net_of(gross, tax)
        nets |= _nets(group, net)
        subtotals.append(TaxSubtotal(tax.category, tax.rate, net.amount, (gross - net).amount, tax.exemption_reason))
    found = (_net_charge(charge, nets[index]) for index, charge in enumerate(charges))
    return tuple(replace(bill, charges=tuple(islice(found, len(bill.charges)))) for bill in bills), tuple(subtotals)


def with_tax(bill: Bill) -> Money:
    """Return what a bill makes with its tax, before anything that was prepaid is deducted (BT-112)."""
    _, taxes = without_tax([bill])
    return sum(
        (Money(one.base + one.amount, bill.contract.currency) for one in taxes), Money.zero(bill.contract.currency)
    )


def net_of(gross: Money, tax: Tax) -> Money:
    """Return what an amount with tax is without it, half up."""
    return Money.rounded(_exact(gross, tax), gross.currency)


def inclusive_note(taxes: Sequence[TaxSubtotal], currency: str) -> Said:
    """Say how prices that include tax were split; nothing if none of them bears any."""
    found = joined("comma", (_split(one, currency) for one in taxes if one.rate))
    return phrase("vat_included", sums=found) if found else ""


def _split(one: TaxSubtotal, currency: str) -> Phrase:
    net, tax = Money(one.base, currency), Money(one.amount, currency)
    told: dict[str, Said] = {"gross": net + tax, "net": net, "tax": tax, "rate": one.rate}
    other = difference(one, currency)
    return phrase("vat_split_rounded", **told, difference=other) if other else phrase("vat_split", **told)


def _by_tax(charges: Sequence[Charge]) -> Mapping[Tax, Mapping[int, Charge]]:
    groups: dict[Tax, dict[int, Charge]] = {}
    for index, charge in enumerate(charges):
        groups.setdefault(charge.tax, {})[index] = charge
    return groups


def _nets(group: Mapping[int, Charge], net: Money) -> Mapping[int, Money]:
    paid = {index: one for index, one in group.items() if one.part.kind == "drawn"}
    others = {index: one for index, one in group.items() if index not in paid} or paid
    nets = {index: net_of(one.part.amount, one.tax) for index, one in paid.items() if index not in others}
    rest = net - sum(nets.values(), Money.zero(net.currency))
    exact = [_exact(one.part.amount, one.tax) * 10 ** MINOR_UNITS[net.currency] for one in others.values()]
    amounts = (Money.of_units(units, net.currency) for units in spread(exact, rest.units))
    return nets | dict(zip(others, amounts, strict=True))


def _net_charge(charge: Charge, net: Money) -> Charge:
    part = replace(charge.part, amount=net)
    if part.quantity is None or charge.unit_price is None:
        return replace(charge, part=part)
    return replace(charge, part=part, unit_price=_unit_price(net, part.quantity))


def _unit_price(net: Money, quantity: Decimal) -> Decimal:
    """Return the shortest price, with the currency's decimals at least, that times the quantity rounds to the net."""
    exact = Fraction(net.amount) / Fraction(quantity)
    places = MINOR_UNITS[net.currency]
    while Money.rounded(Fraction(price := half_up(exact, places)) * Fraction(quantity), net.currency) != net:
        places += 1
    return price


def _exact(gross: Money, tax: Tax) -> Fraction:
    return Fraction(gross.amount) / (1 + Fraction(tax.rate) / 100)
