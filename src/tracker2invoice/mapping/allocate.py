"""How much is each term? Shares of the contract sum, by largest remainder or the rest to the last, in whole units.

An amount depends on the contract alone, never on the order in which milestones are closed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from tracker2invoice.model.claim import Claim
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.money import Money, unit
from tracker2invoice.model.term import Term, base_term


def as_of(contract: Contract, day: date) -> Contract:
    """Return the contract with the change orders that are effective on that day (local)."""
    if all(order.effective <= day for order in contract.change_orders):
        return contract
    return replace(contract, change_orders=tuple(one for one in contract.change_orders if one.effective <= day))


def contract_sum(contract: Contract) -> Money:
    """Return the price with all change orders of the contract."""
    return contract.price + ordered(contract)


def ordered(contract: Contract) -> Money:
    """Return the net change by change orders."""
    return sum((order.amount for order in contract.change_orders), Money.zero(contract.currency))


def shares(contract: Contract, frozen: Mapping[str, Money]) -> Mapping[str, Money]:
    """Return the scheduled value of every term, net, by term id.

    `frozen` holds what was billed, by term id; those amounts stay. The open shares are rounded so that all of them make
    the sum of the exact ones, itself rounded half up. By largest remainder each is rounded down; the units that are
    missing go to the largest fractional parts, ties to the earlier term. With the rest to the last each is rounded half
    up but that of the last percentage. Percentages that do not make 100 leave a gap to the price: it is no rounding
    remainder and is not handed out. What was cancelled unbilled has a value that is for information: it is rounded by
    itself and counts for no other term.
    """
    base = percent_base(contract).units
    exact = {term.id: _exact_units(contract, term, base) for term in contract.terms if counts(term, frozen)}
    rounded = _rest_to_last(contract, exact, frozen) if contract.rounding == "last" else _largest(exact, frozen)
    found = dict(frozen) | {term_id: Money.of_units(units, contract.currency) for term_id, units in rounded.items()}
    return {term.id: found[term.id] if term.id in found else _by_itself(contract, term) for term in contract.terms}


def counts(term: Term, billed: Container[str] = ()) -> bool:
    """Say whether a term makes a part of the contract sum: unless it was cancelled before any of it was billed."""
    return not term.cancelled or term.id in billed


def scheduled(contract: Contract, claims: Mapping[str, Claim]) -> Mapping[str, Money]:
    """Return the scheduled value of every term, given the claim of each that is in force, by the term that it is of."""
    # a claim in another currency says nothing about rounding in this one
    own = [one for one in claims.values() if one.amount.currency == contract.currency]
    frozen = {one.term: one.work for one in own} | _left_of_cancelled(contract, own)
    return shares(contract, frozen | rounded_before(contract, frozen, _billed_in_parts(contract, own)))


def rounded_before(contract: Contract, frozen: Mapping[str, Money], billed: Mapping[str, Money]) -> dict[str, Money]:
    """Return what was `billed` of terms beyond their share of today by nothing but rounding; it stays, too.

    A credit gives back to its term what was rounded, and bills in parts may have taken that meanwhile.
    """
    if not billed:
        return {}
    today = shares(contract, frozen)
    known = [term for term in contract.terms if term.id in billed and term.id not in frozen]
    beyond = [term for term in known if today[term.id] < billed[term.id]]
    return {
        term.id: billed[term.id]
        for term in beyond
        if is_rounded(contract, exact_units(contract, term), billed[term.id])
    }


def divide(amount: Money, weights: Sequence[Fraction]) -> tuple[Money, ...]:
    """Divide an amount in proportion to the weights, by largest remainder; the parts make the amount to the last unit.

    Ties go to the earlier part. The parts of a negative amount are those of the positive one, negated.
    """
    units, whole = abs(amount.units), sum(weights, Fraction(0))
    parts = spread([Fraction(units) * weight / whole for weight in weights], units)
    return tuple(Money.of_units(part if amount.units >= 0 else -part, amount.currency) for part in parts)


def spread(exact: Sequence[Fraction], total: int) -> Sequence[int]:
    """Return whole units that make the total, as close to the exact ones as can be; ties to the earlier."""
    down = [share.__floor__() for share in exact]
    each, over = divmod(total - sum(down), len(exact))
    lucky = sorted(range(len(exact)), key=lambda index: down[index] - exact[index])[:over]
    return [units + each + (index in lucky) for index, units in enumerate(down)]


def exact_share(contract: Contract, term: Term) -> Fraction:
    """Return the term's scheduled value before rounding, in the currency's main unit."""
    return exact_units(contract, term) * Fraction(unit(contract.currency))


def exact_units(contract: Contract, term: Term) -> Fraction:
    """Return the term's scheduled value before rounding, in the currency's smallest unit."""
    return _exact_units(contract, term, percent_base(contract).units)


def is_rounded(contract: Contract, exact: Fraction, amount: Money) -> bool:
    """Say whether an amount can be an exact one (in the smallest unit) that was rounded so that all terms add up, and
    is none of its own.
    """
    return _is_rounded(contract, abs(exact - amount.units))


def _is_rounded(contract: Contract, units_away: Fraction) -> bool:
    # the last takes up to half a unit of each term
    return units_away < 1 or (contract.rounding == "last" and 2 * units_away <= len(contract.terms))


def percent_base(contract: Contract) -> Money:
    """Return what percentages are taken of: the price with the change orders that are for no term of their own."""
    return sum((one.amount for one in contract.change_orders if not one.term), contract.price)


def _left_of_cancelled(contract: Contract, claims: Iterable[Claim]) -> dict[str, Money]:
    """Return the work billed of each term that was cancelled afterwards, which is all that is agreed of it now."""
    cancelled = {term.id for term in contract.terms if term.cancelled}
    billed: dict[str, Money] = {}
    for one in claims:
        if (term := base_term(one.term)) in cancelled:
            billed[term] = billed.get(term, Money.zero(contract.currency)) + one.work
    return billed


def _billed_in_parts(contract: Contract, claims: Iterable[Claim]) -> dict[str, Money]:
    parts = {term.id for term in contract.terms if not term.bills_once}
    billed: dict[str, Money] = {}
    for one in claims if parts else ():
        if (term := base_term(one.term)) in parts:
            billed[term] = billed.get(term, Money.zero(contract.currency)) + one.work
    return billed


def _by_itself(contract: Contract, term: Term) -> Money:
    return Money.rounded(exact_share(contract, term), contract.currency)


def _exact_units(contract: Contract, term: Term, base: int) -> Fraction:
    agreed = _agreed_units(contract, term, base)
    if not contract.change_orders:
        return agreed
    return agreed + sum(one.amount.units for one in contract.change_orders if one.term == term.id)


def _agreed_units(contract: Contract, term: Term, base: int) -> Fraction:
    if term.percent is not None:
        return Fraction(term.percent.numerator * base, term.percent.denominator * 100)
    if term.ceiling is not None:
        return Fraction(term.ceiling.units)
    if term.fixed is not None:
        return Fraction(term.fixed.units * (term.times or 1))
    if term.units is not None:
        return Fraction(term.units.price) * Fraction(term.units.number) / Fraction(unit(contract.currency))
    return Fraction(0)


def _largest(exact: Mapping[str, Fraction], frozen: Mapping[str, Money]) -> Mapping[str, int]:
    still_open = {term_id: share for term_id, share in exact.items() if term_id not in frozen}
    even = all(share.denominator == 1 for share in still_open.values())
    lucky = frozenset[str]() if even else _largest_remainders(still_open, _left_over(exact, frozen))
    return {term_id: share.__floor__() + (term_id in lucky) for term_id, share in still_open.items()}


def _rest_to_last(contract: Contract, exact: Mapping[str, Fraction], frozen: Mapping[str, Money]) -> Mapping[str, int]:
    rounded = {term_id: _half_up(share) for term_id, share in exact.items()}
    for term_id in exact.keys() & frozen.keys():
        if _is_rounded(contract, abs(exact[term_id] - frozen[term_id].units)):
            rounded[term_id] = frozen[term_id].units
    last = next((one.id for one in reversed(contract.terms) if one.percent and one.id in exact.keys() - frozen), None)
    if last is not None:
        others = sum(units for term_id, units in rounded.items() if term_id != last)
        rounded[last] = max(_half_up(sum(exact.values(), Fraction(0))) - others, 0)
    return {term_id: units for term_id, units in rounded.items() if term_id not in frozen}


def _half_up(share: Fraction) -> int:
    return (share + Fraction(1, 2)).__floor__()


def _left_over(exact: Mapping[str, Fraction], frozen: Mapping[str, Money]) -> int:
    """Return the units that are missing to the rounded sum and that no frozen amount has taken already."""
    wanted = _half_up(sum(exact.values(), Fraction(0)))
    taken = sum(_taken(share, frozen[term_id].units) for term_id, share in exact.items() if term_id in frozen)
    return wanted - sum(share.__floor__() for share in exact.values()) - taken


def _taken(share: Fraction, billed: int) -> int:
    return int(share.denominator > 1 and billed > share)


def _largest_remainders(exact: Mapping[str, Fraction], count: int) -> frozenset[str]:
    fractional = [term_id for term_id, share in exact.items() if share.denominator > 1]
    by_size = sorted(fractional, key=lambda term_id: exact[term_id] % 1, reverse=True)
    return frozenset(by_size[: max(count, 0)])
