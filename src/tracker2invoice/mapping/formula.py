"""How an amount came about, in words: shown by `explain`, in the JSON document and in the annex."""

from __future__ import annotations

from fractions import Fraction

from tracker2invoice.mapping.allocate import exact_share, exact_units, is_rounded, percent_base
from tracker2invoice.mapping.text import decimal, percent
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Term


def share(contract: Contract, term: Term, amount: Money) -> str:
    """Return how a scheduled value follows from the price and was rounded: `30 % of 60000.00 EUR = 18000.00 EUR`.

    An amount that does not follow from it is that of an earlier bill, from before the price or the term changed.
    """
    agreed, units = _agreed(contract, term), exact_units(contract, term)
    even = units == amount.units
    if not even and not is_rounded(contract, units, amount):
        return f"{amount}, as billed before"
    if term.percent is None and agreed is None:
        return f"fixed amount of {amount}"
    if even:
        return f"{agreed} = {amount}"
    exact = exact_share(contract, term)
    told = f"{agreed} {rounded(exact, amount)}"
    return told if amount == Money.rounded(exact, contract.currency) else f"{told} so that all terms add up"


def percent_of(rate: Fraction, base: Money) -> tuple[Money, str]:
    """Return so many percent of an amount, and how: `5 % of 0.30 EUR = 0.015 EUR, rounded to 0.02 EUR`."""
    amount = base.percent(rate)
    return amount, f"{percent(rate)} of {base} {rounded(Fraction(base.amount) * rate / 100, amount)}"


def rounded(exact: Fraction, amount: Money) -> str:
    """Return `= amount`, with what was rounded where it was."""
    if exact == Fraction(amount.amount):
        return f"= {amount}"
    return f"= {decimal(exact)} {amount.currency}, rounded to {amount}"


def _agreed(contract: Contract, term: Term) -> str | None:
    orders = [one for one in contract.change_orders if one.term == term.id]
    changed = "".join(f" {_signed(one.amount)} by change order {one.number}" for one in orders)
    if term.percent is not None:
        return f"{percent(term.percent)} of {percent_base(contract)}{_orders(contract)}{changed}"
    if term.fixed is not None and changed:
        return f"fixed amount of {term.fixed}{changed}"
    return None


def _orders(contract: Contract) -> str:
    numbers = [one.number for one in contract.change_orders if not one.term]
    return f" (with change orders {', '.join(numbers)})" if numbers else ""


def _signed(amount: Money) -> str:
    return f"+ {amount}" if amount.units > 0 else f"- {-amount}"
