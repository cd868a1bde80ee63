"""How an amount came about: shown by `explain`, in the JSON document and in the annex."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tracker2invoice.languages.phrases import Phrase, Said, Unrounded, joined, phrase
from tracker2invoice.mapping.allocate import exact_share, exact_units, is_rounded, percent_base
from tracker2invoice.model.conditions import ChangeOrder
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Term


def share(contract: Contract, term: Term, amount: Money) -> Phrase:
    """Return how a scheduled value follows from the price and was rounded: `30 % of 60000.00 EUR = 18000.00 EUR`.

    An amount that does not follow from it is that of an earlier bill, from before the price or the term changed.
    """
    agreed, units = _agreed(contract, term), exact_units(contract, term)
    if units != amount.units and not is_rounded(contract, units, amount):
        return phrase("billed_before", amount=amount)
    if agreed is None:
        return phrase("fixed", amount=amount)
    if units == amount.units:
        return phrase("equal", what=agreed, amount=amount)
    exact = exact_share(contract, term)
    told = rounded(agreed, exact, amount)
    return told if amount == Money.rounded(exact, contract.currency) else phrase("adding_up", what=told)


def percent_of(rate: Fraction, base: Money) -> tuple[Money, Phrase]:
    """Return so many percent of an amount, and how: `5 % of 0.30 EUR = 0.015 EUR, rounded to 0.02 EUR`."""
    amount = base.percent(rate)
    share = phrase("share_of", percent=rate, amount=base)
    return amount, rounded(share, Fraction(base.amount) * rate / 100, amount)


def rounded(what: Said, exact: Fraction, amount: Money) -> Phrase:
    """Return `what = amount`, with what was rounded where it was."""
    if exact == Fraction(amount.amount):
        return phrase("equal", what=what, amount=amount)
    return phrase("rounded", what=what, exact=Unrounded(exact, amount.currency), amount=amount)


def _agreed(contract: Contract, term: Term) -> Said | None:
    orders = [one for one in contract.change_orders if one.term == term.id]
    if term.percent is not None:
        share = phrase("share_of", percent=term.percent, amount=percent_base(contract))
        return _changed(_with_orders(contract, share), orders)
    if term.fixed is not None and orders:
        return _changed(phrase("fixed", amount=term.fixed), orders)
    return None


def _with_orders(contract: Contract, share: Phrase) -> Phrase:
    numbers = [one.number for one in contract.change_orders if not one.term]
    return phrase("with_orders", what=share, numbers=joined("comma", numbers)) if numbers else share


def _changed(what: Said, orders: Iterable[ChangeOrder]) -> Said:
    return joined("words", (what, *map(_change, orders)))


def _change(order: ChangeOrder) -> Phrase:
    if order.amount.units > 0:
        return phrase("plus_order", amount=order.amount, number=order.number)
    return phrase("less_order", amount=-order.amount, number=order.number)
