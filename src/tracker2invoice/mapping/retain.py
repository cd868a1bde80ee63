"""Retainage: how much of what was earned is held back, always reckoned to date, so that rounding never adds up.

Releases pay out a share of it: after them the target is that much lower, for work that is still to come too.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tracker2invoice.model.conditions import Retainage, RetainageStep
from tracker2invoice.model.money import Money


def held_to_date(
    retainage: Retainage, earned: Mapping[str, Money], contract_sum: Money, released: Fraction = Fraction(0)
) -> Money:
    """Return what is to be held back of all work to date, `earned` by term (net), after `released` percent of it were.

    Source of the steps: Arizona 41-2576; of the ceiling: a percentage of line 3 of G702.
    """
    special = {term: rate for term, rate in retainage.terms.items() if term in earned}
    exact = sum((_of(earned[term]) * rate / 100 for term, rate in special.items()), Fraction(0))
    rest = sum((_of(amount) for term, amount in earned.items() if term not in special), Fraction(0))
    exact += _stepped(retainage.steps, rest, _of(contract_sum)) if retainage.steps else rest * retainage.percent / 100
    if retainage.ceiling is not None:
        exact = min(exact, _of(contract_sum) * retainage.ceiling / 100)
    return Money.rounded(exact * (100 - released) / 100, contract_sum.currency)


def _stepped(steps: tuple[RetainageStep, ...], earned: Fraction, contract_sum: Fraction) -> Fraction:
    held, begin = Fraction(0), Fraction(0)
    for step in steps:
        end = contract_sum * step.until / 100 if step is not steps[-1] else max(earned, contract_sum)
        held += max(min(earned, end) - begin, Fraction(0)) * step.percent / 100
        if earned >= end:
            held -= held * step.returns / 100
        begin = end
    return held


def _of(amount: Money) -> Fraction:
    return Fraction(amount.amount)
