"""What was agreed for the year: contracts whose shares do not come out even, and what each share must be.

The amounts are worked out here a second time, from the words in the documentation and not from the program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

from tracker2invoice.model.contract import Acceptance, Contract
from tracker2invoice.model.money import Money
from tracker2invoice.model.term import Match, Term
from tracker2invoice.testing.samples import CLIENT, SUPPLIER, sample_contract

FIRST_DAY = date(2026, 1, 1)
CURRENCY, RATE = "EUR", Decimal("0.19")
WAITS = (timedelta(0), timedelta(0), timedelta(hours=24))
"""How long a closed milestone has to stay closed before it counts."""


def contract(
    number: int, project: str, terms: int, outputs: Sequence[str], clients: Mapping[str, str], rng: Random
) -> Contract:
    """Return a contract about one project, with so many terms, for one or two of the outputs.

    `clients` gives the client's id in each output that has such a list.
    """
    weights = [rng.randint(1, 9) for _ in range(terms)]
    return replace(
        sample_contract(),
        id=f"contract-{number:03}",
        client=replace(CLIENT, remote=clients),
        supplier=SUPPLIER,
        projects=(project,),
        start=FIRST_DAY,
        price=Money.of_units(rng.randint(100_000, 9_000_000), CURRENCY),
        terms=tuple(_term(index, Fraction(100 * weight, sum(weights))) for index, weight in enumerate(weights)),
        # in turn, so that every output has a contract, however few there are
        outputs=tuple(sorted({outputs[number % len(outputs)], rng.choice(outputs)})),
        acceptance=Acceptance(all_issues_closed=True, after=rng.choice(WAITS)),
    )


def _term(index: int, percent: Fraction) -> Term:
    return Term(f"term-{index:03}", Match("glob", f"{title(index)}*"), percent=percent)


def title(index: int) -> str:
    """Return how the title of a term's milestone begins."""
    return f"{index:03} "


def raised(contract: Contract, per_mille: int) -> Contract:
    """Return the contract after a change order that raises the price."""
    price = Money.of_units(contract.price.units * (1000 + per_mille) // 1000, contract.currency)
    return replace(contract, price=price)


def share(contract: Contract, term: str, billed: Mapping[str, Decimal]) -> Decimal:
    """Return the net amount of a term, by largest remainder; `billed` holds what was billed before, by term.

    A cent that is left over goes to the open term with the largest fraction of one, the earlier of two equal ones.
    What was billed at more than its present share has had its cent.
    """
    exact = {one.id: contract.price.units * (one.percent or Fraction(0)) / 100 for one in contract.terms}
    fractions = {name: amount - int(amount) for name, amount in exact.items()}
    had = sum(fractions[name] > 0 and Fraction(amount) * 100 > exact[name] for name, amount in billed.items())
    left = contract.price.units - sum(int(amount) for amount in exact.values()) - had
    waiting = [name for name in exact if name not in billed and fractions[name] > 0]
    lucky = sorted(waiting, key=lambda name: -fractions[name])[: max(left, 0)]
    return Decimal(int(exact[term]) + (term in lucky)) / 100


def gross(net: Decimal) -> Decimal:
    """Return the amount with tax."""
    return net + (net * RATE).quantize(Decimal("0.01"), ROUND_HALF_UP)
